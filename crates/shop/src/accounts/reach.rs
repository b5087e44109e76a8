//! Which accounts somebody may see. Everything that belongs to an account is asked for with one of these.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, Value};

use crate::{
    Error, Result,
    audit::{Actor, ActorKind},
    db::{self, now_ms},
};

/// The accounts somebody may see. What lies outside is not there for them: not found, never forbidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All there are, and those to come.
    All,
    /// These row numbers, sorted, without doubles. An empty list sees nothing.
    Some(Arc<[i64]>),
}

impl Reach {
    /// Sees nothing.
    pub fn none() -> Self {
        Self::Some(Arc::new([]))
    }

    /// Sees these accounts.
    pub fn of(ids: impl IntoIterator<Item = i64>) -> Self {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self::Some(ids.into())
    }

    /// Whether `account` is seen.
    pub fn sees(&self, account: i64) -> bool {
        match self {
            Self::All => true,
            Self::Some(ids) => ids.binary_search(&account).is_ok(),
        }
    }

    /// # Errors
    /// [`Error::NotFound`] when `account` is not seen.
    pub fn must_see(&self, account: i64) -> Result<()> {
        if self.sees(account) { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Whether everything that `other` sees is seen. No list covers all.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Some(_), Self::All) => false,
            (Self::Some(_), Self::Some(ids)) => ids.iter().all(|id| self.sees(*id)),
        }
    }

    /// `account` alone; nothing when it is not seen.
    #[must_use]
    pub fn only(&self, account: i64) -> Self {
        if self.sees(account) { Self::of([account]) } else { Self::none() }
    }

    /// The accounts it is limited to, if it is.
    pub fn limited_to(&self) -> Option<&Arc<[i64]>> {
        match self {
            Self::All => None,
            Self::Some(ids) => Some(ids),
        }
    }

    /// The condition on `column`, with a leading ` AND`; its values go behind those already in `values`. Empty without a
    /// limit.
    pub fn sql(&self, column: &str, values: &mut Vec<Value>) -> String {
        match self {
            Self::All => String::new(),
            Self::Some(ids) if ids.is_empty() => " AND 1 = 0".into(),
            Self::Some(ids) => {
                let places: Vec<_> = ids
                    .iter()
                    .map(|id| {
                        values.push((*id).into());
                        format!("${}", values.len())
                    })
                    .collect();
                format!(" AND {column} IN ({})", places.join(", "))
            }
        }
    }
}

/// What `actor` sees now, as `on` sees it: in the transaction of a change what was taken from them a moment ago does not
/// help them any more. Command line and program see all; who is disabled, deleted or unknown sees nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn reach_of<C: ConnectionTrait>(on: &C, actor: &Actor) -> Result<Reach> {
    const STAFF: &str = "SELECT m.reach, m.accounts FROM staff m \
                         WHERE m.id = $1 AND m.status = 'active' AND m.deleted_at IS NULL AND $2 > 0";
    const TOKEN: &str = "SELECT m.reach, m.accounts FROM api_tokens t JOIN staff m ON m.id = t.staff_id \
                         WHERE t.id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) \
                         AND m.status = 'active' AND m.deleted_at IS NULL";
    let sql = match actor.kind {
        ActorKind::Cli | ActorKind::System => return Ok(Reach::All),
        ActorKind::Staff => STAFF,
        ActorKind::Token => TOKEN,
    };
    let values = [actor.id.unwrap_or_default().into(), now_ms().into()];
    let Some(row) = on.query_one_raw(db::statement(on, sql, values)).await? else { return Ok(Reach::none()) };
    Ok(stored(&row.try_get::<String>("", "reach")?, &row.try_get::<String>("", "accounts")?))
}

/// A reach as a member's row keeps it: a word, and the accounts as a JSON array of row numbers written as texts. What
/// nobody can read sees nothing.
pub(crate) fn stored(word: &str, accounts: &str) -> Reach {
    if word == ALL {
        return Reach::All;
    }
    let texts: Vec<String> = serde_json::from_str(accounts).unwrap_or_default();
    Reach::of(texts.iter().filter_map(|id| id.parse().ok()))
}

/// The word of a reach without a limit, and of one with it.
const ALL: &str = "all";
const SOME: &str = "some";

/// What [`stored`] reads back.
pub(crate) fn to_store(reach: &Reach) -> (&'static str, String) {
    match reach {
        Reach::All => (ALL, "[]".to_owned()),
        Reach::Some(ids) => {
            let texts: Vec<String> = ids.iter().map(i64::to_string).collect();
            (SOME, serde_json::Value::from(texts).to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_sees_nothing_and_covers_itself_alone() {
        let none = Reach::none();
        assert!(
            !none.sees(1) && none.covers(&Reach::of([])) && !none.covers(&Reach::of([1])) && !none.covers(&Reach::All)
        );
        assert_eq!(none.sql("account_id", &mut Vec::new()), " AND 1 = 0");
    }

    #[test]
    fn a_list_sees_its_own_and_no_list_covers_all() {
        let some = Reach::of([3, 1, 3]);
        assert_eq!(some, Reach::of([1, 3]));
        assert!(some.sees(3) && !some.sees(2) && some.must_see(2).is_err());
        assert!(some.covers(&Reach::of([3])) && !some.covers(&Reach::of([2, 3])) && !some.covers(&Reach::All));
        assert!(Reach::All.covers(&Reach::All) && Reach::All.covers(&some));
        assert_eq!(some.only(1), Reach::of([1]));
        assert_eq!(some.only(2), Reach::none());
    }

    #[test]
    fn what_is_stored_is_read_back_and_what_is_none_sees_nothing() {
        for reach in [Reach::All, Reach::none(), Reach::of([7, 1])] {
            let (word, accounts) = to_store(&reach);
            assert_eq!(stored(word, &accounts), reach);
        }
        for (word, accounts) in [("some", ""), ("some", "[1]"), ("", "[]"), ("some", "{\"1\": 2}"), ("some", "[\"x\"]")]
        {
            assert_eq!(stored(word, accounts), Reach::none(), "{word} {accounts}");
        }
    }

    #[test]
    fn the_condition_counts_on_from_the_values_there_are() {
        let mut values = vec![Value::from(7_i64)];
        assert_eq!(Reach::of([1, 3]).sql("m.account_id", &mut values), " AND m.account_id IN ($2, $3)");
        assert_eq!(values.len(), 3);
        assert_eq!(Reach::All.sql("account_id", &mut values), "");
    }
}
