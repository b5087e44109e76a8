//! Members and roles: there is always an owner, and nobody gives more than he has.

use tokio::join;

use super::{test_world::*, *};

fn role(key: &str) -> MemberEdit {
    MemberEdit { role: Some(key.into()), ..MemberEdit::default() }
}

fn disabled() -> MemberEdit {
    MemberEdit { status: Some(Status::Disabled), ..MemberEdit::default() }
}

async fn owners(world: &World) -> i64 {
    let sql = "SELECT COUNT(*) FROM staff WHERE role = 'owner' AND status = 'active' AND deleted_at IS NULL";
    world.number(sql).await
}

#[tokio::test]
async fn the_last_owner_stays_an_active_owner() {
    let world = World::new().await;
    let owner = world.owner().await;
    let last = ("role".to_owned(), "staff.last_owner");
    for by in [operator(), by(&owner)] {
        assert_eq!(problem(world.staff.edit(&by, owner.id, None, role("manager")).await), last);
    }
    assert_eq!(problem(world.staff.disable(&operator(), owner.id).await), last);
    assert_eq!(problem(world.staff.delete(&operator(), owner.id).await), last);
    // A disabled or deleted one is no help.
    let other = world.member("second", "owner").await;
    world.staff.disable(&by(&owner), other.id).await.unwrap();
    assert_eq!(problem(world.staff.edit(&operator(), owner.id, None, role("manager")).await), last);
    world.staff.enable(&by(&owner), other.id).await.unwrap();
    world.staff.edit(&operator(), owner.id, None, role("manager")).await.unwrap();
    assert_eq!(owners(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_demote_each_other_at_once_one_remains() {
    for edits in [[role("clerk"), role("clerk")], [disabled(), role("clerk")], [disabled(), disabled()]] {
        let world = World::new().await;
        let (one, two) = (world.owner().await, world.member("second", "owner").await);
        let second_node = world.second_node().await;
        let [first, second] = edits;
        let (by_one, by_two) = (by(&one), by(&two));
        let (a, b) =
            join!(world.staff.edit(&by_one, two.id, None, first), second_node.edit(&by_two, one.id, None, second));
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|done| **done).count(), 1, "{a:?} {b:?}");
        assert_eq!(owners(&world).await, 1);
    }
}

#[tokio::test]
async fn nobody_disables_or_deletes_himself() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.member("second", "owner").await;
    let oneself = ("status".to_owned(), "staff.not_yourself");
    assert_eq!(problem(world.staff.disable(&by(&owner), owner.id).await), oneself);
    assert_eq!(problem(world.staff.delete(&by(&owner), owner.id).await), oneself);
}

#[tokio::test]
async fn a_manager_neither_makes_nor_touches_an_owner() {
    let world = World::new().await;
    let (owner, manager) = (world.owner().await, world.member("manager", "manager").await);
    let by = by(&manager);
    let above = ("role".to_owned(), "staff.role_above");
    assert_eq!(problem(world.staff.create(&by, new_member("xx", "owner")).await), above);
    assert_eq!(problem(world.staff.edit(&by, manager.id, None, role("owner")).await), above);
    let before = world.staff.get(owner.id).await.unwrap();
    let forbidden = |result: Result<()>| assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    forbidden(world.staff.edit(&by, owner.id, None, role("clerk")).await.map(drop));
    forbidden(world.staff.disable(&by, owner.id).await.map(drop));
    forbidden(world.staff.delete(&by, owner.id).await.map(drop));
    forbidden(world.staff.set_password(&by, owner.id, secret(OTHER_PASSWORD)).await);
    forbidden(world.staff.totp_off(&by, owner.id).await.map(drop));
    forbidden(world.staff.unlock(&by, owner.id).await.map(drop));
    forbidden(world.staff.end_sessions(&by, owner.id).await);
    assert_eq!(world.staff.get(owner.id).await.unwrap(), before);

    let clerk = world.staff.create(&by, new_member("clerk", "clerk")).await.unwrap();
    world.staff.edit(&by, clerk.id, Some(clerk.version), role("finance")).await.unwrap();
    world.staff.set_password(&by, clerk.id, secret(OTHER_PASSWORD)).await.unwrap();
    world.log_in("clerk", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn without_the_permission_nothing_changes_also_when_it_was_taken_a_moment_ago() {
    let world = World::new().await;
    let (owner, clerk) = (world.owner().await, world.member("clerk", "clerk").await);
    let helper = world.member("helper", "customer_service").await;
    let forbidden = |result: Result<Member>| assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    forbidden(world.staff.create(&by(&clerk), new_member("xx", "clerk")).await);
    forbidden(world.staff.edit(&by(&clerk), helper.id, None, role("clerk")).await);
    forbidden(world.staff.delete(&by(&clerk), helper.id).await);
    forbidden(world.staff.create(&Actor::staff(99, "ghost"), new_member("xx", "clerk")).await);
    forbidden(world.staff.create(&Actor::token(99, "ghost"), new_member("xx", "clerk")).await);

    let manager = world.member("manager", "manager").await;
    world.staff.disable(&by(&owner), manager.id).await.unwrap();
    forbidden(world.staff.create(&by(&manager), new_member("xx", "clerk")).await);
    assert_eq!(world.staff.list().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_change_made_on_an_old_page_is_refused() {
    let world = World::new().await;
    let clerk = world.member("clerk", "clerk").await;
    let renamed = |name: &str| MemberEdit { name: Some(name.into()), ..MemberEdit::default() };
    let first = world.staff.edit(&operator(), clerk.id, Some(clerk.version), renamed("小红")).await.unwrap();
    assert_eq!(first.version, clerk.version + 1);
    let second = world.staff.edit(&operator(), clerk.id, Some(clerk.version), renamed("小明")).await;
    assert!(matches!(second, Err(Error::Stale)), "{second:?}");
    assert_eq!(world.staff.get(clerk.id).await.unwrap().name, "小红");
}

#[tokio::test]
async fn every_change_leaves_a_row_with_before_and_after_and_no_secret() {
    let world = World::new().await;
    let clerk = world.member("clerk", "clerk").await;
    let edit = MemberEdit { name: Some("小红".into()), theme: Some("dark".into()), ..role("finance") };
    world.staff.edit(&operator().at("192.0.2.9"), clerk.id, None, edit).await.unwrap();
    let row = world.last_audit(clerk.id).await;
    assert_eq!((row.action.as_str(), row.actor.kind), ("staff.edit", ActorKind::Cli));
    assert_eq!(row.actor.address.as_deref(), Some("192.0.2.9"));
    let (before, after) = (row.before.unwrap(), row.after.unwrap());
    assert_eq!((&before["role"], &before["theme"]), (&"clerk".into(), &"auto".into()));
    assert_eq!((&after["role"], &after["theme"], &after["name"]), (&"finance".into(), &"dark".into(), &"小红".into()));
    world.totp_on(&clerk).await;
    world.staff.set_password(&operator(), clerk.id, secret(OTHER_PASSWORD)).await.unwrap();
    let like =
        "SELECT COUNT(*) FROM audit_log WHERE before LIKE '%argon2%' OR after LIKE '%argon2%' OR after LIKE '%v1:%'";
    assert_eq!(world.number(like).await, 0);
}

#[tokio::test]
async fn wrong_fields_are_named_and_a_login_is_taken_once() {
    let world = World::new().await;
    let clerk = world.member("clerk", "clerk").await;
    assert_eq!(problem(world.staff.create(&operator(), new_member("CLERK", "clerk")).await).1, "staff.login_taken");
    assert_eq!(problem(world.staff.create(&operator(), new_member("a b", "clerk")).await).1, "staff.login_form");
    assert_eq!(problem(world.staff.create(&operator(), new_member("x1", "nobody")).await).1, "staff.role_unknown");
    let other = world.member("other", "clerk").await;
    let edit = MemberEdit { login: Some("Clerk".into()), ..MemberEdit::default() };
    assert_eq!(problem(world.staff.edit(&operator(), other.id, None, edit).await).1, "staff.login_taken");
    world.staff.delete(&operator(), clerk.id).await.unwrap();
    assert_eq!(problem(world.staff.create(&operator(), new_member("clerk", "clerk")).await).1, "staff.login_taken");
    let edit = MemberEdit { theme: Some("pink".into()), ..MemberEdit::default() };
    assert_eq!(problem(world.staff.edit(&operator(), other.id, None, edit).await).1, "staff.theme_unknown");
    assert!(matches!(world.staff.edit(&operator(), clerk.id, None, disabled()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn members_change_their_own_name_and_nothing_above_it() {
    let world = World::new().await;
    let clerk = world.member("clerk", "clerk").await;
    let profile = Profile { name: Some("小红".into()), locale: Some(Locale::En), theme: Some("light".into()) };
    let changed = world.staff.edit_profile(&by(&clerk), clerk.id, profile).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.locale, changed.theme.as_str()), ("小红", Locale::En, "light"));
    assert_eq!((&changed.role, changed.status), (&clerk.role, clerk.status));
    let wrong = Profile { name: Some(" ".into()), ..Profile::default() };
    assert_eq!(problem(world.staff.edit_profile(&by(&clerk), clerk.id, wrong).await).1, "staff.required");
}

#[tokio::test]
async fn a_new_member_speaks_the_language_of_the_settings() {
    let world = World::new().await;
    let owner = world.owner().await;
    let change = crate::settings::Change { key: crate::settings::ADMIN_LOCALE.into(), value: "en".into(), version: 0 };
    world.staff.settings.save(&by(&owner), &[change]).await.unwrap();
    let new = NewMember { locale: None, ..new_member("clerk", "clerk") };
    assert_eq!(world.staff.create(&operator(), new).await.unwrap().locale, Locale::En);
}

fn baker(permissions: &[&str]) -> NewRole {
    let permissions = permissions.iter().map(|pattern| (*pattern).to_owned()).collect();
    NewRole { key: "baker".into(), name: "面包师".into(), permissions }
}

#[tokio::test]
async fn a_role_of_the_shops_own_permits_what_it_says_from_the_next_click_on() {
    let world = World::new().await;
    world.owner().await;
    let role = world.staff.create_role(&operator(), baker(&["inbox.*"])).await.unwrap();
    let member = world.member("baker", "baker").await;
    let inside = world.log_in("baker", PASSWORD).await.unwrap();
    let allows = async |permission: &str| world.session(&inside.token).await.unwrap().permissions.allows(permission);
    assert!(allows("inbox.reply").await && !allows("orders.view").await);
    let id = role.id.unwrap();
    let patterns = vec!["orders.view".to_owned()];
    let role = world.staff.edit_role(&operator(), id, Some(role.version), "面包师", patterns.clone()).await.unwrap();
    assert!(!allows("inbox.reply").await && allows("orders.view").await);
    let stale = world.staff.edit_role(&operator(), id, Some(role.version - 1), "面包师", patterns).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");

    assert_eq!(problem(world.staff.delete_role(&operator(), id).await).1, "staff.role_in_use");
    world.staff.delete(&operator(), member.id).await.unwrap();
    world.staff.delete_role(&operator(), id).await.unwrap();
    world.staff.restore(&operator(), member.id).await.unwrap();
    assert!(!world.staff.permissions(member.id).await.unwrap().allows("orders.view"), "a deleted role permits nothing");
    assert_eq!(problem(world.staff.create(&operator(), new_member("x1", "baker")).await).1, "staff.role_unknown");
    world.staff.restore_role(&operator(), id).await.unwrap();
    assert!(world.staff.permissions(member.id).await.unwrap().allows("orders.view"));
}

#[tokio::test]
async fn nobody_makes_a_role_above_himself() {
    let world = World::new().await;
    world.owner().await;
    world.staff.create_role(&operator(), baker(&["roles.*", "inbox.*", "staff.*"])).await.unwrap();
    let baker_ = by(&world.member("baker", "baker").await);
    let named = |key: &str, permissions: &[&str]| NewRole { key: key.into(), ..baker(permissions) };
    for above in [&["*"][..], &["orders.view"], &["*.view"], &["inbox.*", "wallet.edit"]] {
        let refused = world.staff.create_role(&baker_, named("other", above)).await;
        assert_eq!(problem(refused), ("permissions".into(), "staff.permissions_above"), "{above:?}");
    }
    let own = world.staff.create_role(&baker_, named("other", &["inbox.view", "!staff.*"])).await.unwrap();
    let wider = vec!["orders.*".to_owned()];
    let refused = world.staff.edit_role(&baker_, own.id.unwrap(), None, "x", wider).await;
    assert_eq!(problem(refused).1, "staff.permissions_above");
    let above = world.staff.create_role(&operator(), named("above", &["wallet.*"])).await.unwrap();
    let touched = world.staff.edit_role(&baker_, above.id.unwrap(), None, "x", vec!["inbox.view".into()]).await;
    assert!(matches!(touched, Err(Error::Forbidden(_))), "{touched:?}");
    let given = world.staff.create(&baker_, new_member("x1", "above")).await;
    assert_eq!(problem(given), ("role".into(), "staff.role_above"));
}

#[tokio::test]
async fn a_wrong_role_is_refused_with_each_field() {
    let world = World::new().await;
    let wrong = NewRole { key: "Bäcker".into(), name: " ".into(), permissions: vec!["inbox.*".into(), "all".into()] };
    let Err(Error::Invalid(problems)) = world.staff.create_role(&operator(), wrong).await else { panic!() };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["key", "name", "permissions"]);
    let taken = NewRole { key: "owner".into(), ..baker(&["inbox.*"]) };
    assert_eq!(problem(world.staff.create_role(&operator(), taken).await).1, "staff.role_taken");
    assert_eq!(world.staff.roles().await.unwrap().len(), roles::ROLES.len());
}
