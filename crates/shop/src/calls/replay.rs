//! A push taken up once more because a person asks for it: looked at, stored when it could not be read before, answered
//! when that is wanted.
//!
//! Looking stores and sends nothing. A replay is one row, claimed by the form that asks for it: sent twice, it is done
//! once. A push that is stored is not stored again. Its answer goes out as a customer-service message, by a job that
//! marks the row before it calls WeChat; when the process dies between the two, the row ends as `unknown` and nothing is
//! sent by itself any more.

use std::sync::Arc;

use puzi_wechat::{
    client::CustomMessage,
    envelope::{Received, Refusal},
    message::Push,
    reply::Reply,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach, Registry},
    audit::{self, Actor, Entry},
    conversations::reading,
    conversations::{
        again::{self, StoredPush},
        refused, stimulus,
    },
    db::{self, Db, now_ms},
    inbox::{self, Closed, Window},
    jobs,
    replies::Plan,
    webhooks,
};

/// Sends the answer of a replay.
pub(crate) const REPLAY_ANSWER: &str = "replay_answer";
/// The longest name of a form.
const LONGEST_FORM: usize = 64;
/// Longer than a job may send: a row that says so still has lost its job.
const LOST_MS: i64 = 10 * 60_000;

/// What is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A push that was stored, by its number among the messages.
    Message(i64),
    /// A push that could not be read when it came, by its number among those.
    Refused(i64),
}

impl Source {
    /// `message` or `refused`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Refused(_) => "refused",
        }
    }

    /// The number.
    pub fn id(self) -> i64 {
        let (Self::Message(id) | Self::Refused(id)) = self;
        id
    }

    /// Reads [`Source::word`] and a number.
    pub fn of(word: &str, id: i64) -> Option<Self> {
        match word {
            "message" => Some(Self::Message(id)),
            "refused" => Some(Self::Refused(id)),
            _ => None,
        }
    }
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The push is among the messages; an answer may follow.
    Stored,
    /// The answer goes out.
    Sending,
    /// The answer went out.
    Sent,
    /// No answer went out.
    NotSent,
    /// The answer went out or not: nobody knows.
    Unknown,
}

impl State {
    const ALL: [Self; 5] = [Self::Stored, Self::Sending, Self::Sent, Self::NotSent, Self::Unknown];

    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// What happens to a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The job begins to send; of an unknown one because a person put the job back.
    Send,
    /// WeChat took it.
    Told,
    /// WeChat refused it.
    Refused,
    /// WeChat's answer is missing, or the process is.
    Lost,
    /// It cannot be sent, and nothing was. An unknown one stays unknown.
    GiveUp,
}

/// From which states a step leads to which. A replay begins as [`State::Stored`], by a person.
pub(crate) const TRANSITIONS: &[(Step, &[State], State)] = &[
    (Step::Send, &[State::Stored, State::Unknown], State::Sending),
    (Step::Told, &[State::Sending], State::Sent),
    (Step::Refused, &[State::Sending], State::NotSent),
    (Step::Lost, &[State::Sending], State::Unknown),
    (Step::GiveUp, &[State::Stored], State::NotSent),
];

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Replay {
    /// Row number.
    pub id: i64,
    /// The account's row number.
    pub account_id: i64,
    source: String,
    source_id: i64,
    /// The message that the push is, or became.
    pub message_id: Option<i64>,
    state: String,
    /// An answer is to be sent.
    pub answer_wanted: bool,
    /// The merchant's webhooks are told again.
    pub webhooks_wanted: bool,
    /// The answer that was promised, as JSON; none when it is still to be computed.
    pub answer: Option<String>,
    /// Why nothing was sent, or what is not known.
    pub error: Option<String>,
    /// Who asked for it.
    pub by_name: String,
    /// Unix ms.
    pub created_at: i64,
    /// When it came to its end, Unix ms.
    pub done_at: Option<i64>,
}

impl Replay {
    /// What is replayed.
    pub fn source(&self) -> Source {
        if self.source == "refused" { Source::Refused(self.source_id) } else { Source::Message(self.source_id) }
    }

    /// How far it is. One that has been sending for longer than any job lives has lost it.
    pub fn state(&self) -> State {
        let state = State::ALL.into_iter().find(|state| state.as_str() == self.state).unwrap_or(State::Unknown);
        let is_lost = state == State::Sending && now_ms() - self.created_at > LOST_MS;
        if is_lost { State::Unknown } else { state }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_over(&self) -> bool {
        match self.state() {
            State::Stored => !self.answer_wanted,
            State::Sending => false,
            State::Sent | State::NotSent | State::Unknown => true,
        }
    }

    /// Whether the job may send: not when another one did, or does.
    pub(crate) fn may_be_sent(&self) -> bool {
        let (_, from, _) = &TRANSITIONS[0];
        self.answer_wanted && from.iter().any(|state| state.as_str() == self.state)
    }

    /// The answer in one line, when it is known.
    pub fn answer_line(&self) -> Option<String> {
        let reply: Reply = serde_json::from_str(self.answer.as_deref()?).ok()?;
        Some(again::reply_line(&reply))
    }
}

/// What is wanted of a replay, beside being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ask {
    /// Send what the rules answer now.
    pub answer: bool,
    /// Tell the merchant's webhooks again.
    pub webhooks: bool,
}

/// What the rules say now.
#[derive(Debug, Clone, PartialEq)]
pub enum Now {
    /// No rule answers, or one that says nothing.
    Nothing,
    /// This.
    Answer(Reply),
    /// It takes a nickname or the merchant's server, which are asked when it is sent.
    Later,
    /// The chat would be handed to customer service, which is no message.
    Transfer,
}

/// What a replay would do, before it is asked for.
#[derive(Debug, Clone)]
pub struct Look {
    /// What is replayed.
    pub source: Source,
    /// The account's row number.
    pub account_id: i64,
    /// When it came, Unix ms.
    pub came_at: i64,
    /// Why it was not read then, of a refused push.
    pub refused_for: Option<String>,
    /// Why it still cannot be read.
    pub unreadable: Option<String>,
    /// Who wrote; empty while it cannot be read.
    pub openid: String,
    /// MsgType, or `event:` and the event's name.
    pub kind: String,
    /// The text, a label, an event's key: somebody's words.
    pub summary: String,
    /// The message that it is stored as.
    pub message_id: Option<i64>,
    /// What was answered then: the state, and the reply in one line.
    pub then: Option<(String, Option<String>)>,
    /// The rule that answered then.
    pub then_rule: Option<i64>,
    /// What the rules say now.
    pub now: Now,
    /// The rule that would answer now: number and name.
    pub rule: Option<(i64, String)>,
    /// Each rule that matches, the one that answers first: number, name and why.
    pub matching: Vec<(i64, String, crate::replies::Verdict)>,
    /// Whether a message may be sent to the follower now.
    pub window: Window,
    /// Key of the text that says why no answer can be sent.
    pub no_answer: Option<&'static str>,
    /// Whether the merchant's webhooks can be told again.
    pub can_tell_webhooks: bool,
    /// Replays of it, the newest first.
    pub before: Vec<Replay>,
}

impl Look {
    /// What would be sent, in one line.
    pub fn answer_line(&self) -> Option<String> {
        match &self.now {
            Now::Answer(reply) => Some(again::reply_line(reply)),
            Now::Nothing | Now::Later | Now::Transfer => None,
        }
    }
}

/// What the job is given.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReplayAnswer {
    pub(crate) id: i64,
}

/// Replays pushes.
#[derive(Clone)]
pub struct Replayer {
    db: Db,
    registry: Registry,
}

impl std::fmt::Debug for Replayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replayer").finish_non_exhaustive()
    }
}

/// A push opened with the keys there are now.
struct Opened {
    live: Arc<LiveAccount>,
    came_at: i64,
    refused_for: Option<String>,
    push: Result<Push, String>,
    /// What is to be stored, of a refused push that is readable now and not among the messages.
    to_store: Option<Received>,
    stored: Option<StoredPush>,
}

impl Opened {
    /// The push as a message, also when it is not one yet.
    fn as_stored(&self) -> Option<StoredPush> {
        self.stored.clone().or_else(|| {
            let push = self.push.as_ref().ok()?;
            Some(StoredPush {
                id: 0,
                account_id: self.live.account.id,
                openid: push.from.clone(),
                kind: again::kind_of(push),
                summary: again::summary_of(push),
                payload: String::new(),
                sent_at: push.create_time.saturating_mul(1000),
                received_at: self.came_at,
                answer_state: "answered".into(),
                answer: None,
                rule_id: None,
            })
        })
    }

    /// What the rules say at `at`, Unix ms.
    fn now(&self, at: i64) -> Now {
        let Ok(push) = &self.push else { return Now::Nothing };
        match self.live.rules.choose(&stimulus(push), at).plan(&push.dedup_key()) {
            Plan::Now(reply) => match reply.into_owned() {
                Reply::Nothing => Now::Nothing,
                Reply::TransferCustomerService { .. } => Now::Transfer,
                reply => Now::Answer(reply),
            },
            Plan::NeedsFollower(_) | Plan::AskWebhook(_) => Now::Later,
        }
    }
}

impl Replayer {
    /// Replays pushes of the accounts in `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// What a replay would do. Stores and sends nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or its account is not seen.
    pub async fn look(&self, reach: &Reach, source: Source) -> Result<Look> {
        let opened = self.open(reach, source).await?;
        let now = opened.now(now_ms());
        let as_stored = opened.as_stored();
        let window = match &as_stored {
            Some(message) => window(self.db.read(), message).await?,
            None => Window::Closed(Closed::Never),
        };
        let mut matching = Vec::new();
        if let Ok(push) = &opened.push {
            for one in opened.live.rules.explain(&stimulus(push), now_ms()).considered {
                if !matches!(one.verdict, crate::replies::Verdict::Out(_)) {
                    matching.push((one.rule.id, one.rule.name.clone(), one.verdict));
                }
            }
        }
        let then = opened.stored.as_ref().map(|stored| {
            let reply = stored.answer.as_deref().and_then(|json| serde_json::from_str::<Reply>(json).ok());
            (stored.answer_state.clone(), reply.map(|reply| again::reply_line(&reply)))
        });
        let message = as_stored.as_ref();
        Ok(Look {
            source,
            account_id: opened.live.account.id,
            came_at: opened.came_at,
            refused_for: opened.refused_for.clone(),
            unreadable: opened.push.as_ref().err().cloned(),
            openid: message.map(|message| message.openid.clone()).unwrap_or_default(),
            kind: message.map(|message| message.kind.clone()).unwrap_or_default(),
            summary: message.map(|message| message.summary.clone()).unwrap_or_default(),
            message_id: opened.stored.as_ref().map(|stored| stored.id),
            then,
            then_rule: opened.stored.as_ref().and_then(|stored| stored.rule_id),
            rule: matching.iter().find(|(.., why)| why.wins()).map(|(id, name, _)| (*id, name.clone())),
            no_answer: obstacle(&opened.push, &now, window),
            matching,
            now,
            window,
            can_tell_webhooks: webhooks::anybody(self.db.read(), opened.live.account.id).await?,
            before: of_source(self.db.read(), source).await?,
        })
    }

    /// Replays `source`: what could not be read before is stored, and a job sends the answer when that is wanted. Once
    /// for a `form` (8 to 64 letters, digits and dashes): asked again with the same one, it gives the first replay.
    ///
    /// # Errors
    /// [`Error::NotFound`] as [`Replayer::look`]; [`Error::Stale`] when the form was used for something else;
    /// [`Error::Invalid`] names `source` (it still cannot be read), `answer` (there is none, or it cannot be sent now),
    /// `webhooks` or `form`.
    pub async fn run(&self, by: &Actor, reach: &Reach, source: Source, ask: Ask, form: &str) -> Result<Replay> {
        let fits = (8..=LONGEST_FORM).contains(&form.len())
            && form.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !fits {
            return Err(Error::field("form", "replay.bad_form"));
        }
        if let Some(before) = self.of_form(reach, source, form).await? {
            return Ok(before);
        }
        let opened = self.open(reach, source).await?;
        let promised = self.check(&opened, source, ask).await?;
        let now = now_ms();
        let tx = self.db.begin_write().await?;
        // The form is claimed first: of two at once, one finds it taken.
        const INSERT: &str = "INSERT INTO replays (account_id, source, source_id, message_id, state, answer_wanted, \
                              webhooks_wanted, answer, form, by_kind, by_id, by_name, created_at, done_at) \
                              VALUES ($1, $2, $3, $4, 'stored', $5, $6, $7, $8, $9, $10, $11, $12, $13) \
                              ON CONFLICT (form) DO NOTHING RETURNING id";
        let values = [
            opened.live.account.id.into(),
            source.word().into(),
            source.id().into(),
            opened.stored.as_ref().map(|stored| stored.id).into(),
            ask.answer.into(),
            ask.webhooks.into(),
            promised.into(),
            form.into(),
            by.kind.as_str().into(),
            by.id.into(),
            by.name.as_str().into(),
            now.into(),
            (!ask.answer).then_some(now).into(),
        ];
        let Some(row) = tx.query_one_raw(db::statement(&*tx, INSERT, values)).await? else {
            drop(tx);
            return self.of_form(reach, source, form).await?.ok_or(Error::Stale);
        };
        let id: i64 = row.try_get("", "id")?;
        let (mut message, mut is_new) = (opened.stored.as_ref().map(|stored| stored.id), false);
        if let Some(received) = &opened.to_store {
            let (kept, new) = again::keep(&*tx, opened.live.account.id, received, opened.came_at).await?;
            (message, is_new) = (Some(kept), new);
            let sql = "UPDATE replays SET message_id = $1 WHERE id = $2";
            db::execute(&*tx, sql, [kept.into(), id.into()]).await?;
        }
        if let (true, Some(message)) = (ask.webhooks, message) {
            webhooks::again(&*tx, opened.live.account.id, message, form).await?;
        }
        if ask.answer {
            let (account, key) = (Some(opened.live.account.id), format!("replay:{id}"));
            jobs::push_of(&*tx, account, REPLAY_ANSWER, Some(&key), &ReplayAnswer { id }, now).await?;
        }
        let told = json!({
            "source": source.word(), "source_id": source.id(), "stored": is_new,
            "answer": ask.answer, "webhooks": ask.webhooks,
        });
        let entry = Entry::new(by, "calls.replay", "replays", id).of_account(opened.live.account.id).after(told);
        audit::record(&*tx, &entry).await?;
        tx.commit().await?;
        metrics::counter!("puzi_replays_total").increment(1);
        find(self.db.read(), id).await?.ok_or(Error::NotFound)
    }

    /// The replay `id`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or not seen.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Replay> {
        let replay = find(self.db.read(), id).await?.ok_or(Error::NotFound)?;
        reach.must_see(replay.account_id)?;
        Ok(replay)
    }

    /// The replay that the form made, when it made one.
    ///
    /// # Errors
    /// [`Error::Stale`] when it made one of something else.
    pub async fn of_form(&self, reach: &Reach, source: Source, form: &str) -> Result<Option<Replay>> {
        let statement = db::statement(self.db.read(), &format!("{REPLAY} WHERE form = $1"), [form.into()]);
        let Some(before) = Replay::find_by_statement(statement).one(self.db.read()).await? else { return Ok(None) };
        // Another's, or of something else: nothing of it is told.
        if !reach.sees(before.account_id) || before.source() != source {
            return Err(Error::Stale);
        }
        Ok(Some(before))
    }

    /// Whether what is asked for can be done; gives the answer that is promised with it, as JSON.
    async fn check(&self, opened: &Opened, source: Source, ask: Ask) -> Result<Option<String>> {
        if opened.push.is_err() {
            return Err(Error::field("source", "replay.unreadable"));
        }
        if !ask.answer && !ask.webhooks && matches!(source, Source::Message(_)) {
            return Err(Error::field("answer", "replay.nothing"));
        }
        if ask.webhooks && !webhooks::anybody(self.db.read(), opened.live.account.id).await? {
            return Err(Error::field("webhooks", "replay.no_webhooks"));
        }
        if !ask.answer {
            return Ok(None);
        }
        let now = opened.now(now_ms());
        let window = match opened.as_stored() {
            Some(message) => window(self.db.read(), &message).await?,
            None => Window::Closed(Closed::Never),
        };
        if let Some(key) = obstacle(&opened.push, &now, window) {
            return Err(Error::field("answer", key));
        }
        match now {
            Now::Answer(reply) => Ok(serde_json::to_string(&reply).ok()),
            Now::Nothing | Now::Later | Now::Transfer => Ok(None),
        }
    }

    async fn open(&self, reach: &Reach, source: Source) -> Result<Opened> {
        let on = self.db.read();
        match source {
            Source::Message(id) => {
                let stored = again::stored(on, id).await?.ok_or(Error::NotFound)?;
                let live = self.live(reach, stored.account_id)?;
                let push = reading::read_push(&stored.payload).map_err(|error| error.to_string());
                let came_at = stored.received_at;
                Ok(Opened { live, came_at, refused_for: None, push, to_store: None, stored: Some(stored) })
            }
            Source::Refused(id) => {
                let kept = refused::kept(on, id).await?.ok_or(Error::NotFound)?;
                let live = self.live(reach, kept.account_id)?;
                let opened: Result<Received, Refusal> = live.receiver.reopen(kept.body.as_bytes(), kept.encrypted);
                let (came_at, refused_for) = (kept.received_at, Some(kept.reason));
                let received = match opened {
                    Ok(received) => received,
                    Err(refusal) => {
                        let push = Err(refusal.to_string());
                        return Ok(Opened { live, came_at, refused_for, push, to_store: None, stored: None });
                    }
                };
                let stored = again::by_key(on, kept.account_id, &received.push.dedup_key()).await?;
                let push = Ok(received.push.clone());
                let to_store = Some(received);
                Ok(Opened { live, came_at, refused_for, push, to_store, stored })
            }
        }
    }

    fn live(&self, reach: &Reach, account: i64) -> Result<Arc<LiveAccount>> {
        reach.must_see(account)?;
        self.registry.by_id(account).ok_or(Error::NotFound)
    }
}

/// Why no answer can be sent.
fn obstacle(push: &Result<Push, String>, now: &Now, window: Window) -> Option<&'static str> {
    match (push, now, window) {
        (Err(_), ..) => Some("replay.unreadable"),
        (_, Now::Nothing, _) => Some("replay.no_answer"),
        (_, Now::Transfer, _) => Some("replay.transfer"),
        (_, Now::Answer(reply), _) if CustomMessage::try_from(reply).is_err() => Some("replay.transfer"),
        (.., Window::Closed(Closed::Never)) => Some("replay.window_never"),
        (.., Window::Closed(Closed::TimeOver { .. })) => Some("replay.window_over"),
        (.., Window::Closed(Closed::Spent { .. })) => Some("replay.window_spent"),
        (.., Window::Open { .. }) => None,
    }
}

/// Whether the follower who sent `message` may be sent one now. The message itself may be too new for the conversation to
/// know it.
pub(crate) async fn window<C: ConnectionTrait>(on: &C, message: &StoredPush) -> Result<Window> {
    let mut chat = inbox::chat_of(on, message.account_id, &message.openid).await?.unwrap_or_default();
    if !message.kind.starts_with("event:") && message.sent_at > chat.said_at {
        chat.said_at = message.sent_at;
        chat.said_used = 0;
    }
    Ok(Window::of(&chat, now_ms()))
}

const REPLAY: &str = "SELECT id, account_id, source, source_id, message_id, state, answer_wanted, webhooks_wanted, answer, \
                      error, by_name, created_at, done_at FROM replays";

/// The replay `id`.
pub(crate) async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<Option<Replay>> {
    let statement = db::statement(on, &format!("{REPLAY} WHERE id = $1"), [id.into()]);
    Ok(Replay::find_by_statement(statement).one(on).await?)
}

/// The latest replays of `source`, the newest first.
pub(crate) async fn of_source<C: ConnectionTrait>(on: &C, source: Source) -> Result<Vec<Replay>> {
    let sql = format!("{REPLAY} WHERE source = $1 AND source_id = $2 ORDER BY id DESC LIMIT 20");
    let statement = db::statement(on, &sql, [source.word().into(), source.id().into()]);
    Ok(Replay::find_by_statement(statement).all(on).await?)
}

/// Takes a step, if the replay is where the step begins; `why` is kept beside it.
pub(crate) async fn step(db: &Db, id: i64, step: Step, why: Option<&str>) -> Result<bool> {
    let Some((_, from, to)) = TRANSITIONS.iter().find(|(other, ..)| *other == step) else { return Ok(false) };
    let from: Vec<_> = from.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let sql = format!(
        "UPDATE replays SET state = '{}', error = $1, done_at = $2 WHERE id = $3 AND state IN ({})",
        to.as_str(),
        from.join(", ")
    );
    let done_at = (*to != State::Sending).then(now_ms);
    Ok(db.execute(&sql, [why.into(), done_at.into(), id.into()]).await? == 1)
}

/// The process that had the job died. Before the row said that it was sending, nothing was sent.
pub(crate) async fn interrupted(db: &Db, id: i64, why: &str) -> Result<()> {
    if !step(db, id, Step::Lost, Some(why)).await? {
        step(db, id, Step::GiveUp, Some("the process ended before it sent")).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_told_once_and_ends_somewhere() {
        for step in [Step::Send, Step::Told, Step::Refused, Step::Lost, Step::GiveUp] {
            assert_eq!(TRANSITIONS.iter().filter(|(other, ..)| *other == step).count(), 1, "{step:?}");
        }
        assert_eq!(TRANSITIONS[0].0, Step::Send);
        // Nothing leads out of what is certain.
        for (step, from, _) in TRANSITIONS {
            assert!(!from.contains(&State::Sent) && !from.contains(&State::NotSent), "{step:?}");
        }
    }
}
