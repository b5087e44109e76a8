//! The table `tags`, as its list is declared over it. The pairs lie in `follower_tags (tag_id, follower_id)`.

use sea_orm::entity::prelude::*;

/// A tag of an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tags")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// WeChat's number of it, its own within the account.
    pub wechat_id: i64,
    /// Name, 30 bytes at most.
    pub name: String,
    /// How many have it, as WeChat last told and as was changed here since.
    pub followers: i64,
    /// Counts its changes.
    pub version: i64,
    /// Creation here, Unix ms.
    pub created_at: i64,
    /// Latest change here, Unix ms.
    pub updated_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
