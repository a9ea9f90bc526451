//! Random small documents: what the guard counts and merges, against the most literal reading of the
//! specification that can be written down.

use std::fmt::Write as _;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType,
    Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};
use fastrand::Rng;

use super::{Limits, Merge, Objection, collected, measure, merge};
use crate::graphql::model::MODEL;

const BOUNDLESS: Limits = Limits {
    tokens: u64::MAX,
    nesting: u64::MAX,
    depth: u64::MAX,
    root_fields: u64::MAX,
    aliases: u64::MAX,
    directives: u64::MAX,
    selections: u64::MAX,
    introspection_depth: u64::MAX,
    cost: u64::MAX,
};

/// A field: name, arguments to choose from, type of what it selects.
type Choice = (&'static str, &'static [&'static str], &'static str);

/// Types, each with some of its fields.
const FIELDS: [(&str, &[Choice]); 6] = [
    (
        "Query",
        &[
            (
                "tasks",
                &["", "(first: 1)", "(first: $n)"],
                "TaskConnection",
            ),
            ("node", &["(id: \"a\")", "(id: \"b\")"], "Node"),
            ("task", &["(id: \"a\")"], "Task"),
            ("__schema", &[""], "__Schema"),
        ],
    ),
    (
        "TaskConnection",
        &[("nodes", &[""], "Task"), ("totalCount", &[""], "")],
    ),
    ("Node", &[("id", &[""], ""), ("__typename", &[""], "")]),
    (
        "Task",
        &[
            ("id", &[""], ""),
            ("title", &[""], ""),
            ("version", &[""], ""),
            ("__typename", &[""], ""),
        ],
    ),
    ("__Schema", &[("types", &[""], "__Type")]),
    (
        "__Type",
        &[
            ("name", &[""], ""),
            ("fields", &[""], "__Type"),
            ("kind", &[""], ""),
        ],
    ),
];

const FRAGMENTS: [(&str, &str); 6] = [
    ("A", "Query"),
    ("B", "Task"),
    ("C", "Node"),
    ("D", "TaskConnection"),
    ("E", "Task"),
    ("F", "__Type"),
];

impl Limits {
    fn of(self, counted: Counted) -> Self {
        Self {
            selections: counted.selections,
            nesting: counted.levels,
            depth: counted.depth,
            ..self
        }
    }
}

struct Writer {
    random: Rng,
    text: String,
    /// Whether fragments may spread any other, or only those that come later: then there is no cycle.
    cycles: bool,
}

impl Writer {
    fn document(seed: u64, cycles: bool) -> String {
        let mut writer = Self {
            random: Rng::with_seed(seed),
            text: String::new(),
            cycles,
        };
        writer
            .text
            .push_str("query($n: Int, $yes: Boolean!, $no: Boolean!) ");
        writer.set("Query", 0, 0);
        for (place, (name, on)) in FRAGMENTS.iter().enumerate() {
            let _ = write!(writer.text, " fragment {name} on {on} ");
            writer.set(on, place + 1, 2);
        }
        writer.text
    }

    fn set(&mut self, on: &str, from: usize, level: usize) {
        self.text.push('{');
        for _ in 0..self.random.usize(1..=4) {
            self.selection(on, from, level);
        }
        self.text.push('}');
    }

    fn selection(&mut self, on: &str, from: usize, level: usize) {
        match self.random.u8(0..8) {
            0 if level < 4 => {
                let object = if on == "Node" && self.random.bool() {
                    "Task"
                } else {
                    on
                };
                let on_type = if self.random.bool() || object != on {
                    format!(" on {object}")
                } else {
                    String::new()
                };
                let _ = write!(self.text, "...{on_type} ");
                self.directive();
                self.set(object, from, level + 1);
            }
            1 | 2 => {
                let from = if self.cycles { 0 } else { from };
                let fits = |(_, target): &&(&str, &str)| {
                    *target == on || matches!((on, *target), ("Node", "Task") | ("Task", "Node"))
                };
                let candidates: Vec<_> = FRAGMENTS[from.min(FRAGMENTS.len())..]
                    .iter()
                    .filter(fits)
                    .collect();
                match self.random.choice(candidates) {
                    Some((name, _)) => {
                        let _ = write!(self.text, "...{name} ");
                        self.directive();
                    }
                    None => self.field(on, from, level),
                }
            }
            _ => self.field(on, from, level),
        }
        self.text.push(' ');
    }

    fn field(&mut self, on: &str, from: usize, level: usize) {
        let fields = FIELDS
            .iter()
            .find(|(name, _)| *name == on)
            .map_or(&[][..], |(_, it)| it);
        let Some((name, arguments, inner)) = self.random.choice(fields) else {
            return;
        };
        if self.random.u8(0..4) == 0 {
            let alias = self.random.choice(["x", "y", "id"]).unwrap_or("x");
            let _ = write!(self.text, "{alias}: ");
        }
        let arguments = self.random.choice(*arguments).unwrap_or(&"");
        let _ = write!(self.text, "{name}{arguments} ");
        self.directive();
        if !inner.is_empty() {
            if level < 5 {
                self.set(inner, from, level + 1);
            } else {
                self.text.push_str("{ __typename }");
            }
        }
    }

    fn directive(&mut self) {
        let name = match self.random.u8(0..10) {
            0 => "include",
            1 => "skip",
            _ => return,
        };
        let value = self
            .random
            .choice(["$yes", "$no", "true", "false"])
            .unwrap_or("true");
        let _ = write!(self.text, "@{name}(if: {value}) ");
    }
}

fn fragment<'a>(document: &'a ExecutableDocument, name: &Name) -> &'a FragmentDefinition {
    &document.fragments[name].node
}

fn operation(document: &ExecutableDocument) -> &OperationDefinition {
    let mut all = document.operations.iter();
    &all.next()
        .map(|(_, operation)| operation)
        .expect("there is one")
        .node
}

/// Counts by walking into every fragment at every spread.
#[derive(Default, Debug, PartialEq, Eq, Clone, Copy)]
struct Counted {
    selections: u64,
    aliases: u64,
    directives: u64,
    depth: u64,
    levels: u64,
    introspection_depth: u64,
}

fn count(document: &ExecutableDocument, set: &SelectionSet) -> Counted {
    let mut all = Counted::default();
    for selection in &set.items {
        let mut one = match &selection.node {
            Selection::Field(field) => {
                let mut one = count(document, &field.node.selection_set.node);
                one.depth += 1;
                one.aliases += u64::from(field.node.alias.is_some());
                one.introspection_depth += u64::from(field.node.name.node == "fields");
                one
            }
            Selection::InlineFragment(inline) => count(document, &inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let fragment = fragment(document, &spread.node.fragment_name.node);
                count(document, &fragment.selection_set.node)
            }
        };
        one.selections += 1;
        one.directives += selection.node.directives().len() as u64;
        all.selections += one.selections;
        all.aliases += one.aliases;
        all.directives += one.directives;
        all.depth = all.depth.max(one.depth);
        all.levels = all.levels.max(one.levels);
        all.introspection_depth = all.introspection_depth.max(one.introspection_depth);
    }
    all.levels += u64::from(!set.items.is_empty());
    all
}

#[test]
fn counts_are_those_of_the_expanded_document() {
    for seed in 0..1_000 {
        let text = Writer::document(seed, false);
        let document = parse_query(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let measured = measure(&document, &BOUNDLESS).expect("nothing is too much");
        let naive = count(&document, &operation(&document).selection_set.node);
        assert_eq!(measured.selections, naive.selections, "{text}");
        assert_eq!(measured.aliases, naive.aliases, "{text}");
        assert_eq!(measured.directives, naive.directives, "{text}");
        assert_eq!(measured.depth, naive.depth, "{text}");
        assert_eq!(measured.levels, naive.levels, "{text}");
        assert_eq!(
            measured.introspection_depth, naive.introspection_depth,
            "{text}"
        );
        // The limits are exact: one less is an excess. Fragments that nothing spreads are held to them
        // too, each by itself.
        let sets = document
            .fragments
            .values()
            .map(|it| &it.node.selection_set.node);
        let alone = sets.map(|set| count(&document, set));
        let tight = alone.fold(BOUNDLESS.of(naive), |limits, alone| Limits {
            selections: limits.selections.max(alone.selections),
            nesting: limits.nesting.max(alone.levels),
            ..limits
        });
        assert!(measure(&document, &tight).is_ok(), "{text}");
        for below in [
            Limits {
                selections: tight.selections - 1,
                ..BOUNDLESS
            },
            Limits {
                nesting: tight.nesting - 1,
                ..BOUNDLESS
            },
            Limits {
                depth: tight.depth - 1,
                ..BOUNDLESS
            },
        ] {
            assert!(
                matches!(measure(&document, &below), Err(Objection::Excess(_))),
                "{text}"
            );
        }
    }
}

/// Whether a walk comes back to a fragment that it is in.
fn comes_back(document: &ExecutableDocument, set: &SelectionSet, inside: &mut Vec<Name>) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => comes_back(document, &field.node.selection_set.node, inside),
        Selection::InlineFragment(inline) => {
            comes_back(document, &inline.node.selection_set.node, inside)
        }
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            if inside.contains(name) {
                return true;
            }
            inside.push(name.clone());
            let found = comes_back(
                document,
                &fragment(document, name).selection_set.node,
                inside,
            );
            inside.pop();
            found
        }
    })
}

#[test]
fn every_cycle_is_found_and_nothing_else() {
    let mut found = 0;
    for seed in 0..1_200 {
        let text = Writer::document(seed, seed % 2 == 0);
        let document = parse_query(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut sets = vec![&operation(&document).selection_set.node];
        sets.extend(
            document
                .fragments
                .values()
                .map(|it| &it.node.selection_set.node),
        );
        let cyclic = sets
            .iter()
            .any(|set| comes_back(&document, set, &mut Vec::new()));
        let measured = measure(&document, &BOUNDLESS);
        assert_eq!(
            matches!(measured, Err(Objection::Invalid(_))),
            cyclic,
            "{text}"
        );
        found += usize::from(cyclic);
    }
    assert!(
        (200..1_200).contains(&found),
        "both kinds are tried: {found}"
    );
}

fn applies(on: &str, object: &str) -> bool {
    on == object || (on == "Node" && object == "Task")
}

fn includes(directives: &[Positioned<Directive>], variables: Option<&Variables>) -> bool {
    directives.iter().all(|directive| {
        let condition = &directive.node.get_argument("if").expect("written so").node;
        let value = match (condition, variables) {
            (_, None) => return true,
            (Value::Boolean(value), _) => *value,
            (Value::Variable(name), Some(variables)) => {
                variables[name] == ConstValue::Boolean(true)
            }
            _ => panic!("never written"),
        };
        value == (directive.node.name.node == "include")
    })
}

/// `CollectFields`, to the letter; as many fields for each key as there are.
fn collect<'a>(
    document: &'a ExecutableDocument,
    object: &str,
    set: &'a SelectionSet,
    variables: Option<&Variables>,
    visited: &mut Vec<Name>,
) -> IndexMap<String, Vec<&'a Field>> {
    let mut grouped: IndexMap<String, Vec<&Field>> = IndexMap::new();
    for selection in &set.items {
        if !includes(selection.node.directives(), variables) {
            continue;
        }
        let inner = match &selection.node {
            Selection::Field(field) => {
                let key = field.node.response_key().node.to_string();
                grouped.entry(key).or_default().push(&field.node);
                continue;
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if visited.contains(name) {
                    continue;
                }
                visited.push(name.clone());
                let fragment = fragment(document, name);
                if !applies(&fragment.type_condition.node.on.node, object) {
                    continue;
                }
                &fragment.selection_set.node
            }
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref();
                if on.is_some_and(|on| !applies(&on.node.on.node, object)) {
                    continue;
                }
                &inline.node.selection_set.node
            }
        };
        for (key, fields) in collect(document, object, inner, variables, visited) {
            grouped.entry(key).or_default().extend(fields);
        }
    }
    grouped
}

/// What would run: for each key the field, its arguments, and what it selects in turn.
fn shape(
    document: &ExecutableDocument,
    parent: &str,
    sets: &[&SelectionSet],
    variables: &Variables,
) -> String {
    // Node has one kind of object.
    let object = if parent == "Node" { "Task" } else { parent };
    let mut grouped: IndexMap<String, Vec<&Field>> = IndexMap::new();
    for set in sets {
        for (key, fields) in collect(document, object, set, Some(variables), &mut Vec::new()) {
            grouped.entry(key).or_default().extend(fields);
        }
    }
    let mut text = String::from("{");
    for (key, fields) in grouped {
        let field = fields[0];
        let inner: Vec<_> = fields
            .iter()
            .map(|field| &field.selection_set.node)
            .collect();
        let inner = shape(document, type_of(object, field), &inner, variables);
        let _ = write!(
            text,
            "{key}={}{:?}{inner} ",
            field.name.node,
            arguments(field)
        );
    }
    text + "}"
}

fn type_of(object: &str, field: &Field) -> &'static str {
    let fields = FIELDS
        .iter()
        .find(|(name, _)| *name == object)
        .map_or(&[][..], |(_, it)| it);
    let field = fields
        .iter()
        .find(|(name, ..)| *name == field.name.node.as_str());
    field.map_or("", |(_, _, inner)| inner)
}

fn arguments(field: &Field) -> Vec<(String, String)> {
    let arguments = field.arguments.iter();
    arguments
        .map(|(name, value)| (name.node.to_string(), value.node.to_string()))
        .collect()
}

/// `FieldsInSetCanMerge`: every two fields of one key, at every depth.
fn can_merge(document: &ExecutableDocument, parent: &str, sets: &[&SelectionSet]) -> bool {
    let object = if parent == "Node" { "Task" } else { parent };
    let mut grouped: IndexMap<String, Vec<&Field>> = IndexMap::new();
    for set in sets {
        for (key, fields) in collect(document, object, set, None, &mut Vec::new()) {
            grouped.entry(key).or_default().extend(fields);
        }
    }
    grouped.values().all(|fields| {
        let same = fields.iter().all(|one| {
            fields
                .iter()
                .all(|two| one.name.node == two.name.node && arguments(one) == arguments(two))
        });
        let inner: Vec<_> = fields
            .iter()
            .map(|field| &field.selection_set.node)
            .collect();
        same && can_merge(document, type_of(object, fields[0]), &inner)
    })
}

#[test]
fn fields_are_merged_as_the_specification_says() {
    let (mut merged, mut refused) = (0, 0);
    let mut variables = Variables::default();
    variables.insert(Name::new("yes"), ConstValue::Boolean(true));
    variables.insert(Name::new("no"), ConstValue::Boolean(false));
    for seed in 0..2_000 {
        let text = Writer::document(seed, false);
        let document = parse_query(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let one = operation(&document);
        let root = MODEL.root(OperationType::Query);
        let set = [&one.selection_set.node];
        let verdict = merge(&document);
        assert_eq!(verdict.is_ok(), can_merge(&document, root, &set), "{text}");
        let Ok(verdict) = verdict else {
            refused += 1;
            continue;
        };
        let expected = shape(&document, root, &set, &variables);
        let collected = collected(&document, one, &variables);
        let flat = shape(
            &document,
            root,
            &[&collected.selection_set.node],
            &variables,
        );
        assert_eq!(flat, expected, "{text}");
        assert_eq!(
            keys(&collected.selection_set.node),
            keys_of(&expected),
            "{text}"
        );
        if verdict == Merge::Collects {
            let none = Variables::default();
            let same = super::collected(&document, one, &none);
            let same = shape(&document, root, &[&same.selection_set.node], &none);
            assert_eq!(
                same, expected,
                "it is the same whatever the variables: {text}"
            );
        }
        if verdict == Merge::AsWritten {
            assert_eq!(keys(&one.selection_set.node), keys_of(&expected), "{text}");
        }
        merged += 1;
    }
    assert!(
        merged > 200 && refused > 200,
        "both kinds are tried: {merged}, {refused}"
    );
}

/// How many fields are written down: after collecting, as many as run.
fn keys(set: &SelectionSet) -> usize {
    let fields = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => 1 + keys(&field.node.selection_set.node),
        Selection::InlineFragment(inline) => keys(&inline.node.selection_set.node),
        Selection::FragmentSpread(_) => panic!("every fragment is in its place"),
    });
    fields.sum()
}

fn keys_of(shape: &str) -> usize {
    shape.matches('=').count()
}
