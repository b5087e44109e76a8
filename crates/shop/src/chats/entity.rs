//! The table `chats`, as its list is declared over it.

use sea_orm::entity::prelude::*;

/// A conversation between a follower and an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chats")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// The follower.
    pub openid: String,
    /// When something was last said, Unix ms; 0 while there were only events.
    pub last_at: i64,
    /// Whether the follower said it.
    pub last_inbound: bool,
    /// Its kind, in WeChat's words.
    pub last_kind: String,
    /// Its text, or what stands for it.
    pub last_summary: String,
    /// Messages nobody of the team has seen.
    pub unread: i64,
    /// Since when the follower waits for an answer, Unix ms.
    pub waiting_since: Option<i64>,
    /// Who of the team answers.
    pub assigned_id: Option<i64>,
    /// `open` or `done`.
    pub status: String,
    /// Who answered last: `rule`, `staff` or `agent`.
    pub answered_by: Option<String>,
    /// The name of who answered last.
    pub answered_name: Option<String>,
    /// When, Unix ms.
    pub answered_at: Option<i64>,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
