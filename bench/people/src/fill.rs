//! Makes the database: the program's own tables, an owner, three accounts, followers, messages and their indexes.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

use puzi::settings::Settings;
use puzi_shop::{
    accounts::{Accounts, NewAccount},
    audit::Actor,
    db::Db,
    said::{self, Source, Step},
    staff::{Attempt, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{Failure, messages, people, plain};

const LOGIN: &str = "bench";
const PASSWORD: &str = "a password of the benchmark alone";

/// Fills the database unless it is filled, and gives a session and how long it took.
pub(crate) async fn fill(settings: &Settings, followers: i64, messages: i64) -> Result<Value, Failure> {
    let place = settings.open().await.map_err(plain)?;
    let db = &place.db;
    db.migrate().await?;
    let staff = Staff::new(db.clone(), place.vault.clone());
    let mut told = json!({});
    if db.read().execute_unprepared("SELECT done FROM bench_filled").await.is_err() {
        let accounts = accounts(&Accounts::new(db.clone(), place.vault.clone())).await?;
        let began = Instant::now();
        people::fill(db, &accounts, followers).await?;
        told["followers_seconds"] = json!(began.elapsed().as_secs_f64());
        let began = Instant::now();
        messages::fill(db, &accounts, messages).await?;
        told["messages_seconds"] = json!(began.elapsed().as_secs_f64());
        let began = Instant::now();
        index(db).await?;
        settle(db).await?;
        told["index_seconds"] = json!(began.elapsed().as_secs_f64());
        db.read().execute_unprepared("CREATE TABLE bench_filled (done INTEGER)").await?;
    }
    let password = || Secret::new(PASSWORD.to_owned());
    if !staff.any().await? {
        staff.create_first_owner(&Actor::system(), LOGIN, "Bench", password(), Locale::En).await?;
    }
    let attempt = Attempt {
        login: LOGIN.into(),
        password: password(),
        code: None,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        agent: "bench".into(),
    };
    let session = staff.log_in(attempt).await.map_err(|refused| format!("{refused:?}"))?.token;
    told["cookie"] = json!(format!("puzi_admin={}", session.expose()));
    place.db.close().await?;
    Ok(told)
}

/// A large one, a small one and a tiny one.
async fn accounts(accounts: &Accounts) -> Result<Vec<i64>, Failure> {
    let mut ids = Vec::new();
    for n in 1..=3 {
        let new = NewAccount {
            slug: Some(format!("bench{n}")),
            api_base: Some("http://127.0.0.1:9".into()),
            ..NewAccount::plain(
                format!("Bench {n}"),
                format!("wx00000000000000b{n}"),
                Secret::new("0123456789abcdef0123456789abcdef".into()),
            )
        };
        ids.push(accounts.add(new).await?.id);
    }
    Ok(ids)
}

/// Lets the readers of messages begin behind what was filled in: what is measured is a server that has caught up.
async fn settle(db: &Db) -> Result<(), Failure> {
    const READERS: [&str; 9] =
        ["rule_hits", "broadcasts", "channels", "sessions", "chat_figures", "growth", "notices", "drafts", "webhooks"];
    let tx = db.begin_write().await?;
    for reader in READERS {
        let sql = format!(
            "INSERT INTO message_cursors (name, done_id, horizon_id, horizon_xid) \
             SELECT '{reader}', COALESCE(MAX(id), 0), COALESCE(MAX(id), 0), 0 FROM messages \
             WHERE TRUE ON CONFLICT (name) DO UPDATE SET done_id = excluded.done_id, horizon_id = excluded.horizon_id"
        );
        tx.execute_unprepared(&sql).await?;
    }
    tx.execute_unprepared("UPDATE inbox_cursor SET last_id = (SELECT COALESCE(MAX(id), 0) FROM messages)").await?;
    Ok(tx.commit().await?)
}

async fn index(db: &Db) -> Result<(), Failure> {
    // Twice: PostgreSQL looks first how far there is something.
    for _ in 0..2 {
        while said::step(db, Source::Messages).await? == Step::More {}
    }
    if !db.is_sqlite() {
        db.read().execute_unprepared("ANALYZE").await?;
    }
    Ok(())
}
