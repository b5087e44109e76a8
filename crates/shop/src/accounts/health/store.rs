//! What the checks said last.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Map, Value};

use super::{Check, Checked, PLACES, State};
use crate::{
    Result,
    accounts::Reach,
    db::{self, Db},
};

#[derive(FromQueryResult)]
struct Row {
    kind: String,
    state: String,
    text: String,
    args: String,
    detail: String,
    at: i64,
    us: i64,
}

impl Row {
    /// None when it is of a kind that there is no more.
    fn read(self) -> Option<Checked> {
        let args: Map<String, Value> = serde_json::from_str(&self.args).unwrap_or_default();
        let arg = |name: &&'static str| Some((*name, args.get(*name)?.as_str()?.to_owned()));
        Some(Checked {
            check: Check::from_word(&self.kind)?,
            state: State::from_word(&self.state),
            text: self.text,
            args: PLACES.iter().filter_map(arg).collect(),
            detail: serde_json::from_str(&self.detail).unwrap_or_default(),
            at: self.at,
            us: self.us,
            in_vain: false,
        })
    }
}

/// What each check of the account `id` said last, in the order of the page; those never asked are not among them.
///
/// # Errors
/// [`Error::NotFound`](crate::Error::NotFound) when the account is not within `reach`.
pub async fn known(db: &Db, reach: &Reach, id: i64) -> Result<Vec<Checked>> {
    reach.must_see(id)?;
    let sql = "SELECT kind, state, text, args, detail, at, us FROM account_checks WHERE account_id = $1";
    let rows = Row::find_by_statement(db::statement(db.read(), sql, [id.into()])).all(db.read()).await?;
    let mut known: Vec<_> = rows.into_iter().filter_map(Row::read).collect();
    known.sort_by_key(|checked| checked.check);
    Ok(known)
}

/// What one check said last.
pub(super) async fn last(db: &Db, id: i64, check: Check) -> Result<Option<Checked>> {
    Ok(known(db, &Reach::All, id).await?.into_iter().find(|checked| checked.check == check))
}

/// Keeps what a check said. One that began later and ended earlier stays.
pub(super) async fn keep(db: &Db, id: i64, checked: &Checked) -> Result<()> {
    let sql = "INSERT INTO account_checks (account_id, kind, state, text, args, detail, at, us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, kind) DO UPDATE SET \
               state = excluded.state, text = excluded.text, args = excluded.args, detail = excluded.detail, \
               at = excluded.at, us = excluded.us WHERE account_checks.at <= excluded.at";
    let args: Map<_, _> =
        checked.args.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let values = [
        id.into(),
        checked.check.as_str().into(),
        checked.state.as_str().into(),
        checked.text.as_str().into(),
        Value::Object(args).to_string().into(),
        checked.detail.to_string().into(),
        checked.at.into(),
        checked.us.into(),
    ];
    db.execute(sql, values).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Worst {
    account_id: i64,
    state: String,
}

/// The worst that the checks of these accounts said last; what nobody could say counts only when nothing else is known.
///
/// # Errors
/// When the database does not answer.
pub async fn worst<C: ConnectionTrait>(on: &C, ids: &[i64]) -> Result<HashMap<i64, State>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let places: Vec<_> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let sql = format!("SELECT account_id, state FROM account_checks WHERE account_id IN ({})", places.join(", "));
    let values: Vec<_> = ids.iter().map(|id| (*id).into()).collect();
    let mut worst: HashMap<i64, State> = HashMap::new();
    for row in Worst::find_by_statement(db::statement(on, &sql, values)).all(on).await? {
        let state = State::from_word(&row.state);
        worst
            .entry(row.account_id)
            .and_modify(|known| {
                let (one, other) = (*known, state);
                *known = match (one, other) {
                    (State::Unknown, known) | (known, State::Unknown) => known,
                    (one, other) => one.max(other),
                };
            })
            .or_insert(state);
    }
    Ok(worst)
}
