//! Counting scans: one reader of the messages, which adds each scan of a known scene to its channel's days and people in the
//! transaction that moves its cursor. However often WeChat delivers a scan, its message is one.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use tokio_util::sync::CancellationToken;

use crate::{
    Result,
    conversations::{follow::follow, reading::Full},
    db::{self, Db},
    followers::{self, growth::day_of},
};

/// The name of the reader's cursor.
pub(super) const READER: &str = "channels";
/// Kinds of the events that name a scene.
pub(super) const KINDS: &[&str] = &["event:SCAN", "event:scan", "event:subscribe"];
/// What WeChat puts before the scene when somebody follows.
const PREFIX: &str = "qrscene_";
/// Scenes asked for at once.
const AT_ONCE: usize = 200;
/// WeChat tells whole seconds: who came with this very event was seen first no earlier, in ms.
const SAME_MS: i64 = 1_000;

/// A scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) message_id: i64,
    pub(super) account_id: i64,
    pub(super) openid: String,
    pub(super) scene: String,
    /// WeChat's time, Unix ms.
    pub(super) at: i64,
    /// They follow by it.
    pub(super) follow: bool,
}

impl Scan {
    /// The scan that a message tells of; none of a message that tells of none.
    pub(super) fn of(message: &Full) -> Option<Self> {
        if !message.inbound || !KINDS.contains(&message.kind.as_str()) {
            return None;
        }
        let follow = message.kind == "event:subscribe";
        let scene = if follow { message.summary.strip_prefix(PREFIX)? } else { message.summary.as_str() };
        Some(Self {
            message_id: message.id,
            account_id: message.account_id,
            openid: message.openid.clone(),
            scene: Some(scene).filter(|scene| !scene.is_empty())?.to_owned(),
            at: message.sent_at,
            follow,
        })
    }
}

/// Counts scans as they come, until `stop`; days are those of `zone`.
pub async fn count(db: Db, zone: TimeZone, stop: CancellationToken) {
    let take = async move |tx: &DatabaseTransaction, messages: &[Full]| take(tx, messages, &zone).await;
    follow(db, READER, KINDS, take, stop).await;
}

/// Counts the scans of one step. What a channel that is counted from the beginning has missed, `recount` adds.
pub(super) async fn take(tx: &DatabaseTransaction, messages: &[Full], zone: &TimeZone) -> Result<()> {
    let scans: Vec<_> = messages.iter().filter_map(Scan::of).collect();
    let known = known(tx, &scans).await?;
    for scan in &scans {
        match known.get(&(scan.account_id, scan.scene.clone())) {
            Some((id, true)) => book(tx, *id, scan, zone).await?,
            Some((_, false)) => {}
            None => metrics::counter!("puzi_scans_unknown_total").increment(1),
        }
    }
    Ok(())
}

/// The channels of these scenes, and whether this reader counts them; deleted ones too, for their codes live on.
async fn known<C: ConnectionTrait>(tx: &C, scans: &[Scan]) -> Result<HashMap<(i64, String), (i64, bool)>> {
    let mut known = HashMap::new();
    for part in scans.chunks(AT_ONCE) {
        let mut sql = String::from(
            "SELECT id, account_id, scene, (counted_to IS NULL) AS counts FROM channels \
             WHERE (account_id, scene) IN (VALUES ",
        );
        db::push_rows(&mut sql, part.len(), 2);
        sql.push(')');
        let values = part.iter().flat_map(|scan| [Value::from(scan.account_id), scan.scene.as_str().into()]);
        for row in tx.query_all_raw(db::statement(tx, &sql, values)).await? {
            let key = (row.try_get("", "account_id")?, row.try_get("", "scene")?);
            known.insert(key, (row.try_get("", "id")?, row.try_get("", "counts")?));
        }
    }
    Ok(known)
}

/// Adds one scan to the channel `id`.
pub(super) async fn book<C: ConnectionTrait>(tx: &C, id: i64, scan: &Scan, zone: &TimeZone) -> Result<()> {
    const LAST: &str = "SELECT last_day FROM channel_people WHERE channel_id = $1 AND openid = $2";
    const PERSON: &str = "INSERT INTO channel_people (channel_id, openid, first_at, last_at, scans, last_day) \
                          VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (channel_id, openid) DO UPDATE SET \
                          scans = channel_people.scans + 1, \
                          last_at = CASE WHEN excluded.last_at > channel_people.last_at \
                            THEN excluded.last_at ELSE channel_people.last_at END, \
                          last_day = CASE WHEN excluded.last_day > channel_people.last_day \
                            THEN excluded.last_day ELSE channel_people.last_day END";
    const DAY: &str = "INSERT INTO channel_days (channel_id, day, account_id, scans, follows, fresh, again, people) \
                       VALUES ($1, $2, $3, 1, $4, $5, $6, $7) ON CONFLICT (channel_id, day) DO UPDATE SET \
                       scans = channel_days.scans + 1, \
                       follows = channel_days.follows + excluded.follows, \
                       fresh = channel_days.fresh + excluded.fresh, \
                       again = channel_days.again + excluded.again, \
                       people = channel_days.people + excluded.people";
    const FOLLOW: &str = "INSERT INTO channel_follows (message_id, channel_id, account_id, openid, fresh, at) \
                          VALUES ($1, $2, $3, $4, $5, $6)";
    let day = day_of(scan.at, zone);
    let openid = scan.openid.as_str();
    let before = tx.query_one_raw(db::statement(tx, LAST, [id.into(), openid.into()])).await?;
    let before: Option<i64> = before.map(|row| row.try_get("", "last_day")).transpose()?;
    let first_today = before.is_none_or(|last| last < day);
    let person = [id.into(), openid.into(), scan.at.into(), scan.at.into(), day.into()];
    db::execute(tx, PERSON, person).await?;
    let fresh = scan.follow && is_fresh(tx, scan).await?;
    if scan.follow {
        let values =
            [scan.message_id.into(), id.into(), scan.account_id.into(), openid.into(), fresh.into(), scan.at.into()];
        db::execute(tx, FOLLOW, values).await?;
    }
    let one = |holds: bool| Value::from(i64::from(holds));
    let values = [
        id.into(),
        day.into(),
        scan.account_id.into(),
        one(scan.follow),
        one(fresh),
        one(scan.follow && !fresh),
        one(first_today),
    ];
    db::execute(tx, DAY, values).await?;
    Ok(())
}

/// Whether nobody had heard of them before they followed by this scan.
async fn is_fresh<C: ConnectionTrait>(tx: &C, scan: &Scan) -> Result<bool> {
    let seen = followers::first_seen(tx, scan.account_id, &scan.openid).await?;
    if seen.is_none_or(|seen| seen < scan.at - SAME_MS) {
        return Ok(false);
    }
    const SQL: &str = "SELECT message_id FROM channel_follows WHERE account_id = $1 AND openid = $2 AND message_id < $3 \
                       LIMIT 1";
    let values = [scan.account_id.into(), scan.openid.as_str().into(), scan.message_id.into()];
    Ok(tx.query_one_raw(db::statement(tx, SQL, values)).await?.is_none())
}
