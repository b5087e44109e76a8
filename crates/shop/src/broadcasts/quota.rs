//! What WeChat allows an account to send, as far as is known here: what its own platform sent is not.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use sea_orm::ConnectionTrait;

use super::{Audience, Broadcasts};
use crate::{
    Result,
    accounts::{Reach, settings::ACCOUNT_KIND},
    db::{self, now_ms},
};

/// WeChat's day and month.
const WECHAT_ZONE: &str = "Asia/Shanghai";
/// Messages that a follower of a service account gets in a month.
pub(super) const A_MONTH: i64 = 4;
/// Messages that a subscription account sends in a day.
const A_DAY: i64 = 1;
/// Previews of a day.
pub(super) const PREVIEWS: i64 = 100;
/// Ten thousands a minute, by the step of the speed.
const SPEEDS: [i64; 5] = [80, 60, 45, 30, 10];

/// What an account is; that decides what it may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// Nobody said: both limits are told, and none is kept by us.
    Unknown,
    /// Four messages a month to each follower.
    Service,
    /// One message a day, to all or to a tag.
    Subscription,
}

impl AccountKind {
    /// From the account's setting.
    pub(super) fn read(word: &str) -> Self {
        match word {
            "service" => Self::Service,
            "subscription" => Self::Subscription,
            _ => Self::Unknown,
        }
    }

    /// The word of the setting.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Service => "service",
            Self::Subscription => "subscription",
        }
    }
}

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// What is allowed.
    pub limit: i64,
    /// What is used, as far as is known here.
    pub used: i64,
    /// When it begins anew, Unix ms.
    pub until: i64,
}

impl Used {
    /// What is left.
    pub fn left(self) -> i64 {
        (self.limit - self.used).max(0)
    }
}

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What the account is.
    pub kind: AccountKind,
    /// Messages to all of this month.
    pub month: Used,
    /// Messages of this day.
    pub day: Used,
    /// Previews of this day.
    pub previews: Used,
}

impl Quota {
    /// How many messages to `audience` are left; none where nothing of ours limits them: a list, of which each follower
    /// has a number of their own, and an account of which nobody said what it is.
    pub fn left(&self, audience: &Audience) -> Option<i64> {
        match (self.kind, audience) {
            (AccountKind::Service, Audience::All) => Some(self.month.left()),
            (AccountKind::Subscription, _) => Some(self.day.left()),
            _ => None,
        }
    }

    /// When there is one again.
    pub fn again(&self) -> i64 {
        if self.kind == AccountKind::Subscription { self.day.until } else { self.month.until }
    }
}

/// A moment (Unix ms) by WeChat's clock, as people read it.
pub(super) fn said(at: i64) -> String {
    let zone = TimeZone::get(WECHAT_ZONE).unwrap_or(TimeZone::UTC);
    let at = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone);
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The minutes that WeChat takes for so many people at a step of the speed, rounded up; at the fastest without one.
pub fn minutes(people: i64, speed: Option<i64>) -> i64 {
    let step = usize::try_from(speed.unwrap_or_default()).unwrap_or_default().min(SPEEDS.len() - 1);
    let a_minute = SPEEDS[step] * 10_000;
    (people.max(1) + a_minute - 1) / a_minute
}

/// The beginning of WeChat's day and month, and of the next ones; Unix ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) day: (i64, i64),
    pub(super) month: (i64, i64),
}

impl Calendar {
    /// At `now`, Unix ms.
    pub(super) fn at(now: i64) -> Self {
        // Without a clock of China there is none to go by: then it is UTC's.
        let zone = TimeZone::get(WECHAT_ZONE).unwrap_or(TimeZone::UTC);
        let today = Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(zone.clone()).date();
        let ms = |date: jiff::civil::Date| {
            date.to_zoned(zone.clone()).map_or(now, |begin| begin.timestamp().as_millisecond())
        };
        let first = today.first_of_month();
        let next = |date: jiff::civil::Date, span: jiff::Span| date.checked_add(span).unwrap_or(date);
        Self { day: (ms(today), ms(next(today, 1.day()))), month: (ms(first), ms(next(first, 1.month()))) }
    }
}

/// How many parts to this audience were accepted since `since`.
async fn sent<C: ConnectionTrait>(on: &C, account: i64, since: i64, all_only: bool) -> Result<i64> {
    let only = if all_only { " AND b.audience = 'all'" } else { "" };
    let sql = format!(
        "SELECT COUNT(*) AS n FROM broadcast_parts p JOIN broadcasts b ON b.id = p.broadcast_id \
         WHERE p.account_id = $1 AND p.accepted_at >= $2 AND p.state IN ('accepted', 'done'){only}"
    );
    db::one_number(on, &sql, [account.into(), since.into()]).await
}

/// What an account may send now.
pub(super) async fn of<C: ConnectionTrait>(on: &C, account: i64, kind: AccountKind) -> Result<Quota> {
    let calendar = Calendar::at(now_ms());
    const PREVIEWED: &str = "SELECT COUNT(*) AS n FROM broadcast_previews WHERE account_id = $1 AND at >= $2";
    let (day, month) = (calendar.day, calendar.month);
    Ok(Quota {
        kind,
        month: Used { limit: A_MONTH, used: sent(on, account, month.0, true).await?, until: month.1 },
        day: Used { limit: A_DAY, used: sent(on, account, day.0, false).await?, until: day.1 },
        previews: Used {
            limit: PREVIEWS,
            used: db::one_number(on, PREVIEWED, [account.into(), day.0.into()]).await?,
            until: day.1,
        },
    })
}

/// How many of the recipients from the position `from` up to `until` had their four messages of this month.
pub(super) async fn over<C: ConnectionTrait>(
    on: &C,
    (account, broadcast): (i64, i64),
    (from, until): (i64, i64),
) -> Result<i64> {
    let since = Calendar::at(now_ms()).month.0;
    let to_all = sent(on, account, since, true).await?;
    if to_all >= A_MONTH {
        return Ok(until - from);
    }
    const OTHERS: &str = "SELECT DISTINCT p.broadcast_id AS id FROM broadcast_parts p JOIN broadcasts b \
                          ON b.id = p.broadcast_id WHERE p.account_id = $1 AND p.accepted_at >= $2 \
                          AND p.state IN ('accepted', 'done') AND b.audience = 'list' AND b.id <> $3";
    let rows = on.query_all_raw(db::statement(on, OTHERS, [account.into(), since.into(), broadcast.into()])).await?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        ids.push(row.try_get::<i64>("", "id")?.to_string());
    }
    if (ids.len() as i64) < A_MONTH - to_all {
        return Ok(0);
    }
    // Each of a few lists is asked by its own index.
    let sql = format!(
        "SELECT COUNT(*) AS n FROM (SELECT r.openid FROM broadcast_recipients r JOIN broadcast_recipients o \
         ON o.openid = r.openid AND o.broadcast_id IN ({}) AND o.dropped IS NULL \
         WHERE r.broadcast_id = $1 AND r.position >= $2 AND r.position < $3 GROUP BY r.openid \
         HAVING COUNT(*) >= $4) AS spent",
        ids.join(", ")
    );
    db::one_number(on, &sql, [broadcast.into(), from.into(), until.into(), (A_MONTH - to_all).into()]).await
}

impl Broadcasts {
    /// What an account may send now, as far as is known here.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for an account out of reach.
    pub async fn quota(&self, reach: &Reach, account: i64) -> Result<Quota> {
        reach.must_see(account)?;
        let kind = AccountKind::read(&self.live(account)?.settings.text(ACCOUNT_KIND));
        of(self.db.read(), account, kind).await
    }

    /// The step of the speed that is set at WeChat, and how many ten thousands a minute that is.
    ///
    /// # Errors
    /// As [`Broadcasts::quota`]; [`Error::WeChat`](crate::Error::WeChat) when WeChat refuses.
    pub async fn speed(&self, reach: &Reach, account: i64) -> Result<(i64, i64)> {
        reach.must_see(account)?;
        let told = self.live(account)?.client.mass().speed().await?;
        Ok((told.speed, told.realspeed))
    }

    /// Sets the step of the speed at WeChat, for all that is sent from now on.
    ///
    /// # Errors
    /// As [`Broadcasts::speed`]; [`Error::Invalid`](crate::Error::Invalid) for a step that there is not.
    pub async fn set_speed(&self, by: &crate::audit::Actor, reach: &Reach, account: i64, step: i64) -> Result<()> {
        reach.must_see(account)?;
        if !(0..=super::SLOWEST).contains(&step) {
            return Err(crate::Error::field("speed", "broadcast.speed"));
        }
        self.live(account)?.client.mass().set_speed(step).await?;
        let entry = crate::audit::Entry::new(by, "broadcasts.speed", "accounts", account).of_account(account);
        let tx = self.db.begin_write().await?;
        crate::audit::record(&*tx, &entry.after(serde_json::json!({ "speed": step }))).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn months_and_days_are_chinas() {
        // 2026-11-30T23:59:59 in China, and a second later.
        let last = Calendar::at(ms("2026-11-30T15:59:59Z"));
        assert_eq!(last.month, (ms("2026-10-31T16:00:00Z"), ms("2026-11-30T16:00:00Z")));
        assert_eq!(last.day.1, ms("2026-11-30T16:00:00Z"));
        let first = Calendar::at(ms("2026-11-30T16:00:00Z"));
        assert_eq!(first.month, (ms("2026-11-30T16:00:00Z"), ms("2026-12-31T16:00:00Z")));
        assert_eq!(first.day.0, ms("2026-11-30T16:00:00Z"));
    }

    #[test]
    fn minutes_are_rounded_up() {
        assert_eq!(minutes(0, None), 1);
        assert_eq!(minutes(800_000, None), 1);
        assert_eq!(minutes(800_001, Some(0)), 2);
        assert_eq!(minutes(1_000_000, Some(4)), 10);
        assert_eq!(minutes(1_000_000, Some(9)), 10);
    }

    #[test]
    fn what_is_left_hangs_on_what_the_account_is() {
        let used = |limit, used| Used { limit, used, until: 1 };
        let quota = |kind| Quota { kind, month: used(4, 4), day: used(1, 0), previews: used(100, 0) };
        let list = Audience::File { name: String::new(), count: 2 };
        assert_eq!(quota(AccountKind::Service).left(&Audience::All), Some(0));
        assert_eq!(quota(AccountKind::Service).left(&list), None);
        assert_eq!(quota(AccountKind::Subscription).left(&Audience::All), Some(1));
        assert_eq!(quota(AccountKind::Unknown).left(&Audience::All), None);
    }
}
