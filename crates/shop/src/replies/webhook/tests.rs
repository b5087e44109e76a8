//! A merchant's server on loopback, well-behaved and not.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::FutureExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::outward::Lookup;

/// Answers every request with the same bytes; keeps what it was asked.
struct Merchant {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Merchant {
    async fn answering(response: impl Into<Vec<u8>>) -> Self {
        Self::start(response.into(), Duration::ZERO).await
    }

    /// Says this much and then nothing more, without hanging up.
    async fn stuck_after(response: &str) -> Self {
        Self::start(response.into(), Duration::from_secs(20)).await
    }

    async fn start(response: Vec<u8>, holding: Duration) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !is_whole(&request) {
                    let mut buffer = [0; 4096];
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(n) => request.extend_from_slice(&buffer[..n]),
                    }
                }
                kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let _ = stream.write_all(&response).await;
                tokio::time::sleep(holding).await;
            }
        });
        Self { port, asked }
    }

    async fn saying(media_type: &str, body: &str) -> Self {
        Self::answering(http("200 OK", media_type, body)).await
    }

    fn call(&self) -> WebhookCall {
        WebhookCall {
            rule_id: 1,
            url: format!("http://127.0.0.1:{}/hook", self.port),
            secret: Some(SigningKey::generate()),
            timeout: Duration::from_secs(4),
        }
    }

    async fn ask(&self) -> Result<Reply, AskError> {
        open().ask(&self.call(), &question()).await
    }

    fn requests(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn http(status: &str, media_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn open() -> Webhooks {
    Webhooks::new(Guard::allowing(["127.0.0.1"]).unwrap())
}

fn question() -> Question {
    Question {
        id: "msg_0102".into(),
        account: "tea".into(),
        rule: "机器人".into(),
        openid: "oA".into(),
        sent_at: 1_795_320_000,
        kind: "text".into(),
        text: Some("你好".into()),
        event: None,
        event_key: None,
        scene: None,
        fields: serde_json::json!({"MsgId": "1"}),
    }
}

#[tokio::test]
async fn the_merchant_can_check_who_asks_and_answers_with_a_reply() {
    let merchant = Merchant::saying("application/json; charset=utf-8", r#"{"kind":"text","content":"您好"}"#).await;
    let call = merchant.call();
    assert_eq!(open().ask(&call, &question()).await.unwrap(), Reply::text("您好"));

    let request = merchant.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap();
    assert_eq!(header("webhook-id"), "msg_0102");
    let signed = format!("msg_0102.{}.{body}", header("webhook-timestamp"));
    let secret = call.secret.unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(&secret.expose()[6..]).unwrap());
    let tag = BASE64_STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    assert!(hmac::verify(&key, signed.as_bytes(), &tag).is_ok());
    assert_eq!(serde_json::from_str::<Question>(body).unwrap(), question());
}

#[tokio::test]
async fn plain_text_and_silence_are_answers() {
    assert_eq!(Merchant::saying("text/plain", "好的").await.ask().await.unwrap(), Reply::text("好的"));
    assert_eq!(Merchant::saying("application/json", "").await.ask().await.unwrap(), Reply::Nothing);
    let silent = Merchant::answering("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
    assert_eq!(silent.ask().await.unwrap(), Reply::Nothing);
}

#[tokio::test]
async fn what_wechat_would_not_take_is_refused_here() {
    for (media_type, body) in [
        ("text/html", "<h1>Welcome to nginx</h1>"),
        ("application/json", r#"{"kind":"song"}"#),
        ("application/json", "{"),
        ("application/json", r#"{"kind":"text","content":""}"#),
        ("application/json", r#"{"kind":"news","articles":[]}"#),
        ("text/plain", &"a".repeat(TEXT_LIMIT + 1)),
    ] {
        let answer = Merchant::saying(media_type, body).await.ask().await;
        assert!(matches!(answer, Err(AskError::Unusable(_))), "{media_type} {body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Merchant::saying("text/plain", "secret").await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        inside.port
    );
    let answer = Merchant::answering(redirect).await.ask().await;
    assert!(matches!(answer, Err(AskError::Status(StatusCode::FOUND))), "{answer:?}");
    assert_eq!(inside.requests().len(), 0);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let announced = Merchant::saying("text/plain", &"a".repeat(ANSWER_LIMIT + 1)).await.ask().await;
    assert!(matches!(announced, Err(AskError::TooLarge)), "{announced:?}");
    let body = "a".repeat(ANSWER_LIMIT + 1);
    let unannounced =
        Merchant::answering(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}")).await.ask().await;
    assert!(matches!(unannounced, Err(AskError::TooLarge | AskError::Unreachable(_))), "{unannounced:?}");
}

#[tokio::test]
async fn a_slow_merchant_is_given_up_at_any_point() {
    for said in
        ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nabc"]
    {
        let merchant = Merchant::stuck_after(said).await;
        let call = WebhookCall { timeout: Duration::from_millis(150), ..merchant.call() };
        let before = std::time::Instant::now();
        let answer = open().ask(&call, &question()).await;
        assert!(matches!(answer, Err(AskError::TimedOut(_))), "{said}: {answer:?}");
        assert!(before.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn the_closed_guard_reaches_nothing_inside() {
    let merchant = Merchant::saying("text/plain", "inside").await;
    let answer = Webhooks::new(Guard::default()).ask(&merchant.call(), &question()).await;
    assert!(matches!(answer, Err(AskError::Refused(Refused::Private(_)))), "{answer:?}");
    assert_eq!(merchant.requests().len(), 0);
}

fn resolving(guard: Guard, answers: Vec<Vec<&'static str>>) -> (Webhooks, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let answer = answers[count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1)].clone();
        async move { Ok(answer.into_iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect()) }.boxed()
    });
    (Webhooks { sender: Sender::with_lookup(guard, lookup) }, asked)
}

fn call_by_name(port: u16) -> WebhookCall {
    WebhookCall {
        rule_id: 1,
        url: format!("http://hooks.example.com:{port}/"),
        secret: Some(SigningKey::generate()),
        timeout: Duration::from_secs(2),
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    let merchant = Merchant::saying("text/plain", "inside").await;
    for addresses in [
        vec!["127.0.0.1"],
        vec!["::1"],
        vec!["::ffff:127.0.0.1"],
        vec!["169.254.169.254"],
        vec!["100.64.0.1"],
        vec!["64:ff9b::7f00:1"],
        // One good address does not buy the other in.
        vec!["1.1.1.1", "127.0.0.1"],
    ] {
        let (webhooks, _) = resolving(Guard::default(), vec![addresses.clone()]);
        let answer = webhooks.ask(&call_by_name(merchant.port), &question()).await;
        assert!(matches!(answer, Err(AskError::Refused(Refused::Private(_)))), "{addresses:?}: {answer:?}");
    }
    assert_eq!(merchant.requests().len(), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_asked_once_and_its_answer_is_what_is_called() {
    // Were the name looked up to be checked and looked up again to be called, the second answer would be inside.
    let merchant = Merchant::saying("text/plain", "allowed").await;
    let guard = Guard::allowing(["127.0.0.1"]).unwrap();
    let (webhooks, asked) = resolving(guard, vec![vec!["127.0.0.1"], vec!["127.0.0.2"]]);
    assert_eq!(webhooks.ask(&call_by_name(merchant.port), &question()).await.unwrap(), Reply::text("allowed"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let second = webhooks.ask(&call_by_name(merchant.port), &question()).await;
    assert!(matches!(second, Err(AskError::Refused(Refused::Private(_)))), "{second:?}");
}

#[tokio::test]
async fn a_rule_without_a_key_asks_nobody() {
    let merchant = Merchant::saying("text/plain", "x").await;
    let answer = open().ask(&WebhookCall { secret: None, ..merchant.call() }, &question()).await;
    assert!(matches!(answer, Err(AskError::NoKey)), "{answer:?}");
    assert_eq!(merchant.requests().len(), 0);
}
