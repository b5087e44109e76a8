//! The table `followers`, as its list is declared over it.

use sea_orm::entity::prelude::*;

/// A follower of an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "followers")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// Who, for this account.
    pub openid: String,
    /// Nickname, when WeChat gave one.
    pub nickname: Option<String>,
    /// Follows now.
    pub subscribed: bool,
    /// The scene of the QR code that led here first.
    pub scene: Option<String>,
    /// First message or event, Unix ms.
    pub first_seen_at: i64,
    /// Latest message or event, Unix ms.
    pub last_seen_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
