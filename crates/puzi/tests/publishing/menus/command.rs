//! `puzi menu`: the file, the exit codes, and publishing with no server.

use serde_json::{Value, json};

use crate::menus::shop::{Shop, click, set};

/// What a command said: exit code, standard output, standard error.
fn run(shop: &Shop, args: &[&str]) -> (i32, String, String) {
    let mut command = shop.world.place.command();
    let said = command.arg("menu").args(args).stdin(std::process::Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (said.status.code().unwrap(), text(said.stdout), text(said.stderr))
}

fn json_of(said: &(i32, String, String)) -> Value {
    serde_json::from_str(&said.1).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_compared_published_and_an_earlier_menu_comes_back() {
    let mut shop = Shop::new().await;
    // Nobody serves: the command does the work itself.
    shop.world.node.kill();
    let file = shop.world.place.data.path().join("menu.json");
    let path = file.to_str().unwrap();
    std::fs::write(&file, json!({ "button": [click("今日")] }).to_string()).unwrap();
    assert_eq!(run(&shop, &["show"]).1, "There is no menu.\n");
    let said = run(&shop, &["diff", path]);
    assert_eq!((said.0, said.1.as_str()), (11, "+ 0 今日 click key=今日\n"), "{said:?}");
    let said = run(&shop, &["publish", path]);
    assert_eq!(said.0, 2, "nobody to ask: {said:?}");
    assert_eq!(shop.world.count("SELECT COUNT(*) AS n FROM menu_drafts").await, 0);
    let said = run(&shop, &["publish", path, "--yes", "--wait", "--json"]);
    let told = json_of(&said);
    assert_eq!((said.0, &told["state"], &told["number"]), (0, &json!("live"), &json!(1)), "{said:?}");
    assert_eq!(run(&shop, &["diff"]).0, 0);
    assert_eq!(run(&shop, &["publish", "--yes"]).1, "No difference: this is what is live.\n");

    let said = run(&shop, &["show", "--live", "--json"]);
    assert_eq!(json_of(&said)["button"][0]["name"], "今日");
    std::fs::write(&file, set("二", &[5]).json().to_string()).unwrap();
    assert_eq!(run(&shop, &["save", path]).0, 0);
    let said = run(&shop, &["diff", "--json"]);
    let told = json_of(&said);
    assert_eq!((said.0, told["differences"].as_array().unwrap().len()), (11, 3), "{told}");
    assert_eq!(run(&shop, &["publish", "--yes", "--wait"]).0, 0);
    let versions = json_of(&run(&shop, &["versions", "--json"]));
    assert_eq!((&versions["versions"][0]["number"], &versions["versions"][1]["number"]), (&json!(2), &json!(1)));
    assert_eq!(run(&shop, &["restore", "1"]).0, 0);
    assert_eq!(run(&shop, &["restore", "9"]).0, 2);
    assert_eq!(run(&shop, &["show", "--number", "9"]).0, 2);
    assert_eq!(run(&shop, &["publish", "--yes", "--wait"]).0, 0);
    shop.is_live(&crate::menus::shop::read(&json!({ "button": [click("今日")] }))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_ends_with_its_code() {
    let mut shop = Shop::new().await;
    shop.world.node.kill();
    let file = shop.world.place.data.path().join("menu.json");
    let path = file.to_str().unwrap();
    assert_eq!(run(&shop, &["save", path]).0, 2, "no such file");
    for wrong in [
        "",
        "[]",
        "{\"button\": 7}",
        "{\"button\": [{\"name\": \"六个字的名字\", \"type\": \"click\", \"key\": \"K\"}]}",
    ] {
        std::fs::write(&file, wrong).unwrap();
        assert_eq!(run(&shop, &["save", path]).0, 2, "{wrong}");
    }
    let unknown = json!({ "button": [{ "type": "media_id", "name": "素材", "media_id": "none" }] });
    std::fs::write(&file, unknown.to_string()).unwrap();
    let said = run(&shop, &["publish", path, "--yes", "--wait"]);
    assert_eq!(said.0, 5, "{said:?}");
    assert!(said.2.contains("40007") && said.1.contains("Version 1 is not live."), "{said:?}");
}
