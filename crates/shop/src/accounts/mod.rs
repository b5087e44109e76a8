//! Official Accounts: who they are, their keys, and whether WeChat has reached us for them.

mod entity;
mod fields;
pub mod health;
mod history;
pub mod listed;
pub mod quota;
pub(crate) mod reach;
mod registry;
pub mod settings;
mod tokens;

use std::sync::Arc;

use puzi_wechat::{Secret, crypto::EncodingAesKey, envelope::Mode};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

pub use self::{
    fields::{AccountEdit, NewAccount},
    reach::{Reach, reach_of},
    registry::{LiveAccount, Registry},
    settings::AccountSettings,
    tokens::DatabaseTokens,
};
use crate::{
    Error, Result,
    audit::Actor,
    db::{self, Db, now_ms},
    secrets::Vault,
};

/// Whether an account answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Messages are taken and answered.
    Active,
    /// The callback answers 404, as if the account were unknown.
    Paused,
}

impl Status {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

/// An Official Account with its secrets opened.
#[derive(Debug, Clone)]
pub struct Account {
    /// Row number.
    pub id: i64,
    /// The last part of the callback URL: `/wechat/{slug}`.
    pub slug: String,
    /// Name that people see.
    pub name: String,
    /// AppID, `wx…`.
    pub appid: String,
    /// AppSecret.
    pub secret: Secret<String>,
    /// Who looks after the account.
    pub contact_name: String,
    /// Telephone of the contact person.
    pub contact_phone: String,
    /// E-mail of the contact person.
    pub contact_email: String,
    /// How WeChat wraps its messages.
    pub mode: Mode,
    /// Token that signs the callback's query.
    pub token: Secret<String>,
    /// EncodingAESKey.
    pub aes_key: EncodingAesKey,
    /// The EncodingAESKey before the last rotation, still accepted until dropped.
    pub previous_aes_key: Option<EncodingAesKey>,
    /// Another address than `https://api.weixin.qq.com`, such as the sandbox's.
    pub api_base: Option<String>,
    /// Whether it answers.
    pub status: Status,
    /// When WeChat's first URL check arrived, Unix ms.
    pub verified_at: Option<i64>,
    /// Grows with each change of the account.
    pub version: i64,
    /// Grows with each change of its reply rules.
    pub rules_version: i64,
    /// Unix ms.
    pub created_at: i64,
}

/// The accounts of this shop.
#[derive(Debug, Clone)]
pub struct Accounts {
    db: Db,
    vault: Arc<Vault>,
    /// Who changes them, as the audit log names it.
    actor: Actor,
}

impl Accounts {
    /// The accounts in `db`, their secrets sealed by `vault`.
    pub fn new(db: Db, vault: Arc<Vault>) -> Self {
        Self { db, vault, actor: Actor::system() }
    }

    /// The same accounts, changed by `actor` from here on.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// Adds an account; a token and an EncodingAESKey are made when none are given.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field, also a slug or appid that is taken; [`Error::Forbidden`] for somebody who
    /// is limited to some accounts.
    pub async fn add(&self, new: NewAccount) -> Result<Account> {
        let new = new.check()?;
        let now = now_ms();
        let tx = self.db.begin_write().await?;
        if reach_of(&*tx, &self.actor).await? != Reach::All {
            // It would lie outside of what they see.
            return Err(Error::Forbidden("accounts.create".into()));
        }
        self.refuse_taken(&*tx, None, Some(&new.slug), Some(&new.appid)).await?;
        let row = entity::ActiveModel {
            slug: Set(new.slug.clone()),
            name: Set(new.name),
            secret: Set(self.seal(&new.appid, "secret", new.secret.expose())),
            token: Set(self.seal(&new.appid, "token", new.token.expose())),
            aes_key: Set(self.seal(&new.appid, "aes_key", &new.aes_key.expose())),
            previous_aes_key: Set(None),
            appid: Set(new.appid),
            contact_name: Set(new.contact_name),
            contact_phone: Set(new.contact_phone),
            contact_email: Set(new.contact_email),
            mode: Set(new.mode.to_string()),
            api_base: Set(new.api_base),
            status: Set(Status::Active.as_str().into()),
            verified_at: Set(None),
            version: Set(1),
            rules_version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let row = row.insert(&*tx).await?;
        history::added(&*tx, &self.actor, &row).await?;
        tx.commit().await?;
        self.open(row)
    }

    /// All accounts, the oldest first.
    pub async fn list(&self) -> Result<Vec<Account>> {
        let rows = entity::Entity::find().order_by_asc(entity::Column::Id).all(self.db.read()).await?;
        rows.into_iter().map(|row| self.open(row)).collect()
    }

    /// The account with this slug, appid or name.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, which: &str) -> Result<Account> {
        self.open(self.find(self.db.read(), which).await?)
    }

    /// The account of this row number.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn by_id(&self, id: i64) -> Result<Account> {
        let row = entity::Entity::find_by_id(id).one(self.db.read()).await?;
        self.open(row.ok_or(Error::NotFound)?)
    }

    /// Changes what `edit` names, and nothing else.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Stale`] when the account is no longer of `edit.version`.
    pub async fn edit(&self, which: &str, edit: AccountEdit) -> Result<Account> {
        let edit = edit.check()?;
        let tx = self.db.begin_write().await?;
        let row = self.find(&*tx, which).await?;
        if edit.version.is_some_and(|version| version != row.version) {
            return Err(Error::Stale);
        }
        self.refuse_taken(&*tx, Some(row.id), edit.slug.as_deref(), None).await?;
        let (appid, before) = (row.appid.clone(), row.clone());
        let mut row: entity::ActiveModel = row.into();
        set(&mut row.slug, edit.slug);
        set(&mut row.name, edit.name);
        set(&mut row.contact_name, edit.contact_name);
        set(&mut row.contact_phone, edit.contact_phone);
        set(&mut row.contact_email, edit.contact_email);
        set(&mut row.mode, edit.mode.map(|mode| mode.to_string()));
        set(&mut row.secret, edit.secret.map(|secret| self.seal(&appid, "secret", secret.expose())));
        if let Some(base) = edit.api_base {
            row.api_base = Set((!base.is_empty()).then_some(base));
        }
        self.save(tx, row, &before, "accounts.edit").await
    }

    /// Stops or resumes answering.
    pub async fn set_status(&self, which: &str, status: Status) -> Result<Account> {
        let tx = self.db.begin_write().await?;
        let row = self.find(&*tx, which).await?;
        let before = row.clone();
        let mut row: entity::ActiveModel = row.into();
        row.status = Set(status.as_str().into());
        self.save(tx, row, &before, "accounts.pause").await
    }

    /// Makes a new EncodingAESKey (or takes `key`); messages under the one before are still accepted.
    pub async fn rotate_key(&self, which: &str, key: Option<EncodingAesKey>) -> Result<Account> {
        let tx = self.db.begin_write().await?;
        let row = self.find(&*tx, which).await?;
        let old = self.vault.decrypt(&context(&row.appid, "aes_key"), &row.aes_key)?;
        let (appid, before) = (row.appid.clone(), row.clone());
        let mut row: entity::ActiveModel = row.into();
        let key = key.unwrap_or_else(EncodingAesKey::generate);
        row.aes_key = Set(self.seal(&appid, "aes_key", &key.expose()));
        row.previous_aes_key = Set(Some(self.seal(&appid, "previous_aes_key", old.expose())));
        self.save(tx, row, &before, "accounts.rotate").await
    }

    /// Makes a new token (or takes `token`). WeChat signs with it as soon as it is saved on its admin platform; there
    /// is no time of two tokens, so the account counts as unverified until WeChat's next check.
    pub async fn rotate_token(&self, which: &str, token: Option<Secret<String>>) -> Result<Account> {
        let token = fields::token_or_new(token)?;
        let tx = self.db.begin_write().await?;
        let row = self.find(&*tx, which).await?;
        let (appid, before) = (row.appid.clone(), row.clone());
        let mut row: entity::ActiveModel = row.into();
        row.token = Set(self.seal(&appid, "token", token.expose()));
        row.verified_at = Set(None);
        self.save(tx, row, &before, "accounts.rotate").await
    }

    /// Stops accepting the EncodingAESKey before the last rotation.
    pub async fn drop_previous_key(&self, which: &str) -> Result<Account> {
        let tx = self.db.begin_write().await?;
        let row = self.find(&*tx, which).await?;
        let before = row.clone();
        let mut row: entity::ActiveModel = row.into();
        row.previous_aes_key = Set(None);
        self.save(tx, row, &before, "accounts.rotate").await
    }

    /// Notes that WeChat's URL check arrived with the right signature; the first time is kept.
    pub async fn mark_verified(&self, id: i64) -> Result<()> {
        let sql = "UPDATE accounts SET verified_at = $1, version = version + 1 WHERE id = $2 AND verified_at IS NULL";
        self.db.execute(sql, [now_ms().into(), id.into()]).await?;
        Ok(())
    }

    async fn save(
        &self,
        tx: db::WriteTx,
        mut row: entity::ActiveModel,
        before: &entity::Model,
        action: &str,
    ) -> Result<Account> {
        reach_of(&*tx, &self.actor).await?.must_see(before.id)?;
        row.version = Set(before.version + 1);
        row.updated_at = Set(now_ms());
        let row = row.update(&*tx).await?;
        history::changed(&*tx, &self.actor, action, before, &row).await?;
        tx.commit().await?;
        self.open(row)
    }

    async fn find<C: ConnectionTrait>(&self, on: &C, which: &str) -> Result<entity::Model> {
        use entity::Column;
        for column in [Column::Slug, Column::Appid, Column::Name] {
            let found = entity::Entity::find().filter(column.eq(which)).order_by_asc(Column::Id).one(on).await?;
            if let Some(row) = found {
                return Ok(row);
            }
        }
        Err(Error::NotFound)
    }

    async fn refuse_taken<C: ConnectionTrait>(
        &self,
        on: &C,
        except: Option<i64>,
        slug: Option<&str>,
        appid: Option<&str>,
    ) -> Result<()> {
        use entity::Column;
        for (column, field, value) in [(Column::Slug, "slug", slug), (Column::Appid, "appid", appid)] {
            let Some(value) = value else { continue };
            let holder = entity::Entity::find().filter(column.eq(value)).one(on).await?;
            if holder.is_some_and(|row| Some(row.id) != except) {
                return Err(Error::field(field, "account.taken"));
            }
        }
        Ok(())
    }

    fn seal(&self, appid: &str, column: &str, plain: &str) -> String {
        self.vault.encrypt(&context(appid, column), plain)
    }

    fn open(&self, row: entity::Model) -> Result<Account> {
        let open = |column: &str, sealed: &str| self.vault.decrypt(&context(&row.appid, column), sealed);
        let key = |column: &str, sealed: &str| {
            EncodingAesKey::parse(open(column, sealed)?.expose()).map_err(|_| Error::Unsealable)
        };
        Ok(Account {
            secret: open("secret", &row.secret)?,
            token: open("token", &row.token)?,
            aes_key: key("aes_key", &row.aes_key)?,
            previous_aes_key: row
                .previous_aes_key
                .as_deref()
                .map(|sealed| key("previous_aes_key", sealed))
                .transpose()?,
            mode: row.mode.parse().map_err(|_| Error::field("mode", "account.bad_mode"))?,
            status: if row.status == "paused" { Status::Paused } else { Status::Active },
            id: row.id,
            slug: row.slug,
            name: row.name,
            appid: row.appid,
            contact_name: row.contact_name,
            contact_phone: row.contact_phone,
            contact_email: row.contact_email,
            api_base: row.api_base,
            verified_at: row.verified_at,
            version: row.version,
            rules_version: row.rules_version,
            created_at: row.created_at,
        })
    }
}

/// Raises the account's `rules_version` in the transaction that changes its rules: the first statement of every such
/// change, so that changes queue up on the account.
///
/// # Errors
/// [`Error::NotFound`] when there is no such account.
pub(crate) async fn rules_changed<C: ConnectionTrait>(tx: &C, id: i64) -> Result<()> {
    let sql = "UPDATE accounts SET rules_version = rules_version + 1 WHERE id = $1";
    match db::execute(tx, sql, [id.into()]).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// Whether `db` holds accounts, and with them secrets that some key sealed.
///
/// # Errors
/// When the database does not answer.
pub async fn are_there(db: &Db) -> Result<bool> {
    Ok(entity::Entity::find().one(db.read()).await?.is_some())
}

/// What a sealed value is bound to: the appid never changes, a row's number is not known before it is there.
fn context(appid: &str, column: &str) -> String {
    format!("accounts/{appid}/{column}")
}

fn set<T: Into<sea_orm::Value>>(column: &mut sea_orm::ActiveValue<T>, value: Option<T>) {
    if let Some(value) = value {
        *column = Set(value);
    }
}
