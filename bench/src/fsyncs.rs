//! Durable writes, and how often the disk was flushed for them. Every answer comes after its commit is
//! on disk; more writes for each flush means that those that waited together were flushed together.

use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::Args;
use sea_orm::{ConnectionTrait as _, Statement};

use crate::check;
use crate::contender::{self, Contender, Server};
use crate::data;
use crate::database::{Databases, Kind, connect};
use crate::load::{self, CONNECTIONS, count};
use crate::operation::Operation;
use crate::table;

#[derive(Args)]
pub(crate) struct Options {
    /// How many tasks are created
    #[arg(long, default_value_t = 4000)]
    writes: usize,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let users = data::users()?;
    let mut rows = Vec::new();
    for kind in [Kind::Postgres, Kind::Sqlite] {
        let databases = Databases::with(kind, &users).await?;
        for contender in [Contender::Limit, Contender::Docket] {
            let url = databases
                .copy(&format!("of_{contender:?}").to_lowercase())
                .await?;
            let trace = databases.scratch().join(format!("{contender:?}.strace"));
            let mut command = Command::new("strace");
            command
                .args([
                    "-f",
                    "--seccomp-bpf",
                    "-c",
                    "-U",
                    "calls,name",
                    "-e",
                    "trace=fsync,fdatasync",
                    "-o",
                ])
                .arg(&trace)
                .arg(contender::binary(if contender == Contender::Limit {
                    "docket-limit"
                } else {
                    "docket"
                })?)
                .args((contender == Contender::Docket).then_some("serve"));
            let first = Operation::Task.request(contender, users.first().context("no users")?, 0);
            let flushes = flushes_of_wal(&databases, kind).await?;
            let server = Server::start(command, &url, databases.scratch(), &first).await?;
            let requests = check::requests(contender, &server, Operation::Create, &users).await?;
            let inside = connect(&url).await?;
            let tasks = check::counts(&inside).await?.tasks;
            let outcome = load::run(server.port, &requests, 0, options.writes, CONNECTIONS)?;
            let made = check::counts(&inside).await?.tasks - tasks;
            ensure!(
                made == i64::try_from(options.writes)?,
                "not every task is there"
            );
            inside.close().await?;
            // The server is strace's child: it counts until its child has ended.
            let child = crate::process::tree(server.process.id())
                .get(1)
                .copied()
                .context("nothing is traced")?;
            Command::new("kill").arg(child.to_string()).status()?;
            server.process.wait()?;
            let flushes = match kind {
                Kind::Postgres => flushes_of_wal(&databases, kind).await? - flushes,
                Kind::Sqlite => flushes_traced(&std::fs::read_to_string(trace)?)?,
            };
            rows.push(vec![
                format!("{}, {}", contender.name(), kind.name()),
                options.writes.to_string(),
                flushes.to_string(),
                format!(
                    "{:.2}",
                    count(options.writes) / count(usize::try_from(flushes.max(1))?)
                ),
                format!("{:.0}", outcome.throughput()),
            ]);
        }
    }
    println!("Durable creates over {CONNECTIONS} connections\n");
    table::print(
        &[
            "",
            "rows",
            "flushes",
            "rows for each flush",
            "rows/s (traced)",
        ],
        &rows,
    );
    Ok(())
}

/// How often Postgres has flushed its log.
async fn flushes_of_wal(databases: &Databases, kind: Kind) -> anyhow::Result<i64> {
    let Some(cluster) = databases
        .cluster
        .as_ref()
        .filter(|_| kind == Kind::Postgres)
    else {
        return Ok(0);
    };
    let connection = connect(&cluster.url("postgres")).await?;
    let number = async |sql: &str| {
        let row = connection
            .query_one_raw(Statement::from_string(
                connection.get_database_backend(),
                sql,
            ))
            .await?;
        anyhow::Ok(row.context("no row")?.try_get::<i64>("", "number")?)
    };
    // Backends report what they did from time to time, and when they end: those of the load have to.
    let others = "SELECT count(*) AS number FROM pg_stat_activity WHERE datname LIKE 'of\\_%'";
    while number(others).await? > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let version =
        number("SELECT CAST(current_setting('server_version_num') AS bigint) AS number").await?;
    let flushes = if version < 180_000 {
        number("SELECT wal_sync AS number FROM pg_stat_wal").await?
    } else {
        number("SELECT CAST(sum(fsyncs) AS bigint) AS number FROM pg_stat_io WHERE object = 'wal'")
            .await?
    };
    connection.close().await?;
    Ok(flushes)
}

/// The calls that strace counted.
fn flushes_traced(text: &str) -> anyhow::Result<i64> {
    let calls = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (calls, name) = (words.next()?, words.next_back()?);
        matches!(name, "fsync" | "fdatasync").then(|| calls.parse::<i64>().ok())?
    });
    let calls: i64 = calls.sum();
    ensure!(calls > 0, "strace saw no flush:\n{text}");
    Ok(calls)
}
