//! Uploading: a row first, then WeChat. A process that dies between leaves a row that says so; what WeChat took of it is
//! found by reading its list, as one more material, and is never taken for this one because of its name.

use puzi_wechat::client::{ApiError, MediaKind};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    Event, HOUR_MS, KIND, LIFE_MS, Machinery, Materials, State, check, entity::Model, find_in, kind, living, thumbnail,
};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach},
    audit::{self, Actor, Entry},
    db::{self, now_ms},
    machine::{self, Who, Word},
    media_type::MediaType,
    menus, replies,
};

/// After this an upload is not under way any more, whatever its row says.
const UPLOAD_MS: i64 = HOUR_MS / 6;
/// Rows whose uploads are ended in one step.
const STEP: usize = 50;

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct NewMaterial {
    /// What it is to be.
    pub kind: MediaKind,
    /// What the file is called.
    pub name: String,
    /// Title of a video; a video that stays needs one.
    pub title: String,
    /// What the video is about.
    pub introduction: String,
    /// Whether it stays, or ends after three days.
    pub lasting: bool,
    /// The file itself.
    pub file: Vec<u8>,
}

/// What WeChat gave for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) media_id: String,
    pub(super) url: Option<String>,
    /// Unix ms; none for one that stays.
    pub(super) expires_at: Option<i64>,
}

/// What is sent.
pub(super) struct Sending<'a> {
    pub(super) kind: MediaKind,
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) introduction: &'a str,
    pub(super) lasting: bool,
}

impl<'a> Sending<'a> {
    /// What the row says.
    pub(super) fn of(row: &'a Model) -> Result<Self> {
        Ok(Self {
            kind: kind(&row.kind).ok_or(Error::NotFound)?,
            name: &row.name,
            title: &row.title,
            introduction: &row.introduction,
            lasting: row.lasting,
        })
    }
}

impl Materials {
    /// Uploads a file. Bytes, kind and size are looked at before WeChat is asked.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::NotFound`] for an account that is not seen; [`Error::WeChat`]
    /// when WeChat refuses it or is not reached: then the row stays, and [`Materials::again`] tries once more.
    pub async fn add(&self, by: &Actor, reach: &Reach, account_id: i64, new: NewMaterial) -> Result<Model> {
        reach.must_see(account_id)?;
        let live = self.live(account_id)?;
        let (title, introduction) = (new.title.trim(), new.introduction.trim());
        let found = check::file(new.kind, &new.file);
        let mut problems = Vec::from_iter(found.as_ref().err().cloned());
        let ending = found.as_ref().map_or("bin", |found| found.ending());
        let name = check::clean(&new.name, ending);
        problems.extend(check::words(&name, title, introduction));
        if new.kind == MediaKind::Video && new.lasting && title.is_empty() {
            problems.push(Problem::new("title", "material.no_title"));
        }
        let (Ok(found), true) = (found, problems.is_empty()) else { return Err(Error::Invalid(problems)) };
        let small = small_picture(new.kind, &new.file).await;
        let file = self.folder.keep_whole(&new.file).await?;
        let id = self.insert(by, account_id, &new, (&name, found, &file, small)).await?;
        self.send(&live, id, new.file).await
    }

    /// Uploads one once more that WeChat did not take, or has no more. Rules and the menu's draft that name it are led along.
    ///
    /// # Errors
    /// [`Error::NotNow`] when it is under way or there, or its file is not here; else as [`Materials::add`].
    pub async fn again(&self, by: &Actor, reach: &Reach, id: i64) -> Result<Model> {
        let material = living(self.db.read(), reach, id).await?;
        let live = self.live(material.account_id)?;
        let bytes = self.bytes(&material).await?;
        let tx = self.db.begin_write().await?;
        if material.state == State::Ready.word() && material.has_ended(now_ms()) {
            machine::step::<Machinery>(&*tx, id, Event::Gone, Who::WeChat, &Actor::system(), "ended").await?;
        }
        machine::step::<Machinery>(&*tx, id, Event::Upload, Who::Staff, by, "").await?;
        // The number that WeChat knew it by stays until there is another: by it those are found that name it.
        db::execute(&*tx, "UPDATE materials SET updated_at = $1 WHERE id = $2", [now_ms().into(), id.into()]).await?;
        tx.commit().await?;
        self.send(&live, id, bytes).await
    }

    /// The kept file of a material.
    ///
    /// # Errors
    /// [`Error::NotNow`] when it is not here.
    pub(super) async fn bytes(&self, material: &Model) -> Result<Vec<u8>> {
        let missing = || Error::NotNow(Problem::new("file", "material.no_file"));
        let name = material.file.as_deref().ok_or_else(missing)?;
        tokio::fs::read(self.folder.path(name)?).await.map_err(|_| missing())
    }

    async fn insert(
        &self,
        by: &Actor,
        account_id: i64,
        new: &NewMaterial,
        (name, found, file, small): (&str, MediaType, &str, Option<Vec<u8>>),
    ) -> Result<i64> {
        const SQL: &str = "INSERT INTO materials (account_id, kind, name, title, introduction, file, media_type, bytes, \
                           pictured, thumbnail, lasting, state, version, created_at, updated_at) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'uploading', 1, $12, $12) RETURNING id";
        let values = [
            account_id.into(),
            new.kind.as_str().into(),
            name.into(),
            new.title.trim().into(),
            new.introduction.trim().into(),
            file.into(),
            found.mime().into(),
            i64::try_from(new.file.len()).unwrap_or(i64::MAX).into(),
            small.is_some().into(),
            small.into(),
            new.lasting.into(),
            now_ms().into(),
        ];
        let tx = self.db.begin_write().await?;
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let id: i64 = row.try_get("", "id")?;
        let entry = Entry::new(by, "materials.create", KIND, id).of_account(account_id);
        let after = json!({ "kind": new.kind.as_str(), "name": name, "lasting": new.lasting });
        audit::record(&*tx, &entry.after(after)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Sends the file of the row `id`, which is `uploading`, and notes how that went.
    async fn send(&self, live: &LiveAccount, id: i64, file: Vec<u8>) -> Result<Model> {
        let row = find_in(self.db.read(), &Reach::All, id).await?;
        let sent = upload(live, &Sending::of(&row)?, &row.media_type, file).await;
        let by = Actor::system();
        let tx = self.db.begin_write().await?;
        let failed = match sent {
            Ok(sent) => {
                set_sent(&*tx, &row, &sent).await?;
                if let Some(old) = row.media_id() {
                    replies::swap_media(&*tx, row.account_id, old, &sent.media_id).await?;
                    menus::swap_media(&*tx, row.account_id, old, &sent.media_id).await?;
                }
                machine::step::<Machinery>(&*tx, id, Event::Done, Who::WeChat, &by, "").await?;
                None
            }
            Err(error) => {
                const SQL: &str = "UPDATE materials SET error = $1, errcode = $2, rid = $3, version = version + 1, \
                                   updated_at = $4 WHERE id = $5";
                let values = [
                    error.errmsg.as_str().into(),
                    error.errcode.into(),
                    error.rid.as_deref().into(),
                    now_ms().into(),
                    id.into(),
                ];
                db::execute(&*tx, SQL, values).await?;
                machine::step::<Machinery>(&*tx, id, Event::Fail, Who::WeChat, &by, "").await?;
                Some(error)
            }
        };
        tx.commit().await?;
        match failed {
            Some(error) => Err(error.into()),
            None => find_in(self.db.read(), &Reach::All, id).await,
        }
    }

    /// Ends uploads whose process died: nobody knows whether WeChat took them.
    pub(super) async fn end_uploads(&self) -> Result<()> {
        let sql =
            format!("SELECT id FROM materials WHERE state = 'uploading' AND updated_at < $1 ORDER BY id LIMIT {STEP}");
        let before = now_ms() - UPLOAD_MS;
        let rows = self.db.read().query_all_raw(db::statement(self.db.read(), &sql, [before.into()])).await?;
        for row in rows {
            let id: i64 = row.try_get("", "id")?;
            let tx = self.db.begin_write().await?;
            let ended = machine::step::<Machinery>(&*tx, id, Event::Fail, Who::Clock, &Actor::system(), "").await;
            match ended {
                Ok(_) => {}
                Err(Error::NotNow(_) | Error::Stale | Error::NotFound) => continue,
                Err(error) => return Err(error),
            }
            const SQL: &str = "UPDATE materials SET error = $1, errcode = NULL, rid = NULL, version = version + 1, \
                               updated_at = $2 WHERE id = $3";
            db::execute(&*tx, SQL, ["interrupted".into(), now_ms().into(), id.into()]).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// The small picture of what has one.
pub(super) async fn small_picture(kind: MediaKind, file: &[u8]) -> Option<Vec<u8>> {
    match kind {
        MediaKind::Image | MediaKind::Thumb => thumbnail::of(file.to_vec()).await,
        MediaKind::Voice | MediaKind::Video => None,
    }
}

/// Sends a file to WeChat, which tells the type by the name's ending: that of what the bytes are, `media_type`.
///
/// # Errors
/// WeChat's refusal, or that of the way to it.
pub(super) async fn upload(
    live: &LiveAccount,
    what: &Sending<'_>,
    media_type: &str,
    file: Vec<u8>,
) -> Result<Sent, ApiError> {
    let name = check::clean(what.name, MediaType::of_mime(media_type).ending());
    if !what.lasting {
        let uploaded = live.client.media().upload(what.kind, &name, file).await?;
        let began = if uploaded.created_at > 0 { uploaded.created_at * 1_000 } else { now_ms() };
        return Ok(Sent { media_id: uploaded.media_id, url: None, expires_at: Some(began + LIFE_MS) });
    }
    let material = live.client.material();
    let uploaded = match what.kind {
        MediaKind::Video => {
            // One that was read from WeChat's list has no title here.
            let title = if what.title.is_empty() { what.name } else { what.title };
            material.upload_video(title, what.introduction, &name, file).await?
        }
        kind => material.upload(kind, &name, file).await?,
    };
    let url = Some(uploaded.url).filter(|url| !url.is_empty());
    Ok(Sent { media_id: uploaded.media_id, url, expires_at: None })
}

/// Writes WeChat's number of a file into its row.
pub(super) async fn set_sent<C: ConnectionTrait>(tx: &C, row: &Model, sent: &Sent) -> Result<()> {
    // A reading of WeChat's list may have met it before this answer was stored.
    const TWIN: &str = "DELETE FROM materials WHERE account_id = $1 AND lasting_id = $2 AND id <> $3 AND file IS NULL";
    let lasting = Some(sent.media_id.as_str()).filter(|_| sent.expires_at.is_none());
    if let Some(id) = lasting {
        db::execute(tx, TWIN, [row.account_id.into(), id.into(), row.id.into()]).await?;
    }
    const SQL: &str = "UPDATE materials SET lasting_id = $1, lasting_url = $2, passing_id = $3, expires_at = $4, \
                       error = NULL, errcode = NULL, rid = NULL, seen_at = $5, version = version + 1, updated_at = $5 \
                       WHERE id = $6";
    let passing = Some(sent.media_id.as_str()).filter(|_| sent.expires_at.is_some());
    let values = [
        lasting.into(),
        sent.url.as_deref().into(),
        passing.into(),
        sent.expires_at.into(),
        now_ms().into(),
        row.id.into(),
    ];
    db::execute(tx, SQL, values).await?;
    Ok(())
}
