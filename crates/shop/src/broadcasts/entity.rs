//! The table `broadcasts`, as its list is declared over it. Changes go through [`super::Broadcasts`].

use sea_orm::entity::prelude::*;

/// A broadcast.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcasts")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// Name that people see; followers do not.
    pub name: String,
    /// `text`, `mpnews`, `image`, `voice` or `mpvideo`.
    pub kind: String,
    /// `all`, `tag` or `list`.
    pub audience: String,
    /// The tag's name, or that of what was pasted.
    pub whom_name: String,
    /// How many it goes to; before it is submitted 0.
    pub frozen: i64,
    /// When, Unix ms; none: as soon as it is approved.
    pub at: Option<i64>,
    /// Where it stands; see [`super::State`].
    pub state: String,
    /// Who wrote it.
    pub made_name: String,
    /// Who submitted it.
    pub submitted_name: String,
    /// Who approved it.
    pub approved_name: String,
    /// Whoever approved it had a hand in it.
    pub alone: bool,
    /// Key of a text, or what WeChat said.
    pub error: Option<String>,
    /// Counts its changes.
    pub version: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub finished_at: Option<i64>,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
