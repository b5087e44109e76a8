//! Template messages.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Api, Callback, errcode, say};
use crate::heard::{count, heard};
use crate::{cards, demo, second, shop};

const ADD: &str = "/cgi-bin/template/api_add_template";
const ALL: &str = "/cgi-bin/template/get_all_private_template";
const INDUSTRY: &str = "/cgi-bin/template/api_set_industry";
const SEND: &str = "/cgi-bin/message/template/send";
const FINISH: &str = "TEMPLATESENDJOBFINISH";

async fn industries(api: &Api, first: Value, second: Value) -> i64 {
    errcode(&api.post(INDUSTRY, json!({ "industry_id1": first, "industry_id2": second })).await)
}

async fn template(api: &Api, body: Value) -> String {
    let added = api.post(ADD, body).await;
    added["template_id"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
}

#[tokio::test]
async fn industries_change_once_a_month_and_take_their_templates_along() {
    let callback = Callback::content().await;
    let (wechat, api, _) = shop(&callback).await;
    assert_eq!(errcode(&api.get("/cgi-bin/template/get_industry").await), 40102);
    let paid = json!({ "template_id_short": "TM00015" });
    assert_eq!(errcode(&api.post(ADD, paid.clone()).await), 40102, "no industry yet");
    for bad in [json!("0"), json!("42"), json!("-1"), Value::Null] {
        assert_eq!(industries(&api, json!("1"), bad.clone()).await, 40103, "{bad}");
    }
    assert_eq!(industries(&api, json!(["1"]), json!("1")).await, 47001);
    assert_eq!(industries(&api, json!("1"), json!(31)).await, 0);
    let set = api.get("/cgi-bin/template/get_industry").await;
    assert_eq!(set["primary_industry"], json!({ "first_class": "IT科技", "second_class": "互联网|电子商务" }));
    assert_eq!(set["secondary_industry"]["first_class"], "消费品");
    assert_eq!(industries(&api, json!("1"), json!("2")).await, 43100);

    let id = template(&api, paid).await;
    assert_eq!(id.len(), 43);
    template(&api, json!({ "template_id_short": "OPENTM207102467" })).await;
    assert_eq!(errcode(&api.post(ADD, json!({ "template_id_short": "OPENTM203116463" })).await), 40037, "not ours");
    let all = api.get(ALL).await;
    let one = &all["template_list"][0];
    assert_eq!(
        (&one["template_id"], &one["title"], &one["primary_industry"]),
        (&json!(id), &json!("订单支付成功"), &json!("IT科技"))
    );
    assert!(one["content"].as_str().unwrap().contains("支付金额：{{keyword1.DATA}}"), "{one}");
    assert!(one["example"].as_str().unwrap().contains("30.00元"));

    wechat.clock().advance(Duration::from_secs(31 * 86_400));
    let api = Api::of(&wechat).await;
    assert_eq!(industries(&api, json!("31"), json!("2")).await, 0);
    let left = api.get(ALL).await["template_list"].as_array().unwrap().len();
    assert_eq!(left, 1, "the template of the industry that was left is gone");
}

#[tokio::test]
async fn an_account_has_twenty_five_templates() {
    let callback = Callback::content().await;
    let (_wechat, api, _) = shop(&callback).await;
    industries(&api, json!("1"), json!("2")).await;
    for (body, wanted) in [
        (json!({}), 40037),
        (json!({ "template_id_short": "TM99999" }), 40037),
        (json!({ "template_id_short": 5 }), 47001),
        (json!({ "template_id_short": "999" }), 40037),
        (json!({ "template_id_short": "1856" }), 40246),
        (json!({ "template_id_short": "1856", "keyword_name_list": [] }), 40246),
        (json!({ "template_id_short": "1856", "keyword_name_list": ["快递公司", "天气"] }), 40246),
    ] {
        assert_eq!(errcode(&api.post(ADD, body.clone()).await), wanted, "{body}");
    }
    let mut last = String::new();
    for _ in 0..25 {
        last = template(&api, json!({ "template_id_short": "TM00015" })).await;
    }
    assert_eq!(errcode(&api.post(ADD, json!({ "template_id_short": "TM00015" })).await), 45026);
    let delete = async |id: &str| {
        errcode(&api.post("/cgi-bin/template/del_private_template", json!({ "template_id": id })).await)
    };
    assert_eq!((delete(&last).await, delete(&last).await, delete("").await), (0, 40037, 40037));
    template(&api, json!({ "template_id_short": "TM00015" })).await;
}

#[tokio::test]
async fn a_template_message_arrives_later_and_is_told() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = shop(&callback).await;
    industries(&api, json!("1"), json!("2")).await;
    let id = template(&api, json!({ "template_id_short": "TM00015" })).await;
    let data = json!({
        "first": { "value": "付款成功", "color": "#173177" },
        "keyword1": { "value": "88.00元" },
        "keyword2": { "value": "龙井" },
        "remark": { "value": "谢谢" },
    });
    let message = |change: Value| {
        let mut body = json!({ "touser": "oFan", "template_id": id, "url": "https://shop/orders/1", "data": data });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    for (change, wanted) in [
        (json!({ "touser": "" }), 40003),
        (json!({ "touser": "oNobody" }), 40003),
        (json!({ "template_id": "" }), 40036),
        (json!({ "template_id": "x" }), 40037),
        (json!({ "data": [] }), 47001),
        (json!({ "data": null }), 47001),
        (json!({ "data": { "first": { "value": [] } } }), 47001),
        (json!({ "url": format!("https://{}", "a".repeat(1024)) }), 40048),
        (json!({ "miniprogram": { "pagepath": "x" } }), 40013),
        (json!({ "miniprogram": [] }), 47001),
    ] {
        assert_eq!(errcode(&api.post(SEND, message(change.clone())).await), wanted, "{change}");
    }
    let stranger = wechat.new_phone(&demo());
    assert_eq!(errcode(&api.post(SEND, message(json!({ "touser": stranger.openid() }))).await), 43004);

    let sent = api.post(SEND, message(json!({}))).await;
    assert_eq!((errcode(&sent), cards(&fan).len()), (0, 0), "it is on its way");
    second(&wechat);
    let told = heard(&callback, FINISH, 1).await;
    assert_eq!((told.field("MsgID"), told.field("Status")), (sent["msgid"].to_string(), "success".into()));
    assert_eq!((told.field("FromUserName"), told.param("openid")), ("oFan".into(), "oFan"));
    let (title, words) = cards(&fan).remove(0);
    assert_eq!((title.as_str(), words.as_str()), ("订单支付成功", "付款成功\n支付金额：88.00元\n商品信息：龙井\n谢谢"));
    assert_eq!(fan.chat().last().unwrap().url.as_deref(), Some("https://shop/orders/1"));

    let page = json!({ "miniprogram": { "appid": "wx1", "pagepath": "orders?id=1" }, "data": {} });
    assert_eq!(errcode(&api.post(SEND, message(page)).await), 0, "a field may be left out");
    second(&wechat);
    heard(&callback, FINISH, 2).await;
    assert_eq!(fan.chat().last().unwrap().url.as_deref(), Some("orders?id=1"), "the mini program comes first");
}

#[tokio::test]
async fn a_template_message_may_fail() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = shop(&callback).await;
    industries(&api, json!("1"), json!("2")).await;
    let id = template(&api, json!({ "template_id_short": "TM00015" })).await;
    let send = async |word: &str, client: &str| {
        let data = json!({ "first": { "value": word } });
        let body = json!({ "touser": "oFan", "template_id": id, "client_msg_id": client, "data": data });
        let answer = api.post(SEND, body).await;
        assert_eq!(errcode(&answer), 0, "{answer}");
        second(&wechat);
        answer["msgid"].clone()
    };
    let status = async |n: usize| heard(&callback, FINISH, n).await.field("Status");
    fan.refuse_templates(true);
    send("a", "").await;
    assert_eq!(status(1).await, "failed:user block");
    fan.refuse_templates(false);

    wechat.forbid_in_templates(&demo(), "中奖");
    send("恭喜中奖", "").await;
    assert_eq!(status(2).await, "failed: system failed");
    send("再次中奖", "").await;
    assert_eq!((status(3).await.as_str(), cards(&fan).len()), ("failed: system failed", 0));
    let query = async |body: Value| api.post("/wxa/sec/queryblocktmplmsg", body).await;
    let kept = query(json!({ "tmpl_msg_id": id, "largest_id": 0, "limit": 1 })).await;
    let first = &kept["msginfo"][0];
    assert_eq!((&first["openid"], &first["title"]), (&json!("oFan"), &json!("订单支付成功")));
    assert!(first["content"].as_str().unwrap().contains("恭喜中奖") && first["send_timestamp"].is_i64());
    let rest = query(json!({ "tmpl_msg_id": id, "largest_id": first["id"], "limit": 100 })).await;
    assert_eq!(rest["msginfo"].as_array().unwrap().len(), 1);
    assert_eq!(errcode(&query(json!({ "tmpl_msg_id": id, "limit": 101 })).await), 40035);
    assert_eq!(errcode(&query(json!({ "limit": 1 })).await), 40037);

    let one = send("once", "order-1").await;
    assert_eq!(status(4).await, "success");
    assert_eq!(send("once", "order-1").await, one, "the same id is the same message");
    wechat.clock().advance(Duration::from_secs(600));
    assert_ne!(send("once", "order-1").await, one, "for ten minutes");
    assert_eq!((status(5).await.as_str(), cards(&fan).len(), count(&callback, FINISH)), ("success", 2, 5));

    let body = json!({ "touser": "oFan", "template_id": id, "data": {} });
    assert_eq!(errcode(&api.post(SEND, body).await), 0);
    fan.unfollow().await;
    second(&wechat);
    assert_eq!(status(6).await, "failed: system failed");
}

#[tokio::test]
async fn a_failing_callback_does_not_show_in_the_chat_for_what_no_user_did() {
    let callback = Callback::start(|_| say("{}")).await;
    let (wechat, api, fan) = shop(&callback).await;
    industries(&api, json!("1"), json!("2")).await;
    let id = template(&api, json!({ "template_id_short": "TM00015" })).await;
    let before = fan.chat().len();
    api.post(SEND, json!({ "touser": "oFan", "template_id": id, "data": {} })).await;
    second(&wechat);
    heard(&callback, FINISH, 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(fan.chat().len(), before + 1, "the message, and no note that the service failed");
}

#[tokio::test]
async fn the_newer_templates_are_strict_about_their_fields() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = shop(&callback).await;
    let keywords = json!(["快递公司", "发货时间"]);
    let id = template(&api, json!({ "template_id_short": "1856", "keyword_name_list": keywords })).await;
    let content = api.get(ALL).await["template_list"][0]["content"].clone();
    assert_eq!(content, "快递公司:{{thing4.DATA}}\n发货时间:{{time3.DATA}}\n");
    let send = async |data: Value| api.post(SEND, json!({ "touser": "oFan", "template_id": id, "data": data })).await;
    let wrong = send(json!({ "thing4": { "value": "顺丰" } })).await;
    assert_eq!(errcode(&wrong), 47003);
    assert!(wrong["errmsg"].as_str().unwrap().contains("data.time3.value"), "{wrong}");
    let good = json!({ "thing4": { "value": "顺丰" }, "time3": { "value": "2026-11-01 15:01" } });
    assert_eq!(errcode(&send(good).await), 0);
    second(&wechat);
    heard(&callback, FINISH, 1).await;
    assert_eq!(cards(&fan)[0].1, "快递公司:顺丰\n发货时间:2026-11-01 15:01");
}

#[tokio::test]
async fn one_message_follows_one_confirmation() {
    let callback = Callback::content().await;
    let (wechat, api, _) = shop(&callback).await;
    let stranger = wechat.new_phone(&demo());
    let id = wechat.one_time_template(&demo());
    assert_eq!(
        (id.len(), wechat.one_time_template(&demo()) == id, wechat.one_time_template("wx0")),
        (43, true, String::new())
    );
    let send = async |change: Value| {
        let mut body = json!({
            "touser": stranger.openid(), "template_id": id, "scene": "1000", "title": "到货提醒",
            "url": "https://shop", "data": { "content": { "value": "春茶到了", "color": "#000" } },
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        errcode(&api.post("/cgi-bin/message/template/subscribe", body).await)
    };
    assert_eq!(send(json!({})).await, 43101);
    stranger.confirm_once(1000);
    for (change, wanted) in [
        (json!({ "touser": "oNobody" }), 40003),
        (json!({ "template_id": "x" }), 40037),
        (json!({ "scene": 10_001 }), 40035),
        (json!({ "scene": null }), 40035),
        (json!({ "scene": "x" }), 47001),
        (json!({ "scene": 7 }), 43101),
        (json!({ "title": "" }), 40035),
        (json!({ "title": "字".repeat(16) }), 45003),
        (json!({ "data": { "content": { "value": "字".repeat(201) } } }), 45002),
        (json!({ "data": {} }), 47001),
        (json!({}), 0),
        (json!({}), 43101),
    ] {
        assert_eq!(send(change.clone()).await, wanted, "{change}");
    }
    let shown = stranger.chat();
    assert_eq!(shown.len(), 1, "it comes to one who does not follow as well");
    assert_eq!((shown[0].title.as_deref(), shown[0].description.as_deref()), (Some("到货提醒"), Some("春茶到了")));
}
