//! Counts what a document asks for, each fragment once: what a fragment holds is remembered and added
//! wherever it is spread, so that the time is linear in the document while the counts are those of the
//! document with every fragment in its place.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError};

use super::{Excess, Limits, Objection};

/// The lists of introspection that lead to further types: nested, they grow an answer without bound.
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// What a document asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::graphql) struct Measured {
    /// Fields and fragments.
    pub(in crate::graphql) selections: u64,
    /// Aliases.
    pub(in crate::graphql) aliases: u64,
    /// Directives.
    pub(in crate::graphql) directives: u64,
    /// Fields at the root of the operation that has most of them.
    pub(in crate::graphql) root_fields: u64,
    /// Fields inside fields.
    pub(in crate::graphql) depth: u64,
    /// Selection sets inside selection sets, of fields and fragments alike.
    pub(in crate::graphql) levels: u64,
    /// Lists of types inside each other.
    pub(in crate::graphql) introspection_depth: u64,
    /// Whether anything but `__typename` is asked of the schema itself.
    pub(in crate::graphql) introspects: bool,
}

impl Measured {
    /// Puts `other` beside it in the same selection set.
    fn add(&mut self, other: &Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.depth = self.depth.max(other.depth);
        self.levels = self.levels.max(other.levels);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.introspects |= other.introspects;
    }

    fn check(&self, limits: &Limits) -> Result<(), Excess> {
        Excess::check("nesting", self.levels, limits.nesting)?;
        Excess::check("selections", self.selections, limits.selections)?;
        Excess::check("root fields", self.root_fields, limits.root_fields)?;
        Excess::check("depth", self.depth, limits.depth)?;
        Excess::check("aliases", self.aliases, limits.aliases)?;
        Excess::check("directives", self.directives, limits.directives)?;
        Excess::check(
            "introspection depth",
            self.introspection_depth,
            limits.introspection_depth,
        )
    }
}

/// Measures all operations of a document together, and holds them to the limits.
///
/// # Errors
/// The first limit that is exceeded, or a fragment that spreads itself.
pub(in crate::graphql) fn measure(
    document: &ExecutableDocument,
    limits: &Limits,
) -> Result<Measured, Objection> {
    let mut measuring = Measuring {
        document,
        limits,
        known: HashMap::with_capacity(document.fragments.len()),
    };
    let mut all = Measured::default();
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let mut one = measuring.selections(&operation.selection_set.node, 1)?;
        let variables = &operation.variable_definitions;
        let directives = operation.directives.len()
            + variables
                .iter()
                .map(|it| it.node.directives.len())
                .sum::<usize>();
        one.directives = one.directives.saturating_add(directives as u64);
        let most = all.root_fields.max(one.root_fields);
        all.add(&one);
        all.root_fields = most;
    }
    // Those that nothing spreads are walked by the engine too.
    for name in document.fragments.keys() {
        let alone = measuring.fragment(name, 1)?;
        Excess::check("nesting", alone.levels, limits.nesting)?;
    }
    all.check(limits)?;
    Ok(all)
}

enum Progress {
    /// It is being measured: whoever comes here again has come in a circle.
    Begun,
    Done(Measured),
}

struct Measuring<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    known: HashMap<&'a Name, Progress>,
}

impl<'a> Measuring<'a> {
    /// `level` is how deep the walk itself has gone, which the stack must bear.
    fn selections(&mut self, set: &'a SelectionSet, level: u64) -> Result<Measured, Objection> {
        let mut all = Measured::default();
        if set.items.is_empty() {
            return Ok(all);
        }
        Excess::check("nesting", level, self.limits.nesting)?;
        for selection in &set.items {
            let directives = selection.node.directives().len() as u64;
            let mut one = match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let mut one = self.selections(&field.selection_set.node, level + 1)?;
                    one.root_fields = 1;
                    one.depth += 1;
                    one.aliases = one.aliases.saturating_add(u64::from(field.alias.is_some()));
                    let name = field.name.node.as_str();
                    one.introspection_depth += u64::from(INTROSPECTION_LISTS.contains(&name));
                    one.introspects |= name == "__schema" || name == "__type";
                    one
                }
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.node.selection_set.node, level + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1)?
                }
            };
            one.selections = one.selections.saturating_add(1);
            one.directives = one.directives.saturating_add(directives);
            all.add(&one);
            // As soon as it is too much: the sums of a hostile document soon mean nothing.
            Excess::check("selections", all.selections, self.limits.selections)?;
        }
        all.levels += 1;
        Ok(all)
    }

    fn fragment(&mut self, name: &'a Name, level: u64) -> Result<Measured, Objection> {
        match self.known.get(name) {
            Some(Progress::Done(measured)) => return Ok(*measured),
            Some(Progress::Begun) => return Err(cycle(name, self.document)),
            None => {}
        }
        let Some(Positioned { node: fragment, .. }) = self.document.fragments.get(name) else {
            // Validation will name it.
            return Ok(Measured::default());
        };
        self.known.insert(name, Progress::Begun);
        let mut measured = self.selections(&fragment.selection_set.node, level)?;
        measured.directives = measured
            .directives
            .saturating_add(fragment.directives.len() as u64);
        self.known.insert(name, Progress::Done(measured));
        Ok(measured)
    }
}

fn cycle(name: &Name, document: &ExecutableDocument) -> Objection {
    let pos = document.fragments.get(name).map(|fragment| fragment.pos);
    let message = format!("Fragment \"{name}\" spreads itself, directly or through others.");
    Objection::Invalid(ServerError::new(message, pos))
}
