//! The schema as a whole.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::{
    EmptySubscription, Response, SDLExportOptions, ValidationMode, Value, Variables,
};

use super::context::Caller;
use super::direct::Detour;
use super::document::{Admitted, Document};
use super::guard::Limits;
use super::mutation::Mutation;
use super::query::Query;
use super::rejection::Rejection;
use crate::store::Store;
use crate::task::PageSizes;

type Engine = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// How a schema treats requests.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How much one document may ask for.
    pub limits: Limits,
    /// How many tasks a page has.
    pub page: PageSizes,
    /// Whether an error about an unknown name says which known one comes close. That tells something of
    /// the schema, so only where introspection does too.
    pub suggestions: bool,
}

/// What an operation is answered.
#[derive(Debug)]
pub enum Answer {
    /// The body of the response as it goes over the wire; it has no errors.
    Body(Vec<u8>),
    /// What the engine made of it.
    Response(Box<Response>),
}

/// The executable schema. Cheap to clone.
#[derive(Clone)]
pub struct Schema {
    /// Applies every rule of validation and runs nothing.
    validator: Engine,
    /// Runs what has been validated.
    runner: Engine,
    store: Store,
    settings: Settings,
}

impl Schema {
    /// A schema whose resolvers use `store`.
    #[must_use]
    pub fn new(store: Store, settings: Settings) -> Self {
        // The guard has measured a document before the engine sees it: this limit must only not be
        // lower than the guard's.
        let depth = usize::try_from(settings.limits.nesting).unwrap_or(usize::MAX);
        let mut validator = Engine::build(Query, Mutation, EmptySubscription)
            .limit_recursive_depth(depth)
            .extension(ValidateOnly);
        if !settings.suggestions {
            validator = validator.disable_suggestions();
        }
        let runner = Engine::build(Query, Mutation, EmptySubscription)
            .limit_recursive_depth(depth)
            .validation_mode(ValidationMode::Fast)
            .data(settings.page)
            .data(store.clone())
            .finish();
        Self {
            validator: validator.finish(),
            runner,
            store,
            settings,
        }
    }

    /// Lets a document through the guard.
    ///
    /// # Errors
    /// Where and why it is not GraphQL, or which limit it exceeds.
    pub fn admit(&self, text: &str) -> Result<Admitted, Rejection> {
        Admitted::read(text, &self.settings.limits)
    }

    /// Holds a document against the schema. What depends on variables is left to [`Schema::execute`].
    ///
    /// # Errors
    /// Every rule of the specification that it breaks.
    pub async fn validate(&self, admitted: Admitted) -> Result<Document, Rejection> {
        let response = self.validator.execute(admitted.to_validate()).await;
        if response.errors.is_empty() {
            admitted.validated()
        } else {
            Err(Rejection::Invalid(response.errors))
        }
    }

    /// Runs one operation for one caller.
    ///
    /// # Errors
    /// Variables that their types do not take, and an answer that would be too large. Nothing has run
    /// then.
    pub async fn execute(
        &self,
        document: &Document,
        operation: Option<&str>,
        variables: Variables,
        caller: Caller,
    ) -> Result<Answer, Rejection> {
        let Settings { limits, page, .. } = &self.settings;
        let prepared = document.prepare(operation, variables, limits, *page)?;
        if let Some(plan) = prepared.plan {
            let run = plan.run(&prepared.variables, &caller, &self.store, *page);
            match run.await {
                Ok(body) => return Ok(Answer::Body(body)),
                Err(Detour::Failed(error)) => {
                    let response = plan.failed(error.into());
                    return Ok(Answer::Response(Box::new(response)));
                }
                Err(Detour::Engine) => {}
            }
        }
        let request = caller.attach(prepared.into_request(), &self.store);
        // Boxed, for what goes the short way would else carry the room that the engine needs.
        let response = Box::pin(self.runner.execute(request)).await;
        Ok(Answer::Response(Box::new(response)))
    }

    /// The same by way of the engine, whatever the operation: what [`Schema::execute`] is compared with.
    ///
    /// # Errors
    /// As [`Schema::execute`].
    pub async fn execute_by_engine(
        &self,
        document: &Document,
        operation: Option<&str>,
        variables: Variables,
        caller: Caller,
    ) -> Result<Response, Rejection> {
        let Settings { limits, page, .. } = &self.settings;
        let prepared = document.prepare(operation, variables, limits, *page)?;
        let request = caller.attach(prepared.into_request(), &self.store);
        Ok(self.runner.execute(request).await)
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

/// Ends a request where it would begin to run.
struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn execute(
        &self,
        _ctx: &ExtensionContext<'_>,
        _operation_name: Option<&str>,
        _next: NextExecute<'_>,
    ) -> Response {
        Response::new(Value::Null)
    }
}

/// The schema in the schema definition language, sorted, so that it can be compared line by line.
/// Needs neither database nor settings.
#[must_use]
pub fn sdl() -> String {
    export(SDLExportOptions::new())
}

/// The schema as a subgraph of Apollo Federation 2 publishes it. It has no entities to resolve, so it is
/// composed from this text; tasks have a key, by which other subgraphs can add to them.
#[must_use]
pub fn federation_sdl() -> String {
    export(SDLExportOptions::new().federation())
}

fn export(options: SDLExportOptions) -> String {
    let options = options
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
