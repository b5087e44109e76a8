//! Followers with names, sources and times; tags that many, few and only old followers have; and their conversations.

use std::time::Duration;

use puzi_shop::{
    db::{Db, now_ms},
    followers::arrivals,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use tokio_util::sync::CancellationToken;

use crate::{
    Failure,
    messages::{WRITERS, places},
    words::Texts,
};

const AT_ONCE: i64 = 500;
const STATEMENTS: i64 = 40;
const DAY_MS: i64 = 86_400_000;
const SOURCES: [&str; 6] = [
    "ADD_SCENE_SEARCH",
    "ADD_SCENE_QR_CODE",
    "ADD_SCENE_PROFILE_CARD",
    "ADD_SCENE_PROFILE_LINK",
    "ADD_SCENE_PAID",
    "ADD_SCENE_OTHERS",
];

/// The openid of the follower `n`.
pub(crate) fn openid(n: i64) -> String {
    format!("oBench{n:022}")
}

pub(crate) async fn fill(db: &Db, accounts: &[i64], followers: i64) -> Result<(), Failure> {
    let mut texts = Texts::new();
    let now = now_ms();
    const FOLLOWERS: &str = "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, nickname, \
                             first_seen_at, last_seen_at, remark, source, followed_at, spoke_at, blocked, details_at) \
                             VALUES ";
    rows(db, followers, 13, FOLLOWERS, |n| {
        let followed = now - (followers - n) * 1_000 * DAY_MS / followers;
        let spoke = (n < WRITERS).then(|| now - texts.below(365 * DAY_MS));
        vec![
            accounts[usize::from(n % 20 == 19)].into(),
            openid(n).into(),
            (n % 10 != 3).into(),
            followed.into(),
            (n % 4 != 0).then(|| texts.next()).into(),
            followed.into(),
            spoke.unwrap_or(followed).into(),
            if n % 50 == 0 { texts.next() } else { String::new() }.into(),
            // The last source is a rare one.
            SOURCES[if n % 100_000 == 7 { 4 } else { (n % 4) as usize }].into(),
            followed.into(),
            spoke.into(),
            (n % 5_000 == 11).into(),
            now.into(),
        ]
    })
    .await?;
    tags(db, accounts[0]).await?;
    const CHATS: &str = "INSERT INTO chats (account_id, openid, last_message_id, last_at, last_inbound, last_kind, \
                         last_summary, said_at, said_used, acted_at, acted_used, unread, waiting_since, status) VALUES ";
    rows(db, WRITERS.min(followers), 14, CHATS, |n| {
        let at = now - texts.below(365 * DAY_MS);
        let waits = n % 100 == 5;
        vec![
            accounts[usize::from(n % 20 == 19)].into(),
            openid(n).into(),
            n.into(),
            at.into(),
            waits.into(),
            if n % 20 == 0 { "image" } else { "text" }.into(),
            texts.next().into(),
            at.into(),
            0.into(),
            at.into(),
            0.into(),
            i64::from(n % 200 == 5).into(),
            waits.then_some(at).into(),
            "open".into(),
        ]
    })
    .await?;
    index(db).await
}

/// Writes `count` rows of what `row` gives.
async fn rows(
    db: &Db,
    count: i64,
    columns: usize,
    insert: &str,
    mut row: impl FnMut(i64) -> Vec<Value>,
) -> Result<(), Failure> {
    let mut n = 0;
    while n < count {
        let tx = db.begin_write().await?;
        for _ in 0..STATEMENTS {
            let some = AT_ONCE.min(count - n);
            if some == 0 {
                break;
            }
            let mut sql = insert.to_owned();
            places(&mut sql, some as usize, columns);
            let values: Vec<Value> = (n..n + some).flat_map(&mut row).collect();
            tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
            n += some;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// One that a third has, one that only the oldest have, one of forty.
async fn tags(db: &Db, account: i64) -> Result<(), Failure> {
    const TAGS: &str = "INSERT INTO tags (account_id, wechat_id, name, followers, created_at, updated_at) VALUES \
                        ($1, 100, 'third', 0, 0, 0), ($1, 101, 'old', 0, 0, 0), ($1, 102, 'few', 0, 0, 0)";
    let tx = db.begin_write().await?;
    let backend = tx.get_database_backend();
    tx.execute_raw(Statement::from_sql_and_values(backend, TAGS, [account.into()])).await?;
    for (wechat_id, which) in [(100, "id % 3 = 0"), (101, "id <= 6000"), (102, "id % 25000 = 1")] {
        let sql = format!(
            "INSERT INTO follower_tags (tag_id, follower_id) SELECT t.id, f.id FROM tags t, followers f \
             WHERE t.wechat_id = {wechat_id} AND f.account_id = t.account_id AND f.{which}"
        );
        tx.execute_raw(Statement::from_string(backend, sql)).await?;
    }
    Ok(tx.commit().await?)
}

/// Lets the follower's words be indexed as the server does it.
async fn index(db: &Db) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let indexing = tokio::spawn(arrivals::index(db.clone(), stop.clone()));
    let missing = "SELECT COUNT(*) AS n FROM message_cursors WHERE name = 'arrivals' \
                   AND done_id = (SELECT MAX(id) FROM followers)";
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let row = Statement::from_string(db.read().get_database_backend(), missing);
        let row = db.read().query_one_raw(row).await?.ok_or("no answer")?;
        if row.try_get::<i64>("", "n")? == 1 {
            stop.cancel();
            indexing.await?;
            return Ok(());
        }
    }
}
