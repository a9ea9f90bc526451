//! Measures Docket: against the same SQL behind a bare handler (the limit), and against its peers.
//! `bench/README.md` says what is measured, how, and what came out.

#![allow(clippy::print_stdout, reason = "what it finds is printed")]

mod check;
mod cluster;
mod contender;
mod data;
mod database;
mod fsyncs;
mod growth;
mod instructions;
mod load;
mod operation;
mod process;
mod speed;
mod table;
mod wire;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Throughput, latency, CPU and memory of every contender, in turns
    Run(speed::Options),
    /// Instructions for each request, of Docket and of the limit
    Instructions(instructions::Options),
    /// How each list grows from 100 tasks to 1,000,000
    Growth(growth::Options),
    /// Durable writes, and how often the disk was flushed for them
    Fsyncs(fsyncs::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Run(options) => speed::run(&options).await,
        Command::Instructions(options) => instructions::run(&options).await,
        Command::Growth(options) => growth::run(&options).await,
        Command::Fsyncs(options) => fsyncs::run(&options).await,
    }
}
