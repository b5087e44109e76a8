//! What the audit log tells of a changed account: the values anybody may see, and of secrets only that they changed.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::entity::Model;
use crate::{
    Result,
    audit::{self, Actor, Entry},
};

/// The kind of subject in the log.
const KIND: &str = "accounts";

/// Notes a new account.
pub(super) async fn added<C: ConnectionTrait>(tx: &C, actor: &Actor, row: &Model) -> Result<()> {
    audit::record(tx, &Entry::new(actor, "accounts.create", KIND, row.id).of_account(row.id).after(values(row, None)))
        .await
}

/// Notes a change.
pub(super) async fn changed<C: ConnectionTrait>(
    tx: &C,
    actor: &Actor,
    action: &str,
    before: &Model,
    after: &Model,
) -> Result<()> {
    let entry =
        Entry::new(actor, action, KIND, after.id).before(values(before, None)).after(values(after, Some(before)));
    audit::record(tx, &entry.of_account(after.id)).await
}

fn values(row: &Model, before: Option<&Model>) -> Value {
    let mut values = json!({
        "slug": row.slug,
        "name": row.name,
        "appid": row.appid,
        "contact_name": row.contact_name,
        "contact_phone": row.contact_phone,
        "contact_email": row.contact_email,
        "mode": row.mode,
        "api_base": row.api_base,
        "status": row.status,
        "previous_key_accepted": row.previous_aes_key.is_some(),
    });
    let Some(before) = before else { return values };
    // A sealed value is new each time it is set.
    for (name, old, new) in [
        ("secret", &before.secret, &row.secret),
        ("token", &before.token, &row.token),
        ("aes_key", &before.aes_key, &row.aes_key),
    ] {
        if old != new {
            values[name] = "changed".into();
        }
    }
    values
}
