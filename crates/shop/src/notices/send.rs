//! The job that tells WeChat of a notice: once, or nobody knows.
//!
//! The job is marked as sending before WeChat is called ([`jobs::begin_sending`]), and the notice says since when it may be
//! under way (`doubt_at`). WeChat remembers the `client_msg_id` of a template message for 10 minutes and sends it once: for
//! nine of them a doubtful one is sent again with the same. A subscription notification has no such memory: a lost answer
//! leaves it to a person. Everything that is certain is noted in the commit that takes the job away.

use puzi_wechat::{
    api::{subscribe, template as wechat},
    client::{ApiError, Client, ErrorKind},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait};
use serde::{Deserialize, Serialize};

use super::{
    MiniProgram, Notices, Sent, State, Way,
    entity::{notice, template},
    state::Event,
    told,
};
use crate::{
    Result,
    audit::Actor,
    db::{self, now_ms},
    jobs::{self, Job, Outcome},
    machine::{self, Who},
};

/// The job that tells WeChat.
pub const JOB: &str = "notice.send";

/// How long a template message may be sent again with its number, ms: WeChat remembers it for ten minutes.
const REMEMBERED_MS: i64 = 9 * 60_000;
/// What could not be sent for so long has failed, ms: by then nobody wants to be told.
const GIVE_UP_MS: i64 = 24 * 3_600_000;
/// Pauses after the first, second, … sending that was put off, ms.
const PAUSES: [i64; 5] = [5_000, 15_000, 61_000, 300_000, 600_000];

/// What the job needs.
#[derive(Debug, Serialize, Deserialize)]
struct Sending {
    notice: i64,
}

/// How a sending ended.
enum Told {
    /// WeChat took it; of a template message with its number.
    Taken(Option<i64>),
    /// Not now; it was certainly not taken.
    Later(String),
    /// The answer was lost.
    Lost(String),
    /// WeChat refused it.
    No(ApiError),
}

/// Queues the job of a notice in the transaction `tx`.
pub(super) async fn enqueue<C: ConnectionTrait>(tx: &C, account: i64, id: i64, at: i64) -> Result<()> {
    jobs::push_of(tx, Some(account), JOB, Some(&key(id)), &Sending { notice: id }, at).await
}

/// The key of a notice's job.
pub(super) fn key(id: i64) -> String {
    format!("notice/{id}")
}

/// A number that WeChat knows repeated sendings by: 32 letters.
pub(super) fn random_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// How long to wait after so many sendings, ms.
fn pause(tries: i32) -> i64 {
    let index = usize::try_from(tries - 1).unwrap_or(0).min(PAUSES.len() - 1);
    PAUSES[index]
}

/// Whether a notice that may be under way since `doubt_at` may be sent at `at` again: WeChat knows it then.
fn may_repeat(way: Way, doubt_at: Option<i64>, at: i64) -> bool {
    doubt_at.is_none_or(|since| way == Way::Template && at - since < REMEMBERED_MS)
}

impl Notices {
    /// Does one such job.
    pub(super) async fn send(&self, job: &Job) -> Outcome {
        let Ok(Sending { notice }) = job.read::<Sending>() else {
            return Outcome::Dead("the job names no notice".into());
        };
        match self.attempt(job, notice).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    async fn attempt(&self, job: &Job, id: i64) -> Result<()> {
        let Some(row) = notice::Entity::find_by_id(id).one(self.db.read()).await? else { return Ok(()) };
        match row.state() {
            // Its process died, or could not note how it ended.
            State::Sending => return self.found_sending(job, &row).await,
            State::Queued if job.is_interrupted() => return self.put_off(job, &row, now_ms(), None).await,
            State::Queued => {}
            _ => return Ok(()),
        }
        if !may_repeat(row.way(), row.doubt_at, now_ms()) {
            return self.lose(job, &row, None).await;
        }
        let Some(live) = self.registry.by_id(row.account_id) else {
            return self.later(job, &row, "the account is not loaded").await;
        };
        let Some(template) = template::Entity::find_by_id(row.template_row).one(self.db.read()).await? else {
            return Ok(());
        };
        // What can fail without harm comes first: once the sending has begun, it cannot simply be begun again.
        if let Err(error) = live.client.token().await {
            return match of_refusal(error) {
                Told::No(error) => self.refuse(job, &row, &error, None).await,
                Told::Later(error) | Told::Lost(error) => self.later(job, &row, &error).await,
                Told::Taken(_) => Ok(()),
            };
        }
        if !jobs::begin_sending(&self.db, job).await? {
            return Ok(());
        }
        let Some(tries) = self.claim(&row).await? else { return Ok(()) };
        match tell(&live.client, &row, &template.template_id).await {
            Told::Taken(msg_id) => self.taken(job, &row, tries, msg_id).await,
            Told::No(error) => self.refuse(job, &row, &error, Some(tries)).await,
            Told::Later(error) => self.unsent(job, &row, tries, &error, row.doubt_at).await,
            Told::Lost(error) => {
                let since = row.doubt_at.unwrap_or_else(now_ms);
                match may_repeat(row.way(), Some(since), now_ms() + pause(tries)) {
                    true => self.unsent(job, &row, tries, &error, Some(since)).await,
                    false => self.lose(job, &row, Some((tries, &error))).await,
                }
            }
        }
    }

    /// Says that this sending begins, and gives which one it is; none when it is somebody else's.
    async fn claim(&self, row: &notice::Model) -> Result<Option<i32>> {
        const SQL: &str = "UPDATE notices SET tries = tries + 1, doubt_at = COALESCE(doubt_at, $1) \
                           WHERE id = $2 AND client_msg_id = $3 AND tries = $4 AND state = 'queued'";
        let tx = self.db.begin_write().await?;
        let values = [now_ms().into(), row.id.into(), row.client_msg_id.as_str().into(), row.tries.into()];
        if db::execute(&*tx, SQL, values).await? != 1 {
            return Ok(None);
        }
        step(&tx, row.id, Event::Claim, Who::Clock).await?;
        tx.commit().await?;
        Ok(Some(row.tries + 1))
    }

    /// WeChat took it. Its result may be here already.
    async fn taken(&self, job: &Job, row: &notice::Model, tries: i32, msg_id: Option<i64>) -> Result<()> {
        const SQL: &str = "UPDATE notices SET msg_id = COALESCE($1, msg_id), accepted_at = $2, doubt_at = NULL, \
                           errcode = NULL, error = NULL, rid = NULL WHERE id = $3";
        let tx = self.db.begin_write().await?;
        if !is_ours(&tx, row, tries).await? {
            return Ok(());
        }
        db::execute(&*tx, SQL, [msg_id.into(), now_ms().into(), row.id.into()]).await?;
        step(&tx, row.id, Event::Accept, Who::WeChat).await?;
        told::meet(&tx, row.account_id, row.id, msg_id).await?;
        jobs::take(&*tx, job).await?;
        tx.commit().await
    }

    /// It was certainly not taken, or the same sending may be repeated: it waits for its next turn.
    async fn unsent(&self, job: &Job, row: &notice::Model, tries: i32, error: &str, doubt: Option<i64>) -> Result<()> {
        const SQL: &str = "UPDATE notices SET doubt_at = $1, error = $2 WHERE id = $3";
        let at = now_ms() + pause(tries);
        if doubt.is_none() && at - row.queued_at > GIVE_UP_MS {
            return self.give_up(job, row, Some(tries), error).await;
        }
        let tx = self.db.begin_write().await?;
        if !is_ours(&tx, row, tries).await? {
            return Ok(());
        }
        step(&tx, row.id, Event::Unsent, Who::Clock).await?;
        db::execute(&*tx, SQL, [doubt.into(), error.into(), row.id.into()]).await?;
        if jobs::take(&*tx, job).await? {
            enqueue(&*tx, row.account_id, row.id, at).await?;
        }
        tx.commit().await
    }

    /// Something stood in the way before it was begun.
    async fn later(&self, job: &Job, row: &notice::Model, error: &str) -> Result<()> {
        let now = now_ms();
        let waited = now - row.queued_at;
        match waited > GIVE_UP_MS {
            true => self.give_up(job, row, None, error).await,
            // The longer it lasts, the less often it is tried.
            false => self.put_off(job, row, now + (waited / 4).clamp(PAUSES[0], PAUSES[4]), Some(error)).await,
        }
    }

    /// The job comes again at `at`; the notice stays as it is.
    async fn put_off(&self, job: &Job, row: &notice::Model, at: i64, error: Option<&str>) -> Result<()> {
        const SQL: &str = "UPDATE notices SET error = COALESCE($1, error) WHERE id = $2 AND state = 'queued'";
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            enqueue(&*tx, row.account_id, row.id, at).await?;
            db::execute(&*tx, SQL, [error.into(), row.id.into()]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// It has waited for too long.
    async fn give_up(&self, job: &Job, row: &notice::Model, tries: Option<i32>, error: &str) -> Result<()> {
        self.end(job, row, tries, Event::Refuse, (None, error, None)).await
    }

    /// WeChat refused it for good.
    async fn refuse(&self, job: &Job, row: &notice::Model, error: &ApiError, tries: Option<i32>) -> Result<()> {
        let told = (error.errcode, error.errmsg.as_str(), error.rid.as_deref());
        self.end(job, row, tries, Event::Refuse, told).await
    }

    /// Nobody knows: a person decides.
    async fn lose(&self, job: &Job, row: &notice::Model, lost: Option<(i32, &str)>) -> Result<()> {
        let error = lost.map_or("the answer was lost", |(_, error)| error);
        self.end(job, row, lost.map(|(tries, _)| tries), Event::Lose, (None, error, None)).await
    }

    /// Ends a notice, and takes its job away.
    async fn end(
        &self,
        job: &Job,
        row: &notice::Model,
        tries: Option<i32>,
        event: Event,
        (errcode, error, rid): (Option<i64>, &str, Option<&str>),
    ) -> Result<()> {
        const SQL: &str = "UPDATE notices SET errcode = $1, error = $2, rid = $3, ended_at = $4 WHERE id = $5";
        let tx = self.db.begin_write().await?;
        if let Some(tries) = tries
            && !is_ours(&tx, row, tries).await?
        {
            return Ok(());
        }
        step(&tx, row.id, event, Who::Clock).await?;
        db::execute(&*tx, SQL, [errcode.into(), error.into(), rid.into(), now_ms().into(), row.id.into()]).await?;
        if event == Event::Lose {
            // An event may have come while the answer was lost.
            told::meet(&tx, row.account_id, row.id, None).await?;
        }
        jobs::take(&*tx, job).await?;
        tx.commit().await
    }

    /// A notice whose process died while it told WeChat, or could not note the answer.
    async fn found_sending(&self, job: &Job, row: &notice::Model) -> Result<()> {
        const SQL: &str = "UPDATE notices SET error = $1 WHERE id = $2";
        let now = now_ms();
        if !may_repeat(row.way(), Some(row.doubt_at.unwrap_or(row.queued_at)), now) {
            return self.lose(job, row, Some((row.tries, "the process ended while it was sending"))).await;
        }
        let tx = self.db.begin_write().await?;
        if !jobs::take(&*tx, job).await? || !is_ours(&tx, row, row.tries).await? {
            return Ok(());
        }
        step(&tx, row.id, Event::Unsent, Who::Clock).await?;
        db::execute(&*tx, SQL, ["the process ended while it was sending".into(), row.id.into()]).await?;
        enqueue(&*tx, row.account_id, row.id, now).await?;
        tx.commit().await
    }

    /// A notice on its way that no job carries any more. One that was not begun gets a job again.
    pub(super) async fn take_up(&self, row: &notice::Model) -> Result<()> {
        const SQL: &str = "UPDATE notices SET error = $1, ended_at = $2 WHERE id = $3";
        let tx = self.db.begin_write().await?;
        if row.state() == State::Queued {
            enqueue(&*tx, row.account_id, row.id, now_ms()).await?;
            return tx.commit().await;
        }
        if is_ours(&tx, row, row.tries).await? {
            step(&tx, row.id, Event::Lose, Who::Clock).await?;
            db::execute(&*tx, SQL, ["the answer was lost".into(), now_ms().into(), row.id.into()]).await?;
            told::meet(&tx, row.account_id, row.id, None).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Whether the notice is still at this sending. It is locked then.
async fn is_ours(tx: &DatabaseTransaction, row: &notice::Model, tries: i32) -> Result<bool> {
    const SQL: &str = "UPDATE notices SET tries = tries WHERE id = $1 AND client_msg_id = $2 AND tries = $3 \
                       AND state = 'sending'";
    Ok(db::execute(tx, SQL, [row.id.into(), row.client_msg_id.as_str().into(), tries.into()]).await? == 1)
}

/// A step of the machine that nobody took in person.
pub(super) async fn step(tx: &DatabaseTransaction, id: i64, event: Event, who: Who) -> Result<()> {
    machine::step::<Sent>(tx, id, event, who, &Actor::system(), "").await.map(drop)
}

/// Calls WeChat.
async fn tell(client: &Client, row: &notice::Model, template_id: &str) -> Told {
    let program = row.miniprogram.as_deref().and_then(|json| serde_json::from_str::<MiniProgram>(json).ok());
    let told = match row.way() {
        Way::Template => {
            let mut ask = wechat::Send::new(row.openid.as_str(), template_id).client_msg_id(row.client_msg_id.as_str());
            if let Some(url) = &row.url {
                ask = ask.url(url.as_str());
            }
            if let Some(MiniProgram { appid, pagepath }) = program {
                let program = wechat::MiniProgram::new(appid);
                ask = ask.miniprogram(match pagepath {
                    Some(page) => program.pagepath(page),
                    None => program,
                });
            }
            for (key, value) in row.values() {
                ask = ask.data(key, value);
            }
            client.template().send(&ask).await.map(Some)
        }
        Way::Subscribe => {
            let mut ask =
                subscribe::Send::new(row.openid.as_str(), template_id).client_msg_id(row.client_msg_id.as_str());
            if let Some(url) = &row.url {
                ask = ask.page(url.as_str());
            }
            if let Some(MiniProgram { appid, pagepath }) = program {
                let program = subscribe::MiniProgram::new(appid);
                ask = ask.miniprogram(match pagepath {
                    Some(page) => program.pagepath(page),
                    None => program,
                });
            }
            for (key, value) in row.values() {
                ask = ask.data(key, value);
            }
            client.subscribe().send(&ask).await.map(|()| None)
        }
    };
    told.map_or_else(of_refusal, Told::Taken)
}

/// What an error of WeChat's, or of the way there, means.
fn of_refusal(error: ApiError) -> Told {
    match error.kind {
        ErrorKind::Transport if !error.unsent => Told::Lost(error.to_string()),
        ErrorKind::RetryLater | ErrorKind::RefreshToken | ErrorKind::Transport => Told::Later(error.to_string()),
        ErrorKind::Configuration | ErrorKind::AskUserAgain | ErrorKind::BusinessState | ErrorKind::CallerMistake => {
            Told::No(error)
        }
    }
}
