//! What a document must pass before anything of the engine walks it. The engine walks a fragment again
//! at each spread, before it validates and without yielding: a kilobyte of fragments that spread each
//! other keeps it busy for hours. Here each document is scanned ([`scan`]) before it is parsed,
//! measured ([`measure`]) in time linear in its length, and merged ([`collect`]) as the specification
//! says; the [`cost`] of an operation is known before it runs.

mod collect;
mod cost;
mod measure;
#[cfg(test)]
mod properties;
mod scan;

use async_graphql::ServerError;

pub(super) use collect::{Merge, collected, merge};
pub(super) use cost::check_cost;
pub(super) use measure::{Measured, measure};
pub(super) use scan::scan;

/// How much one document may ask for. Each limit is a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of the text, long ones counted more than once (`LIMIT_TOKENS`).
    pub tokens: u64,
    /// Brackets inside brackets of any kind, and selection sets inside selection sets with fragments
    /// counted as levels too (`LIMIT_NESTING`).
    pub nesting: u64,
    /// Fields inside fields (`LIMIT_DEPTH`).
    pub depth: u64,
    /// Fields at the root (`LIMIT_ROOT_FIELDS`).
    pub root_fields: u64,
    /// Aliases (`LIMIT_ALIASES`).
    pub aliases: u64,
    /// Directives (`LIMIT_DIRECTIVES`).
    pub directives: u64,
    /// Fields and fragments, after each fragment has been put where it is spread
    /// (`LIMIT_SELECTIONS`).
    pub selections: u64,
    /// Lists of fields or types inside each other in introspection (`LIMIT_INTROSPECTION_DEPTH`).
    pub introspection_depth: u64,
    /// Values that the answer can have, page sizes multiplied (`LIMIT_COST`).
    pub cost: u64,
}

/// A limit that a document exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess {
    /// What is counted, as a client is told.
    pub(super) limit: &'static str,
    /// The most that is allowed.
    pub(super) max: u64,
    /// How much there is; where counting stopped early, how much there was by then.
    pub(super) value: u64,
}

impl Excess {
    /// Nothing, or the excess of `value` over `max`.
    pub(super) const fn check(limit: &'static str, value: u64, max: u64) -> Result<(), Self> {
        if value > max {
            Err(Self { limit, max, value })
        } else {
            Ok(())
        }
    }
}

/// Why a document was not let through.
#[derive(Debug)]
pub(super) enum Objection {
    /// It asks for too much.
    Excess(Excess),
    /// It breaks a rule of the specification.
    Invalid(ServerError),
}

impl From<Excess> for Objection {
    fn from(excess: Excess) -> Self {
        Self::Excess(excess)
    }
}

impl Default for Limits {
    /// What the settings are when nobody sets them.
    fn default() -> Self {
        Self {
            tokens: 2_000,
            nesting: 64,
            depth: 15,
            root_fields: 20,
            aliases: 30,
            directives: 100,
            selections: 10_000,
            introspection_depth: 1,
            cost: 100_000,
        }
    }
}
