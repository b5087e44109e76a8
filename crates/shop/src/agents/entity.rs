//! The table `agents`: customer-service accounts as WeChat told of them last.

use sea_orm::entity::prelude::*;

/// A customer-service account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The Official Account.
    pub account_id: i64,
    /// `prefix@wechat-id`.
    pub kf_account: String,
    /// WeChat's number.
    pub kf_id: i64,
    /// Its nickname.
    pub nickname: String,
    /// WeChat's address of its picture.
    pub avatar_url: String,
    /// The upload that the picture was made of: JSON, as image fields keep it.
    pub avatar: String,
    /// WeChat id of who works with it; empty while nobody does.
    pub wx: String,
    /// WeChat id of who was invited; empty when nobody was.
    pub invite_wx: String,
    /// `waiting`, `rejected` or `expired`.
    pub invite_status: Option<String>,
    /// When the invitation ends, Unix ms.
    pub invite_ends_at: Option<i64>,
    /// At work in the browser.
    pub online: bool,
    /// How many sessions it has; none while it is not at work.
    pub sessions: Option<i64>,
    /// What its code says; none before it was made.
    pub qr_url: Option<String>,
    /// When WeChat told of it last, Unix ms.
    pub seen_at: i64,
    /// When it was deleted, or WeChat told of it no more, Unix ms.
    pub deleted_at: Option<i64>,
    /// Grows with each change made here.
    pub version: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
