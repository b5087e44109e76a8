//! Brings the journal's messages to the database when that is back: what a crash left at the start, then whenever
//! something lies there, and once more at the end.

use std::{io, sync::Arc, time::Duration};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    Conversations,
    intake::Intake,
    journal::{Journal, Segment},
    store::{AnswerState, Incoming, MessageKey},
};
use crate::{
    Error, Result,
    db::{self, Db, now_ms},
};

/// Messages stored at once; they share commits with those that arrive meanwhile.
const CHUNK: usize = 128;
/// Nobody waits for an answer here.
const STORE_WITHIN: Duration = Duration::from_secs(10);
/// How long the database may take to show that it stores messages again.
const PROBE_WITHIN: Duration = Duration::from_secs(5);
/// A message that fails alone so often, while the database takes others, is set aside.
const TRIES_ALONE: usize = 3;
/// Between them: what is wrong may pass.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// No message of WeChat's has this key: it would be of the year 1969.
const PROBE_KEY: [u8; 24] = [0xFF; 24];
const PUT_PROBE: &str = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                         received_at, answer_state, answered_at, lease_until) \
                         SELECT id, '', FALSE, 'probe', $1, '', '', 0, $2, 'none', 0, 0 \
                         FROM accounts ORDER BY id LIMIT 1";
const REMOVE_PROBE: &str = "DELETE FROM messages WHERE account_id IN (SELECT id FROM accounts) AND dedup_key = $1";

impl Conversations {
    /// Brings the journal in every now and then, until the stop and once more after it.
    pub(super) async fn replay_journal(self) {
        let shared = &self.shared;
        let mut failing = false;
        loop {
            // A stop in the middle of a replay asks for another one: messages may have come since it began.
            let last = shared.stop.is_cancelled();
            match bring_in(&shared.journal, &shared.intake, &shared.db).await {
                Ok(()) => failing = false,
                Err(error) if failing && !last => tracing::debug!(%error, "the journal still waits"),
                Err(error) => {
                    tracing::warn!(%error, waiting = shared.journal.len(), "the journal could not be brought in; it waits");
                    failing = true;
                }
            }
            if last {
                return;
            }
            let _ = tokio::time::timeout(shared.timing.replay_every, shared.stop.cancelled()).await;
        }
    }
}

/// Stores all that lies in the journal. At the first sign of an outage the rest waits; a file that cannot be used does
/// not keep the others waiting.
async fn bring_in(journal: &Journal, intake: &Intake, db: &Db) -> Result<()> {
    let of = journal.clone();
    let paths = blocking(move || of.segments()).await?;
    if paths.is_empty() {
        return Ok(());
    }
    // Not before the file being written is ended: in an outage that would make a file a second.
    probe(intake, db).await?;
    journal.end_segment().await;
    let mut unusable = None;
    for path in paths {
        let segment = match blocking(move || Segment::take(&path)).await {
            Ok(Some(segment)) => segment,
            Ok(None) => continue,
            Err(error) => {
                unusable = Some(error);
                continue;
            }
        };
        let refused = store_all(segment.messages(), intake, db).await?;
        let (of, count) = (journal.clone(), segment.messages().len() - refused.len());
        match blocking(move || of.finish(&segment, &refused)).await {
            Ok(()) => tracing::info!(count, "messages from the journal are in the database"),
            Err(error) => unusable = Some(error),
        }
    }
    unusable.map_or(Ok(()), Err)
}

/// Stores `messages` and gives back those that the database refuses while it takes others.
async fn store_all(messages: &[Arc<Incoming>], intake: &Intake, db: &Db) -> Result<Vec<Arc<Incoming>>> {
    let mut failed = Vec::new();
    for chunk in messages.chunks(CHUNK) {
        let stored = join_all(chunk.iter().map(|message| intake.record(message.clone(), STORE_WITHIN))).await;
        let before = failed.len();
        failed.extend(chunk.iter().zip(stored).filter(|(_, stored)| stored.is_err()).map(|(message, _)| message));
        if failed.len() > before {
            probe(intake, db).await?;
        }
    }
    for attempt in 0..TRIES_ALONE {
        if attempt > 0 && !failed.is_empty() {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        let mut again = Vec::new();
        for message in failed {
            if let Err(error) = intake.record(message.clone(), STORE_WITHIN).await {
                probe(intake, db).await?;
                tracing::warn!(key = message.key.hex(), %error, "the database takes messages, but not this one");
                again.push(message);
            }
        }
        failed = again;
    }
    Ok(failed.into_iter().cloned().collect())
}

/// Fails where no message could be stored. It commits a message and its removal, since a full disk refuses no less;
/// then a message that is there already goes the way of all messages, where it changes nothing.
async fn probe(intake: &Intake, db: &Db) -> Result<()> {
    let committing = async {
        let tx = db.begin_write().await?;
        db::execute(&*tx, PUT_PROBE, [PROBE_KEY.to_vec().into(), now_ms().into()]).await?;
        db::execute(&*tx, REMOVE_PROBE, [PROBE_KEY.to_vec().into()]).await?;
        tx.commit().await?;
        latest(db).await
    };
    let late = |_| Error::Database(DbErr::Custom(format!("no commit within {} s", PROBE_WITHIN.as_secs())));
    if let Some(stored) = tokio::time::timeout(PROBE_WITHIN, committing).await.map_err(late)?? {
        intake.record(Arc::new(stored), PROBE_WITHIN).await.map_err(io::Error::other)?;
    }
    Ok(())
}

/// The latest message that came in; of what it says nothing is needed but its key.
async fn latest(db: &Db) -> Result<Option<Incoming>> {
    const SQL: &str = "SELECT account_id, openid, kind, dedup_key, received_at FROM messages \
                       WHERE dedup_key IS NOT NULL ORDER BY id DESC LIMIT 1";
    let Some(row) = db.read().query_one_raw(db::statement(db.read(), SQL, [])).await? else { return Ok(None) };
    let Ok(push) = row.try_get::<Vec<u8>>("", "dedup_key")?.try_into() else { return Ok(None) };
    let received_at = row.try_get("", "received_at")?;
    Ok(Some(Incoming {
        key: MessageKey { account_id: row.try_get("", "account_id")?, push },
        openid: row.try_get("", "openid")?,
        kind: row.try_get("", "kind")?,
        summary: String::new(),
        payload: String::new(),
        sent_at: received_at,
        received_at,
        answered_at: received_at,
        from_a_person: false,
        change: None,
        state: AnswerState::Failed,
        answer: None,
        rule_id: None,
        lease_until: 0,
        rescue_at: None,
    }))
}

/// Runs what waits for the disk where waiting is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    struct World {
        folder: TempDir,
        db: Db,
        intake: Intake,
        journal: Journal,
    }

    impl World {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let db = Db::open_file(&folder.path().join("puzi.db")).await.unwrap();
            db.migrate().await.unwrap();
            let account = "INSERT INTO accounts (id, slug, name, appid, secret, contact_name, contact_phone, \
                           contact_email, mode, token, aes_key, status, created_at, updated_at) \
                           VALUES (1, 's', 'n', 'wx1', '', '', '', '', 'plain', '', '', 'active', 0, 0)";
            db.execute(account, []).await.unwrap();
            let intake = Intake::start(&db).unwrap();
            let journal = Journal::in_folder(&folder.path().join("journal")).unwrap();
            Self { folder, db, intake, journal }
        }

        async fn append(&self, account_id: i64, numbers: std::ops::Range<u64>) {
            for n in numbers {
                assert!(self.journal.append(message(account_id, n)).await.unwrap().is_none());
            }
        }

        async fn bring_in(&self) -> Result<()> {
            bring_in(&self.journal, &self.intake, &self.db).await
        }

        async fn stored(&self) -> u64 {
            // An update that changes nothing counts the rows.
            self.db.execute("UPDATE messages SET kind = kind", []).await.unwrap()
        }

        /// The endings of the files in the journal's folder.
        fn endings(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path().join("journal")).unwrap();
            let ending = |path: std::path::PathBuf| path.extension().unwrap().to_str().unwrap().to_owned();
            entries.map(|entry| ending(entry.unwrap().path())).collect()
        }
    }

    fn message(account_id: i64, n: u64) -> Incoming {
        let mut push = [0; 24];
        push[16..].copy_from_slice(&n.to_be_bytes());
        Incoming {
            key: MessageKey { account_id, push },
            openid: "oFan".into(),
            kind: "text".into(),
            summary: String::new(),
            payload: String::new(),
            sent_at: 0,
            received_at: 0,
            answered_at: 0,
            from_a_person: true,
            change: None,
            state: AnswerState::Answered,
            answer: None,
            rule_id: None,
            lease_until: 0,
            rescue_at: None,
        }
    }

    #[tokio::test]
    async fn more_than_one_chunk_goes_in_and_the_folder_is_empty() {
        let world = World::new().await;
        world.append(1, 0..300).await;
        world.bring_in().await.unwrap();
        assert_eq!((world.stored().await, world.journal.len()), (300, 0));
        assert!(world.endings().is_empty());
    }

    #[tokio::test]
    async fn a_message_that_the_database_never_takes_is_set_aside_and_can_be_brought_in_later() {
        let world = World::new().await;
        world.append(1, 0..3).await;
        world.append(2, 3..4).await;
        world.append(1, 4..6).await;
        world.bring_in().await.unwrap();
        assert_eq!((world.stored().await, world.journal.len()), (5, 0));
        assert_eq!(world.endings(), ["refused"]);

        let entry = fs::read_dir(world.folder.path().join("journal")).unwrap().next().unwrap().unwrap().path();
        let account = "INSERT INTO accounts SELECT 2, 's2', name, 'wx2', secret, contact_name, contact_phone, \
                       contact_email, mode, token, aes_key, previous_aes_key, api_base, status, verified_at, version, \
                       rules_version, created_at, updated_at FROM accounts";
        world.db.execute(account, []).await.unwrap();
        fs::rename(&entry, entry.with_extension("journal")).unwrap();
        world.bring_in().await.unwrap();
        assert_eq!(world.stored().await, 6);
        assert!(world.endings().is_empty());
    }

    #[tokio::test]
    async fn in_an_outage_everything_waits_and_the_file_stays_open() {
        let world = World::new().await;
        // As a full disk: whatever is to be stored is refused.
        let full = "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(FAIL, 'disk is full'); END";
        world.db.execute(full, []).await.unwrap();
        for n in 0..3 {
            world.append(1, n..n + 1).await;
            world.bring_in().await.unwrap_err();
        }
        assert_eq!(world.endings(), ["journal"], "no new file with each attempt");
        assert_eq!(world.journal.len(), 3);

        world.db.execute("DROP TRIGGER full", []).await.unwrap();
        world.bring_in().await.unwrap();
        assert_eq!((world.stored().await, world.journal.len()), (3, 0));
    }
}
