//! What `otelrs attach` and `otelrs detach` say when it cannot be done, and that nobody comes to harm by it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::program::{clean_command, java, run};
use otelrs_jvm_tests::served::Served;
use otelrs_test_support::child::Child;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::operator::{attach, attach_command, detach, detach_command};
use otelrs_test_support::paths;
use tempfile::TempDir;

fn tomcat() -> String {
    paths::fixture_jar("tomcat-plain").display().to_string()
}

fn served(jdk: &Jdk, jvm: &[&str], env: &[(&str, &str)]) -> Result<Served> {
    let jar = tomcat();
    Served::start(&mut java(jdk, &[jvm, &["-jar", &jar]].concat(), env))
}

/// Nothing is exported: nobody listens.
fn silent() -> Vec<String> {
    vec!["otel.traces.exporter=none".to_owned()]
}

/// The command ends with status 1 and says this.
fn refused(context: &str, command: &mut Command, part: &str) -> Result<()> {
    let ended = run(command)?;
    let said = ended.stderr.starts_with("otelrs: ") && ended.stderr.contains(part);
    ensure!(
        ended.status.code() == Some(1) && said && ended.stdout.is_empty(),
        "{context}: {part}: {ended:?}"
    );
    Ok(())
}

fn still_serves(context: &str, server: Served) -> Result<()> {
    let answer = server.get("/ctx/exact", 1).context(context.to_owned())?;
    ensure!(answer.body == "exact", "{context}: {answer:?}");
    let ended = server.stop()?;
    ensure!(ended.stdout == "READY <port>\n", "{context}: {ended:?}");
    Ok(())
}

#[test]
fn processes_that_are_no_jvm_are_named_and_left_alone() -> Result<()> {
    let mut ended = Command::new("true").spawn()?;
    let no_process = ended.id();
    ended.wait()?;
    refused("ended", &mut attach_command(no_process, &silent()), "there is no process")?;
    let sleeping = Child::start("sleep", Command::new("sleep").arg("600"))?;
    refused("sleep", &mut attach_command(sleeping.id(), &silent()), "is no HotSpot JVM")?;
    refused("sleep", &mut detach_command(sleeping.id()), "is no HotSpot JVM")?;
    let status = fs::read_to_string(format!("/proc/{}/status", sleeping.id()))?;
    ensure!(status.contains("State:\tS"), "{status}");
    Ok(())
}

#[test]
fn jvms_that_let_nobody_in_are_told_from_each_other() -> Result<()> {
    for jdk in jdk::found() {
        for (jvm, env, part) in [
            (&["-XX:+DisableAttachMechanism"][..], &[][..], "runs with -XX:+DisableAttachMechanism"),
            (
                &[],
                &[("JAVA_TOOL_OPTIONS", "-XX:+DisableAttachMechanism")],
                "runs with -XX:+DisableAttachMechanism",
            ),
            (
                &["-XX:-EnableDynamicAgentLoading"],
                &[],
                "-XX:-EnableDynamicAgentLoading, so it loads no agent. Restart it with -XX:+EnableDynamicAgentLoading",
            ),
        ] {
            let context = format!("{jvm:?} {env:?} on JDK {}", jdk.feature);
            let server = served(&jdk, jvm, env)?;
            refused(&context, &mut attach_command(server.child.id(), &silent()), part)?;
            still_serves(&context, server)?;
        }
    }
    Ok(())
}

#[test]
fn a_jvm_to_which_the_signal_would_be_the_end_is_attached_without_it() -> Result<()> {
    for jdk in jdk::found() {
        let context = format!("-Xrs on JDK {}", jdk.feature);
        let server = served(&jdk, &["-Xrs"], &[])?;
        let id = server.child.id();
        attach(id, &silent()).context(context.clone())?;
        detach(id).context(context.clone())?;
        let answer = server.get("/ctx/exact", 1)?;
        ensure!(answer.body == "exact", "{context}: {answer:?}");
    }
    Ok(())
}

#[test]
fn the_agents_own_reasons_reach_the_terminal() -> Result<()> {
    let folder = TempDir::new()?;
    let copy = folder.path().join("libotelrs.so");
    fs::copy(paths::agent_library(), &copy)?;
    for jdk in jdk::found() {
        let context = format!("JDK {}", jdk.feature);
        let server = served(&jdk, &[], &[])?;
        let id = server.child.id();
        refused(&context, &mut detach_command(id), "otelrs is not attached")?;
        let off = ["otel.sdk.disabled=true".to_owned()];
        refused(&context, &mut attach_command(id, &off), "the agent is switched off there")?;
        attach(id, &silent())?;
        refused(&context, &mut attach_command(id, &silent()), "otelrs is attached already")?;
        let mut of_copy = clean_command(&paths::otelrs_program());
        of_copy.args(["attach", &id.to_string(), "--agent"]).arg(&copy);
        refused(&context, &mut of_copy, "another build or copy of otelrs")?;
        // Both files are loaded; the one that is at work is found.
        detach(id)?;
        refused(&context, &mut detach_command(id), "otelrs is not attached")?;
        still_serves(&context, server)?;
    }
    Ok(())
}

#[test]
fn a_library_that_the_jvm_does_not_see_and_options_that_are_too_long() -> Result<()> {
    let jdk = jdk::found().into_iter().next_back().context("no JDK")?;
    let server = served(&jdk, &[], &[])?;
    let id = server.child.id().to_string();
    let mut elsewhere = clean_command(&paths::otelrs_program());
    elsewhere.args(["attach", &id, "--agent", "/nowhere/libotelrs.so"]);
    let part = format!("process {id} does not see /nowhere/libotelrs.so");
    refused("elsewhere", &mut elsewhere, &part)?;
    let long = [format!("otel.resource.attributes=a={}", "x".repeat(1024))];
    refused("long", &mut attach_command(server.child.id(), &long), "more than 1024 bytes")?;
    still_serves("elsewhere", server)
}

/// Whether this process is root with the right to make namespaces and to be somebody else.
fn may_confine() -> bool {
    let tried = Command::new("unshare").args(["--mount", "--pid", "--fork", "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// The command as uid 65534.
fn as_nobody(program: &Path) -> Command {
    let mut command = clean_command(Path::new("setpriv"));
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
    command
}

#[test]
fn another_users_jvm_is_for_root_alone() -> Result<()> {
    if !may_confine() {
        eprintln!("skipped: two users, for want of root");
        return Ok(());
    }
    let folder = TempDir::new()?;
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let program = folder.path().join("otelrs");
    fs::copy(paths::otelrs_program(), &program)?;
    let jdk = jdk::feature(17).context("no JDK 17")?;
    let ours = served(&jdk, &[], &[])?;
    let mut command = as_nobody(&program);
    command.args(["attach", &ours.child.id().to_string(), "--agent", "/nowhere"]);
    refused("nobody", &mut command, "belongs to user 0")?;
    still_serves("ours", ours)?;

    let mut command = as_nobody(&jdk.java);
    command.args(["-jar", &tomcat()]);
    let theirs = Served::start(&mut command)?;
    attach(theirs.child.id(), &silent())?;
    detach(theirs.child.id())?;
    still_serves("theirs", theirs)
}

#[test]
fn a_jvm_in_namespaces_of_its_own_is_found_by_the_id_that_it_has_here() -> Result<()> {
    if !may_confine() {
        eprintln!("skipped: namespaces, for want of root");
        return Ok(());
    }
    // As in a container: its own process ids, its own /tmp.
    const SCRIPT: &str = "mount -t tmpfs -o mode=1777 none /tmp && exec \"$@\"";
    for jdk in jdk::found() {
        let java = java(&jdk, &["-jar", &tomcat()], &[]);
        let mut command = clean_command(Path::new("unshare"));
        command.args([
            "--mount",
            "--propagation",
            "private",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]);
        command.args(["sh", "-c", SCRIPT, "sh"]).arg(java.get_program()).args(java.get_args());
        let server = Served::start(&mut command)?;
        let outside = server.child.id();
        let inside = fs::read_to_string(format!("/proc/{outside}/task/{outside}/children"))?;
        let id: u32 = inside.trim().parse().with_context(|| inside.clone())?;
        attach(id, &silent())?;
        refused("again", &mut attach_command(id, &silent()), "otelrs is attached already")?;
        detach(id)?;
        let answer = server.get("/ctx/exact", 1)?;
        ensure!(answer.body == "exact", "{answer:?}");
    }
    Ok(())
}
