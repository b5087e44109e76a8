//! Coming and going, by day and by how they came: from WeChat's events as they are read, and from what a reading of all
//! followers finds.
//!
//! Events may come twice, late and in any order. Of each follower who is told of, all events so far are put in order and
//! counted anew: a follow counts when they did not follow, leaving when they had not left. What that makes other than
//! before is booked. So the sums are those of the events in order, however they arrived.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};
use tokio_util::sync::CancellationToken;

use crate::{
    Result,
    accounts::Reach,
    conversations::{follow::follow, reading::Full},
    db::{self, Db},
};

/// What WeChat calls coming by a QR code.
const BY_CODE: &str = "ADD_SCENE_QR_CODE";
/// An event and what a reading found are the same coming or going when they are no further apart, in milliseconds.
const SAME_MS: i64 = 60_000;
/// The most days that can be asked for at once.
pub const MOST_DAYS: i64 = 366;

/// Comings and goings of one day, of those who came in one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Followed.
    pub followed: i64,
    /// Left.
    pub left: i64,
    /// Found to have left, without WeChat having told: on the day that it was noticed.
    pub found_left: i64,
    /// Followed before the account was connected here, and follow still.
    pub imported: i64,
}

/// A day of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970 by the shop's clock.
    pub day: i64,
    /// WeChat's word for how they came; empty: not known.
    pub source: String,
    /// How many.
    pub sums: Sums,
}

/// What is to be added to days, by day and source: in one order, so that two who write do not wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Bookings(BTreeMap<(i64, String), Sums>);

impl Bookings {
    /// What is added to a day.
    pub(crate) fn on(&mut self, day: i64, source: Option<&str>) -> &mut Sums {
        self.0.entry((day, source.unwrap_or_default().to_owned())).or_default()
    }

    /// Writes them, in the transaction of what they are about.
    pub(crate) async fn store<C: ConnectionTrait>(self, tx: &C, account: i64) -> Result<()> {
        const SQL: &str = "INSERT INTO follower_days (account_id, day, source, followed, left_, found_left, imported) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, day, source) DO UPDATE SET \
                           followed = follower_days.followed + excluded.followed, \
                           left_ = follower_days.left_ + excluded.left_, \
                           found_left = follower_days.found_left + excluded.found_left, \
                           imported = follower_days.imported + excluded.imported";
        for ((day, source), sums) in self.0 {
            if sums == Sums::default() {
                continue;
            }
            let Sums { followed, left, found_left, imported } = sums;
            let values = [
                account.into(),
                day.into(),
                source.into(),
                followed.into(),
                left.into(),
                found_left.into(),
                imported.into(),
            ];
            db::execute(tx, SQL, values).await?;
        }
        Ok(())
    }
}

/// The day of a moment (Unix ms), as days since 1970-01-01 by the clock of `zone`.
pub fn day_of(ms: i64, zone: &TimeZone) -> i64 {
    let offset = zone.to_offset(Timestamp::from_millisecond(ms).unwrap_or_default()).seconds();
    (ms + i64::from(offset) * 1_000).div_euclid(86_400_000)
}

/// Books events as they come, until `stop`; days are those of `zone`.
pub async fn book(db: Db, zone: TimeZone, stop: CancellationToken) {
    let take = async move |tx: &DatabaseTransaction, messages: &[Full]| take(tx, messages, &zone).await;
    follow(db, "growth", KINDS, take, stop).await;
}

/// Kinds of the events that are followed.
const KINDS: &[&str] = &["event:subscribe", "event:unsubscribe"];

/// An event of a follower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
struct Event {
    id: i64,
    /// WeChat's time, Unix ms.
    sent_at: i64,
    follow: bool,
}

/// What an event counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Booked {
    day: i64,
    follow: bool,
    sent_at: i64,
    id: i64,
}

/// What the events of a follower count for, and whether they follow after the last.
fn fold(mut events: Vec<Event>, zone: &TimeZone) -> Vec<Booked> {
    events.sort_by_key(|event| (event.sent_at, event.id));
    let mut follows = None;
    let mut booked = Vec::with_capacity(events.len());
    for event in events {
        if follows != Some(event.follow) {
            let Event { id, sent_at, follow } = event;
            booked.push(Booked { day: day_of(sent_at, zone), follow, sent_at, id });
        }
        follows = Some(event.follow);
    }
    booked
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    scene: Option<String>,
    source: Option<String>,
    followed_at: Option<i64>,
    left_at: Option<i64>,
    booked_day: Option<i64>,
}

/// Books the events of one step.
async fn take(tx: &DatabaseTransaction, messages: &[Full], zone: &TimeZone) -> Result<()> {
    let mut whose: BTreeMap<(i64, &str), Vec<i64>> = BTreeMap::new();
    for message in messages {
        whose.entry((message.account_id, &message.openid)).or_default().push(message.id);
    }
    let until = messages.last().map_or(0, |message| message.id);
    let mut days: BTreeMap<i64, Bookings> = BTreeMap::new();
    for ((account, openid), new) in whose {
        let bookings = days.entry(account).or_default();
        of_one(tx, account, openid, &new, until, zone, bookings).await?;
    }
    for (account, bookings) in days {
        bookings.store(tx, account).await?;
    }
    Ok(())
}

async fn of_one(
    tx: &DatabaseTransaction,
    account: i64,
    openid: &str,
    new: &[i64],
    until: i64,
    zone: &TimeZone,
    bookings: &mut Bookings,
) -> Result<()> {
    let lock = if tx.get_database_backend() == sea_orm::DbBackend::Sqlite { "" } else { " FOR UPDATE" };
    let sql = format!(
        "SELECT id, scene, source, followed_at, left_at, booked_day FROM followers \
         WHERE account_id = $1 AND openid = $2{lock}"
    );
    let row = Row::find_by_statement(db::statement(tx, &sql, [account.into(), openid.into()])).one(tx).await?;
    let Some(mut row) = row else { return Ok(()) };
    const EVENTS: &str = "SELECT id, sent_at, (kind = 'event:subscribe') AS follow FROM messages \
                          WHERE account_id = $1 AND openid = $2 AND id <= $3 \
                          AND kind IN ('event:subscribe', 'event:unsubscribe')";
    let values = [account.into(), openid.into(), until.into()];
    let all = Event::find_by_statement(db::statement(tx, EVENTS, values)).all(tx).await?;
    let known: Vec<_> = all.iter().copied().filter(|event| !new.contains(&event.id)).collect();
    let (before, after) = (fold(known, zone), fold(all, zone));
    let source = match (&row.source, &row.scene) {
        (Some(source), _) => Some(source.clone()),
        (None, Some(_)) => Some(BY_CODE.to_owned()),
        (None, None) => None,
    };
    let source = source.as_deref();
    for gone in before.iter().filter(|one| !after.contains(one)) {
        let sums = bookings.on(gone.day, source);
        if gone.follow { sums.followed -= 1 } else { sums.left -= 1 }
    }
    let followed_before = before.last().is_some_and(|one| one.follow);
    for one in after.iter().filter(|one| !before.contains(one)) {
        if one.follow {
            // A reading that was faster has booked this coming already.
            let same = row.followed_at.is_some_and(|at| (at - one.sent_at).abs() <= SAME_MS);
            match row.booked_day.filter(|_| same && !followed_before) {
                Some(day) if is_imported(tx, account, row.id, day, source).await? => {
                    bookings.on(day, source).imported -= 1;
                }
                Some(_) => continue,
                None => {}
            }
            bookings.on(one.day, source).followed += 1;
        } else {
            let found = row.left_at.filter(|at| row.booked_day.is_none() && one.sent_at <= at + SAME_MS);
            if let Some(found) = found.filter(|_| before.last().is_none_or(|last| last.follow)) {
                bookings.on(day_of(found, zone), source).found_left -= 1;
                row.left_at = None;
            }
            bookings.on(one.day, source).left += 1;
        }
    }
    let Some(last) = after.last() else { return Ok(()) };
    let known = row.followed_at.unwrap_or(0).max(row.left_at.unwrap_or(0));
    if last.sent_at < known - SAME_MS {
        // Something later is known of them.
        return Ok(());
    }
    // On a new follow the details are asked for: `details_at` is empty.
    const FOLLOWS: &str = "UPDATE followers SET followed_at = $1, left_at = NULL, booked_day = $2, \
                           details_at = CASE WHEN details_at >= $1 THEN details_at ELSE NULL END, \
                           source = COALESCE(source, $3) WHERE id = $4";
    const LEFT: &str = "UPDATE followers SET left_at = $1, booked_day = NULL WHERE id = $2";
    if last.follow {
        let values = [last.sent_at.into(), last.day.into(), source.into(), row.id.into()];
        db::execute(tx, FOLLOWS, values).await?;
    } else {
        db::execute(tx, LEFT, [last.sent_at.into(), row.id.into()]).await?;
    }
    Ok(())
}

/// Whether the coming of a follower, booked on `day`, was booked as one from before the account was connected.
async fn is_imported<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    id: i64,
    day: i64,
    source: Option<&str>,
) -> Result<bool> {
    const SQL: &str = "SELECT 1 AS one FROM follower_days d JOIN followers f ON f.id = $2 JOIN accounts a ON a.id = $1 \
                       WHERE d.account_id = $1 AND d.day = $3 AND d.source = $4 AND d.imported > 0 \
                       AND (a.verified_at IS NULL OR f.followed_at < a.verified_at)";
    let values = [account.into(), id.into(), day.into(), source.unwrap_or_default().into()];
    Ok(tx.query_one_raw(db::statement(tx, SQL, values)).await?.is_some())
}

/// The days of an account from `from` to `until`, both included, that anything happened on; by day and source.
///
/// # Errors
/// [`crate::Error::NotFound`] out of reach; [`crate::Error::Invalid`] for more than [`MOST_DAYS`].
pub async fn days(db: &Db, reach: &Reach, account: i64, from: i64, until: i64) -> Result<Vec<Day>> {
    reach.must_see(account)?;
    if until - from >= MOST_DAYS {
        return Err(crate::Error::field("from", "followers.growth.too_long"));
    }
    const SQL: &str = "SELECT day, source, followed, left_, found_left, imported FROM follower_days \
                       WHERE account_id = $1 AND day >= $2 AND day <= $3 ORDER BY day, source";
    let values = [account.into(), from.into(), until.into()];
    let rows = db.read().query_all_raw(db::statement(db.read(), SQL, values)).await?;
    let read = |row: sea_orm::QueryResult| {
        let sums = Sums {
            followed: row.try_get("", "followed")?,
            left: row.try_get("", "left_")?,
            found_left: row.try_get("", "found_left")?,
            imported: row.try_get("", "imported")?,
        };
        Ok(Day { day: row.try_get("", "day")?, source: row.try_get("", "source")?, sums })
    };
    rows.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn events(story: &[(i64, bool)]) -> Vec<Event> {
        let one = |(id, (sent_at, follow)): (usize, &(i64, bool))| Event {
            id: id as i64,
            sent_at: *sent_at,
            follow: *follow,
        };
        story.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_follow_counts_once_until_they_leave() {
        let zone = TimeZone::UTC;
        let story = [(HOUR, true), (2 * HOUR, true), (3 * HOUR, false), (3 * HOUR, true), (30 * HOUR, false)];
        let booked: Vec<_> = fold(events(&story), &zone).iter().map(|one| (one.day, one.follow)).collect();
        assert_eq!(booked, [(0, true), (0, false), (0, true), (1, false)]);
    }

    #[test]
    fn a_day_begins_at_the_shops_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!((day_of(16 * HOUR - 1, &zone), day_of(16 * HOUR, &zone)), (0, 1));
        assert_eq!(day_of(-1, &TimeZone::UTC), -1);
    }

    proptest! {
        #[test]
        fn the_differences_add_up_in_any_order(
            story in proptest::collection::vec((0_i64..10, any::<bool>()), 0..12),
            cuts in proptest::collection::vec(0_usize..12, 0..4),
        ) {
            let zone = TimeZone::UTC;
            let all = events(&story);
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(all.len())).chain([all.len()]).collect();
            cuts.sort_unstable();
            let (mut booked, mut before) = (Vec::<Booked>::new(), Vec::new());
            for cut in cuts {
                let after = fold(all[..cut].to_vec(), &zone);
                booked.retain(|one| !before.contains(one) || after.contains(one));
                booked.extend(after.iter().filter(|one| !before.contains(*one)));
                before = after;
            }
            booked.sort_unstable();
            let mut whole = fold(all, &zone);
            whole.sort_unstable();
            prop_assert_eq!(booked, whole);
        }
    }
}
