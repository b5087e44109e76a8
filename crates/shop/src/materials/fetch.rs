//! Files that only WeChat has: fetched when somebody looks at them, and kept from then on.

use std::path::PathBuf;

use puzi_wechat::client::MaterialFile;

use super::{Event, Machinery, Materials, NO_SUCH_MEDIA, add, check, entity::Model, kind, living, pick};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::Actor,
    db::now_ms,
    machine::{self, Who},
};

impl Materials {
    /// The small picture of a material: a JPEG. One whose file only WeChat has is fetched first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; [`Error::WeChat`].
    pub async fn picture(&self, reach: &Reach, id: i64) -> Result<Vec<u8>> {
        let material = living(self.db.read(), reach, id).await?;
        if !material.pictured {
            if material.kind != "image" || material.file.is_some() {
                return Err(Error::NotFound);
            }
            self.fetched(material).await?;
        }
        let account = living(self.db.read(), reach, id).await?.account_id;
        pick::thumbnail(&self.db, account, id).await
    }

    /// Where the file of a material lies, and its media type. One that only WeChat has is fetched first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotNow`] for a film that only WeChat has; [`Error::WeChat`].
    pub async fn file(&self, reach: &Reach, id: i64) -> Result<(PathBuf, Model)> {
        let material = self.fetched(living(self.db.read(), reach, id).await?).await?;
        let name = material.file.as_deref().ok_or(Error::NotFound)?;
        Ok((self.folder.path(name)?, material))
    }

    /// The material with its file.
    async fn fetched(&self, material: Model) -> Result<Model> {
        if material.file.is_some() {
            return Ok(material);
        }
        let lasting = material.lasting_id.clone().ok_or(Error::NotFound)?;
        let live = self.live(material.account_id)?;
        // A page of a list asks for many at once.
        let _turn = self.fetching.acquire().await.map_err(|_| Error::Busy)?;
        let now = living(self.db.read(), &Reach::All, material.id).await?;
        if now.file.is_some() {
            return Ok(now);
        }
        match live.client.material().download(&lasting).await {
            Ok(MaterialFile::Bytes(answer)) => self.keep(&now, answer.bytes.to_vec()).await?,
            Ok(_) => return Err(Error::NotNow(Problem::new("file", "material.only_wechat"))),
            Err(error) if error.errcode == Some(NO_SUCH_MEDIA) => {
                self.lose(&now).await?;
                return Err(Error::NotFound);
            }
            Err(error) => return Err(error.into()),
        }
        living(self.db.read(), &Reach::All, material.id).await
    }

    /// Keeps a file that was fetched; what it is its bytes say.
    async fn keep(&self, material: &Model, bytes: Vec<u8>) -> Result<()> {
        let kind = kind(&material.kind).ok_or(Error::NotFound)?;
        // What WeChat took once it may not take now (BMP): kept as what it is.
        let media_type = check::file(kind, &bytes).unwrap_or_else(|_| crate::media_type::sniff(&bytes));
        let small = add::small_picture(kind, &bytes).await;
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let file = self.folder.keep_whole(&bytes).await?;
        const SQL: &str = "UPDATE materials SET file = $1, media_type = $2, bytes = $3, pictured = $4, thumbnail = $5 \
                           WHERE id = $6 AND file IS NULL AND deleted_at IS NULL";
        let values = [
            file.into(),
            media_type.mime().into(),
            length.into(),
            small.is_some().into(),
            small.into(),
            material.id.into(),
        ];
        self.db.execute(SQL, values).await?;
        Ok(())
    }

    /// WeChat has it no more.
    pub(super) async fn lose(&self, material: &Model) -> Result<()> {
        if material.state != "ready" {
            return Ok(());
        }
        let tx = self.db.begin_write().await?;
        let stepped =
            machine::step::<Machinery>(&*tx, material.id, Event::Gone, Who::WeChat, &Actor::system(), "").await;
        match stepped {
            Ok(_) => {
                let sql = "UPDATE materials SET version = version + 1, updated_at = $1 WHERE id = $2";
                crate::db::execute(&*tx, sql, [now_ms().into(), material.id.into()]).await?;
                tx.commit().await
            }
            Err(Error::NotNow(_) | Error::Stale) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
