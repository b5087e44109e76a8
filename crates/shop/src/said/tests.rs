use std::time::Duration;

use sea_orm::{ConnectionTrait, Value};
use tokio::join;

use super::{build::step, *};
use crate::{
    accounts::Reach,
    conversations::follow::Step,
    db::{self, Db},
    test_database::TestDatabase,
};

const WORDS: [&str; 8] = ["绿茶", "红茶", "茶", "杯", "我要绿茶杯", "ab 12", "ＡＢＣ", "订单 88123499"];

async fn account(db: &Db, slug: &str) -> i64 {
    let sql = "INSERT INTO accounts (slug, name, appid, secret, contact_name, contact_phone, contact_email, mode, token, \
               aes_key, status, created_at, updated_at) \
               VALUES ($1, $1, $1, 's', '', '', '', 'plain', 't', 'k', 'active', 0, 0) RETURNING id";
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [slug.into()])).await.unwrap().unwrap();
    row.try_get("", "id").unwrap()
}

struct Said {
    id: i64,
    account: i64,
    inbound: bool,
    kind: &'static str,
    text: String,
}

async fn put(db: &Db, said: &[Said]) {
    const SQL: &str = "INSERT INTO messages (id, account_id, openid, inbound, kind, summary, payload, sent_at, \
                       received_at, answer_state, answered_at, lease_until) VALUES ";
    let tx = db.begin_write().await.unwrap();
    for some in said.chunks(100) {
        let mut sql = String::from(SQL);
        db::push_rows(&mut sql, some.len(), 12);
        let values = some.iter().flat_map(|one| {
            let payload = match one.inbound {
                true => format!(
                    "<xml><ToUserName>a</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>\
                     <MsgType>text</MsgType><Content>{}</Content><MsgId>1</MsgId></xml>",
                    one.text
                ),
                false => String::new(),
            };
            let summary: String = match one.text.chars().count() > 200 {
                true => one.text.chars().take(200).chain(['…']).collect(),
                false => one.text.clone(),
            };
            [
                Value::from(one.id),
                one.account.into(),
                format!("o{}", one.id % 7).into(),
                one.inbound.into(),
                one.kind.into(),
                summary.into(),
                payload.into(),
                (one.id * 1_000).into(),
                0.into(),
                "none".into(),
                0.into(),
                0.into(),
            ]
        });
        db::execute(&*tx, &sql, values).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A mix of texts with numbers from `from`, `gap` apart, of two accounts.
fn mix(from: i64, n: i64, gap: i64, accounts: [i64; 2]) -> Vec<Said> {
    (0..n)
        .map(|i| Said {
            id: from + i * gap,
            account: accounts[usize::from(i % 10 == 0)],
            inbound: i % 3 != 0,
            kind: if i % 5 == 4 { "voice" } else { "text" },
            text: format!("{}{}{}", WORDS[(i * 7 % 8) as usize], i % 97, WORDS[(i / 8 % 8) as usize]),
        })
        .collect()
}

async fn build(db: &Db) {
    while step(db, Source::Messages).await.unwrap() == Step::More {}
    // PostgreSQL waits once for whoever wrote when the horizon was noted.
    while step(db, Source::Messages).await.unwrap() == Step::More {}
}

/// Builds until `sql` gives `n`: PostgreSQL lets nothing be read before whoever wrote when the horizon was noted has ended,
/// those of other tests on the same server too.
async fn build_until(db: &Db, sql: &str, n: i64) {
    for _ in 0..1_000 {
        build(db).await;
        if number(db, sql).await == n {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{sql} gives {}, not {n}", number(db, sql).await);
}

fn naive(said: &[Said], account: i64, ask: &Ask) -> Vec<i64> {
    let words: Vec<String> = crate::replies::normalise(&ask.words).split_whitespace().map(str::to_owned).collect();
    let mut ids: Vec<i64> = (said.iter())
        .filter(|one| one.account == account && (ask.kinds.is_empty() || ask.kinds.contains(&one.kind.to_owned())))
        .filter(|one| ask.by.is_empty() || ask.by.contains(if one.inbound { &By::Follower } else { &By::Rule }))
        .filter(|one| ask.from.is_none_or(|from| one.id * 1_000 >= from))
        .filter(|one| ask.until.is_none_or(|until| one.id * 1_000 < until))
        .filter(|one| words.iter().all(|word| crate::replies::normalise(&one.text).contains(word.as_str())))
        .map(|one| one.id)
        .collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

/// All that is found, page by page.
async fn everything(db: &Db, account: i64, ask: &Ask, size: usize) -> Vec<i64> {
    let (mut ids, mut from) = (Vec::new(), None);
    loop {
        let page = search(db, &Reach::All, account, ask, from.as_deref(), size).await.unwrap();
        assert!(page.hits.len() <= size);
        ids.extend(page.hits.iter().map(|hit| hit.id));
        from = page.next;
        if from.is_none() {
            return ids;
        }
    }
}

fn asks() -> Vec<Ask> {
    let words = |words: &str| Ask { words: words.into(), ..Ask::default() };
    vec![
        words("绿茶"),
        words("茶"),
        words("绿茶 杯"),
        words("abc"),
        words("b"),
        words("123"),
        words("nothing"),
        words("红茶绿"),
        words(""),
        Ask { kinds: vec!["voice".into()], ..words("茶") },
        Ask { by: vec![By::Rule], ..words("绿茶") },
        Ask { by: vec![By::Follower, By::Staff], ..words("") },
        Ask { by: vec![By::Staff], ..words("茶") },
        Ask { from: Some(40_000_000), until: Some(90_000_000), ..words("茶") },
    ]
}

async fn check(db: &Db, said: &[Said], accounts: [i64; 2]) {
    for account in accounts {
        for ask in asks() {
            let wanted = naive(said, account, &ask);
            assert_eq!(everything(db, account, &ask, 100).await, wanted, "{ask:?}");
            if wanted.len() < 150 {
                assert_eq!(everything(db, account, &ask, 7).await, wanted, "{ask:?} by sevens");
            }
        }
    }
}

async fn number(db: &Db, sql: &str) -> i64 {
    db::one_number(db.read(), sql, []).await.unwrap()
}

#[tokio::test]
async fn the_index_finds_what_reading_everything_finds() {
    let world = TestDatabase::new().await;
    let db = &world.db;
    let accounts = [account(db, "a").await, account(db, "b").await];
    // Numbers up to 144,000: two large blocks, small ones, and a tail that is in none.
    let mut said = mix(1, 4_800, 30, accounts);
    put(db, &said).await;
    build_until(db, "SELECT COUNT(*) AS n FROM said_blocks WHERE size = 65536 AND state = 'live'", 4).await;
    assert!(number(db, "SELECT COUNT(*) AS n FROM said_blocks WHERE size = 1024 AND state = 'live'").await > 4);
    check(db, &said, accounts).await;

    // What comes now is found at once, and when its blocks are there, and when a large one has replaced them.
    let more = mix(144_000, 1_900, 30, accounts);
    put(db, &more[..100]).await;
    said.extend(more);
    check(db, &said[..4_900], accounts).await;
    put(db, &said[4_900..]).await;
    build_until(db, "SELECT COUNT(*) AS n FROM said_blocks WHERE size = 65536 AND state = 'live'", 6).await;
    assert!(number(db, "SELECT COUNT(*) AS n FROM said_blocks WHERE state = 'dying'").await > 0);
    check(db, &said, accounts).await;

    db.execute("UPDATE said_blocks SET changed_at = 0 WHERE state = 'dying'", []).await.unwrap();
    build_until(db, "SELECT COUNT(*) AS n FROM said_blocks WHERE state = 'dying'", 0).await;
    let orphans = "SELECT COUNT(*) AS n FROM said_words WHERE id / 4096 NOT IN (SELECT id FROM said_blocks)";
    assert_eq!(number(db, orphans).await, 0);
    check(db, &said, accounts).await;
}

#[tokio::test]
async fn two_nodes_build_one_index_and_a_dead_build_is_done_again() {
    let world = TestDatabase::new().await;
    let (db, other) = (&world.db, world.second_node().await);
    let accounts = [account(db, "a").await, account(db, "b").await];
    let said = mix(1, 4_600, 30, accounts);
    put(db, &said).await;
    // A node died in the middle of the first large block.
    let dead = "INSERT INTO said_blocks (account_id, source, base, size, texts, first_at, last_at, state, changed_at) \
                VALUES ($1, 1, 0, 65536, 0, 0, 0, 'building', $2) RETURNING id";
    let row = db::statement(db.read(), dead, [accounts[0].into(), 0.into()]);
    let dead: i64 = db.read().query_one_raw(row).await.unwrap().unwrap().try_get("", "id").unwrap();
    db.execute("INSERT INTO said_words (id, words) VALUES ($1, $2)", [(dead * 4_096).into(), vec![1u8].into()])
        .await
        .unwrap();

    for _ in 0..200 {
        let (one, two) = join!(step(db, Source::Messages), step(&other, Source::Messages));
        if one.unwrap() == Step::Rest && two.unwrap() == Step::Rest {
            break;
        }
    }
    let live = "SELECT COUNT(*) AS n FROM said_blocks WHERE size = 65536";
    build_until(db, live, 4).await;
    check(db, &said, accounts).await;
    assert_eq!(number(db, &format!("SELECT COUNT(*) AS n FROM said_words WHERE id / 4096 = {dead}")).await, 0);
    other.close().await.unwrap();
}

#[tokio::test]
async fn a_long_text_is_found_by_its_end_and_nobody_finds_another_account_s() {
    let world = TestDatabase::new().await;
    let db = &world.db;
    let accounts = [account(db, "a").await, account(db, "b").await];
    let text = format!("{}最后的绿茶", "长".repeat(300));
    put(db, &[Said { id: 5, account: accounts[0], inbound: true, kind: "text", text: text.clone() }]).await;
    let ask = Ask { words: "最后的绿茶".into(), ..Ask::default() };
    let found = search(db, &Reach::All, accounts[0], &ask, None, 10).await.unwrap();
    assert_eq!(found.hits.len(), 1);
    let hit = &found.hits[0];
    assert_eq!((hit.text.as_str(), &hit.text[hit.marks[0].clone()]), (text.as_str(), "最后的绿茶"));
    assert!(found.next.is_none());
    assert!(search(db, &Reach::All, accounts[1], &ask, None, 10).await.unwrap().hits.is_empty());
    let limited = search(db, &Reach::of([accounts[1]]), accounts[0], &ask, None, 10).await;
    assert!(matches!(limited, Err(crate::Error::NotFound)));
    assert_eq!(chats_saying(db, &Reach::All, "绿茶", 10).await.unwrap(), [(accounts[0], "o5".to_owned())]);
    assert!(chats_saying(db, &Reach::of([accounts[1]]), "绿茶", 10).await.unwrap().is_empty());
    let others: Vec<_> =
        mix(6, 1_100, 1, accounts).into_iter().map(|one| Said { text: "别的".into(), ..one }).collect();
    put(db, &others).await;
    // On PostgreSQL other tests' transactions on the same server hold it up.
    for _ in 0..500 {
        build(db).await;
        if number(db, "SELECT COUNT(*) AS n FROM said_blocks").await > 0 {
            let found = search(db, &Reach::All, accounts[0], &ask, None, 10).await.unwrap();
            assert_eq!(found.hits.len(), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no block was built");
}

#[tokio::test]
async fn the_index_is_read_by_primary_keys() {
    let world = TestDatabase::new().await;
    let db = &world.db;
    let (one_of, list) = source::one_of(db, &[1, 2, 3]);
    for sql in [
        format!("SELECT id, words FROM said_words WHERE id {one_of}"),
        format!("SELECT m.id FROM messages m WHERE m.kind NOT LIKE 'event:%' AND m.id {one_of}"),
    ] {
        let explain = if db.is_sqlite() { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let rows = db.read().query_all_raw(db::statement(db.read(), &format!("{explain} {sql}"), [list.clone()])).await;
        let column = if db.is_sqlite() { "detail" } else { "QUERY PLAN" };
        let plan: Vec<String> = rows.unwrap().iter().map(|row| row.try_get("", column).unwrap()).collect();
        let plan = plan.join("\n");
        let by_key = ["USING INTEGER PRIMARY KEY", "Index Scan using", "Bitmap Index Scan"];
        assert!(by_key.iter().any(|words| plan.contains(words)), "{plan}");
    }
}

#[tokio::test]
async fn a_place_that_is_none_is_refused() {
    let world = TestDatabase::new().await;
    let id = account(&world.db, "a").await;
    for from in ["x", "9:1", "1:", "1:2-"] {
        let asked = search(&world.db, &Reach::All, id, &Ask::default(), Some(from), 5).await;
        assert!(matches!(asked, Err(crate::Error::Invalid(_))), "{from}");
    }
}
