//! Attacks on the second factor.

use tokio::join;

use super::{test_world::*, *};

fn code_now(key: &[u8], offset: i64) -> String {
    totp::code(key, totp::step_at(now_ms()) + offset)
}

fn ticket(refused: Result<LoggedIn, LoginRefused>) -> String {
    match refused {
        Err(LoginRefused::NeedsCode { ticket }) => ticket,
        other => panic!("{other:?} instead of a ticket"),
    }
}

async fn finish(world: &World, ticket: &str, code: &str) -> Result<LoggedIn, LoginRefused> {
    world.staff.finish_log_in(ticket, &secret(code), "192.0.2.1".parse().unwrap(), "test").await
}

#[tokio::test]
async fn a_password_alone_is_not_enough_and_a_code_is_taken_once() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (key, _) = world.totp_on(&owner).await;
    let ticket = ticket(world.log_in("boss", PASSWORD).await);
    assert_eq!(world.number("SELECT COUNT(*) FROM staff_sessions").await, 0);
    let code = code_now(&key, 0);
    let inside = finish(&world, &ticket, &format!(" {} {} ", &code[..3], &code[3..])).await.unwrap();
    assert!(world.session(&inside.token).await.unwrap().member.totp);
    assert!(matches!(finish(&world, &ticket, &code).await, Err(LoginRefused::WrongCode)));
    assert!(matches!(world.log_in_with("boss", &code).await, Err(LoginRefused::WrongCode)));
    // The step before is over, too, once a later one was used.
    assert!(matches!(world.log_in_with("boss", &code_now(&key, -1)).await, Err(LoginRefused::WrongCode)));
    world.log_in_with("boss", &code_now(&key, 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_use_one_code_at_once_one_comes_in() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (key, recovery) = world.totp_on(&owner).await;
    let second_node = world.second_node().await;
    for code in [code_now(&key, 1), recovery[0].clone(), recovery[1].to_lowercase().replace('-', " ")] {
        let other = second_node.log_in(attempt("198.51.100.1", "boss", PASSWORD, Some(&code)));
        let (one, two) = join!(world.log_in_with("boss", &code), other);
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|inside| **inside).count(), 1, "{one:?} {two:?}");
        let lost = if one.is_ok() { two } else { one };
        assert!(matches!(lost, Err(LoginRefused::WrongCode)), "{lost:?}");
    }
    assert_eq!(world.staff.recovery_codes_left(owner.id).await.unwrap(), 8);
}

#[tokio::test]
async fn ten_recovery_codes_work_once_each_and_only_for_their_owner() {
    let world = World::new().await;
    let (owner, clerk) = (world.owner().await, world.member("clerk", "clerk").await);
    let (_, codes) = world.totp_on(&owner).await;
    world.totp_on(&clerk).await;
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 19));
    assert!(matches!(world.log_in_with("clerk", &codes[0]).await, Err(LoginRefused::WrongCode)));
    world.log_in_with("boss", &codes[0]).await.unwrap();
    assert!(matches!(world.log_in_with("boss", &codes[0]).await, Err(LoginRefused::WrongCode)));
    assert_eq!(world.staff.recovery_codes_left(owner.id).await.unwrap(), 9);
    let renewed = world.staff.renew_recovery_codes(&by(&owner), owner.id, &secret(PASSWORD)).await.unwrap();
    assert!(matches!(world.log_in_with("boss", &codes[1]).await, Err(LoginRefused::WrongCode)));
    world.log_in_with("boss", renewed[0].expose()).await.unwrap();
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_although_the_password_is_known() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (key, _) = world.totp_on(&owner).await;
    let ticket = ticket(world.log_in("boss", PASSWORD).await);
    let wrong = format!("{:06}", (code_now(&key, 0).parse::<u32>().unwrap() + 7) % 1_000_000);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(finish(&world, &ticket, &wrong).await);
        // A right password in between gives no further guesses.
        let _ = world.log_in("boss", PASSWORD).await;
    }
    assert!(answers.iter().all(|answer| matches!(answer, Err(LoginRefused::WrongCode))), "{answers:?}");
    assert!(matches!(finish(&world, &ticket, &code_now(&key, 0)).await, Err(LoginRefused::TooMany { .. })));
}

#[tokio::test]
async fn a_ticket_is_of_its_member_and_ends() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (key, _) = world.totp_on(&owner).await;
    let good = ticket(world.log_in("boss", PASSWORD).await);
    let forged = good[..good.len() - 4].to_owned() + "AAAA";
    for bad in ["", "v1:AAAA", &forged] {
        assert!(matches!(finish(&world, bad, &code_now(&key, 0)).await, Err(LoginRefused::TooLate)), "{bad}");
    }
    world.staff.set_password(&operator(), owner.id, secret(OTHER_PASSWORD)).await.unwrap();
    assert!(matches!(finish(&world, &good, &code_now(&key, 0)).await, Err(LoginRefused::TooLate)));
}

#[tokio::test]
async fn codes_are_on_only_after_the_app_showed_one() {
    let world = World::new().await;
    let owner = world.owner().await;
    let first = world.staff.begin_totp(owner.id).await.unwrap();
    let again = world.staff.begin_totp(owner.id).await.unwrap();
    assert_eq!(first.secret.expose(), again.secret.expose());
    assert!(first.url.expose().contains(first.secret.expose()), "the URL carries the secret");
    let refused = world.staff.confirm_totp(&by(&owner), owner.id, "not a code").await;
    assert_eq!(problem(refused), ("code".into(), "staff.code_wrong"));
    world.log_in("boss", PASSWORD).await.unwrap();

    let (key, _) = world.totp_on(&owner).await;
    assert_eq!(problem(world.staff.begin_totp(owner.id).await), ("code".into(), "staff.totp_on_already"));
    let twice = world.staff.confirm_totp(&by(&owner), owner.id, &code_now(&key, 0)).await;
    assert_eq!(problem(twice), ("code".into(), "staff.totp_on_already"));
    assert_eq!(world.last_audit(owner.id).await.action, "staff.totp_on");
    let stored = world.number("SELECT COUNT(*) FROM staff WHERE totp_secret LIKE 'v1:%'").await;
    assert_eq!(stored, 1);
}

#[tokio::test]
async fn only_the_password_or_the_operator_turns_codes_off() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.totp_on(&owner).await;
    let refused = world.staff.drop_totp(&by(&owner), owner.id, &secret(OTHER_PASSWORD)).await;
    assert_eq!(problem(refused), ("password".into(), "staff.password_wrong"));
    world.staff.drop_totp(&by(&owner), owner.id, &secret(PASSWORD)).await.unwrap();
    world.log_in("boss", PASSWORD).await.unwrap();

    world.totp_on(&owner).await;
    assert!(!world.staff.totp_off(&operator(), owner.id).await.unwrap().totp);
    world.log_in("boss", PASSWORD).await.unwrap();
    assert_eq!(world.staff.recovery_codes_left(owner.id).await.unwrap(), 0);
}
