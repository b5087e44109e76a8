//! Numbers for the dashboard. Each is read from an index and bounded: a busy shop is told "more than" instead of waiting.

use sea_orm::FromQueryResult;

use crate::{
    Result,
    db::{self, Db},
};

/// The most that is counted.
pub const COUNTED: i64 = 100_000;

/// A number, exact or "at least".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// The number, [`COUNTED`] at most.
    pub n: i64,
    /// There are more.
    pub more: bool,
}

impl From<i64> for Count {
    /// From a count that went one beyond the bound.
    fn from(counted: i64) -> Self {
        Self { n: counted.min(COUNTED), more: counted > COUNTED }
    }
}

#[derive(FromQueryResult)]
struct Row {
    n: i64,
}

/// The messages (not the events) that followers sent to an account from `from` up to `to`, Unix ms, by WeChat's clock in
/// whole seconds.
pub async fn messages(db: &Db, account_id: i64, from: i64, to: i64) -> Result<Count> {
    // A push's key begins with its time and its MsgId, which only events lack: the index alone answers.
    let sql = format!(
        "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM messages WHERE account_id = $1 AND dedup_key >= $2 \
         AND dedup_key < $3 AND substr(dedup_key, 6, 8) <> $4 LIMIT {}) AS bounded",
        COUNTED + 1
    );
    let no_id: Vec<u8> = vec![0; 8];
    let values = [account_id.into(), second(from).into(), second(to).into(), no_id.into()];
    count(db, &sql, values).await
}

/// When the latest push of an account arrived, Unix ms.
pub async fn last_push(db: &Db, account_id: i64) -> Result<Option<i64>> {
    const SQL: &str = "SELECT received_at AS n FROM messages WHERE account_id = $1 AND dedup_key IS NOT NULL \
                       ORDER BY dedup_key DESC LIMIT 1";
    let row = Row::find_by_statement(db::statement(db.read(), SQL, [account_id.into()])).one(db.read()).await?;
    Ok(row.map(|row| row.n))
}

/// The conversations that nobody has read yet, of one account.
pub async fn unread(db: &Db, account_id: i64) -> Result<Count> {
    let sql = format!(
        "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM chats WHERE unread > 0 AND account_id = $1 LIMIT {}) AS bounded",
        COUNTED + 1
    );
    count(db, &sql, [account_id.into()]).await
}

/// Those who follow an account now.
pub async fn followers(db: &Db, account_id: i64) -> Result<Count> {
    let sql = format!(
        "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM followers WHERE account_id = $1 AND subscribed = $2 LIMIT {}) \
         AS bounded",
        COUNTED + 1
    );
    count(db, &sql, [account_id.into(), true.into()]).await
}

async fn count(db: &Db, sql: &str, values: impl IntoIterator<Item = sea_orm::Value>) -> Result<Count> {
    let row = Row::find_by_statement(db::statement(db.read(), sql, values)).one(db.read()).await?;
    Ok(row.map_or_else(Count::default, |row| row.n.into()))
}

/// How the keys of pushes begin that were made in this second: `Push::dedup_key`.
fn second(ms: i64) -> Vec<u8> {
    (ms / 1_000).clamp(0, (1 << 40) - 1).to_be_bytes()[3..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_it_is_at_least() {
        assert_eq!(Count::from(7), Count { n: 7, more: false });
        assert_eq!(Count::from(COUNTED), Count { n: COUNTED, more: false });
        assert_eq!(Count::from(COUNTED + 1), Count { n: COUNTED, more: true });
    }

    #[test]
    fn a_second_is_the_beginning_of_its_keys() {
        assert_eq!(second(1_795_000_000_999), 1_795_000_000_i64.to_be_bytes()[3..]);
        assert_eq!(second(-5), [0; 5]);
    }
}
