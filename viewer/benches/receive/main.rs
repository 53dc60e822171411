//! What receiving costs: spans of 12 attributes and 600 bytes in batches of 512 over http/protobuf, findings on.
//!
//! `cargo bench -p otelrs-viewer --bench receive -- [--seconds 60] [--rate 50000] [--memory 64] [--spans COUNT]`
//!
//! The sender is a process of its own, so that its encoder is not in the receiver's figure. `--rate 0` sends as fast as the
//! receiver answers, `--spans` ends after so many spans instead of a time.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that fails says where")]

mod load;
mod usage;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use load::Load;
use otelrs_test_support::machine;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use usage::{cpu_seconds, rss_mib};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |name: &str, default: u64| {
        let value =
            arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
        value.map_or(default, |value| value.parse().expect("a number"))
    };
    let load = Load {
        seconds: number("--seconds", 60),
        rate: number("--rate", 50_000),
        spans: number("--spans", u64::MAX),
    };
    match arguments.iter().position(|argument| argument == "--send-to") {
        Some(at) => load::send(&arguments[at + 1], &load),
        None => receive(&load, &arguments, number("--memory", 64)),
    }
}

fn receive(load: &Load, arguments: &[String], memory_mib: u64) {
    let max_store_bytes = usize::try_from(memory_mib).unwrap() * 1024 * 1024;
    let receiver =
        Receiver::start(ReceiverOptions { max_store_bytes, ..ReceiverOptions::free_ports() }).unwrap();
    let (cpu_before, started) = (cpu_seconds(), Instant::now());
    let mut sender = Command::new(std::env::current_exe().unwrap())
        .args(["--send-to", &receiver.http_endpoint()])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    println!("{}", machine::description());
    println!("offered: {load}; memory bound {memory_mib} MiB");
    let (mut peak, mut next_line) = (0, 1_000_000);
    while sender.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(100));
        peak = peak.max(rss_mib());
        let received = receiver.store().counters().spans_received;
        if received >= next_line {
            println!("{received:>10} spans: RSS {} MiB", rss_mib());
            next_line = received / 1_000_000 * 1_000_000 + 1_000_000;
        }
    }
    let (cpu, wall) = (cpu_seconds() - cpu_before, started.elapsed().as_secs_f64());
    let sent: u64 =
        String::from_utf8(sender.wait_with_output().unwrap().stdout).unwrap().trim().parse().unwrap();
    let findings = receiver.store().findings();
    let sentences: Vec<&str> = findings.iter().map(|finding| finding.sentence.as_str()).collect();
    let store = receiver.shutdown();
    let stored: u64 = store.traces().iter().map(|trace| trace.spans.len() as u64).sum();
    let counters = store.counters();
    let counted = counters.spans_evicted + counters.spans_invalid;
    let per_span = cpu * 1e6 / sent as f64;
    println!("sent {sent} = stored {stored} + counted {counted}: {}", sent == stored + counted);
    println!("{} findings, such as {:?}", sentences.len(), sentences.first());
    println!("store {} MiB by its own estimate, RSS {peak} MiB at most", store.bytes() / 1024 / 1024);
    println!(
        "{wall:.1} s, {:.0} spans/s; receiver {cpu:.1} CPU-seconds, {per_span:.2} µs a span",
        sent as f64 / wall
    );
    assert_eq!(sent, stored + counted);
}
