//! The accept loop: HTTP/1.1 and HTTP/2 without TLS on one port, with a timer for everything that a
//! client can be slow at, and a cap on how many there are. The usual loop has neither: a socket that
//! sends nothing would stay for ever.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Routes;

/// How long a new connection may take to send the whole head of its first request, and any connection
/// from the first byte of a head to its last.
const HEAD: Duration = Duration::from_secs(10);

/// How long a connection may be idle between two requests; longer than proxies keep theirs, which
/// would else send a request into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(75);

/// How long a connection that has been told to end may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// How much of the head of a request is held; HTTP/1.1 has address and headers in it.
const HEAD_BYTES: usize = 64 * 1024;

/// Open files that are left to the database and the rest of the process.
const OTHER_FILES: u64 = 128;

/// Accepts connections until it is told to stop, then until those that are open have ended. Dropping
/// the future ends them all at once.
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    most: usize,
    stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(within_open_files(most)));
    let mut open = JoinSet::new();
    let mut stopping = stop.clone();
    let mut stopping = pin!(stopping.wait_for(|stop| *stop));
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            // An error means that the server was dropped: that stops it too.
            _ = &mut stopping => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => {
                let (routes, stop) = (routes.clone(), stop.clone());
                open.spawn(async move {
                    converse(stream, routes, stop).await;
                    drop(place);
                });
            }
            Err(cause) if is_about_one_connection(&cause) => {}
            Err(cause) => {
                tracing::warn!(%cause, "cannot accept a connection");
                // Most likely there are no files left: those that are open need time to end.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while open.try_join_next().is_some() {}
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// Each connection is an open file, of which the system allows only so many.
fn within_open_files(most: usize) -> usize {
    let allowed = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(allowed) => usize::try_from(allowed.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX),
        Err(cause) => {
            tracing::debug!(%cause, "cannot tell how many files may be open");
            most
        }
    };
    if allowed < most {
        tracing::warn!(
            allowed,
            most,
            "the system allows fewer open files than MAX_CONNECTIONS"
        );
    }
    // The semaphore has a maximum of its own.
    allowed.min(most).clamp(1, Semaphore::MAX_PERMITS)
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Serves one connection until its end.
async fn converse(stream: TcpStream, routes: Routes, mut stop: watch::Receiver<bool>) {
    // Answers are small and whole: waiting to fill a packet only delays them.
    if let Err(cause) = stream.set_nodelay(true) {
        tracing::debug!(%cause, "cannot turn on TCP_NODELAY");
    }
    let pulse = Arc::new(Pulse::new());
    let service = service_fn(|request: Request<Incoming>| {
        let serving = Serving::begin(&pulse, &request);
        let answer = routes.answer(request);
        async move {
            let response = answer.await?;
            Ok::<_, Infallible>(response.map(|body| Answer {
                body,
                _serving: serving,
            }))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(HEAD);
    let io = TokioIo::new(Watched {
        stream,
        pulse: pulse.clone(),
    });
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut goodbye = None;
    loop {
        // A request can begin and end while this sleeps, so the time to wake is only a guess.
        let wake = goodbye
            .or_else(|| pulse.ends_at())
            .unwrap_or_else(|| Instant::now() + HEAD);
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(cause) = ended {
                    tracing::trace!(%cause, "a connection ended early");
                }
                return;
            }
            _ = stop.wait_for(|stop| *stop), if goodbye.is_none() => {
                // It ends with the requests that are under way, however long those may take.
                connection.as_mut().graceful_shutdown();
                goodbye = Some(Instant::now() + Duration::from_hours(24));
            }
            () = tokio::time::sleep_until(wake) => {
                let expired = pulse.ends_at().is_some_and(|end| end <= Instant::now());
                match goodbye {
                    Some(_) => return,
                    None if expired && !pulse.has_served() => return,
                    None if expired => {
                        connection.as_mut().graceful_shutdown();
                        goodbye = Some(Instant::now() + GOODBYE);
                    }
                    None => {}
                }
            }
        }
    }
}

/// What a connection is doing, for whoever decides how long it may.
struct Pulse(Mutex<Phase>);

#[derive(Clone, Copy)]
struct Phase {
    /// When it began to do what it does.
    since: Instant,
    /// Requests whose answers have not been handed over.
    serving: usize,
    /// Whether a head has begun to arrive.
    reading: bool,
    served: bool,
    /// Many requests share it, and its frames are no sign of a head: its own pings tell whether the
    /// other end lives.
    http2: bool,
}

impl Pulse {
    fn new() -> Self {
        Self(Mutex::new(Phase {
            since: Instant::now(),
            serving: 0,
            reading: false,
            served: false,
            http2: false,
        }))
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When its time is over, unless something happens; never, while it is being served.
    fn ends_at(&self) -> Option<Instant> {
        let phase = *self.phase();
        let patience = if !phase.served || phase.reading {
            HEAD
        } else {
            IDLE
        };
        (phase.serving == 0).then(|| phase.since + patience)
    }

    fn has_served(&self) -> bool {
        self.phase().served
    }

    /// Bytes have arrived.
    fn read(&self) {
        let mut phase = self.phase();
        if phase.served && phase.serving == 0 && !phase.reading && !phase.http2 {
            phase.reading = true;
            phase.since = Instant::now();
        }
    }
}

/// A request is being served for as long as this lives.
struct Serving(Arc<Pulse>);

impl Serving {
    fn begin<B>(pulse: &Arc<Pulse>, request: &Request<B>) -> Self {
        let mut phase = pulse.phase();
        phase.serving += 1;
        phase.served = true;
        phase.reading = false;
        phase.http2 = request.version() == hyper::Version::HTTP_2;
        drop(phase);
        Self(pulse.clone())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let mut phase = self.0.phase();
        phase.serving -= 1;
        phase.since = Instant::now();
    }
}

/// The body of an answer; its request counts as served until it has been handed over.
struct Answer {
    body: Body,
    _serving: Serving,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that reports when bytes arrive.
struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pulse.read();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
