//! Templates as WeChat tells of them, and what it intercepted.

use super::*;

#[tokio::test]
async fn what_wechat_no_longer_tells_of_is_kept_as_gone_and_one_refusal_stops_nothing() {
    let world = World::new().await;
    let told = json!({
        "template_id": "A", "title": "付款", "primary_industry": "IT", "deputy_industry": "电商",
        "content": "金额:{{amount1.DATA}}", "example": "金额:¥1",
    });
    world.ear.lock().unwrap().listed = vec![told.clone()];
    let sync = async || {
        // Two readings in one millisecond could not be told apart.
        tokio::time::sleep(Duration::from_millis(5)).await;
        world.notices.sync(&Reach::All, world.account_id).await.unwrap()
    };
    let synced = sync().await;
    assert_eq!((synced.found, synced.gone), (1, 1), "the one that was there is gone");
    assert_eq!((synced.refused.len(), synced.refused[0].0), (1, Way::Subscribe));
    let found = async || world.notices.find_template(&Reach::All, world.account_id, "A").await.unwrap();
    let template = found().await;
    assert_eq!((template.category.as_str(), template.all_words()[0].kind.as_str()), ("IT 电商", "amount"));
    assert!(world.notices.template(&Reach::All, world.templates[0]).await.unwrap().gone_at.is_some());
    assert!(world.notices.template(&Reach::All, world.templates[1]).await.unwrap().gone_at.is_none(), "not told of");

    world.ear.lock().unwrap().listed.clear();
    assert_eq!(sync().await.gone, 1);
    assert!(found().await.gone_at.is_some());
    world.ear.lock().unwrap().listed = vec![told];
    assert_eq!(sync().await.gone, 0);
    assert_eq!((found().await.gone_at, found().await.id), (None, template.id));
    assert!(matches!(world.notices.sync(&Reach::none(), world.account_id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_was_intercepted_is_asked_for_once_a_day() {
    let world = World::new().await;
    let id = world.queue(0).await;
    world.work().await;
    let one = |id: i64| {
        json!({
            "id": id, "tmpl_msg_id": "T-template", "title": "发货", "content": "快递:顺丰",
            "send_timestamp": now_ms() / 1_000, "openid": OPENID,
        })
    };
    world.ear.lock().unwrap().intercepted = vec![one(5)];
    world.notices.ask_blocked().await.unwrap();
    let row = world.row(id).await;
    assert_eq!((row.state.as_str(), row.outcome.as_deref()), ("failed", Some("intercepted")));
    let next = world.queue(0).await;
    world.work().await;
    world.ear.lock().unwrap().intercepted.push(one(6));
    world.notices.ask_blocked().await.unwrap();
    assert_eq!(world.state(next).await, "accepted", "it was asked today");
    world.run("UPDATE notice_templates SET asked_at = 0").await;
    world.notices.ask_blocked().await.unwrap();
    assert_eq!(world.state(next).await, "failed");
}
