//! Connections that stay out of sqlx's pool for a moment.
//!
//! The pool asks each connection that comes back for a sign of life: a round trip after every request, in
//! which nobody can use the connection. So one is borrowed for as long as a [`LEASE`] lasts, and goes from
//! request to request; then it goes back, where it is asked, and closed when it is too old.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sea_orm::DbErr;
use sea_orm::sqlx::Executor as _;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::postgres::{PgConnection, PgPool, Postgres};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::super::places::{Place, Places};
use super::failed;

/// No longer than any setting of the pool that says how long a connection may live or be idle.
const LEASE: Duration = Duration::from_secs(1);

/// The connections of one pool. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Leases(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: PgPool,
    /// As many as the pool has connections: whoever has a place finds one, in use by nobody, here or there.
    places: Places,
    free: Mutex<Vec<Lease>>,
    runtime: Handle,
}

/// A connection in somebody's hands. Where it is not given back, a statement may have been cut short: then
/// the pool sees to it.
#[derive(Debug)]
pub(super) struct Lease {
    /// There until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    until: Instant,
    in_transaction: bool,
    place: Option<Place>,
}

impl Leases {
    /// Of a pool that nobody else uses, of at most so many connections.
    pub(super) fn new(pool: PgPool, most: u32, patience: Duration) -> Self {
        let leases = Self(Arc::new(Shared {
            pool,
            places: Places::new(most, patience),
            free: Mutex::default(),
            runtime: Handle::current(),
        }));
        tokio::spawn(end_leases(Arc::downgrade(&leases.0)));
        leases
    }

    /// Waits for a connection.
    pub(super) async fn take(&self) -> Result<Lease, DbErr> {
        let place = self.0.places.take().await?;
        let free = self.0.free_and_not_over().pop();
        if let Some(mut lease) = free {
            lease.place = Some(place);
            return Ok(lease);
        }
        // To connect takes a future of some KiB, which should not be carried along for nothing.
        let connection = Box::pin(self.0.pool.acquire()).await;
        Ok(Lease {
            connection: Some(connection.map_err(failed)?),
            until: Instant::now() + LEASE,
            in_transaction: false,
            place: Some(place),
        })
    }

    /// Takes a connection back on which every statement has come to its end.
    pub(super) fn give_back(&self, mut lease: Lease) {
        let place = lease.place.take();
        let mut free = self.0.free();
        // Under the lock: what is closed in this moment would never be let go.
        if !self.0.places.is_closed() {
            free.push(lease);
        }
        drop(free);
        // Whoever gets the place looks for the connection.
        drop(place);
    }

    /// Waits for the connections that are in use, and closes all.
    pub(super) async fn close(&self) {
        self.0.places.close();
        self.0.free().clear();
        self.0.pool.close().await;
    }
}

impl Shared {
    fn free(&self) -> MutexGuard<'_, Vec<Lease>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are over go back to the pool.
    fn free_and_not_over(&self) -> MutexGuard<'_, Vec<Lease>> {
        let (mut free, now) = (self.free(), Instant::now());
        free.retain(|lease| now < lease.until);
        free
    }
}

/// Brings back what nobody uses: the pool closes what is idle for long.
async fn end_leases(leases: Weak<Shared>) {
    while let Some(leases) = leases.upgrade().filter(|leases| !leases.places.is_closed()) {
        drop(leases.free_and_not_over());
        drop(leases);
        tokio::time::sleep(LEASE).await;
    }
}

impl Lease {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        let connection = self.connection.as_mut();
        connection.expect("it is there until it is dropped")
    }

    /// Begins a transaction. What was done in it is undone, if the lease is dropped before its end.
    pub(super) async fn begin(&mut self) -> Result<(), DbErr> {
        self.in_transaction = true;
        self.run("BEGIN").await
    }

    /// Ends the transaction with `COMMIT` or `ROLLBACK`.
    pub(super) async fn end(&mut self, how: &'static str) -> Result<(), DbErr> {
        self.run(how).await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), DbErr> {
        let done = self.connection().execute(sql).await;
        done.map(drop).map_err(failed)
    }
}

impl Drop for Lease {
    /// The database goes on with a statement that was cut short, even where its connection is closed: it
    /// has one fewer to give until then.
    fn drop(&mut self) {
        let open = self.connection.take().filter(|_| self.in_transaction);
        let Some(mut connection) = open else { return };
        let place = self.place.take();
        tokio::spawn(async move {
            if connection.execute("ROLLBACK").await.is_err() {
                connection.close_on_drop();
            }
            drop(connection);
            drop(place);
        });
    }
}

impl Drop for Shared {
    /// The pool takes connections back in a task, for which there has to be a runtime.
    fn drop(&mut self) {
        let _entered = self.runtime.enter();
        self.free().clear();
    }
}
