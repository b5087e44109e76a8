//! Replaying a push: looking changes nothing; a form does it once; what cannot be certain is left to a person.

use std::time::Duration;

use puzi_sandbox::{Faults, Phone, Side};
use puzi_shop::{accounts::Reach, replies::Answer};
use puzi_wechat::{crypto::EncodingAesKey, envelope::Mode};
use sea_orm::{ConnectionTrait, Statement};

use crate::common::{self, Browser, World, keyword, until};

const SOON: Duration = Duration::from_secs(15);
const FORM: &str = "0123456789abcdef";

/// What the account said.
fn answers(fan: &Phone) -> Vec<String> {
    fan.chat().into_iter().filter(|item| item.side == Side::Account).filter_map(|item| item.text).collect()
}

async fn execute(world: &World, sql: &str) {
    let tx = world.db.begin_write().await.unwrap();
    tx.execute_unprepared(sql).await.unwrap();
    tx.commit().await.unwrap();
}

/// A message that nobody answered, and a rule that came too late for it.
async fn unanswered(world: &World) -> (Phone, i64) {
    let fan = world.fan().await;
    assert_eq!(fan.text("营业时间").await.text(), None);
    let id = world.count("SELECT id AS n FROM messages WHERE kind = 'text'").await;
    world.rule(keyword("营业时间", Answer::text("9:00–18:00"))).await;
    // The conversation is known, and with it the time in which one may answer.
    world.until_count("SELECT COUNT(*) AS n FROM chats WHERE said_at > 0", 1).await;
    (fan, id)
}

async fn replay(browser: &Browser, source: &str, id: i64, answer: bool, form: &str) -> common::Page {
    let id = id.to_string();
    let mut fields = vec![("source", source), ("id", id.as_str()), ("form", form)];
    fields.extend(answer.then_some(("answer", "1")));
    browser.post("/admin/calls/replay", &fields).await
}

async fn state(world: &World) -> String {
    world.value("SELECT state AS n FROM replays ORDER BY id DESC LIMIT 1", []).await
}

#[tokio::test]
async fn looking_changes_nothing_and_an_answer_goes_out_once_for_a_form() {
    let world = World::new().await;
    let (fan, id) = unanswered(&world).await;
    let owner = Browser::signed_in(&world, "owner").await;

    let look = owner.page(&format!("/admin/calls/replay?source=message&id={id}")).await;
    assert!(look.contains("9:00–18:00") && look.contains("It is among the messages already"), "{look}");
    let (rows, jobs) = ("SELECT COUNT(*) AS n FROM replays", "SELECT COUNT(*) AS n FROM jobs");
    assert_eq!((world.count(rows).await, world.count(jobs).await), (0, 0));
    assert_eq!(answers(&fan), Vec::<String>::new());
    // Nothing asked for, nothing done.
    assert_eq!(replay(&owner, "message", id, false, FORM).await.status, 422);
    assert_eq!(replay(&owner, "message", id, true, "short").await.status, 422);

    let (first, second) =
        tokio::join!(replay(&owner, "message", id, true, FORM), replay(&owner, "message", id, true, FORM));
    assert_eq!((first.status, second.status), (303, 303), "{first:?} {second:?}");
    assert_eq!(replay(&owner, "message", id, true, FORM).await.status, 303);
    until("the answer is sent", SOON, async || state(&world).await == "sent").await;
    assert_eq!(world.count(rows).await, 1);
    assert_eq!(answers(&fan), ["9:00–18:00"]);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM messages WHERE kind = 'text' AND inbound").await, 1);
    // The form is this push's alone.
    let other = world.count("SELECT id AS n FROM messages WHERE kind <> 'text' AND inbound").await;
    assert_eq!(replay(&owner, "message", other, true, FORM).await.status, 409);
    // Another form is another wish.
    assert_eq!(replay(&owner, "message", id, true, "another-form-1").await.status, 303);
    world.until_count("SELECT COUNT(*) AS n FROM replays WHERE state = 'sent'", 2).await;
    assert_eq!(answers(&fan).len(), 2);
    let audited = "SELECT COUNT(*) AS n FROM audit_log WHERE action = 'calls.replay'";
    assert_eq!(world.count(audited).await, 2);
}

#[tokio::test]
async fn outside_the_window_no_answer_is_promised_and_none_is_sent() {
    let world = World::new().await;
    let (fan, id) = unanswered(&world).await;
    let owner = Browser::signed_in(&world, "owner").await;
    execute(&world, "UPDATE messages SET sent_at = sent_at - 180000000").await;
    execute(&world, "UPDATE chats SET said_at = said_at - 180000000, acted_at = 0").await;

    let look = owner.page(&format!("/admin/calls/replay?source=message&id={id}")).await;
    assert!(look.contains("The time in which WeChat takes a message is over."), "{look}");
    assert!(!look.contains("name=\"form\""), "{look}");
    let refused = replay(&owner, "message", id, true, FORM).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM replays").await, 0);

    // Open when it was asked, over when the job comes to it.
    execute(&world, "UPDATE messages SET sent_at = sent_at + 180000000 WHERE kind = 'text'").await;
    let tx = world.db.begin_write().await.unwrap();
    let sql = "INSERT INTO replays (account_id, source, source_id, message_id, state, answer_wanted, webhooks_wanted, \
               answer, form, by_kind, by_name, created_at) VALUES ($1, 'message', $2, $3, 'stored', $4, $5, $6, \
               'late-form-1', 'staff', 'x', 1)";
    let answer = r#"{"kind":"text","content":"late"}"#;
    let account = world.account.id;
    let values = [account.into(), id.into(), id.into(), true.into(), false.into(), answer.into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
    tx.execute_unprepared("UPDATE messages SET sent_at = sent_at - 180000000 WHERE kind = 'text'").await.unwrap();
    tx.execute_unprepared(
        "INSERT INTO jobs (kind, payload, state, attempts, run_at, created_at) \
         SELECT 'replay_answer', '{\"id\":' || id || '}', 'queued', 0, 0, 0 FROM replays",
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    until("the job gives it up", SOON, async || state(&world).await == "not_sent").await;
    assert_eq!(answers(&fan), Vec::<String>::new());
}

#[tokio::test]
async fn killed_while_it_sends_nobody_knows_and_nothing_is_sent_again() {
    let mut world = World::new().await;
    let (fan, id) = unanswered(&world).await;
    let owner = Browser::signed_in(&world, "owner").await;
    // With a token at hand, nothing else is asked before.
    assert_eq!(replay(&owner, "message", id, true, "form-before-1").await.status, 303);
    until("the first is sent", SOON, async || state(&world).await == "sent").await;
    // WeChat sends it at once, and its answer takes long.
    world.wechat.faults().set(Faults { api_late_ms: 8_000, ..Faults::default() });
    assert_eq!(replay(&owner, "message", id, true, FORM).await.status, 303);
    until("it is sending", SOON, async || state(&world).await == "sending").await;
    let arrived = async || answers(&fan).len() == 2;
    until("the message is there", SOON, arrived).await;
    world.node.kill();
    world.wechat.faults().set(Faults::default());
    // The lease of the job is over: whoever comes now finds it sending.
    execute(&world, "UPDATE jobs SET run_at = 0").await;
    world.start_again();
    until("it is known that nobody knows", SOON, async || state(&world).await == "unknown").await;
    world.until_count("SELECT COUNT(*) AS n FROM jobs WHERE state = 'dead'", 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(answers(&fan).len(), 2);
    let owner = Browser::signed_in(&world, "owner").await;
    let page = owner.page(&format!("/admin/calls/replay?source=message&id={id}")).await;
    assert!(page.contains("Nobody knows whether it was sent"), "{page}");
    // The first form still stands for that replay.
    assert_eq!(replay(&owner, "message", id, true, FORM).await.status, 303);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM replays").await, 2);
}

#[tokio::test]
async fn an_answer_lost_on_the_way_is_unknown_and_a_refusal_is_final() {
    let world = World::new().await;
    let (fan, id) = unanswered(&world).await;
    let owner = Browser::signed_in(&world, "owner").await;
    let send = "/cgi-bin/message/custom/send".to_owned();
    world.wechat.faults().set(Faults { api_lost: [(send.clone(), 1)].into(), ..Faults::default() });
    assert_eq!(replay(&owner, "message", id, true, "form-lost-1").await.status, 303);
    until("nobody knows", SOON, async || state(&world).await == "unknown").await;
    assert_eq!(answers(&fan).len(), 1);

    world.wechat.faults().set(Faults { refuse: [(send, 45047)].into(), ..Faults::default() });
    assert_eq!(replay(&owner, "message", id, true, "form-refused-1").await.status, 303);
    until("it is refused", SOON, async || state(&world).await == "not_sent").await;
    let why: String = world.value("SELECT error AS n FROM replays ORDER BY id DESC LIMIT 1", []).await;
    assert!(why.contains("45047"), "{why}");
    world.until_count("SELECT COUNT(*) AS n FROM jobs", 0).await;
    assert_eq!(answers(&fan).len(), 1);
}

#[tokio::test]
async fn a_push_that_no_key_opened_is_stored_once_after_the_key_is_repaired() {
    let world = World::in_mode(Mode::Encrypted).await;
    let fan = world.fan().await;
    let other = EncodingAesKey::generate();
    let key = other.expose().to_owned();
    world.wechat.update_app(common::APPID, |app| app.encoding_aes_key = Some(key)).unwrap();
    fan.text("没人读到").await;
    let refused = "SELECT COUNT(*) AS n FROM refused_pushes";
    until("it is kept", SOON, async || world.count(refused).await >= 1).await;
    let id = world.count("SELECT MIN(id) AS n FROM refused_pushes").await;
    let came: i64 = world.value("SELECT MIN(received_at) AS n FROM refused_pushes", []).await;
    let owner = Browser::signed_in(&world, "owner").await;

    let path = format!("/admin/calls/replay?source=refused&id={id}");
    assert!(owner.page(&path).await.contains("It still cannot be read"));
    assert_eq!(replay(&owner, "refused", id, false, FORM).await.status, 422);

    world.accounts.rotate_key(common::SLUG, Some(other)).await.unwrap();
    world.node_catches_up().await;
    let look = owner.page(&path).await;
    assert!(look.contains("With today&#39;s keys it can be read.") && look.contains("没人读到"), "{look}");
    let stored = "SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'";
    assert_eq!(world.count(stored).await, 0);

    let (first, second) =
        tokio::join!(replay(&owner, "refused", id, false, FORM), replay(&owner, "refused", id, false, "second-form-1"));
    assert_eq!((first.status, second.status), (303, 303), "{first:?} {second:?}");
    assert_eq!(world.count(stored).await, 1);
    let (at, summary): (i64, String) = (
        world.value("SELECT received_at AS n FROM messages WHERE kind = 'text'", []).await,
        world.value("SELECT summary AS n FROM messages WHERE kind = 'text'", []).await,
    );
    assert_eq!((at, summary.as_str()), (came, "没人读到"));
    assert_eq!(world.count("SELECT COUNT(DISTINCT message_id) AS n FROM replays").await, 1);
    assert!(owner.page(&path).await.contains("It is among the messages already"));
}

#[tokio::test]
async fn what_belongs_to_another_account_cannot_be_looked_at_or_replayed() {
    let world = World::new().await;
    let (fan, id) = unanswered(&world).await;
    drop(Browser::signed_in(&world, "owner").await);
    let new = common::new_account("wx00000000000000b2", "flowers", Mode::Plain, &world.wechat);
    let other = world.accounts.add(new).await.unwrap().id;
    world.node_catches_up().await;
    let limited = Browser::signed_in_within(&world, "manager", Reach::of([other])).await;
    let path = format!("/admin/calls/replay?source=message&id={id}");
    assert_eq!(limited.get(&path).await.status, 404);
    assert_eq!(replay(&limited, "message", id, true, FORM).await.status, 404);
    assert_eq!(limited.get("/admin/calls/replay?source=nothing&id=1").await.status, 404);
    assert_eq!(limited.get("/admin/calls/replay?source=refused&id=99").await.status, 404);
    let reader = Browser::signed_in(&world, "read_only").await;
    assert_eq!(reader.get(&path).await.status, 403);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM replays").await, 0);
    assert_eq!(answers(&fan), Vec::<String>::new());
}

#[tokio::test]
async fn webhooks_are_told_again_also_when_no_answer_can_be_sent() {
    let world = World::new().await;
    let (_fan, id) = unanswered(&world).await;
    let owner = Browser::signed_in(&world, "owner").await;
    // Nobody follows any more whom WeChat would let answer.
    execute(&world, "UPDATE messages SET sent_at = sent_at - 180000000").await;
    execute(&world, "UPDATE chats SET said_at = said_at - 180000000, acted_at = 0").await;
    let path = format!("/admin/calls/replay?source=message&id={id}");
    let number = id.to_string();
    let again = async |form: &str| {
        let fields = [("source", "message"), ("id", &number), ("form", form), ("webhooks", "1")];
        owner.post("/admin/calls/replay", &fields).await
    };
    // One that wants something else is nobody to tell.
    let url = "http://127.0.0.1:9/hook";
    let made = owner.post("/admin/webhooks/new", &[("name", "a"), ("url", url), ("events", "menu.clicked")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(!owner.page(&path).await.contains("name=\"form\""));
    assert_eq!(again("form-nobody-1").await.status, 422);
    for name in ["b", "c"] {
        let made =
            owner.post("/admin/webhooks/new", &[("name", name), ("url", url), ("events", "message.received")]).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }

    let look = owner.page(&path).await;
    assert!(look.contains("name=\"webhooks\"") && look.contains("name=\"form\""), "{look}");
    // Two people at once: each is told of, each endpoint twice.
    let (first, second) = tokio::join!(again("form-first-1"), again("form-second-1"));
    assert_eq!((first.status, second.status), (303, 303), "{first:?} {second:?}");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM deliveries WHERE copy IN (1, 2)").await, 4);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM replays WHERE told = 2").await, 2);
    assert!(owner.page(&path).await.contains("Webhooks told again: 2"));
    // The same form with another wish is no repetition.
    assert_eq!(replay(&owner, "message", id, true, "form-first-1").await.status, 409);
    assert_eq!(again("form-first-1").await.status, 303);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM deliveries").await, 4);
}

#[tokio::test]
async fn what_would_be_said_is_for_those_who_may_see_conversations_and_rules() {
    let world = World::new().await;
    let (_fan, id) = unanswered(&world).await;
    drop(Browser::signed_in(&world, "owner").await);
    let staff = puzi_shop::staff::Staff::new(world.db.clone(), world.vault.clone());
    let by = puzi_shop::audit::Actor::system();
    let role = puzi_shop::staff::NewRole {
        key: "replayer".into(),
        name: "Replayer".into(),
        permissions: vec!["calls.*".into()],
    };
    staff.create_role(&by, role).await.unwrap();
    let page =
        Browser::signed_in(&world, "replayer").await.page(&format!("/admin/calls/replay?source=message&id={id}")).await;
    let rule: String = world.value("SELECT name AS n FROM reply_rules", []).await;
    assert!(!page.contains("9:00–18:00") && !page.contains(&rule) && page.contains("Shown to those who may"), "{page}");
}
