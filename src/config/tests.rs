//! What the settings take and refuse.

use std::{env, fs};

use super::dotenv::parse_dotenv;
use super::*;
use crate::store::{DatabaseKind, SqliteFile};

const SECRET: &str = "a-secret-of-more-than-32-bytes-for-tests";

/// A folder for the database and its secret, for as long as a test needs it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("docket config {}", uuid::Uuid::now_v7());
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn database(&self) -> String {
        let path = self.0.display().to_string().replace(' ', "%20");
        format!("sqlite://{path}/tasks.db?mode=rwc")
    }

    fn config(&self, changes: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let mut vars = HashMap::from([("DATABASE_URL".to_owned(), self.database())]);
        for (name, value) in changes {
            vars.insert((*name).to_owned(), (*value).to_owned());
        }
        Config::from_vars(&vars).map_err(|error| error.mistakes)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(changes: &[(&str, &str)]) -> Config {
    Folder::new().config(changes).unwrap()
}

fn mistakes(changes: &[(&str, &str)]) -> Vec<String> {
    Folder::new().config(changes).err().unwrap_or_default()
}

#[test]
fn nothing_set_is_the_defaults() {
    let config = config(&[("PORT", ""), ("JWT_SECRET", ""), ("JWT_ISSUER", "")]);
    assert_eq!(config.address().to_string(), "127.0.0.1:8000");
    assert_eq!(config.request_timeout, Duration::from_secs(10));
    assert_eq!(config.body_limit, 256 * 1024);
    assert_eq!(config.database.max_connections, 8);
    assert_eq!(config.database.max_lifetime, Duration::from_mins(30));
    assert_eq!(config.introspection, Introspection::Public);
    assert_eq!((config.page_size_default, config.page_size_max), (100, 500));
    assert!(config.playground && config.migrate_on_start);
    assert!(config.embedded.is_some());
}

#[test]
fn every_default_is_taken() {
    // With a secret no file is made, whatever the database.
    let defaults: HashMap<_, _> = SETTINGS
        .iter()
        .map(|(name, default)| ((*name).to_owned(), (*default).to_owned()))
        .chain([("JWT_SECRET".to_owned(), SECRET.to_owned())])
        .collect();
    let config = Config::from_vars(&defaults).unwrap();
    assert_eq!(config.database_display(), "sqlite://docket.db?mode=rwc");
}

#[test]
fn every_mistake_is_named_at_once_and_no_value_shown() {
    let wrong: Vec<_> = SETTINGS
        .iter()
        .map(|(name, _)| match *name {
            "RUST_LOG" => (*name, "hunter2=loud"),
            "JWT_ISSUER" | "JWT_AUDIENCE" | "JWT_AUTHORIZED_PARTIES" => (*name, "hunter2\n"),
            _ => (*name, "hunter2"),
        })
        .collect();
    let mistakes = mistakes(&wrong);
    for (name, _) in SETTINGS {
        let of_it = mistakes
            .iter()
            .filter(|it| it.starts_with(&format!("{name} ")));
        assert_eq!(of_it.count(), 1, "{name}: {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), SETTINGS.len());
    assert!(!mistakes.join("\n").contains("hunter2"), "{mistakes:#?}");
}

#[test]
fn limits_are_kept() {
    for (name, value) in [
        ("HOST", "localhost"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("DATABASE_URL", "mysql://localhost/docket"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite://docket.secret"),
        ("DATABASE_URL", "postgres://"),
        ("DATABASE_MAX_CONNECTIONS", "0"),
        ("DATABASE_MAX_CONNECTIONS", "1001"),
        ("DATABASE_MIN_CONNECTIONS", "9"),
        ("REQUEST_TIMEOUT", "0s"),
        ("REQUEST_TIMEOUT", "10"),
        ("BODY_LIMIT", "0"),
        ("PAGE_SIZE_DEFAULT", "501"),
        ("PAGE_SIZE_MAX", "0"),
        ("PLAYGROUND", "yes"),
        ("RUST_LOG", "docket=loud"),
        ("JWT_SECRET", "0123456789012345678901234567890"),
    ] {
        let mistakes = mistakes(&[(name, value)]);
        assert_eq!(mistakes.len(), 1, "{name}={value}: {mistakes:?}");
        assert!(mistakes[0].starts_with(name), "{mistakes:?}");
    }
    assert_eq!(config(&[("PAGE_SIZE_MAX", "50")]).page_size_default, 50);
}

#[test]
fn the_embedded_start_is_for_this_machine_alone() {
    for embedded in [
        &[][..],
        &[("HOST", "::1")],
        &[("HOST", "127.8.8.8")],
        &[("HOST", "::ffff:127.0.0.1")],
    ] {
        assert!(config(embedded).embedded.is_some(), "{embedded:?}");
    }
    for (name, value) in [
        ("HOST", "0.0.0.0"),
        ("HOST", "::"),
        ("HOST", "192.168.1.2"),
        ("DATABASE_URL", "postgres://localhost/docket"),
        ("DATABASE_URL", "postgresql://localhost/docket"),
        ("JWT_ISSUER", "https://id.example"),
        ("JWT_AUDIENCE", "docket"),
    ] {
        let mistakes = mistakes(&[(name, value)]);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with("JWT_SECRET is required because"));
        assert!(mistakes[0].contains(name), "{mistakes:?}");
        let config = config(&[(name, value), ("JWT_SECRET", SECRET)]);
        assert_eq!(config.embedded, None);
    }
    assert_eq!(config(&[("JWT_SECRET", SECRET)]).embedded, None);
}

#[test]
fn the_embedded_secret_lies_beside_the_database() {
    let folder = Folder::new();
    assert!(folder.config(&[("PORT", "x")]).is_err());
    assert_eq!(
        fs::read_dir(&folder.0).unwrap().count(),
        0,
        "no file on a mistake"
    );

    let config = folder.config(&[]).unwrap();
    let secret_file = folder.0.join("tasks.secret");
    fs::write(&secret_file, "short").unwrap();
    assert_eq!(config.embedded, Some(Embedded { secret_file }));
    let mistakes = folder.config(&[]).unwrap_err();
    assert!(mistakes[0].contains("is damaged"), "{mistakes:?}");
}

#[test]
fn a_database_is_a_postgres_or_a_file() {
    for unusable in [
        "sqlite::memory:",
        "sqlite://x.db?mode=memory",
        "sqlite://x.db?mode=ro",
        "sqlite://x.db?mode=rwc&cache=shared",
        "sqlite://x.secret",
        "sqlite://",
        "postgres://",
        "mysql://localhost/docket",
    ] {
        let mistakes = mistakes(&[("DATABASE_URL", unusable), ("JWT_SECRET", SECRET)]);
        assert_eq!(mistakes.len(), 1, "{unusable}: {mistakes:?}");
        assert!(mistakes[0].starts_with("DATABASE_URL"), "{mistakes:?}");
    }
    let file = |url| match config(&[("DATABASE_URL", url), ("JWT_SECRET", SECRET)])
        .database
        .kind
    {
        DatabaseKind::Sqlite(SqliteFile { path, make }) => (path, make),
        DatabaseKind::Postgres => panic!("{url} is no file"),
    };
    assert_eq!(file("sqlite://a%20b.db?mode=rwc"), ("a b.db".into(), true));
    assert_eq!(file("sqlite:/x/a.db?mode=rw"), ("/x/a.db".into(), false));
    assert_eq!(file("sqlite:///x/a.db"), ("/x/a.db".into(), false));
}

#[test]
fn passwords_are_not_printed() {
    for (url, shown) in [
        (
            "postgres://u:hunter2@h:5432/d?sslmode=require",
            "postgres://u:***@h:5432/d",
        ),
        ("postgres://u@h/d?password=hunter2", "postgres://u:***@h/d"),
        (
            "postgresql://u:hun@ter2/hunter2@h/d",
            "postgresql://u:***@h/d",
        ),
        ("postgres://u:hunter2?x@h/d", "postgres://u:***@h/d"),
        ("postgres://u:hunter2", "postgres://u:***/"),
        ("postgres://[::1]:5432/d", "postgres://[::1]:5432/d"),
        ("postgres://h/d", "postgres://h/d"),
    ] {
        let config = config(&[("DATABASE_URL", url), ("JWT_SECRET", SECRET)]);
        assert_eq!(config.database_display(), shown, "{url}");
        assert_eq!(config.database.url.expose(), url);
        let debug = format!("{config:?}");
        assert!(
            !debug.contains("hunter2") && !debug.contains(SECRET),
            "{debug}"
        );
    }
}

#[test]
fn durations_have_a_unit() {
    assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
    assert_eq!(parse_duration("5m"), Ok(Duration::from_mins(5)));
    assert_eq!(parse_duration("1h"), Ok(Duration::from_hours(1)));
    assert_eq!(parse_duration("1d"), Ok(Duration::from_hours(24)));
    for text in [
        "",
        "s",
        "10",
        "1.5s",
        "-1s",
        "1 s",
        "1S",
        "1w",
        "é",
        "1é",
        "99999999999999999999s",
        "18446744073709551615d",
    ] {
        assert_eq!(parse_duration(text), Err(DurationError), "{text}");
    }
}

#[test]
fn a_dotenv_is_read() {
    let vars = parse_dotenv("\u{feff}# all\nPORT=1 # one\nPORT=2\n\nRUST_LOG='a $b'").unwrap();
    assert_eq!(vars["PORT"], "1");
    assert_eq!(vars["RUST_LOG"], "a $b");
    assert_eq!(parse_dotenv("PORT=1 ").unwrap()["PORT"], "1");
}

#[test]
fn a_malformed_dotenv_is_named_by_line_only() {
    for (content, line) in [
        ("hunter2", 1),
        ("PORT=1\n# x\n\nhunter2 hunter2\nHOST=::1\n", 4),
        ("PORT=1\nJWT_SECRET='hunter2\nHOST=::1\nA=b\n", 2),
        ("A='x\ny'\nB=hunter2 hunter2\n", 3),
    ] {
        let error = parse_dotenv(content).unwrap_err();
        assert!(
            error.contains(&format!("line {line}:")),
            "{content}: {error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn the_example_lists_every_setting_with_its_default() {
    let example = include_str!("../../.env.example");
    let listed: Vec<_> = example
        .lines()
        .filter_map(|line| line.strip_prefix("# ")?.split_once('='))
        .filter(|(name, _)| name.bytes().all(|it| it.is_ascii_uppercase() || it == b'_'))
        .collect();
    assert_eq!(listed, SETTINGS);
    assert!(
        example
            .lines()
            .all(|line| line.is_empty() || line.starts_with('#')),
        "the example as it is changes nothing"
    );
}
