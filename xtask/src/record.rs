//! `./x record`: the picture of the README. The real terminal view, on a pseudo-terminal, of two instances of the demo's
//! application under the agent; typed at as a person would; each screen a frame of an animated SVG.

mod svg;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use otelrs_test_support::{Child, Terminal, http, net, paths};

use crate::run::{say, while_saying};
use crate::{build, demo, fixtures};

/// Wide enough for names, small enough to be read in a README.
const COLUMNS: u16 = 104;
const LINES: u16 = 24;
const PICTURE: &str = "docs/images/view.svg";
/// A screen that has not changed for so long is complete.
const STILL: Duration = Duration::from_millis(400);

/// What is asked of the application, often enough for percentiles.
const PATHS: [&str; 9] = [
    "/orders/1",
    "/orders/2",
    "/fanout",
    "/call/3",
    "/batch",
    "/callable",
    "/async/1",
    "/actuator/health",
    "/call-async/1",
];
const ROUNDS: usize = 12;

/// A frame: what is typed, and what the screen then shows.
const FRAMES: [(&str, &str); 7] = [
    ("m", "health checks muted"),
    ("/status:error", "filter: status:error"),
    ("\r\r\r", "Event exception"),
    ("\x1b[D\x1b[D/\x15root:*fanout*\r\r", "SELECT orders"),
    ("\x1b[D/\x15root:*call-async*\r\r", "stock"),
    ("2", "QUERIES"),
    ("?", "half a screen down"),
];

/// Makes the picture.
///
/// # Errors
/// When something cannot be built or started, or the screen does not show what it should.
pub(crate) fn run() -> Result<()> {
    build::run()?;
    fixtures::build(&["boot35"])?;
    let jdk = demo::fixture_jdk()?;
    let state = tempfile::tempdir()?;
    let [receiver, stock_port] = net::free_ports()?;
    let mut view = open_view(receiver, state.path())?;

    say("starting orders and stock under the agent");
    let peer = format!("--peer.url=http://127.0.0.1:{stock_port}");
    let stock_port = format!("--server.port={stock_port}");
    let mut stock = demo::start_with_agent(&jdk, "stock", receiver, &[&stock_port])?;
    let mut orders = demo::start_with_agent(&jdk, "orders", receiver, &["--server.port=0", &peer])?;
    let port = while_saying("waiting for both to be ready", || {
        demo::ready(&mut stock).and(demo::ready(&mut orders))
    })?;
    // The run before, with a JVM that is still cold: what the second one is compared with.
    send_requests(&view, port)?;
    view.type_keys("q")?;
    view.wait()?;
    let view = open_view(receiver, state.path())?;
    send_requests(&view, port)?;

    let mut screens = vec![still(&view)];
    for (keys, shown) in FRAMES {
        view.type_keys(keys)?;
        view.wait_for(shown)?;
        screens.push(still(&view));
    }
    for instance in [stock, orders] {
        Child::stop(instance)?;
    }
    let picture = paths::workspace().join(PICTURE);
    if let Some(folder) = picture.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&picture, svg::animation(&screens))?;
    say(&format!("{PICTURE}: {} frames", screens.len()));
    Ok(())
}

fn open_view(receiver: u16, state: &Path) -> Result<Terminal> {
    let mut view = Command::new(paths::otelrs_program());
    view.args(["view", "--grpc-port", "0", "--http-port", &receiver.to_string()]);
    view.env("XDG_STATE_HOME", state).env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR");
    let view = Terminal::start(view, COLUMNS, LINES)?;
    view.wait_for("Waiting for traces")?;
    Ok(view)
}

/// The screen once it has stopped changing: never half a frame.
fn still(view: &Terminal) -> vt100::Screen {
    let mut before = view.screen();
    loop {
        thread::sleep(STILL);
        let screen = view.screen();
        if screen.contents_formatted() == before.contents_formatted() {
            return screen;
        }
        before = screen;
    }
}

/// Returns when every request has its trace, and the latest is first.
fn send_requests(view: &Terminal, port: u16) -> Result<()> {
    for _ in 0..ROUNDS {
        for path in PATHS {
            http::get(port, path, &[])?;
        }
    }
    http::get(port, "/fail", &[])?;
    view.wait_for(&format!("{} traces", ROUNDS * PATHS.len() + 1))?;
    view.wait_for("GET /fail").map(drop)
}
