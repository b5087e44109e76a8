//! Through a served node: the admin, the API and the command line.

use puzi_shop::{accounts::Reach, audit::Actor, staff::Staff};
use puzi_wechat::Secret;
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{Api, Browser, World, between, new_account, token};
use crate::webhooks_out::receiver::{Manner, Receiver};

/// The key that a page shows.
fn key_in(page: &str) -> Secret<String> {
    Secret::new(format!("whsec_{}", between(page, "<code>whsec_", "</code>")))
}

/// Everything there is to ask for, as a form sends it.
fn form<'a>(name: &'a str, url: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("name", name), ("url", url), ("events", "message.received"), ("events", "follower.followed")]
}

async fn id_of(world: &World) -> i64 {
    world.count("SELECT MAX(id) AS n FROM webhooks").await
}

#[tokio::test]
async fn an_endpoint_is_made_tested_watched_and_repaired_in_the_admin() {
    let (world, receiver) = (World::new().await, Receiver::good().await);
    let browser = Browser::signed_in(&world, "owner").await;
    assert!(browser.page("/admin/webhooks").await.contains("No webhook yet"));
    assert!(browser.page("/admin/webhooks/new").await.contains("A follower writes"));

    // What is wrong stands beside its field, and what was typed stays.
    let refused = browser.post("/admin/webhooks/new", &form("ERP <b>", "http://10.0.0.1/")).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("10.0.0.1 is not a public address") && refused.body.contains("ERP &#60;b&#62;"));

    let made = browser.post("/admin/webhooks/new", &form("ERP <b>", &receiver.url)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let key = key_in(&made.body);
    let id = id_of(&world).await;
    let page = format!("/admin/webhooks/{id}");
    let shown = browser.page(&page).await;
    assert!(!shown.contains(key.expose().as_str()), "a key is shown once");
    assert!(shown.contains("ERP &#60;b&#62;") && !shown.contains("ERP <b>"));
    let list = browser.page("/admin/webhooks").await;
    assert!(list.contains("ERP &lt;b&gt;") && !list.contains("ERP <b>"), "{list}");

    let tested = browser.post(&format!("{page}/test"), &[]).await;
    assert!(tested.body.contains("It was taken: HTTP 200"), "{}", tested.body);
    assert!(receiver.asked()[0].is_signed_by(&key));

    let fan = world.fan().await;
    assert!(fan.text("你好").await.accepted());
    let told = receiver.until_asked(3).await;
    let kinds: Vec<_> = told.iter().map(|one| one.json()["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.contains(&"follower.followed".into()) && kinds.contains(&"message.received".into()), "{kinds:?}");
    world.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'", 2).await;
    let shown = browser.page(&page).await;
    assert!(shown.contains("2 delivered, none failed"), "{shown}");

    let delivery = world.count("SELECT MAX(id) AS n FROM deliveries").await;
    let shown = browser.page(&format!("/admin/deliveries/{delivery}")).await;
    assert!(shown.contains("Attempt 1") && shown.contains("webhook-id") | shown.contains("msg_"), "{shown}");
    assert!(browser.page("/admin/deliveries").await.contains("Delivered"));

    // Sent again: asked first, then done once however often the answer comes.
    let ids = delivery.to_string();
    let asked = browser.post("/admin/deliveries/replay", &[("ids", &ids)]).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let named = asked.value_of("form").to_owned();
    for _ in 0..2 {
        let done = browser.post("/admin/deliveries/replay", &[("ids", &ids), ("form", &named)]).await;
        assert_eq!((done.status, done.location()), (303, "/admin/deliveries"));
    }
    receiver.until_asked(4).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM deliveries WHERE copy = 1").await, 1);
    let elsewhere = [("ids", ids.as_str()), ("form", "x"), ("_back", "//evil.example/")];
    assert_eq!(browser.post("/admin/deliveries/replay", &elsewhere).await.location(), "/admin/deliveries");

    // A new key signs beside the old one; the page's own version lets no second press through.
    let version = browser.get(&page).await.value_of("version").to_owned();
    let rotated = browser.post(&format!("{page}/rotate"), &[("version", &version)]).await;
    let second = key_in(&rotated.body);
    assert_eq!(browser.post(&format!("{page}/rotate"), &[("version", &version)]).await.status, 409);
    receiver.becomes(Manner::Says(500, "down <script>"));
    let tested = browser.post(&format!("{page}/test"), &[]).await;
    assert!(tested.body.contains("it answered HTTP 500") && !tested.body.contains("<script>d"), "{}", tested.body);
    assert!(tested.body.contains("down &#60;script&#62;"));
    let asked = receiver.asked().pop().unwrap();
    assert!(asked.is_signed_by(&key) && asked.is_signed_by(&second));

    // Paused it hears nothing, resumed what waited.
    assert_eq!(browser.post(&format!("{page}/pause"), &[]).await.status, 303);
    assert!(browser.page(&page).await.contains("Paused; 0 wait."));
    receiver.becomes(Manner::Says(200, "ok"));
    let before = receiver.asked().len();
    assert!(fan.text("待会儿").await.accepted());
    world.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'waiting'", 1).await;
    assert!(browser.page(&page).await.contains("Paused; 1 wait."));
    assert_eq!(receiver.asked().len(), before);
    assert_eq!(browser.post(&format!("{page}/resume"), &[]).await.status, 303);
    receiver.until_asked(before + 1).await;

    // Changed, with somebody else's change between.
    let edit = browser.get(&format!("{page}/edit")).await;
    let version = edit.value_of("version").to_owned();
    let mut fields = form("ERP", &receiver.url);
    fields.push(("version", &version));
    assert_eq!(browser.post(&format!("{page}/edit"), &fields).await.status, 303);
    let stale = browser.post(&format!("{page}/edit"), &fields).await;
    assert_eq!(stale.status, 409);
    assert!(stale.body.contains("Somebody has just changed this webhook"));

    assert_eq!(browser.post(&format!("{page}/delete"), &[]).await.location(), "/admin/webhooks");
    assert_eq!(browser.get(&page).await.status, 404);
    assert_eq!(browser.post(&format!("{page}/restore"), &[]).await.location(), page);

    // Nowhere a key: no page, no export, no log.
    let export = browser.page("/admin/webhooks/export.csv").await;
    assert!(!export.contains("whsec_"), "{export}");
    assert!(!browser.page("/admin/audit").await.contains(second.expose().as_str()));
    let log = world.node.into_log();
    assert!(!log.contains(&key.expose()[6..]) && !log.contains(&second.expose()[6..]));
}

#[tokio::test]
async fn programs_make_and_steer_endpoints_and_see_their_own_accounts_alone() {
    let (world, receiver) = (World::new().await, Receiver::good().await);
    let other =
        world.accounts.add(new_account("wx00000000000000b2", "coffee", world.account.mode, &world.wechat)).await;
    let other = other.unwrap();
    world.node_catches_up().await;
    Browser::signed_in(&world, "owner").await;
    let all = Api { world: &world, token: token(&world, "manager", Reach::All).await };
    let limited = Api { world: &world, token: token(&world, "manager", Reach::of([other.id])).await };

    let sealed = {
        let staff = Staff::new(world.db.clone(), world.vault.clone());
        let permissions = vec!["deliveries.view".to_owned()];
        let role = puzi_shop::staff::NewRole { key: "watcher".into(), name: "Watcher".into(), permissions };
        let role = staff.create_role(&Actor::system(), role).await.unwrap();
        Api { world: &world, token: token(&world, &role.key, Reach::All).await }
    };

    let new = json!({
        "account_id": world.account.id, "name": "ONLYINB", "url": receiver.url, "events": ["message.received"],
    });
    assert_eq!(limited.post("webhooks", &new).await.0, 422);
    let (status, made) = all.post("webhooks", &new).await;
    assert_eq!(status, 201, "{made}");
    let (id, key) = (made["id"].as_i64().unwrap(), Secret::new(made["key"].as_str().unwrap().to_owned()));
    assert_eq!(all.post("webhooks", &new).await.1["errors"][0]["rule"], "webhooks.name_taken");
    let (_, shown) = all.get(&format!("webhooks/{id}")).await;
    assert_eq!((&shown["name"], &shown["events"]), (&json!("ONLYINB"), &json!(["message.received"])));
    assert!(shown.get("key").is_none() && !shown.to_string().contains("whsec_"), "{shown}");

    let one = format!("webhooks/{id}");
    assert_eq!(all.post(&format!("{one}/test"), &json!({})).await.1["ok"], true);
    assert!(receiver.asked()[0].is_signed_by(&key));
    let rotate = format!("{one}/rotate");
    assert_eq!(all.post(&rotate, &json!({})).await.0, 428);
    let (_, rotated) = all.ask(Method::POST, &rotate, Some(1), None).await;
    assert!(rotated["key"].as_str().unwrap().starts_with("whsec_"));
    // Sent once more after an answer that was lost: the key in use stays.
    assert_eq!(all.ask(Method::POST, &rotate, Some(1), None).await.0, 409);
    let edit = json!({ "name": "ONLYINB 2" });
    assert_eq!(all.ask(Method::PATCH, &one, None, Some(&edit)).await.0, 428);
    assert_eq!(all.ask(Method::PATCH, &one, Some(1), Some(&edit)).await.0, 409);
    let (status, edited) = all.ask(Method::PATCH, &one, rotated["version"].as_i64(), Some(&edit)).await;
    assert_eq!((status, &edited["name"]), (200, &json!("ONLYINB 2")), "{edited}");

    receiver.becomes(Manner::Says(200, "got 你好"));
    let fan = world.fan().await;
    assert!(fan.text("你好").await.accepted());
    world.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'", 1).await;
    let delivery = world.count("SELECT id AS n FROM deliveries").await;
    let (_, whole) = all.get(&format!("deliveries/{delivery}/whole")).await;
    let (_, seen) = sealed.get(&format!("deliveries/{delivery}/whole")).await;
    assert_eq!((&seen["body"], &seen["state"]), (&Value::Null, &json!("delivered")), "no inbox, no words: {seen}");
    assert_eq!((&whole["body"]["data"]["text"], &whole["attempts"][0]["status"]), (&json!("你好"), &json!(200)));
    // A receiver repeats what it was told: that is the same words.
    assert_eq!((&whole["attempts"][0]["answer"], &seen["attempts"][0]["answer"]), (&json!("got 你好"), &Value::Null));
    let ids = json!({ "ids": [delivery] });
    assert_eq!(all.post("deliveries/replay", &ids).await, (200, json!({ "replayed": 1 })));

    // Nothing of it is there for somebody of another account.
    for path in ["webhooks", "deliveries", "webhooks?q=ONLYINB", "deliveries?f.state=delivered"] {
        let (status, list) = limited.get(path).await;
        assert_eq!(status, 200, "{path}: {list}");
        let text = list.to_string();
        assert!(!text.contains("ONLYINB") && !text.contains("msg_"), "{path}: {text}");
    }
    for path in [&one, &format!("deliveries/{delivery}"), &format!("deliveries/{delivery}/whole")] {
        assert_eq!(limited.get(path).await.0, 404, "{path}");
    }
    for rest in ["pause", "resume", "rotate", "test", "restore"] {
        assert_eq!(limited.post(&format!("{one}/{rest}"), &json!({})).await.0, 404, "{rest}");
    }
    assert_eq!(limited.post("deliveries/replay", &ids).await.0, 404);
    assert_eq!(limited.ask(Method::PATCH, &one, Some(3), Some(&edit)).await.0, 404);
    assert_eq!(limited.ask(Method::DELETE, &one, None, None).await.0, 404);

    let narrow = Browser::signed_in_within(&world, "manager", Reach::of([other.id])).await;
    for path in ["/admin/webhooks", "/admin/deliveries", "/admin/webhooks/export.csv", "/admin/audit"] {
        let page = narrow.page(path).await;
        assert!(!page.contains("ONLYINB") && !page.contains("msg_"), "{path}: {page}");
    }
    let page = format!("/admin/webhooks/{id}");
    for path in [page.clone(), format!("{page}/edit"), format!("/admin/deliveries/{delivery}")] {
        assert_eq!(narrow.get(&path).await.status, 404, "{path}");
    }
    for rest in ["edit", "pause", "resume", "rotate", "test", "delete", "restore"] {
        assert_eq!(narrow.post(&format!("{page}/{rest}"), &[("version", "3")]).await.status, 404, "{rest}");
    }
    let ids = delivery.to_string();
    assert_eq!(narrow.post("/admin/deliveries/replay", &[("ids", &ids), ("form", "f")]).await.status, 404);
    let mut fields = form("mine", &receiver.url);
    let foreign = world.account.id.to_string();
    fields.push(("account_id", &foreign));
    assert_eq!(narrow.post("/admin/webhooks/new", &fields).await.status, 404);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM webhooks").await, 1);
    assert_eq!(all.ask(Method::DELETE, &one, None, None).await.0, 204);
}

#[tokio::test]
async fn the_key_in_an_address_is_for_those_who_may_change_it() {
    let (world, receiver) = (World::new().await, Receiver::good().await);
    let owner = Browser::signed_in(&world, "owner").await;
    let address = format!("{}/hook/KEYINPATH?access_token=KEYINQUERY", receiver.url.trim_end_matches('/'));
    let made = owner.post("/admin/webhooks/new", &form("ERP", &address)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = id_of(&world).await;
    let reader = Api { world: &world, token: token(&world, "read_only", Reach::All).await };
    let manager = Api { world: &world, token: token(&world, "manager", Reach::All).await };
    let looking = Browser::signed_in(&world, "read_only").await;
    let has_key = |text: &str| text.contains("KEYIN");
    for path in ["/admin/webhooks", &format!("/admin/webhooks/{id}"), "/admin/webhooks?columns=name,url,host"] {
        let page = looking.page(path).await;
        assert!(!has_key(&page), "{path}: {page}");
    }
    for path in ["webhooks?columns=name,url,host", &format!("webhooks/{id}")] {
        let (status, told) = reader.get(path).await;
        assert!(
            status == 200 && told.to_string().contains("127.0.0.1") && !has_key(&told.to_string()),
            "{path}: {told}"
        );
    }
    assert!(!has_key(&owner.page("/admin/audit").await));
    assert!(!has_key(&looking.get("/admin/webhooks/export.csv?columns=name,url,host").await.body));
    // It is found by its host, and its key cannot be guessed letter by letter.
    assert_eq!(reader.get("webhooks?q=127.0").await.1["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(reader.get("webhooks?q=KEYIN").await.1["data"].as_array().map(Vec::len), Some(0));
    assert_eq!(manager.get(&format!("webhooks/{id}")).await.1["url"], json!(address));
    assert!(has_key(&owner.page(&format!("/admin/webhooks/{id}")).await));
    assert!(has_key(&owner.page(&format!("/admin/webhooks/{id}/edit")).await));
}

#[tokio::test]
async fn killed_while_it_sends_the_next_node_sends_it() {
    let mut world = World::new().await;
    let receiver = Receiver::that(Manner::Sleeps(std::time::Duration::from_secs(60))).await;
    let browser = Browser::signed_in(&world, "owner").await;
    browser.post("/admin/webhooks/new", &form("ERP", &receiver.url)).await;
    let fan = world.fan().await;
    assert!(fan.text("你好").await.accepted());
    receiver.until_asked(2).await;
    world.node.kill();
    receiver.becomes(Manner::Says(200, ""));
    world.start_again();
    // As if the lease's time had passed.
    world.db.execute("UPDATE deliveries SET next_at = 1 WHERE state = 'sending'", []).await.unwrap();
    world.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'", 2).await;
    let mut ids: Vec<_> = receiver.asked().iter().map(|one| one.id().to_owned()).collect();
    assert!(ids.len() >= 4, "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2, "the same ids as before");
}

#[tokio::test]
async fn the_command_line_does_it_too() {
    let (world, receiver) = (World::new().await, Receiver::good().await);
    let puzi = async |args: &[&str]| {
        let mut command = world.place.command();
        command.arg("webhooks").args(args);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let json_of = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(json_of(&puzi(&["list", "--json"]).await.1), json!({ "webhooks": [] }));
    let (code, made, _) = puzi(&["add", "ERP", &receiver.url, "--event", "message.received", "--json"]).await;
    assert_eq!(code, 0, "{made}");
    let made = json_of(&made);
    let (id, key) = (made["id"].to_string(), Secret::new(made["key"].as_str().unwrap().to_owned()));
    assert_eq!(puzi(&["test", &id]).await.0, 0);
    assert!(receiver.asked()[0].is_signed_by(&key));
    receiver.becomes(Manner::Says(500, ""));
    let (code, _, told) = puzi(&["test", &id]).await;
    assert_eq!(code, 12, "{told}");
    let (code, _, told) = puzi(&["add", "ERP 2", "http://10.0.0.1/"]).await;
    assert_eq!(code, 2);
    assert!(told.contains("not a public address"), "{told}");
    assert_eq!(puzi(&["show", "99"]).await.0, 2);
    // Nobody to ask, and no --yes.
    assert_eq!(puzi(&["rotate", &id]).await.0, 2);
    assert_eq!(puzi(&["rotate", &id, "--yes"]).await.0, 0);
    assert_eq!(puzi(&["pause", &id]).await.0, 0);
    assert_eq!(puzi(&["pause", &id]).await.0, 2);
    assert_eq!(puzi(&["resume", &id]).await.0, 0);
    receiver.becomes(Manner::Says(200, ""));
    let fan = world.fan().await;
    assert!(fan.text("你好").await.accepted());
    world.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'", 1).await;
    let (_, listed, _) = puzi(&["deliveries", "--since", "1h", "--json"]).await;
    let listed = json_of(&listed);
    let delivery = &listed["deliveries"][0];
    assert_eq!((&delivery["event"], &delivery["state"]), (&json!("message.received"), &json!("delivered")));
    assert_eq!(json_of(&puzi(&["deliveries", "--failed", "--json"]).await.1), json!({ "deliveries": [] }));
    let before = receiver.asked().len();
    assert_eq!(puzi(&["replay", &delivery["id"].to_string()]).await.0, 2);
    assert_eq!(puzi(&["replay", &delivery["id"].to_string(), "--yes"]).await.0, 0);
    receiver.until_asked(before + 1).await;
    assert_eq!(puzi(&["replay", "999", "--yes"]).await.0, 2);
}
