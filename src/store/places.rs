//! Places for connections: so many may be in use at a time, and whoever wants one more waits, but not for
//! ever.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Leave to use one connection, given back when it is dropped.
pub(super) type Place = OwnedSemaphorePermit;

/// The places of one database.
#[derive(Debug)]
pub(super) struct Places {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Places {
    /// So many at most. Nobody waits longer for one than `patience`.
    pub(super) fn new(most: u32, patience: Duration) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self {
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            patience,
        }
    }

    /// Waits for a place, in the order of asking.
    pub(super) async fn take(&self) -> Result<Place, DbErr> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => return Ok(place),
            Err(TryAcquireError::Closed) => return Err(refused(ConnAcquireErr::ConnectionClosed)),
            Err(TryAcquireError::NoPermits) => {}
        }
        let place = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(self.patience, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(refused(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(refused(ConnAcquireErr::Timeout)),
        }
    }

    /// Gives out no more places.
    pub(super) fn close(&self) {
        self.places.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }
}

const fn refused(why: ConnAcquireErr) -> DbErr {
    DbErr::ConnectionAcquire(why)
}
