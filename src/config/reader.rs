//! Reads variables one by one, and keeps every mistake for the end.

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::SETTINGS;
use super::duration::parse_duration;
use crate::identity;

/// The end of a range of durations, and how it is written.
pub(super) type Bound = (Duration, &'static str);

pub(super) const NOTHING: Bound = (Duration::ZERO, "0s");
pub(super) const MOMENT: Bound = (Duration::from_millis(100), "100ms");
pub(super) const SECOND: Bound = (Duration::from_secs(1), "1s");
pub(super) const MINUTE: Bound = (Duration::from_mins(1), "1m");
pub(super) const FIVE_MINUTES: Bound = (Duration::from_mins(5), "5m");
pub(super) const HOUR: Bound = (Duration::from_hours(1), "1h");
pub(super) const WEEK: Bound = (Duration::from_hours(7 * 24), "7d");
pub(super) const DAYS_365: Bound = (Duration::from_hours(365 * 24), "365d");

/// The mistakes in the settings, all of them. No value is repeated, since any may be a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}", .mistakes.join("\n"))]
pub struct ConfigError {
    pub(super) mistakes: Vec<String>,
}

impl ConfigError {
    /// The mistakes, one sentence each, which begins with the variable's name.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

/// Reads variables and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    vars: &'a HashMap<String, String>,
    mistakes: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(vars: &'a HashMap<String, String>) -> Self {
        Self {
            vars,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn found_mistakes(&self) -> bool {
        !self.mistakes.is_empty()
    }

    pub(super) fn into_error(self) -> ConfigError {
        ConfigError {
            mistakes: self.mistakes,
        }
    }

    pub(super) fn mistake(&mut self, name: &str, sentence: &str) {
        self.mistakes.push(format!("{name} {sentence}."));
    }

    /// The value that was set.
    pub(super) fn set(&self, name: &str) -> Option<&'a str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value that was set, or the default, as `parse` takes it.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        takes: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let default = SETTINGS.iter().find(|(known, _)| *known == name);
        let text = self.set(name).or(default.map(|(_, default)| *default));
        let value = parse(text.unwrap_or_default());
        if value.is_none() {
            self.mistake(name, &format!("takes {takes}"));
        }
        value
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, takes: &str) -> Option<T> {
        self.read(name, takes, |text| text.parse().ok())
    }

    pub(super) fn number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        let takes = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(name, &takes, |text| {
            text.parse().ok().filter(|value| range.contains(value))
        })
    }

    pub(super) fn duration(&mut self, name: &str, least: Bound, most: Bound) -> Option<Duration> {
        let takes = format!(
            "a duration like `10s`, `5m` or `1h`, from {} to {}",
            least.1, most.1
        );
        self.read(name, &takes, |text| {
            let range = least.0..=most.0;
            parse_duration(text)
                .ok()
                .filter(|value| range.contains(value))
        })
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, "`true` or `false`")
    }

    /// What a token's `iss` may be; `None` when unset.
    pub(super) fn name(&mut self, name: &str) -> Option<String> {
        let text = self.set(name)?;
        if !identity::is_name(text) {
            self.mistake(
                name,
                "takes 1 to 255 characters, none of them a control character",
            );
        }
        Some(text.to_owned())
    }

    /// Names with commas between them; none when unset.
    pub(super) fn names(&mut self, name: &str) -> Option<Vec<String>> {
        let takes = "names with commas between them, each of 1 to 255 characters, none of them a \
                     control character";
        self.read(name, takes, |text| {
            if text.is_empty() {
                return Some(Vec::new());
            }
            let names = text.split(',').map(|name| name.trim_matches(' '));
            let name = |name| identity::is_name(name).then(|| name.to_owned());
            names.map(name).collect()
        })
    }

    /// The value, or its error as a mistake.
    pub(super) fn keep<T>(&mut self, name: &str, value: Result<T, impl fmt::Display>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.mistake(name, &error.to_string());
                None
            }
        }
    }

    /// What is in the file that was set; `None` when none was, or it cannot be read.
    pub(super) fn file(&mut self, name: &str) -> Option<Vec<u8>> {
        let path = self.set(name)?;
        let read = std::fs::read(path).map_err(|error| {
            let cause = error.kind();
            format!("takes a file that can be read: {cause}")
        });
        self.keep(name, read)
    }
}
