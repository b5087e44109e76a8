//! What is asked: the path, the query, the body, put together from the command line and checked before anything is sent.

use std::{io::Read, path::PathBuf, str::FromStr, time::Duration};

use puzi_shop::texts::Locale;
use puzi_wechat::{
    Secret,
    client::{Call, Client, Content, Field, Method},
};
use serde_json::json;

use super::{
    CallArgs,
    json::Json,
    mask::{Mask, STARS},
    near,
};
use crate::{error::Failure, texts::say};

/// The platform's own addresses, of which a pasted URL may be one.
const PLATFORM: &str = ".weixin.qq.com";

/// `name=value` of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    name: String,
    value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            _ => Err("is written NAME=VALUE".to_owned()),
        }
    }
}

/// The body of the request.
#[derive(Debug)]
enum Body {
    None,
    Json(Json),
    Text(String),
    Form(Vec<(String, Part)>),
}

#[derive(Debug)]
enum Part {
    Text(String),
    File { path: PathBuf, name: String, bytes: u64 },
}

/// A request that can be sent, as often as needed.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// With a slash at its beginning, without a query.
    pub(super) path: String,
    query: Vec<(String, String)>,
    body: Body,
    with_token: bool,
    timeout: Option<Duration>,
}

/// What the placeholders `{appid}` and `{secret}` stand for.
pub(super) struct Own<'a> {
    pub(super) appid: &'a str,
    pub(super) secret: &'a Secret<String>,
}

impl Request {
    /// Reads what the command line asks for.
    ///
    /// # Errors
    /// When a part of it cannot be read; nothing is sent then.
    pub(super) fn read(args: &CallArgs, own: &Own<'_>, locale: Locale) -> Result<Self, Failure> {
        let (path, mut query) = target(&args.path, locale)?;
        query.extend(args.query.iter().map(|pair| (pair.name.clone(), pair.value.clone())));
        // A user's own token, or none at all, is what some calls take.
        let with_token = !args.no_token && near::at(&path).all(|known| known.token == "account");
        if with_token {
            // What is pasted from a document says access_token=ACCESS_TOKEN.
            query.retain(|(name, _)| name != "access_token");
        }
        for (_, value) in &mut query {
            own.fill(value);
        }
        let body = match (&args.body, args.form.is_empty()) {
            (_, false) => Body::Form(args.form.iter().map(|pair| part(pair, locale)).collect::<Result<_, _>>()?),
            (Some(given), true) if near::at(&path).any(|known| known.text) => Body::Text(text(given, locale)?),
            (Some(given), true) => {
                let mut json = body(given, locale)?;
                json.each_text(&mut |text| own.fill(text));
                Body::Json(json)
            }
            (None, true) => Body::None,
        };
        if args.method == Method::GET && !matches!(body, Body::None) {
            return Err(refused(locale, "call.get_with_body", &[]));
        }
        Ok(Self { method: args.method.clone(), path, query, body, with_token, timeout: args.timeout })
    }

    /// Whether the account's access token goes with it.
    pub(super) fn takes_token(&self) -> bool {
        self.with_token
    }

    /// The call, ready to be sent.
    pub(super) fn call(&self, client: &Client) -> Call {
        let mut call = client.call(self.method.clone(), self.path.clone());
        for (name, value) in &self.query {
            call = call.query(name.clone(), value);
        }
        call = match &self.body {
            Body::None => call,
            Body::Json(json) => call.json(json),
            Body::Text(text) => call.text(text.clone()),
            Body::Form(parts) => call.multipart(parts.iter().map(|(name, part)| match part {
                Part::Text(text) => Field::text(name.clone(), text.clone()),
                Part::File { path, name: file_name, .. } => {
                    Field::file(name.clone(), file_name, Content::file(path.clone()))
                }
            })),
        };
        if !self.with_token {
            call = call.without_token();
        }
        match self.timeout {
            Some(timeout) => call.timeout(timeout),
            None => call,
        }
    }

    /// What would be sent to `base`, for `--dry-run`.
    pub(super) fn shown(&self, base: &str, mask: &Mask) -> Json {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if self.with_token {
            query.append_pair("access_token", STARS);
        }
        for (name, value) in &self.query {
            query.append_pair(name, &mask.value(name, value));
        }
        // Stars stay stars: the URL is to be read.
        let query = query.finish().replace("%2A", "*");
        let mut url = format!("{}{}", base.trim_end_matches('/'), self.path);
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        let mut fields =
            vec![("method".to_owned(), Json::Text(self.method.to_string())), ("url".to_owned(), Json::Text(url))];
        match &self.body {
            Body::None => {}
            Body::Json(json) => fields.push(("body".to_owned(), mask.json(json.clone()))),
            Body::Text(text) => fields.push(("body".to_owned(), Json::Text(mask.text(text)))),
            Body::Form(parts) => {
                let parts = parts.iter().map(|(name, part)| (name.clone(), part.shown(name, mask))).collect();
                fields.push(("form".to_owned(), Json::Object(parts)));
            }
        }
        Json::Object(fields)
    }
}

impl Part {
    fn shown(&self, name: &str, mask: &Mask) -> Json {
        let shown = match self {
            Self::Text(text) => json!(mask.value(name, text)),
            Self::File { name, bytes, .. } => json!({ "bytes": bytes, "file": name }),
        };
        serde_json::from_value(shown).expect("any JSON is JSON")
    }
}

impl Own<'_> {
    fn fill(&self, text: &mut String) {
        match text.as_str() {
            "{appid}" => self.appid.clone_into(text),
            "{secret}" if !self.secret.expose().is_empty() => self.secret.expose().clone_into(text),
            _ => {}
        }
    }
}

type Query = Vec<(String, String)>;

/// The path and its query; a URL of the platform's is taken for its path.
fn target(text: &str, locale: Locale) -> Result<(String, Query), Failure> {
    let wrong = |key: &str| refused(locale, key, &[("path", text.to_owned())]);
    let text = text.trim();
    let rest = match text.split_once("://") {
        Some((_, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            if !host.ends_with(PLATFORM) {
                return Err(wrong("call.foreign_url"));
            }
            path
        }
        None => text,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.trim_start_matches('/');
    let good = !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-.~".contains(&b));
    if !good {
        return Err(wrong("call.bad_path"));
    }
    Ok((format!("/{path}"), url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
}

/// What a body is read from: itself (without a name), a file, or standard input.
fn source(given: &str, locale: Locale) -> Result<(&str, Vec<u8>), Failure> {
    let (from, mut bytes) = match given.strip_prefix('@') {
        Some(path) => (path, std::fs::read(path).map_err(|error| unreadable(path, &error, locale))?),
        None if given == "-" => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(|error| unreadable("-", &error, locale))?;
            ("-", bytes)
        }
        None => ("", given.as_bytes().to_vec()),
    };
    // Editors on some systems begin a file so.
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok((from, bytes))
}

/// A body of plain text.
fn text(given: &str, locale: Locale) -> Result<String, Failure> {
    let (from, bytes) = source(given, locale)?;
    String::from_utf8(bytes).map_err(|_| {
        let why = "not UTF-8".to_owned();
        refused(locale, "output.unreadable", &[("path", from.to_owned()), ("why", why)])
    })
}

/// A body of JSON.
fn body(given: &str, locale: Locale) -> Result<Json, Failure> {
    let (from, bytes) = source(given, locale)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let key = if from.is_empty() { "call.not_json" } else { "call.not_json_in" };
        refused(locale, key, &[("path", from.to_owned()), ("why", error.to_string())])
    })
}

/// A part of a form: a text, or a file after an at sign.
fn part(pair: &Pair, locale: Locale) -> Result<(String, Part), Failure> {
    let Some(path) = pair.value.strip_prefix('@') else {
        return Ok((pair.name.clone(), Part::Text(pair.value.clone())));
    };
    let about = std::fs::metadata(path).map_err(|error| unreadable(path, &error, locale))?;
    let path = PathBuf::from(path);
    let name = path.file_name().filter(|_| about.is_file());
    let name = name.ok_or_else(|| refused(locale, "call.no_file", &[("path", path.display().to_string())]))?;
    let name = name.to_string_lossy().into_owned();
    Ok((pair.name.clone(), Part::File { name, bytes: about.len(), path }))
}

fn unreadable(path: &str, error: &std::io::Error, locale: Locale) -> Failure {
    refused(locale, "output.unreadable", &[("path", path.to_owned()), ("why", error.to_string())])
}

/// What was asked is at fault, and nothing was sent.
pub(super) fn refused(locale: Locale, key: &str, args: &[(&'static str, String)]) -> Failure {
    Failure::Refused(vec![say(locale, key, args)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target_of(text: &str) -> Option<(String, Query)> {
        target(text, Locale::En).ok()
    }

    #[test]
    fn a_path_is_taken_however_it_is_written() {
        let expected = Some(("/cgi-bin/user/get".to_owned(), Vec::new()));
        for text in [
            "cgi-bin/user/get",
            "/cgi-bin/user/get",
            "https://api.weixin.qq.com/cgi-bin/user/get",
            "//cgi-bin/user/get#x",
        ] {
            assert_eq!(target_of(text), expected, "{text}");
        }
        let (_, query) =
            target_of("https://api.weixin.qq.com/cgi-bin/user/get?access_token=A&next_openid=o%2B1").unwrap();
        assert_eq!(query, [("access_token".into(), "A".into()), ("next_openid".into(), "o+1".into())]);
    }

    #[test]
    fn what_is_no_path_of_the_platform_is_refused() {
        for text in [
            "",
            "/",
            "https://example.com/cgi-bin/user/get",
            "cgi-bin/../x",
            "cgi bin/x",
            "a//b",
            "http://127.0.0.1:1/x",
        ] {
            assert_eq!(target_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_pair_has_a_name() {
        assert_eq!("a=b=c".parse(), Ok(Pair { name: "a".into(), value: "b=c".into() }));
        assert_eq!("a=".parse(), Ok(Pair { name: "a".into(), value: String::new() }));
        assert!("=b".parse::<Pair>().is_err() && "a".parse::<Pair>().is_err());
    }
}
