//! Every menu that was ever live, and going back to one.

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{MenuSet, Menus, Origin, read_back, write};
use crate::{
    Error, Result,
    accounts::Reach,
    audit::Actor,
    db::{self, now_ms},
};

/// Versions of one page.
pub const PAGE: usize = 20;

/// How often a number that somebody else took meanwhile is tried anew.
const ATTEMPTS: usize = 5;

/// A menu that is live or was.
#[derive(Debug, Clone)]
pub struct Version {
    /// Row number.
    pub id: i64,
    /// From 1 in the account.
    pub number: i64,
    /// What it is.
    pub set: MenuSet,
    /// Its digest.
    pub digest: String,
    /// Who made it.
    pub origin: Origin,
    /// The name of who published it; empty when others made it.
    pub made_by: String,
    /// When it was published, or first met, Unix ms.
    pub created_at: i64,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    number: i64,
    content: String,
    digest: String,
    origin: String,
    made_by: String,
    created_at: i64,
}

impl From<Row> for Version {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            number: row.number,
            set: read_back(&row.content),
            digest: row.digest,
            origin: Origin::read(&row.origin),
            made_by: row.made_by,
            created_at: row.created_at,
        }
    }
}

const SELECT: &str = "SELECT id, number, content, digest, origin, made_by, created_at FROM menu_versions";

impl Menus {
    /// The latest versions, before the number `before` if that is given; [`PAGE`] at most.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn versions(&self, reach: &Reach, account: i64, before: Option<i64>) -> Result<Vec<Version>> {
        self.seen(reach, account)?;
        let sql =
            format!("{SELECT} WHERE account_id = $1 AND number < $2 ORDER BY account_id, number DESC LIMIT {PAGE}");
        let values = [account.into(), before.unwrap_or(i64::MAX).into()];
        let on = self.db.read();
        let rows = Row::find_by_statement(db::statement(on, &sql, values)).all(on).await?;
        Ok(rows.into_iter().map(Version::from).collect())
    }

    /// One version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account has none of that number, or is out of reach.
    pub async fn version(&self, reach: &Reach, account: i64, number: i64) -> Result<Version> {
        self.seen(reach, account)?;
        let sql = format!("{SELECT} WHERE account_id = $1 AND number = $2");
        let on = self.db.read();
        let row = Row::find_by_statement(db::statement(on, &sql, [account.into(), number.into()])).one(on).await?;
        row.map(Version::from).ok_or(Error::NotFound)
    }

    /// Puts a version into the draft, which is of `version`, and gives the draft's new version. Publishing it is the same
    /// comparing and publishing as always.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each button that the API cannot make; [`Error::Stale`] when somebody changed the draft
    /// meanwhile; [`Error::NotFound`].
    pub async fn restore(&self, by: &Actor, reach: &Reach, account: i64, number: i64, version: i64) -> Result<i64> {
        let kept = self.version(reach, account, number).await?;
        let mut problems = kept.set.check();
        problems.retain(|problem| problem.key == "menu.not_ours");
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let tx = self.db.begin_write().await?;
        let version = write(&*tx, by, account, version, &kept.set, "menus.restore").await?;
        tx.commit().await?;
        Ok(version)
    }
}

/// The latest version with this digest; one that we published goes first.
pub(super) async fn of_digest<C: ConnectionTrait>(on: &C, account: i64, digest: &str) -> Result<Option<Version>> {
    let sql = format!(
        "{SELECT} WHERE account_id = $1 AND digest = $2 \
         ORDER BY CASE WHEN origin = 'published' THEN 0 ELSE 1 END, id DESC LIMIT 1"
    );
    let row = Row::find_by_statement(db::statement(on, &sql, [account.into(), digest.into()])).one(on).await?;
    Ok(row.map(Version::from))
}

/// The version of this row number.
pub(super) async fn by_id<C: ConnectionTrait>(on: &C, id: i64) -> Result<Version> {
    let sql = format!("{SELECT} WHERE id = $1");
    let row = Row::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?;
    row.map(Version::from).ok_or(Error::NotFound)
}

/// Keeps a set as the next version, in the transaction `tx`, and gives its row number. The newest one is not kept twice.
pub(super) async fn keep<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    (set, digest): (&MenuSet, &str),
    origin: Origin,
    by: &str,
) -> Result<i64> {
    const INSERT: &str = "INSERT INTO menu_versions (account_id, number, content, digest, origin, made_by, created_at) \
                          VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, number) DO NOTHING RETURNING id";
    const NEWEST: &str = "SELECT id, number, content, digest, origin, made_by, created_at FROM menu_versions \
                          WHERE account_id = $1 ORDER BY account_id, number DESC LIMIT 1";
    let content = set.json().to_string();
    for _ in 0..ATTEMPTS {
        let newest = Row::find_by_statement(db::statement(tx, NEWEST, [account.into()])).one(tx).await?;
        if let Some(same) = newest.as_ref().filter(|row| row.content == content && row.origin == origin.word()) {
            return Ok(same.id);
        }
        let number = newest.map_or(1, |row| row.number + 1);
        let values = [
            account.into(),
            number.into(),
            content.as_str().into(),
            digest.into(),
            origin.word().into(),
            by.into(),
            now_ms().into(),
        ];
        if let Some(row) = tx.query_one_raw(db::statement(tx, INSERT, values)).await? {
            return Ok(row.try_get("", "id")?);
        }
    }
    Err(Error::Busy)
}
