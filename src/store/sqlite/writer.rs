//! The one connection that writes, on a thread of its own.
//!
//! SQLite takes one change at a time, and a flush of its log costs more than all else together: changes
//! that wait at the same time share one transaction and one flush. Each keeps its own all-or-nothing by
//! a savepoint, and is answered once the flush is done.

use std::panic::AssertUnwindSafe;
use std::thread;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use sea_orm::{DbErr, Statement};
use tokio::sync::{mpsc, oneshot};

use super::super::at_once;
use super::super::session::Session;
use super::super::write::{WriteError, Written, write};
use super::super::{StoreError, Watch};
use super::checkpoints::Checkpoints;
use super::connection::{Connection, Row};
use crate::identity::Viewer;
use crate::task::{Change, Task};

/// How many writes share a flush at most, so that none waits for too many others.
const TOGETHER: usize = 64;

/// How many writes may wait; more wait for a place.
const WAITING: usize = 1_024;

/// Hands changes to the thread that writes. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct Writer(mpsc::Sender<Message>);

#[derive(Debug)]
enum Message {
    Write(Job, Reply),
    /// Finish what was asked before, close the connection, say so.
    Close(oneshot::Sender<()>),
}

/// What a write came to, or why nothing of it was made.
type Made = Result<Vec<Task>, WriteError>;

/// Who waits for it.
type Reply = oneshot::Sender<Made>;

/// Changes of one user that belong together.
#[derive(Debug)]
struct Job {
    viewer: Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
}

/// The connection that writes, with the transaction that is open on it.
#[derive(Debug)]
pub(in crate::store) struct Writing {
    connection: Connection,
    checkpoints: Checkpoints,
    watch: Watch,
}

impl Writer {
    /// Starts the thread. It ends with the last of the writer's clones, if it is not closed before.
    pub(super) fn start(
        connection: Connection,
        checkpoints: Checkpoints,
        watch: Watch,
    ) -> Result<Self, DbErr> {
        let (sender, messages) = mpsc::channel(WAITING);
        let writing = Writing {
            connection,
            checkpoints,
            watch,
        };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writing.serve(messages))
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok(Self(sender))
    }

    /// Makes changes of one user, all or nothing. Once this returns, they are on disk.
    pub(in crate::store) async fn write(
        &self,
        viewer: &Viewer,
        changes: Vec<Change>,
        now: DateTime<Utc>,
    ) -> Made {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            viewer: viewer.clone(),
            changes,
            now,
        };
        let ended = || WriteError::from(DbErr::Custom("the writer has ended".to_owned()));
        let sent = self.0.send(Message::Write(job, reply)).await;
        sent.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    /// Lets the changes that wait be made, and closes the connection.
    pub(in crate::store) async fn close(&self) {
        let (closed, closing) = oneshot::channel();
        // An error means that it has ended already.
        if self.0.send(Message::Close(closed)).await.is_ok() {
            let _ = closing.await;
        }
    }
}

impl Writing {
    /// Every row of a statement, as `read` reads it.
    pub(in crate::store) fn rows<T>(
        &self,
        statement: &Statement,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, DbErr> {
        self.watch.saw(statement);
        Ok(self.connection.rows(statement, read)?)
    }

    fn serve(self, mut messages: mpsc::Receiver<Message>) {
        let mut waiting = Vec::with_capacity(TOGETHER);
        let mut closing = Vec::new();
        while messages.blocking_recv_many(&mut waiting, TOGETHER) > 0 {
            let mut jobs = Vec::with_capacity(waiting.len());
            for message in waiting.drain(..) {
                match message {
                    // Whoever has gone before their turn wants nothing done any more.
                    Message::Write(_, reply) if reply.is_closed() => {}
                    Message::Write(job, reply) => jobs.push((job, reply)),
                    Message::Close(reply) => {
                        messages.close();
                        closing.push(reply);
                    }
                }
            }
            if !jobs.is_empty() {
                // A panic takes the transaction with it, and those who wait for it are told.
                let round = AssertUnwindSafe(|| self.commit_together(jobs));
                if std::panic::catch_unwind(round).is_err() {
                    tracing::error!("a round of writes ended without an answer");
                    self.roll_back();
                }
                self.checkpoints.between_writes(&self.connection);
            }
        }
        self.checkpoints.end();
        // Whoever closes a file last leaves no log behind.
        drop(self.connection);
        for closed in closing {
            // Nobody waits for it: it is closed all the same.
            let _ = closed.send(());
        }
    }

    /// Makes the changes of every job, flushes once, and answers.
    fn commit_together(&self, asked: Vec<(Job, Reply)>) {
        let (jobs, replies): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let answers = match self.in_one_transaction(jobs) {
            Ok(made) => made,
            Err(error) => {
                self.roll_back();
                let error = StoreError::from(error);
                let failed = || Err(WriteError::Store(error.clone()));
                replies.iter().map(|_| failed()).collect()
            }
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Where nobody waits any more, what was made stays made.
            let _ = reply.send(answer);
        }
    }

    /// An error means that nothing of all this was made.
    fn in_one_transaction(&self, jobs: Vec<Job>) -> Result<Vec<Made>, DbErr> {
        // The lock comes first: a transaction that began with reading could not get it later.
        self.connection.run("BEGIN IMMEDIATE")?;
        let made: Result<_, _> = jobs.into_iter().map(|job| self.one_of_many(job)).collect();
        let made = made?;
        self.connection.run("COMMIT")?;
        Ok(made)
    }

    /// Makes one job's changes. An error means that the transaction is lost, with all that was made in
    /// it: SQLite ends it by itself when the disk is full, for one.
    fn one_of_many(&self, job: Job) -> Result<Made, DbErr> {
        let session = Session::Writing(self);
        if let [change] = job.changes.as_slice() {
            match finished(at_once::change(session, &job.viewer, change, job.now))? {
                Ok(Some(task)) => return Ok(Ok(vec![task])),
                Ok(None) => {}
                Err(error) if self.connection.in_transaction() => return Ok(Err(error.into())),
                Err(error) => return Err(error),
            }
        }
        self.connection.run("SAVEPOINT one")?;
        let written = finished(write(session, &job.viewer, job.changes, job.now))?;
        if !matches!(written, Ok(Written { changed: true, .. })) {
            self.connection.run("ROLLBACK TO one")?;
        }
        self.connection.run("RELEASE one")?;
        Ok(written.map(|written| written.tasks))
    }

    fn roll_back(&self) {
        if self.connection.in_transaction()
            && let Err(cause) = self.connection.run("ROLLBACK")
        {
            tracing::error!(%cause, "a transaction could not be rolled back");
        }
    }
}

/// What a future comes to that waits for nothing, as none does on this thread.
fn finished<T>(future: impl Future<Output = T>) -> Result<T, DbErr> {
    let output = future.now_or_never();
    output.ok_or_else(|| DbErr::Custom("a write waited".to_owned()))
}
