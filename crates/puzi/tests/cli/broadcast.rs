use serde_json::Value;

use crate::world::{APPID, World};

#[tokio::test(flavor = "multi_thread")]
async fn one_is_written_shown_and_waits_for_a_second_person() {
    let world = World::with_account();
    let (sandbox, listen) = world.wechat().await;
    let serving = world.serve(&listen).await;
    let fan = sandbox.new_phone(APPID);
    fan.follow().await;
    assert!(world.run(&["broadcast", "list"]).succeeds().out.contains("No broadcast yet"));
    let made = world.json(&["broadcast", "new", "Tea", "--text", "New tea", "--to", "all", "--json"]);
    let id = made["id"].to_string();
    assert_eq!((made["state"].as_str(), made["audience"].as_str()), (Some("draft"), Some("all")), "{made}");
    let said = world.run(&["broadcast", "preview", &id, "--to", fan.openid()]).succeeds();
    assert!(said.out.contains("It is on the phone of"), "{said:?}");
    drop(serving);

    // Nobody serves: the command does the work itself.
    let code = world.command(&["broadcast", "submit", &id, "--wait", "--for", "1m"]).status().unwrap().code();
    assert_eq!(code, Some(13));
    let shown = world.json(&["broadcast", "show", &id, "--json"]);
    assert_eq!(shown["state"], "waiting", "{shown}");
    let digest = shown["digest"].as_str().unwrap().to_owned();
    // The same person of this machine.
    let same = world.command(&["broadcast", "approve", &id, "--digest", &digest]).status().unwrap().code();
    assert_eq!(same, Some(2));
    let results = world.json(&["broadcast", "results", &id, "--json"]);
    assert_eq!(results["parts"].as_array().map(Vec::len), Some(1), "{results}");
    let quota = world.json(&["broadcast", "quota", "--json"]);
    assert_eq!(quota["kind"], "unknown", "{quota}");
    // No terminal and no --yes: nothing is done.
    assert_eq!(
        world.command(&["broadcast", "cancel", &id]).stdin(std::process::Stdio::null()).status().unwrap().code(),
        Some(2)
    );
    world.run(&["broadcast", "cancel", &id, "--yes"]).succeeds();
    let all = world.json(&["broadcast", "list", "--json"]);
    assert_eq!(all["broadcasts"][0]["state"], Value::from("cancelled"), "{all}");
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is_done() {
    let world = World::with_account();
    let code = |args: &[&str]| world.command(args).status().unwrap().code();
    let long = "a".repeat(2_049);
    assert_eq!(code(&["broadcast", "new", "x", "--text", &long, "--to", "all"]), Some(2));
    assert_eq!(code(&["broadcast", "new", "x", "--text", "y", "--to", "tag:Nobody"]), Some(2));
    assert_eq!(code(&["broadcast", "new", "x", "--text", "y", "--to", "no-such-file"]), Some(2));
    assert_eq!(code(&["broadcast", "new", "x", "--text", "y", "--to", "all", "--at", "1h"]), Some(2));
    assert_eq!(code(&["broadcast", "new", "x", "--to", "all"]), Some(2));
    assert_eq!(code(&["broadcast", "show", "7"]), Some(2));
    let list = world.write("list.txt", "oA\noA\n");
    assert_eq!(code(&["broadcast", "new", "x", "--text", "y", "--to", &list]), Some(2));
}
