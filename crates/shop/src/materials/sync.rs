//! Reading WeChat's own list of materials: a page a job, the place in the commit that takes the job away and enqueues the
//! next. Read twice a page changes nothing. What a whole reading did not meet is asked for by itself: the list may have
//! moved while it was read.

use puzi_wechat::{
    api::material::{MaterialItem, MaterialKind},
    client::ApiError,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Event, KIND, Machinery, Materials, NO_SUCH_MEDIA, entity::Model, passes};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS},
    machine::{self, Who},
    runs,
};

/// The job that reads a page.
pub(super) const JOB: &str = "material.sync";
/// The job that asks for what was not met.
pub(super) const MISSING_JOB: &str = "material.missing";
/// The kinds of jobs of a reading, for who waits for it.
pub const SYNC_JOBS: &[&str] = &[JOB, MISSING_JOB];

/// Materials of a page: WeChat's limit.
const PAGE: i64 = 20;
/// How many are asked for by themselves in one job.
const ASKED: usize = 5;
/// The kinds that WeChat lists.
const LISTED: [&str; 3] = ["image", "voice", "video"];

/// How far the reading of one kind is.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SyncState {
    /// The platform's name of the kind.
    pub kind: String,
    /// `running`, `paused`, `done` or `failed`.
    pub state: String,
    /// How many were read.
    pub position: i64,
    /// How many WeChat has, as it said last.
    pub total: i64,
    /// When it began, Unix ms.
    pub began_at: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// When it went on last, Unix ms.
    pub changed_at: i64,
}

/// How far a reading is, of all kinds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Each kind; empty when nothing was read yet.
    pub kinds: Vec<SyncState>,
}

impl Progress {
    /// Whether something is being read.
    pub fn is_running(&self) -> bool {
        self.has("running")
    }

    /// Whether it was paused.
    pub fn is_paused(&self) -> bool {
        !self.is_running() && self.has("paused")
    }

    /// Why a kind was not read to its end: WeChat's errcode, if it gave one, and its words.
    pub fn error(&self) -> Option<&str> {
        self.kinds.iter().find(|one| one.state == "failed").and_then(|one| one.error.as_deref())
    }

    /// How many were read, and how many there are.
    pub fn counts(&self) -> (i64, i64) {
        let sum = |value: fn(&SyncState) -> i64| self.kinds.iter().map(value).sum::<i64>();
        (sum(|one| one.position.min(one.total)), sum(|one| one.total))
    }

    /// When it went on last, Unix ms.
    pub fn changed_at(&self) -> Option<i64> {
        self.kinds.iter().map(|one| one.changed_at).max()
    }

    fn has(&self, state: &str) -> bool {
        self.kinds.iter().any(|one| one.state == state)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    account: i64,
    kind: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Missing {
    account: i64,
    kind: String,
    after: i64,
    began_at: i64,
}

const COLUMNS: &str = "kind, state, position, total, began_at, error, changed_at";

fn key(account: i64, kind: &str) -> String {
    format!("{JOB}/{account}/{kind}")
}

impl Materials {
    /// Begins to read WeChat's list, or goes on with what was paused. One that is under way goes on as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn sync(&self, by: &Actor, reach: &Reach, account_id: i64) -> Result<()> {
        reach.must_see(account_id)?;
        self.live(account_id)?;
        let now = now_ms();
        let tx = self.db.begin_write().await?;
        for kind in LISTED {
            let was = state_of(&*tx, account_id, kind).await?;
            let sql = match was.as_ref().map(|was| was.state.as_str()) {
                Some("running") => continue,
                Some("paused") => {
                    "UPDATE material_syncs SET state = 'running', error = NULL, changed_at = $3 \
                     WHERE account_id = $1 AND kind = $2"
                }
                Some(_) => {
                    "UPDATE material_syncs SET state = 'running', position = 0, began_at = $3, error = NULL, \
                     changed_at = $3 WHERE account_id = $1 AND kind = $2"
                }
                None => {
                    "INSERT INTO material_syncs (account_id, kind, state, position, total, began_at, changed_at) \
                     VALUES ($1, $2, 'running', 0, 0, $3, $3)"
                }
            };
            db::execute(&*tx, sql, [account_id.into(), kind.into(), now.into()]).await?;
            let page = Page { account: account_id, kind: kind.to_owned() };
            jobs::push_of(&*tx, Some(account_id), JOB, Some(&key(account_id, kind)), &page, now).await?;
        }
        let entry = Entry::new(by, "materials.sync", KIND, account_id).of_account(account_id);
        audit::record(&*tx, &entry.after(json!({ "state": "running" }))).await?;
        tx.commit().await
    }

    /// Stops the reading where it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn pause(&self, by: &Actor, reach: &Reach, account_id: i64) -> Result<()> {
        reach.must_see(account_id)?;
        let tx = self.db.begin_write().await?;
        const SQL: &str = "UPDATE material_syncs SET state = 'paused', changed_at = $1 \
                           WHERE account_id = $2 AND state = 'running'";
        let paused = db::execute(&*tx, SQL, [now_ms().into(), account_id.into()]).await?;
        for kind in LISTED {
            jobs::take_away(&*tx, &key(account_id, kind)).await?;
        }
        if paused > 0 {
            let entry = Entry::new(by, "materials.sync", KIND, account_id).of_account(account_id);
            audit::record(&*tx, &entry.after(json!({ "state": "paused" }))).await?;
        }
        tx.commit().await
    }

    /// How far the reading is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn progress(&self, reach: &Reach, account_id: i64) -> Result<Progress> {
        reach.must_see(account_id)?;
        let sql = format!("SELECT {COLUMNS} FROM material_syncs WHERE account_id = $1 ORDER BY kind");
        let statement = db::statement(self.db.read(), &sql, [account_id.into()]);
        Ok(Progress { kinds: SyncState::find_by_statement(statement).all(self.db.read()).await? })
    }

    pub(super) async fn read_page(&self, job: &Job) -> Result<()> {
        let Ok(Page { account, kind }) = job.read::<Page>() else { return Err(Error::NotFound) };
        let live = self.live(account)?;
        let Some(was) = state_of(self.db.read(), account, &kind).await? else { return Ok(()) };
        if was.state != "running" {
            return Ok(());
        }
        let asked = live.client.material().list(MaterialKind::from(kind.as_str()), was.position, PAGE).await;
        let page = match asked {
            Ok(page) => page,
            Err(error) if passes(error.kind) && job.attempts < MAX_ATTEMPTS => return Err(error.into()),
            Err(error) => return self.fail(job, account, &kind, &error).await,
        };
        let tx = self.db.begin_write().await?;
        let now = state_of(&*tx, account, &kind).await?;
        let unmoved = now.is_some_and(|now| now.state == "running" && now.position == was.position);
        if !unmoved || !jobs::take(&*tx, job).await? {
            return Ok(());
        }
        keep(&*tx, account, &kind, &page.item).await?;
        let position = was.position + i64::try_from(page.item.len()).unwrap_or(PAGE);
        let ended = page.item.is_empty() || position >= page.total_count;
        const SQL: &str = "UPDATE material_syncs SET position = $1, total = $2, state = $3, changed_at = $4 \
                           WHERE account_id = $5 AND kind = $6";
        let state = if ended { "done" } else { "running" };
        let values = [
            position.into(),
            page.total_count.into(),
            state.into(),
            now_ms().into(),
            account.into(),
            kind.as_str().into(),
        ];
        db::execute(&*tx, SQL, values).await?;
        if ended {
            let missing = Missing { account, kind: kind.clone(), after: 0, began_at: was.began_at };
            push_missing(&*tx, &missing).await?;
        } else {
            let next = Page { account, kind: kind.clone() };
            jobs::push_of(&*tx, Some(account), JOB, Some(&key(account, &kind)), &next, now_ms()).await?;
        }
        tx.commit().await
    }

    async fn fail(&self, job: &Job, account: i64, kind: &str, why: &ApiError) -> Result<()> {
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            let why = runs::said(why);
            const SQL: &str = "UPDATE material_syncs SET state = 'failed', error = $1, changed_at = $2 \
                               WHERE account_id = $3 AND kind = $4 AND state = 'running'";
            db::execute(&*tx, SQL, [why.into(), now_ms().into(), account.into(), kind.into()]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Asks for each one that a whole reading did not meet: it may be gone.
    pub(super) async fn ask_for_missing(&self, job: &Job) -> Result<()> {
        let Ok(asked) = job.read::<Missing>() else { return Err(Error::NotFound) };
        let live = self.live(asked.account)?;
        let sql = format!(
            "SELECT id FROM materials WHERE account_id = $1 AND kind = $2 AND id > $3 AND state = 'ready' \
             AND deleted_at IS NULL AND lasting_id IS NOT NULL AND COALESCE(seen_at, 0) < $4 ORDER BY id LIMIT {ASKED}"
        );
        let values = [asked.account.into(), asked.kind.as_str().into(), asked.after.into(), asked.began_at.into()];
        let rows = self.db.read().query_all_raw(db::statement(self.db.read(), &sql, values)).await?;
        let mut last = None;
        for row in &rows {
            let id: i64 = row.try_get("", "id")?;
            let material: Model = super::find_in(self.db.read(), &Reach::All, id).await?;
            let Some(lasting) = material.lasting_id.as_deref() else { continue };
            match live.client.material().download(lasting).await {
                Ok(_) => {
                    let sql = "UPDATE materials SET seen_at = $1 WHERE id = $2";
                    self.db.execute(sql, [now_ms().into(), id.into()]).await?;
                }
                Err(error) if error.errcode == Some(NO_SUCH_MEDIA) => self.lose(&material).await?,
                Err(error) => return Err(error.into()),
            }
            last = Some(id);
        }
        let tx = self.db.begin_write().await?;
        if jobs::take(&*tx, job).await? {
            if let Some(after) = last.filter(|_| rows.len() == ASKED) {
                push_missing(&*tx, &Missing { after, ..asked }).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

async fn push_missing<C: ConnectionTrait>(tx: &C, missing: &Missing) -> Result<()> {
    let key = format!("{MISSING_JOB}/{}/{}", missing.account, missing.kind);
    jobs::push_of(tx, Some(missing.account), MISSING_JOB, Some(&key), missing, now_ms()).await
}

async fn state_of<C: ConnectionTrait>(on: &C, account: i64, kind: &str) -> Result<Option<SyncState>> {
    let sql = format!("SELECT {COLUMNS} FROM material_syncs WHERE account_id = $1 AND kind = $2");
    Ok(SyncState::find_by_statement(db::statement(on, &sql, [account.into(), kind.into()])).one(on).await?)
}

/// Keeps what a page tells: rows that are here are only seen again.
async fn keep<C: ConnectionTrait>(tx: &C, account: i64, kind: &str, items: &[MaterialItem]) -> Result<()> {
    const SQL: &str = "INSERT INTO materials (account_id, kind, name, lasting_id, lasting_url, lasting, state, seen_at, \
                       version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, TRUE, 'ready', $6, 1, $7, $6) \
                       ON CONFLICT (account_id, lasting_id) WHERE lasting_id IS NOT NULL DO UPDATE SET \
                       seen_at = EXCLUDED.seen_at, lasting_url = COALESCE(EXCLUDED.lasting_url, materials.lasting_url)";
    const GONE: &str = "SELECT id FROM materials WHERE account_id = $1 AND lasting_id = $2 AND state = 'gone'";
    let now = now_ms();
    for item in items.iter().filter(|item| !item.media_id.is_empty()) {
        let name = if item.name.trim().is_empty() { &item.media_id } else { &item.name };
        let url = Some(item.url.as_str()).filter(|url| !url.is_empty());
        let values = [
            account.into(),
            kind.into(),
            name.as_str().into(),
            item.media_id.as_str().into(),
            url.into(),
            now.into(),
            (item.update_time.max(0) * 1_000).into(),
        ];
        db::execute(tx, SQL, values).await?;
        let values = [account.into(), item.media_id.as_str().into()];
        if let Some(row) = tx.query_one_raw(db::statement(tx, GONE, values)).await? {
            let id: i64 = row.try_get("", "id")?;
            machine::step::<Machinery>(tx, id, Event::Back, Who::WeChat, &Actor::system(), "").await?;
        }
    }
    Ok(())
}
