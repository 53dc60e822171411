//! Asking a running viewer (docs/viewer-api.md).

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Uri;

use crate::open_viewers::{self, OpenViewer};

/// A viewer on this machine answers at once; a query over a full store takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a viewer did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("no viewer is open: start one with otelrs view, or name one with --viewer URL")]
    NoViewer,
    #[error("--viewer {0}: expected the address that the viewer printed, such as http://127.0.0.1:4319/")]
    Address(String),
    #[error("{endpoint}: {source}. Is the viewer still open?")]
    Unreachable { endpoint: String, source: Box<ureq::Error> },
    #[error("{endpoint} is no viewer of otelrs")]
    NoOtelrs { endpoint: String },
    #[error("{endpoint}: {message}")]
    Refused { endpoint: String, message: String },
}

/// A viewer that answers.
pub(crate) struct Client {
    agent: Agent,
    endpoint: String,
    token: Option<String>,
}

/// The viewer named, else the first that is open and answers.
pub(crate) fn connect(url: Option<&str>) -> Result<Client, ClientError> {
    let Some(url) = url else {
        return open().map(|(_, client)| client).ok_or(ClientError::NoViewer);
    };
    let malformed = || ClientError::Address(url.to_owned());
    let address: Uri = url.parse().map_err(|_| malformed())?;
    let authority =
        address.authority().filter(|_| address.scheme_str() == Some("http")).ok_or_else(malformed)?;
    let token =
        address.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("token=")));
    let client = Client::new(format!("http://{authority}"), token.map(str::to_owned));
    client.check(None)?;
    Ok(client)
}

/// The first viewer that is open and answers.
pub(crate) fn open() -> Option<(OpenViewer, Client)> {
    open_viewers::list().into_iter().find_map(|viewer| {
        let client = Client::new(viewer.endpoint.clone(), Some(viewer.token.clone()));
        match client.check(Some(viewer.pid)) {
            Ok(()) => Some((viewer, client)),
            // Nobody, or somebody else, listens there.
            Err(_) => {
                open_viewers::forget(&viewer);
                None
            }
        }
    })
}

impl Client {
    fn new(endpoint: String, token: Option<String>) -> Self {
        // Never through a proxy that the environment names: the viewer is on this machine or beside it.
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(Duration::from_secs(5)))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None);
        Self { agent: config.build().into(), endpoint, token }
    }

    fn check(&self, pid: Option<u32>) -> Result<(), ClientError> {
        let status = self.get("viewer", &[])?;
        let is_it = status["program"] == "otelrs" && pid.is_none_or(|pid| status["pid"] == pid);
        if is_it { Ok(()) } else { Err(ClientError::NoOtelrs { endpoint: self.endpoint.clone() }) }
    }

    /// The answer of a path below `/api`.
    pub(crate) fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, ClientError> {
        let endpoint = || self.endpoint.clone();
        let unreachable =
            |source: ureq::Error| ClientError::Unreachable { endpoint: endpoint(), source: Box::new(source) };
        let mut request = self.agent.get(format!("{}/api/{path}", self.endpoint));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = request.query_pairs(parameters.iter().copied()).call().map_err(unreachable)?;
        let status = response.status();
        // As large as the viewer's whole store may be.
        let body = response.body_mut().with_config().limit(u64::MAX).read_json::<Value>();
        match (status.is_success(), body) {
            (true, Ok(answer)) => Ok(answer),
            (false, Ok(answer)) if answer["error"].is_string() => Err(ClientError::Refused {
                endpoint: endpoint(),
                message: answer["error"].as_str().unwrap_or_default().to_owned(),
            }),
            _ => Err(ClientError::NoOtelrs { endpoint: endpoint() }),
        }
    }
}
