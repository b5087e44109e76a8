//! The choices of a field, found as one types.

use sea_orm::ConnectionTrait;

use super::{
    Engine, in_scope, permit_any,
    resources::{related, with_rows},
    row, search_index,
};
use crate::{
    declare::{Actor, Choice, Error, Field, Options, Resource, Result},
    query::sql::{Sql, containing},
};

/// So many choices are offered at once.
const OFFERED: usize = 20;

impl Engine {
    /// Up to twenty choices of `field` (`items.product_id` for a field of rows) whose text has `q` in it. Of related
    /// records the value is the row number and the label the title; only this actor's and living ones are offered.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a field without choices; [`Error::Forbidden`] without the permission to view, create or edit.
    pub async fn options(&self, r: &Resource, by: &Actor, field: &str, q: &str) -> Result<Vec<Choice>> {
        permit_any(r, by)?;
        let field = find(r, field).ok_or(Error::NotFound)?;
        let q = q.trim();
        // No text in a database has it, and PostgreSQL does not even take the question.
        if q.contains('\0') {
            return Ok(Vec::new());
        }
        if let Some(options) = field.kind.options() {
            return self.words(by, options, q).await;
        }
        let other = related(field).and_then(|name| self.resources.get(name)).ok_or(Error::NotFound)?;
        self.records(other, by, q).await
    }

    async fn words(&self, by: &Actor, options: &Options, q: &str) -> Result<Vec<Choice>> {
        let choices = match options {
            Options::Fixed(words) => {
                words.iter().map(|word| Choice { value: (*word).to_owned(), label: None }).collect()
            }
            Options::Asked(choices) => choices(self.store(), by).await?,
        };
        let q = q.to_lowercase();
        let fits = |choice: &Choice| {
            let label = choice.label.as_deref().unwrap_or_default();
            choice.value.to_lowercase().contains(&q) || label.to_lowercase().contains(&q)
        };
        Ok(choices.into_iter().filter(fits).take(OFFERED).collect())
    }

    async fn records(&self, other: &Resource, by: &Actor, q: &str) -> Result<Vec<Choice>> {
        let reader = self.store.reader();
        let title: Vec<&Field> = other.find(other.title).into_iter().filter(|field| row::is_stored(field)).collect();
        let mut sql = Sql::new(reader);
        sql.push("SELECT ");
        row::select(&mut sql, other, &title);
        sql.push(" FROM ").name(&other.table).push(" WHERE 1 = 1");
        in_scope(&mut sql, other, by);
        if other.is_soft() {
            let plus = if sql.is_sqlite() { "+" } else { "" };
            sql.push(" AND ").push(plus).column(&other.table, "deleted_at").push(" IS NULL");
        }
        if !q.is_empty() {
            sql.push(" AND ");
            match (title.first(), other.indexed_search) {
                (Some(_), true) if search_index::words(q).is_empty() => return Ok(Vec::new()),
                (Some(title), true) if title.searchable => {
                    let index = search_index::table(&other.table);
                    search_index::chooses(&mut sql, other, &index, q);
                }
                (Some(title), _) => {
                    let word = if sql.is_sqlite() { " LIKE " } else { " ILIKE " };
                    sql.column(&other.table, title.column).push(word).bind(containing(q)).push(" ESCAPE '\\'");
                }
                // Known by their numbers only.
                (None, _) => {
                    let number = q.trim_start_matches('#').parse().unwrap_or(-1_i64);
                    sql.column(&other.table, other.key).push(" = ").bind(number);
                }
            }
        }
        sql.push(" ORDER BY ").column(&other.table, other.key).push(&format!(" DESC LIMIT {OFFERED}"));
        let mut choices = Vec::new();
        for found in reader.query_all_raw(sql.statement()).await? {
            let record = row::read(&found, other, &title)?;
            choices.push(Choice { value: record.id.to_string(), label: Some(other.title_of(&record)) });
        }
        Ok(choices)
    }
}

fn find<'r>(r: &'r Resource, path: &str) -> Option<&'r Field> {
    let Some((outer, inner)) = path.split_once('.') else { return r.find(path) };
    with_rows(r.find(outer)?).skip(1).find(|field| field.name == inner)
}
