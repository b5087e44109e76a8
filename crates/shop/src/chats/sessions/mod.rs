//! Who of WeChat's customer service serves whom, and who waits to be served: opened, ended and handed over by staff, told by
//! WeChat's events (`told.rs`), and compared with its lists while somebody looks (`board.rs`).

mod board;
mod moving;
mod told;

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

pub use self::board::{Agent, Board, Served};
pub(super) use self::{
    moving::JOB as MOVE_JOB,
    told::{KINDS, take},
};
use super::Chats;
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    conversations::reading::Whose,
    db::{self, now_ms},
    inbox,
    jobs::{self, Job, Outcome},
    machine::{Machine, Transition, Who, Word, leads, on, words},
};

/// WeChat's code: the agent is not at work.
const AWAY: i64 = 65415;
/// No person stands behind the agent.
const UNBOUND: i64 = 65402;
/// There is no such agent.
const UNKNOWN: i64 = 65401;
/// Another agent serves the follower.
const SERVED: i64 = 65414;
/// The session is over.
const NO_SESSION: i64 = 65413;

words! {
    /// How a follower stands with customer service.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// Nobody serves them, and they wait.
        Waiting = "waiting",
        /// An agent serves them.
        Open = "open",
        /// On the way from one agent to another.
        Moving = "moving",
        /// Nobody serves them, and they do not wait.
        Closed = "closed",
    }
}

words! {
    /// What happens to a session.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Event {
        /// The follower waits.
        Wait = "wait",
        /// An agent serves them.
        Open = "open",
        /// It is to go to another agent.
        Move = "move",
        /// It went there.
        Moved = "moved",
        /// The other one could not: it is the old agent's again.
        Back = "back",
        /// Neither could: nobody has it.
        Lost = "lost",
        /// It is over.
        Close = "close",
    }
}

/// The machine of sessions. They are named by account and follower, and so not stepped by number.
#[derive(Debug, Clone, Copy)]
pub struct Sessions;

impl Machine for Sessions {
    type State = State;
    type Event = Event;
    const TABLE: &'static str = "service_sessions";
    const EVENTS: Option<(&'static str, &'static str)> = None;
    const KIND: &'static str = "chats";
    const TRANSITIONS: &'static [Transition<State, Event>] = &[
        on(Event::Wait).lead(&[State::Closed], State::Waiting, &[Who::WeChat]),
        on(Event::Open).lead(&[State::Waiting, State::Closed], State::Open, &[Who::WeChat, Who::Staff]),
        on(Event::Move).lead(&[State::Open], State::Moving, &[Who::Staff]),
        on(Event::Moved).lead(&[State::Moving], State::Open, &[Who::WeChat]),
        on(Event::Back).lead(&[State::Moving], State::Open, &[Who::WeChat]),
        on(Event::Lost).lead(&[State::Moving], State::Waiting, &[Who::WeChat]),
        on(Event::Close).lead(&[State::Open], State::Closed, &[Who::Staff]),
        on(Event::Close).lead(&[State::Open, State::Waiting], State::Closed, &[Who::WeChat]),
    ];
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Session {
    /// The account.
    pub account_id: i64,
    /// The follower.
    pub openid: String,
    state: String,
    /// Who serves; empty when nobody does.
    pub kf_account: String,
    /// Since when, Unix ms.
    pub since: i64,
    /// When this was last changed here, Unix ms.
    pub changed_at: i64,
    /// To whom it is on its way.
    pub moving_to: Option<String>,
    /// Who had it when handing over failed on both sides.
    pub lost_by: Option<String>,
    /// Counts the changes.
    pub version: i64,
}

impl Session {
    /// How it stands.
    pub fn state(&self) -> State {
        State::read(&self.state).unwrap_or(State::Closed)
    }
}

const SELECT: &str = "SELECT account_id, openid, state, kf_account, since, changed_at, moving_to, lost_by, version \
                      FROM service_sessions";

async fn find<C: ConnectionTrait>(on: &C, account: i64, openid: &str) -> Result<Option<Session>> {
    let sql = format!("{SELECT} WHERE account_id = $1 AND openid = $2");
    Ok(Session::find_by_statement(db::statement(on, &sql, [account.into(), openid.into()])).one(on).await?)
}

/// What a session becomes.
#[derive(Debug, Clone, Copy)]
struct Becomes<'a> {
    event: Event,
    by: Who,
    /// Who serves then.
    kf_account: &'a str,
    moving_to: Option<&'a str>,
    lost_by: Option<&'a str>,
    /// Since when, Unix ms.
    since: i64,
}

impl<'a> Becomes<'a> {
    fn new(event: Event, by: Who, kf_account: &'a str, since: i64) -> Self {
        Self { event, by, kf_account, moving_to: None, lost_by: None, since }
    }
}

/// Moves a session, in the transaction `tx`; `was` is how it was seen. False when the event does not fit its state, or somebody
/// changed it since.
async fn step<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    openid: &str,
    was: Option<&Session>,
    becomes: Becomes<'_>,
) -> Result<bool> {
    const NEW: &str = "INSERT INTO service_sessions (account_id, openid, state, kf_account, wanted, since, seen_at, \
                       changed_at, moving_to, lost_by, version) VALUES ($1, $2, $3, $4, '', $5, $6, $6, $7, $8, 1) \
                       ON CONFLICT (account_id, openid) DO NOTHING";
    const SET: &str = "UPDATE service_sessions SET state = $3, kf_account = $4, since = $5, seen_at = $6, \
                       changed_at = $6, moving_to = $7, lost_by = $8, version = version + 1 \
                       WHERE account_id = $1 AND openid = $2 AND version = $9";
    let state = was.map_or(State::Closed, Session::state);
    let Some(to) = leads::<Sessions>(state, becomes.event, becomes.by) else { return Ok(false) };
    let mut values = vec![
        account.into(),
        openid.into(),
        to.word().into(),
        becomes.kf_account.into(),
        becomes.since.into(),
        now_ms().into(),
        becomes.moving_to.into(),
        becomes.lost_by.into(),
    ];
    let sql = match was {
        None => NEW,
        Some(was) => {
            values.push(was.version.into());
            SET
        }
    };
    Ok(db::execute(tx, sql, values).await? == 1)
}

/// Writes a line into the conversation, if there is one, and tells whoever has it open.
async fn line<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    openid: &str,
    kind: &str,
    actor: &str,
    other: &str,
) -> Result<()> {
    inbox::service_line(tx, &Whose { account_id: account, openid: openid.to_owned() }, kind, actor, other).await
}

impl Chats {
    /// The session of one follower; none when WeChat never told of one.
    ///
    /// # Errors
    /// [`Error::NotFound`] outside of `reach`.
    pub async fn session(&self, reach: &Reach, account: i64, openid: &str) -> Result<Option<Session>> {
        reach.must_see(account)?;
        find(self.db.read(), account, openid).await
    }

    /// The agent `kf_account` serves the follower from now on. `version` is the session's as it was seen, 0 without one.
    ///
    /// # Errors
    /// [`Error::NotFound`] outside of `reach`; [`Error::Stale`] when it changed since; [`Error::NotNow`] when the agent is away, not
    /// bound to anybody or unknown, or another one serves; [`Error::WeChat`].
    pub async fn open(
        &self,
        by: &Actor,
        reach: &Reach,
        account: i64,
        openid: &str,
        kf_account: &str,
        version: i64,
    ) -> Result<()> {
        let was = self.unchanged(reach, account, openid, version).await?;
        if let Some(served) = was.as_ref().filter(|was| matches!(was.state(), State::Open | State::Moving)) {
            return match served.state() == State::Open && served.kf_account == kf_account {
                true => Ok(()),
                false => Err(served_by(&served.kf_account)),
            };
        }
        let live = self.registry.by_id(account).ok_or(Error::NotFound)?;
        if let Err(error) = live.client.service().open_session(kf_account, openid).await {
            return Err(self.refused(&live.client, openid, error).await);
        }
        let tx = self.db.begin_write().await?;
        let becomes = Becomes::new(Event::Open, Who::Staff, kf_account, now_ms());
        if step(&*tx, account, openid, was.as_ref(), becomes).await? {
            line(&*tx, account, openid, "kf_opened", &by.name, kf_account).await?;
        }
        // WeChat's event may have been faster than its answer: then it is noted already, and only who did it is not.
        self.audit(&*tx, by, account, openid, "chats.open", json!({ "kf_account": kf_account })).await?;
        tx.commit().await
    }

    /// Ends the session. One that is over at WeChat counts as ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] outside of `reach` or without a session; [`Error::Stale`] when it changed since; [`Error::NotNow`] when
    /// nobody serves; [`Error::WeChat`].
    pub async fn close(&self, by: &Actor, reach: &Reach, account: i64, openid: &str, version: i64) -> Result<()> {
        let was = self.unchanged(reach, account, openid, version).await?.ok_or(Error::NotFound)?;
        match was.state() {
            State::Closed => return Ok(()),
            State::Waiting | State::Moving => return Err(not_now("chats.nobody_serves")),
            State::Open => {}
        }
        let live = self.registry.by_id(account).ok_or(Error::NotFound)?;
        match live.client.service().close_session(&was.kf_account, openid).await {
            Ok(()) => {}
            Err(error) if error.errcode == Some(NO_SESSION) => {}
            Err(error) => return Err(self.refused(&live.client, openid, error).await),
        }
        let tx = self.db.begin_write().await?;
        let becomes = Becomes::new(Event::Close, Who::Staff, "", now_ms());
        if step(&*tx, account, openid, Some(&was), becomes).await? {
            line(&*tx, account, openid, "kf_closed", &by.name, "").await?;
        }
        self.audit(&*tx, by, account, openid, "chats.close", json!({ "kf_account": was.kf_account })).await?;
        tx.commit().await
    }

    /// Hands the session over to the agent `to`, soon: WeChat has no call for that, so a job ends the one and begins the other,
    /// or gives it back.
    ///
    /// # Errors
    /// [`Error::NotFound`] outside of `reach` or without a session; [`Error::Stale`] when it changed since, also when somebody hands
    /// it over at the same time; [`Error::NotNow`] when nobody serves, or `to` is away; [`Error::WeChat`].
    pub async fn hand_over(
        &self,
        by: &Actor,
        reach: &Reach,
        account: i64,
        openid: &str,
        to: &str,
        version: i64,
    ) -> Result<()> {
        let was = self.unchanged(reach, account, openid, version).await?.ok_or(Error::NotFound)?;
        if was.state() != State::Open {
            return Err(not_now("chats.nobody_serves"));
        }
        if was.kf_account == to {
            return Ok(());
        }
        let live = self.registry.by_id(account).ok_or(Error::NotFound)?;
        // Asked first: nobody's session is ended for one who is not there.
        if !moving::is_at_work(&live.client, to).await? {
            return Err(not_now("chats.agent_away"));
        }
        let now = now_ms();
        let tx = self.db.begin_write().await?;
        let becomes =
            Becomes { moving_to: Some(to), ..Becomes::new(Event::Move, Who::Staff, &was.kf_account, was.since) };
        if !step(&*tx, account, openid, Some(&was), becomes).await? {
            return Err(Error::Stale);
        }
        moving::push(&*tx, account, openid, &was.kf_account, to, &by.name, now).await?;
        let detail = json!({ "kf_account": was.kf_account, "to": to });
        self.audit(&*tx, by, account, openid, "chats.hand_over", detail).await?;
        tx.commit().await
    }

    /// The session as somebody saw it.
    async fn unchanged(&self, reach: &Reach, account: i64, openid: &str, version: i64) -> Result<Option<Session>> {
        let was = self.session(reach, account, openid).await?;
        match was.as_ref().map_or(0, |was| was.version) == version {
            true => Ok(was),
            false => Err(Error::Stale),
        }
    }

    async fn audit<C: ConnectionTrait>(
        &self,
        tx: &C,
        by: &Actor,
        account: i64,
        openid: &str,
        what: &str,
        after: serde_json::Value,
    ) -> Result<()> {
        let chat = inbox::chat_of(tx, account, openid).await?;
        let mut after = after;
        // Not the openid, which many who see the audit log may not see.
        let openids = [openid.to_owned()];
        after["follower"] = crate::followers::numbers(&self.db, account, &openids).await?.get(openid).copied().into();
        let entry = Entry::new(by, what, "chats", chat.map_or(0, |chat| chat.id)).of_account(account);
        audit::record(tx, &entry.after(after)).await
    }

    /// What a refusal of WeChat's means.
    async fn refused(
        &self,
        client: &puzi_wechat::client::Client,
        openid: &str,
        error: puzi_wechat::client::ApiError,
    ) -> Error {
        match error.errcode {
            Some(AWAY) => not_now("chats.agent_away"),
            Some(UNBOUND) => not_now("chats.agent_unbound"),
            Some(UNKNOWN) => not_now("chats.agent_unknown"),
            Some(SERVED) => match client.service().session(openid).await {
                Ok(session) => served_by(&session.kf_account),
                Err(_) => error.into(),
            },
            _ => error.into(),
        }
    }

    pub(super) async fn move_session(&self, job: &Job) -> Outcome {
        moving::run(self, job).await
    }
}

fn not_now(key: &'static str) -> Error {
    Error::NotNow(Problem::new("kf_account", key))
}

fn served_by(kf_account: &str) -> Error {
    Error::NotNow(Problem::new("kf_account", "chats.served_by").with("other", kf_account))
}

/// Enqueues in the transaction `tx`.
async fn push_job<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    kind: &str,
    key: &str,
    payload: &impl serde::Serialize,
    at: i64,
) -> Result<()> {
    jobs::push_of(tx, Some(account), kind, Some(key), payload, at).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_those_named_moves_a_session() {
        assert_eq!(leads::<Sessions>(State::Open, Event::Move, Who::Staff), Some(State::Moving));
        assert_eq!(leads::<Sessions>(State::Moving, Event::Close, Who::WeChat), None, "the job decides");
        assert_eq!(leads::<Sessions>(State::Moving, Event::Move, Who::Staff), None);
        assert_eq!(leads::<Sessions>(State::Waiting, Event::Close, Who::Staff), None, "WeChat has no call for it");
        assert_eq!(leads::<Sessions>(State::Waiting, Event::Open, Who::Staff), Some(State::Open));
    }
}
