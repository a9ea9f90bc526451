//! Instructions for each request, counted by callgrind: they repeat where times do not.
//!
//! The server is the release binary, with one thread for its runtime, under one connection. Its own
//! instructions count, on every thread, and no others: not the database server's, not the client's.
//! Two stretches of different length are counted, so that what is not a request's cancels out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use crate::check;
use crate::contender::{self, Contender, Server};
use crate::data::{self, User};
use crate::database::{Databases, Kind};
use crate::load;
use crate::operation::Operation;
use crate::table;

#[derive(Args)]
pub(crate) struct Options {
    /// Fail where Docket needs 3 % more than `bench/instructions.toml` says
    #[arg(long)]
    check: bool,
    /// Write what is counted into `bench/instructions.toml`
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Which operations, with commas between
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Operation::ALL)]
    operations: Vec<Operation>,
    /// Which databases
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Postgres, Kind::Sqlite])]
    databases: Vec<Kind>,
    /// Keep the profiles in this folder, one for each stretch: `callgrind_annotate` shows them
    #[arg(long)]
    profiles: Option<PathBuf>,
}

/// Whose requests are counted.
const USERS: usize = 10;
/// Requests before the count, and in the two stretches that are counted: whole rounds of them.
const WARM: usize = 4 * USERS;
const SHORT: usize = 4 * USERS;
const LONG: usize = 44 * USERS;
/// How many times each is counted.
const TIMES: usize = 3;
/// What a count may exceed the committed one by.
const SLACK: f64 = 1.03;

type Counts = BTreeMap<String, u64>;

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let users = data::users()?;
    let contenders: &[_] = if options.check {
        &[Contender::Docket]
    } else {
        &[Contender::Limit, Contender::Docket]
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml");
    let committed = read(&file)?;
    let mut counts = count_all(options, contenders, &users).await?;
    if options.check && check_against(&counts, &committed).is_err() {
        // What happens beside the requests only adds, and need not happen again.
        for (name, again) in count_all(options, contenders, &users).await? {
            counts
                .entry(name)
                .and_modify(|count| *count = again.min(*count));
        }
    }
    print(&counts, &committed);
    if options.write {
        let mut all = committed;
        all.extend(counts);
        write(&file, &all)?;
    } else if options.check {
        check_against(&counts, &committed)?;
    }
    Ok(())
}

async fn count_all(
    options: &Options,
    contenders: &[Contender],
    users: &[User],
) -> anyhow::Result<Counts> {
    let mut counts = Counts::new();
    for kind in &options.databases {
        let databases = Databases::with(*kind, users).await?;
        for contender in contenders {
            let url = databases
                .copy(&format!("of_{contender:?}").to_lowercase())
                .await?;
            let counted = count(options, *contender, *kind, &databases, &url, users).await;
            counts.extend(counted.with_context(|| contender.name())?);
        }
    }
    Ok(counts)
}

fn key(kind: Kind, operation: Operation, contender: Contender) -> String {
    format!("{}-{}-{contender:?}", kind.name(), operation.name()).to_lowercase()
}

async fn count(
    options: &Options,
    contender: Contender,
    kind: Kind,
    databases: &Databases,
    url: &str,
    users: &[User],
) -> anyhow::Result<Counts> {
    let folder = options
        .profiles
        .clone()
        .unwrap_or_else(|| databases.scratch().to_owned());
    std::fs::create_dir_all(&folder)?;
    let name = format!("{}-{contender:?}", kind.name()).to_lowercase();
    let out = std::path::absolute(folder.join(format!("callgrind-{name}")))?;
    let mut command = Command::new("valgrind");
    command
        .args([
            "--tool=callgrind",
            "--quiet",
            &format!("--callgrind-out-file={}", out.display()),
        ])
        .arg(contender::binary(if contender == Contender::Limit {
            "docket-limit"
        } else {
            "docket"
        })?)
        .args((contender == Contender::Docket).then_some("serve"))
        .env("TOKIO_WORKER_THREADS", "1");
    let first = Operation::Task.request(contender, users.first().context("no users")?, 0);
    let server = Server::start(command, url, databases.scratch(), &first).await?;
    let mut counts = Counts::new();
    let mut dumps = 0;
    let mut dump = || {
        dumps += 1;
        let told = Command::new("callgrind_control")
            .args(["--dump", &server.process.id().to_string()])
            .stdout(Stdio::null())
            .status()?;
        ensure!(told.success(), "callgrind_control failed");
        let text = std::fs::read_to_string(format!("{}.{dumps}", out.display()))?;
        let total = text
            .lines()
            .find_map(|line| line.strip_prefix("totals: "))
            .context("a profile without a total")?;
        anyhow::Ok(total.trim().parse::<u64>()?)
    };
    for operation in &options.operations {
        let requests = check::requests_of(
            contender,
            &server,
            *operation,
            &operation.users(users)[..USERS],
        )
        .await?;
        let ask = |number| load::run(server.port, &requests, 0, number, 1).map(drop);
        ask(WARM)?;
        dump()?;
        // Whatever else happens in between only adds: the least is the request's own.
        let mut least = |number| {
            let mut least = u64::MAX;
            for _ in 0..TIMES {
                ask(number)?;
                least = least.min(dump()?);
            }
            anyhow::Ok(least)
        };
        let (short, long) = (least(SHORT)?, least(LONG)?);
        let requests = u64::try_from(LONG - SHORT)?;
        counts.insert(key(kind, *operation, contender), (long - short) / requests);
        eprintln!(
            "{}: {} of {} counted",
            kind.name(),
            operation.name(),
            contender.name()
        );
    }
    server.process.stop()?;
    Ok(counts)
}

fn print(counts: &Counts, committed: &Counts) {
    let mut rows = Vec::new();
    for kind in [Kind::Postgres, Kind::Sqlite] {
        for operation in Operation::ALL {
            let of = |contender, from: &Counts| from.get(&key(kind, operation, contender)).copied();
            let Some(docket) = of(Contender::Docket, counts) else {
                continue;
            };
            let limit = of(Contender::Limit, counts);
            let text =
                |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |it| it.to_string());
            let to = |other: Option<u64>| {
                other.map_or_else(
                    || "-".to_owned(),
                    |other| format!("{:.3}", ratio(docket, other)),
                )
            };
            rows.push(vec![
                format!("{}, {}", operation.name(), kind.name()),
                text(limit),
                docket.to_string(),
                to(limit),
                to(of(Contender::Docket, committed)),
            ]);
        }
    }
    println!("Instructions for each request\n");
    table::print(&["", "limit", "Docket", "to limit", "to committed"], &rows);
}

fn ratio(one: u64, other: u64) -> f64 {
    let number = |it| f64::from(u32::try_from(it).unwrap_or(u32::MAX));
    number(one) / number(other)
}

fn check_against(counts: &Counts, committed: &Counts) -> anyhow::Result<()> {
    let mut over = Vec::new();
    for (name, count) in counts {
        let Some(before) = committed.get(name) else {
            bail!(
                "{name} is not in bench/instructions.toml: bench/instructions --write puts it there"
            );
        };
        let grown = ratio(*count, *before);
        if grown > SLACK {
            over.push(format!(
                "{name}: {count}, {:.1} % above {before}",
                (grown - 1.0) * 100.0
            ));
        }
    }
    ensure!(
        over.is_empty(),
        "more instructions than committed; if they are worth it, bench/instructions --write\n{}",
        over.join("\n")
    );
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Counts> {
    if !file.exists() {
        return Ok(Counts::new());
    }
    let text = std::fs::read_to_string(file)?;
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, count) = line
                .split_once(" = ")
                .with_context(|| format!("not a count: {line}"))?;
            Ok((name.to_owned(), count.parse()?))
        })
        .collect()
}

fn write(file: &Path, counts: &Counts) -> anyhow::Result<()> {
    let mut text = "# Instructions for each request, written by `bench/instructions --write`: database, operation, server.\n".to_owned();
    for (name, count) in counts {
        writeln!(text, "{name} = {count}")?;
    }
    Ok(std::fs::write(file, text)?)
}
