//! Accepting connections until told to stop, and letting go of them in order.

use std::future::Future;
use std::time::Duration;

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Requests under way at shutdown may take this long.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);
/// A client that sends no complete head within this time is let go.
pub(crate) const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// Serves each connection in a task of its own. After the stop no new one is accepted, and those that are watched end
/// with the request under way.
pub(crate) async fn accept<S, F>(listener: TcpListener, mut stopped: watch::Receiver<bool>, serve: S)
where
    S: Fn(TcpStream, Watcher) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Ok((stream, _)) = stream else {
            // Out of descriptors, most likely: the next accept would fail at once as well.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Answers are small; without this each one may wait for a delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, connections.watcher()));
    }
    drop(listener);
    let _ = tokio::time::timeout(SHUTDOWN_LIMIT, connections.shutdown()).await;
}
