//! Files uploaded to WeChat, so that answers can name them. WeChat keeps what is uploaded here for three days; the row
//! stays a while longer, to say of an answer's file that it has ended.

mod thumbnail;

use puzi_wechat::client::MediaKind;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{
    Error, Problem, Result,
    accounts::LiveAccount,
    db::{self, Db, now_ms},
    media_type::sniff,
};

/// How long WeChat keeps a file, in milliseconds.
pub const LIFE_MS: i64 = 3 * DAY_MS;

const DAY_MS: i64 = 86_400_000;
/// How long a row outlives its file.
const REMEMBERED_MS: i64 = 90 * DAY_MS;
const NAME_CHARS: usize = 100;
/// How many files a list shows.
const LISTED: u32 = 60;

/// The kinds of files, in the order in which a page offers them.
pub const KINDS: [MediaKind; 4] = [MediaKind::Image, MediaKind::Voice, MediaKind::Video, MediaKind::Thumb];

/// The kind with this name of the platform's.
pub fn kind(word: &str) -> Option<MediaKind> {
    KINDS.into_iter().find(|kind| kind.as_str() == word)
}

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Material {
    /// Row number.
    pub id: i64,
    /// WeChat's number of the file.
    pub media_id: String,
    /// The platform's name of its kind; see [`kind`].
    pub kind: String,
    /// What the file was called.
    pub name: String,
    /// Its size.
    pub bytes: i64,
    /// There is a small picture of it.
    pub has_thumbnail: bool,
    /// Unix ms.
    pub created_at: i64,
    /// When WeChat lets it go, Unix ms.
    pub expires_at: i64,
}

impl Material {
    /// Whether WeChat has let it go.
    pub fn has_ended(&self, now_ms: i64) -> bool {
        self.expires_at <= now_ms
    }
}

const COLUMNS: &str = "id, media_id, kind, name, bytes, thumbnail IS NOT NULL AS has_thumbnail, created_at, expires_at";

/// Uploads a file to WeChat and remembers it.
///
/// # Errors
/// [`Error::Invalid`] with the field `file` when the file is not what WeChat takes for this kind; [`Error::WeChat`] when
/// WeChat refuses it or is not reached.
pub async fn upload(db: &Db, account: &LiveAccount, kind: MediaKind, name: &str, file: Vec<u8>) -> Result<Material> {
    let ending = check(kind, &file).map_err(|problem| Error::Invalid(vec![problem]))?;
    let name = clean(name, ending);
    let bytes = file.len() as i64;
    let thumbnail = match kind {
        MediaKind::Image | MediaKind::Thumb => thumbnail::of(file.clone()).await,
        MediaKind::Voice | MediaKind::Video => None,
    };
    // WeChat tells the type by the name's ending; this one is what the bytes are.
    let uploaded = account.client.media().upload(kind, &format!("upload.{ending}"), file).await?;
    let now = now_ms();
    let created_at = if uploaded.created_at > 0 { uploaded.created_at * 1_000 } else { now };
    let sql = format!(
        "INSERT INTO media_items (account_id, media_id, kind, name, bytes, thumbnail, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"
    );
    let values: [Value; 8] = [
        account.account.id.into(),
        uploaded.media_id.into(),
        kind.as_str().into(),
        name.into(),
        bytes.into(),
        thumbnail.into(),
        created_at.into(),
        (created_at + LIFE_MS).into(),
    ];
    let tx = db.begin_write().await?;
    db::execute(&*tx, "DELETE FROM media_items WHERE expires_at < $1", [(now - REMEMBERED_MS).into()]).await?;
    let stored = Material::find_by_statement(db::statement(&*tx, &sql, values)).one(&*tx).await?;
    tx.commit().await?;
    stored.ok_or(Error::NotFound)
}

/// The account's files of one kind that WeChat still has, the latest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, account_id: i64, kind: MediaKind, now_ms: i64) -> Result<Vec<Material>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM media_items WHERE account_id = $1 AND kind = $2 AND expires_at > $3 \
         ORDER BY id DESC LIMIT {LISTED}"
    );
    let values = [account_id.into(), kind.as_str().into(), now_ms.into()];
    Ok(Material::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// Those of `media_ids` that were uploaded here, also ended ones.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &Db, account_id: i64, media_ids: &[&str]) -> Result<Vec<Material>> {
    if media_ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<_> = (2..media_ids.len() + 2).map(|n| format!("${n}")).collect();
    let sql =
        format!("SELECT {COLUMNS} FROM media_items WHERE account_id = $1 AND media_id IN ({})", places.join(", "));
    let values = std::iter::once(account_id.into()).chain(media_ids.iter().map(|id| (*id).into()));
    Ok(Material::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// The small picture of a file: a JPEG.
///
/// # Errors
/// [`Error::NotFound`] when the account has no such file, or it has no picture.
pub async fn thumbnail(db: &Db, account_id: i64, id: i64) -> Result<Vec<u8>> {
    let sql = "SELECT thumbnail FROM media_items WHERE account_id = $1 AND id = $2 AND thumbnail IS NOT NULL";
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [account_id.into(), id.into()])).await?;
    Ok(row.ok_or(Error::NotFound)?.try_get("", "thumbnail")?)
}

/// Whether WeChat takes this for the kind, by the bytes and not by the name; gives the ending of its type.
fn check(kind: MediaKind, file: &[u8]) -> Result<&'static str, Problem> {
    if file.is_empty() {
        return Err(Problem::new("file", "material.missing"));
    }
    let ending = sniff(file).ending();
    if !kind.endings().contains(&ending) {
        return Err(Problem::new("file", "material.wrong_type").with("types", kind.endings().join(" / ")));
    }
    if file.len() as u64 > kind.max_bytes() {
        let size =
            |bytes: u64| if bytes < 1 << 20 { format!("{} KB", bytes >> 10) } else { format!("{} MB", bytes >> 20) };
        let problem = Problem::new("file", "material.too_large").with("max", size(kind.max_bytes()));
        return Err(problem.with("is", size(file.len() as u64)));
    }
    Ok(ending)
}

/// The name without path and control characters, with the ending of what it is.
fn clean(name: &str, ending: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let stem: String = stem.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    let stem = if stem.trim().is_empty() { "file" } else { stem.trim() };
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let png = b"\x89PNG\r\n\x1a\n";
        assert_eq!(check(MediaKind::Image, png), Ok("png"));
        for (kind, file, key) in [
            (MediaKind::Image, &b""[..], "material.missing"),
            (MediaKind::Image, b"MZ\x90\x00", "material.wrong_type"),
            (MediaKind::Image, b"<svg onload=alert(1)>", "material.wrong_type"),
            (MediaKind::Thumb, png, "material.wrong_type"),
            (MediaKind::Voice, png, "material.wrong_type"),
        ] {
            assert_eq!(check(kind, file).unwrap_err().key, key);
        }
        let mut large = vec![0; (2 << 20) + 1];
        large[..3].copy_from_slice(b"ID3");
        assert_eq!(check(MediaKind::Voice, &large).unwrap_err().key, "material.too_large");
        assert_eq!(check(MediaKind::Voice, &large[..2 << 20]), Ok("mp3"));
    }

    #[test]
    fn a_name_is_only_a_name() {
        for (given, kept) in [
            ("春茶.PNG", "春茶.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\照片\\a b.jpeg", "a b.jpg"),
            ("\u{7}", "file.jpg"),
            ("", "file.jpg"),
        ] {
            assert_eq!(clean(given, "jpg"), kept, "{given}");
        }
    }
}
