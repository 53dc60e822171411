//! The event loop: accepts connections on both ports until told to stop.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::Watcher;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::ingest::Ingest;
use super::{Transport, grpc, http};
use crate::connections::{self, HEAD_LIMIT};

/// Body of every answer.
pub(super) type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// First byte of a TLS connection (RFC 8446, ContentType.handshake).
const TLS_HANDSHAKE: u8 = 22;

pub(super) fn run(
    grpc: TcpListener,
    http: TcpListener,
    ingest: &Arc<Ingest>,
    stopped: watch::Receiver<bool>,
    started: &mpsc::Sender<io::Result<()>>,
) {
    // Two workers: a sink that blocks (`block_in_place`) or a long decode leaves one for the others.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_name("otelrs-receive")
        .enable_io()
        .enable_time()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let listeners = tokio::net::TcpListener::from_std(grpc)
            .and_then(|grpc| Ok((grpc, tokio::net::TcpListener::from_std(http)?)));
        let (grpc, http) = match listeners {
            Ok(listeners) => listeners,
            Err(error) => return drop(started.send(Err(error))),
        };
        // The starter waits for exactly this message.
        let _ = started.send(Ok(()));
        tokio::join!(
            accept(Transport::Grpc, grpc, Arc::clone(ingest), stopped.clone()),
            accept(Transport::Http, http, Arc::clone(ingest), stopped),
        );
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
}

async fn accept(
    transport: Transport,
    listener: tokio::net::TcpListener,
    ingest: Arc<Ingest>,
    stopped: watch::Receiver<bool>,
) {
    let until = stopped.clone();
    connections::accept(listener, until, |stream, watcher| {
        serve(transport, stream, Arc::clone(&ingest), watcher, stopped.clone())
    })
    .await;
}

async fn serve(
    transport: Transport,
    stream: TcpStream,
    ingest: Arc<Ingest>,
    watcher: Watcher,
    mut stopped: watch::Receiver<bool>,
) {
    let mut first = [0];
    tokio::select! {
        _ = stream.peek(&mut first) => {}
        _ = stopped.wait_for(|stopped| *stopped) => return,
    }
    if first == [TLS_HANDSHAKE] {
        let line =
            "got https where only http is spoken: set OTEL_EXPORTER_OTLP_ENDPOINT to http://, not https://";
        return ingest.refuse("https", &line);
    }
    let service = service_fn(move |request| answer(transport, request, Arc::clone(&ingest)));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    // A client that goes away in the middle is its own affair.
    let _ = watcher.watch(connection).await;
}

async fn answer(
    transport: Transport,
    request: Request<Incoming>,
    ingest: Arc<Ingest>,
) -> Result<Response<AnswerBody>, Infallible> {
    let speaks_grpc = grpc::is_grpc(request.headers());
    Ok(match (transport, speaks_grpc) {
        (Transport::Grpc, true) => grpc::answer(request, &ingest).await,
        (Transport::Http, false) => http::answer(request, &ingest).await,
        (Transport::Grpc, false) => http::wrong_port(&ingest),
        (Transport::Http, true) => grpc::wrong_port(&ingest),
    })
}
