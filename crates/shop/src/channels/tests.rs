//! Scans on a database of their own: each counts once, whoever counts it and whenever the channel was made.

use std::{sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use sea_orm::ConnectionTrait;

use super::{entity::channel::Entity, *};
use crate::{conversations::reading, secrets::Vault, test_database::TestDatabase};

const DAY_MS: i64 = 86_400_000;

struct Shop {
    db: Db,
    channels: Channels,
    _database: TestDatabase,
}

impl Shop {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let db = database.db.clone();
        let vault = Arc::new(Vault::new(&[7; 32]).unwrap());
        // The account comes afterwards: it has no keys, and nothing here calls WeChat.
        let registry = Registry::load(db.clone(), vault, "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
        let sql = "INSERT INTO accounts (id, slug, name, appid, secret, contact_name, contact_phone, contact_email, mode, \
                   token, aes_key, status, version, rules_version, created_at, updated_at) \
                   VALUES (1, 'a', 'a', 'wx1', '', '', '', '', 'plain', '', '', 'active', 1, 1, 0, 0)";
        db.execute(sql, []).await.unwrap();
        let channels = Channels::new(&db, &registry);
        Self { db, channels, _database: database }
    }

    async fn channel(&self, id: i64, scene: &str, counted_to: Option<i64>) {
        const SQL: &str = "INSERT INTO channels (id, account_id, name, scene_kind, scene, state, counted_to, created_at, \
                           updated_at) VALUES ($1, 1, 'c', 'text', $2, 'live', $3, 0, 0)";
        self.db.execute(SQL, [id.into(), scene.into(), counted_to.into()]).await.unwrap();
    }

    /// `openid` is seen first at `at`.
    async fn follower(&self, openid: &str, at: i64) {
        const SQL: &str = "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, first_seen_at, \
                           last_seen_at) VALUES (1, $1, TRUE, $2, $3, $4)";
        self.db.execute(SQL, [openid.into(), at.into(), at.into(), at.into()]).await.unwrap();
    }

    async fn event(&self, openid: &str, kind: &str, key: &str, at: i64) {
        const SQL: &str = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                           received_at, answer_state, answered_at, lease_until) \
                           VALUES (1, $1, TRUE, $2, $3, $4, '', $5, $6, 'answered', 0, 0)";
        let dedup = rand::random::<[u8; 24]>().to_vec();
        let values = [openid.into(), kind.into(), dedup.into(), key.into(), at.into(), at.into()];
        self.db.execute(SQL, values).await.unwrap();
    }

    /// What the reader does with all that is there.
    async fn read(&self) {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let messages = reading::between(&self.db, 0, i64::MAX, follow::KINDS).await.unwrap();
        let tx = self.db.begin_write().await.unwrap();
        follow::take(&tx, &messages, &zone).await.unwrap();
        let sql = "INSERT INTO message_cursors (name, done_id, horizon_id, horizon_xid) VALUES ('channels', $1, 0, 0)";
        let last = messages.last().map_or(0, |message| message.id);
        db::execute(&*tx, sql, [last.into()]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn figures(&self, id: i64, days: i64) -> Vec<Sums> {
        let figures = self.channels.figures(&Reach::All, id, 0, days - 1).await.unwrap();
        figures.days.into_iter().map(|day| day.sums).collect()
    }
}

const SCAN: &str = "event:SCAN";
const FOLLOW: &str = "event:subscribe";

/// Two days of one scene: a newcomer who scans again and comes back after leaving, somebody known, and noise.
async fn two_days(shop: &Shop) {
    shop.follower("new", 1_000).await;
    shop.follower("old", -DAY_MS).await;
    shop.event("new", FOLLOW, "qrscene_fair", 1_000).await;
    shop.event("new", SCAN, "fair", 2_000).await;
    shop.event("old", SCAN, "fair", 3_000).await;
    shop.event("old", SCAN, "qrscene_fair", 3_500).await;
    shop.event("old", "event:CLICK", "fair", 4_000).await;
    shop.event("old", FOLLOW, "", 5_000).await;
    shop.event("new", FOLLOW, "qrscene_fair", DAY_MS + 1_000).await;
}

fn as_counted() -> Vec<Sums> {
    vec![
        Sums { scans: 3, follows: 1, fresh: 1, again: 0, people: 2 },
        Sums { scans: 1, follows: 1, fresh: 0, again: 1, people: 1 },
    ]
}

#[tokio::test]
async fn who_comes_back_is_not_new_and_nobody_counts_twice_a_day() {
    let shop = Shop::new().await;
    shop.channel(1, "fair", None).await;
    two_days(&shop).await;
    shop.read().await;
    assert_eq!(shop.figures(1, 2).await, as_counted());
    let latest = shop.channels.latest(&Reach::All, 1, 10).await.unwrap();
    let people: Vec<_> = latest.iter().map(|person| (person.openid.as_str(), person.scans)).collect();
    assert_eq!(people, [("new", 3), ("old", 1)]);
    let of_account = shop.channels.of_account(&Reach::All, 1, 0, 1).await.unwrap();
    assert_eq!(of_account.into_iter().map(|day| day.sums).collect::<Vec<_>>(), as_counted());
    assert_eq!(lately(shop.db.read(), &[1, 9], 0).await.unwrap()[&1], (4, 2));
}

#[tokio::test]
async fn a_scan_that_comes_late_counts_on_its_own_day() {
    let shop = Shop::new().await;
    shop.channel(1, "fair", None).await;
    shop.follower("fan", 1_000).await;
    shop.event("fan", FOLLOW, "qrscene_fair", 1_000).await;
    shop.event("fan", SCAN, "fair", DAY_MS + 5_000).await;
    // Made on the first day, delivered after one of the second.
    shop.event("fan", SCAN, "fair", 9_000).await;
    shop.read().await;
    let expected = [
        Sums { scans: 2, follows: 1, fresh: 1, again: 0, people: 1 },
        Sums { scans: 1, follows: 0, fresh: 0, again: 0, people: 1 },
    ];
    assert_eq!(shop.figures(1, 2).await, expected);
    let latest = shop.channels.latest(&Reach::All, 1, 10).await.unwrap();
    assert_eq!((latest.len(), latest[0].scans, latest[0].last_at), (1, 3, DAY_MS + 5_000));
}

#[tokio::test]
async fn a_scene_that_was_scanned_before_is_counted_from_the_beginning() {
    let shop = Shop::new().await;
    two_days(&shop).await;
    shop.channel(1, "fair", Some(0)).await;
    // What is not counted yet the reader leaves alone.
    shop.read().await;
    assert!(shop.figures(1, 2).await.iter().all(|sums| *sums == Sums::default()));
    while shop.channels.span(1).await.unwrap() {}
    assert_eq!(shop.figures(1, 2).await, as_counted());
    let channel = Entity::find_by_id(1).one(shop.db.read()).await.unwrap().unwrap();
    assert_eq!(channel.counted_to, None, "from here the reader counts");
    assert!(!shop.channels.span(1).await.unwrap());
}

#[tokio::test]
async fn a_scene_is_taken_for_good_and_reads_alike_as_number_and_text() {
    let shop = Shop::new().await;
    let new =
        |scene: &str| NewChannel { account_id: 1, name: "c".into(), scene: scene.into(), ..NewChannel::default() };
    shop.channel(1, "7", None).await;
    shop.db.execute("UPDATE channels SET deleted_at = 1", []).await.unwrap();
    let tx = shop.db.begin_write().await.unwrap();
    for (given, field) in [
        (new("7"), "scene"),
        (new("agent-hong"), "scene"),
        (NewChannel { ttl_days: Some(31), ..new("") }, "ttl_days"),
        (NewChannel { ttl_days: Some(0), ..new("") }, "ttl_days"),
        (NewChannel { folder_id: Some(9), ..new("") }, "folder_id"),
        (NewChannel { name: " ".into(), ..new("") }, "name"),
    ] {
        match ready(&*tx, &given).await {
            Err(Error::Invalid(problems)) => assert_eq!(problems[0].field, field, "{given:?}"),
            other => panic!("{given:?}: {other:?}"),
        }
    }
    let made = ready(&*tx, &new("")).await.unwrap();
    assert!(made.kind == SceneKind::Text && made.ttl_days == Some(MOST_DAYS), "{made:?}");
    let lasting = ready(&*tx, &NewChannel { lasting: true, ..new("8") }).await.unwrap();
    assert!(lasting.kind == SceneKind::Number && lasting.ttl_days.is_none(), "{lasting:?}");
}

#[tokio::test]
async fn nothing_of_an_account_out_of_reach_is_told() {
    let shop = Shop::new().await;
    shop.channel(1, "fair", None).await;
    let reach = Reach::of([2]);
    assert!(matches!(shop.channels.get(&reach, 1).await, Err(Error::NotFound)));
    assert!(matches!(shop.channels.figures(&reach, 1, 0, 1).await, Err(Error::NotFound)));
    assert!(matches!(shop.channels.latest(&reach, 1, 1).await, Err(Error::NotFound)));
    assert!(matches!(shop.channels.picture(&reach, 1, None).await, Err(Error::NotFound)));
    assert!(matches!(shop.channels.of_account(&reach, 1, 0, 1).await, Err(Error::NotFound)));
    assert!(matches!(shop.channels.remake(&Actor::system(), &reach, 1).await, Err(Error::NotFound)));
    assert!(matches!(shop.channels.figures(&Reach::All, 1, 0, 366).await, Err(Error::Invalid(_))));
}

/// What lists, pages and the reader ask, each a seek on an index.
const QUESTIONS: [&str; 7] = [
    "SELECT id FROM channels WHERE account_id = 1 AND scene = 'fair'",
    "SELECT id FROM channels WHERE account_id = 1 AND id < 900 ORDER BY id DESC LIMIT 51",
    "SELECT COUNT(*) FROM channels WHERE account_id = 1 AND asked_at > 5",
    "SELECT scans FROM channel_days WHERE channel_id = 1 AND day >= 5 AND day <= 9",
    "SELECT scans FROM channel_days WHERE account_id = 1 AND day >= 5 AND day <= 9",
    "SELECT openid FROM channel_people WHERE channel_id = 1 ORDER BY last_day DESC, last_at DESC LIMIT 12",
    "SELECT message_id FROM channel_follows WHERE account_id = 1 AND openid = 'o' AND message_id < 9 LIMIT 1",
];

#[tokio::test]
async fn each_question_is_a_seek() {
    let shop = Shop::new().await;
    let tx = shop.db.begin_write().await.unwrap();
    let (explain, column) = if shop.db.is_sqlite() {
        ("EXPLAIN QUERY PLAN", "detail")
    } else {
        for sql in ["SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off"] {
            tx.execute_unprepared(sql).await.unwrap();
        }
        ("EXPLAIN", "QUERY PLAN")
    };
    for question in QUESTIONS {
        let rows = tx.query_all_raw(db::statement(&*tx, &format!("{explain} {question}"), [])).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
        let plan = plan.join("\n");
        for bad in ["SCAN", "TEMP B-TREE", "Seq Scan", "Sort"] {
            assert!(!plan.contains(bad), "{question}\n{plan}");
        }
    }
}
