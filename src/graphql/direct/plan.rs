//! Operations laid out: the root field, and the pages and payloads that it answers with.

use async_graphql::parser::types::{Field, OperationDefinition, OperationType, Selection};
use async_graphql::{Name, Pos};

use super::arguments::Arguments;
use super::shape::{Key, Shape, TaskField, tasks};
use crate::task::{End, Parts, Window};

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
            (OperationType::Query, "task") => Root::One(tasks(field)?),
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
                        // What has been changed cannot be changed again by the engine, which would
                        // have to tell where reading more has failed.
                        "task" => PayloadField::Task(tasks(field).filter(|it| !it.relates())?),
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

impl Shape<ListField> {
    /// What it shows of tasks, in each place.
    pub(super) fn tasks(&self) -> Vec<&Shape<TaskField>> {
        let mut shapes = Vec::new();
        for (_, field) in &self.0 {
            match field {
                ListField::Nodes(shape) => shapes.push(shape),
                ListField::Edges(shape) => {
                    shapes.extend(shape.0.iter().filter_map(|(_, field)| match field {
                        EdgeField::Node(shape) => Some(shape),
                        EdgeField::TypeName | EdgeField::Cursor => None,
                    }));
                }
                ListField::TypeName | ListField::PageInfo(_) | ListField::TotalCount => {}
            }
        }
        shapes
    }

    /// The parts of a task that it shows anywhere.
    pub(super) fn parts(&self) -> Parts {
        let shown = self.tasks().into_iter().map(Shape::<TaskField>::parts);
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
