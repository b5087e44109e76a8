//! Stopping what goes out, sending what did not, deciding what nobody knows, taking back.

use puzi_wechat::api::mass::Delete;

use super::{
    Broadcast, Broadcasts, Event, PartEvent, PartState, Parts, find_part,
    freeze::client_id,
    lock, parts_of,
    person::second,
    results,
    send::{drop_ready, push_part, push_parts},
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::Actor,
    db::{self, now_ms},
    machine::{self, Who},
};

/// What a person decides of a part that nobody knows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// It was not sent: it is sent now. Should it have been sent after all, its people get it twice.
    NotSent,
    /// It was sent: it is left as it is.
    WasSent,
}

impl Resolved {
    /// From the word of a form.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "not_sent" => Some(Self::NotSent),
            "was_sent" => Some(Self::WasSent),
            _ => None,
        }
    }
}

impl Broadcasts {
    /// Sends no further part; those under way come to their end.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::NotNow`] when it does not go out.
    pub async fn stop(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        machine::step::<Self>(&*tx, id, Event::Stop, Who::Staff, by, "").await?;
        drop_ready(&tx, id).await?;
        raise(&tx, id).await?;
        results::finish(&*tx, &broadcast).await?;
        tx.commit().await
    }

    /// Sends what failed or was stopped, under new numbers; a second person decides. What nobody knows is left.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::NotNow`] when nothing is to be sent again, and for somebody who had a
    /// hand in it.
    pub async fn retry(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        second(&*tx, by, &broadcast).await?;
        let mut parts = parts_of(&*tx, id).await?;
        parts.retain(|part| matches!(part.state, PartState::Failed | PartState::Cancelled));
        if parts.is_empty() {
            return Err(Error::NotNow(Problem::new("state", "broadcast.nothing_again")));
        }
        machine::step::<Self>(&*tx, id, Event::Retry, Who::Second, by, "").await?;
        for part in &parts {
            machine::step::<Parts>(&*tx, part.id, PartEvent::Again, Who::Second, by, "").await?;
            // What was accepted has used its copy of the draft up.
            renew(&tx, part.id, part.msg_id.is_some()).await?;
        }
        reopen(&tx, id).await?;
        push_parts(&*tx, &broadcast).await?;
        tx.commit().await
    }

    /// Decides of a part that nobody knows of.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach, also for a part of another broadcast; [`Error::NotNow`] when it is known, and for
    /// somebody who had a hand in it.
    pub async fn resolve(&self, by: &Actor, reach: &Reach, (id, part): (i64, i64), decided: Resolved) -> Result<()> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        if find_part(&*tx, part).await?.broadcast_id != id {
            return Err(Error::NotFound);
        }
        second(&*tx, by, &broadcast).await?;
        match decided {
            Resolved::WasSent => {
                machine::step::<Parts>(&*tx, part, PartEvent::WasSent, Who::Second, by, "").await?;
                const SQL: &str = "UPDATE broadcast_parts SET result = 'unknown', error = NULL, \
                                   accepted_at = COALESCE(accepted_at, tried_at), changed_at = $1 WHERE id = $2";
                db::execute(&*tx, SQL, [now_ms().into(), part.into()]).await?;
                raise(&tx, id).await?;
                results::finish(&*tx, &broadcast).await?;
            }
            Resolved::NotSent => {
                machine::step::<Parts>(&*tx, part, PartEvent::NotSent, Who::Second, by, "").await?;
                renew(&tx, part, false).await?;
                if broadcast.buttons(Who::Second).contains(&Event::Retry) {
                    machine::step::<Self>(&*tx, id, Event::Retry, Who::Second, by, "").await?;
                    reopen(&tx, id).await?;
                }
                push_part(&*tx, &broadcast, part, now_ms()).await?;
            }
        }
        tx.commit().await
    }

    /// Takes articles or a video back: the message stays in the chats, what it opens is gone. A second person decides.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::NotNow`] when it cannot be taken back, and for somebody who had a hand
    /// in it; [`Error::WeChat`] when WeChat refuses: then some parts may be taken back, and it can be pressed again.
    pub async fn revoke(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let broadcast = self.get(reach, id).await?;
        second(self.db.read(), by, &broadcast).await?;
        if !broadcast.buttons(Who::Second).contains(&Event::Revoke) {
            return Err(Error::NotNow(Problem::new("state", "machine.not_now")));
        }
        let live = self.live(broadcast.account_id)?;
        let mut parts = parts_of(self.db.read(), id).await?;
        parts.retain(|part| part.state == PartState::Done && part.msg_id.is_some());
        if parts.is_empty() {
            return Err(Error::NotNow(Problem::new("state", "broadcast.nothing_back")));
        }
        for msg_id in parts.iter().filter_map(|part| part.msg_id) {
            live.client.mass().delete(&Delete::new().msg_id(msg_id)).await?;
        }
        let tx = self.db.begin_write().await?;
        lock(&*tx, id).await?;
        machine::step::<Self>(&*tx, id, Event::Revoke, Who::Second, by, "").await?;
        raise(&tx, id).await?;
        tx.commit().await
    }

    /// What a second person may do to it now, if `by` is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn buttons_for(&self, by: &Actor, broadcast: &Broadcast) -> Result<Vec<Event>> {
        let mut events = broadcast.buttons(Who::Staff);
        if self.may_approve(by, broadcast).await? {
            events.extend(broadcast.buttons(Who::Second));
        }
        Ok(events)
    }
}

async fn raise(tx: &sea_orm::DatabaseTransaction, id: i64) -> Result<()> {
    const SQL: &str = "UPDATE broadcasts SET version = version + 1, updated_at = $1 WHERE id = $2";
    db::execute(tx, SQL, [now_ms().into(), id.into()]).await?;
    Ok(())
}

/// It goes out again.
async fn reopen(tx: &sea_orm::DatabaseTransaction, id: i64) -> Result<()> {
    const SQL: &str = "UPDATE broadcasts SET finished_at = NULL, error = NULL, version = version + 1, updated_at = $1 \
                       WHERE id = $2";
    db::execute(tx, SQL, [now_ms().into(), id.into()]).await?;
    Ok(())
}

/// A part begins anew, under another clientmsgid: WeChat takes it for another message.
async fn renew(tx: &sea_orm::DatabaseTransaction, part: i64, without_media: bool) -> Result<()> {
    let media = if without_media { "media_id = NULL, own_draft = FALSE, " } else { "" };
    let sql = format!(
        "UPDATE broadcast_parts SET {media}clientmsgid = $1, doubt = FALSE, first_tried_at = NULL, tries = 0, msg_id = NULL, \
         msg_data_id = NULL, accepted_at = NULL, result = NULL, total = NULL, filtered = NULL, sent = NULL, errors = NULL, \
         told = NULL, errcode = NULL, error = NULL, rid = NULL, changed_at = $2 WHERE id = $3"
    );
    db::execute(tx, &sql, [client_id().into(), now_ms().into(), part.into()]).await?;
    Ok(())
}
