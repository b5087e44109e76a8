//! The shop's settings: declared as data, kept in a table, changed by the staff at run time. What the process needs before
//! there is a database stands in `puzi.toml` instead.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};

use crate::{
    Error, Problem, Result,
    audit::{self, Actor, Entry},
    db::{self, Db, now_ms},
};

/// How old what is read may be.
const STALE_AFTER: Duration = Duration::from_secs(1);

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text of at most so many characters.
    Text {
        /// Characters.
        max: usize,
    },
    /// An e-mail address, or nothing.
    Email,
    /// A whole number, bounds included.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// On or off.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a setting is before anybody sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Initial {
    Text(&'static str),
    Number(i64),
    Switch(bool),
}

/// A setting there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Key, as code and table have it.
    pub key: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it holds to begin with.
    pub initial: Initial,
    /// Key of its label among the texts.
    pub label: &'static str,
    /// The part of the page it stands in; its heading is the text `settings.groups.{group}`.
    pub group: &'static str,
}

/// Name of the shop, as customers read it.
pub const SHOP_NAME: &str = "shop.name";
/// Telephone for customers.
pub const SHOP_PHONE: &str = "shop.phone";
/// E-mail for customers.
pub const SHOP_EMAIL: &str = "shop.email";
/// Language that a new member's admin begins in.
pub const ADMIN_LOCALE: &str = "admin.locale";
/// For how many days the audit log is kept; 0 is for ever.
pub const AUDIT_DAYS: &str = "admin.audit_days";

/// How many calls are kept at most, of all accounts together; the oldest go first.
pub const CALLS_MOST: &str = "calls.most";

/// All settings, in the order of the page.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: SHOP_NAME,
        kind: Kind::Text { max: 50 },
        initial: Initial::Text(""),
        label: "settings.labels.shop_name",
        group: "shop",
    },
    Setting {
        key: SHOP_PHONE,
        kind: Kind::Text { max: 30 },
        initial: Initial::Text(""),
        label: "settings.labels.shop_phone",
        group: "shop",
    },
    Setting {
        key: SHOP_EMAIL,
        kind: Kind::Email,
        initial: Initial::Text(""),
        label: "settings.labels.shop_email",
        group: "shop",
    },
    Setting {
        key: ADMIN_LOCALE,
        kind: Kind::Choice(&["zh-CN", "en"]),
        initial: Initial::Text("zh-CN"),
        label: "settings.labels.admin_locale",
        group: "admin",
    },
    Setting {
        key: AUDIT_DAYS,
        kind: Kind::Number { min: 0, max: 3_650 },
        initial: Initial::Number(0),
        label: "settings.labels.admin_audit_days",
        group: "admin",
    },
    Setting {
        key: CALLS_MOST,
        kind: Kind::Number { min: 10_000, max: 100_000_000 },
        initial: Initial::Number(5_000_000),
        label: "settings.labels.calls_most",
        group: "admin",
    },
];

impl Setting {
    /// What it holds to begin with, as it would be stored.
    pub fn initial_value(&self) -> Value {
        match self.initial {
            Initial::Text(text) => text.into(),
            Initial::Number(number) => number.into(),
            Initial::Switch(on) => on.into(),
        }
    }

    /// What is wrong with `value`.
    pub(crate) fn problem(&self, value: &Value) -> Option<Problem> {
        let text = value.as_str().unwrap_or_default();
        let wrong = |key| Some(Problem::new(self.key, key));
        match self.kind {
            Kind::Text { .. } | Kind::Email | Kind::Choice(_) if !value.is_string() => wrong("settings.text"),
            Kind::Text { max } if text.chars().count() > max => {
                wrong("settings.too_long").map(|problem| problem.with("max", max))
            }
            Kind::Text { .. } if text.chars().any(char::is_control) => wrong("staff.control_characters"),
            Kind::Email if !text.is_empty() && !is_email(text) => wrong("settings.email"),
            Kind::Choice(choices) if !choices.contains(&text) => {
                wrong("settings.choice").map(|problem| problem.with("choices", choices.join(", ")))
            }
            Kind::Number { min, max } if !value.as_i64().is_some_and(|number| (min..=max).contains(&number)) => {
                wrong("settings.number").map(|problem| problem.with("min", min).with("max", max))
            }
            Kind::Switch if !value.is_boolean() => wrong("settings.switch"),
            _ => None,
        }
    }
}

fn is_email(text: &str) -> bool {
    text.len() <= 254
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

/// The setting of this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// What a setting holds now.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The value: text, number or boolean, by the setting's kind.
    pub value: Value,
    /// Grows with each change; 0 while nobody has set it.
    pub version: i64,
}

/// A change of one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Key of the setting.
    pub key: String,
    /// The new value.
    pub value: Value,
    /// The version its author saw.
    pub version: i64,
}

type AllHeld = Arc<HashMap<String, Held>>;

/// The settings of this shop; cheap to clone, and clones share what they read.
#[derive(Debug, Clone)]
pub struct Settings {
    db: Db,
    read: Arc<RwLock<Option<(Instant, AllHeld)>>>,
}

#[derive(FromQueryResult)]
struct Row {
    key: String,
    value: String,
    version: i64,
}

impl Settings {
    /// The settings in `db`.
    pub fn new(db: Db) -> Self {
        Self { db, read: Arc::default() }
    }

    /// A text, at most a second old.
    ///
    /// # Panics
    /// When no setting has that key: keys are the constants of this module.
    pub async fn text(&self, key: &str) -> Result<String> {
        Ok(self.value(key).await?.as_str().unwrap_or_default().to_owned())
    }

    /// A number, at most a second old.
    ///
    /// # Panics
    /// When no setting has that key.
    pub async fn number(&self, key: &str) -> Result<i64> {
        Ok(self.value(key).await?.as_i64().unwrap_or_default())
    }

    /// Whether a switch is on, at most a second old.
    ///
    /// # Panics
    /// When no setting has that key.
    pub async fn is_on(&self, key: &str) -> Result<bool> {
        Ok(self.value(key).await?.as_bool().unwrap_or_default())
    }

    /// All settings with what they hold, as they are this moment.
    pub async fn all(&self) -> Result<Vec<(&'static Setting, Held)>> {
        let held = self.load(self.db.read()).await?;
        Ok(SETTINGS.iter().map(|setting| (setting, held_of(&held, setting))).collect())
    }

    /// Changes settings, all or none. The caller has checked the permission `settings.edit`.
    ///
    /// # Errors
    /// [`Error::Invalid`] names each wrong one by its key; [`Error::Stale`] when somebody else changed one meanwhile.
    pub async fn save(&self, by: &Actor, changes: &[Change]) -> Result<()> {
        let mut problems = Vec::new();
        for change in changes {
            match find(&change.key) {
                Some(setting) => problems.extend(setting.problem(&change.value)),
                None => problems.push(Problem::new(change.key.clone(), "settings.unknown")),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let mut changes: Vec<&Change> = changes.iter().collect();
        // Always in the same order, so that two who save at once do not wait for each other.
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        let tx = self.db.begin_write().await?;
        for change in changes {
            let before = self.load(&*tx).await?;
            let before = find(&change.key).map(|setting| held_of(&before, setting)).ok_or(Error::NotFound)?;
            if before.value == change.value {
                continue;
            }
            store(&*tx, change).await?;
            let entry = Entry::new(by, "settings.edit", "settings", &change.key);
            let entry = entry.before(json!({&change.key: before.value})).after(json!({&change.key: change.value}));
            audit::record(&*tx, &entry).await?;
        }
        tx.commit().await?;
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    async fn value(&self, key: &str) -> Result<Value> {
        let setting = find(key).expect("keys are the constants of this module");
        let fresh = |read: &Option<(Instant, AllHeld)>| {
            read.as_ref().filter(|(at, _)| at.elapsed() < STALE_AFTER).map(|(_, held)| held.clone())
        };
        let known = fresh(&self.read.read().unwrap_or_else(PoisonError::into_inner));
        let held = match known {
            Some(held) => held,
            None => {
                let began = Instant::now();
                let held = Arc::new(self.load(self.db.read()).await?);
                *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some((began, held.clone()));
                held
            }
        };
        Ok(held_of(&held, setting).value)
    }

    async fn load<C: ConnectionTrait>(&self, on: &C) -> Result<HashMap<String, Held>> {
        let sql = "SELECT key, value, version FROM settings";
        let rows = Row::find_by_statement(db::statement(on, sql, [])).all(on).await?;
        let held = |row: Row| {
            let value = serde_json::from_str(&row.value).unwrap_or_default();
            (row.key, Held { value, version: row.version })
        };
        Ok(rows.into_iter().map(held).collect())
    }
}

/// What `setting` holds; a value that does not suit it (any more) counts as none.
fn held_of(held: &HashMap<String, Held>, setting: &Setting) -> Held {
    let version = held.get(setting.key).map_or(0, |held| held.version);
    match held.get(setting.key) {
        Some(held) if setting.problem(&held.value).is_none() => held.clone(),
        _ => Held { value: setting.initial_value(), version },
    }
}

async fn store<C: ConnectionTrait>(tx: &C, change: &Change) -> Result<()> {
    const FIRST: &str = "INSERT INTO settings (key, value, version, updated_at) VALUES ($1, $2, 1, $3) \
                         ON CONFLICT (key) DO NOTHING";
    const AGAIN: &str = "UPDATE settings SET value = $2, version = version + 1, updated_at = $3 \
                         WHERE key = $1 AND version = $4";
    let mut values = vec![change.key.as_str().into(), change.value.to_string().into(), now_ms().into()];
    let sql = if change.version == 0 {
        FIRST
    } else {
        values.push(change.version.into());
        AGAIN
    };
    if db::execute(tx, sql, values).await? == 1 { Ok(()) } else { Err(Error::Stale) }
}
