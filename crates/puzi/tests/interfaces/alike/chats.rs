//! Older records, figures, words, and what agents are called.

use std::time::Duration;

use serde_json::json;

use crate::alike::Shop;
use crate::common::{APPID, Browser, until};

const MING: &str = "ming@gh_tea";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_records_are_read_by_a_run_from_the_page_the_api_and_a_terminal_and_agents_have_names() {
    let shop = Shop::open().await;
    let world = &shop.world;
    // What is said by a clock that is a minute behind is settled at once.
    world.wechat.clock().shift_seconds(-60);
    let client = {
        let account = &world.account;
        puzi_wechat::client::Client::builder(account.appid.clone(), account.secret.clone())
            .base_url(world.wechat.url())
            .build()
            .unwrap()
    };
    client.service().add(MING, "小明", None).await.unwrap();
    client.service().invite(MING, "wxid_ming").await.unwrap();
    assert!(world.wechat.accept_invitation(APPID, MING) && world.wechat.agent_online(APPID, MING, 0));
    let fan = world.fan().await;
    assert!(fan.text("还有龙井吗").await.accepted());
    assert!(world.wechat.agent_takes(APPID, MING, fan.openid()));
    assert!(world.wechat.agent_says(APPID, MING, fan.openid(), "有的，今年新茶"));
    assert_eq!(shop.post("accounts/tea/agents/refresh", json!({})).await.0, 200);

    let (status, begun) = shop.post("chats/records", json!({ "account": "tea", "days": 1 })).await;
    assert_eq!(status, 202, "{begun}");
    let run = format!("runs/{}", begun["run"]);
    until("the run has ended", Duration::from_secs(60), async || shop.get(&run).await["state"] == "done").await;
    let told = shop.get(&run).await;
    assert_eq!((&told["kind"], &told["seen"], &told["total"]), (&json!("records"), &json!(24), &json!(24)), "{told}");
    let stands = shop.get("chats/records?account=tea").await;
    assert!(stands["run"].is_null() && stands["read_back_to"].is_string(), "{stands}");
    assert_eq!(shop.post("chats/records", json!({ "account": "tea", "days": 31 })).await.0, 422);
    assert_eq!(shop.post("chats/records", json!({ "account": "other" })).await.0, 404);

    // The same once more from a terminal brings nothing new.
    let again = shop.json(&["chats", "records", "read", "--days", "1"]).await;
    assert_eq!((&again["state"], &again["hours"], &again["new"]), (&json!("done"), &json!(24), &json!(0)), "{again}");
    let (code, _, err) = shop.puzi(&["chats", "records", "pause"]).await;
    assert_eq!(code, 2, "nothing is under way: {err}");

    let chat = format!("SELECT COALESCE(MAX(id), 0) AS n FROM chats WHERE openid = '{}'", fan.openid());
    let chat = world.count(&chat).await;
    let said = shop.get(&format!("chats/{chat}/messages")).await;
    let agent = said["messages"].as_array().unwrap().iter().find(|line| line["who"] == "agent");
    assert_eq!(agent.map(|line| &line["name"]), Some(&json!("小明")), "{said}");
    let owner = Browser::signed_in(world, "owner").await;
    let page = owner.page(&format!("/admin/inbox/{chat}")).await;
    assert!(page.contains("WeChat service · 小明") && !page.contains("WeChat service · ming@"), "{page}");

    let board = owner.page("/admin/chats/sessions").await;
    assert!(board.contains("action=\"/admin/chats/records\""), "{board}");
    let account = world.account.id.to_string();
    let sent = owner.post("/admin/chats/records", &[("account", &account), ("days", "1"), ("form", "f1")]).await;
    assert!(sent.location().starts_with("/admin/runs/"), "{sent:?}");
    let run = owner.page(sent.location()).await;
    assert!(run.contains("of 24 hours"), "{run}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_and_words_are_the_same_by_the_api_and_on_a_terminal() {
    let shop = Shop::open().await;
    let fan = shop.world.fan().await;
    for _ in 0..6 {
        assert!(fan.text("龙井多少钱").await.accepted());
    }
    let asked = "SELECT CAST(COALESCE(SUM(asked), 0) AS BIGINT) AS n FROM chat_hours";
    until("they are counted", Duration::from_secs(30), async || shop.world.count(asked).await == 6).await;
    let told = shop.get("chats/figures?account=tea&days=1").await;
    let said = shop.json(&["chats", "figures", "--days", "1"]).await;
    assert_eq!((&told["asked"], &told["people"]), (&said["asked"], &said["people"]), "{told} {said}");
    assert_eq!(said["asked"], 6);
    let (code, out, err) = shop.puzi(&["chats", "figures"]).await;
    assert!(code == 0 && out.contains("wrote 6 messages"), "{out}{err}");
    let words = shop.get("chats/cloud?account=tea&days=1").await;
    let same = shop.json(&["chats", "cloud", "--days", "1"]).await;
    assert_eq!(words["words"], same["words"], "{words} {same}");
}
