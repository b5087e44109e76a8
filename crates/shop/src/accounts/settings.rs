//! Settings of one account: declared as the shop's are, kept apart for each account, and in memory with the live account.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Map, Value};

use crate::{
    Error, Problem, Result,
    audit::{self, Actor, Entry},
    db::{self, Db, now_ms},
    settings::{Initial, Kind, Setting},
};

/// For how many days calls and pushes are kept.
pub const CALLS_DAYS: &str = "calls.days";
/// Of which calls request and answer are kept: `all`, `errors` or `none`.
pub const CALLS_BODIES: &str = "calls.bodies";
/// Whether pushes get a line each.
pub const CALLS_PUSHES: &str = "calls.pushes";
/// Whether all followers are read each week.
pub const FOLLOWERS_FULL_WEEKLY: &str = "followers.full_weekly";
/// From how many percent of a quota one is warned.
pub const QUOTA_WARN_PERCENT: &str = "quota.warn_percent";
/// What the account is: `unknown`, `service` or `subscription`.
pub const ACCOUNT_KIND: &str = "account.kind";
/// Whether somebody else than who wrote a broadcast approves it; an owner alone turns that off.
pub const BROADCASTS_SECOND_PERSON: &str = "broadcasts.second_person";
/// For how many days notices are kept.
pub const NOTICES_DAYS: &str = "notices.days";

/// All settings of an account, in the order of the page.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: ACCOUNT_KIND,
        kind: Kind::Choice(&["unknown", "service", "subscription"]),
        initial: Initial::Text("unknown"),
        label: "account_settings.labels.account_kind",
        group: "account",
    },
    Setting {
        key: CALLS_DAYS,
        kind: Kind::Number { min: 1, max: 365 },
        initial: Initial::Number(30),
        label: "account_settings.labels.calls_days",
        group: "calls",
    },
    Setting {
        key: CALLS_BODIES,
        kind: Kind::Choice(&["all", "errors", "none"]),
        initial: Initial::Text("all"),
        label: "account_settings.labels.calls_bodies",
        group: "calls",
    },
    Setting {
        key: CALLS_PUSHES,
        kind: Kind::Switch,
        initial: Initial::Switch(true),
        label: "account_settings.labels.calls_pushes",
        group: "calls",
    },
    Setting {
        key: QUOTA_WARN_PERCENT,
        kind: Kind::Number { min: 50, max: 100 },
        initial: Initial::Number(80),
        label: "account_settings.labels.quota_warn_percent",
        group: "quota",
    },
    Setting {
        key: FOLLOWERS_FULL_WEEKLY,
        kind: Kind::Switch,
        initial: Initial::Switch(true),
        label: "account_settings.labels.followers_full_weekly",
        group: "followers",
    },
    Setting {
        key: BROADCASTS_SECOND_PERSON,
        kind: Kind::Switch,
        initial: Initial::Switch(true),
        label: "account_settings.labels.broadcasts_second_person",
        group: "broadcasts",
    },
    Setting {
        key: NOTICES_DAYS,
        kind: Kind::Number { min: 1, max: 3_650 },
        initial: Initial::Number(180),
        label: "account_settings.labels.notices_days",
        group: "notices",
    },
];

/// The setting of this key.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// What the settings of one account hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountSettings(HashMap<String, Value>);

impl AccountSettings {
    /// What the setting `key` holds; what never was set, or does not suit the setting (any more), holds its initial value.
    ///
    /// # Panics
    /// When no setting has that key: keys are the constants of this module.
    pub fn value(&self, key: &str) -> Value {
        let setting = find(key).expect("keys are the constants of this module");
        let held = self.0.get(key).filter(|value| setting.problem(value).is_none());
        held.cloned().unwrap_or_else(|| setting.initial_value())
    }

    /// A number.
    ///
    /// # Panics
    /// When no setting has that key.
    pub fn number(&self, key: &str) -> i64 {
        self.value(key).as_i64().unwrap_or_default()
    }

    /// A text, or one word of a choice.
    ///
    /// # Panics
    /// When no setting has that key.
    pub fn text(&self, key: &str) -> String {
        self.value(key).as_str().unwrap_or_default().to_owned()
    }

    /// Whether a switch is on.
    ///
    /// # Panics
    /// When no setting has that key.
    pub fn is_on(&self, key: &str) -> bool {
        self.value(key).as_bool().unwrap_or_default()
    }

    /// All of them with what they hold, in the order of the page.
    pub fn all(&self) -> impl Iterator<Item = (&'static Setting, Value)> + '_ {
        SETTINGS.iter().map(|setting| (setting, self.value(setting.key)))
    }
}

#[derive(FromQueryResult)]
struct Row {
    key: String,
    value: String,
}

/// The settings of `account`, as they are this moment.
///
/// # Errors
/// When the database does not answer.
pub async fn load<C: ConnectionTrait>(on: &C, account: i64) -> Result<AccountSettings> {
    let sql = "SELECT key, value FROM account_settings WHERE account_id = $1";
    let rows = Row::find_by_statement(db::statement(on, sql, [account.into()])).all(on).await?;
    let held = rows.into_iter().filter_map(|row| Some((row.key, serde_json::from_str(&row.value).ok()?)));
    Ok(AccountSettings(held.collect()))
}

/// Changes settings of `account`, all or none, and gives the account's new version: every node takes it up within a
/// second. The caller has checked the permission `accounts.edit` and that the account is seen.
///
/// # Errors
/// [`Error::Invalid`] names each wrong one by its key; [`Error::Stale`] when the account is no longer of `version` (none:
/// whatever it is); [`Error::NotFound`].
pub async fn save(
    db: &Db,
    by: &Actor,
    account: i64,
    version: Option<i64>,
    changes: &BTreeMap<String, Value>,
) -> Result<i64> {
    let wrong = |(key, value): (&String, &Value)| match find(key) {
        Some(setting) => setting.problem(value),
        None => Some(Problem::new(key.clone(), "settings.unknown")),
    };
    let problems: Vec<_> = changes.iter().filter_map(wrong).collect();
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let tx = db.begin_write().await?;
    // First of all, so that two who save at once come one after the other.
    let raised = "UPDATE accounts SET version = version + 1, updated_at = $2 WHERE id = $1";
    if db::execute(&*tx, raised, [account.into(), now_ms().into()]).await? == 0 {
        return Err(Error::NotFound);
    }
    let sql = "SELECT version FROM accounts WHERE id = $1";
    let row = tx.query_one_raw(db::statement(&*tx, sql, [account.into()])).await?.ok_or(Error::NotFound)?;
    let now: i64 = row.try_get("", "version")?;
    if version.is_some_and(|version| version != now - 1) {
        return Err(Error::Stale);
    }
    let held = load(&*tx, account).await?;
    let (mut before, mut after) = (Map::new(), Map::new());
    for (key, value) in changes {
        let old = held.value(key);
        if old == *value {
            continue;
        }
        if key == BROADCASTS_SECOND_PERSON {
            // Whoever approves must not be able to do away with the second person.
            crate::broadcasts::must_be_owner(&*tx, by).await?;
        }
        let sql = "INSERT INTO account_settings (account_id, key, value, updated_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (account_id, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
        let values = [account.into(), key.as_str().into(), value.to_string().into(), now_ms().into()];
        db::execute(&*tx, sql, values).await?;
        before.insert(key.clone(), old);
        after.insert(key.clone(), value.clone());
    }
    if after.is_empty() {
        // Nothing changed: the version stays, and nobody's form becomes old.
        return Ok(now - 1);
    }
    let entry = Entry::new(by, "accounts.settings", "accounts", account).of_account(account);
    audit::record(&*tx, &entry.before(before.into()).after(after.into())).await?;
    tx.commit().await?;
    Ok(now)
}
