//! Trace context between processes: what is read from a request, decided, and sent on.

use std::thread;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::expected::Expected;
use otelrs_jvm_tests::traced::{Launch, Traced, agent_argument};
use otelrs_test_support::fixture::{FixtureProcess, QUICK_JVM, jdks_for};
use otelrs_test_support::jdk::Jdk;
use otelrs_test_support::{net, paths};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::{Kind, Span, Trace};
use otelrs_viewer::tree::{TreeOptions, render_tree};

const FIXTURE: &str = "boot35";
const SENT_SPAN: &str = "00f067aa0ba902b7";

/// A fixture under the agent, sending to `receiver`.
fn start(jdk: &Jdk, receiver: &Receiver, service: &str, arguments: &[&str]) -> Result<FixtureProcess> {
    let agent = agent_argument(&format!(
        "otel.exporter.otlp.endpoint={};otel.service.name={service};otel.bsp.schedule.delay=100",
        receiver.http_endpoint()
    ));
    let jvm = [&QUICK_JVM[..], &[&agent]].concat();
    FixtureProcess::start(jdk, &paths::fixture_jar(FIXTURE), &jvm, &[], arguments)
}

/// A trace id that a test can tell from all others.
fn trace_id(number: u8) -> String {
    format!("4bf92f3577b34da6a3ce929d0e0e47{number:02x}")
}

fn find<'t>(traces: &'t [Trace], id: &str) -> Option<&'t Trace> {
    traces.iter().find(|trace| trace.trace_id.to_string() == id)
}

/// What the peer of `/call-headers` saw of one header: `traceparent=... tracestate=... baggage=...`.
fn seen<'b>(body: &'b str, header: &str) -> Result<&'b str> {
    let value = body.split(' ').find_map(|part| part.strip_prefix(header)?.strip_prefix('='));
    value.with_context(|| format!("no {header} in {body:?}"))
}

#[test]
fn two_services_share_a_trace_over_every_client() -> Result<()> {
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let [front_port, back_port] = net::free_ports()?;
    let (front_arguments, back_arguments) = (
        [format!("--server.port={front_port}"), format!("--peer.url=http://127.0.0.1:{back_port}")],
        [format!("--server.port={back_port}")],
    );
    let (front, back) = thread::scope(|scope| {
        let back =
            scope.spawn(|| start(&jdk, &receiver, "stock", &back_arguments.each_ref().map(String::as_str)));
        let front = start(&jdk, &receiver, "shop", &front_arguments.each_ref().map(String::as_str));
        (front, back.join())
    });
    let (front, back) =
        (front?, back.map_err(|_| anyhow::anyhow!("the thread that started stock panicked"))??);

    // Whole trees: java.net.http send and sendAsync, HttpURLConnection.
    let expected = Expected::read("two-services")?;
    let mut sent = Vec::new();
    for (number, request) in (0..).zip(expected.requests()) {
        let parent = format!("00-{}-{SENT_SPAN}-01", trace_id(number));
        ensure!(front.get_with(&request, &[("traceparent", &parent)])?.status == 200, "{request}");
        sent.push((request, trace_id(number)));
    }

    // What is not the agent's own is forwarded as it came.
    let parent = format!("00-{}-{SENT_SPAN}-01", trace_id(100));
    let (state, baggage) = ("vendor=opaque,other@tenant=x:1", "user=alice%20b;ttl=5,tier=gold");
    let headers = [("traceparent", parent.as_str()), ("tracestate", state), ("baggage", baggage)];
    let forwarded = front.get_with("/call-headers", &headers)?.body;
    assert_eq!((seen(&forwarded, "tracestate")?, seen(&forwarded, "baggage")?), (state, baggage));

    // An unsampled parent: nothing is recorded anywhere, and the next service is told.
    let parent = format!("00-{}-{SENT_SPAN}-00", trace_id(101));
    let unsampled = front.get_with("/call-headers", &[("traceparent", &parent), ("tracestate", state)])?.body;
    let told = seen(&unsampled, "traceparent")?;
    assert!(told.starts_with(&format!("00-{}-", trace_id(101))) && told.ends_with("-00"), "{told}");
    assert_eq!(seen(&unsampled, "tracestate")?, state);

    // No parent, and one that is malformed: a trace of its own each.
    let mut own = Vec::new();
    for parent in [None, None, Some("00-0-0-01")] {
        let headers: Vec<_> = parent.iter().map(|parent| ("traceparent", *parent)).collect();
        let told = front.get_with("/call-headers", &headers)?.body;
        own.push(seen(&told, "traceparent")?.split('-').nth(1).context("no trace id")?.to_owned());
    }

    for service in [front, back] {
        let ended = service.stop()?;
        ensure!(ended.status.code() == Some(143) && ended.stderr.is_empty(), "{ended:?}");
    }
    let traces = receiver.shutdown().traces();
    let options = TreeOptions::default()
        .mask_text(&front_port.to_string(), "<shop>")
        .mask_text(&back_port.to_string(), "<stock>")
        .only(&["http.*", "db.query.summary", "server.*", "url.full", "error.type"]);
    let received: Vec<(String, String)> = sent
        .iter()
        .map(|(request, id)| {
            let tree =
                find(&traces, id).map_or_else(|| "nothing".to_owned(), |trace| render_tree(trace, &options));
            (request.clone(), tree)
        })
        .collect();
    expected.compare(&format!("JDK {}", jdk.feature), &received)?;

    // The parent that the second service was told is the first one's client span, and it was marked as sampled.
    let trace = find(&traces, &trace_id(100)).context("no trace of /call-headers")?;
    let client = trace.spans.iter().find(|span| span.kind == Kind::Client).context("no client span")?;
    assert_eq!(seen(&forwarded, "traceparent")?, format!("00-{}-{}-01", trace_id(100), client.span_id));
    assert!(trace.spans.iter().all(|span| span.trace_state == state), "{trace:#?}");

    assert!(find(&traces, &trace_id(101)).is_none(), "an unsampled trace was recorded: {traces:#?}");
    own.sort();
    own.dedup();
    assert_eq!(own.len(), 3, "each request without a parent has a trace of its own: {own:?}");
    for id in own {
        let trace = find(&traces, &id).with_context(|| format!("no trace {id}"))?;
        let roots: Vec<&Span> =
            trace.spans.iter().map(|span| &**span).filter(|span| span.parent_span_id.is_none()).collect();
        assert!(roots.len() == 1 && roots[0].service() == "shop" && trace.spans.len() == 3, "{trace:#?}");
    }
    Ok(())
}

/// What becomes of a request whose parent says sampled (01) or not (00).
struct Decision {
    options: &'static str,
    /// Flags of the parent, whether there are spans, flags that are sent on.
    outcomes: [(&'static str, bool, &'static str); 2],
}

#[test]
fn the_sampler_decides() -> Result<()> {
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    for Decision { options, outcomes } in [
        Decision {
            options: ";otel.traces.sampler=always_off",
            outcomes: [("01", false, "00"), ("00", false, "00")],
        },
        Decision {
            options: ";otel.traces.sampler=traceidratio;otel.traces.sampler.arg=0",
            outcomes: [("01", false, "00"), ("00", false, "00")],
        },
        Decision {
            options: ";otel.traces.sampler=traceidratio;otel.traces.sampler.arg=1",
            outcomes: [("01", true, "01"), ("00", true, "01")],
        },
        Decision {
            options: ";otel.traces.sampler=parentbased_traceidratio;otel.traces.sampler.arg=0",
            outcomes: [("01", true, "01"), ("00", false, "00")],
        },
    ] {
        let application = Traced::start(&jdk, FIXTURE, &Launch { options, ..Launch::default() })?;
        for (number, (flags, _, told)) in (0..).zip(outcomes) {
            let parent = format!("00-{}-{SENT_SPAN}-{flags}", trace_id(number));
            let body = application.process().get_with("/call-headers", &[("traceparent", &parent)])?.body;
            let sent_on = seen(&body, "traceparent")?;
            let id = sent_on.split('-').nth(1);
            assert_eq!(
                (id, sent_on.rsplit('-').next()),
                (Some(&*trace_id(number)), Some(told)),
                "{options} {flags}"
            );
        }
        let (_, traces) = application.stop()?;
        for (number, (flags, recorded, _)) in (0..).zip(outcomes) {
            let trace = find(&traces, &trace_id(number));
            assert_eq!(
                trace.map_or(0, |trace| trace.spans.len()),
                if recorded { 3 } else { 0 },
                "{options} {flags}"
            );
        }
    }
    Ok(())
}

#[test]
fn without_propagators_nothing_is_read_or_sent() -> Result<()> {
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    let launch = Launch { options: ";otel.propagators=none", ..Launch::default() };
    let mut application = Traced::start(&jdk, FIXTURE, &launch)?;
    let sent =
        application.get_with("/call-headers", &[("tracestate", "vendor=1"), ("baggage", "user=alice")])?;
    assert_eq!(sent.response.body, "traceparent=null tracestate=null baggage=null");
    let (_, traces) = application.stop()?;
    assert!(traces.iter().all(|trace| trace.trace_id != sent.trace_id), "{traces:#?}");
    // The call is one trace of two spans, the called request another of one.
    let mut sizes: Vec<usize> = traces.iter().map(|trace| trace.spans.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2]);
    Ok(())
}

#[test]
fn the_service_is_named_after_the_spring_application() -> Result<()> {
    let Some(jdk) = jdks_for(FIXTURE).pop() else { return Ok(()) };
    let receiver = Receiver::start(ReceiverOptions::free_ports())?;
    let agent = agent_argument(&format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint()));
    let jvm = [&QUICK_JVM[..], &[&agent]].concat();
    let application =
        FixtureProcess::start(&jdk, &paths::fixture_jar(FIXTURE), &jvm, &[], &["--server.port=0"])?;
    application.get("/orders/1")?;
    application.stop()?;
    let traces = receiver.shutdown().traces();
    let names: Vec<&str> = traces.iter().flat_map(|trace| &trace.spans).map(|span| span.service()).collect();
    // spring.application.name of the fixture's application.properties.
    assert_eq!(names, ["orders", "orders"]);
    Ok(())
}
