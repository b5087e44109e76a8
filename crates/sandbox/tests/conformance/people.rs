//! Followers, groups, and the codes they come by.

use std::time::Duration;

use puzi_sandbox::App;
use serde_json::json;

use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn users() {
    let story = Story::of("users", 3).await;
    let users = story.wechat.users();

    let page = users.list(None).await.unwrap();
    assert_eq!((page.total, page.openids.len()), (3, 3));
    refused(users.list(Some("nobody")).await, 40003);

    users.remark("fan-0", "常客").await.unwrap();
    refused(users.remark("nobody", "常客").await, 40003);
    let fan = users.info("fan-0").await.unwrap();
    assert_eq!((fan.subscribe, fan.remark.as_str()), (true, "常客"));
    refused(users.info("nobody").await, 40003);

    assert_eq!(users.infos(&["fan-0", "fan-1"]).await.unwrap().len(), 2);
    refused(users.infos(&["nobody"]).await, 40003);

    let old = App { appid: "wx00000000000000a1".into(), followers: 2, ..App::demo() };
    story.sandbox.add_app(old.clone()).unwrap();
    let before = story.sandbox.followers(&old.appid)[0].openid().to_owned();
    refused(users.convert(&old.appid, &[&before]).await, 63178);
    story.sandbox.migrate(&old.appid, &story.app.appid).unwrap();
    let changed = users.convert(&old.appid, &[&before]).await.unwrap();
    assert_eq!(changed[0].ori_openid, before);
    assert!(!changed[0].new_openid.is_empty());
    story.end();
}

#[tokio::test]
#[expect(deprecated, reason = "the platform still answers")]
async fn groups() {
    let story = Story::of("groups", 3).await;
    let groups = story.wechat.groups();

    let regulars = groups.create("常客").await.unwrap();
    not_sent(groups.create("").await, "group.name");
    refused(story.post("/cgi-bin/groups/create", json!({ "group": { "name": "" } })).await, 40051);
    groups.rename(regulars.id, "老顾客").await.unwrap();
    refused(groups.rename(0, "谁").await, 45016);
    groups.move_follower("fan-0", regulars.id).await.unwrap();
    refused(groups.move_follower("nobody", regulars.id).await, 40003);
    groups.move_followers(&["fan-1", "fan-2"], regulars.id).await.unwrap();
    refused(groups.move_followers(&["nobody"], regulars.id).await, 40003);
    assert_eq!(groups.of("fan-0").await.unwrap(), regulars.id);
    refused(groups.of("nobody").await, 40003);
    let all = groups.list().await.unwrap();
    assert!(all.iter().any(|group| group.name == "老顾客" && group.count == 3), "{all:?}");
    groups.delete(regulars.id).await.unwrap();
    refused(groups.delete(0).await, 45016);
    story.refuse("/cgi-bin/groups/get", 45009);
    refused(groups.list().await, 45009);
    story.end();
}

#[tokio::test]
async fn qrcode() {
    let story = Story::of("qrcode", 1).await;
    let codes = story.wechat.qrcode();

    let code = codes.temporary("poster-1", Duration::from_secs(3600)).await.unwrap();
    assert_eq!(code.expire_seconds, 3600);
    assert!(codes.permanent(7).await.unwrap().url.starts_with("http"));
    not_sent(codes.permanent(100_001).await, "scene_id");
    story.refuse("/cgi-bin/qrcode/create", 40053);
    refused(codes.permanent("7").await, 40053);
    story.accept();
    let body = json!({ "action_name": "QR_NONE", "action_info": { "scene": { "scene_id": 1 } } });
    refused(story.post("/cgi-bin/qrcode/create", body).await, 40052);

    let picture = codes.picture(&code.ticket).await.unwrap();
    assert!(picture.bytes.starts_with(&[0xff, 0xd8]) || picture.bytes.starts_with(b"\x89PNG"));
    assert!(codes.picture("no such ticket").await.is_err());
    story.end();
}

#[tokio::test]
#[expect(deprecated, reason = "the platform still answers")]
async fn shortdata() {
    let story = Story::of("shortdata", 0).await;
    let short = story.wechat.shortdata();

    let key = short.store("一段很长的数据", Some(600)).await.unwrap();
    assert_eq!(short.fetch(&key).await.unwrap().long_data, "一段很长的数据");
    refused(short.fetch("0000000000000000").await, 9_410_012);
    not_sent(short.store(&"x".repeat(4097), None).await, "long_data");
    refused(story.post("/cgi-bin/shorten/gen", json!({ "long_data": "" })).await, 47_003);
    refused(short.shorten("https://example.com/").await, 45_103);
    story.end();
}

#[tokio::test]
async fn tickets() {
    let story = Story::of("tickets", 0).await;
    let tickets = story.wechat.tickets();

    let ticket = tickets.jsapi().await.unwrap();
    assert_eq!(tickets.jsapi().await.unwrap().expose(), ticket.expose());
    assert_ne!(tickets.card().await.unwrap().expose(), ticket.expose());
    refused(story.wechat.get("/cgi-bin/ticket/getticket").query("type", "none").done().await, 40_097);
    story.end();
}
