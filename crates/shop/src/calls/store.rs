//! The tables of the record. SQLite's lines are written in `sqlite.rs`: a rate is promised there.

use sea_orm::{ConnectionTrait, DbErr, Value};
use sqlx::{Postgres, Transaction};

use super::{figures::Sums, line::Line};
use crate::{
    Error, Result,
    db::{self, Db},
};

/// The columns of a line, in the order that both writers use.
pub(super) const COLUMNS: &str = "account_id, at, outgoing, endpoint, us, sent, received, trouble, errcode, status, \
                                  rid, attempt, node, origin, openid, message_key, errmsg, has_bodies";

/// Numbers first, so that bodies find their lines in the same transaction.
const NUMBERS: &str = "SELECT nextval(pg_get_serial_sequence('calls', 'id')) FROM generate_series(1, $1)";
/// One statement, and one plan, for any number of lines.
const INSERT: &str = "INSERT INTO calls (id, account_id, at, outgoing, endpoint, us, sent, received, trouble, errcode, \
                      status, rid, attempt, node, origin, openid, message_key, errmsg, has_bodies) \
                      SELECT l.id, l.account_id, l.at, l.outgoing, l.endpoint, l.us, l.sent, l.received, l.trouble, \
                      l.errcode, l.status, l.rid, l.attempt, $18, l.origin, l.openid, l.message_key, l.errmsg, \
                      l.has_bodies FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::text[], \
                      $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::int[], $12::text[], \
                      $13::int[], $14::text[], $15::text[], $16::bytea[], $17::text[], $19::boolean[]) \
                      AS l (id, account_id, at, outgoing, endpoint, us, sent, received, trouble, errcode, status, rid, \
                      attempt, origin, openid, message_key, errmsg, has_bodies)";
const BODIES: &str = "INSERT INTO call_bodies (call_id, request, response) \
                      SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::text[])";

/// Writes lines and sums to PostgreSQL, all or nothing.
///
/// # Errors
/// When the database does not take them.
pub(super) async fn write(db: &Db, node: &str, lines: &[Line], sums: &Sums) -> Result<()> {
    let mut tx = db.read().get_postgres_connection_pool().begin().await.map_err(failed)?;
    // A crash of the server may take the last moments of the record, and nothing else.
    sqlx::query("SET LOCAL synchronous_commit = off").execute(&mut *tx).await.map_err(failed)?;
    if !lines.is_empty() {
        write_lines(&mut tx, node, lines).await.map_err(failed)?;
    }
    for (sql, values) in sums.statements() {
        let mut query = sqlx::query(sql);
        for value in values {
            query = match value {
                Value::BigInt(number) => query.bind(number),
                Value::Bool(truth) => query.bind(truth),
                Value::String(text) => query.bind(text),
                other => return Err(Error::Database(DbErr::Custom(format!("{other:?} is no column's")))),
            };
        }
        query.execute(&mut *tx).await.map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}

async fn write_lines(tx: &mut Transaction<'_, Postgres>, node: &str, lines: &[Line]) -> sqlx::Result<()> {
    fn each<T>(lines: &[Line], one: impl Fn(&Line) -> T) -> Vec<T> {
        lines.iter().map(one).collect()
    }
    let count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
    let ids: Vec<i64> = sqlx::query_scalar(NUMBERS).bind(count).fetch_all(&mut **tx).await?;
    sqlx::query(INSERT)
        .bind(&ids)
        .bind(each(lines, |line| line.account_id))
        .bind(each(lines, |line| line.at))
        .bind(each(lines, |line| line.outgoing))
        .bind(each(lines, |line| line.endpoint.to_string()))
        .bind(each(lines, |line| line.us))
        .bind(each(lines, |line| line.sent))
        .bind(each(lines, |line| line.received))
        .bind(each(lines, |line| line.trouble.map(|trouble| trouble.as_str())))
        .bind(each(lines, |line| line.errcode))
        .bind(each(lines, |line| line.status))
        .bind(each(lines, |line| line.rid.clone()))
        .bind(each(lines, |line| line.attempt))
        .bind(each(lines, |line| line.origin.as_str()))
        .bind(each(lines, |line| line.openid.clone()))
        .bind(each(lines, |line| line.message_key.map(|key| key.to_vec())))
        .bind(each(lines, |line| line.errmsg.clone()))
        .bind(node)
        .bind(each(lines, Line::has_bodies))
        .execute(&mut **tx)
        .await?;
    let with_bodies: Vec<_> = ids.iter().zip(lines).filter(|(_, line)| line.has_bodies()).collect();
    if !with_bodies.is_empty() {
        sqlx::query(BODIES)
            .bind(with_bodies.iter().map(|(id, _)| **id).collect::<Vec<_>>())
            .bind(with_bodies.iter().map(|(_, line)| line.request.clone()).collect::<Vec<_>>())
            .bind(with_bodies.iter().map(|(_, line)| line.response.clone()).collect::<Vec<_>>())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

fn failed(error: sqlx::Error) -> Error {
    Error::Database(DbErr::Custom(error.to_string()))
}

/// Writes `lines` as they are and gives their numbers: for tests of what reads them.
///
/// # Errors
/// When the database does not take them.
#[doc(hidden)]
pub async fn insert_for_tests(db: &Db, node: &str, lines: &[Line]) -> Result<Vec<i64>> {
    let tx = db.begin_write().await?;
    let mut ids = Vec::with_capacity(lines.len());
    for line in lines {
        ids.push(insert_one(&*tx, node, line).await?);
    }
    tx.commit().await?;
    Ok(ids)
}

async fn insert_one<C: ConnectionTrait>(tx: &C, node: &str, line: &Line) -> Result<i64> {
    const NAME: &str = "INSERT INTO endpoints (account_id, endpoint) VALUES ($1, $2) \
                        ON CONFLICT (account_id, endpoint) DO NOTHING";
    let sql = format!(
        "INSERT INTO calls ({COLUMNS}) VALUES \
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) RETURNING id"
    );
    let row = tx.query_one_raw(db::statement(tx, &sql, values(node, line))).await?;
    let id: i64 = row.ok_or(crate::Error::NotFound)?.try_get("", "id")?;
    if line.has_bodies() {
        let sql = "INSERT INTO call_bodies (call_id, request, response) VALUES ($1, $2, $3)";
        db::execute(tx, sql, [id.into(), line.request.clone().into(), line.response.clone().into()]).await?;
    }
    db::execute(tx, NAME, [line.account_id.into(), line.endpoint.to_string().into()]).await?;
    Ok(id)
}

fn values(node: &str, line: &Line) -> [Value; 18] {
    [
        line.account_id.into(),
        line.at.into(),
        line.outgoing.into(),
        line.endpoint.to_string().into(),
        line.us.into(),
        line.sent.into(),
        line.received.into(),
        line.trouble.map(|trouble| trouble.as_str().to_owned()).into(),
        line.errcode.into(),
        line.status.into(),
        line.rid.clone().into(),
        line.attempt.into(),
        node.into(),
        line.origin.as_str().into(),
        line.openid.clone().into(),
        line.message_key.map(|key| key.to_vec()).into(),
        line.errmsg.clone().into(),
        line.has_bodies().into(),
    ]
}
