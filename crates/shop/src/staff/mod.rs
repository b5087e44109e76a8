//! The staff: who may come in, what each may do, and how they prove who they are.
//!
//! Whoever changes something is an [`Actor`]; what he may is read in the transaction of the change, so that what was taken
//! from him a moment ago does not help him any more. Every change leaves a row in the audit log.

mod confirm;
pub mod entity;
mod fields;
mod limits;
mod login;
mod members;
mod members_access;
mod passwords;
mod permissions;
mod random;
mod role_book;
pub mod roles;
mod second_factor;
mod sessions;
mod tokens;
mod totp;

#[cfg(test)]
mod login_tests;
#[cfg(test)]
mod member_tests;
#[cfg(test)]
mod reach_tests;
#[cfg(test)]
mod second_factor_tests;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod token_tests;

use std::sync::Arc;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

pub use self::{
    fields::{MemberEdit, NewMember, Profile},
    login::{Attempt, LoggedIn, LoginRefused},
    passwords::{MAX_BYTES as PASSWORD_MAX_BYTES, MIN_CHARS as PASSWORD_MIN_CHARS},
    permissions::Permissions,
    role_book::{NewRole, Role},
    second_factor::TotpSetUp,
    sessions::{ABSOLUTE_MS, IDLE_MS, Session, SessionRow},
    tokens::{NewToken, Token, TokenHolder},
};
use crate::{
    Error, Result,
    accounts::{Reach, reach},
    audit::{Actor, ActorKind},
    db::{self, Db, WriteTx, now_ms},
    secrets::Vault,
    settings::Settings,
    texts::Locale,
};

/// Whether a member may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// May log in.
    Active,
    /// May not; sessions and tokens do not work either.
    Disabled,
}

impl Status {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// One of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Row number.
    pub id: i64,
    /// User name or e-mail, in lower case.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Key of the role: a ready-made one ([`roles::ROLES`]) or one of the shop's own.
    pub role: String,
    /// Language of the admin.
    pub locale: Locale,
    /// `auto`, `light` or `dark`.
    pub theme: String,
    /// The accounts the member may see.
    pub reach: Reach,
    /// Whether the member may come in.
    pub status: Status,
    /// Whether a one-time code is asked for at log-in.
    pub totp: bool,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub last_login_at: Option<i64>,
    /// Unix ms; set when the member was deleted, which can be taken back.
    pub deleted_at: Option<i64>,
    /// Grows with each change; a change made on an older one is refused.
    pub version: i64,
}

impl From<entity::staff::Model> for Member {
    fn from(row: entity::staff::Model) -> Self {
        Self {
            id: row.id,
            login: row.login,
            name: row.name,
            role: row.role,
            locale: Locale::from_tag(&row.locale),
            theme: row.theme,
            reach: reach::stored(&row.reach, &row.accounts),
            status: if row.status == Status::Active.as_str() { Status::Active } else { Status::Disabled },
            totp: row.totp_confirmed_at.is_some(),
            created_at: row.created_at,
            last_login_at: row.last_login_at,
            deleted_at: row.deleted_at,
            version: row.version,
        }
    }
}

/// The staff of this shop; cheap to clone.
#[derive(Debug, Clone)]
pub struct Staff {
    db: Db,
    vault: Arc<Vault>,
    hasher: passwords::Hasher,
    settings: Settings,
}

impl Staff {
    /// The staff in `db`; secrets of one-time codes are sealed by `vault`.
    pub fn new(db: Db, vault: Arc<Vault>) -> Self {
        let settings = Settings::new(db.clone());
        Self { db, vault, hasher: passwords::Hasher::strong(), settings }
    }

    /// Whether there is anybody yet; if not, [`Staff::create_first_owner`] makes the first.
    pub async fn any(&self) -> Result<bool> {
        is_anybody_there(self.db.read()).await
    }

    /// All who were not deleted, by login.
    pub async fn list(&self) -> Result<Vec<Member>> {
        use entity::staff::{Column, Entity};
        let rows =
            Entity::find().filter(Column::DeletedAt.is_null()).order_by_asc(Column::Login).all(self.db.read()).await?;
        Ok(rows.into_iter().map(Member::from).collect())
    }

    /// The member of this number, also a deleted one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: i64) -> Result<Member> {
        Ok(find(self.db.read(), id).await?.into())
    }

    /// The member of this login who was not deleted.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn by_login(&self, login: &str) -> Result<Member> {
        use entity::staff::{Column, Entity};
        let found = Entity::find()
            .filter(Column::Login.eq(fields::normal_login(login)))
            .filter(Column::DeletedAt.is_null())
            .one(self.db.read())
            .await?;
        found.map(Member::from).ok_or(Error::NotFound)
    }

    /// What a member's role permits now; nothing when he is disabled, deleted or unknown.
    pub async fn permissions(&self, id: i64) -> Result<Permissions> {
        rights(self.db.read(), &Actor::staff(id, "")).await
    }

    /// Hashes a password as the staff's are; for resources that keep passwords of their own.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait.
    pub async fn hash_password(&self, password: puzi_wechat::Secret<String>) -> Result<String> {
        self.hasher.hash(password).await
    }

    /// Begins a change of who may what: all of them queue up here, so that two at once see each other.
    async fn begin_change(&self) -> Result<WriteTx> {
        let tx = self.db.begin_write().await?;
        db::execute(&*tx, "UPDATE staff_guard SET changes = changes + 1 WHERE id = 1", []).await?;
        Ok(tx)
    }
}

async fn is_anybody_there<C: ConnectionTrait>(on: &C) -> Result<bool> {
    Ok(entity::staff::Entity::find().one(on).await?.is_some())
}

/// The row of a member, also of a deleted one.
async fn find<C: ConnectionTrait>(on: &C, id: i64) -> Result<entity::staff::Model> {
    entity::staff::Entity::find_by_id(id).one(on).await?.ok_or(Error::NotFound)
}

/// What `actor` may now, as `on` sees it.
async fn rights<C: ConnectionTrait>(on: &C, actor: &Actor) -> Result<Permissions> {
    const STAFF: &str = "SELECT m.role, r.permissions, '[\"*\"]' AS scopes FROM staff m \
                         LEFT JOIN roles r ON r.key = m.role AND r.deleted_at IS NULL \
                         WHERE m.id = $1 AND m.status = 'active' AND m.deleted_at IS NULL AND $2 > 0";
    const TOKEN: &str = "SELECT m.role, r.permissions, t.scopes FROM api_tokens t JOIN staff m ON m.id = t.staff_id \
                         LEFT JOIN roles r ON r.key = m.role AND r.deleted_at IS NULL \
                         WHERE t.id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) \
                         AND m.status = 'active' AND m.deleted_at IS NULL";
    let sql = match actor.kind {
        ActorKind::Cli | ActorKind::System => return Ok(Permissions::all()),
        ActorKind::Staff => STAFF,
        ActorKind::Token => TOKEN,
    };
    let values = [actor.id.unwrap_or_default().into(), now_ms().into()];
    let Some(row) = on.query_one_raw(db::statement(on, sql, values)).await? else { return Ok(Permissions::none()) };
    let (role, stored): (String, Option<String>) = (row.try_get("", "role")?, row.try_get("", "permissions")?);
    let scopes: String = row.try_get("", "scopes")?;
    Ok(roles::permissions_of(&role, stored.as_deref()).and(roles::from_json(&scopes)))
}

/// What `actor` may now, of which `permission` must be a part.
async fn must<C: ConnectionTrait>(on: &C, actor: &Actor, permission: &str) -> Result<Permissions> {
    let rights = rights(on, actor).await?;
    if rights.allows(permission) { Ok(rights) } else { Err(Error::Forbidden(permission.to_owned())) }
}
