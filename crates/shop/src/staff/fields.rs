//! What a member may be given, checked before it is saved.

use puzi_wechat::Secret;
use serde_json::{Value, json};

use super::{entity, passwords};
use crate::{Error, Problem, Result, accounts::Reach, texts::Locale};

const LOGIN_CHARS: std::ops::RangeInclusive<usize> = 2..=100;
const NAME_CHARS: usize = 50;
/// How the admin may look.
pub(super) const THEMES: [&str; 3] = ["auto", "light", "dark"];

/// A new member.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// User name or e-mail.
    pub login: String,
    /// Name that others see.
    pub name: String,
    /// Key of the role.
    pub role: String,
    /// Language of the admin; without, the one of the shop's settings.
    pub locale: Option<Locale>,
    /// Password to begin with.
    pub password: Secret<String>,
}

/// Changes to a member; what is `None` stays.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct MemberEdit {
    pub login: Option<String>,
    pub name: Option<String>,
    pub role: Option<String>,
    pub locale: Option<Locale>,
    pub theme: Option<String>,
    pub status: Option<super::Status>,
    pub reach: Option<Reach>,
}

/// What members change of themselves; what is `None` stays.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Profile {
    pub name: Option<String>,
    pub locale: Option<Locale>,
    pub theme: Option<String>,
}

/// A login as it is stored and looked for.
pub(super) fn normal_login(text: &str) -> String {
    text.trim().to_lowercase()
}

impl NewMember {
    pub(super) fn check(self) -> Result<Self> {
        let mut problems = Vec::new();
        let login = normal_login(&self.login);
        check_login(&mut problems, &login);
        check_name(&mut problems, &self.name);
        problems.extend(passwords::problem(self.password.expose(), &login));
        refuse(problems)?;
        Ok(Self { login, name: self.name.trim().to_owned(), ..self })
    }
}

impl MemberEdit {
    pub(super) fn check(self) -> Result<Self> {
        let mut problems = Vec::new();
        let login = self.login.as_deref().map(normal_login);
        if let Some(login) = &login {
            check_login(&mut problems, login);
        }
        if let Some(name) = &self.name {
            check_name(&mut problems, name);
        }
        if self.theme.as_deref().is_some_and(|theme| !THEMES.contains(&theme)) {
            problems.push(Problem::new("theme", "staff.theme_unknown"));
        }
        refuse(problems)?;
        Ok(Self { login, name: self.name.map(|name| name.trim().to_owned()), ..self })
    }
}

/// Refuses when there are problems.
pub(super) fn refuse(problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

fn check_login(problems: &mut Vec<Problem>, login: &str) {
    if login.is_empty() {
        problems.push(Problem::new("login", "staff.required"));
    } else if !LOGIN_CHARS.contains(&login.chars().count())
        || !login.chars().all(|c| c.is_alphanumeric() || "@._+-".contains(c))
    {
        problems.push(Problem::new("login", "staff.login_form"));
    }
}

/// A name that a person reads: not empty, not too long, on one line.
pub(super) fn check_name(problems: &mut Vec<Problem>, name: &str) {
    if name.trim().is_empty() {
        problems.push(Problem::new("name", "staff.required"));
    } else if name.trim().chars().count() > NAME_CHARS {
        problems.push(Problem::new("name", "staff.too_long").with("max", NAME_CHARS));
    } else if name.trim().chars().any(char::is_control) {
        problems.push(Problem::new("name", "staff.control_characters"));
    }
}

/// A member as the audit log shows him: without password and secret.
pub(super) fn shown(row: &entity::staff::Model) -> Value {
    json!({
        "login": row.login,
        "name": row.name,
        "role": row.role,
        "locale": row.locale,
        "theme": row.theme,
        "status": row.status,
        "reach": row.reach,
        "accounts": serde_json::from_str::<Value>(&row.accounts).unwrap_or_default(),
        "totp": row.totp_confirmed_at.is_some(),
        "deleted_at": row.deleted_at,
    })
}
