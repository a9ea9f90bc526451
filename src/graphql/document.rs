//! A parsed document, and what must be known of it before it runs.

use std::collections::HashSet;

use async_graphql::Variables;
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
    Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Request, ServerError};
use async_graphql_value::Value;

/// A document that parses.
#[derive(Debug)]
pub struct Document(ExecutableDocument);

/// What kind of operation a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It reads the schema and nothing else.
    Introspection,
    /// It reads.
    Query,
    /// It changes.
    Mutation,
    /// It listens.
    Subscription,
    /// The document has no operation of that name, or several and no name was given.
    Unknown,
}

impl Document {
    /// Parses a document.
    ///
    /// # Errors
    /// Where and why it is not GraphQL.
    pub fn parse(text: &str) -> Result<Self, ServerError> {
        async_graphql::parser::parse_query(text)
            .map(Self)
            .map_err(ServerError::from)
    }

    /// What kind of operation `name` selects.
    #[must_use]
    pub fn operation(&self, name: Option<&str>) -> Operation {
        let Some(operation) = select(&self.0.operations, name) else {
            return Operation::Unknown;
        };
        match operation.ty {
            OperationType::Mutation => Operation::Mutation,
            OperationType::Subscription => Operation::Subscription,
            OperationType::Query if self.only_introspects(operation) => Operation::Introspection,
            OperationType::Query => Operation::Query,
        }
    }

    fn only_introspects(&self, operation: &OperationDefinition) -> bool {
        let mut found = Vec::new();
        let mut spread = HashSet::new();
        self.root_fields(&operation.selection_set.node, &mut spread, &mut found);
        !found.is_empty() && found.iter().all(|field| field.name.node.starts_with("__"))
    }

    /// The fields at the root, each fragment looked into once.
    fn root_fields<'a>(
        &'a self,
        selections: &'a SelectionSet,
        spread: &mut HashSet<&'a Name>,
        found: &mut Vec<&'a Field>,
    ) {
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(field) => found.push(&field.node),
                Selection::InlineFragment(inline) => {
                    self.root_fields(&inline.node.selection_set.node, spread, found);
                }
                Selection::FragmentSpread(it) => {
                    let name = &it.node.fragment_name.node;
                    if let Some(fragment) = self.0.fragments.get(name)
                        && spread.insert(name)
                    {
                        self.root_fields(&fragment.node.selection_set.node, spread, found);
                    }
                }
            }
        }
    }

    /// Makes a request of it.
    ///
    /// A root field that stands twice under one response key runs once: the specification collects
    /// such fields into one (CollectFields, section 6.3.2), where the engine would run each, and
    /// toggle a task twice.
    #[must_use]
    pub fn into_request(mut self, name: Option<String>, variables: Variables) -> Request {
        merge_root_fields(&mut self.0, name.as_deref(), &variables);
        let mut request = Request::new(String::new()).variables(variables);
        request.operation_name = name;
        request.set_parsed_query(self.0);
        request
    }
}

fn select<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (operations, name) {
        (DocumentOperations::Single(operation), None) => Some(&operation.node),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            all.next()
                .filter(|_| all.next().is_none())
                .map(|operation| &operation.node)
        }
    }
}

fn select_mut<'a>(
    operations: &'a mut DocumentOperations,
    name: Option<&str>,
) -> Option<&'a mut OperationDefinition> {
    match (operations, name) {
        (DocumentOperations::Single(operation), _) => Some(&mut operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get_mut(name)
            .map(|operation| &mut operation.node),
        (DocumentOperations::Multiple(operations), None) => operations
            .values_mut()
            .next()
            .map(|operation| &mut operation.node),
    }
}

/// A response key with its field's name and arguments: two fields that agree in these are one.
type Identity = (Name, Name, Vec<(Name, Value)>);

fn merge_root_fields(document: &mut ExecutableDocument, name: Option<&str>, variables: &Variables) {
    let Some(operation) = select_mut(&mut document.operations, name) else {
        return;
    };
    let mut values = variables.clone();
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        if let Some(default) = definition.default_value() {
            values
                .entry(definition.name.node.clone())
                .or_insert_with(|| default.clone());
        }
    }
    let mut merge = Merge {
        values,
        moved: Vec::new(),
        order: Vec::new(),
        spread: HashSet::new(),
    };
    let root = &mut operation.selection_set.node;
    // First what is there, then what is double goes to the first of its kind.
    merge.collect(root, &mut document.fragments);
    if merge.moved.is_empty() {
        return;
    }
    merge.spread.clear();
    merge.order.clear();
    merge.deliver(root, &mut document.fragments);
}

type Fragments =
    std::collections::HashMap<Name, Positioned<async_graphql::parser::types::FragmentDefinition>>;

struct Merge {
    values: Variables,
    /// Selections of later fields, by the place in `order` of the first field of their kind.
    moved: Vec<(usize, Vec<Positioned<Selection>>)>,
    order: Vec<Identity>,
    spread: HashSet<Name>,
}

impl Merge {
    /// Empties every field that repeats an earlier one, and keeps what it selected.
    fn collect(&mut self, selections: &mut SelectionSet, fragments: &mut Fragments) {
        self.walk(selections, fragments, &mut |merge, field| {
            let identity = identity(field);
            if let Some(first) = merge.order.iter().position(|known| *known == identity) {
                let items = std::mem::take(&mut field.selection_set.node.items);
                merge.moved.push((first, items));
                silence(field);
            } else {
                merge.order.push(identity);
            }
        });
    }

    /// Gives every first field what its repetitions selected.
    fn deliver(&mut self, selections: &mut SelectionSet, fragments: &mut Fragments) {
        self.walk(selections, fragments, &mut |merge, field| {
            let place = merge.order.len();
            merge.order.push(identity(field));
            for (_, items) in merge.moved.extract_if(.., |(first, _)| *first == place) {
                field.selection_set.node.items.extend(items);
            }
        });
    }

    /// Visits each root field that this request includes, in the order of the document.
    fn walk(
        &mut self,
        selections: &mut SelectionSet,
        fragments: &mut Fragments,
        visit: &mut impl FnMut(&mut Self, &mut Field),
    ) {
        for selection in &mut selections.items {
            if !self.includes(directives(&selection.node)) {
                continue;
            }
            match &mut selection.node {
                Selection::Field(field) => visit(self, &mut field.node),
                Selection::InlineFragment(inline) => {
                    self.walk(&mut inline.node.selection_set.node, fragments, visit);
                }
                Selection::FragmentSpread(it) => {
                    let name = it.node.fragment_name.node.clone();
                    if !self.spread.insert(name.clone()) {
                        // A fragment counts once, however often it is spread.
                        it.node.directives.push(never(it.pos));
                    } else if let Some(mut fragment) = fragments.remove(&name) {
                        // It is out of the map while it is walked, so that a cycle ends here.
                        self.walk(&mut fragment.node.selection_set.node, fragments, visit);
                        fragments.insert(name, fragment);
                    }
                }
            }
        }
    }

    fn includes(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "include" => true,
                "skip" => false,
                _ => return true,
            };
            let value = match directive.node.get_argument("if").map(|value| &value.node) {
                Some(Value::Boolean(value)) => *value,
                Some(Value::Variable(name)) => match self.values.get(name) {
                    Some(async_graphql::Value::Boolean(value)) => *value,
                    _ => return true,
                },
                _ => return true,
            };
            value == wanted
        })
    }
}

fn identity(field: &Field) -> Identity {
    let mut arguments: Vec<_> = field
        .arguments
        .iter()
        .map(|(name, value)| (name.node.clone(), value.node.clone()))
        .collect();
    arguments.sort_by(|(left, _), (right, _)| left.cmp(right));
    (
        field.response_key().node.clone(),
        field.name.node.clone(),
        arguments,
    )
}

fn directives(selection: &Selection) -> &[Positioned<Directive>] {
    match selection {
        Selection::Field(field) => &field.node.directives,
        Selection::FragmentSpread(spread) => &spread.node.directives,
        Selection::InlineFragment(inline) => &inline.node.directives,
    }
}

/// Turns a field into one that is valid anywhere, selects nothing, and is never run. It stays where
/// it was, so that no selection set becomes empty and no fragment unused.
fn silence(field: &mut Field) {
    field.alias = None;
    field.name.node = Name::new("__typename");
    field.arguments.clear();
    field.directives = vec![never(field.name.pos)];
}

/// `@skip(if: true)`.
fn never(at: Pos) -> Positioned<Directive> {
    let condition = Positioned::new(Value::Boolean(true), at);
    let skip = Directive {
        name: Positioned::new(Name::new("skip"), at),
        arguments: vec![(Positioned::new(Name::new("if"), at), condition)],
    };
    Positioned::new(skip, at)
}
