//! Drafts: articles written here, saved among WeChat's drafts, published, or sent by a broadcast.
//!
//! What WeChat is told goes through jobs, and each job can be taken up by another process at any point. A draft whose making
//! was lost on the way is looked for among WeChat's newest ones by its titles (`save.rs`): a wrong guess would cost a spare
//! draft. Whether something was published is never guessed (`publish.rs`): WeChat's event tells it, or a person does.

pub mod article;
mod copy;
pub mod entity;
mod html;
mod naming;
mod publish;
mod save;
mod sendable;
mod state;
mod told;
mod write;

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use self::entity::{Entity, Model};
pub use self::{
    article::{Article, Comments, Kind},
    html::{clean as harmless, text as plain_text},
    publish::REMOVALS_A_DAY,
    state::{Event, Machinery, State},
};
pub(crate) use self::{
    copy::{copy, used},
    naming::{naming, saved_with},
    sendable::{Sendable, all_sendable, sendable},
};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach, Registry},
    broadcasts,
    conversations::{self, reading::Full},
    db::{self, Db, now_ms},
    jobs::{self, Job, Kinds},
    machine::{self, Word},
    materials::Materials,
    uploads::Uploads,
};

/// The kinds of jobs of this area, for who waits for one.
pub const JOBS: &[&str] = &[save::JOB, publish::JOB, publish::DOUBT_JOB, publish::STATE_JOB, publish::REMOVE_JOB];

/// The kind of subject in the audit log.
const KIND: &str = "drafts";
/// WeChat's code for a draft or a file that is not there (any more).
const NO_SUCH_MEDIA: i64 = 40007;

/// The drafts of this shop; cheap to clone.
#[derive(Clone)]
pub struct Drafts {
    db: Db,
    registry: Registry,
    materials: Materials,
    uploads: Uploads,
}

/// What happened to a draft.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Happened {
    /// See [`Event`].
    pub event: String,
    /// The state before.
    pub from_state: String,
    /// The state after.
    pub to_state: String,
    /// `staff`, `clock` or `wechat`.
    pub who: String,
    /// The person's name.
    pub by: String,
    /// More about it; may be empty.
    pub why: String,
    /// Unix ms.
    pub at: i64,
}

/// Which draft a job is about.
#[derive(Debug, Serialize, Deserialize)]
struct Of {
    draft: i64,
}

impl Drafts {
    /// Over `db` and the accounts of `registry`; covers are `materials`, pictures inside articles `uploads`.
    pub fn new(db: &Db, registry: &Registry, materials: &Materials, uploads: &Uploads) -> Self {
        Self { db: db.clone(), registry: registry.clone(), materials: materials.clone(), uploads: uploads.clone() }
    }

    /// The one of this row number, also a deleted one.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when its account is not within `reach`.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Model> {
        find_in(self.db.read(), reach, id).await
    }

    /// The latest drafts of an account; at most `limit`, all without one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn latest(&self, reach: &Reach, account_id: i64, limit: Option<u64>) -> Result<Vec<Model>> {
        reach.must_see(account_id)?;
        let found = Entity::find()
            .filter(entity::Column::AccountId.eq(account_id))
            .filter(entity::Column::DeletedAt.is_null())
            .order_by_desc(entity::Column::Id)
            .limit(limit);
        Ok(found.all(self.db.read()).await?)
    }

    /// What happened to it, in order.
    ///
    /// # Errors
    /// As [`Drafts::get`].
    pub async fn history(&self, reach: &Reach, id: i64) -> Result<Vec<Happened>> {
        self.get(reach, id).await?;
        const SQL: &str = "SELECT event, from_state, to_state, who, by, why, at FROM draft_events \
                           WHERE draft_id = $1 ORDER BY id LIMIT 200";
        let statement = db::statement(self.db.read(), SQL, [id.into()]);
        Ok(Happened::find_by_statement(statement).all(self.db.read()).await?)
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let (saving, submitting, doubting) = (self.clone(), self.clone(), self.clone());
        let (asking, removing) = (self.clone(), self.clone());
        kinds
            .on(save::JOB, move |job: Job| {
                let drafts = saving.clone();
                async move { drafts.save_job(&job).await }
            })
            .on(publish::JOB, move |job: Job| {
                let drafts = submitting.clone();
                async move { publish::outcome(&job, drafts.submit_job(&job).await) }
            })
            .on(publish::DOUBT_JOB, move |job: Job| {
                let drafts = doubting.clone();
                async move { publish::outcome(&job, drafts.doubt_job(&job).await) }
            })
            .on(publish::STATE_JOB, move |job: Job| {
                let drafts = asking.clone();
                async move { publish::outcome(&job, drafts.state_job(&job).await) }
            })
            .on(publish::REMOVE_JOB, move |job: Job| {
                let drafts = removing.clone();
                async move { publish::outcome(&job, drafts.remove_job(&job).await) }
            })
    }

    /// Takes what WeChat tells of publications into their drafts, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let take = async |tx: &DatabaseTransaction, messages: &[Full]| {
            for message in messages {
                told::take(tx, message).await?;
            }
            Ok(())
        };
        conversations::follow::follow(self.db.clone(), "drafts", told::KINDS, take, stop).await;
    }

    fn live(&self, account_id: i64) -> Result<Arc<LiveAccount>> {
        self.registry.by_id(account_id).ok_or(Error::NotFound)
    }
}

/// The draft `id` as `on` sees it, also a deleted one.
async fn find_in<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Model> {
    let draft = Entity::find_by_id(id).one(on).await?.ok_or(Error::NotFound)?;
    reach.must_see(draft.account_id)?;
    Ok(draft)
}

/// The same of one that was not deleted.
async fn living<C: ConnectionTrait>(on: &C, reach: &Reach, id: i64) -> Result<Model> {
    let draft = find_in(on, reach, id).await?;
    if draft.deleted_at.is_some() { Err(Error::NotFound) } else { Ok(draft) }
}

/// # Errors
/// [`Error::NotNow`] when a broadcast counts on the draft as it is.
async fn refuse_if_held<C: ConnectionTrait>(on: &C, id: i64) -> Result<()> {
    match broadcasts::holding_draft(on, id).await? {
        Some(name) => Err(Error::NotNow(Problem::new("state", "draft.held").with("name", name))),
        None => Ok(()),
    }
}

/// Enqueues a job about the draft in the transaction that gives it something to do.
async fn push<C: ConnectionTrait>(tx: &C, draft: &Model, kind: &str, after_ms: i64) -> Result<()> {
    let key = format!("{kind}/{}", draft.id);
    jobs::push_of(tx, Some(draft.account_id), kind, Some(&key), &Of { draft: draft.id }, now_ms() + after_ms).await
}

/// Moves a draft by what WeChat said or the clock; whether it was still there to be moved.
async fn step<C: ConnectionTrait>(tx: &C, id: i64, event: Event, who: machine::Who, why: &str) -> Result<bool> {
    match machine::step::<Machinery>(tx, id, event, who, &crate::audit::Actor::system(), why).await {
        Ok(_) => Ok(true),
        Err(Error::NotNow(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the draft is in this state.
fn is(draft: &Model, state: State) -> bool {
    draft.state == state.word()
}
