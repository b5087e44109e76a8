//! Reply rules in the database. Every change raises the account's `rules_version`, by which each node notices that its
//! [`super::RuleBook`] is out of date.

use std::collections::HashMap;

use puzi_wechat::Secret;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    bin,
    book::order,
    check::check,
    entity::{ActiveModel, Column, Entity, Model},
    rule::{Answer, Draft, Rule, WebhookSecret},
    webhook::{Guard, SigningKey},
};
use crate::{
    Error, Result, accounts,
    db::{Db, now_ms},
    secrets::Vault,
};

/// The most rules that one account may have.
pub const MAX_RULES: u64 = 1_000;

/// The rules of an account in the order in which they go, with their webhooks' keys opened.
///
/// # Errors
/// When a row cannot be read; see [`load`].
pub async fn list(db: &Db, vault: &Vault, account_id: i64) -> Result<Vec<Rule>> {
    let rows = rows(db.read(), account_id).await?;
    let mut rules = rows.iter().map(|row| to_rule(row, vault)).collect::<Result<Vec<_>>>()?;
    rules.sort_by_cached_key(order);
    Ok(rules)
}

/// The rules of an account for its [`super::RuleBook`]: a row that cannot be read (a later version wrote it, another
/// key sealed it) is logged and left out, because it must not silence the others.
pub async fn load(db: &Db, vault: &Vault, account_id: i64) -> Result<Vec<Rule>> {
    let readable = |row: Model| {
        to_rule(&row, vault)
            .inspect_err(|error| tracing::error!(account_id, rule_id = row.id, %error, "a reply rule cannot be read"))
            .ok()
    };
    Ok(rows(db.read(), account_id).await?.into_iter().filter_map(readable).collect())
}

/// What the rules of an account are called, by row number: none for one that was deleted since.
pub async fn names(db: &Db, account_id: i64) -> Result<HashMap<i64, String>> {
    let names = Entity::find().select_only().columns([Column::Id, Column::Name]);
    let names = names.filter(Column::AccountId.eq(account_id)).into_tuple::<(i64, String)>();
    Ok(names.all(db.read()).await?.into_iter().collect())
}

/// One rule of an account.
///
/// # Errors
/// [`Error::NotFound`] when the account has no such rule.
pub async fn get(db: &Db, vault: &Vault, account_id: i64, id: i64) -> Result<Rule> {
    to_rule(&find(db.read(), account_id, id).await?, vault)
}

/// Saves a new rule. A webhook without a key gets one; it is in the rule that comes back.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong.
pub async fn create(db: &Db, vault: &Vault, guard: &Guard, account_id: i64, draft: Draft) -> Result<Rule> {
    refuse_if_wrong(&draft, guard)?;
    let tx = db.begin_write().await?;
    let rule = create_in(&*tx, vault, account_id, draft).await?;
    tx.commit().await?;
    Ok(rule)
}

/// Replaces a rule. A webhook's key stays unless the draft gives another.
///
/// # Errors
/// [`Error::Invalid`] with every field that is wrong; [`Error::NotFound`] when the account has no such rule.
pub async fn update(db: &Db, vault: &Vault, guard: &Guard, account_id: i64, id: i64, draft: Draft) -> Result<Rule> {
    refuse_if_wrong(&draft, guard)?;
    let tx = db.begin_write().await?;
    accounts::rules_changed(&*tx, account_id).await?;
    let row = find(&*tx, account_id, id).await?;
    let rule = replace(&*tx, vault, row, draft).await?;
    tx.commit().await?;
    Ok(rule)
}

/// Switches a rule on or off.
///
/// # Errors
/// [`Error::NotFound`] when the account has no such rule.
pub async fn set_enabled(db: &Db, account_id: i64, id: i64, enabled: bool) -> Result<()> {
    let tx = db.begin_write().await?;
    set_enabled_in(&*tx, account_id, id, enabled).await?;
    tx.commit().await
}

/// Deletes a rule; see [`super::desk::Rules::restore`].
///
/// # Errors
/// [`Error::NotFound`] when the account has no such rule.
pub async fn delete(db: &Db, account_id: i64, id: i64) -> Result<()> {
    let tx = db.begin_write().await?;
    delete_in(&*tx, account_id, id).await?;
    tx.commit().await
}

/// Gives the rules priorities by which they go in the order of `ids`; the account's other rules keep theirs.
///
/// # Errors
/// [`Error::NotFound`] when one of them is not the account's; then nothing is changed.
pub async fn reorder(db: &Db, account_id: i64, ids: &[i64]) -> Result<()> {
    let tx = db.begin_write().await?;
    reorder_in(&*tx, account_id, ids).await?;
    tx.commit().await
}

pub(crate) async fn create_in<C: ConnectionTrait>(
    tx: &C,
    vault: &Vault,
    account_id: i64,
    draft: Draft,
) -> Result<Rule> {
    accounts::rules_changed(tx, account_id).await?;
    refuse_if_full(tx, account_id).await?;
    insert(tx, vault, account_id, draft).await
}

pub(super) async fn set_enabled_in<C: ConnectionTrait>(
    tx: &C,
    account_id: i64,
    id: i64,
    enabled: bool,
) -> Result<Model> {
    accounts::rules_changed(tx, account_id).await?;
    let before = find(tx, account_id, id).await?;
    let mut row = before.clone().into_active_model();
    row.enabled = Set(enabled);
    row.version = Set(before.version + 1);
    row.updated_at = Set(now_ms());
    row.update(tx).await?;
    Ok(before)
}

pub(super) async fn delete_in<C: ConnectionTrait>(tx: &C, account_id: i64, id: i64) -> Result<Model> {
    accounts::rules_changed(tx, account_id).await?;
    let row = find(tx, account_id, id).await?;
    bin::throw(tx, id).await?;
    Ok(row)
}

/// Changes the priorities of `ids` and gives what they were before, for those that changed.
pub(super) async fn reorder_in<C: ConnectionTrait>(tx: &C, account_id: i64, ids: &[i64]) -> Result<Vec<Model>> {
    accounts::rules_changed(tx, account_id).await?;
    let now = now_ms();
    let mut changed = Vec::new();
    for (priority, id) in (1_i32..).map(|step| step.saturating_mul(10)).zip(ids.iter().rev()) {
        let before = find(tx, account_id, *id).await?;
        if before.priority == priority {
            continue;
        }
        let mut row = before.clone().into_active_model();
        row.priority = Set(priority);
        row.version = Set(before.version + 1);
        row.updated_at = Set(now);
        row.update(tx).await?;
        changed.push(before);
    }
    Ok(changed)
}

pub(super) async fn refuse_if_full<C: ConnectionTrait>(on: &C, account_id: i64) -> Result<()> {
    if Entity::find().filter(Column::AccountId.eq(account_id)).count(on).await? >= MAX_RULES {
        return Err(Error::Invalid(vec![crate::Problem::new("rule", "rules.too_many_rules").with("max", MAX_RULES)]));
    }
    Ok(())
}

pub(super) async fn rows<C: ConnectionTrait>(on: &C, account_id: i64) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::AccountId.eq(account_id)).order_by_asc(Column::Id).all(on).await?)
}

pub(super) async fn find<C: ConnectionTrait>(on: &C, account_id: i64, id: i64) -> Result<Model> {
    let row = Entity::find_by_id(id).filter(Column::AccountId.eq(account_id)).one(on).await?;
    row.ok_or(Error::NotFound)
}

pub(super) async fn insert<C: ConnectionTrait>(on: &C, vault: &Vault, account_id: i64, draft: Draft) -> Result<Rule> {
    refuse_if_taken(on, account_id, 0, &draft.name).await?;
    let now = now_ms();
    let mut row = to_row(&draft);
    row.account_id = Set(account_id);
    row.created_at = Set(now);
    row.updated_at = Set(now);
    row.version = Set(1);
    let stored = row.insert(on).await?;
    if !matches!(draft.answer, Answer::Webhook { .. }) {
        return Ok(draft.into_rule(stored.id, account_id));
    }
    // The key is bound to the row's id, which exists only now.
    seal(on, vault, stored, draft).await
}

pub(super) async fn replace<C: ConnectionTrait>(on: &C, vault: &Vault, stored: Model, draft: Draft) -> Result<Rule> {
    refuse_if_taken(on, stored.account_id, stored.id, &draft.name).await?;
    let mut row = to_row(&draft);
    row.id = Set(stored.id);
    row.version = Set(stored.version + 1);
    row.updated_at = Set(now_ms());
    if !matches!(draft.answer, Answer::Webhook { .. }) {
        row.webhook_secret = Set(None);
    }
    let stored = row.update(on).await?;
    seal(on, vault, stored, draft).await
}

/// Stores the key of a webhook: the draft's, else the stored one, else a new one.
async fn seal<C: ConnectionTrait>(on: &C, vault: &Vault, stored: Model, mut draft: Draft) -> Result<Rule> {
    let (id, account_id, version) = (stored.id, stored.account_id, stored.version);
    if let Answer::Webhook { secret, .. } = &mut draft.answer {
        let kept = opened(&stored, vault)?;
        let unchanged = matches!(secret, WebhookSecret::Kept) && kept.is_some();
        let key = secret.given().cloned().or(kept).unwrap_or_else(SigningKey::generate);
        if !unchanged {
            let mut row = stored.into_active_model();
            row.webhook_secret = Set(Some(vault.encrypt(&context(id), key.expose())));
            row.update(on).await?;
        }
        *secret = WebhookSecret::Given(key);
    }
    Ok(Rule { version, ..draft.into_rule(id, account_id) })
}

pub(super) async fn refuse_if_taken<C: ConnectionTrait>(on: &C, account_id: i64, but: i64, name: &str) -> Result<()> {
    let others = Entity::find().filter(Column::AccountId.eq(account_id)).filter(Column::Id.ne(but));
    if others.filter(Column::Name.eq(name)).count(on).await? > 0 {
        return Err(Error::field("name", "rules.name_taken"));
    }
    Ok(())
}

pub(super) fn refuse_if_wrong(draft: &Draft, guard: &Guard) -> Result<()> {
    let problems = check(draft, guard);
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

fn to_row(draft: &Draft) -> ActiveModel {
    ActiveModel {
        name: Set(draft.name.clone()),
        trigger_kind: Set(draft.trigger.word().to_owned()),
        trigger: Set(json(&draft.trigger)),
        answer: Set(json(&draft.answer)),
        priority: Set(draft.priority),
        active: Set(json(&draft.active)),
        enabled: Set(draft.enabled),
        ..Default::default()
    }
}

pub(super) fn to_rule(row: &Model, vault: &Vault) -> Result<Rule> {
    let mut answer: Answer = from_json(&row.answer)?;
    if let (Answer::Webhook { secret, .. }, Some(key)) = (&mut answer, opened(row, vault)?) {
        *secret = WebhookSecret::Given(key);
    }
    Ok(Rule {
        id: row.id,
        account_id: row.account_id,
        name: row.name.clone(),
        trigger: from_json(&row.trigger)?,
        answer,
        priority: row.priority,
        active: from_json(&row.active)?,
        enabled: row.enabled,
        version: row.version,
    })
}

fn opened(row: &Model, vault: &Vault) -> Result<Option<Secret<String>>> {
    row.webhook_secret.as_ref().map(|sealed| vault.decrypt(&context(row.id), sealed)).transpose()
}

/// What a sealed key is bound to.
fn context(id: i64) -> String {
    format!("reply_rules/{id}/webhook_secret")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("triggers, answers and times have string keys only")
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    Ok(serde_json::from_str(text).map_err(|e| DbErr::Json(e.to_string()))?)
}

#[cfg(test)]
#[path = "test_world.rs"]
pub(crate) mod test_world;

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
