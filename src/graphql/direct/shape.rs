//! Selections laid out for one pass: what is written for each task, in which order, under which keys.

use async_graphql::parser::types::{Field, Selection, SelectionSet};

use super::arguments::constant;
use crate::graphql::enums::TaskStatus;
use crate::task::{Part, Parts};

/// A response key as JSON writes it, quotes and colon included.
#[derive(Debug)]
pub(super) struct Key(pub(super) Box<[u8]>);

/// A selection: what is written, in order, each under its key.
#[derive(Debug)]
pub(super) struct Shape<F>(pub(super) Box<[(Key, F)]>);

#[derive(Debug)]
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
    Tags,
    Parent(Shape<TaskField>),
    Subtasks(TaskStatus, Shape<TaskField>),
}

impl Key {
    pub(super) fn of(field: &Field) -> Self {
        // A name has no character that JSON would escape.
        let key = format!("\"{}\":", field.response_key().node);
        Self(key.into_bytes().into())
    }
}

impl<F> Shape<F> {
    pub(super) fn of(set: &SelectionSet, lay: impl Fn(&Field) -> Option<F>) -> Option<Self> {
        let fields = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => Some((Key::of(&field.node), lay(&field.node)?)),
            // What is left of fragments after collecting stands on types of more than one kind.
            _ => None,
        });
        fields.collect::<Option<_>>().map(Self)
    }
}

impl Shape<TaskField> {
    /// The parts of a task that it needs.
    pub(super) fn parts(&self) -> Parts {
        let parts = self.0.iter().map(|(_, field)| field.parts());
        parts.fold(Parts::NONE, Parts::union)
    }

    /// Whether it shows more than a task's own row has.
    pub(super) fn relates(&self) -> bool {
        self.0.iter().any(|(_, field)| field.relates())
    }

    /// Whether it shows tags, of its tasks or of those that they lead to.
    pub(super) fn shows_tags(&self) -> bool {
        self.0.iter().any(|(_, field)| match field {
            TaskField::Tags => true,
            TaskField::Parent(shape) | TaskField::Subtasks(_, shape) => shape.shows_tags(),
            _ => false,
        })
    }
}

impl TaskField {
    const fn parts(&self) -> Parts {
        let part = match self {
            Self::TypeName | Self::Id | Self::Tags => return Parts::NONE,
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
            Self::Parent(_) => Part::ParentId,
            Self::Subtasks(..) => return Parts::NONE.and(Part::ParentId).and(Part::DeletedAt),
        };
        Parts::NONE.and(part)
    }

    const fn relates(&self) -> bool {
        matches!(self, Self::Tags | Self::Parent(_) | Self::Subtasks(..))
    }
}

/// What a field shows of the tasks, or of the task, that it leads to.
pub(super) fn tasks(field: &Field) -> Option<Shape<TaskField>> {
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
        "tags" => TaskField::Tags,
        "parent" => TaskField::Parent(tasks(field)?),
        "subtasks" => TaskField::Subtasks(constant(field, "status")?, tasks(field)?),
        _ => return None,
    })
}
