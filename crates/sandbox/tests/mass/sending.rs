//! What is sent, to whom, and what becomes of it.

use puzi_sandbox::{AccountKind, App, Kind, Side};
use serde_json::{Value, json};

use crate::common::{Api, Callback, app, errcode, wechat};
use crate::heard::{count, heard};
use crate::{DELETE, FINISH, PREVIEW, SEND, SEND_ALL, counts, crowd, demo, minute, status, to, to_all, words};

#[tokio::test]
async fn a_message_to_all_arrives_when_the_clock_says_so() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    let answer = api.post(SEND_ALL, to_all("大家好")).await;
    assert_eq!((errcode(&answer), &answer["errmsg"]), (0, &json!("send job submission success")));
    assert!(answer.get("msg_data_id").is_none(), "only articles have one: {answer}");
    let msg_id = &answer["msg_id"];
    assert_eq!(status(&api, msg_id).await, "SENDING");
    assert_eq!((count(&callback, FINISH), words(&fan).len()), (0, 0));
    assert_eq!(errcode(&api.post(DELETE, json!({ "msg_id": msg_id })).await), 40059, "it is not sent yet");

    minute(&wechat);
    let told = heard(&callback, FINISH, 1).await;
    assert_eq!((told.field("MsgID"), told.field("Status")), (msg_id.to_string(), "send success".into()));
    assert_eq!(counts(&told), ["4", "4", "4", "0"]);
    assert!(told.body.contains("<CopyrightCheckResult><Count>0</Count><ResultList></ResultList>"), "{}", told.body);
    assert_eq!(words(&fan), ["大家好"]);
    assert_eq!(words(&wechat.phone(&demo(), "oBob").await), ["大家好"]);
    assert_eq!(status(&api, msg_id).await, "SEND_SUCCESS");
    assert_eq!(status(&api, &json!(msg_id.to_string())).await, "SEND_SUCCESS", "an id may be quoted");
    assert_eq!(errcode(&api.post("/cgi-bin/message/mass/get", json!({ "msg_id": 1 })).await), 40059);
    assert_eq!(errcode(&api.post("/cgi-bin/message/mass/get", json!({})).await), 40059);
    assert_eq!(errcode(&api.post(DELETE, json!({ "msg_id": msg_id })).await), 40008, "a text stays");
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_said_at_once() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    fan.image().await;
    let image = fan.chat().iter().find_map(|item| item.media_id.clone()).unwrap();
    for (msgtype, content, wanted) in [
        ("text", json!({ "content": "" }), 44004),
        ("text", json!({ "content": 1 }), 47001),
        ("text", json!("hi"), 47001),
        ("text", json!({ "content": "字".repeat(683) }), 45002),
        ("image", json!({ "media_id": "none" }), 40007),
        ("voice", json!({ "media_id": image }), 40004),
        ("mpvideo", json!({ "media_id": image }), 40004),
        ("mpnews", json!({ "media_id": image }), 40007),
        ("wxcard", json!({ "card_id": "" }), 40073),
        ("hologram", json!({}), 40008),
    ] {
        let body = json!({ "filter": { "is_to_all": true }, "msgtype": msgtype, msgtype: content });
        let answer = api.post(SEND_ALL, body).await;
        assert_eq!(errcode(&answer), wanted, "{msgtype} {content}: {answer}");
        minute(&wechat);
    }
    let content = json!({ "content": "x" });
    for (body, wanted) in [
        (json!({ "filter": { "is_to_all": true }, "text": content }), 40008),
        (json!({ "msgtype": "text", "text": content }), 40035),
        (json!({ "filter": [], "msgtype": "text", "text": content }), 47001),
        (json!({ "filter": { "is_to_all": "yes" }, "msgtype": "text", "text": content }), 47001),
        (json!({ "filter": { "is_to_all": false }, "msgtype": "text", "text": content }), 40152),
        (json!({ "filter": { "tag_id": 4711 }, "msgtype": "text", "text": content }), 40152),
        (
            json!({ "filter": { "is_to_all": true }, "msgtype": "text", "text": content, "send_ignore_reprint": 2 }),
            40035,
        ),
        (json!([]), 47001),
    ] {
        let answer = api.post(SEND_ALL, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{body}: {answer}");
    }
    assert_eq!(errcode(&api.get(SEND_ALL).await), 43002);
    assert_eq!(errcode(&api.post_raw(SEND_ALL, "{").await), 47001);

    let pictures = |ids: &[&str]| {
        json!({
            "filter": { "is_to_all": true }, "msgtype": "image",
            "images": { "media_ids": ids, "recommend": "看看", "need_open_comment": 1 },
        })
    };
    assert_eq!(errcode(&api.post(SEND_ALL, pictures(&[])).await), 40007);
    assert_eq!(errcode(&api.post(SEND_ALL, pictures(&[image.as_str(); 21])).await), 40007);
    assert_eq!(errcode(&api.post(SEND_ALL, pictures(&[&image, &image])).await), 0, "what was refused took no quota");
    minute(&wechat);
    heard(&callback, FINISH, 1).await;
    let shown: Vec<_> = fan.chat().iter().filter(|item| item.side == Side::Account).map(|item| item.kind).collect();
    assert_eq!(shown, [Kind::Text, Kind::Image, Kind::Image]);

    fan.voice().await;
    let voice = fan.chat().iter().rev().find_map(|item| item.media_id.clone()).unwrap();
    let film = [b"\0\0\0\x10ftypisom".as_slice(), &[0; 8]].concat();
    let film = api.upload("/cgi-bin/media/upload?type=video", film).await["media_id"].clone();
    let film = json!({ "media_id": film, "title": "制茶", "description": "一分钟" });
    let film = api.post("/cgi-bin/media/uploadvideo", film).await;
    let film = film["media_id"].as_str().unwrap_or_else(|| panic!("{film}"));
    for (n, (msgtype, content)) in [
        ("voice", json!({ "media_id": voice })),
        ("mpvideo", json!({ "media_id": film })),
        ("wxcard", json!({ "card_id": "card" })),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "filter": { "is_to_all": true }, "msgtype": msgtype, msgtype: content });
        let answer = api.post(SEND_ALL, body).await;
        assert_eq!(errcode(&answer), 0, "{msgtype}: {answer}");
        minute(&wechat);
        heard(&callback, FINISH, n + 2).await;
    }
    let shown: Vec<_> = fan.chat().iter().filter(|item| item.side == Side::Account).map(|item| item.kind).collect();
    assert_eq!(shown[3..], [Kind::Voice, Kind::Video, Kind::Link]);
}

#[tokio::test]
async fn a_tag_and_a_list_name_their_readers() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    let tag = api.post("/cgi-bin/tags/create", json!({ "tag": { "name": "VIP" } })).await["tag"]["id"].clone();
    let members = json!({ "openid_list": ["oAnn", "oFan", "oBob"], "tagid": tag });
    assert_eq!(errcode(&api.post("/cgi-bin/tags/members/batchtagging", members).await), 0);
    let black = json!({ "openid_list": ["oBob"] });
    assert_eq!(errcode(&api.post("/cgi-bin/tags/members/batchblacklist", black).await), 0);
    let by_tag =
        json!({ "filter": { "is_to_all": false, "tag_id": tag }, "msgtype": "text", "text": { "content": "VIP" } });
    assert_eq!(errcode(&api.post(SEND_ALL, by_tag).await), 0);
    minute(&wechat);
    assert_eq!(counts(&heard(&callback, FINISH, 1).await), ["3", "2", "2", "0"], "the blacklisted one is filtered");
    assert_eq!((words(&fan), words(&wechat.phone(&demo(), "oCid").await).len()), (vec!["VIP".to_owned()], 0));

    for (openids, wanted) in [
        (json!([]), 40130),
        (json!(["oAnn"]), 40130),
        (json!(["oAnn", "oNobody"]), 40003),
        (json!("oAnn"), 47001),
        (json!(["oAnn", 1]), 47001),
        (Value::Null, 40130),
        (json!(vec!["oAnn"; 10_001]), 40032),
    ] {
        let body = json!({ "touser": openids, "msgtype": "text", "text": { "content": "x" } });
        assert_eq!(errcode(&api.post(SEND, body).await), wanted);
    }
    let stranger = wechat.phone(&demo(), "oStranger").await;
    let list = ["oAnn", "oFan", "oAnn", stranger.openid(), "oBob"];
    assert_eq!(errcode(&api.post(SEND, to(&list, "list")).await), 0);
    minute(&wechat);
    assert_eq!(counts(&heard(&callback, FINISH, 2).await), ["4", "2", "2", "0"]);
    assert_eq!((words(&fan).len(), stranger.chat().len()), (2, 0));
}

#[tokio::test]
async fn one_who_leaves_while_it_is_sent_is_an_error() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    api.post(SEND, to(&["oAnn", "oFan"], "bye")).await;
    fan.unfollow().await;
    minute(&wechat);
    assert_eq!(counts(&heard(&callback, FINISH, 1).await), ["2", "2", "1", "1"]);
    assert_eq!(words(&fan).len(), 0);
}

#[tokio::test]
async fn a_preview_goes_to_one_at_once() {
    let callback = Callback::content().await;
    let (wechat, api, fan) = crowd(&callback, AccountKind::Service).await;
    let preview = |name: &str, who: &str| json!({ name: who, "msgtype": "text", "text": { "content": "look" } });
    let answer = api.post(PREVIEW, preview("touser", "oFan")).await;
    assert_eq!((errcode(&answer), &answer["errmsg"]), (0, &json!("preview success")));
    assert!(answer["msg_id"].is_i64());
    assert_eq!(words(&fan), ["look"]);
    let mut both = preview("touser", "oAnn");
    both["towxname"] = json!(fan.nickname());
    assert_eq!(errcode(&api.post(PREVIEW, both).await), 0);
    assert_eq!(words(&fan).len(), 2, "the WeChat name comes first");
    let stranger = wechat.new_phone(&demo());
    for (body, wanted) in [
        (preview("touser", "oNobody"), 40003),
        (json!({ "msgtype": "text", "text": { "content": "x" } }), 40003),
        (preview("towxname", "谁也不是"), 40132),
        (preview("touser", stranger.openid()), 43004),
        (json!({ "touser": "oFan", "msgtype": "text", "text": {} }), 44004),
    ] {
        assert_eq!(errcode(&api.post(PREVIEW, body.clone()).await), wanted, "{body}");
    }
    for _ in 7..100 {
        api.post(PREVIEW, preview("touser", "oAnn")).await;
    }
    assert_eq!(errcode(&api.post(PREVIEW, preview("touser", "oFan")).await), 45009, "100 a day");
}

#[tokio::test]
async fn accounts_do_not_share_jobs() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), ..app(&callback) };
    wechat.add_app(other).unwrap();
    let fan = wechat.new_phone("wxOther");
    fan.follow().await;
    let api = Api::of(&wechat).await;
    api.post(SEND_ALL, to_all("mine")).await;
    minute(&wechat);
    assert_eq!(heard(&callback, FINISH, 1).await.field("ToUserName"), App::demo().original_id);
    assert_eq!(words(&fan).len(), 0);
}
