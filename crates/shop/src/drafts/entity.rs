//! The table `drafts`, without what was told to WeChat. Changes go through [`super::Drafts`].

use sea_orm::entity::prelude::*;

use super::article::Article;

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "drafts")]
pub struct Model {
    /// Row number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The account whose draft it is.
    pub account_id: i64,
    /// Title of the first article.
    pub title: String,
    /// JSON: the articles, see [`Model::list`].
    pub articles: String,
    /// See [`super::State`].
    pub state: String,
    /// WeChat's number of it, while it lies among its drafts.
    pub media_id: Option<String>,
    /// The version that lies there.
    pub saved_version: Option<i64>,
    /// WeChat's number of the publication.
    pub publish_id: Option<String>,
    /// By which WeChat's comments and figures name it.
    pub msg_data_id: Option<String>,
    /// WeChat's number of what was published.
    pub article_id: Option<String>,
    /// JSON: where the published articles are.
    pub urls: String,
    /// JSON: numbers of the articles that WeChat refused, from 1.
    pub refused: String,
    /// Why it failed: a key of `drafts.problems`, or WeChat's words.
    pub error: Option<String>,
    /// WeChat's code of that.
    pub errcode: Option<i64>,
    /// WeChat's number of the call.
    pub rid: Option<String>,
    /// When what is under way began, Unix ms.
    pub began_at: Option<i64>,
    /// When WeChat was told of it, Unix ms.
    pub tried_at: Option<i64>,
    /// Grows with each change.
    pub version: i64,
    /// When it was deleted, Unix ms.
    pub deleted_at: Option<i64>,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The articles.
    pub fn list(&self) -> Vec<Article> {
        serde_json::from_str(&self.articles).unwrap_or_default()
    }

    /// Where the published articles are.
    pub fn addresses(&self) -> Vec<String> {
        serde_json::from_str(&self.urls).unwrap_or_default()
    }

    /// Numbers of the articles that WeChat refused, from 1.
    pub fn refusals(&self) -> Vec<i64> {
        serde_json::from_str(&self.refused).unwrap_or_default()
    }

    /// Whether something happens to it by itself: a page looks again.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state.as_str(), "saving" | "submitting" | "publishing" | "removing")
    }
}
