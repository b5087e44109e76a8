//! The table `runs`, as its list is declared over it.

use sea_orm::entity::prelude::*;

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// What it does.
    pub kind: String,
    /// Where it stands.
    pub state: String,
    /// How many there are, when that is known.
    pub total: Option<i64>,
    /// How many it went over.
    pub seen: i64,
    /// New ones.
    pub added: i64,
    /// Changed ones.
    pub changed: i64,
    /// Those who are gone.
    pub gone: i64,
    /// Those who could not be done.
    pub refused: i64,
    /// Key of the text that says why it does not go on.
    pub problem: Option<String>,
    /// What WeChat said.
    pub detail: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub started_at: Option<i64>,
    /// Unix ms.
    pub ended_at: Option<i64>,
    /// Counts its changes.
    pub version: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
