//! What an error shows of an answer that was none: its beginning, with tokens and secrets struck out.

use std::borrow::Cow;

/// So many bytes are shown.
const SHOWN: usize = 200;
/// So many bytes are looked at. Striking out comes before cutting, or half a token would stay at the cut.
const LOOKED_AT: usize = 8 * 1024;
/// Fields of the platform's answers whose values are secrets.
const SECRET_FIELDS: &[&str] = &[
    "access_token",
    "refresh_token",
    "session_key",
    "ticket",
    "secret",
    "appsecret",
    // Those of third-party platforms.
    "component_access_token",
    "authorizer_access_token",
    "authorizer_refresh_token",
    "component_verify_ticket",
    "component_appsecret",
    "pre_auth_code",
];

/// The beginning of `body` as text, long enough to be struck out and cut.
pub(super) fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).into_owned()
}

/// `text` without what `secrets` names and without values of secret fields, cut, on one line.
pub(super) fn presentable(text: &str, secrets: &[&str]) -> String {
    let text = without_parameters(without_fields(&without(text, secrets)));
    let mut shown = String::with_capacity(SHOWN + 4);
    for c in text.chars() {
        if shown.len() + c.len_utf8() > SHOWN {
            shown.push('…');
            break;
        }
        shown.push(if c.is_control() { ' ' } else { c });
    }
    shown
}

/// `text` with every one of `secrets` replaced.
pub(super) fn without<'a>(text: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets {
        if !secret.is_empty() && text.contains(secret) {
            text = Cow::Owned(text.replace(secret, "***"));
        }
    }
    text
}

/// Replaces the values of secret fields in what may be a piece of JSON.
fn without_fields(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, value)) = next_secret(rest) {
        kept.push_str(before);
        kept.push_str("***");
        // An end that was lost on the way leaves the whole rest in doubt.
        rest = value.find('"').map_or("", |end| &value[end..]);
    }
    kept + rest
}

/// Replaces the values of secret parameters in what may be an address: pages of gateways repeat what was asked.
fn without_parameters(mut text: String) -> String {
    for name in ["access_token=", "secret="] {
        let mut from = 0;
        while let Some(at) = text[from..].find(name) {
            let value = from + at + name.len();
            let end = text[value..].find(|c: char| !c.is_ascii_alphanumeric() && !"-_.%".contains(c));
            text.replace_range(value..end.map_or(text.len(), |end| value + end), "***");
            from = value;
        }
    }
    text
}

/// The text up to the value of the first secret field, and the text from that value on.
fn next_secret(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find('"') {
        let name_at = from + at + 1;
        from = name_at;
        let name = SECRET_FIELDS.iter().find(|name| {
            let rest = text[name_at..].strip_prefix(**name);
            rest.is_some_and(|rest| rest.starts_with('"'))
        });
        let Some(name) = name else { continue };
        let after = text[name_at + name.len() + 1..].trim_start();
        let Some(value) = after.strip_prefix(':').map(str::trim_start).and_then(|v| v.strip_prefix('"')) else {
            continue;
        };
        return Some((&text[..text.len() - value.len()], value));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let shown = presentable(&"铺".repeat(100), &[]);
        assert_eq!(shown, format!("{}…", "铺".repeat(66)));
        assert_eq!(presentable("short\r\nlines\u{1b}[0m", &[]), "short  lines [0m");
    }

    #[test]
    fn a_secret_at_the_cut_leaves_no_half() {
        let text = format!("{}TOKEN-TOKEN", "x".repeat(SHOWN - 6));
        assert_eq!(presentable(&text, &["TOKEN-TOKEN"]), format!("{}***", "x".repeat(SHOWN - 6)));
        assert_eq!(presentable("a b a", &["a", ""]), "*** b ***");
    }

    #[test]
    fn values_of_secret_fields_are_struck_out() {
        for (text, shown) in [
            (r#"{"access_token":"abc","expires_in":1}"#, r#"{"access_token":"***","expires_in":1}"#),
            (r#"{"a":"b","session_key" : "x=","secret":"y"}"#, r#"{"a":"b","session_key" : "***","secret":"***"}"#),
            (r#"{"access_token":"half of i"#, r#"{"access_token":"***"#),
            (r#"{"access_token":7,"access_tokens":"x"}"#, r#"{"access_token":7,"access_tokens":"x"}"#),
            (
                r#"{"authorizer_refresh_token":"r","pre_auth_code":"c""#,
                r#"{"authorizer_refresh_token":"***","pre_auth_code":"***""#,
            ),
            (r#"the "secret" is out"#, r#"the "secret" is out"#),
        ] {
            assert_eq!(presentable(text, &[]), shown);
        }
    }

    #[test]
    fn an_address_that_is_repeated_keeps_its_secrets() {
        let page = "<p>GET /x?access_token=9_a-b&amp;appid=wx1&secret=s%3D</p> access_token=";
        let shown = "<p>GET /x?access_token=***&amp;appid=wx1&secret=***</p> access_token=***";
        assert_eq!(presentable(page, &[]), shown);
    }

    #[test]
    fn only_the_beginning_is_looked_at() {
        assert_eq!(beginning(&[b'a'; 100_000]).len(), LOOKED_AT);
        assert_eq!(beginning(b"\xff"), "\u{fffd}");
    }
}
