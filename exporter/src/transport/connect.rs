//! One connection to the collector: name resolution, proxy, TLS, HTTP handshake; all on the calling thread.

use std::error::Error as StdError;
use std::io;
use std::net::ToSocketAddrs;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::config::Protocol;
use crate::transport::target::Target;
use crate::transport::{Body, tls};

/// Why there is no connection.
#[derive(Debug, Error)]
pub(crate) enum ConnectError {
    #[error("cannot resolve {host}: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("{host} has no address")]
    NoAddress { host: String },
    #[error("{source}")]
    Connect { source: io::Error },
    #[error("the proxy {proxy} did not let us through: {why}")]
    Proxy { proxy: String, why: String },
    #[error("{why}")]
    Tls { why: String, refuses_protocol: bool },
    #[error("HTTP handshake: {0}")]
    Handshake(hyper::Error),
}

/// A way to the target.
pub(crate) struct Route<'a> {
    pub(crate) target: &'a Target,
    pub(crate) proxy: Option<&'a (String, u16)>,
    pub(crate) tls: Option<&'a TlsConnector>,
}

/// Both halves of a byte stream, whatever is below.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection, its driver a task of the current runtime that ends with it.
pub(crate) struct Connection {
    sender: Sender,
    driver: JoinHandle<()>,
    /// Requests on it so far.
    pub(crate) uses: u64,
}

enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub(crate) async fn open(route: &Route<'_>, protocol: Protocol) -> Result<Self, ConnectError> {
        let stream = open_stream(route, protocol).await?;
        let (sender, driver) = match protocol {
            Protocol::HttpProtobuf => {
                let (sender, driver) = http1_over(stream).await.map_err(ConnectError::Handshake)?;
                (Sender::Http1(sender), driver)
            }
            Protocol::Grpc => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                    .await
                    .map_err(ConnectError::Handshake)?;
                (Sender::Http2(sender), tokio::spawn(async move { drop(connection.await) }))
            }
        };
        Ok(Self { sender, driver, uses: 0 })
    }

    pub(crate) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    pub(crate) async fn send(
        &mut self,
        request: Request<Body>,
    ) -> hyper::Result<http::Response<hyper::body::Incoming>> {
        self.uses += 1;
        match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }
}

async fn open_stream(route: &Route<'_>, protocol: Protocol) -> Result<Box<dyn Stream>, ConnectError> {
    let target = route.target;
    let stream = match route.proxy {
        None => dial(&target.host, target.port).await?,
        // Only plain HTTP/1.1 can be forwarded; everything else needs the tunnel.
        Some((host, port)) if route.tls.is_none() && protocol == Protocol::HttpProtobuf => {
            dial(host, *port).await?
        }
        Some(proxy) => tunnel(proxy, target).await?,
    };
    let Some(connector) = route.tls else { return Ok(stream) };
    let failed = |error: &(dyn StdError + 'static)| ConnectError::Tls {
        why: tls::explain(error, &target.host).unwrap_or_else(|| error.to_string()),
        refuses_protocol: tls::refuses_protocol(error),
    };
    let name = ServerName::try_from(target.host.clone()).map_err(|error| failed(&error))?;
    let stream = connector.connect(name, stream).await.map_err(|error| failed(&error))?;
    Ok(Box::new(stream))
}

/// Resolves with the system's resolver, blocking: this thread has nothing else to do, and must not make another.
async fn dial(host: &str, port: u16) -> Result<Box<dyn Stream>, ConnectError> {
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(|source| ConnectError::Resolve { host: host.to_owned(), source })?;
    let mut last = ConnectError::NoAddress { host: host.to_owned() };
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Without it a small request may wait for the acknowledgement of its head.
                let _ = stream.set_nodelay(true);
                return Ok(Box::new(stream));
            }
            Err(source) => last = ConnectError::Connect { source },
        }
    }
    Err(last)
}

/// HTTP/1.1 over a stream, and its driver. One kind of connection serves requests and tunnels: of each kind that there is,
/// hyper is compiled once more.
async fn http1_over(stream: Box<dyn Stream>) -> hyper::Result<(http1::SendRequest<Body>, JoinHandle<()>)> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    Ok((sender, tokio::spawn(async move { drop(connection.with_upgrades().await) })))
}

/// A tunnel by CONNECT (RFC 9110, section 9.3.6).
async fn tunnel(proxy: &(String, u16), target: &Target) -> Result<Box<dyn Stream>, ConnectError> {
    let (host, port) = proxy;
    let failed = |why: String| ConnectError::Proxy { proxy: format!("{host}:{port}"), why };
    let stream = dial(host, *port).await.map_err(|error| failed(error.to_string()))?;
    // The driver ends by itself: with the answer when the proxy refuses, with the tunnel when it does not.
    let (mut sender, _) = http1_over(stream).await.map_err(|error| failed(error.to_string()))?;
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = target.authority.parse().map_err(|_| failed("bad address".to_owned()))?;
    if let Ok(value) = HeaderValue::from_str(&target.authority) {
        request.headers_mut().insert(header::HOST, value);
    }
    let response =
        sender.send_request(request).await.map_err(|error| failed(crate::text::error_chain(&error)))?;
    if !response.status().is_success() {
        return Err(failed(format!("status {}", response.status())));
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(|error| failed(error.to_string()))?;
    Ok(Box::new(TokioIo::new(upgraded)))
}
