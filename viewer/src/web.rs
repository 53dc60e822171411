//! The web view: one page and its JSON API (docs/viewer-api.md), on a port of its own.
//!
//! Reads the store and changes nothing but its memory (import, clear). On loopback unless asked otherwise;
//! [`access`] says who is answered.

mod access;
mod api;
mod assets;
mod server;
mod token;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::query::baseline::Baseline;
use crate::receiver::ReceiverMonitor;
pub use token::Token;

/// The usual port of the web view: beside OTLP's 4317 and 4318.
pub const WEB_PORT: u16 = 4319;
/// Default bound of an import: 64 MiB.
pub const DEFAULT_MAX_IMPORT_BYTES: usize = 64 * 1024 * 1024;

/// Where the web view listens and what it takes.
#[derive(Debug, Clone)]
pub struct WebOptions {
    /// `None`: loopback. Anything else: that address, and nothing is answered without the token.
    pub listen: Option<IpAddr>,
    /// `None`: 4319, or a free port when that is taken. `Some(0)`: a free port. Anything else: that one or an error.
    pub port: Option<u16>,
    /// Bound of an import, bytes.
    pub max_import_bytes: usize,
    /// What the statistics are compared with.
    pub baseline: Baseline,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            listen: None,
            port: None,
            max_import_bytes: DEFAULT_MAX_IMPORT_BYTES,
            baseline: Baseline::default(),
        }
    }
}

/// Why the web view did not start.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address or port asked for could not be had.
    #[error("cannot listen on {address} for the web view: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No thread or event loop could be had.
    #[error("cannot start the web view's threads: {0}")]
    Runtime(io::Error),
    /// No token could be made.
    #[error("the system has no random numbers for a token: {0}")]
    Random(#[from] getrandom::Error),
}

/// A running web view. Its threads are its own. Dropping it ends it.
#[derive(Debug)]
pub struct WebServer {
    address: SocketAddr,
    token: Token,
    open: bool,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl WebServer {
    /// Listens; returns when the port accepts connections.
    ///
    /// # Errors
    /// A port that was asked for is taken, or no thread or random number can be had.
    pub fn start(receiver: ReceiverMonitor, options: &WebOptions) -> Result<Self, WebError> {
        let token = Token::random()?;
        let listener = listen(options)?;
        let address = listener.local_addr().map_err(WebError::Runtime)?;
        let open = options.listen.is_some();
        let access = access::Access::new(token.clone(), open, address.port());
        let (stop, stopped) = watch::channel(false);
        let viewer = api::Viewer::new(receiver, options, stopped.clone());
        let router = server::router(viewer, access);
        let (started, ready) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("otelrs-web".to_owned())
            .spawn(move || server::run(listener, router, stopped, &started))
            .map_err(WebError::Runtime)?;
        match ready.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(WebError::Runtime(error)),
            Err(_) => return Err(WebError::Runtime(io::Error::other("the web view's thread ended"))),
        }
        Ok(Self { address, token, open, stop, thread: Some(thread) })
    }

    /// Address and port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where this machine reaches it, such as `http://127.0.0.1:4319`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        format!("http://{address}")
    }

    /// What a person opens: the endpoint, with the token where one is needed.
    #[must_use]
    pub fn url(&self) -> String {
        if self.open {
            format!("http://{}/?token={}", self.address, self.token.as_str())
        } else {
            format!("{}/", self.endpoint())
        }
    }

    /// What scripts send as `Authorization: Bearer`.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the panic hook.
            let _ = thread.join();
        }
    }
}

fn listen(options: &WebOptions) -> Result<TcpListener, WebError> {
    let ip = options.listen.unwrap_or(Ipv4Addr::LOCALHOST.into());
    let bind = |port: u16| {
        let listener = TcpListener::bind((ip, port))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    let failed = |port| move |source| WebError::Listen { address: SocketAddr::new(ip, port), source };
    match options.port {
        Some(port) => bind(port).map_err(failed(port)),
        None => bind(WEB_PORT).or_else(|_: io::Error| bind(0)).map_err(failed(WEB_PORT)),
    }
}
