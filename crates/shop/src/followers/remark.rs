//! What the team calls a follower: told to WeChat first, then kept here.

use puzi_wechat::client::{Condition, ErrorKind};
use sea_orm::FromQueryResult;
use serde_json::json;

use super::{Followers, search};
use crate::{
    Error, Problem, Result,
    accounts::Reach,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
};

/// Bytes of a remark.
pub const LONGEST: usize = 30;

#[derive(FromQueryResult)]
struct Row {
    account_id: i64,
    openid: String,
    subscribed: bool,
    remark: String,
    version: i64,
}

impl Followers {
    /// Calls the follower `id` `text` from now on, at WeChat too; an empty text takes the remark away. `version` is the one
    /// the person saw.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such follower within reach; [`Error::Stale`]; [`Error::Invalid`] for more than
    /// 30 bytes; [`Error::NotNow`] when they do not follow; [`Error::Busy`] when WeChat's answer was lost: then nothing is
    /// changed here, and the next synchronisation tells what WeChat has.
    pub async fn set_remark(&self, by: &Actor, reach: &Reach, id: i64, version: Option<i64>, text: &str) -> Result<()> {
        let row = self.remark_of(id).await?;
        reach.must_see(row.account_id)?;
        let text = checked(text)?;
        if version.is_some_and(|seen| seen != row.version) {
            return Err(Error::Stale);
        }
        if text == row.remark {
            return Ok(());
        }
        if !row.subscribed {
            return Err(not_following());
        }
        self.tell(&row, text).await?;
        const SQL: &str = "UPDATE followers SET remark = $1, version = version + 1, marked_at = $4 \
                           WHERE id = $2 AND version = $3";
        let tx = self.db.begin_write().await?;
        if db::execute(&*tx, SQL, [text.into(), id.into(), row.version.into(), now_ms().into()]).await? == 0 {
            drop(tx);
            // Two at once: what stands here is what the other one wrote, and WeChat may have heard ours last.
            let now = self.remark_of(id).await?;
            self.tell(&now, &now.remark).await?;
            return Err(Error::Stale);
        }
        search::index(&*tx, &[id]).await?;
        let entry = Entry::new(by, "followers.edit", "followers", id).of_account(row.account_id);
        // What it says is about a person, and many see the audit log: that it changed is enough.
        let chars = |text: &str| json!({ "remark_characters": text.chars().count() });
        audit::record(&*tx, &entry.before(chars(&row.remark)).after(chars(text))).await?;
        tx.commit().await
    }

    async fn remark_of(&self, id: i64) -> Result<Row> {
        const SQL: &str = "SELECT account_id, openid, subscribed, remark, version FROM followers WHERE id = $1";
        let on = self.db.read();
        Row::find_by_statement(db::statement(on, SQL, [id.into()])).one(on).await?.ok_or(Error::NotFound)
    }

    async fn tell(&self, row: &Row, text: &str) -> Result<()> {
        match self.live(row.account_id)?.client.users().remark(&row.openid, text).await {
            Ok(()) => Ok(()),
            Err(error) if error.is(Condition::NotFollowing) => Err(not_following()),
            Err(error) if error.kind == ErrorKind::Transport => Err(Error::Busy),
            Err(error) => Err(error.into()),
        }
    }
}

fn not_following() -> Error {
    Error::NotNow(Problem::new("remark", "followers.not_following"))
}

fn checked(text: &str) -> Result<&str> {
    let text = text.trim();
    let problem = |key| {
        let problem = Problem::new("remark", key).with("n", text.len()).with("max", LONGEST);
        Err(Error::Invalid(vec![problem]))
    };
    if text.len() > LONGEST {
        return problem("followers.remark_bytes");
    }
    if text.chars().any(char::is_control) {
        return problem("followers.remark_signs");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_measured_in_bytes() {
        assert_eq!(checked("  王阿姨 ").unwrap(), "王阿姨");
        assert_eq!(checked("").unwrap(), "");
        assert!(checked("🌸🌸🌸🌸🌸🌸🌸").is_ok());
        for bad in ["🌸🌸🌸🌸🌸🌸🌸🌸", "一二三四五六七八九十!", "a\u{0}b", "]]\u{1b}>"] {
            assert!(matches!(checked(bad), Err(Error::Invalid(_))), "{bad:?}");
        }
        assert_eq!(checked("]]>").unwrap(), "]]>");
    }
}
