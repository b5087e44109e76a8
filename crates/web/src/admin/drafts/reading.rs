//! The editor's form as articles, and back. A field of the article `n` is called `a.{n}.{field}`.

use puzi_shop::drafts::{Article, Comments, Kind, article::MOST, plain_text};

use crate::admin::form::Form;

/// The articles of a form, in the order of their numbers; at least one.
pub(super) fn articles(form: &Form) -> Vec<Article> {
    let mut numbers: Vec<usize> = form.values().iter().filter_map(|(name, _)| number(name)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut articles: Vec<_> = numbers.into_iter().map(|n| article(form, n)).collect();
    if articles.is_empty() {
        articles.push(Article::default());
    }
    articles
}

fn number(name: &str) -> Option<usize> {
    let (n, _) = name.strip_prefix("a.")?.split_once('.')?;
    // One more than there may be is told as too many, and nothing beyond that is kept.
    n.parse().ok().filter(|n| *n <= MOST)
}

fn article(form: &Form, n: usize) -> Article {
    let value = |field: &str| form.value(&format!("a.{n}.{field}")).to_owned();
    Article {
        kind: if value("kind") == "newspic" { Kind::Newspic } else { Kind::News },
        title: value("title"),
        author: value("author"),
        digest: value("digest"),
        // What a form sends has two signs where a line ends.
        content: value("content").replace("\r\n", "\n"),
        source_url: value("source_url"),
        cover: value("cover").trim().parse().ok(),
        pictures: numbers(&value("pictures")),
        comments: match value("comments").as_str() {
            "open" => Comments::Open,
            "fans" => Comments::Fans,
            _ => Comments::Closed,
        },
    }
}

/// HTML as plain text, a paragraph a line.
fn words(html: &str) -> String {
    let lines: Vec<_> = html.split("</p>").map(plain_text).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Plain text as HTML; what has marks already stays.
fn paragraphs(text: &str) -> String {
    if text.contains('<') {
        return text.to_owned();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("<p>{}</p>", line.replace('&', "&amp;").replace('>', "&gt;"))).collect()
}

/// Numbers with anything between them.
fn numbers(text: &str) -> Vec<i64> {
    let parts = text.split(|c: char| !c.is_ascii_digit());
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// The fields of an article, as its form has them.
pub(super) fn fields(n: usize, article: &Article) -> Vec<(String, String)> {
    let pictures: Vec<_> = article.pictures.iter().map(i64::to_string).collect();
    let values = [
        ("kind", article.kind.word().to_owned()),
        ("title", article.title.clone()),
        ("author", article.author.clone()),
        ("digest", article.digest.clone()),
        ("content", article.content.clone()),
        ("source_url", article.source_url.clone()),
        ("cover", article.cover.map(|id| id.to_string()).unwrap_or_default()),
        ("pictures", pictures.join(", ")),
        ("comments", article.comments.word().to_owned()),
    ];
    values.into_iter().map(|(field, value)| (format!("a.{n}.{field}"), value)).collect()
}

/// What a button of the editor asks for, without anything being saved: `add`, `remove.1`, `up.1`, `down.1`, `select.1`,
/// `kind.1` (its words become those of the other kind).
/// Gives which article is shown.
pub(super) fn step(articles: &mut Vec<Article>, at: usize, what: &str) -> usize {
    let (word, n) = what.split_once('.').unwrap_or((what, ""));
    let n = n.parse().unwrap_or(at).min(articles.len().saturating_sub(1));
    match word {
        "kind" => {
            let article = &mut articles[n];
            article.content = match article.kind {
                Kind::Newspic => words(&article.content),
                Kind::News => paragraphs(&article.content),
            };
            n
        }
        "add" if articles.len() < MOST => {
            articles.push(Article::default());
            articles.len() - 1
        }
        "remove" if articles.len() > 1 => {
            articles.remove(n);
            n.min(articles.len() - 1)
        }
        "up" if n > 0 => {
            articles.swap(n, n - 1);
            n - 1
        }
        "down" if n + 1 < articles.len() => {
            articles.swap(n, n + 1);
            n + 1
        }
        "select" => n,
        _ => at.min(articles.len().saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_back_what_was_put_into_it() {
        let article = Article {
            kind: Kind::Newspic,
            title: "春茶".into(),
            pictures: vec![3, 14],
            comments: Comments::Fans,
            ..Article::default()
        };
        let body = fields(0, &article).into_iter().chain(fields(1, &Article { cover: Some(7), ..Article::default() }));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(body).finish();
        let back = articles(&Form::parse(body.as_bytes()));
        assert_eq!(back[0], article);
        assert_eq!((back.len(), back[1].cover), (2, Some(7)));
    }

    #[test]
    fn forged_numbers_make_no_endless_list() {
        let form = Form::parse(b"a.99999999.title=x&a.9.title=y&a..title=z&a.x.title=q&b.0.title=r");
        assert_eq!(articles(&form), [Article::default()]);
    }

    #[test]
    fn articles_are_moved_and_one_always_stays() {
        let titled = |title: &str| Article { title: title.into(), ..Article::default() };
        let mut list = vec![titled("a"), titled("b"), titled("c")];
        assert_eq!(step(&mut list, 0, "down.0"), 1);
        assert_eq!(list.iter().map(|one| one.title.as_str()).collect::<String>(), "bac");
        assert_eq!(step(&mut list, 0, "up.0"), 0);
        assert_eq!(step(&mut list, 0, "remove.2"), 1);
        assert_eq!(step(&mut list, 1, "remove.99"), 0);
        assert_eq!(step(&mut list, 0, "remove.0"), 0);
        assert_eq!(list.len(), 1);
        list[0] =
            Article {
                kind: Kind::Newspic, content: "<p>明前 &amp; 雨前</p><p>到了</p>".into(), ..list[0].clone()
            };
        step(&mut list, 0, "kind.0");
        assert_eq!(list[0].content, "明前 & 雨前\n到了");
        list[0].kind = Kind::News;
        step(&mut list, 0, "kind.0");
        assert_eq!(list[0].content, "<p>明前 &amp; 雨前</p><p>到了</p>");
        for _ in 0..20 {
            step(&mut list, 0, "add");
        }
        assert_eq!(list.len(), MOST);
        assert_eq!(step(&mut list, 3, "nonsense"), 3);
    }
}
