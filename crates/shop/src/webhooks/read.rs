//! What the pages show of endpoints and deliveries.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Webhooks,
    entity::delivery::{Column, Entity, Model},
};
use crate::{Error, Result, accounts::Reach, db, db::now_ms};

const HOUR_MS: i64 = 3_600_000;
/// Hours that [`Webhooks::hours`] tells of.
pub const HOURS: usize = 24;

/// What became of one hour's deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hour {
    /// When it began, Unix ms.
    pub at: i64,
    /// Delivered.
    pub delivered: i64,
    /// Failed for good.
    pub failed: i64,
    /// Still on their way.
    pub waiting: i64,
    /// Cancelled.
    pub cancelled: i64,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Attempt {
    /// Counted from 1.
    pub attempt: i32,
    /// When it began, Unix ms.
    pub at: i64,
    /// How long it took, microseconds.
    pub us: i64,
    /// HTTP status.
    pub status: Option<i32>,
    /// Why it failed: a word, and after a colon more of it.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

/// A delivery with all there is of it.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The delivery.
    pub delivery: Model,
    /// The body that is sent.
    pub payload: String,
    /// Its attempts, the first one first.
    pub attempts: Vec<Attempt>,
}

impl Webhooks {
    /// The deliveries of the last 24 hours to an endpoint, by the hour they came; the last one is the hour of now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the endpoint is not seen.
    pub async fn hours(&self, reach: &Reach, id: i64) -> Result<Vec<Hour>> {
        #[derive(FromQueryResult)]
        struct Row {
            hour: i64,
            state: String,
            n: i64,
        }
        self.get(reach, id).await?;
        let last = now_ms() / HOUR_MS;
        let first = last + 1 - HOURS as i64;
        let mut hours: Vec<_> = (first..=last).map(|hour| Hour { at: hour * HOUR_MS, ..Hour::default() }).collect();
        let sql = "SELECT created_at / 3600000 AS hour, state, COUNT(*) AS n FROM deliveries \
                   WHERE webhook_id = $1 AND created_at >= $2 GROUP BY created_at / 3600000, state";
        let read = self.db().read();
        let rows = Row::find_by_statement(db::statement(read, sql, [id.into(), (first * HOUR_MS).into()]));
        for row in rows.all(read).await? {
            let Some(hour) = usize::try_from(row.hour - first).ok().and_then(|index| hours.get_mut(index)) else {
                continue;
            };
            match row.state.as_str() {
                "delivered" => hour.delivered += row.n,
                "failed" => hour.failed += row.n,
                "cancelled" => hour.cancelled += row.n,
                _ => hour.waiting += row.n,
            }
        }
        Ok(hours)
    }

    /// How many deliveries wait for an endpoint, and how many were left out because too many did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(&self, id: i64) -> Result<(db::Count, db::Count)> {
        const WAITING: &str = "deliveries WHERE webhook_id = $1 AND state IN ('waiting', 'sending')";
        const FULL: &str = "deliveries WHERE webhook_id = $1 AND last_error = 'full'";
        Ok((db::count(self.db(), WAITING, [id.into()]).await?, db::count(self.db(), FULL, [id.into()]).await?))
    }

    /// The latest deliveries to an endpoint, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the endpoint is not seen.
    pub async fn latest(&self, reach: &Reach, id: i64, limit: u64) -> Result<Vec<Model>> {
        self.get(reach, id).await?;
        let latest = Entity::find().filter(Column::WebhookId.eq(id)).order_by_desc(Column::CreatedAt);
        Ok(latest.order_by_desc(Column::Id).limit(limit).all(self.db().read()).await?)
    }

    /// Deliveries as a terminal lists them, the newest first; failed ones alone, or those since a moment (Unix ms).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliveries(
        &self,
        account: Option<i64>,
        webhook: Option<i64>,
        failed: bool,
        since: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Model>> {
        let mut deliveries = Entity::find();
        if let Some(account) = account {
            deliveries = deliveries.filter(Column::AccountId.eq(account));
        }
        if let Some(webhook) = webhook {
            deliveries = deliveries.filter(Column::WebhookId.eq(webhook));
        }
        if failed {
            deliveries = deliveries.filter(Column::State.eq("failed"));
        }
        if let Some(since) = since {
            deliveries = deliveries.filter(Column::CreatedAt.gte(since));
        }
        let deliveries = deliveries.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
        Ok(deliveries.limit(limit).all(self.db().read()).await?)
    }

    /// One delivery.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or not seen.
    pub async fn delivery(&self, reach: &Reach, id: i64) -> Result<Detail> {
        let read = self.db().read();
        let delivery = Entity::find_by_id(id).one(read).await?.ok_or(Error::NotFound)?;
        reach.must_see(delivery.account_id)?;
        #[derive(FromQueryResult)]
        struct Payload {
            payload: String,
        }
        let sql = "SELECT payload FROM deliveries WHERE id = $1";
        let payload = Payload::find_by_statement(db::statement(read, sql, [id.into()])).one(read).await?;
        let sql = "SELECT attempt, at, us, status, error, answer FROM delivery_attempts \
                   WHERE delivery_id = $1 ORDER BY attempt";
        let attempts = Attempt::find_by_statement(db::statement(read, sql, [id.into()])).all(read).await?;
        Ok(Detail { delivery, payload: payload.ok_or(Error::NotFound)?.payload, attempts })
    }
}
