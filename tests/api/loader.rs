//! By-id reads of one request are one statement.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::on_both_databases;

on_both_databases! {
    async fn nineteen_tasks_by_id_are_one_statement(docket: Docket) {
        let mut document = String::from("{");
        for number in 0..19 {
            let made = docket.alice.create(json!({ "title": format!("t{number}") })).await;
            let _ = write!(document, " t{number}: task(id: {}) {{ title }}", made["id"]);
        }
        document.push_str(" none: task(id: \"0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b\") { title } }");
        let before = docket.server.statements();
        let data = docket.alice.data(&document, json!({})).await;
        assert_eq!(docket.server.statements() - before, 1);
        for number in 0..19 {
            assert_eq!(data[format!("t{number}")]["title"], format!("t{number}"));
        }
        assert!(data["none"].is_null());
        // What one request loaded, no other request sees.
        let theirs = docket.bob.data(&document, json!({})).await;
        assert!(theirs.as_object().unwrap().values().all(serde_json::Value::is_null));
    }

    async fn the_total_is_counted_only_when_it_is_asked_for(docket: Docket) {
        docket.alice.create(json!({ "title": "t" })).await;
        let statements = async |document| {
            let before = docket.server.statements();
            docket.alice.data(document, json!({})).await;
            docket.server.statements() - before
        };
        assert_eq!(statements("{ tasks { nodes { title } pageInfo { hasNextPage hasPreviousPage endCursor } } }").await, 1);
        assert_eq!(statements("{ tasks { nodes { title } totalCount } }").await, 2);
        assert_eq!(statements("{ viewer { id taskCounts(today: \"2026-01-01\") { all overdue } } }").await, 1);
    }
}
