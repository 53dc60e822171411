//! `./x` on a machine that lacks everything: what it names, asks, installs, and prints when it may not.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What every Debian has, and `x` uses.
const ESSENTIAL: [&str; 11] =
    ["sh", "dirname", "sort", "head", "cut", "sed", "cat", "ls", "env", "test", "grep"];

/// A machine with nothing on its path but the essential, and stand-ins that write down how they were called.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(user: &str, others: &[&str]) -> Machine {
        let machine = Machine { folder: tempfile::tempdir().unwrap() };
        for name in ESSENTIAL {
            let found = ["/bin", "/usr/bin"].iter().map(|folder| Path::new(folder).join(name));
            if let Some(program) = found.into_iter().find(|program| program.exists()) {
                symlink(program, machine.bin(name)).unwrap();
            }
        }
        machine.program("id", &format!("echo {user}"));
        for name in others {
            machine.program(name, &format!("echo \"{name} $*\" >> \"{}\"", machine.calls().display()));
        }
        machine
    }

    /// A stand-in that goes on with its arguments, as sudo does.
    fn sudo(self) -> Machine {
        let calls = self.calls();
        self.program("sudo", &format!("echo \"sudo $*\" >> \"{}\"; exec \"$@\"", calls.display()));
        self
    }

    fn bin(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn calls(&self) -> PathBuf {
        self.bin("calls")
    }

    fn program(&self, name: &str, script: &str) {
        fs::write(self.bin(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(self.bin(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn called(&self) -> String {
        fs::read_to_string(self.calls()).unwrap_or_default()
    }

    fn command(&self, asked_for: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .arg(x())
            .arg(asked_for)
            .env_clear()
            .env("PATH", self.folder.path())
            .env("HOME", self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    fn run(&self) -> Output {
        self.command("demo").output().unwrap()
    }
}

fn x() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../x")
}

/// Cargo as far as `x` looks at it.
fn with_cargo(machine: Machine) -> Machine {
    let calls = machine.calls();
    machine.program(
        "cargo",
        &format!(
            "[ \"$1\" = --version ] && echo 'cargo 1.95.0' || echo \"cargo $*\" >> \"{}\"",
            calls.display()
        ),
    );
    machine
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn root_gets_what_is_missing_and_goes_on() {
    let machine = with_cargo(Machine::new("0", &["apt-get"]));
    let output = machine.run();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("x: missing packages:"), "{}", said(&output));
    let called = machine.called();
    let lines: Vec<&str> = called.lines().collect();
    assert_eq!(lines[0], "apt-get update -q");
    for package in ["openjdk-17-jdk-headless", "maven"] {
        assert!(lines[1].starts_with("apt-get install") && lines[1].contains(package), "{called}");
    }
    assert_eq!(lines[2], "cargo run --quiet --package xtask -- demo");
}

#[test]
fn a_user_goes_through_sudo() {
    let machine = with_cargo(Machine::new("1000", &["apt-get"])).sudo();
    let output = machine.run();
    assert!(output.status.success(), "{}", said(&output));
    assert!(machine.called().starts_with("sudo apt-get update -q\n"), "{}", machine.called());
}

/// A distribution's rustup leaves its own updates to the package manager, and fails at the attempt.
#[test]
fn a_toolchain_is_installed_without_updating_rustup() {
    let machine = Machine::new("0", &["apt-get", "rustup"]);
    let output = machine.run();
    assert!(said(&output).contains("x: no Rust:"), "{}", said(&output));
    let called = machine.called();
    assert!(
        called.contains("rustup toolchain install stable --profile minimal --no-self-update"),
        "{called}"
    );
}

/// Ubuntu has Chromium as a snap only: `apt-get install chromium` would fail, and with it everything.
#[test]
fn a_browser_is_installed_where_it_is_a_package() {
    for (id, wanted) in [("debian", true), ("ubuntu", false)] {
        let machine = with_cargo(Machine::new("0", &["apt-get"]));
        let os_release = machine.bin("os-release");
        fs::write(&os_release, format!("NAME=some\nID={id}\n")).unwrap();
        machine.command("test").env("OS_RELEASE", os_release).output().unwrap();
        let called = machine.called();
        assert!(called.contains("apt-get install"), "{called}");
        assert_eq!(called.contains("chromium"), wanted, "{id}: {called}");
    }
}

#[test]
fn without_root_or_sudo_the_line_to_run_is_printed_and_nothing_happens() {
    let machine = with_cargo(Machine::new("1000", &["apt-get"]));
    let output = machine.run();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("apt-get update && apt-get install -y"), "{}", said(&output));
    assert_eq!(machine.called(), "", "nothing was called");
}

#[test]
fn a_machine_without_apt_is_told_what_is_missing() {
    let output = with_cargo(Machine::new("0", &[])).run();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("maven") && said(&output).contains("no apt-get here"),
        "{}",
        said(&output)
    );
}

#[test]
fn at_a_terminal_it_asks_first_and_takes_no_for_an_answer() {
    let script = Path::new("/usr/bin/script");
    if !script.exists() {
        eprintln!("skipped: a terminal, for want of util-linux's script");
        return;
    }
    let machine = with_cargo(Machine::new("0", &["apt-get"]));
    let path = machine.folder.path().display();
    let inner = format!("env -i PATH={path} HOME={path} /bin/sh {} demo", x().display());
    let answer = machine.bin("answer");
    fs::write(&answer, "n\n").unwrap();
    let output = Command::new(script)
        .args(["--quiet", "--return", "--command", &inner, "/dev/null"])
        .stdin(fs::File::open(answer).unwrap())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("[Y/n]") && shown.contains("nothing installed. The line to run:"), "{shown}");
    assert_eq!(machine.called(), "", "nothing was called");
}
