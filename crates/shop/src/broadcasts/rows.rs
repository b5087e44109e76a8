//! The rows of broadcasts and of their parts.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::{Audience, Broadcasts, Content, Event, PartState, State};
use crate::{
    Error, Result, db,
    machine::{Who, Word, may},
};

/// A broadcast as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Broadcast {
    /// Row number.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// Name that people see.
    pub name: String,
    /// What is sent.
    pub content: Content,
    /// To whom.
    pub audience: Audience,
    /// An article found to be a copy is sent nevertheless.
    pub ignore_reprint: bool,
    /// Step of the speed; none: as it is set at WeChat.
    pub speed: Option<i64>,
    /// When, Unix ms; none: as soon as it is approved.
    pub at: Option<i64>,
    /// Where it stands.
    pub state: State,
    /// How many it goes to: of a list exactly, else as last synced.
    pub frozen: i64,
    /// How far freezing is.
    pub(super) frozen_after: Option<i64>,
    /// Of a list: who had their four messages of the month, as far as is known here.
    pub over_quota: i64,
    /// Of a list: who turned out to be nobody of this account.
    pub left_out: i64,
    /// What is approved.
    pub digest: Option<String>,
    /// Keys of whoever had a hand in it.
    pub(super) hands: Vec<String>,
    /// Who wrote it.
    pub made_name: String,
    /// Who submitted it; empty: nobody.
    pub submitted_name: String,
    /// Unix ms.
    pub submitted_at: Option<i64>,
    /// Who approved it; empty: nobody.
    pub approved_name: String,
    /// Unix ms.
    pub approved_at: Option<i64>,
    /// Whoever approved it had a hand in it.
    pub alone: bool,
    /// Key of a text, or what WeChat said.
    pub error: Option<String>,
    /// Counts its changes.
    pub version: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub finished_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    account_id: i64,
    name: String,
    content: String,
    whom: String,
    ignore_reprint: bool,
    speed: Option<i64>,
    at: Option<i64>,
    state: String,
    frozen: i64,
    pub(super) frozen_after: Option<i64>,
    over_quota: i64,
    left_out: i64,
    digest: Option<String>,
    hands: String,
    made_name: String,
    submitted_name: String,
    submitted_at: Option<i64>,
    approved_name: String,
    approved_at: Option<i64>,
    alone: bool,
    error: Option<String>,
    version: i64,
    created_at: i64,
    finished_at: Option<i64>,
}

const SELECT: &str = "SELECT id, account_id, name, content, whom, ignore_reprint, speed, at, state, frozen, frozen_after, \
                      over_quota, left_out, digest, hands, made_name, submitted_name, submitted_at, approved_name, \
                      approved_at, alone, error, version, created_at, finished_at FROM broadcasts";

impl TryFrom<Row> for Broadcast {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let unreadable = |what: &str| Error::Io(std::io::Error::other(format!("broadcast {}: bad {what}", row.id)));
        Ok(Self {
            content: serde_json::from_str(&row.content).map_err(|_| unreadable("content"))?,
            audience: serde_json::from_str(&row.whom).map_err(|_| unreadable("audience"))?,
            // The table's own check keeps other words out.
            state: State::read(&row.state).ok_or_else(|| unreadable("state"))?,
            hands: serde_json::from_str(&row.hands).map_err(|_| unreadable("hands"))?,
            id: row.id,
            account_id: row.account_id,
            name: row.name,
            ignore_reprint: row.ignore_reprint,
            speed: row.speed,
            at: row.at,
            frozen: row.frozen,
            frozen_after: row.frozen_after,
            over_quota: row.over_quota,
            left_out: row.left_out,
            digest: row.digest,
            made_name: row.made_name,
            submitted_name: row.submitted_name,
            submitted_at: row.submitted_at,
            approved_name: row.approved_name,
            approved_at: row.approved_at,
            alone: row.alone,
            error: row.error,
            version: row.version,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

impl Broadcast {
    /// What `who` may cause now: the buttons of its page.
    pub fn buttons(&self, who: Who) -> Vec<Event> {
        let mut events = may::<Broadcasts>(self.state, who);
        events.retain(|event| *event != Event::Revoke || self.content.is_revocable());
        events
    }

    /// Whether it changes by itself.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Freezing | State::Approved | State::Sending | State::Stopping)
    }

    /// Whether what it says can be changed.
    pub fn is_editable(&self) -> bool {
        matches!(self.state, State::Draft | State::Waiting | State::Approved)
    }
}

/// A part as it stands: one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Row number.
    pub id: i64,
    /// The broadcast.
    pub broadcast_id: i64,
    /// Counts the parts, from 1.
    pub number: i64,
    /// The first of its recipients.
    pub from_position: i64,
    /// Behind the last of its recipients.
    pub until_position: i64,
    /// What WeChat tells repeats by.
    pub clientmsgid: String,
    pub(super) media_id: Option<String>,
    pub(super) own_draft: bool,
    /// Where it stands.
    pub state: PartState,
    pub(super) doubt: bool,
    pub(super) first_tried_at: Option<i64>,
    /// The last call, Unix ms.
    pub tried_at: Option<i64>,
    /// Calls begun.
    pub tries: i64,
    /// WeChat's number of it.
    pub msg_id: Option<i64>,
    /// WeChat's number of its articles.
    pub msg_data_id: Option<i64>,
    /// Unix ms.
    pub accepted_at: Option<i64>,
    /// WeChat's word for what became of it.
    pub result: Option<String>,
    /// How many it was for, as WeChat counts.
    pub total: Option<i64>,
    /// How many were left after WeChat's own filters.
    pub filtered: Option<i64>,
    /// How many have it.
    pub sent: Option<i64>,
    /// How many could not be reached.
    pub errors: Option<i64>,
    pub(super) told: Option<String>,
    /// WeChat's code.
    pub errcode: Option<i64>,
    /// WeChat's words, or the key of a text that begins with `broadcast.`.
    pub error: Option<String>,
    /// WeChat's number of the refused call.
    pub rid: Option<String>,
}

#[derive(FromQueryResult)]
struct PartRow {
    id: i64,
    broadcast_id: i64,
    number: i64,
    from_position: i64,
    until_position: i64,
    clientmsgid: String,
    pub(super) media_id: Option<String>,
    pub(super) own_draft: bool,
    state: String,
    pub(super) doubt: bool,
    pub(super) first_tried_at: Option<i64>,
    tried_at: Option<i64>,
    tries: i64,
    msg_id: Option<i64>,
    msg_data_id: Option<i64>,
    accepted_at: Option<i64>,
    result: Option<String>,
    total: Option<i64>,
    filtered: Option<i64>,
    sent: Option<i64>,
    errors: Option<i64>,
    pub(super) told: Option<String>,
    errcode: Option<i64>,
    error: Option<String>,
    rid: Option<String>,
}

const PARTS: &str = "SELECT id, broadcast_id, number, from_position, until_position, clientmsgid, media_id, own_draft, state, \
                     doubt, first_tried_at, tried_at, tries, msg_id, msg_data_id, accepted_at, result, total, filtered, \
                     sent, errors, told, errcode, error, rid FROM broadcast_parts";

impl From<PartRow> for Part {
    fn from(row: PartRow) -> Self {
        Self {
            // The table's own check keeps other words out; what nobody can read is not sent.
            state: PartState::read(&row.state).unwrap_or(PartState::Unsure),
            id: row.id,
            broadcast_id: row.broadcast_id,
            number: row.number,
            from_position: row.from_position,
            until_position: row.until_position,
            clientmsgid: row.clientmsgid,
            media_id: row.media_id,
            own_draft: row.own_draft,
            doubt: row.doubt,
            first_tried_at: row.first_tried_at,
            tried_at: row.tried_at,
            tries: row.tries,
            msg_id: row.msg_id,
            msg_data_id: row.msg_data_id,
            accepted_at: row.accepted_at,
            result: row.result,
            total: row.total,
            filtered: row.filtered,
            sent: row.sent,
            errors: row.errors,
            told: row.told,
            errcode: row.errcode,
            error: row.error,
            rid: row.rid,
        }
    }
}

/// The broadcast `id`.
pub(super) async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<Broadcast> {
    let sql = format!("{SELECT} WHERE id = $1");
    let row = Row::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?;
    row.ok_or(Error::NotFound)?.try_into()
}

/// The broadcast `id`, which nobody else changes until the transaction ends. It is always locked before its parts.
pub(super) async fn lock<C: ConnectionTrait>(tx: &C, id: i64) -> Result<Broadcast> {
    db::execute(tx, "UPDATE broadcasts SET version = version WHERE id = $1", [id.into()]).await?;
    find(tx, id).await
}

/// The part `id`.
pub(super) async fn find_part<C: ConnectionTrait>(on: &C, id: i64) -> Result<Part> {
    let sql = format!("{PARTS} WHERE id = $1");
    let row = PartRow::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// The parts of a broadcast, in order.
pub(super) async fn parts_of<C: ConnectionTrait>(on: &C, broadcast: i64) -> Result<Vec<Part>> {
    let sql = format!("{PARTS} WHERE broadcast_id = $1 ORDER BY number");
    let rows = PartRow::find_by_statement(db::statement(on, &sql, [broadcast.into()])).all(on).await?;
    Ok(rows.into_iter().map(Part::from).collect())
}

/// The broadcasts that fit the end of a statement.
pub(super) async fn listed<C: ConnectionTrait>(on: &C, rest: &str, values: Vec<Value>) -> Result<Vec<Broadcast>> {
    let sql = format!("{SELECT}{rest}");
    let rows = Row::find_by_statement(db::statement(on, &sql, values)).all(on).await?;
    rows.into_iter().map(Broadcast::try_from).collect()
}
