//! Statements that are asked for most often: SeaORM builds the text of each once, and later values are
//! bound to it.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use sea_orm::{DatabaseBackend, Statement, StatementBuilder, Value};

/// How many texts are kept of one statement. Clients choose shapes, and use fewer; beyond that it begins
/// anew.
const MOST: usize = 256;

/// The texts of one statement by what shapes it: the database, and `Shape`.
#[derive(Debug)]
pub(super) struct Texts<Shape>(RwLock<BTreeMap<(u8, Shape), String>>);

/// A statement whose text may be known.
pub(super) struct Shaped<Shape: 'static, Values, Build> {
    texts: &'static Texts<Shape>,
    shape: Shape,
    values: Values,
    build: Build,
}

impl<Shape: Ord + Copy> Texts<Shape> {
    pub(super) const fn new() -> Self {
        Self(RwLock::new(BTreeMap::new()))
    }

    /// The statement that `build` builds. Its text must depend on nothing but `shape`, and `values` must
    /// have its values in their order in the text: in a build with debug assertions, the one that tests
    /// use, every statement is held against what `build` builds.
    pub(super) const fn statement<Values, Build>(
        &'static self,
        shape: Shape,
        values: Values,
        build: Build,
    ) -> Shaped<Shape, Values, Build> {
        Shaped {
            texts: self,
            shape,
            values,
            build,
        }
    }

    fn known(&self, key: (u8, Shape)) -> Option<String> {
        let texts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        texts.get(&key).cloned()
    }

    fn keep(&self, key: (u8, Shape), text: &str) {
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= MOST {
            texts.clear();
        }
        texts.insert(key, text.to_owned());
    }
}

impl<Shape, Values, Build, S> StatementBuilder for Shaped<Shape, Values, Build>
where
    Shape: Ord + Copy + Send + Sync,
    Values: Fn() -> Vec<Value> + Sync,
    Build: Fn() -> S + Sync,
    S: StatementBuilder,
{
    fn build(&self, backend: &DatabaseBackend) -> Statement {
        let key = (*backend as u8, self.shape);
        let build = || backend.build(&(self.build)());
        if let Some(text) = self.texts.known(key) {
            let statement = Statement::from_sql_and_values(*backend, text, (self.values)());
            debug_assert_eq!(statement, build(), "not what is built of it");
            return statement;
        }
        let built = build();
        let statement = Statement::from_sql_and_values(*backend, &built.sql, (self.values)());
        // A value in another's place would be worse than a slow statement.
        if statement == built {
            self.texts.keep(key, &built.sql);
        } else {
            debug_assert_eq!(statement, built, "not what is built of it");
            tracing::error!(sql = built.sql, "its values are listed in another order");
        }
        built
    }
}
