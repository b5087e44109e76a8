//! The pages a browser may see: which accounts answer here, and that a page is not here.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderMap, StatusCode,
        header::{
            ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
        },
    },
    response::{IntoResponse, Response},
};
use puzi_shop::{
    accounts::Status,
    texts::{Catalogues, Locale},
};

use crate::{App, fingerprint, texts::tag};

/// Where the pages' style lies.
pub(crate) const STYLE_PATH: &str = "/site.css";

const STYLE: &str = include_str!("../templates/shared/site.css");

/// Changes with the style, so that browsers may keep it for good.
const STYLE_VERSION: u32 = fingerprint::of(STYLE.as_bytes());

/// No scripts, nothing from elsewhere; the icon is in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static TEXTS: LazyLock<Catalogues> = LazyLock::new(|| {
    Catalogues::read(
        &[include_str!("../../../locales/zh-CN/web.toml")],
        &[include_str!("../../../locales/en/web.toml")],
    )
});

/// What every page needs.
struct Page {
    locale: Locale,
}

#[derive(Template)]
#[template(path = "shared/home.html")]
struct Home {
    page: Page,
    accounts: Vec<String>,
}

#[derive(Template)]
#[template(path = "shared/not_found.html")]
struct NotFound {
    page: Page,
}

#[derive(Template)]
#[template(path = "shared/told.html")]
struct Told {
    page: Page,
    title: String,
    text: String,
    good: bool,
}

/// A page that says one thing: `hello.{what}`, its place `{name}` filled.
pub(crate) fn said(status: StatusCode, headers: &HeaderMap, what: &str, name: &str) -> Response {
    let locale = locale(None, headers);
    let shown = Page { locale };
    let title = shown.say_of(&format!("hello.{what}"), name);
    let text = shown.say(&format!("hello.{what}_text"));
    page(status, locale, &Told { page: shown, title, text, good: status == StatusCode::OK })
}

/// `GET /`: which accounts answer here.
pub(crate) async fn home(State(app): State<Arc<App>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let mut live = app.registry.all();
    live.retain(|live| live.account.status == Status::Active);
    live.sort_by_key(|live| live.account.id);
    let accounts = live.iter().map(|live| live.account.name.clone()).collect();
    let locale = locale(query.as_deref(), &headers);
    page(StatusCode::OK, locale, &Home { page: Page { locale }, accounts })
}

/// `GET /site.css`: how the pages look.
pub(crate) async fn style() -> Response {
    let kept = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (kept, STYLE).into_response()
}

/// Everything else: a page for people, a line for programs.
pub(crate) async fn not_found(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if !wants_html(&headers) {
        return nothing_here();
    }
    let locale = locale(query.as_deref(), &headers);
    page(StatusCode::NOT_FOUND, locale, &NotFound { page: Page { locale } })
}

/// 404 for programs.
pub(crate) fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

impl Page {
    fn say(&self, key: &str) -> String {
        TEXTS.say(self.locale, key, &[])
    }

    fn say_of(&self, key: &str, name: &str) -> String {
        TEXTS.say(self.locale, key, &[("name", name.to_owned())])
    }

    fn count(&self, key: &str, count: usize) -> String {
        TEXTS.say(self.locale, key, &[("count", count.to_string())])
    }

    fn tag(&self) -> &'static str {
        tag(self.locale)
    }

    /// The language that the page offers instead.
    fn other(&self) -> &'static str {
        tag(match self.locale {
            Locale::ZhCn => Locale::En,
            Locale::En => Locale::ZhCn,
        })
    }
}

fn page(status: StatusCode, locale: Locale, template: &impl Template) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, tag(locale)),
        (VARY, "accept, accept-language"),
        // Accounts come and go: a browser asks again each time.
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (status, headers, html).into_response()
}

/// `?lang=…`, else what the browser prefers, else Chinese.
fn locale(query: Option<&str>, headers: &HeaderMap) -> Locale {
    let asked = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("lang="));
    let accepted = || accepted_locale(headers);
    asked.filter(|tag| !tag.is_empty()).map(Locale::from_tag).or_else(accepted).unwrap_or_default()
}

/// What the browser prefers.
pub(crate) fn accepted_locale(headers: &HeaderMap) -> Option<Locale> {
    headers.get(ACCEPT_LANGUAGE).and_then(|value| preferred(value.to_str().ok()?))
}

/// The language of an `Accept-Language` with the largest weight, of equal ones the first.
fn preferred(accepted: &str) -> Option<Locale> {
    let mut best: Option<(f32, &str)> = None;
    for range in accepted.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        let tag = tag.trim();
        if !tag.is_empty() && tag != "*" && weight > best.map_or(0.0, |(weight, _)| weight) {
            best = Some((weight, tag));
        }
    }
    best.map(|(_, tag)| Locale::from_tag(tag))
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

    use axum::http::HeaderValue;

    use super::*;

    fn home_of(locale: Locale, accounts: &[&str]) -> String {
        let accounts = accounts.iter().map(|name| (*name).to_owned()).collect();
        Home { page: Page { locale }, accounts }.render().unwrap()
    }

    #[test]
    fn both_languages_have_the_same_texts_and_the_pages_use_no_others() {
        assert_eq!(TEXTS.keys(Locale::ZhCn), TEXTS.keys(Locale::En));
        for locale in Locale::ALL {
            let mut pages: Vec<_> =
                [&[][..], &["茶铺"], &["茶铺", "花店"]].map(|accounts| home_of(locale, accounts)).into();
            pages.push(NotFound { page: Page { locale } }.render().unwrap());
            for page in pages {
                // A missing text shows as its key, a forgotten place as its name in braces.
                for trace in ["home.", "not_found.", "site.title", "site.other", "{", "}"] {
                    assert!(!page.contains(trace), "{trace}: {page}");
                }
            }
        }
    }

    #[test]
    fn a_name_is_text_and_never_markup() {
        let name = "<script>alert(1)</script>\"&'";
        for accounts in [&[name][..], &[name, "花店"]] {
            let page = home_of(Locale::ZhCn, accounts);
            assert!(!page.contains("<script"), "{page}");
            assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
        }
    }

    #[test]
    fn a_browser_gets_the_language_that_it_prefers() {
        for (accepted, locale) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Locale::ZhCn)),
            ("en-GB, zh;q=0.5", Some(Locale::En)),
            ("en;q=0.2, zh-TW;q=0.7", Some(Locale::ZhCn)),
            ("fr", Some(Locale::En)),
            ("en;q=0", None),
            ("*", None),
            ("", None),
            ("en;q=high, zh", Some(Locale::ZhCn)),
        ] {
            assert_eq!(preferred(accepted), locale, "{accepted}");
        }
    }

    #[test]
    fn a_language_in_the_address_beats_the_browsers() {
        let mut headers = HeaderMap::new();
        assert_eq!(locale(None, &headers), Locale::ZhCn);
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert_eq!(locale(Some("from=gift-box"), &headers), Locale::En);
        assert_eq!(locale(Some("from=gift-box&lang=zh-CN"), &headers), Locale::ZhCn);
        assert_eq!(locale(Some("lang="), &headers), Locale::En);
    }
}
