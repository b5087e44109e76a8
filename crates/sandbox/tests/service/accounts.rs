//! Accounts and the people behind them.

use std::time::Duration;

use puzi_sandbox::App;
use serde_json::{Value, json};

use crate::common::{Api, Callback, app, errcode, wechat};
use crate::heard::heard;
use crate::{ADD, ANN, BOB, DELETE, INVITE, add, demo, desk};

async fn agents(api: &Api) -> Vec<Value> {
    api.get("/cgi-bin/customservice/getkflist").await["kf_list"].as_array().unwrap().clone()
}

#[tokio::test]
async fn accounts_are_added_named_pictured_and_deleted() {
    let callback = Callback::content().await;
    let (_wechat, api, _) = desk(&callback).await;
    for (account, nickname, wanted) in [
        (json!("eleven_long@gh_1"), json!("客服"), 65404),
        (json!("a-b@gh_1"), json!("客服"), 65404),
        (json!("ann"), json!("客服"), 65404),
        (json!(""), json!("客服"), 65404),
        (json!(1), json!("客服"), 47001),
        (json!(ANN), json!("字".repeat(17)), 65403),
        (json!(ANN), json!(""), 65403),
        (json!(ANN), Value::Null, 65403),
        (json!(ANN), json!("小安"), 0),
        (json!(ANN), json!("小安"), 65406),
    ] {
        let body = json!({ "kf_account": account, "nickname": nickname });
        assert_eq!(errcode(&api.post(ADD, body.clone()).await), wanted, "{body}");
    }
    let rename = async |account: &str, nickname: &str| {
        let body = json!({ "kf_account": account, "nickname": nickname });
        errcode(&api.post("/customservice/kfaccount/update", body).await)
    };
    assert_eq!((rename(ANN, "小安安").await, rename(BOB, "x").await, rename(ANN, "").await), (0, 65401, 65403));
    let jpg = |size: usize| [b"\xff\xd8\xff".as_slice(), &vec![0; size]].concat();
    let picture = async |account: &str, bytes: Vec<u8>| {
        api.upload(&format!("/customservice/kfaccount/uploadheadimg?kf_account={account}"), bytes).await
    };
    assert_eq!(errcode(&picture(BOB, jpg(9)).await), 65401);
    assert_eq!(errcode(&picture(ANN, b"GIF89a".to_vec()).await), 40005);
    assert_eq!(errcode(&picture(ANN, jpg(5 << 20)).await), 40009);
    assert_eq!(errcode(&picture(ANN, Vec::new()).await), 44001);
    assert_eq!(errcode(&picture(ANN, jpg(9)).await), 0);

    let list = agents(&api).await;
    assert_eq!(
        (&list[0]["kf_account"], &list[0]["kf_nick"], &list[0]["kf_id"]),
        (&json!(ANN), &json!("小安安"), &json!("1001"))
    );
    assert!(list[0].get("kf_wx").is_none() && list[0].get("invite_wx").is_none());
    let head = reqwest::get(list[0]["kf_headimgurl"].as_str().unwrap()).await.unwrap();
    assert_eq!(head.headers()["content-type"], "image/jpeg");
    assert_eq!(api.get("/customservice/getkflist").await["kf_list"], json!(list), "with and without /cgi-bin");

    for n in 1..100 {
        add(&api, &format!("n{n}@gh_1")).await;
    }
    assert_eq!(errcode(&api.post(ADD, json!({ "kf_account": BOB, "nickname": "x" })).await), 65405, "a hundred");
    assert_eq!(errcode(&api.post(DELETE, json!({ "kf_account": ANN })).await), 0);
    assert_eq!(errcode(&api.post(DELETE, json!({ "kf_account": ANN })).await), 65401);
    assert_eq!(errcode(&api.get(&format!("{DELETE}?kf_account=n1@gh_1")).await), 0, "as older clients do");
    assert_eq!(errcode(&api.get(DELETE).await), 65401);
    assert_eq!(agents(&api).await.len(), 98);
    assert_eq!(errcode(&api.get(ADD).await), 43002);
    assert_eq!(errcode(&api.post("/customservice/getkflist", json!({})).await), 43001);
}

#[tokio::test]
async fn a_person_is_invited_and_accepts_or_does_not() {
    let callback = Callback::content().await;
    let (wechat, api, _) = desk(&callback).await;
    add(&api, ANN).await;
    add(&api, BOB).await;
    let invite = async |account: &str, wx: Value| {
        errcode(&api.post(INVITE, json!({ "kf_account": account, "invite_wx": wx })).await)
    };
    assert_eq!(invite("nobody@gh_1", json!("wx_ann")).await, 65401);
    assert_eq!(invite(ANN, json!("")).await, 65409);
    assert_eq!(invite(ANN, json!("含中文")).await, 65409);
    assert!(!wechat.accept_invitation(&demo(), ANN), "there is none");
    assert_eq!(invite(ANN, json!("wx_ann")).await, 0);
    assert_eq!(invite(ANN, json!("wx_other")).await, 65411);
    assert_eq!(invite(BOB, json!("wx_ann")).await, 65408);
    let ann = agents(&api).await.remove(0);
    assert_eq!((&ann["invite_wx"], &ann["invite_status"]), (&json!("wx_ann"), &json!("waiting")));
    assert_eq!(ann["invite_expire_time"].as_i64().unwrap() / 10, (wechat.clock().now() + 86_400) / 10);
    assert!(!wechat.agent_online(&demo(), ANN, 1), "nobody stands behind it yet");

    assert!(wechat.decline_invitation(&demo(), ANN));
    assert_eq!(agents(&api).await[0]["invite_status"], "rejected");
    assert_eq!(invite(ANN, json!("wx_ann")).await, 0);
    wechat.clock().advance(Duration::from_secs(86_401));
    let api = Api::of(&wechat).await;
    assert_eq!(agents(&api).await[0]["invite_status"], "expired");
    assert!(!wechat.accept_invitation(&demo(), ANN));
    let invite = async |account: &str, wx: &str| {
        errcode(&api.post(INVITE, json!({ "kf_account": account, "invite_wx": wx })).await)
    };
    assert_eq!(invite(ANN, "wx_ann").await, 0);
    assert!(wechat.accept_invitation(&demo(), ANN));
    assert_eq!(agents(&api).await[0]["kf_wx"], "wx_ann");
    assert_eq!(invite(ANN, "wx_two").await, 65412);
    assert_eq!(invite(BOB, "wx_ann").await, 65407);
}

#[tokio::test]
async fn one_person_stands_behind_five_accounts() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    for n in 0..6 {
        let appid = format!("wxShop{n}");
        let shop = App { appid: appid.clone(), original_id: format!("gh_{n}"), ..app(&callback) };
        wechat.add_app(shop.clone()).unwrap();
        let path = format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={}", shop.secret);
        let mut api = Api::of(&wechat).await;
        api.token = api.bare(&path).await["access_token"].as_str().unwrap().to_owned();
        let account = format!("ann@gh_{n}");
        add(&api, &account).await;
        let answer = api.post(INVITE, json!({ "kf_account": account, "invite_wx": "wx_busy" })).await;
        assert_eq!(errcode(&answer), if n < 5 { 0 } else { 65410 });
        assert_eq!(wechat.accept_invitation(&appid, &account), n < 5);
    }
}

#[tokio::test]
async fn a_person_at_the_page_does_the_same() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = desk(&callback).await;
    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let request = http.post(format!("{}/sandbox/api/{path}", wechat.url())).body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    add(&api, ANN).await;
    let agent = format!("apps/{}/agents/{ANN}", demo());
    assert_eq!(post(&agent, json!({ "do": "accept" })).await.0, 409, "nobody was invited");
    api.post(INVITE, json!({ "kf_account": ANN, "invite_wx": "wx_ann" })).await;
    for deed in [
        json!({ "do": "accept" }),
        json!({ "do": "online", "auto_accept": 1 }),
        json!({ "do": "take", "openid": "oFan" }),
        json!({ "do": "say", "openid": "oFan", "words": "在的" }),
        json!({ "do": "close", "openid": "oFan" }),
        json!({ "do": "offline" }),
    ] {
        assert_eq!(post(&agent, deed.clone()).await, (200, json!({ "ok": true })), "{deed}");
    }
    assert_eq!(fan.chat().last().unwrap().text.as_deref(), Some("在的"));
    assert_eq!(post(&agent, json!({ "do": "dance" })).await.0, 400);

    let notices = format!("phones/{}/oFan/notices", demo());
    for (wish, event) in [
        (json!({ "do": "answer", "template_id": "t", "agrees": true }), "subscribe_msg_popup_event"),
        (json!({ "do": "cancel", "template_id": "t" }), "subscribe_msg_change_event"),
    ] {
        let (status, answer) = post(&notices, wish).await;
        assert!(status == 200 && answer["exchange_id"].is_u64(), "{answer}");
        heard(&callback, event, 1).await;
    }
    assert_eq!(post(&notices, json!({ "do": "refuse_templates", "refuse": true })).await.0, 200);
    assert_eq!(post(&notices, json!({ "do": "confirm_once", "scene": 1 })).await.0, 200);
    assert_eq!(post(&notices, json!({ "do": "wait_for_agent" })).await.0, 200);
    assert!(fan.is_waiting());
    let nobody = format!("phones/{}/oNobody/notices", demo());
    assert_eq!(post(&nobody, json!({ "do": "wait_for_agent" })).await.0, 404);
}
