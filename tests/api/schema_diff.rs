//! `docket schema --check` and `--diff`: what they say, and that their verdicts are those of the references.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use docket::schema_diff::{Change, Level, compare};
use serde_json::{Value, json};

use crate::support::{Part, Scratch, docket_command, have, npm};

const GRAPHQL_JS: &[&str] = &["graphql-js 16", "graphql-js 17"];
const GRAPHQL_JS_16: &[&str] = &["graphql-js 16"];
const INSPECTOR: &[&str] = &["GraphQL Inspector"];

/// The references, the pairs on which we say something else than they do, and why. Ours is the graver
/// verdict, or the same one with another count.
const GRAVER: &[(&[&str], &[&str], &str)] = &[
    (
        GRAPHQL_JS,
        &[
            "default_of_argument_added",
            "default_of_input_field_added",
            "default_of_directive_argument_added",
        ],
        "it takes a new default for safe, and yet a client that leaves the value out gets another one",
    ),
    (
        GRAPHQL_JS_16,
        &[
            "default_of_input_field_changed",
            "default_of_input_field_removed",
        ],
        "it does not look at the defaults of input fields, as 17 does",
    ),
    (
        GRAPHQL_JS_16,
        &[
            "default_of_directive_argument_changed",
            "directive_argument_became_required",
            "directive_argument_has_another_type",
        ],
        "it does not look into the arguments of directives, as 17 does",
    ),
    (
        GRAPHQL_JS,
        &[
            "another_type_of_mutations",
            "another_type_of_queries",
            "mutations_removed",
            "subscriptions_removed_and_their_type_stays",
        ],
        "it does not look at the root types",
    ),
    (
        &["graphql-js 16", "GraphQL Inspector"],
        &["default_written_as_another_number"],
        "they compare the number, and graphql-js 17 how it is written",
    ),
    (GRAPHQL_JS, &["one_of_added"], "it does not look at @oneOf"),
    (
        GRAPHQL_JS,
        &[
            "directive_applied_to_a_field",
            "directive_applied_to_a_type",
            "directive_applied_to_an_argument",
            "directive_applied_to_an_enum_value",
            "directive_applied_to_an_input_field",
            "directive_applied_with_another_value",
            "directive_taken_from_a_field",
            "specification_of_scalar_added",
            "specification_of_scalar_changed",
            "specification_of_scalar_removed",
        ],
        "it does not look at the directives that a schema applies to itself",
    ),
    (
        INSPECTOR,
        &[
            "optional_input_field_added",
            "directive_may_be_repeated_no_more",
        ],
        "it takes them less gravely than graphql-js",
    ),
];

/// The same, where ours is the milder verdict, or counts less.
const MILDER: &[(&[&str], &[&str], &str)] = &[
    (
        GRAPHQL_JS,
        &["specified_directive_spelled_out"],
        "it compares the text of a directive that every schema has with the one it knows itself",
    ),
    (
        GRAPHQL_JS,
        &["last_use_of_a_standard_scalar_removed"],
        "it counts the scalar beside the field that was the last to use it",
    ),
    (
        INSPECTOR,
        &["reason_of_deprecation_changed"],
        "it says safe of the reason, and then once more, dangerous, of @deprecated's argument",
    ),
];

struct Pair {
    name: String,
    old: String,
    new: String,
}

fn pairs() -> Vec<Pair> {
    let text = std::fs::read_to_string("tests/schema_pairs.graphql").unwrap();
    text.split("\n# pair ")
        .skip(1)
        .map(|part| {
            let (name, schemas) = part.split_once('\n').unwrap();
            let (old, new) = schemas.split_once("\n# becomes\n").unwrap();
            Pair {
                name: name.to_owned(),
                old: old.to_owned(),
                new: new.to_owned(),
            }
        })
        .collect()
}

fn references(pairs: &[Pair]) -> BTreeMap<String, BTreeMap<String, Value>> {
    let clients = Path::new("tests/clients");
    npm::install(clients);
    let question: Vec<_> = pairs
        .iter()
        .map(|Pair { name, old, new }| json!({ "name": name, "old": old, "new": new }))
        .collect();
    let mut node = Command::new("node")
        .arg("schema-verdicts.mjs")
        .current_dir(clients)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = node.stdin.take().unwrap();
    input
        .write_all(json!(question).to_string().as_bytes())
        .unwrap();
    drop(input);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Our verdict, as graphql-js would put it.
fn counted(changes: &[Change]) -> Value {
    let count = |level| changes.iter().filter(|it| it.level == level).count();
    json!({ "BREAKING": count(Level::Breaking), "DANGEROUS": count(Level::Dangerous) })
}

/// Our verdict, as GraphQL Inspector would put it: it writes `Query.a.b` for `Query.a(b:)`.
fn located(changes: &[Change]) -> Value {
    let mut places: BTreeMap<String, Level> = BTreeMap::new();
    for change in changes.iter().filter(|it| it.level != Level::Safe) {
        let mut place = change.coordinate.replace('(', ".").replace(":)", "");
        if place.starts_with('@') {
            place.truncate(place.find('.').unwrap_or(place.len()));
        }
        let level = places.entry(place).or_insert(change.level);
        *level = change.level.min(*level);
    }
    json!(places)
}

/// The gravest level that a reference names.
fn gravest(verdict: &Value) -> Level {
    let text = verdict.to_string();
    let names = |level: &str| {
        text.contains(&format!(":\"{level}\""))
            || verdict[level].as_u64().is_some_and(|count| count > 0)
    };
    match () {
        () if names("BREAKING") => Level::Breaking,
        () if names("DANGEROUS") => Level::Dangerous,
        () => Level::Safe,
    }
}

#[test]
fn the_verdicts_are_those_of_the_references() {
    if !have(
        "schema_diff::the_verdicts_are_those_of_the_references",
        Part::Node,
    ) {
        return;
    }
    let pairs = pairs();
    assert!(pairs.len() >= 60);
    let references = references(&pairs);
    let listed = |list: &[(&[&str], &[&str], &str)], reference: &str, pair: &str| {
        list.iter()
            .any(|(references, pairs, _)| references.contains(&reference) && pairs.contains(&pair))
    };
    let mut wrong = Vec::new();
    for Pair { name, old, new } in &pairs {
        let ours = compare(old, new).unwrap();
        let verdict = ours.first().map_or(Level::Safe, |change| change.level);
        let mut theirs_at_most = Level::Safe;
        for (reference, theirs) in &references[name] {
            let milder = listed(MILDER, reference, name);
            if !milder {
                theirs_at_most = theirs_at_most.min(gravest(theirs));
            }
            let ours = if reference == "GraphQL Inspector" {
                located(&ours)
            } else {
                counted(&ours)
            };
            let excused = milder || listed(GRAVER, reference, name);
            if (ours == *theirs) == excused {
                wrong.push(format!(
                    "{name}: we say {ours}, {reference} says {theirs}, listed: {excused}"
                ));
            }
        }
        if theirs_at_most != verdict {
            wrong.push(format!(
                "{name}: we say {verdict}, they say {theirs_at_most}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_change_says_where_it_is() {
    for Pair { name, old, new } in pairs() {
        for change in compare(&old, &new).unwrap() {
            assert!(
                change.message.contains(&change.coordinate),
                "{name}: {change}"
            );
        }
    }
}

#[test]
fn what_is_no_schema_is_told_so() {
    let query = "type Query { a: Int }";
    for (text, reason) in [
        ("", "1:1"),
        ("type Query {", "1:13"),
        ("type T { x: Int }", "no type for queries"),
        (
            "type Query { a: Int } type Query { b: Int }",
            "`Query` is defined twice",
        ),
        (
            "type Query { a: Int } directive @d on FIELD directive @d on FIELD",
            "`@d` is defined twice",
        ),
        (
            "type Query { a: Int } extend type T { x: Int }",
            "`T` is extended",
        ),
        (
            "type Query { a: Int } enum T { A } extend type T { x: Int }",
            "`T` is extended",
        ),
    ] {
        let error = compare(text, query).unwrap_err().to_string();
        assert!(
            error.starts_with("The old schema") && error.contains(reason),
            "{error}"
        );
        let error = compare(query, text).unwrap_err().to_string();
        assert!(
            error.starts_with("The new schema") && error.contains(reason),
            "{error}"
        );
    }
}

/// Runs `docket schema` in an empty folder where the file `old.graphql` has this text.
fn schema(old: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = Scratch::new();
    std::fs::write(folder.path().join("old.graphql"), old).unwrap();
    let output = docket_command(folder.path())
        .arg("schema")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn check_prints_the_difference() {
    let own = docket::graphql::sdl();
    let check = |old: &str| schema(old, &["--check", "old.graphql"]);
    assert_eq!(check(&own), (Some(0), String::new(), String::new()));
    let (code, printed, told) = check(&own.replace("  totalCount: Int!\n", "  total: Int!\n"));
    assert_eq!(code, Some(1));
    let first = "--- old.graphql\n+++ docket schema\n@@ -";
    assert!(printed.starts_with(first), "{printed}");
    assert!(
        printed.contains("\n-  total: Int!\n+  totalCount: Int!\n }\n"),
        "{printed}"
    );
    assert!(printed.lines().count() < 15, "{printed}");
    assert_eq!(told, "old.graphql is not the schema of this binary.\n");

    let federated = docket::graphql::federation_sdl();
    let (code, ..) = schema(&federated, &["--federation", "--check", "old.graphql"]);
    assert_eq!(code, Some(0));
}

#[test]
fn diff_names_each_change_and_fails_on_a_breaking_one() {
    let own = docket::graphql::sdl();
    let diff = |old: &str| schema(old, &["--diff", "old.graphql"]);
    let none = "0 breaking, 0 dangerous, 0 safe\n";
    assert_eq!(diff(&own), (Some(0), none.to_owned(), String::new()));

    let milder = own
        .replace("    first: Int,\n", "    first: Int = 20,\n")
        .replace("A page of a list", "Some of a list");
    let expected = "DANGEROUS  `Query.tasks(first:)` has its default `20` no more.\n\
        SAFE       The description of `TaskConnection` changed.\n\
        0 breaking, 1 dangerous, 1 safe\n";
    assert_eq!(diff(&milder), (Some(0), expected.to_owned(), String::new()));

    let broken = own.replace("  totalCount: Int!\n", "  total: Int!\n");
    let (code, printed, told) = diff(&broken);
    assert_eq!(code, Some(1));
    assert!(printed.starts_with("BREAKING   The field `TaskConnection.total` was removed.\n"));
    assert_eq!(
        told,
        "The schema has changed in a way that breaks clients.\n"
    );
    let (code, printed, _) = schema(&broken, &["--diff", "old.graphql", "--format", "json"]);
    assert_eq!(code, Some(1));
    let change = |level, field, fate| {
        let coordinate = format!("TaskConnection.{field}");
        let message = format!("The field `{coordinate}` was {fate}.");
        json!({ "level": level, "coordinate": coordinate, "message": message })
    };
    assert_eq!(
        serde_json::from_str::<Value>(&printed).unwrap(),
        json!({
            "breaking": 1,
            "dangerous": 0,
            "safe": 1,
            "changes": [
                change("BREAKING", "total", "removed"),
                change("SAFE", "totalCount", "added"),
            ],
        })
    );
}

#[test]
fn what_cannot_be_compared_is_a_misuse() {
    for (old, arguments) in [
        ("", vec!["--diff", "old.graphql"]),
        ("type Query { a: Int }", vec!["--diff", "none.graphql"]),
        ("type Query { a: Int }", vec!["--check", "none.graphql"]),
        ("type Query { a: Int }", vec!["--format", "json"]),
        (
            "type Query { a: Int }",
            vec!["--diff", "old.graphql", "--check", "old.graphql"],
        ),
    ] {
        let (code, printed, told) = schema(old, &arguments);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!told.is_empty());
    }
}

#[test]
fn no_text_makes_it_panic() {
    let whole: Vec<char> = std::fs::read_to_string("tests/schema_pairs.graphql")
        .unwrap()
        .chars()
        .collect();
    let mut random = fastrand::Rng::with_seed(1);
    let (mut schemas, mut others) = (0, 0);
    for _ in 0..20_000 {
        let from = random.usize(..whole.len());
        let mut text = whole[from..whole.len().min(from + random.usize(..120))].to_vec();
        if random.bool() {
            text.insert(
                random.usize(..=text.len()),
                random
                    .choice(['"', '{', '@', '\r', 'é', '|'])
                    .unwrap_or(' '),
            );
        }
        let text = format!(
            "type Query {{ q: Int }}\n{}",
            text.iter().collect::<String>()
        );
        match compare(&text, &text) {
            Ok(changes) => {
                assert_eq!(changes, [], "{text}");
                schemas += 1;
            }
            Err(_) => others += 1,
        }
    }
    assert!(schemas > 100 && others > 100, "{schemas} {others}");
}
