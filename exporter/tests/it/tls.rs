//! TLS: whom the exporter trusts, who it is, and what it says when that fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use otelrs_exporter::Stats;
use otelrs_exporter::config::{Config, Protocol, TrustStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;

use crate::collector::{Collector, Reply};
use crate::harness::{Exporter, config, span};

/// A certificate authority of a test, with a directory for files.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Test authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    /// Its certificate as a PEM file.
    pub(crate) fn file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A certificate for `name` and its key.
    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A server named `name`.
    pub(crate) fn server(&self, name: &str, alpn: &[u8]) -> ServerConfig {
        self.server_that(name, alpn, |builder| builder.with_no_client_auth())
    }

    /// A server that lets in only whom this authority knows.
    fn server_with_client_check(&self, name: &str, alpn: &[u8]) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.issuer.der().to_vec())).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        self.server_that(name, alpn, |builder| builder.with_client_cert_verifier(verifier))
    }

    fn server_that(
        &self,
        name: &str,
        alpn: &[u8],
        client_check: impl FnOnce(
            rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier>,
        ) -> rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
    ) -> ServerConfig {
        let (certificate, key) = self.issue(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let mut server = client_check(builder).with_single_cert(chain, key).unwrap();
        server.alpn_protocols = vec![alpn.to_vec()];
        server
    }

    /// Writes key and certificate of a client; their files.
    fn client_files(&self) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.issue("client");
        let files = (self.path("client.key"), self.path("client.pem"));
        std::fs::write(&files.0, key.serialize_pem()).unwrap();
        std::fs::write(&files.1, certificate.pem()).unwrap();
        files
    }
}

fn https_collector(server: ServerConfig) -> Collector {
    Collector::start(Protocol::HttpProtobuf, vec![Reply::http(200)], Some(server))
}

fn https_config(collector: &Collector) -> Config {
    let endpoint = format!("https://localhost:{}/v1/traces", collector.address.port());
    config(Protocol::HttpProtobuf, endpoint)
}

/// Sends one span and waits for its end.
fn send(configuration: Config) -> (Exporter, Stats) {
    let exporter = Exporter::start(configuration);
    exporter.send([span("x")]);
    let stats = exporter.stats_when(|stats| stats.exported + stats.failed == 1);
    (exporter, stats)
}

#[test]
fn the_named_certificate_is_trusted() {
    let authority = Authority::new();
    let collector = https_collector(authority.server("localhost", b"http/1.1"));
    let mut configuration = https_config(&collector);
    configuration.otlp.certificate = Some(authority.file());
    let (exporter, stats) = send(configuration);
    assert_eq!(stats.exported, 1, "{:?}", exporter.lines());
    assert!(exporter.warnings().is_empty());
}

/// Names the collector to the process that [`the_systems_roots_are_trusted`] starts.
const ENDPOINT: &str = "OTELRS_TEST_ENDPOINT";

/// The system's roots are where `SSL_CERT_FILE` says, which only a process of its own can be told: this test again.
#[test]
fn the_systems_roots_are_trusted() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        let (exporter, stats) = send(config(Protocol::HttpProtobuf, endpoint));
        assert_eq!(stats.exported, 1, "{:?}", exporter.lines());
        return;
    }
    let authority = Authority::new();
    let collector = https_collector(authority.server("localhost", b"http/1.1"));
    let endpoint = format!("https://localhost:{}/v1/traces", collector.address.port());
    let exports_trusting = |roots: PathBuf| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tls::the_systems_roots_are_trusted"])
            .env("SSL_CERT_FILE", roots)
            .env_remove("SSL_CERT_DIR")
            .env(ENDPOINT, &endpoint)
            .output();
        output.unwrap().status.success()
    };
    assert!(exports_trusting(authority.file()));
    assert!(!exports_trusting(Authority::new().file()), "another authority's server was trusted");
}

#[test]
fn grpc_speaks_tls_as_well() {
    let authority = Authority::new();
    let server = authority.server("localhost", b"h2");
    let collector = Collector::start(Protocol::Grpc, vec![Reply::grpc(0)], Some(server));
    let endpoint = format!("https://localhost:{}", collector.address.port());
    let mut configuration = config(Protocol::Grpc, endpoint);
    configuration.otlp.certificate = Some(authority.file());
    let (exporter, stats) = send(configuration);
    assert_eq!(stats.exported, 1, "{:?}", exporter.lines());
}

#[test]
fn the_application_protocol_of_tls_decides_when_none_was_chosen() {
    let authority = Authority::new();
    let server = authority.server("localhost", b"h2");
    let collector = Collector::start(Protocol::Grpc, vec![Reply::grpc(0)], Some(server));
    let mut configuration = https_config(&collector);
    configuration.otlp.protocol_was_set = false;
    configuration.otlp.certificate = Some(authority.file());
    let (exporter, stats) = send(configuration);
    assert_eq!(stats.exported, 1, "{:?}", exporter.lines());
    assert!(exporter.line_of("protocol").contains("grpc is used"));
}

#[test]
fn failures_name_the_option_or_the_fault_and_are_final() {
    let authority = Authority::new();
    let (stranger, namesake) = (Authority::named("Stranger"), Authority::new());
    let trusted = |mut configuration: Config| {
        configuration.otlp.certificate = Some(authority.file());
        configuration
    };
    let unknown = https_collector(stranger.server("localhost", b"http/1.1"));
    let renewed = https_collector(namesake.server("localhost", b"http/1.1"));
    let misnamed = https_collector(authority.server("elsewhere.example", b"http/1.1"));
    let picky = https_collector(authority.server_with_client_check("localhost", b"http/1.1"));
    let plain = Collector::http([Reply::http(200)]);
    let cases = [
        (&unknown, "otel.exporter.otlp.certificate"),
        (&renewed, "otel.exporter.otlp.certificate"),
        (&misnamed, "the certificate is not made for localhost"),
        (&picky, "otel.exporter.otlp.client.certificate"),
        (&plain, "does not speak TLS at this port"),
    ];
    for (collector, said) in cases {
        let (exporter, stats) = send(trusted(https_config(collector)));
        assert_eq!(stats, Stats { failed: 1, ..Stats::default() }, "{said}");
        let line = exporter.line_of("tls");
        assert!(line.contains(said), "{said:?} in {line:?}");
        assert!(collector.received().is_empty());
    }
}

#[test]
fn a_client_certificate_is_shown_to_a_collector_that_asks() {
    let authority = Authority::new();
    let collector = https_collector(authority.server_with_client_check("localhost", b"http/1.1"));
    let mut configuration = https_config(&collector);
    configuration.otlp.certificate = Some(authority.file());
    let (key, certificate) = authority.client_files();
    (configuration.otlp.client_key, configuration.otlp.client_certificate) = (Some(key), Some(certificate));
    let (exporter, stats) = send(configuration);
    assert_eq!(stats.exported, 1, "{:?}", exporter.lines());
}

#[test]
fn files_that_cannot_be_used_are_named_and_never_lead_to_plain_text() {
    let authority = Authority::new();
    let collector = https_collector(authority.server("localhost", b"http/1.1"));
    let hollow = authority.path("hollow.pem");
    std::fs::write(&hollow, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let empty = authority.path("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let cases = [
        (authority.path("absent.pem"), "cannot read"),
        (empty, "holds no certificate in PEM form"),
        (hollow, "no certificate authority to trust"),
    ];
    for (file, said) in cases {
        let mut configuration = https_config(&collector);
        configuration.otlp.certificate = Some(file);
        let (exporter, stats) = send(configuration);
        assert_eq!(stats.failed, 1);
        let line = exporter.line_of("tls");
        assert!(line.contains(said), "{said:?} in {line:?}");
        assert!(collector.received().is_empty());
    }
}

/// Runs a tool that a developer's machine may lack; whether it was there.
fn tool(program: &str, arguments: &[&str], directory: &Path) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) => {
            assert!(status.success(), "{program} {arguments:?}");
            true
        }
        Err(_) => {
            eprintln!("skipped: no {program}");
            false
        }
    }
}

fn with_trust_store(collector: &Collector, path: PathBuf, password: Option<&str>) -> Config {
    let mut configuration = https_config(collector);
    let password = password.map(str::to_owned);
    configuration.otlp.trust_store = Some(TrustStore { path, kind: None, password });
    configuration
}

const KEYTOOL: [&str; 10] = [
    "-importcert",
    "-noprompt",
    "-alias",
    "ca",
    "-file",
    "ca.pem",
    "-storepass",
    "changeit",
    "-keystore",
    "store",
];

#[test]
fn a_trust_store_of_the_jvm_is_trusted_in_both_forms() {
    let authority = Authority::new();
    let collector = https_collector(authority.server("localhost", b"http/1.1"));
    let (exporter, stats) = send(with_trust_store(&collector, authority.file(), None));
    assert_eq!(stats.exported, 1, "PEM: {:?}", exporter.lines());

    let pkcs12 = [KEYTOOL.as_slice(), &["-storetype", "PKCS12"]].concat();
    if tool("keytool", &pkcs12, authority.directory.path()) {
        let store = authority.path("store");
        let (exporter, stats) = send(with_trust_store(&collector, store.clone(), Some("changeit")));
        assert_eq!(stats.exported, 1, "keytool's PKCS#12: {:?}", exporter.lines());
        let (exporter, _) = send(with_trust_store(&collector, store, Some("wrong")));
        let line = exporter.line_of("tls");
        assert!(line.contains("as PKCS#12") && line.contains("javax.net.ssl.trustStore"), "{line}");
    }

    let export =
        ["pkcs12", "-export", "-nokeys", "-in", "ca.pem", "-passout", "pass:changeit", "-out", "o.p12"];
    if tool("openssl", &export, authority.directory.path()) {
        let (exporter, stats) = send(with_trust_store(&collector, authority.path("o.p12"), Some("changeit")));
        assert_eq!(stats.exported, 1, "openssl's PKCS#12: {:?}", exporter.lines());
    }
}

#[test]
fn a_jks_trust_store_is_named_once_and_left_out() {
    let authority = Authority::new();
    let collector = https_collector(authority.server("localhost", b"http/1.1"));
    let jks = authority.path("store.jks");
    std::fs::write(&jks, [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0]).unwrap();
    let (exporter, _) = send(with_trust_store(&collector, jks, Some("changeit")));
    let named = exporter.warnings().into_iter().filter(|(_, line)| line.contains("is a JKS file")).count();
    assert_eq!(named, 1);
}

#[test]
fn the_certificate_option_goes_before_the_trust_store() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let collector = https_collector(authority.server("localhost", b"http/1.1"));
    let mut configuration = with_trust_store(&collector, stranger.file(), None);
    configuration.otlp.certificate = Some(authority.file());
    assert_eq!(send(configuration).1.exported, 1);
}
