//! A PostgreSQL server of its own: the system's programs, a directory of its own, a free loopback port.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::Unavailable;
use crate::child::{Child, Stream};
use crate::{net, paths};

const PATIENCE: Duration = Duration::from_secs(60);

/// The database that the server holds.
pub const DATABASE: &str = "orders";
const TABLES: &str = "java-fixtures/boot-shared/src/main/resources/orders-postgresql.sql";
/// Who may do anything, without a password.
pub const USER: &str = "fixture";

/// A running server; stopped, and its directory removed, when dropped.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    port: u16,
    // Removed after the server has ended: fields are dropped in order, and Drop ends the server.
    _directory: TempDir,
}

impl Server {
    /// Starts a server whose database [`DATABASE`] holds the fixtures' tables.
    ///
    /// # Errors
    /// [`Unavailable`] when PostgreSQL is not installed; anything else when it does not start.
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let account = Account::of_server();
        let directory = TempDir::with_prefix("otelrs-postgres-")?;
        account.give(directory.path())?;
        let data = directory.path().join("data");

        run(account
            .command(&programs.join("initdb"))
            .arg("--pgdata")
            .arg(&data)
            .args(["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .current_dir(directory.path()))?;
        let (child, port) = serve(&programs, account, directory.path(), &data)?;
        // From here on a failure stops the server too.
        let server = Self { child: Some(child), port, _directory: directory };
        run(account
            .command(&programs.join("createdb"))
            .args(["--host=127.0.0.1", "--username", USER, "--port", &port.to_string(), DATABASE])
            .current_dir(server._directory.path()))?;
        // Through standard input: the server's account may not be able to read the workspace.
        run(account
            .command(&programs.join("psql"))
            .args(["--host=127.0.0.1", "--username", USER, "--port", &port.to_string()])
            .args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", DATABASE])
            .stdin(File::open(paths::workspace().join(TABLES))?)
            .current_dir(server._directory.path()))?;
        Ok(server)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for JDBC.
    pub fn jdbc_url(&self) -> String {
        format!("jdbc:postgresql://127.0.0.1:{}/{DATABASE}", self.port)
    }

    /// Arguments that put a Spring Boot fixture on this server.
    pub fn spring_arguments(&self) -> [String; 2] {
        [
            format!("--spring.datasource.url={}", self.jdbc_url()),
            format!("--spring.datasource.username={USER}"),
        ]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            // "Fast shutdown": sessions are ended, files are left consistent. A server that will not is killed.
            if child.signal(Signal::INT).is_ok() {
                let _ = child.wait(PATIENCE);
            }
        }
    }
}

/// Starts the server, again on another port where another process took the one that was free.
fn serve(programs: &Path, account: Account, directory: &Path, data: &Path) -> Result<(Child, u16)> {
    let mut last = None;
    for _ in 0..3 {
        let port = net::free_port()?;
        let mut child = Child::start(
            "postgres",
            account
                .command(&programs.join("postgres"))
                .arg("-D")
                .arg(data)
                .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
                .arg("-k")
                .arg(directory)
                .current_dir(directory),
        )?;
        let ready = child.wait_for_line(Stream::Stderr, PATIENCE, |line| {
            line.contains("database system is ready to accept connections").then_some(())
        });
        match ready {
            Ok(()) => return Ok((child, port)),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.context("no attempt")?)
}

/// The folder of the newest PostgreSQL that the system's packages installed.
fn programs() -> Result<PathBuf, Unavailable> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .collect();
    versions.sort();
    match versions.pop() {
        Some((_, programs)) => Ok(programs),
        None => Err(Unavailable("PostgreSQL is not installed (apt-get install postgresql)".to_owned())),
    }
}

/// Who runs the server: it refuses root, so root runs it as the package's user, or as nobody.
#[derive(Clone, Copy, Debug)]
struct Account(Option<u32>);

impl Account {
    fn of_server() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let own = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some("postgres")).then(|| fields.nth(1)?.parse().ok()).flatten()
        });
        Self(Some(own.unwrap_or(65_534)))
    }

    fn command(self, program: &Path) -> Command {
        let Some(uid) = self.0 else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        let uid = uid.to_string();
        command.args(["--reuid", &uid, "--regid", &uid, "--clear-groups", "--"]).arg(program);
        command
    }

    fn give(self, directory: &Path) -> Result<()> {
        if let Some(uid) = self.0 {
            std::os::unix::fs::chown(directory, Some(uid), Some(uid))?;
            let mode = fs::metadata(directory)?.mode();
            fs::set_permissions(directory, fs::Permissions::from_mode(mode | 0o700))?;
        }
        Ok(())
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_server_starts_and_leaves_nothing_behind() {
        let server = match Server::start() {
            Ok(server) => server,
            Err(failure) if failure.is::<Unavailable>() => {
                eprintln!("skipped: {failure}");
                return;
            }
            Err(failure) => panic!("{failure:?}"),
        };
        let (port, directory) = (server.port(), server._directory.path().to_owned());
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!directory.exists());
    }
}
