//! Accounts, the record of calls, webhooks.

use reqwest::Method;
use serde_json::json;

use crate::alike::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_connected_changed_paused_and_its_keys_exchanged_and_no_secret_comes_out() {
    let shop = Shop::open().await;
    let secret = "0123456789abcdef0123456789abcdef";
    let new = json!({ "name": "茶铺二店", "appid": "wx00000000000000b2", "secret": secret, "slug": "tea2" });
    let (status, made) = shop.post("accounts", new.clone()).await;
    assert_eq!((status, &made["slug"], &made["status"]), (201, &json!("tea2"), &json!("active")), "{made}");
    let (status, taken) = shop.post("accounts", new).await;
    assert_eq!(status, 422, "{taken}");
    let (status, _) =
        shop.post("accounts", json!({ "name": "x", "appid": "y", "secret": "z", "api_base": "http://x" })).await;
    assert_eq!(status, 400, "where secrets go is not said here");

    let (id, version) = (made["id"].as_i64().unwrap(), made["version"].to_string());
    let one = format!("accounts/{id}");
    let seen = format!("\"{version}\"");
    let change = async |body: serde_json::Value, headers: &[(&str, &str)]| {
        shop.ask_with(&shop.token, Method::PATCH, &one, Some(body), headers).await
    };
    assert_eq!(change(json!({ "name": "二店" }), &[]).await.0, 428);
    let (status, edited) = change(json!({ "name": "二店" }), &[("if-match", &seen)]).await;
    assert_eq!((status, &edited["name"]), (200, &json!("二店")), "{edited}");
    assert_eq!(change(json!({ "name": "三店" }), &[("if-match", &seen)]).await.0, 409);
    let now = format!("\"{}\"", edited["version"]);
    assert_eq!(change(json!({ "token": "abcdef" }), &[("if-match", &now)]).await.0, 422);

    let (_, paused) = shop.post(&format!("{one}/pause"), json!({})).await;
    assert_eq!(paused["status"], "paused");
    let (_, resumed) = shop.post(&format!("{one}/resume"), json!({})).await;
    assert_eq!(resumed["status"], "active");
    let (status, rotated) = shop.post(&format!("{one}/rotate-key"), json!({})).await;
    assert_eq!((status, &rotated["previous_key_accepted"]), (200, &json!(true)), "{rotated}");
    let (_, dropped) = shop.post(&format!("{one}/drop-key"), json!({})).await;
    assert_eq!(dropped["previous_key_accepted"], false);
    let token = "mytokenmytoken";
    let (status, changed) = shop.post(&format!("{one}/rotate-token"), json!({ "token": token })).await;
    assert_eq!(status, 200);
    assert_eq!(shop.post(&format!("{one}/rotate-key"), json!({ "encoding_aes_key": "short" })).await.0, 422);
    let account = shop.world.accounts.get("tea2").await.unwrap();
    assert_eq!(account.token.expose(), token);
    for told in [&made, &edited, &rotated, &changed] {
        let told = told.to_string();
        for hidden in [secret, token, account.aes_key.expose().as_ref()] {
            assert!(!told.contains(hidden), "{told}");
        }
    }
    let viewer = shop.limited("accounts.view").await;
    let (status, _) = shop.ask_with(&viewer, Method::POST, &format!("{one}/pause"), None, &[]).await;
    assert_eq!(status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_follows_calls_reads_one_whole_and_asks_about_a_rid() {
    let shop = Shop::open().await;
    let begin = shop.get("calls/new").await["after"].as_i64().unwrap();
    let path = "/cgi-bin/tags/get";
    shop.world.wechat.faults().update(|faults| _ = faults.refuse.insert(path.into(), 48_001));
    assert!(shop.post("tags/refresh", json!({ "account": "tea" })).await.0 >= 400);
    shop.world.wechat.faults().update(|faults| _ = faults.refuse.remove(path));
    let asked = format!("calls/new?after={begin}&failed=true&endpoint={path}&account=tea");
    crate::common::until("it is recorded", std::time::Duration::from_secs(15), async || {
        !shop.get(&asked).await["data"].as_array().unwrap().is_empty()
    })
    .await;
    let told = shop.get(&asked).await;
    let line = &told["data"][0];
    assert_eq!((&line["endpoint"], &line["errcode"]), (&json!(path), &json!(48_001)), "{told}");
    assert_eq!(told["after"], line["id"]);

    let whole = shop.get(&format!("calls/{}/whole", line["id"])).await;
    assert_eq!(whole["call"]["id"], line["id"]);
    assert!(whole["response"].as_str().unwrap().contains("48001"), "{whole}");
    assert_eq!(whole["attempts"].as_array().unwrap().len(), 1, "{whole}");
    assert_eq!(shop.ask(Method::GET, "calls/999999/whole", None).await.0, 404);

    let rid = line["rid"].as_str().unwrap();
    let (status, answer) = shop.post(&format!("calls/rid/{rid}/ask"), json!({ "account": "tea" })).await;
    assert_eq!((status, &answer["calls"][0]["id"]), (200, &line["id"]), "{answer}");
    let (status, _) = shop.post("calls/rid/no_rid/ask", json!({ "account": "tea" })).await;
    assert_eq!(status, 422);
    let (status, _) = shop.post(&format!("calls/rid/{rid}/ask"), json!({ "account": "other" })).await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_changed_deleted_and_restored_from_a_terminal() {
    let shop = Shop::open().await;
    let made = shop.json(&["webhooks", "add", "ERP", "http://127.0.0.1:18080/a"]).await;
    let id = made["id"].to_string();
    let (code, _, _) = shop.puzi(&["webhooks", "edit", &id]).await;
    assert_eq!(code, 2, "nothing to change");
    let edited = shop.json(&["webhooks", "edit", &id, "--name", "仓库", "--event", "message.received"]).await;
    assert_eq!((&edited["name"], &edited["events"]), (&json!("仓库"), &json!(["message.received"])), "{edited}");
    let (code, _, err) = shop.puzi(&["webhooks", "delete", &id]).await;
    assert!(code == 2 && err.contains("--yes"), "{code} {err}");
    let (code, out, err) = shop.puzi(&["webhooks", "delete", &id, "--yes"]).await;
    assert!(code == 0 && out.contains("restore"), "{code} {out}{err}");
    let (code, out, _) = shop.puzi(&["webhooks", "list"]).await;
    assert!(code == 0 && !out.contains("仓库"), "{out}");
    let back = shop.json(&["webhooks", "restore", &id]).await;
    assert_eq!(back["name"], "仓库");
    let (code, _, err) = shop.puzi(&["webhooks", "edit", "999", "--name", "x"]).await;
    assert!(code == 2 && err.contains("999"), "{code} {err}");
}
