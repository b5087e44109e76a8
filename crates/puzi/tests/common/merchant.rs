//! The merchant's own server, which rules ask.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::post};
use puzi_shop::replies::{Answer, WebhookSecret};

/// A merchant's server that takes its time. It answers `答复 1` to the first question, `答复 2` to the second.
pub struct Merchant {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Merchant {
    pub async fn answering(after: Duration) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = move || async move {
            let n = count.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::time::sleep(after).await;
            format!("答复 {n}")
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ask", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/ask", post(answer))).await });
        Self { url, asked }
    }

    pub fn answer(&self) -> Answer {
        Answer::Webhook { url: self.url.clone(), secret: WebhookSecret::default(), timeout_ms: 20_000 }
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits for the first question.
    pub async fn is_asked(&self) {
        super::until("the webhook is asked", Duration::from_secs(10), async || self.asked() == 1).await;
    }
}
