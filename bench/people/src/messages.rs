//! Messages of 200,000 people over a year, nine tenths of them with one account.

use puzi_shop::db::{Db, now_ms};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::{
    Failure,
    people::openid,
    words::{RARE, Texts},
};

/// Rows in one statement, and statements in one transaction.
const AT_ONCE: i64 = 500;
const STATEMENTS: i64 = 40;
const COLUMNS: usize = 11;
const YEAR_MS: i64 = 365 * 86_400_000;
/// People who write.
pub(crate) const WRITERS: i64 = 200_000;

pub(crate) async fn fill(db: &Db, accounts: &[i64], messages: i64) -> Result<(), Failure> {
    let (mut texts, began) = (Texts::new(), now_ms() - YEAR_MS);
    let mut n = 0;
    while n < messages {
        let tx = db.begin_write().await?;
        for _ in 0..STATEMENTS {
            let rows = AT_ONCE.min(messages - n);
            if rows == 0 {
                break;
            }
            let values = (n..n + rows).flat_map(|n| row(n, messages, began, accounts, &mut texts)).collect::<Vec<_>>();
            tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql(rows), values)).await?;
            n += rows;
        }
        tx.commit().await?;
        if n % 1_000_000 == 0 {
            eprintln!("  {n} messages");
        }
    }
    Ok(())
}

fn row(n: i64, messages: i64, began: i64, accounts: &[i64], texts: &mut Texts) -> [Value; COLUMNS] {
    let account = accounts[match texts.below(100) {
        0..90 => 0,
        90..99 => 1,
        _ => 2,
    }];
    let inbound = texts.below(10) < 8;
    let kind = if texts.below(20) == 0 { "image" } else { "text" };
    let text = match (n, kind) {
        (0, _) => RARE.to_owned(),
        (_, "image") => String::new(),
        _ => texts.next(),
    };
    let at = began + YEAR_MS / messages * n;
    [
        if n == 0 { accounts[0] } else { account }.into(),
        openid(texts.below(WRITERS)).into(),
        inbound.into(),
        kind.into(),
        text.into(),
        "".into(),
        at.into(),
        at.into(),
        "none".into(),
        0.into(),
        0.into(),
    ]
}

fn sql(rows: i64) -> String {
    let mut sql = String::from(
        "INSERT INTO messages (account_id, openid, inbound, kind, summary, payload, sent_at, received_at, \
         answer_state, answered_at, lease_until) VALUES ",
    );
    places(&mut sql, rows as usize, COLUMNS);
    sql
}

/// Appends `($1, $2), ($3, $4)…`.
pub(crate) fn places(sql: &mut String, rows: usize, columns: usize) {
    for row in 0..rows {
        let places: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        sql.push_str(if row == 0 { "(" } else { ", (" });
        sql.push_str(&places.join(", "));
        sql.push(')');
    }
}
