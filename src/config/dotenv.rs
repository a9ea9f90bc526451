//! The process's environment, with what a file `.env` adds.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;
use std::{env, fs};

use super::SETTINGS;
use super::reader::ConfigError;

/// The variables of [`SETTINGS`] that are set, in the environment or else in the `.env` of the current
/// folder. A variable that is empty in the environment hides the one in `.env`.
///
/// # Errors
///
/// When `.env` cannot be read, which names the line and shows nothing of it, or when a variable is not
/// Unicode.
pub fn environment() -> Result<HashMap<String, String>, ConfigError> {
    let mut vars = match fs::read_to_string(Path::new(".env")) {
        Ok(content) => parse_dotenv(&content).map_err(|mistake| ConfigError {
            mistakes: vec![mistake],
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => HashMap::new(),
        Err(error) => {
            let mistake = format!("The file .env cannot be read: {error}.");
            return Err(ConfigError {
                mistakes: vec![mistake],
            });
        }
    };
    let mut mistakes = Vec::new();
    for (name, _) in SETTINGS {
        match env::var(name) {
            Ok(value) => {
                vars.insert(name.to_owned(), value);
            }
            Err(env::VarError::NotPresent) => {}
            Err(env::VarError::NotUnicode(_)) => mistakes.push(format!("{name} is not Unicode.")),
        }
    }
    if mistakes.is_empty() {
        Ok(vars)
    } else {
        Err(ConfigError { mistakes })
    }
}

pub(super) fn parse_dotenv(content: &str) -> Result<HashMap<String, String>, String> {
    // Without a last line break, dotenvy takes a space at the end for a malformed line.
    let content = format!("{}\n", content.trim_start_matches('\u{feff}'));
    let read = Rc::new(Cell::new(0));
    let lines = Lines {
        rest: content.as_bytes(),
        read: Rc::clone(&read),
    };
    let mut vars = HashMap::new();
    for entry in dotenvy::from_read_iter(lines) {
        match entry {
            // The first of two wins, as with dotenvy's own loading.
            Ok((name, value)) => {
                vars.entry(name).or_insert(value);
            }
            Err(error) => {
                // The error holds the text of the entry, which may be a secret: only its length in
                // lines is used, to say where it begins.
                let entry_lines = match &error {
                    dotenvy::Error::LineParse(entry, _) => entry.lines().count().max(1),
                    _ => 1,
                };
                let line = (read.get() + 1).saturating_sub(entry_lines).max(1);
                return Err(format!(
                    "The file .env is malformed at line {line}: a line is `NAME=value`, a value with \
                     spaces, `$` or `#` stands in single quotes."
                ));
            }
        }
    }
    Ok(vars)
}

/// Hands out one line at a time and counts them, since dotenvy does not say where it is.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    read: Rc<Cell<usize>>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = end.map_or(self.rest.len(), |end| end + 1);
        let count = (&self.rest[..line]).read(buffer)?;
        if count > 0 && count == line {
            self.read.set(self.read.get() + 1);
        }
        self.rest = &self.rest[count..];
        Ok(count)
    }
}
