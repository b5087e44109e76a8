use serde_json::Value;

use crate::world::{APPID, World};

fn findings(world: &World, variables: &[(&str, &str)]) -> (bool, Vec<Value>) {
    let said = world.run_with(&["doctor", "--offline", "--json"], variables, "");
    let found: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    (said.ok, found["findings"].as_array().unwrap().clone())
}

/// The grade of a check; the worst of several.
fn grade(findings: &[Value], check: &str) -> String {
    let grades: Vec<_> =
        findings.iter().filter(|one| one["check"] == check).map(|one| one["grade"].as_str().unwrap()).collect();
    ["fail", "warn", "ok"].into_iter().find(|grade| grades.contains(grade)).unwrap_or("missing").to_owned()
}

#[test]
fn a_sound_installation_has_nothing_to_repair() {
    let world = World::with_account();
    let (ok, found) = findings(&world, &[("PUZI_PUBLIC_URL", "https://shop.example.com")]);
    assert!(ok);
    for check in ["folder", "disk", "database", "key", "jobs", "weak", "clock", "public_url"] {
        assert_eq!(grade(&found, check), "ok", "{check}: {found:#?}");
    }
}

#[test]
fn nothing_is_made_by_looking() {
    let world = World::new();
    let (ok, found) = findings(&world, &[]);
    assert!(ok, "{found:#?}");
    assert_eq!(grade(&found, "database"), "warn");
    assert!(!world.path("data").exists());
}

#[test]
fn each_thing_that_is_wrong_comes_with_what_to_do() {
    let world = World::with_account();
    world.run(&["accounts", "edit", "tea", "--mode", "plain"]).succeeds();
    #[cfg(unix)]
    std::fs::set_permissions(world.path("data"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let variables = [
        ("PUZI_PUBLIC_URL", "https://shop.example.com:8443"),
        ("PUZI_REPLAY_WINDOW_SECONDS", "7200"),
        ("PUZI_LISTEN", "0.0.0.0:8080"),
    ];
    let (ok, found) = findings(&world, &variables);
    assert!(!ok);
    assert_eq!(grade(&found, "public_url"), "fail");
    let weak = found.iter().filter(|one| one["check"] == "weak" && one["grade"] == "warn").count();
    assert_eq!(weak, if cfg!(unix) { 4 } else { 3 }, "{found:#?}");
    for one in found.iter().filter(|one| one["grade"] != "ok") {
        let todo = one["todo"].as_str().unwrap();
        assert!(!todo.is_empty() && !todo.starts_with("doctor."), "{one}");
    }
    let said = world.run_with(&["doctor", "--offline"], &variables, "").fails();
    assert!(said.out.contains("✗ Public URL") && said.err.contains("1 things"), "{said:?}");
}

#[test]
fn a_lost_or_foreign_key_is_found_and_not_replaced() {
    let world = World::with_account();
    let key = world.path("data/puzi.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let (ok, found) = findings(&world, &[]);
    assert!(!ok && grade(&found, "key") == "fail", "{found:#?}");
    assert!(!key.exists());

    std::fs::write(&key, kept).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let foreign = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (ok, found) = findings(&world, &[("PUZI_SECRET_KEY", foreign)]);
    assert!(!ok && grade(&found, "key") == "fail" && grade(&found, "weak") == "fail", "{found:#?}");
    assert!(findings(&world, &[]).0);
}

#[tokio::test(flavor = "multi_thread")]
async fn online_it_asks_wechat_and_the_own_callback_and_does_not_pass_for_wechat() {
    let world = World::with_account();
    let (sandbox, listen) = world.wechat().await;

    let doctor = || {
        let said = world.run_with(&["doctor", "--json"], &[("PUZI_LISTEN", &listen)], "");
        let found: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
        found["findings"].as_array().unwrap().clone()
    };
    let found = doctor();
    assert_eq!((grade(&found, "clock"), grade(&found, "token")), ("ok".into(), "ok".into()), "{found:#?}");
    assert_eq!(grade(&found, "callback"), "fail", "nothing serves yet");

    let _serving = world.serve(&listen).await;
    for _ in 0..2 {
        // Had the first look counted as WeChat's, the second would find the account verified.
        assert_eq!(grade(&doctor(), "callback"), "warn");
    }
    sandbox.verify_url(APPID).await.unwrap();
    assert_eq!(grade(&doctor(), "callback"), "ok");

    world.run(&["accounts", "edit", "tea", "--secret", "ffffffffffffffff"]).succeeds();
    let found = doctor();
    let token = found.iter().find(|one| one["check"] == "token").unwrap();
    assert_eq!(token["grade"], "fail");
    assert!(token["todo"].as_str().unwrap().contains("AppSecret"), "{token}");
}
