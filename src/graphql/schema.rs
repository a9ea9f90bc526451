//! The schema as a whole.

use async_graphql::{EmptySubscription, Request, Response, SDLExportOptions};

use super::context::Caller;
use super::mutation::Mutation;
use super::query::Query;
use crate::store::Store;
use crate::task::PageSizes;

type Engine = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// How deep a document may nest. The standard introspection query needs 15.
const DEPTH: usize = 15;

/// What a schema grants each request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many tasks a page has.
    pub page: PageSizes,
}

/// The executable schema. Cheap to clone.
#[derive(Clone)]
pub struct Schema {
    engine: Engine,
    store: Store,
}

impl Schema {
    /// A schema whose resolvers use `store`.
    #[must_use]
    pub fn new(store: Store, limits: Limits) -> Self {
        let engine = Engine::build(Query, Mutation, EmptySubscription)
            .limit_depth(DEPTH)
            .data(limits)
            .data(store.clone())
            .finish();
        Self { engine, store }
    }

    /// Runs one request for one caller.
    pub async fn execute(&self, request: Request, caller: Caller) -> Response {
        self.engine
            .execute(caller.attach(request, &self.store))
            .await
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

/// The schema in the schema definition language, sorted, so that it can be compared line by line.
/// Needs neither database nor settings.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident()
        .indent_width(2);
    let sdl = Engine::build(Query, Mutation, EmptySubscription)
        .finish()
        .sdl_with_options(options);
    format!("{}\n", sdl.trim_end())
}
