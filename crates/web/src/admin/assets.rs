//! The admin's script, style and icons, built from the front-end sources and embedded.
//!
//! The build names each file by its content, so browsers keep it for good; `manifest.json` tells the names. What
//! compresses well lies there compressed already.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use axum::{
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

/// Where the files are served.
const PATH: &str = "/admin/assets";

/// What a compressed file's name ends with, the tightest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

#[derive(RustEmbed)]
#[folder = "../../assets/dist/admin/"]
struct Assets;

/// Logical names and the files that have them, as the build wrote them down.
static MANIFEST: LazyLock<BTreeMap<String, String>> = LazyLock::new(manifest);

fn manifest() -> BTreeMap<String, String> {
    Assets::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
}

/// Where the script lies; nothing when the front-end was not built, and the pages do without.
pub(crate) fn script() -> String {
    url("admin.js")
}

/// Where the style lies; nothing when the front-end was not built.
pub(crate) fn style() -> String {
    url("admin.css")
}

/// Where the icons lie; nothing when the front-end was not built.
pub(crate) fn icons() -> String {
    url("icons.svg")
}

/// Where the browser tab's icon lies; nothing when the front-end was not built.
pub(crate) fn tab_icon() -> String {
    url("icon.svg")
}

fn url(name: &str) -> String {
    // A debug build reads the files as they are now, so that a new front-end needs no new binary.
    let fresh = cfg!(debug_assertions).then(manifest);
    fresh.as_ref().unwrap_or(&MANIFEST).get(name).map_or_else(String::new, |file| format!("{PATH}/{file}"))
}

/// `GET /admin/assets/{file}`
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(content_type) = content_type(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let Some((data, encoding)) = find(&name, &headers) else { return StatusCode::NOT_FOUND.into_response() };
    let kept = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (VARY, HeaderValue::from_static("accept-encoding")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let mut response = (kept, body(data)).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file, compressed in the tightest way that the browser takes.
fn find(name: &str, headers: &HeaderMap) -> Option<(Cow<'static, [u8]>, Option<&'static str>)> {
    let compressed = ENCODINGS.iter().filter(|(encoding, _)| accepts(headers, encoding));
    compressed
        .filter_map(|(encoding, ending)| Some((Assets::get(&format!("{name}{ending}"))?.data, Some(*encoding))))
        .next()
        .or_else(|| Some((Assets::get(name)?.data, None)))
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let ranges = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    ranges.flat_map(|value| value.split(',')).any(|range| {
        let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && weight > 0.0
    })
}

fn body(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// What may be asked for by name; a compressed file is reached by its own name only.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

    use super::*;

    fn asking(accepted: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))])
    }

    #[test]
    fn a_browser_gets_only_what_it_can_unpack() {
        assert!(accepts(&asking("gzip, deflate, br, zstd"), "br"));
        assert!(accepts(&asking("GZIP;q=0.5"), "gzip"));
        assert!(!accepts(&asking("gzip, br;q=0"), "br"));
        assert!(!accepts(&asking("brotli"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn only_scripts_styles_and_pictures_are_served() {
        for name in ["admin-0A1B2C3D.js", "admin-0A1B2C3D.css", "icons-0a1b2c3d.svg"] {
            assert!(content_type(name).is_some(), "{name}");
        }
        for name in ["manifest.json", "admin-0A1B2C3D.js.br", "admin", ""] {
            assert!(content_type(name).is_none(), "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_named_is_there_and_stays_in_the_cache() {
        // Without Node there is nothing to serve, and the pages know it.
        for url in [script(), style()].into_iter().filter(|url| !url.is_empty()) {
            let name = url.strip_prefix("/admin/assets/").unwrap().to_owned();
            let response = serve(Path(name.clone()), asking("br")).await;
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            assert_eq!(response.headers()[CONTENT_ENCODING], "br", "{name}");
            assert!(response.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        }
        let missing = serve(Path("admin-00000000.js".into()), HeaderMap::new()).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
}
