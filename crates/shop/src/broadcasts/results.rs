//! What became of it: WeChat tells the end of each part by a push, and is asked when none comes. A push may come before the
//! answer to the call that it is about is stored: it waits for its part then.

use puzi_wechat::{
    api::mass,
    message::{Body, Event as Pushed, Push},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{
    Ask, Broadcast, Broadcasts, Event, Part, PartEvent, PartState, Parts, STATE, State, ask, find, find_part, lock,
    parts_of, send::state_key,
};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::Actor,
    conversations::{follow, reading::Full},
    db::{self, now_ms},
    jobs::{self, Job},
    machine::{self, Who},
};

/// What is followed.
const KINDS: &[&str] = &["event:MASSSENDJOBFINISH"];
/// After so many minutes WeChat is asked the next time, and after the last no more.
const LOOKS_MINUTES: [i64; 5] = [4, 10, 45, 300, 1_080];
/// People left out that a page shows.
const SHOWN: usize = 200;
/// WeChat's word for a good end.
const SUCCESS: &str = "send success";

/// What WeChat told of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// `send success`, `send fail` or `err(…)` with the reason's number.
    pub status: String,
    /// How many it was for.
    pub total: Option<i64>,
    /// How many were left after WeChat's own filters.
    pub filtered: Option<i64>,
    /// How many have it.
    pub sent: Option<i64>,
    /// How many could not be reached.
    pub errors: Option<i64>,
    /// What was found of each article.
    pub copyright: Vec<CopyrightLine>,
    /// The addresses of the articles, in order.
    pub urls: Vec<String>,
}

/// What WeChat found of an article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CopyrightLine {
    /// Which, from 1.
    pub article: i64,
    /// 1: original, 2: a copy that may be reprinted, 3: a copy that may not, 0: not looked at.
    pub audit: i64,
    /// Where the original is.
    pub original_url: String,
    /// It may be reprinted.
    pub can_reprint: bool,
}

impl Told {
    fn is_good(&self) -> bool {
        self.status.eq_ignore_ascii_case(SUCCESS) || self.status.eq_ignore_ascii_case("sendsuccess")
    }

    /// The number of `err(…)`.
    pub fn reason(&self) -> Option<i64> {
        reason(&self.status)
    }

    /// From a push; none when it tells of something else.
    fn of(message: &Full) -> Option<(i64, Self)> {
        let bytes = message.payload.as_bytes();
        let json = message.payload.trim_start().starts_with('{');
        let push = if json { Push::from_json(bytes) } else { Push::from_xml(bytes) };
        let Body::Event(Pushed::MassSendJobFinish {
            msg_id,
            status,
            total_count,
            filter_count,
            sent_count,
            error_count,
            copyright_check,
            article_urls,
            ..
        }) = push.ok()?.body
        else {
            return None;
        };
        let lines = copyright_check.map(|check| check.results).unwrap_or_default();
        let urls = article_urls.map(|urls| urls.results).unwrap_or_default();
        let told = Self {
            status,
            total: total_count,
            filtered: filter_count,
            sent: sent_count,
            errors: error_count,
            copyright: lines
                .into_iter()
                .map(|line| CopyrightLine {
                    article: line.article_idx.unwrap_or_default(),
                    audit: line.audit_state.unwrap_or_default(),
                    original_url: line.original_article_url.unwrap_or_default(),
                    can_reprint: line.can_reprint == Some(1),
                })
                .collect(),
            urls: urls.into_iter().map(|url| url.article_url).collect(),
        };
        Some((msg_id.trim().parse().ok()?, told))
    }
}

/// The number of `err(…)`.
fn reason(status: &str) -> Option<i64> {
    status.trim().strip_prefix("err(")?.strip_suffix(')')?.trim().parse().ok()
}

/// Somebody to whom nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Dropped {
    /// Who.
    pub openid: String,
    /// Why: `unknown`, nobody of this account.
    pub dropped: String,
}

/// Something that happened to a broadcast.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Happened {
    /// What, see [`Event`].
    pub event: String,
    /// Where it stood then.
    pub to_state: String,
    /// `staff`, `second`, `clock` or `wechat`.
    pub who: String,
    /// By name.
    pub by: String,
    /// A reason in words, the key of a text, or nothing.
    pub why: String,
    /// Unix ms.
    pub at: i64,
}

/// What became of a broadcast.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// The broadcast.
    pub broadcast: Broadcast,
    /// Its parts, in order.
    pub parts: Vec<Part>,
    /// How many WeChat was asked to send to, as it counted.
    pub total: i64,
    /// How many have it.
    pub sent: i64,
    /// How many could not be reached.
    pub errors: i64,
    /// How many WeChat left out: they left, refuse, or had their four messages of the month.
    pub filtered_out: i64,
    /// Parts that went out of which WeChat told no numbers.
    pub uncounted: i64,
    /// Those who turned out to be nobody, two hundred at most.
    pub dropped: Vec<Dropped>,
    /// What was found of each article.
    pub copyright: Vec<CopyrightLine>,
    /// The addresses of the articles.
    pub urls: Vec<String>,
}

impl Broadcasts {
    /// Takes what WeChat tells, until `stop`.
    pub(super) async fn follow(&self, stop: CancellationToken) {
        let take = async |tx: &DatabaseTransaction, messages: &[Full]| {
            for message in messages {
                if let Some((msg_id, result)) = Told::of(message) {
                    told(tx, message.account_id, msg_id, &result).await?;
                }
            }
            Ok(())
        };
        follow::follow(self.db.clone(), "broadcasts", KINDS, take, stop).await;
    }

    /// Asks WeChat what became of a part that no push told of.
    pub(super) async fn ask_state(&self, job: &Job) -> Result<()> {
        let Some(Ask { id, round }) = ask(job) else { return Ok(()) };
        let part = find_part(self.db.read(), id).await?;
        let (PartState::Accepted, Some(msg_id)) = (part.state, part.msg_id) else { return Ok(()) };
        let account = find(self.db.read(), part.broadcast_id).await?.account_id;
        let live = self.live(account).map_err(|_| Error::Busy)?;
        let state = match live.client.mass().status(&msg_id.to_string()).await {
            Ok(status) => Some(status.msg_status),
            Err(error) => {
                tracing::warn!(part = id, %error, "WeChat did not say what became of a broadcast");
                None
            }
        };
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, part.broadcast_id).await?;
        if !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        let ended = |status: &str| Told { status: status.to_owned(), ..Told::default() };
        match state {
            Some(mass::State::SendSuccess | mass::State::Delete) => {
                apply(&tx, &broadcast, id, &ended(SUCCESS)).await?;
            }
            Some(mass::State::SendFail) => apply(&tx, &broadcast, id, &ended("send fail")).await?,
            _ => match LOOKS_MINUTES.get(round) {
                Some(minutes) => {
                    let (next, at) = (Ask { id, round: round + 1 }, now_ms() + minutes * 60_000);
                    jobs::push_of(&*tx, Some(account), STATE, Some(&state_key(id)), &next, at).await?;
                }
                // A day later nobody says more.
                None => close(&*tx, &broadcast, id).await?,
            },
        }
        tx.commit().await
    }

    /// What became of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn results(&self, reach: &Reach, id: i64) -> Result<Results> {
        let broadcast = self.get(reach, id).await?;
        let on = self.db.read();
        let parts = parts_of(on, id).await?;
        let sql = format!(
            "SELECT openid, dropped FROM broadcast_recipients WHERE broadcast_id = $1 AND dropped IS NOT NULL \
             ORDER BY position LIMIT {SHOWN}"
        );
        let dropped = Dropped::find_by_statement(db::statement(on, &sql, [id.into()])).all(on).await?;
        let sum = |value: fn(&Part) -> Option<i64>| parts.iter().filter_map(value).sum::<i64>();
        let told: Vec<Told> = parts.iter().filter_map(|part| serde_json::from_str(part.told.as_ref()?).ok()).collect();
        // Every part carries the same articles.
        let fullest =
            told.iter().max_by_key(|told| told.urls.len() + told.copyright.len()).cloned().unwrap_or_default();
        let (total, filtered) = (sum(|part| part.total), sum(|part| part.filtered));
        let uncounted = parts.iter().filter(|part| part.state == PartState::Done && part.sent.is_none()).count();
        Ok(Results {
            total,
            sent: sum(|part| part.sent),
            errors: sum(|part| part.errors),
            filtered_out: (total - filtered).max(0),
            uncounted: uncounted as i64,
            dropped,
            copyright: fullest.copyright,
            urls: fullest.urls,
            parts,
            broadcast,
        })
    }

    /// What happened to it, in order.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach.
    pub async fn history(&self, reach: &Reach, id: i64) -> Result<Vec<Happened>> {
        self.get(reach, id).await?;
        const SQL: &str = "SELECT event, to_state, who, by, why, at FROM broadcast_events WHERE broadcast_id = $1 \
                           ORDER BY id LIMIT 200";
        let on = self.db.read();
        Ok(Happened::find_by_statement(db::statement(on, SQL, [id.into()])).all(on).await?)
    }
}

/// WeChat told the end of the message `msg_id`. It is kept first: its part may not know its number yet.
pub(super) async fn told(tx: &DatabaseTransaction, account: i64, msg_id: i64, result: &Told) -> Result<()> {
    const KEEP: &str = "INSERT INTO mass_results (account_id, msg_id, payload, at) VALUES ($1, $2, $3, $4) \
                        ON CONFLICT (account_id, msg_id) DO NOTHING";
    let payload = serde_json::to_string(result).expect("what is told is plain data");
    db::execute(tx, KEEP, [account.into(), msg_id.into(), payload.into(), now_ms().into()]).await?;
    const SQL: &str = "SELECT id, broadcast_id FROM broadcast_parts WHERE account_id = $1 AND msg_id = $2";
    let row = tx.query_one_raw(db::statement(tx, SQL, [account.into(), msg_id.into()])).await?;
    let Some(row) = row else { return Ok(()) };
    let (id, broadcast): (i64, i64) = (row.try_get("", "id")?, row.try_get("", "broadcast_id")?);
    let broadcast = lock(tx, broadcast).await?;
    apply(tx, &broadcast, id, result).await
}

/// Applies the result that waited for the number `msg_id`. False when there is none yet.
pub(super) async fn take_waiting(
    tx: &DatabaseTransaction,
    broadcast: &Broadcast,
    part: i64,
    msg_id: i64,
) -> Result<bool> {
    const SQL: &str = "SELECT payload FROM mass_results WHERE account_id = $1 AND msg_id = $2";
    let row = tx.query_one_raw(db::statement(tx, SQL, [broadcast.account_id.into(), msg_id.into()])).await?;
    let Some(row) = row else { return Ok(false) };
    let result = serde_json::from_str(&row.try_get::<String>("", "payload")?).unwrap_or_default();
    apply(tx, broadcast, part, &result).await?;
    Ok(true)
}

/// Writes down what became of a part; told again, it changes nothing.
async fn apply(tx: &DatabaseTransaction, broadcast: &Broadcast, part: i64, told: &Told) -> Result<()> {
    let event = if told.is_good() { PartEvent::Delivered } else { PartEvent::Undelivered };
    let step = machine::step::<Parts>(tx, part, event, Who::WeChat, &Actor::system(), &told.status).await;
    if let Err(Error::NotNow(_) | Error::Stale) = step {
        return counted_late(tx, part, told).await;
    }
    step?;
    const SQL: &str = "UPDATE broadcast_parts SET result = $1, total = $2, filtered = $3, sent = $4, errors = $5, told = $6, \
                       changed_at = $7 WHERE id = $8";
    let json = serde_json::to_string(told).expect("what is told is plain data");
    let values = [
        told.status.as_str().into(),
        told.total.into(),
        told.filtered.into(),
        told.sent.into(),
        told.errors.into(),
        json.into(),
        now_ms().into(),
        part.into(),
    ];
    db::execute(tx, SQL, values).await?;
    jobs::take_away(tx, &state_key(part)).await?;
    finish(tx, broadcast).await
}

/// WeChat was asked and said that it went out; now the push tells how many have it.
async fn counted_late(tx: &DatabaseTransaction, part: i64, told: &Told) -> Result<()> {
    const SQL: &str = "UPDATE broadcast_parts SET result = $1, total = $2, filtered = $3, sent = $4, errors = $5, told = $6 \
                       WHERE id = $7 AND state = 'done' AND sent IS NULL";
    if !told.is_good() || told.sent.is_none() {
        return Ok(());
    }
    let json = serde_json::to_string(told).expect("what is told is plain data");
    let values = [
        told.status.as_str().into(),
        told.total.into(),
        told.filtered.into(),
        told.sent.into(),
        told.errors.into(),
        json.into(),
        part.into(),
    ];
    db::execute(tx, SQL, values).await?;
    Ok(())
}

/// A part went out and nobody will say more of it.
pub(super) async fn close<C: ConnectionTrait>(tx: &C, broadcast: &Broadcast, part: i64) -> Result<()> {
    machine::step::<Parts>(tx, part, PartEvent::Delivered, Who::Clock, &Actor::system(), "").await?;
    const SQL: &str = "UPDATE broadcast_parts SET result = 'unknown', changed_at = $1 WHERE id = $2";
    db::execute(tx, SQL, [now_ms().into(), part.into()]).await?;
    finish(tx, broadcast).await
}

/// Ends a broadcast of which nothing is under way any more. The caller has locked it.
pub(super) async fn finish<C: ConnectionTrait>(tx: &C, broadcast: &Broadcast) -> Result<()> {
    let now = find(tx, broadcast.id).await?;
    let parts = parts_of(tx, now.id).await?;
    let Some(event) = ending(now.state, &parts) else { return Ok(()) };
    machine::step::<Broadcasts>(tx, now.id, event, Who::Clock, &Actor::system(), "").await?;
    const SQL: &str = "UPDATE broadcasts SET finished_at = $1, updated_at = $1, version = version + 1 WHERE id = $2";
    db::execute(tx, SQL, [now_ms().into(), now.id.into()]).await?;
    Ok(())
}

/// How a broadcast ends whose parts stand so; none while something is under way.
fn ending(state: State, parts: &[Part]) -> Option<Event> {
    use PartState as P;
    let count = |states: &[P]| parts.iter().filter(|part| states.contains(&part.state)).count();
    if count(&[P::Ready, P::Sending, P::Accepted]) > 0 {
        return None;
    }
    let (done, unsure) = (count(&[P::Done]), count(&[P::Unsure]));
    match state {
        State::Sending | State::Stopping if done == parts.len() => Some(Event::FinishDone),
        State::Stopping => Some(Event::FinishStopped),
        State::Sending if done + unsure > 0 => Some(Event::FinishPartly),
        State::Sending => Some(Event::FinishFailed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_a_number_in_brackets() {
        assert_eq!(reason("err(10001)"), Some(10_001));
        assert_eq!(reason("err(x)"), None);
        assert_eq!(reason("send success"), None);
        assert!(Told { status: "send success".into(), ..Told::default() }.is_good());
        assert!(!Told { status: "err(20013)".into(), ..Told::default() }.is_good());
        assert!(!Told::default().is_good());
    }

    #[test]
    fn it_ends_when_nothing_is_under_way() {
        use PartState as P;
        let part = |state| Part {
            id: 1,
            broadcast_id: 1,
            number: 1,
            from_position: 0,
            until_position: 2,
            clientmsgid: String::new(),
            media_id: None,
            own_draft: false,
            state,
            doubt: false,
            first_tried_at: None,
            tried_at: None,
            tries: 0,
            msg_id: None,
            msg_data_id: None,
            accepted_at: None,
            result: None,
            total: None,
            filtered: None,
            sent: None,
            errors: None,
            told: None,
            errcode: None,
            error: None,
            rid: None,
        };
        let end = |state, parts: &[P]| ending(state, &parts.iter().map(|state| part(*state)).collect::<Vec<_>>());
        assert_eq!(end(State::Sending, &[P::Done, P::Accepted]), None);
        assert_eq!(end(State::Sending, &[P::Done, P::Done]), Some(Event::FinishDone));
        assert_eq!(end(State::Sending, &[P::Done, P::Failed]), Some(Event::FinishPartly));
        assert_eq!(end(State::Sending, &[P::Unsure]), Some(Event::FinishPartly));
        assert_eq!(end(State::Sending, &[P::Failed, P::Failed]), Some(Event::FinishFailed));
        assert_eq!(end(State::Stopping, &[P::Sending, P::Cancelled]), None);
        assert_eq!(end(State::Stopping, &[P::Done, P::Cancelled]), Some(Event::FinishStopped));
        assert_eq!(end(State::Stopping, &[P::Done]), Some(Event::FinishDone));
        assert_eq!(end(State::Partly, &[P::Done]), None);
    }
}
