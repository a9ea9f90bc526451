//! The load: a fixed number of requests over connections that are kept, each answer checked.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::future::join_all;

use crate::process;
use crate::wire::Connection;

/// Connections at a time.
pub(crate) const CONNECTIONS: usize = 32;

/// A request, and what its answer must be.
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    pub(crate) answer: Answer,
}

pub(crate) enum Answer {
    /// These bytes, checked before.
    Exactly(Vec<u8>),
    /// No errors, and this in it: of a write, which never answers the same twice.
    With(&'static str),
}

impl Answer {
    fn is(&self, body: &[u8]) -> bool {
        match self {
            Self::Exactly(bytes) => bytes == body,
            Self::With(part) => contains(body, part.as_bytes()) && !contains(body, b"\"errors\""),
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

pub(crate) struct Outcome {
    pub(crate) requests: usize,
    pub(crate) elapsed: Duration,
    /// How long each took, shortest first.
    pub(crate) latencies: Vec<Duration>,
    /// The CPU that asking took here.
    pub(crate) own_cpu: Duration,
}

impl Outcome {
    pub(crate) fn throughput(&self) -> f64 {
        count(self.requests) / self.elapsed.as_secs_f64()
    }

    /// The latency that a share of the requests did not exceed.
    pub(crate) fn quantile(&self, per_thousand: usize) -> Duration {
        let at = self.latencies.len() * per_thousand / 1000;
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// A count as a number to divide by.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Sends as many requests, from `first` on and round and round. On a thread of its own.
pub(crate) fn run(
    port: u16,
    requests: &[Request],
    first: usize,
    number: usize,
    connections: usize,
) -> anyhow::Result<Outcome> {
    let asking = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        runtime.block_on(ask(port, requests, first, number, connections))
    };
    std::thread::scope(|scope| scope.spawn(asking).join())
        .map_err(|_| anyhow::anyhow!("the load generator failed"))?
}

async fn ask(
    port: u16,
    requests: &[Request],
    first: usize,
    number: usize,
    connections: usize,
) -> anyhow::Result<Outcome> {
    let next = Cell::new(0);
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(port).await?);
    }
    let next = &next;
    let own = process::own_cpu();
    let started = Instant::now();
    let asking = open.into_iter().map(|mut connection| async move {
        let mut latencies = Vec::with_capacity(number / connections * 2);
        loop {
            let at = next.replace(next.get() + 1);
            if at >= number {
                return anyhow::Ok(latencies);
            }
            let request = &requests[(first + at) % requests.len()];
            let sent = Instant::now();
            let body = connection.ask(&request.bytes).await?;
            latencies.push(sent.elapsed());
            ensure!(
                request.answer.is(body),
                "a wrong answer: {}\nto: {}",
                String::from_utf8_lossy(body),
                String::from_utf8_lossy(&request.bytes)
            );
        }
    });
    let all = join_all(asking).await;
    let elapsed = started.elapsed();
    let own_cpu = process::own_cpu().saturating_sub(own);
    let mut latencies = Vec::with_capacity(number);
    for each in all {
        latencies.extend(each.context("while the load ran")?);
    }
    latencies.sort_unstable();
    Ok(Outcome {
        requests: number,
        elapsed,
        latencies,
        own_cpu,
    })
}
