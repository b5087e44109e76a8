//! Reading the record of calls: the latest lines, what is new, one line with all that belongs to it.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::replay::{self, Replay, Source};
use crate::{
    Error, Result,
    accounts::Reach,
    accounts::listed,
    conversations::again,
    db::{self, Db},
};

/// Lines that one question for what is new gives at most.
pub const NEW_AT_ONCE: usize = 100;
/// On PostgreSQL numbers become visible in another order than they are drawn: who asks for what is new is given as many
/// of the lines before once more, and drops those it has.
pub const LOOKS_BACK: i64 = 200;
/// The attempts of one call lie within this, ms: the client gives up before.
const ONE_CALL_MS: i64 = 20_000;
/// WeChat delivers a push three times within this, ms.
const ONE_PUSH_MS: i64 = 60_000;
/// Neighbours that are looked through for attempts.
const NEIGHBOURS: usize = 200;

pub use super::entity::Model as Call;

pub(super) const CALL: &str = "SELECT id, account_id, at, outgoing, endpoint, us, sent, received, trouble, errcode, status, rid, \
                    attempt, node, origin, openid, message_key, errmsg, has_bodies FROM calls";

/// Which lines are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of one account.
    pub account: Option<i64>,
    /// Those that went wrong.
    pub failed: bool,
    /// True: calls. False: pushes.
    pub outgoing: Option<bool>,
    /// Of one endpoint.
    pub endpoint: Option<String>,
    /// With this errcode.
    pub errcode: Option<i64>,
    /// Begun then or later, Unix ms.
    pub since: Option<i64>,
}

impl Filter {
    /// The conditions, each with a leading ` AND`.
    fn sql(&self, values: &mut Vec<Value>) -> String {
        let mut sql = String::new();
        let mut with = |condition: &str, value: Value| {
            values.push(value);
            sql.push_str(&format!(" AND {condition} ${}", values.len()));
        };
        if let Some(outgoing) = self.outgoing {
            with("outgoing =", outgoing.into());
        }
        if let Some(endpoint) = &self.endpoint {
            with("endpoint =", endpoint.as_str().into());
        }
        if let Some(errcode) = self.errcode {
            with("errcode =", errcode.into());
        }
        if let Some(since) = self.since {
            with("at >=", since.into());
        }
        if self.failed {
            sql.push_str(" AND trouble IS NOT NULL");
        }
        sql
    }
}

/// A line with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The line.
    pub call: Call,
    /// What went out, masked.
    pub request: Option<String>,
    /// What came back, masked.
    pub response: Option<String>,
    /// All attempts of this call, or deliveries of this push, the first one first; this line is one of them.
    pub attempts: Vec<Call>,
    /// The message of a push.
    pub message: Option<PushMessage>,
    /// The number of the refused push, of one that could not be read.
    pub refused: Option<i64>,
    /// Replays of this push, the newest first.
    pub replays: Vec<Replay>,
}

impl Detail {
    /// What can be replayed.
    pub fn source(&self) -> Option<Source> {
        let message = self.message.as_ref().map(|message| Source::Message(message.id));
        message.or(self.refused.map(Source::Refused))
    }
}

/// The message that a push became.
#[derive(Debug, Clone)]
pub struct PushMessage {
    /// Its number.
    pub id: i64,
    /// Who wrote.
    pub openid: String,
    /// `answered`, `answering`, `deferred`, `failed`.
    pub answer_state: String,
    /// The rule that chose the answer.
    pub rule_id: Option<i64>,
}

/// The accounts that are read: the one asked for, else all that are seen.
///
/// # Errors
/// [`Error::NotFound`] for an account that is not seen.
pub(super) async fn accounts(db: &Db, reach: &Reach, account: Option<i64>) -> Result<Vec<i64>> {
    if let Some(account) = account {
        reach.must_see(account)?;
        return Ok(vec![account]);
    }
    if let Some(ids) = reach.limited_to() {
        return Ok(ids.to_vec());
    }
    Ok(listed::names_of(db.read()).await?.into_iter().map(|(id, _)| id).collect())
}

/// The latest `limit` lines that match, the newest first: one seek in an index for each account.
///
/// # Errors
/// [`Error::NotFound`] for an account that is not seen.
pub async fn latest(db: &Db, reach: &Reach, filter: &Filter, limit: usize) -> Result<Vec<Call>> {
    let mut all = Vec::new();
    for account in accounts(db, reach, filter.account).await? {
        let mut values = vec![account.into()];
        let conditions = filter.sql(&mut values);
        let sql = format!("{CALL} WHERE account_id = $1{conditions} ORDER BY at DESC, id DESC LIMIT {limit}");
        all.extend(Call::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?);
    }
    all.sort_unstable_by_key(|call| std::cmp::Reverse((call.at, call.id)));
    all.truncate(limit);
    Ok(all)
}

/// What was written after the line `id`, in the order of writing, [`NEW_AT_ONCE`] at most; before them the last
/// [`LOOKS_BACK`] that match, which the caller has seen unless they became visible late. By number and not by time: a
/// line is written a moment after it happened.
///
/// # Errors
/// [`Error::NotFound`] for an account that is not seen.
pub async fn after(db: &Db, reach: &Reach, filter: &Filter, id: i64) -> Result<Vec<Call>> {
    let reach = match filter.account {
        Some(account) => {
            reach.must_see(account)?;
            reach.only(account)
        }
        None => reach.clone(),
    };
    // SQLite has one writer: its numbers appear in order.
    let back = if db.is_sqlite() { 0 } else { LOOKS_BACK };
    let mut values = vec![(id - back).into()];
    // The short end of the table's own key leads, and no index.
    let limits = reach.sql("+account_id", &mut values);
    let conditions = filter.sql(&mut values);
    let most = NEW_AT_ONCE + usize::try_from(back).unwrap_or(0);
    let sql = format!("{CALL} WHERE id > $1{limits}{conditions} ORDER BY id LIMIT {most}");
    Ok(Call::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// The largest number there is, 0 without any line.
pub async fn latest_id(db: &Db) -> Result<i64> {
    let statement = db::statement(db.read(), "SELECT COALESCE(MAX(id), 0) AS n FROM calls", []);
    let row = db.read().query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
}

/// One line with all that belongs to it.
///
/// # Errors
/// [`Error::NotFound`] when it is not there (any more) or not seen.
pub async fn get(db: &Db, reach: &Reach, id: i64) -> Result<Detail> {
    let on = db.read();
    let statement = db::statement(on, &format!("{CALL} WHERE id = $1"), [id.into()]);
    let call = Call::find_by_statement(statement).one(on).await?.ok_or(Error::NotFound)?;
    reach.must_see(call.account_id)?;
    let (mut request, mut response) = (None, None);
    if call.has_bodies {
        let sql = "SELECT request, response FROM call_bodies WHERE call_id = $1";
        if let Some(row) = on.query_one_raw(db::statement(on, sql, [id.into()])).await? {
            (request, response) = (row.try_get("", "request")?, row.try_get("", "response")?);
        }
    }
    let attempts = if call.outgoing { attempts_of(db, &call).await? } else { deliveries_of(db, &call).await? };
    let (mut message, mut refused, mut replays) = (None, None, Vec::new());
    if let (false, Some(key)) = (call.outgoing, &call.message_key) {
        message = again::by_key(on, call.account_id, key).await?.map(|stored| PushMessage {
            id: stored.id,
            openid: stored.openid,
            answer_state: stored.answer_state,
            rule_id: stored.rule_id,
        });
        refused = refused_of_key(db, call.account_id, key).await?;
        if let Some(message) = &message {
            replays.extend(replay::of_source(on, Source::Message(message.id)).await?);
        }
        if let Some(refused) = refused {
            replays.extend(replay::of_source(on, Source::Refused(refused)).await?);
        }
        replays.sort_unstable_by_key(|replay| std::cmp::Reverse(replay.id));
    }
    Ok(Detail { call, request, response, attempts, message, refused, replays })
}

/// The names of the endpoints that any line had, of the accounts `within`, or of all.
///
/// # Errors
/// When the database does not answer.
pub async fn endpoints<C: ConnectionTrait>(on: &C, within: Option<&[i64]>) -> Result<Vec<String>> {
    let limit = match within {
        Some([]) => return Ok(Vec::new()),
        Some(ids) => {
            let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
            format!(" WHERE account_id IN ({})", ids.join(", "))
        }
        None => String::new(),
    };
    let sql = format!("SELECT DISTINCT endpoint FROM endpoints{limit} ORDER BY endpoint LIMIT 1000");
    let rows = on.query_all_raw(db::statement(on, &sql, [])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "endpoint")?)).collect()
}

async fn refused_of_key(db: &Db, account: i64, key: &[u8]) -> Result<Option<i64>> {
    const SQL: &str = "SELECT id FROM refused_pushes WHERE call_key = $1 AND account_id = $2 ORDER BY id LIMIT 1";
    let row = db.read().query_one_raw(db::statement(db.read(), SQL, [key.to_vec().into(), account.into()])).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

async fn neighbours(db: &Db, call: &Call, within_ms: i64) -> Result<Vec<Call>> {
    let sql = format!(
        "{CALL} WHERE account_id = $1 AND endpoint = $2 AND at >= $3 AND at <= $4 ORDER BY at, id LIMIT {NEIGHBOURS}"
    );
    let values = [
        call.account_id.into(),
        call.endpoint.as_str().into(),
        (call.at - within_ms).into(),
        (call.at + within_ms).into(),
    ];
    Ok(Call::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// The deliveries of one push.
async fn deliveries_of(db: &Db, call: &Call) -> Result<Vec<Call>> {
    let mut near = neighbours(db, call, ONE_PUSH_MS).await?;
    near.retain(|other| other.id == call.id || (other.message_key.is_some() && other.message_key == call.message_key));
    Ok(near)
}

/// The attempts of one call.
async fn attempts_of(db: &Db, call: &Call) -> Result<Vec<Call>> {
    let near = neighbours(db, call, ONE_CALL_MS).await?;
    Ok(chain(call, near))
}

/// Nothing names a call, so its attempts are those that fit: of the same process and about the same follower, counted
/// one after the other.
fn chain(call: &Call, near: Vec<Call>) -> Vec<Call> {
    let alike: Vec<Call> = near
        .into_iter()
        .filter(|other| other.node == call.node && other.openid == call.openid && other.origin == call.origin)
        .collect();
    let mut chain = vec![call.clone()];
    for earlier in alike.iter().rev().filter(|other| (other.at, other.id) < (call.at, call.id)) {
        if earlier.attempt + 1 == chain[0].attempt {
            chain.insert(0, earlier.clone());
        }
    }
    for later in alike.iter().filter(|other| (other.at, other.id) > (call.at, call.id)) {
        if chain.last().is_some_and(|last| last.attempt + 1 == later.attempt) {
            chain.push(later.clone());
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: i64, at: i64, attempt: i32) -> Call {
        Call {
            id,
            account_id: 1,
            at,
            outgoing: true,
            endpoint: "/cgi-bin/user/info".into(),
            us: 1,
            sent: 0,
            received: 0,
            trouble: None,
            errcode: None,
            status: Some(200),
            rid: None,
            attempt,
            node: "a".into(),
            origin: "serve".into(),
            openid: None,
            message_key: None,
            errmsg: None,
            has_bodies: false,
        }
    }

    #[test]
    fn the_attempts_of_a_call_are_counted_one_after_the_other() {
        // Two calls at once: 1, 2, 3 and a neighbour's 1 and 2.
        let near = vec![call(1, 10, 1), call(2, 15, 1), call(3, 20, 2), call(4, 30, 3), call(5, 40, 1)];
        let of = |at: usize| chain(&near[at], near.clone()).iter().map(|call| call.id).collect::<Vec<_>>();
        assert_eq!(of(3), [2, 3, 4]);
        assert_eq!(of(2), [2, 3, 4]);
        assert_eq!(of(4), [5]);
    }
}
