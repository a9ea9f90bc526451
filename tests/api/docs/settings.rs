//! Blocks of settings.

use std::collections::HashMap;

use docket::config::{Config, SETTINGS};

use super::page::pages;

#[test]
fn settings_are_taken() {
    let mut seen = 0;
    for page in pages() {
        for block in page.of_kind("env") {
            let vars = block.text.lines().map(|line| {
                let (name, value) = line.split_once('=').expect(line);
                (name.to_owned(), value.trim_matches('\'').to_owned())
            });
            check(&block.place, vars.collect());
            seen += 1;
        }
    }
    assert!(seen > 3);
}

/// Whether these are settings that a server starts with.
pub fn check(place: &str, mut vars: HashMap<String, String>) {
    let known = |name: &str| SETTINGS.iter().any(|(known, _)| *known == name);
    for name in vars.keys() {
        assert!(known(name), "{place}: {name}");
    }
    if let Some(manifest) = vars.get_mut("TRUSTED_DOCUMENTS") {
        // It must be a file, and which one makes no difference here.
        "README.md".clone_into(manifest);
    }
    if let Err(error) = Config::from_vars(&vars) {
        panic!("{place}: {error}");
    }
}
