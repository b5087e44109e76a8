//! How often an account may still call today, as WeChat counts; and setting that count back, which WeChat allows a few
//! times a month.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use puzi_wechat::client::{ApiError, Condition, ErrorKind};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use super::{LiveAccount, Reach};
use crate::{
    Error, Problem, Result,
    audit::{self, Actor, Entry},
    db::{self, Db, now_ms},
};

/// Paths that shops live by; others are asked for when they were called lately.
pub const FAVOURITES: [&str; 24] = [
    "/cgi-bin/stable_token",
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/custom/typing",
    "/cgi-bin/message/template/send",
    "/cgi-bin/message/subscribe/bizsend",
    "/cgi-bin/message/mass/sendall",
    "/cgi-bin/message/mass/send",
    "/cgi-bin/user/get",
    "/cgi-bin/user/info",
    "/cgi-bin/user/info/batchget",
    "/cgi-bin/user/info/updateremark",
    "/cgi-bin/tags/get",
    "/cgi-bin/tags/members/batchtagging",
    "/cgi-bin/menu/create",
    "/cgi-bin/menu/get",
    "/cgi-bin/qrcode/create",
    "/cgi-bin/media/upload",
    "/cgi-bin/media/get",
    "/cgi-bin/material/add_material",
    "/cgi-bin/material/batchget_material",
    "/cgi-bin/draft/add",
    "/cgi-bin/freepublish/submit",
    "/cgi-bin/customservice/getkflist",
    "/cgi-bin/openapi/quota/get",
];

/// Most paths that are asked about at once.
const MOST: usize = 60;
/// What was asked within this time is not asked again without the button.
const FRESH_MS: i64 = 10 * 60_000;
/// A clearing that is still being sent after this time is nobody's any more.
const LOST_MS: i64 = 60_000;
/// WeChat's day and month.
const WECHAT_ZONE: &str = "Asia/Shanghai";

/// The quota of one path.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Quota {
    /// The path, `/cgi-bin/…`.
    pub path: String,
    /// Calls allowed a day.
    pub daily_limit: i64,
    /// Calls made today.
    pub used: i64,
    /// Calls left today.
    pub remain: i64,
    /// Calls allowed a minute, where there is a limit.
    pub minute_limit: Option<i64>,
    /// When WeChat was asked, Unix ms.
    pub asked_at: i64,
    /// Why WeChat did not tell; the figures are those of before.
    pub trouble: Option<String>,
    /// The calls that Puzi itself counted today; none while nobody counts.
    pub ours: Option<i64>,
}

impl Quota {
    /// How much of the day's quota is used, in percent.
    pub fn percent(&self) -> i64 {
        if self.daily_limit <= 0 { 0 } else { (self.used.max(0) * 100 / self.daily_limit).min(100) }
    }
}

/// How a clearing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClearingState {
    /// On its way.
    Sending,
    /// WeChat did it.
    Done,
    /// WeChat refused.
    Refused,
    /// It was sent and nobody knows: it is not sent again by itself.
    Unknown,
}

impl ClearingState {
    /// The word in the table and the texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    fn from_word(word: &str) -> Self {
        let all = [Self::Sending, Self::Done, Self::Refused];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::Unknown)
    }
}

/// What may become of a clearing: it is sent once, and WeChat or the clock ends it.
pub const TRANSITIONS: [(ClearingState, ClearingState); 3] = [
    (ClearingState::Sending, ClearingState::Done),
    (ClearingState::Sending, ClearingState::Refused),
    (ClearingState::Sending, ClearingState::Unknown),
];

/// One clearing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearing {
    /// Row number.
    pub id: i64,
    /// The path; none: all of the account's.
    pub path: Option<String>,
    /// When, Unix ms.
    pub at: i64,
    /// Who.
    pub by_name: String,
    /// How it stands.
    pub state: ClearingState,
    /// WeChat's code, when it refused.
    pub errcode: Option<i64>,
}

#[derive(FromQueryResult)]
struct ClearingRow {
    id: i64,
    path: Option<String>,
    at: i64,
    by_name: String,
    state: String,
    errcode: Option<i64>,
}

impl From<ClearingRow> for Clearing {
    fn from(row: ClearingRow) -> Self {
        let ClearingRow { id, path, at, by_name, state, errcode } = row;
        Self { id, path, at, by_name, state: ClearingState::from_word(&state), errcode }
    }
}

/// What is known of the quotas of the account `id`, the most used first.
///
/// # Errors
/// [`Error::NotFound`] when the account is not within `reach`.
pub async fn known(db: &Db, reach: &Reach, id: i64) -> Result<Vec<Quota>> {
    reach.must_see(id)?;
    let sql = "SELECT path, daily_limit, used, remain, minute_limit, asked_at, trouble, CAST(NULL AS BIGINT) AS ours \
               FROM account_quotas WHERE account_id = $1";
    let mut quotas = Quota::find_by_statement(db::statement(db.read(), sql, [id.into()])).all(db.read()).await?;
    let mut counted = counted_today(db, id).await?;
    for quota in &mut quotas {
        quota.ours = Some(counted.remove(&quota.path).unwrap_or_default());
    }
    quotas.sort_by(|a, b| b.percent().cmp(&a.percent()).then(b.used.cmp(&a.used)).then(a.path.cmp(&b.path)));
    Ok(quotas)
}

#[derive(FromQueryResult)]
struct Counted {
    endpoint: String,
    calls: i64,
}

/// The calls that were counted today, by path.
async fn counted_today(db: &Db, id: i64) -> Result<BTreeMap<String, i64>> {
    counted_since(db, id, beginning_of_day()).await
}

async fn counted_since(db: &Db, id: i64, from: i64) -> Result<BTreeMap<String, i64>> {
    // A minute's figures move into its hour's: both spans together are the whole.
    let sql = "SELECT endpoint, CAST(SUM(calls) AS BIGINT) AS calls FROM call_figures \
               WHERE account_id = $1 AND span IN ('m', 'h') AND at >= $2 AND outgoing = $3 GROUP BY endpoint";
    let values = [id.into(), from.into(), true.into()];
    let rows = Counted::find_by_statement(db::statement(db.read(), sql, values)).all(db.read()).await?;
    Ok(rows.into_iter().map(|row| (row.endpoint, row.calls)).collect())
}

/// The first moment of WeChat's today, Unix ms.
fn beginning_of_day() -> i64 {
    let zone = TimeZone::get(WECHAT_ZONE).unwrap_or(TimeZone::UTC);
    let begin = Timestamp::now().to_zoned(zone).start_of_day();
    begin.map_or(0, |begin| begin.timestamp().as_millisecond())
}

/// The first moment of WeChat's month, Unix ms.
fn beginning_of_month() -> i64 {
    let zone = TimeZone::get(WECHAT_ZONE).unwrap_or(TimeZone::UTC);
    let now = Timestamp::now().to_zoned(zone);
    let begin = now.first_of_month().and_then(|first| first.start_of_day());
    begin.map_or(0, |begin| begin.timestamp().as_millisecond())
}

/// Asks WeChat, four paths at a time, and keeps what it says. With `paths` those; without, the favourites and what was called
/// within a week, and of these only what was not asked within ten minutes. A path that WeChat does not tell of keeps its
/// figures and says why.
///
/// # Errors
/// [`Error::Invalid`] when a path is none; those of the database. WeChat's refusals stand in their rows.
pub async fn refresh(db: &Db, live: &LiveAccount, paths: Option<&[String]>) -> Result<Vec<Quota>> {
    let id = live.account.id;
    let before = known(db, &Reach::All, id).await?;
    let wanted: Vec<String> = match paths {
        Some(paths) => {
            for path in paths {
                check_path(path)?;
            }
            paths.iter().take(MOST).cloned().collect()
        }
        None => {
            let fresh = now_ms() - FRESH_MS;
            let is_fresh = |path: &str| before.iter().any(|quota| quota.path == path && quota.asked_at > fresh);
            let week = Timestamp::now().checked_sub(168.hours()).map_or(0, Timestamp::as_millisecond);
            let called = counted_since(db, id, week).await?.into_keys();
            let called = called.filter(|path| check_path(path).is_ok());
            let known = before.iter().map(|quota| quota.path.clone());
            let all = FAVOURITES.iter().map(|path| (*path).to_owned()).chain(called).chain(known);
            let mut seen = BTreeSet::new();
            all.filter(|path| seen.insert(path.clone())).take(MOST).filter(|path| !is_fresh(path)).collect()
        }
    };
    let ask = async |path: String| {
        let told = live.client.base().quota(&path).await;
        (path, told)
    };
    let mut told = stream::iter(wanted).map(ask).buffer_unordered(4);
    while let Some((path, told)) = told.next().await {
        match told {
            Ok(told) => {
                let minute = told.rate_limit.filter(|limit| limit.refresh_second == 60 && limit.call_count > 0);
                let sql = "INSERT INTO account_quotas (account_id, path, daily_limit, used, remain, minute_limit, asked_at, \
                           trouble) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL) ON CONFLICT (account_id, path) DO UPDATE SET \
                           daily_limit = excluded.daily_limit, used = excluded.used, remain = excluded.remain, \
                           minute_limit = excluded.minute_limit, asked_at = excluded.asked_at, trouble = NULL";
                let values = [
                    id.into(),
                    path.into(),
                    told.quota.daily_limit.into(),
                    told.quota.used.into(),
                    told.quota.remain.into(),
                    minute.map(|limit| limit.call_count).into(),
                    now_ms().into(),
                ];
                db.execute(sql, values).await?;
            }
            Err(error) => {
                // Its time stays that of the figures.
                let sql = "INSERT INTO account_quotas (account_id, path, daily_limit, used, remain, asked_at, trouble) \
                           VALUES ($1, $2, 0, 0, 0, 0, $3) \
                           ON CONFLICT (account_id, path) DO UPDATE SET trouble = excluded.trouble";
                db.execute(sql, [id.into(), path.into(), error.to_string().into()]).await?;
            }
        }
    }
    known(db, &Reach::All, id).await
}

/// A path of the API as quotas know it.
fn check_path(path: &str) -> Result<()> {
    let is_path = path.starts_with('/')
        && !path.starts_with("/sns/")
        && (2..=120).contains(&path.len())
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte));
    if is_path { Ok(()) } else { Err(Error::field("path", "quota.bad_path")) }
}

/// Sets the counter of `path`, or of all paths, back to zero. The same `form` again gives the clearing it was before and calls
/// nobody. The caller has checked the permission `accounts.clear_quota` and that the account is seen.
///
/// # Errors
/// [`Error::Invalid`] for a path that is none; [`Error::NotNow`] while another one of the same is on its way. What WeChat
/// refuses, and what nobody knows, is no error: it stands in the clearing.
pub async fn clear(db: &Db, by: &Actor, live: &LiveAccount, path: Option<&str>, form: &str) -> Result<Clearing> {
    if let Some(path) = path {
        check_path(path)?;
    }
    if form.is_empty() || form.len() > 200 {
        return Err(Error::field("form", "quota.no_form"));
    }
    settle_old(db).await?;
    let (account, now) = (live.account.id, now_ms());
    let tx = db.begin_write().await?;
    // Two who press at once come one after the other, also on PostgreSQL.
    db::execute(&*tx, "UPDATE accounts SET version = version WHERE id = $1", [account.into()]).await?;
    if let Some(known) = by_form(&*tx, account, form).await? {
        return Ok(known);
    }
    let sql = "SELECT id FROM quota_clearings WHERE account_id = $1 AND state = 'sending' \
               AND (path = $2 OR path IS NULL OR $3) LIMIT 1";
    let values = [account.into(), path.unwrap_or_default().into(), path.is_none().into()];
    if tx.query_one_raw(db::statement(&*tx, sql, values)).await?.is_some() {
        return Err(Error::NotNow(Problem::new("path", "quota.running")));
    }
    let sql = "INSERT INTO quota_clearings (account_id, path, at, by_name, state, form) \
               VALUES ($1, $2, $3, $4, 'sending', $5)";
    let values = [account.into(), path.into(), now.into(), by.name.as_str().into(), form.into()];
    db::execute(&*tx, sql, values).await?;
    let entry = Entry::new(by, "accounts.clear_quota", "accounts", account).of_account(account);
    audit::record(&*tx, &entry.after(json!({ "path": path }))).await?;
    tx.commit().await?;

    let (state, errcode) = match send(live, path).await {
        Ok(()) => (ClearingState::Done, None),
        Err(error) if error.errcode.is_some() || error.unsent => (ClearingState::Refused, error.errcode),
        Err(error) if error.kind == ErrorKind::CallerMistake => (ClearingState::Refused, None),
        Err(_) => (ClearingState::Unknown, None),
    };
    settle(db, account, path, form, state, errcode).await?;
    by_form(db.read(), account, form).await?.ok_or(Error::NotFound)
}

async fn send(live: &LiveAccount, path: Option<&str>) -> Result<(), ApiError> {
    let base = live.client.base();
    match path {
        Some(path) => base.clear_quota_of(path).await,
        None => match base.clear_quota().await {
            // The call for the token, or this one itself, is what is used up: the other way needs no token.
            Err(error) if error.is(Condition::QuotaUsedUp) && error.errcode == Some(45_009) => {
                live.client.base().clear_quota_with_secret().await
            }
            other => other,
        },
    }
}

/// Writes how it ended. One that the clock has ended stays so.
async fn settle(
    db: &Db,
    account: i64,
    path: Option<&str>,
    form: &str,
    state: ClearingState,
    errcode: Option<i64>,
) -> Result<()> {
    let tx = db.begin_write().await?;
    let sql = "UPDATE quota_clearings SET state = $1, errcode = $2 \
               WHERE account_id = $3 AND form = $4 AND state = 'sending'";
    let values = [state.as_str().into(), errcode.into(), account.into(), form.into()];
    db::execute(&*tx, sql, values).await?;
    if state == ClearingState::Done {
        // What WeChat counts from now on begins with nothing; the next question tells exactly.
        let sql =
            "UPDATE account_quotas SET used = 0, remain = daily_limit WHERE account_id = $1 AND (path = $2 OR $3)";
        db::execute(&*tx, sql, [account.into(), path.unwrap_or_default().into(), path.is_none().into()]).await?;
    }
    tx.commit().await
}

async fn by_form<C: ConnectionTrait>(on: &C, account: i64, form: &str) -> Result<Option<Clearing>> {
    let sql = "SELECT id, path, at, by_name, state, errcode FROM quota_clearings WHERE account_id = $1 AND form = $2";
    let statement = db::statement(on, sql, [account.into(), form.into()]);
    Ok(ClearingRow::find_by_statement(statement).one(on).await?.map(Into::into))
}

/// The clearings of this month by WeChat's calendar, the latest first: as far as Puzi knows, for others may clear, too.
///
/// # Errors
/// [`Error::NotFound`] when the account is not within `reach`.
pub async fn clearings(db: &Db, reach: &Reach, id: i64) -> Result<Vec<Clearing>> {
    reach.must_see(id)?;
    settle_old(db).await?;
    let sql = "SELECT id, path, at, by_name, state, errcode FROM quota_clearings WHERE account_id = $1 AND at >= $2 \
               ORDER BY at DESC, id DESC LIMIT 100";
    let statement = db::statement(db.read(), sql, [id.into(), beginning_of_month().into()]);
    Ok(ClearingRow::find_by_statement(statement).all(db.read()).await?.into_iter().map(Into::into).collect())
}

/// Whoever sent them is gone: nobody knows what became of them, and they are not sent again.
///
/// # Errors
/// When the database does not answer.
pub async fn settle_old(db: &Db) -> Result<()> {
    let lost = now_ms() - LOST_MS;
    let sql = "SELECT 1 AS one FROM quota_clearings WHERE state = 'sending' AND at < $1 LIMIT 1";
    if db.read().query_one_raw(db::statement(db.read(), sql, [lost.into()])).await?.is_some() {
        let sql = "UPDATE quota_clearings SET state = 'unknown' WHERE state = 'sending' AND at < $1";
        db.execute(sql, [lost.into()]).await?;
    }
    Ok(())
}
