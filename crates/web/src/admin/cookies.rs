//! The admin's cookies.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};
use axum::response::Response;

use super::visitor::Visitor;

/// The session's token.
pub(super) const SESSION: &str = "puzi_admin";
/// What to tell on the next page.
pub(super) const TOAST: &str = "puzi_toast";
/// The language before somebody is signed in.
pub(super) const LANGUAGE: &str = "puzi_lang";
/// `light`, `dark` or `auto`, before somebody is signed in.
pub(super) const THEME: &str = "puzi_theme";

/// How long the browser keeps the session's cookie, in seconds: as long as a session may live.
pub(super) const SESSION_SECONDS: u32 = 30 * 24 * 3_600;
/// A year, in seconds.
pub(super) const TASTE_SECONDS: u32 = 365 * 24 * 3_600;

/// The value of the first cookie of this name.
pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Sets a cookie on the admin's pages, which scripts cannot read; with 0 seconds it goes.
pub(super) fn set(response: &mut Response, visitor: &Visitor, name: &str, value: &str, seconds: u32) {
    let secure = if visitor.secure { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/admin; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    match HeaderValue::from_str(&line) {
        Ok(line) => drop(response.headers_mut().append(SET_COOKIE, line)),
        Err(error) => tracing::error!(%error, name, "a cookie could not be set"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("puzi_admin_old=1; x=y"));
        headers.append(COOKIE, HeaderValue::from_static("puzi_admin=abc; puzi_theme=dark"));
        assert_eq!(read(&headers, SESSION), Some("abc"));
        assert_eq!(read(&headers, THEME), Some("dark"));
        assert_eq!(read(&headers, LANGUAGE), None);
    }
}
