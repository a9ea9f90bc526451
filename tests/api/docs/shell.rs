//! Scripts: bash runs them, and what each program is told is looked at.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use docket::config::SETTINGS;
use serde_json::Value;

use super::page::pages;
use super::settings;
use crate::support::{Docket, Part, Scratch, docket_command, have, npm, sign};

/// Programs whose arguments are not ours to check.
const OTHERS: &[&str] = &["cp", "git", "mkdir", "openssl", "pg_dump", "rm"];

/// Packages that the pages install and the tests do without: they run the preset of the code generator
/// by themselves, and bundle nothing for a browser.
const NOT_INSTALLED: &[&str] = &["@graphql-codegen/cli"];

/// One program that a script starts.
struct Call {
    program: String,
    arguments: Vec<String>,
    /// The settings that it is given.
    settings: HashMap<String, String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_call_what_is_there() {
    let docket = Docket::on_sqlite().await;
    let mut seen = 0;
    for page in pages() {
        for block in page.of_kind("sh") {
            for call in calls(&block.text, &block.place) {
                check(&call, &block.place, &docket).await;
                seen += 1;
            }
        }
    }
    assert!(seen > 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workflows_call_what_is_there() {
    if !have("docs::shell::workflows_call_what_is_there", Part::Node) {
        return;
    }
    let docket = Docket::on_sqlite().await;
    npm::install(Path::new("tests/clients"));
    for page in pages() {
        for block in page.of_kind("yaml") {
            let read = "import('yaml').then(({ parse }) => console.log(JSON.stringify(parse(process.argv[1]))))";
            let output = Command::new("node")
                .args(["-e", read, &block.text])
                .current_dir("tests/clients")
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {text}", block.place);
            let workflow: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(workflow["on"], "pull_request");
            let steps = workflow["jobs"]["schema"]["steps"].as_array().unwrap();
            let scripts: Vec<&str> = steps.iter().filter_map(|it| it["run"].as_str()).collect();
            assert_eq!(scripts.len(), 4);
            for script in scripts {
                let script = script.replace("target/release/docket", "docket");
                for call in calls(&script, &block.place) {
                    check(&call, &block.place, &docket).await;
                }
            }
        }
    }
}

/// Runs a script in an empty folder, where every program only notes what it is told.
fn calls(script: &str, place: &str) -> Vec<Call> {
    let folder = Scratch::new();
    let stubs: Vec<String> = ["cargo", "curl", "docket", "npm", "npx"]
        .iter()
        .chain(OTHERS)
        .map(|program| format!("{program}() {{ note {program} \"$@\"; }}\n"))
        .collect();
    // What a reader has set; none of it is exported, so that a call shows the settings it is given.
    let variables = "DATABASE_URL=url DOCKET=/docket GITHUB_BASE_REF=main TOKEN=TOKEN\n";
    // A call ends with a line that no argument is, and the environment with an empty one.
    let note = "note() { { printf '%s\\0' \"$@\"; printf '\\1\\0'; /usr/bin/env -0; printf '\\2\\0'; } >>calls; }\n";
    let output = Command::new("/bin/bash")
        .args([
            "-euo",
            "pipefail",
            "-c",
            &format!("{note}{}{variables}{script}", stubs.concat()),
        ])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: {text}");
    let noted = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    let words =
        |text: &str| -> Vec<String> { text.split_terminator('\0').map(str::to_owned).collect() };
    noted
        .split_terminator("\u{2}\0")
        .map(|call| {
            let (call, environment) = call.split_once("\u{1}\0").unwrap();
            let mut arguments = words(call);
            let program = arguments.remove(0);
            let settings = words(environment)
                .iter()
                .filter_map(|line| line.split_once('='))
                .filter(|(name, _)| SETTINGS.iter().any(|(known, _)| known == name))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            Call {
                program,
                arguments,
                settings,
            }
        })
        .collect()
}

async fn check(call: &Call, place: &str, docket: &Docket) {
    let arguments: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    match (call.program.as_str(), arguments.as_slice()) {
        ("docket", arguments) => run_docket(arguments, &call.settings, place),
        ("cargo", ["run", "--release"] | ["test"] | ["build", "--release", "--locked"])
        | (
            "npx",
            ["tsx", "server/auth.ts"] | ["vite"] | ["graphql-codegen", "--config", "codegen.ts"],
        ) => {}
        ("npm", ["install", packages @ ..]) => {
            for package in packages.iter().filter(|word| !word.starts_with("--")) {
                assert!(is_package(package), "{place}: {package}");
            }
        }
        ("curl", [address, options @ ..]) => ask(address, options, place, docket).await,
        (program, _) if OTHERS.contains(&program) => {}
        (program, arguments) => panic!("{place}: {program} {arguments:?}"),
    }
}

/// Runs the real command in a folder that has two copies of the schema; `serve` is parsed only.
fn run_docket(arguments: &[&str], settings: &HashMap<String, String>, place: &str) {
    if !settings.is_empty() {
        settings::check(place, settings.clone());
    }
    let folder = Scratch::new();
    for file in ["old.graphql", "schema.graphql"] {
        std::fs::write(folder.path().join(file), docket::graphql::sdl()).unwrap();
    }
    let mut command = docket_command(folder.path());
    command.args(arguments);
    if arguments.first().is_none_or(|command| *command == "serve") {
        command.arg("--help");
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: {arguments:?}: {text}");
}

/// Whether this package is one that the tests or the playground have.
fn is_package(name: &str) -> bool {
    let has = |project: &str| {
        let text = std::fs::read_to_string(format!("{project}/package.json")).unwrap();
        let project: Value = serde_json::from_str(&text).unwrap();
        ["dependencies", "devDependencies"]
            .iter()
            .any(|list| project[list].get(name).is_some())
    };
    has("tests/clients") || has("playground") || NOT_INSTALLED.contains(&name)
}

/// Sends what curl would send.
async fn ask(address: &str, options: &[&str], place: &str, docket: &Docket) {
    let real = address.replace("127.0.0.1:8000", &docket.server.local_addr().to_string());
    let mut request = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(real);
    for option in options.chunks(2) {
        request = match option {
            ["-H", header] => {
                let (name, value) = header.split_once(": ").unwrap();
                request.header(name, value.replace("TOKEN", &sign("alice")))
            }
            ["-d", body] => request.body((*body).to_owned()),
            other => panic!("{place}: {other:?}"),
        };
    }
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert!(answer.get("errors").is_none(), "{place}: {answer}");
    assert!(answer["data"].is_object(), "{place}: {answer}");
}
