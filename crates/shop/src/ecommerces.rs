//! Ecommerces: the shops of an Official Account. Each has a title, a logo and a notice, says whom to ask, and is open or
//! closed. What a shop sells and to whom belongs to the areas that build on it.

use sea_orm::{DatabaseTransaction, entity::prelude::*};
use serde_json::json;

use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
    db::{self, now_ms},
};

/// An ecommerce.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ecommerces")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The Official Account it belongs to.
    pub account_id: i64,
    /// Title.
    pub title: String,
    /// Key of the uploaded picture, as a JSON array of at most one; `[]`: none.
    pub logo: String,
    /// What shoppers are told above everything else; empty: nothing.
    pub notice: String,
    /// Takes orders.
    pub open: bool,
    /// Whom shoppers ask.
    pub contact_name: String,
    /// Telephone number of the contact.
    pub contact_phone: String,
    /// E-mail address of the contact.
    pub contact_email: String,
    /// Grows with each change.
    pub version: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

/// None: the account is another area's.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Opens or closes a shop, as a part of `tx`, and says whether that changed anything: of two who do the same, one does.
///
/// # Errors
/// [`Error::NotFound`] when there is no such shop.
pub async fn set_open(tx: &DatabaseTransaction, by: &Actor, id: i64, open: bool) -> Result<bool> {
    let sql = "UPDATE ecommerces SET open = $1, version = version + 1, updated_at = $2 WHERE id = $3 AND open <> $1";
    if db::execute(tx, sql, [open.into(), now_ms().into(), id.into()]).await? == 0 {
        return match Entity::find_by_id(id).one(tx).await? {
            Some(_) => Ok(false),
            None => Err(Error::NotFound),
        };
    }
    let action = if open { "ecommerces.open" } else { "ecommerces.close" };
    let entry = Entry::new(by, action, "ecommerces", id);
    audit::record(tx, &entry.before(json!({ "open": !open })).after(json!({ "open": open }))).await?;
    Ok(true)
}
