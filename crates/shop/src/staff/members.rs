//! Members: made, changed, disabled, deleted and brought back. There is always an active owner, and nobody gives more than
//! he has.

use puzi_wechat::Secret;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use super::{
    Member, MemberEdit, NewMember, Permissions, Profile, Staff, Status, entity, fields, must, role_book, roles,
    sessions,
};
use crate::{
    Error, Result,
    accounts::{Reach, reach, reach_of},
    audit::{self, Actor, ActorKind, Entry},
    db::{self, WriteTx, now_ms},
    settings::ADMIN_LOCALE,
    texts::Locale,
};

impl Staff {
    /// Makes the first owner while there is nobody: of two who try at once, one succeeds.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field; [`Error::Forbidden`] when somebody is there already.
    pub async fn create_first_owner(
        &self,
        by: &Actor,
        login: &str,
        name: &str,
        password: Secret<String>,
        locale: Locale,
    ) -> Result<Member> {
        let role = roles::OWNER.to_owned();
        let locale = Some(locale);
        let new = NewMember { login: login.into(), name: name.into(), role, locale, password }.check()?;
        // Seen once more below; here it saves the work of hashing when the door is long closed.
        if self.any().await? {
            return Err(Error::Forbidden("staff.create".into()));
        }
        let hash = self.hasher.hash(new.password.clone()).await?;
        let tx = self.begin_change().await?;
        if super::is_anybody_there(&*tx).await? {
            return Err(Error::Forbidden("staff.create".into()));
        }
        let row = insert(&tx, by, new, Reach::All, hash).await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Makes a member.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field, also a login that is taken; [`Error::Forbidden`] for a role that gives more
    /// than `by` has.
    pub async fn create(&self, by: &Actor, new: NewMember) -> Result<Member> {
        self.create_within(by, new, Reach::All).await
    }

    /// Makes a member who sees the accounts of `reach`.
    ///
    /// # Errors
    /// As [`Staff::create`], also for accounts that `by` does not see, and for a reach that does not go with the role.
    pub async fn create_within(&self, by: &Actor, new: NewMember, reach: Reach) -> Result<Member> {
        must(self.db.read(), by, "staff.create").await?;
        let mut new = new.check()?;
        if new.locale.is_none() {
            new.locale = Some(Locale::from_tag(&self.settings.text(ADMIN_LOCALE).await?));
        }
        let hash = self.hasher.hash(new.password.clone()).await?;
        let tx = self.begin_change().await?;
        let rights = must(&*tx, by, "staff.create").await?;
        may_give(&tx, &rights, &new.role).await?;
        may_show(&tx, by, &new.role, &reach).await?;
        refuse_taken(&tx, &new.login, None).await?;
        let row = insert(&tx, by, new, reach, hash).await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Changes what `edit` names, and nothing else. `version` is the one its author saw.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else changed the member meanwhile, [`Error::Forbidden`] for a member or a role above
    /// `by`, [`Error::Invalid`] for wrong fields and for the last owner.
    pub async fn edit(&self, by: &Actor, id: i64, version: Option<i64>, edit: MemberEdit) -> Result<Member> {
        let edit = edit.check()?;
        let (tx, before) = self.begin_change_of(by, "staff.edit", id).await?;
        if before.deleted_at.is_some() {
            return Err(Error::NotFound);
        }
        if version.is_some_and(|version| version != before.version) {
            return Err(Error::Stale);
        }
        if let Some(role) = edit.role.as_deref().filter(|role| *role != before.role) {
            may_give(&tx, &super::rights(&*tx, by).await?, role).await?;
        }
        if let Some(login) = &edit.login {
            refuse_taken(&tx, login, Some(id)).await?;
        }
        let mut after = before.clone();
        apply(&mut after, edit);
        if (&after.role, &after.reach, &after.accounts) != (&before.role, &before.reach, &before.accounts) {
            may_show(&tx, by, &after.role, &reach::stored(&after.reach, &after.accounts)).await?;
        }
        if after.status != Status::Active.as_str() {
            refuse_oneself(by, id)?;
        }
        self.finish(tx, by, "staff.edit", &before, after).await
    }

    /// Lets a member in no more; his sessions end.
    ///
    /// # Errors
    /// As [`Staff::edit`]; nobody disables himself.
    pub async fn disable(&self, by: &Actor, id: i64) -> Result<Member> {
        self.edit(by, id, None, MemberEdit { status: Some(Status::Disabled), ..MemberEdit::default() }).await
    }

    /// Lets a member in again.
    ///
    /// # Errors
    /// As [`Staff::edit`].
    pub async fn enable(&self, by: &Actor, id: i64) -> Result<Member> {
        self.edit(by, id, None, MemberEdit { status: Some(Status::Active), ..MemberEdit::default() }).await
    }

    /// Deletes a member so that it can be taken back; sessions and tokens end for good.
    ///
    /// # Errors
    /// As [`Staff::edit`]; nobody deletes himself.
    pub async fn delete(&self, by: &Actor, id: i64) -> Result<Member> {
        let (tx, before) = self.begin_change_of(by, "staff.delete", id).await?;
        if before.deleted_at.is_some() {
            return Err(Error::NotFound);
        }
        refuse_oneself(by, id)?;
        let sql = "UPDATE api_tokens SET revoked_at = $1 WHERE staff_id = $2 AND revoked_at IS NULL";
        db::execute(&*tx, sql, [now_ms().into(), id.into()]).await?;
        let after = entity::staff::Model { deleted_at: Some(now_ms()), ..before.clone() };
        self.finish(tx, by, "staff.delete", &before, after).await
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// As [`Staff::edit`].
    pub async fn restore(&self, by: &Actor, id: i64) -> Result<Member> {
        let (tx, before) = self.begin_change_of(by, "staff.restore", id).await?;
        if before.deleted_at.is_none() {
            return Err(Error::NotFound);
        }
        let after = entity::staff::Model { deleted_at: None, ..before.clone() };
        self.finish(tx, by, "staff.restore", &before, after).await
    }

    /// Members change what is their own: no permission is needed.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong field.
    pub async fn edit_profile(&self, by: &Actor, id: i64, profile: Profile) -> Result<Member> {
        let Profile { name, locale, theme } = profile;
        let edit = MemberEdit { name, locale, theme, ..MemberEdit::default() }.check()?;
        let tx = self.begin_change().await?;
        let before = super::find(&*tx, id).await?;
        let mut after = before.clone();
        apply(&mut after, edit);
        self.finish(tx, by, "staff.profile", &before, after).await
    }

    /// Begins a change of the member `id` by somebody who may do `permission`, and whom neither the member's role nor what
    /// the member sees exceeds.
    pub(super) async fn begin_change_of(
        &self,
        by: &Actor,
        permission: &str,
        id: i64,
    ) -> Result<(WriteTx, entity::staff::Model)> {
        let tx = self.begin_change().await?;
        let rights = must(&*tx, by, permission).await?;
        let row = super::find(&*tx, id).await?;
        if !rights.covers(&role_book::permissions(&*tx, &row.role).await?.unwrap_or_default()) {
            return Err(Error::Forbidden(permission.to_owned()));
        }
        if !reach_of(&*tx, by).await?.covers(&reach::stored(&row.reach, &row.accounts)) {
            return Err(Error::Forbidden(permission.to_owned()));
        }
        Ok((tx, row))
    }

    async fn finish(
        &self,
        tx: WriteTx,
        by: &Actor,
        action: &str,
        before: &entity::staff::Model,
        after: entity::staff::Model,
    ) -> Result<Member> {
        if is_owner(before) && !is_owner(&after) {
            keep_an_owner(&tx, before.id).await?;
        }
        if after.status != Status::Active.as_str() || after.deleted_at.is_some() {
            sessions::end_all(&tx, after.id).await?;
        }
        let (old, new) = (fields::shown(before), fields::shown(&after));
        let mut row: entity::staff::ActiveModel = after.into();
        row.version = Set(before.version + 1);
        row.updated_at = Set(now_ms());
        let row = row.reset_all().update(&*tx).await?;
        audit::record(&*tx, &Entry::new(by, action, "staff", row.id).before(old).after(new)).await?;
        tx.commit().await?;
        Ok(row.into())
    }
}

/// Nobody locks himself out by mistake.
fn refuse_oneself(by: &Actor, id: i64) -> Result<()> {
    let oneself = by.kind == ActorKind::Staff && by.id == Some(id);
    if oneself { Err(Error::field("status", "staff.not_yourself")) } else { Ok(()) }
}

fn is_owner(row: &entity::staff::Model) -> bool {
    row.role == roles::OWNER && row.status == Status::Active.as_str() && row.deleted_at.is_none()
}

/// Refuses when nobody but `leaving` is an active owner.
async fn keep_an_owner(tx: &WriteTx, leaving: i64) -> Result<()> {
    use entity::staff::{Column, Entity};
    let others = Entity::find()
        .filter(Column::Role.eq(roles::OWNER))
        .filter(Column::Status.eq(Status::Active.as_str()))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::Id.ne(leaving))
        .count(&**tx)
        .await?;
    if others == 0 { Err(Error::field("role", "staff.last_owner")) } else { Ok(()) }
}

/// Refuses a role that is unknown or gives more than `rights`.
async fn may_give(tx: &WriteTx, rights: &Permissions, role: &str) -> Result<()> {
    let given = role_book::permissions(&**tx, role).await?;
    let given = given.ok_or_else(|| Error::field("role", "staff.role_unknown"))?;
    if rights.covers(&given) { Ok(()) } else { Err(Error::field("role", "staff.role_above")) }
}

/// Refuses to show accounts that `by` does not see, or that are none, and to limit an owner.
async fn may_show(tx: &WriteTx, by: &Actor, role: &str, reach: &Reach) -> Result<()> {
    if let Some(ids) = reach.limited_to() {
        if role == roles::OWNER {
            return Err(Error::field("reach", "staff.owner_sees_all"));
        }
        if ids.is_empty() {
            return Err(Error::field("accounts", "staff.reach_empty"));
        }
    }
    if !reach_of(&**tx, by).await?.covers(reach) {
        return Err(Error::field("accounts", "staff.reach_above"));
    }
    let mut values = Vec::new();
    let sql = format!("SELECT COUNT(*) AS n FROM accounts WHERE 1 = 1{}", reach.sql("id", &mut values));
    let row = tx.query_one_raw(db::statement(&**tx, &sql, values)).await?.ok_or(Error::NotFound)?;
    let there: i64 = row.try_get("", "n")?;
    match reach.limited_to() {
        Some(ids) if there != i64::try_from(ids.len()).unwrap_or(i64::MAX) => {
            Err(Error::field("accounts", "staff.account_unknown"))
        }
        _ => Ok(()),
    }
}

/// Refuses a login that somebody has, also a deleted member: who comes back keeps it.
async fn refuse_taken(tx: &WriteTx, login: &str, except: Option<i64>) -> Result<()> {
    use entity::staff::{Column, Entity};
    let holder = Entity::find().filter(Column::Login.eq(login)).one(&**tx).await?;
    match holder {
        Some(row) if Some(row.id) != except => Err(Error::field("login", "staff.login_taken")),
        _ => Ok(()),
    }
}

async fn insert(tx: &WriteTx, by: &Actor, new: NewMember, reach: Reach, hash: String) -> Result<entity::staff::Model> {
    let now = now_ms();
    let (reach, accounts) = reach::to_store(&reach);
    let row = entity::staff::ActiveModel {
        login: Set(new.login),
        name: Set(new.name),
        password: Set(hash),
        role: Set(new.role),
        locale: Set(new.locale.unwrap_or_default().tag().into()),
        theme: Set(fields::THEMES[0].into()),
        status: Set(Status::Active.as_str().into()),
        reach: Set(reach.into()),
        accounts: Set(accounts),
        totp_step: Set(0),
        password_changed_at: Set(now),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(&**tx).await?;
    audit::record(&**tx, &Entry::new(by, "staff.create", "staff", row.id).after(fields::shown(&row))).await?;
    Ok(row)
}

fn apply(row: &mut entity::staff::Model, edit: MemberEdit) {
    let set = |column: &mut String, value: Option<String>| {
        if let Some(value) = value {
            *column = value;
        }
    };
    set(&mut row.login, edit.login);
    set(&mut row.name, edit.name);
    set(&mut row.role, edit.role);
    set(&mut row.theme, edit.theme);
    set(&mut row.locale, edit.locale.map(|locale| locale.tag().to_owned()));
    set(&mut row.status, edit.status.map(|status| status.as_str().to_owned()));
    if let Some(reach) = edit.reach {
        let (word, accounts) = reach::to_store(&reach);
        (row.reach, row.accounts) = (word.to_owned(), accounts);
    }
}
