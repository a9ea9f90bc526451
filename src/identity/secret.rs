use std::fmt;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The least bytes of a secret: as many as HMAC-SHA-256 puts out. Less can be guessed offline by anyone
/// who has one token.
const MIN_BYTES: usize = 32;

/// How many hexadecimal digits a secret file holds.
const FILE_DIGITS: usize = 64;

/// A secret shared with whoever issues tokens. It cannot be printed.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A secret that is too short to keep anyone out.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("takes at least 32 bytes; `openssl rand -hex 32` makes a good one")]
pub struct SecretError;

/// What is wrong with a secret file.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// Reading or writing failed.
    #[error("cannot {action} the secret file {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Other accounts of this machine may open it.
    #[error("the secret file {0} can be read by others: run `chmod 600 {0}`", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// It does not hold what was written.
    #[error(
        "the secret file {} is damaged: it takes 64 hexadecimal digits. Remove it to have a new one made; \
         tokens signed with the old one are then refused", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

impl Secret {
    /// Takes `bytes` as they are.
    ///
    /// # Errors
    ///
    /// When they are fewer than 32.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = bytes.into();
        if bytes.len() < MIN_BYTES {
            return Err(SecretError);
        }
        Ok(Self(bytes))
    }

    /// A new secret that nobody knows: 32 random bytes, in hexadecimal.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    fn random() -> Result<Self, SecretFileError> {
        let mut bytes = [0_u8; FILE_DIGITS / 2];
        getrandom::fill(&mut bytes).map_err(SecretFileError::Random)?;
        Ok(Self(hex(&bytes).into_bytes()))
    }

    /// The secret kept in the file at `path`, which is made with a random one when there is none. Two
    /// that start at once end with the same secret.
    ///
    /// The key is the text of the file: the same text in `JWT_SECRET` accepts the same tokens.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or made, can be read by others, or is damaged.
    pub fn kept_in(path: &Path) -> Result<Self, SecretFileError> {
        match read(path) {
            Err(SecretFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path)?;
                read(path)
            }
            result => result,
        }
    }

    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn read(path: &Path) -> Result<Secret, SecretFileError> {
    let failed = |source| SecretFileError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if is_exposed(&metadata) {
        return Err(SecretFileError::Exposed {
            path: path.to_owned(),
        });
    }
    // Whatever lies there, a little more than a secret is enough to tell that it is none.
    let mut content = Vec::new();
    file.take(FILE_DIGITS as u64 + 16)
        .read_to_end(&mut content)
        .map_err(failed)?;
    let content = content.trim_ascii_end();
    if content.len() != FILE_DIGITS || !content.iter().all(u8::is_ascii_hexdigit) {
        return Err(SecretFileError::Damaged {
            path: path.to_owned(),
        });
    }
    Ok(Secret(content.to_vec()))
}

/// Makes the file, unless another start was faster. It is written whole under another name first, and
/// a hard link gives it its own: unlike a rename, that fails when the name is taken, so that whoever
/// comes second reads the secret of the first.
fn create(path: &Path) -> Result<(), SecretFileError> {
    let failed = |source| SecretFileError::Io {
        action: "make",
        path: path.to_owned(),
        source,
    };
    let mut suffix = [0_u8; 8];
    getrandom::fill(&mut suffix).map_err(SecretFileError::Random)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}", hex(&suffix)));
    let temporary = PathBuf::from(temporary);

    let secret = Secret::random()?;
    let linked = write_private(&temporary, &secret).and_then(|()| fs::hard_link(&temporary, path));
    // Whether it was made or not: left behind, it would be a secret that nobody looks after.
    let removed = fs::remove_file(&temporary);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked.and(removed).map_err(failed),
    }
}

fn write_private(path: &Path, secret: &Secret) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret.expose())?;
    file.write_all(b"\n")?;
    // An empty file after a power cut would keep the server from starting.
    file.sync_all()
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

/// Elsewhere the file has what access its folder gives.
#[cfg(not(unix))]
fn is_exposed(_metadata: &fs::Metadata) -> bool {
    false
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for each test, gone when it ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let mut name = [0_u8; 8];
            getrandom::fill(&mut name).unwrap();
            let path = std::env::temp_dir().join(format!("docket-secret-{}", hex(&name)));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("docket.secret")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secret::new([1; 31]).is_err());
        assert!(Secret::new([1; 32]).is_ok());
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new(*b"0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn the_file_is_made_once_and_kept() {
        let folder = Folder::new();
        let first = Secret::kept_in(&folder.file()).unwrap();
        let second = Secret::kept_in(&folder.file()).unwrap();
        assert_eq!(first.0, second.0);
        assert_eq!(first.0.len(), FILE_DIGITS);
        let names = fs::read_dir(&folder.0).unwrap().count();
        assert_eq!(names, 1, "nothing but the file is left behind");
    }

    #[test]
    fn many_that_start_at_once_share_one_secret() {
        let folder = Folder::new();
        let secrets: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| Secret::kept_in(&folder.file()).unwrap().0))
                .collect();
            starts
                .into_iter()
                .map(|start| start.join().unwrap())
                .collect()
        });
        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        Secret::kept_in(&folder.file()).unwrap();
        let mode = fs::metadata(folder.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
        let error = Secret::kept_in(&folder.file()).unwrap_err();
        assert!(matches!(error, SecretFileError::Exposed { .. }), "{error}");
    }

    #[test]
    fn a_damaged_file_is_an_error_and_stays() {
        for content in ["", "abc", &"z".repeat(64), &"a".repeat(65)] {
            let folder = Folder::new();
            Secret::kept_in(&folder.file()).unwrap();
            fs::write(folder.file(), content).unwrap();
            let error = Secret::kept_in(&folder.file()).unwrap_err();
            assert!(matches!(error, SecretFileError::Damaged { .. }), "{error}");
            assert_eq!(fs::read_to_string(folder.file()).unwrap(), content);
        }
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let folder = Folder::new();
        let error = Secret::kept_in(&folder.0.join("none/docket.secret")).unwrap_err();
        assert!(error.to_string().contains("cannot make"), "{error}");
    }
}
