//! The table `accounts` without its secrets: what lists are declared over. Changes go through [`super::Accounts`].

use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

use crate::Result;

/// An account as everybody sees it who may view accounts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The last part of the callback URL.
    pub slug: String,
    /// Name that people see.
    pub name: String,
    /// AppID, `wx…`.
    pub appid: String,
    /// Who looks after the account.
    pub contact_name: String,
    /// Telephone of the contact person.
    pub contact_phone: String,
    /// E-mail of the contact person.
    pub contact_email: String,
    /// How WeChat wraps its messages: `plain`, `compatible` or `encrypted`.
    pub mode: String,
    /// `active` or `paused`.
    pub status: String,
    /// When WeChat's first URL check arrived, Unix ms.
    pub verified_at: Option<i64>,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Row number and name of each account, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn names_of<C: ConnectionTrait>(on: &C) -> Result<Vec<(i64, String)>> {
    let rows = Entity::find().select_only().columns([Column::Id, Column::Name]).order_by_asc(Column::Id);
    Ok(rows.into_tuple().all(on).await?)
}

/// The last part of the account's callback URL; none for an account that is not there.
///
/// # Errors
/// When the database does not answer.
pub async fn slug_of<C: ConnectionTrait>(on: &C, id: i64) -> Result<Option<String>> {
    Ok(Entity::find_by_id(id).select_only().column(Column::Slug).into_tuple().one(on).await?)
}
