//! The load generator: `bench load`, a process of its own that asks one server for one path over a few connections.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::affinity;
use crate::connection::Connection;

/// Connections, each used by one request at a time.
const CONNECTIONS: u32 = 8;
/// Latencies are kept with three digits.
const DIGITS: u8 = 3;

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
    /// Runs it in a process of its own, and waits.
    ///
    /// # Errors
    /// When the server does not answer every request with 200.
    pub(crate) fn run_in_process(&self) -> Result<Answers> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["load", "--path", &self.path, "--port", &self.port.to_string()]);
        command.args(["--seconds", &self.seconds.to_string()]);
        for (name, value) in [
            ("--rate", self.rate.map(|rate| rate.to_string())),
            ("--core", self.core.map(|core| core.to_string())),
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
        let started = Instant::now();
        let latencies = thread::scope(|scope| {
            let senders: Vec<_> = (0..CONNECTIONS)
                .map(|number| scope.spawn(move || self.send_over_one(number, started)))
                .collect();
            let mut all = Histogram::<u64>::new(DIGITS)?;
            for sender in senders {
                match sender.join() {
                    Ok(own) => all.add(own?)?,
                    Err(_) => bail!("a sender panicked"),
                }
            }
            Ok(all)
        })?;
        let micros = |quantile| latencies.value_at_quantile(quantile) as f64 / 1000.0;
        Ok(Answers {
            count: latencies.len(),
            seconds: started.elapsed().as_secs_f64(),
            median_micros: micros(0.5),
            tail_micros: micros(0.99),
        })
    }

    /// The latencies of one connection, in nanoseconds. At a given rate a latency counts from the moment at which the
    /// request was due, so that a server that stalls is not asked more kindly.
    fn send_over_one(&self, number: u32, started: Instant) -> Result<Histogram<u64>> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .with_context(|| format!("nobody at port {}", self.port))?;
        let mut connection = Connection::over(stream)?;
        let request = format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.path, self.port);
        let mut latencies = Histogram::new(DIGITS)?;
        let end = started + Duration::from_secs_f64(self.seconds);
        for turn in 0.. {
            let due = match self.rate {
                None => Instant::now(),
                Some(rate) => started + due_after(rate, number, turn),
            };
            if due >= end {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            connection.send(request.as_bytes())?;
            let status = connection.read_answer()?;
            ensure!(status == 200, "{} was answered with {status}", self.path);
            // `saturating_record` would not let the histogram grow.
            latencies.record(u64::try_from(due.elapsed().as_nanos())?)?;
        }
        Ok(latencies)
    }
}

/// When a connection's turn comes: all connections take turns.
fn due_after(rate: u32, connection: u32, turn: u64) -> Duration {
    let number = turn * u64::from(CONNECTIONS) + u64::from(connection);
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
        Load { port, path: "/hello".to_owned(), seconds: 0.1, rate, core: None }
    }

    #[test]
    fn connections_take_turns_at_the_rate() {
        let due: Vec<u128> = (0..2)
            .flat_map(|turn| {
                (0..CONNECTIONS).map(move |connection| due_after(1000, connection, turn).as_millis())
            })
            .collect();
        assert_eq!(due, (0..u128::from(2 * CONNECTIONS)).collect::<Vec<_>>());
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
}
