use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use puzi_wechat::signature;
use serde_json::Value;

use crate::world::{APPID, Background, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_watched_as_it_happens() {
    let world = World::with_account();
    let rule = "[[rule]]\nname = \"r\"\ntrigger = { on = \"keyword\", words = [\"hours\"] }\nanswer = { kind = \"text\", content = \"9 to 6\" }";
    let rules = world.write("rules.toml", rule);
    world.run(&["rules", "import", &rules]).succeeds();
    let (sandbox, listen) = world.wechat().await;
    let _serving = world.serve(&listen).await;
    let phone = sandbox.new_phone(APPID);
    phone.follow().await;

    let child = world.command(&["chats", "tail", "-f", "-n", "0", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut watching = Background(child);
    let mut lines = BufReader::new(watching.0.stdout.take().unwrap()).lines();
    // It shows what comes after it began to look.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    phone.text("hours").await;
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!((line["kind"].as_str(), line["text"].as_str()), (Some("text"), Some("hours")), "{line}");
    assert_eq!((line["account"].as_str(), line["from_follower"].as_bool()), (Some("tea"), Some(true)));
    assert_eq!(line["answer"]["content"], "9 to 6");

    phone.text("\u{1b}[2J").await;
    let text = world.run(&["chats", "tail"]).succeeds().out;
    assert!(text.contains(": hours  ⇒ 9 to 6"), "{text}");
    assert!(!text.contains('\u{1b}'), "a message cannot steer the terminal");
    assert_eq!(text.lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_is_listed_with_its_body() {
    let world = World::with_account();
    world.run(&["accounts", "edit", "tea", "--mode", "plain"]).succeeds();
    assert!(world.run(&["chats", "refused"]).succeeds().out.contains("could be read"));
    let (_sandbox, listen) = world.wechat().await;
    let _serving = world.serve(&listen).await;
    let shown = world.json(&["accounts", "show-url", "tea", "--json"]);
    let now = (puzi_shop::db::now_ms() / 1000).to_string();
    let signature = signature::sign(&[shown["token"].as_str().unwrap(), &now, "7"]);
    let url = format!("http://{listen}/wechat/tea?signature={signature}&timestamp={now}&nonce=7");
    let answer = reqwest::Client::new().post(url).body("<xml><broken>").send().await.unwrap();
    assert_eq!(answer.status(), 400);

    let mut refused = Value::Null;
    for _ in 0..50 {
        // It is kept after the answer is given.
        refused = world.json(&["chats", "refused", "--json"])["refused"].clone();
        if refused[0] != Value::Null {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!((refused[0]["account"].as_str(), refused[0]["label"].as_str()), (Some("tea"), Some("malformed")));
    assert_eq!(refused[0]["body"], "<xml><broken>");
}
