//! Personal access tokens: revoked, expired, out of scope.

use super::{test_world::*, *};

fn new_token(scopes: &[&str]) -> NewToken {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    NewToken { name: "库存同步".into(), scopes, expires_at: None }
}

async fn holder(world: &World, text: &puzi_wechat::Secret<String>) -> Option<TokenHolder> {
    world.staff.authenticate_token(text.expose()).await.unwrap()
}

#[tokio::test]
async fn a_token_permits_what_both_its_scopes_and_its_members_role_permit() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (token, text) = world.staff.create_token(&by(&owner), new_token(&["orders.*", "staff.view"])).await.unwrap();
    assert!(text.expose().starts_with("puzi_") && text.expose().ends_with(&token.hint) && text.expose().len() == 69);
    let found = holder(&world, &text).await.unwrap();
    assert_eq!((found.token, found.member.id), (token.id, owner.id));
    assert!(found.permissions.allows("orders.edit") && found.permissions.allows("staff.view"));
    assert!(!found.permissions.allows("staff.edit") && !found.permissions.allows("tokens.create"));

    world.member("second", "owner").await;
    let edit = MemberEdit { role: Some("clerk".into()), ..MemberEdit::default() };
    world.staff.edit(&operator(), owner.id, None, edit).await.unwrap();
    let found = holder(&world, &text).await.unwrap();
    assert!(found.permissions.allows("orders.edit") && !found.permissions.allows("staff.view"));
    let stored = format!("SELECT COUNT(*) FROM api_tokens WHERE token_hash = '{}'", text.expose());
    assert_eq!(world.number(&stored).await, 0);
}

#[tokio::test]
async fn a_revoked_expired_or_unknown_token_opens_nothing() {
    let world = World::new().await;
    let owner = world.owner().await;
    let soon = NewToken { expires_at: Some(now_ms() + 60_000), ..new_token(&["orders.*"]) };
    let (expiring, text) = world.staff.create_token(&by(&owner), soon).await.unwrap();
    assert!(holder(&world, &text).await.is_some());
    world.execute(&format!("UPDATE api_tokens SET expires_at = {} WHERE id = {}", now_ms(), expiring.id)).await;
    assert!(holder(&world, &text).await.is_none());

    let (token, text) = world.staff.create_token(&by(&owner), new_token(&["staff.*"])).await.unwrap();
    let actor = holder(&world, &text).await.unwrap().actor();
    world.staff.create(&actor, new_member("clerk", "owner")).await.unwrap_err();
    world.staff.revoke_token(&by(&owner), token.id).await.unwrap();
    assert!(holder(&world, &text).await.is_none());
    let late = world.staff.disable(&actor, owner.id).await;
    assert!(matches!(late, Err(Error::Forbidden(_))), "{late:?}");
    assert!(matches!(world.staff.revoke_token(&by(&owner), token.id).await, Err(Error::NotFound)));
    let cut = &text.expose()[..68];
    let foreign = text.expose().replace("puzi_", "other_");
    for unknown in ["", "puzi_", cut, &foreign] {
        assert!(world.staff.authenticate_token(unknown).await.unwrap().is_none(), "{unknown}");
    }
}

#[tokio::test]
async fn a_token_of_a_disabled_member_opens_nothing_and_that_of_a_deleted_one_never_again() {
    let world = World::new().await;
    world.owner().await;
    let manager = world.member("manager", "manager").await;
    let (_, text) = world.staff.create_token(&by(&manager), new_token(&["orders.*"])).await.unwrap();
    world.staff.disable(&operator(), manager.id).await.unwrap();
    assert!(holder(&world, &text).await.is_none());
    world.staff.enable(&operator(), manager.id).await.unwrap();
    assert!(holder(&world, &text).await.is_some());
    world.staff.delete(&operator(), manager.id).await.unwrap();
    world.staff.restore(&operator(), manager.id).await.unwrap();
    assert!(holder(&world, &text).await.is_none());
}

#[tokio::test]
async fn nobody_makes_a_token_that_may_more_than_he_and_no_token_makes_tokens() {
    let world = World::new().await;
    let (owner, manager) = (world.owner().await, world.member("manager", "manager").await);
    let clerk = world.member("clerk", "clerk").await;
    let refused = world.staff.create_token(&by(&manager), new_token(&["roles.edit"])).await;
    assert_eq!(problem(refused), ("scopes".into(), "staff.permissions_above"));
    let refused = world.staff.create_token(&by(&clerk), new_token(&["orders.view"])).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let (_, text) = world.staff.create_token(&by(&owner), new_token(&["*"])).await.unwrap();
    let actor = holder(&world, &text).await.unwrap().actor();
    for actor in [actor, operator(), Actor::system()] {
        let refused = world.staff.create_token(&actor, new_token(&["orders.view"])).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
    let wrong = NewToken { name: String::new(), scopes: vec!["Everything".into()], expires_at: Some(1) };
    let Err(Error::Invalid(problems)) = world.staff.create_token(&by(&owner), wrong).await else { panic!() };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["name", "scopes", "expires_at"]);
}

#[tokio::test]
async fn ones_own_token_is_revoked_by_oneself_or_by_somebody_not_below() {
    let world = World::new().await;
    let (owner, manager) = (world.owner().await, world.member("manager", "manager").await);
    let (of_owner, _) = world.staff.create_token(&by(&owner), new_token(&["*"])).await.unwrap();
    let (of_manager, _) = world.staff.create_token(&by(&manager), new_token(&["orders.*"])).await.unwrap();
    let refused = world.staff.revoke_token(&by(&manager), of_owner.id).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    world.staff.revoke_token(&by(&owner), of_manager.id).await.unwrap();
    world.staff.revoke_token(&by(&owner), of_owner.id).await.unwrap();
    assert!(world.staff.list_tokens(owner.id).await.unwrap()[0].revoked_at.is_some());
}

#[tokio::test]
async fn its_last_use_is_written_down_once_a_minute() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (_, text) = world.staff.create_token(&by(&owner), new_token(&["*"])).await.unwrap();
    let used = async || world.staff.list_tokens(owner.id).await.unwrap()[0].last_used_at;
    assert_eq!(used().await, None);
    holder(&world, &text).await.unwrap();
    let first = used().await.unwrap();
    world.execute(&format!("UPDATE api_tokens SET last_used_at = {}", first - 30_000)).await;
    holder(&world, &text).await.unwrap();
    assert_eq!(used().await, Some(first - 30_000));
    world.execute(&format!("UPDATE api_tokens SET last_used_at = {}", first - 61_000)).await;
    holder(&world, &text).await.unwrap();
    assert!(used().await.unwrap() >= first);
}
