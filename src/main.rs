//! The command line: reads it, calls the library, and says what went wrong. Exits with 0, with 1 when
//! the work failed, or with 2 when the command or a setting is wrong.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use docket::config::{self, Config, DatabaseSettings, Embedded};
use docket::{clock, graphql, identity, server, store, telemetry};
use serde_json::{Map, Value};

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
    /// Print the GraphQL schema; needs no setting
    Schema,
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
        Command::Schema => print_lines(&[graphql::sdl().trim_end().to_owned()]),
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
    telemetry::init(&config.log_filter);
    runtime()?
        .block_on(server::serve(config))
        .map_err(|error| failed(&error))
}

fn migrate(command: Migrate) -> Result<(), Failure> {
    let vars: HashMap<String, String> = config::environment().map_err(|error| misused(&error))?;
    let database = DatabaseSettings::from_vars(&vars).map_err(|error| misused(&error))?;
    telemetry::init(&Config::log_filter_from_vars(&vars).map_err(|error| misused(&error))?);

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
    if config.embedded == Some(Embedded { secret_file: None }) {
        return Err(Failure {
            code: 2,
            message: "A database in memory has its secret in memory too, and no other process can \
                      sign for it: set JWT_SECRET for both."
                .to_owned(),
        });
    }
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
