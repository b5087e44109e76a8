//! The audit log: who did what to what, with before and after. A row is written in the transaction of the change.

pub mod entity;
#[cfg(test)]
mod tests;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;

use crate::{
    Result,
    db::{self, Db, now_ms},
};

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A member of the staff, in a browser.
    Staff,
    /// A personal access token.
    Token,
    /// The operator at the command line.
    Cli,
    /// Puzi itself.
    System,
}

impl ActorKind {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Token => "token",
            Self::Cli => "cli",
            Self::System => "system",
        }
    }

    /// Reads the word in the table.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Staff, Self::Token, Self::Cli, Self::System].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What it is.
    pub kind: ActorKind,
    /// Row number of the member, or of the token; none for command line and system.
    pub id: Option<i64>,
    /// Name at the time.
    pub name: String,
    /// Network address.
    pub address: Option<String>,
}

impl Actor {
    /// A member of the staff.
    pub fn staff(id: i64, name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Staff, id: Some(id), name: name.into(), address: None }
    }

    /// A personal access token, by its row number.
    pub fn token(id: i64, name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Token, id: Some(id), name: name.into(), address: None }
    }

    /// The operator at the command line; `name` is whom the machine knows.
    pub fn cli(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::Cli, id: None, name: name.into(), address: None }
    }

    /// Puzi itself.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, id: None, name: "puzi".into(), address: None }
    }

    /// With the network address.
    #[must_use]
    pub fn at(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }
}

/// One row to be written. Secrets never stand in `before` and `after`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What, as `area.verb`.
    pub action: String,
    /// To what: the kind (a resource's name) and its number or key.
    pub subject: (String, String),
    /// The account it is about. Without one, only those who see all accounts see the row.
    pub account: Option<i64>,
    /// The values before; none when it was not there.
    pub before: Option<Value>,
    /// The values after; none when it is gone.
    pub after: Option<Value>,
}

impl Entry {
    /// `actor` did `action` to the `id` of `kind`.
    pub fn new(actor: &Actor, action: impl Into<String>, kind: impl Into<String>, id: impl ToString) -> Self {
        let subject = (kind.into(), id.to_string());
        Self { actor: actor.clone(), action: action.into(), subject, account: None, before: None, after: None }
    }

    /// About this account.
    #[must_use]
    pub fn of_account(mut self, account: impl Into<Option<i64>>) -> Self {
        self.account = account.into();
        self
    }

    /// With the values before.
    #[must_use]
    pub fn before(mut self, values: Value) -> Self {
        self.before = Some(values);
        self
    }

    /// With the values after.
    #[must_use]
    pub fn after(mut self, values: Value) -> Self {
        self.after = Some(values);
        self
    }
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Row number; a later row has a greater one.
    pub id: i64,
    /// When, Unix ms.
    pub at: i64,
    /// Who.
    pub actor: Actor,
    /// What, as `area.verb`.
    pub action: String,
    /// Kind and number or key of what it was done to.
    pub subject: (String, String),
    /// The values before.
    pub before: Option<Value>,
    /// The values after.
    pub after: Option<Value>,
}

/// Writes `entry` in the transaction `tx` of the change.
///
/// # Errors
/// When the database refuses; then the change must not be committed.
pub async fn record<C: ConnectionTrait>(tx: &C, entry: &Entry) -> Result<()> {
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let row = entity::ActiveModel {
        at: Set(now_ms()),
        actor_kind: Set(entry.actor.kind.as_str().into()),
        actor_id: Set(entry.actor.id),
        actor_name: Set(entry.actor.name.clone()),
        address: Set(entry.actor.address.clone()),
        action: Set(entry.action.clone()),
        subject_kind: Set(entry.subject.0.clone()),
        subject_id: Set(entry.subject.1.clone()),
        account_id: Set(entry.account),
        before: Set(json(&entry.before)),
        after: Set(json(&entry.after)),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// Removes the rows from before `at` (Unix ms).
pub(crate) async fn forget<C: ConnectionTrait>(tx: &C, at: i64) -> Result<()> {
    db::execute(tx, "DELETE FROM audit_log WHERE at < $1", [at.into()]).await?;
    Ok(())
}

/// Which rows to read.
#[derive(Debug, Clone, Default)]
pub struct Which<'a> {
    /// Only those of this subject: kind, and number or key.
    pub subject: Option<(&'a str, &'a str)>,
    /// Only those of this actor.
    pub actor: Option<(ActorKind, i64)>,
    /// Only rows before this row number: the last of the page before.
    pub before: Option<i64>,
}

/// At most `limit` rows, the latest first.
pub async fn list(db: &Db, which: Which<'_>, limit: u64) -> Result<Vec<Recorded>> {
    use entity::Column;
    let mut query = entity::Entity::find();
    if let Some((kind, id)) = which.subject {
        query = query.filter(Column::SubjectKind.eq(kind)).filter(Column::SubjectId.eq(id));
    }
    if let Some((kind, id)) = which.actor {
        query = query.filter(Column::ActorKind.eq(kind.as_str())).filter(Column::ActorId.eq(id));
    }
    if let Some(id) = which.before {
        query = query.filter(Column::Id.lt(id));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(db.read()).await?;
    Ok(rows.into_iter().map(Recorded::from).collect())
}

impl From<entity::Model> for Recorded {
    fn from(row: entity::Model) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: row.id,
            at: row.at,
            actor: Actor {
                kind: ActorKind::from_word(&row.actor_kind).unwrap_or(ActorKind::System),
                id: row.actor_id,
                name: row.actor_name,
                address: row.address,
            },
            action: row.action,
            subject: (row.subject_kind, row.subject_id),
            before: json(row.before),
            after: json(row.after),
        }
    }
}
