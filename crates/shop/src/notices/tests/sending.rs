//! Queueing, sending, and what became of it.

use super::*;

#[tokio::test]
async fn what_is_pushed_in_a_transaction_that_rolls_back_was_never_there() {
    let world = World::new().await;
    let tx = world.db.begin_write().await.unwrap();
    push(&*tx, world.notice(0)).await.unwrap();
    drop(tx);
    world.work().await;
    assert!(world.heard().is_empty());
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM notices").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM jobs").await, 0);
}

#[tokio::test]
async fn wrong_fields_are_named_and_nothing_is_queued() {
    let world = World::new().await;
    let mut wrong = world.notice(0);
    wrong.openid = "o fan".into();
    wrong.url = Some("javascript:alert(1)".into());
    wrong.reference = "字".repeat(65);
    wrong.data.insert("thing1".into(), "字".repeat(21));
    let refused = world.notices.queue(&by(), &Reach::All, wrong).await.unwrap_err();
    let Error::Invalid(problems) = refused else { panic!("{refused}") };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["openid", "data.thing1", "url", "reference"]);
    let strangers = world.notices.queue(&by(), &Reach::none(), world.notice(0)).await;
    assert!(matches!(strangers, Err(Error::NotFound)));
    let mut theirs = world.notice(0);
    theirs.account_id += 1;
    assert!(matches!(world.notices.queue(&by(), &Reach::All, theirs).await, Err(Error::NotFound)));
    world.run("UPDATE notice_templates SET gone_at = 5").await;
    assert!(matches!(world.notices.queue(&by(), &Reach::All, world.notice(0)).await, Err(Error::NotNow(_))));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM notices").await, 0);
}

#[tokio::test]
async fn the_same_form_makes_one_notice_and_another_one_is_not_taken_for_it() {
    let world = World::new().await;
    let mut notice = world.notice(0);
    notice.form = Some("a".into());
    let first = world.notices.queue(&by(), &Reach::All, notice.clone()).await.unwrap();
    assert_eq!(world.notices.queue(&by(), &Reach::All, notice.clone()).await.unwrap(), first);
    notice.data.insert("thing1".into(), "中通".into());
    assert!(matches!(world.notices.queue(&by(), &Reach::All, notice).await, Err(Error::Invalid(_))));
    world.work().await;
    assert_eq!(world.heard().len(), 1);
}

#[tokio::test]
async fn a_template_message_is_taken_and_its_result_found_whichever_comes_first() {
    let world = World::new().await;
    let after = world.queue(0).await;
    world.work().await;
    assert_eq!((world.state(after).await.as_str(), world.row(after).await.msg_id), ("accepted", Some(3_200_000_001)));
    world.finished("failed:user block").await;
    assert_eq!(world.state(after).await, "blocked");
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM notice_results").await, 0);

    world.finished("success").await;
    let before = world.queue(0).await;
    world.work().await;
    assert_eq!(world.state(before).await, "delivered", "its result was here before the answer");
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM notice_results").await, 0);
    let heard = world.heard();
    assert_eq!((&heard[0]["touser"], &heard[0]["data"]["thing1"]["value"]), (&json!(OPENID), &json!("顺丰")));
    assert_eq!(heard[0]["client_msg_id"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn a_lost_answer_of_a_template_message_is_asked_for_again_with_its_number() {
    let world = World::new().await;
    world.answers(-502);
    let id = world.queue(0).await;
    world.work().await;
    assert_eq!(world.state(id).await, "queued");
    assert!(world.row(id).await.doubt_at.is_some());
    world.answers(0);
    world.run("UPDATE jobs SET run_at = 0").await;
    world.work().await;
    assert_eq!(world.state(id).await, "accepted");
    let heard = world.heard();
    assert!(heard.len() >= 2 && heard.iter().all(|one| one["client_msg_id"] == heard[0]["client_msg_id"]), "{heard:?}");

    // WeChat has forgotten it by then: a person decides, and theirs is a new one.
    world.answers(-502);
    let late = world.queue(0).await;
    world.work().await;
    world.run("UPDATE notices SET doubt_at = doubt_at - 600000 WHERE doubt_at IS NOT NULL").await;
    world.run("UPDATE jobs SET run_at = 0").await;
    let asked = world.heard().len();
    world.work().await;
    assert_eq!((world.state(late).await.as_str(), world.heard().len()), ("unknown", asked));
    world.answers(0);
    let number = world.row(late).await.client_msg_id;
    world.notices.again(&by(), &Reach::All, late).await.unwrap();
    assert!(matches!(world.notices.again(&by(), &Reach::All, late).await, Err(Error::NotNow(_))));
    assert!(matches!(world.notices.again(&by(), &Reach::none(), late).await, Err(Error::NotFound)));
    world.work().await;
    assert_eq!(world.state(late).await, "accepted");
    assert_ne!(world.row(late).await.client_msg_id, number);
}

#[tokio::test]
async fn a_lost_answer_of_a_subscription_notification_is_nobodys_to_repeat() {
    let world = World::new().await;
    world.answers(-502);
    let id = world.queue(1).await;
    world.work().await;
    let asked = world.heard().len();
    assert_eq!(world.state(id).await, "unknown");
    world.run("UPDATE jobs SET run_at = 0").await;
    world.work().await;
    assert_eq!(world.heard().len(), asked);
    // Its event tells the truth after all.
    world.sent(77).await;
    assert_eq!(world.state(id).await, "delivered");
}

#[tokio::test]
async fn the_outcome_of_two_equal_ones_goes_to_the_older_and_a_repeated_event_to_none() {
    let world = World::new().await;
    let (older, younger) = (world.queue(1).await, world.queue(1).await);
    world.work().await;
    assert_eq!((world.state(older).await.as_str(), world.state(younger).await.as_str()), ("accepted", "accepted"));
    world.sent(71).await;
    world.sent(71).await;
    assert_eq!((world.state(older).await.as_str(), world.state(younger).await.as_str()), ("delivered", "accepted"));
    world.sent(72).await;
    assert_eq!(world.state(younger).await, "delivered");
}

#[tokio::test]
async fn a_refusal_is_kept_with_its_code_and_a_busy_platform_asked_again() {
    let world = World::new().await;
    world.answers(43101);
    let refused = world.queue(1).await;
    world.work().await;
    let row = world.row(refused).await;
    assert_eq!((row.state.as_str(), row.errcode, row.doubt_at.is_some()), ("failed", Some(43101), true));
    world.answers(-1);
    let later = world.queue(1).await;
    world.work().await;
    assert_eq!(world.state(later).await, "queued");
    assert_eq!(world.row(later).await.doubt_at, None, "it was certainly not taken");
    world.answers(0);
    world.run("UPDATE jobs SET run_at = 0").await;
    world.work().await;
    assert_eq!(world.state(later).await, "accepted");
}

#[tokio::test]
async fn a_process_that_dies_in_the_call_repeats_a_template_message_and_no_notification() {
    let world = World::new().await;
    for (way, state) in [(0, "accepted"), (1, "unknown")] {
        let id = world.queue(way).await;
        // As a killed process leaves it.
        world.run("UPDATE jobs SET state = 'sending', attempts = 1, run_at = 0").await;
        let sql = "UPDATE notices SET state = 'sending', tries = 1, doubt_at = $1 WHERE id = $2";
        world.db.execute(sql, [now_ms().into(), id.into()]).await.unwrap();
        world.work().await;
        world.run("UPDATE jobs SET run_at = 0 WHERE state = 'queued'").await;
        world.work().await;
        assert_eq!(world.state(id).await, state);
    }
    assert_eq!(world.heard().len(), 1);
}

#[tokio::test]
async fn one_that_lost_its_job_is_found_and_what_is_old_goes_in_steps() {
    let world = World::new().await;
    let (queued, sending) = (world.queue(0).await, world.queue(1).await);
    world.run("DELETE FROM jobs").await;
    world.run("UPDATE notices SET queued_at = 1").await;
    let sql = "UPDATE notices SET state = 'sending', tries = 1, doubt_at = 2 WHERE id = $1";
    world.db.execute(sql, [sending.into()]).await.unwrap();
    world.notices.find_lost(now_ms()).await.unwrap();
    assert_eq!(world.state(sending).await, "unknown");
    world.work().await;
    assert_eq!(world.state(queued).await, "accepted");

    assert_eq!(world.notices.sweep(world.account_id, 1).await.unwrap(), 0);
    assert_eq!(world.notices.sweep(world.account_id + 1, i64::MAX).await.unwrap(), 0);
    assert_eq!(world.notices.sweep(world.account_id, i64::MAX).await.unwrap(), 2);
}
