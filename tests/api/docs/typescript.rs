//! TypeScript, checked with the packages and the examples of tests/clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::page::pages;
use crate::support::{Part, clients, have, npm};

#[test]
fn typescript_has_no_type_errors() {
    if !have(
        "docs::typescript::typescript_has_no_type_errors",
        Part::Node,
    ) {
        return;
    }
    let project = clients::project();
    let folder = project.join("docs-check");
    let _ = std::fs::remove_dir_all(&folder);
    let mut files: Vec<PathBuf> = Vec::new();
    for page in pages() {
        let blocks: Vec<_> = page.of_kind("ts").collect();
        if blocks.is_empty() {
            continue;
        }
        // A page's reader has copied the examples, and generated the types beside them.
        let name = Path::new(&page.name).file_stem().unwrap();
        let src = folder.join(name).join("src");
        std::fs::create_dir_all(src.join("generated")).unwrap();
        let types = "export * from \"../../../../generated/graphql\";\n";
        std::fs::write(src.join("generated/graphql.ts"), types).unwrap();
        let examples = std::fs::canonicalize(project.join("examples")).unwrap();
        std::os::unix::fs::symlink(examples, src.join("docket")).unwrap();
        for block in blocks {
            let first = block.text.lines().next().unwrap_or_default();
            let file = first.strip_prefix("// ").expect(&block.place);
            assert!(!file.contains(' '), "{}: it names no file", block.place);
            let file = Path::new(name).join(file);
            std::fs::create_dir_all(folder.join(&file).parent().unwrap()).unwrap();
            std::fs::write(folder.join(&file), &block.text).unwrap();
            files.push(file);
        }
    }
    assert!(!files.is_empty());
    let config = json!({ "extends": "../tsconfig.json", "include": [], "files": files });
    std::fs::write(folder.join("tsconfig.json"), config.to_string()).unwrap();
    npm::run(
        Command::new("npx")
            .args([
                "--no-install",
                "tsc",
                "--project",
                "docs-check/tsconfig.json",
            ])
            .current_dir(project),
    );
}
