//! Making codes at WeChat. A temporary one may be asked for as often as one likes. A lasting one counts, so whoever asks for
//! one writes that down first, and one whose answer was lost stays [`State::Unknown`] until a person decides.

use std::time::Duration;

use puzi_wechat::client::{ApiError, ErrorKind, QrCode, Scene};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};

use super::{
    Channel, Channels, RESCUE_MS,
    entity::channel::Entity,
    state::{Code, Event, SceneKind, State},
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::Actor,
    db::{self, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
    machine::{self, Who},
};

/// The kind of job that makes a code.
pub(super) const JOB: &str = "channel_make";
/// Codes of an account that are asked for in a minute.
const A_MINUTE: i64 = 20;
const MINUTE_MS: i64 = 60_000;
/// An answer that has not come by then was lost with the process that waited for it. A job's lease is longer.
const ANSWERED_WITHIN_MS: i64 = 100_000;
/// When another one is tried where too many were asked for, or the account is not known here yet.
const LATER_MS: i64 = 10_000;
const DAY_SECONDS: u64 = 86_400;
/// Characters of WeChat's words that are kept.
const WORDS: usize = 300;

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    channel: i64,
}

/// What came of a try.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// Nothing more is to be done by itself.
    Ended(State),
    /// Not before then, Unix ms.
    Later(i64),
    /// It did not come to anything, and why.
    Again(String),
}

/// What stands before a try.
enum Begun {
    /// It is written down that WeChat is asked.
    Asking(Box<Channel>),
    Not(Turn),
}

fn key(id: i64) -> String {
    format!("channel/{id}")
}

/// WeChat is to be asked for the code of `id` at `at` (Unix ms).
pub(super) async fn push<C: ConnectionTrait>(tx: &C, account: i64, id: i64, at: i64) -> Result<()> {
    jobs::push_of(tx, Some(account), JOB, Some(&key(id)), &Asked { channel: id }, at).await
}

/// Has a code made again, as a part of `tx`: one that was refused, that nobody knows of, or whose time is over. Its scene
/// stays. A lasting one may count twice.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::NotNow`] for one that is still good or being made.
pub async fn remake_in<C: ConnectionTrait>(tx: &C, by: &Actor, id: i64) -> Result<()> {
    remake_at(tx, by, id, now_ms()).await
}

/// The same; its job begins at `at` (Unix ms).
async fn remake_at<C: ConnectionTrait>(tx: &C, by: &Actor, id: i64, at: i64) -> Result<()> {
    let channel = Entity::find_by_id(id).one(tx).await?.filter(|channel| channel.deleted_at.is_none());
    let channel = channel.ok_or(Error::NotFound)?;
    if channel.is_good(now_ms()) {
        return Err(Error::NotNow(Problem::new("state", "channels.still_good")));
    }
    machine::step::<Code>(tx, id, Event::Remake, Who::Staff, by, "").await?;
    // One that waits for its next try begins anew.
    jobs::take_away(tx, &key(id)).await?;
    push(tx, channel.account_id, id, at).await
}

impl Channels {
    /// Has a code made again; see [`remake_in`]. Gives where it stands afterwards.
    ///
    /// # Errors
    /// Those of [`remake_in`]; [`Error::NotFound`] also when its account is not within `reach`.
    pub async fn remake(&self, by: &Actor, reach: &Reach, id: i64) -> Result<State> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        remake_at(&*tx, by, id, now_ms() + RESCUE_MS).await?;
        tx.commit().await?;
        self.make(id).await
    }

    /// Asks WeChat for the code of `id`, when that is due. Gives where it stands afterwards.
    ///
    /// # Errors
    /// [`Error::NotFound`]; when the database does not answer. What WeChat says is no error.
    pub async fn make(&self, id: i64) -> Result<State> {
        match self.turn(id, false).await? {
            Turn::Ended(state) => Ok(state),
            Turn::Later(_) | Turn::Again(_) => Ok(State::Making),
        }
    }

    /// The job: what cannot be done now is done later.
    pub(super) async fn work(&self, job: &Job) -> Outcome {
        let asked: Asked = match job.read() {
            Ok(asked) => asked,
            Err(error) => return Outcome::Dead(error.to_string()),
        };
        match self.turn(asked.channel, job.attempts >= MAX_ATTEMPTS).await {
            Ok(Turn::Ended(_)) | Err(Error::NotFound) => Outcome::Done,
            Ok(Turn::Later(at)) => match self.put_off(job, asked.channel, at).await {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Retry(error.to_string()),
            },
            Ok(Turn::Again(why)) => Outcome::Retry(why),
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    /// A new job in the place of this one: waiting is no failed attempt.
    async fn put_off(&self, job: &Job, id: i64, at: i64) -> Result<()> {
        let channel = self.get(&Reach::All, id).await?;
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            push(&*tx, channel.account_id, id, at).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// One try; after the `last` one a code that did not come to anything has failed.
    async fn turn(&self, id: i64, last: bool) -> Result<Turn> {
        let account = self.get(&Reach::All, id).await?.account_id;
        let Some(live) = self.registry.by_id(account) else { return Ok(Turn::Later(now_ms() + LATER_MS)) };
        let channel = match self.begin(account, id).await? {
            Begun::Asking(channel) => channel,
            Begun::Not(turn) => return Ok(turn),
        };
        let codes = live.client.qrcode();
        let scene = scene_of(&channel);
        let answered = match channel.ttl_days {
            Some(days) if !channel.lasting => {
                let days = u64::try_from(days).unwrap_or(1);
                codes.temporary(scene, Duration::from_secs(days.saturating_mul(DAY_SECONDS))).await
            }
            _ => codes.permanent(scene).await,
        };
        // A folder that is deleted just now waits for the channel as the channel waits for it: what WeChat answered must not
        // be lost by that.
        let mut tries = 1;
        loop {
            match self.settle(&channel, &answered, last).await {
                Err(error) if tries < db::TRIES && error.is_deadlock() => tries += 1,
                settled => return settled,
            }
        }
    }

    /// Writes down that WeChat is asked: of several who would ask, one does.
    async fn begin(&self, account: i64, id: i64) -> Result<Begun> {
        let tx = self.db.begin_write().await?;
        // One at a time asks for an account, and sees what the one before did.
        let held = "UPDATE accounts SET version = version WHERE id = $1";
        db::execute(&*tx, held, [account.into()]).await?;
        let channel = Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
        let now = now_ms();
        match channel.stand() {
            State::Making if channel.deleted_at.is_some() => return Ok(Begun::Not(Turn::Ended(State::Making))),
            State::Making => {}
            State::Asking => {
                let until = channel.asked_at.unwrap_or_default() + ANSWERED_WITHIN_MS;
                if until > now {
                    return Ok(Begun::Not(Turn::Later(until)));
                }
                let event = if channel.lasting { Event::Lose } else { Event::Again };
                let step = machine::step::<Code>(&*tx, id, event, Who::Clock, &Actor::system(), "lost").await?;
                if step.to != State::Making {
                    tx.commit().await?;
                    return Ok(Begun::Not(Turn::Ended(step.to)));
                }
            }
            ended => return Ok(Begun::Not(Turn::Ended(ended))),
        }
        let sql = "SELECT COUNT(*) AS n FROM channels WHERE account_id = $1 AND asked_at > $2";
        let asked = db::one_number(&*tx, sql, [channel.account_id.into(), (now - MINUTE_MS).into()]).await?;
        if asked >= A_MINUTE {
            // Each of a long list looks again when it may be its turn, and not before.
            let sql = "SELECT COUNT(*) AS n FROM channels WHERE account_id = $1 AND id < $2 AND state = 'making' \
                       AND deleted_at IS NULL";
            let ahead = db::one_number(&*tx, sql, [channel.account_id.into(), id.into()]).await?;
            tx.commit().await?;
            return Ok(Begun::Not(Turn::Later(now + LATER_MS + ahead / A_MINUTE * MINUTE_MS)));
        }
        machine::step::<Code>(&*tx, id, Event::Ask, Who::Clock, &Actor::system(), "").await?;
        let sql = "UPDATE channels SET asked_at = $1, error = NULL, errcode = NULL, rid = NULL WHERE id = $2";
        db::execute(&*tx, sql, [now.into(), id.into()]).await?;
        tx.commit().await?;
        Ok(Begun::Asking(Box::new(channel)))
    }

    /// Writes down what WeChat answered.
    async fn settle(&self, channel: &Channel, answered: &Result<QrCode, ApiError>, last: bool) -> Result<Turn> {
        let (event, who) = match answered {
            Ok(_) => (Event::Made, Who::WeChat),
            Err(error) if is_lost(error) && channel.lasting => (Event::Lose, Who::Clock),
            Err(error) if (is_lost(error) || is_for_now(error)) && !last => (Event::Again, Who::Clock),
            Err(_) => (Event::Refuse, Who::WeChat),
        };
        let tx = self.db.begin_write().await?;
        let words = answered.as_ref().err().map(|error| error.errmsg.chars().take(WORDS).collect::<String>());
        let why = words.as_deref().unwrap_or_default();
        let step = match machine::step::<Code>(&*tx, channel.id, event, who, &Actor::system(), why).await {
            Ok(step) => step,
            // Somebody else has gone on with it meanwhile: what they do counts.
            Err(Error::NotNow(_) | Error::Stale) => {
                drop(tx);
                return Ok(Turn::Ended(self.get(&Reach::All, channel.id).await?.stand()));
            }
            Err(error) => return Err(error),
        };
        let now = now_ms();
        match answered {
            Ok(code) => {
                const SQL: &str = "UPDATE channels SET ticket = $1, url = $2, made_at = $3, expires_at = $4, picture = NULL, \
                                   error = NULL, errcode = NULL, rid = NULL WHERE id = $5";
                let ends = (!channel.lasting).then(|| now + code.expire_seconds.saturating_mul(1_000));
                let values =
                    [code.ticket.as_str().into(), code.url.as_str().into(), now.into(), ends.into(), channel.id.into()];
                db::execute(&*tx, SQL, values).await?;
            }
            Err(error) => {
                const SQL: &str = "UPDATE channels SET error = $1, errcode = $2, rid = $3 WHERE id = $4";
                let values = [why.into(), error.errcode.into(), error.rid.clone().into(), channel.id.into()];
                db::execute(&*tx, SQL, values).await?;
            }
        }
        tx.commit().await?;
        Ok(match step.to {
            State::Making => Turn::Again(why.to_owned()),
            state => Turn::Ended(state),
        })
    }
}

fn scene_of(channel: &Channel) -> Scene {
    match (channel.kind(), channel.scene.parse()) {
        (SceneKind::Number, Ok(number)) => Scene::Number(number),
        _ => Scene::Name(channel.scene.clone()),
    }
}

/// Sent, and nobody knows what became of it.
fn is_lost(error: &ApiError) -> bool {
    error.kind == ErrorKind::Transport && error.errcode.is_none() && !error.unsent
}

/// For certain nothing happened, and later it may.
fn is_for_now(error: &ApiError) -> bool {
    error.kind == ErrorKind::RetryLater || (error.kind == ErrorKind::Transport && error.unsent)
}
