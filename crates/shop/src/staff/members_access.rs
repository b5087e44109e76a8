//! How members come in: passwords set and changed, lock-outs lifted, one-time codes turned off for who lost them.

use puzi_wechat::Secret;

use super::{
    Member, Staff, entity,
    limits::{self, Key},
    passwords, second_factor, sessions,
};
use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
    db::{self, WriteTx, now_ms},
};

impl Staff {
    /// Members change their own password. All their other sessions end; `session` goes on.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `old` or `password`.
    pub async fn change_password(
        &self,
        by: &Actor,
        member: i64,
        session: i64,
        old: &Secret<String>,
        new: Secret<String>,
    ) -> Result<()> {
        let row = self.confirm(member, old, "old").await?;
        check(new.expose(), &row)?;
        if new.expose() == old.expose() {
            return Err(Error::field("password", "staff.password_same"));
        }
        let hash = self.hasher.hash(new).await?;
        let tx = self.begin_change().await?;
        // The old one was right for the row as it was read: if it was changed meanwhile, it is not any more.
        if super::find(&*tx, member).await?.password != row.password {
            return Err(Error::Stale);
        }
        store(&tx, by, member, hash).await?;
        let sql = "DELETE FROM staff_sessions WHERE staff_id = $1 AND id <> $2";
        db::execute(&*tx, sql, [member.into(), session.into()]).await?;
        tx.commit().await
    }

    /// Gives a member a new password; all sessions end and a lock-out is lifted.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `password`; [`Error::Forbidden`] for a member above `by`.
    pub async fn set_password(&self, by: &Actor, member: i64, new: Secret<String>) -> Result<()> {
        super::must(self.db.read(), by, "staff.edit").await?;
        check(new.expose(), &super::find(self.db.read(), member).await?)?;
        let hash = self.hasher.hash(new).await?;
        let (tx, row) = self.begin_change_of(by, "staff.edit", member).await?;
        store(&tx, by, member, hash).await?;
        sessions::end_all(&tx, member).await?;
        limits::clear(&tx, &Key::login(&row.login)).await?;
        tx.commit().await
    }

    /// Lifts a lock-out of a member's login.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a member above `by`.
    pub async fn unlock(&self, by: &Actor, member: i64) -> Result<Member> {
        let (tx, row) = self.begin_change_of(by, "staff.edit", member).await?;
        limits::clear(&tx, &Key::login(&row.login)).await?;
        limits::clear(&tx, &Key::confirm(member)).await?;
        audit::record(&*tx, &Entry::new(by, "staff.unlock", "staff", member)).await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Until when (Unix ms) nobody can log in as this member; none when the door is open.
    pub async fn locked_until(&self, member: &Member) -> Result<Option<i64>> {
        limits::closed_until(self.db.read(), &Key::login(&member.login), now_ms()).await
    }

    /// Turns a member's one-time codes off, for who lost telephone and recovery codes.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a member above `by`.
    pub async fn totp_off(&self, by: &Actor, member: i64) -> Result<Member> {
        let (tx, _) = self.begin_change_of(by, "staff.edit", member).await?;
        second_factor::turn_off(&tx, by, member).await?;
        let row = super::find(&*tx, member).await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Ends all sessions of a member.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a member above `by`.
    pub async fn end_sessions(&self, by: &Actor, member: i64) -> Result<()> {
        let (tx, _) = self.begin_change_of(by, "staff.edit", member).await?;
        sessions::end_all(&tx, member).await?;
        audit::record(&*tx, &Entry::new(by, "staff.end_sessions", "staff", member)).await?;
        tx.commit().await
    }
}

fn check(password: &str, row: &entity::staff::Model) -> Result<()> {
    match passwords::problem(password, &row.login) {
        Some(problem) => Err(Error::Invalid(vec![problem])),
        None => Ok(()),
    }
}

async fn store(tx: &WriteTx, by: &Actor, member: i64, hash: String) -> Result<()> {
    let sql = "UPDATE staff SET password = $1, password_changed_at = $2, version = version + 1, updated_at = $2 WHERE id = $3";
    db::execute(&**tx, sql, [hash.into(), now_ms().into(), member.into()]).await?;
    audit::record(&**tx, &Entry::new(by, "staff.password", "staff", member)).await
}
