use puzi_shop::accounts::{
    AccountEdit, Reach,
    health::{self, Check, Checked, HealthParts, State},
};
use serde_json::json;

use crate::common::World;
use crate::desk::another_node;

async fn parts(world: &World) -> HealthParts {
    let (registry, _) = another_node(world).await;
    HealthParts { db: world.db.clone(), registry, public_url: String::new() }
}

async fn check(world: &World, kinds: &[Check]) -> Vec<Checked> {
    let parts = parts(world).await;
    let live = parts.registry.by_id(world.account.id).unwrap();
    health::check(&parts, &live, kinds).await.unwrap()
}

async fn one(world: &World, kind: Check) -> Checked {
    check(world, &[kind]).await.remove(0)
}

#[tokio::test]
async fn a_new_account_is_checked_and_what_each_check_said_is_kept() {
    let world = World::new().await;
    let checked = check(&world, &Check::ALL).await;
    let told: Vec<_> = checked.iter().map(|one| (one.check, one.state, one.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (Check::Token, State::Good, "account_health.token_good"),
            (Check::Callback, State::Warning, "account_health.callback_unverified"),
            (Check::Push, State::Bad, "account_health.push_never"),
            (Check::Addresses, State::Good, "account_health.addresses_good"),
            (Check::Permissions, State::Good, "account_health.permissions_all"),
            (Check::Quota, State::Good, "account_health.quota_good"),
        ],
        "{checked:?}"
    );
    assert_eq!(health::known(&world.db, &Reach::All, world.account.id).await.unwrap(), checked);
    let worst = health::worst(world.db.read(), &[world.account.id, 999]).await.unwrap();
    assert_eq!((worst.len(), worst[&world.account.id]), (1, State::Bad));

    assert!(world.wechat.new_phone(crate::common::APPID).follow().await.accepted());
    assert_eq!(one(&world, Check::Push).await.text, "account_health.push_good");
    world.wechat.verify_url(crate::common::APPID).await.unwrap();
    assert_eq!(one(&world, Check::Callback).await.text, "account_health.callback_good");
    let nobodys = health::known(&world.db, &Reach::of([world.account.id + 1]), world.account.id).await;
    assert!(matches!(nobodys, Err(puzi_shop::Error::NotFound)));
}

#[tokio::test]
async fn a_wrong_secret_is_bad_and_no_stored_token_hides_it() {
    let world = World::new().await;
    assert_eq!(one(&world, Check::Token).await.state, State::Good);
    world.wechat.update_app(crate::common::APPID, |app| app.secret = "f".repeat(32)).unwrap();
    let bad = one(&world, Check::Token).await;
    assert_eq!((bad.state, bad.text.as_str()), (State::Bad, "account_health.token_credentials"));
    let words = bad.detail.as_str().unwrap();
    assert!(words.contains("40125") && !words.contains(world.account.secret.expose()), "{words}");
}

#[tokio::test]
async fn when_wechat_is_away_the_old_rows_stay_and_say_so() {
    let world = World::new().await;
    let kinds = [Check::Token, Check::Addresses, Check::Permissions];
    let before = check(&world, &kinds).await;
    // A port that nobody listens on.
    let away = AccountEdit { api_base: Some("http://127.0.0.1:9".into()), ..AccountEdit::default() };
    world.accounts.edit(crate::common::SLUG, away).await.unwrap();
    let mut after = check(&world, &[Check::Token, Check::Callback, Check::Addresses, Check::Permissions]).await;
    let never = after.remove(1);
    for (before, after) in before.iter().zip(&after) {
        let mut kept = before.clone();
        kept.in_vain = true;
        assert_eq!(*after, kept);
    }
    assert_eq!((never.in_vain, never.state, never.text.as_str()), (true, State::Unknown, "account_health.never"));
    assert_eq!(health::known(&world.db, &Reach::All, world.account.id).await.unwrap(), before, "nothing is made up");
}

#[tokio::test]
async fn the_own_callback_is_asked_under_the_public_address_and_nowhere_else() {
    let world = World::new().await;
    let parts = HealthParts { public_url: world.node.url.clone(), ..parts(&world).await };
    let live = parts.registry.by_id(world.account.id).unwrap();
    let told = |checked: Vec<Checked>| checked[0].text.clone();
    let asked = health::check(&parts, &live, &[Check::Callback]).await.unwrap();
    assert_eq!(told(asked), "account_health.callback_unverified", "our own check counts as nobody's verification");

    world.accounts.rotate_token(crate::common::SLUG, None).await.unwrap();
    world.node_catches_up().await;
    let asked = health::check(&parts, &live, &[Check::Callback]).await.unwrap();
    assert_eq!(told(asked), "account_health.callback_token", "this node still has the token of before");
    let nowhere = HealthParts { public_url: "http://127.0.0.1:9".into(), ..parts.clone() };
    let asked = health::check(&nowhere, &live, &[Check::Callback]).await.unwrap();
    assert_eq!((asked[0].state, told(asked.clone()).as_str()), (State::Bad, "account_health.callback_silent"));
    assert!(!asked[0].detail.to_string().contains("signature="), "{:?}", asked[0].detail);
}

#[tokio::test]
async fn changed_addresses_are_told_for_a_while_with_what_is_new_and_gone() {
    let world = World::new().await;
    let first = one(&world, Check::Addresses).await;
    assert_eq!(first.detail["callback"], json!(["127.0.0.1"]));
    let before = json!({ "callback": ["127.0.0.1", "203.0.113.7"], "api": [] }).to_string();
    let sql = "UPDATE account_checks SET detail = $1 WHERE kind = 'addresses'";
    world.db.execute(sql, [before.into()]).await.unwrap();
    let changed = one(&world, Check::Addresses).await;
    assert_eq!((changed.state, changed.text.as_str()), (State::Warning, "account_health.addresses_changed"));
    assert_eq!(changed.detail["gone"], json!(["203.0.113.7"]));
    let again = one(&world, Check::Addresses).await;
    assert_eq!((again.state, &again.detail["changed_at"]), (State::Warning, &changed.detail["changed_at"]));
}

#[tokio::test]
async fn what_the_account_may_not_use_is_told_and_is_nothing_bad() {
    let world = World::new().await;
    world.wechat.faults().update(|faults| {
        faults.refuse.insert("/cgi-bin/menu/get".into(), 48_001);
        faults.refuse.insert("/cgi-bin/tags/get".into(), 48_001);
    });
    let told = one(&world, Check::Permissions).await;
    assert_eq!((told.state, told.text.as_str()), (State::Good, "account_health.permissions_some"));
    let refused: Vec<_> = told.detail.as_array().unwrap().iter().filter(|line| line["permitted"] == false).collect();
    assert_eq!(refused.iter().map(|line| line["family"].as_str().unwrap()).collect::<Vec<_>>(), ["menu", "tags"]);
    assert_eq!(told.args(|at| at.to_string()), [("count", "7".to_owned()), ("all", "9".to_owned())]);
}

#[tokio::test]
async fn quotas_warn_from_the_accounts_own_percentage() {
    let world = World::new().await;
    world.fan().await;
    let (registry, live) = another_node(&world).await;
    let quotas = puzi_shop::accounts::quota::refresh(&world.db, &live, None).await.unwrap();
    assert!(quotas.len() >= 24 && quotas.iter().all(|quota| quota.trouble.is_none()), "{quotas:?}");
    let sql = "UPDATE account_quotas SET used = 90, remain = 10, daily_limit = 100 WHERE path = '/cgi-bin/tags/get'";
    world.db.execute(sql, []).await.unwrap();
    assert_eq!(one(&world, Check::Quota).await.text, "account_health.quota_high");
    let change = [("quota.warn_percent".to_owned(), json!(95))].into();
    puzi_shop::accounts::settings::save(&world.db, &crate::desk::by(), live.account.id, None, &change).await.unwrap();
    registry.refresh().await.unwrap();
    assert_eq!(one(&world, Check::Quota).await.text, "account_health.quota_good");
    world.db.execute("UPDATE account_quotas SET remain = 0 WHERE path = '/cgi-bin/tags/get'", []).await.unwrap();
    assert_eq!(one(&world, Check::Quota).await.state, State::Bad);
}
