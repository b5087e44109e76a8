//! The merchant's use cases of reply rules: each leaves a row in the audit log, in the same transaction.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    bin,
    check::check,
    entity::Model,
    file::{self, ImportError, Report},
    rule::{Draft, Rule},
    store,
    webhook::Guard,
};
use crate::{
    Error, Problem, Result, accounts,
    audit::{self, Actor, Entry},
    db::Db,
    secrets::Vault,
};

/// The kind of a rule in the audit log.
const KIND: &str = "rules";

/// The rules of the accounts, changed on somebody's behalf.
#[derive(Clone, Debug)]
pub struct Rules {
    db: Db,
    vault: Arc<Vault>,
    guard: Guard,
}

/// Why a rule was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Somebody changed it meanwhile: this is how it is now.
    #[error("the rule was changed meanwhile")]
    Conflict(Box<Rule>),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl Rules {
    /// The rules in `db`; `guard` says which webhooks may be saved.
    pub fn new(db: Db, vault: Arc<Vault>, guard: Guard) -> Self {
        Self { db, vault, guard }
    }

    /// The rules of an account in the order in which they go.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub async fn list(&self, account_id: i64) -> Result<Vec<Rule>> {
        store::list(&self.db, &self.vault, account_id).await
    }

    /// The rules of an account that can be read, in no order: for a [`super::RuleBook`].
    pub async fn load(&self, account_id: i64) -> Result<Vec<Rule>> {
        store::load(&self.db, &self.vault, account_id).await
    }

    /// One rule.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account has no such rule.
    pub async fn get(&self, account_id: i64, id: i64) -> Result<Rule> {
        store::get(&self.db, &self.vault, account_id, id).await
    }

    /// Everything that is wrong with a rule; empty when it may be saved.
    pub fn check(&self, draft: &Draft) -> Vec<Problem> {
        check(draft, &self.guard)
    }

    /// Saves a new rule. A webhook without a key gets one; it is in the rule that comes back.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub async fn create(&self, by: &Actor, account_id: i64, draft: Draft) -> Result<Rule> {
        store::refuse_if_wrong(&draft, &self.guard)?;
        let after = values(&draft);
        let tx = self.db.begin_write().await?;
        let rule = store::create_in(&*tx, &self.vault, account_id, draft).await?;
        audit::record(&*tx, &entry(by, "create", rule.id).after(after)).await?;
        tx.commit().await?;
        Ok(rule)
    }

    /// Replaces version `version` of a rule. A webhook's key stays unless the draft gives another.
    ///
    /// # Errors
    /// [`SaveError::Conflict`] when the rule has another version now; [`Error::Invalid`] with every field that is wrong;
    /// [`Error::NotFound`] when the account has no such rule.
    pub async fn update(
        &self,
        by: &Actor,
        account_id: i64,
        id: i64,
        version: i64,
        draft: Draft,
    ) -> Result<Rule, SaveError> {
        store::refuse_if_wrong(&draft, &self.guard)?;
        let after = values(&draft);
        let tx = self.db.begin_write().await?;
        accounts::rules_changed(&*tx, account_id).await?;
        let row = store::find(&*tx, account_id, id).await?;
        if row.version != version {
            return Err(SaveError::Conflict(Box::new(store::to_rule(&row, &self.vault)?)));
        }
        let before = stored(&row);
        let rule = store::replace(&*tx, &self.vault, row, draft).await?;
        audit::record(&*tx, &entry(by, "edit", id).before(before).after(after)).await?;
        tx.commit().await?;
        Ok(rule)
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account has no such rule.
    pub async fn switch(&self, by: &Actor, account_id: i64, id: i64, on: bool) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let row = store::set_enabled_in(&*tx, account_id, id, on).await?;
        let changed = entry(by, "edit", id);
        let of = |enabled: bool| json!({ "name": row.name, "enabled": enabled });
        audit::record(&*tx, &changed.before(of(row.enabled)).after(of(on))).await?;
        tx.commit().await
    }

    /// Deletes a rule; [`Rules::restore`] takes it back within a month.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account has no such rule.
    pub async fn delete(&self, by: &Actor, account_id: i64, id: i64) -> Result<()> {
        let tx = self.db.begin_write().await?;
        let row = store::delete_in(&*tx, account_id, id).await?;
        audit::record(&*tx, &entry(by, "delete", id).before(stored(&row))).await?;
        tx.commit().await
    }

    /// Takes a deleted rule back and gives its name: when that was given away, with a number.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the account deleted no such rule, or too long ago; [`Error::Invalid`] when it has as many
    /// rules as it may.
    pub async fn restore(&self, by: &Actor, account_id: i64, id: i64) -> Result<String> {
        let tx = self.db.begin_write().await?;
        let row = bin::take_back(&*tx, account_id, id).await?;
        audit::record(&*tx, &entry(by, "restore", id).after(stored(&row))).await?;
        tx.commit().await?;
        Ok(row.name)
    }

    /// Gives the rules priorities by which they go in the order of `ids`; the account's other rules keep theirs.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of them is not the account's; then nothing is changed.
    pub async fn reorder(&self, by: &Actor, account_id: i64, ids: &[i64]) -> Result<()> {
        let tx = self.db.begin_write().await?;
        for before in store::reorder_in(&*tx, account_id, ids).await? {
            let after = store::find(&*tx, account_id, before.id).await?;
            let of = |row: &Model| json!({ "name": row.name, "priority": row.priority });
            let changed = entry(by, "edit", before.id);
            audit::record(&*tx, &changed.before(of(&before)).after(of(&after))).await?;
        }
        tx.commit().await
    }

    /// The account's rules as a file.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub async fn export(&self, account_id: i64) -> Result<String> {
        Ok(file::export(self.list(account_id).await?))
    }

    /// Says what [`Rules::import`] would change.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn try_import(&self, account_id: i64, text: &str) -> Result<Report, ImportError> {
        file::import(&self.db, &self.vault, &self.guard, account_id, text, true).await
    }

    /// Makes the account's rules those of the file, all or nothing.
    ///
    /// # Errors
    /// [`ImportError`]; nothing is changed then.
    pub async fn import(&self, by: &Actor, account_id: i64, text: &str) -> Result<Report, ImportError> {
        let drafts = file::parse(text, &self.guard).map_err(ImportError::File)?;
        let tx = self.db.begin_write().await.map_err(ImportError::Store)?;
        let before = store::rows(&*tx, account_id).await?;
        let report = file::import_in(&*tx, &self.vault, account_id, drafts).await?;
        self.record_import(&*tx, by, account_id, &before).await?;
        tx.commit().await?;
        Ok(report)
    }

    async fn record_import<C: sea_orm::ConnectionTrait>(
        &self,
        tx: &C,
        by: &Actor,
        account_id: i64,
        before: &[Model],
    ) -> Result<()> {
        let after = store::rows(tx, account_id).await?;
        for row in &after {
            match before.iter().find(|old| old.id == row.id) {
                Some(old) if old.version == row.version => {}
                Some(old) => {
                    let changed = entry(by, "import", row.id);
                    audit::record(tx, &changed.before(stored(old)).after(stored(row))).await?;
                }
                None => {
                    audit::record(tx, &entry(by, "import", row.id).after(stored(row))).await?;
                }
            }
        }
        for old in before.iter().filter(|old| after.iter().all(|row| row.id != old.id)) {
            audit::record(tx, &entry(by, "import", old.id).before(stored(old))).await?;
        }
        Ok(())
    }
}

fn entry(by: &Actor, verb: &str, id: i64) -> Entry {
    Entry::new(by, format!("{KIND}.{verb}"), KIND, id)
}

/// What the audit log keeps of a rule; a webhook's key is never serialised.
fn values(draft: &Draft) -> Value {
    json!({
        "name": draft.name, "trigger": draft.trigger, "answer": draft.answer, "priority": draft.priority,
        "active": draft.active, "enabled": draft.enabled,
    })
}

/// The same of a row, which may be one that this version cannot read.
fn stored(row: &Model) -> Value {
    let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    json!({
        "name": row.name, "trigger": json(&row.trigger), "answer": json(&row.answer), "priority": row.priority,
        "active": json(&row.active), "enabled": row.enabled,
    })
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
