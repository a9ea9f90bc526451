//! Pages by keyset: a page is a range of an index, however far down the list it lies.
//!
//! The index of each sort is (user, list, value, id). A list of all tasks merges the pending and the
//! completed ones, each in order already. Tasks that have no value come last in both directions, so
//! a list by a sort with gaps is two stretches, read one after the other: those that have a value in
//! the order of the index or against it, then those that have none, by id.

use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait, LikeExpr, Order, Query, SelectStatement, UnionType, Value,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, DbErr, IdenStatic, QueryFilter, QuerySelect,
    QueryTrait,
};

use super::Tasks;
use super::entity::tag;
use super::entity::task::{self, COMPLETED, Column, PENDING, TRASHED, priority_to_column};
use super::session::Row;
use crate::task::{
    Direction, End, Filter, Key, List, Page, Part, Parts, Place, Position, Sort, Status, Task,
    Window,
};

/// Reads one page.
pub(super) async fn read(
    tasks: &Tasks<'_>,
    list: &List,
    window: &Window,
    parts: Parts,
) -> Result<Page, DbErr> {
    // A merge can only be ordered by what it selects, and a cursor holds what the order is by.
    let parts = match list.sort {
        Sort::Created => parts.and(Part::CreatedAt),
        Sort::Title => parts.and(Part::Title),
        Sort::DueDate => parts.and(Part::DueDate),
        Sort::Priority => parts.and(Part::Priority),
        Sort::Updated => parts.and(Part::UpdatedAt),
    };
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    // One more than the page holds tells whether there is more.
    let wanted = limit.saturating_add(1);
    let mut found: Vec<Task> = Vec::new();
    for stretch in stretches(list.sort, window.end) {
        let missing = wanted - found.len();
        if missing == 0 {
            break;
        }
        let read = Read {
            tasks,
            list,
            window,
            parts,
        };
        let Some(statement) = read.statement(*stretch, missing) else {
            continue;
        };
        let row = move |row: &Row<'_>| task::read(row, parts);
        found.extend(tasks.store.reading().rows(&statement, row).await?);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    if window.end == End::Last {
        found.reverse();
    }
    Ok(Page { tasks: found, more })
}

/// The lists that hold a list's tasks.
pub(super) fn lists(list: &List) -> Vec<i16> {
    match (list.filter.trashed, list.status) {
        (true, _) => vec![TRASHED],
        (false, Status::All) => vec![PENDING, COMPLETED],
        (false, Status::Pending) => vec![PENDING],
        (false, Status::Completed) => vec![COMPLETED],
    }
}

/// What else must hold of a list's tasks.
pub(super) fn conditions(tasks: &Tasks<'_>, list: &List) -> Condition {
    let Filter {
        search,
        priority,
        due_from,
        due_until,
        has_due_date,
        tags,
        place,
        trashed,
    } = &list.filter;
    let words = search.as_ref().map_or(&[][..], |search| search.words());
    let mut all = words
        .iter()
        .fold(Condition::all(), |all, word| all.add(occurs(word)));
    all = all
        .add_option(priority.as_ref().map(|wanted| {
            Column::Priority.is_in(wanted.iter().map(|priority| priority_to_column(*priority)))
        }))
        .add_option(due_from.map(|day| Column::DueDate.gte(day)))
        .add_option(due_until.map(|day| Column::DueDate.lte(day)))
        .add_option(has_due_date.map(|has| {
            if has {
                Column::DueDate.is_not_null()
            } else {
                Column::DueDate.is_null()
            }
        }));
    for key in tags {
        let carrying = tasks
            .rows()
            .tags()
            .filter(tag::Column::TagKey.eq(key))
            .select_only()
            .column(tag::Column::TaskId);
        all = all.add(Column::Id.in_subquery(carrying.into_query()));
    }
    all = all.add_option(place.map(|place| match place {
        Place::TopLevel => Column::ParentId.is_null(),
        Place::Subtask => Column::ParentId.is_not_null(),
        Place::Under(parent) => Column::ParentId.eq(parent),
        Place::Nowhere => Expr::value(false),
    }));
    match (trashed, list.status) {
        (false, _) | (true, Status::All) => all,
        (true, Status::Pending) => all.add(Column::CompletedAt.is_null()),
        (true, Status::Completed) => all.add(Column::CompletedAt.is_not_null()),
    }
}

/// A folded word, in the title or in the description, as it stands: no character is a wildcard.
fn occurs(word: &str) -> Condition {
    const ESCAPE: char = '!';
    let mut pattern = String::from("%");
    for character in word.chars() {
        if matches!(character, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(character);
    }
    pattern.push('%');
    let like = || LikeExpr::new(pattern.clone()).escape(ESCAPE);
    Condition::any()
        .add(Expr::col(Column::TitleKey).like(like()))
        .add(Expr::col(Column::DescriptionKey).like(like()))
}

/// A part of a list whose order is that of an index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
    /// The sort's value is never missing.
    Whole,
    /// The tasks that have the sort's value.
    Valued,
    /// The tasks that do not have it.
    Bare,
}

/// A list's stretches, from the end that a page is counted from.
const fn stretches(sort: Sort, end: End) -> &'static [Stretch] {
    match (sort.has_gaps(), end) {
        (false, _) => &[Stretch::Whole],
        (true, End::First) => &[Stretch::Valued, Stretch::Bare],
        (true, End::Last) => &[Stretch::Bare, Stretch::Valued],
    }
}

/// What is read of whom.
struct Read<'a> {
    tasks: &'a Tasks<'a>,
    list: &'a List,
    window: &'a Window,
    parts: Parts,
}

impl Read<'_> {
    /// The statement that reads up to `limit` tasks of a stretch, or nothing when the window leaves
    /// nothing of it.
    fn statement(&self, stretch: Stretch, limit: usize) -> Option<SelectStatement> {
        let Self {
            tasks,
            list,
            window,
            parts,
        } = *self;
        let column = column(list.sort);
        let mut condition = conditions(tasks, list);
        match stretch {
            Stretch::Whole => {}
            Stretch::Valued => condition = condition.add(column.is_not_null()),
            Stretch::Bare => condition = condition.add(column.is_null()),
        }
        for (position, side) in [(&window.after, Side::After), (&window.before, Side::Before)] {
            match position
                .as_ref()
                .map_or(Bound::Open, |p| bound(list, stretch, p, side))
            {
                Bound::Open => {}
                Bound::Closed => return None,
                Bound::At(limit) => condition = condition.add(limit),
            }
        }
        let branches = lists(list).into_iter().map(|number| {
            let mut branch = tasks.columns_of(number, parts);
            if list.sort == Sort::Title {
                // A merge can only be ordered by what it selects.
                branch.column(Column::TitleKey);
            }
            branch.cond_where(condition.clone()).take()
        });
        let cut = |statement: &mut SelectStatement| {
            statement
                .order_by(Alias::new(column.as_str()), order(list, window))
                .order_by(Alias::new(Column::Id.as_str()), order(list, window))
                .limit(u64::try_from(limit).unwrap_or(u64::MAX))
                .take()
        };
        let backend = tasks.store.reading().backend();
        let mut merged = merge(branches.collect(), backend, cut)?;
        Some(cut(&mut merged))
    }
}

/// Puts lists together in one statement, so that their common order is a merge of theirs.
fn merge(
    branches: Vec<SelectStatement>,
    backend: DatabaseBackend,
    cut: impl Fn(&mut SelectStatement) -> SelectStatement,
) -> Option<SelectStatement> {
    let alone = branches.len() == 1;
    let branches = branches.into_iter().map(|mut branch| match backend {
        // Postgres merges what is in order already, and would sort what is not; SQLite sees by
        // itself that the index gives the order, and would sort again what was cut.
        DatabaseBackend::Postgres if !alone => Query::select()
            .column(Asterisk)
            .from_subquery(cut(&mut branch), Alias::new("list"))
            .take(),
        _ => branch,
    });
    branches.reduce(|mut merged, branch| merged.union(UnionType::All, branch).take())
}

fn order(list: &List, window: &Window) -> Order {
    let direction = match window.end {
        End::First => list.direction,
        End::Last => list.direction.reversed(),
    };
    match direction {
        Direction::Asc => Order::Asc,
        Direction::Desc => Order::Desc,
    }
}

const fn column(sort: Sort) -> Column {
    match sort {
        Sort::Created => Column::CreatedAt,
        Sort::Title => Column::TitleKey,
        Sort::DueDate => Column::DueDate,
        Sort::Priority => Column::Priority,
        Sort::Updated => Column::UpdatedAt,
    }
}

/// The side of a position on which a page lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

/// What a position leaves of a stretch.
enum Bound {
    /// All of it.
    Open,
    /// Nothing.
    Closed,
    /// What meets this condition.
    At(Expr),
}

fn bound(list: &List, stretch: Stretch, position: &Position, side: Side) -> Bound {
    let value = value(&position.key);
    let id = Expr::value(position.id);
    let (left, right) = match (stretch, value) {
        (Stretch::Valued | Stretch::Whole, Some(value)) => (
            Expr::tuple([Expr::col(column(list.sort)), Expr::col(Column::Id)]),
            Expr::tuple([Expr::value(value), id]),
        ),
        (Stretch::Bare, None) => (Expr::col(Column::Id), id),
        // Tasks that have no value come after all that have one.
        (Stretch::Bare, Some(_)) if side == Side::After => return Bound::Open,
        (Stretch::Valued | Stretch::Whole, None) if side == Side::Before => return Bound::Open,
        _ => return Bound::Closed,
    };
    Bound::At(match (side, list.direction) {
        (Side::After, Direction::Asc) | (Side::Before, Direction::Desc) => left.gt(right),
        (Side::After, Direction::Desc) | (Side::Before, Direction::Asc) => left.lt(right),
    })
}

fn value(key: &Key) -> Option<Value> {
    match key {
        Key::Missing => None,
        Key::Text(text) => Some(text.clone().into()),
        Key::Instant(instant) => Some((*instant).into()),
        Key::Date(date) => Some((*date).into()),
        Key::Priority(priority) => Some(priority_to_column(*priority).into()),
    }
}
