//! The web view of a receiver, and the file by which scripts and later runs find it.

use otelrs_viewer::query::baseline::Baseline;
use otelrs_viewer::receiver::Receiver;
use otelrs_viewer::web::{WebOptions, WebServer};

use crate::Error;
use crate::args::Ports;
use crate::open_viewers::{self, OpenViewer, Registration};

/// Ends with the program that it is part of.
#[derive(Debug)]
pub(crate) struct Web {
    // Dropped first: what has ended is not to be found.
    _registration: Registration,
    server: WebServer,
}

impl Web {
    /// Starts it; `stays` until a person ends it, so that others may send there.
    pub(crate) fn start(
        receiver: &Receiver,
        ports: &Ports,
        baseline: Baseline,
        stays: bool,
    ) -> Result<Self, Error> {
        let options =
            WebOptions { listen: ports.listen, port: ports.web_port, baseline, ..WebOptions::default() };
        let server = WebServer::start(receiver.monitor(), &options)?;
        let registration = open_viewers::register(&OpenViewer {
            endpoint: server.endpoint(),
            token: server.token().as_str().to_owned(),
            pid: std::process::id(),
            otlp_http: receiver.http_endpoint(),
            otlp_grpc: receiver.grpc_endpoint(),
            stays,
            started: open_viewers::now(),
        });
        Ok(Self { _registration: registration, server })
    }

    /// What a person opens.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }
}
