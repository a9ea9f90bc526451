//! Documents that are known: parsed, guarded and validated once, and run as often as they come. The
//! same store answers persisted documents.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::document::Document;
use super::rejection::Rejection;
use super::schema::Schema;

/// How a request names its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By its text.
    Text(String),
    /// By its hash, as automatic persisted queries and manifests have it; with the text, when the
    /// client has been told that the hash is not known.
    Hash(String, Option<String>),
}

/// What is known of the document that a request names.
#[derive(Debug)]
pub enum Known {
    /// It has been validated.
    Document(Arc<Document>),
    /// It is new.
    New(New),
}

/// A document that has not been seen yet.
#[derive(Debug)]
pub struct New {
    text: String,
    /// The hash under which it shall be kept too.
    hash: Option<Hash>,
}

impl New {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Why a request's document cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The hash is not known here: the client sends the text too, and asks again.
    NotFound,
    /// The hash is not that of the text.
    Mismatch,
    /// Only the documents of a manifest are served, and this is not one.
    NotTrusted,
}

type Hash = [u8; 32];

/// The documents that are known.
pub struct Documents {
    by_text: Cache<Box<str>, Arc<Document>, Bytes>,
    by_hash: Cache<Hash, Arc<Document>, Bytes>,
    trusted: Option<Trusted>,
}

/// The documents of a manifest, by hash and by text.
#[derive(Debug)]
struct Trusted {
    by_hash: HashMap<String, Arc<Document>>,
    by_text: HashMap<String, Arc<Document>>,
}

#[derive(Clone)]
struct Bytes;

impl<K> Weighter<K, Arc<Document>> for Bytes {
    fn weight(&self, _: &K, document: &Arc<Document>) -> u64 {
        document.bytes()
    }
}

impl Documents {
    /// A store that keeps up to so many bytes of documents, and forgets those that are used least.
    #[must_use]
    pub fn bounded(bytes: u64) -> Self {
        // The text of an ordinary document, with what it is parsed to.
        const USUAL: u64 = 16 * 1024;
        let items = usize::try_from(bytes / 2 / USUAL).unwrap_or(usize::MAX);
        Self {
            by_text: Cache::with_weighter(items, bytes / 2, Bytes),
            by_hash: Cache::with_weighter(items, bytes / 2, Bytes),
            trusted: None,
        }
    }

    /// A store of the documents of a manifest, `{"hash": "document"}`, and of no others.
    ///
    /// # Errors
    /// When the file cannot be read, or a document is not one that this schema would run.
    pub async fn trusted(manifest: &Path, schema: &Schema) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(manifest).map_err(ManifestError::Unreadable)?;
        let documents: HashMap<String, String> =
            serde_json::from_str(&text).map_err(ManifestError::Malformed)?;
        let mut trusted = Trusted {
            by_hash: HashMap::new(),
            by_text: HashMap::new(),
        };
        for (hash, text) in documents {
            let document = match schema.admit(&text) {
                Ok(admitted) => schema.validate(admitted).await,
                Err(rejection) => Err(rejection),
            };
            let document = match document {
                Ok(document) => Arc::new(document),
                Err(rejection) => return Err(ManifestError::Rejected(hash, rejection)),
            };
            trusted.by_hash.insert(hash, document.clone());
            trusted.by_text.insert(text, document);
        }
        Ok(Self {
            trusted: Some(trusted),
            ..Self::bounded(0)
        })
    }

    /// Whether only the documents of a manifest are served.
    #[must_use]
    pub const fn are_trusted(&self) -> bool {
        self.trusted.is_some()
    }

    /// The document that a request names.
    ///
    /// # Errors
    /// When it cannot be told or must not be run.
    pub fn find(&self, asked: Asked) -> Result<Known, Unknown> {
        if let Some(trusted) = &self.trusted {
            let document = match &asked {
                Asked::Text(text) => trusted.by_text.get(text),
                Asked::Hash(hash, _) => trusted.by_hash.get(hash),
            };
            let document = document.ok_or(Unknown::NotTrusted)?;
            return Ok(Known::Document(document.clone()));
        }
        match asked {
            Asked::Text(text) => Ok(self.by_text(text, None)),
            Asked::Hash(hash, None) => {
                let document = read_hash(&hash).and_then(|hash| self.by_hash.get(&hash));
                document.map(Known::Document).ok_or(Unknown::NotFound)
            }
            Asked::Hash(hash, Some(text)) => {
                let its_own: Hash = Sha256::digest(&text).into();
                if read_hash(&hash) != Some(its_own) {
                    return Err(Unknown::Mismatch);
                }
                match self.by_text(text, Some(its_own)) {
                    Known::Document(document) => {
                        self.by_hash.insert(its_own, document.clone());
                        Ok(Known::Document(document))
                    }
                    new @ Known::New(_) => Ok(new),
                }
            }
        }
    }

    fn by_text(&self, text: String, hash: Option<Hash>) -> Known {
        match self.by_text.get(text.as_str()) {
            Some(document) => Known::Document(document),
            None => Known::New(New { text, hash }),
        }
    }

    /// Keeps a document that has been validated.
    #[must_use]
    pub fn keep(&self, new: New, document: Document) -> Arc<Document> {
        let document = Arc::new(document);
        if let Some(hash) = new.hash {
            self.by_hash.insert(hash, document.clone());
        }
        self.by_text.insert(new.text.into(), document.clone());
        document
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

/// 64 hexadecimal digits.
fn read_hash(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash)
}

/// Why a manifest cannot be served.
#[derive(Debug)]
pub enum ManifestError {
    /// The file cannot be read.
    Unreadable(std::io::Error),
    /// It is not an object of texts.
    Malformed(serde_json::Error),
    /// The document with this hash would not be run.
    Rejected(String, Rejection),
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(cause) => write!(f, "it cannot be read: {cause}"),
            Self::Malformed(cause) => {
                write!(f, "it is not a JSON object {{hash: document}}: {cause}")
            }
            Self::Rejected(hash, rejection) => {
                let reason = rejection.summary();
                write!(f, "the document {hash} does not fit the schema: {reason}")
            }
        }
    }
}

impl std::error::Error for ManifestError {}
