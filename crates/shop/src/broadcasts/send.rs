//! Sending: at its time, part by part. Before a call the part's row says `sending` and carries the `clientmsgid`; after it
//! the row says what came of it. What lies between is a doubt, and is resolved by asking again under the same number.

use std::time::Duration;

use puzi_wechat::{
    api::{mass, media::UploadVideo},
    client::ApiError,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{
    Ask, BEGIN, Broadcast, Broadcasts, Content, Event, PART, Part, PartEvent, PartState, Parts, STATE, State,
    approve::digest,
    ask, borrowed, find, find_part, key, lock,
    message::{self, Carried},
    part_key, parts_of, results,
    verdict::{self, NO_QUOTA, Verdict},
};
use crate::{
    Error, Result,
    accounts::LiveAccount,
    audit::Actor,
    db::{self, now_ms},
    drafts,
    jobs::{self, Job},
    machine::{self, Who},
};

/// Between two calls, ms: WeChat takes sixty a minute.
const APART_MS: i64 = 1_200;
/// For how long the same clientmsgid is sent again after a doubt: WeChat remembers it for 24 hours.
pub(super) const REMEMBERED_MS: i64 = 23 * 3_600_000;
/// How late a broadcast may begin: after that its time has passed, and a person decides anew.
const LATE_MS: i64 = 2 * 3_600_000;
/// When WeChat is asked for the first time what became of a part, ms.
const FIRST_LOOK_MS: i64 = 60_000;
/// Openids that are looked up in one call.
const LOOKED_UP: usize = 100;
/// Bytes of what WeChat said that are kept.
const SAID_BYTES: usize = 500;

/// What came of trying a part.
enum Tried {
    /// It was taken under these numbers.
    Taken(mass::Sent),
    /// The call was not made: something before it failed.
    Before(ApiError),
    /// The call was made and refused, or nobody knows.
    Call(ApiError),
    /// What it sends is not there any more; a text says why.
    Gone(&'static str),
}

impl Broadcasts {
    /// Begins to send, when its time has come.
    pub(super) async fn begin(&self, job: &Job) -> Result<()> {
        let Some(Ask { id, .. }) = ask(job) else { return Ok(()) };
        let broadcast = find(self.db.read(), id).await?;
        if broadcast.state != State::Approved {
            return Ok(());
        }
        let now = now_ms();
        if broadcast.at.is_some_and(|at| at + LATE_MS < now) {
            return self.back(job, id, "broadcast.late").await;
        }
        // Another file may have taken the place of one that was approved.
        if !is_as_approved(self.db.read(), &broadcast).await? {
            return self.back(job, id, "broadcast.changed").await;
        }
        if let Some(speed) = broadcast.speed {
            // Setting it twice is setting it once; a refusal must not hold a message up that is due.
            let live = self.live(broadcast.account_id).map_err(|_| Error::Busy)?;
            if let Err(error) = live.client.mass().set_speed(speed).await {
                tracing::warn!(broadcast = id, %error, "the speed could not be set");
            }
        }
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        if broadcast.state != State::Approved || !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        machine::step::<Self>(&*tx, id, Event::Begin, Who::Clock, &Actor::system(), "").await?;
        const SQL: &str = "UPDATE broadcasts SET version = version + 1, updated_at = $1 WHERE id = $2";
        db::execute(&*tx, SQL, [now.into(), id.into()]).await?;
        push_parts(&*tx, &broadcast).await?;
        tx.commit().await
    }

    /// It waits for approval again: nobody worked when its time came, or it is not what was approved.
    async fn back(&self, job: &Job, id: i64, why: &'static str) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        if broadcast.state != State::Approved || !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        machine::step::<Self>(&*tx, id, Event::Late, Who::Clock, &Actor::system(), why).await?;
        // Whoever approves anew approves what it is now.
        let digest = digest(&*tx, &broadcast).await.ok().or(broadcast.digest);
        const SQL: &str =
            "UPDATE broadcasts SET error = $1, digest = $2, version = version + 1, updated_at = $3 WHERE id = $4";
        db::execute(&*tx, SQL, [why.into(), digest.into(), now_ms().into(), id.into()]).await?;
        tx.commit().await
    }

    /// Sends one part.
    pub(super) async fn send_part(&self, job: &Job) -> Result<()> {
        let Some(Ask { id, .. }) = ask(job) else { return Ok(()) };
        let Some((broadcast, part)) = self.claim(id).await? else { return Ok(()) };
        let live = self.live(broadcast.account_id).map_err(|_| Error::Busy)?;
        let tried = self.try_part(&live, &broadcast, &part).await?;
        self.settle(job, &live, &broadcast, &part, tried).await
    }

    /// Takes a part, when it is there to be taken.
    async fn claim(&self, id: i64) -> Result<Option<(Broadcast, Part)>> {
        let tx = self.db.begin_write().await?;
        // Always the broadcast first, then the part.
        let broadcast = lock(&*tx, find_part(&*tx, id).await?.broadcast_id).await?;
        let part = find_part(&*tx, id).await?;
        let system = Actor::system();
        match part.state {
            PartState::Ready if broadcast.state == State::Sending => {
                machine::step::<Parts>(&*tx, id, PartEvent::Claim, Who::Clock, &system, "").await?;
            }
            // Its process died, or lost its lease: whether the call went out nobody knows.
            PartState::Sending => {}
            _ => return Ok(None),
        }
        let now = now_ms();
        let doubt = part.doubt || part.state == PartState::Sending;
        // What certainly was not taken so far begins anew.
        let first = part.first_tried_at.filter(|_| doubt).unwrap_or(now);
        if doubt && now - first >= REMEMBERED_MS {
            machine::step::<Parts>(&*tx, id, PartEvent::Unsure, Who::Clock, &system, "").await?;
            const SQL: &str = "UPDATE broadcast_parts SET error = 'broadcast.unsure', changed_at = $1 WHERE id = $2";
            db::execute(&*tx, SQL, [now.into(), id.into()]).await?;
            results::finish(&*tx, &broadcast).await?;
            tx.commit().await?;
            return Ok(None);
        }
        const SQL: &str = "UPDATE broadcast_parts SET first_tried_at = $1, tried_at = $2, tries = tries + 1, doubt = $3, \
                           changed_at = $2 WHERE id = $4";
        db::execute(&*tx, SQL, [first.into(), now.into(), doubt.into(), id.into()]).await?;
        let part = find_part(&*tx, id).await?;
        tx.commit().await?;
        Ok(Some((broadcast, part)))
    }

    async fn try_part(&self, live: &LiveAccount, broadcast: &Broadcast, part: &Part) -> Result<Tried> {
        let carried = match self.carried(live, broadcast, part).await {
            Ok(carried) => carried,
            Err(Error::WeChat(error)) => return Ok(Tried::Before(error)),
            Err(Error::Invalid(problems)) => {
                return Ok(Tried::Gone(problems.first().map_or("broadcast.no_material", |problem| problem.key)));
            }
            Err(Error::NotFound | Error::NotNow(_)) => return Ok(Tried::Gone("broadcast.no_draft")),
            Err(error) => return Err(error),
        };
        let called = if broadcast.audience.is_list() {
            let openids = recipients(self.db.read(), part).await?;
            if openids.len() < 2 {
                return Ok(Tried::Gone("broadcast.too_few"));
            }
            live.client.mass().send(&message::to_list(broadcast, part, &carried, openids)).await
        } else {
            live.client.mass().send_all(&message::to_all(broadcast, part, &carried)).await
        };
        Ok(match called {
            Ok(sent) => Tried::Taken(sent),
            Err(error) => Tried::Call(error),
        })
    }

    /// What a part carries. A draft is used up by being sent, so each part but the last has a copy of its own; its number is
    /// committed before it is sent.
    async fn carried(&self, live: &LiveAccount, broadcast: &Broadcast, part: &Part) -> Result<Carried> {
        let account = broadcast.account_id;
        if let (Some(media), Content::Mpnews { .. } | Content::Mpvideo { .. }) = (&part.media_id, &broadcast.content) {
            return Ok(Carried::Media(vec![media.clone()]));
        }
        match &broadcast.content {
            Content::Text { .. } => Ok(Carried::Words),
            Content::Image { .. } | Content::Voice { .. } => {
                self.same_files(broadcast).await?;
                Ok(Carried::Media(borrowed::media_ids(self.db.read(), account, &broadcast.content).await?))
            }
            Content::Mpnews { draft_id } => {
                let draft = drafts::sendable(self.db.read(), account, *draft_id).await?.ok_or(Error::NotFound)?;
                let parts = parts_of(self.db.read(), broadcast.id).await?;
                let last = parts.last().is_some_and(|last| last.id == part.id);
                let (media, own) = match draft.media_id.filter(|_| last) {
                    Some(media) => (media, true),
                    None => {
                        let since = broadcast.approved_at.unwrap_or_else(now_ms);
                        (borrowed::copy(&self.db, live, *draft_id, since).await?, false)
                    }
                };
                self.note_media(part.id, &media, own).await?;
                Ok(Carried::Media(vec![media]))
            }
            Content::Mpvideo { title, description, .. } => {
                self.same_files(broadcast).await?;
                let ids = borrowed::media_ids(self.db.read(), account, &broadcast.content).await?;
                let mut ask = UploadVideo::new(ids.into_iter().next().unwrap_or_default()).title(title.clone());
                if !description.is_empty() {
                    ask = ask.description(description.clone());
                }
                let made = live.client.media().upload_video(&ask).await?;
                self.note_media(part.id, &made.media_id, false).await?;
                Ok(Carried::Media(vec![made.media_id]))
            }
        }
    }

    /// # Errors
    /// [`Error::Invalid`] when another file took the place of one that was approved.
    async fn same_files(&self, broadcast: &Broadcast) -> Result<()> {
        if is_as_approved(self.db.read(), broadcast).await? {
            return Ok(());
        }
        // A file that is gone says so itself.
        borrowed::media_ids(self.db.read(), broadcast.account_id, &broadcast.content).await?;
        Err(Error::field("materials", "broadcast.changed"))
    }

    async fn note_media(&self, part: i64, media: &str, own: bool) -> Result<()> {
        const SQL: &str = "UPDATE broadcast_parts SET media_id = $1, own_draft = $2 WHERE id = $3";
        self.db.execute(SQL, [media.into(), own.into(), part.into()]).await?;
        Ok(())
    }

    /// Writes down what came of a part, and what follows from it.
    async fn settle(
        &self,
        job: &Job,
        live: &LiveAccount,
        broadcast: &Broadcast,
        part: &Part,
        tried: Tried,
    ) -> Result<()> {
        let list = broadcast.audience.is_list();
        let (error, verdict) = match tried {
            Tried::Taken(sent) => return self.accepted(job, part, Some(sent.msg_id), sent.msg_data_id).await,
            Tried::Gone(key) => return self.refused(job, part, None, Some(key)).await,
            Tried::Before(error) => {
                let verdict = match verdict::of(&error, part.tries, false) {
                    // Nothing was sent yet, whatever became of what was asked before.
                    Verdict::Again { after, .. } => Verdict::Again { after, doubt: false },
                    _ => Verdict::Refused,
                };
                (error, verdict)
            }
            Tried::Call(error) => {
                let verdict = verdict::of(&error, part.tries, list);
                (error, verdict)
            }
        };
        match verdict {
            Verdict::Before(msg_id) => self.accepted(job, part, msg_id, None).await,
            Verdict::Again { after, doubt } => self.again(job, part, &error, after, doubt).await,
            Verdict::Somebody => self.without_strangers(job, live, part, &error).await,
            Verdict::NoQuota | Verdict::Refused => self.refused(job, part, Some(&error), None).await,
        }
    }

    /// WeChat has it.
    async fn accepted(&self, job: &Job, part: &Part, msg_id: Option<i64>, msg_data_id: Option<i64>) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, part.broadcast_id).await?;
        jobs::take(&*tx, job).await?;
        let step = machine::step::<Parts>(&*tx, part.id, PartEvent::Accepted, Who::WeChat, &Actor::system(), "").await;
        if let Err(Error::NotNow(_) | Error::Stale) = step {
            // Another node has written it down already.
            return tx.commit().await;
        }
        step?;
        const SQL: &str = "UPDATE broadcast_parts SET msg_id = $1, msg_data_id = $2, accepted_at = $3, doubt = FALSE, \
                           errcode = NULL, error = NULL, rid = NULL, changed_at = $3 WHERE id = $4";
        let now = now_ms();
        db::execute(&*tx, SQL, [msg_id.into(), msg_data_id.into(), now.into(), part.id.into()]).await?;
        let now_part = find_part(&*tx, part.id).await?;
        if let (true, Some(draft)) = (now_part.own_draft, broadcast.content.draft()) {
            borrowed::used(&*tx, draft).await?;
        }
        match msg_id {
            Some(msg_id) => {
                if !results::take_waiting(&tx, &broadcast, part.id, msg_id).await? {
                    let key = state_key(part.id);
                    let ask = Ask { id: part.id, round: 0 };
                    let at = now + FIRST_LOOK_MS;
                    jobs::push_of(&*tx, Some(broadcast.account_id), STATE, Some(&key), &ask, at).await?;
                }
            }
            // It went out, and under which number nobody said: nothing more will be told of it.
            None => results::close(&*tx, &broadcast, part.id).await?,
        }
        tx.commit().await
    }

    /// It is sent again later, under the same clientmsgid.
    async fn again(&self, job: &Job, part: &Part, error: &ApiError, after: Duration, doubt: bool) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, part.broadcast_id).await?;
        if !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        let step = machine::step::<Parts>(&*tx, part.id, PartEvent::Unsent, Who::Clock, &Actor::system(), "").await;
        if let Err(Error::NotNow(_) | Error::Stale) = step {
            return tx.commit().await;
        }
        step?;
        let doubt = doubt || part.doubt;
        const SQL: &str = "UPDATE broadcast_parts SET doubt = $1, errcode = $2, error = $3, rid = $4, changed_at = $5 \
                           WHERE id = $6";
        let values = [
            doubt.into(),
            error.errcode.into(),
            said(error).into(),
            error.rid.clone().into(),
            now_ms().into(),
            part.id.into(),
        ];
        db::execute(&*tx, SQL, values).await?;
        if broadcast.state == State::Sending {
            push_part(&*tx, &broadcast, part.id, now_ms() + millis(after)).await?;
        } else {
            // Stopped meanwhile. What may have been taken is not called unsent.
            leave(&tx, part.id, doubt).await?;
            results::finish(&*tx, &broadcast).await?;
        }
        tx.commit().await
    }

    /// It is not taken, and would not be; unless an earlier call of it was.
    async fn refused(&self, job: &Job, part: &Part, error: Option<&ApiError>, key: Option<&'static str>) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, part.broadcast_id).await?;
        jobs::take(&*tx, job).await?;
        let system = Actor::system();
        // An earlier call may have been taken: whether WeChat looks at the clientmsgid before it refuses something else is
        // nowhere said, so a refusal now does not make that one certain.
        let (event, who) = match part.doubt {
            true => (PartEvent::Unsure, Who::Clock),
            false => (PartEvent::Refused, Who::WeChat),
        };
        let step = machine::step::<Parts>(&*tx, part.id, event, who, &system, "").await;
        if let Err(Error::NotNow(_) | Error::Stale) = step {
            return tx.commit().await;
        }
        step?;
        const SQL: &str =
            "UPDATE broadcast_parts SET errcode = $1, error = $2, rid = $3, changed_at = $4 WHERE id = $5";
        let words = match part.doubt {
            true => Some("broadcast.unsure".to_owned()),
            false => error.map(said).or(key.map(str::to_owned)),
        };
        let (errcode, rid) = (error.and_then(|error| error.errcode), error.and_then(|error| error.rid.clone()));
        db::execute(&*tx, SQL, [errcode.into(), words.into(), rid.into(), now_ms().into(), part.id.into()]).await?;
        if errcode == Some(NO_QUOTA) && broadcast.state == State::Sending {
            machine::step::<Self>(&*tx, broadcast.id, Event::Stop, Who::Clock, &system, "broadcast.quota_used").await?;
            const SQL: &str =
                "UPDATE broadcasts SET error = 'broadcast.quota_used', version = version + 1 WHERE id = $1";
            db::execute(&*tx, SQL, [broadcast.id.into()]).await?;
            drop_ready(&tx, broadcast.id).await?;
        }
        results::finish(&*tx, &broadcast).await?;
        tx.commit().await
    }

    /// One unknown openid refuses a whole call: who that is is found out, and the others are sent to at once.
    async fn without_strangers(&self, job: &Job, live: &LiveAccount, part: &Part, error: &ApiError) -> Result<()> {
        let openids = recipients(self.db.read(), part).await?;
        let strangers = match strangers(live, &openids).await {
            Ok(strangers) => strangers,
            Err(failed) => return self.again(job, part, &failed, Duration::from_secs(60), false).await,
        };
        if strangers.is_empty() || openids.len() - strangers.len() < 2 {
            return self.refused(job, part, Some(error), None).await;
        }
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, part.broadcast_id).await?;
        let mut gone = 0;
        for openid in &strangers {
            const SQL: &str = "UPDATE broadcast_recipients SET dropped = 'unknown' WHERE broadcast_id = $1 AND openid = $2 \
                               AND dropped IS NULL";
            gone += db::execute(&*tx, SQL, [broadcast.id.into(), openid.as_str().into()]).await?;
        }
        const SQL: &str = "UPDATE broadcasts SET left_out = left_out + $1 WHERE id = $2";
        db::execute(&*tx, SQL, [(gone as i64).into(), broadcast.id.into()]).await?;
        tx.commit().await?;
        self.again(job, part, error, Duration::ZERO, false).await
    }
}

/// Whether it is still what the second person approved.
async fn is_as_approved<C: ConnectionTrait>(on: &C, broadcast: &Broadcast) -> Result<bool> {
    match digest(on, broadcast).await {
        Ok(now) => Ok(broadcast.digest.as_deref() == Some(now.as_str())),
        // A draft or a file that is gone.
        Err(Error::NotFound | Error::Invalid(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The key of the job that asks what became of a part.
pub(super) fn state_key(id: i64) -> String {
    format!("broadcast-state/{id}")
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}

/// What WeChat said, as much of it as is kept.
fn said(error: &ApiError) -> String {
    let mut end = error.errmsg.len().min(SAID_BYTES);
    while !error.errmsg.is_char_boundary(end) {
        end -= 1;
    }
    error.errmsg[..end].replace('\0', "")
}

/// Enqueues a part.
pub(super) async fn push_part<C: ConnectionTrait>(tx: &C, broadcast: &Broadcast, part: i64, at: i64) -> Result<()> {
    jobs::push_of(tx, Some(broadcast.account_id), PART, Some(&part_key(part)), &Ask { id: part, round: 0 }, at).await
}

/// Enqueues all parts that are ready, one after the other.
pub(super) async fn push_parts<C: ConnectionTrait>(tx: &C, broadcast: &Broadcast) -> Result<()> {
    let parts = parts_of(tx, broadcast.id).await?;
    let ready = parts.iter().filter(|part| part.state == PartState::Ready);
    let mut at = now_ms();
    for part in ready {
        push_part(tx, broadcast, part.id, at).await?;
        at += APART_MS;
    }
    Ok(())
}

/// Enqueues the beginning of an approved broadcast.
pub(super) async fn push_begin<C: ConnectionTrait>(tx: &C, broadcast: &Broadcast) -> Result<()> {
    let at = broadcast.at.unwrap_or_default().max(now_ms());
    let ask = Ask { id: broadcast.id, round: 0 };
    jobs::push_of(tx, Some(broadcast.account_id), BEGIN, Some(&key(broadcast.id)), &ask, at).await
}

/// What is not sent because of a stop: the parts that nobody has taken. One that may have been taken stays a doubt.
pub(super) async fn drop_ready(tx: &DatabaseTransaction, broadcast: i64) -> Result<()> {
    for part in parts_of(tx, broadcast).await? {
        if part.state == PartState::Ready {
            leave(tx, part.id, part.doubt).await?;
        }
    }
    Ok(())
}

/// A ready part is not sent: cancelled, or unsure when a call of it may have been taken.
async fn leave(tx: &DatabaseTransaction, part: i64, doubt: bool) -> Result<()> {
    let system = Actor::system();
    if doubt {
        machine::step::<Parts>(tx, part, PartEvent::Claim, Who::Clock, &system, "").await?;
        machine::step::<Parts>(tx, part, PartEvent::Unsure, Who::Clock, &system, "broadcast.stopped").await?;
        const SQL: &str = "UPDATE broadcast_parts SET error = 'broadcast.unsure', changed_at = $1 WHERE id = $2";
        db::execute(tx, SQL, [now_ms().into(), part.into()]).await?;
    } else {
        machine::step::<Parts>(tx, part, PartEvent::Drop, Who::Clock, &system, "").await?;
    }
    Ok(())
}

/// To whom a part goes.
async fn recipients<C: ConnectionTrait>(on: &C, part: &Part) -> Result<Vec<String>> {
    const SQL: &str = "SELECT openid FROM broadcast_recipients WHERE broadcast_id = $1 AND position >= $2 \
                       AND position < $3 AND dropped IS NULL ORDER BY position";
    let values = [part.broadcast_id.into(), part.from_position.into(), part.until_position.into()];
    let rows = on.query_all_raw(db::statement(on, SQL, values)).await?;
    let mut openids = Vec::with_capacity(rows.len());
    for row in rows {
        openids.push(row.try_get("", "openid")?);
    }
    Ok(openids)
}

/// Those of `openids` whom WeChat does not know: a call with one of them is refused whole, so it is halved until each
/// stands alone.
async fn strangers(live: &LiveAccount, openids: &[String]) -> std::result::Result<Vec<String>, ApiError> {
    use puzi_wechat::client::Condition::NoSuchUser;
    let mut found = Vec::new();
    let mut ahead: Vec<&[String]> = openids.chunks(LOOKED_UP).collect();
    while let Some(some) = ahead.pop() {
        match live.client.users().infos(some).await {
            Ok(_) => {}
            Err(error) if error.is(NoSuchUser) && some.len() == 1 => found.push(some[0].clone()),
            Err(error) if error.is(NoSuchUser) => {
                let (left, right) = some.split_at(some.len() / 2);
                ahead.extend([left, right]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
