//! The parameters of a GraphQL request, from a body or an address.
//! <https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>

use async_graphql::Variables;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a client asks for.
#[derive(Debug)]
pub(super) struct Params {
    /// The document.
    pub(super) query: String,
    /// Which of its operations.
    pub(super) operation_name: Option<String>,
    /// Values for its variables.
    pub(super) variables: Variables,
}

/// Why the parameters cannot be read, as a sentence.
pub(super) type Unreadable = &'static str;

impl Params {
    /// Reads them from a JSON body.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, Unreadable> {
        let value: Value =
            serde_json::from_slice(body).map_err(|_| "The body is not a JSON document.")?;
        let Value::Object(mut members) = value else {
            return Err("The body must be a JSON object with the member `query`.");
        };
        let mut take = |name| members.remove(name).unwrap_or(Value::Null);
        Self::from_values(
            take("query"),
            take("operationName"),
            take("variables"),
            &take("extensions"),
        )
    }

    /// Reads them from an address.
    pub(super) fn from_address(address: AddressParams) -> Result<Self, Unreadable> {
        let json = |text: Option<String>, unreadable| match text.as_deref() {
            None | Some("") => Ok(Value::Null),
            Some(text) => serde_json::from_str(text).map_err(|_| unreadable),
        };
        let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
        Self::from_values(
            text(address.query),
            text(address.operation_name),
            json(address.variables, "`variables` must be a JSON object.")?,
            &json(address.extensions, "`extensions` must be a JSON object.")?,
        )
    }

    fn from_values(
        query: Value,
        operation_name: Value,
        variables: Value,
        extensions: &Value,
    ) -> Result<Self, Unreadable> {
        let Value::String(query) = query else {
            return Err("`query` must be a string that holds a GraphQL document.");
        };
        let operation_name = match operation_name {
            Value::Null => None,
            // What forms send for a field that was left empty.
            Value::String(name) if name.is_empty() => None,
            Value::String(name) => Some(name),
            _ => return Err("`operationName` must be a string."),
        };
        let variables = match variables {
            Value::Null => Value::Object(Map::new()),
            Value::Object(variables) => Value::Object(variables),
            _ => return Err("`variables` must be a JSON object."),
        };
        if !matches!(extensions, Value::Null | Value::Object(_)) {
            return Err("`extensions` must be a JSON object.");
        }
        let variables = Variables::from_json(variables);
        Ok(Self {
            query,
            operation_name,
            variables,
        })
    }
}

/// The parameters in an address.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddressParams {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}
