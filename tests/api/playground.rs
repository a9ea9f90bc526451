//! The playground: in a browser, and as the committed result of its sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Docket, Part, Process, SECRET, Scratch, clients, docket_command, have, npm};

#[test]
fn works_in_a_browser() {
    const NAME: &str = "playground::works_in_a_browser";
    if !have(NAME, Part::Node) || !have(NAME, Part::Chromium) {
        return;
    }
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playground");
    std::fs::create_dir_all(&screenshots).unwrap();
    let (here, there) = (Scratch::new(), Scratch::new());
    let embedded = Process::start(docket_command(here.path()));
    let mut configured = docket_command(there.path());
    configured.env("JWT_SECRET", SECRET);
    let configured = Process::start(configured);
    npm::run(
        clients::test(&["test/playground.test.ts"])
            .env(
                "PLAYGROUND_EMBEDDED",
                embedded.announced("Playground").unwrap(),
            )
            .env("PLAYGROUND_TOKEN", embedded.announced("Token").unwrap())
            .env("PLAYGROUND_SCREENSHOTS", screenshots)
            .env("DOCKET_ENDPOINT", &configured.endpoint)
            .env("DOCKET_SECRET", SECRET),
    );
}

#[tokio::test]
async fn is_compressed_cached_for_good_and_under_a_strict_policy() {
    let docket = Docket::on_sqlite().await;
    let address = format!("http://{}", docket.server.local_addr());
    let page = reqwest::get(&address).await.unwrap();
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|part| part == rule), "{policy}");
    }
    let html = page.text().await.unwrap();
    let (_, script) = html.split_once("src=\"").unwrap();
    let (script, _) = script.split_once('"').unwrap();
    let script = reqwest::Client::new()
        .get(address + script)
        .header("accept-encoding", "gzip, br")
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), 200);
    assert_eq!(script.headers()["content-encoding"], "br");
    assert_eq!(
        script.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
}

#[tokio::test]
async fn can_be_turned_off() {
    let folder = Scratch::new();
    let mut command = docket_command(folder.path());
    command.env("PLAYGROUND", "false");
    let server = Process::start(command);
    assert_eq!(server.announced("Playground"), None);
    for path in ["/", "/playground", "/playground/settings.json"] {
        let address = server.endpoint.replace("/graphql", path);
        assert_eq!(reqwest::get(address).await.unwrap().status(), 404, "{path}");
    }
}

#[test]
fn is_what_its_sources_make() {
    if !have("playground::is_what_its_sources_make", Part::Node) {
        return;
    }
    let project = Path::new("playground");
    npm::install(project);
    let built = Scratch::new();
    npm::run(
        Command::new("npm")
            .args([
                "run",
                "--silent",
                "build",
                "--",
                "--emptyOutDir",
                "--outDir",
            ])
            .arg(built.path())
            .current_dir(project),
    );
    let (built, committed) = (files(built.path()), files(&project.join("dist")));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&built), "{REBUILD}");
    for (name, bytes) in &built {
        assert!(committed[name] == *bytes, "{}: {REBUILD}", name.display());
    }
}

const REBUILD: &str = "playground/dist has drifted: run `npm ci && npm run build` in playground";

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(each) = folders.pop() {
        for entry in std::fs::read_dir(each).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}
