//! Runs: long work in pages, minutes long, that a person watches, pauses and gives up. A job is one thing done once; a
//! run has a place it goes on from, whoever works on it.
//!
//! Each step's effects, the place, the counters and the holder's lease are one commit. A process that dies repeats at most
//! the calls under way, never an effect; one that lost its lease finds that out in its next commit, which then writes
//! nothing.

pub mod entity;
mod state;
mod trouble;
mod turn;
mod work;

use std::{collections::HashMap, sync::Arc};

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, FromQueryResult, SqlErr};
use serde::Serialize;
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::trouble::said;
pub use self::{
    state::{Event, Kind, State},
    trouble::after_refusal,
    turn::{Counted, Ended, Halt, Patience, Step, Turn},
};
use crate::{
    Error, Problem, Result,
    accounts::{Reach, Registry},
    audit::{self, Actor, ActorKind, Entry},
    db::{self, Db, WriteTx, now_ms},
    followers,
    machine::{self, Who, Word},
};

/// Refused lines that a run keeps; more are counted only.
pub const LINES: i64 = 10_000;
/// Refused lines of one page.
pub const LINE_PAGE: usize = 200;

/// Works on a run until it ends, rests or is cut off.
pub type Worker = Arc<dyn Fn(Turn) -> BoxFuture<'static, Result<Ended, Halt>> + Send + Sync>;

/// The runs of all accounts, and who works on them.
#[derive(Clone)]
pub struct Runs {
    db: Db,
    registry: Registry,
    kinds: Arc<HashMap<Kind, Worker>>,
    /// The server is about to stop.
    ending: CancellationToken,
    /// Turns that somebody waits for, beside those of [`Runs::work`].
    hurried: TaskTracker,
}

/// What is asked of a run.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What kind of work.
    pub kind: Kind,
    /// What its worker needs to know.
    pub given: Value,
    /// How many there are to go through, when that is known.
    pub total: Option<i64>,
}

impl Ask {
    /// Work of `kind`; `given` is what its worker reads by [`Run::asked`].
    ///
    /// # Panics
    /// When `given` cannot be JSON: it is plain data.
    pub fn new(kind: Kind, given: &impl Serialize) -> Self {
        Self { kind, given: serde_json::to_value(given).expect("plain data"), total: None }
    }
}

/// A run as it stands.
#[derive(Debug, Clone)]
pub struct Run {
    /// Row number.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// What it does.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// What was asked.
    pub ask: Value,
    /// How far it is, in its worker's words.
    pub place: Value,
    /// How many there are, when that is known.
    pub total: Option<i64>,
    /// How many it went over.
    pub seen: i64,
    /// New ones.
    pub added: i64,
    /// Changed ones.
    pub changed: i64,
    /// Those who are gone.
    pub gone: i64,
    /// Those who could not be done; see [`Runs::lines`].
    pub refused: i64,
    /// Key of the text that says why it does not go on.
    pub problem: Option<String>,
    /// What WeChat said, or a number that the text names.
    pub detail: Option<String>,
    /// When it goes on by itself, Unix ms.
    pub wake_at: i64,
    /// Until when its holder has it, Unix ms.
    pub lease_until: i64,
    /// Since when its holder works, Unix ms.
    pub taken_at: i64,
    /// What `seen` was then.
    pub taken_seen: i64,
    /// How often it failed without getting any further.
    pub failures: i64,
    /// Who asked for it.
    pub asked_by: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub started_at: Option<i64>,
    /// Unix ms.
    pub ended_at: Option<i64>,
    /// Counts its changes.
    pub version: i64,
}

impl Run {
    /// What was asked, as the worker's own type.
    pub fn asked<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.ask.clone()).ok()
    }

    /// Where it is, as the worker's own type.
    pub fn placed<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.place.clone()).ok()
    }

    /// The permission that whoever steers it needs beside `runs.steer`.
    pub fn permission(&self) -> &'static str {
        match self.kind {
            Kind::SyncFull | Kind::SyncRecent => "followers.sync",
            Kind::Records => "chats.serve",
            Kind::Mark => followers::mark_permission(&self.ask),
        }
    }

    /// Whether its [lines](Runs::lines) are about followers, by their openids.
    pub fn names_followers(&self) -> bool {
        self.kind != Kind::Records
    }

    /// Whether it waits for somebody's word, and would go on by [`Runs::resume`] with that word.
    pub fn asks(&self) -> bool {
        self.state == State::Paused && self.problem.is_some()
    }

    /// How many a second the holder goes over, and how many seconds are left; none before that can be told.
    pub fn rate(&self, now: i64) -> Option<(f64, Option<i64>)> {
        let (seen, ms) = (self.seen - self.taken_seen, now - self.taken_at);
        if self.state != State::Running || seen <= 0 || ms < 1_000 {
            return None;
        }
        let rate = seen as f64 * 1_000.0 / ms as f64;
        let left =
            self.total.filter(|total| *total > self.seen).map(|total| ((total - self.seen) as f64 / rate) as i64);
        Some((rate, left))
    }

    /// What a person may do to it now.
    pub fn buttons(&self) -> Vec<Event> {
        machine::may::<Runs>(self.state, Who::Staff)
    }
}

/// Somebody or something that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Line {
    /// Counts them, from 1.
    pub number: i64,
    /// Whom it is about: an openid.
    pub subject: String,
    /// WeChat's number of it.
    pub errcode: Option<i64>,
    /// WeChat's words, or the key of a text.
    pub detail: String,
}

impl Line {
    /// The key of the text that tells it, when it is not told in WeChat's words.
    pub fn key(&self) -> Option<&str> {
        Some(self.detail.as_str()).filter(|detail| detail.starts_with("runs."))
    }
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    account_id: i64,
    kind: String,
    state: String,
    ask: String,
    place: String,
    total: Option<i64>,
    seen: i64,
    added: i64,
    changed: i64,
    gone: i64,
    refused: i64,
    problem: Option<String>,
    detail: Option<String>,
    wake_at: i64,
    lease_until: i64,
    taken_at: i64,
    taken_seen: i64,
    failures: i64,
    asked_by: String,
    created_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    version: i64,
}

const SELECT: &str = "SELECT id, account_id, kind, state, ask, place, total, seen, added, changed, gone, refused, problem, \
                      detail, wake_at, lease_until, taken_at, taken_seen, failures, asked_by, created_at, started_at, ended_at, \
                      version FROM runs";

impl From<Row> for Run {
    fn from(row: Row) -> Self {
        let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        Self {
            id: row.id,
            account_id: row.account_id,
            // The table's own checks keep other words out.
            kind: Kind::read(&row.kind).unwrap_or(Kind::SyncRecent),
            state: State::read(&row.state).unwrap_or(State::Failed),
            ask: json(&row.ask),
            place: json(&row.place),
            total: row.total,
            seen: row.seen,
            added: row.added,
            changed: row.changed,
            gone: row.gone,
            refused: row.refused,
            problem: row.problem,
            detail: row.detail,
            wake_at: row.wake_at,
            lease_until: row.lease_until,
            taken_at: row.taken_at,
            taken_seen: row.taken_seen,
            failures: row.failures,
            asked_by: row.asked_by,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            version: row.version,
        }
    }
}

async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<Run> {
    let sql = format!("{SELECT} WHERE id = $1");
    let row = Row::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

impl Runs {
    /// Runs whose kinds are worked on as `kinds` says; a kind that is not there waits for a node that knows it.
    pub fn new(db: Db, registry: Registry, kinds: HashMap<Kind, Worker>) -> Self {
        Self { db, registry, kinds: Arc::new(kinds), ending: CancellationToken::new(), hurried: TaskTracker::new() }
    }

    /// Asks for a run and gives its number. The same `form` of the same person again is the same run.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach; [`Error::Invalid`] with `runs.one_already` and its `id` when the
    /// account's followers are being read already, with `runs.form_taken` when the form was for something else.
    pub async fn start(&self, by: &Actor, reach: &Reach, account: i64, ask: Ask, form: Option<&str>) -> Result<i64> {
        reach.must_see(account)?;
        let form = form.filter(|form| !form.is_empty()).map(|form| of_person(by, form));
        let tx = self.db.begin_write().await?;
        let sql = "INSERT INTO runs (account_id, kind, state, ask, place, total, asked_by, form, created_at, wake_at) \
                   SELECT $1, $2, 'queued', $3, '{}', $4, $5, $6, $7, $7 FROM accounts WHERE id = $1 \
                   ON CONFLICT DO NOTHING RETURNING id";
        let values = [
            account.into(),
            ask.kind.word().into(),
            ask.given.to_string().into(),
            ask.total.into(),
            by.name.as_str().into(),
            form.clone().into(),
            now_ms().into(),
        ];
        let Some(row) = tx.query_one_raw(db::statement(&*tx, sql, values)).await? else {
            drop(tx);
            return self.there_already(account, &ask, form).await;
        };
        let id: i64 = row.try_get("", "id")?;
        if by.kind != ActorKind::System {
            let entry = Entry::new(by, format!("runs.{}", ask.kind.word()), "runs", id).of_account(account);
            audit::record(&*tx, &entry.after(without_words(ask.given))).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    async fn there_already(&self, account: i64, ask: &Ask, form: Option<String>) -> Result<i64> {
        let on = self.db.read();
        if let Some(form) = form {
            let sql = format!("{SELECT} WHERE form = $1");
            let row = Row::find_by_statement(db::statement(on, &sql, [form.into()])).one(on).await?;
            if let Some(run) = row.map(Run::from) {
                // What a person agreed to later is not what was asked.
                let mut asked = run.ask;
                if let Some(asked) = asked.as_object_mut() {
                    asked.remove("agreed");
                }
                let same = (run.account_id, run.kind) == (account, ask.kind) && asked == ask.given;
                return if same { Ok(run.id) } else { Err(Error::field("form", "runs.form_taken")) };
            }
        }
        Err(match self.reading(account).await? {
            Some(run) => Error::Invalid(vec![Problem::new("account_id", "runs.one_already").with("id", run.id)]),
            None => Error::NotFound,
        })
    }

    /// The open or paused reading of an account's followers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reading(&self, account: i64) -> Result<Option<Run>> {
        let sql = format!(
            "{SELECT} WHERE account_id = $1 AND kind IN ('sync_full', 'sync_recent') \
             AND state IN ('queued', 'running', 'paused', 'waiting')"
        );
        let on = self.db.read();
        let row = Row::find_by_statement(db::statement(on, &sql, [account.into()])).one(on).await?;
        Ok(row.map(Run::from))
    }

    /// Stops it for now: nothing is written any more after this, and nothing asked after the calls under way.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::NotNow`] when it has ended.
    pub async fn pause(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        self.steer(by, reach, id, Event::Pause, false).await
    }

    /// Lets it go on. One that [asks](Run::asks) goes on when `agreed` only.
    ///
    /// # Errors
    /// As [`Runs::pause`]; [`Error::NotNow`] with the question when it was not agreed; [`Error::Invalid`] when another
    /// reading of the account was begun meanwhile.
    pub async fn resume(&self, by: &Actor, reach: &Reach, id: i64, agreed: bool) -> Result<()> {
        self.steer(by, reach, id, Event::Resume, agreed).await
    }

    /// Gives it up; what was done stays.
    ///
    /// # Errors
    /// As [`Runs::pause`].
    pub async fn cancel(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        self.steer(by, reach, id, Event::Cancel, false).await
    }

    async fn steer(&self, by: &Actor, reach: &Reach, id: i64, event: Event, agreed: bool) -> Result<()> {
        let run = self.get(reach, id).await?;
        let asks = run.asks();
        if event == Event::Resume && asks && !agreed {
            let key = "runs.asks";
            return Err(Error::NotNow(Problem::new("state", key).with("n", run.detail.unwrap_or_default())));
        }
        let tx = self.db.begin_write().await?;
        let moved = machine::step::<Self>(&*tx, id, event, Who::Staff, by, if agreed { "agreed" } else { "" }).await;
        match moved {
            Err(Error::Database(error)) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                return Err(Error::field("account_id", "runs.one_already_running"));
            }
            moved => moved?,
        };
        match event {
            Event::Resume => {
                let sql = "UPDATE runs SET problem = NULL, detail = NULL, wake_at = 0, ended_at = NULL, \
                           failures = 0, ask = $1, version = version + 1 WHERE id = $2";
                let mut ask = run.ask;
                if agreed
                    && asks
                    && let Some(ask) = ask.as_object_mut()
                {
                    ask.insert("agreed".into(), true.into());
                }
                db::execute(&*tx, sql, [ask.to_string().into(), id.into()]).await?;
            }
            Event::Cancel => end(&tx, id).await?,
            _ => {
                let sql =
                    "UPDATE runs SET holder = NULL, problem = NULL, detail = NULL, version = version + 1 WHERE id = $1";
                db::execute(&*tx, sql, [id.into()]).await?;
            }
        }
        tx.commit().await
    }

    /// One run.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is out of reach.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Run> {
        let run = find(self.db.read(), id).await?;
        reach.must_see(run.account_id)?;
        Ok(run)
    }

    /// The latest runs within reach, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn latest(&self, reach: &Reach, account: i64, limit: usize) -> Result<Vec<Run>> {
        reach.must_see(account)?;
        let sql = format!("{SELECT} WHERE account_id = $1 ORDER BY id DESC LIMIT {limit}");
        let on = self.db.read();
        let rows = Row::find_by_statement(db::statement(on, &sql, [account.into()])).all(on).await?;
        Ok(rows.into_iter().map(Run::from).collect())
    }

    /// Those who could not be done, after the line `after` (0: from the first), at most [`LINE_PAGE`].
    ///
    /// # Errors
    /// [`Error::NotFound`] when the run is out of reach.
    pub async fn lines(&self, reach: &Reach, id: i64, after: i64) -> Result<Vec<Line>> {
        self.get(reach, id).await?;
        let sql = format!(
            "SELECT number, subject, errcode, detail FROM run_lines WHERE run_id = $1 AND number > $2 \
             ORDER BY number LIMIT {LINE_PAGE}"
        );
        let on = self.db.read();
        Ok(Line::find_by_statement(db::statement(on, &sql, [id.into(), after.into()])).all(on).await?)
    }

    /// All lines that were kept, at most [`LINES`], for somebody who takes them out as a file: that stands in the audit log.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the run is out of reach.
    pub async fn take_lines(&self, by: &Actor, reach: &Reach, id: i64) -> Result<Vec<Line>> {
        let run = self.get(reach, id).await?;
        let mut lines = self.lines(reach, id, 0).await?;
        while !lines.is_empty() && lines.len() % LINE_PAGE == 0 {
            let after = lines.last().map_or(0, |line| line.number);
            let more = self.lines(reach, id, after).await?;
            if more.is_empty() {
                break;
            }
            lines.extend(more);
        }
        let entry = Entry::new(by, "runs.export", "runs", id).of_account(run.account_id);
        let tx = self.db.begin_write().await?;
        audit::record(&*tx, &entry.after(serde_json::json!({ "lines": lines.len() }))).await?;
        tx.commit().await?;
        Ok(lines)
    }
}

/// What was asked for as the audit log tells it. Words that followers were searched by are often somebody's name: how many
/// there were is enough.
fn without_words(mut given: serde_json::Value) -> serde_json::Value {
    if let Some(search) = given.pointer_mut("/who/all/search")
        && let Some(words) = search.as_str()
    {
        *search = words.chars().count().into();
    }
    given
}

/// A form as it stands in the table: nobody can name another's.
fn of_person(by: &Actor, form: &str) -> String {
    format!("{}:{}:{form}", by.kind.as_str(), by.id.unwrap_or_default())
}

/// What goes with the end of a run.
async fn end(tx: &WriteTx, id: i64) -> Result<()> {
    let sql = "UPDATE runs SET holder = NULL, ended_at = $1, version = version + 1 WHERE id = $2";
    db::execute(&**tx, sql, [now_ms().into(), id.into()]).await?;
    db::execute(&**tx, "DELETE FROM run_seen WHERE run_id = $1", [id.into()]).await?;
    Ok(())
}
