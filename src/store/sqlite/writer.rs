//! The one connection that writes, on a thread of its own.
//!
//! SQLite takes one writer at a time, and a flush of its log costs more than all else together: jobs that
//! wait at the same time share one transaction and one flush, and are answered once the flush is done.

use std::panic::AssertUnwindSafe;
use std::thread;

use sea_orm::{DbErr, Statement};
use tokio::sync::{mpsc, oneshot};

use super::super::{StoreError, Watch};
use super::checkpoints::Checkpoints;
use super::connection::{Connection, Row};

/// How many writes share a flush at most, so that none waits for too many others.
const TOGETHER: usize = 64;

/// How many writes may wait; more wait for a place.
const WAITING: usize = 1_024;

/// Hands jobs to the thread that writes. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct Writer<T>(mpsc::Sender<Message<T>>);

enum Message<T> {
    Write(Job<T>, Reply<T>),
    /// Finish what was asked before, close the connection, say so.
    Close(oneshot::Sender<()>),
}

/// Something to be done in a transaction. An error means that the transaction is lost, with all that was
/// done in it: SQLite ends it by itself when the disk is full, for one.
type Job<T> = Box<dyn FnOnce(&Writing) -> Result<T, DbErr> + Send>;

/// Who waits for it.
type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// The connection that writes, with the transaction that is open on it.
#[derive(Debug)]
pub(in crate::store) struct Writing {
    connection: Connection,
    checkpoints: Checkpoints,
    watch: Watch,
}

impl<T: Send + 'static> Writer<T> {
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

    /// Does a job in a transaction that it shares with others. Once this returns, what it did is on disk.
    pub(in crate::store) async fn run(
        &self,
        job: impl FnOnce(&Writing) -> Result<T, DbErr> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let ended = || StoreError::from(DbErr::Custom("the writer has ended".to_owned()));
        let sent = self.0.send(Message::Write(Box::new(job), reply)).await;
        sent.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    /// Lets the jobs that wait be done, and closes the connection.
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

    /// Whether the transaction is still open.
    pub(in crate::store) fn goes_on(&self) -> bool {
        self.connection.in_transaction()
    }

    /// Does something of which nothing is left where `stays` says so.
    pub(in crate::store) fn at_savepoint<O>(
        &self,
        work: impl FnOnce() -> Result<O, DbErr>,
        stays: impl FnOnce(&O) -> bool,
    ) -> Result<O, DbErr> {
        self.connection.run("SAVEPOINT one")?;
        let output = work()?;
        if !stays(&output) {
            self.connection.run("ROLLBACK TO one")?;
        }
        self.connection.run("RELEASE one")?;
        Ok(output)
    }

    fn serve<T>(self, mut messages: mpsc::Receiver<Message<T>>) {
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

    /// Does every job, flushes once, and answers.
    fn commit_together<T>(&self, asked: Vec<(Job<T>, Reply<T>)>) {
        let (jobs, replies): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let answers = match self.in_one_transaction(jobs) {
            Ok(done) => done.into_iter().map(Ok).collect(),
            Err(error) => {
                self.roll_back();
                let error = StoreError::from(error);
                replies
                    .iter()
                    .map(|_| Err(error.clone()))
                    .collect::<Vec<_>>()
            }
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Where nobody waits any more, what was done stays done.
            let _ = reply.send(answer);
        }
    }

    /// An error means that nothing of all this was done.
    fn in_one_transaction<T>(&self, jobs: Vec<Job<T>>) -> Result<Vec<T>, DbErr> {
        // The lock comes first: a transaction that began with reading could not get it later.
        self.connection.run("BEGIN IMMEDIATE")?;
        let done: Result<_, _> = jobs.into_iter().map(|job| job(self)).collect();
        let done = done?;
        self.connection.run("COMMIT")?;
        Ok(done)
    }

    fn roll_back(&self) {
        if self.connection.in_transaction()
            && let Err(cause) = self.connection.run("ROLLBACK")
        {
            tracing::error!(%cause, "a transaction could not be rolled back");
        }
    }
}
