//! Reply rules in the admin: forms as a browser without scripts sends them.

use std::time::Duration;

use crate::common::{Browser, World, between, keyword, until};
use puzi_sandbox::ChatItem;
use puzi_shop::replies::{Answer, hits, store};

const HELLO: [(&str, &str); 7] = [
    ("name", "Greeting"),
    ("enabled", "1"),
    ("priority", "0"),
    ("trigger.on", "keyword"),
    ("trigger.words", "hello\r\nhi"),
    ("answer.kind", "text"),
    ("answer.content", "Good day!\r\nWelcome."),
];

/// `HELLO` with other values in some fields.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<_> =
        HELLO.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)).collect();
    fields.extend_from_slice(changes);
    fields
}

#[tokio::test]
async fn a_rule_that_is_saved_answers_and_its_hits_are_counted() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let empty = owner.page("/admin/rules").await;
    assert!(empty.contains("No auto-replies yet") && empty.contains("/admin/rules/new?example=welcome"));
    let example = owner.page("/admin/rules/new?example=welcome").await;
    assert!(example.contains("Thank you for following {account}."), "{example}");

    let saved = owner.post("/admin/rules", &HELLO).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    world.node_catches_up().await;
    let fan = world.fan().await;
    fan.text("Hi").await;
    assert!(fan.wait_for(Duration::from_secs(5), |item| shows(item, "Good day!\\nWelcome.")).await.is_some());

    let list = owner.page("/admin/rules").await;
    assert!(list.contains("“Greeting” is saved") && list.contains("hello"), "{list}");
    until("the hit is counted", Duration::from_secs(15), async || {
        owner.page("/admin/rules").await.contains("1 hits in the last 30 days")
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let wrong = with(&[
        ("name", ""),
        ("priority", "high"),
        ("trigger.matching", "regex"),
        ("trigger.words", "fine\r\n(open"),
        ("answer.content", "{nick} <b>"),
        ("active.daily", "9 to 5"),
    ]);
    let page = owner.post("/admin/rules", &wrong).await;
    assert_eq!(page.status, 422);
    let body = page.body.replace("\r\n", "\n");
    for told in [
        "5 things need mending",
        "A whole number, such as 0",
        "Word 2: ",
        "“9 to 5” is not a time span",
        "there is no placeholder {nick}",
        // What was typed.
        "value=\"high\"",
        "fine\n(open",
        "{nick} &#60;b&#62;",
        "value=\"9 to 5\"",
    ] {
        assert!(body.contains(told), "{told}: {body}");
    }
    // The first wrong field has the focus, and no other.
    assert_eq!(page.body.matches(" autofocus").count(), 1);
    assert_eq!(store::list(&world.db, &world.vault, world.account.id).await.unwrap(), []);
}

#[tokio::test]
async fn another_kind_shows_other_fields_and_loses_nothing() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let page = owner.post("/admin/rules/form", &with(&[("answer.kind", "news"), ("step", "apply")])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("name=\"answer.articles[0].title\""), "{}", page.body);
    // The text that is not shown travels along.
    assert!(page.body.contains("<input type=\"hidden\" name=\"answer.content\" value=\"Good day!"), "{}", page.body);

    let two = with(&[
        ("answer.kind", "news"),
        ("answer.articles[0].title", "First"),
        ("answer.articles[1].title", "Second"),
        ("step", "up:answer.articles[1]"),
    ]);
    let page = owner.post("/admin/rules/form", &two).await;
    assert_eq!(page.value_of("answer.articles[0].title"), "Second");
    assert_eq!(page.value_of("answer.articles[1].title"), "First");
}

#[tokio::test]
async fn of_two_who_edit_the_second_sees_both_versions_and_decides() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let other = Browser::signed_in(&world, "manager").await;
    let id = world.save_rule(keyword("hello", Answer::text("one"))).await;
    let path = format!("/admin/rules/{id}");
    let version = owner.get(&path).await.value_of("version").to_owned();
    let edit = |content: &'static str, version: &str| {
        let version = version.to_owned();
        async move |who: &Browser, path: &str| {
            who.post(path, &with(&[("answer.content", content), ("version", &version)])).await
        }
    };
    assert_eq!(edit("two", &version)(&other, &path).await.status, 303);
    let conflict = edit("three", &version)(&owner, &path).await;
    assert_eq!(conflict.status, 409);
    assert!(conflict.body.contains(">two<") && conflict.body.contains(">three<"), "{}", conflict.body);
    let text = async || match store::get(&world.db, &world.vault, world.account.id, id).await.unwrap().answer {
        Answer::Text { content } => content,
        other => panic!("{other:?}"),
    };
    assert_eq!(text().await, "two");
    // The page carries the version that is there now: sent again, mine is kept.
    let now = conflict.value_of("version").to_owned();
    assert_ne!(now, version);
    assert_eq!(edit("three", &now)(&owner, &path).await.status, 303);
    assert_eq!(text().await, "three");
}

#[tokio::test]
async fn rules_are_switched_moved_deleted_and_taken_back_without_a_script() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let mut ids = Vec::new();
    for word in ["alpha", "beta", "gamma"] {
        ids.push(world.save_rule(keyword(word, Answer::text(word))).await);
    }
    let names = async || -> Vec<String> {
        let rules = store::list(&world.db, &world.vault, world.account.id).await.unwrap();
        rules.into_iter().map(|rule| if rule.enabled { rule.name } else { format!("({})", rule.name) }).collect()
    };
    let post = async |what: &str, fields: &[(&str, &str)]| {
        let page = owner.post(&format!("/admin/rules/{what}"), fields).await;
        assert!(matches!(page.status, 303 | 204), "{what}: {}", page.body);
        page
    };
    post(&format!("{}/switch", ids[0]), &[("on", "0")]).await;
    assert_eq!(names().await, ["(alpha)", "beta", "gamma"]);
    post(&format!("{}/move", ids[2]), &[("to", "up")]).await;
    assert_eq!(names().await, ["(alpha)", "gamma", "beta"]);
    let order: Vec<_> = [ids[1], ids[2], ids[0]].map(|id| id.to_string()).into();
    let order: Vec<_> = order.iter().map(|id| ("ids", id.as_str())).collect();
    post("order", &order).await;
    assert_eq!(names().await, ["beta", "gamma", "(alpha)"]);
    // An order of rules that are no longer all there is not guessed at.
    assert_eq!(owner.post("/admin/rules/order", &order[..2]).await.status, 409);

    post(&format!("{}/delete", ids[1]), &[]).await;
    assert_eq!(names().await, ["gamma", "(alpha)"]);
    let undo = format!("/admin/rules/{}/restore", ids[1]);
    assert!(owner.page("/admin/rules").await.contains(&undo));
    post(&format!("{}/restore", ids[1]), &[]).await;
    assert_eq!(names().await, ["beta", "gamma", "(alpha)"]);
    assert_eq!(owner.post(&undo, &[]).await.status, 404);
    let logged = "SELECT COUNT(*) AS n FROM audit_log WHERE subject_kind = 'rules' AND actor_kind = 'staff'";
    assert!(world.count(logged).await >= 6);
}

#[tokio::test]
async fn the_test_box_says_which_rule_and_why() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    world.save_rule(keyword("agent", Answer::HandOver { kf_account: None })).await;
    world.save_rule(keyword("price", Answer::text("Nine <b>yuan</b>"))).await;
    let page = owner.page("/admin/rules/test?what=text&value=PRICE&go=1").await;
    assert!(page.contains("“price” answers") && page.contains("Nine &#60;b&#62;yuan"), "{page}");
    assert!(page.contains("1 others do not fit"), "{page}");
    let none = owner.page("/admin/rules/test?what=menu&value=%22%3E%3Cscript%3E&go=1").await;
    assert!(none.contains("No rule answers") && !none.contains("\"><script"), "{none}");
    let wrong = owner.page("/admin/rules/test?what=text&value=price&at=noon&go=1").await;
    assert!(wrong.contains("Not a time") && wrong.contains("value=\"noon\""), "{wrong}");
}

#[tokio::test]
async fn the_preview_is_the_answer_and_nothing_is_saved() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let page = owner.post("/admin/rules/preview", &with(&[("answer.content", "{account} <script>")])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&world.account.name) && page.body.contains("&#60;script&#62;"), "{}", page.body);
    assert!(!page.body.contains("<html"), "{}", page.body);
    assert_eq!(store::list(&world.db, &world.vault, world.account.id).await.unwrap(), []);
}

#[tokio::test]
async fn an_import_is_tried_first_and_all_or_nothing() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    world.save_rule(keyword("old", Answer::text("old"))).await;
    world.save_rule(keyword("same", Answer::text("same"))).await;
    let file = owner.get("/admin/rules/export").await;
    assert!(file.headers["content-disposition"].to_str().unwrap().ends_with(".toml\""));
    let text = file.body.replace("\"old\"", "\"new\"");

    let tried = owner.upload("/admin/rules/import", &[], "rules.toml", text.clone().into_bytes()).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert!(tried.body.contains(">new<") && tried.body.contains(">old<"), "{}", tried.body);
    let names = async || -> Vec<String> {
        let rules = store::list(&world.db, &world.vault, world.account.id).await.unwrap();
        rules.into_iter().map(|rule| rule.name).collect()
    };
    assert_eq!(names().await, ["old", "same"]);

    let faulty = format!("{text}\n[[rule]]\nname = \"\"\ntrigger = {{ on = \"smell\" }}\n");
    let refused = owner.post("/admin/rules/import", &[("text", &faulty), ("apply", "1")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("nothing was imported") && refused.body.contains("smell"), "{}", refused.body);
    assert_eq!(names().await, ["old", "same"]);

    let done = owner.post("/admin/rules/import", &[("text", &text), ("apply", "1")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(names().await, ["same", "new"]);
}

#[tokio::test]
async fn a_file_goes_to_wechat_and_is_offered_until_it_ends() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    let sent = owner.upload("/admin/rules/media", &[("kind", "image")], "../tea.png", gif.to_vec()).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = owner.page("/admin/rules/media?kind=image").await;
    assert!(page.contains("tea.gif") && page.contains("three days"), "{page}");
    let id = between(&page, "data-media-id=\"", "\"").to_owned();
    let thumbnail = between(&page, "<img src=\"", "\"").to_owned();
    assert_eq!(owner.get(&thumbnail).await.headers["content-type"], "image/jpeg");

    let fake =
        owner.upload("/admin/rules/media", &[("kind", "image")], "x.png", b"<svg onload=alert(1)>".to_vec()).await;
    assert_eq!(fake.status, 422);
    assert!(fake.body.contains("Wrong type of file"), "{}", fake.body);

    let image = with(&[("answer.kind", "image"), ("answer.media_id", &id)]);
    assert_eq!(owner.post("/admin/rules", &image).await.status, 303);
    assert!(owner.post("/admin/rules/preview", &image).await.body.contains(&thumbnail));
    world.node_catches_up().await;
    let fan = world.fan().await;
    fan.text("hello").await;
    assert!(fan.wait_for(Duration::from_secs(5), |item| shows(item, &id)).await.is_some());

    world.db.execute("UPDATE materials SET expires_at = 1", []).await.unwrap();
    assert!(!owner.page("/admin/rules/media?kind=image").await.contains(&id));
    assert!(owner.page("/admin/rules").await.contains("Its file has expired"));
}

/// Whether `what` stands in the item's JSON.
fn shows(item: &ChatItem, what: &str) -> bool {
    serde_json::to_string(item).unwrap().contains(what)
}

#[tokio::test]
async fn a_webhooks_key_is_shown_once() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let fields = with(&[("answer.kind", "webhook"), ("answer.url", "https://hooks.example.com/")]);
    let made = owner.post("/admin/rules", &fields).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let key = format!("whsec_{}", between(&made.body, "whsec_", "<"));
    let id = store::list(&world.db, &world.vault, world.account.id).await.unwrap()[0].id;
    for path in [format!("/admin/rules/{id}"), "/admin/rules".into(), "/admin/rules/export".into()] {
        assert!(!owner.page(&path).await.contains(&key), "{path}");
    }
    let logged = "SELECT COUNT(*) AS n FROM audit_log WHERE before LIKE '%whsec_%' OR after LIKE '%whsec_%'";
    assert_eq!(world.count(logged).await, 0);
}

#[tokio::test]
async fn who_may_only_look_cannot_change() {
    let world = World::new().await;
    let _owner = Browser::signed_in(&world, "owner").await;
    let reader = Browser::signed_in(&world, "read_only").await;
    let id = world.save_rule(keyword("hello", Answer::text("one"))).await;
    let list = reader.page("/admin/rules").await;
    assert!(list.contains("hello") && !list.contains("/switch") && !list.contains("/admin/rules/new\""), "{list}");
    reader.page(&format!("/admin/rules/{id}")).await;
    for path in ["", "/order", "/import", "/media"] {
        assert_eq!(reader.post(&format!("/admin/rules{path}"), &HELLO).await.status, 403, "{path}");
    }
    for what in ["", "/switch", "/move", "/delete", "/restore"] {
        assert_eq!(reader.post(&format!("/admin/rules/{id}{what}"), &HELLO).await.status, 403, "{what}");
    }
    assert_eq!(reader.get("/admin/rules/export").await.status, 403);
    // Without the form's own value nobody changes anything.
    let owner = Browser::signed_in(&world, "owner").await;
    let path = format!("/admin/rules/{id}/delete");
    assert_eq!(owner.send_without_csrf(&path, &[]).await.status, 403);
    assert_eq!(store::list(&world.db, &world.vault, world.account.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_that_commits_late_is_counted() {
    let world = World::new().await;
    let rule = world.save_rule(keyword("hello", Answer::text("one"))).await;
    let insert = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                  received_at, answer_state, answered_at, rule_id, lease_until) \
                  VALUES ($1, 'o', TRUE, 'text', $2, '', '', 0, $3, 'answered', 0, $4, 0)";
    let now = puzi_shop::db::now_ms();
    let values = || -> [sea_orm::Value; 4] {
        let key = rand::random::<[u8; 24]>().to_vec();
        [world.account.id.into(), key.into(), now.into(), rule.into()]
    };
    if world.place.is_postgres() {
        // The smaller number is still under way when the larger one is there.
        let late = world.db.begin_write().await.unwrap();
        let statement = sea_orm::Statement::from_sql_and_values(sea_orm::DbBackend::Postgres, insert, values());
        sea_orm::ConnectionTrait::execute_raw(&*late, statement).await.unwrap();
        world.db.execute(insert, values()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        late.commit().await.unwrap();
    } else {
        world.db.execute(insert, values()).await.unwrap();
        world.db.execute(insert, values()).await.unwrap();
    }
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    until("both are counted", Duration::from_secs(20), async || {
        let hits = hits::of_account(&world.db, world.account.id, &zone, now).await.unwrap();
        hits.get(&rule).is_some_and(|hits| hits.total == 2)
    })
    .await;
}
