//! What `otelrs` says of itself and of command lines that are wrong.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::process::Command;

use support::otelrs;

fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = otelrs().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_wrong_command_line_names_the_option_and_the_remedy() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["Usage: otelrs <COMMAND>", "run", "view"]),
        (&["veiw"], &["'veiw'", "similar", "'view'"]),
        (&["view", "--plian"], &["'--plian'", "'--plain'"]),
        (&["view", "--http-port"], &["'--http-port <PORT>'", "a value is required"]),
        (&["view", "--http-port", "99999"], &["'99999'", "'--http-port <PORT>'", "not in 0..=65535"]),
        (&["view", "--plain", "--json"], &["'--plain'", "cannot be used with", "'--json'"]),
        (&["run"], &["<COMMAND>", "required"]),
        (&["run", "--show", "many", "true"], &["'many'", "'--show <COUNT>'"]),
        (&["run", "--tui", "--show", "3", "true"], &["'--tui'", "cannot be used with", "'--show <COUNT>'"]),
        (&["tree"], &["<FILE>", "required"]),
        (
            &["tree", "f", "--filter", "statsu:error"],
            &["'--filter <FILTER>'", "column 1", "no field is called", "status"],
        ),
        (&["completions", "tcsh"], &["'tcsh'", "possible values: bash, elvish, fish, powershell, zsh"]),
    ];
    for (arguments, parts) in cases {
        let (code, stdout, stderr) = said(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        for part in *parts {
            assert!(stderr.contains(part), "{arguments:?} lacks {part:?}:\n{stderr}");
        }
    }
}

#[test]
fn a_screen_without_a_terminal_is_refused_before_anything_starts() {
    let place = support::Place::new();
    let witness = place.path("started");
    let touch = format!("touch {}", witness.display());
    let output = place.run(&["--tui"], &["/bin/sh", "-c", &touch]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("--tui: standard input and output must be a terminal. Leave --tui out"),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(!witness.exists());
}

#[test]
fn help_names_every_command_and_option() {
    let (code, stdout, _) = said(&["--help"]);
    assert_eq!(code, Some(0));
    for command in ["run", "view", "tree", "completions"] {
        assert!(stdout.contains(&format!("\n  {command}")), "{stdout}");
    }
    let (_, run, _) = said(&["run", "--help"]);
    for option in
        ["--agent", "--service", "--json", "--option", "--show", "--tui", "--http-port", "--grpc-port"]
    {
        assert!(run.contains(option), "{run}");
    }
}

/// Completions are made from the same definition as the help: each knows the commands and options, and a shell that is
/// here accepts its own.
#[test]
fn completions_know_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, _) = said(&["completions", shell]);
        assert_eq!(code, Some(0));
        for word in ["completions", "view", "tree", "plain", "tui", "grpc-port"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let (_, script, _) = said(&["completions", "bash"]);
    let ask = format!(
        "{script}\nCOMP_WORDS=(otelrs view --pl); COMP_CWORD=2; _otelrs otelrs --pl view; echo ${{COMPREPLY[@]}}"
    );
    let answer = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert_eq!(String::from_utf8(answer.stdout).unwrap().trim(), "--plain", "{:?}", answer.stderr);
}
