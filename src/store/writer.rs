//! Where changes are made. Postgres takes many at a time. SQLite takes one, and a flush of its log costs
//! more than all else together: there, changes that wait at the same time share one transaction and one
//! flush. Each keeps its own all-or-nothing by a savepoint, and is answered once the flush is done.

use std::panic::AssertUnwindSafe;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::write::{WriteError, Written, write};
use crate::identity::Viewer;
use crate::task::{Change, Task};

/// How many writes share a flush at most, so that none waits for too many others.
const TOGETHER: usize = 64;

/// How many writes may wait; more wait for a place.
const WAITING: usize = 1_024;

/// Makes changes.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    /// Each in a transaction of its own.
    Alone(DatabaseConnection),
    /// Those that wait, together.
    Together(mpsc::Sender<Job>),
}

/// Changes of one user that belong together, and who waits for them.
#[derive(Debug)]
pub(super) struct Job {
    viewer: Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
    reply: oneshot::Sender<Result<Vec<Task>, WriteError>>,
}

impl Writer {
    /// A writer that commits together what waits together, on the one connection that writes. It ends
    /// with the last of its clones.
    pub(super) fn together(connection: DatabaseConnection) -> Self {
        let (sender, mut jobs) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut waiting = Vec::with_capacity(TOGETHER);
            while jobs.recv_many(&mut waiting, TOGETHER).await > 0 {
                // A panic takes the transaction with it, and those who wait for it are told.
                let round = commit_together(&connection, std::mem::take(&mut waiting));
                if AssertUnwindSafe(round).catch_unwind().await.is_err() {
                    tracing::error!("a round of writes ended without an answer");
                }
            }
        });
        Self::Together(sender)
    }

    /// Makes changes of one user, all or nothing. Once this returns, they are on disk.
    pub(super) async fn write(
        &self,
        viewer: &Viewer,
        changes: Vec<Change>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Task>, WriteError> {
        match self {
            Self::Alone(connection) => {
                let transaction = begin(connection).await?;
                match write(&transaction, viewer, changes, now).await {
                    Ok(Written { tasks, changed }) => {
                        if changed {
                            transaction.commit().await?;
                        } else {
                            // The version is not used up.
                            transaction.rollback().await?;
                        }
                        Ok(tasks)
                    }
                    Err(error) => {
                        transaction.rollback().await?;
                        Err(error)
                    }
                }
            }
            Self::Together(jobs) => {
                let (reply, answer) = oneshot::channel();
                let job = Job {
                    viewer: viewer.clone(),
                    changes,
                    now,
                    reply,
                };
                let ended = |()| WriteError::from(DbErr::Custom("the writer has ended".into()));
                jobs.send(job).await.map_err(|_| ended(()))?;
                answer.await.map_err(|_| ended(()))?
            }
        }
    }
}

/// Takes the lock at once on SQLite, where a transaction that began with reading could not get it later.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(options).await
}

/// Makes the changes of every job, flushes once, and answers.
async fn commit_together(connection: &DatabaseConnection, jobs: Vec<Job>) {
    // Whoever has gone before their turn wants nothing done any more.
    let jobs: Vec<Job> = jobs
        .into_iter()
        .filter(|job| !job.reply.is_closed())
        .collect();
    if jobs.is_empty() {
        return;
    }
    let mut answers = Vec::with_capacity(jobs.len());
    let round = async {
        let transaction = begin(connection).await?;
        for job in jobs {
            let made = one_of_many(&transaction, &job.viewer, job.changes, job.now).await;
            answers.push((job.reply, made));
        }
        transaction.commit().await
    };
    let failed = round.await.err().map(StoreError::from);
    for (reply, made) in answers {
        let answer = match &failed {
            Some(error) => Err(WriteError::Store(error.clone())),
            None => made,
        };
        // Nobody waits any more: what was made stays made.
        let _ = reply.send(answer);
    }
}

async fn one_of_many(
    transaction: &DatabaseTransaction,
    viewer: &Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Result<Vec<Task>, WriteError> {
    let savepoint = transaction.begin().await?;
    match write(&savepoint, viewer, changes, now).await {
        Ok(Written { tasks, changed }) => {
            if changed {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
            }
            Ok(tasks)
        }
        Err(error) => {
            savepoint.rollback().await?;
            Err(error)
        }
    }
}
