//! TLS by rustls: whom we trust, who we are, and what a failed handshake means for the user.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use thiserror::Error as ThisError;
use tokio_rustls::TlsConnector;

use crate::config::{Otlp, Protocol, TrustStore};
use crate::log::Log;
use crate::transport::pkcs12;

/// The cause of every line about certificates and trust.
const CAUSE: &str = "tls";

/// A file of certificates or keys cannot be used.
#[derive(Debug, ThisError)]
enum FileError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} holds no {what} in PEM form", path.display())]
    Pem { path: PathBuf, what: &'static str },
    #[error(
        "{} is a JKS file, which is not read here: convert it (keytool -importkeystore -deststoretype pkcs12) or \
         name a PEM file with otel.exporter.otlp.certificate",
        path.display()
    )]
    Jks { path: PathBuf },
    #[error("cannot open {} as PKCS#12{kind}: {why}", path.display())]
    Pkcs12 { path: PathBuf, kind: String, why: String },
    #[error("{} holds no certificate", path.display())]
    Empty { path: PathBuf },
}

/// Connectors for both protocols; they differ in ALPN.
pub(crate) struct Tls {
    http1: TlsConnector,
    http2: TlsConnector,
}

impl Tls {
    /// Reads what the options name. What cannot be used is said and left out, so that the rest still works.
    pub(crate) fn load(otlp: &Otlp, log: &dyn Log) -> Option<Self> {
        let roots = trusted_roots(otlp, log);
        if roots.is_empty() {
            let advice = "name a certificate with otel.exporter.otlp.certificate";
            log.warn(CAUSE, &format!("no certificate authority to trust; {advice}"));
            return None;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = match builder {
            Ok(builder) => builder.with_root_certificates(roots),
            Err(error) => {
                log.warn(CAUSE, &format!("TLS cannot be used: {error}"));
                return None;
            }
        };
        let mut config = match client_identity(otlp) {
            Ok(None) => builder.with_no_client_auth(),
            Ok(Some((chain, key))) => match builder.clone().with_client_auth_cert(chain, key) {
                Ok(config) => config,
                Err(error) => {
                    let what = "otel.exporter.otlp.client.key and .client.certificate do not work together";
                    log.warn(CAUSE, &format!("{what}: {error}; continuing without"));
                    builder.with_no_client_auth()
                }
            },
            Err(error) => {
                log.warn(CAUSE, &format!("{error}; continuing without a client certificate"));
                builder.with_no_client_auth()
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let http1 = TlsConnector::from(Arc::new(config.clone()));
        config.alpn_protocols = vec![b"h2".to_vec()];
        let http2 = TlsConnector::from(Arc::new(config));
        Some(Self { http1, http2 })
    }

    pub(crate) fn connector(&self, protocol: Protocol) -> &TlsConnector {
        match protocol {
            Protocol::HttpProtobuf => &self.http1,
            Protocol::Grpc => &self.http2,
        }
    }
}

/// The certificate option, else the JVM's trust store, else the system's authorities.
fn trusted_roots(otlp: &Otlp, log: &dyn Log) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let named = match (&otlp.certificate, &otlp.trust_store) {
        (Some(path), _) => {
            Some(pem_certificates(path).map_err(|error| ("otel.exporter.otlp.certificate", error)))
        }
        (None, Some(store)) => Some(trust_store(store).map_err(|error| ("javax.net.ssl.trustStore", error))),
        (None, None) => None,
    };
    match named {
        Some(Ok(certificates)) => {
            roots.add_parsable_certificates(certificates);
            return roots;
        }
        Some(Err((option, error))) => {
            log.warn(CAUSE, &format!("{option}: {error}; the system's authorities are trusted instead"));
        }
        None => {}
    }
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        log.debug(&format!("system certificates: {error}"));
    }
    roots.add_parsable_certificates(system.certs);
    roots
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

fn pem_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    parse_pem_certificates(path, &read(path)?)
}

fn parse_pem_certificates(path: &Path, content: &[u8]) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let parsed: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(content).collect();
    match parsed {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(FileError::Pem { path: path.to_owned(), what: "certificate" }),
    }
}

/// The content tells the form: the JVM, too, reads either form under either `trustStoreType`.
fn trust_store(store: &TrustStore) -> Result<Vec<CertificateDer<'static>>, FileError> {
    const JKS_MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
    const JCEKS_MAGIC: [u8; 4] = [0xce, 0xce, 0xce, 0xce];
    const DER_SEQUENCE: u8 = 0x30;
    let content = read(&store.path)?;
    if content.starts_with(&JKS_MAGIC) || content.starts_with(&JCEKS_MAGIC) {
        return Err(FileError::Jks { path: store.path.clone() });
    }
    if content.first() != Some(&DER_SEQUENCE) {
        return parse_pem_certificates(&store.path, &content);
    }
    let password = store.password.as_deref().unwrap_or_default();
    let bags = pkcs12::certificates(&content, password).map_err(|error| {
        let kind = store.kind.as_ref().map(|kind| format!(" (trustStoreType {kind})")).unwrap_or_default();
        FileError::Pkcs12 { path: store.path.clone(), kind, why: crate::text::error_chain(&error) }
    })?;
    // The JDK marks what it trusts; OpenSSL before 3.2 cannot, so a file without a mark is taken whole.
    let marked = bags.iter().any(|bag| bag.trusted);
    let certificates: Vec<_> = bags
        .into_iter()
        .filter(|bag| bag.trusted || (!marked && !bag.of_key))
        .map(|bag| CertificateDer::from(bag.certificate))
        .collect();
    if certificates.is_empty() {
        return Err(FileError::Empty { path: store.path.clone() });
    }
    Ok(certificates)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Both options or neither; one alone is of no use and treated like neither.
fn client_identity(otlp: &Otlp) -> Result<Option<Identity>, FileError> {
    let (Some(key), Some(certificate)) = (&otlp.client_key, &otlp.client_certificate) else {
        return Ok(None);
    };
    let chain = pem_certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| FileError::Pem { path: key.clone(), what: "private key" })?;
    Ok(Some((chain, key)))
}

/// What a TLS failure anywhere below `error` means for whoever configured the endpoint.
pub(crate) fn explain(error: &(dyn Error + 'static), host: &str) -> Option<String> {
    use rustls::Error as Tls;
    let text = match find_tls_error(error)? {
        // A bad signature: the trusted authority has the same name but another key, as after a renewal.
        Tls::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => format!(
            "the certificate of {host} is signed by an authority that is not trusted here: name the authority's \
             certificate (PEM) with otel.exporter.otlp.certificate"
        ),
        Tls::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            format!("the certificate is not made for {host}: use a name that is in it in the endpoint")
        }
        Tls::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            format!("the certificate of {host} has expired")
        }
        Tls::InvalidMessage(_) => format!("{host} does not speak TLS at this port: an http:// endpoint?"),
        Tls::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown,
        ) => format!(
            "{host} wants a client certificate that it knows: otel.exporter.otlp.client.key and \
             otel.exporter.otlp.client.certificate"
        ),
        other => format!("TLS with {host} failed: {other}"),
    };
    Some(text)
}

/// Whether the server knows TLS but not the application protocol that we offered.
pub(crate) fn refuses_protocol(error: &(dyn Error + 'static)) -> bool {
    matches!(
        find_tls_error(error),
        Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol))
    )
}

fn find_tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        // An io::Error hands out what its content was caused by, not the content.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}
