//! The list with its filters, the figures, and conversations as files.

use puzi_shop::{
    audit::Actor,
    db::now_ms,
    staff::{NewRole, NewToken, Staff},
};
use sea_orm::ConnectionTrait;

use super::SOON;
use crate::common::{Browser, World, keyword, until};
use puzi_shop::replies::Answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_and_who_answered_is_found_and_counted() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let (waits, answered) = (world.fan().await, world.fan().await);
    waits.text("有人吗").await;
    answered.text("营业时间").await;
    let (first, second) = (world.chat_with(&waits).await, world.chat_with(&answered).await);
    // Exactly two hours, and a minute less.
    let at = (now_ms() - 2 * 3_600_000) / 60_000 * 60_000;
    let set = |chat: i64, since: i64| format!("UPDATE chats SET waiting_since = {since} WHERE id = {chat}");
    world.db.execute(&set(first, at), []).await.unwrap();
    world.db.execute(&set(second, at + 60_000), []).await.unwrap();
    let rfc = jiff::Timestamp::from_millisecond(at).unwrap().to_string().replace(':', "%3A");
    let page = owner.page(&format!("/admin/chats?f.waiting_since.to={rfc}")).await;
    assert!(page.contains("有人吗") && !page.contains("营业时间"), "{page}");
    assert!(page.contains("2 h"), "{page}");

    // Staff answers the second: it is found by that, and its wait is one of the figures.
    let form = [("form", "f1"), ("text", "九点到六点")];
    let csrf = owner.csrf().await;
    let parts =
        form.iter().fold(reqwest::multipart::Form::new().text("_csrf", csrf.clone()), |parts, (name, value)| {
            parts.text(*name, *value)
        });
    let request = owner.request(reqwest::Method::POST, &format!("/admin/inbox/{second}/reply"));
    let sent = owner.send(request.header("x-csrf-token", csrf).multipart(parts)).await;
    assert!(sent.status == 303 || sent.status == 200, "{sent:?}");
    until("the wait ends", SOON, async || {
        world.count("SELECT COUNT(*) AS n FROM chat_waits WHERE by_kind = 'staff'").await == 1
    })
    .await;
    let page = owner.page("/admin/chats?f.answered_by=staff").await;
    assert!(page.contains("九点到六点") && !page.contains("有人吗"), "{page}");
    until("messages are counted", SOON, async || {
        world.count("SELECT CAST(COALESCE(SUM(asked), 0) AS BIGINT) AS n FROM chat_hours").await == 2
    })
    .await;
    let page = owner.page("/admin/chats/figures?days=7").await;
    assert!(page.contains("1 followers wait") && page.contains("Followers wrote 2 messages"), "{page}");
    let counted = "SELECT CAST(SUM(asked * 1000 + by_staff * 100 + waits) AS BIGINT) AS n FROM chat_hours";
    let before = world.count(counted).await;
    assert_eq!(before, 2_101);
    let out = world.place.command().args(["chats", "recount"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(world.count(counted).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_followed_and_said_nothing_has_no_last_word() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    world.fan().await;
    until("the follower is seen", SOON, async || world.count("SELECT COUNT(*) AS n FROM chats").await == 1).await;
    let page = owner.page("/admin/chats").await;
    assert!(page.contains("chat-last") && !page.contains("1970"), "{page}");
    let file = owner.page("/admin/chats/export.csv").await;
    assert!(file.lines().count() == 2 && !file.contains("1970"), "{file}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_answers_at_once_lets_nobody_wait() {
    let world = World::new().await;
    world.rule(keyword("你好", Answer::Text { content: "欢迎".into() })).await;
    let fan = world.fan().await;
    fan.text("你好").await;
    world.chat_with(&fan).await;
    world.until_count("SELECT COUNT(*) AS n FROM chats WHERE answered_by = 'rule' AND waiting_since IS NULL", 1).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM chat_waits").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_whole_by_its_last_line_guarded_and_in_the_audit_log() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let fan = world.fan().await;
    fan.text("=HYPERLINK(\"http://x\",\"y\")").await;
    let chat = world.chat_with(&fan).await;
    // Some thousand more, past several pages.
    let tx = world.db.begin_write().await.unwrap();
    for n in 0..3_000 {
        let sql = format!(
            "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, received_at, \
             answer_state, answered_at, lease_until) VALUES ({}, '{}', TRUE, 'text', NULL, '第 {n} 句', '', {n}, {n}, \
             'none', 0, 0)",
            world.account.id,
            fan.openid()
        );
        tx.execute_unprepared(&sql).await.unwrap();
    }
    tx.commit().await.unwrap();
    for (format, end) in [("csv", "— 3002 lines —"), ("txt", "— 3002 lines —"), ("jsonl", "{\"end\":3002}")] {
        let file = owner.page(&format!("/admin/chats/{chat}/export?as={format}")).await;
        assert_eq!(file.lines().last().unwrap(), end, "{format}");
        assert_eq!(file.matches("第 17 句").count(), 1);
        if format == "csv" {
            assert!(file.contains("\"'=HYPERLINK("), "{format}");
        }
    }
    assert_eq!(owner.get(&format!("/admin/chats/{chat}/export?as=pdf")).await.status, 400);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM audit_log WHERE action = 'chats.export'").await, 3);
    let out = world.place.command().args(["chats", "export", fan.openid(), "-", "--as", "jsonl"]).output().unwrap();
    assert!(String::from_utf8_lossy(&out.stdout).ends_with("{\"end\":3002}\n"));
    let out = world.place.command().args(["chats", "list", "--json"]).output().unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(listed.to_string().contains(fan.openid()), "{listed}");
}

/// What was said is for those who may see conversations, wherever it stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_are_for_those_who_may_see_conversations() {
    const WORDS: &str = "欠款三千的事";
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let fan = world.fan().await;
    fan.text(WORDS).await;
    let chat = world.chat_with(&fan).await;
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let permissions = ["followers.view", "chats.view", "chats.export", "audit.view"].map(str::to_owned).to_vec();
    let role = NewRole { key: "figures".into(), name: "Figures".into(), permissions };
    staff.create_role(&Actor::system(), role).await.unwrap();
    let counting = Browser::signed_in(&world, "figures").await;
    let token = NewToken { name: "figures".into(), scopes: vec!["*".into()], expires_at: None };
    let member = world.count("SELECT MAX(id) AS n FROM staff").await;
    let (_, token) = staff.create_token_for(&Actor::cli("test"), member, token).await.unwrap();
    let api = async |path: &str| {
        let request =
            reqwest::Client::new().get(format!("{}/api/v1{path}", world.node.url)).bearer_auth(token.expose());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for path in
        ["/admin/chats", "/admin/chats/sessions", "/admin/chats/figures", "/admin/chats/export.csv", "/admin/audit"]
    {
        let page = counting.get(path).await;
        assert!(page.status == 200 && !page.body.contains(WORDS), "{path}: {page:?}");
        if path == "/admin/chats" {
            assert!(!page.body.contains("/admin/chats/said"), "{}", page.body);
        }
    }
    let (status, list) = api("/chats").await;
    assert!(status == 200 && list.contains(fan.openid()) && !list.contains(WORDS), "{list}");
    for path in ["/admin/chats/said?q=%E6%AC%A0", &format!("/admin/chats/{chat}/export?as=csv")] {
        assert_eq!(counting.get(path).await.status, 403, "{path}");
        assert!(owner.page(path).await.contains("欠"), "{path}");
    }
    for path in
        [format!("/chats/{chat}/messages"), format!("/chats/{chat}/export"), "/chats/said?account=tea&q=x".into()]
    {
        let (status, told) = api(&path).await;
        assert!(status == 403 && told.contains("inbox.view"), "{path}: {told}");
    }
    // Nor does the audit log say who it was about.
    let audited: String = world.value("SELECT after AS n FROM audit_log WHERE action = 'chats.export'", []).await;
    assert!(!audited.contains(fan.openid()), "{audited}");
}
