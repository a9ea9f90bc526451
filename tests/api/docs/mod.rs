//! Every code block of README.md and docs/ is run. The word after the fence says how:
//!
//! - `graphql` is sent to a server that the blocks of one page share, by one user (`graphql nobody`:
//!   without a token), with the variables of a `json variables` that follows. The next `json` is the
//!   answer: `data` is just that, and of each error what is shown. A text like `<end>` is whatever comes
//!   there; the same name stands for the same text from then on.
//! - `graphql old`, `graphql new` and `text changes`: what `docket schema --diff` says of the two.
//! - `graphql subgraph` is composed with ours by tests/clients/federation.test.mjs.
//! - `sh` runs in bash, with each program replaced by a check of what it is told; `yaml` is a workflow whose
//!   steps are such scripts. `docket` itself runs, unless it would serve.
//! - `env` is read as settings; `sql` runs on Postgres.
//! - `ts` names its file in its first line; the files of a page are type-checked together.
//! - `text started` is what a start prints, `text layout` names files that are there.

mod answers;
mod page;
mod quick_start;
mod settings;
mod shell;
mod typescript;

use docket::schema_diff;
use sea_orm::{ConnectionTrait as _, Database};

use crate::support::{Part, Process, Scratch, docket_command, have, new_database};
use page::{Page, pages};

const KINDS: [&str; 15] = [
    "env",
    "graphql",
    "graphql new",
    "graphql nobody",
    "graphql old",
    "graphql subgraph",
    "json",
    "json variables",
    "sh",
    "sql",
    "text changes",
    "text layout",
    "text started",
    "ts",
    "yaml",
];

#[test]
fn no_block_is_left_out() {
    for page in pages() {
        for block in &page.blocks {
            assert!(
                KINDS.contains(&block.kind.as_str()),
                "{}: nobody runs `{}`",
                block.place,
                block.kind
            );
        }
        assert!(
            page.indented.is_empty(),
            "{:?}: fence these, so that they are run",
            page.indented
        );
    }
}

#[test]
fn links_lead_somewhere() {
    for Page { name, text, .. } in pages() {
        let folder = std::path::Path::new(&name).parent().unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
        {
            let file = target.0.split('#').next().unwrap();
            let outside = file.is_empty() || file.starts_with("https://");
            assert!(
                outside || folder.join(file).exists(),
                "{name}: {}",
                target.0
            );
        }
    }
}

#[test]
fn changes_are_as_shown() {
    let mut seen = 0;
    for page in pages() {
        for [old, new, changes] in page.in_a_row(["graphql old", "graphql new", "text changes"]) {
            let said: Vec<String> = schema_diff::compare(&old.text, &new.text)
                .unwrap()
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(
                said.join("\n"),
                changes.text.trim_end(),
                "{}",
                changes.place
            );
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_start_prints_what_is_shown() {
    let folder = Scratch::new();
    let server = Process::start(docket_command(folder.path()));
    for page in pages() {
        for block in page.of_kind("text started") {
            for line in block.text.lines() {
                let label = line.split_whitespace().next().unwrap();
                assert!(server.announced.contains(label), "{}: {line}", block.place);
            }
        }
    }
}

#[test]
fn the_layout_is_there() {
    for page in pages() {
        for block in page.of_kind("text layout") {
            for line in block.text.lines() {
                let file = line.split_whitespace().next().unwrap();
                assert!(
                    std::path::Path::new(file).exists(),
                    "{}: {file}",
                    block.place
                );
            }
        }
    }
}

#[tokio::test]
async fn sql_runs() {
    if !have("docs::sql_runs", Part::Postgres) {
        return;
    }
    let database = Database::connect(new_database().await).await.unwrap();
    for page in pages() {
        for block in page.of_kind("sql") {
            for statement in block.text.split(';').filter(|text| !text.trim().is_empty()) {
                database
                    .execute_unprepared(statement)
                    .await
                    .unwrap_or_else(|error| panic!("{}: {error}", block.place));
            }
        }
    }
}
