//! Sessions: stolen, old, ended, seen as somebody else.

use futures_util::future::join_all;

use super::{test_world::*, *};

#[tokio::test]
async fn a_token_is_stored_nowhere_and_a_wrong_one_opens_nothing() {
    let world = World::new().await;
    world.owner().await;
    let inside = world.log_in("boss", PASSWORD).await.unwrap();
    let token = inside.token.expose();
    assert_eq!(token.len(), 64);
    let row = &world.staff.list_sessions(inside.member.id).await.unwrap()[0];
    assert_eq!((row.address.as_str(), row.agent.as_str()), ("192.0.2.1", "Mozilla/5.0 (test)"));
    let sql = format!("SELECT COUNT(*) FROM staff_sessions WHERE token_hash = '{token}'");
    assert_eq!(world.number(&sql).await, 0);
    for wrong in ["", "0", &"0".repeat(64), &token[..63], &token.to_uppercase(), "\u{0}"] {
        assert!(world.staff.session(wrong).await.unwrap().is_none(), "{wrong}");
    }
    let sql = "UPDATE staff_sessions SET token_hash = 'known'";
    world.execute(sql).await;
    assert!(world.staff.session("known").await.unwrap().is_none(), "a stolen database opens no session");
}

#[tokio::test]
async fn each_session_has_its_own_csrf_value() {
    let world = World::new().await;
    world.owner().await;
    let (one, two) = (world.log_in("boss", PASSWORD).await.unwrap(), world.log_in("boss", PASSWORD).await.unwrap());
    let (first, second) = (world.session(&one.token).await.unwrap(), world.session(&two.token).await.unwrap());
    assert_ne!(first.csrf.expose(), second.csrf.expose());
    assert_eq!(first.csrf.expose(), world.session(&one.token).await.unwrap().csrf.expose());
    assert!(!format!("{one:?} {first:?}").contains(one.token.expose()), "what is printed holds no token");
    assert!(!format!("{first:?}").contains(first.csrf.expose()));
}

#[tokio::test]
async fn a_session_ends_after_a_week_unused_and_after_a_month_in_any_case() {
    let world = World::new().await;
    world.owner().await;
    let inside = world.log_in("boss", PASSWORD).await.unwrap();
    let past = |ms: i64| now_ms() - ms;
    world.execute(&format!("UPDATE staff_sessions SET last_seen_at = {}", past(IDLE_MS - 60_000))).await;
    assert!(world.session(&inside.token).await.is_some());
    // That use was written down.
    assert!(world.session(&inside.token).await.unwrap().last_seen_at > past(10_000));
    world.execute(&format!("UPDATE staff_sessions SET last_seen_at = {}", past(IDLE_MS))).await;
    assert!(world.session(&inside.token).await.is_none());
    assert!(world.staff.list_sessions(inside.member.id).await.unwrap().is_empty());

    let inside = world.log_in("boss", PASSWORD).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM staff_sessions").await, 1, "log-in sweeps the old one away");
    world.execute(&format!("UPDATE staff_sessions SET created_at = {}", past(ABSOLUTE_MS))).await;
    assert!(world.session(&inside.token).await.is_none());
}

#[tokio::test]
async fn a_changed_password_ends_the_thiefs_session_and_keeps_ones_own() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (stolen, own) = (world.log_in("boss", PASSWORD).await.unwrap(), world.log_in("boss", PASSWORD).await.unwrap());
    let change = async |old: &str, new: &str| {
        world.staff.change_password(&by(&owner), owner.id, own.session, &secret(old), secret(new)).await
    };
    for (old, new, wrong) in [
        ("guess at it all day", OTHER_PASSWORD, ("old", "staff.password_wrong")),
        (PASSWORD, "short", ("password", "staff.password_short")),
        (PASSWORD, "password123", ("password", "staff.password_common")),
        (PASSWORD, PASSWORD, ("password", "staff.password_same")),
    ] {
        assert_eq!(problem(change(old, new).await), (wrong.0.to_owned(), wrong.1));
    }
    assert!(world.session(&stolen.token).await.is_some());
    change(PASSWORD, OTHER_PASSWORD).await.unwrap();
    assert!(world.session(&stolen.token).await.is_none());
    assert!(world.session(&own.token).await.is_some());
    assert!(matches!(world.log_in("boss", PASSWORD).await, Err(LoginRefused::Wrong)));
    world.log_in("boss", OTHER_PASSWORD).await.unwrap();
    assert_eq!(world.last_audit(owner.id).await.action, "staff.log_in");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_log WHERE action = 'staff.password'").await, 1);
}

#[tokio::test]
async fn a_thief_in_a_session_cannot_guess_the_password_on_nor_lock_its_owner_out() {
    let world = World::new().await;
    let owner = world.owner().await;
    for _ in 0..5 {
        let wrong = world.staff.confirm_password(owner.id, &secret(OTHER_PASSWORD), "old").await;
        assert_eq!(problem(wrong), ("old".into(), "staff.password_wrong"));
    }
    let slowed = world.staff.confirm_password(owner.id, &secret(PASSWORD), "old").await;
    assert_eq!(problem(slowed), ("old".into(), "staff.too_many"));
    world.log_in("boss", PASSWORD).await.unwrap();
    world.waits_are_over().await;
    world.staff.confirm_password(owner.id, &secret(PASSWORD), "old").await.unwrap();
}

#[tokio::test]
async fn a_session_of_a_disabled_deleted_or_newly_passworded_member_is_over_at_once() {
    let world = World::new().await;
    world.owner().await;
    let clerk = world.member("clerk", "clerk").await;
    let inside = world.log_in("clerk", PASSWORD).await.unwrap();
    // As another node, or a hand in the database, would do it: the row of the session is still there.
    world.execute("UPDATE staff SET status = 'disabled' WHERE login = 'clerk'").await;
    assert!(world.session(&inside.token).await.is_none());
    world.execute("UPDATE staff SET status = 'active', deleted_at = 1 WHERE login = 'clerk'").await;
    assert!(world.session(&inside.token).await.is_none());
    world.execute("UPDATE staff SET deleted_at = NULL WHERE login = 'clerk'").await;
    assert!(world.session(&inside.token).await.is_some());

    world.staff.disable(&operator(), clerk.id).await.unwrap();
    world.staff.enable(&operator(), clerk.id).await.unwrap();
    assert!(world.session(&inside.token).await.is_none(), "who comes back logs in anew");
    let inside = world.log_in("clerk", PASSWORD).await.unwrap();
    world.staff.set_password(&operator(), clerk.id, secret(OTHER_PASSWORD)).await.unwrap();
    assert!(world.session(&inside.token).await.is_none());
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all_others_and_never_a_strangers() {
    let world = World::new().await;
    let (owner, clerk) = (world.owner().await, world.member("clerk", "clerk").await);
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(world.log_in("boss", PASSWORD).await.unwrap());
    }
    let strangers = world.log_in("clerk", PASSWORD).await.unwrap();
    assert!(matches!(world.staff.end_session(clerk.id, sessions[0].session).await, Err(Error::NotFound)));
    assert!(matches!(world.staff.end_session(owner.id, strangers.session).await, Err(Error::NotFound)));
    world.staff.end_session(owner.id, sessions[0].session).await.unwrap();
    world.staff.log_out(sessions[1].session).await.unwrap();
    assert_eq!(world.staff.end_all_but(owner.id, sessions[2].session).await.unwrap(), 1);
    let open = join_all(sessions.iter().map(|session| world.session(&session.token))).await;
    assert_eq!(open.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, false]);
    assert!(world.session(&strangers.token).await.is_some());
    assert_eq!(world.staff.list_sessions(owner.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn seeing_as_somebody_else_only_ever_takes_away() {
    let world = World::new().await;
    world.owner().await;
    world.member("helper", "customer_service").await;
    let boss = world.log_in("boss", PASSWORD).await.unwrap();
    world.staff.see_as(boss.session, Some("clerk")).await.unwrap();
    let session = world.session(&boss.token).await.unwrap();
    assert_eq!(session.seeing_as.as_deref(), Some("clerk"));
    assert!(session.permissions.allows("orders.edit") && !session.permissions.allows("staff.view"));
    assert!(session.own_permissions.allows("staff.view"));

    let helper = world.log_in("helper", PASSWORD).await.unwrap();
    world.staff.see_as(helper.session, Some("owner")).await.unwrap();
    let session = world.session(&helper.token).await.unwrap();
    assert!(session.permissions.allows("inbox.reply") && !session.permissions.allows("staff.view"));

    for unknown in ["nobody", "", "cl\u{0}erk"] {
        let refused = world.staff.see_as(boss.session, Some(unknown)).await;
        assert_eq!(problem(refused), ("role".into(), "staff.role_unknown"));
    }
    world.staff.see_as(boss.session, None).await.unwrap();
    assert!(world.session(&boss.token).await.unwrap().permissions.allows("staff.view"));
}

#[tokio::test]
async fn the_chosen_account_and_what_is_to_be_told_stay_with_the_session() {
    let world = World::new().await;
    world.owner().await;
    let (one, two) = (world.log_in("boss", PASSWORD).await.unwrap(), world.log_in("boss", PASSWORD).await.unwrap());
    world.staff.choose_account(one.session, Some(7)).await.unwrap();
    world.staff.set_flash(one.session, r#"{"done":"已保存"}"#).await.unwrap();
    let session = world.session(&one.token).await.unwrap();
    assert_eq!((session.account_id, session.flash.as_deref()), (Some(7), Some(r#"{"done":"已保存"}"#)));
    assert_eq!(world.session(&two.token).await.unwrap().account_id, None);
    let taken = join_all([(); 2].map(|()| world.staff.take_flash(one.session))).await;
    assert_eq!(taken.into_iter().filter(|flash| flash.as_ref().unwrap().is_some()).count(), 1);
    assert_eq!(world.staff.take_flash(one.session).await.unwrap(), None);
    world.staff.set_flash(one.session, &"x".repeat(5_000)).await.unwrap();
    assert_eq!(world.staff.take_flash(one.session).await.unwrap(), None);
}
