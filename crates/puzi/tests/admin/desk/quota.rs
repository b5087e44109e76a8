use puzi_shop::{
    Error,
    accounts::{
        Reach,
        quota::{self, ClearingState},
    },
    db::now_ms,
};

use crate::common::World;
use crate::desk::{another_node, asked, by};

const PATH: &str = "/cgi-bin/tags/get";
const CLEAR_ONE: &str = "/cgi-bin/openapi/quota/clear";

#[tokio::test]
async fn a_path_that_is_not_told_says_why_and_the_others_are() {
    let world = World::new().await;
    let (_, live) = another_node(&world).await;
    live.client.call(puzi_wechat::client::Method::GET, PATH).done().await.unwrap();
    let paths = [PATH.to_owned(), "/cgi-bin/no/such".to_owned()];
    let told = quota::refresh(&world.db, &live, Some(&paths)).await.unwrap();
    assert_eq!(told.len(), 2);
    let good = told.iter().find(|quota| quota.path == PATH).unwrap();
    assert_eq!((good.used, good.trouble.as_deref()), (1, None));
    let bad = told.iter().find(|quota| quota.path != PATH).unwrap();
    assert!(bad.trouble.as_deref().unwrap().contains("76021") && bad.asked_at == 0, "{bad:?}");

    for wrong in ["", "cgi-bin/x", "/sns/oauth2/access_token", "/a b", "/a?b=c"] {
        let refused = quota::refresh(&world.db, &live, Some(&[wrong.to_owned()])).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{wrong}");
    }
}

#[tokio::test]
async fn a_form_sent_twice_at_once_clears_once() {
    let world = World::new().await;
    let ((_, one), (_, other)) = (another_node(&world).await, another_node(&world).await);
    one.client.call(puzi_wechat::client::Method::GET, PATH).done().await.unwrap();
    let paths = [PATH.to_owned()];
    quota::refresh(&world.db, &one, Some(&paths)).await.unwrap();
    world.wechat.faults().update(|faults| faults.api_late_ms = 300);
    let person = by();
    let clear = |live| quota::clear(&world.db, &person, live, Some(PATH), "form-1");
    let (first, second) = tokio::join!(clear(&one), clear(&other));
    let states = [first.unwrap().state, second.unwrap().state];
    assert!(states.contains(&ClearingState::Done), "{states:?}");
    assert_eq!(asked(&world, CLEAR_ONE), 1);
    assert_eq!(quota::clear(&world.db, &by(), &one, Some(PATH), "form-1").await.unwrap().state, ClearingState::Done);
    assert_eq!(asked(&world, CLEAR_ONE), 1, "asked again it is told, not done");
    let known = quota::known(&world.db, &Reach::All, world.account.id).await.unwrap();
    assert_eq!((known[0].used, known[0].remain), (0, known[0].daily_limit));
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM audit_log WHERE action = 'accounts.clear_quota'").await, 1);
}

#[tokio::test]
async fn two_forms_at_once_are_one_clearing_and_a_refusal() {
    let world = World::new().await;
    let ((_, one), (_, other)) = (another_node(&world).await, another_node(&world).await);
    world.wechat.faults().update(|faults| faults.api_late_ms = 500);
    let person = by();
    let clear = |live, form| quota::clear(&world.db, &person, live, None, form);
    let (first, second) = tokio::join!(clear(&one, "form-1"), clear(&other, "form-2"));
    let (done, refused) = if first.is_ok() { (first, second) } else { (second, first) };
    assert_eq!(done.unwrap().state, ClearingState::Done);
    assert!(matches!(refused, Err(Error::NotNow(_))), "{refused:?}");
    assert_eq!(quota::clearings(&world.db, &Reach::All, world.account.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn one_that_was_lost_is_unknown_and_not_sent_again() {
    let world = World::new().await;
    let (_, live) = another_node(&world).await;
    world.wechat.faults().update(|faults| _ = faults.api_lost.insert(CLEAR_ONE.into(), 1));
    let lost = quota::clear(&world.db, &by(), &live, Some(PATH), "form-1").await.unwrap();
    assert_eq!((lost.state, lost.errcode), (ClearingState::Unknown, None));
    assert_eq!(quota::clear(&world.db, &by(), &live, Some(PATH), "form-1").await.unwrap(), lost);
    assert_eq!(asked(&world, CLEAR_ONE), 1);

    // Killed between the row and the answer.
    let sql = "INSERT INTO quota_clearings (account_id, at, by_name, state, form) VALUES ($1, $2, 'x', 'sending', $3)";
    for (at, form) in [(now_ms() - 61_000, "old"), (now_ms() - 5_000, "young")] {
        world.db.execute(sql, [world.account.id.into(), at.into(), form.into()]).await.unwrap();
    }
    let known = quota::clearings(&world.db, &Reach::All, world.account.id).await.unwrap();
    let states: Vec<_> = known.iter().map(|clearing| clearing.state).collect();
    assert_eq!(states.iter().filter(|state| **state == ClearingState::Unknown).count(), 2, "{states:?}");
    assert!(states.contains(&ClearingState::Sending), "{states:?}");
    let blocked = quota::clear(&world.db, &by(), &live, Some(PATH), "form-2").await;
    assert!(matches!(blocked, Err(Error::NotNow(_))), "all paths are on their way: {blocked:?}");
    assert_eq!(asked(&world, CLEAR_ONE), 1);
}

#[tokio::test]
async fn the_eleventh_of_a_month_is_refused_by_wechat_and_says_so() {
    let world = World::new().await;
    let (_, live) = another_node(&world).await;
    for n in 0..10 {
        let done = quota::clear(&world.db, &by(), &live, None, &format!("form-{n}")).await.unwrap();
        assert_eq!(done.state, ClearingState::Done, "{n}");
    }
    let refused = quota::clear(&world.db, &by(), &live, None, "form-10").await.unwrap();
    assert_eq!((refused.state, refused.errcode), (ClearingState::Refused, Some(48_006)));
    let known = quota::clearings(&world.db, &Reach::All, world.account.id).await.unwrap();
    assert_eq!(known.iter().filter(|clearing| clearing.state == ClearingState::Done).count(), 10);
    let elsewhere = quota::clearings(&world.db, &Reach::none(), world.account.id).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)));
}
