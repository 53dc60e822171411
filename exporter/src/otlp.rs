//! A batch on its way to the collector: encoded once, tried as often as the policy allows, and accounted for.

use std::time::Instant;

use otelrs_sdk::resource::Resource;

use crate::config::Config;
use crate::control::Control;
use crate::encode::BatchEncoder;
use crate::log::Log;
use crate::payload::Payload;
use crate::retry::Backoff;
use crate::source::SpanSource;
use crate::stats::add;
use crate::transport::{Answer, EndpointError, Transport, cause};

/// The OTLP exporter.
pub(crate) struct OtlpExporter {
    transport: Transport,
    encoder: BatchEncoder,
    payload: Payload,
    /// The last attempt of the final flush met nobody: further ones would only delay the process's end.
    given_up: bool,
}

impl OtlpExporter {
    pub(crate) fn new(config: &Config, log: &dyn Log) -> Result<Self, EndpointError> {
        Ok(Self {
            transport: Transport::new(&config.otlp, config.clock, log)?,
            encoder: BatchEncoder::default(),
            payload: Payload::new(config.otlp.compression),
            given_up: false,
        })
    }

    /// Delivers the batch or counts it as failed; returns when either is done.
    pub(crate) fn export<S: SpanSource>(
        &mut self,
        source: &S,
        records: &[S::Record],
        resource: &Resource,
        config: &Config,
        control: &Control,
        log: &dyn Log,
    ) {
        let mut count = records.len() as u64;
        let mut attempts = 0;
        let too_late = control.flush_until().is_some_and(|until| Instant::now() >= until);
        let (cause, reason) = if self.given_up || too_late {
            (cause::UNREACHABLE, "not sent before the end of the process".to_owned())
        } else {
            let encoded = self.payload.begin();
            let (version, privacy) = (&config.scope_version, config.privacy);
            count = self.encoder.encode(resource, version, privacy, source, records, encoded);
            match self.deliver(&mut attempts, config, control, log) {
                Ok((rejected, message)) => {
                    report_partial(count, rejected.min(count), &message, control, log);
                    return;
                }
                Err(failure) => failure,
            }
        };
        add(&control.counters().failed, count);
        let lost = control.stats().failed;
        let tried = if attempts > 1 { format!(" ({attempts} attempts)") } else { String::new() };
        log.warn(cause, &format!("{count} spans lost, {lost} since the start: {reason}{tried}"));
    }

    /// What the collector rejected, or cause and reason of the failure.
    fn deliver(
        &mut self,
        attempts: &mut u32,
        config: &Config,
        control: &Control,
        log: &dyn Log,
    ) -> Result<(u64, String), (&'static str, String)> {
        let mut until = Instant::now() + config.batch.export_timeout;
        let mut backoff = Backoff::new(&config.retry);
        loop {
            *attempts = backoff.attempts();
            let (cause, reason, after) = match self.transport.send(&mut self.payload, until, control, log) {
                Answer::Accepted { rejected, message } => return Ok((rejected, message)),
                Answer::Refused { cause, reason } => return Err((cause, reason)),
                Answer::Later { cause, reason, after } => (cause, reason, after),
            };
            // At the end of the process only a collector that answers is worth a wait.
            if control.flush_until().is_some() && cause == cause::UNREACHABLE {
                self.given_up = true;
                return Err((cause, reason));
            }
            let Some(wait) = backoff.next_wait(after) else { return Err((cause, reason)) };
            if after.is_some() {
                until += wait;
            }
            let again = Instant::now() + wait;
            if again >= control.flush_until().map_or(until, |flush_until| until.min(flush_until)) {
                return Err((cause, reason));
            }
            log.debug(&format!("{reason}; next attempt in {} ms", wait.as_millis()));
            add(&control.counters().retried, 1);
            control.pause_before_retry(again);
        }
    }
}

fn report_partial(count: u64, rejected: u64, message: &str, control: &Control, log: &dyn Log) {
    add(&control.counters().exported, count - rejected);
    add(&control.counters().failed, rejected);
    let said = if message.is_empty() { "it does not say why" } else { message };
    if rejected > 0 {
        log.warn(
            "collector-rejected",
            &format!("the collector rejected {rejected} of {count} spans: {said}"),
        );
    } else if !message.is_empty() {
        log.warn("collector-warning", &format!("the collector says: {said}"));
    }
}
