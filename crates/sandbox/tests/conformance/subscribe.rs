//! Subscription notices.

use std::time::Duration;

use puzi_sandbox::Kind;
use puzi_wechat::api::subscribe::{AppLanguage, MiniProgram, Release, Send};
use serde_json::json;

use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn subscribe() {
    let story = Story::of("subscribe", 1).await;
    let notices = story.wechat.subscribe();
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;

    let categories = notices.categories().await.unwrap();
    assert!(categories.iter().all(|one| one.id > 0 && !one.name.is_empty()) && !categories.is_empty());
    let ids = categories.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(",");
    let page = notices.titles(&ids, 0, 2).await.unwrap();
    assert!(page.data.len() == 2 && page.count > 2, "{page:?}");
    let second = notices.titles(&ids, 1, 1).await.unwrap();
    assert_eq!(second.data[0], page.data[1]);
    refused(notices.titles("1", 0, 30).await, 200_019);
    not_sent(notices.titles(&ids, 0, 31).await, "limit");

    let parcels = page.data.iter().find(|title| title.title == "订单发货通知").unwrap();
    assert!(categories.iter().any(|one| one.id == parcels.category_id));
    let tid = parcels.tid.to_string();
    let words = notices.keywords(&tid).await.unwrap();
    assert_eq!(words.count, i64::try_from(words.data.len()).ok());
    refused(notices.keywords("0").await, 200_014);
    let of = |name: &str| words.data.iter().find(|word| word.name == name).unwrap();
    let (by, at) = (of("快递公司"), of("发货时间"));
    assert_eq!((by.rule.as_str(), at.rule.as_str()), ("thing", "time"));

    let id = notices.add(&tid, &[by.kid, at.kid], "发货").await.unwrap();
    refused(notices.add(&tid, &[by.kid, at.kid], "发货").await, 200_022);
    not_sent(notices.add(&tid, &[by.kid], "发货").await, "kidList");
    not_sent(notices.add(&tid, &[by.kid, at.kid], &"字".repeat(16)).await, "sceneDesc");
    let body = json!({ "tid": tid, "kidList": [by.kid], "sceneDesc": "发货" });
    refused(story.post("/wxaapi/newtmpl/addtemplate", body).await, 200_020);
    let own = notices.list().await.unwrap();
    assert_eq!((own.len(), &own[0].pri_tmpl_id, own[0].kind), (1, &id, 2));
    let keys = [by, at].map(|word| format!("{}{}", word.rule, word.kid));
    assert!(keys.iter().all(|key| own[0].content.contains(&format!("{{{{{key}.DATA}}}}"))), "{own:?}");

    let notice = |to: &str| {
        Send::new(to, &id)
            .data(&keys[0], "顺丰速运")
            .data(&keys[1], "15:01")
            .page("https://shop.example/1")
            .miniprogram(MiniProgram::new("wx0123456789abcdef").pagepath("orders?id=1"))
            .miniprogram_state(Release::Formal)
            .lang(AppLanguage::ZhCn)
            .client_msg_id("order-1")
    };
    refused(notices.send(&notice("fan-0")).await, 43_101);
    fan.agree_to_notice(&id).await;
    refused(notices.send(&notice("nobody")).await, 40_003);
    refused(notices.send(&notice("fan-0").data(&keys[1], "下午")).await, 47_003);
    notices.send(&notice("fan-0")).await.unwrap();
    refused(notices.send(&notice("fan-0")).await, 43_101);
    story.sandbox.clock().advance(Duration::from_secs(2));
    let card = fan.wait_for(Duration::from_secs(5), |item| item.kind == Kind::Link).await.unwrap();
    assert_eq!(card.description.as_deref(), Some("快递公司：顺丰速运\n发货时间：15:01"));
    not_sent(notices.send(&Send::new("fan-0", &id)).await, "data");

    notices.delete(&id).await.unwrap();
    refused(notices.delete(&id).await, 20_001);
    assert_eq!(notices.list().await.unwrap(), []);
    for path in ["/wxaapi/newtmpl/getcategory", "/wxaapi/newtmpl/gettemplate"] {
        story.refuse(path, 200_100);
    }
    refused(notices.categories().await, 200_100);
    refused(notices.list().await, 200_100);
    story.end();
}
