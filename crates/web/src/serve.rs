//! Listening, and stopping without leaving anybody half answered.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests in flight may take after the stop: a callback takes 4.5 s at most.
const LAST_ANSWERS: Duration = Duration::from_secs(8);

/// Serves `routes` until `stop`, then lets requests in flight finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) -> io::Result<()> {
    // axum::serve does not set it; without it small answers wait 40 ms for an acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        served = serving => served,
        // A connection that neither asks nor closes does not keep the process.
        () = too_long => Ok(()),
    }
}
