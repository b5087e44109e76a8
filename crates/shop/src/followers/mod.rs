//! Followers: everyone who ever wrote to an account or followed it, and whether they follow it now. What the team calls
//! them, their tags and the blacklist are WeChat's as much as ours: told there first, then kept here.

pub mod arrivals;
mod consent;
pub mod entity;
mod face;
mod faces;
mod filter;
pub mod growth;
mod mark;
mod marking;
mod profile;
mod reachable;
mod remark;
mod search;
pub mod sync;
pub mod tag_entity;
pub mod tags;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

pub(crate) use self::marking::permission as mark_permission;
pub(crate) use self::reachable::{following, reachable};
pub(crate) use self::search::spoken;
pub use self::{
    consent::Agreed,
    face::{Face, Known, NamedBy, Picture, code, face},
    faces::{Person, faces, people},
    filter::{Chosen, Filter, MOST_IDS, Span, estimate, pick},
    mark::{Mark, Who},
    profile::face_of,
    remark::LONGEST as LONGEST_REMARK,
    search::text as words_of,
};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Registry},
    db::{self, Count, Db},
};

/// What is done with followers, at WeChat and here. Made where it is needed.
#[derive(Clone)]
pub struct Followers {
    db: Db,
    registry: Registry,
}

impl Followers {
    /// The followers of `db`, of the accounts of `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    fn live(&self, account: i64) -> Result<Arc<LiveAccount>> {
        self.registry.by_id(account).ok_or(Error::NotFound)
    }
}

/// That an account heard from somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// When, Unix ms.
    pub at: i64,
    /// What it says about following, if anything.
    pub change: Option<Change>,
}

/// Somebody followed or unfollowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// True: follows now.
    pub subscribed: bool,
    /// When WeChat says it happened, Unix ms: events may arrive out of order.
    pub at: i64,
    /// The scene of the QR code that led here.
    pub scene: Option<String>,
}

/// Sightings of one batch, one a follower, in the order in which rows are locked.
pub(crate) type Sightings = BTreeMap<(i64, String), Sighting>;

/// Adds a sighting to those of its follower: the latest wins.
pub(crate) fn merge(into: &mut Sightings, account_id: i64, openid: &str, new: Sighting) {
    let known = into.entry((account_id, openid.to_owned())).or_insert_with(|| new.clone());
    known.at = known.at.max(new.at);
    if let Some(change) = new.change {
        let newer = known.change.as_ref().is_none_or(|before| before.at <= change.at);
        if newer {
            known.change = Some(change);
        }
    }
}

/// Behind `ORDER BY openid` on PostgreSQL: rows are locked in the order of their bytes, as [`Sightings`] are.
const LOCK: &str = " COLLATE \"C\" FOR UPDATE";

const COLUMNS: usize = 7;

/// Stores `rows` sightings: account, openid, subscribed, time of the change, scene, first and last seen.
fn note_sql(rows: usize) -> String {
    let mut sql = String::from(
        "INSERT INTO followers \
         (account_id, openid, subscribed, subscription_changed_at, scene, first_seen_at, last_seen_at) VALUES ",
    );
    db::push_rows(&mut sql, rows, COLUMNS);
    // A message alone carries time 0: it never changes what an event said.
    sql.push_str(
        " ON CONFLICT (account_id, openid) DO UPDATE SET \
         last_seen_at = CASE WHEN excluded.last_seen_at > followers.last_seen_at \
           THEN excluded.last_seen_at ELSE followers.last_seen_at END, \
         subscribed = CASE WHEN excluded.subscription_changed_at >= followers.subscription_changed_at \
           THEN excluded.subscribed ELSE followers.subscribed END, \
         subscription_changed_at = CASE WHEN excluded.subscription_changed_at >= followers.subscription_changed_at \
           THEN excluded.subscription_changed_at ELSE followers.subscription_changed_at END, \
         scene = COALESCE(followers.scene, excluded.scene)",
    );
    sql
}

/// The statement for one sighting.
pub(crate) static NOTE_ONE: LazyLock<String> = LazyLock::new(|| note_sql(1));

/// Subscribed, time of the change and scene of a message that says nothing about following.
pub(crate) const NO_CHANGE: (bool, i64, Option<&str>) = (true, 0, None);

/// Stores the sightings: an unknown follower becomes known, an older event does not undo a newer one.
pub(crate) async fn note<C: ConnectionTrait>(tx: &C, sightings: Sightings) -> Result<()> {
    if sightings.is_empty() {
        return Ok(());
    }
    let sql = note_sql(sightings.len());
    let mut values: Vec<Value> = Vec::with_capacity(sightings.len() * COLUMNS);
    for ((account_id, openid), sighting) in sightings {
        let (subscribed, at, scene) = match &sighting.change {
            Some(change) => (change.subscribed, change.at, change.scene.as_deref()),
            None => NO_CHANGE,
        };
        values.extend([
            account_id.into(),
            openid.into(),
            subscribed.into(),
            at.into(),
            scene.into(),
            sighting.at.into(),
            sighting.at.into(),
        ]);
    }
    db::execute(tx, &sql, values).await?;
    Ok(())
}

/// A follower of an account.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Follower {
    /// Row number.
    pub id: i64,
    /// Who, for this account.
    pub openid: String,
    /// Follows now.
    pub subscribed: bool,
    /// Nickname, when WeChat gave one.
    pub nickname: Option<String>,
    /// The scene of the QR code that led here first.
    pub scene: Option<String>,
    /// When WeChat was last asked for the profile, Unix ms.
    pub profile_read_at: Option<i64>,
    /// First message or event, Unix ms.
    pub first_seen_at: i64,
    /// Latest message or event, Unix ms.
    pub last_seen_at: i64,
}

/// The follower `openid` of an account.
pub async fn find(db: &Db, account_id: i64, openid: &str) -> Result<Option<Follower>> {
    const SQL: &str = "SELECT id, openid, subscribed, nickname, scene, profile_read_at, first_seen_at, last_seen_at \
                       FROM followers WHERE account_id = $1 AND openid = $2";
    let statement = db::statement(db.read(), SQL, [account_id.into(), openid.into()]);
    Ok(Follower::find_by_statement(statement).one(db.read()).await?)
}

/// Keeps the nickname that WeChat gave (or that it gave none), and finds them by it from then on.
///
/// # Errors
/// When the database refuses.
pub async fn keep_profile(db: &Db, account_id: i64, openid: &str, nickname: Option<&str>, now: i64) -> Result<()> {
    const SQL: &str = "UPDATE followers SET nickname = $1, profile_read_at = $2 WHERE account_id = $3 AND openid = $4 \
                       RETURNING id";
    // PostgreSQL keeps no U+0000.
    let nickname = nickname.map(|name| name.replace('\0', ""));
    let is_named = nickname.is_some();
    let tx = db.begin_write().await?;
    let values = [nickname.into(), now.into(), account_id.into(), openid.into()];
    if let Some(row) = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?
        && is_named
    {
        search::index(&*tx, &[row.try_get("", "id")?]).await?;
    }
    tx.commit().await
}

/// How much later a follower must have written for it to be noted anew, in milliseconds: an index has it, and not every
/// message is worth a place in it.
const SPOKE_STEP_MS: i64 = 600_000;

/// Notes that a follower wrote.
pub(crate) async fn spoke<C: ConnectionTrait>(tx: &C, account_id: i64, openid: &str, at: i64) -> Result<()> {
    const SQL: &str = "UPDATE followers SET spoke_at = $3 WHERE account_id = $1 AND openid = $2 \
                       AND (spoke_at IS NULL OR spoke_at <= $4)";
    let values = [account_id.into(), openid.into(), at.into(), (at - SPOKE_STEP_MS).into()];
    db::execute(tx, SQL, values).await?;
    Ok(())
}

/// The known nicknames of these followers, by account and openid.
///
/// # Errors
/// When the database does not answer.
pub async fn nicknames(db: &Db, whose: &[(i64, String)]) -> Result<HashMap<(i64, String), String>> {
    nicknames_on(db.read(), whose).await
}

/// The same, read through `on`.
///
/// # Errors
/// When the database does not answer.
pub async fn nicknames_on<C: ConnectionTrait>(
    on: &C,
    whose: &[(i64, String)],
) -> Result<HashMap<(i64, String), String>> {
    let mut names = HashMap::with_capacity(whose.len());
    for part in whose.chunks(100) {
        let mut sql = String::from(
            "SELECT account_id, openid, nickname FROM followers WHERE nickname IS NOT NULL \
             AND (account_id, openid) IN (VALUES ",
        );
        db::push_rows(&mut sql, part.len(), 2);
        sql.push(')');
        let values = part.iter().flat_map(|(id, openid)| [Value::from(*id), openid.as_str().into()]);
        for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
            let whose = (row.try_get("", "account_id")?, row.try_get("", "openid")?);
            names.insert(whose, row.try_get("", "nickname")?);
        }
    }
    Ok(names)
}

/// When somebody was first heard of, Unix ms; none without a row.
pub(crate) async fn first_seen<C: ConnectionTrait>(on: &C, account_id: i64, openid: &str) -> Result<Option<i64>> {
    const SQL: &str = "SELECT first_seen_at FROM followers WHERE account_id = $1 AND openid = $2";
    let row = on.query_one_raw(db::statement(on, SQL, [account_id.into(), openid.into()])).await?;
    Ok(row.map(|row| row.try_get("", "first_seen_at")).transpose()?)
}

/// The row numbers of those of `openids` that have a row. At most a page of them is asked for.
///
/// # Errors
/// When the database does not answer.
pub async fn numbers(db: &Db, account_id: i64, openids: &[String]) -> Result<HashMap<String, i64>> {
    let mut numbers = HashMap::new();
    for part in openids.chunks(100) {
        let places: Vec<_> = (2..2 + part.len()).map(|n| format!("${n}")).collect();
        let sql =
            format!("SELECT id, openid FROM followers WHERE account_id = $1 AND openid IN ({})", places.join(", "));
        let values = std::iter::once(account_id.into()).chain(part.iter().map(|openid| Value::from(openid.as_str())));
        for row in db.read().query_all_raw(db::statement(db.read(), &sql, values)).await? {
            numbers.insert(row.try_get("", "openid")?, row.try_get("", "id")?);
        }
    }
    Ok(numbers)
}

/// Those who follow an account now.
pub async fn count(db: &Db, account_id: i64) -> Result<Count> {
    db::count(db, "followers WHERE account_id = $1 AND subscribed = $2", [account_id.into(), true.into()]).await
}

/// When somebody followed and left last, as far as it is known; Unix ms.
pub(crate) async fn follow_times(db: &Db, account_id: i64, openid: &str) -> Result<(Option<i64>, Option<i64>)> {
    const SQL: &str = "SELECT followed_at, left_at FROM followers WHERE account_id = $1 AND openid = $2";
    let row = db.read().query_one_raw(db::statement(db.read(), SQL, [account_id.into(), openid.into()])).await?;
    let Some(row) = row else { return Ok((None, None)) };
    Ok((row.try_get("", "followed_at")?, row.try_get("", "left_at")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(subscribed: bool, at: i64) -> Sighting {
        Sighting { at, change: Some(Change { subscribed, at, scene: None }) }
    }

    #[test]
    fn of_two_events_in_one_batch_the_later_one_counts() {
        for order in [[change(true, 5), change(false, 9)], [change(false, 9), change(true, 5)]] {
            let mut sightings = Sightings::new();
            for sighting in order {
                merge(&mut sightings, 1, "o1", sighting);
            }
            let merged = &sightings[&(1, "o1".to_owned())];
            assert_eq!((merged.at, merged.change.as_ref().unwrap().subscribed), (9, false));
        }
    }
}
