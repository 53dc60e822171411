//! The event loop, and what every answer passes: the check of [`super::access`] before it, security headers after it.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use super::access::{Access, Admission};
use super::api::{self, ApiError, Viewer};
use super::assets;
use crate::connections::{self, HEAD_LIMIT};

/// Nothing from elsewhere, nothing inline, no text that becomes code or markup (Trusted Types without any policy).
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Telemetry is private, and the page changes with the program.
    (CACHE_CONTROL, "no-store"),
];

pub(super) fn router(viewer: Viewer, access: Access) -> Router {
    Router::new()
        .merge(assets::routes())
        .nest("/api", api::routes(viewer))
        .layer(middleware::from_fn_with_state(Arc::new(access), guard))
}

async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let mut response = match access.check(&head) {
        Ok(Admission::Plain) => next.run(Request::from_parts(head, body)).await,
        Ok(Admission::FirstVisit) => keep_token(&access),
        Err(refusal) => ApiError::from(refusal).into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Sends the browser to the page itself, with the token in a cookie that scripts of pages cannot read.
fn keep_token(access: &Access) -> Response {
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", access.cookie, access.token.as_str());
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_static("/"));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.insert(SET_COOKIE, cookie);
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}

pub(super) fn run(
    listener: TcpListener,
    router: Router,
    stopped: watch::Receiver<bool>,
    started: &mpsc::Sender<io::Result<()>>,
) {
    // Two workers: a query over the whole store leaves one for live updates.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2)
        .thread_name("otelrs-web")
        .enable_io()
        .enable_time()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return drop(started.send(Err(error))),
        };
        // The starter waits for exactly this message.
        let _ = started.send(Ok(()));
        connections::accept(listener, stopped, |stream, watcher| {
            let service = TowerToHyperService::new(router.clone());
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            async move {
                // A client that goes away in the middle is its own affair.
                let _ = watcher.watch(connection).await;
            }
        })
        .await;
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
}
