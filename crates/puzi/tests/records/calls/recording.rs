//! What is written down of calls and pushes, and what never is.

use std::{
    collections::BTreeMap,
    process::{Command, Output},
    time::Duration,
};

use puzi_shop::{
    accounts::{AccountEdit, settings},
    audit::Actor,
    calls::entity,
    replies::{Answer, Draft, Trigger},
};
use puzi_wechat::{client::TokenStore, envelope::Mode};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, Statement};
use serde_json::json;

use crate::common::{APPID, Merchant, Node, SLUG, World, keyword, text, until};

const WORDS: &str = "我的订单 20261123 到哪了";
const PHONE: &str = "13812345678";

async fn lines(world: &World) -> Vec<entity::Model> {
    entity::Entity::find().order_by_asc(entity::Column::Id).all(world.db.read()).await.unwrap()
}

async fn lines_of(world: &World, endpoint: &str) -> Vec<entity::Model> {
    lines(world).await.into_iter().filter(|line| line.endpoint == endpoint).collect()
}

/// Waits until there are so many lines of `endpoint`.
async fn until_lines(world: &World, endpoint: &str, n: usize) -> Vec<entity::Model> {
    until(endpoint, Duration::from_secs(15), async || lines_of(world, endpoint).await.len() >= n).await;
    lines_of(world, endpoint).await
}

/// All that stands in the tables of calls.
async fn written(world: &World) -> String {
    const COLUMNS: [(&str, &[&str]); 4] = [
        ("calls", &["endpoint", "rid", "node", "errmsg"]),
        ("call_bodies", &["request", "response"]),
        ("call_figures", &["endpoint"]),
        ("endpoints", &["endpoint"]),
    ];
    let connection = world.db.read();
    let mut all = String::new();
    for (table, columns) in COLUMNS {
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await;
        for row in rows.unwrap() {
            for column in columns {
                all.push_str(&row.try_get::<Option<String>>("", column).unwrap().unwrap_or_default());
                all.push('\n');
            }
        }
    }
    all
}

/// Runs `command` beside the sandbox, which lives in this process.
async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// `puzi …` on the world's data, beside the server.
async fn puzi(world: &World, args: &[&str]) -> Output {
    let mut command = world.place.command();
    command.args(args);
    run(command).await
}

async fn stop(world: &mut World) {
    world.node.terminate();
    assert!(world.node.wait().await);
}

#[tokio::test]
async fn every_call_and_push_has_its_line_and_nothing_of_anybodys_is_in_it() {
    let mut world = World::in_mode(Mode::Encrypted).await;
    world.save_rule(Draft::new("hi", Trigger::Follow { scene: None }, Answer::text("您好，{nickname}"))).await;
    world.rule(keyword(WORDS, Answer::text("明天到"))).await;
    let fan = world.wechat.new_phone(APPID);
    fan.follow().await;
    let push = fan.compose(text(WORDS));
    assert_eq!(push.deliver().await.text(), Some("明天到"));
    push.deliver().await;
    fan.text(PHONE).await;
    let message = json!({"touser": fan.openid(), "msgtype": "text", "text": {"content": format!("{WORDS} {PHONE}")}});
    let sent = puzi(&world, &["call", "POST", "cgi-bin/message/custom/send", &message.to_string()]).await;
    assert!(sent.status.success(), "{sent:?}");
    world.wechat.faults().update(|faults| {
        faults.refuse.insert("/cgi-bin/tags/get".into(), 45009);
    });
    let refused = puzi(&world, &["call", "GET", "cgi-bin/tags/get"]).await;
    assert!(!refused.status.success());

    let pushes = until_lines(&world, "push:text", 3).await;
    assert_eq!(pushes.iter().map(|line| line.attempt).collect::<Vec<_>>(), [1, 2, 1], "one was delivered again");
    for line in pushes.iter().chain(&until_lines(&world, "push:event:subscribe", 1).await) {
        assert!(!line.outgoing && line.trouble.is_none() && line.openid.is_none() && !line.has_bodies);
        assert_eq!((line.status, line.origin.as_str()), (Some(200), "serve"));
        assert!(line.us > 0 && line.sent > 0 && line.received > 0 && !line.node.is_empty(), "{line:?}");
    }
    let found = "SELECT COUNT(*) AS n FROM calls c JOIN messages m ON m.account_id = c.account_id \
                 AND m.dedup_key = c.message_key WHERE NOT c.outgoing";
    assert_eq!(world.count(found).await, 4, "each push leads to its message");

    let profile = &until_lines(&world, "/cgi-bin/user/info", 1).await[0];
    assert_eq!((profile.openid.as_deref(), profile.origin.as_str()), (Some(fan.openid()), "serve"));
    let by_hand = &until_lines(&world, "/cgi-bin/message/custom/send", 1).await[0];
    assert_eq!((by_hand.openid.as_deref(), by_hand.origin.as_str()), (Some(fan.openid()), "cli"));
    let refused = &until_lines(&world, "/cgi-bin/tags/get", 1).await[0];
    assert_eq!((refused.trouble.as_deref(), refused.errcode), (Some("refused"), Some(45009)));
    assert!(refused.rid.is_some() && refused.errmsg.is_some());
    assert_eq!(until_lines(&world, "/cgi-bin/stable_token", 1).await.len(), 1, "asked for once, by whoever came first");

    stop(&mut world).await;
    let calls = world.count("SELECT CAST(SUM(calls) AS BIGINT) AS n FROM call_figures").await;
    assert_eq!(calls, lines(&world).await.len() as i64, "figures count each");
    let written = written(&world).await;
    let tokens = puzi_shop::accounts::DatabaseTokens::new(world.db.clone(), world.vault.clone());
    let token = tokens.load(APPID).await.unwrap().expect("a token").value;
    let (account, nickname) = (&world.account, fan.nickname());
    let (secret, aes_key) = (account.secret.expose().as_str(), account.aes_key.expose());
    let keys = [secret, &aes_key, account.token.expose(), token.expose()];
    for hidden in keys.into_iter().chain([WORDS, PHONE, fan.openid(), &nickname]) {
        assert!(!hidden.is_empty() && !written.contains(hidden), "{hidden} in {written}");
    }
    if !world.place.is_postgres() {
        // Nowhere in the file either, nor in its log: not even in pages that were given up.
        for name in ["puzi.db", "puzi.db-wal"] {
            let bytes = std::fs::read(world.place.data.path().join(name)).unwrap_or_default();
            for key in keys {
                assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "{key} in {name}");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_leads_to_what_was_kept_and_a_stranger_leaves_nothing() {
    let world = World::in_mode(Mode::Encrypted).await;
    let fan = world.fan().await;
    let other = puzi_wechat::crypto::EncodingAesKey::generate();
    world.wechat.update_app(APPID, |app| app.encoding_aes_key = Some(other.expose())).unwrap();
    assert_eq!(fan.compose(text("hi")).deliver().await.status, Some(400));
    let line = &until_lines(&world, "push:unreadable", 1).await[0];
    assert_eq!((line.trouble.as_deref(), line.status), (Some("unreadable"), Some(400)));
    world.until_count("SELECT COUNT(*) AS n FROM refused_pushes", 1).await;
    let kept = "SELECT COUNT(*) AS n FROM calls c JOIN refused_pushes r ON r.call_key = c.message_key";
    assert_eq!(world.count(kept).await, 1);

    let before = lines(&world).await.len();
    world.wechat.faults().update(|faults| faults.wrong_signature = true);
    assert_eq!(fan.compose(text("forged")).deliver().await.status, Some(403));
    let http = reqwest::Client::new();
    for (path, size) in [("/wechat/nobody", 10), (&*format!("/wechat/{SLUG}"), 3 << 20)] {
        let _ = http.post(format!("{}{path}", world.node.url)).body(vec![b'x'; size]).send().await;
    }
    world.wechat.faults().update(|faults| faults.wrong_signature = false);
    fan.compose(text("again unreadable")).deliver().await;
    until_lines(&world, "push:unreadable", 2).await;
    assert_eq!(lines(&world).await.len(), before + 1);
}

#[tokio::test]
async fn an_answer_that_comes_late_is_told_as_deferred() {
    let merchant = Merchant::answering(Duration::from_secs(6)).await;
    let world = World::new().await;
    world.rule(keyword("查快递", merchant.answer())).await;
    let fan = world.fan().await;
    fan.compose(text("查快递")).deliver().await;
    let line = &until_lines(&world, "push:text", 1).await[0];
    assert_eq!(line.trouble.as_deref(), Some("deferred"));
    assert!(line.us > 4_000_000 && line.us < 5_000_000, "{}", line.us);
}

#[tokio::test]
async fn each_attempt_of_a_call_has_a_line() {
    let world = World::new().await;
    let fan = world.fan().await;
    world.wechat.faults().update(|faults| faults.system_busy = 100);
    let (mut command, openid) = (world.place.command(), format!("openid={}", fan.openid()));
    command.args(["call", "GET", "cgi-bin/user/info", "-q", &openid]);
    let asked = tokio::spawn(run(command));
    until("an attempt", Duration::from_secs(15), async || {
        lines(&world).await.iter().any(|line| line.errcode == Some(-1))
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.wechat.faults().update(|faults| faults.system_busy = 0);
    assert!(asked.await.unwrap().status.success());
    let all: Vec<_> = lines(&world).await.into_iter().filter(|line| line.outgoing).collect();
    let busy: Vec<_> = all.iter().filter(|line| line.errcode == Some(-1)).collect();
    assert!(!busy.is_empty(), "{all:?}");
    for line in &all {
        let before = all.iter().filter(|other| other.endpoint == line.endpoint && other.id < line.id).count();
        // Failures are written before what went well: attempts tell the order.
        let attempts: Vec<_> = all.iter().filter(|o| o.endpoint == line.endpoint).map(|o| o.attempt).collect();
        assert!(attempts.contains(&(before as i32 + 1)), "{all:?}");
    }
}

#[tokio::test]
async fn bodies_are_kept_as_the_account_wants_and_nothing_when_recording_is_off() {
    let mut world = World::new().await;
    let fan = world.fan().await;
    let wanted = BTreeMap::from([(settings::CALLS_BODIES.to_owned(), json!("none"))]);
    settings::save(&world.db, &Actor::system(), world.account.id, None, &wanted).await.unwrap();
    let get = ["call", "GET", "cgi-bin/tags/get"];
    assert!(puzi(&world, &get).await.status.success());
    assert!(lines_of(&world, "/cgi-bin/tags/get").await.iter().all(|line| !line.has_bodies));
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM call_bodies").await, 0);

    let pushes = BTreeMap::from([(settings::CALLS_PUSHES.to_owned(), json!(false))]);
    settings::save(&world.db, &Actor::system(), world.account.id, None, &pushes).await.unwrap();
    world.node_catches_up().await;
    fan.text("without a line").await;
    stop(&mut world).await;
    assert_eq!(lines_of(&world, "push:text").await, []);
    let counted = "SELECT CAST(SUM(calls) AS BIGINT) AS n FROM call_figures WHERE endpoint = 'push:text'";
    assert_eq!(world.count(counted).await, 1, "figures count it all the same");

    let mut quiet = world.place.serve();
    quiet.env("PUZI_RECORD_CALLS", "false");
    world.move_to(Node::start(quiet));
    let before = lines(&world).await.len();
    fan.text("nobody notes it").await;
    let mut call = world.place.command();
    call.args(get).env("PUZI_RECORD_CALLS", "false");
    assert!(run(call).await.status.success());
    stop(&mut world).await;
    assert_eq!(lines(&world).await.len(), before);
}

#[tokio::test]
async fn asking_about_a_rid_writes_nothing_down_that_the_call_itself_did_not() {
    let mut world = World::new().await;
    let data = r#"{"receiver":"Lin Cha","card":"6222021234567890123","street":"Tea Lane 3"}"#;
    let asked = puzi(&world, &["call", "POST", "semantic/semproxy/search", data]).await;
    assert!(!asked.status.success());
    let said = String::from_utf8_lossy(&asked.stderr).into_owned() + &String::from_utf8_lossy(&asked.stdout);
    let rest = said.split("rid:").nth(1).map(str::trim_start);
    let rid = rest.and_then(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next());
    let rid = rid.unwrap_or_else(|| panic!("{said}")).to_owned();
    puzi(&world, &["calls", "rid", &rid, "--ask"]).await;
    until_lines(&world, "/cgi-bin/openapi/rid/get", 1).await;
    stop(&mut world).await;
    let all = written(&world).await;
    for word in ["Lin Cha", "6222021234567890123", "Tea Lane"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}

#[tokio::test]
async fn a_locked_database_and_a_killed_node_leave_whole_lines() {
    let mut world = World::new().await;
    let fan = world.fan().await;
    until_lines(&world, "push:event:subscribe", 1).await;
    let locked = world.lock().await;
    // The journal takes the message; its line waits.
    assert!(fan.text("while it is locked").await.accepted());
    drop(locked);
    until_lines(&world, "push:text", 1).await;

    world.accounts.edit(SLUG, AccountEdit { name: Some("茶".into()), ..Default::default() }).await.unwrap();
    let sending = async {
        for n in 0..200 {
            fan.compose(text(&format!("message {n}"))).deliver().await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_millis(700), sending).await;
    world.restart_node().await;
    fan.text("after it").await;
    stop(&mut world).await;
    let stray = "SELECT COUNT(*) AS n FROM call_bodies WHERE call_id NOT IN (SELECT id FROM calls)";
    assert_eq!(world.count(stray).await, 0);
    let twice = "SELECT COUNT(*) AS n FROM (SELECT message_key FROM calls WHERE attempt = 1 AND message_key IS NOT NULL \
                 GROUP BY account_id, message_key HAVING COUNT(*) > 1) AS twice";
    assert_eq!(world.count(twice).await, 0);
    let last = lines(&world).await.pop().unwrap();
    assert_eq!((last.endpoint.as_str(), last.attempt), ("push:text", 1));
}
