//! What was said and done in sessions.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::body;
use crate::api::ask::{number, text_or_empty};
use crate::api::{Answered, ApiError, Call, Reply};
use crate::world::{Inner, World};

/// A user began to wait.
pub(super) const WAITS: i64 = 1000;
/// An agent took a user who waited.
pub(super) const TAKEN: i64 = 1001;
/// A session was begun without waiting.
pub(super) const BEGUN: i64 = 1002;
/// A session went to another agent.
pub(super) const HANDED_OVER: i64 = 1003;
/// A session ended.
pub(super) const ENDED: i64 = 1004;
/// The agent said something.
pub(super) const SPOKE: i64 = 2002;
/// The agent was told something.
pub(super) const HEARD: i64 = 2003;

/// Records that are kept; the oldest go first.
const KEPT: usize = 100_000;
/// Records of one page of `getmsglist`, and of the older `getrecord`.
const PAGE: i64 = 10_000;
const OLD_PAGE: i64 = 50;
/// Seconds that may lie between both ends of a question.
const SPAN: i64 = 24 * 3600;

const BAD_QUERY: ApiError = ApiError::new(65416, "invalid query parameter");
const TOO_LONG: ApiError = ApiError::new(65417, "query time range is out of limit");

struct Record {
    id: i64,
    openid: String,
    opercode: i64,
    text: String,
    /// Unix seconds.
    time: i64,
    worker: String,
}

impl Record {
    fn shown(&self) -> Value {
        json!({
            "openid": self.openid, "opercode": self.opercode, "text": self.text,
            "time": self.time, "worker": self.worker,
        })
    }
}

#[derive(Default)]
pub(super) struct Records {
    /// Ids follow one another.
    kept: VecDeque<Record>,
    last: i64,
}

impl Records {
    pub(super) fn put(&mut self, opercode: i64, openid: &str, worker: &str, text: &str, now: i64) {
        self.last += 1;
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Record {
            id: self.last,
            openid: openid.to_owned(),
            opercode,
            text: text.to_owned(),
            time: now,
            worker: worker.to_owned(),
        });
    }

    fn between(&self, from: i64, to: i64) -> impl Iterator<Item = &Record> {
        self.kept.iter().filter(move |record| (from..=to).contains(&record.time))
    }
}

/// `starttime` and `endtime`, a day apart at most.
fn span(request: &Value) -> Result<(i64, i64), ApiError> {
    let (from, to) = (number(request, "starttime", BAD_QUERY)?, number(request, "endtime", BAD_QUERY)?);
    match to.saturating_sub(from) {
        ..0 => Err(BAD_QUERY),
        0..=SPAN => Ok((from, to)),
        _ => Err(TOO_LONG),
    }
}

/// `POST /customservice/msgrecord/getmsglist`, getMsgList: what was said, from `msgid` on. The answer's `msgid` is
/// where the next page begins.
pub(super) fn list(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let (from, to) = span(&request)?;
    let (first, most) = (number(&request, "msgid", BAD_QUERY)?, number(&request, "number", BAD_QUERY)?);
    if first < 1 || !(1..=PAGE).contains(&most) {
        return Err(BAD_QUERY);
    }
    let records = &world.account(&call.appid).families.service.records;
    let said = records.between(from, to).filter(|record| record.id >= first && record.opercode >= SPOKE);
    let page: Vec<_> = said.take(usize::try_from(most).unwrap_or_default()).collect();
    let next = page.last().map_or(first, |record| record.id + 1);
    let shown: Vec<_> = page.iter().map(|record| record.shown()).collect();
    Ok(Reply::Json(json!({ "recordlist": shown, "number": page.len(), "msgid": next })))
}

/// `POST /customservice/msgrecord/getrecord`, the call before it: in numbered pages, also what was done.
pub(super) fn pages(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let (from, to) = span(&request)?;
    let (page, size) = (number(&request, "pageindex", BAD_QUERY)?, number(&request, "pagesize", BAD_QUERY)?);
    if page < 1 || !(1..=OLD_PAGE).contains(&size) {
        return Err(BAD_QUERY);
    }
    let openid = text_or_empty(&request, "openid")?;
    let size = usize::try_from(size).map_err(|_| BAD_QUERY)?;
    let before = usize::try_from(page - 1).map_err(|_| BAD_QUERY)?.saturating_mul(size);
    let records = &world.account(&call.appid).families.service.records;
    let wanted = records.between(from, to).filter(|record| openid.is_empty() || record.openid == openid);
    let shown: Vec<_> = wanted.skip(before).take(size).map(Record::shown).collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "recordlist": shown })))
}
