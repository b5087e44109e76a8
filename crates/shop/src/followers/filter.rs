//! Which followers: the one filter of the list's bulk actions, of runs, of broadcasts and of the command line, in the
//! list's own words.

use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Problem, Result,
    accounts::Reach,
    db::{self, COUNTED, Count, Db},
    words,
};

/// Rows that one statement looks at, at most.
const WINDOW: i64 = 20_000;
/// Followers that can be named one by one.
pub const MOST_IDS: usize = 1_000;

/// A span of time, Unix ms: from the first to the second, which is not included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Span {
    /// Not before this.
    pub from: Option<i64>,
    /// Before this.
    pub until: Option<i64>,
}

/// Which followers of an account. Everything said must hold; nothing said is everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Has this tag, by its row number.
    pub tag: Option<i64>,
    /// Has not this tag.
    pub without_tag: Option<i64>,
    /// Came like this, in WeChat's words (`ADD_SCENE_…`).
    pub source: Option<String>,
    /// Followed in this span.
    pub followed: Span,
    /// Last wrote in this span.
    pub spoke: Span,
    /// Follows now, or no longer.
    pub subscribed: Option<bool>,
    /// On the blacklist, or not.
    pub blocked: Option<bool>,
    /// Words of their names, or their openid.
    pub search: String,
    /// These, by row number; empty: no matter who.
    pub ids: Vec<i64>,
}

/// Somebody a filter chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Row number.
    pub id: i64,
    /// Who, for the account.
    pub openid: String,
    /// Follows now.
    pub subscribed: bool,
    /// On the blacklist.
    pub blocked: bool,
}

impl Filter {
    /// Exactly these followers.
    ///
    /// # Errors
    /// [`Error::Invalid`] for none or more than [`MOST_IDS`].
    pub fn of(ids: Vec<i64>) -> Result<Self> {
        if ids.is_empty() {
            return Err(Error::field("ids", "followers.nobody_chosen"));
        }
        if ids.len() > MOST_IDS {
            return Err(Error::Invalid(vec![Problem::new("ids", "followers.too_many_chosen").with("max", MOST_IDS)]));
        }
        Ok(Self { ids, ..Self::default() })
    }

    /// From the words of the list: `q`, `f.tags`, `f.tags.not`, `f.source`, `f.followed_at.from`, `f.followed_at.to`,
    /// `f.spoke_at.from`, `f.spoke_at.to`, `f.subscribed`, `f.blocked`. Days and times without a zone are read by `zone`.
    /// What only orders or pages a list is passed over.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a word that is not known: it must never come to mean everybody.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>, zone: &jiff::tz::TimeZone) -> Result<Self> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let wrong =
                || Error::Invalid(vec![Problem::new(name.clone(), "followers.filter_value").with("value", value)]);
            let number = || value.parse::<i64>().map_err(|_| wrong());
            let yes = || match value {
                "1" | "true" => Ok(true),
                "0" | "false" => Ok(false),
                _ => Err(wrong()),
            };
            let moment = |end| moment(value, zone, end).ok_or_else(wrong);
            match name.as_str() {
                "q" => filter.search = value.to_owned(),
                "f.tags" | "f.tags.any" => filter.tag = Some(number()?),
                "f.tags.not" => filter.without_tag = Some(number()?),
                "f.source" | "f.source.any" if is_word(value) => filter.source = Some(value.to_owned()),
                "f.followed_at.from" => filter.followed.from = Some(moment(false)?),
                "f.followed_at.to" => filter.followed.until = Some(moment(true)?),
                "f.spoke_at.from" => filter.spoke.from = Some(moment(false)?),
                "f.spoke_at.to" => filter.spoke.until = Some(moment(true)?),
                "f.subscribed" => filter.subscribed = Some(yes()?),
                "f.blocked" => filter.blocked = Some(yes()?),
                // Of whom the list is, and how it is shown, is no condition.
                "f.account_id" | "sort" | "size" | "columns" | "after" | "before" => {}
                _ => {
                    return Err(Error::Invalid(vec![
                        Problem::new(name.clone(), "followers.filter_unknown").with("name", &name),
                    ]));
                }
            }
        }
        Ok(filter)
    }

    /// Whether it asks for nothing: everybody.
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }

    /// The condition that `followers` are those of the account `$1`. Beside a search SQLite would walk through all of the
    /// account and ask the search index for each; the `+` keeps it from that, and the search leads.
    pub(super) fn account_is(&self, sqlite: bool) -> &'static str {
        if sqlite && !self.search.trim().is_empty() { "+account_id = $1" } else { "account_id = $1" }
    }

    /// The conditions, each with a leading ` AND`, on the table `followers`.
    pub(super) fn conditions(&self, sqlite: bool, values: &mut Vec<Value>) -> String {
        use std::fmt::Write;
        let mut sql = String::new();
        let mut with = |sql: &mut String, condition: &str, value: Value| {
            values.push(value);
            let _ = write!(sql, " AND {}", condition.replace('?', &format!("${}", values.len())));
        };
        if let Some(tag) = self.tag {
            with(&mut sql, "id IN (SELECT follower_id FROM follower_tags WHERE tag_id = ?)", tag.into());
        }
        if let Some(tag) = self.without_tag {
            let none = "NOT EXISTS (SELECT 1 FROM follower_tags t WHERE t.tag_id = ? AND t.follower_id = followers.id)";
            with(&mut sql, none, tag.into());
        }
        if let Some(source) = &self.source {
            with(&mut sql, "source = ?", source.as_str().into());
        }
        for (column, span) in [("followed_at", self.followed), ("spoke_at", self.spoke)] {
            if let Some(from) = span.from {
                with(&mut sql, &format!("{column} >= ?"), from.into());
            }
            if let Some(until) = span.until {
                with(&mut sql, &format!("{column} < ?"), until.into());
            }
        }
        // Written out, as the partial indexes are.
        for (column, value) in [("subscribed", self.subscribed), ("blocked", self.blocked)] {
            if let Some(value) = value {
                let _ = write!(sql, " AND {column} = {}", if value { "TRUE" } else { "FALSE" });
            }
        }
        if !self.ids.is_empty() {
            let ids = self.ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            let _ = write!(sql, " AND id IN ({ids})");
        }
        if !self.search.trim().is_empty() {
            // Signs alone find nobody, and must not find everybody.
            let found = words::condition(sqlite, "followers", &self.search, values);
            let _ = write!(sql, " AND {}", found.as_deref().unwrap_or("1 = 0"));
        }
        sql
    }

    /// The next of those it chooses, by row number, behind `after_id`; fewer than `limit` means the end. Each statement
    /// looks at no more than some ten thousand rows, and there are as many of them as it takes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn choose<C: ConnectionTrait>(
        &self,
        on: &C,
        account: i64,
        after_id: i64,
        limit: usize,
    ) -> Result<Vec<Chosen>> {
        let sqlite = on.get_database_backend() == sea_orm::DbBackend::Sqlite;
        let mut chosen = Vec::new();
        let mut after = after_id;
        loop {
            let Some(end) = self.end_of_window(on, account, after).await? else { return Ok(chosen) };
            let mut values: Vec<Value> = vec![account.into(), after.into(), end.into()];
            let conditions = self.conditions(sqlite, &mut values);
            let sql = format!(
                "SELECT id, openid, subscribed, blocked FROM followers WHERE account_id = $1 AND id > $2 AND id <= $3\
                 {conditions} ORDER BY id LIMIT {}",
                limit - chosen.len()
            );
            for row in on.query_all_raw(db::statement(on, &sql, values)).await? {
                chosen.push(Chosen {
                    id: row.try_get("", "id")?,
                    openid: row.try_get("", "openid")?,
                    subscribed: row.try_get("", "subscribed")?,
                    blocked: row.try_get("", "blocked")?,
                });
            }
            if chosen.len() >= limit {
                return Ok(chosen);
            }
            after = end;
        }
    }

    /// The row number up to which the next statement looks; none when there is nobody behind `after`.
    async fn end_of_window<C: ConnectionTrait>(&self, on: &C, account: i64, after: i64) -> Result<Option<i64>> {
        if let (Some(least), Some(greatest)) = (self.ids.iter().min(), self.ids.iter().max()) {
            return Ok((*greatest > after && *least > 0).then_some(*greatest));
        }
        let sql = format!(
            "SELECT MAX(id) AS last FROM (SELECT id FROM followers WHERE account_id = $1 AND id > $2 ORDER BY id \
             LIMIT {WINDOW}) AS bounded"
        );
        let row = on.query_one_raw(db::statement(on, &sql, [account.into(), after.into()])).await?;
        Ok(row.map(|row| row.try_get("", "last")).transpose()?.flatten())
    }
}

/// Those of an account whom a filter chooses and who can be written to: they follow and are not blacklisted. Row number
/// and openid, behind `after_id`; fewer than `limit` means the end.
///
/// # Errors
/// When the database does not answer.
pub async fn pick(db: &Db, account: i64, filter: &Filter, after_id: i64, limit: usize) -> Result<Vec<(i64, String)>> {
    let reachable = Filter { subscribed: Some(true), blocked: Some(false), ..filter.clone() };
    // Who asked for those who left, or for the blacklisted, chose nobody who can be written to.
    if filter.subscribed == Some(false) || filter.blocked == Some(true) {
        return Ok(Vec::new());
    }
    let chosen = reachable.choose(db.read(), account, after_id, limit).await?;
    Ok(chosen.into_iter().map(|one| (one.id, one.openid)).collect())
}

/// How many a filter chooses, counted as far as [`COUNTED`].
///
/// # Errors
/// [`Error::NotFound`] for an account out of reach.
pub async fn estimate(db: &Db, reach: &Reach, account: i64, filter: &Filter) -> Result<Count> {
    reach.must_see(account)?;
    let mut values: Vec<Value> = vec![account.into()];
    let conditions = filter.conditions(db.is_sqlite(), &mut values);
    let account_is = filter.account_is(db.is_sqlite());
    db::count(db, &format!("followers WHERE {account_is}{conditions}"), values).await
}

/// Which of these row numbers are followers of this account, in their order.
pub(crate) async fn of_account<C: ConnectionTrait>(on: &C, account: i64, ids: &[i64]) -> Result<Vec<i64>> {
    let filter = Filter { ids: ids.to_vec(), ..Filter::default() };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let chosen = filter.choose(on, account, 0, ids.len()).await?;
    Ok(chosen.into_iter().map(|one| one.id).collect())
}

/// A word of WeChat's: capital letters, figures and `_`.
fn is_word(value: &str) -> bool {
    value.len() <= 60 && value.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// A moment in Unix ms: RFC 3339, a local time, or a day, of which an end means the beginning of the next.
fn moment(value: &str, zone: &jiff::tz::TimeZone, end: bool) -> Option<i64> {
    use jiff::{Timestamp, ToSpan, civil};
    if let Ok(at) = value.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    if let (Ok(day), true) = (value.parse::<civil::Date>(), value.len() <= 10) {
        let day = if end { day.checked_add(1.day()).ok()? } else { day };
        return Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    }
    let local: civil::DateTime = value.parse().ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

const _: () = assert!(WINDOW < COUNTED);

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Filter> {
        let pairs = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Filter::from_pairs(pairs, &TimeZone::get("Asia/Shanghai").unwrap())
    }

    #[test]
    fn the_lists_own_words_are_read() {
        let filter = read(&[
            ("q", " 绿茶 "),
            ("f.tags", "7"),
            ("f.source", "ADD_SCENE_QR_CODE"),
            ("f.followed_at.from", "2026-01-02"),
            ("f.followed_at.to", "2026-01-02"),
            ("f.blocked", "0"),
            ("f.subscribed", "true"),
            ("sort", "-id"),
            ("f.account_id", "3"),
        ])
        .unwrap();
        assert_eq!((filter.tag, filter.blocked, filter.subscribed), (Some(7), Some(false), Some(true)));
        let (from, until) = (filter.followed.from.unwrap(), filter.followed.until.unwrap());
        assert_eq!(until - from, 24 * 3_600_000);
        assert_eq!(filter.search, "绿茶");
        assert!(!filter.is_everybody() && read(&[("f.tags", ""), ("sort", "id")]).unwrap().is_everybody());
    }

    #[test]
    fn a_word_that_is_not_known_never_means_everybody() {
        for query in [
            [("f.tag", "7")],
            [("f.tags", "seven")],
            [("f.nickname.contains", "a")],
            [("f.source", "x'; DROP")],
            [("f.blocked", "maybe")],
            [("deleted", "only")],
            [("f.tags.any", "7,8")],
        ] {
            assert!(matches!(read(&query), Err(Error::Invalid(_))), "{query:?}");
        }
        let json = serde_json::from_str::<Filter>(r#"{"tags": 7}"#);
        assert!(json.is_err());
    }
}
