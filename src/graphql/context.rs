//! What a resolver finds in its context: who asks, when, and the loader of this request.

use std::fmt;
use std::sync::Arc;

use async_graphql::{Context, Request};
use chrono::{DateTime, Utc};

use super::failure::Failure;
use super::loader::Loaders;
use crate::identity::Viewer;
use crate::store::{Store, Tasks};

/// The name under which the log knows a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asks, and when.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whom the token names; nobody, where there is no token.
    pub viewer: Option<Viewer>,
    /// The time at which the request counts as made.
    pub now: DateTime<Utc>,
    /// The request's name in the log.
    pub request_id: RequestId,
}

impl Caller {
    pub(super) fn attach(self, request: Request, store: &Store) -> Request {
        let request = match &self.viewer {
            // Loaders of its own: what they remember is gone with the request and its user.
            Some(viewer) => request.data(Loaders::new(store.clone(), viewer.clone())),
            None => request,
        };
        request.data(self)
    }
}

/// What resolvers ask of their context.
pub(super) trait Calling<'a> {
    /// Who asks.
    fn viewer(&self) -> Result<&'a Viewer, Failure>;
    /// The time at which the request counts as made.
    fn now(&self) -> Result<DateTime<Utc>, Failure>;
    /// The tasks of whoever asks.
    fn tasks(&self) -> Result<Tasks<'a>, Failure>;
    /// What this request has asked for so far.
    fn loaders(&self) -> Result<&'a Loaders, Failure>;
}

impl<'a> Calling<'a> for Context<'a> {
    fn viewer(&self) -> Result<&'a Viewer, Failure> {
        self.data_opt::<Caller>()
            .and_then(|caller| caller.viewer.as_ref())
            .ok_or(Failure::Unauthenticated)
    }

    fn now(&self) -> Result<DateTime<Utc>, Failure> {
        let caller = self.data_opt::<Caller>();
        caller
            .map(|caller| caller.now)
            .ok_or(Failure::Unauthenticated)
    }

    fn tasks(&self) -> Result<Tasks<'a>, Failure> {
        let store = self.data_opt::<Store>().ok_or(Failure::Unauthenticated)?;
        Ok(store.tasks(self.viewer()?))
    }

    fn loaders(&self) -> Result<&'a Loaders, Failure> {
        self.data_opt().ok_or(Failure::Unauthenticated)
    }
}
