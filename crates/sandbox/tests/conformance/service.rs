//! Customer service.

use puzi_wechat::api::service::{InviteStatus, Records, RecordsByPage};
use puzi_wechat::client::CustomMessage;
use serde_json::json;

use crate::story::{Story, not_sent, refused};

const ANN: &str = "ann@gh_5a4d706c7570";
const BOB: &str = "bob@gh_5a4d706c7570";
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\xff\xd9";

#[tokio::test]
async fn service() {
    let story = Story::of("service", 3).await;
    accounts(&story).await;
    sessions(&story).await;
    said(&story).await;
    removed(&story).await;
    story.end();
}

async fn accounts(story: &Story) {
    let service = story.wechat.service();
    service.add(ANN, "小安", None).await.unwrap();
    service.add(BOB, "小宝", Some("1")).await.unwrap();
    refused(service.add(ANN, "小安", None).await, 65_406);
    not_sent(service.add(BOB, &"字".repeat(17), None).await, "nickname");
    let long = json!({ "kf_account": BOB, "nickname": "字".repeat(17) });
    refused(story.post("/customservice/kfaccount/add", long).await, 65_403);
    service.rename(ANN, "安安").await.unwrap();
    refused(service.rename("nobody@gh_1", "安安").await, 65_401);
    service.set_avatar(ANN, "ann.jpg", PHOTO).await.unwrap();
    refused(service.set_avatar(ANN, "ann.gif", b"GIF89a".as_slice()).await, 40_005);

    service.invite(ANN, "wx_ann").await.unwrap();
    refused(service.invite(ANN, "wx_other").await, 65_411);
    let all = service.accounts(None).await.unwrap();
    let ann = &all[0];
    assert_eq!((all.len(), ann.kf_account.as_str(), ann.kf_nick.as_str(), ann.kf_id), (2, ANN, "安安", 1001));
    assert_eq!((ann.invite_wx.as_str(), ann.invite_status.clone()), ("wx_ann", Some(InviteStatus::Waiting)));
    let left = ann.invite_expire_time.unwrap() - story.sandbox.clock().now();
    assert!((86_300..=86_400).contains(&left) && ann.kf_headimgurl.starts_with("http"), "{ann:?}");
    assert!(story.sandbox.accept_invitation(&story.app.appid, ANN));
    let all = service.accounts(Some("1")).await.unwrap();
    assert_eq!((all[0].kf_wx.as_str(), all[0].invite_status.clone()), ("wx_ann", None));
    refused(service.invite(ANN, "wx_ann").await, 65_412);
    for path in ["/cgi-bin/customservice/getkflist", "/cgi-bin/customservice/getonlinekflist"] {
        story.refuse(path, 65_400);
    }
    refused(service.accounts(None).await, 65_400);
    refused(service.online(None).await, 65_400);
    story.accept();
}

async fn sessions(story: &Story) {
    let (service, appid) = (story.wechat.service(), &story.app.appid);
    let fan = story.sandbox.phone(appid, "fan-0").await;
    assert_eq!(service.online(None).await.unwrap(), []);
    refused(service.open_session(BOB, "fan-0").await, 65_402);
    refused(service.open_session(ANN, "fan-0").await, 65_415);
    refused(service.sessions(BOB).await, 65_402);
    assert!(story.sandbox.agent_online(appid, ANN, 0));
    let none = service.session("fan-0").await.unwrap();
    assert!(none.kf_account.is_empty(), "{none:?}");
    service.open_session(ANN, "fan-0").await.unwrap();
    service.open_session(ANN, "fan-0").await.unwrap();
    assert_eq!(fan.agent().as_deref(), Some(ANN));

    let session = service.session("fan-0").await.unwrap();
    assert_eq!(session.kf_account, ANN);
    refused(service.session("nobody").await, 40_003);
    let of_ann = service.sessions(ANN).await.unwrap();
    assert_eq!((of_ann.len(), of_ann[0].openid.as_str()), (1, "fan-0"));
    assert_eq!(session.createtime, Some(of_ann[0].createtime));
    let online = service.online(Some("1")).await.unwrap();
    assert_eq!((online.len(), online[0].kf_account.as_str(), online[0].status), (1, ANN, 1));
    assert_eq!((online[0].kf_id, online[0].accepted_case), (1001, Some(1)));

    let late = story.sandbox.phone(appid, "fan-1").await;
    late.wait_for_agent();
    let waiting = service.waiting().await.unwrap();
    assert_eq!((waiting.count, waiting.waitcaselist[0].openid.as_str()), (1, "fan-1"));
    assert!(waiting.waitcaselist[0].latest_time >= of_ann[0].createtime);
    story.refuse("/customservice/kfsession/getwaitcase", 65_400);
    refused(service.waiting().await, 65_400);
    story.accept();
}

#[expect(deprecated, reason = "the platform still answers")]
async fn said(story: &Story) {
    let (service, appid) = (story.wechat.service(), &story.app.appid);
    let fan = story.sandbox.phone(appid, "fan-0").await;
    fan.text("在吗").await;
    assert!(story.sandbox.agent_says(appid, ANN, "fan-0", "在的"));
    story.wechat.messages().send("fan-0", &CustomMessage::text("代发")).await.unwrap();

    let now = story.sandbox.clock().now();
    let page = service.records(&Records::new(now - 600, now + 600, 1, 2)).await.unwrap();
    let told: Vec<_> = page.recordlist.iter().map(|record| (record.opercode, record.text.as_str())).collect();
    assert_eq!((told, page.number), (vec![(2003, "在吗"), (2002, "在的")], 2));
    assert_eq!((page.recordlist[0].openid.as_str(), page.recordlist[0].worker.as_str()), ("fan-0", ANN));
    let rest = service.records(&Records::new(now - 600, now + 600, page.msgid, 10_000)).await.unwrap();
    assert_eq!((rest.number, rest.recordlist[0].text.as_str()), (1, "代发"));
    refused(service.records(&Records::new(now, now - 600, 1, 10)).await, 65_416);
    not_sent(service.records(&Records::new(now - 600, now, 0, 10)).await, "msgid");
    not_sent(service.records(&Records::new(now - 600, now, 1, 10_001)).await, "number");

    let old = RecordsByPage::new(now - 600, now + 600, 1, 50);
    let all = service.records_by_page(&old).await.unwrap();
    assert!(all.len() >= 4 && all.iter().any(|record| record.text == "代发"), "{all:?}");
    assert_eq!(service.records_by_page(&old.openid("fan-2")).await.unwrap(), []);
    not_sent(service.records_by_page(&RecordsByPage::new(now, now, 1, 51)).await, "pagesize");
    let large = json!({ "starttime": now, "endtime": now, "pageindex": 1, "pagesize": 51 });
    refused(story.post("/customservice/msgrecord/getrecord", large).await, 65_416);
}

async fn removed(story: &Story) {
    let service = story.wechat.service();
    service.close_session(ANN, "fan-0").await.unwrap();
    refused(service.close_session(ANN, "fan-0").await, 65_413);
    assert_eq!(service.sessions(ANN).await.unwrap(), []);
    service.delete(BOB, Some("1")).await.unwrap();
    service.delete(ANN, None).await.unwrap();
    refused(service.delete(ANN, None).await, 65_401);
    assert_eq!(service.accounts(None).await.unwrap(), []);
}
