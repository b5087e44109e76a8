//! What staff upload: pictures and files. Their content says what they are, not their names; pictures are made anew
//! without what else they carried; what no record has taken after a day is removed.
//!
//! They lie in a folder as plain files: the calls that a storage library would wrap are four.

mod file;
mod folder;
mod name;
mod picture;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, QueryResult};
use tokio::{fs::File, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use self::folder::Folder;
use crate::{
    Error, Problem, Result,
    db::{Db, execute, now_ms, push_rows, statement},
    digest,
};

/// Largest picture, in bytes.
pub const PICTURE_BYTES: usize = 10 << 20;
/// Largest other file, in bytes.
pub const FILE_BYTES: usize = 20 << 20;

/// Megapixels decoded at a time, by all together: a quarter of a gigabyte.
const MEGAPIXELS: u32 = 64;
/// How long an upload waits for a record to take it, in milliseconds.
const WAITS: i64 = 24 * 3600 * 1000;
/// How often what waited too long is looked for.
const TIDY: Duration = Duration::from_secs(600);
/// Uploads removed in one step.
const STEP: u64 = 50;
/// Keys in one statement: SQLite and PostgreSQL take more.
const AT_ONCE: usize = 500;

const COLUMNS: &str = "id, key, kind, media_type, name, bytes, width, height, created_at, attached";

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A picture.
    Picture,
    /// A picture or a file of another kind.
    Any,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Row number.
    pub id: i64,
    /// Its name in addresses and records: cannot be guessed.
    pub key: String,
    /// Whether it is a picture.
    pub is_picture: bool,
    /// MIME type of what is stored.
    pub media_type: String,
    /// The name it came with, cleaned.
    pub name: String,
    /// Length of what is stored.
    pub bytes: i64,
    /// Width and height of a picture, in pixels.
    pub size: Option<(i64, i64)>,
    /// When it came, Unix ms.
    pub created_at: i64,
    /// Whether a record has it: else it is removed after a day.
    pub attached: bool,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Empty,
    TooLarge(usize),
    TooManyPixels,
    Broken,
    WrongKind,
    NoPicture,
    Heic,
    Mismatch,
}

impl Refusal {
    fn problem(self) -> Problem {
        let problem = |key| Problem::new("file", key);
        match self {
            Self::Empty => problem("uploads.empty"),
            Self::TooLarge(most) => problem("uploads.too_large").with("max", most >> 20),
            Self::TooManyPixels => problem("uploads.too_many_pixels").with("max", picture::PIXELS / 1_000_000),
            Self::Broken => problem("uploads.broken"),
            Self::WrongKind => problem("uploads.wrong_kind"),
            Self::NoPicture => problem("uploads.no_picture"),
            Self::Heic => problem("uploads.heic"),
            Self::Mismatch => problem("uploads.mismatch"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Invalid(vec![refusal.problem()])
    }
}

/// What is to be stored.
struct Content {
    media_type: &'static str,
    bytes: Vec<u8>,
    /// Width, height and small version of a picture.
    picture: Option<(u32, u32, Vec<u8>)>,
}

/// The uploads of this shop; cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads {
    db: Db,
    folder: Folder,
    megapixels: Arc<Semaphore>,
}

impl Uploads {
    /// The uploads in `folder`, which is made when it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made.
    pub fn new(db: Db, folder: PathBuf) -> Result<Self> {
        let megapixels = Arc::new(Semaphore::new(MEGAPIXELS as usize));
        Ok(Self { db, folder: Folder::at(folder)?, megapixels })
    }

    /// Takes a file that came under the name `given`, from the member of staff `by`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not `wanted`, not what its name says, too large, or broken.
    pub async fn take(&self, wanted: Wanted, given: &str, bytes: Vec<u8>, by: Option<i64>) -> Result<Upload> {
        let name = name::clean(given);
        let content = self.content(wanted, &name::ending(&name), bytes).await?;
        let upload = self.insert(&name, &content, by).await?;
        // The row comes first: should this process end here, the row is removed after a day, and all of the rest with it.
        if let Err(error) = self.store(&upload.key, &content).await {
            self.drop_row(upload.id).await?;
            self.folder.remove(&upload.key).await?;
            return Err(error);
        }
        Ok(upload)
    }

    async fn content(&self, wanted: Wanted, ending: &str, bytes: Vec<u8>) -> Result<Content> {
        if bytes.is_empty() {
            return Err(Refusal::Empty.into());
        }
        if let Some(format) = picture::format_of(&bytes) {
            // Which kind of picture its name says is no matter, for it is made anew: telephones mix them up.
            if !matches!(ending, "" | "png" | "jpg" | "jpeg" | "jfif" | "gif" | "webp") {
                return Err(Refusal::Mismatch.into());
            }
            return self.picture(format, bytes).await;
        }
        if file::is_heic(&bytes) {
            return Err(Refusal::Heic.into());
        }
        if wanted == Wanted::Picture {
            return Err(Refusal::NoPicture.into());
        }
        if bytes.len() > FILE_BYTES {
            return Err(Refusal::TooLarge(FILE_BYTES).into());
        }
        Ok(Content { media_type: file::media_type(&bytes, ending)?, bytes, picture: None })
    }

    async fn picture(&self, format: image::ImageFormat, bytes: Vec<u8>) -> Result<Content> {
        if bytes.len() > PICTURE_BYTES {
            return Err(Refusal::TooLarge(PICTURE_BYTES).into());
        }
        let pixels = picture::pixels(&bytes, format)?;
        let share = u32::try_from(pixels.div_ceil(1_000_000)).unwrap_or(MEGAPIXELS).min(MEGAPIXELS);
        let permit = self.megapixels.clone().acquire_many_owned(share).await;
        let permit = permit.map_err(|error| std::io::Error::other(error.to_string()))?;
        let made = tokio::task::spawn_blocking(move || {
            let made = picture::remake(&bytes, format);
            // Held until the memory is free, also when nobody waits for the answer any more.
            drop((bytes, permit));
            made
        });
        let made = made.await.map_err(|error| std::io::Error::other(error.to_string()))??;
        Ok(Content {
            media_type: made.media_type,
            bytes: made.bytes,
            picture: Some((made.width, made.height, made.thumb)),
        })
    }

    async fn insert(&self, name: &str, content: &Content, by: Option<i64>) -> Result<Upload> {
        let size = content.picture.as_ref().map(|(width, height, _)| (i64::from(*width), i64::from(*height)));
        let sql = format!(
            "INSERT INTO uploads (key, kind, media_type, name, bytes, width, height, sha256, created_by, created_at, attached) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, FALSE) RETURNING {COLUMNS}"
        );
        let values = [
            folder::new_key().into(),
            if size.is_some() { "image" } else { "file" }.into(),
            content.media_type.into(),
            name.into(),
            i64::try_from(content.bytes.len()).unwrap_or(i64::MAX).into(),
            size.map(|(width, _)| width).into(),
            size.map(|(_, height)| height).into(),
            digest::sha256(&content.bytes).into(),
            by.into(),
            now_ms().into(),
        ];
        let tx = self.db.begin_write().await?;
        let row = tx.query_one_raw(statement(&*tx, &sql, values)).await?.ok_or(Error::NotFound)?;
        let upload = read(&row)?;
        tx.commit().await?;
        Ok(upload)
    }

    async fn store(&self, key: &str, content: &Content) -> Result<()> {
        if let Some((_, _, thumb)) = &content.picture {
            self.folder.write(key, true, thumb).await?;
        }
        self.folder.write(key, false, &content.bytes).await
    }

    /// The upload of `key`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn find(&self, key: &str) -> Result<Upload> {
        self.folder.path(key, false)?;
        let sql = format!("SELECT {COLUMNS} FROM uploads WHERE key = $1");
        let on = self.db.read();
        let row = on.query_one_raw(statement(on, &sql, [key.into()])).await?.ok_or(Error::NotFound)?;
        read(&row)
    }

    /// The stored bytes of `upload`, or those of a picture's small version; with their length.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file.
    pub async fn open(&self, upload: &Upload, thumb: bool) -> Result<(File, u64)> {
        let path = self.folder.path(&upload.key, thumb)?;
        let opened = async {
            let file = File::open(&path).await?;
            let length = file.metadata().await?.len();
            Ok::<_, std::io::Error>((file, length))
        };
        opened.await.map_err(
            |error| {
                if error.kind() == std::io::ErrorKind::NotFound { Error::NotFound } else { error.into() }
            },
        )
    }

    /// Removes some uploads that no record has taken in a day; gives how many.
    pub async fn tidy(&self, now: i64) -> Result<u64> {
        let on = self.db.read();
        let sql = format!(
            "SELECT {COLUMNS} FROM uploads WHERE NOT attached AND created_at < $1 ORDER BY created_at, id LIMIT {STEP}"
        );
        let rows = on.query_all_raw(statement(on, &sql, [(now - WAITS).into()])).await?;
        let mut removed = 0;
        for upload in rows.iter().map(read) {
            let upload = upload?;
            if self.drop_row(upload.id).await? {
                self.folder.remove(&upload.key).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Whether it was still there, and nobody's.
    async fn drop_row(&self, id: i64) -> Result<bool> {
        let tx = self.db.begin_write().await?;
        let gone = execute(&*tx, "DELETE FROM uploads WHERE id = $1 AND NOT attached", [id.into()]).await?;
        tx.commit().await?;
        Ok(gone == 1)
    }

    /// Tidies up now and then, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while tokio::time::timeout(TIDY, stop.cancelled()).await.is_err() {
            match self.tidy(now_ms()).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "uploads that nobody kept were removed"),
                Err(error) => tracing::warn!(%error, "uploads that nobody kept could not be removed"),
            }
        }
    }
}

/// The uploads of `keys` that are there, in this order.
///
/// # Errors
/// When the database does not answer.
pub async fn find_all(db: &Db, keys: &[String]) -> Result<Vec<Upload>> {
    let mut found = HashMap::with_capacity(keys.len());
    for some in keys.chunks(AT_ONCE) {
        let mut sql = format!("SELECT {COLUMNS} FROM uploads WHERE key IN ");
        push_rows(&mut sql, 1, some.len());
        let values = some.iter().map(|key| key.as_str().into());
        for row in db.read().query_all_raw(statement(db.read(), &sql, values)).await? {
            let upload = read(&row)?;
            found.insert(upload.key.clone(), upload);
        }
    }
    Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
}

/// Says of the uploads `keys` that a record has them now, in the transaction `tx` that stores it: nobody removes them any
/// more.
///
/// # Errors
/// When the database does not answer.
pub async fn attach<C: ConnectionTrait>(tx: &C, keys: &[&str]) -> Result<()> {
    for some in keys.chunks(AT_ONCE) {
        let mut sql = String::from("UPDATE uploads SET attached = TRUE WHERE key IN ");
        push_rows(&mut sql, 1, some.len());
        execute(tx, &sql, some.iter().map(|key| (*key).into())).await?;
    }
    Ok(())
}

fn read(row: &QueryResult) -> Result<Upload> {
    let size: (Option<i64>, Option<i64>) = (row.try_get_by_index(6)?, row.try_get_by_index(7)?);
    Ok(Upload {
        id: row.try_get_by_index(0)?,
        key: row.try_get_by_index(1)?,
        is_picture: row.try_get_by_index::<String>(2)? == "image",
        media_type: row.try_get_by_index(3)?,
        name: row.try_get_by_index(4)?,
        bytes: row.try_get_by_index(5)?,
        size: size.0.zip(size.1),
        created_at: row.try_get_by_index(8)?,
        attached: row.try_get_by_index(9)?,
    })
}
