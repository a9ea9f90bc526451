//! Where every query on a user's rows begins: with the user.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::entity::{tag, task};
use crate::identity::Viewer;
use crate::task::Parts;

/// One user's rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owned<'a>(pub(super) &'a Viewer);

impl Owned<'_> {
    /// The user's id.
    pub(super) fn id(self) -> Uuid {
        self.0.id()
    }

    /// The user's tasks.
    pub(super) fn tasks(self) -> Select<task::Entity> {
        task::Entity::find().filter(task::Column::UserId.eq(self.id()))
    }

    /// Some columns of the user's tasks. The same as by way of [`Owned::tasks`], which first selects every
    /// column of the entity and then has them taken out again: that is a tenth of a short request.
    pub(super) fn select(self, columns: impl Iterator<Item = task::Column>) -> SelectStatement {
        Query::select()
            .columns(columns)
            .from(task::Entity)
            .and_where(Expr::col(task::Column::UserId).eq(self.id()))
            .take()
    }

    /// The tags of the user's tasks.
    pub(super) fn tags(self) -> Select<tag::Entity> {
        tag::Entity::find().filter(tag::Column::UserId.eq(self.id()))
    }

    /// The user's whole tasks for which a condition holds, in no order.
    pub(super) fn whole(self, condition: Expr) -> SelectStatement {
        let mut statement = self.select(task::columns(Parts::ALL));
        statement.and_where(condition).take()
    }
}
