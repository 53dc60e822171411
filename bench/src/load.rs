//! The load generator: `bench load`, a process of its own that asks one server for one path.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::affinity;
use crate::connection::Connection;
use crate::users::Users;

/// Latencies are kept with three digits.
const DIGITS: u8 = 3;
/// A user's thread does little, and a thousand of them are to fit beside the server.
const STACK: usize = 256 << 10;

/// What is asked.
#[derive(Clone, Debug, Args)]
pub(crate) struct Load {
    /// Port of 127.0.0.1.
    #[arg(long)]
    pub(crate) port: u16,
    /// What is asked for.
    #[arg(long)]
    pub(crate) path: String,
    /// How long.
    #[arg(long)]
    pub(crate) seconds: f64,
    /// Requests a second; as many as are answered when there is none.
    #[arg(long)]
    pub(crate) rate: Option<u32>,
    /// The processor to run on.
    #[arg(long)]
    pub(crate) core: Option<usize>,
    /// As many requests and no more.
    #[arg(long)]
    pub(crate) requests: Option<u64>,
    /// What every answer's body must be.
    #[arg(long)]
    pub(crate) body: Option<String>,
    #[command(flatten)]
    pub(crate) users: Users,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answers {
    /// Requests answered with 200; any other answer is an error.
    pub(crate) count: u64,
    /// From the first request to the last answer.
    pub(crate) seconds: f64,
    /// Half of the latencies are below. µs.
    pub(crate) median_micros: f64,
    /// All but one in a hundred are below. µs.
    pub(crate) tail_micros: f64,
}

impl Load {
    /// A few users who ask again as soon as they are answered.
    pub(crate) fn saturating(port: u16, path: &str, seconds: f64) -> Self {
        Self {
            port,
            path: path.to_owned(),
            seconds,
            rate: None,
            core: None,
            requests: None,
            body: None,
            users: Users::FEW,
        }
    }

    /// Runs it in a process of its own, and waits.
    ///
    /// # Errors
    /// When the server does not answer every request with 200.
    pub(crate) fn run_in_process(&self) -> Result<Answers> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["load", "--path", &self.path, "--port", &self.port.to_string()]);
        command.args(["--seconds", &self.seconds.to_string()]).args(self.users.arguments());
        for (name, value) in [
            ("--rate", self.rate.map(|rate| rate.to_string())),
            ("--core", self.core.map(|core| core.to_string())),
            ("--requests", self.requests.map(|requests| requests.to_string())),
            ("--body", self.body.clone()),
        ] {
            if let Some(value) = value {
                command.args([name, &value]);
            }
        }
        let output = command.stdin(Stdio::null()).output().context("cannot start the load generator")?;
        ensure!(
            output.status.success(),
            "requests for {}: {}",
            self.path,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        serde_json::from_slice(&output.stdout).context("the load generator's figures")
    }

    /// Runs it in this process and writes the figures to standard output.
    ///
    /// # Errors
    /// When the server does not answer every request with 200.
    pub(crate) fn run(&self) -> Result<()> {
        if let Some(core) = self.core {
            affinity::pin_this_thread(core)?;
        }
        let answers = self.send()?;
        serde_json::to_writer(io::stdout(), &answers)?;
        io::stdout().flush()?;
        Ok(())
    }

    fn send(&self) -> Result<Answers> {
        let shared = Shared {
            started: Instant::now(),
            sent: AtomicU64::new(0),
            latencies: Mutex::new(Histogram::new(DIGITS)?),
        };
        thread::scope(|scope| {
            let mut users = Vec::new();
            for number in 0..self.users.count() {
                let shared = &shared;
                let user = thread::Builder::new().stack_size(STACK);
                users.push(user.spawn_scoped(scope, move || self.send_as_one(number, shared))?);
            }
            users.into_iter().try_for_each(|user| match user.join() {
                Ok(done) => done,
                Err(_) => bail!("a user panicked"),
            })
        })?;
        let latencies = shared.latencies.into_inner().unwrap_or_else(PoisonError::into_inner);
        let micros = |quantile| latencies.value_at_quantile(quantile) as f64 / 1000.0;
        Ok(Answers {
            count: latencies.len(),
            seconds: shared.started.elapsed().as_secs_f64(),
            median_micros: micros(0.5),
            tail_micros: micros(0.99),
        })
    }

    /// The requests of one user, one at least, however late it came to ask, unless a rate leaves none for it. At a given
    /// rate a latency counts from the moment at which the request was due, so that a server that stalls is not asked more
    /// kindly.
    fn send_as_one(&self, number: u32, shared: &Shared) -> Result<()> {
        let started = shared.started;
        thread::sleep(self.users.join_after(number).saturating_sub(started.elapsed()));
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .with_context(|| format!("nobody at port {}", self.port))?;
        let mut connection = Connection::over(stream)?;
        let request = format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.path, self.port);
        let end = started + Duration::from_secs_f64(self.seconds);
        for turn in 0.. {
            let due = match self.rate {
                None => Instant::now(),
                Some(rate) => started + due_after(rate, self.users.count(), number, turn),
            };
            let is_over = due >= end && (turn > 0 || self.rate.is_some());
            let most = self.requests.unwrap_or(u64::MAX);
            if is_over || shared.sent.fetch_add(1, Ordering::Relaxed) >= most {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            connection.send(request.as_bytes())?;
            let (status, body) = connection.read_answer()?;
            let latency = u64::try_from(due.elapsed().as_nanos())?;
            ensure!(status == 200, "{} was answered with {status}", self.path);
            if let Some(expected) = &self.body {
                let body = String::from_utf8_lossy(body);
                ensure!(
                    body == expected.as_str(),
                    "{} was answered with {body:?}, not {expected:?}",
                    self.path
                );
            }
            let mut latencies = shared.latencies.lock().unwrap_or_else(PoisonError::into_inner);
            // `saturating_record` would not let the histogram grow.
            latencies.record(latency)?;
        }
        Ok(())
    }
}

/// What all users have in common.
struct Shared {
    started: Instant,
    sent: AtomicU64,
    /// In nanoseconds. One for all: a thousand would be 200 MB, and what is done under the lock is far less than a request.
    latencies: Mutex<Histogram<u64>>,
}

/// When a user's turn comes: all users take turns.
fn due_after(rate: u32, users: u32, user: u32, turn: u64) -> Duration {
    let number = turn * u64::from(users) + u64::from(user);
    Duration::from_nanos(number * 1_000_000_000 / u64::from(rate.max(1)))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn server(status: u16) -> u16 {
        slow_server(status, Duration::ZERO)
    }

    /// A server that answers `status`, each time after `delay`, until nobody asks any more.
    fn slow_server(status: u16, delay: Duration) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut connection = Connection::over(stream).unwrap();
                    while let Ok(Some(_)) = connection.read_request() {
                        thread::sleep(delay);
                        let answer = format!("HTTP/1.1 {status} \r\nContent-Length: 2\r\n\r\nok");
                        if connection.send(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        port
    }

    fn load(port: u16, rate: Option<u32>) -> Load {
        Load { rate, ..Load::saturating(port, "/hello", 0.1) }
    }

    #[test]
    fn connections_take_turns_at_the_rate() {
        let due: Vec<u128> = (0..2)
            .flat_map(|turn| (0..8).map(move |user| due_after(1000, 8, user, turn).as_millis()))
            .collect();
        assert_eq!(due, (0..16).collect::<Vec<_>>());
    }

    #[test]
    fn a_rate_sends_as_many_requests_as_are_due() {
        let answers = load(server(200), Some(1000)).send().unwrap();
        assert_eq!(answers.count, 100);
    }

    #[test]
    fn a_latency_is_as_long_as_the_server_takes() {
        for rate in [None, Some(100)] {
            let answers = load(slow_server(200, Duration::from_millis(5)), rate).send().unwrap();
            assert!(answers.median_micros >= 5_000.0, "{answers:?}");
            assert!(answers.tail_micros >= answers.median_micros, "{answers:?}");
        }
    }

    #[test]
    fn without_a_rate_the_server_decides_and_a_refusal_is_an_error() {
        assert!(load(server(200), None).send().unwrap().count > 0);
        let failure = load(server(503), None).send().unwrap_err();
        assert!(failure.to_string().contains("/hello was answered with 503"), "{failure:#}");
    }

    #[test]
    fn users_who_join_later_send_too_and_requests_can_be_counted_off() {
        let users = Users { first: 1, more: 9, joining: 0.05 };
        let crowd = Load {
            users,
            requests: Some(40),
            ..Load::saturating(slow_server(200, Duration::from_millis(5)), "/", 60.0)
        };
        assert_eq!(crowd.send().unwrap().count, 40);
    }

    #[test]
    fn a_user_who_comes_when_the_time_is_over_asks_once() {
        let users = Users { first: 1, more: 9, joining: 0.02 };
        let load = Load { users, ..Load::saturating(server(200), "/", 0.0) };
        assert_eq!(load.send().unwrap().count, 10);
        assert_eq!(Load { rate: Some(1000), ..load }.send().unwrap().count, 0);
    }

    #[test]
    fn another_body_than_expected_is_an_error() {
        let expecting = |body: &str| Load { body: Some(body.to_owned()), ..load(server(200), None) }.send();
        assert!(expecting("ok").unwrap().count > 0);
        let failure = expecting("tea").unwrap_err();
        assert!(failure.to_string().contains("answered with \"ok\", not \"tea\""), "{failure:#}");
    }
}
