//! Random histories of several users, each step compared with a model in memory: every answer, every
//! list, count, order, page and error. The same seeds each time; `DOCKET_MODEL_SEED` tries another.

mod history;
mod world;

use serde_json::{Value, json};

use crate::support::on_both_databases;
use history::History;

on_both_databases! {
    async fn histories_are_as_the_model_has_them(docket: Docket) {
        let given = std::env::var("DOCKET_MODEL_SEED").ok().and_then(|text| text.parse().ok());
        let mut history = History::new(&docket, given.unwrap_or(1));
        for _ in 0..240 {
            history.step().await;
        }
        history.compare_everybody().await;
        history.all_kinds_were_tried();
    }

    async fn a_walk_loses_and_repeats_nothing_that_stayed(docket: Docket) {
        let given = std::env::var("DOCKET_MODEL_SEED").ok().and_then(|text| text.parse().ok());
        let mut history = History::new(&docket, given.unwrap_or(2));
        history.fill(60).await;
        for sort in ["CREATED", "TITLE", "DUE_DATE", "PRIORITY", "UPDATED"] {
            for direction in ["ASC", "DESC"] {
                for status in ["ALL", "PENDING"] {
                    for forwards in [true, false] {
                        let list = json!({ "sort": sort, "direction": direction, "status": status, "filter": Value::Null });
                        history.walk_while_rows_come_and_go(&list, forwards).await;
                    }
                }
            }
        }
    }
}
