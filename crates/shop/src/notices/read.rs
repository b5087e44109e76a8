//! Reading templates and notices.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Notices,
    entity::{notice, template},
};
use crate::{Error, Result, accounts::Reach, db};

/// Notices that are looked through for the phone somebody tested with.
const LOOKED_THROUGH: i64 = 2_000;

/// Which notices a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    /// Of this account alone.
    pub account_id: Option<i64>,
    /// Of this template alone.
    pub template_row: Option<i64>,
    /// Only what failed, was refused by its follower, or of which nobody knows.
    pub failed: bool,
    /// Queued at this time (Unix ms) or later.
    pub since: Option<i64>,
    /// Behind this row number, going back.
    pub before: Option<i64>,
}

impl Notices {
    /// A template.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none of that number, or it is an account's that is not seen.
    pub async fn template(&self, reach: &Reach, id: i64) -> Result<template::Model> {
        let template = template::Entity::find_by_id(id).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        reach.must_see(template.account_id)?;
        Ok(template)
    }

    /// A template of `account` by WeChat's id, or by its row number.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_template(&self, reach: &Reach, account: i64, which: &str) -> Result<template::Model> {
        reach.must_see(account)?;
        let of_account = || template::Entity::find().filter(template::Column::AccountId.eq(account));
        let named = of_account().filter(template::Column::TemplateId.eq(which)).one(self.db.read()).await?;
        if let Some(template) = named {
            return Ok(template);
        }
        let id: i64 = which.parse().map_err(|_| Error::NotFound)?;
        let numbered = of_account().filter(template::Column::Id.eq(id)).one(self.db.read()).await?;
        numbered.ok_or(Error::NotFound)
    }

    /// The templates that WeChat has, of one account or of all that are seen.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn templates(&self, reach: &Reach, account: Option<i64>) -> Result<Vec<template::Model>> {
        let mut query = template::Entity::find().filter(template::Column::GoneAt.is_null());
        if let Some(account) = account {
            reach.must_see(account)?;
            query = query.filter(template::Column::AccountId.eq(account));
        }
        let mut all = query.order_by_asc(template::Column::Id).all(self.db.read()).await?;
        all.retain(|template| reach.sees(template.account_id));
        Ok(all)
    }

    /// A notice.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, reach: &Reach, id: i64) -> Result<notice::Model> {
        let notice = notice::Entity::find_by_id(id).one(self.db.read()).await?.ok_or(Error::NotFound)?;
        reach.must_see(notice.account_id)?;
        Ok(notice)
    }

    /// At most `limit` notices, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account that is not seen.
    pub async fn list(&self, reach: &Reach, which: Which, limit: u64) -> Result<Vec<notice::Model>> {
        let mut query = notice::Entity::find();
        if let Some(account) = which.account_id {
            reach.must_see(account)?;
            query = query.filter(notice::Column::AccountId.eq(account));
        } else if let Reach::Some(accounts) = reach {
            query = query.filter(notice::Column::AccountId.is_in(accounts.iter().copied()));
        }
        if let Some(template) = which.template_row {
            query = query.filter(notice::Column::TemplateRow.eq(template));
        }
        if which.failed {
            query = query.filter(notice::Column::State.is_in(["failed", "blocked", "unknown"]));
        }
        if let Some(since) = which.since {
            query = query.filter(notice::Column::CreatedAt.gte(since));
        }
        if let Some(before) = which.before {
            query = query.filter(notice::Column::Id.lt(before));
        }
        Ok(query.order_by_desc(notice::Column::Id).limit(limit).all(self.db.read()).await?)
    }

    /// The openid that `name` tested with last in `account`: most test with their own phone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_tested_with(&self, account: i64, name: &str) -> Result<Option<String>> {
        let sql = format!(
            "SELECT openid FROM (SELECT id, openid, purpose, sent_by FROM notices WHERE account_id = $1 \
             ORDER BY id DESC LIMIT {LOOKED_THROUGH}) AS latest WHERE purpose = 'test' AND sent_by = $2 \
             ORDER BY id DESC LIMIT 1"
        );
        let on = self.db.read();
        let row = on.query_one_raw(db::statement(on, &sql, [account.into(), name.into()])).await?;
        Ok(row.map(|row| row.try_get("", "openid")).transpose()?)
    }
}
