//! What an account may be given, checked before it is saved.

use puzi_wechat::{Secret, crypto::EncodingAesKey, envelope::Mode};
use rand::{Rng, distr::Alphanumeric};

use crate::{Error, Problem, Result};

const NAME_CHARS: usize = 100;
/// WeChat accepts tokens of 3 to 32 letters and digits.
const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 3..=32;

/// A new account as a person gives it.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Last part of the callback URL; the appid when empty.
    pub slug: Option<String>,
    /// Name that people see.
    pub name: String,
    /// AppID, `wx…`.
    pub appid: String,
    /// AppSecret.
    pub secret: Secret<String>,
    /// Contact person.
    pub contact_name: String,
    /// Telephone of the contact person.
    pub contact_phone: String,
    /// E-mail of the contact person.
    pub contact_email: String,
    /// How WeChat wraps its messages.
    pub mode: Mode,
    /// Token; a strong one is made when absent.
    pub token: Option<Secret<String>>,
    /// EncodingAESKey, 43 characters; made when absent.
    pub aes_key: Option<Secret<String>>,
    /// Another API address than WeChat's own.
    pub api_base: Option<String>,
}

impl NewAccount {
    /// An account in plain mode of which nothing else is said: its token is made, and it calls WeChat itself.
    pub fn plain(name: impl Into<String>, appid: impl Into<String>, secret: Secret<String>) -> Self {
        Self {
            slug: None,
            name: name.into(),
            appid: appid.into(),
            secret,
            contact_name: String::new(),
            contact_phone: String::new(),
            contact_email: String::new(),
            mode: Mode::Plain,
            token: None,
            aes_key: None,
            api_base: None,
        }
    }
}

/// Changes to an account; what is `None` stays.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct AccountEdit {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub secret: Option<Secret<String>>,
    pub contact_name: Option<String>,
    pub contact_phone: Option<String>,
    pub contact_email: Option<String>,
    pub mode: Option<Mode>,
    /// Empty: WeChat's own address again.
    pub api_base: Option<String>,
    /// The version that was read: the change is refused when there is another one by now.
    pub version: Option<i64>,
}

/// A [`NewAccount`] that passed its checks.
pub(super) struct Checked {
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) appid: String,
    pub(super) secret: Secret<String>,
    pub(super) contact_name: String,
    pub(super) contact_phone: String,
    pub(super) contact_email: String,
    pub(super) mode: Mode,
    pub(super) token: Secret<String>,
    pub(super) aes_key: EncodingAesKey,
    pub(super) api_base: Option<String>,
}

impl NewAccount {
    /// What is wrong with it, before anybody asks whether slug and appid are taken.
    pub fn problems(&self) -> Vec<Problem> {
        problems_of(self.clone().check())
    }

    pub(super) fn check(self) -> Result<Checked> {
        let mut problems = Vec::new();
        let appid = self.appid.trim().to_owned();
        if !is_appid(&appid) {
            problems.push(Problem::new("appid", "account.bad_appid"));
        }
        let slug = self.slug.filter(|slug| !slug.is_empty()).unwrap_or_else(|| appid.clone());
        check_common(
            &mut problems,
            Common {
                slug: Some(&slug),
                name: Some(&self.name),
                secret: Some(&self.secret),
                email: Some(&self.contact_email),
                phone: Some(&self.contact_phone),
                api_base: self.api_base.as_deref(),
            },
        );
        let token = token_or_new(self.token);
        if token.is_err() {
            problems.push(Problem::new("token", "account.bad_token"));
        }
        let aes_key = match self.aes_key {
            None => Ok(EncodingAesKey::generate()),
            Some(text) => EncodingAesKey::parse(text.expose()),
        };
        if aes_key.is_err() {
            problems.push(Problem::new("encoding_aes_key", "account.bad_aes_key"));
        }
        match (token, aes_key) {
            (Ok(token), Ok(aes_key)) if problems.is_empty() => Ok(Checked {
                slug,
                name: self.name.trim().to_owned(),
                appid,
                secret: Secret::new(self.secret.expose().trim().to_owned()),
                contact_name: self.contact_name.trim().to_owned(),
                contact_phone: self.contact_phone.trim().to_owned(),
                contact_email: self.contact_email.trim().to_owned(),
                mode: self.mode,
                token,
                aes_key,
                api_base: self.api_base.filter(|base| !base.is_empty()),
            }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

impl AccountEdit {
    /// What is wrong with it, before anybody asks whether the slug is taken.
    pub fn problems(&self) -> Vec<Problem> {
        problems_of(self.clone().check())
    }

    pub(super) fn check(self) -> Result<Self> {
        let mut problems = Vec::new();
        check_common(
            &mut problems,
            Common {
                slug: self.slug.as_deref(),
                name: self.name.as_deref(),
                secret: self.secret.as_ref(),
                email: self.contact_email.as_deref(),
                phone: self.contact_phone.as_deref(),
                api_base: self.api_base.as_deref(),
            },
        );
        if problems.is_empty() { Ok(self) } else { Err(Error::Invalid(problems)) }
    }
}

fn problems_of<T>(checked: Result<T>) -> Vec<Problem> {
    match checked {
        Err(Error::Invalid(problems)) => problems,
        _ => Vec::new(),
    }
}

struct Common<'a> {
    slug: Option<&'a str>,
    name: Option<&'a str>,
    secret: Option<&'a Secret<String>>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    api_base: Option<&'a str>,
}

fn check_common(problems: &mut Vec<Problem>, given: Common<'_>) {
    if given.slug.is_some_and(|slug| !is_slug(slug)) {
        problems.push(Problem::new("slug", "account.bad_slug"));
    }
    if given.name.is_some_and(|name| name.trim().is_empty()) {
        problems.push(Problem::new("name", "account.required"));
    }
    if given.name.is_some_and(|name| name.chars().count() > NAME_CHARS) {
        problems.push(Problem::new("name", "account.too_long").with("max", NAME_CHARS));
    }
    if given.secret.is_some_and(|secret| !is_secret(secret.expose().trim())) {
        problems.push(Problem::new("secret", "account.bad_secret"));
    }
    if given.email.is_some_and(|email| !email.is_empty() && !is_email(email.trim())) {
        problems.push(Problem::new("contact_email", "account.bad_email"));
    }
    if given.phone.is_some_and(|phone| !phone.is_empty() && !is_phone(phone)) {
        problems.push(Problem::new("contact_phone", "account.bad_phone"));
    }
    if given.api_base.is_some_and(|base| !base.is_empty() && !is_http_url(base)) {
        problems.push(Problem::new("api_base", "account.bad_url"));
    }
}

/// The given token when WeChat accepts its form, or a strong new one.
pub(super) fn token_or_new(given: Option<Secret<String>>) -> Result<Secret<String>> {
    match given {
        None => Ok(Secret::new(rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect())),
        Some(token) if is_token(token.expose()) => Ok(token),
        Some(_) => Err(Error::field("token", "account.bad_token")),
    }
}

fn is_token(text: &str) -> bool {
    TOKEN_CHARS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_appid(text: &str) -> bool {
    text.starts_with("wx") && (10..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_secret(text: &str) -> bool {
    (8..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_email(text: &str) -> bool {
    text.len() <= 254
        && !text.contains(char::is_whitespace)
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=20).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c))
}

fn is_http_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tea_shop() -> NewAccount {
        NewAccount {
            slug: None,
            name: "铺子茶铺".into(),
            appid: "wx0123456789abcdef".into(),
            secret: Secret::new("0123456789abcdef0123456789abcdef".into()),
            contact_name: String::new(),
            contact_phone: String::new(),
            contact_email: String::new(),
            mode: Mode::Encrypted,
            token: None,
            aes_key: None,
            api_base: None,
        }
    }

    fn wrong_fields(new: NewAccount) -> Vec<String> {
        match new.check() {
            Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_token_and_a_key_are_made_when_not_given() {
        let (one, other) = (tea_shop().check().unwrap(), tea_shop().check().unwrap());
        assert!(is_token(one.token.expose()) && one.token.expose().len() == 32);
        assert_ne!(one.token.expose(), other.token.expose());
        assert_ne!(one.aes_key.expose(), other.aes_key.expose());
        assert_eq!(one.slug, "wx0123456789abcdef");
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = NewAccount {
            slug: Some("a/b".into()),
            name: " ".into(),
            appid: "gh_123".into(),
            secret: Secret::new("short".into()),
            contact_phone: "call me".into(),
            contact_email: "nobody".into(),
            token: Some(Secret::new("with space".into())),
            aes_key: Some(Secret::new("short".into())),
            api_base: Some("ftp://x".into()),
            ..tea_shop()
        };
        let mut fields = wrong_fields(wrong);
        fields.sort();
        assert_eq!(
            fields,
            [
                "api_base",
                "appid",
                "contact_email",
                "contact_phone",
                "encoding_aes_key",
                "name",
                "secret",
                "slug",
                "token"
            ]
        );
    }

    #[test]
    fn a_good_account_has_no_wrong_field() {
        let good = NewAccount {
            contact_phone: "+86 138-0000-0000".into(),
            contact_email: "tea@example.com".into(),
            api_base: Some("http://127.0.0.1:9".into()),
            ..tea_shop()
        };
        assert!(wrong_fields(good).is_empty());
    }
}
