//! What bad input gets: refused with the right status, nothing stored, and kept for the operator where it was WeChat's.

use crate::common::{APPID, SLUG, World};
use puzi_sandbox::Action;
use puzi_wechat::{envelope::Mode, signature};
use reqwest::StatusCode;

const NOW_IS_FINE: i64 = 0;

struct Forger {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Forger {
    fn of(world: &World) -> Self {
        let token = world.account.token.expose().clone();
        Self { http: reqwest::Client::new(), url: world.node.callback(SLUG), token }
    }

    /// A rightly signed query, `off` seconds from now.
    fn query(&self, off: i64) -> String {
        let timestamp = (puzi_shop::db::now_ms() / 1000 + off).to_string();
        let signature = signature::sign(&[&self.token, &timestamp, "n1"]);
        format!("signature={signature}&timestamp={timestamp}&nonce=n1")
    }

    async fn post(&self, query: &str, body: impl Into<reqwest::Body>) -> StatusCode {
        self.http.post(format!("{}?{query}", self.url)).body(body).send().await.unwrap().status()
    }
}

fn message(content: &str) -> String {
    format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1700000000</CreateTime>\
         <MsgType>text</MsgType><Content>{content}</Content><MsgId>42</MsgId></xml>"
    )
}

#[tokio::test]
async fn what_is_not_wechats_is_forbidden_and_nothing_is_stored() {
    let world = World::new().await;
    let forger = Forger::of(&world);
    let good = forger.query(NOW_IS_FINE);
    let body = message("hi");

    assert_eq!(forger.post("", body.clone()).await, StatusCode::FORBIDDEN, "no signature");
    assert_eq!(forger.post(&good.replace("n1", "n2"), body.clone()).await, StatusCode::FORBIDDEN, "wrong signature");
    assert_eq!(forger.post(&forger.query(-700), body.clone()).await, StatusCode::FORBIDDEN, "too old");
    assert_eq!(forger.post(&forger.query(700), body.clone()).await, StatusCode::FORBIDDEN, "from the future");
    assert_eq!(forger.post("", "<!DOCTYPE x>").await, StatusCode::FORBIDDEN, "not parsed before the signature");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM refused_pushes").await, 0);

    assert_eq!(forger.post(&forger.query(-500), body).await, StatusCode::OK, "inside the window");
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request_and_kept_for_the_operator() {
    let world = World::new().await;
    let forger = Forger::of(&world);
    let bombs = [
        "<xml><ToUserName>".to_owned(),
        "not xml at all".to_owned(),
        String::new(),
        format!("<!DOCTYPE xml [<!ENTITY a \"b\">]>{}", message("&a;")),
        message("&unknown;"),
        "<xml>".repeat(500),
        message("x").replace("<MsgType>text</MsgType>", ""),
    ];
    for (before, bomb) in (0..).zip(bombs) {
        assert_eq!(forger.post(&forger.query(0), bomb.clone()).await, StatusCode::BAD_REQUEST, "{bomb:.60}");
        // One after the other: of many at once not all are kept.
        world.until_count("SELECT COUNT(*) AS n FROM refused_pushes", before + 1).await;
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages").await, 0);
    let kept: String = world.value("SELECT body AS n FROM refused_pushes WHERE body LIKE '%DOCTYPE%'", []).await;
    assert!(kept.contains("<!ENTITY a"));
    for secret in [world.account.token.expose(), &world.account.aes_key.expose(), world.account.secret.expose()] {
        let rows = format!(
            "SELECT COUNT(*) AS n FROM refused_pushes WHERE body LIKE '%{secret}%' OR reason LIKE '%{secret}%'"
        );
        assert_eq!(world.count(&rows).await, 0);
    }
}

#[tokio::test]
async fn another_appid_inside_the_envelope_is_a_bad_request() {
    let world = World::in_mode(Mode::Encrypted).await;
    let forger = Forger::of(&world);
    let sealed = world.account.aes_key.encrypt([7; 16], message("hi").as_bytes(), "wx99999999999999ff");
    let query = forger.query(0);
    let timestamp = query.split("timestamp=").nth(1).unwrap().split('&').next().unwrap();
    let signed = signature::sign(&[&forger.token, timestamp, "n1", &sealed]);
    let body = format!("<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>");
    let query = format!("{query}&encrypt_type=aes&msg_signature={signed}");

    assert_eq!(forger.post(&query, body).await, StatusCode::BAD_REQUEST);
    world.until_count("SELECT COUNT(*) AS n FROM refused_pushes WHERE label = 'wrong_appid'", 1).await;
}

#[tokio::test]
async fn unknown_accounts_and_large_bodies_have_their_own_answers() {
    let world = World::new().await;
    let mut forger = Forger::of(&world);
    let large = message(&"x".repeat(64 * 1024));
    assert_eq!(forger.post(&forger.query(0), large).await, StatusCode::PAYLOAD_TOO_LARGE);
    let nearly = message(&"x".repeat(60 * 1024));
    assert_eq!(forger.post(&forger.query(0), nearly).await, StatusCode::OK);

    forger.url = world.node.callback("nobody");
    assert_eq!(forger.post(&forger.query(0), message("hi")).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_kind_is_stored_and_gets_the_default_answer() {
    use puzi_shop::replies::{Answer, Draft, Trigger};
    let world = World::new().await;
    world.rule(Draft::new("default", Trigger::Default, Answer::text("收到"))).await;
    let forger = Forger::of(&world);
    let body = message("x").replace("<MsgType>text", "<MsgType>hologram").replace("Content", "Depth");

    let answer = forger.http.post(format!("{}?{}", forger.url, forger.query(0))).body(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.unwrap().contains("收到"));
    let payload: String = world.value("SELECT payload AS n FROM messages WHERE kind = 'hologram'", []).await;
    assert!(payload.contains("<Depth>x</Depth>"), "{payload}");
}

#[tokio::test]
async fn refusals_are_counted() {
    let world = World::new().await;
    world.wechat.faults().update(|faults| faults.wrong_signature = true);
    let fan = world.wechat.new_phone(APPID);
    fan.compose(Action::Follow).deliver().await;

    let metrics = reqwest::get(format!("{}/metrics", world.node.url)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("puzi_callback_total{outcome=\"wrong_signature\"} 1"), "{metrics}");
}
