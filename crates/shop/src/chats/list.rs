//! The list of conversations for the command line.

use sea_orm::{FromQueryResult, Value};

use super::Chats;
use crate::{Result, accounts::Reach, db};

/// Which conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The follower waits since then or longer, Unix ms.
    pub waiting_since: Option<i64>,
    /// Who answered last: `rule`, `staff` or `agent`.
    pub by: Option<String>,
    /// The kind of the last message, in WeChat's words.
    pub kind: Option<String>,
    /// Something was said since then, Unix ms.
    pub since: Option<i64>,
}

/// A conversation in the list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Listed {
    /// Row number.
    pub id: i64,
    /// The account.
    pub account_id: i64,
    /// The follower.
    pub openid: String,
    /// Their nickname.
    pub nickname: Option<String>,
    /// When something was last said, Unix ms.
    pub last_at: i64,
    /// Its kind.
    pub last_kind: String,
    /// Its text.
    pub last_summary: String,
    /// Since when the follower waits, Unix ms.
    pub waiting_since: Option<i64>,
    /// Who answered last.
    pub answered_by: Option<String>,
    /// Their name.
    pub answered_name: Option<String>,
    /// `open` or `done`.
    pub status: String,
}

impl Chats {
    /// The latest conversations of the accounts within `reach`, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, reach: &Reach, filter: &Filter, limit: usize) -> Result<Vec<Listed>> {
        let mut values: Vec<Value> = Vec::new();
        let mut sql = String::from(
            "SELECT c.id, c.account_id, c.openid, f.nickname, c.last_at, c.last_kind, c.last_summary, c.waiting_since, \
             c.answered_by, c.answered_name, c.status FROM chats c LEFT JOIN followers f \
             ON f.account_id = c.account_id AND f.openid = c.openid WHERE c.last_at > 0",
        );
        sql.push_str(&reach.sql("c.account_id", &mut values));
        let mut also = |condition: &str, value: Value| {
            values.push(value);
            sql.push_str(&format!(" AND {condition} ${}", values.len()));
        };
        if let Some(at) = filter.waiting_since {
            also("c.waiting_since <=", at.into());
        }
        if let Some(by) = &filter.by {
            also("c.answered_by =", by.as_str().into());
        }
        if let Some(kind) = &filter.kind {
            also("c.last_kind =", kind.as_str().into());
        }
        if let Some(since) = filter.since {
            also("c.last_at >=", since.into());
        }
        sql.push_str(&format!(" ORDER BY c.last_at DESC, c.id DESC LIMIT {limit}"));
        let on = self.db.read();
        Ok(Listed::find_by_statement(db::statement(on, &sql, values)).all(on).await?)
    }
}

impl Chats {
    /// The conversations with the follower `openid`, of the accounts within `reach`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn with(&self, reach: &Reach, openid: &str) -> Result<Vec<Listed>> {
        let accounts: Vec<_> = self.registry.all().iter().map(|live| live.account.id.to_string()).collect();
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let mut values: Vec<Value> = vec![openid.into()];
        let seen = reach.sql("c.account_id", &mut values);
        // The index begins with the account.
        let sql = format!(
            "SELECT c.id, c.account_id, c.openid, CAST(NULL AS TEXT) AS nickname, c.last_at, c.last_kind, c.last_summary, \
             c.waiting_since, c.answered_by, c.answered_name, c.status FROM chats c \
             WHERE c.openid = $1 AND c.account_id IN ({}){seen} LIMIT 2",
            accounts.join(", ")
        );
        let on = self.db.read();
        Ok(Listed::find_by_statement(db::statement(on, &sql, values)).all(on).await?)
    }
}
