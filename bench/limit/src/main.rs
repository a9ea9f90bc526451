//! The limit: what a careful engineer would write by hand if speed were all. axum, sqlx, prepared
//! statements, verified tokens remembered, a lean writer of ids and dates, serde. It runs the very
//! statements that Docket runs, on the same tables, and its answers are those of the GraphQL
//! operations in `bench/src/operation.rs`, byte for byte.
//!
//! It serves the benchmark and nobody else: what the benchmark does not ask for is not there.

mod answer;
mod api;
mod store;
mod tokens;

use anyhow::Context as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
    let url = setting("DATABASE_URL")?;
    let port: u16 = setting("PORT")?.parse()?;
    let tokens = tokens::Tokens::new(setting("JWT_SECRET")?.as_bytes());
    let router = if url.starts_with("postgres:") {
        api::router(store::postgres::Store::connect(&url).await?, tokens)
    } else {
        api::router(store::sqlite::Store::connect(&url).await?, tokens)
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Without it an answer waits for the client's acknowledgement; a stream that is gone needs none.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router)
        .with_graceful_shutdown(terminated())
        .await?;
    Ok(())
}

async fn terminated() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match terminate {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
