//! Listening, and stopping without leaving anybody half answered.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use crate::protect::protect;

/// How much a client may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Until a request's header is there; a connection also rests no longer than this between two requests.
    pub header: Duration,
    /// Connections at once; those beyond wait in the system's queue.
    pub connections: usize,
    /// How long requests in flight may take after the stop: a callback takes 4.5 s at most.
    pub last_answers: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header: Duration::from_secs(10), connections: 10_000, last_answers: Duration::from_secs(8) }
    }
}

/// How long to wait when the process has no file left for a connection: others will close.
const NO_FILES: Duration = Duration::from_millis(250);

/// Serves `routes` until `stop`, then closes connections at rest and lets requests in flight finish.
pub async fn serve(listener: TcpListener, routes: Router, limits: Limits, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header).pipeline_flush(true);
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    while let Some(Ok(room)) = stop.run_until_cancelled(connections.clone().acquire_owned()).await {
        let Some((stream, peer)) = stop.run_until_cancelled(accept(&listener)).await else { break };
        let routes = routes.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            protect(routes.clone(), request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "a connection broke");
            }
            drop(room);
        });
    }
    // New clients find the door closed, not a queue that nobody serves.
    drop(listener);
    // A connection that neither asks nor closes does not keep the process.
    if tokio::time::timeout(limits.last_answers, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight at the end");
    }
}

/// The next connection, whatever becomes of those before it.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Without it small answers wait 40 ms for an acknowledgement.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY could not be set");
                }
                return (stream, peer);
            }
            Err(error) if is_of_one_client(&error) => tracing::debug!(%error, "a client was gone at once"),
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken just now");
                tokio::time::sleep(NO_FILES).await;
            }
        }
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
