//! The command line: reads it, calls the library, and says what went wrong. Exits with 0, with 1 when
//! the work failed, or with 2 when the command or a setting is wrong.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use docket::config::{self, Config};
use docket::schema_diff::{self, Level};
use docket::{clock, graphql, identity, server, store, telemetry};
use serde_json::{Map, Value, json};
use similar::TextDiff;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until SIGTERM or Ctrl-C (the default)
    Serve,
    /// Change the tables, or see how they are; needs the DATABASE settings only
    #[command(subcommand)]
    Migrate(Migrate),
    /// Print a token, signed with `JWT_SECRET` or with the secret of the embedded start
    Token(Token),
    /// Print the GraphQL schema, or compare it with another; needs no setting
    Schema(Schema),
}

#[derive(Clone, Copy, Subcommand)]
enum Migrate {
    /// Bring the tables up to date
    Up,
    /// Take the last migration back, and what it has stored with it
    Down,
    /// List the migrations, each applied or pending
    Status,
}

#[derive(Args)]
struct Token {
    /// Who the token is for
    #[arg(long)]
    sub: String,
    /// How long it is good, like 30m, 1h or 12h; at most `JWT_MAX_LIFETIME`
    #[arg(long, default_value = "1h", value_parser = config::parse_duration)]
    ttl: Duration,
    /// One more claim; the value is JSON, or else text (may be repeated)
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = parse_claim)]
    claims: Vec<(String, Value)>,
}

#[derive(Args)]
struct Schema {
    /// Print nothing when FILE has this very schema; else print how it differs, and exit with 1
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Say of each change since the schema in OLD whether it is BREAKING, DANGEROUS or SAFE to clients;
    /// exit with 1 when one is breaking
    #[arg(long, value_name = "OLD", conflicts_with_all = ["check", "federation"])]
    diff: Option<PathBuf>,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t, requires = "diff")]
    format: Format,
    /// The schema as a subgraph of Apollo Federation 2
    #[arg(long)]
    federation: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// A line for each change, and one that counts them
    #[default]
    Text,
    /// One object, for programs
    Json,
}

/// Why a command ended early, and what the shell is told.
struct Failure {
    code: u8,
    message: String,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::Migrate(command) => migrate(command),
        Command::Token(token) => print_token(token),
        Command::Schema(options) => schema(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            // There is nobody to tell when this fails as well.
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::from(code)
        }
    }
}

fn serve() -> Result<(), Failure> {
    let config = Config::from_env().map_err(|error| misused(&error))?;
    telemetry::init(config.log_filter.clone());
    runtime()?
        .block_on(server::serve(config))
        .map_err(|error| failed(&error))
}

fn migrate(command: Migrate) -> Result<(), Failure> {
    let vars: HashMap<String, String> = config::environment().map_err(|error| misused(&error))?;
    let database = Config::database_from_vars(&vars).map_err(|error| misused(&error))?;
    telemetry::init(Config::log_filter_from_vars(&vars).map_err(|error| misused(&error))?);

    let runtime = runtime()?;
    let lines = match command {
        Migrate::Up => runtime
            .block_on(store::migrate_up(&database))
            .map(|applied| match applied.as_slice() {
                [] => vec!["nothing to apply".to_owned()],
                names => names.iter().map(|name| format!("applied {name}")).collect(),
            }),
        Migrate::Down => runtime
            .block_on(store::migrate_down(&database))
            .map(|taken_back| {
                vec![taken_back.map_or_else(
                    || "nothing to take back".to_owned(),
                    |name| format!("took back {name}"),
                )]
            }),
        Migrate::Status => runtime
            .block_on(store::migration_status(&database))
            .map(|migrations| {
                migrations
                    .iter()
                    .map(|(name, applied)| {
                        format!("{} {name}", if *applied { "applied" } else { "pending" })
                    })
                    .collect()
            }),
    };
    print_lines(&lines.map_err(|error| failed(error.cause()))?)
}

fn print_token(token: Token) -> Result<(), Failure> {
    let config = Config::from_env().map_err(|error| misused(&error))?;
    let mut claims = Map::new();
    for (name, value) in token.claims {
        if claims.contains_key(&name) {
            return Err(Failure {
                code: 2,
                message: format!("The claim `{name}` is given twice."),
            });
        }
        claims.insert(name, value);
    }
    let token = identity::issue(
        &config.identity,
        &token.sub,
        token.ttl,
        claims,
        clock::now(),
    )
    .map_err(|error| misused(&error))?;
    print_lines(&[token])
}

/// `name=value`: a value that is JSON stays JSON, any other is text.
fn parse_claim(text: &str) -> Result<(String, Value), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            Ok((name.to_owned(), value))
        }
        _ => Err("a claim is `name=value`"),
    }
}

fn schema(options: &Schema) -> Result<(), Failure> {
    let own = if options.federation {
        graphql::federation_sdl()
    } else {
        graphql::sdl()
    };
    match (&options.check, &options.diff) {
        (Some(file), _) => check_schema(file, &own),
        (_, Some(file)) => diff_schema(file, &own, options.format),
        _ => print_lines(&[own.trim_end().to_owned()]),
    }
}

fn check_schema(file: &Path, own: &str) -> Result<(), Failure> {
    let text = read(file)?;
    if text == own {
        return Ok(());
    }
    let lines = TextDiff::from_lines(text.as_str(), own);
    let name = file.display().to_string();
    let difference = lines
        .unified_diff()
        .header(&name, "docket schema")
        .to_string();
    print_lines(&[difference.trim_end().to_owned()])?;
    Err(Failure {
        code: 1,
        message: format!("{name} is not the schema of this binary."),
    })
}

fn diff_schema(file: &Path, own: &str, format: Format) -> Result<(), Failure> {
    let changes = schema_diff::compare(&read(file)?, own).map_err(|error| misused(&error))?;
    let count = |level| changes.iter().filter(|it| it.level == level).count();
    let [breaking, dangerous, safe] = [Level::Breaking, Level::Dangerous, Level::Safe].map(count);
    let lines = match format {
        Format::Text => {
            let total = format!("{breaking} breaking, {dangerous} dangerous, {safe} safe");
            let lines = changes.iter().map(ToString::to_string);
            lines.chain([total]).collect()
        }
        Format::Json => vec![
            json!({ "breaking": breaking, "dangerous": dangerous, "safe": safe, "changes": changes })
                .to_string(),
        ],
    };
    print_lines(&lines)?;
    if breaking == 0 {
        return Ok(());
    }
    Err(Failure {
        code: 1,
        message: "The schema has changed in a way that breaks clients.".to_owned(),
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure {
        code: 2,
        message: format!("{} cannot be read: {error}", file.display()),
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))
}

fn print_lines(lines: &[String]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    lines
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
        .and_then(|()| out.flush())
        .map_err(|error| failed(&error))
}

fn misused(error: &dyn Error) -> Failure {
    Failure {
        code: 2,
        message: error.to_string(),
    }
}

/// The error and its causes, where it has not named them itself.
fn failed(error: &dyn Error) -> Failure {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    Failure { code: 1, message }
}
