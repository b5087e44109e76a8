//! Sessions, those who wait for one, and what is said in them.

use std::time::Duration;

use puzi_sandbox::{Note, Outcome, Sandbox, Side};
use serde_json::{Value, json};

use crate::common::{Api, Callback, errcode, reply, reply_with, say, wechat};
use crate::heard::heard;
use crate::{ANN, BOB, DELETE, INVITE, SEND, add, demo, desk};

const CREATE: &str = "/customservice/kfsession/create";
const CLOSE: &str = "/customservice/kfsession/close";
const LIST: &str = "/customservice/msgrecord/getmsglist";

/// An agent whose person accepted, online, who takes so many on its own.
async fn agent(wechat: &Sandbox, api: &Api, account: &str, takes: u32) {
    add(api, account).await;
    let wx = account.split('@').next().unwrap();
    assert_eq!(errcode(&api.post(INVITE, json!({ "kf_account": account, "invite_wx": wx })).await), 0);
    assert!(wechat.accept_invitation(&demo(), account));
    assert!(wechat.agent_online(&demo(), account, takes));
}

fn both(account: &str, openid: &str) -> Value {
    json!({ "kf_account": account, "openid": openid })
}

#[tokio::test]
async fn a_session_is_created_handed_over_and_closed() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = desk(&callback).await;
    let post = async |path: &str, body: Value| errcode(&api.post(path, body).await);
    assert_eq!(post(CREATE, both(ANN, "oFan")).await, 65401);
    add(&api, ANN).await;
    assert_eq!(post(CREATE, both(ANN, "oFan")).await, 65402);
    post(INVITE, json!({ "kf_account": ANN, "invite_wx": "wx_ann" })).await;
    wechat.accept_invitation(&demo(), ANN);
    assert_eq!(post(CREATE, both(ANN, "oFan")).await, 65415);
    wechat.agent_online(&demo(), ANN, 0);
    agent(&wechat, &api, BOB, 0).await;
    assert_eq!(post(CREATE, both(ANN, "oNobody")).await, 40003);
    assert_eq!(post(CREATE, json!({ "kf_account": ANN })).await, 40003);
    assert_eq!(post(CREATE, json!({ "openid": "oFan" })).await, 65401);
    assert_eq!(post(CLOSE, both(ANN, "oFan")).await, 65413);
    assert_eq!(post(CREATE, both(ANN, "oFan")).await, 0);
    assert_eq!(post(CREATE, both(ANN, "oFan")).await, 0, "once more for the same two");
    assert_eq!(post(CREATE, both(BOB, "oFan")).await, 65414);
    let told = heard(&callback, "kf_create_session", 1).await;
    assert_eq!((told.field("FromUserName"), told.field("KfAccount")), ("oFan".into(), ANN.into()));
    assert_eq!(fan.agent().as_deref(), Some(ANN));

    let session = api.get("/customservice/kfsession/getsession?openid=oFan").await;
    assert_eq!(session["kf_account"], ANN);
    assert!((wechat.clock().now() - session["createtime"].as_i64().unwrap()).abs() < 10);
    assert_eq!(errcode(&api.get("/customservice/kfsession/getsession?openid=oNobody").await), 40003);
    let list = api.get(&format!("/customservice/kfsession/getsessionlist?kf_account={ANN}")).await;
    assert_eq!(list["sessionlist"][0]["openid"], "oFan");
    assert_eq!(errcode(&api.get("/customservice/kfsession/getsessionlist").await), 65401);
    let online = api.get("/cgi-bin/customservice/getonlinekflist").await;
    let ann = &online["kf_online_list"][0];
    assert_eq!((&ann["kf_account"], &ann["status"], &ann["accepted_case"]), (&json!(ANN), &json!(1), &json!(1)));
    assert_eq!(api.get("/customservice/getonlinekflist").await, online);

    assert!(!wechat.agent_hands_over(&demo(), BOB, ANN, "oFan"), "it is not Bob's");
    assert!(wechat.agent_hands_over(&demo(), ANN, BOB, "oFan"));
    let told = heard(&callback, "kf_switch_session", 1).await;
    assert_eq!((told.field("FromKfAccount"), told.field("ToKfAccount")), (ANN.into(), BOB.into()));
    assert_eq!(post(CLOSE, both(ANN, "oFan")).await, 65414);
    assert_eq!(post(CLOSE, both(BOB, "oFan")).await, 0);
    assert_eq!(heard(&callback, "kf_close_session", 1).await.field("KfAccount"), BOB);
    let none = api.get("/customservice/kfsession/getsession?openid=oFan").await;
    assert_eq!((&none["kf_account"], fan.agent()), (&json!(""), None));

    wechat.agent_takes(&demo(), ANN, "oFan");
    assert_eq!(post(DELETE, json!({ "kf_account": ANN })).await, 0);
    heard(&callback, "kf_close_session", 2).await;
    assert_eq!(fan.agent(), None);
    assert!(wechat.agent_offline(&demo(), BOB));
    assert_eq!(api.get("/cgi-bin/customservice/getonlinekflist").await["kf_online_list"], json!([]));
}

#[tokio::test]
async fn a_transferred_user_waits_until_someone_is_free() {
    let callback = Callback::start(|got| say(reply_with(got, "transfer_customer_service", ""))).await;
    let wechat = wechat(&callback).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    assert!(fan.is_waiting(), "any answer may transfer");
    let waiting = async || api.get("/customservice/kfsession/getwaitcase").await;
    let cases = waiting().await;
    assert_eq!((&cases["count"], &cases["waitcaselist"][0]["openid"]), (&json!(1), &json!("oFan")));
    let before = cases["waitcaselist"][0]["latest_time"].as_i64().unwrap();
    wechat.clock().advance(Duration::from_secs(30));
    let pushes = callback.got().len();
    fan.text("有人吗").await;
    assert_eq!(callback.got().len(), pushes + 1, "one who waits still writes to the callback");
    let cases = waiting().await;
    assert!(cases["waitcaselist"][0]["latest_time"].as_i64().unwrap() >= before + 30);
    assert_eq!(cases["count"], 1, "nobody waits twice");

    agent(&wechat, &api, ANN, 0).await;
    assert!(fan.is_waiting(), "an agent who takes nobody on its own leaves the user waiting");
    agent(&wechat, &api, BOB, 1).await;
    assert_eq!((fan.agent().as_deref(), fan.is_waiting()), (Some(BOB), false));
    assert_eq!(heard(&callback, "kf_create_session", 1).await.field("KfAccount"), BOB);
    let second = wechat.phone(&demo(), "oSecond").await;
    second.follow().await;
    assert!(second.is_waiting(), "Bob takes one");
    assert!(wechat.agent_closes(&demo(), BOB, "oFan"));
    assert_eq!(second.agent().as_deref(), Some(BOB), "and then the next");

    let named = format!("<TransInfo><KfAccount><![CDATA[{ANN}]]></KfAccount></TransInfo>");
    callback.think(move |got| say(reply_with(got, "transfer_customer_service", &named)));
    wechat.agent_online(&demo(), BOB, 9);
    let third = wechat.phone(&demo(), "oThird").await;
    third.follow().await;
    assert!(third.is_waiting(), "the one who was asked for takes nobody on its own");
    assert_eq!(third.chat().last().unwrap().note, Some(Note::Transferred));
    assert!(wechat.agent_takes(&demo(), ANN, "oThird"));
    assert_eq!(third.agent().as_deref(), Some(ANN));
    assert!(!wechat.agent_takes(&demo(), BOB, "oThird"), "it is served");

    let fourth = wechat.new_phone(&demo());
    fourth.wait_for_agent();
    assert_eq!(fourth.agent().as_deref(), Some(BOB));
    for _ in 0..110 {
        let phone = wechat.new_phone(&demo());
        phone.wait_for_agent();
    }
    let cases = waiting().await;
    let named = cases["waitcaselist"].as_array().unwrap().len();
    assert_eq!((cases["count"].as_u64().unwrap(), named), (110 - 7, 100), "all are counted, a hundred named");
}

#[tokio::test]
async fn what_is_said_in_a_session_is_recorded() {
    let callback = Callback::start(|got| say(reply(got, "机器人"))).await;
    let (wechat, api, fan) = desk(&callback).await;
    agent(&wechat, &api, ANN, 0).await;
    fan.text("before").await;
    assert_eq!(errcode(&api.post(CREATE, both(ANN, "oFan")).await), 0);
    heard(&callback, "kf_create_session", 1).await;
    let pushes = callback.got().len();
    let exchange = fan.text("在吗").await;
    assert_eq!((exchange.deliveries.len(), callback.got().len()), (0, pushes), "it goes to the agent");
    fan.image().await;
    fan.tap("K").await;
    assert_eq!(callback.got().len(), pushes + 1, "events go to the callback still");
    assert!(wechat.agent_says(&demo(), ANN, "oFan", "在的"));
    assert!(!wechat.agent_says(&demo(), ANN, "oOther", "?"), "not its user");
    let body = json!({ "touser": "oFan", "msgtype": "text", "text": { "content": "代发" } });
    assert_eq!(errcode(&api.post(SEND, body).await), 0);
    let last: Vec<_> = fan.chat().iter().rev().take(2).map(|item| (item.side, item.text.clone().unwrap())).collect();
    assert_eq!(last, [(Side::Account, "代发".to_owned()), (Side::Account, "在的".to_owned())]);

    let now = wechat.clock().now();
    let ask = |msgid: i64, number: i64| json!({ "starttime": now - 60, "endtime": now + 60, "msgid": msgid, "number": number });
    let all = api.post(LIST, ask(1, 10_000)).await;
    let told: Vec<_> =
        all["recordlist"].as_array().unwrap().iter().map(|r| (r["opercode"].clone(), r["text"].clone())).collect();
    assert_eq!(json!(told), json!([[2003, "在吗"], [2003, "[image]"], [2002, "在的"], [2002, "代发"]]));
    assert_eq!((&all["recordlist"][0]["openid"], &all["recordlist"][0]["worker"]), (&json!("oFan"), &json!(ANN)));
    let (mut next, mut pages) = (1, Vec::new());
    loop {
        let page = api.post(LIST, ask(next, 3)).await;
        pages.extend(page["recordlist"].as_array().unwrap().clone());
        next = page["msgid"].as_i64().unwrap();
        if page["number"] != 3 {
            break;
        }
    }
    assert_eq!(json!(pages), all["recordlist"], "page by page the same, none twice");
    for (change, wanted) in [
        (json!({ "starttime": null }), 65416),
        (json!({ "endtime": now - 61 }), 65416),
        (json!({ "endtime": now + 86_400 }), 65417),
        (json!({ "starttime": i64::MIN, "endtime": i64::MAX }), 65417),
        (json!({ "starttime": i64::MAX, "endtime": i64::MIN }), 65416),
        (json!({ "msgid": 0 }), 65416),
        (json!({ "number": 10_001 }), 65416),
        (json!({ "number": 0 }), 65416),
        (json!({ "number": [] }), 47001),
    ] {
        let mut body = ask(1, 10);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(errcode(&api.post(LIST, body).await), wanted, "{change}");
    }

    let old = async |index: i64, size: i64, openid: &str| {
        let body = json!({
            "starttime": now - 60, "endtime": now + 60, "pageindex": index, "pagesize": size, "openid": openid,
        });
        api.post("/customservice/msgrecord/getrecord", body).await
    };
    let codes = |answer: &Value| {
        json!(answer["recordlist"].as_array().unwrap().iter().map(|r| &r["opercode"]).collect::<Vec<_>>())
    };
    assert_eq!(codes(&old(1, 50, "oFan").await), json!([1002, 2003, 2003, 2002, 2002]));
    assert_eq!(codes(&old(2, 2, "").await), json!([2003, 2002]));
    assert_eq!(codes(&old(1, 50, "oOther").await), json!([]));
    assert_eq!((errcode(&old(0, 50, "").await), errcode(&old(1, 51, "").await)), (65416, 65416));

    wechat.clock().advance(Duration::from_secs(30 * 60));
    let pushes = callback.got().len();
    assert_eq!(fan.text("还在吗").await.deliveries[0].outcome, Outcome::Answered);
    assert_eq!(callback.got().len(), pushes + 1, "after half an hour it goes to the callback again");
}
