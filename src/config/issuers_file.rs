//! Several issuers: a JSON array, an object for each, whose members are the settings of one issuer in
//! small letters and without `JWT_`.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::reader::Reader;
use super::{SETTINGS, issuer};
use crate::identity::IssuerSettings;

/// The variable that names the file.
const NAME: &str = "JWT_ISSUERS_FILE";

/// Settings that are not an issuer's own.
const COMMON: [&str; 2] = [NAME, "JWT_CA_FILE"];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Vec<IssuerSettings>> {
    let others: Vec<_> = own_names().filter(|it| reader.set(it).is_some()).collect();
    if !others.is_empty() {
        let sentence = format!(
            "names every issuer with its settings, and is not taken together with {}",
            others.join(", ")
        );
        reader.mistake(NAME, &sentence);
        // Read for their mistakes alone.
        return issuer::read(reader).and(None);
    }
    let bytes = reader.file(NAME)?;
    let entries: Vec<Map<String, Value>> = match serde_json::from_slice(&bytes) {
        Ok(entries) => entries,
        Err(error) => {
            // The error's own text may hold a value of the file.
            let place = format!("line {}, column {}", error.line(), error.column());
            let sentence =
                format!("takes a JSON array of objects, one for each issuer: see {place}");
            reader.mistake(NAME, &sentence);
            return None;
        }
    };
    if entries.is_empty() {
        reader.mistake(NAME, "takes a file with at least one issuer");
    }
    let issuers: Vec<_> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| read_entry(reader, entry, place + 1))
        .collect();
    let issuers: Vec<_> = issuers.into_iter().collect::<Option<_>>()?;
    let mut names = HashSet::new();
    if !issuers.iter().all(|it| names.insert(it.issuer.clone())) {
        reader.mistake(
            NAME,
            "has two entries with the same issuer: put their keys into one",
        );
    }
    Some(issuers)
}

fn read_entry(
    reader: &mut Reader<'_>,
    entry: &Map<String, Value>,
    place: usize,
) -> Option<IssuerSettings> {
    let mut vars = HashMap::new();
    let mut wrong = Vec::new();
    for (member, value) in entry {
        let name = format!("JWT_{}", member.to_ascii_uppercase());
        if !own_names().any(|known| known == name) || *member != member.to_ascii_lowercase() {
            wrong.push(format!("`{member}` is not a setting of an issuer."));
            continue;
        }
        match text_of(value) {
            Some(text) => drop(vars.insert(name, text)),
            None => wrong.push(format!("`{member}` takes a string, or a list of strings.")),
        }
    }
    let mut inner = Reader::new(&vars);
    let issuer = issuer::read(&mut inner);
    if issuer::KEYS.iter().all(|name| inner.set(name).is_none()) {
        wrong.push("it needs `secret`, `public_key_file`, `jwks_url` or `jwks_file`.".to_owned());
    }
    if inner.set("JWT_ISSUER").is_none() {
        wrong.push("it needs `issuer`: tokens are told apart by it.".to_owned());
    }
    wrong.extend(inner.into_error().mistakes);
    for mistake in &wrong {
        let mistake = mistake.trim_end_matches('.');
        reader.mistake(NAME, &format!("is wrong in its entry {place}: {mistake}"));
    }
    issuer.filter(|_| wrong.is_empty())
}

/// The settings of one issuer.
fn own_names() -> impl Iterator<Item = &'static str> {
    let names = SETTINGS.iter().map(|(name, _)| *name);
    names.filter(|name| name.starts_with("JWT_") && !COMMON.contains(name))
}

/// A value as a variable would have it.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}
