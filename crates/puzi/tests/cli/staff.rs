use puzi_shop::{
    audit::{self, Which},
    db::Db,
};

use crate::world::{Said, World};

const PASSWORD: &str = "tea for two at four";

fn add(world: &World, login: &str, role: &str) -> Said {
    world.run_with(&["staff", "add", login, "--role", role], &[], &format!("{PASSWORD}\n"))
}

fn member(world: &World, login: &str) -> serde_json::Value {
    let all = world.json(&["staff", "list", "--json"]);
    all["staff"].as_array().unwrap().iter().find(|member| member["login"] == login).unwrap().clone()
}

#[tokio::test]
async fn an_operator_adds_disables_and_enables_members_and_the_audit_log_knows() {
    let world = World::new();
    assert!(world.run(&["staff", "list"]).succeeds().out.contains("puzi staff add"));
    add(&world, "Boss@Example.com", "owner").succeeds();
    add(&world, "clerk", "clerk").succeeds();
    let boss = member(&world, "boss@example.com");
    assert_eq!((boss["role"].as_str(), boss["status"].as_str()), (Some("owner"), Some("active")));
    assert_eq!((&boss["totp"], &boss["locked_until"]), (&false.into(), &serde_json::Value::Null));
    assert!(world.run(&["staff", "list"]).succeeds().out.contains("Owner"));

    world.run(&["staff", "disable", "CLERK"]).succeeds();
    assert_eq!(member(&world, "clerk")["status"], "disabled");
    world.run(&["staff", "enable", "clerk"]).succeeds();
    assert_eq!(member(&world, "clerk")["status"], "active");
    for command in ["unlock", "totp-off"] {
        world.run(&["staff", command, "clerk"]).succeeds();
    }

    let db = Db::open_file(&world.path("data/puzi.db")).await.unwrap();
    let rows = audit::list(&db, Which::default(), 10).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["staff.totp_off", "staff.unlock", "staff.edit", "staff.edit", "staff.create", "staff.create"]);
    assert!(rows.iter().all(|row| row.actor.kind.as_str() == "cli" && row.actor.id.is_none()));
}

#[test]
fn a_password_comes_by_standard_input_alone_and_is_never_repeated() {
    let world = World::new();
    add(&world, "boss", "owner").succeeds();
    let weak = world.run_with(&["staff", "password", "boss"], &[], "password123\n").fails();
    assert!(weak.err.contains("password: ") && !weak.err.contains("password123"), "{weak:?}");
    let new = world.run_with(&["staff", "password", "boss"], &[], "coffee for one at five\r\n").succeeds();
    assert!(!new.out.contains("coffee"), "{new:?}");
    world.run(&["staff", "password", "boss", "--password", PASSWORD]).fails();
    world.run(&["staff", "password", "boss"]).fails();
    let listed = world.run(&["staff", "list", "--json"]).succeeds().out;
    assert!(!listed.contains("argon2"), "{listed}");
}

#[test]
fn wrong_members_are_refused_in_words() {
    let world = World::new();
    add(&world, "boss", "owner").succeeds();
    let unknown = world.run(&["staff", "unlock", "nobody"]).fails();
    assert!(unknown.err.contains("There is no member nobody"), "{unknown:?}");
    let last = world.run(&["staff", "disable", "boss"]).fails();
    assert!(last.err.contains("last owner"), "{last:?}");
    let twice = add(&world, "BOSS", "clerk").fails();
    assert!(twice.err.contains("login: "), "{twice:?}");
    let role = add(&world, "clerk", "king").fails();
    assert!(role.err.contains("role: "), "{role:?}");
}
