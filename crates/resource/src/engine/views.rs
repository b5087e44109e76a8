//! Saved views: a list's filters, order and columns under a name, for oneself or for all.

use sea_orm::ConnectionTrait;

use super::{Asked, Engine, now_ms, permit};
use crate::{
    declare::{Actor, Error, Problem, Resource, Result, Verb},
    query::{ListQuery, Op, sql::Sql},
};

/// The longest name of a view, in characters.
const LONGEST: usize = 60;

/// The most views of one person for one list.
const MOST: i64 = 50;

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Row number.
    pub id: i64,
    /// What its maker calls it.
    pub name: String,
    /// The query of the list's URL.
    pub query: String,
    /// Shown to everybody who sees the list, and of a parted table at least what its maker saw.
    pub shared: bool,
    /// Made by the actor who asks.
    pub own: bool,
}

impl Engine {
    /// The views of a list: one's own and the shared ones, by name.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn views(&self, r: &Resource, by: &Actor) -> Result<Vec<SavedView>> {
        permit(r, by, Asked::Verb(Verb::View))?;
        let reader = self.store.reader();
        let owner = owner(by);
        let mut sql = Sql::new(reader);
        sql.push(
            "SELECT CAST(id AS BIGINT), name, query, shared, CAST(owner AS TEXT), parts FROM resource_views \
             WHERE resource = ",
        );
        sql.bind(r.name).push(" AND (shared OR owner = ").bind(owner.as_str()).push(") ORDER BY name, id LIMIT 200");
        let mut views = Vec::new();
        for row in reader.query_all_raw(sql.statement()).await? {
            let query: String = row.try_get_by_index(2)?;
            let own = row.try_get_by_index::<String>(4)? == owner;
            let parts: Option<String> = row.try_get_by_index(5)?;
            // Its name and what it asks for may tell of somebody in a part that this reader does not see.
            if !own && r.partition_field().is_some() && !covers(by, parts.as_deref()) || leads_elsewhere(r, by, &query)
            {
                continue;
            }
            views.push(SavedView {
                id: row.try_get_by_index(0)?,
                name: row.try_get_by_index(1)?,
                query,
                shared: row.try_get_by_index(3)?,
                own,
            });
        }
        Ok(views)
    }

    /// Saves a view; one's own of the same name is replaced. The query is checked as a list's is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is empty or too long; [`Error::Request`] for a query that is no list's.
    pub async fn save_view(
        &self,
        r: &Resource,
        by: &Actor,
        name: &str,
        query: &ListQuery,
        shared: bool,
    ) -> Result<i64> {
        permit(r, by, Asked::Verb(Verb::View))?;
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::Invalid(vec![Problem::new("name", "rules.required")]));
        }
        if name.chars().count() > LONGEST {
            return Err(Error::Invalid(vec![Problem::new("name", "rules.max.text").with("max", LONGEST)]));
        }
        let query = query.clone().first_page();
        crate::query::Page::new(r, by, &query, Vec::new())?;
        let text = encode(&query);
        let tx = self.store.begin().await?;
        let on = tx.on();
        let owner = owner(by);
        let mut sql = Sql::new(on);
        sql.push("SELECT COUNT(*) FROM resource_views WHERE resource = ").bind(r.name);
        sql.push(" AND owner = ").bind(owner.as_str()).push(" AND name <> ").bind(name);
        let row = on.query_one_raw(sql.statement()).await?.ok_or(Error::NotFound)?;
        if row.try_get_by_index::<i64>(0)? >= MOST {
            return Err(Error::Invalid(vec![Problem::new("name", "rules.max.list").with("max", MOST)]));
        }
        let mut sql = Sql::new(on);
        sql.push(
            "INSERT INTO resource_views (resource, owner, name, query, shared, parts, created_at, updated_at) VALUES (",
        );
        sql.bind(r.name).push(", ").bind(owner).push(", ").bind(name).push(", ").bind(text).push(", ").bind(shared);
        sql.push(", ").bind(parts_of(by)).push(", ").bind(now_ms()).push(", ").bind(now_ms());
        sql.push(
            ") ON CONFLICT (resource, owner, name) DO UPDATE SET query = excluded.query, shared = excluded.shared, ",
        );
        sql.push("parts = excluded.parts, updated_at = excluded.updated_at RETURNING CAST(id AS BIGINT)");
        let row = on.query_one_raw(sql.statement()).await?;
        let id = row.ok_or_else(|| Error::Other("a saved view has no number".into()))?.try_get_by_index(0)?;
        tx.commit().await?;
        Ok(id)
    }

    /// Deletes one of one's own views.
    ///
    /// # Errors
    /// [`Error::NotFound`] for another's.
    pub async fn delete_view(&self, r: &Resource, by: &Actor, id: i64) -> Result<()> {
        permit(r, by, Asked::Verb(Verb::View))?;
        let tx = self.store.begin().await?;
        let on = tx.on();
        let mut sql = Sql::new(on);
        sql.push("DELETE FROM resource_views WHERE id = ").bind(id).push(" AND resource = ").bind(r.name);
        sql.push(" AND owner = ").bind(owner(by));
        let gone = on.execute_raw(sql.statement()).await?.rows_affected();
        tx.commit().await?;
        if gone == 0 { Err(Error::NotFound) } else { Ok(()) }
    }
}

fn owner(by: &Actor) -> String {
    format!("{}:{}", by.kind, by.id.unwrap_or_default())
}

fn encode(query: &ListQuery) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query.to_pairs());
    text.finish()
}

/// The partitions that `by` sees, as they stand with a view; none: all of them.
fn parts_of(by: &Actor) -> Option<String> {
    let parts: Vec<String> = by.within.as_ref()?.iter().map(i64::to_string).collect();
    Some(parts.join(","))
}

/// Whether `by` sees all that somebody saw who saw `parts`.
fn covers(by: &Actor, parts: Option<&str>) -> bool {
    match (&by.within, parts) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(parts)) => {
            parts.split(',').filter(|part| !part.is_empty()).all(|part| part.parse().is_ok_and(|id| by.sees(id)))
        }
    }
}

/// Whether a view asks for a partition that `by` does not see: a colleague's, shared with all.
fn leads_elsewhere(r: &Resource, by: &Actor, query: &str) -> bool {
    let Some(field) = r.partition_field() else { return false };
    let pairs =
        url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let Ok(query) = ListQuery::from_pairs(pairs) else { return false };
    let asked =
        query.filters.iter().filter(|filter| filter.field == field.name && matches!(filter.op, Op::Is | Op::Any));
    asked.flat_map(|filter| &filter.values).any(|id| id.parse().is_ok_and(|id| !by.sees(id)))
}
