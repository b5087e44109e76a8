//! Tags: made, renamed and taken away at WeChat first, then here. WeChat's list is the truth; what others change there
//! arrives when it is read again.

use std::collections::HashSet;

use puzi_wechat::{
    api::tags::Tag as Theirs,
    client::{ApiError, ErrorKind},
};
use sea_orm::{ConnectionTrait, FromQueryResult, SqlErr};
use serde_json::json;

use super::Followers;
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
};

/// Bytes of a name.
pub const LONGEST: usize = 30;
/// Tags of an account.
pub const MOST: usize = 100;
/// Tags of one follower.
pub const EACH: i64 = 20;
/// WeChat's own tags have the numbers up to this.
const PLATFORMS: i64 = 2;
/// Pairs taken away in one step, so that others can write in between.
const STEP: usize = 2_000;

/// So often the last pairs of a tag are taken away.
const TRIES: usize = 5;

const NO_SUCH_TAG: i64 = 45159;

/// A tag of an account.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Tag {
    /// Row number.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// WeChat's number of it.
    pub wechat_id: i64,
    /// Name.
    pub name: String,
    /// How many have it.
    pub followers: i64,
    /// Counts its changes.
    pub version: i64,
}

const SELECT: &str = "SELECT id, account_id, wechat_id, name, followers, version FROM tags";

impl Tag {
    /// Whether WeChat made it for everybody, and nobody can change it.
    pub fn is_platforms(&self) -> bool {
        self.wechat_id <= PLATFORMS
    }
}

impl Followers {
    /// The tags of an account, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach.
    pub async fn tags(&self, reach: &Reach, account: i64) -> Result<Vec<Tag>> {
        reach.must_see(account)?;
        let sql = format!("{SELECT} WHERE account_id = $1 AND wechat_id >= 0 ORDER BY name, id");
        let on = self.db.read();
        Ok(Tag::find_by_statement(db::statement(on, &sql, [account.into()])).all(on).await?)
    }

    /// One tag.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within reach.
    pub async fn tag(&self, reach: &Reach, id: i64) -> Result<Tag> {
        let sql = format!("{SELECT} WHERE id = $1 AND wechat_id >= 0");
        let on = self.db.read();
        let tag = Tag::find_by_statement(db::statement(on, &sql, [id.into()])).one(on).await?.ok_or(Error::NotFound)?;
        reach.must_see(tag.account_id)?;
        Ok(tag)
    }

    /// The tags of a follower, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tags_of(&self, follower: i64) -> Result<Vec<Tag>> {
        let sql =
            format!("{SELECT} WHERE id IN (SELECT tag_id FROM follower_tags WHERE follower_id = $1) ORDER BY name, id");
        let on = self.db.read();
        Ok(Tag::find_by_statement(db::statement(on, &sql, [follower.into()])).all(on).await?)
    }

    /// Makes a tag and gives its row number. When WeChat made it and its answer was lost, the tag of that name is taken.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach; [`Error::Invalid`] for a name that is too long or taken, and when
    /// there are too many tags; what WeChat refuses.
    pub async fn create_tag(&self, by: &Actor, reach: &Reach, account: i64, name: &str) -> Result<i64> {
        reach.must_see(account)?;
        let name = checked(name)?;
        self.refuse_taken(account, name, 0).await?;
        let live = self.live(account)?;
        let made = match live.client.tags().create(name).await {
            Ok(tag) => tag.id,
            Err(error) => match self.lost_or_taken(account, name, error).await? {
                Some(id) => id,
                None => return Err(Error::field("name", "tags.taken")),
            },
        };
        const SQL: &str = "INSERT INTO tags (account_id, wechat_id, name, created_at, updated_at) \
                           VALUES ($1, $2, $3, $4, $4) ON CONFLICT (account_id, wechat_id) DO UPDATE \
                           SET name = excluded.name, updated_at = excluded.updated_at RETURNING id";
        let tx = self.db.begin_write().await?;
        make_room(&*tx, account, made, name).await?;
        let values = [account.into(), made.into(), name.into(), now_ms().into()];
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        let id: i64 = row.try_get("", "id")?;
        let entry = Entry::new(by, "tags.create", "tags", id).of_account(account).after(json!({ "name": name }));
        audit::record(&*tx, &entry).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// WeChat's number of the tag that a call may have made: `name` as its list has it now, unless that is known here
    /// already.
    async fn lost_or_taken(&self, account: i64, name: &str, error: ApiError) -> Result<Option<i64>> {
        let may_be_there = error.errcode == Some(45157) || (error.kind == ErrorKind::Transport && !error.unsent);
        if !may_be_there {
            return Err(refused(error));
        }
        let live = self.live(account)?;
        let list = live.client.tags().list().await.map_err(refused)?;
        let Some(found) = list.iter().find(|tag| tag.name == name) else { return Err(refused(error)) };
        let sql = "SELECT 1 AS one FROM tags WHERE account_id = $1 AND wechat_id = $2 AND name = $3";
        let values = [account.into(), found.id.into(), name.into()];
        let known = self.db.read().query_one_raw(db::statement(self.db.read(), sql, values)).await?;
        Ok(known.is_none().then_some(found.id))
    }

    /// Renames a tag; `version` is the one the person saw.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::NotFound`]; [`Error::Invalid`] as in [`Followers::create_tag`] and for WeChat's own tags.
    pub async fn rename_tag(&self, by: &Actor, reach: &Reach, id: i64, version: Option<i64>, name: &str) -> Result<()> {
        let tag = self.tag(reach, id).await?;
        if version.is_some_and(|seen| seen != tag.version) {
            return Err(Error::Stale);
        }
        let name = checked(name)?;
        if name == tag.name {
            return Ok(());
        }
        self.refuse_platforms(&tag)?;
        self.refuse_taken(tag.account_id, name, id).await?;
        match self.live(tag.account_id)?.client.tags().rename(tag.wechat_id, name).await {
            Ok(()) => {}
            Err(error) if error.errcode == Some(NO_SUCH_TAG) => {
                self.forget_tag(&tag, None).await?;
                return Err(Error::NotFound);
            }
            Err(error) => return Err(refused(error)),
        }
        const SQL: &str =
            "UPDATE tags SET name = $1, version = version + 1, updated_at = $2 WHERE id = $3 AND version = $4";
        let tx = self.db.begin_write().await?;
        make_room(&*tx, tag.account_id, tag.wechat_id, name).await?;
        let values = [name.into(), now_ms().into(), id.into(), tag.version.into()];
        if db::execute(&*tx, SQL, values).await? == 0 {
            drop(tx);
            // Two at once: what stands here is what the other one wrote, and WeChat may have heard ours last.
            let now = self.tag(reach, id).await?;
            self.live(now.account_id)?.client.tags().rename(now.wechat_id, &now.name).await.map_err(refused)?;
            return Err(Error::Stale);
        }
        let entry = Entry::new(by, "tags.edit", "tags", id).of_account(tag.account_id);
        audit::record(&*tx, &entry.before(json!({ "name": tag.name })).after(json!({ "name": name }))).await?;
        tx.commit().await
    }

    /// Takes a tag away, off all who have it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for WeChat's own tags, and for one that more than 100,000 have.
    pub async fn delete_tag(&self, by: &Actor, reach: &Reach, id: i64) -> Result<()> {
        let tag = self.tag(reach, id).await?;
        self.refuse_platforms(&tag)?;
        match self.live(tag.account_id)?.client.tags().delete(tag.wechat_id).await {
            Ok(()) => {}
            // It is gone there already.
            Err(error) if error.errcode == Some(NO_SUCH_TAG) => {}
            Err(error) => return Err(refused(error)),
        }
        let entry = Entry::new(by, "tags.delete", "tags", id).of_account(tag.account_id);
        self.forget_tag(&tag, Some(entry.before(json!({ "name": tag.name })))).await
    }

    /// Reads WeChat's list of tags and keeps it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account out of reach; what WeChat refuses.
    pub async fn read_tags(&self, reach: &Reach, account: i64) -> Result<usize> {
        reach.must_see(account)?;
        let asked_at = now_ms();
        let list = self.live(account)?.client.tags().list().await.map_err(refused)?;
        let tx = self.db.begin_write().await?;
        let going = bring(&*tx, account, &list, asked_at).await?;
        tx.commit().await?;
        for tag in going {
            self.forget_pairs(&tag).await?;
        }
        Ok(list.len())
    }

    /// Takes a tag away here that WeChat has no longer; `entry` is who did it, if somebody did.
    pub(super) async fn forget_tag(&self, tag: &Tag, entry: Option<Entry>) -> Result<()> {
        let tx = self.db.begin_write().await?;
        goes(&*tx, tag.id).await?;
        if let Some(entry) = entry {
            audit::record(&*tx, &entry).await?;
        }
        tx.commit().await?;
        self.forget_pairs(tag).await
    }

    /// Takes the pairs of a tag that goes away, in steps, and then the tag.
    pub(super) async fn forget_pairs(&self, tag: &Tag) -> Result<()> {
        let sql = format!(
            "DELETE FROM follower_tags WHERE tag_id = $1 AND follower_id IN (SELECT follower_id FROM follower_tags \
             WHERE tag_id = $1 ORDER BY follower_id LIMIT {STEP})"
        );
        let mut tries = 1;
        loop {
            while self.db.execute(&sql, [tag.id.into()]).await? == STEP as u64 {}
            match self.db.execute("DELETE FROM tags WHERE id = $1", [tag.id.into()]).await {
                // On PostgreSQL: a pair that was on its way when the tag began to go.
                Err(Error::Database(error))
                    if tries < TRIES && matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) =>
                {
                    tries += 1;
                }
                done => return done.map(drop),
            }
        }
    }

    async fn refuse_taken(&self, account: i64, name: &str, but: i64) -> Result<()> {
        let sql = "SELECT 1 AS one FROM tags WHERE account_id = $1 AND name = $2 AND id <> $3";
        let values = [account.into(), name.into(), but.into()];
        let taken = self.db.read().query_one_raw(db::statement(self.db.read(), sql, values)).await?;
        if taken.is_some() { Err(Error::field("name", "tags.taken")) } else { Ok(()) }
    }

    fn refuse_platforms(&self, tag: &Tag) -> Result<()> {
        if tag.is_platforms() { Err(Error::field("name", "tags.platforms_own")) } else { Ok(()) }
    }
}

/// A name that WeChat takes.
fn checked(name: &str) -> Result<&str> {
    let name = name.trim();
    let problem = |key| Err(Error::Invalid(vec![Problem::new("name", key).with("n", name.len()).with("max", LONGEST)]));
    match name {
        "" => problem("tags.no_name"),
        name if name.len() > LONGEST => problem("tags.bytes"),
        name if name.chars().any(char::is_control) => problem("tags.signs"),
        name => Ok(name),
    }
}

/// What WeChat refused, at the field that can be changed.
fn refused(error: ApiError) -> Error {
    let key = match error.errcode {
        Some(45157) => "tags.taken",
        Some(45158) => "tags.bytes",
        Some(45056) => "tags.too_many",
        Some(45057) => "tags.too_many_people",
        Some(45058) => "tags.platforms_own",
        Some(NO_SUCH_TAG) => return Error::NotFound,
        _ if error.kind == ErrorKind::Transport => return Error::Busy,
        _ => return error.into(),
    };
    Error::Invalid(vec![Problem::new("name", key).with("n", "").with("max", LONGEST)])
}

/// A name passes from one tag to another at WeChat before we hear of it: the row that has it here, and is another tag,
/// waits under a name nobody gives until the list is read.
async fn make_room<C: ConnectionTrait>(tx: &C, account: i64, wechat_id: i64, name: &str) -> Result<()> {
    const SQL: &str = "UPDATE tags SET name = name || ' #' || CAST(wechat_id AS TEXT) \
                       WHERE account_id = $1 AND name = $2 AND wechat_id <> $3";
    db::execute(tx, SQL, [account.into(), name.into(), wechat_id.into()]).await?;
    Ok(())
}

/// Nobody may take the rest of its pairs for all of them: a tag without a number is none any more.
async fn goes<C: ConnectionTrait>(tx: &C, id: i64) -> Result<()> {
    db::execute(tx, "UPDATE tags SET wechat_id = -1 - wechat_id WHERE id = $1 AND wechat_id >= 0", [id.into()]).await?;
    Ok(())
}

/// A tag as it is here, and when that was so.
#[derive(FromQueryResult)]
struct Here {
    id: i64,
    account_id: i64,
    wechat_id: i64,
    name: String,
    followers: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

/// Brings WeChat's list, asked for at `asked_at` (Unix ms), into the table: new ones, other names, other counts. What was
/// made or renamed here since is newer. Gives those that the list has no longer: they go, and their pairs are still to be
/// taken away.
pub(super) async fn bring<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    list: &[Theirs],
    asked_at: i64,
) -> Result<Vec<Tag>> {
    let sql = "SELECT id, account_id, wechat_id, name, followers, version, created_at, updated_at FROM tags \
               WHERE account_id = $1";
    let here = Here::find_by_statement(db::statement(tx, sql, [account.into()])).all(tx).await?;
    let (mut going, mut newer) = (Vec::new(), HashSet::new());
    for tag in here {
        let listed = list.iter().any(|theirs| theirs.id == tag.wechat_id);
        if listed && tag.updated_at > asked_at {
            newer.insert(tag.wechat_id);
        }
        if !listed && tag.created_at < asked_at {
            goes(tx, tag.id).await?;
            let Here { id, account_id, wechat_id, name, followers, version, .. } = tag;
            going.push(Tag { id, account_id, wechat_id, name, followers, version });
        }
    }
    const SQL: &str = "INSERT INTO tags (account_id, wechat_id, name, followers, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (account_id, wechat_id) DO UPDATE \
                       SET name = excluded.name, followers = excluded.followers, updated_at = excluded.updated_at, \
                       version = CASE WHEN tags.name = excluded.name THEN tags.version ELSE tags.version + 1 END";
    for tag in list.iter().filter(|tag| !newer.contains(&tag.id)) {
        // PostgreSQL keeps no U+0000.
        let name = tag.name.replace('\0', "");
        make_room(tx, account, tag.id, &name).await?;
        let values = [account.into(), tag.id.into(), name.into(), tag.count.into(), now_ms().into()];
        db::execute(tx, SQL, values).await?;
    }
    Ok(going)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_measured_in_bytes() {
        assert_eq!(checked(" 老客户 ").unwrap(), "老客户");
        assert!(checked("一二三四五六七八九十").is_ok());
        for bad in ["", "  ", "一二三四五六七八九十a", "a\nb", &"a".repeat(31)] {
            assert!(matches!(checked(bad), Err(Error::Invalid(_))), "{bad:?}");
        }
    }
}
