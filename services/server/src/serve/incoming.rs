//! Takes connections, and agrees with each on encryption before it is handed on.
//!
//! Each agrees on a task of its own, with a limit on its time and on how many do so at once, so that a
//! caller who is slow about it keeps nobody waiting.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::peer::Connection;
use crate::tls::Certificates;

/// So many agree on encryption at once; others wait in the system's queue.
const AT_ONCE: usize = 256;
/// Connections that wait to be served.
const QUEUE: usize = 64;
/// How long nobody is let in after the system refused, for want of file descriptors as a rule.
const BREATH: Duration = Duration::from_millis(100);

/// Connections of `listener`, as they become ready. The socket closes when the stream is dropped.
pub(super) fn incoming(
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
) -> ReceiverStream<io::Result<Connection>> {
    let (ready, connections) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        tokio::select! {
            () = ready.closed() => {}
            () = accept(&listener, certificates.as_ref(), &ready) => {}
            () = follow(certificates.as_ref()) => {}
        }
    });
    ReceiverStream::new(connections)
}

/// Keeps up with changed certificates, where there are any.
async fn follow(certificates: Option<&Arc<Certificates>>) {
    match certificates {
        Some(certificates) => certificates.follow().await,
        None => std::future::pending().await,
    }
}

type Ready = mpsc::Sender<io::Result<Connection>>;

async fn accept(listener: &TcpListener, certificates: Option<&Arc<Certificates>>, ready: &Ready) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        // Without it small messages would wait for each other.
        let _ = stream.set_nodelay(true);
        let Some(certificates) = certificates else {
            if ready.send(Ok(Connection::clear(stream))).await.is_err() {
                return;
            }
            continue;
        };
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (certificates, ready) = (Arc::clone(certificates), ready.clone());
        tokio::spawn(async move {
            if let Some(connection) = agree(stream, &certificates).await {
                drop(place);
                let _ = ready.send(Ok(connection)).await;
            }
        });
    }
}

/// Agrees on encryption. Whoever fails to is nobody's concern but its own.
async fn agree(stream: TcpStream, certificates: &Certificates) -> Option<Connection> {
    let agreed = certificates.acceptor().accept(stream);
    match tokio::time::timeout(certificates.patience(), agreed).await {
        Ok(Ok(stream)) => Some(Connection::encrypted(stream)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection could not be encrypted");
            None
        }
        Err(_) => {
            tracing::debug!("a connection took too long to be encrypted");
            None
        }
    }
}
