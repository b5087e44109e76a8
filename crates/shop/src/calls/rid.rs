//! What happened to a rid, WeChat's number of a failed request: what was recorded here, and what WeChat says itself.

use sea_orm::{FromQueryResult, Value};

use super::{
    mask::Mask,
    read::{CALL, Call},
};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach},
    db::{self, Db},
};

/// The longest rid.
const LONGEST: usize = 80;
/// Lines with one rid that are shown: an attempt has one of its own.
const MOST: usize = 20;

/// What WeChat says of a failed request, masked as bodies are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RidAnswer {
    /// When it was called, Unix ms.
    pub invoked_at: i64,
    /// How long WeChat took, ms.
    pub took_ms: i64,
    /// The request's body; none when it cannot be kept masked.
    pub request: Option<String>,
    /// WeChat's answer to it.
    pub response: Option<String>,
}

/// Whether `text` can be a rid: letters, digits and dashes.
pub fn is_rid(text: &str) -> bool {
    (8..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The lines with this rid, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &Db, reach: &Reach, rid: &str) -> Result<Vec<Call>> {
    if !is_rid(rid) {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value> = vec![rid.into()];
    let limits = reach.sql("account_id", &mut values);
    let sql = format!("{CALL} WHERE rid = $1{limits} ORDER BY account_id, id DESC LIMIT {MOST}");
    let mut calls = Call::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?;
    calls.sort_unstable_by_key(|call| std::cmp::Reverse((call.at, call.id)));
    Ok(calls)
}

/// Asks WeChat, as the account that made the request. `endpoint` is the request's path, when it is known: of an unknown
/// one only the structure is told. The request's address is never told, for it has the token in it.
///
/// # Errors
/// [`Error::Invalid`] names `rid` when it is none; [`Error::WeChat`] with 76001 to 76004 and 76022 when WeChat does not
/// tell.
pub async fn ask(live: &LiveAccount, rid: &str, endpoint: Option<&str>) -> Result<RidAnswer> {
    if !is_rid(rid) {
        return Err(Error::field("rid", "replay.bad_rid"));
    }
    let told = live.client.base().look_up_rid(rid).await?;
    let account = &live.account;
    let aes_key = account.aes_key.expose();
    let secrets = [account.secret.expose().as_str(), account.token.expose().as_str(), aes_key.as_ref()];
    let mask = Mask::new(endpoint.unwrap_or_default(), secrets);
    let shown = |body: &str| mask.body(body.as_bytes()).map(|json| json.to_string());
    Ok(RidAnswer {
        invoked_at: told.invoke_time.saturating_mul(1_000),
        took_ms: told.cost_in_ms,
        request: shown(&told.request_body),
        response: shown(&told.response_body),
    })
}
