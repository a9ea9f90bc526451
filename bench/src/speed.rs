//! Everyone in turns, in one run: what a request costs, and how that compares with the limit.

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::check::{self, Named};
use crate::contender::{Contender, Server};
use crate::data::{self, User};
use crate::database::{self, Databases, Kind};
use crate::load::{self, CONNECTIONS, Request, count};
use crate::operation::Operation;
use crate::process;
use crate::table::{self, Series};

#[derive(Args)]
pub(crate) struct Options {
    /// Shorter turns, and the limit and Docket alone unless contenders are named
    #[arg(long)]
    quick: bool,
    /// How many rounds
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// How long a turn takes, in seconds
    #[arg(long)]
    seconds: Option<f64>,
    /// Which operations, with commas between
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Operation::ALL)]
    operations: Vec<Operation>,
    /// Which databases
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Postgres, Kind::Sqlite])]
    databases: Vec<Kind>,
    /// Who is measured; the limit always is
    #[arg(long, value_enum, value_delimiter = ',')]
    contenders: Vec<Contender>,
}

/// A contender at its place, and what it has shown.
struct Place {
    contender: Contender,
    server: Server,
    database: String,
    url: String,
    requests: Vec<Request>,
    /// Requests for each turn.
    number: usize,
    figures: Figures,
}

#[derive(Clone, Default)]
struct Figures {
    throughput: Series,
    throughput_ratio: Series,
    p50: Series,
    p99: Series,
    p99_ratio: Series,
    server_cpu: Series,
    server_cpu_ratio: Series,
    database_cpu: Series,
    database_cpu_ratio: Series,
    memory: Series,
    own_cpu: Series,
}

/// One turn, for each 1,000 requests where that makes sense.
struct Turn {
    throughput: f64,
    p50: f64,
    p99: f64,
    server_cpu: f64,
    database_cpu: f64,
    memory: f64,
    own_cpu: f64,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut contenders = options.contenders.clone();
    if contenders.is_empty() {
        contenders = if options.quick {
            vec![Contender::Limit, Contender::Docket]
        } else {
            Contender::ALL.to_vec()
        };
    } else if !contenders.contains(&Contender::Limit) {
        contenders.insert(0, Contender::Limit);
    }
    contenders.sort_by_key(|contender| Contender::ALL.iter().position(|it| it == contender));
    let users = data::users()?;
    for kind in &options.databases {
        for contender in contenders.iter().filter(|it| it.runs_on(*kind)) {
            contender.install()?;
        }
        let databases = Databases::with(*kind, &users).await?;
        let mut places = start(&contenders, *kind, &databases, &users).await?;
        for operation in &options.operations {
            measure(options, *operation, *kind, &databases, &mut places, &users).await?;
        }
        for place in places {
            place.server.process.stop()?;
        }
    }
    Ok(())
}

async fn start(
    contenders: &[Contender],
    kind: Kind,
    databases: &Databases,
    users: &[User],
) -> anyhow::Result<Vec<Place>> {
    let mut places = Vec::new();
    for contender in contenders.iter().copied().filter(|it| it.runs_on(kind)) {
        let database = format!("of_{contender:?}").to_lowercase();
        let url = databases.copy(&database).await?;
        let reader = users.first().context("no users")?;
        let first = Operation::Page.request(contender, reader, 0);
        let server = contender.start(&url, databases.scratch(), &first).await?;
        let checked = check::database_is_asked(contender, &server, &url, users).await;
        checked.with_context(|| contender.name())?;
        eprintln!(
            "{}: {} answers {} ms after its start",
            kind.name(),
            contender.name(),
            server.start.as_millis()
        );
        places.push(Place {
            contender,
            server,
            database,
            url,
            requests: Vec::new(),
            number: 0,
            figures: Figures::default(),
        });
    }
    let both = places
        .iter()
        .filter(|it| matches!(it.contender, Contender::Limit | Contender::Docket));
    let both: Vec<_> = both
        .map(|it| Named {
            contender: it.contender,
            server: &it.server,
            database: &it.database,
        })
        .collect();
    if kind == Kind::Postgres && both.len() == 2 {
        check::statements_are_the_same(databases, &both, users).await?;
    }
    Ok(places)
}

async fn measure(
    options: &Options,
    operation: Operation,
    kind: Kind,
    databases: &Databases,
    places: &mut [Place],
    users: &[User],
) -> anyhow::Result<()> {
    let seconds = options
        .seconds
        .unwrap_or(if options.quick { 1.0 } else { 2.5 });
    for place in places.iter_mut() {
        let requests = check::requests(place.contender, &place.server, operation, users).await;
        place.requests = requests
            .with_context(|| format!("{} of {}", operation.name(), place.contender.name()))?;
        place.figures = Figures::default();
        // Warm, and then as many requests as fill a turn.
        let first = load::run(place.server.port, &place.requests, 0, 200, CONNECTIONS)?;
        let warm = load::run(
            place.server.port,
            &place.requests,
            200,
            whole(first.throughput() * 0.7),
            CONNECTIONS,
        )?;
        place.number = whole(warm.throughput() * seconds);
    }
    for round in 0..options.rounds {
        let mut turns = Vec::new();
        for step in 0..places.len() {
            // Nobody always comes after the same one.
            let at = (step + round) % places.len();
            turns.push((
                at,
                turn(operation, round, databases, &places[at])
                    .await
                    .with_context(|| places[at].contender.name())?,
            ));
        }
        let limit = turns
            .iter()
            .find(|(at, _)| places[*at].contender == Contender::Limit);
        let limit = limit.context("the limit is always measured")?;
        for (at, turn) in &turns {
            note(&mut places[*at].figures, turn, &limit.1);
        }
    }
    print(kind, operation, places);
    Ok(())
}

async fn turn(
    operation: Operation,
    round: usize,
    databases: &Databases,
    place: &Place,
) -> anyhow::Result<Turn> {
    let inside = database::connect(&place.url).await?;
    if databases.cluster.is_some() {
        databases.admin("CHECKPOINT").await?;
    }
    let before = check::counts(&inside).await?;
    let (pid, postmaster) = (
        place.server.process.id(),
        databases.cluster.as_ref().map(|it| it.postmaster),
    );
    let (server, database) = (process::cpu(pid), postmaster.map(process::cpu));
    let outcome = load::run(
        place.server.port,
        &place.requests,
        round * place.number,
        place.number,
        CONNECTIONS,
    )?;
    let memory = process::memory(pid);
    let server_cpu = process::cpu(pid).saturating_sub(server);
    let database_cpu = database
        .zip(postmaster.map(process::cpu))
        .map(|(before, after)| after.saturating_sub(before));
    let after = check::counts(&inside).await?;
    inside.close().await?;

    let writes = if operation.reads() {
        0
    } else {
        i64::try_from(outcome.requests)?
    };
    ensure!(
        after.changes - before.changes == writes,
        "{writes} writes were answered, {} were made",
        after.changes - before.changes
    );
    let creates = if operation == Operation::Create {
        writes
    } else {
        0
    };
    ensure!(
        after.tasks - before.tasks == creates,
        "{creates} tasks were answered, {} are there",
        after.tasks - before.tasks
    );

    let thousands = count(outcome.requests) / 1000.0;
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    Ok(Turn {
        throughput: outcome.throughput(),
        p50: milliseconds(outcome.quantile(500)),
        p99: milliseconds(outcome.quantile(990)),
        server_cpu: milliseconds(server_cpu) / thousands,
        database_cpu: database_cpu.map_or(f64::NAN, |cpu| milliseconds(cpu) / thousands),
        memory: count(usize::try_from(memory / 1024)?) / 1024.0,
        own_cpu: milliseconds(outcome.own_cpu) / thousands,
    })
}

fn note(figures: &mut Figures, turn: &Turn, limit: &Turn) {
    figures.throughput.push(turn.throughput);
    figures
        .throughput_ratio
        .push(turn.throughput / limit.throughput);
    figures.p50.push(turn.p50);
    figures.p99.push(turn.p99);
    figures.p99_ratio.push(turn.p99 / limit.p99);
    figures.server_cpu.push(turn.server_cpu);
    figures
        .server_cpu_ratio
        .push(turn.server_cpu / limit.server_cpu);
    figures.database_cpu.push(turn.database_cpu);
    figures
        .database_cpu_ratio
        .push(turn.database_cpu / limit.database_cpu);
    figures.memory.push(turn.memory);
    figures.own_cpu.push(turn.own_cpu);
}

fn print(kind: Kind, operation: Operation, places: &[Place]) {
    println!("{}, {}\n", operation.name(), kind.name());
    let head = [
        "",
        "requests/s",
        "to limit",
        "p50 ms",
        "p99 ms",
        "to limit",
        "server CPU ms/1000",
        "to limit",
        "database CPU ms/1000",
        "to limit",
        "memory MiB",
        "load's own CPU ms/1000",
    ];
    let rows = places.iter().map(|place| {
        let it = &place.figures;
        let in_server = kind == Kind::Sqlite;
        let database = |series: &Series, decimals| {
            if in_server {
                "in the server".to_owned()
            } else {
                series.show(decimals)
            }
        };
        vec![
            place.contender.name().to_owned(),
            it.throughput.show(0),
            it.throughput_ratio.show(2),
            it.p50.show(2),
            it.p99.show(2),
            it.p99_ratio.show(2),
            it.server_cpu.show(0),
            it.server_cpu_ratio.show(2),
            database(&it.database_cpu, 0),
            database(&it.database_cpu_ratio, 2),
            it.memory.show(0),
            it.own_cpu.show(0),
        ]
    });
    table::print(&head, &rows.collect::<Vec<_>>());
}

fn whole(number: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of requests, at least some"
    )]
    let number = number.max(64.0) as usize;
    number
}
