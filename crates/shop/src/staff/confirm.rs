//! Somebody who is in already proves once more who he is, before what a stolen session must not do.

use puzi_wechat::Secret;

use super::{
    Staff, entity,
    limits::{self, Charged, Key},
};
use crate::{Error, Problem, Result, db::now_ms};

impl Staff {
    /// Checks a member's password. Wrong ones are counted as at log-in, but apart from it: who holds a stolen session can
    /// neither guess on nor lock its owner out.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `field` when the password is wrong, or too many were.
    pub async fn confirm_password(&self, member: i64, password: &Secret<String>, field: &str) -> Result<()> {
        self.confirm(member, password, field).await.map(drop)
    }

    /// As [`Staff::confirm_password`]; gives the row whose password it was.
    pub(super) async fn confirm(
        &self,
        member: i64,
        password: &Secret<String>,
        field: &str,
    ) -> Result<entity::staff::Model> {
        let (key, now) = (Key::confirm(member), now_ms());
        let tx = self.db.begin_write().await?;
        if let Charged::Closed(until) = limits::charge(&tx, &key, now).await? {
            let seconds = (until - now).div_euclid(1_000) + 1;
            return Err(Error::Invalid(vec![Problem::new(field, "staff.too_many").with("seconds", seconds)]));
        }
        tx.commit().await?;
        let row = super::find(self.db.read(), member).await?;
        if !self.hasher.check(password, Some(row.password.clone())).await? {
            return Err(Error::field(field, "staff.password_wrong"));
        }
        let tx = self.db.begin_write().await?;
        limits::clear(&tx, &key).await?;
        tx.commit().await?;
        Ok(row)
    }
}
