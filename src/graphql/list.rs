//! The arguments of `tasks`, and the list and window that they stand for.

use super::enums::{SortDirection, TaskSort, TaskStatus};
use super::failure::Failure;
use super::inputs::TaskFilter;
use crate::task::{List, PageArguments, PageSizes, Sort, Window};

/// What a client asks of `tasks`.
pub(super) struct ListArguments {
    pub(super) status: TaskStatus,
    pub(super) sort: TaskSort,
    pub(super) direction: Option<SortDirection>,
    pub(super) filter: Option<TaskFilter>,
    pub(super) page: PageArguments,
}

impl ListArguments {
    /// The list, and the stretch of it that is a page.
    pub(super) fn parse(self, sizes: PageSizes) -> Result<(List, Window), Failure> {
        let filter = self
            .filter
            .unwrap_or_default()
            .parse()
            .map_err(Failure::input("filter"))?;
        let sort = Sort::from(self.sort);
        let direction = self.direction.map_or(sort.usual_direction(), Into::into);
        let list = List {
            status: self.status.into(),
            sort,
            direction,
            filter,
        };
        let window = Window::parse(&self.page, &list, sizes).map_err(Failure::BadInput)?;
        Ok((list, window))
    }
}
