//! Bringing records in: what a file would change, and every line of it that is wrong, before anything is changed.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tokio::sync::Semaphore;

use super::{
    cell::{Words, fields, label, several, undefused, words},
    sheet::{self, refused},
};
use crate::{
    Actor, Error, Field, Input, Kind, Labels, Options, Problem, Record, Resource, Result, Rule, Say, Verb,
    engine::{Asked, Engine, in_scope, now_ms, permit, read::load, related, row, write::open},
    query::sql::Sql,
};

/// The most records of one file.
pub const MOST_ROWS: usize = 20_000;

/// A day, in ms.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// How long an applied file can be undone.
const UNDO_DAYS: i64 = 30;

/// The most bytes of the report that is kept until it is applied.
const LARGEST_PLAN: usize = 64 << 20;

/// Files unpacked at once: each may take some hundred megabytes.
static READING: Semaphore = Semaphore::const_new(2);

/// What a file would do.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// By which it is applied; none when there is nothing to apply, or a line is wrong.
    pub id: Option<i64>,
    /// Lines that make a new record.
    pub new: Vec<New>,
    /// Lines that change one.
    pub changed: Vec<Changed>,
    /// Lines that say what is there already.
    pub same: u64,
    /// Lines that cannot be taken.
    pub faulty: Vec<Faulty>,
    /// Names of the fields that the file has columns of.
    pub columns: Vec<&'static str>,
    /// Heads of the columns that are not taken.
    pub ignored: Vec<String>,
}

/// A line that makes a new record.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    /// Its number in the file.
    pub line: u64,
    /// The values, in stored form.
    pub after: Map<String, Json>,
}

/// A line that changes a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Its number in the file.
    pub line: u64,
    /// The record's number.
    pub id: i64,
    /// What the changed fields are, in stored form.
    pub before: Map<String, Json>,
    /// What they would be.
    pub after: Map<String, Json>,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty {
    /// Its number in the file.
    pub line: u64,
    /// Why.
    pub problems: Vec<Problem>,
}

/// A line as it is kept until it is applied.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Planned {
    pub(super) line: u64,
    /// The record to change; none: a new one.
    pub(super) id: Option<i64>,
    pub(super) version: Option<i64>,
    /// What the record was, for one that counts no changes.
    pub(super) before: Map<String, Json>,
    /// The form.
    pub(super) pairs: Vec<(String, String)>,
}

/// How a column is read.
struct Column<'r> {
    field: &'r Field,
    at: usize,
    words: Words,
}

impl Engine {
    /// Reads a file and says what it would do; nothing is changed. Columns are found by their fields' names or their
    /// labels in one of `texts`' languages, records by the column `id`; a line without a number makes a new record. An
    /// empty cell empties the field.
    ///
    /// # Errors
    /// [`Error::Invalid`] of the field `file` for a file that cannot be read: see the keys `import.…`;
    /// [`Error::Forbidden`], also when a line would create or change and the actor may not.
    pub async fn import_check(
        &self,
        r: &Resource,
        by: &Actor,
        file: Bytes,
        name: &str,
        texts: &[Arc<dyn Say>],
    ) -> Result<ImportReport> {
        permit(r, by, Asked::Verb(Verb::Import))?;
        let turn = READING.acquire().await.map_err(|error| Error::Other(error.to_string()))?;
        let read = tokio::task::spawn_blocking(move || {
            let read = sheet::read(&file, MOST_ROWS);
            // Held until the memory is free, also when nobody waits for the answer any more.
            drop((file, turn));
            read
        });
        let read = read.await;
        let mut rows = read.map_err(|_| refused("import.broken", 0))??.into_iter();
        let (_, head) = rows.next().ok_or_else(|| refused("import.empty", 0))?;
        let texts: Vec<&dyn Say> = texts.iter().map(|texts| &**texts).collect();
        let mut report = ImportReport::default();
        let (id_at, columns) = self.columns(r, by, &head, &texts, &mut report).await?;
        let mut titles = Titles::default();
        let mut planned = Vec::new();
        let mut taken = Taken::default();
        for (line, cells) in rows {
            match self.line(r, by, line, &cells, id_at, &columns, &mut titles).await {
                Ok(done) => {
                    let problems = taken.add(r, &done);
                    if problems.is_empty() { report.add(r, done, &mut planned) } else { report.fault(line, problems) }
                }
                Err(Error::Invalid(problems)) => report.fault(line, problems),
                Err(Error::NotFound) => report.fault(line, vec![Problem::new("id", "import.no_record")]),
                Err(error) => return Err(error),
            }
        }
        for (verb, needed) in [(Verb::Create, !report.new.is_empty()), (Verb::Edit, !report.changed.is_empty())] {
            if needed {
                permit(r, by, Asked::Verb(verb))?;
            }
        }
        if report.faulty.is_empty() && !planned.is_empty() {
            report.id = Some(self.keep(r, by, name, &planned).await?);
        }
        Ok(report)
    }

    async fn columns<'r>(
        &self,
        r: &'r Resource,
        by: &Actor,
        head: &[String],
        texts: &[&dyn Say],
        report: &mut ImportReport,
    ) -> Result<(Option<usize>, Vec<Column<'r>>)> {
        let (mut id_at, mut columns): (_, Vec<Column<'r>>) = (None, Vec::new());
        let takes =
            |field: &Field| !matches!(field.kind, Kind::Computed(_)) && (field.is_taken(true) || field.is_taken(false));
        for (at, title) in head.iter().enumerate() {
            let title = title.trim();
            if title.eq_ignore_ascii_case("id") && id_at.is_none() {
                id_at = Some(at);
                continue;
            }
            let named = |field: &&Field| {
                field.name.eq_ignore_ascii_case(title) || texts.iter().any(|texts| label(r, field, *texts) == title)
            };
            match fields(r).into_iter().find(named).filter(|field| takes(field)) {
                None if title.is_empty() => {}
                None => report.ignored.push(title.to_owned()),
                Some(field) if columns.iter().any(|column| column.field.name == field.name) => {
                    return Err(Error::Invalid(vec![Problem::new("file", "import.twice").with("column", title)]));
                }
                Some(field) => {
                    let words = self.choices(r, by, field, texts).await?;
                    columns.push(Column { field, at, words });
                }
            }
        }
        if columns.is_empty() {
            return Err(refused("import.no_columns", 0));
        }
        report.columns = columns.iter().map(|column| column.field.name).collect();
        Ok((id_at, columns))
    }

    async fn choices(&self, r: &Resource, by: &Actor, field: &Field, texts: &[&dyn Say]) -> Result<Words> {
        let mut labels = Labels::default();
        let stored: Vec<String> = match field.kind.options() {
            None => return Ok(Words::new()),
            Some(Options::Fixed(fixed)) => fixed.iter().map(|word| (*word).to_owned()).collect(),
            Some(Options::Asked(asked)) => {
                let choices = asked(self.store(), by).await?;
                for choice in &choices {
                    if let Some(label) = &choice.label {
                        labels.insert_word(field.name, choice.value.clone(), label.clone());
                    }
                }
                choices.into_iter().map(|choice| choice.value).collect()
            }
        };
        Ok(words(r, field, texts, &labels, &stored))
    }

    #[allow(clippy::too_many_arguments)]
    async fn line(
        &self,
        r: &Resource,
        by: &Actor,
        line: u64,
        cells: &[String],
        id_at: Option<usize>,
        columns: &[Column<'_>],
        titles: &mut Titles,
    ) -> Result<Line> {
        let id = match id_at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim()) {
            "" => None,
            text => Some(text.parse::<i64>().map_err(|_| Error::NotFound)?),
        };
        let existing = match id {
            None => None,
            Some(id) => {
                let found = load(self.store().reader(), r, by, id).await?;
                Some(found.filter(|record| record.deleted_at.is_none()).ok_or(Error::NotFound)?)
            }
        };
        let mut pairs = Vec::new();
        for column in columns.iter().filter(|column| column.field.is_taken(existing.is_none())) {
            let text = undefused(cells.get(column.at).map_or("", String::as_str));
            self.pairs(by, column, text, titles, &mut pairs).await?;
        }
        let input = Input::Form(pairs.clone());
        let mut values = self.checked(r, by, &input, existing.as_ref()).await?;
        let before = match &existing {
            None => Map::new(),
            Some(record) => {
                values.values.retain(|name, value| record.get(name) != value);
                values.values.keys().map(|name| (name.clone(), record.get(name).clone())).collect()
            }
        };
        let planned = Planned { line, id, version: existing.and_then(|record| record.version), before, pairs };
        Ok(Line { planned, values })
    }

    /// The pairs of a form that a cell stands for.
    async fn pairs(
        &self,
        by: &Actor,
        column: &Column<'_>,
        text: &str,
        titles: &mut Titles,
        into: &mut Vec<(String, String)>,
    ) -> Result<()> {
        let field = column.field;
        let name = field.name.to_owned();
        let word =
            |text: &str| column.words.get(&text.trim().to_lowercase()).cloned().unwrap_or_else(|| text.to_owned());
        match &field.kind {
            // Neither yes nor no: it stays what it is.
            Kind::Boolean if text.trim().is_empty() => {}
            Kind::Select(_) | Kind::Radio(_) => into.push((name, word(text))),
            Kind::BelongsTo(_) => {
                let id = if text.trim().is_empty() {
                    String::new()
                } else {
                    self.titled(by, field, text.trim(), titles).await?
                };
                into.push((name, id));
            }
            kind if kind.is_list() => {
                into.push((format!("_has.{name}"), "1".to_owned()));
                for part in several(text) {
                    let value = match kind {
                        Kind::Many(_) => self.titled(by, field, part, titles).await?,
                        _ => word(part),
                    };
                    into.push((name.clone(), value));
                }
            }
            _ => into.push((name, text.to_owned())),
        }
        Ok(())
    }

    /// The row number of the related record that is called `text`; `text` itself when that is one.
    async fn titled(&self, by: &Actor, field: &Field, text: &str, titles: &mut Titles) -> Result<String> {
        if let Some(known) = titles.0.get(&(field.name, text.to_owned())) {
            return known.clone().ok_or_else(|| unclear(field, text));
        }
        let other = related(field).and_then(|name| self.resources().get(name)).ok_or(Error::NotFound)?;
        let ids = match other.find(other.title).filter(|title| row::is_stored(title)) {
            None => Vec::new(),
            Some(title) => {
                let mut sql = Sql::new(self.store().reader());
                sql.push("SELECT CAST(").name(other.key).push(" AS BIGINT) FROM ").name(&other.table).push(" WHERE ");
                sql.column(&other.table, title.column).push(" = ").bind(text);
                in_scope(&mut sql, other, by);
                if other.is_soft() {
                    sql.push(" AND ").column(&other.table, "deleted_at").push(" IS NULL");
                }
                sql.push(" LIMIT 2");
                let rows = self.store().reader().query_all_raw(sql.statement()).await?;
                rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<Vec<i64>>>()?
            }
        };
        let number = text.trim_start_matches('#');
        let found = match ids.as_slice() {
            [id] => Some(id.to_string()),
            [] if number.parse::<i64>().is_ok() => Some(number.to_owned()),
            _ => None,
        };
        titles.0.insert((field.name, text.to_owned()), found.clone());
        found.ok_or_else(|| unclear(field, text))
    }

    async fn keep(&self, r: &Resource, by: &Actor, name: &str, planned: &[Planned]) -> Result<i64> {
        let plan = serde_json::to_string(planned).map_err(|error| Error::Other(error.to_string()))?;
        if plan.len() > LARGEST_PLAN {
            return Err(refused("import.too_large", LARGEST_PLAN >> 20));
        }
        let tx = self.store().begin().await?;
        let on = tx.on();
        forget(on).await?;
        let mut sql = Sql::new(on);
        sql.push("INSERT INTO imports (resource, owner, file, status, plan, created_at) VALUES (")
            .bind(r.name)
            .push(", ");
        sql.bind(owner(by)).push(", ").bind(name.chars().take(200).collect::<String>()).push(", 'checked', ");
        sql.bind(plan).push(", ").bind(now_ms()).push(") RETURNING CAST(id AS BIGINT)");
        let row = on.query_one_raw(sql.statement()).await?;
        let id = row.ok_or_else(|| Error::Other("an import has no number".into()))?.try_get_by_index(0)?;
        tx.commit().await?;
        Ok(id)
    }
}

/// Files that nobody applied go after a day, and what it takes to undo the others after thirty.
async fn forget(on: &impl ConnectionTrait) -> Result<()> {
    let now = now_ms();
    let mut sql = Sql::new(on);
    sql.push("DELETE FROM imports WHERE status = 'checked' AND created_at < ").bind(now - DAY);
    on.execute_raw(sql.statement()).await?;
    let mut sql = Sql::new(on);
    sql.push("UPDATE imports SET undo = NULL WHERE undo IS NOT NULL AND applied_at < ").bind(now - UNDO_DAYS * DAY);
    on.execute_raw(sql.statement()).await?;
    Ok(())
}

fn unclear(field: &Field, text: &str) -> Error {
    Error::Invalid(vec![Problem::new(field.name, "import.unclear").with("value", text)])
}

/// Who brought a file.
pub(super) fn owner(by: &Actor) -> String {
    format!("{}:{}", by.kind, by.id.unwrap_or_default())
}

/// Row numbers by title, asked for once a file.
#[derive(Default)]
struct Titles(HashMap<(&'static str, String), Option<String>>);

struct Line {
    planned: Planned,
    values: Record,
}

/// What the lines before have taken: two lines of a file cannot be one record, nor have one unique value.
#[derive(Default)]
struct Taken {
    ids: HashSet<i64>,
    unique: HashSet<(&'static str, String)>,
}

impl Taken {
    fn add(&mut self, r: &Resource, line: &Line) -> Vec<Problem> {
        let mut problems = Vec::new();
        if line.planned.id.is_some_and(|id| !self.ids.insert(id)) {
            problems.push(Problem::new("id", "import.same_record"));
        }
        for field in r.fields.iter().filter(|field| field.rules.iter().any(|rule| matches!(rule, Rule::Unique))) {
            let value = line.values.get(field.name);
            if !value.is_null() && !self.unique.insert((field.name, value.to_string())) {
                problems.push(Problem::new(field.name, "rules.unique"));
            }
        }
        problems
    }
}

impl ImportReport {
    fn add(&mut self, r: &Resource, Line { planned, values }: Line, plan: &mut Vec<Planned>) {
        let after = open(r, &values.values);
        match planned.id {
            None => self.new.push(New { line: planned.line, after }),
            Some(_) if values.values.is_empty() => {
                self.same += 1;
                return;
            }
            Some(id) => self.changed.push(Changed { line: planned.line, id, before: planned.before.clone(), after }),
        }
        plan.push(planned);
    }

    fn fault(&mut self, line: u64, problems: Vec<Problem>) {
        self.faulty.push(Faulty { line, problems });
    }
}
