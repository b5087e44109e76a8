//! Access tokens in the database: one for an account, however many processes there are.

use std::sync::Arc;

use puzi_wechat::client::{AccessToken, StoreError, StoreFuture, TokenStore};
use sea_orm::ConnectionTrait;

use crate::{
    Result,
    db::{self, Db, now_ms},
    secrets::Vault,
};

/// The table `access_tokens`, tokens sealed.
#[derive(Debug, Clone)]
pub struct DatabaseTokens {
    db: Db,
    vault: Arc<Vault>,
}

impl DatabaseTokens {
    /// Tokens in `db`, sealed by `vault`.
    pub fn new(db: Db, vault: Arc<Vault>) -> Self {
        Self { db, vault }
    }

    async fn load(&self, appid: &str) -> Result<Option<AccessToken>> {
        let sql = "SELECT token, expires_at FROM access_tokens WHERE appid = $1 AND token IS NOT NULL";
        let row = self.db.read().query_one_raw(db::statement(self.db.read(), sql, [appid.into()])).await?;
        let Some(row) = row else { return Ok(None) };
        let sealed: String = row.try_get("", "token")?;
        // Sealed by another key: as good as none, a new one is fetched.
        let Ok(value) = self.vault.decrypt(&context(appid), &sealed) else { return Ok(None) };
        Ok(Some(AccessToken { value, expires_at: row.try_get("", "expires_at")? }))
    }

    async fn try_lease(&self, appid: &str, holder: &str, seconds: u32) -> Result<bool> {
        let now = now_ms();
        let sql = "INSERT INTO access_tokens (appid, expires_at, lease_holder, lease_until) VALUES ($1, 0, $2, $3) \
                   ON CONFLICT (appid) DO UPDATE SET lease_holder = excluded.lease_holder, \
                   lease_until = excluded.lease_until \
                   WHERE access_tokens.lease_until <= $4 OR access_tokens.lease_holder = excluded.lease_holder \
                   OR access_tokens.lease_holder IS NULL";
        let until = now + i64::from(seconds) * 1000;
        Ok(self.db.execute(sql, [appid.into(), holder.into(), until.into(), now.into()]).await? == 1)
    }

    async fn save(&self, appid: &str, holder: &str, token: &AccessToken) -> Result<()> {
        let sql = "UPDATE access_tokens SET token = $1, expires_at = $2, lease_holder = NULL, lease_until = 0 \
                   WHERE appid = $3 AND lease_holder = $4";
        let sealed = self.vault.encrypt(&context(appid), token.value.expose());
        self.db.execute(sql, [sealed.into(), token.expires_at.into(), appid.into(), holder.into()]).await?;
        Ok(())
    }

    async fn drop_if(&self, appid: &str, failed: &AccessToken) -> Result<()> {
        // Sealing is random, so the comparison is made here, and the row is guarded by what was read.
        let sql = "SELECT token FROM access_tokens WHERE appid = $1 AND token IS NOT NULL";
        let tx = self.db.begin_write().await?;
        let Some(row) = tx.query_one_raw(db::statement(&*tx, sql, [appid.into()])).await? else { return Ok(()) };
        let sealed: String = row.try_get("", "token")?;
        let same =
            self.vault.decrypt(&context(appid), &sealed).is_ok_and(|value| value.expose() == failed.value.expose());
        if same {
            let sql = "UPDATE access_tokens SET token = NULL, expires_at = 0 WHERE appid = $1 AND token = $2";
            db::execute(&*tx, sql, [appid.into(), sealed.into()]).await?;
        }
        tx.commit().await
    }
}

impl TokenStore for DatabaseTokens {
    fn load<'a>(&'a self, appid: &'a str) -> StoreFuture<'a, Option<AccessToken>> {
        Box::pin(async move { self.load(appid).await.map_err(StoreError::new) })
    }

    fn try_lease<'a>(&'a self, appid: &'a str, holder: &'a str, seconds: u32) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.try_lease(appid, holder, seconds).await.map_err(StoreError::new) })
    }

    fn save<'a>(&'a self, appid: &'a str, holder: &'a str, token: &'a AccessToken) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.save(appid, holder, token).await.map_err(StoreError::new) })
    }

    fn drop_if<'a>(&'a self, appid: &'a str, failed: &'a AccessToken) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.drop_if(appid, failed).await.map_err(StoreError::new) })
    }
}

fn context(appid: &str) -> String {
    format!("access_tokens/{appid}")
}
