//! The account's own articles, as a chat shows them.

use serde_json::Value;

use crate::api::draft;
use crate::chat::Article;
use crate::world::{Account, Inner};

/// The articles of a draft.
pub(in crate::api) fn of_draft(inner: &Inner, account: &Account, media_id: &str) -> Option<Vec<Article>> {
    let articles = draft::articles(account, media_id)?;
    Some(articles.iter().map(|article| shown(inner, article)).collect())
}

fn shown(inner: &Inner, article: &Value) -> Article {
    let text = |name: &str| article[name].as_str().unwrap_or_default().to_owned();
    let cover = match article["thumb_media_id"].as_str() {
        Some(cover) => Some(cover),
        None => article["image_info"]["image_list"][0]["image_media_id"].as_str(),
    };
    let pic_url = match article["thumb_url"].as_str() {
        Some(url) if !url.is_empty() => url.to_owned(),
        _ => cover.filter(|id| !id.is_empty()).map_or_else(String::new, |id| inner.media_url(id)),
    };
    Article { title: text("title"), description: text("digest"), pic_url, url: text("url") }
}

/// The articles that were published under this id and can be read.
pub(in crate::api) fn of_published(inner: &Inner, account: &Account, article_id: &str) -> Option<Vec<Article>> {
    let published = account.families.publish.find(article_id).filter(|published| !published.banned)?;
    let articles = published.articles.iter().filter(|article| !article.deleted);
    let articles: Vec<_> = articles.map(|article| shown(inner, &article.content)).collect();
    Some(articles).filter(|articles| !articles.is_empty())
}
