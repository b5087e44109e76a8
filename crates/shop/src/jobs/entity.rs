//! The table `jobs`, as its list is declared over it: without what a job was given, which may be somebody's words.

use sea_orm::entity::prelude::*;

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is to do.
    pub kind: String,
    /// `queued`, `sending` or `dead`.
    pub state: String,
    /// The account it works for, if it works for one.
    pub account_id: Option<i64>,
    /// Attempts begun.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Unix ms.
    pub created_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
