//! The JVM's proxy properties.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use otelrs_exporter::config::{Config, Protocol, Proxy, ProxyAddress};

use crate::collector::{Collector, RawServer, Reply, read_request};
use crate::harness::{Exporter, config, span};
use crate::tls::Authority;

/// A proxy that forwards everything to one place and keeps the first line of each request.
struct ForwardingProxy {
    server: RawServer,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ForwardingProxy {
    fn to(collector: SocketAddr) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = RawServer::start({
            let asked = Arc::clone(&asked);
            move |mut client, _| {
                let request = read_request(&mut client);
                let text = String::from_utf8_lossy(&request).into_owned();
                let first = text.lines().next().unwrap_or_default().to_owned();
                let tunnel = first.starts_with("CONNECT ");
                asked.lock().unwrap().push(first);
                let mut upstream = TcpStream::connect(collector).unwrap();
                if tunnel {
                    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                } else {
                    upstream.write_all(&request).unwrap();
                }
                let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let _ = std::io::copy(&mut upstream, &mut client);
            }
        });
        Self { server, asked }
    }

    /// For both schemes; the loopback is not excepted.
    fn setting(&self, non_proxy_hosts: &str) -> Proxy {
        let address = ProxyAddress { host: "127.0.0.1".to_owned(), port: Some(self.server.address.port()) };
        Proxy {
            http: Some(address.clone()),
            https: Some(address),
            non_proxy_hosts: Some(non_proxy_hosts.to_owned()),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn through(proxy: Proxy, mut configuration: Config) -> Exporter {
    configuration.otlp.proxy = proxy;
    let exporter = Exporter::start(configuration);
    exporter.send([span("x")]);
    exporter.stats_when(|stats| stats.exported + stats.failed == 1);
    exporter
}

#[test]
fn plain_http_is_forwarded_in_absolute_form() {
    let collector = Collector::http([Reply::http(200)]);
    let proxy = ForwardingProxy::to(collector.address);
    let endpoint = "http://collector.example:4318/v1/traces".to_owned();
    let exporter = through(proxy.setting(""), config(Protocol::HttpProtobuf, endpoint));
    assert_eq!(exporter.control.stats().exported, 1, "{:?}", exporter.lines());
    assert_eq!(proxy.asked(), ["POST http://collector.example:4318/v1/traces HTTP/1.1"]);
    assert_eq!(collector.received()[0].header("host"), Some("collector.example:4318"));
}

#[test]
fn grpc_goes_through_a_tunnel() {
    let collector = Collector::grpc([Reply::grpc(0)]);
    let proxy = ForwardingProxy::to(collector.address);
    let endpoint = "http://collector.example:4317".to_owned();
    let exporter = through(proxy.setting(""), config(Protocol::Grpc, endpoint));
    assert_eq!(exporter.control.stats().exported, 1, "{:?}", exporter.lines());
    assert_eq!(proxy.asked(), ["CONNECT collector.example:4317 HTTP/1.1"]);
}

#[test]
fn https_goes_through_a_tunnel_and_checks_the_collectors_name() {
    let authority = Authority::new();
    let server = authority.server("collector.example", b"http/1.1");
    let collector = Collector::start(Protocol::HttpProtobuf, vec![Reply::http(200)], Some(server));
    let proxy = ForwardingProxy::to(collector.address);
    let mut configuration =
        config(Protocol::HttpProtobuf, "https://collector.example:4318/v1/traces".to_owned());
    configuration.otlp.certificate = Some(authority.file());
    let exporter = through(proxy.setting(""), configuration);
    assert_eq!(exporter.control.stats().exported, 1, "{:?}", exporter.lines());
    assert_eq!(proxy.asked(), ["CONNECT collector.example:4318 HTTP/1.1"]);
    assert_eq!(collector.received()[0].target, "/v1/traces");
}

#[test]
fn excepted_hosts_are_reached_directly() {
    let collector = Collector::http([Reply::http(200)]);
    let proxy = ForwardingProxy::to(collector.address);
    let exporter = through(proxy.setting("x|127.0.*"), config(Protocol::HttpProtobuf, collector.endpoint()));
    assert_eq!(exporter.control.stats().exported, 1);
    assert!(proxy.asked().is_empty());
}

#[test]
fn a_proxy_that_refuses_is_named() {
    let server = RawServer::start(|mut stream, _| {
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let address = ProxyAddress { host: "127.0.0.1".to_owned(), port: Some(server.address.port()) };
    let proxy = Proxy { https: Some(address), ..Proxy::default() };
    let endpoint = "https://collector.example:4318/v1/traces".to_owned();
    let exporter = through(proxy, config(Protocol::HttpProtobuf, endpoint));
    let line = exporter.line_of("collector-unreachable");
    let said = format!("the proxy {} did not let us through: status 407", server.address);
    assert!(line.contains(&said), "{line}");
}
