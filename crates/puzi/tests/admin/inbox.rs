//! The inbox through the real server: staff in front of it, followers on the simulated phone.

use std::time::Duration;

use crate::common::{Node, World, new_account, text, until};
use futures_util::StreamExt;
use puzi_sandbox::{Kind, Phone, Side};
use puzi_shop::{
    audit::Actor,
    staff::{NewMember, Staff},
    texts::Locale,
};
use puzi_wechat::{Secret, envelope::Mode};
use reqwest::{Client, RequestBuilder, Response, StatusCode, multipart::Form};
use sea_orm::ConnectionTrait;

const PASSWORD: &str = "steep-the-leaves-twice";
const SOON: Duration = Duration::from_secs(10);

/// Somebody of the team in front of a node.
struct Colleague {
    client: Client,
    base: String,
    cookie: String,
    csrf: String,
    id: i64,
}

async fn hire(world: &World, login: &str, role: &str) -> i64 {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let by = Actor::cli("test");
    let password = Secret::new(PASSWORD.to_owned());
    if !staff.any().await.unwrap() {
        return staff.create_first_owner(&by, login, login, password, Locale::En).await.unwrap().id;
    }
    let new =
        NewMember { login: login.into(), name: login.into(), role: role.into(), locale: Some(Locale::En), password };
    staff.create(&by, new).await.unwrap().id
}

impl Colleague {
    async fn at(node: &Node, id: i64, login: &str) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let form = [("login", login), ("password", PASSWORD)];
        let answer = client.post(format!("{}/admin/login", node.url)).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.text().await.unwrap());
        let mut cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
        let session = cookies.rfind(|cookie| cookie.starts_with("puzi_admin=")).unwrap();
        let cookie = session.split(';').next().unwrap().to_owned();
        let mut colleague = Self { client, base: node.url.clone(), cookie, csrf: String::new(), id };
        let page = colleague.page("/admin/inbox").await;
        let (_, rest) = page.split_once("<meta name=\"csrf\" content=\"").unwrap();
        colleague.csrf = rest.split_once('"').unwrap().0.to_owned();
        colleague
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base)).header("cookie", &self.cookie)
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    fn post(&self, path: &str) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        request.header("x-csrf-token", &self.csrf).header("accept", "application/json")
    }

    async fn say(&self, chat: i64, words: &str, form: &str) -> Response {
        let parts = Form::new().text("form", form.to_owned()).text("text", words.to_owned());
        self.post(&format!("/admin/inbox/{chat}/reply")).multipart(parts).send().await.unwrap()
    }

    async fn sees(&self, chat: i64, words: &str) {
        let path = format!("/admin/inbox/{chat}");
        until(words, SOON, async || self.page(&path).await.contains(words)).await;
    }

    /// The inbox, open: what it is told.
    async fn listens(&self) -> Listener {
        let answer = self.get("/admin/inbox/events").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let mut listener = Listener { answer, heard: String::new() };
        listener.hears("event: hello").await;
        listener
    }
}

struct Listener {
    answer: Response,
    heard: String,
}

impl Listener {
    async fn hears(&mut self, words: &str) {
        let hear = async {
            while !self.heard.contains(words) {
                let chunk = self.answer.chunk().await.unwrap().expect("the stream goes on");
                self.heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let heard = tokio::time::timeout(SOON, hear).await;
        assert!(heard.is_ok(), "{words} in {}", self.heard);
    }

    async fn ends(mut self) {
        let end = async { while let Ok(Some(_)) = self.answer.chunk().await {} };
        assert!(tokio::time::timeout(SOON, end).await.is_ok(), "the stream outlived the session");
    }
}

/// The conversation with `fan`, once it is there.
async fn chat(world: &World, fan: &Phone) -> i64 {
    let sql = format!("SELECT COALESCE(MAX(id), 0) AS n FROM chats WHERE openid = '{}' AND last_at > 0", fan.openid());
    until("the conversation", SOON, async || world.count(&sql).await > 0).await;
    world.count(&sql).await
}

fn said_by_account(fan: &Phone, words: &str) -> usize {
    fan.chat().iter().filter(|item| item.side == Side::Account && item.text.as_deref() == Some(words)).count()
}

async fn hears(fan: &Phone, words: &str) -> bool {
    fan.wait_for(SOON, |item| item.side == Side::Account && item.text.as_deref() == Some(words)).await.is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_the_team_see_each_others_answers_at_once_also_on_another_node() {
    let world = World::new().await;
    let (ming, hong) = (hire(&world, "ming", "owner").await, hire(&world, "hong", "manager").await);
    // SQLite is one machine's, and so one node's.
    let second = world.place.is_postgres().then(|| world.place.start_node());
    let here = Colleague::at(&world.node, ming, "ming").await;
    let there = Colleague::at(second.as_ref().unwrap_or(&world.node), hong, "hong").await;
    let (mut mings, mut hongs) = (here.listens().await, there.listens().await);
    let fan = world.fan().await;

    assert!(fan.text("还有龙井吗").await.accepted());
    mings.hears("\"kind\":\"message\"").await;
    hongs.hears("\"kind\":\"message\"").await;
    let id = chat(&world, &fan).await;
    there.sees(id, "还有龙井吗").await;

    assert_eq!(there.post(&format!("/admin/inbox/{id}/typing")).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    mings.hears(&format!("\"kind\":\"typing\",\"payload\":\"{}:hong\"", there.id)).await;
    until("the phone shows that somebody types", SOON, async || fan.sees_typing()).await;

    assert_eq!(here.say(id, "有的，今年新茶", "f1").await.status(), StatusCode::OK);
    hongs.hears("\"kind\":\"outgoing\"").await;
    assert!(hears(&fan, "有的，今年新茶").await);
    there.sees(id, "chat-state is-sent").await;
    there.sees(id, "ming took the conversation").await;
    assert!(there.page(&format!("/admin/inbox/{id}")).await.contains("7 replies left"));
}

#[tokio::test]
async fn a_form_that_arrives_three_times_is_sent_once() {
    let world = World::new().await;
    let ming = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let fan = world.fan().await;
    fan.text("在吗").await;
    let id = chat(&world, &fan).await;
    let (a, b, c) =
        tokio::join!(ming.say(id, "在的", "same"), ming.say(id, "在的", "same"), ming.say(id, "在的", "same"));
    assert_eq!([a.status(), b.status(), c.status()], [StatusCode::OK; 3]);
    assert!(hears(&fan, "在的").await);
    assert_eq!(ming.say(id, "在的", "same").await.status(), StatusCode::OK);
    until("it is noted", SOON, async || {
        world.count("SELECT COUNT(*) AS n FROM outgoing WHERE state = 'sent'").await == 1
    })
    .await;
    assert_eq!((said_by_account(&fan, "在的"), world.count("SELECT COUNT(*) AS n FROM outgoing").await), (1, 1));
}

#[tokio::test]
async fn a_node_that_dies_while_it_sends_leaves_the_decision_to_a_person() {
    let mut world = World::new().await;
    let id = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, id, "ming").await;
    let fan = world.fan().await;
    fan.text("在吗").await;
    let chat = chat(&world, &fan).await;
    world.wechat.faults().update(|faults| faults.api_slow_ms = 3_000);
    ming.say(chat, "在的", "f").await;
    until("it is being sent", SOON, async || {
        world.count("SELECT COUNT(*) AS n FROM jobs WHERE kind = 'inbox_send' AND state = 'sending'").await == 1
    })
    .await;
    world.restart_node().await;
    world.wechat.faults().update(|faults| faults.api_slow_ms = 0);
    // The dead process's lease is over.
    world.db.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'inbox_send'", []).await.unwrap();
    world.until_count("SELECT COUNT(*) AS n FROM outgoing WHERE state = 'unknown'", 1).await;
    let heard = said_by_account(&fan, "在的");
    assert!(heard <= 1);

    let ming = Colleague::at(&world.node, id, "ming").await;
    ming.sees(chat, "Perhaps sent").await;
    let message = world.count("SELECT id AS n FROM outgoing").await;
    let again = ming.post(&format!("/admin/inbox/{chat}/retry/{message}")).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NO_CONTENT);
    world.until_count("SELECT COUNT(*) AS n FROM outgoing WHERE state = 'sent'", 1).await;
    assert_eq!(said_by_account(&fan, "在的"), heard + 1);
}

#[tokio::test]
async fn a_closed_window_is_said_before_and_at_the_last_moment() {
    let world = World::new().await;
    let ming = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let fan = world.fan().await;
    fan.text("在吗").await;
    let id = chat(&world, &fan).await;
    // WeChat's clock is ahead of ours: for it the 48 hours are over.
    world.wechat.clock().advance(Duration::from_secs(49 * 3600));
    assert_eq!(ming.say(id, "在的", "f").await.status(), StatusCode::OK);
    ming.sees(id, "Too late: they have not been in touch for 48 hours").await;
    ming.sees(id, "code 45015").await;
    world.wechat.clock().shift_seconds(-49 * 3600);

    world.db.execute("UPDATE chats SET said_at = said_at - 172800000, acted_at = 0", []).await.unwrap();
    let refused = ming.say(id, "在的", "g").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("The time to reply is over"));
    let page = ming.page(&format!("/admin/inbox/{id}")).await;
    assert!(page.contains("data-window=\"closed\"") && page.contains("What you can do"));
    fan.text("还在").await;
    ming.sees(id, "data-window=\"open\"").await;
}

#[tokio::test]
async fn pictures_voices_and_films_are_kept_and_given_as_what_they_are() {
    let world = World::new().await;
    let ming = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let fan = world.fan().await;
    for exchange in [fan.image().await, fan.voice().await, fan.video().await] {
        assert!(exchange.accepted());
    }
    let id = chat(&world, &fan).await;
    world.until_count("SELECT COUNT(*) AS n FROM inbox_media WHERE part = 'main' AND state = 'kept'", 3).await;
    for (kind, mime, disposition) in
        [("image", "image/png", "inline"), ("voice", "audio/amr", "attachment"), ("video", "video/mp4", "inline")]
    {
        let message = world.count(&format!("SELECT id AS n FROM messages WHERE kind = '{kind}'")).await;
        let path = format!("/admin/inbox/{id}/media/{message}/main");
        ming.sees(id, &path).await;
        let file = ming.get(&path).send().await.unwrap();
        let header = |name: &str| file.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((file.status(), header("content-type").as_str()), (StatusCode::OK, mime));
        assert!(header("content-disposition").starts_with(disposition), "{kind}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("sandbox"));
        let whole = file.bytes().await.unwrap();
        let part = ming.get(&path).header("range", "bytes=2-5").send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.bytes().await.unwrap(), whole[2..6]);
    }
    // And a picture back.
    let message = world.count("SELECT id AS n FROM messages WHERE kind = 'image'").await;
    let picture = ming.get(&format!("/admin/inbox/{id}/media/{message}/main")).send().await.unwrap();
    let picture = reqwest::multipart::Part::bytes(picture.bytes().await.unwrap().to_vec()).file_name("x.html");
    let form = Form::new().text("form", "p").text("text", "请看").part("picture", picture);
    let sent = ming.post(&format!("/admin/inbox/{id}/reply")).multipart(form).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::OK);
    assert!(hears(&fan, "请看").await);
    let picture = fan.wait_for(SOON, |item| item.side == Side::Account && item.kind == Kind::Image).await;
    assert!(picture.is_some());
}

#[tokio::test]
async fn script_in_words_and_notes_is_shown_as_words() {
    let world = World::new().await;
    let ming = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let fan = world.fan().await;
    let script = "<script>alert(1)</script>";
    fan.act(text(script)).await;
    fan.link("<img src=x onerror=alert(2)>", "x", "javascript:alert(3)").await;
    let id = chat(&world, &fan).await;
    let name = "UPDATE followers SET nickname = '\"><svg onload=alert(4)>'";
    world.db.execute(name, []).await.unwrap();
    let note = ming.post(&format!("/admin/inbox/{id}/notes")).form(&[("text", script)]).send().await.unwrap();
    assert_eq!(note.status(), StatusCode::NO_CONTENT);
    ming.say(id, script, "f").await;
    ming.sees(id, "&#60;img src=x onerror=alert(2)&#62;").await;
    for path in [format!("/admin/inbox/{id}"), format!("/admin/inbox/{id}/parts"), "/admin/inbox/list".into()] {
        let page = ming.page(&path).await;
        for bad in ["<script>alert", "<img src=x", "<svg onload", "href=\"javascript:"] {
            assert!(!page.contains(bad), "{bad} in {path}");
        }
    }
}

#[tokio::test]
async fn forged_numbers_and_missing_permissions_get_nothing() {
    let world = World::new().await;
    let (ming, hong) = (hire(&world, "ming", "owner").await, hire(&world, "hong", "read_only").await);
    let gone = hire(&world, "gone", "customer_service").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let hong = Colleague::at(&world.node, hong, "hong").await;
    let (fan, other) = (world.fan().await, world.fan().await);
    fan.image().await;
    other.text("在吗").await;
    let (id, other) = (chat(&world, &fan).await, chat(&world, &other).await);
    world.until_count("SELECT COUNT(*) AS n FROM inbox_media WHERE state = 'kept'", 1).await;
    let message = world.count("SELECT id AS n FROM messages WHERE kind = 'image'").await;
    ming.say(id, "好", "f").await;
    let sent = world.count("SELECT id AS n FROM outgoing").await;
    for path in [
        "/admin/inbox/999999".to_owned(),
        "/admin/inbox/999999/parts".into(),
        format!("/admin/inbox/{other}/media/{message}/main"),
        format!("/admin/inbox/{id}/media/{message}/..%2f..%2fpuzi.key"),
        format!("/admin/inbox/{other}/sent/{sent}"),
    ] {
        assert_eq!(ming.get(&path).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
    let retry = ming.post(&format!("/admin/inbox/{other}/retry/{sent}")).send().await.unwrap();
    assert_eq!(retry.status(), StatusCode::NOT_FOUND);
    assert_eq!(ming.say(999_999, "x", "g").await.status(), StatusCode::NOT_FOUND);
    // Who was deleted answers nobody, though nobody has disabled them.
    world.db.execute(&format!("UPDATE staff SET deleted_at = 1 WHERE id = {gone}"), []).await.unwrap();
    let to = [("from", ming.id.to_string()), ("to", gone.to_string())];
    ming.post(&format!("/admin/inbox/{id}/assign")).form(&to).send().await.unwrap();
    assert_eq!(world.count(&format!("SELECT COUNT(*) AS n FROM chats WHERE assigned_id = {gone}")).await, 0);

    assert!(hong.page(&format!("/admin/inbox/{id}")).await.contains("Your role may read, not reply."));
    assert_eq!(hong.say(id, "x", "h").await.status(), StatusCode::FORBIDDEN);
    for action in ["notes", "assign", "done", "typing"] {
        let answer = hong.post(&format!("/admin/inbox/{id}/{action}")).form(&[("text", "x")]).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{action}");
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM outgoing").await, 1);
}

#[tokio::test]
async fn the_stream_ends_with_the_session() {
    let world = World::new().await;
    let ming = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let mut listener = ming.listens().await;
    assert!(ming.post("/admin/logout").send().await.unwrap().status().is_redirection());
    listener.hears("event: bye").await;
    listener.ends().await;
    let again = ming.get("/admin/inbox/events").header("accept", "application/json").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_survive_kills_and_count_each_message_once() {
    let mut world = World::new().await;
    let fan = world.fan().await;
    for round in 0..3 {
        let said = (0..10).map(|n| fan.text(format!("第 {round}-{n} 句")));
        futures_util::stream::iter(said).buffered(5).collect::<Vec<_>>().await;
        world.restart_node().await;
        world.until_ready().await;
    }
    let stored = "SELECT COUNT(*) AS n FROM messages WHERE kind = 'text'";
    let stored = world.count(stored).await;
    world.until_count("SELECT COALESCE(MAX(unread), 0) AS n FROM chats", stored).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.count("SELECT unread AS n FROM chats").await, stored);
}

#[tokio::test]
async fn the_list_is_searched_and_narrowed() {
    let world = World::new().await;
    let ming = hire(&world, "ming", "owner").await;
    let ming = Colleague::at(&world.node, ming, "ming").await;
    let (one, two) = (world.fan().await, world.fan().await);
    one.text("有没有 100% 的普洱").await;
    two.text("几点关门").await;
    let (one_id, two_id) = (chat(&world, &one).await, chat(&world, &two).await);
    let keep = |name| puzi_shop::followers::keep_profile(&world.db, world.account.id, one.openid(), name, 1);
    keep(Some("Old_Zhou")).await.unwrap();
    let rows = [format!("id=\"row-{one_id}\""), format!("id=\"row-{two_id}\"")];
    let found = async |query: &str| {
        let list = ming.page(&format!("/admin/inbox/list?{query}")).await;
        rows.iter().map(|row| list.contains(row)).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, [true, true]);
    assert_eq!(found("q=old_z").await, [true, false]);
    assert_eq!(found("q=100%25").await, [true, false]);
    assert_eq!(found("q=%25").await, [true, false], "a sign is a sign, not a pattern");
    assert_eq!(found(&format!("q={}", two.openid())).await, [false, true]);
    assert_eq!(found("q=%E5%85%B3%E9%97%A8&view=unread").await, [false, true]);

    ming.say(one_id, "有的", "f").await;
    assert_eq!(found("view=unread").await, [false, true]);
    assert_eq!(found("view=mine").await, [true, false]);
    assert_eq!(found("view=unassigned").await, [false, true]);
    until("nobody waits for what was answered", SOON, async || found("view=waiting").await == [false, true]).await;
    assert_eq!(found("from=nonsense&account=x&view=y").await, [true, true]);

    // With a second account: the one chosen, whatever an address says; of all of them the one that is asked for.
    let accounts = puzi_shop::accounts::Accounts::new(world.db.clone(), world.vault.clone());
    let other =
        accounts.add(new_account("wx00000000000000b2", "other", Mode::Encrypted, &world.wechat)).await.unwrap().id;
    let choose = async |account: &str| {
        let chosen = ming.post("/admin/account").form(&[("account", account), ("back", "/admin/inbox")]);
        assert_eq!(chosen.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    };
    until("the other account is there", SOON, async || {
        ming.page("/admin/inbox").await.contains(&format!("name=\"account\" value=\"{other}\""))
    })
    .await;
    choose(&other.to_string()).await;
    assert_eq!(found("").await, [false, false]);
    assert_eq!(found(&format!("account={}", world.account.id)).await, [false, false]);
    assert!(!ming.page("/admin/inbox").await.contains("badge-count"), "nobody is unread there");
    choose("all").await;
    assert_eq!(found("").await, [true, true]);
    assert_eq!(found(&format!("account={other}")).await, [false, false]);
    assert_eq!(found(&format!("account={}", world.account.id)).await, [true, true]);
}

/// Only PostgreSQL draws numbers before it commits.
#[tokio::test]
async fn a_message_that_commits_behind_later_ones_is_not_lost() {
    let world = World::new().await;
    if !world.place.is_postgres() {
        println!("does not apply: SQLite draws numbers in the order of its commits");
        return;
    }
    let fan = world.fan().await;
    let late = world.db.begin_write().await.unwrap();
    let sql = format!(
        "INSERT INTO messages (account_id, openid, inbound, kind, summary, payload, sent_at, received_at, answer_state, \
         answered_at, lease_until) VALUES ({}, '{}', TRUE, 'text', 'late', '', {now}, {now}, 'answered', 0, 0)",
        world.account.id,
        fan.openid(),
        now = puzi_shop::db::now_ms(),
    );
    late.execute_unprepared(&sql).await.unwrap();
    fan.text("先到").await;
    let id = chat(&world, &fan).await;
    let unread = format!("SELECT unread AS n FROM chats WHERE id = {id}");
    world.until_count(&unread, 1).await;
    late.commit().await.unwrap();
    world.until_count(&unread, 2).await;
    world.until_count("SELECT COUNT(*) AS n FROM inbox_gaps", 0).await;
}
