//! How lists grow: each sort, direction and status, from both ends, for users with more and more tasks.

use anyhow::Context as _;
use clap::Args;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::contender::Contender;
use crate::data::User;
use crate::database::{Databases, Kind, connect, settle};
use crate::load::{self, Answer, Request};
use crate::table::{self, Series};
use crate::wire;

#[derive(Args)]
pub(crate) struct Options {
    /// At most 100,000 tasks
    #[arg(long)]
    quick: bool,
    /// Which databases
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Postgres, Kind::Sqlite])]
    databases: Vec<Kind>,
}

const ROUNDS: usize = 5;
/// Requests for each list, size and round.
const REQUESTS: usize = 40;

const DOCUMENT: &str = "query($status: TaskStatus!, $sort: TaskSort!, $direction: SortDirection!, $first: Int, $last: Int) { tasks(status: $status, sort: $sort, direction: $direction, first: $first, last: $last) { nodes { id title completed dueDate priority createdAt updatedAt version } pageInfo { hasNextPage } } }";

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let most = if options.quick { 100_000 } else { 1_000_000 };
    let sizes = [100, 10_000, most];
    for kind in &options.databases {
        let mut users = Vec::new();
        for size in sizes {
            users.push(User::new(format!("user-with-{size}"))?);
        }
        let databases = Databases::with(*kind, &users).await?;
        let url = databases.copy("growth").await?;
        let connection = connect(&url).await?;
        for (user, size) in users.iter().zip(sizes) {
            connection
                .execute_unprepared(&fill(*kind, user, size))
                .await?;
        }
        settle(&connection).await?;
        connection.close().await?;
        let smallest = users.first().context("no sizes")?;
        let server = Contender::Docket
            .start(
                &url,
                databases.scratch(),
                &request(smallest, "ALL", "CREATED", "ASC", "first"),
            )
            .await?;

        let mut rows = Vec::new();
        for sort in ["CREATED", "TITLE", "DUE_DATE", "PRIORITY", "UPDATED"] {
            for status in ["ALL", "PENDING", "COMPLETED"] {
                for direction in ["ASC", "DESC"] {
                    for end in ["first", "last"] {
                        let mut times = vec![Series::default(); sizes.len()];
                        let mut ratios = vec![Series::default(); sizes.len()];
                        for round in 0..=ROUNDS {
                            let mut round_times = Vec::new();
                            for user in &users {
                                let bytes = request(user, status, sort, direction, end);
                                let requests = [Request {
                                    bytes,
                                    answer: Answer::With("\"createdAt\""),
                                }];
                                let outcome = load::run(server.port, &requests, 0, REQUESTS, 1)?;
                                round_times.push(outcome.quantile(500).as_secs_f64() * 1e6);
                            }
                            if round == 0 {
                                // That one was to warm.
                                continue;
                            }
                            for (at, time) in round_times.iter().enumerate() {
                                times[at].push(*time);
                                ratios[at].push(time / round_times[0]);
                            }
                        }
                        let mut row = vec![format!("{sort} {direction}, {status}, {end} 20")];
                        row.extend(times.iter().map(|it| format!("{:.0}", it.median())));
                        row.extend(ratios[1..].iter().map(|it| it.show(2)));
                        rows.push((ratios[ratios.len() - 1].median(), row));
                    }
                }
            }
        }
        server.process.stop()?;
        rows.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        println!(
            "Time of a page of Docket in µs, {}, by the tasks of its user; worst growth first\n",
            kind.name()
        );
        let names = sizes.map(|size| size.to_string());
        let ratios = [
            format!("{}/{}", names[1], names[0]),
            format!("{}/{}", names[2], names[0]),
        ];
        let head = ["", &names[0], &names[1], &names[2], &ratios[0], &ratios[1]];
        table::print(
            &head,
            &rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(),
        );
    }
    Ok(())
}

fn request(user: &User, status: &str, sort: &str, direction: &str, end: &str) -> Vec<u8> {
    let mut variables = json!({ "status": status, "sort": sort, "direction": direction });
    variables[end] = 20.into();
    let body = json!({ "query": DOCUMENT, "variables": variables });
    wire::request("POST", "/graphql", &user.token, &body.to_string())
}

/// Tasks by SQL: a third without a day, a quarter without a priority, a fifth done.
fn fill(kind: Kind, user: &User, tasks: usize) -> String {
    let (id, user_id, numbers, at, day) = match kind {
        Kind::Postgres => (
            "gen_random_uuid()",
            format!("'{}'", user.id),
            format!("generate_series(1, {tasks}) AS n"),
            "timestamptz '2026-01-01' + n * interval '1 second'",
            "date '2026-01-01' + n % 365",
        ),
        Kind::Sqlite => (
            "randomblob(16)",
            format!("x'{}'", user.id.simple()),
            format!(
                "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {tasks}) SELECT n FROM c)"
            ),
            "strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + n, 'unixepoch') || '.123+00:00'",
            "date('2026-01-01', (n % 365) || ' days')",
        ),
    };
    format!(
        "INSERT INTO tasks (user_id, id, title, title_key, created_at, updated_at, version, due_date, priority, completed_at)
         SELECT {user_id}, {id}, 'Task ' || n, 'task ' || n, {at}, {at}, n,
                CASE WHEN n % 3 > 0 THEN {day} END, CASE WHEN n % 4 > 0 THEN n % 4 END, CASE WHEN n % 5 = 0 THEN {at} END
         FROM {numbers}"
    )
}
