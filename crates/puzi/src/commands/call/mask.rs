//! Secrets are not shown: fields that hold one, and the account's own wherever they are repeated.

use puzi_wechat::Secret;

use super::json::Json;

/// What stands in the place of a secret.
pub(super) const STARS: &str = "***";

/// Hides secrets in what is printed.
#[derive(Debug, Clone, Default)]
pub(super) struct Mask {
    /// Also hidden inside other texts, such as a URL.
    known: Vec<Secret<String>>,
    off: bool,
}

impl Mask {
    /// Hides nothing when `show` is asked for.
    pub(super) fn new(show: bool) -> Self {
        Self { known: Vec::new(), off: show }
    }

    /// From now on also hides `secret` itself.
    pub(super) fn know(&mut self, secret: &Secret<String>) {
        let is_new = self.known.iter().all(|known| known.expose() != secret.expose());
        if is_new && !secret.expose().is_empty() {
            self.known.push(secret.clone());
        }
    }

    /// A text without the known secrets.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if !self.off {
            for secret in &self.known {
                text = text.replace(secret.expose().as_str(), STARS);
            }
        }
        text
    }

    /// The value of the field `name`.
    pub(super) fn value(&self, name: &str, value: &str) -> String {
        if self.off || !holds_a_secret(name) { self.text(value) } else { STARS.to_owned() }
    }

    /// A whole answer or body.
    pub(super) fn json(&self, mut json: Json) -> Json {
        if !self.off {
            self.hide(&mut json);
        }
        json
    }

    fn hide(&self, json: &mut Json) {
        match json {
            Json::Text(text) => *text = self.text(text),
            Json::List(items) => items.iter_mut().for_each(|item| self.hide(item)),
            Json::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Json::Text(text) if !text.is_empty() && holds_a_secret(name) => STARS.clone_into(text),
                        other => self.hide(other),
                    }
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

/// Whether a field of this name holds what lets others in: tokens, tickets, keys, passwords.
fn holds_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "ticket", "secret", "password"].iter().any(|end| name.ends_with(end))
        || ["session_key", "pre_auth_code", "encoding_aes_key", "encodingaeskey"].contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, show: bool) -> String {
        let mut mask = Mask::new(show);
        mask.know(&Secret::new("S3CRET".into()));
        mask.json(Json::of_answer(text.as_bytes()).unwrap()).written(false)
    }

    #[test]
    fn fields_that_hold_secrets_are_stars_wherever_they_lie() {
        let text = r#"{"access_token":"A","expires_in":7200,"list":[{"ticket":"T","component_appsecret":"s"}],"session_key":"K"}"#;
        let stars = r#"{"access_token":"***","expires_in":7200,"list":[{"ticket":"***","component_appsecret":"***"}],"session_key":"***"}"#;
        assert_eq!(masked(text, false), stars);
        assert_eq!(masked(text, true), text);
    }

    #[test]
    fn a_known_secret_is_found_inside_other_texts() {
        assert_eq!(masked(r#"{"url":"http://x/?t=S3CRET&a=1"}"#, false), r#"{"url":"http://x/?t=***&a=1"}"#);
    }

    #[test]
    fn other_fields_are_left_alone() {
        let text = r#"{"openid":"o1","ticket":"","token_count":3,"secret_santa":"no"}"#;
        assert_eq!(masked(text, false), text);
    }
}
