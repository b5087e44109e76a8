//! Numbers of messages for the dashboard, each read from an index.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    Result,
    db::{self, Count, Db},
};

#[derive(FromQueryResult)]
struct Row {
    n: i64,
}

/// The messages (not the events) that followers sent to an account from `from` up to `to`, Unix ms, by WeChat's clock in
/// whole seconds.
pub async fn messages(db: &Db, account_id: i64, from: i64, to: i64) -> Result<Count> {
    // A push's key begins with its time and its MsgId, which only events lack: the index alone answers.
    const ROWS: &str = "messages WHERE account_id = $1 AND dedup_key >= $2 AND dedup_key < $3 \
                        AND substr(dedup_key, 6, 8) <> $4";
    let no_id: Vec<u8> = vec![0; 8];
    let values = [account_id.into(), second(from).into(), second(to).into(), no_id.into()];
    db::count(db, ROWS, values).await
}

/// When the latest push of an account arrived, Unix ms.
pub async fn last_push<C: ConnectionTrait>(on: &C, account_id: i64) -> Result<Option<i64>> {
    const SQL: &str = "SELECT received_at AS n FROM messages WHERE account_id = $1 AND dedup_key IS NOT NULL \
                       ORDER BY dedup_key DESC LIMIT 1";
    let row = Row::find_by_statement(db::statement(on, SQL, [account_id.into()])).one(on).await?;
    Ok(row.map(|row| row.n))
}

/// How the keys of pushes begin that were made in this second: `Push::dedup_key`.
fn second(ms: i64) -> Vec<u8> {
    (ms / 1_000).clamp(0, (1 << 40) - 1).to_be_bytes()[3..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_the_beginning_of_its_keys() {
        assert_eq!(second(1_795_000_000_999), 1_795_000_000_i64.to_be_bytes()[3..]);
        assert_eq!(second(-5), [0; 5]);
    }
}
