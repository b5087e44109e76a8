//! The roles of the shop: the ready-made ones and its own.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use serde_json::{Value, json};

use super::{Permissions, Staff, entity, fields, must, roles};
use crate::{
    Error, Problem, Result,
    audit::{self, Actor, Entry},
    db::{WriteTx, now_ms},
};

const PATTERNS: usize = 200;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Row number; none for a ready-made role.
    pub id: Option<i64>,
    /// Key, as members have it.
    pub key: String,
    /// Name the shop gave it; empty for a ready-made role, whose name is the text `staff.roles.{key}`.
    pub name: String,
    /// Patterns, see [`Permissions::of`].
    pub permissions: Vec<String>,
    /// Grows with each change; 0 for a ready-made role.
    pub version: i64,
}

/// A new role of the shop's own, or what an existing one shall be.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// Key; it stays as it is later.
    pub key: String,
    /// Name.
    pub name: String,
    /// Patterns, see [`Permissions::of`].
    pub permissions: Vec<String>,
}

impl Role {
    /// What it permits.
    pub fn permits(&self) -> Permissions {
        Permissions::of(self.permissions.iter().map(String::as_str))
    }
}

impl From<entity::roles::Model> for Role {
    fn from(row: entity::roles::Model) -> Self {
        Self {
            id: Some(row.id),
            permissions: serde_json::from_str(&row.permissions).unwrap_or_default(),
            key: row.key,
            name: row.name,
            version: row.version,
        }
    }
}

impl From<&roles::BuiltIn> for Role {
    fn from(role: &roles::BuiltIn) -> Self {
        let permissions = role.permissions.iter().map(|pattern| (*pattern).to_owned()).collect();
        Self { id: None, key: role.key.into(), name: String::new(), permissions, version: 0 }
    }
}

impl Staff {
    /// All roles: the ready-made ones, then the shop's own by name.
    pub async fn roles(&self) -> Result<Vec<Role>> {
        use entity::roles::{Column, Entity};
        let own = Entity::find().filter(Column::DeletedAt.is_null()).order_by_asc(Column::Name);
        let own = own.all(self.db.read()).await?;
        Ok(roles::ROLES.iter().map(Role::from).chain(own.into_iter().map(Role::from)).collect())
    }

    /// The role of this key.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn role(&self, key: &str) -> Result<Role> {
        if let Some(role) = roles::built_in(key) {
            return Ok(role.into());
        }
        by_key(self.db.read(), key).await?.map(Role::from).ok_or(Error::NotFound)
    }

    /// Makes a role.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field, also permissions that `by` has not himself.
    pub async fn create_role(&self, by: &Actor, new: NewRole) -> Result<Role> {
        let new = new.check()?;
        let tx = self.begin_change().await?;
        let rights = must(&*tx, by, "roles.create").await?;
        may_hand_out(&rights, &new.permissions)?;
        let taken = entity::roles::Entity::find().filter(entity::roles::Column::Key.eq(&*new.key)).one(&*tx).await?;
        if taken.is_some() || roles::built_in(&new.key).is_some() {
            return Err(Error::field("key", "staff.role_taken"));
        }
        let now = now_ms();
        let row = entity::roles::ActiveModel {
            key: Set(new.key),
            name: Set(new.name),
            permissions: Set(to_json(&new.permissions)),
            version: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let row = row.insert(&*tx).await?;
        let entry = Entry::new(by, "roles.create", "roles", row.id).after(shown(&row));
        audit::record(&*tx, &entry).await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Changes name and permissions of one of the shop's own roles; `version` is the one its author saw.
    ///
    /// # Errors
    /// As [`Staff::create_role`]; [`Error::Stale`] when somebody else changed it meanwhile; [`Error::Forbidden`] when it
    /// permits more than `by` may.
    pub async fn edit_role(
        &self,
        by: &Actor,
        id: i64,
        version: Option<i64>,
        name: &str,
        permissions: Vec<String>,
    ) -> Result<Role> {
        let (tx, before) = self.begin_change_of_role(by, "roles.edit", id).await?;
        if before.deleted_at.is_some() {
            return Err(Error::NotFound);
        }
        if version.is_some_and(|version| version != before.version) {
            return Err(Error::Stale);
        }
        let new = NewRole { key: before.key.clone(), name: name.into(), permissions }.check()?;
        may_hand_out(&super::rights(&*tx, by).await?, &new.permissions)?;
        let after = entity::roles::Model { name: new.name, permissions: to_json(&new.permissions), ..before.clone() };
        finish(tx, by, "roles.edit", &before, after).await
    }

    /// Deletes one of the shop's own roles, so that it can be taken back.
    ///
    /// # Errors
    /// [`Error::Invalid`] names `key` while members have it.
    pub async fn delete_role(&self, by: &Actor, id: i64) -> Result<Role> {
        use entity::staff::{Column, Entity};
        let (tx, before) = self.begin_change_of_role(by, "roles.delete", id).await?;
        if before.deleted_at.is_some() {
            return Err(Error::NotFound);
        }
        let members = Entity::find().filter(Column::Role.eq(&*before.key)).filter(Column::DeletedAt.is_null());
        let members = members.count(&*tx).await?;
        if members > 0 {
            return Err(Error::Invalid(vec![Problem::new("key", "staff.role_in_use").with("count", members)]));
        }
        let after = entity::roles::Model { deleted_at: Some(now_ms()), ..before.clone() };
        finish(tx, by, "roles.delete", &before, after).await
    }

    /// Takes a role's deletion back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it was not deleted.
    pub async fn restore_role(&self, by: &Actor, id: i64) -> Result<Role> {
        let (tx, before) = self.begin_change_of_role(by, "roles.restore", id).await?;
        if before.deleted_at.is_none() {
            return Err(Error::NotFound);
        }
        let after = entity::roles::Model { deleted_at: None, ..before.clone() };
        finish(tx, by, "roles.restore", &before, after).await
    }

    async fn begin_change_of_role(
        &self,
        by: &Actor,
        permission: &str,
        id: i64,
    ) -> Result<(WriteTx, entity::roles::Model)> {
        let tx = self.begin_change().await?;
        let rights = must(&*tx, by, permission).await?;
        let row = entity::roles::Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
        if !rights.covers(&roles::from_json(&row.permissions)) {
            return Err(Error::Forbidden(permission.to_owned()));
        }
        Ok((tx, row))
    }
}

impl NewRole {
    fn check(self) -> Result<Self> {
        let mut problems = Vec::new();
        if !is_key(&self.key) {
            problems.push(Problem::new("key", "staff.role_key"));
        }
        fields::check_name(&mut problems, &self.name);
        if self.permissions.is_empty() {
            problems.push(Problem::new("permissions", "staff.required"));
        } else if self.permissions.len() > PATTERNS {
            problems.push(Problem::new("permissions", "staff.too_many_patterns").with("max", PATTERNS));
        }
        if let Some(wrong) = self.permissions.iter().find(|pattern| !Permissions::is_pattern(pattern)) {
            problems.push(Problem::new("permissions", "staff.pattern").with("pattern", wrong));
        }
        fields::refuse(problems)?;
        Ok(Self { name: self.name.trim().to_owned(), ..self })
    }
}

fn is_key(text: &str) -> bool {
    (2..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What a role permits; none when there is no such role.
pub(super) async fn permissions<C: ConnectionTrait>(on: &C, key: &str) -> Result<Option<Permissions>> {
    if roles::built_in(key).is_some() {
        return Ok(Some(roles::permissions_of(key, None)));
    }
    Ok(by_key(on, key).await?.map(|row| roles::from_json(&row.permissions)))
}

async fn by_key<C: ConnectionTrait>(on: &C, key: &str) -> Result<Option<entity::roles::Model>> {
    use entity::roles::{Column, Entity};
    // No role has such a key, and PostgreSQL refuses a text with NUL in it.
    if !is_key(key) {
        return Ok(None);
    }
    Ok(Entity::find().filter(Column::Key.eq(key)).filter(Column::DeletedAt.is_null()).one(on).await?)
}

async fn finish(
    tx: WriteTx,
    by: &Actor,
    action: &str,
    before: &entity::roles::Model,
    after: entity::roles::Model,
) -> Result<Role> {
    let entry = Entry::new(by, action, "roles", before.id).before(shown(before)).after(shown(&after));
    let mut row: entity::roles::ActiveModel = after.into();
    row.version = Set(before.version + 1);
    row.updated_at = Set(now_ms());
    let row = row.reset_all().update(&*tx).await?;
    audit::record(&*tx, &entry).await?;
    tx.commit().await?;
    Ok(row.into())
}

fn may_hand_out(rights: &Permissions, patterns: &[String]) -> Result<()> {
    let given = Permissions::of(patterns.iter().map(String::as_str));
    if rights.covers(&given) { Ok(()) } else { Err(Error::field("permissions", "staff.permissions_above")) }
}

fn to_json(patterns: &[String]) -> String {
    json!(patterns).to_string()
}

fn shown(row: &entity::roles::Model) -> Value {
    let permissions: Value = serde_json::from_str(&row.permissions).unwrap_or_default();
    json!({"key": row.key, "name": row.name, "permissions": permissions, "deleted_at": row.deleted_at})
}
