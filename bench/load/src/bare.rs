//! The upper bound: the same HTTP stack, with no work behind it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::error::{Doing as _, Result};

/// Answers every push with `success`, until it is ended.
pub(crate) fn serve(listen: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().doing("starting the runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.doing("listening")?;
        // Without it a second small write waits for the peer's delayed acknowledgement.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let app = Router::new().route("/wechat", post(async |_body: Bytes| "success"));
        axum::serve(listener, app).await.doing("serving")
    })
}
