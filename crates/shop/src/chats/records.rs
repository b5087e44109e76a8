//! Reading what was said past our server from WeChat's records, every few minutes.

use std::time::Duration;

use puzi_wechat::client::{Client, ErrorKind};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{
    Chats, Kept, Reading,
    fetch::{Parts, Unread},
    keep, record,
};
use crate::{
    Result,
    accounts::Reach,
    db::{self, now_ms},
    jobs::{self, Job, Outcome},
};

/// The job that reads the records of one account.
pub(super) const JOB: &str = "records.read";

/// How often records are read, ms.
const EVERY_MS: i64 = 5 * 60_000;
/// How often they are asked for where WeChat refused, ms.
const REFUSED_MS: i64 = 60 * 60_000;
/// How soon after WeChat could not answer, ms.
const SOON_MS: i64 = 60_000;
/// How often a node looks whose turn it is.
const LOOK: Duration = Duration::from_secs(15);
/// What was said in the last seconds may not be in the records yet.
pub(super) const SETTLE_S: i64 = 30;
/// Seconds before the last reading that are read again: a record may come late.
const OVERLAP_S: i64 = 600;
/// The same once an hour, for a clock that is wrong.
const WIDE_OVERLAP_S: i64 = 2 * 3_600;
/// One question covers at most this many seconds; WeChat takes a day.
pub(super) const PIECE_S: i64 = 3_600;
/// Pieces of one job: fewer than fit into its lease.
const PIECES: usize = 30;
/// Where reading begins on an account that was never read, seconds back.
const BEGIN_S: i64 = 24 * 3_600;

#[derive(Debug, Serialize, Deserialize)]
struct Read {
    account: i64,
}

/// From now on the records of this account are read.
pub(super) async fn enable_in<C: ConnectionTrait>(tx: &C, account: i64) -> Result<()> {
    const SQL: &str = "INSERT INTO service_reading (account_id, enabled, read_until) VALUES ($1, $2, $3) \
                       ON CONFLICT (account_id) DO UPDATE SET enabled = excluded.enabled";
    let begin = now_ms() / 1_000 - BEGIN_S;
    db::execute(tx, SQL, [account.into(), true.into(), begin.into()]).await?;
    Ok(())
}

impl Chats {
    /// How the reading of an account's records stands; none where it never began.
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound) outside of `reach`.
    pub async fn reading(&self, reach: &Reach, account: i64) -> Result<Option<Reading>> {
        reach.must_see(account)?;
        let sql = "SELECT account_id, enabled, read_until, back_until, problem, errcode, read_at FROM service_reading \
                   WHERE account_id = $1";
        let statement = db::statement(self.db.read(), sql, [account.into()]);
        Ok(Reading::find_by_statement(statement).one(self.db.read()).await?)
    }

    /// From now on the records of this account are read; nothing changes where they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enable(&self, account: i64) -> Result<()> {
        // Looking needs no write lock, and mostly it is so.
        if self.reading(&Reach::All, account).await?.is_some_and(|reading| reading.enabled) {
            return Ok(());
        }
        let tx = self.db.begin_write().await?;
        enable_in(&*tx, account).await?;
        tx.commit().await
    }

    /// Enqueues the reading of each account whose turn it is, until `stop`.
    pub(super) async fn keep_reading(&self, stop: CancellationToken) {
        while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
            if let Err(error) = self.enqueue_due(now_ms()).await {
                tracing::warn!(%error, "whose records are to be read could not be found out");
            }
        }
    }

    async fn enqueue_due(&self, now: i64) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Due {
            account_id: i64,
        }
        const SQL: &str = "SELECT account_id FROM service_reading WHERE enabled = $1 AND (read_at IS NULL \
                           OR read_at <= CASE WHEN problem IS NULL THEN $2 ELSE $3 END)";
        let on = self.db.read();
        let values = [true.into(), (now - EVERY_MS).into(), (now - REFUSED_MS).into()];
        for due in Due::find_by_statement(db::statement(on, SQL, values)).all(on).await? {
            let account = due.account_id;
            let tx = self.db.begin_write().await?;
            let key = format!("records/{account}");
            jobs::push_of(&*tx, Some(account), JOB, Some(&key), &Read { account }, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The job. It comes again by itself, so that what fails is noted and the job done.
    pub(super) async fn read_records(&self, job: &Job) -> Outcome {
        let Ok(Read { account }) = job.read() else { return Outcome::Dead("the job cannot be read".into()) };
        match self.read_on(account).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    pub(super) async fn read_on(&self, account: i64) -> Result<()> {
        let Some(reading) = self.reading(&Reach::All, account).await?.filter(|reading| reading.enabled) else {
            return Ok(());
        };
        let Some(live) = self.registry.by_id(account) else { return Ok(()) };
        let now = now_ms();
        let another_hour = reading.read_at.is_none_or(|at| at / 3_600_000 != now / 3_600_000);
        let overlap = if another_hour { WIDE_OVERLAP_S } else { OVERLAP_S };
        let (mut from, end) = (reading.read_until - overlap, now / 1_000 - SETTLE_S);
        for _ in 0..PIECES {
            let until = end.min(from + PIECE_S);
            if from >= until {
                break;
            }
            match self.piece(&live.client, account, from, until, Some(until)).await? {
                Ok(_) => from = until,
                Err(unread) => return self.note_unread(account, &unread, now).await,
            }
        }
        keep::look_again(&self.db, account).await?;
        // Where more is to be read it is this account's turn again at once.
        let read_at = if from < end { 0 } else { now };
        const SQL: &str =
            "UPDATE service_reading SET read_at = $2, problem = NULL, errcode = NULL WHERE account_id = $1";
        self.db.execute(SQL, [account.into(), read_at.into()]).await?;
        Ok(())
    }

    /// The records of one span; `read_until` moves with it when it is told.
    async fn piece(
        &self,
        client: &Client,
        account: i64,
        from: i64,
        until: i64,
        read_until: Option<i64>,
    ) -> Result<Result<Kept, Unread>> {
        let mut all = Kept::default();
        let mut parts = Parts::of(client, from, until);
        while let Some(part) = parts.next().await {
            let records = match part {
                Ok(records) => records,
                Err(unread) => return Ok(Err(unread)),
            };
            let kept = keep::keep(&self.db, account, &record::named(&records)).await?;
            all.new += kept.new;
            all.twins += kept.twins;
        }
        if let Some(until) = read_until {
            const SQL: &str = "UPDATE service_reading SET read_until = $2 WHERE account_id = $1 AND read_until < $2";
            self.db.execute(SQL, [account.into(), until.into()]).await?;
        }
        Ok(Ok(all))
    }

    async fn note_unread(&self, account: i64, unread: &Unread, now: i64) -> Result<()> {
        let (problem, errcode, read_at) = match unread {
            Unread::Refused(error)
                if matches!(error.kind, ErrorKind::RetryLater | ErrorKind::Transport | ErrorKind::RefreshToken) =>
            {
                (None, None, now - EVERY_MS + SOON_MS)
            }
            Unread::Refused(error) => (Some(error.to_string()), error.errcode, now),
            Unread::Endless => (Some("the records of one second have no end".to_owned()), None, now),
        };
        const SQL: &str = "UPDATE service_reading SET problem = $2, errcode = $3, read_at = $4 WHERE account_id = $1";
        self.db.execute(SQL, [account.into(), problem.into(), errcode.into(), read_at.into()]).await?;
        Ok(())
    }
}
