//! Followers and tags.

use puzi_sandbox::Phone;
use reqwest::Method;
use serde_json::json;

use crate::alike::Shop;

/// A follower who is known here; their number.
async fn known(shop: &Shop) -> (Phone, i64) {
    let fan = shop.world.fan().await;
    let sql = format!("SELECT COALESCE(MAX(id), 0) AS n FROM followers WHERE openid = '{}'", fan.openid());
    crate::common::until("the follower is known", std::time::Duration::from_secs(15), async || {
        shop.world.count(&sql).await > 0
    })
    .await;
    let id = shop.world.count(&sql).await;
    (fan, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_is_noted_called_read_again_and_blacklisted_from_a_terminal() {
    let shop = Shop::open().await;
    let (fan, id) = known(&shop).await;
    let which = id.to_string();

    let (code, out, err) = shop.puzi(&["users", "remark", &which, "王阿姨"]).await;
    assert!(code == 0 && out.contains("王阿姨"), "{code} {out}{err}");
    let (code, _, err) = shop.puzi(&["users", "remark", &which, "王阿姨王阿姨王阿姨王阿姨"]).await;
    assert_eq!(code, 2, "over 30 bytes: {err}");
    let (code, _, err) = shop.puzi(&["users", "remark", "oNobody", "x"]).await;
    assert!(code == 2 && err.contains("oNobody"), "{code} {err}");
    let row = shop.json(&["users", "refresh", fan.openid()]).await;
    assert_eq!(row["remark"], "王阿姨", "{row}");

    let noted = shop.json(&["users", "note", &which, "喜欢龙井"]).await;
    assert_eq!(noted["follower"], id);
    let (code, _, err) = shop.puzi(&["users", "note", &which, "  "]).await;
    assert_eq!(code, 2, "{err}");
    let notes = "SELECT COUNT(*) AS n FROM follower_notes WHERE staff_id IS NULL AND text = '喜欢龙井'";
    assert_eq!(shop.world.count(notes).await, 1);

    let (code, _, err) = shop.puzi(&["users", "block", &which]).await;
    assert!(code == 2 && err.contains("--yes"), "nobody is there to ask: {code} {err}");
    let blocked = shop.json(&["users", "block", fan.openid(), "--yes"]).await;
    assert_eq!((&blocked["state"], &blocked["changed"]), (&json!("done"), &json!(1)));
    let on_list = format!("SELECT COUNT(*) AS n FROM followers WHERE id = {id} AND blocked");
    assert_eq!(shop.world.count(&on_list).await, 1);
    shop.json(&["users", "unblock", &which]).await;
    assert_eq!(shop.world.count(&on_list).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_are_made_renamed_listed_and_deleted_from_a_terminal() {
    let shop = Shop::open().await;
    let made = shop.json(&["users", "tags", "create", "老客户"]).await;
    assert_eq!(made["name"], "老客户");
    let (code, _, err) = shop.puzi(&["users", "tags", "create", "老客户"]).await;
    assert_eq!(code, 2, "taken: {err}");
    shop.json(&["users", "tags", "rename", "老客户", "常客"]).await;
    let (code, out, _) = shop.puzi(&["users", "tags", "list"]).await;
    assert!(code == 0 && out.contains("常客") && !out.contains("老客户"), "{out}");
    let (code, _, err) = shop.puzi(&["users", "tags", "delete", "老客户", "--yes"]).await;
    assert!(code == 2 && err.contains("常客"), "it says which there are: {code} {err}");
    let (code, _, _) = shop.puzi(&["users", "tags", "delete", "常客"]).await;
    assert_eq!(code, 2, "nobody is there to ask");
    shop.json(&["users", "tags", "delete", "常客", "--yes"]).await;
    // What is made at WeChat's own page comes by reading again, here and by the API.
    let listed = shop.json(&["users", "tags", "refresh"]).await;
    assert!(!listed.to_string().contains("常客"), "{listed}");
    let (status, told) = shop.post("tags/refresh", json!({ "account": "tea" })).await;
    assert!(status == 200 && told["tags"].is_number(), "{status} {told}");
    let (status, _) = shop.post("tags/refresh", json!({ "account": "other" })).await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_reads_growth_writes_notes_and_asks_about_one_follower() {
    let shop = Shop::open().await;
    let (_, id) = known(&shop).await;
    let came = "SELECT CAST(COALESCE(SUM(followed), 0) AS BIGINT) AS n FROM follower_days";
    crate::common::until("the coming is booked", std::time::Duration::from_secs(30), async || {
        shop.world.count(came).await == 1
    })
    .await;
    let growth = shop.get("followers/growth?account=tea&days=7").await;
    assert_eq!((&growth["net"], &growth["days"][0]["followed"]), (&json!(1), &json!(1)), "{growth}");
    assert_eq!(growth["days"][0]["day"], growth["until"], "{growth}");
    assert_eq!(growth["sources"].as_array().unwrap().len(), 1, "{growth}");
    let (status, _) = shop.ask(Method::GET, "followers/growth?account=tea&days=5000", None).await;
    assert_eq!(status, 422);
    let (status, _) = shop.ask(Method::GET, "followers/growth?account=other", None).await;
    assert_eq!(status, 404);

    let (path, key) = (format!("followers/{id}/notes"), [("idempotency-key", "note-1")]);
    for _ in 0..2 {
        let body = Some(json!({ "text": "下周来取" }));
        let (status, told) = shop.ask_with(&shop.token, Method::POST, &path, body, &key).await;
        assert!(status == 201 && told["chat"].is_number(), "{status} {told}");
    }
    let sql =
        format!("SELECT COUNT(*) AS n FROM follower_notes WHERE staff_id = {} AND staff_name = 'Lin'", shop.owner);
    assert_eq!(shop.world.count(&sql).await, 1, "the same key again is the same note");
    let chats = "SELECT COUNT(*) AS n FROM chats";
    let before = shop.world.count(chats).await;
    assert_eq!(shop.post(&path, json!({ "text": " " })).await.0, 422);
    assert_eq!(shop.world.count(chats).await, before);
    let other = shop.limited("followers.view").await;
    let refused = shop.ask_with(&other, Method::POST, &path, Some(json!({ "text": "x" })), &[]).await;
    assert_eq!(refused.0, 403);

    let (status, _) = shop.ask(Method::POST, &format!("followers/{id}/refresh"), None).await;
    assert_eq!(status, 204);
    let (status, _) = shop.ask(Method::POST, "followers/999999/refresh", None).await;
    assert_eq!(status, 404);
}
