use std::time::{Duration, Instant};
use axum::{Router, extract::Request, middleware::{self, Next}, response::Response, routing::post, serve::ListenerExt};
use futures_util::FutureExt;
use tokio::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
use tokio_util::sync::CancellationToken;
async fn old(request: Request, next: Next) -> Response {
    use tracing::Instrument;
    let id = format!("{:016x}", rand::random::<u64>());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let handled = std::panic::AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = tokio::time::timeout(Duration::from_secs(15), handled.instrument(span.clone())).await.unwrap().unwrap();
    for (n, v) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer"), ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"), ("cache-control", "no-store")] {
        response.headers_mut().insert(n, axum::http::HeaderValue::from_static(v));
    }
    response.headers_mut().insert("x-request-id", axum::http::HeaderValue::from_str(&id).unwrap());
    response
}
fn routes() -> Router { Router::new().route("/wechat/{a}", post(|b: String| async move { b })) }
fn cpu() -> f64 { let s = std::fs::read_to_string("/proc/self/stat").unwrap(); let f: Vec<_> = s.rsplit(')').next().unwrap().split_whitespace().collect(); (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0 }
#[tokio::main]
async fn main() {
    for round in 0..3 { for kind in ["new", "axum", "axum+old"] {
        let l = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = l.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = match kind {
            "new" => tokio::spawn(puzi_web::serve(l, routes(), puzi_web::Limits::default(), stop.clone())),
            _ => { let r = if kind == "axum" { routes() } else { routes().layer(middleware::from_fn(old)) };
                let l = l.tap_io(|s| { let _ = s.set_nodelay(true); });
                let s = axum::serve(l, r.into_make_service_with_connect_info::<std::net::SocketAddr>()).with_graceful_shutdown(stop.clone().cancelled_owned());
                tokio::spawn(async move { s.await.unwrap() }) }
        };
        let (c0, t0) = (cpu(), Instant::now());
        let mut all = Vec::new();
        for _ in 0..64 { all.push(tokio::spawn(async move {
            let mut s = TcpStream::connect(at).await.unwrap(); let mut b = [0; 4096];
            let body = "x".repeat(300);
            let m = format!("POST /wechat/tea?signature=abc&timestamp=1&nonce=2 HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n{body}");
            for _ in 0..2500 { s.write_all(m.as_bytes()).await.unwrap(); let mut n = 0; loop { n += s.read(&mut b[n..]).await.unwrap(); if b[..n].ends_with(b"xxx") { break } } }
        })) }
        for a in all { a.await.unwrap(); }
        let n = 64.0 * 2500.0;
        println!("{round} {kind}: {:.0}/s {:.2} us cpu per request (client included)", n / t0.elapsed().as_secs_f64(), (cpu() - c0) / n * 1e6);
        stop.cancel(); server.await.unwrap();
    } }
}
