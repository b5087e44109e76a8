//! Members limited to some accounts: nobody shows more than they see, and nobody touches whom they do not reach.

use super::{
    MemberEdit, Permissions,
    test_world::{World, new_member},
};
use crate::{
    Error,
    accounts::{Accounts, NewAccount, Reach, Status, reach_of},
    audit::Actor,
};

async fn accounts(world: &World) {
    // The first two of an empty table: 1 and 2.
    for slug in ["tea", "coffee"] {
        let sql = "INSERT INTO accounts (slug, name, appid, secret, token, aes_key, mode, status, created_at, updated_at, \
                   contact_name, contact_phone, contact_email) \
                   VALUES ($1, $1, $1, 's', 't', 'k', 'plain', 'active', 0, 0, '', '', '')";
        world.staff.db.execute(sql, [slug.into()]).await.unwrap();
    }
}

fn refused(error: &Error) -> &'static str {
    match error {
        Error::Invalid(problems) => problems[0].key,
        Error::Forbidden(_) => "forbidden",
        Error::Stale => "stale",
        other => panic!("{other}"),
    }
}

fn seeing(reach: Reach) -> MemberEdit {
    MemberEdit { reach: Some(reach), ..MemberEdit::default() }
}

#[tokio::test]
async fn nobody_shows_more_than_they_see() {
    let world = World::new().await;
    world.owner().await;
    accounts(&world).await;
    let (staff, system) = (&world.staff, Actor::system());
    let limited = staff.create_within(&system, new_member("limited", "manager"), Reach::of([1])).await.unwrap();
    assert_eq!(limited.reach, Reach::of([1]));
    let by = Actor::staff(limited.id, "limited");
    assert_eq!(reach_of(staff.db.read(), &by).await.unwrap(), Reach::of([1]));
    for (reach, key) in [
        (Reach::All, "staff.reach_above"),
        (Reach::of([1, 2]), "staff.reach_above"),
        (Reach::none(), "staff.reach_empty"),
    ] {
        let made = staff.create_within(&by, new_member("more", "clerk"), reach.clone()).await;
        assert_eq!(refused(&made.unwrap_err()), key, "{reach:?}");
        assert_eq!(refused(&staff.edit(&by, limited.id, None, seeing(reach)).await.unwrap_err()), key);
    }
    let made = staff.create(&by, new_member("more", "clerk")).await;
    assert_eq!(refused(&made.unwrap_err()), "staff.reach_above", "without a limit is all");
    let clerk = staff.create_within(&by, new_member("less", "clerk"), Reach::of([1])).await.unwrap();
    // Who sees more is beyond them: no edit, no password, no end of sessions.
    staff.edit(&system, clerk.id, None, seeing(Reach::of([1, 2]))).await.unwrap();
    for done in [
        staff.edit(&by, clerk.id, None, seeing(Reach::of([1]))).await.map(drop),
        staff.disable(&by, clerk.id).await.map(drop),
        staff.delete(&by, clerk.id).await.map(drop),
        staff.end_sessions(&by, clerk.id).await,
        staff.unlock(&by, clerk.id).await.map(drop),
    ] {
        assert_eq!(refused(&done.unwrap_err()), "forbidden");
    }
    for (reach, key) in [(Reach::of([1, 9]), "staff.account_unknown"), (Reach::none(), "staff.reach_empty")] {
        assert_eq!(refused(&staff.edit(&system, clerk.id, None, seeing(reach)).await.unwrap_err()), key);
    }
    assert!(staff.permissions(limited.id).await.unwrap().covers(&Permissions::of(["staff.edit"])));
}

#[tokio::test]
async fn an_owner_sees_all_and_one_always_remains() {
    let world = World::new().await;
    world.owner().await;
    accounts(&world).await;
    let (staff, system) = (&world.staff, Actor::system());
    let owner = staff.list().await.unwrap().remove(0);
    let edit = seeing(Reach::of([1]));
    assert_eq!(refused(&staff.edit(&system, owner.id, None, edit).await.unwrap_err()), "staff.owner_sees_all");
    let limited = staff.create_within(&system, new_member("limited", "manager"), Reach::of([1])).await.unwrap();
    let promoted = MemberEdit { role: Some("owner".into()), ..MemberEdit::default() };
    assert_eq!(refused(&staff.edit(&system, limited.id, None, promoted).await.unwrap_err()), "staff.owner_sees_all");
    // Two owners who narrow each other at once: one of them stays.
    let second = staff.create(&system, new_member("second", "owner")).await.unwrap();
    let narrow = |by: i64, whom: i64| {
        let edit = MemberEdit { role: Some("manager".into()), reach: Some(Reach::of([1])), ..MemberEdit::default() };
        let staff = staff.clone();
        async move { staff.edit(&Actor::staff(by, "owner"), whom, None, edit).await }
    };
    let (one, two) = tokio::join!(narrow(owner.id, second.id), narrow(second.id, owner.id));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let owners = staff.list().await.unwrap().into_iter().filter(|it| it.role == "owner" && it.reach == Reach::All);
    assert_eq!(owners.count(), 1);
}

#[tokio::test]
async fn accounts_are_neither_added_nor_changed_from_outside() {
    let world = World::new().await;
    world.owner().await;
    accounts(&world).await;
    let (staff, system) = (&world.staff, Actor::system());
    let limited = staff.create_within(&system, new_member("limited", "manager"), Reach::of([1])).await.unwrap();
    let all = Accounts::new(staff.db.clone(), staff.vault.clone());
    let seen = all.by(Actor::staff(limited.id, "limited"));
    let secret = super::test_world::secret("0123456789abcdef0123456789abcdef");
    let new = NewAccount { slug: Some("third".into()), ..NewAccount::plain("third", "wx0123456789abcdef", secret) };
    assert_eq!(refused(&seen.add(new.clone()).await.unwrap_err()), "forbidden");
    assert!(matches!(seen.set_status("coffee", Status::Paused).await, Err(Error::NotFound)));
    assert_eq!(world.number("SELECT COUNT(*) FROM accounts WHERE status = 'active'").await, 2);
    all.by(system).add(new).await.unwrap();
}

#[tokio::test]
async fn who_is_gone_sees_nothing() {
    let world = World::new().await;
    world.owner().await;
    accounts(&world).await;
    let (staff, system) = (&world.staff, Actor::system());
    let clerk = staff.create_within(&system, new_member("clerk", "clerk"), Reach::of([2])).await.unwrap();
    let by = Actor::staff(clerk.id, "clerk");
    staff.disable(&system, clerk.id).await.unwrap();
    assert_eq!(reach_of(staff.db.read(), &by).await.unwrap(), Reach::none());
    assert_eq!(reach_of(staff.db.read(), &Actor::staff(99, "nobody")).await.unwrap(), Reach::none());
    assert_eq!(reach_of(staff.db.read(), &Actor::token(99, "nobody")).await.unwrap(), Reach::none());
    assert_eq!(reach_of(staff.db.read(), &system).await.unwrap(), Reach::All);
}
