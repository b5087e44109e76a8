//! The second person: approving exactly what was looked at, or sending it back.

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    Ask, BEGIN, Broadcast, Broadcasts, Event, borrowed, key, lock,
    person::{could_be_second, person, second},
    quota::{self, AccountKind},
};
use crate::{
    Error, Problem, Result,
    accounts::{
        Reach,
        settings::{self, ACCOUNT_KIND},
    },
    audit::Actor,
    db::{self, now_ms},
    digest::sha256,
    jobs,
    machine::{self, Who},
};

/// Characters of the reason for sending something back.
const WHY_CHARS: usize = 500;

/// What an approval binds: what is sent, to whom, how many they are, when and how fast, and the articles of the draft.
pub(super) async fn digest<C: ConnectionTrait>(on: &C, broadcast: &Broadcast) -> Result<String> {
    let weight = borrowed::weight(on, broadcast.account_id, &broadcast.content).await?;
    let bound = json!({
        "content": broadcast.content, "audience": broadcast.audience, "ignore_reprint": broadcast.ignore_reprint,
        "speed": broadcast.speed, "at": broadcast.at, "frozen": list_size(broadcast), "weight": weight,
    });
    Ok(sha256(bound.to_string().as_bytes()))
}

/// Of all and of a tag the number is WeChat's, and changes by itself.
fn list_size(broadcast: &Broadcast) -> Option<i64> {
    broadcast.audience.is_list().then_some(broadcast.frozen)
}

impl Broadcasts {
    /// Approves what was looked at; it goes out at its time, or now.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::Stale`] when it, or the draft that it sends, is not what `version` and
    /// `digest` say; [`Error::NotNow`] when it does not wait for approval, for somebody who had a hand in it, and when no
    /// message is left to send.
    pub async fn approve(&self, by: &Actor, reach: &Reach, id: i64, version: i64, looked_at: &str) -> Result<()> {
        self.get(reach, id).await?;
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        if !broadcast.buttons(Who::Second).contains(&Event::Approve) {
            return Err(Error::NotNow(Problem::new("state", "machine.not_now")));
        }
        let alone = second(&*tx, by, &broadcast).await?;
        let now = digest(&*tx, &broadcast).await;
        let as_it_was = now.is_ok_and(|now| now == looked_at) && broadcast.digest.as_deref() == Some(looked_at);
        if broadcast.version != version || !as_it_was {
            return Err(Error::Stale);
        }
        let settings = settings::load(&*tx, broadcast.account_id).await?;
        let quota = quota::of(&*tx, broadcast.account_id, AccountKind::read(&settings.text(ACCOUNT_KIND))).await?;
        // What goes out in another month has that month's.
        let later = broadcast.at.is_some_and(|at| at >= quota.again());
        if !later && quota.left(&broadcast.audience) == Some(0) {
            let problem = Problem::new("to", "broadcast.no_quota").with("until", quota::said(quota.again()));
            return Err(Error::NotNow(problem));
        }
        let why = if alone { "alone" } else { "" };
        machine::step::<Self>(&*tx, id, Event::Approve, Who::Second, by, why).await?;
        const SQL: &str = "UPDATE broadcasts SET approved_by = $1, approved_name = $2, approved_at = $3, alone = $4, \
                           error = NULL, version = version + 1, updated_at = $3 WHERE id = $5";
        let who = person(&*tx, by).await?;
        let values = [who.into(), by.name.as_str().into(), now_ms().into(), alone.into(), id.into()];
        db::execute(&*tx, SQL, values).await?;
        let at = broadcast.at.unwrap_or_default().max(now_ms());
        jobs::take_away(&*tx, &key(id)).await?;
        jobs::push_of(&*tx, Some(broadcast.account_id), BEGIN, Some(&key(id)), &Ask { id, round: 0 }, at).await?;
        tx.commit().await
    }

    /// Sends it back to whoever wrote it, with a reason.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::Invalid`] without a reason; [`Error::NotNow`] when it does not wait for
    /// approval, and for somebody who had a hand in it: they edit it.
    pub async fn reject(&self, by: &Actor, reach: &Reach, id: i64, why: &str) -> Result<()> {
        self.get(reach, id).await?;
        let why: String = why.trim().chars().take(WHY_CHARS).collect();
        if why.is_empty() {
            return Err(Error::field("why", "broadcast.no_reason"));
        }
        let tx = self.db.begin_write().await?;
        let broadcast = lock(&*tx, id).await?;
        second(&*tx, by, &broadcast).await?;
        machine::step::<Self>(&*tx, id, Event::Reject, Who::Second, by, &why).await?;
        db::execute(&*tx, "DELETE FROM broadcast_parts WHERE broadcast_id = $1", [id.into()]).await?;
        const SQL: &str = "UPDATE broadcasts SET digest = NULL, frozen_after = NULL, version = version + 1, updated_at = $1 \
                           WHERE id = $2";
        db::execute(&*tx, SQL, [now_ms().into(), id.into()]).await?;
        tx.commit().await
    }

    /// Whether `by` could be its second person: what its page says before a button is pressed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn may_approve(&self, by: &Actor, broadcast: &Broadcast) -> Result<bool> {
        could_be_second(self.db.read(), by, broadcast).await
    }
}
