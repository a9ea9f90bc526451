//! Selections laid out for one pass: what is written for each task, in which order, under which keys.

use async_graphql::parser::types::{
    Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Pos};

use super::arguments::Arguments;
use crate::task::{End, Part, Parts, Window};

/// An operation that can go the short way.
#[derive(Debug)]
pub(in crate::graphql) struct Plan {
    pub(super) key: Key,
    /// The key by itself, and where the document has it.
    pub(super) name: Name,
    pub(super) pos: Pos,
    pub(super) arguments: Arguments,
    pub(super) root: Root,
}

/// A response key as JSON writes it, quotes and colon included.
#[derive(Debug)]
pub(super) struct Key(pub(super) Box<[u8]>);

/// A selection: what is written, in order, each under its key.
#[derive(Debug)]
pub(super) struct Shape<F>(pub(super) Box<[(Key, F)]>);

/// The root field.
#[derive(Debug)]
pub(super) enum Root {
    /// `tasks`
    List(Shape<ListField>),
    /// `task`
    One(Shape<TaskField>),
    /// A mutation of one task.
    Change(Change, Shape<PayloadField>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Create,
    Update,
    Toggle,
    Delete,
    Restore,
}

#[derive(Debug)]
pub(super) enum ListField {
    TypeName,
    Nodes(Shape<TaskField>),
    Edges(Shape<EdgeField>),
    PageInfo(Shape<PageInfoField>),
    TotalCount,
}

#[derive(Debug)]
pub(super) enum EdgeField {
    TypeName,
    Cursor,
    Node(Shape<TaskField>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageInfoField {
    TypeName,
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

#[derive(Debug)]
pub(super) enum PayloadField {
    TypeName(&'static str),
    Task(Shape<TaskField>),
    DeletedTaskId,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TaskField {
    TypeName,
    Id,
    Title,
    Description,
    Completed,
    CompletedAt,
    Priority,
    DueDate,
    DueTime,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
    Version,
}

impl Plan {
    /// Lays out a collected operation; nothing, where it has something that only the engine knows.
    pub(in crate::graphql) fn of(operation: &OperationDefinition) -> Option<Self> {
        let [selection] = operation.selection_set.node.items.as_slice() else {
            return None;
        };
        let Selection::Field(positioned) = &selection.node else {
            return None;
        };
        let (field, pos) = (&positioned.node, positioned.pos);
        let set = &field.selection_set.node;
        let name = field.name.node.as_str();
        let root = match (operation.ty, name) {
            (OperationType::Query, "tasks") => Root::List(Shape::of(set, list_field)?),
            (OperationType::Query, "task") => Root::One(Shape::of(set, task_field)?),
            (OperationType::Mutation, name) => {
                let (change, payload) = match name {
                    "createTask" => (Change::Create, "CreateTaskPayload"),
                    "updateTask" => (Change::Update, "UpdateTaskPayload"),
                    "toggleTask" => (Change::Toggle, "ToggleTaskPayload"),
                    "deleteTask" => (Change::Delete, "DeleteTaskPayload"),
                    "restoreTask" => (Change::Restore, "RestoreTaskPayload"),
                    _ => return None,
                };
                let field = |field: &Field| {
                    Some(match field.name.node.as_str() {
                        "__typename" => PayloadField::TypeName(payload),
                        "task" => PayloadField::Task(tasks(field)?),
                        "deletedTaskId" => PayloadField::DeletedTaskId,
                        _ => return None,
                    })
                };
                Root::Change(change, Shape::of(set, field)?)
            }
            _ => return None,
        };
        Some(Self {
            key: Key::of(field),
            name: field.response_key().node.clone(),
            pos,
            arguments: Arguments::of(field),
            root,
        })
    }
}

impl Key {
    fn of(field: &Field) -> Self {
        // A name has no character that JSON would escape.
        let key = format!("\"{}\":", field.response_key().node);
        Self(key.into_bytes().into())
    }
}

impl<F> Shape<F> {
    fn of(set: &SelectionSet, lay: impl Fn(&Field) -> Option<F>) -> Option<Self> {
        let fields = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => Some((Key::of(&field.node), lay(&field.node)?)),
            // What is left of fragments after collecting stands on types of more than one kind.
            _ => None,
        });
        fields.collect::<Option<_>>().map(Self)
    }
}

impl Shape<TaskField> {
    /// The parts of a task that it shows.
    pub(super) fn parts(&self) -> Parts {
        let parts = self.0.iter().filter_map(|(_, field)| field.part());
        parts.fold(Parts::NONE, Parts::and)
    }
}

impl TaskField {
    const fn part(self) -> Option<Part> {
        Some(match self {
            Self::TypeName | Self::Id => return None,
            Self::Title => Part::Title,
            Self::Description => Part::Description,
            Self::Completed | Self::CompletedAt => Part::CompletedAt,
            Self::Priority => Part::Priority,
            Self::DueDate => Part::DueDate,
            Self::DueTime => Part::DueTime,
            Self::CreatedAt => Part::CreatedAt,
            Self::UpdatedAt => Part::UpdatedAt,
            Self::DeletedAt => Part::DeletedAt,
            Self::Version => Part::Version,
        })
    }
}

impl Shape<ListField> {
    /// The parts of a task that it shows anywhere.
    pub(super) fn parts(&self) -> Parts {
        let shown = self.0.iter().map(|(_, field)| match field {
            ListField::Nodes(shape) => shape.parts(),
            ListField::Edges(shape) => {
                let nodes = shape.0.iter().map(|(_, field)| match field {
                    EdgeField::Node(shape) => shape.parts(),
                    EdgeField::TypeName | EdgeField::Cursor => Parts::NONE,
                });
                nodes.fold(Parts::NONE, Parts::union)
            }
            ListField::TypeName | ListField::PageInfo(_) | ListField::TotalCount => Parts::NONE,
        });
        shown.fold(Parts::NONE, Parts::union)
    }

    /// Whether the list has to be counted.
    pub(super) fn counts(&self) -> bool {
        let mut fields = self.0.iter();
        fields.any(|(_, field)| matches!(field, ListField::TotalCount))
    }

    /// Whether it asks for what lies on the far side of a cursor that the client gave: that is a query
    /// of its own.
    pub(super) fn looks_beyond(&self, window: &Window) -> bool {
        let beyond = match window.end {
            End::First if window.after.is_some() => PageInfoField::HasPreviousPage,
            End::Last if window.before.is_some() => PageInfoField::HasNextPage,
            _ => return false,
        };
        let mut fields = self.0.iter();
        fields.any(|(_, field)| match field {
            ListField::PageInfo(shape) => shape.0.iter().any(|(_, field)| *field == beyond),
            _ => false,
        })
    }
}

fn list_field(field: &Field) -> Option<ListField> {
    let set = &field.selection_set.node;
    Some(match field.name.node.as_str() {
        "__typename" => ListField::TypeName,
        "nodes" => ListField::Nodes(tasks(field)?),
        "edges" => ListField::Edges(Shape::of(set, edge_field)?),
        "pageInfo" => ListField::PageInfo(Shape::of(set, page_info_field)?),
        "totalCount" => ListField::TotalCount,
        _ => return None,
    })
}

fn edge_field(field: &Field) -> Option<EdgeField> {
    Some(match field.name.node.as_str() {
        "__typename" => EdgeField::TypeName,
        "cursor" => EdgeField::Cursor,
        "node" => EdgeField::Node(tasks(field)?),
        _ => return None,
    })
}

fn page_info_field(field: &Field) -> Option<PageInfoField> {
    Some(match field.name.node.as_str() {
        "__typename" => PageInfoField::TypeName,
        "hasNextPage" => PageInfoField::HasNextPage,
        "hasPreviousPage" => PageInfoField::HasPreviousPage,
        "startCursor" => PageInfoField::StartCursor,
        "endCursor" => PageInfoField::EndCursor,
        _ => return None,
    })
}

fn tasks(field: &Field) -> Option<Shape<TaskField>> {
    Shape::of(&field.selection_set.node, task_field)
}

fn task_field(field: &Field) -> Option<TaskField> {
    Some(match field.name.node.as_str() {
        "__typename" => TaskField::TypeName,
        "id" => TaskField::Id,
        "title" => TaskField::Title,
        "description" => TaskField::Description,
        "completed" => TaskField::Completed,
        "completedAt" => TaskField::CompletedAt,
        "priority" => TaskField::Priority,
        "dueDate" => TaskField::DueDate,
        "dueTime" => TaskField::DueTime,
        "createdAt" => TaskField::CreatedAt,
        "updatedAt" => TaskField::UpdatedAt,
        "deletedAt" => TaskField::DeletedAt,
        "version" => TaskField::Version,
        _ => return None,
    })
}
