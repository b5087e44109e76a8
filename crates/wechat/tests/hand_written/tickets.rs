use std::time::Duration;

use futures_util::future::join_all;
use puzi_wechat::client::{ErrorKind, JsSdkConfig, TicketKind};
use serde_json::{Value, json};
use wiremock::matchers::{any, query_param};
use wiremock::{Mock, MockBuilder};

use super::{APPID, assert_unsent, code, get, ok, start};

fn of(kind: &str) -> MockBuilder {
    get("/cgi-bin/ticket/getticket").and(query_param("type", kind))
}

fn ticket(name: &str, seconds: impl Into<Value>) -> wiremock::ResponseTemplate {
    let seconds: Value = seconds.into();
    ok(json!({"errcode": 0, "errmsg": "ok", "ticket": name, "expires_in": seconds}))
}

#[tokio::test]
async fn however_many_ask_one_fetches() {
    let (server, client) = start().await;
    let slow = ticket("T", 7200).set_delay(Duration::from_millis(50));
    of("jsapi").respond_with(slow).expect(1).mount(&server).await;
    of("wx_card").respond_with(ticket("C", "7200")).expect(1).mount(&server).await;
    let clone = client.clone();
    let all = join_all((0..40).map(|n| {
        let client = if n % 2 == 0 { &client } else { &clone };
        async move { client.tickets().jsapi().await.unwrap().expose().clone() }
    }));
    assert!(all.await.iter().all(|ticket| ticket == "T"));
    assert_eq!(client.tickets().card().await.unwrap().expose(), "C");
    assert_eq!(client.tickets().jsapi().await.unwrap().expose(), "T");
}

#[tokio::test]
async fn a_failure_answers_for_all_who_waited_and_for_nobody_after() {
    let (server, client) = start().await;
    let refused = code(48001).set_delay(Duration::from_millis(50));
    of("jsapi").respond_with(refused).up_to_n_times(1).expect(1).mount(&server).await;
    let all = join_all((0..20).map(|_| async { client.tickets().jsapi().await.unwrap_err() }));
    assert!(all.await.iter().all(|error| error.errcode == Some(48001)));

    of("jsapi").respond_with(ticket("T", 7200)).expect(1).mount(&server).await;
    assert_eq!(client.tickets().jsapi().await.unwrap().expose(), "T");
}

#[tokio::test]
async fn a_ticket_is_renewed_before_it_ends_and_used_meanwhile() {
    let (server, client) = start().await;
    of("jsapi").respond_with(ticket("old", 200)).up_to_n_times(1).mount(&server).await;
    assert_eq!(client.tickets().jsapi().await.unwrap().expose(), "old");

    let renewal = ticket("new", 7200).set_delay(Duration::from_millis(100));
    of("jsapi").respond_with(renewal).expect(1).mount(&server).await;
    let all = join_all((0..20).map(|_| async { client.tickets().jsapi().await.unwrap().expose().clone() })).await;
    assert_eq!(all.iter().filter(|ticket| *ticket == "new").count(), 1, "who renews it has the new one: {all:?}");
    assert_eq!(all.iter().filter(|ticket| *ticket == "old").count(), 19, "the others do not wait: {all:?}");
    assert_eq!(client.tickets().jsapi().await.unwrap().expose(), "new");
}

#[tokio::test]
async fn a_ticket_that_cannot_be_renewed_is_used_to_its_end() {
    let (server, client) = start().await;
    of("jsapi").respond_with(ticket("old", 200)).up_to_n_times(1).mount(&server).await;
    client.tickets().jsapi().await.unwrap();
    // Tried once, and not again with every page.
    of("jsapi").respond_with(code(45009)).expect(1).mount(&server).await;
    for _ in 0..5 {
        assert_eq!(client.tickets().jsapi().await.unwrap().expose(), "old");
    }
}

#[tokio::test]
async fn a_ticket_about_to_end_is_not_used() {
    let (server, client) = start().await;
    of("jsapi").respond_with(ticket("over", 20)).up_to_n_times(1).mount(&server).await;
    of("jsapi").respond_with(ticket("next", 7200)).expect(1).mount(&server).await;
    client.tickets().jsapi().await.unwrap();
    assert_eq!(client.tickets().jsapi().await.unwrap().expose(), "next");
}

#[tokio::test]
async fn a_page_is_signed_with_the_ticket_and_without_its_fragment() {
    let (server, client) = start().await;
    of("jsapi").respond_with(ticket("T", 7200)).expect(1).mount(&server).await;
    let url = "https://shop.example/cart?from=菜单";
    let config = client.tickets().jssdk_config(&format!("{url}#top")).await.unwrap();
    let ticket = client.tickets().jsapi().await.unwrap();
    assert_eq!(config, JsSdkConfig::sign(APPID, &ticket, url, &config.nonce_str, config.timestamp));
    assert_eq!(config.nonce_str.len(), 16);
    let again = client.tickets().jssdk_config(url).await.unwrap();
    assert_ne!(again.nonce_str, config.nonce_str);
}

#[tokio::test]
async fn what_is_no_page_is_not_signed() {
    let (server, client) = start().await;
    Mock::given(any()).respond_with(code(0)).expect(0).mount(&server).await;
    for url in ["", "/cart", "shop.example/cart", "weixin://dl"] {
        assert_unsent(&client.tickets().jssdk_config(url).await.unwrap_err(), "`url` must be");
    }
}

#[tokio::test]
async fn cards_are_signed_with_their_own_ticket() {
    let (server, client) = start().await;
    of("wx_card").respond_with(ticket("C", 7200)).expect(1).mount(&server).await;
    let card = client.tickets().card_ext("c1", Some("code"), None).await.unwrap();
    let parts = ["C", card.timestamp.as_str(), "c1", card.nonce_str.as_str(), "code"];
    assert_eq!(card.signature, puzi_wechat::signature::sign(&parts));
    let choice = client.tickets().card_choice("", "GROUPON", "").await.unwrap();
    let time = choice.timestamp.to_string();
    let parts = ["C", APPID, &time, &choice.nonce_str, "GROUPON"];
    assert_eq!(choice.card_sign, puzi_wechat::signature::sign(&parts));
}

#[tokio::test]
async fn a_ticket_can_be_asked_for_whatever_is_kept() {
    let (server, client) = start().await;
    of("wx_card").respond_with(ticket("C", 7200)).expect(2).mount(&server).await;
    client.tickets().card().await.unwrap();
    let fresh = client.tickets().get(TicketKind::Card).await.unwrap();
    assert!(!format!("{fresh:?}").contains("\"C\""), "{fresh:?}");

    of("jsapi").respond_with(ok(json!({"errcode": 0}))).mount(&server).await;
    assert_eq!(client.tickets().jsapi().await.unwrap_err().kind, ErrorKind::Transport);
}
