//! Looks every hour at what is cheap to look at, on one node of several.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Check, HealthParts, check};
use crate::{
    accounts::{Status, quota},
    leases,
};

/// The name of the lease.
const LEASE: &str = "health";
/// How often the accounts are looked at.
const EVERY: Duration = Duration::from_hours(1);
/// After a start, so that a shop that is started again and again asks nothing.
const FIRST: Duration = Duration::from_secs(60);

/// Checks token and last push of every active account each hour until `stop`.
pub async fn watch(parts: HealthParts, stop: CancellationToken) {
    let holder = leases::holder();
    let mut pause = FIRST;
    while tokio::time::timeout(pause, stop.cancelled()).await.is_err() {
        pause = EVERY;
        // Held until shortly before the next time: of two nodes that started apart only one asks in an hour.
        match leases::take(&parts.db, LEASE, &holder, EVERY - Duration::from_secs(30)).await {
            Ok(true) => look(&parts, &stop).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the accounts' health could not be looked at"),
        }
    }
    let _ = leases::give_up(&parts.db, LEASE, &holder).await;
}

async fn look(parts: &HealthParts, stop: &CancellationToken) {
    if let Err(error) = quota::settle_old(&parts.db).await {
        tracing::warn!(%error, "old clearings of quotas could not be settled");
    }
    for live in parts.registry.all() {
        if stop.is_cancelled() {
            return;
        }
        if live.account.status != Status::Active {
            continue;
        }
        if let Err(error) = check(parts, &live, &[Check::Token, Check::Push]).await {
            tracing::warn!(%error, account = live.account.slug, "an account's health could not be kept");
        }
    }
}
