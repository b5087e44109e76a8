//! Template messages.

use std::time::Duration;

use puzi_sandbox::{Kind, Side};
use puzi_wechat::api::template::{Content, MiniProgram, Send, SendOnce};
use serde_json::json;

use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn template() {
    let story = Story::of("template", 2).await;
    let templates = story.wechat.template();
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;

    refused(templates.industry().await, 40_102);
    templates.set_industry("1", "31").await.unwrap();
    refused(templates.set_industry("1", "2").await, 43_100);
    not_sent(templates.set_industry("1", "").await, "industry_id2");
    let industries = templates.industry().await.unwrap();
    assert_eq!(industries.primary_industry.unwrap().second_class, "互联网|电子商务");
    assert_eq!(industries.secondary_industry.unwrap().first_class, "消费品");

    let shipped = templates.add("1856", &["快递公司", "发货时间"]).await.unwrap();
    refused(templates.add("1856", &["天气"]).await, 40_246);
    not_sent(templates.add("", &["天气"]).await, "template_id_short");
    let paid = templates.add("TM00015", &[] as &[&str]).await.unwrap();
    let all = templates.list().await.unwrap();
    assert_eq!(all.iter().map(|one| &one.template_id).collect::<Vec<_>>(), [&shipped, &paid]);
    assert!(all[0].primary_industry.is_empty() && all[1].primary_industry == "IT科技", "{all:?}");
    story.refuse("/cgi-bin/template/get_all_private_template", 48_001);
    refused(templates.list().await, 48_001);
    story.accept();

    let parcel = |to: &str| Send::new(to, &shipped).data("thing4", "顺丰速运").data("time3", "2026-11-01 15:01");
    let page = MiniProgram::new("wx0123456789abcdef").pagepath("orders?id=1");
    let first = parcel("fan-0").url("https://shop.example/1").miniprogram(page).client_msg_id("order-1");
    let id = templates.send(&first).await.unwrap();
    assert_eq!(templates.send(&first).await.unwrap(), id, "the same message");
    story.sandbox.clock().advance(Duration::from_secs(2));
    let card = fan.wait_for(Duration::from_secs(5), |item| item.kind == Kind::Link).await.unwrap();
    assert_eq!((card.side, card.url.as_deref()), (Side::Account, Some("orders?id=1")));
    refused(templates.send(&parcel("nobody")).await, 40_003);
    refused(templates.send(&Send::new("fan-0", "none").data("thing4", "")).await, 40_037);
    refused(templates.send(&Send::new("fan-0", &shipped).data("thing4", "顺丰速运")).await, 47_003);
    not_sent(templates.send(&parcel("fan-0").miniprogram(MiniProgram::new(""))).await, "miniprogram.appid");
    not_sent(templates.send(&Send::new("fan-0", &shipped)).await, "data");

    // What the platform holds back.
    story.sandbox.forbid_in_templates(&story.app.appid, "中奖");
    for (before, words) in ["恭喜中奖", "再次中奖"].into_iter().enumerate() {
        templates.send(&Send::new("fan-0", &paid).data("first", words).data("remark", "")).await.unwrap();
        story.sandbox.clock().advance(Duration::from_secs(2));
        let is_held = async {
            while templates.blocked(&paid, 0, 100).await.unwrap().len() == before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), is_held).await.unwrap();
    }
    let held = templates.blocked(&paid, 0, 1).await.unwrap();
    assert!(held.len() == 1 && held[0].content.contains("恭喜中奖") && held[0].openid == "fan-0", "{held:?}");
    assert!(held[0].send_timestamp > 1_700_000_000, "{held:?}");
    let rest = templates.blocked(&paid, held[0].id, 100).await.unwrap();
    assert!(rest.len() == 1 && rest[0].content.contains("再次中奖"), "{rest:?}");
    not_sent(templates.blocked(&paid, 0, 101).await, "limit");
    let long = json!({ "tmpl_msg_id": paid, "largest_id": 0, "limit": 101 });
    refused(story.post("/wxa/sec/queryblocktmplmsg", long).await, 40_035);

    templates.delete(&paid).await.unwrap();
    refused(templates.delete(&paid).await, 40_037);
    once(&story).await;
    story.end();
}

/// The one message that a user allowed.
async fn once(story: &Story) {
    let templates = story.wechat.template();
    let stranger = story.sandbox.new_phone(&story.app.appid);
    let template = story.sandbox.one_time_template(&story.app.appid);
    let ask = |words: &str, title: &str| {
        SendOnce::new(stranger.openid(), &template, "1000", title, Content::new(words).color("#173177"))
            .url("https://shop.example/tea")
            .miniprogram(MiniProgram::new("wx0123456789abcdef"))
    };
    refused(templates.send_once(&ask("春茶到了", "到货提醒")).await, 43_101);
    stranger.confirm_once(1000);
    templates.send_once(&ask("春茶到了", "到货提醒")).await.unwrap();
    let shown = stranger.chat();
    assert_eq!((shown[0].title.as_deref(), shown[0].description.as_deref()), (Some("到货提醒"), Some("春茶到了")));
    refused(templates.send_once(&ask("春茶到了", "到货提醒")).await, 43_101);
    not_sent(templates.send_once(&ask("春茶到了", &"题".repeat(16))).await, "title");
    not_sent(templates.send_once(&ask(&"字".repeat(201), "到货提醒")).await, "data.content.value");
}
