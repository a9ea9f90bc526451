//! The parameters of a GraphQL request, from a body or an address.
//! <https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>

use async_graphql::Variables;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::graphql::Asked;

/// What a client asks for.
#[derive(Debug)]
pub(super) struct Params {
    /// The document.
    pub(super) document: Asked,
    /// Which of its operations.
    pub(super) operation_name: Option<String>,
    /// Values for its variables.
    pub(super) variables: Variables,
}

/// What a body holds.
#[derive(Debug)]
pub(super) enum Body {
    /// One request.
    Single(Params),
    /// Several, to be answered together.
    Batch(Vec<Params>),
}

/// Why the parameters cannot be read, as a sentence.
pub(super) type Unreadable = &'static str;

impl Body {
    /// Reads a JSON body, with at most `batch` requests in a list; 0 takes no list.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn read(body: &[u8], batch: usize) -> Result<Self, Unreadable> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Params::from_members(members).map(Self::Single),
            Ok(Value::Array(_)) if batch == 0 => {
                Err("Batches are off: send one request at a time, as a JSON object.")
            }
            Ok(Value::Array(items)) if items.is_empty() => Err("A batch has at least one request."),
            Ok(Value::Array(items)) if items.len() > batch => {
                Err("The batch has more requests than are allowed.")
            }
            Ok(Value::Array(items)) => {
                let requests = items.into_iter().map(|item| match item {
                    Value::Object(members) => Params::from_members(members),
                    _ => Err("Each request of a batch must be a JSON object."),
                });
                requests.collect::<Result<_, _>>().map(Self::Batch)
            }
            Ok(_) => Err("The body must be a JSON object with the member `query`."),
            Err(_) => Err("The body is not a JSON document."),
        }
    }
}

impl Params {
    fn from_members(mut members: Map<String, Value>) -> Result<Self, Unreadable> {
        let mut take = |name| members.remove(name).unwrap_or(Value::Null);
        Self::from_values(
            take("query"),
            take("documentId"),
            take("operationName"),
            take("variables"),
            take("extensions"),
        )
    }

    /// Reads them from the query part of an address.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn from_address(address: Address) -> Result<Self, Unreadable> {
        let json = |text: Option<String>, unreadable| match text.as_deref() {
            None | Some("") => Ok(Value::Null),
            Some(text) => serde_json::from_str(text).map_err(|_| unreadable),
        };
        let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
        Self::from_values(
            text(address.query),
            text(address.document_id),
            text(address.operation_name),
            json(address.variables, "`variables` must be a JSON object.")?,
            json(address.extensions, "`extensions` must be a JSON object.")?,
        )
    }

    fn from_values(
        query: Value,
        document_id: Value,
        operation_name: Value,
        variables: Value,
        extensions: Value,
    ) -> Result<Self, Unreadable> {
        let query = match query {
            Value::String(query) => Some(query),
            Value::Null => None,
            _ => return Err(NO_QUERY),
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
        let hash = match extensions {
            Value::Null => None,
            Value::Object(mut extensions) => persisted(extensions.remove("persistedQuery"))?,
            _ => return Err("`extensions` must be a JSON object."),
        };
        let hash = match document_id {
            Value::Null => hash,
            Value::String(id) => Some(id.strip_prefix("sha256:").unwrap_or(&id).to_owned()),
            _ => return Err("`documentId` must be a string."),
        };
        let document = match (hash, query) {
            (Some(hash), query) => Asked::Hash(hash, query),
            (None, Some(query)) => Asked::Text(query),
            (None, None) => return Err(NO_QUERY),
        };
        Ok(Self {
            document,
            operation_name,
            variables: Variables::from_json(variables),
        })
    }
}

const NO_QUERY: Unreadable = "`query` must be a string that holds a GraphQL document.";

/// The hash of a persisted document, as Apollo's clients and urql send it.
fn persisted(extension: Option<Value>) -> Result<Option<String>, Unreadable> {
    match extension {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(mut members)) => {
            if members.get("version").and_then(Value::as_u64) != Some(1) {
                return Err("`extensions.persistedQuery.version` must be 1.");
            }
            match members.remove("sha256Hash") {
                Some(Value::String(hash)) => Ok(Some(hash)),
                _ => Err("`extensions.persistedQuery.sha256Hash` must be a string."),
            }
        }
        Some(_) => Err("`extensions.persistedQuery` must be a JSON object."),
    }
}

/// The parameters in an address.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}
