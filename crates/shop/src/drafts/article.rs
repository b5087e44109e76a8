//! An article as it is written here, and what WeChat will say of it.

use serde::{Deserialize, Serialize};

use super::html;
use crate::Problem;

/// Articles of one draft.
pub const MOST: usize = 8;
/// Characters of a title.
pub const TITLE_CHARS: usize = 32;
/// Characters of an author.
pub const AUTHOR_CHARS: usize = 16;
/// Characters of a summary.
pub const DIGEST_CHARS: usize = 128;
/// Characters of the content, its marks counted.
pub const CONTENT_CHARS: usize = 19_999;
/// Bytes of "read the original".
pub const URL_BYTES: usize = 1_024;
/// Pictures of a set.
pub const PICTURES: usize = 20;

/// What an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A text with a cover.
    #[default]
    News,
    /// Pictures with a few words.
    Newspic,
}

/// Who may comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Comments {
    /// Nobody.
    #[default]
    Closed,
    /// Everybody.
    Open,
    /// Followers.
    Fans,
}

impl Kind {
    /// The word in JSON and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Newspic => "newspic",
        }
    }
}

impl Comments {
    /// The word in JSON and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Fans => "fans",
        }
    }
}

/// An article.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Article {
    /// What it is.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// Its summary; WeChat takes the beginning of the content where there is none.
    pub digest: String,
    /// HTML, whose pictures are uploads of ours or lie with WeChat; of a set of pictures plain text.
    pub content: String,
    /// What "read the original" opens.
    pub source_url: String,
    /// Row number of the material that is its cover.
    pub cover: Option<i64>,
    /// Row numbers of the materials of a set of pictures.
    pub pictures: Vec<i64>,
    /// Who may comment.
    pub comments: Comments,
}

impl Article {
    /// The materials that it needs.
    pub fn materials(&self) -> impl Iterator<Item = i64> {
        self.cover.into_iter().chain(self.pictures.iter().copied())
    }

    /// The same without spaces around its words, and with nothing harmful in it.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        for text in [&mut self.title, &mut self.author, &mut self.digest, &mut self.source_url] {
            *text = text.trim().to_owned();
        }
        match self.kind {
            Kind::News => {
                self.content = html::clean(&self.content);
                self.pictures.clear();
            }
            Kind::Newspic => self.cover = None,
        }
        self
    }
}

/// What is wrong however far the writing is: an unfinished draft is kept, one that nothing can become of is not.
pub fn lengths(articles: &[Article]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if articles.is_empty() || articles.len() > MOST {
        problems.push(Problem::new("articles", "draft.how_many").with("max", MOST));
    }
    for (n, article) in articles.iter().enumerate() {
        let lines = [
            ("title", &article.title, TITLE_CHARS),
            ("author", &article.author, AUTHOR_CHARS),
            ("digest", &article.digest, DIGEST_CHARS),
            ("content", &article.content, CONTENT_CHARS),
        ];
        for (field, text, most) in lines {
            let chars = text.chars().count();
            if chars > most {
                let problem = Problem::new(path(n, field), "draft.too_long").with("max", most);
                problems.push(problem.with("is", chars));
            }
        }
        if article.source_url.len() > URL_BYTES || !is_address(&article.source_url) {
            problems.push(Problem::new(path(n, "source_url"), "draft.bad_url"));
        }
        if article.pictures.len() > PICTURES {
            problems.push(Problem::new(path(n, "pictures"), "draft.too_many_pictures").with("max", PICTURES));
        }
    }
    problems
}

/// What is missing before WeChat takes it.
pub fn missing(articles: &[Article]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (n, article) in articles.iter().enumerate() {
        let mut lacks = |field: &str, key: &'static str| problems.push(Problem::new(path(n, field), key));
        if article.title.is_empty() {
            lacks("title", "draft.no_title");
        }
        match article.kind {
            Kind::News => {
                let foreign = html::pictures(&article.content)
                    .iter()
                    .any(|address| html::upload_key(address).is_none() && !html::is_wechats(address));
                if foreign {
                    lacks("content", "draft.foreign_picture");
                }
                if html::text(&article.content).is_empty() && !article.content.contains("<img") {
                    lacks("content", "draft.no_content");
                }
                if article.cover.is_none() {
                    lacks("cover", "draft.no_cover");
                }
            }
            Kind::Newspic => {
                if article.content.trim().is_empty() {
                    lacks("content", "draft.no_content");
                }
                if article.pictures.is_empty() {
                    lacks("pictures", "draft.no_pictures");
                }
            }
        }
    }
    problems
}

/// The path of a field in problems: `articles.0.title`.
pub(super) fn path(n: usize, field: &str) -> String {
    format!("articles.{n}.{field}")
}

fn is_address(text: &str) -> bool {
    text.is_empty()
        || url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Article {
        Article { title: "春茶".into(), content: "<p>到了</p>".into(), cover: Some(1), ..Article::default() }
    }

    fn keys(problems: &[Problem]) -> Vec<(String, &'static str)> {
        problems.iter().map(|problem| (problem.field.clone(), problem.key)).collect()
    }

    #[test]
    fn what_wechat_would_refuse_is_named_with_its_place() {
        assert!(lengths(&[whole()]).is_empty() && missing(&[whole()]).is_empty());
        let long = Article { title: "茶".repeat(33), source_url: "javascript:x".into(), ..whole() };
        assert_eq!(
            keys(&lengths(&[whole(), long])),
            [("articles.1.title".to_owned(), "draft.too_long"), ("articles.1.source_url".to_owned(), "draft.bad_url")]
        );
        assert_eq!(keys(&lengths(&[])), [("articles".to_owned(), "draft.how_many")]);
        assert_eq!(
            keys(&lengths(&std::array::from_fn::<_, 9, _>(|_| whole()))),
            [("articles".to_owned(), "draft.how_many")]
        );
        let empty = Article::default();
        let expected = ["title", "content", "cover"].map(|field| path(0, field));
        assert_eq!(missing(&[empty]).into_iter().map(|one| one.field).collect::<Vec<_>>(), expected);
        let foreign = Article { content: "<p>x<img src=\"https://x.example/a.jpg\"></p>".into(), ..whole() };
        assert_eq!(keys(&missing(&[foreign])), [("articles.0.content".to_owned(), "draft.foreign_picture")]);
        let set = Article { kind: Kind::Newspic, cover: None, ..whole() };
        assert_eq!(keys(&missing(&[set])), [("articles.0.pictures".to_owned(), "draft.no_pictures")]);
    }

    #[test]
    fn an_article_is_read_back_and_what_is_no_article_is_refused() {
        let article = Article { comments: Comments::Fans, pictures: vec![3, 4], ..whole() };
        let json = serde_json::to_string(&article).unwrap();
        assert_eq!(serde_json::from_str::<Article>(&json).unwrap(), article);
        assert!(serde_json::from_str::<Article>("{\"titel\": \"x\"}").is_err());
        assert!(serde_json::from_str::<Article>("{\"kind\": \"video\"}").is_err());
    }
}
