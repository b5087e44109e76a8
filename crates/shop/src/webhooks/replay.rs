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
            if !over {
                continue;
            }
            let payload = payload(&*tx, *id).await?;
            let copy = Copy {
                account_id: old.account_id,
                webhook_id: old.webhook_id,
                event_id: &old.event_id,
                event: &old.event,
                payload: &payload,
                of: Some(old.id),
                parked: to.state == "paused",
                form,
            };
            if !copy.enqueue(&*tx).await? {
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

async fn payload<C: ConnectionTrait>(on: &C, id: i64) -> Result<String> {
    let statement = db::statement(on, "SELECT payload FROM deliveries WHERE id = $1", [id.into()]);
    let row = on.query_one_raw(statement).await?.ok_or(Error::NotFound)?;
    Ok(row.try_get("", "payload")?)
}

/// What was told before, to be told once more under the id it had.
pub(super) struct Copy<'a> {
    pub(super) account_id: i64,
    pub(super) webhook_id: i64,
    pub(super) event_id: &'a str,
    pub(super) event: &'a str,
    pub(super) payload: &'a str,
    /// The delivery that it copies; none when the event itself is told again.
    pub(super) of: Option<i64>,
    /// It waits for its endpoint to be resumed.
    pub(super) parked: bool,
    /// Who asked: it is made once for each.
    pub(super) form: &'a str,
}

impl Copy<'_> {
    /// Enqueues it, in the caller's transaction. False when its form did it before.
    ///
    /// # Errors
    /// [`Error::Busy`] when others always draw the same number first.
    pub(super) async fn enqueue<C: ConnectionTrait>(&self, tx: &C) -> Result<bool> {
        const SQL: &str = "INSERT INTO deliveries (account_id, webhook_id, event_id, event, payload, state, attempts, \
                           next_at, replay_of, copy, form, created_at) \
                           SELECT $1, $2, $3, $4, $5, 'waiting', 0, $6, $7, COALESCE((SELECT MAX(copy) FROM deliveries \
                           WHERE webhook_id = $8 AND event_id = $9), 0) + 1, $10, $11 ON CONFLICT DO NOTHING";
        const DONE: &str = "SELECT id FROM deliveries WHERE form = $1 AND webhook_id = $2 AND event_id = $3 \
                            AND (replay_of = $4 OR (replay_of IS NULL AND $5))";
        for _ in 0..TRIES {
            let done = [
                self.form.into(),
                self.webhook_id.into(),
                self.event_id.into(),
                self.of.unwrap_or_default().into(),
                self.of.is_none().into(),
            ];
            if tx.query_one_raw(db::statement(tx, DONE, done)).await?.is_some() {
                return Ok(false);
            }
            let now = now_ms();
            let values = [
                self.account_id.into(),
                self.webhook_id.into(),
                self.event_id.into(),
                self.event.into(),
                self.payload.into(),
                (!self.parked).then_some(now).into(),
                self.of.into(),
                self.webhook_id.into(),
                self.event_id.into(),
                self.form.into(),
                now.into(),
            ];
            if db::execute(tx, SQL, values).await? == 1 {
                return Ok(true);
            }
        }
        Err(Error::Busy)
    }
}
