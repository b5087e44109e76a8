//! Counting the scans from before a channel was made here: its scene was printed long ago, by another program. The messages
//! are gone over once, in spans that each commit by themselves, until the reader's cursor is reached; from there the reader
//! counts. Killed anywhere, it goes on where the last span ended.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{
    Channels,
    follow::{KINDS, READER, Scan, book},
};
use crate::{
    Result,
    conversations::{follow::hold, reading},
    db::{self, now_ms},
    jobs::{self, Job, Outcome},
};

/// The kind of job that counts an account's channels.
pub(super) const JOB: &str = "channel_recount";
/// Numbers of messages that one span goes over.
const STEP: i64 = 20_000;
/// Between two spans, so that going over years of messages leaves the database to others.
const BREATH: Duration = Duration::from_millis(20);
/// A job ends before its lease does; another one goes on.
const AT_MOST: Duration = Duration::from_secs(60);

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    account: i64,
}

/// The channels of `account` that are not counted yet are counted at `at` (Unix ms).
pub(super) async fn push<C: ConnectionTrait>(tx: &C, account: i64, at: i64) -> Result<()> {
    jobs::push_of(tx, Some(account), JOB, Some(&format!("channel-recount/{account}")), &Asked { account }, at).await
}

impl Channels {
    /// The job.
    pub(super) async fn recount(&self, job: &Job) -> Outcome {
        let asked: Asked = match job.read() {
            Ok(asked) => asked,
            Err(error) => return Outcome::Dead(error.to_string()),
        };
        let begun = Instant::now();
        loop {
            match self.span(asked.account).await {
                Ok(true) if begun.elapsed() < AT_MOST => tokio::time::sleep(BREATH).await,
                Ok(_) => break,
                Err(error) => return Outcome::Retry(error.to_string()),
            }
        }
        match self.end(job, asked.account).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    /// Whoever flagged a channel while this ran found the job still there: what is left goes to a new one.
    async fn end(&self, job: &Job, account: i64) -> Result<()> {
        let tx = self.db.begin_write().await?;
        if !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        let sql = "SELECT COUNT(*) AS n FROM channels WHERE account_id = $1 AND counted_to IS NOT NULL";
        if db::one_number(&*tx, sql, [account.into()]).await? > 0 {
            push(&*tx, account, now_ms()).await?;
        }
        tx.commit().await
    }

    /// Counts one span of those channels that are furthest behind. False when none is left.
    pub(super) async fn span(&self, account: i64) -> Result<bool> {
        let read = self.db.read();
        let sql = "SELECT id, scene, counted_to FROM channels WHERE account_id = $1 AND counted_to IS NOT NULL \
                   ORDER BY counted_to, id LIMIT 500";
        let mut behind: Vec<(i64, String, i64)> = Vec::new();
        for row in read.query_all_raw(db::statement(read, sql, [account.into()])).await? {
            behind.push((row.try_get("", "id")?, row.try_get("", "scene")?, row.try_get("", "counted_to")?));
        }
        let Some(from) = behind.first().map(|(.., to)| *to) else { return Ok(false) };
        behind.retain(|(.., to)| *to == from);
        let scenes: HashMap<_, _> = behind.iter().map(|(id, scene, _)| (scene.as_str(), *id)).collect();

        let tx = self.db.begin_write().await?;
        // The reader waits meanwhile, and finds them counted.
        let done = hold(&*tx, READER).await?;
        let until = done.min(from.saturating_add(STEP));
        let reached = until >= done;
        let zone = self.zone();
        if until > from {
            for message in reading::between(&self.db, from, until, KINDS).await? {
                let Some(scan) = Scan::of(&message).filter(|scan| scan.account_id == account) else { continue };
                if let Some(id) = scenes.get(scan.scene.as_str()) {
                    book(&*tx, *id, &scan, &zone).await?;
                }
            }
        }
        let to = (!reached).then_some(until);
        for (id, ..) in &behind {
            let sql = "UPDATE channels SET counted_to = $1 WHERE id = $2 AND counted_to = $3";
            if db::execute(&*tx, sql, [to.into(), (*id).into(), from.into()]).await? != 1 {
                // Another node does it, too: then this span is theirs.
                return Ok(true);
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The shop's clock.
    fn zone(&self) -> TimeZone {
        TimeZone::get(self.registry.timezone()).unwrap_or(TimeZone::UTC)
    }
}
