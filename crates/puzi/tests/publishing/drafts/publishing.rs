use std::time::Duration;

use puzi_shop::{Error, accounts::Reach};

use crate::common::until;
use crate::drafts::{Desk, by};

const SUBMIT: &str = "/cgi-bin/freepublish/submit";

#[tokio::test]
async fn a_draft_is_published_and_taken_away() {
    let desk = Desk::open().await;
    let (person, reach) = (by(), Reach::All);
    let id = desk.write(&["春茶"]).await;
    assert!(matches!(desk.drafts.publish(&person, &reach, id).await, Err(Error::NotNow(_))), "it is not saved");
    desk.drafts.save(&person, &reach, id).await.unwrap();
    desk.is(id, "saved").await;
    // Two at once: one.
    let (one, two) = tokio::join!(desk.drafts.publish(&person, &reach, id), desk.drafts.publish(&person, &reach, id));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let published = desk.is(id, "published").await;
    assert_eq!(published.addresses().len(), 1);
    assert!(published.article_id.is_some() && published.media_id.is_none());
    let edit = desk.drafts.edit(&person, &reach, id, published.version, vec![desk.article("x")]).await;
    assert!(matches!(edit, Err(Error::NotNow(_))), "{edit:?}");
    assert_eq!(desk.drafts.removals_left(desk.world.account.id).await.unwrap(), 10);
    desk.drafts.unpublish(&person, &reach, id).await.unwrap();
    desk.is(id, "removed").await;
    assert_eq!(desk.drafts.removals_left(desk.world.account.id).await.unwrap(), 9);
    let events = desk.drafts.history(&reach, id).await.unwrap();
    let words: Vec<_> = events.iter().map(|one| one.event.as_str()).collect();
    assert_eq!(words, ["save", "saved", "submit", "taken", "published", "remove", "removed"]);
}

#[tokio::test]
async fn the_refused_article_is_named_and_can_be_put_right() {
    let desk = Desk::open().await;
    let id = desk.saved(&["春茶", "夏茶 [publish:4]", "秋茶"]).await;
    desk.drafts.publish(&by(), &Reach::All, id).await.unwrap();
    let refused = desk.is(id, "refused").await;
    assert_eq!((refused.refusals(), refused.error.as_deref()), (vec![2], Some("draft.refused_by_review")));
    let articles = vec![desk.article("春茶"), desk.article("夏茶"), desk.article("秋茶")];
    desk.drafts.edit(&by(), &Reach::All, id, refused.version, articles).await.unwrap();
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    desk.is(id, "saved").await;
    desk.drafts.publish(&by(), &Reach::All, id).await.unwrap();
    assert_eq!(desk.is(id, "published").await.addresses().len(), 3);
}

#[tokio::test]
async fn an_order_that_wechat_refuses_at_once_leaves_the_draft_as_it_was() {
    let desk = Desk::open().await;
    let id = desk.saved(&["春茶 [publish:53503]"]).await;
    desk.drafts.publish(&by(), &Reach::All, id).await.unwrap();
    until("it is refused", Duration::from_secs(20), async || desk.get(id).await.errcode.is_some()).await;
    let now = desk.get(id).await;
    assert_eq!((now.state.as_str(), now.errcode), ("saved", Some(53_503)));
}

#[tokio::test]
async fn when_the_answer_is_lost_the_event_tells_what_became_of_it() {
    let desk = Desk::open().await;
    let id = desk.saved(&["春茶"]).await;
    desk.world.wechat.faults().update(|faults| _ = faults.api_lost.insert(SUBMIT.into(), 1));
    desk.drafts.publish(&by(), &Reach::All, id).await.unwrap();
    let published = desk.is(id, "published").await;
    assert!(published.publish_id.is_some());
    let used = desk.world.wechat.quotas(crate::common::APPID);
    let used = used.iter().find(|quota| quota.path == SUBMIT).map(|quota| quota.used);
    assert_eq!(used, Some(1), "it was told once");
}

#[tokio::test]
async fn killed_in_the_order_nothing_is_told_twice() {
    let mut desk = Desk::open().await;
    let id = desk.saved(&["春茶"]).await;
    desk.world.wechat.faults().update(|faults| faults.api_late_ms = 1_500);
    desk.drafts.publish(&by(), &Reach::All, id).await.unwrap();
    until("WeChat is told", Duration::from_secs(20), async || {
        let quotas = desk.world.wechat.quotas(crate::common::APPID);
        quotas.iter().any(|quota| quota.path == SUBMIT && quota.used > 0)
    })
    .await;
    desk.world.restart_node().await;
    desk.world.wechat.faults().update(|faults| faults.api_late_ms = 0);
    desk.hurry().await;
    // The event comes to the new process, or the draft is found gone and a person is asked.
    until("it is known, or asked", Duration::from_secs(60), async || {
        matches!(desk.get(id).await.state.as_str(), "published" | "unsure")
    })
    .await;
    let used = desk.world.wechat.quotas(crate::common::APPID);
    assert_eq!(used.iter().find(|quota| quota.path == SUBMIT).map(|quota| quota.used), Some(1));
    if desk.get(id).await.state == "unsure" {
        desk.drafts.decide(&by(), &Reach::All, id, true).await.unwrap();
        assert_eq!(desk.get(id).await.state, "published");
    }
}
