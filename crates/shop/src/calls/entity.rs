//! The table `calls`, as its list is declared over it.

use sea_orm::entity::prelude::*;

/// One exchange with WeChat: a call that went out, one row an attempt, or a push that came in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// When it began, Unix ms.
    pub at: i64,
    /// True: a call of WeChat's API. False: a push to the callback.
    pub outgoing: bool,
    /// The API path, or `push:` and the kind of the push.
    pub endpoint: String,
    /// How long it took, microseconds.
    pub us: i64,
    /// Bytes that went to WeChat.
    pub sent: i64,
    /// Bytes that came from WeChat.
    pub received: i64,
    /// [`Trouble`](super::Trouble) as text; null when all was well.
    pub trouble: Option<String>,
    /// WeChat's number of the refusal.
    pub errcode: Option<i64>,
    /// The HTTP status.
    pub status: Option<i32>,
    /// WeChat's number of the request, which it explains for seven days.
    pub rid: Option<String>,
    /// The how manieth attempt of one call, from 1; with pushes 2 is a repeated delivery.
    pub attempt: i32,
    /// The process that made it.
    pub node: String,
    /// `serve`, `cli`, `replay`.
    pub origin: String,
    /// The follower it was about, of outgoing calls.
    pub openid: Option<String>,
    /// Leads to the message of a push, or to the refused push that could not be read.
    pub message_key: Option<Vec<u8>>,
    /// WeChat's words, or what broke.
    pub errmsg: Option<String>,
    /// There is a row in `call_bodies`.
    pub has_bodies: bool,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
