//! An article as a reader sees it in a browser.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::world::{Account, Inner, World};

/// The text is the account's: it may look as it likes, and run, send and load nothing but pictures, sounds and films.
const POLICY: &str = "default-src 'none'; img-src http: https: data:; media-src http: https:; \
    style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups";

/// What there is to show.
enum Found {
    Article { name: String, article: Value, comments: Vec<(String, Option<String>)> },
    Deleted,
    Banned,
}

/// `GET /sandbox/articles/{id}/{idx}`: a published article by its article id, a sent one by its `msg_data_id`, or a
/// draft by its media id; `idx` from 1.
pub(super) async fn article(State(inner): State<Arc<Inner>>, Path((id, idx)): Path<(String, usize)>) -> Response {
    let found = idx.checked_sub(1).and_then(|place| find(&inner.world(), &id, place));
    let (status, title, body) = match found {
        Some(Found::Article { name, article, comments }) => {
            let title = escape(text(&article, "title"));
            (StatusCode::OK, title, shown(&inner, &name, &article, &comments))
        }
        Some(Found::Deleted) => note(StatusCode::GONE, "该内容已被发布者删除"),
        Some(Found::Banned) => note(StatusCode::GONE, "此内容因违规无法查看"),
        None => note(StatusCode::NOT_FOUND, "链接已过期"),
    };
    let page = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>"
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, page).into_response()
}

const STYLE: &str = "body{margin:0;font:17px/1.7 system-ui,sans-serif;color:#222;background:#fff}\
    main{max-width:42rem;margin:0 auto;padding:1.25rem}h1{font-size:1.4rem;line-height:1.4}\
    .by{color:#767676;font-size:.9rem}img,video{max-width:100%;height:auto}.comments{border-top:1px solid #ddd}\
    .reply{color:#555;padding-left:1rem;border-left:3px solid #ddd}\
    @media(prefers-color-scheme:dark){body{color:#d5d5d5;background:#191919}.by,.reply{color:#a0a0a0}}";

fn find(world: &World, id: &str, place: usize) -> Option<Found> {
    world.apps.values().find_map(|account| {
        let families = &account.families;
        if let Some(article) = families.draft.articles(id).and_then(|articles| articles.get(place)) {
            let name = account.app.name.clone();
            return Some(Found::Article { name, article: article.clone(), comments: Vec::new() });
        }
        if let Some((article, deleted)) = id.parse().ok().and_then(|sent| families.mass.article(sent, place)) {
            return Some(match deleted {
                true => Found::Deleted,
                false => found(account, article, id.parse().ok()?, place),
            });
        }
        let published = families.publish.find(id)?;
        let article = published.articles.get(place)?;
        Some(match (published.banned, article.deleted) {
            (true, _) => Found::Banned,
            (false, true) => Found::Deleted,
            (false, false) => found(account, &article.content, published.msg_data_id, place),
        })
    })
}

/// An article with what its readers wrote.
fn found(account: &Account, article: &Value, msg_data_id: i64, place: usize) -> Found {
    let at = (msg_data_id, i64::try_from(place).unwrap_or_default());
    let comments = account.families.comments.elected(at).into_iter();
    let comments = comments.map(|comment| (comment.content, comment.reply.map(|(reply, _)| reply))).collect();
    Found::Article { name: account.app.name.clone(), article: article.clone(), comments }
}

fn note(status: StatusCode, words: &str) -> (StatusCode, String, String) {
    (status, words.to_owned(), format!("<p>{words}</p>"))
}

fn shown(inner: &Inner, name: &str, article: &Value, comments: &[(String, Option<String>)]) -> String {
    let mut body = format!("<h1>{}</h1>", escape(text(article, "title")));
    let by = [text(article, "author"), name].into_iter().filter(|by| !by.is_empty()).map(escape);
    let _ = write!(body, "<p class=\"by\">{}</p>", by.collect::<Vec<_>>().join(" · "));
    for image in article["image_info"]["image_list"].as_array().into_iter().flatten() {
        let url = inner.media_url(text(image, "image_media_id"));
        let _ = write!(body, "<p><img src=\"{}\" alt=\"\"></p>", escape(&url));
    }
    // As the account wrote it; the policy above is what makes that safe.
    let _ = write!(body, "<div>{}</div>", text(article, "content"));
    let source = text(article, "content_source_url");
    if source.starts_with("http://") || source.starts_with("https://") {
        let _ = write!(body, "<p><a href=\"{}\" target=\"_blank\" rel=\"noopener\">阅读原文</a></p>", escape(source));
    }
    if !comments.is_empty() {
        body.push_str("<section class=\"comments\"><h2>精选留言</h2>");
        for (content, reply) in comments {
            let _ = write!(body, "<p>{}</p>", escape(content));
            if let Some(reply) = reply {
                let _ = write!(body, "<p class=\"reply\">{}</p>", escape(reply));
            }
        }
        body.push_str("</section>");
    }
    body
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
