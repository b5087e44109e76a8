//! Health, readiness, metrics and headers.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]

mod common;

use common::{APPID, World};

#[tokio::test]
async fn health_readiness_and_metrics_answer() {
    let world = World::new().await;
    world.fan().await;
    let url = &world.node.url;
    let health = reqwest::get(format!("{url}/healthz")).await.unwrap();
    assert_eq!(health.status(), 200);
    for (name, value) in [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("cache-control", "no-store")] {
        assert_eq!(health.headers()[name], value);
    }
    assert_eq!(health.headers()["x-request-id"].len(), 16);
    let ready: serde_json::Value = reqwest::get(format!("{url}/readyz")).await.unwrap().json().await.unwrap();
    assert_eq!(ready, serde_json::json!({ "database": true, "waiting_in_journal": 0 }));
    let metrics = reqwest::get(format!("{url}/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("puzi_callback_total{outcome=\"answered\"} 1"), "{metrics}");
    assert!(metrics.contains("puzi_callback_seconds_bucket"), "{metrics}");
}

#[tokio::test]
async fn metrics_are_not_shown_through_a_proxy() {
    let world = World::new().await;
    let request = reqwest::Client::new().get(format!("{}/metrics", world.node.url)).header("x-forwarded-for", "1.2.3.4");
    assert_eq!(request.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn no_secret_reaches_the_log_or_the_metrics() {
    let world = World::new().await;
    let mut command = world.place.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("PUZI_LOG", "trace,hyper=info,h2=info");
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let log = child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut { log }, &mut text);
        text
    });
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    world.wechat.new_phone(APPID).follow().await;
    child.kill().unwrap();
    child.wait().unwrap();
    let log = reading.join().unwrap();
    assert!(log.contains("listening"), "{log}");
    for secret in [world.account.token.expose(), world.account.secret.expose(), &world.account.aes_key.expose()] {
        assert!(!log.contains(secret.as_str()));
    }
}
