//! TypeScript, checked with the packages and the examples of tests/clients.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;

use super::page::{Page, pages};
use crate::support::{Part, clients, have, npm};

#[test]
fn typescript_has_no_type_errors() {
    if !have(
        "docs::typescript::typescript_has_no_type_errors",
        Part::Node,
    ) {
        return;
    }
    npm::run(
        Command::new("npx")
            .args(["--no-install", "tsc", "--project"])
            .arg("docs-check/tsconfig.json")
            .current_dir(written().parent().unwrap()),
    );
}

/// The folder where the files of each page lie in a folder of its own, as a reader of the page has them.
pub fn written() -> &'static Path {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let folder = clients::project().join("docs-check");
        let _ = std::fs::remove_dir_all(&folder);
        let files: Vec<PathBuf> = pages()
            .iter()
            .flat_map(|page| write(page, &folder))
            .collect();
        assert!(!files.is_empty());
        let config = json!({ "extends": "../tsconfig.json", "include": [], "files": files });
        std::fs::write(folder.join("tsconfig.json"), config.to_string()).unwrap();
        folder
    })
}

fn write(page: &Page, folder: &Path) -> Vec<PathBuf> {
    let name = Path::new(&page.name).file_stem().unwrap();
    let mut files = Vec::new();
    for block in page.of_kind("ts") {
        let first = block.text.lines().next().unwrap_or_default();
        let file = first.strip_prefix("// ").expect(&block.place);
        assert!(!file.contains(' '), "{}: it names no file", block.place);
        let file = Path::new(name).join(file);
        std::fs::create_dir_all(folder.join(&file).parent().unwrap()).unwrap();
        std::fs::write(folder.join(&file), &block.text).unwrap();
        files.push(file);
    }
    if !files.is_empty() {
        // What the page has its reader copy and generate.
        let src = folder.join(name).join("src");
        std::fs::create_dir_all(src.join("generated")).unwrap();
        let types = "export * from \"../../../../generated/graphql\";\n";
        std::fs::write(src.join("generated/graphql.ts"), types).unwrap();
        let examples = std::fs::canonicalize(clients::project().join("examples")).unwrap();
        std::os::unix::fs::symlink(examples, src.join("docket")).unwrap();
    }
    files
}
