//! A message arrives, is stored and answered: the callback as WeChat meets it.

use std::time::Duration;

use crate::common::{APPID, SLUG, World, app, keyword, new_account, text};
use puzi_sandbox::Action;
use puzi_shop::{
    accounts::{AccountEdit, Status},
    replies::{Answer, Draft, Trigger},
};
use puzi_wechat::envelope::Mode;

#[tokio::test]
async fn a_follower_is_welcomed_and_answered_in_every_mode() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Encrypted] {
        let world = World::in_mode(mode).await;
        world.save_rule(Draft::new("welcome", Trigger::Follow { scene: None }, Answer::text("欢迎"))).await;
        world.rule(keyword("营业时间", Answer::text("9:00–18:00 ]]> <&"))).await;
        let fan = world.wechat.new_phone(APPID);

        assert_eq!(fan.follow().await.text(), Some("欢迎"), "{mode}");
        assert_eq!(fan.text("营业时间").await.text(), Some("9:00–18:00 ]]> <&"), "{mode}");

        assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE answer_state = 'answered'").await, 2);
        assert_eq!(world.count("SELECT COUNT(*) AS n FROM followers WHERE subscribed").await, 1);
    }
}

#[tokio::test]
async fn every_kind_of_message_is_stored_and_what_no_rule_knows_gets_success() {
    let world = World::new().await;
    let fan = world.fan().await;
    let exchanges = [
        fan.image().await,
        fan.voice().await,
        fan.video().await,
        fan.short_video().await,
        fan.location(30.25, 120.17, "西湖").await,
        fan.link("茶经", "陆羽", "https://example.com/tea").await,
        fan.tap("HELLO").await,
        fan.scan("table-7").await,
    ];
    for exchange in &exchanges {
        assert!(exchange.accepted() && exchange.answer().is_none(), "{exchange:?}");
        assert_eq!(exchange.deliveries.last().unwrap().response, "success");
        assert_eq!(exchange.deliveries.len(), 1);
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages").await, 9);
    let label: String = world.value("SELECT summary AS n FROM messages WHERE kind = 'location'", []).await;
    assert_eq!(label, "西湖");
}

#[tokio::test]
async fn a_second_delivery_gets_the_first_answer_and_is_stored_once() {
    let mut world = World::in_mode(Mode::Encrypted).await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;

    let push = fan.compose(text("在吗"));
    let (first, second) = tokio::join!(push.deliver(), push.deliver());
    assert_eq!(first.text(), Some("在的"));
    assert_eq!(first.response, second.response, "the same bytes");

    // Also when rules have changed and the node was killed in between.
    let mut changed = keyword("在吗", Answer::text("不在")).priority(9);
    changed.name = "changed".into();
    world.save_rule(changed).await;
    world.restart_node().await;
    assert_eq!(fan.text("在吗").await.text(), Some("不在"));
    let third = push.deliver_to(&world.node.callback(SLUG)).await;
    assert_eq!(third.response, first.response);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, 2);
}

#[tokio::test]
async fn who_follows_and_leaves_is_known_whatever_order_the_news_come_in() {
    let world = World::new().await;
    let fan = world.wechat.new_phone(APPID);
    let follow = fan.compose(Action::Follow);
    world.wechat.clock().advance(Duration::from_secs(2));
    let leave = fan.compose(Action::Unfollow);

    leave.deliver().await;
    follow.deliver().await;

    let subscribed: bool = world.value("SELECT subscribed AS n FROM followers", []).await;
    assert!(!subscribed, "the unfollowing is the later event, though it arrived first");
}

#[tokio::test]
async fn somebody_who_followed_before_us_is_known_from_the_first_message() {
    let world = World::new().await;
    let fan = world.wechat.new_phone(APPID);
    fan.follow().await;
    puzi_shop::db::Db::execute(&world.db, "DELETE FROM followers", []).await.unwrap();

    fan.text("老朋友").await;

    let openid: String = world.value("SELECT openid AS n FROM followers WHERE subscribed", []).await;
    assert_eq!(openid, fan.openid());
}

#[tokio::test]
async fn accounts_have_their_own_keys_and_do_not_open_each_others() {
    let world = World::in_mode(Mode::Encrypted).await;
    let other =
        world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat)).await.unwrap();
    world.node_catches_up().await;
    world.wechat.add_app(app(&other, &world.node)).unwrap();
    let fan = world.wechat.new_phone(&other.appid);
    assert!(fan.follow().await.accepted());

    let foreign = world.fan().await.compose(text("hi")).deliver_to(&world.node.callback("coffee")).await;
    assert_eq!(foreign.status, Some(403));
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages").await, 2);
}

#[tokio::test]
async fn a_paused_account_is_as_unknown_and_comes_back() {
    let world = World::new().await;
    let fan = world.fan().await;
    world.accounts.set_status(SLUG, Status::Paused).await.unwrap();
    world.node_catches_up().await;
    assert_eq!(fan.compose(text("hi")).deliver().await.status, Some(404));

    world.accounts.set_status(SLUG, Status::Active).await.unwrap();
    world.node_catches_up().await;
    assert!(fan.text("hi").await.accepted());
}

#[tokio::test]
async fn wechats_url_check_is_answered_and_noted() {
    let world = World::new().await;
    assert!(world.accounts.get(SLUG).await.unwrap().verified_at.is_none());
    world.wechat.verify_url(APPID).await.unwrap();
    assert!(world.accounts.get(SLUG).await.unwrap().verified_at.is_some());

    world.wechat.update_app(APPID, |app| app.token = "anothertoken".into()).unwrap();
    assert!(world.wechat.verify_url(APPID).await.is_err());
}

#[tokio::test]
async fn after_a_rotation_the_old_key_is_accepted_until_it_is_dropped() {
    let world = World::in_mode(Mode::Encrypted).await;
    world.rule(keyword("在吗", Answer::text("在的"))).await;
    let fan = world.fan().await;

    let rotated = world.accounts.rotate_key(SLUG, None).await.unwrap();
    world.node_catches_up().await;
    assert_eq!(fan.text("在吗").await.text(), Some("在的"), "WeChat still uses the old key");

    world.accounts.drop_previous_key(SLUG).await.unwrap();
    world.node_catches_up().await;
    assert_eq!(fan.compose(text("在吗")).deliver().await.status, Some(400));

    world.wechat.update_app(APPID, |app| app.encoding_aes_key = Some(rotated.aes_key.expose())).unwrap();
    assert_eq!(fan.text("在吗").await.text(), Some("在的"));
}

#[tokio::test]
async fn an_account_that_insists_on_encryption_refuses_plain_text() {
    let world = World::new().await;
    let fan = world.fan().await;
    let edit = AccountEdit { mode: Some(Mode::Encrypted), ..AccountEdit::default() };
    world.accounts.edit(SLUG, edit).await.unwrap();
    world.node_catches_up().await;
    assert_eq!(fan.compose(text("hi")).deliver().await.status, Some(403));
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'").await, 0);
}
