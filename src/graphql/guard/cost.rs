//! What an operation can cost: the number of values that its answer can have, each list counted as long
//! as the page that was asked for. Known before anything runs.

use async_graphql::Variables;
use async_graphql::parser::types::{Field, OperationDefinition, Selection, SelectionSet};
use async_graphql_value::{ConstValue, Value};

use super::{Excess, Limits};
use crate::graphql::model::MODEL;
use crate::task::PageSizes;

/// Holds a collected operation, which has no fragments but those that name an object, to the limit.
pub(in crate::graphql) fn check_cost(
    operation: &OperationDefinition,
    variables: &Variables,
    page: PageSizes,
    limits: &Limits,
) -> Result<(), Excess> {
    let costing = Costing { variables, page };
    let cost = costing.set(&operation.selection_set.node, false);
    Excess::check("cost", cost, limits.cost)
}

struct Costing<'a> {
    variables: &'a Variables,
    page: PageSizes,
}

impl Costing<'_> {
    fn set(&self, set: &SelectionSet, introspecting: bool) -> u64 {
        let costs = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => self.field(&field.node, introspecting),
            Selection::InlineFragment(inline) => {
                self.set(&inline.node.selection_set.node, introspecting)
            }
            Selection::FragmentSpread(_) => 0,
        });
        costs.fold(0, u64::saturating_add)
    }

    fn field(&self, field: &Field, introspecting: bool) -> u64 {
        let name = field.name.node.as_str();
        let introspecting = introspecting || name == "__schema" || name == "__type";
        let length = if introspecting {
            MODEL.introspection_list(name).unwrap_or(1)
        } else if name == "tasks" {
            self.page_of(field)
        } else {
            1
        };
        let inner = self.set(&field.selection_set.node, introspecting);
        length.saturating_mul(inner).saturating_add(1)
    }

    fn page_of(&self, field: &Field) -> u64 {
        let asked = ["first", "last"]
            .iter()
            .filter_map(|name| self.number(&field.get_argument(name)?.node));
        let size = asked.max().unwrap_or(u64::from(self.page.default));
        // More is refused when it runs.
        size.clamp(1, u64::from(self.page.max))
    }

    fn number(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::Variable(name) => match self.variables.get(name)? {
                ConstValue::Number(number) => number.as_u64(),
                _ => None,
            },
            _ => None,
        }
    }
}
