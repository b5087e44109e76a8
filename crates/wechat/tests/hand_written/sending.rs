use puzi_wechat::client::{Condition, CustomMessage, ErrorKind, MenuChoice};
use serde_json::json;
use wiremock::Mock;
use wiremock::matchers::{any, body_json, method, path, query_param, query_param_is_missing};

use super::{APPID, SECRET, TOKEN, asked, assert_unsent, code, ok, post, start};

const SEND: &str = "/cgi-bin/message/custom/send";

#[tokio::test]
async fn what_is_said_of_the_sender_goes_with_any_message() {
    let (server, client) = start().await;
    post(SEND).respond_with(code(0)).mount(&server).await;
    let messages = client.messages().from_agent("kf2001@shop").made_by_ai().for_merchant("7");
    let menu = CustomMessage::MsgMenu {
        head_content: "满意吗?".into(),
        list: vec![MenuChoice { id: "1".into(), content: "满意".into() }],
        tail_content: "谢谢".into(),
    };
    for (message, kind, content) in [
        (CustomMessage::text("您好"), "text", json!({"content": "您好"})),
        (CustomMessage::image("M"), "image", json!({"media_id": "M"})),
        (
            menu,
            "msgmenu",
            json!({"head_content": "满意吗?", "list": [{"id": "1", "content": "满意"}], "tail_content": "谢谢"}),
        ),
    ] {
        messages.send("o1", &message).await.unwrap();
        let sent = asked(&server, SEND).await.pop().unwrap();
        let expected = json!({
            "touser": "o1", "msgtype": kind, kind: content, "customservice": {"kf_account": "kf2001@shop"},
            "aimsgcontext": {"is_ai_msg": 1}, "businessid": "7",
        });
        assert_eq!(sent, expected);
    }
    client.messages().send("o1", &CustomMessage::text("您好")).await.unwrap();
    let plain = asked(&server, SEND).await.pop().unwrap();
    assert_eq!(plain, json!({"touser": "o1", "msgtype": "text", "text": {"content": "您好"}}));
}

#[tokio::test]
async fn what_would_be_refused_is_not_sent() {
    let (server, client) = start().await;
    Mock::given(any()).respond_with(code(0)).expect(0).mount(&server).await;
    let text = CustomMessage::text("您好");
    let long = CustomMessage::text("字".repeat(683));
    assert_unsent(&client.messages().send("", &text).await.unwrap_err(), "`touser` is empty");
    let error = client.messages().send("o1", &long).await.unwrap_err();
    assert_unsent(&error, "`text.content` has 2049 bytes; 2048 are allowed");
    let error = client.messages().send_as("", "o1", &text).await.unwrap_err();
    assert_unsent(&error, "`customservice.kf_account` is empty");
    assert_unsent(&client.messages().typing("", true).await.unwrap_err(), "`touser` is empty");
}

#[tokio::test]
async fn typing_that_cannot_be_shown_is_no_error() {
    let (server, client) = start().await;
    let typing = "/cgi-bin/message/custom/typing";
    let command = |command: &str| json!({"touser": "o1", "command": command, "businessid": "7"});
    post(typing).and(body_json(command("Typing"))).respond_with(code(45080)).expect(1).mount(&server).await;
    post(typing).and(body_json(command("CancelTyping"))).respond_with(code(45081)).expect(1).mount(&server).await;
    let messages = client.messages().for_merchant("7");
    messages.typing("o1", true).await.unwrap();
    messages.typing("o1", false).await.unwrap();

    post(typing).respond_with(code(40003)).mount(&server).await;
    assert!(client.messages().typing("o2", true).await.unwrap_err().is(Condition::NoSuchUser));
}

#[tokio::test]
async fn tokens_can_be_asked_for_by_themselves() {
    let (server, client) = start().await;
    Mock::given(method("GET"))
        .and(path("/cgi-bin/token"))
        .and(query_param("grant_type", "client_credential"))
        .and(query_param("appid", APPID))
        .and(query_param("secret", SECRET))
        .and(query_param_is_missing("access_token"))
        .respond_with(ok(json!({"access_token": "another", "expires_in": "7200"})))
        .expect(1)
        .mount(&server)
        .await;
    let token = client.base().token().await.unwrap();
    assert_eq!(token.value.expose(), "another");
    assert!((7190..=7200).contains(&token.seconds_left(unix_now())), "{token:?}");

    client.base().stable_token(true).await.unwrap();
    let stable = asked(&server, "/cgi-bin/stable_token").await.pop().unwrap();
    let expected = json!({"grant_type": "client_credential", "appid": APPID, "secret": SECRET, "force_refresh": true});
    assert_eq!(stable, expected);

    Mock::given(path("/cgi-bin/clear_quota/v2"))
        .and(query_param_is_missing("access_token"))
        .and(body_json(json!({"appid": APPID, "appsecret": SECRET})))
        .respond_with(code(48006))
        .expect(1)
        .mount(&server)
        .await;
    let error = client.base().clear_quota_with_secret().await.unwrap_err();
    assert!(error.is(Condition::QuotaUsedUp));
}

#[tokio::test]
async fn a_secret_in_the_query_is_in_no_error() {
    let (server, client) = start().await;
    let said = json!({"errcode": 40125, "errmsg": format!("invalid appsecret {SECRET} of {TOKEN}")});
    Mock::given(path("/cgi-bin/token")).respond_with(ok(said)).mount(&server).await;
    let error = client.base().token().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Configuration);
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
}

fn unix_now() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap()
}

#[tokio::test]
async fn a_call_without_a_limit_is_made_and_shows_no_query() {
    let (server, client) = start().await;
    post(SEND).respond_with(code(0)).expect(1).mount(&server).await;
    let call = client.post(SEND, &json!({"touser": "o1"})).timeout(std::time::Duration::MAX);
    call.done().await.unwrap();

    let call = client.get("sns/jscode2session?secret=nobody-may-read");
    assert!(!format!("{call:?}").contains("nobody"), "{call:?}");
}
