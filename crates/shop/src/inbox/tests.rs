//! The inbox on a database of its own, with WeChat behaving as told.

use std::{sync::Arc, time::Duration};

use puzi_wechat::{Secret, envelope::Mode};
use sea_orm::{ConnectionTrait, Value};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::*;
use crate::{
    Error,
    accounts::NewAccount,
    conversations::reading,
    db::{self, now_ms},
    secrets::Vault,
};

const OPENID: &str = "oFan";
const SEND: &str = "/cgi-bin/message/custom/send";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest";

struct World {
    db: Db,
    inbox: Inbox,
    wechat: MockServer,
    account_id: i64,
    folder: TempDir,
}

fn answer(body: serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "text/plain")
}

fn refusal(errcode: i64) -> ResponseTemplate {
    answer(json!({"errcode": errcode, "errmsg": "no"}))
}

fn ming() -> Author {
    Author { id: 1, name: "小明".into() }
}

fn hong() -> Author {
    Author { id: 2, name: "小红".into() }
}

impl World {
    async fn new() -> Self {
        let wechat = MockServer::start().await;
        let token = answer(json!({"access_token": "a-token", "expires_in": 7200}));
        Mock::given(path("/cgi-bin/stable_token")).respond_with(token).mount(&wechat).await;
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_file(&folder.path().join("puzi.db")).await.unwrap();
        db.migrate().await.unwrap();
        let vault = Arc::new(Vault::new(&[7; 32]).unwrap());
        let registry = Registry::load(db.clone(), vault, "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
        let account = NewAccount {
            slug: Some("tea".into()),
            name: "铺子茶铺".into(),
            appid: "wx0123456789abcdef".into(),
            secret: Secret::new("0123456789abcdef0123456789abcdef".into()),
            contact_name: String::new(),
            contact_phone: String::new(),
            contact_email: String::new(),
            mode: Mode::Plain,
            token: None,
            aes_key: None,
            api_base: Some(wechat.uri()),
        };
        let account_id = registry.accounts().add(account).await.unwrap().id;
        registry.refresh().await.unwrap();
        let inbox = Inbox::new(db.clone(), registry, folder.path().join("media")).unwrap();
        Self { db, inbox, wechat, account_id, folder }
    }

    /// WeChat takes messages so.
    async fn wechat_says(&self, response: ResponseTemplate) {
        Mock::given(path(SEND)).respond_with(response).mount(&self.wechat).await;
    }

    async fn told(&self) -> usize {
        self.wechat.received_requests().await.unwrap().iter().filter(|request| request.url.path() == SEND).count()
    }

    async fn store(&self, id: i64, openid: &str, kind: &str, at: i64) {
        self.store_payload(id, openid, kind, at, "").await;
    }

    /// A message as the intake stores it, with the number `id`.
    async fn store_payload(&self, id: i64, openid: &str, kind: &str, at: i64, payload: &str) {
        const SQL: &str = "INSERT INTO messages (id, account_id, openid, inbound, kind, dedup_key, summary, payload, \
                           sent_at, received_at, answer_state, answered_at, lease_until) \
                           VALUES ($1, $2, $3, TRUE, $4, $5, $6, $7, $8, $8, 'answered', $8, 0)";
        let key = id.to_be_bytes().to_vec();
        let values: [Value; 8] = [
            id.into(),
            self.account_id.into(),
            openid.into(),
            kind.into(),
            key.into(),
            format!("第 {id} 句").into(),
            payload.into(),
            at.into(),
        ];
        self.db.execute(SQL, values).await.unwrap();
    }

    async fn project(&self) -> usize {
        let mut taken = 0;
        loop {
            match Projector::new(self.db.clone()).step().await.unwrap() {
                0 => return taken,
                n => taken += n,
            }
        }
    }

    /// A follower has written just now; the number of the conversation.
    async fn somebody_wrote(&self) -> i64 {
        self.store(1, OPENID, "text", now_ms()).await;
        self.project().await;
        self.only().await.id
    }

    async fn only(&self) -> Chat {
        let (mut list, _) = self.inbox.list(&Filter::default(), None).await.unwrap();
        assert_eq!(list.len(), 1);
        list.remove(0).chat
    }

    async fn chat_of(&self, openid: &str) -> i64 {
        self.number(&format!("SELECT id AS n FROM chats WHERE openid = '{openid}'")).await
    }

    async fn number(&self, sql: &str) -> i64 {
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), sql, [])).await.unwrap().unwrap();
        row.try_get("", "n").unwrap()
    }

    async fn text(&self, chat: i64, words: &str, form: &str) -> Result<i64> {
        self.inbox.send(chat, Content::Text(words.into()), form, &ming()).await
    }

    async fn state(&self, chat: i64, id: i64) -> SendState {
        self.inbox.outgoing(chat, id).await.unwrap().state()
    }

    async fn until_state(&self, chat: i64, id: i64, wanted: SendState) -> Outgoing {
        for _ in 0..300 {
            let row = self.inbox.outgoing(chat, id).await.unwrap();
            if row.state() == wanted {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?} instead of {wanted:?}", self.state(chat, id).await);
    }

    fn jobs(&self) -> (CancellationToken, JoinHandle<()>) {
        let stop = CancellationToken::new();
        let handler = self.inbox.beside().jobs.unwrap();
        (stop.clone(), tokio::spawn(jobs::run(self.db.clone(), handler, stop)))
    }
}

fn key_of(error: Error) -> &'static str {
    match error {
        Error::Invalid(problems) => problems[0].key,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn messages_become_conversations_once() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=3 {
        world.store(id, OPENID, "text", now + id).await;
    }
    world.store(4, "oOther", "event:CLICK", now).await;
    world.store(5, "oPlatform", "event:MASSSENDJOBFINISH", now).await;
    assert_eq!(world.project().await, 5);
    assert_eq!(world.project().await, 0);
    let chat = world.only().await;
    assert_eq!((chat.unread, chat.last_message_id, chat.said_used), (3, 3, 0));
    assert_eq!((chat.said_at, chat.waiting_since), (now + 3, Some(now + 1)));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM chats").await, 2, "a broadcast's report is nobody's chat");
    let tapped = world.number("SELECT acted_at AS n FROM chats WHERE openid = 'oOther'").await;
    assert_eq!(tapped, now);
}

#[tokio::test]
async fn a_number_that_commits_late_is_not_lost_and_none_counts_twice() {
    let world = World::new().await;
    let now = now_ms();
    world.store(1, OPENID, "text", now).await;
    world.store(4, OPENID, "text", now).await;
    assert_eq!(world.project().await, 2);
    world.store(2, OPENID, "text", now).await;
    assert_eq!(world.project().await, 1);
    world.store(3, OPENID, "text", now).await;
    world.store(5, OPENID, "text", now).await;
    assert_eq!(world.project().await, 2);
    let chat = world.only().await;
    assert_eq!((chat.unread, chat.last_message_id), (5, 5));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM inbox_gaps").await, 0);
}

#[tokio::test]
async fn a_number_that_never_comes_is_forgotten() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms()).await;
    world.store(9, OPENID, "text", now_ms()).await;
    world.project().await;
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM inbox_gaps").await, 7);
    world.db.execute("UPDATE inbox_gaps SET noticed_at = noticed_at - 61000", []).await.unwrap();
    world.project().await;
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM inbox_gaps").await, 0);
}

#[tokio::test]
async fn two_that_project_at_once_share_the_work() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=1000 {
        world.store(id, &format!("o{}", id % 7), "text", now).await;
    }
    let work = |db: Db| async move {
        let projector = Projector::new(db);
        let mut taken = 0;
        while let Ok(n @ 1..) = projector.step().await {
            taken += n;
        }
        taken
    };
    let (a, b) = tokio::join!(tokio::spawn(work(world.db.clone())), tokio::spawn(work(world.db.clone())));
    assert_eq!(a.unwrap() + b.unwrap(), 1000);
    assert_eq!(world.number("SELECT SUM(unread) AS n FROM chats").await, 1000);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM chats").await, 7);
}

#[tokio::test]
async fn history_is_nobodys_unread() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms() - 49 * 3_600_000).await;
    world.project().await;
    let chat = world.only().await;
    assert_eq!((chat.unread, chat.waiting_since, chat.last_message_id), (0, None, 1));
    assert!(!Window::of(&chat, now_ms()).is_open());
}

#[tokio::test]
async fn who_leaves_closes_the_window() {
    let world = World::new().await;
    let now = now_ms();
    world.store(1, OPENID, "text", now).await;
    world.store(2, OPENID, "event:unsubscribe", now + 1).await;
    world.project().await;
    assert_eq!(Window::of(&world.only().await, now), Window::Closed(Closed::Never));
}

#[tokio::test]
async fn the_same_form_sends_once_however_often_it_arrives() {
    let world = World::new().await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    let chat = world.somebody_wrote().await;
    let (a, b, c) =
        tokio::join!(world.text(chat, "您好", "f1"), world.text(chat, "您好", "f1"), world.text(chat, "您好", "f1"));
    let id = a.unwrap();
    assert_eq!((b.unwrap(), c.unwrap()), (id, id));
    let (stop, runner) = world.jobs();
    world.until_state(chat, id, SendState::Sent).await;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 1);
    let chat = world.only().await;
    assert_eq!((chat.said_used, chat.assigned_id, chat.waiting_since), (1, Some(1), None));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM jobs").await, 0);
}

#[tokio::test]
async fn two_who_send_at_once_cannot_both_have_the_last_message() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    for n in 0..4 {
        world.text(chat, "一", &format!("f{n}")).await.unwrap();
    }
    let (a, b) = tokio::join!(world.text(chat, "二", "fa"), world.text(chat, "三", "fb"));
    let refused = [a, b].into_iter().filter_map(Result::err).map(key_of).collect::<Vec<_>>();
    assert_eq!(refused, ["inbox.problem.window_spent"]);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM outgoing").await, 5, "the refused one left nothing");
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM jobs").await, 5);
}

#[tokio::test]
async fn nothing_is_sent_outside_the_window() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms() - 48 * 3_600_000).await;
    world.project().await;
    let chat = world.only().await.id;
    assert_eq!(key_of(world.text(chat, "您好", "f").await.unwrap_err()), "inbox.problem.window_over");
    for bad in ["", "  \n", &"长".repeat(683)] {
        let key = key_of(world.text(chat, bad, "g").await.unwrap_err());
        assert!(key.starts_with("inbox.problem.text_"), "{key}");
    }
    assert!(matches!(world.text(chat + 1, "您好", "f").await, Err(Error::NotFound)));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM outgoing").await, 0);
}

#[tokio::test]
async fn a_window_that_closed_at_the_last_moment_is_told_and_the_message_can_be_sent_again() {
    let world = World::new().await;
    Mock::given(path(SEND)).respond_with(refusal(45015)).up_to_n_times(1).mount(&world.wechat).await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    let (stop, runner) = world.jobs();
    let failed = world.until_state(chat, id, SendState::Failed).await;
    assert_eq!(failed.errcode, Some(45015));
    assert_eq!(world.only().await.said_used, 0, "what WeChat refused was not used");
    world.inbox.retry(chat, id).await.unwrap();
    world.until_state(chat, id, SendState::Sent).await;
    assert!(matches!(world.inbox.retry(chat, id).await, Err(Error::NotFound)), "what was sent is not sent again");
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 2);
}

#[tokio::test]
async fn a_process_that_dies_while_it_sends_leaves_the_decision_to_a_person() {
    let world = World::new().await;
    world.wechat_says(answer(json!({"errcode": 0})).set_delay(Duration::from_secs(30))).await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    let runner = world.jobs().1;
    world.until_state(chat, id, SendState::Sending).await;
    while world.told().await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    runner.abort();
    let _ = runner.await;
    // The next process finds the job when the lease is over, and does not send.
    world.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    let (stop, runner) = world.jobs();
    world.until_state(chat, id, SendState::Unknown).await;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 1);

    world.wechat.reset().await;
    let token = answer(json!({"access_token": "a-token", "expires_in": 7200}));
    Mock::given(path("/cgi-bin/stable_token")).respond_with(token).mount(&world.wechat).await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    world.inbox.retry(chat, id).await.unwrap();
    let (stop, runner) = world.jobs();
    world.until_state(chat, id, SendState::Sent).await;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 1, "told anew");
}

#[tokio::test]
async fn a_sending_whose_job_is_gone_is_found() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    world.inbox.find_lost_sendings(now_ms() + 3_600_000).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Queued, "its job is there");
    world.db.execute("DELETE FROM jobs", []).await.unwrap();
    world.inbox.find_lost_sendings(now_ms()).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Queued, "it is young");
    world.inbox.find_lost_sendings(now_ms() + 3_600_000).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Unknown);
}

#[tokio::test]
async fn a_picture_is_uploaded_and_what_lies_about_being_one_is_not() {
    let world = World::new().await;
    let upload = answer(json!({"type": "image", "media_id": "M1", "created_at": 1}));
    Mock::given(path("/cgi-bin/media/upload")).respond_with(upload).expect(1).mount(&world.wechat).await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    let chat = world.somebody_wrote().await;
    let picture = |bytes: &[u8]| Content::Picture(bytes.to_vec());
    for lie in [&b"<svg onload=alert(1)>"[..], b"GIF", b"", b"#!AMR\n"] {
        let error = world.inbox.send(chat, picture(lie), "lie", &ming()).await.unwrap_err();
        assert_eq!(key_of(error), "inbox.problem.not_a_picture");
    }
    let mut large = PNG.to_vec();
    large.resize((10 << 20) + 1, 0);
    let error = world.inbox.send(chat, picture(&large), "large", &ming()).await.unwrap_err();
    assert_eq!(key_of(error), "inbox.problem.picture_too_large");
    let id = world.inbox.send(chat, picture(PNG), "good", &ming()).await.unwrap();
    let (stop, runner) = world.jobs();
    let sent = world.until_state(chat, id, SendState::Sent).await;
    stop.cancel();
    runner.await.unwrap();
    let path = world.inbox.folder().path(&sent.file.unwrap()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), PNG);
}

fn image(media_id: &str) -> String {
    format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>image</MsgType><PicUrl>http://p</PicUrl><MediaId>{media_id}</MediaId><MsgId>1</MsgId></xml>"
    )
}

#[tokio::test]
async fn media_is_kept_and_what_lies_about_its_type_is_only_a_download() {
    let world = World::new().await;
    let file = ResponseTemplate::new(200).set_body_raw("<html><script>alert(1)</script>", "image/png");
    Mock::given(path("/cgi-bin/media/get")).respond_with(file).mount(&world.wechat).await;
    world.store_payload(1, OPENID, "image", now_ms(), &image("M1")).await;
    world.project().await;
    let chat = world.only().await.id;
    let page = world.inbox.timeline(chat, None).await.unwrap();
    let Some(Bubble::Picture(view)) = &page.entries[0].bubble else { panic!("{page:?}") };
    assert_eq!(view.state, MediaState::Waiting);
    let (stop, runner) = world.jobs();
    while world.number("SELECT COUNT(*) AS n FROM inbox_media").await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    runner.await.unwrap();
    let (path, kind) = world.inbox.media_file(chat, 1, "main").await.unwrap();
    assert_eq!(kind, MediaType::Other);
    assert!(path.starts_with(world.folder.path().join("media")));
    assert!(matches!(world.inbox.media_file(chat, 1, "thumb").await, Err(Error::NotFound)));

    world.store(2, "oOther", "text", now_ms()).await;
    world.project().await;
    let other = world.chat_of("oOther").await;
    let stolen = world.inbox.media_file(other, 1, "main").await;
    assert!(matches!(stolen, Err(Error::NotFound)), "another conversation's picture");
}

#[tokio::test]
async fn media_that_wechat_has_no_more_is_said_to_be_gone() {
    let world = World::new().await;
    Mock::given(path("/cgi-bin/media/get")).respond_with(refusal(40007)).mount(&world.wechat).await;
    world.store_payload(1, OPENID, "image", now_ms(), &image("M1")).await;
    world.project().await;
    let (stop, runner) = world.jobs();
    while world.number("SELECT COUNT(*) AS n FROM inbox_media WHERE state = 'gone'").await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    runner.await.unwrap();
}

#[tokio::test]
async fn of_two_who_take_a_conversation_one_has_it() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let (ming, hong) = (ming(), hong());
    let (a, b) = tokio::join!(
        world.inbox.assign(chat, None, Some(&ming), &ming),
        world.inbox.assign(chat, None, Some(&hong), &hong)
    );
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
    let now = world.only().await.assigned_id;
    let (from, to) = if now == Some(1) { (&ming, &hong) } else { (&hong, &ming) };
    world.inbox.assign(chat, now, Some(to), from).await.unwrap();
    let page = world.inbox.timeline(chat, None).await.unwrap();
    let lines: Vec<_> = page.entries.iter().filter_map(|entry| entry.line.as_ref()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[1].kind.as_str(), &lines[1].actor, &lines[1].other), ("handed", &from.name, &to.name));
}

#[tokio::test]
async fn a_note_is_its_writers_own() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    world.inbox.add_note(chat, " 要大包装 ", &ming()).await.unwrap();
    let note = world.inbox.notes(chat).await.unwrap().remove(0);
    assert_eq!(note.text, "要大包装");
    assert!(matches!(world.inbox.edit_note(chat, note.id, "x", &hong()).await, Err(Error::NotFound)));
    assert!(matches!(world.inbox.edit_note(chat + 1, note.id, "x", &ming()).await, Err(Error::NotFound)));
    world.inbox.edit_note(chat, note.id, "", &ming()).await.unwrap();
    assert!(world.inbox.notes(chat).await.unwrap().is_empty());
    assert_eq!(key_of(world.inbox.add_note(chat, " ", &ming()).await.unwrap_err()), "inbox.problem.note_empty");
}

#[tokio::test]
async fn pages_of_a_timeline_show_everything_once() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=100 {
        world.store(id, OPENID, "text", now - 1_000_000 + id * 1000).await;
    }
    world.project().await;
    let chat = world.only().await.id;
    for n in 0..5 {
        world.text(chat, "好的", &format!("f{n}")).await.unwrap();
    }
    let mut keys = Vec::new();
    let mut older = None;
    loop {
        let page = world.inbox.timeline(chat, older.as_deref()).await.unwrap();
        keys.splice(0..0, page.entries.into_iter().map(|entry| entry.key));
        older = page.older;
        if older.is_none() {
            break;
        }
        world.store(200 + keys.len() as i64, OPENID, "text", now + 5000).await;
    }
    let mut expected: Vec<_> = (1..=100).map(|id| format!("m{id}")).collect();
    assert_eq!(keys[..100], expected[..]);
    expected = (1..=5).map(|id| format!("o{id}")).chain(["l1".into()]).collect();
    let mut rest = keys[100..].to_vec();
    rest.sort();
    expected.sort();
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn the_list_goes_from_the_unread_to_the_read_page_by_page() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=70 {
        world.store(id, &format!("o{id:02}"), "text", now - 100_000 + id).await;
    }
    world.project().await;
    world.db.execute("UPDATE chats SET unread = 0 WHERE id % 2 = 0", []).await.unwrap();
    let mut seen = Vec::new();
    let mut from = None;
    loop {
        let (chats, next) = world.inbox.list(&Filter::default(), from).await.unwrap();
        seen.extend(chats.into_iter().map(|listed| listed.chat));
        from = next.and_then(|place| ListPlace::read(&place.to_text()));
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 70);
    assert!(seen.is_sorted_by_key(|chat| (chat.unread == 0, -chat.last_at)));
    let unread = Filter { unread: true, ..Filter::default() };
    assert_eq!(world.inbox.list(&unread, None).await.unwrap().0.len(), 30);
    assert_eq!(world.inbox.counts().await.unwrap(), (35, 35));
}

#[tokio::test]
async fn a_search_finds_openid_and_words_and_takes_no_signs_for_patterns() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms()).await;
    world.store(2, "oOther", "text", now_ms()).await;
    world.project().await;
    let found = async |words: &str| {
        let filter = Filter { search: words.into(), ..Filter::default() };
        let list = world.inbox.list(&filter, None).await.unwrap().0;
        list.into_iter().map(|listed| listed.chat.openid).collect::<Vec<_>>()
    };
    assert_eq!(found("第 1 句").await, [OPENID]);
    assert_eq!(found("句").await.len(), 2);
    assert!(found("%").await.is_empty() && found("第_1").await.is_empty() && found("' OR 1=1 --").await.is_empty());
    assert_eq!(reading::like("5%_!"), "%5!%!_!!%");
}

#[tokio::test]
async fn what_arrives_while_somebody_reads_stays_unread() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=2 {
        world.store(id, OPENID, "text", now).await;
    }
    world.project().await;
    let chat = world.only().await.id;
    world.store(3, OPENID, "text", now).await;
    world.project().await;
    world.inbox.read_up_to(chat, 2, &ming()).await.unwrap();
    assert_eq!(world.only().await.unread, 1);
    world.inbox.read_up_to(chat, 3, &ming()).await.unwrap();
    assert_eq!(world.only().await.unread, 0);
}

#[tokio::test]
async fn done_is_done_until_the_follower_writes_again() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    world.inbox.set_done(chat, true, &ming()).await.unwrap();
    let done = world.only().await;
    assert_eq!((done.status.as_str(), done.unread, done.waiting_since), ("done", 0, None));
    world.store(2, OPENID, "text", now_ms()).await;
    world.project().await;
    assert_eq!(world.only().await.status, "open");
    assert!(matches!(world.inbox.set_done(chat + 9, true, &ming()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn every_node_hears_of_a_change_once() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let other = Live::new(world.db.clone());
    let mut here = world.inbox.live().subscribe().await.unwrap();
    let mut there = other.subscribe().await.unwrap();
    let stop = CancellationToken::new();
    let nodes = [world.inbox.live().clone(), other].map(|live| tokio::spawn(live.run(stop.clone())));
    world.inbox.typing(chat, &ming()).await.unwrap();
    world.inbox.add_note(chat, "x", &ming()).await.unwrap();
    for receiver in [&mut here, &mut there] {
        let mut kinds = Vec::new();
        while let Ok(Ok(change)) = tokio::time::timeout(Duration::from_millis(1200), receiver.recv()).await {
            assert_eq!(change.chat_id, chat);
            kinds.push(change.kind);
        }
        assert_eq!(kinds, [ChangeKind::Typing, ChangeKind::Note]);
    }
    stop.cancel();
    for node in nodes {
        node.await.unwrap();
    }
}
