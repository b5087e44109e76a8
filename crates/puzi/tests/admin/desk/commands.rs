use serde_json::Value;

use crate::common::World;
use crate::desk::{another_node, asked, by};

/// What a command ended with: exit code, standard output and standard error.
async fn run(world: &World, args: &'static [&'static str]) -> (i32, String, String) {
    let mut command = world.place.command();
    command.args(args).stdin(std::process::Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
}

#[tokio::test]
async fn check_ends_with_4_when_something_is_bad() {
    let world = World::new().await;
    let (code, out, err) = run(&world, &["accounts", "check", "tea"]).await;
    assert_eq!(code, 4, "{out}{err}");
    assert!(out.contains("✗ Pushes") && out.contains("✓ Calls"), "{out}");
    assert!(!err.contains("error:"), "no error of Puzi's: {err}");
    world.fan().await;
    let (code, out, _) = run(&world, &["accounts", "check", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0, "warnings are no failure: {out}");
    assert_eq!(told["accounts"][0]["checks"].as_array().unwrap().len(), 6);
    assert_eq!(told["accounts"][0]["checks"][0]["state"], "good");
    let (code, out, _) = run(&world, &["accounts", "list", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["accounts"][0]["health"]), (0, &"warning".into()), "{out}");
    let (code, out, _) = run(&world, &["accounts", "show", "tea", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, told["checks"].as_array().unwrap().len()), (0, 6));
    assert!(!out.contains(world.account.secret.expose()), "{out}");
    let (code, _, err) = run(&world, &["accounts", "check", "nobody"]).await;
    assert!(code == 2 && err.contains("nobody"), "{code} {err}");
}

#[tokio::test]
async fn a_quota_is_shown_and_cleared_by_who_is_sure() {
    let world = World::new().await;
    let path = "/cgi-bin/tags/get";
    let (code, out, err) =
        run(&world, &["accounts", "quota", "tea", "/cgi-bin/tags/get", "/cgi-bin/none", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 12, "{out}{err}");
    assert_eq!(told["quotas"].as_array().unwrap().len(), 2);
    let (code, _, err) = run(&world, &["accounts", "quota", "tea", "--clear=/cgi-bin/tags/get"]).await;
    assert!(code == 2 && err.contains("--yes"), "{code} {err}");
    assert_eq!(asked(&world, "/cgi-bin/openapi/quota/clear"), 0);
    let (code, out, err) =
        run(&world, &["accounts", "quota", "tea", "--clear=/cgi-bin/tags/get", "--yes", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["state"], &told["path"]), (0, &"done".into(), &path.into()), "{err}");
    let (code, _, _) = run(&world, &["accounts", "quota", "tea", "--clear=nothing", "--yes"]).await;
    assert_eq!(code, 2);
    world.wechat.faults().update(|faults| _ = faults.refuse.insert("/cgi-bin/clear_quota".into(), 48_006));
    let (code, _, err) = run(&world, &["accounts", "quota", "tea", "--clear", "--yes"]).await;
    assert!(code == 5 && err.contains("48006"), "{code} {err}");
}

#[tokio::test]
async fn settings_and_agents_are_for_the_terminal_too() {
    let world = World::new().await;
    let (code, out, err) =
        run(&world, &["accounts", "settings", "tea", "calls.days=60", "calls.pushes=off", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["calls.days"], &told["calls.pushes"]), (0, &60.into(), &false.into()), "{err}");
    let (code, _, err) = run(&world, &["accounts", "settings", "tea", "calls.days=0"]).await;
    assert!(code == 2 && err.contains("calls.days"), "{code} {err}");
    let (code, out, _) = run(&world, &["accounts", "settings", "tea", "calls.days="]).await;
    let line = out.lines().find(|line| line.starts_with("calls.days"));
    let words: Vec<_> = line.unwrap_or_default().split_whitespace().take(2).collect();
    assert_eq!((code, words), (0, vec!["calls.days", "30"]), "{out}");

    let (_, live) = another_node(&world).await;
    live.client.service().add("tea1@gh_tea", "小茶", None).await.unwrap();
    let (code, out, err) = run(&world, &["accounts", "agents", "tea", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["agents"][0]["kf_account"]), (0, &"tea1@gh_tea".into()), "{err}");
    assert_eq!(by().name, "test");
}
