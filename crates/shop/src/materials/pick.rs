//! Materials as those who choose one see them.

use std::collections::HashMap;

use puzi_wechat::client::MediaKind;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{
    Error, Result,
    db::{self, Db},
};

/// How many a list shows.
const LISTED: usize = 60;

/// A material that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Material {
    /// Row number.
    pub id: i64,
    /// WeChat's number of the file.
    pub media_id: String,
    /// The platform's name of its kind; see [`super::kind`].
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Its size; 0 when that is not known.
    pub bytes: i64,
    /// There is a small picture of it, or one can be made.
    pub has_thumbnail: bool,
    /// Unix ms.
    pub created_at: i64,
    /// When WeChat lets it go, Unix ms; far away for one that stays.
    pub expires_at: i64,
    /// It stays.
    pub lasting: bool,
}

impl Material {
    /// Whether WeChat has let it go.
    pub fn has_ended(&self, now_ms: i64) -> bool {
        self.expires_at <= now_ms
    }
}

const COLUMNS: &str = "id, COALESCE(lasting_id, passing_id, '') AS media_id, kind, name, bytes, \
                       (pictured OR (kind = 'image' AND lasting_id IS NOT NULL)) AS has_thumbnail, created_at, \
                       CASE WHEN lasting_id IS NULL THEN COALESCE(expires_at, 0) ELSE 9223372036854775807 END \
                       AS expires_at, (lasting_id IS NOT NULL) AS lasting";

/// Which ones are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The platform's name of the kind.
    pub kind: &'static str,
    /// Words in the name; empty: any.
    pub search: String,
    /// Only those that stay: covers, menus.
    pub lasting: bool,
    /// Only those before this row number: the last of the page before.
    pub before: Option<i64>,
}

/// The account's materials that WeChat has, the latest first: up to 60.
///
/// # Errors
/// When the database does not answer.
pub async fn pick(db: &Db, account_id: i64, wanted: &Wanted, now_ms: i64) -> Result<Vec<Material>> {
    let mut values: Vec<Value> = vec![
        account_id.into(),
        wanted.kind.into(),
        wanted.before.unwrap_or(i64::MAX).into(),
        if wanted.lasting { i64::MAX } else { now_ms }.into(),
    ];
    let mut more = String::new();
    if !wanted.search.trim().is_empty() {
        values.push(db::like(wanted.search.trim()).into());
        more.push_str(" AND LOWER(name) LIKE $5 ESCAPE '!'");
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM materials WHERE account_id = $1 AND kind = $2 AND id < $3 AND state = 'ready' \
         AND deleted_at IS NULL AND (lasting_id IS NOT NULL OR expires_at > $4){more} ORDER BY id DESC LIMIT {LISTED}"
    );
    Ok(Material::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// The account's files of one kind that WeChat has, the latest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &Db, account_id: i64, kind: MediaKind, now_ms: i64) -> Result<Vec<Material>> {
    pick(db, account_id, &Wanted { kind: kind.as_str(), ..Wanted::default() }, now_ms).await
}

/// Those of `media_ids` that are known here, also ended ones.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &Db, account_id: i64, media_ids: &[&str]) -> Result<Vec<Material>> {
    if media_ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<_> = (2..media_ids.len() + 2).map(|n| format!("${n}")).collect();
    let places = places.join(", ");
    let sql = format!(
        "SELECT {COLUMNS} FROM materials WHERE account_id = $1 AND deleted_at IS NULL \
         AND (lasting_id IN ({places}) OR passing_id IN ({places}))"
    );
    let values = std::iter::once(account_id.into()).chain(media_ids.iter().map(|id| (*id).into()));
    Ok(Material::find_by_statement(db::statement(db.read(), &sql, values)).all(db.read()).await?)
}

/// The small picture of a file: a JPEG. One that is still to be fetched [`super::Materials::picture`] gives.
///
/// # Errors
/// [`Error::NotFound`] when the account has no such file, or it has no picture.
pub async fn thumbnail(db: &Db, account_id: i64, id: i64) -> Result<Vec<u8>> {
    let sql = "SELECT thumbnail FROM materials WHERE account_id = $1 AND id = $2 AND thumbnail IS NOT NULL";
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [account_id.into(), id.into()])).await?;
    Ok(row.ok_or(Error::NotFound)?.try_get("", "thumbnail")?)
}

/// WeChat's numbers of those of `ids` that are pictures of the account and stay: what articles can have as covers.
pub(crate) async fn lasting_pictures<C: ConnectionTrait>(
    on: &C,
    account_id: i64,
    ids: &[i64],
) -> Result<HashMap<i64, String>> {
    let mut found = HashMap::new();
    for some in ids.chunks(100) {
        let places: Vec<_> = (2..some.len() + 2).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT id, lasting_id FROM materials WHERE account_id = $1 AND id IN ({}) AND lasting_id IS NOT NULL \
             AND kind IN ('image', 'thumb') AND state = 'ready' AND deleted_at IS NULL",
            places.join(", ")
        );
        let values = std::iter::once(account_id.into()).chain(some.iter().map(|id| (*id).into()));
        for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
            found.insert(row.try_get("", "id")?, row.try_get("", "lasting_id")?);
        }
    }
    Ok(found)
}
