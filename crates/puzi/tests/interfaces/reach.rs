//! Staff who see some accounts: nothing of another one is there for them. Each address of the admin and the API is asked
//! for with the other account's numbers, and must answer as for numbers that nobody has; each list must be silent of it.

use std::{collections::BTreeMap, time::Duration};

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    replies::{Answer, Guard, store},
    staff::{MemberEdit, NewToken, Staff},
};
use puzi_wechat::{Secret, envelope::Mode};
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::common::{Browser, World, keyword, new_account, until};

/// The number of the other account, and of each of its records.
const THEIRS: i64 = 7777;
/// A number that nothing has.
const NOBODYS: i64 = 8888;
/// What each text of the other account says, and a word to search for it by.
const MARK: &str = "ONLYINB xyzzy";
const WORD: &str = "xyzzy";

/// What belongs to no account, by resource.
const SHARED: [&str; 4] = ["staff", "roles", "tokens", "phrases"];

/// Tables of the other account, those first that others lead to.
const TABLES: [&str; 21] = [
    "followers",
    "chats",
    "messages",
    "outgoing",
    "tags",
    "agents",
    "jobs",
    "audit_log",
    "ecommerces",
    "webhooks",
    "deliveries",
    "runs",
    "channel_folders",
    "channels",
    "materials",
    "drafts",
    "broadcasts",
    "notice_templates",
    "notices",
    "calls",
    "quota_clearings",
];

/// What a column takes that does not take every text or number; empty: null.
const WORDS: [(&str, &str, &str); 60] = [
    // Nothing of it is due, and nothing so old that it is taken away.
    ("deliveries", "created_at", "4102444800000"),
    ("runs", "ended_at", "4102444800000"),
    ("runs", "created_at", "4102444800000"),
    ("calls", "at", "4102444800000"),
    ("chats", "status", "'open'"),
    ("chats", "answered_by", "NULL"),
    ("messages", "answer_state", "'answered'"),
    ("outgoing", "state", "'failed'"),
    ("outgoing", "kind", "'text'"),
    ("outgoing", "allowance", "'said'"),
    ("outgoing", "staff_id", "NULL"),
    ("jobs", "state", "'dead'"),
    ("audit_log", "actor_kind", "'system'"),
    ("webhooks", "state", "'paused'"),
    ("webhooks", "previous_secret", "NULL"),
    ("webhooks", "previous_until", "NULL"),
    ("webhooks", "events", "'[]'"),
    ("webhooks", "url", "'https://example.com/xyzzy'"),
    ("deliveries", "state", "'failed'"),
    ("deliveries", "payload", "'{}'"),
    ("deliveries", "next_at", "NULL"),
    ("deliveries", "lease_until", "NULL"),
    ("runs", "kind", "'mark'"),
    ("runs", "state", "'failed'"),
    ("runs", "ask", "'{}'"),
    ("runs", "place", "'{}'"),
    ("runs", "wake_at", "0"),
    ("quota_clearings", "state", "'done'"),
    ("followers", "picture", "NULL"),
    ("chats", "assigned_id", "NULL"),
    ("followers", "booked_day", "NULL"),
    ("notice_templates", "way", "'template'"),
    ("notice_templates", "words", "'[]'"),
    ("notices", "way", "'template'"),
    ("notices", "data", "'{}'"),
    ("notices", "purpose", "'test'"),
    ("notices", "state", "'failed'"),
    ("notices", "miniprogram", "NULL"),
    ("channels", "state", "'live'"),
    ("channels", "scene_kind", "'text'"),
    ("broadcasts", "kind", "'text'"),
    ("broadcasts", "content", r#"'{"kind":"text","text":"xyzzy"}'"#),
    ("broadcasts", "audience", "'all'"),
    ("broadcasts", "whom", r#"'{"to":"all"}'"#),
    ("broadcasts", "state", "'draft'"),
    ("broadcasts", "hands", "'[]'"),
    ("broadcasts", "draft_id", "NULL"),
    ("broadcasts", "speed", "NULL"),
    ("broadcasts", "finished_at", "NULL"),
    ("materials", "kind", "'image'"),
    ("materials", "state", "'ready'"),
    ("materials", "passing_id", "NULL"),
    ("materials", "expires_at", "NULL"),
    ("drafts", "state", "'editing'"),
    ("drafts", "articles", r#"'[{"title":"ONLYINB xyzzy","content":"xyzzy"}]'"#),
    ("drafts", "urls", "'[]'"),
    ("drafts", "refused", "'[]'"),
    ("drafts", "resolved", "NULL"),
    ("drafts", "media_id", "NULL"),
    ("drafts", "publish_id", "NULL"),
];

/// Addresses that end the session, never end, or belong to nobody's account.
const APART: [&str; 11] = [
    "/admin/login",
    "/admin/logout",
    "/admin/see-as",
    "/admin/preferences",
    "/admin/me",
    "/admin/setup",
    "/admin/inbox/events",
    "/admin/assets",
    "/admin/generator",
    "/api/v1/docs",
    "/api/v1/openapi",
];

struct Reached {
    world: World,
    staff: Staff,
    owner: Browser,
    clerk: Browser,
    clerk_id: i64,
    token: Secret<String>,
    client: Client,
}

impl Reached {
    /// A shop with two accounts, and a manager who sees the first.
    async fn new() -> Self {
        let world = World::new().await;
        let other = world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat)).await;
        let other = other.unwrap();
        let sql = "UPDATE accounts SET id = $1, name = $2, contact_name = $2, slug = $3 WHERE id = $4";
        let values = [THEIRS.into(), MARK.into(), "onlyinb".into(), other.id.into()];
        world.db.execute(sql, values).await.unwrap();
        let guard = Guard::allowing(["127.0.0.1"]).unwrap();
        let rule =
            store::create(&world.db, &world.vault, &guard, THEIRS, keyword(MARK, Answer::text(MARK))).await.unwrap();
        let values = [THEIRS.into(), rule.id.into()];
        world.db.execute("UPDATE reply_rules SET id = $1 WHERE id = $2", values).await.unwrap();
        for table in TABLES {
            world.db.execute(&insert(&world, table).await, []).await.unwrap_or_else(|error| panic!("{table}: {error}"));
        }
        world.node_catches_up().await;
        let staff = Staff::new(world.db.clone(), world.vault.clone());
        let owner = Browser::signed_in(&world, "owner").await;
        assert_eq!(owner.post("/admin/account", &[("account", "all")]).await.status, 303);
        let clerk = Browser::signed_in_within(&world, "manager", Reach::of([world.account.id])).await;
        let members = staff.list().await.unwrap();
        let clerk_id = members.iter().find(|member| member.role == "manager").unwrap().id;
        let new = NewToken { name: "reach".into(), scopes: vec!["*".into()], expires_at: None };
        let (_, token) = staff.create_token_for(&Actor::cli("test"), clerk_id, new).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { world, staff, owner, clerk, clerk_id, token, client }
    }

    fn routes(&self) -> Vec<(Method, String)> {
        let faces = puzi_web::faces(&self.world.db, &self.staff, puzi_web::declared(&self.staff));
        let table = puzi_web::route_table(&faces).into_iter();
        table
            .map(|(method, path, _)| (method, path))
            .filter(|(_, path)| !APART.iter().any(|it| path.starts_with(it)))
            .collect()
    }

    /// The request of the one who sees less.
    fn ask(&self, method: &Method, path: &str, csrf: &str) -> RequestBuilder {
        let theirs = THEIRS.to_string();
        if path.starts_with("/api/") {
            let url = format!("{}{path}", self.world.node.url);
            let request = self.client.request(method.clone(), url).bearer_auth(self.token.expose());
            let body = json!({"account_id": THEIRS, "account": THEIRS, "version": 1});
            return if *method == Method::GET { request } else { request.json(&body) };
        }
        let request = self.clerk.request(method.clone(), path);
        let fields = [
            ("_csrf", csrf),
            ("account", &theirs),
            ("account_id", &theirs),
            ("ids", &theirs),
            ("confirmed", "1"),
            // As far as a form gets that is filled in.
            ("text", "x"),
            ("remark", "x"),
            ("name", "x"),
            ("title", "x"),
            ("form", "reach"),
            ("seen", "1"),
            ("version", "1"),
            ("_version", "1"),
            ("tag", &theirs),
            ("tag_id", &theirs),
            ("what", "tag"),
        ];
        if *method == Method::GET { request } else { request.form(&fields) }
    }

    /// Status and body.
    async fn answer(&self, request: RequestBuilder, what: &str) -> (u16, String) {
        let answer = tokio::time::timeout(Duration::from_secs(20), request.send()).await;
        let answer = answer.unwrap_or_else(|_| panic!("{what}: no answer")).unwrap();
        let status = answer.status().as_u16();
        let body = tokio::time::timeout(Duration::from_secs(20), answer.bytes()).await;
        let body = body.unwrap_or_else(|_| panic!("{what}: no end")).unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// The other account and its records, as they stand in the tables.
    async fn theirs(&self) -> BTreeMap<&'static str, String> {
        let mut all = BTreeMap::new();
        for table in ["accounts", "reply_rules"].into_iter().chain(TABLES) {
            let columns = columns(&self.world, table).await;
            let texts = columns.iter().filter(|column| !column.kind.contains("blob") && !column.kind.contains("bytea"));
            let texts: Vec<_> =
                texts.map(|column| format!("COALESCE(CAST(\"{}\" AS TEXT), '-')", column.name)).collect();
            let there = self.world.count(&format!("SELECT COUNT(*) AS n FROM {table} WHERE id = {THEIRS}")).await;
            assert_eq!(there, 1, "{table}");
            let sql = format!("SELECT {} AS n FROM {table} WHERE id = {THEIRS}", texts.join(" || '|' || "));
            all.insert(table, self.world.value(&sql, []).await);
        }
        all
    }
}

struct Column {
    name: String,
    kind: String,
}

async fn columns(world: &World, table: &str) -> Vec<Column> {
    let sql = if world.place.is_postgres() {
        format!(
            "SELECT column_name AS name, data_type AS kind FROM information_schema.columns WHERE table_name = '{table}'"
        )
    } else {
        format!("SELECT name, lower(type) AS kind FROM pragma_table_info('{table}')")
    };
    let on = world.db.read();
    let rows = on.query_all_raw(Statement::from_string(on.get_database_backend(), sql)).await.unwrap();
    let column = |row: &sea_orm::QueryResult| Column {
        name: row.try_get("", "name").unwrap(),
        kind: row.try_get("", "kind").unwrap(),
    };
    rows.iter().map(column).collect()
}

/// A record of the other account: each number is its own, each text the mark.
async fn insert(world: &World, table: &str) -> String {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for Column { name, kind } in columns(world, table).await {
        let own = WORDS.iter().find(|(of, column, _)| (*of, *column) == (table, name.as_str()));
        let value = match (own, kind.as_str()) {
            (Some((.., word)), _) => (*word).to_owned(),
            _ if name == "deleted_at" => "NULL".to_owned(),
            (_, kind) if kind.contains("bool") => "FALSE".to_owned(),
            (_, kind) if kind.contains("int") => THEIRS.to_string(),
            (_, kind) if kind.contains("blob") => "X'7777'".to_owned(),
            (_, kind) if kind.contains("bytea") => "'\\x7777'".to_owned(),
            _ => format!("'{MARK}'"),
        };
        names.push(format!("\"{name}\""));
        values.push(value);
    }
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

fn fill(path: &str, id: i64) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        filled.push_str(before);
        filled.push_str(&id.to_string());
        rest = after;
    }
    filled + rest
}

#[tokio::test]
async fn nothing_of_another_account_is_there() {
    let shop = Reached::new().await;
    every_resource_has_its_accounts(&shop);
    whoever_sees_all_finds_it(&shop).await;
    each_address_answers_as_for_nobodys_number(&shop).await;
    each_list_is_silent(&shop).await;
    nothing_is_put_there(&shop).await;
}

fn every_resource_has_its_accounts(shop: &Reached) {
    for face in puzi_web::declared(&shop.staff) {
        let r = face.resource();
        assert_eq!(
            r.partition.is_none(),
            SHARED.contains(&r.name),
            "{}: which account does a record belong to?",
            r.name
        );
    }
}

/// Else the rest proves nothing.
async fn whoever_sees_all_finds_it(shop: &Reached) {
    for face in puzi_web::declared(&shop.staff) {
        let r = face.resource();
        if r.partition.is_some() && !face.is_only_in_api() {
            let page = shop.owner.page(&format!("/admin/{}", r.name)).await;
            assert!(page.contains(&THEIRS.to_string()) || page.contains("ONLYINB"), "{}: {page}", r.name);
        }
    }
    assert!(shop.owner.page(&format!("/admin/inbox/{THEIRS}")).await.contains("ONLYINB"));
}

async fn each_address_answers_as_for_nobodys_number(shop: &Reached) {
    let before = shop.theirs().await;
    let csrf = shop.clerk.csrf().await;
    let mut asked = 0;
    for (method, path) in shop.routes().iter().filter(|(_, path)| path.contains('{')) {
        let theirs = shop.answer(shop.ask(method, &fill(path, THEIRS), &csrf), path).await;
        let nobodys = shop.answer(shop.ask(method, &fill(path, NOBODYS), &csrf), path).await;
        assert_eq!(theirs.0, nobodys.0, "{method} {path} tells that it is there: {}", theirs.1);
        assert!(!theirs.1.contains("ONLYINB"), "{method} {path}: {}", theirs.1);
        let is_record = path.contains("{id}") || path.contains("{chat}");
        // A form that is refused before anybody looks for the record leads back, for both alike.
        assert!(!is_record || theirs.0 >= 300, "{method} {path}: {}", theirs.0);
        asked += 1;
    }
    assert!(asked > 100, "{asked}");
    is_as_before(shop, &before).await;
}

async fn each_list_is_silent(shop: &Reached) {
    let csrf = shop.clerk.csrf().await;
    for (method, path) in shop.routes().iter().filter(|(method, path)| !path.contains('{') && *method == Method::GET) {
        let queries =
            [String::new(), format!("?q={WORD}"), format!("?f.account_id={THEIRS}"), format!("?account={THEIRS}")];
        for query in queries {
            let path = format!("{path}{query}");
            let (status, body) = shop.answer(shop.ask(method, &path, &csrf), &path).await;
            assert!(!body.contains("ONLYINB"), "{path}: {status} {body}");
            assert!(status < 500, "{path}: {status} {body}");
        }
    }
    // Files, and choices as one types.
    for face in puzi_web::declared(&shop.staff) {
        let r = face.resource();
        for field in &r.fields {
            if !face.is_only_in_api() {
                let path = format!("/admin/{}/options/{}?q=", r.name, field.name);
                let (_, body) = shop.answer(shop.ask(&Method::GET, &path, &csrf), &path).await;
                assert!(!body.contains("ONLYINB"), "{path}: {body}");
            }
        }
    }
}

async fn nothing_is_put_there(shop: &Reached) {
    let before = shop.theirs().await;
    let csrf = shop.clerk.csrf().await;
    let theirs = THEIRS.to_string();
    assert_eq!(shop.clerk.post("/admin/account", &[("account", &theirs)]).await.status, 404);
    let made = shop.clerk.post("/admin/ecommerces", &[("title", "mine"), ("account_id", &theirs)]).await;
    assert_eq!(made.status, 422, "{}", made.body);
    let body = json!({"title": "mine", "account_id": THEIRS});
    let request =
        shop.client.post(format!("{}/api/v1/ecommerces", shop.world.node.url)).bearer_auth(shop.token.expose());
    let (status, body) = shop.answer(request.json(&body), "api").await;
    assert!(status == 422 && body.contains("account_id"), "{status} {body}");
    // One foreign number, and nothing of the whole is done.
    let mine = json!({"title": "mine", "account_id": shop.world.account.id});
    let request =
        shop.client.post(format!("{}/api/v1/ecommerces", shop.world.node.url)).bearer_auth(shop.token.expose());
    let (status, body) = shop.answer(request.json(&mine), "api").await;
    assert_eq!(status, 201, "{body}");
    let id = serde_json::from_str::<serde_json::Value>(&body).unwrap()["id"].to_string();
    let ids = [("action", "delete"), ("ids", id.as_str()), ("ids", theirs.as_str()), ("confirmed", "1")];
    assert_eq!(shop.clerk.post("/admin/ecommerces/bulk", &ids).await.status, 404);
    assert_eq!(shop.world.count("SELECT COUNT(*) AS n FROM ecommerces").await, 2);
    // Nobody limited adds an account, which would lie outside of what they see.
    let fields = [
        ("name", "x"),
        ("appid", "wx00000000000000c3"),
        ("secret", "0123456789abcdef0123456789abcdef"),
        ("mode", "plain"),
    ];
    let added = shop.clerk.post("/admin/accounts/new", &fields).await.status;
    assert!(added >= 400, "{added}");
    assert_eq!(shop.world.count("SELECT COUNT(*) AS n FROM accounts").await, 2);
    // A form that says it was opened under the other account is of no account.
    let forged = format!("{}.{THEIRS}", csrf.split('.').next().unwrap());
    for path in ["/admin/rules/export", "/admin/rules/order"] {
        let page = shop.clerk.send_without_csrf(path, &[("_csrf", forged.as_str()), ("ids", theirs.as_str())]).await;
        assert!((400..500).contains(&page.status), "{path}: {}", page.status);
    }
    is_as_before(shop, &before).await;
}

async fn is_as_before(shop: &Reached, before: &BTreeMap<&'static str, String>) {
    for (table, now) in shop.theirs().await {
        assert_eq!(now, before[table], "{table} of the other account was changed");
    }
}

#[tokio::test]
async fn a_form_is_taken_for_the_account_it_was_opened_under() {
    let world = World::new().await;
    let second =
        world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat)).await.unwrap();
    world.node_catches_up().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let form = owner.page("/admin/rules/new").await;
    let csrf = crate::common::between(&form, "name=\"_csrf\" value=\"", "\"").to_owned();
    // In another window, another account is chosen.
    assert_eq!(owner.post("/admin/account", &[("account", &second.id.to_string())]).await.status, 303);
    let fields = [
        ("_csrf", csrf.as_str()),
        ("name", "late"),
        ("enabled", "1"),
        ("trigger.on", "keyword"),
        ("trigger.matching", "exact"),
        ("trigger.words", "late"),
        ("answer.kind", "text"),
        ("answer.content", "late"),
    ];
    let saved = owner.send_without_csrf("/admin/rules", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let sql =
        format!("SELECT COUNT(*) AS n FROM reply_rules WHERE name = 'late' AND account_id = {}", world.account.id);
    assert_eq!(world.count(&sql).await, 1);
}

#[tokio::test]
async fn a_stream_is_silent_of_another_account_and_narrows_while_it_is_open() {
    let shop = Reached::new().await;
    let own = shop.world.account.id;
    let tell = async |account: i64, payload: &str| {
        let sql = "INSERT INTO inbox_events (chat_id, kind, payload, at, account_id) VALUES ($1, 'typing', $2, $3, $4)";
        let values = [1_i64.into(), payload.into(), puzi_shop::db::now_ms().into(), account.into()];
        shop.world.db.execute(sql, values).await.unwrap();
    };
    let mut stream = shop.clerk.request(Method::GET, "/admin/inbox/events").send().await.unwrap();
    assert_eq!(stream.status().as_u16(), 200);
    let mut heard = String::new();
    let mut hear = async |words: &str, limit: Duration| {
        let listening = async {
            while !heard.contains(words) {
                match stream.chunk().await {
                    Ok(Some(chunk)) => heard.push_str(&String::from_utf8_lossy(&chunk)),
                    _ => std::future::pending().await,
                }
            }
        };
        let found = tokio::time::timeout(limit, listening).await.is_ok();
        (found, heard.clone())
    };
    assert!(hear("event: hello", Duration::from_secs(10)).await.0);
    tell(THEIRS, "1:ONLYINB").await;
    tell(own, "1:ours").await;
    let (found, said) = hear("ours", Duration::from_secs(10)).await;
    assert!(found && !said.contains("ONLYINB"), "{said}");
    let edit = MemberEdit { reach: Some(Reach::of([THEIRS])), ..MemberEdit::default() };
    shop.staff.edit(&Actor::system(), shop.clerk_id, None, edit).await.unwrap();
    // The stream asks every five seconds what its member sees; a request does at once.
    assert_eq!(shop.clerk.get(&format!("/admin/accounts/{own}")).await.status, 404);
    tokio::time::sleep(Duration::from_secs(6)).await;
    tell(own, "1:later").await;
    tell(THEIRS, "1:theirs").await;
    let (found, said) = hear("theirs", Duration::from_secs(10)).await;
    assert!(found && !said.contains("later"), "{said}");
    until("the inbox follows", Duration::from_secs(5), async || {
        shop.clerk.get(&format!("/admin/inbox/{THEIRS}")).await.status == 200
    })
    .await;
}

/// A shop with a second account, and a token of a manager who sees `reach`.
async fn with_a_second_account(reach: impl Fn(i64, i64) -> Reach) -> (World, Staff, i64, i64, Secret<String>) {
    let world = World::new().await;
    let other = world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat)).await;
    let other = other.unwrap().id;
    world.node_catches_up().await;
    drop(Browser::signed_in(&world, "owner").await);
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let member = make_member(&staff, "narrow", reach(world.account.id, other)).await;
    let token = NewToken { name: "t".into(), scopes: vec!["*".into()], expires_at: None };
    let (_, token) = staff.create_token_for(&Actor::cli("test"), member, token).await.unwrap();
    (world, staff, member, other, token)
}

async fn make_member(staff: &Staff, login: &str, reach: Reach) -> i64 {
    let new = puzi_shop::staff::NewMember {
        login: login.into(),
        name: login.into(),
        role: "manager".into(),
        locale: None,
        password: Secret::new("long enough for a test".to_owned()),
    };
    staff.create_within(&Actor::system(), new, reach).await.unwrap().id
}

#[tokio::test]
async fn of_the_accounts_of_a_colleague_those_are_told_that_one_sees() {
    let (world, staff, _, other, token) = with_a_second_account(|own, _| Reach::of([own])).await;
    let own = world.account.id;
    let both = make_member(&staff, "both", Reach::of([own, other])).await;
    let get = async |path: &str| {
        let request = Client::new().get(format!("{}{path}", world.node.url)).bearer_auth(token.expose());
        request.send().await.unwrap().text().await.unwrap()
    };
    for path in ["/api/v1/staff?columns=login,accounts".to_owned(), format!("/api/v1/staff/{both}")] {
        let told = get(&path).await;
        let of = |id: i64| format!("\"{id}\"");
        assert!(told.contains("\"both\"") && told.contains(&of(own)) && !told.contains(&of(other)), "{path}: {told}");
    }
    // What the reader does not see is still there.
    assert_eq!(staff.get(both).await.unwrap().reach, Reach::of([own, other]));
}

#[tokio::test]
async fn an_answer_that_was_kept_is_not_told_to_whoever_sees_other_accounts_by_now() {
    let (world, staff, member, other, token) = with_a_second_account(|own, other| Reach::of([own, other])).await;
    let body = json!({ "account_id": world.account.id, "title": "ONLYINA" });
    let create = async || {
        let request = Client::new().post(format!("{}/api/v1/ecommerces", world.node.url)).bearer_auth(token.expose());
        let answer = request.header("idempotency-key", "k-1").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, first) = create().await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(create().await, (201, first), "sent again it is answered alike");
    let edit = MemberEdit { reach: Some(Reach::of([other])), ..MemberEdit::default() };
    staff.edit(&Actor::system(), member, None, edit).await.unwrap();
    let (status, told) = create().await;
    assert!(status == 422 && !told.contains("ONLYINA"), "{status} {told}");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM ecommerces").await, 1);
}
