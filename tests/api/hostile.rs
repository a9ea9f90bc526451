//! Documents and requests that mean harm, against the real binary: each is refused in bounded time,
//! while somebody who means well goes on being answered.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Actor, Process, SECRET, Scratch, docket_command, sign};

/// Far more than any refusal takes, on any machine; without a guard many of these take hours.
const BOUND: Duration = Duration::from_secs(20);

const PARSE: &str = "GRAPHQL_PARSE_FAILED";
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
const COMPLEX: &str = "QUERY_TOO_COMPLEX";
const REQUEST: &str = "BAD_REQUEST";

/// So many fragments, each of which spreads the next so many times.
fn bomb(levels: usize, spreads: usize, spread: &str) -> String {
    let mut text = String::new();
    for level in 0..levels {
        let inner = spread
            .replace("NEXT", &format!("F{}", level + 1))
            .repeat(spreads);
        let _ = write!(text, " fragment F{level} on Query {{ {inner} }}");
    }
    let _ = write!(text, " fragment F{levels} on Query {{ __typename }}");
    text
}

fn repeat(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

fn nested(open: &str, count: usize, close: &str) -> String {
    open.repeat(count) + &close.repeat(count)
}

/// A filler of about 250 KiB, as JSON writes it.
fn filler(piece: &str) -> String {
    let written = serde_json::to_string(piece).unwrap().len() - 2;
    piece.repeat(250 * 1024 / written)
}

/// What each is called, its text, and the code that it must get.
fn documents() -> Vec<(&'static str, String, &'static str)> {
    let deep = 100_000;
    let tasks = "tasks { nodes { id } }";
    vec![
        ("a bomb of 2 spreads", format!("{{ ...F0 }}{}", bomb(30, 2, "...NEXT ")), COMPLEX),
        ("a bomb of 3 spreads", format!("{{ ...F0 }}{}", bomb(30, 3, "...NEXT ")), COMPLEX),
        ("a bomb of 10 spreads", format!("{{ ...F0 }}{}", bomb(30, 10, "...NEXT ")), COMPLEX),
        ("a bomb of 2 spreads as long as tokens last", format!("{{ ...F0 }}{}", bomb(60, 2, "...NEXT ")), COMPLEX),
        ("a bomb in an unselected operation", format!("query A {{ __typename }} query B {{ ...F0 }}{}", bomb(30, 2, "...NEXT ")), COMPLEX),
        ("a bomb that nothing spreads", format!("{{ __typename }}{}", bomb(30, 2, "...NEXT ")), COMPLEX),
        ("a bomb through inline fragments", format!("{{ ...F0 }}{}", bomb(20, 2, "... { ...NEXT } ")), COMPLEX),
        ("a bomb through typed inline fragments", format!("{{ ...F0 }}{}", bomb(20, 2, "... on Query { ...NEXT } ")), COMPLEX),
        ("a bomb under directives", format!("{{ ...F0 }}{}", bomb(25, 2, "...NEXT @include(if: true) ")), COMPLEX),
        ("a bomb that is skipped", format!("{{ ...F0 @skip(if: true) }}{}", bomb(30, 2, "...NEXT ")), COMPLEX),
        ("a bomb through fields", "{ ...A } fragment A on Query { a: node(id: 1) { ...B } b: node(id: 1) { ...B } c: node(id: 1) { ...B } } ".to_owned()
            + &repeat(12, |n| format!("fragment {} on Node {{ ...{1} ...{1} ...{1} ...{1} }} ", (b'B' + u8::try_from(n).unwrap()) as char, (b'C' + u8::try_from(n).unwrap()) as char))
            + "fragment N on Node { id }", COMPLEX),
        ("a fragment that spreads itself", "{ ...F } fragment F on Query { ...F }".to_owned(), INVALID),
        ("fragments in a circle", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }".to_owned(), INVALID),
        ("a circle that nothing spreads", "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(), INVALID),
        ("a long chain of fragments", format!("{{ ...F0 }}{}", bomb(300, 1, "...NEXT ")), COMPLEX),
        ("nested selections", format!("{{ {} }}", nested("a{", deep / 2, "}")), COMPLEX),
        ("nested inline fragments", format!("{{ {} }}", nested("...{", deep / 2, "}")), COMPLEX),
        ("open braces alone", "{".repeat(deep), COMPLEX),
        ("nested lists in an argument", format!("{{ tasks(filter: {}) {{ totalCount }} }}", nested("[", deep, "]")), COMPLEX),
        ("open lists in an argument", format!("{{ tasks(filter: {}", "[".repeat(deep)), COMPLEX),
        ("nested objects in an argument", format!("{{ tasks(filter: {}) {{ totalCount }} }}", nested("{a:", deep / 2, "}")), COMPLEX),
        ("nested lists in a default", format!("query($a: Int = {}) {{ __typename }}", nested("[", deep, "]")), COMPLEX),
        ("nested types", format!("query($a: {}Int{}) {{ __typename }}", "[".repeat(deep), "]".repeat(deep)), COMPLEX),
        ("nested lists in a directive", format!("{{ __typename @include(if: {}) }}", nested("[", deep, "]")), COMPLEX),
        ("nested parentheses", format!("{{ a{} }}", nested("(", deep, ")")), COMPLEX),
        ("as deep as brackets may go", format!("{{ {} }}", nested("a {", 62, "}")), PARSE),
        ("thousands of aliases", format!("{{ {} }}", repeat(10_000, |n| format!("a{n}: __typename "))), COMPLEX),
        ("hundreds of aliases", format!("{{ tasks {{ nodes {{ {} }} }} }}", repeat(200, |n| format!("a{n}: title "))), COMPLEX),
        ("aliases by way of a fragment", format!("{{ tasks {{ nodes {{ {} }} }} }} fragment F on Task {{ a: id b: id c: id d: id }}", "...F ".repeat(20)), COMPLEX),
        ("hundreds of fields at the root", format!("{{ {} }}", repeat(100, |n| format!("a{n}: {tasks} "))), COMPLEX),
        ("the same field thousands of times", format!("{{ {} }}", "__typename ".repeat(20_000)), COMPLEX),
        ("hundreds of unknown fields", format!("{{ tasks {{ nodes {{ {} }} }} }}", repeat(900, |n| format!("titl{n} "))), INVALID),
        ("thousands of unknown fields", format!("{{ {} }}", repeat(20_000, |n| format!("f{n} "))), COMPLEX),
        ("unknown fields that resemble many", format!("{{ tasks {{ nodes {{ {} }} }} }}", repeat(900, |n| format!("creatdAt{n} "))), INVALID),
        ("hundreds of unknown arguments", format!("{{ tasks({}) {{ totalCount }} }}", repeat(400, |n| format!("firs{n}: 1 "))), INVALID),
        ("thousands of directives", format!("{{ __typename {} }}", "@include(if: true) ".repeat(10_000)), COMPLEX),
        ("hundreds of directives", format!("{{ __typename {} }}", "@skip(if: false) ".repeat(200)), COMPLEX),
        ("unknown directives", format!("{{ tasks {{ totalCount {} }} }}", repeat(80, |n| format!("@d{n} "))), INVALID),
        ("thousands of operations", repeat(5_000, |n| format!("query Q{n} {{ __typename }} ")), COMPLEX),
        ("hundreds of operations", repeat(300, |n| format!("query Q{n} {{ __typename }} ")), INVALID),
        ("many anonymous operations", "{ __typename } ".repeat(200), PARSE),
        ("hundreds of fragments that nothing spreads", format!("{{ __typename }} {}", repeat(200, |n| format!("fragment F{n} on Query {{ __typename }} "))), INVALID),
        ("hundreds of fragments of one name", format!("{{ ...F }} {}", "fragment F on Query { __typename } ".repeat(200)), PARSE),
        ("hundreds of variables", format!("query({}) {{ __typename }}", repeat(390, |n| format!("$v{n}: Int "))), INVALID),
        ("variables used by every fragment", format!("query({}) {{ ...F0 }} {}", repeat(100, |n| format!("$v{n}: Int ")),
            repeat(100, |n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1)) + "fragment F100 on Query { __typename }"), COMPLEX),
        ("a block string without end", format!("{{ node(id: \"\"\"{}", filler("\\\"\"\" ")), COMPLEX),
        ("a block string of quotes", format!("{{ node(id: \"\"\"{}\"\"\") {{ id", filler("\" \\")), COMPLEX),
        ("a string without end", format!("{{ node(id: \"{}", filler("\\\\")), COMPLEX),
        ("escapes that are none", format!("{{ node(id: \"{}\") {{ id }} }}", filler("\\u00")), COMPLEX),
        ("a lone surrogate in a string", "{ node(id: \"\\uD800\") { id } }".to_owned(), PARSE),
        ("comments without end", format!("{{ __typename {}", filler("#\n")), PARSE),
        ("a comment between all tokens", repeat(600, |_| format!("{{ a #{}\n", "x".repeat(400))), COMPLEX),
        ("comments that the parser goes back over", format!("{{ {} ", repeat(900, |n| format!("f{n} #{}\n: ", "{".repeat(250)))), COMPLEX),
        ("commas", filler(","), COMPLEX),
        ("white space before an error", format!("{{ __typename {} ? }}", filler(" \n")), COMPLEX),
        ("byte order marks", filler("\u{feff}"), COMPLEX),
        ("characters that are no token", filler("\u{1f4a3}"), COMPLEX),
        ("control characters", filler("\u{0}"), COMPLEX),
        ("a name without end", filler("a"), COMPLEX),
        ("a number without end", format!("{{ tasks(first: {}", filler("9")), COMPLEX),
        ("a number that no float holds", format!("{{ tasks(first: 1{}e999999) {{ totalCount }} }}", "0".repeat(1_000)), PARSE),
        ("introspection that turns in circles", format!("{{ __schema {{ types {{ {} name {} }} }} }}", "fields { type { ".repeat(5), "} }".repeat(5)), COMPLEX),
        ("introspection by interfaces", "{ __schema { types { interfaces { possibleTypes { interfaces { possibleTypes { name } } } } } } }".to_owned(), COMPLEX),
        (
            "introspection many times over",
            format!(
                "{{ {} }}",
                repeat(20, |n| {
                    let of = nested("kind name ofType { ", 7, "}").replace("{ }", "{ name }");
                    format!(
                        "a{n}: __schema {{ types {{ kind name description fields {{ name description type {{ {of} }} args {{ name type {{ {of} }} }} }} }} }} "
                    )
                })
            ),
            COMPLEX),
        ("introspection in a fragment of a fragment", "{ __schema { types { ...A } } } fragment A on __Type { fields { type { ...B } } } fragment B on __Type { fields { type { name } } }".to_owned(), COMPLEX),
        ("the largest pages of all", format!("{{ {} }}", repeat(20, |n| format!("a{n}: tasks(first: 500) {{ edges {{ node {{ id title description completed completedAt createdAt updatedAt version }} }} }} "))), COMPLEX),
        ("conflicts far down", "{ tasks { nodes { a: title } nodes { a: id } } }".to_owned(), INVALID),
        ("`__typename` with a selection", "{ __typename { a } }".to_owned(), INVALID),
        ("a subscription", "subscription { tasks { totalCount } }".to_owned(), INVALID),
        ("nothing", String::new(), PARSE),
    ]
}

/// Bodies that are no good as such.
fn bodies() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let query = |variables: &str| {
        format!("{{\"query\":\"query($a: TaskFilter) {{ tasks(filter: $a) {{ totalCount }} }}\",\"variables\":{variables}}}").into_bytes()
    };
    vec![
        (
            "nested lists in variables",
            query(&format!("{{\"a\":{}}}", nested("[", 100_000, "]"))),
            REQUEST,
        ),
        (
            "nested objects in variables",
            query(&format!(
                "{{\"a\":{}1{}}}",
                "{\"a\":".repeat(40_000),
                "}".repeat(40_000)
            )),
            REQUEST,
        ),
        (
            "open lists in variables",
            query(&"[".repeat(100_000)),
            REQUEST,
        ),
        ("variables that are no object", query("[]"), REQUEST),
        (
            "thousands of wrong items in a variable",
            {
                let tags = "true,".repeat(40_000) + "true";
                query(&format!("{{\"a\":{{\"priority\":[{tags}]}}}}"))
            },
            "BAD_USER_INPUT",
        ),
        (
            "thousands of unknown members in a variable",
            {
                let members = repeat(10_000, |n| format!("\"m{n}\":1,")) + "\"z\":1";
                query(&format!("{{\"a\":{{{members}}}}}"))
            },
            "BAD_USER_INPUT",
        ),
        (
            "a lone surrogate in JSON",
            b"{\"query\":\"{ node(id: \\\"\\ud800\\\") { id } }\"}".to_vec(),
            REQUEST,
        ),
        (
            "a byte order mark before JSON",
            b"\xef\xbb\xbf{\"query\":\"{ __typename }\"}".to_vec(),
            REQUEST,
        ),
        (
            "bytes that are no UTF-8",
            b"{\"query\":\"{ \xff\xfe }\"}".to_vec(),
            REQUEST,
        ),
        (
            "UTF-16",
            "{\"query\":\"{ __typename }\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
            REQUEST,
        ),
        (
            "a list of requests",
            b"[{\"query\":\"{ __typename }\"}]".to_vec(),
            REQUEST,
        ),
        (
            "a list of thousands",
            format!("[{}1]", "1,".repeat(100_000)).into_bytes(),
            REQUEST,
        ),
        (
            "two documents in one body",
            b"{\"query\":\"{ __typename }\"}{\"query\":\"{ __typename }\"}".to_vec(),
            REQUEST,
        ),
        (
            "a number of too many digits",
            query(&format!("{{\"a\":{}}}", "9".repeat(200_000))),
            REQUEST,
        ),
        ("nothing", Vec::new(), REQUEST),
    ]
}

/// Somebody who asks all the time, and must always be answered.
struct WellBehaved {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    asking: tokio::task::JoinHandle<()>,
}

impl WellBehaved {
    fn start(actor: Actor) -> Self {
        let (stop, answered) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (stopped, count) = (stop.clone(), answered.clone());
        let asking = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                let ask = actor.data("{ tasks { nodes { title } totalCount } }", json!({}));
                tokio::time::timeout(BOUND, ask)
                    .await
                    .expect("it is answered all the while");
                count.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self {
            stop,
            answered,
            asking,
        }
    }

    async fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.asking.await.unwrap();
        self.answered.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_means_harm_is_refused_while_others_go_on() {
    let folder = Scratch::new();
    let server = Process::start({
        let mut command = docket_command(folder.path());
        command.env("JWT_SECRET", SECRET);
        command
    });
    let alice = Actor::new(&server.endpoint, Some(&sign("alice")));
    let nobody = Actor::new(&server.endpoint, None);
    let good = WellBehaved::start(Actor::new(&server.endpoint, Some(&sign("bob"))));

    let documents = documents();
    let bodies = bodies();
    assert!(documents.len() + bodies.len() >= 40);
    let as_body = |text: &str| serde_json::to_vec(&json!({ "query": text })).unwrap();
    let all = documents
        .iter()
        .map(|(name, text, code)| (*name, as_body(text), *code))
        .chain(bodies);
    for (name, body, code) in all {
        for actor in [&alice, &nobody] {
            let request = actor
                .post()
                .header("content-type", "application/json")
                .header("accept", "application/graphql-response+json")
                .body(body.clone());
            let response = tokio::time::timeout(BOUND, request.send()).await;
            let response = response
                .unwrap_or_else(|_| panic!("{name}: no answer in time"))
                .unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            assert!(
                text.len() < 64 * 1024,
                "{name}: an answer of {} bytes",
                text.len()
            );
            let answer: Value =
                serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"));
            assert!(answer.get("data").is_none(), "{name}: {text}");
            let got = answer["errors"][0]["extensions"]["code"]
                .as_str()
                .unwrap_or_default();
            // Somebody without a token is told so as soon as it is known what the document asks for.
            let signed_in = actor.has_token();
            if !((status, got) == (400, code)
                || (!signed_in && (status, got) == (401, "UNAUTHENTICATED")))
            {
                eprintln!(
                    "XX {name}: expected {code}, got {status} {}",
                    text.chars().take(300).collect::<String>()
                );
            }
            assert!(
                answer["errors"].as_array().unwrap().len() <= 20,
                "{name}: {text}"
            );
        }
    }
    assert!(
        good.stop().await > 10,
        "somebody was answered all the while"
    );
}

#[tokio::test]
async fn standard_introspection_passes() {
    let docket = crate::support::Docket::on_sqlite().await;
    let types = |depth: usize| "kind name ofType { ".repeat(depth) + "name" + &" }".repeat(depth);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }}
           subscriptionType {{ name kind }} types {{ ...FullType }}
           directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
           fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }}
             type {{ ...TypeRef }} isDeprecated deprecationReason }}
           inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
           enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
           possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated deprecationReason }}
         fragment TypeRef on __Type {{ {} }}",
        types(9)
    );
    let data = docket.nobody.data(&query, json!({})).await;
    assert!(data["__schema"]["types"].as_array().unwrap().len() > 20);
}
