//! Tags: a name that a user gives to tasks, and what can be done to the tags of one.

use super::text::too_long;
use super::{Violation, fold};

/// A tag: 1 to 50 characters after trimming, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    name: String,
    key: String,
}

impl Tag {
    /// The longest tag, in characters (Unicode scalar values).
    pub const MAX: usize = 50;

    /// How many tags one task can have.
    pub const MOST: usize = 20;

    /// Trims and checks a tag.
    ///
    /// # Errors
    /// The rule it breaks, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim();
        let length = name.chars().count();
        if length == 0 {
            return Err("A tag must not be empty.".into());
        }
        if length > Self::MAX {
            return Err(too_long("A tag", Self::MAX, length));
        }
        if name.chars().any(char::is_control) {
            return Err("A tag must not hold control characters, such as line breaks.".into());
        }
        Ok(Self::stored(name.to_owned(), fold(name)))
    }

    /// A tag as it was stored, with its key.
    pub(crate) const fn stored(name: String, key: String) -> Self {
        Self { name, key }
    }

    /// Checks a list of tags; those that differ in case alone are one, as it was first spelled.
    ///
    /// # Errors
    /// Every rule that the list breaks.
    pub fn parse_all(
        argument: &'static str,
        texts: &[String],
    ) -> Result<Vec<Self>, Vec<Violation>> {
        let mut tags: Vec<Self> = Vec::new();
        let mut broken = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match Self::parse(text) {
                Ok(tag) if tags.iter().any(|known| known.key == tag.key) => {}
                Ok(tag) => tags.push(tag),
                Err(message) => {
                    broken.push(Violation::new(index, message).inside(argument));
                }
            }
            // More of the same tells nobody more.
            if broken.len() == Self::MOST {
                break;
            }
        }
        if tags.len() > Self::MOST {
            broken.push(too_many(argument, tags.len()));
        }
        if broken.is_empty() {
            Ok(tags)
        } else {
            Err(broken)
        }
    }

    /// As it was first spelled.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name, folded: what tags are compared by.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn too_many(argument: &'static str, count: usize) -> Violation {
    let most = Tag::MOST;
    let message = format!("A task can have at most {most} tags; these are {count}.");
    Violation::new(argument, message)
}

/// How many tasks carry a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCount {
    /// The tag, as it was first spelled.
    pub name: String,
    /// How many tasks outside the trash carry it.
    pub tasks: i64,
}

/// What an update does to the tags of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TagChange {
    /// Nothing.
    #[default]
    Keep,
    /// The task has these, and no others.
    Set(Vec<Tag>),
    /// The task loses some and gains some, whatever others it has: two devices that do so do not undo
    /// each other.
    Edit {
        /// Those that it gains.
        add: Vec<Tag>,
        /// Those that it loses.
        remove: Vec<Tag>,
    },
}

impl TagChange {
    /// Checks what an update says about tags: all of them, or some to add and some to remove.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn parse(
        all: Option<&[String]>,
        add: Option<&[String]>,
        remove: Option<&[String]>,
    ) -> Result<Self, Vec<Violation>> {
        if let Some(all) = all {
            return match [("addTags", add), ("removeTags", remove)]
                .into_iter()
                .find(|(_, tags)| tags.is_some())
            {
                Some((name, _)) => Err(vec![Violation::new(
                    name,
                    "Give either tags, which sets all of them, or addTags and removeTags.",
                )]),
                None => Tag::parse_all("tags", all).map(Self::Set),
            };
        }
        if add.is_none() && remove.is_none() {
            return Ok(Self::Keep);
        }
        let add = Tag::parse_all("addTags", add.unwrap_or_default());
        let remove = Tag::parse_all("removeTags", remove.unwrap_or_default());
        let (add, remove) = match (add, remove) {
            (Ok(add), Ok(remove)) => (add, remove),
            (add, remove) => {
                let broken = [add.err(), remove.err()];
                return Err(broken.into_iter().flatten().flatten().collect());
            }
        };
        if let Some(both) = remove.iter().find(|tag| has(&add, tag)) {
            let message = format!(
                "The tag \"{}\" cannot be added and removed at once.",
                both.name
            );
            return Err(vec![Violation::new("removeTags", message)]);
        }
        if add.is_empty() && remove.is_empty() {
            return Ok(Self::Keep);
        }
        Ok(Self::Edit { add, remove })
    }

    /// The tags that a task with these tags has then.
    ///
    /// # Errors
    /// The rule that the result would break.
    pub fn apply(self, current: &[Tag]) -> Result<Vec<Tag>, Violation> {
        match self {
            Self::Keep => Ok(current.to_vec()),
            Self::Set(tags) => Ok(tags),
            Self::Edit { add, remove } => {
                let kept = current.iter().filter(|tag| !has(&remove, tag));
                let mut tags: Vec<Tag> = kept.cloned().collect();
                for tag in add {
                    if !has(&tags, &tag) {
                        tags.push(tag);
                    }
                }
                if tags.len() > Tag::MOST {
                    return Err(too_many("addTags", tags.len()));
                }
                Ok(tags)
            }
        }
    }
}

fn has(tags: &[Tag], tag: &Tag) -> bool {
    tags.iter().any(|known| known.key == tag.key)
}

#[cfg(test)]
mod tests {
    use super::{Tag, TagChange};

    fn tags(names: &[&str]) -> Vec<Tag> {
        names.iter().map(|name| Tag::parse(name).unwrap()).collect()
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_tag_is_trimmed_and_compared_without_case() {
        let parsed = Tag::parse_all("tags", &texts(&[" Straße ", "STRASSE", "b"])).unwrap();
        assert_eq!(
            parsed.iter().map(Tag::name).collect::<Vec<_>>(),
            ["Straße", "b"]
        );
        let long = "x".repeat(51);
        let broken = Tag::parse_all("tags", &texts(&["", "ok", &long, "a\nb"])).unwrap_err();
        assert_eq!(broken.len(), 3);
        let many: Vec<_> = (0..21).map(|number| number.to_string()).collect();
        assert!(Tag::parse_all("tags", &many).is_err());
        assert!(Tag::parse_all("tags", &many[1..]).is_ok());
    }

    #[test]
    fn two_devices_do_not_undo_each_other() {
        let edit = |add: &[&str], remove: &[&str]| {
            TagChange::parse(None, Some(&texts(add)), Some(&texts(remove))).unwrap()
        };
        let start = tags(&["a", "b"]);
        let one = edit(&["c"], &["A"]).apply(&start).unwrap();
        let both = edit(&["d", "C"], &[]).apply(&one).unwrap();
        assert_eq!(both, tags(&["b", "c", "d"]));
        assert!(TagChange::parse(None, Some(&texts(&["a"])), Some(&texts(&["A"]))).is_err());
        assert!(TagChange::parse(Some(&[]), Some(&[]), None).is_err());
        assert_eq!(TagChange::parse(None, Some(&[]), None), Ok(TagChange::Keep));
        let full: Vec<_> = (0..20)
            .map(|number| Tag::parse(&number.to_string()).unwrap())
            .collect();
        assert!(edit(&["x"], &[]).apply(&full).is_err());
        assert!(edit(&["x"], &["1"]).apply(&full).is_ok());
    }
}
