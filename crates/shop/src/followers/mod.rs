//! Followers: everyone who ever wrote to an account or followed it, and whether they follow it now.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use crate::{
    Result,
    db::{self, Db},
};

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

/// Stores the sightings: an unknown follower becomes known, an older event does not undo a newer one.
pub(crate) async fn note<C: ConnectionTrait>(tx: &C, sightings: Sightings) -> Result<()> {
    const COLUMNS: usize = 7;
    if sightings.is_empty() {
        return Ok(());
    }
    let mut sql = String::from(
        "INSERT INTO followers \
         (account_id, openid, subscribed, subscription_changed_at, scene, first_seen_at, last_seen_at) VALUES ",
    );
    push_rows(tx, &mut sql, sightings.len(), COLUMNS);
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
    let mut values: Vec<Value> = Vec::with_capacity(sightings.len() * COLUMNS);
    for ((account_id, openid), sighting) in sightings {
        let change = sighting.change.unwrap_or(Change { subscribed: true, at: 0, scene: None });
        values.extend([
            account_id.into(),
            openid.into(),
            change.subscribed.into(),
            change.at.into(),
            change.scene.into(),
            sighting.at.into(),
            sighting.at.into(),
        ]);
    }
    db::execute(tx, &sql, values).await?;
    Ok(())
}

/// Appends `(…, …), (…, …)…` for `rows` rows of `columns` columns.
///
/// On SQLite the places are bare `?`: for a numbered place sqlx asks SQLite for its name, which searches all names, and
/// a batch of 64 messages has 900 of them.
pub(crate) fn push_rows<C: ConnectionTrait>(on: &C, sql: &mut String, rows: usize, columns: usize) {
    use std::fmt::Write;
    let numbered = on.get_database_backend() != DbBackend::Sqlite;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            sql.push_str(if column == 1 { "" } else { ", " });
            if numbered {
                let _ = write!(sql, "${}", row * columns + column);
            } else {
                sql.push('?');
            }
        }
        sql.push(')');
    }
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

/// Keeps the nickname that WeChat gave (or that it gave none).
pub async fn keep_profile(db: &Db, account_id: i64, openid: &str, nickname: Option<&str>, now: i64) -> Result<()> {
    let sql = "UPDATE followers SET nickname = $1, profile_read_at = $2 WHERE account_id = $3 AND openid = $4";
    db.execute(sql, [nickname.into(), now.into(), account_id.into(), openid.into()]).await?;
    Ok(())
}

/// How many people follow an account now.
pub async fn count(db: &Db, account_id: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) AS n FROM followers WHERE account_id = $1 AND subscribed = $2";
    let statement = db::statement(db.read(), sql, [account_id.into(), true.into()]);
    let row = db.read().query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
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
