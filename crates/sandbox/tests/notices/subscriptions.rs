//! Subscription notifications.

use serde_json::{Value, json};

use crate::common::{Api, Callback, errcode};
use crate::heard::heard;
use crate::{cards, second, shop};

const SENT: &str = "subscribe_msg_sent_event";
const NOTICE: &str = "/cgi-bin/message/subscribe/bizsend";
const ADD_NOTICE: &str = "/wxaapi/newtmpl/addtemplate";

async fn notice(api: &Api, tid: &str, kids: Value) -> String {
    let added = api.post(ADD_NOTICE, json!({ "tid": tid, "kidList": kids, "sceneDesc": "发货" })).await;
    added["priTmplId"].as_str().unwrap_or_else(|| panic!("{added}")).to_owned()
}

#[tokio::test]
async fn the_public_library_is_read_in_pages() {
    let callback = Callback::content().await;
    let (_wechat, api, _) = shop(&callback).await;
    let categories = api.get("/wxaapi/newtmpl/getcategory").await["data"].clone();
    let ids: Vec<_> = categories.as_array().unwrap().iter().map(|one| one["id"].to_string()).collect();
    let titles = async |query: &str| api.get(&format!("/wxaapi/newtmpl/getpubtemplatetitles?{query}")).await;
    let all = titles(&format!("ids={}&start=0&limit=30", ids.join(","))).await;
    assert_eq!(all["count"], all["data"].as_array().unwrap().len());
    let second = titles(&format!("ids={}&start=1&limit=1", ids.join(","))).await;
    assert_eq!((&second["data"][0], &second["count"]), (&all["data"][1], &all["count"]));
    for (query, wanted) in [
        ("start=0&limit=30", 200_018),
        ("ids=1&start=0&limit=30", 200_019),
        ("ids=x&start=0&limit=30", 200_019),
        ("ids=308&limit=30", 200_016),
        ("ids=308&start=0&limit=31", 200_017),
        ("ids=308&start=0&limit=0", 200_017),
    ] {
        assert_eq!(errcode(&titles(query).await), wanted, "{query}");
    }
    let tid = all["data"][0]["tid"].as_i64().unwrap();
    let words = api.get(&format!("/wxaapi/newtmpl/getpubtemplatekeywords?tid={tid}")).await;
    assert_eq!(words["count"], words["data"].as_array().unwrap().len());
    let names: Vec<_> = ["kid", "name", "example", "rule"].iter().map(|name| &words["data"][0][name]).collect();
    assert!(names[0].is_i64() && names[1..].iter().all(|name| name.is_string()), "{words}");
    assert_eq!(errcode(&api.get("/wxaapi/newtmpl/getpubtemplatekeywords?tid=0").await), 200_014);
    assert_eq!(errcode(&api.get("/wxaapi/newtmpl/getpubtemplatekeywords").await), 200_014);
}

#[tokio::test]
async fn notification_templates_are_added_listed_and_deleted() {
    let callback = Callback::content().await;
    let (_wechat, api, _) = shop(&callback).await;
    for (body, wanted) in [
        (json!({ "tid": "0", "kidList": [1, 2] }), 200_014),
        (json!({ "tid": 1856, "kidList": [1, 2] }), 200_014),
        (json!({ "kidList": [1, 2] }), 200_014),
        (json!({ "tid": "1856" }), 200_020),
        (json!({ "tid": "1856", "kidList": [1] }), 200_020),
        (json!({ "tid": "1856", "kidList": [1, 2, 3, 4, 5, 6] }), 200_020),
        (json!({ "tid": "1856", "kidList": [1, 99] }), 200_020),
        (json!({ "tid": "1856", "kidList": [1, 1] }), 200_020),
        (json!({ "tid": "1856", "kidList": [1, 2], "sceneDesc": "字".repeat(16) }), 200_021),
    ] {
        assert_eq!(errcode(&api.post(ADD_NOTICE, body.clone()).await), wanted, "{body}");
    }
    let id = notice(&api, "1856", json!([4, 3])).await;
    let again = api.post(ADD_NOTICE, json!({ "tid": "1856", "kidList": [4, 3] })).await;
    assert_eq!(errcode(&again), 200_022);
    notice(&api, "1856", json!([3, 4])).await;
    let form = api.post_raw(ADD_NOTICE, "tid=9085&kidList=1&kidList=2&sceneDesc=%E5%81%9C%E8%BD%A6").await;
    assert_eq!(errcode(&form), 0, "a form is understood as well: {form}");
    let list = api.get("/wxaapi/newtmpl/gettemplate").await["data"].clone();
    let one = &list[0];
    assert_eq!((&one["priTmplId"], &one["title"], &one["type"]), (&json!(id), &json!("订单发货通知"), &json!(2)));
    assert_eq!(one["content"], "快递公司:{{thing4.DATA}}\n发货时间:{{time3.DATA}}\n");
    assert_eq!(list[2]["type"], 3, "a lasting one");

    let mut left = 22;
    'full: for first in 1..=6 {
        for second in 1..=6 {
            if left > 0 && first != second {
                notice(&api, "2763", json!([first, second])).await;
                left -= 1;
            }
            if left == 0 {
                break 'full;
            }
        }
    }
    assert_eq!(errcode(&api.post(ADD_NOTICE, json!({ "tid": "1451", "kidList": [1, 2] })).await), 200_012);
    let delete = async |id: &str| errcode(&api.post("/wxaapi/newtmpl/deltemplate", json!({ "priTmplId": id })).await);
    assert_eq!((delete(&id).await, delete(&id).await, delete("").await), (0, 20001, 20002));
    notice(&api, "1451", json!([1, 2])).await;
}

#[tokio::test]
async fn an_agreement_is_good_for_one_notification() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = shop(&callback).await;
    let id = notice(&api, "1856", json!([4, 3])).await;
    let send = async |change: Value| {
        let data = json!({ "thing4": { "value": "顺丰速运" }, "time3": { "value": "15:01" } });
        let mut body = json!({ "touser": "oFan", "template_id": id, "page": "https://shop/1", "data": data });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        api.post(NOTICE, body).await
    };
    assert_eq!(errcode(&send(json!({})).await), 43101);
    fan.refuse_notice(&id).await;
    let told = callback.last();
    assert_eq!(
        (told.field("Event"), told.field("SubscribeStatusString")),
        ("subscribe_msg_popup_event".into(), "reject".into())
    );
    assert_eq!(errcode(&send(json!({})).await), 43101);

    assert!(fan.agree_to_notice(&id).await.accepted());
    let told = callback.last();
    assert!(told.body.contains("<SubscribeMsgPopupEvent><List><TemplateId>"), "{}", told.body);
    let fields = ["FromUserName", "TemplateId", "SubscribeStatusString", "PopupScene"].map(|name| told.field(name));
    assert_eq!(fields, ["oFan", id.as_str(), "accept", "1"]);
    for (change, wanted) in [
        (json!({ "touser": "oNobody" }), 40003),
        (json!({ "touser": null }), 40003),
        (json!({ "template_id": "x" }), 40037),
        (json!({ "template_id": null }), 40037),
        (json!({ "data": "x" }), 47001),
        (json!({ "page": 1 }), 47001),
        (json!({ "miniprogram": {} }), 40013),
    ] {
        assert_eq!(errcode(&send(change.clone()).await), wanted, "{change}");
    }
    for (value, named) in [
        (json!({ "thing4": { "value": "字".repeat(21) }, "time3": { "value": "15:01" } }), "data.thing4.value"),
        (json!({ "thing4": { "value": "顺丰" }, "time3": { "value": "下午" } }), "data.time3.value"),
        (json!({ "thing4": { "value": "" }, "time3": { "value": "15:01" } }), "data.thing4.value"),
        (json!({ "thing4": { "value": "顺丰" } }), "data.time3.value"),
    ] {
        let answer = send(json!({ "data": value })).await;
        assert_eq!(errcode(&answer), 47003, "{answer}");
        assert!(answer["errmsg"].as_str().unwrap().contains(named), "{answer}");
        assert_eq!(answer["errmsg"].as_str().unwrap().matches("rid: ").count(), 1, "{answer}");
    }
    // None of these took the agreement.
    let answer = send(json!({})).await;
    assert_eq!((errcode(&answer), answer.get("msgid")), (0, None));
    assert_eq!(errcode(&send(json!({})).await), 43101);
    second(&wechat);
    let told = heard(&callback, SENT, 1).await;
    let fields = ["FromUserName", "TemplateId", "ErrorCode", "ErrorStatus"].map(|name| told.field(name));
    assert_eq!(fields, ["oFan", id.as_str(), "0", "success"]);
    assert!(told.field("MsgID").parse::<u64>().is_ok());
    assert_eq!(cards(&fan), [("订单发货通知".to_owned(), "快递公司：顺丰速运\n发货时间：15:01".to_owned())]);

    fan.agree_to_notice(&id).await;
    fan.cancel_notice(&id).await;
    let told = callback.last();
    assert_eq!(told.field("Event"), "subscribe_msg_change_event");
    assert!(told.body.contains("<SubscribeMsgChangeEvent><List><TemplateId>"), "{}", told.body);
    assert_eq!(errcode(&send(json!({})).await), 43101);
}

#[tokio::test]
async fn a_lasting_agreement_stays_until_it_is_cancelled() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = shop(&callback).await;
    let once = notice(&api, "1856", json!([4, 3])).await;
    let lasting = notice(&api, "9085", json!([1, 2])).await;
    fan.answer_notice_popup(&[(&once, false), (&lasting, true)]).await;
    assert_eq!(callback.last().body.matches("<List>").count(), 2);
    let data = json!({ "car_number1": { "value": "浙A12345" }, "amount2": { "value": "12元" } });
    let body = json!({ "touser": "oFan", "template_id": lasting, "data": data });
    for _ in 0..3 {
        assert_eq!(errcode(&api.post(NOTICE, body.clone()).await), 0);
    }
    second(&wechat);
    heard(&callback, SENT, 3).await;
    fan.cancel_notice(&lasting).await;
    assert_eq!(errcode(&api.post(NOTICE, body).await), 43101);
    assert_eq!(cards(&fan).len(), 3);
}
