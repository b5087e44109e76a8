//! The library of materials: pictures, voices, films and covers that WeChat keeps for an account, for good or for three days.
//!
//! A row is ours and stays when WeChat's number of it changes: rules, menus and drafts are led along when a file takes
//! another's place ([`Materials::replace`]) or is uploaded anew because its three days are over (`renew.rs`). The file
//! itself lies in a folder, named by its digest. What somebody uploaded elsewhere is read from WeChat's own list
//! (`sync.rs`) and fetched when it is looked at (`fetch.rs`).

mod add;
mod check;
mod clean;
pub mod entity;
mod fetch;
mod pick;
mod pictures;
mod remove;
mod renew;
mod replace;
mod sendable;
mod state;
mod sync;
mod thumbnail;
mod uses;

use std::{path::PathBuf, sync::Arc, time::Duration};

use puzi_wechat::client::{ErrorKind, MediaKind};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::entity::{Entity, Model};
pub use self::{
    add::NewMaterial,
    pick::{Material, Wanted, find, list, pick, thumbnail},
    replace::Replaced,
    state::{Event, Machinery, State},
    sync::{Progress, SYNC_JOBS, SyncState},
    uses::Use,
};
pub(crate) use self::{
    pick::lasting_pictures,
    sendable::{Sendable, all_sendable, sendable},
};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach, Registry},
    db::{self, Db},
    inbox::Folder,
    jobs::{Job, Kinds, MAX_ATTEMPTS, Outcome},
};

/// How long WeChat keeps a file that was not uploaded for good, in milliseconds.
pub const LIFE_MS: i64 = 3 * DAY_MS;
/// The largest file of any kind, in bytes.
pub const LARGEST: usize = 10 << 20;
/// The kinds of files, in the order in which a page offers them.
pub const KINDS: [MediaKind; 4] = [MediaKind::Image, MediaKind::Voice, MediaKind::Video, MediaKind::Thumb];

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// WeChat's code for a file that is not there (any more).
const NO_SUCH_MEDIA: i64 = 40007;
/// Files fetched from WeChat at a time.
const FETCHED_AT_ONCE: usize = 4;
/// How often what ends and what was left behind is looked for.
const LOOK: Duration = Duration::from_secs(3_600);
/// The first look: a server that was down for long has something to renew.
const FIRST_LOOK: Duration = Duration::from_secs(20);
/// The kind of subject in the audit log.
const KIND: &str = "materials";

/// The kind with this name of the platform's.
pub fn kind(word: &str) -> Option<MediaKind> {
    KINDS.into_iter().find(|kind| kind.as_str() == word)
}

/// The materials of this shop; cheap to clone.
#[derive(Clone)]
pub struct Materials {
    db: Db,
    registry: Registry,
    folder: Folder,
    fetching: Arc<Semaphore>,
}

impl Materials {
    /// Over `db` and the accounts of `registry`; files lie in `folder`, which is made when it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn new(db: &Db, registry: &Registry, folder: PathBuf) -> Result<Self> {
        let fetching = Arc::new(Semaphore::new(FETCHED_AT_ONCE));
        Ok(Self { db: db.clone(), registry: registry.clone(), folder: Folder::at(folder)?, fetching })
    }

    /// The one of this row number, also a removed one.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when its account is not within `reach`.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Model> {
        find_in(self.db.read(), reach, id).await
    }

    /// The latest materials of an account, of one kind or of all; at most `limit`, all without one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn latest(
        &self,
        reach: &Reach,
        account_id: i64,
        of: Option<MediaKind>,
        limit: Option<u64>,
    ) -> Result<Vec<Model>> {
        reach.must_see(account_id)?;
        let mut found = Entity::find()
            .filter(entity::Column::AccountId.eq(account_id))
            .filter(entity::Column::DeletedAt.is_null())
            .order_by_desc(entity::Column::Id)
            .limit(limit);
        if let Some(kind) = of {
            found = found.filter(entity::Column::Kind.eq(kind.as_str()));
        }
        Ok(found.all(self.db.read()).await?)
    }

    /// Changes name, title and introduction, as far as they are given; WeChat is not told.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Stale`] when it is no longer of `version`; [`Error::NotFound`].
    pub async fn edit(
        &self,
        by: &crate::audit::Actor,
        reach: &Reach,
        id: i64,
        version: Option<i64>,
        edit: MaterialEdit,
    ) -> Result<()> {
        let before = living(self.db.read(), reach, id).await?;
        let name = edit.name.map_or_else(|| before.name.clone(), |name| name.trim().to_owned());
        let title = edit.title.map_or_else(|| before.title.clone(), |title| title.trim().to_owned());
        let about = edit.introduction.map_or_else(|| before.introduction.clone(), |text| text.trim().to_owned());
        let problems = check::words(&name, &title, &about);
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let tx = self.db.begin_write().await?;
        const SQL: &str = "UPDATE materials SET name = $1, title = $2, introduction = $3, version = version + 1, \
                           updated_at = $4 WHERE id = $5 AND version = $6 AND deleted_at IS NULL";
        let seen = version.unwrap_or(before.version);
        let values = [
            name.as_str().into(),
            title.as_str().into(),
            about.as_str().into(),
            db::now_ms().into(),
            id.into(),
            seen.into(),
        ];
        if db::execute(&*tx, SQL, values).await? != 1 {
            return Err(Error::Stale);
        }
        let entry = crate::audit::Entry::new(by, "materials.edit", KIND, id).of_account(before.account_id);
        let entry = entry
            .before(serde_json::json!({
                "name": before.name, "title": before.title, "introduction": before.introduction,
            }))
            .after(serde_json::json!({ "name": name, "title": title, "introduction": about }));
        crate::audit::record(&*tx, &entry).await?;
        tx.commit().await
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let (pages, missing) = (self.clone(), self.clone());
        let (renewing, cleaning) = (self.clone(), self.clone());
        kinds
            .on(sync::JOB, move |job: Job| {
                let materials = pages.clone();
                async move { outcome(&job, materials.read_page(&job).await) }
            })
            .on(sync::MISSING_JOB, move |job: Job| {
                let materials = missing.clone();
                async move { outcome(&job, materials.ask_for_missing(&job).await) }
            })
            .on(renew::JOB, move |job: Job| {
                let materials = renewing.clone();
                async move { outcome(&job, materials.renew(&job).await) }
            })
            .on(clean::JOB, move |job: Job| {
                let materials = cleaning.clone();
                async move { outcome(&job, materials.clean(&job).await) }
            })
    }

    /// Uploads anew what answers still name and WeChat is about to let go of, and clears up, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut rest = FIRST_LOOK;
        while tokio::time::timeout(rest, stop.cancelled()).await.is_err() {
            rest = LOOK;
            for looked in [self.end_uploads().await, self.look_for_ending().await, self.push_clean().await] {
                if let Err(error) = looked {
                    tracing::warn!(%error, "materials could not be looked after, trying again later");
                }
            }
        }
    }

    fn live(&self, account_id: i64) -> Result<Arc<LiveAccount>> {
        self.registry.by_id(account_id).ok_or(Error::NotFound)
    }
}

/// Changes of a material's words; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaterialEdit {
    /// What people call it.
    pub name: Option<String>,
    /// Title of a video.
    pub title: Option<String>,
    /// What the video is about.
    pub introduction: Option<String>,
}

/// The material `id` as `on` sees it, also a removed one.
pub(crate) async fn find_in<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Model> {
    let material = Entity::find_by_id(id).one(on).await?.ok_or(Error::NotFound)?;
    reach.must_see(material.account_id)?;
    Ok(material)
}

/// The same of one that was not removed.
async fn living<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Model> {
    let material = find_in(on, reach, id).await?;
    if material.deleted_at.is_some() { Err(Error::NotFound) } else { Ok(material) }
}

/// What becomes of a job: what may pass is tried again.
fn outcome(job: &Job, done: Result<()>) -> Outcome {
    match done {
        Ok(()) | Err(Error::NotFound) => Outcome::Done,
        Err(Error::WeChat(error)) if !passes(error.kind) => Outcome::Dead(error.to_string()),
        Err(error) if job.attempts < MAX_ATTEMPTS => Outcome::Retry(error.to_string()),
        Err(error) => Outcome::Dead(error.to_string()),
    }
}

/// Whether the same call may succeed later.
pub(crate) fn passes(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::RetryLater | ErrorKind::Transport | ErrorKind::RefreshToken)
}
