//! Attacks on the door.

use std::{sync::atomic::Ordering, time::Duration};

use futures_util::future::join_all;
use tokio::join;

use super::{test_world::*, *};
use crate::texts::Locale;

fn refusal(result: Result<LoggedIn, LoginRefused>) -> &'static str {
    match result {
        Ok(_) => "in",
        Err(LoginRefused::Wrong) => "wrong",
        Err(LoginRefused::NeedsCode { .. }) => "needs code",
        Err(LoginRefused::WrongCode) => "wrong code",
        Err(LoginRefused::TooLate) => "too late",
        Err(LoginRefused::TooMany { .. }) => "too many",
        Err(LoginRefused::Disabled) => "disabled",
        Err(LoginRefused::Failed(error)) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_make_themselves_the_first_owner_at_once_one_does() {
    let world = World::new().await;
    let other = world.second_node().await;
    assert!(!world.staff.any().await.unwrap() && !other.any().await.unwrap());
    let by = Actor::system();
    let attempt = async |number: usize| {
        let staff = if number.is_multiple_of(2) { &world.staff } else { &other };
        staff.create_first_owner(&by, &format!("Boss{number}"), "老板", secret(PASSWORD), Locale::ZhCn).await
    };
    // Until it is let go, nobody can write: so all have seen that nobody is there.
    let held = world.database.db.begin_write().await.unwrap();
    if !world.database.db.is_sqlite() {
        db::execute(&*held, "LOCK TABLE staff IN SHARE MODE", []).await.unwrap();
    }
    let let_go = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        drop(held);
    };
    let (made, ()) = join!(join_all((0..4).map(attempt)), let_go);
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    assert!(made.iter().all(|made| matches!(made, Ok(_) | Err(Error::Forbidden(_)))), "{made:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM staff").await, 1);
    assert!(world.staff.any().await.unwrap());
    let third = world.staff.create_first_owner(&by, "late", "迟到", secret(PASSWORD), Locale::En).await;
    assert!(matches!(third, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn the_first_owner_needs_a_good_password_and_a_name() {
    let world = World::new().await;
    let refused = world.staff.create_first_owner(&Actor::system(), " ", "\u{7}x", secret("short"), Locale::En).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let keys: Vec<_> = problems.iter().map(|problem| (problem.field.as_str(), problem.key)).collect();
    assert_eq!(
        keys,
        [("login", "staff.required"), ("name", "staff.control_characters"), ("password", "staff.password_short")]
    );
    assert!(!world.staff.any().await.unwrap());
}

#[tokio::test]
async fn the_right_password_lets_in_however_the_login_is_written() {
    let world = World::new().await;
    let owner = world.member("Boss@Example.com", "owner").await;
    let inside = world.log_in(" BOSS@example.COM ", PASSWORD).await.unwrap();
    assert_eq!(inside.member.id, owner.id);
    let session = world.session(&inside.token).await.unwrap();
    assert_eq!((session.id, session.member.login.as_str()), (inside.session, "boss@example.com"));
    assert!(session.permissions.allows("roles.edit"));
    let last = world.last_audit(owner.id).await;
    assert_eq!((last.action.as_str(), last.actor.address.as_deref()), ("staff.log_in", Some("192.0.2.1")));
}

#[tokio::test]
async fn an_unknown_login_is_answered_like_a_wrong_password_after_the_same_work() {
    let world = World::new().await;
    world.owner().await;
    let checks = || world.staff.hasher.checks.load(Ordering::Relaxed);
    let before = checks();
    assert_eq!(refusal(world.log_in("boss", OTHER_PASSWORD).await), "wrong");
    assert_eq!(checks(), before + 1);
    for unknown in ["nobody", "", "bo\u{0}ss", "' OR 1=1 --", &"x".repeat(5_000)] {
        assert_eq!(refusal(world.log_in(unknown, PASSWORD).await), "wrong", "{unknown}");
        world.execute("DELETE FROM staff_failures").await;
    }
    assert_eq!(checks(), before + 6);
}

/// With the real parameters: what an unknown login costs is of the size of what a known one costs.
#[tokio::test]
async fn an_unknown_login_takes_as_long() {
    let mut world = World::new().await;
    world.staff.hasher = passwords::Hasher::strong();
    world.owner().await;
    // The hash that nobody has is made once.
    world.log_in("nobody", PASSWORD).await.unwrap_err();
    let mut took = [Duration::MAX; 2];
    for _ in 0..5 {
        world.execute("DELETE FROM staff_failures").await;
        for (at, login) in ["boss", "nobody"].into_iter().enumerate() {
            let began = std::time::Instant::now();
            let refused = world.log_in(login, OTHER_PASSWORD).await;
            assert_eq!(refusal(refused), "wrong");
            took[at] = took[at].min(began.elapsed());
        }
    }
    let [known, unknown] = took;
    assert!(unknown * 2 > known && known * 2 > unknown, "{known:?} {unknown:?}");
}

#[tokio::test]
async fn guessing_on_one_login_is_slowed_down_and_then_locked_out_from_everywhere() {
    let world = World::new().await;
    let owner = world.owner().await;
    for attempt in 1..=5 {
        let from = format!("192.0.2.{attempt}");
        assert_eq!(refusal(world.log_in_from(&from, "boss", OTHER_PASSWORD, None).await), "wrong");
    }
    let waiting = world.log_in_from("192.0.2.99", "BOSS", PASSWORD, None).await;
    assert!(matches!(waiting, Err(LoginRefused::TooMany { retry_after_s: 1..=6 })), "{waiting:?}");
    for attempt in 6..=20 {
        world.waits_are_over().await;
        let from = format!("192.0.2.{attempt}");
        assert_eq!(refusal(world.log_in_from(&from, "boss", OTHER_PASSWORD, None).await), "wrong", "{attempt}");
    }
    let row = world.last_audit(owner.id).await;
    assert_eq!((row.action.as_str(), row.actor.address.as_deref()), ("staff.lock", Some("192.0.2.20")));
    let locked = world.log_in_from("192.0.2.99", "boss", PASSWORD, None).await;
    assert!(matches!(locked, Err(LoginRefused::TooMany { retry_after_s: 1_790..=1_801 })), "{locked:?}");
    let second_node = world.second_node().await;
    assert_eq!(refusal(second_node.log_in(attempt("192.0.2.98", "boss", PASSWORD, None)).await), "too many");
    assert!(world.staff.locked_until(&owner).await.unwrap().is_some());

    world.staff.unlock(&operator(), owner.id).await.unwrap();
    assert_eq!(world.staff.locked_until(&owner).await.unwrap(), None);
    assert_eq!(refusal(world.log_in_from("192.0.2.99", "boss", PASSWORD, None).await), "in");
}

#[tokio::test]
async fn a_right_password_begins_the_count_anew_and_half_an_hour_lifts_the_lock() {
    let world = World::new().await;
    world.owner().await;
    for _ in 0..4 {
        assert_eq!(refusal(world.log_in("boss", OTHER_PASSWORD).await), "wrong");
    }
    assert_eq!(refusal(world.log_in("boss", PASSWORD).await), "in");
    for _ in 0..5 {
        assert_eq!(refusal(world.log_in_from("192.0.2.2", "boss", OTHER_PASSWORD, None).await), "wrong");
    }
    assert_eq!(refusal(world.log_in_from("192.0.2.3", "boss", PASSWORD, None).await), "too many");
    world.waits_are_over().await;
    assert_eq!(refusal(world.log_in_from("192.0.2.3", "boss", PASSWORD, None).await), "in");
}

#[tokio::test]
async fn guessing_one_password_on_many_logins_from_one_address_is_slowed_down() {
    let world = World::new().await;
    world.owner().await;
    for attempt in 1..=10 {
        let login = format!("somebody{attempt}");
        assert_eq!(refusal(world.log_in_from("2001:db8::1", &login, PASSWORD, None).await), "wrong");
    }
    assert_eq!(refusal(world.log_in_from("2001:db8::2", "boss", PASSWORD, None).await), "too many");
    assert_eq!(refusal(world.log_in_from("2001:db8:0:1::1", "boss", PASSWORD, None).await), "in");
    // Coming in with an account of one's own in between buys no further guesses.
    world.waits_are_over().await;
    assert_eq!(refusal(world.log_in_from("2001:db8::1", "boss", PASSWORD, None).await), "in");
    assert_eq!(refusal(world.log_in_from("2001:db8::1", "another", PASSWORD, None).await), "wrong");
    assert_eq!(refusal(world.log_in_from("2001:db8::1", "another", PASSWORD, None).await), "too many");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_no_more_guesses() {
    let world = World::new().await;
    world.owner().await;
    let second_node = world.second_node().await;
    let guess = async |number: usize| {
        let from = format!("198.51.100.{number}");
        let staff = if number.is_multiple_of(2) { &world.staff } else { &second_node };
        refusal(staff.log_in(attempt(&from, "boss", OTHER_PASSWORD, None)).await)
    };
    let answers = join_all((1..=30).map(guess)).await;
    assert_eq!(answers.iter().filter(|answer| **answer == "wrong").count(), 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == "too many").count(), 25, "{answers:?}");
}

#[tokio::test]
async fn a_disabled_or_deleted_member_does_not_come_in() {
    let world = World::new().await;
    world.owner().await;
    let clerk = world.member("clerk", "clerk").await;
    world.staff.disable(&operator(), clerk.id).await.unwrap();
    assert_eq!(refusal(world.log_in("clerk", PASSWORD).await), "disabled");
    assert_eq!(refusal(world.log_in("clerk", OTHER_PASSWORD).await), "wrong");
    world.staff.delete(&operator(), clerk.id).await.unwrap();
    assert_eq!(refusal(world.log_in("clerk", PASSWORD).await), "wrong");
    world.staff.restore(&operator(), clerk.id).await.unwrap();
    world.staff.enable(&operator(), clerk.id).await.unwrap();
    assert_eq!(refusal(world.log_in("clerk", PASSWORD).await), "in");
}

#[tokio::test]
async fn old_rows_of_the_audit_log_go_when_the_shop_says_so() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.execute("UPDATE audit_log SET at = 1").await;
    world.log_in("boss", PASSWORD).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_log").await, 2);
    let change = crate::settings::Change { key: crate::settings::AUDIT_DAYS.into(), value: 30.into(), version: 0 };
    world.staff.settings.save(&by(&owner), &[change]).await.unwrap();
    world.log_in("boss", PASSWORD).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_log WHERE at = 1").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_log").await, 3);
}
