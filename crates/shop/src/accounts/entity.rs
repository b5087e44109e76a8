//! The table `accounts`; secrets in it are sealed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub appid: String,
    pub secret: String,
    pub contact_name: String,
    pub contact_phone: String,
    pub contact_email: String,
    pub mode: String,
    pub token: String,
    pub aes_key: String,
    pub previous_aes_key: Option<String>,
    pub api_base: Option<String>,
    pub status: String,
    pub verified_at: Option<i64>,
    pub version: i64,
    pub rules_version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
