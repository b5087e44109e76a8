use std::collections::BTreeMap;

use puzi_shop::{
    Error,
    accounts::{Reach, settings},
};
use puzi_wechat::envelope::Mode;
use serde_json::{Value, json};

use crate::common::{World, new_account};
use crate::desk::{another_node, by};

fn change(key: &str, value: Value) -> BTreeMap<String, Value> {
    [(key.to_owned(), value)].into()
}

#[tokio::test]
async fn settings_are_an_accounts_own_and_every_node_takes_them_up() {
    let world = World::new().await;
    let other = new_account("wx00000000000000b2", "cake", Mode::Plain, &world.wechat);
    let other = world.accounts.add(other).await.unwrap();
    let (registry, live) = another_node(&world).await;
    assert_eq!(live.settings.number(settings::CALLS_DAYS), 30);
    assert!(live.settings.is_on(settings::CALLS_PUSHES));

    let version = live.account.version;
    let days = change(settings::CALLS_DAYS, json!(60));
    let saved = settings::save(&world.db, &by(), world.account.id, Some(version), &days).await.unwrap();
    assert_eq!(saved, version + 1);
    registry.refresh().await.unwrap();
    let held = |id: i64| registry.by_id(id).unwrap().settings.number(settings::CALLS_DAYS);
    assert_eq!((held(world.account.id), held(other.id)), (60, 30));

    // Two who began with the same version: the second one is told.
    let stale = settings::save(&world.db, &by(), world.account.id, Some(version), &days).await;
    assert!(matches!(stale, Err(Error::Stale)));
    let same = settings::save(&world.db, &by(), world.account.id, Some(saved), &days).await.unwrap();
    assert_eq!(same, saved, "what changes nothing makes nobody's form old");
    let log = "SELECT COUNT(*) AS n FROM audit_log WHERE action = 'accounts.settings'";
    assert_eq!(world.count(log).await, 1);
}

#[tokio::test]
async fn two_saves_at_once_are_one_after_the_other() {
    let world = World::new().await;
    let (_, live) = another_node(&world).await;
    let version = Some(live.account.version);
    let (days, pushes) = (change(settings::CALLS_DAYS, json!(7)), change(settings::CALLS_PUSHES, json!(false)));
    let person = by();
    let save = |changes| settings::save(&world.db, &person, world.account.id, version, changes);
    let (one, other) = tokio::join!(save(&days), save(&pushes));
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
    let all_or_none = BTreeMap::from([
        (settings::CALLS_DAYS.to_owned(), json!(9)),
        (settings::CALLS_BODIES.to_owned(), json!("everything")),
        ("calls.unheard_of".to_owned(), json!(1)),
    ]);
    let refused = settings::save(&world.db, &by(), world.account.id, None, &all_or_none).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["calls.bodies", "calls.unheard_of"]);
    let held = settings::load(world.db.read(), world.account.id).await.unwrap();
    assert_ne!(held.number(settings::CALLS_DAYS), 9);
    for (key, wrong) in [("calls.days", json!(0)), ("calls.days", json!(366)), ("calls.pushes", json!("yes"))] {
        let refused = settings::save(&world.db, &by(), world.account.id, None, &change(key, wrong)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{key}");
    }
    assert!(matches!(settings::save(&world.db, &by(), 999, None, &days).await, Err(Error::NotFound)));
    assert!(Reach::All.sees(999));
}
