//! QR channels: codes that lead to the account and say where somebody scanned them. Made at WeChat, lasting or for a time,
//! each with a scene that no other has; who scans and who follows by it is counted by day.
//!
//! A lasting code counts, and an account can have 100,000: of one whose making was cut short nobody asks again by
//! themselves (`make.rs`).

mod check;
pub mod entity;
mod figures;
mod follow;
mod make;
mod recount;
mod state;
#[cfg(test)]
mod tests;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

pub use self::{
    check::{MOST_DAYS, NAME_CHARS, NewChannel, Ready, SCENE_BYTES, changed, empty_folder, ready, restored, stored},
    entity::channel::Model as Channel,
    figures::{Day, Figures, MOST_FIGURES_DAYS, Person, Sums, lately},
    follow::count,
    make::remake_in,
    state::{Code, Event, SceneKind, State},
};
use crate::{
    Error, Problem, Result,
    accounts::{Reach, Registry},
    audit::{self, Actor, Entry},
    db::{self, Db, now_ms},
    inbox::Folder,
    jobs::{Job, Kinds},
    machine::Word,
    media_type::{MediaType, sniff},
};

/// The kind of subject in the audit log.
const KIND: &str = "channels";
/// How long after its row a channel's job begins, in ms, when the code is asked for at once.
const RESCUE_MS: i64 = 30_000;

/// The channels of this shop; cheap to make and to clone.
#[derive(Clone)]
pub struct Channels {
    db: Db,
    registry: Registry,
}

impl Channels {
    /// Those of `db`, of the accounts of `registry`.
    pub fn new(db: &Db, registry: &Registry) -> Self {
        Self { db: db.clone(), registry: registry.clone() }
    }

    /// Who does the jobs of this area.
    #[must_use]
    pub fn jobs(&self, kinds: Kinds) -> Kinds {
        let (making, counting) = (self.clone(), self.clone());
        let kinds = kinds.on(make::JOB, move |job: Job| {
            let channels = making.clone();
            async move { channels.work(&job).await }
        });
        kinds.on(recount::JOB, move |job: Job| {
            let channels = counting.clone();
            async move { channels.recount(&job).await }
        })
    }

    /// Makes a channel, and asks WeChat for its code at once. A code that is not there yet is asked for by a job.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::NotFound`] for an account that is not seen. What WeChat says is
    /// no error: it stands in the channel.
    pub async fn create(&self, by: &Actor, reach: &Reach, new: NewChannel) -> Result<Channel> {
        reach.must_see(new.account_id)?;
        self.registry.by_id(new.account_id).ok_or(Error::NotFound)?;
        let tx = self.db.begin_write().await?;
        let ready = ready(&*tx, &new).await?;
        const SQL: &str = "INSERT INTO channels (account_id, folder_id, name, note, lasting, ttl_days, scene_kind, scene, \
                           state, created_at, updated_at) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'making', $9, $10) RETURNING id";
        let now = now_ms();
        let values = [
            new.account_id.into(),
            new.folder_id.into(),
            new.name.trim().into(),
            new.note.as_str().into(),
            new.lasting.into(),
            ready.ttl_days.into(),
            ready.kind.word().into(),
            ready.scene.as_str().into(),
            now.into(),
            now.into(),
        ];
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let id: i64 = row.try_get("", "id")?;
        stored(&*tx, new.account_id, id, &ready.scene, now + RESCUE_MS).await?;
        let after = json!({ "name": new.name.trim(), "scene": ready.scene, "lasting": new.lasting });
        audit::record(&*tx, &Entry::new(by, "channels.create", KIND, id).of_account(new.account_id).after(after))
            .await?;
        tx.commit().await?;
        if let Err(error) = self.make(id).await {
            tracing::warn!(channel = id, %error, "a code could not be made at once; its job will");
        }
        self.get(reach, id).await
    }

    /// The channel `id`, also a deleted one.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when its account is not within `reach`.
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<Channel> {
        let channel = entity::channel::Entity::find_by_id(id).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        reach.must_see(channel.account_id)?;
        Ok(channel)
    }

    /// The channels of an account that are there, the newest first; those before the number `before`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn list(&self, reach: &Reach, account: i64, before: Option<i64>, limit: u64) -> Result<Vec<Channel>> {
        use entity::channel::{Column, Entity};
        reach.must_see(account)?;
        let mut all = Entity::find().filter(Column::AccountId.eq(account)).filter(Column::DeletedAt.is_null());
        if let Some(before) = before {
            all = all.filter(Column::Id.lt(before));
        }
        Ok(all.order_by_desc(Column::Id).limit(limit).all(self.db.read()).await?)
    }

    /// The row number of an account's folder called `name`.
    ///
    /// # Errors
    /// [`Error::Invalid`] without such a folder.
    pub async fn folder(&self, reach: &Reach, account: i64, name: &str) -> Result<i64> {
        use entity::folder::{Column, Entity};
        reach.must_see(account)?;
        let found = Entity::find().filter(Column::AccountId.eq(account)).filter(Column::Name.eq(name));
        let found = found.one(self.db.read()).await?;
        found.map(|folder| folder.id).ok_or_else(|| Error::field("folder_id", "channels.no_folder"))
    }

    /// The name of a folder, for who sees a channel in it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn folder_name(&self, channel: &Channel) -> Result<Option<String>> {
        let Some(id) = channel.folder_id else { return Ok(None) };
        let found = entity::folder::Entity::find_by_id(id).one(self.db.read()).await?;
        Ok(found.map(|folder| folder.name))
    }

    /// WeChat's picture of a code, as JPEG; kept in `folder` when one is named, so that it is asked for once.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there or not seen; [`Error::NotNow`] while there is no code, or no longer;
    /// [`Error::WeChat`].
    pub async fn picture(&self, reach: &Reach, id: i64, folder: Option<&Folder>) -> Result<Vec<u8>> {
        let channel = self.get(reach, id).await?;
        let ticket = channel.ticket.clone().filter(|_| channel.is_good(now_ms()));
        let ticket = ticket.ok_or_else(|| Error::NotNow(Problem::new("state", "channels.no_code")))?;
        if let (Some(folder), Some(name)) = (folder, &channel.picture)
            && let Ok(bytes) = tokio::fs::read(folder.path(name)?).await
        {
            return Ok(bytes);
        }
        let live = self.registry.by_id(channel.account_id).ok_or(Error::NotFound)?;
        let file = live.client.qrcode().picture(&ticket).await?;
        if !matches!(sniff(&file.bytes), MediaType::Picture("image/jpeg")) {
            return Err(Error::NotNow(Problem::new("state", "channels.no_picture")));
        }
        let bytes = file.bytes.to_vec();
        if let Some(folder) = folder {
            let name = folder.keep_whole(&bytes).await?;
            // Another code may have been made meanwhile.
            let sql = "UPDATE channels SET picture = $1 WHERE id = $2 AND ticket = $3";
            self.db.execute(sql, [name.into(), id.into(), ticket.into()]).await?;
        }
        Ok(bytes)
    }
}
