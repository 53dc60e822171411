//! `otelrs run` around commands of /bin/sh: what they get, and what is left of them.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::process::{Command, Stdio};

use rustix::process::Signal;
use support::{Place, Running, line, lines_of, otelrs, rest, send_span};

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn end(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_exit_status_is_passed_on() {
    let place = Place::new();
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        assert_eq!(end(&mut place.run(&[], &["/bin/sh", "-c", script])).code, Some(code), "{script}");
    }
}

#[test]
fn standard_input_and_output_are_the_commands_own() {
    let place = Place::new();
    let input = place.path("input");
    std::fs::write(&input, "typed\n").unwrap();
    let mut command = place.run(&[], &["/bin/sh", "-c", "cat; echo err >&2"]);
    let ended = end(command.stdin(Stdio::from(std::fs::File::open(input).unwrap())));
    assert_eq!(ended.stdout, "typed\n");
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert!(lines[0].starts_with("otelrs: receiving traces on http://127.0.0.1:"), "{}", ended.stderr);
    assert_eq!(lines[1], "err");
    assert!(lines[2].starts_with("otelrs: no traces were received"), "{}", ended.stderr);
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_command_finds_agent_and_endpoint_in_its_environment() {
    let place = Place::new();
    let script = "echo \"$JAVA_TOOL_OPTIONS|$OTEL_EXPORTER_OTLP_ENDPOINT|$OTEL_EXPORTER_OTLP_PROTOCOL|\
                  $OTEL_BSP_SCHEDULE_DELAY|$OTEL_SERVICE_NAME\"";
    let options = ["--service", "shop", "--option", "otel.javaagent.debug=true", "--option", "a=b c"];
    let ended = end(place.run(&options, &["/bin/sh", "-c", script]).env("JAVA_TOOL_OPTIONS", "-Xmx1g"));
    let library = place.path("libotelrs.so");
    let endpoint = ended.stderr.split_once("traces on ").unwrap().1.split_once(';').unwrap().0;
    let expected = format!(
        "-Xmx1g '-agentpath:{}=otel.javaagent.debug=true;a=b c'|{endpoint}|http/protobuf|200|shop\n",
        library.display()
    );
    assert_eq!(ended.stdout, expected);
}

#[test]
fn traces_are_shown_at_the_end_and_written_as_json_lines() {
    let place = Place::new();
    let file = place.path("traces.jsonl");
    let script = "echo $OTEL_EXPORTER_OTLP_ENDPOINT; read wait";
    let options = ["--show", "2", "--json", file.to_str().unwrap()];
    let mut running = Running::start(place.run(&options, &["/bin/sh", "-c", script]).stdin(Stdio::piped()));
    let endpoint = line(&mut lines_of(&mut running.0.stdout));
    for trace in 1..=3 {
        send_span(&endpoint, trace, &format!("GET /orders/{trace}"));
    }
    drop(running.0.stdin.take());
    let stderr = rest(running.0.stderr.take().unwrap());
    // The shell's `read` met the end of its input.
    assert_eq!(running.exit_code(), Some(1));
    assert!(!stderr.contains("GET /orders/1"), "{stderr}");
    let second = stderr.find("● GET /orders/2  12.0 ms  1 span  shop").expect(&stderr);
    let third = stderr.find("● GET /orders/3").expect(&stderr);
    assert!(second < third);
    assert!(
        stderr.ends_with("otelrs: 3 traces, 3 spans received; 1 earlier not shown (--show 3 shows them)\n"),
        "{stderr}"
    );
    assert!(!stderr.contains('\u{1b}'), "no colour where there is no terminal");
    let lines = std::fs::read_to_string(file).unwrap();
    let requests: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let name = &requests[2]["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"];
    assert_eq!((requests.len(), name), (3, &serde_json::json!("GET /orders/3")));
}

#[test]
fn signals_sent_to_otelrs_reach_the_command() {
    let place = Place::new();
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
    ] {
        let script = format!("trap 'kill $!; echo got {name}; exit 7' {name}; sleep 60 & echo ready; wait");
        let mut running = Running::start(&mut place.run(&[], &["/bin/sh", "-c", &script]));
        let mut stdout = lines_of(&mut running.0.stdout);
        assert_eq!(line(&mut stdout), "ready");
        running.signal(signal);
        assert_eq!(line(&mut stdout), format!("got {name}"));
        assert_eq!(running.exit_code(), Some(7), "{name}");
    }
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let place = Place::new();
    let run = place.run(&[], &["/bin/sh", "-c", "kill -HUP $PPID; kill -HUP $$; echo alive"]);
    let mut nohup = Command::new("/bin/sh");
    nohup.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let ended = end(nohup.stdin(Stdio::null()));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "alive\n"), "{}", ended.stderr);
}

#[test]
fn a_command_that_writes_a_cds_archive_is_not_started() {
    let place = Place::new();
    let witness = place.path("started");
    let script =
        format!("touch {}; exec java -XX:ArchiveClassesAtExit=app.jsa -jar app.jar", witness.display());
    let ended = end(&mut place.run(&[], &["/bin/sh", "-c", &script]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.starts_with("otelrs: not started: -XX:ArchiveClassesAtExit=app.jsa"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("without otelrs, then use it with -XX:SharedArchiveFile"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.lines().count(), 1);
    let touch = format!("touch {}", witness.display());
    let ended = end(place.run(&[], &["/bin/sh", "-c", &touch]).env("JAVA_TOOL_OPTIONS", "-Xshare:dump"));
    assert_eq!(ended.code, Some(2));
    assert!(!witness.exists());
}

#[test]
fn what_cannot_start_says_why_and_what_to_do() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let agent = place.path("libotelrs.so");
    let with_agent = ["run", "--agent", agent.to_str().unwrap(), "--http-port", "0", "--grpc-port"];
    let cases: &[(&[&str], &[&str], i32, &str)] = &[
        (
            &["run", "--agent", "/nowhere/l.so"],
            &["true"],
            2,
            "--agent: cannot read the agent library /nowhere/l.so",
        ),
        (&with_agent, &["0", "--option", "debug", "true"], 2, "--option debug: expected KEY=VALUE"),
        (&with_agent, &["0", "--json", "/nowhere/f", "true"], 2, "--json /nowhere/f: "),
        (&with_agent, &[&port, "true"], 2, "Choose another with --grpc-port"),
        (&with_agent, &["0", "--", "/nowhere/command"], 127, "/nowhere/command: No such file"),
        (&with_agent, &["0", "--", "/"], 126, "/: Permission denied"),
        (&with_agent, &["0"], 2, "required arguments were not provided"),
    ];
    for (first, then, code, message) in cases {
        let ended = end(otelrs().args(*first).args(*then));
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
        assert_eq!(ended.code, Some(*code), "{message}");
    }
}

#[test]
fn an_endpoint_of_the_users_is_kept_and_said() {
    let place = Place::new();
    let script = "echo $OTEL_EXPORTER_OTLP_ENDPOINT";
    let mut command = place.run(&[], &["/bin/sh", "-c", script]);
    let ended = end(command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"));
    assert_eq!(ended.stdout, "http://collector:4318\n");
    assert!(
        ended.stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT is set to http://collector:4318"),
        "{}",
        ended.stderr
    );
}
