//! Counts statements, and shows each to whoever asks.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use sea_orm::Statement;

type Observer = Box<dyn Fn(&Statement) + Send + Sync>;

/// Sees every statement that a store executes. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watch(Arc<Watched>);

#[derive(Default)]
struct Watched {
    statements: AtomicU64,
    observer: OnceLock<Observer>,
}

impl Watch {
    /// How many statements were executed so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }

    /// Shows every later statement to `observer`, with its values: never to a log. Only the first
    /// observer counts.
    pub fn observe(&self, observer: impl Fn(&Statement) + Send + Sync + 'static) {
        // A second observer is a mistake of the caller that harms nobody.
        let _ = self.0.observer.set(Box::new(observer));
    }

    /// Counts a statement.
    pub(super) fn saw(&self, statement: &Statement) {
        self.0.statements.fetch_add(1, Ordering::Relaxed);
        if let Some(observer) = self.0.observer.get() {
            observer(statement);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("statements", &self.statements())
            .finish_non_exhaustive()
    }
}
