//! Sending deliveries once more because somebody asks for it.

use sea_orm::{ConnectionTrait, EntityTrait};

use super::{
    Webhooks,
    entity::{delivery, webhook},
    state::Way,
};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    machine::Word,
};

/// Deliveries sent again at once, at most.
pub const MOST_REPLAYED: usize = 1_000;
/// Two may draw the same copy's number; the next look sees the other's.
const TRIES: usize = 4;

impl Webhooks {
    /// Sends the deliveries `ids` once more, each as a new one with the old id, all or none: once for each `form`. What is on
    /// its way anyway is passed over. Gives how many are sent again.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one is not there or not seen; [`Error::NotNow`] when its endpoint is deleted;
    /// [`Error::Invalid`] for more than [`MOST_REPLAYED`].
    pub async fn replay(&self, by: &Actor, reach: &Reach, ids: &[i64], form: &str) -> Result<u64> {
        if ids.len() > MOST_REPLAYED {
            return Err(Error::Invalid(vec![
                Problem::new("ids", "webhooks.too_many_replayed").with("max", MOST_REPLAYED),
            ]));
        }
        let tx = self.db().begin_write().await?;
        let mut replayed = 0;
        for id in ids {
            let old = delivery::Entity::find_by_id(*id).one(&*tx).await?.ok_or(Error::NotFound)?;
            reach.must_see(old.account_id)?;
            let to = webhook::Entity::find_by_id(old.webhook_id).one(&*tx).await?.ok_or(Error::NotFound)?;
            if to.deleted_at.is_some() {
                return Err(Error::NotNow(Problem::new("webhook_id", "webhooks.endpoint_deleted")));
            }
            let over = Way::read(&old.state).is_some_and(|way| !matches!(way, Way::Waiting | Way::Sending));
            if !over || !copy(&*tx, &old, to.state == "paused", form).await? {
                continue;
            }
            replayed += 1;
            let entry = Entry::new(by, "deliveries.replay", "deliveries", id).of_account(old.account_id);
            audit::record(&*tx, &entry).await?;
        }
        tx.commit().await?;
        self.wake();
        Ok(replayed)
    }
}

/// Enqueues a copy of `old`. False when this form did it before.
async fn copy<C: ConnectionTrait>(tx: &C, old: &delivery::Model, parked: bool, form: &str) -> Result<bool> {
    const SQL: &str = "INSERT INTO deliveries (account_id, webhook_id, event_id, event, payload, state, attempts, \
                       next_at, replay_of, copy, form, created_at) \
                       SELECT account_id, webhook_id, event_id, event, payload, 'waiting', 0, $1, id, \
                       (SELECT MAX(c.copy) FROM deliveries c WHERE c.webhook_id = $2 AND c.event_id = $3) + 1, $4, $5 \
                       FROM deliveries WHERE id = $6 ON CONFLICT DO NOTHING";
    const DONE: &str = "SELECT id FROM deliveries WHERE form = $1 AND replay_of = $2";
    for _ in 0..TRIES {
        let now = now_ms();
        let values = [
            (!parked).then_some(now).into(),
            old.webhook_id.into(),
            old.event_id.as_str().into(),
            form.into(),
            now.into(),
            old.id.into(),
        ];
        if db::execute(tx, SQL, values).await? == 1 {
            return Ok(true);
        }
        if tx.query_one_raw(db::statement(tx, DONE, [form.into(), old.id.into()])).await?.is_some() {
            return Ok(false);
        }
    }
    Err(Error::Busy)
}
