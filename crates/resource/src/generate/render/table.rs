//! The table: its columns in the migration and in the entity, its indexes and foreign keys, and what leads here.

use serde::Serialize;

use super::{
    facts::{self, is_unique, keeps},
    literal, texts,
};
use crate::generate::{ColumnKind, FieldSpec, ForeignKey, FormKind, OnDelete, RelationKind, RelationSpec, Spec};

/// Choices that are named in the documentation of a column.
const FEW: usize = 5;

/// A column.
#[derive(Serialize)]
pub(super) struct Column {
    pub name: String,
    /// The call that makes it in a migration.
    pub schema: String,
    /// Its type in the entity.
    pub rust: &'static str,
    /// What it holds.
    pub doc: String,
    /// It is the primary key.
    pub is_key: bool,
}

/// A method of the entity that selects the rows of another table that lead here.
#[derive(Serialize)]
pub(super) struct Relation {
    pub name: String,
    pub doc: String,
    /// What it selects: `comments::Entity`.
    pub entity: String,
    /// A statement before the selection, where one is needed.
    pub before: Option<String>,
    /// The condition.
    pub filter: String,
}

/// All columns, in the order of the table.
pub(super) fn columns(spec: &Spec) -> Vec<Column> {
    let key = Column {
        name: spec.key.clone(),
        schema: format!("big_pk_auto({})", literal::text(&spec.key)),
        rust: "i64",
        doc: "Row number.".to_owned(),
        is_key: true,
    };
    let own = |name: &str, schema: &str, rust, doc: &str| Column {
        name: name.to_owned(),
        schema: schema.to_owned(),
        rust,
        doc: doc.to_owned(),
        is_key: false,
    };
    let kept = [
        own("version", r#"big_integer("version").default(1)"#, "i64", "Grows with each change."),
        own("created_at", r#"big_integer("created_at")"#, "i64", "Unix ms."),
        own("updated_at", r#"big_integer("updated_at")"#, "i64", "Unix ms."),
    ];
    let deleted = || own("deleted_at", r#"big_integer_null("deleted_at")"#, "Option<i64>", "Unix ms, once deleted.");
    std::iter::once(key)
        .chain(spec.fields.iter().map(|field| column(spec, field)))
        .chain(kept.into_iter().filter(|column| keeps(spec, &column.name)))
        .chain(spec.soft_deletes.then(deleted))
        .collect()
}

fn column(spec: &Spec, field: &FieldSpec) -> Column {
    let (call, rust) = match (field.column, field.nullable) {
        (ColumnKind::Text, false) => ("text", "String"),
        (ColumnKind::Text, true) => ("text_null", "Option<String>"),
        (ColumnKind::Integer, false) => ("big_integer", "i64"),
        (ColumnKind::Integer, true) => ("big_integer_null", "Option<i64>"),
        (ColumnKind::Boolean, false) => ("boolean", "bool"),
        (ColumnKind::Boolean, true) => ("boolean_null", "Option<bool>"),
    };
    let name = literal::text(&field.name);
    let mut schema = match (is_unique(spec, field) && field.is_unique(), field.nullable) {
        (true, false) => format!("{call}_uniq({name})"),
        (true, true) => format!("{call}({name}).unique_key()"),
        (false, _) => format!("{call}({name})"),
    };
    if matches!(field.form, FormKind::Select | FormKind::Radio) && !field.options.is_empty() {
        let words = literal::list(field.options.iter().map(|option| option.value.as_str()));
        schema.push_str(&format!(".check(Expr::col({name}).is_in([{words}]))"));
    }
    Column { name: field.name.clone(), schema, rust, doc: doc(field), is_key: false }
}

/// What the column holds, with its unit.
fn doc(field: &FieldSpec) -> String {
    let label = texts::english(field);
    let holds = match field.form {
        FormKind::Select | FormKind::Radio if (1..=FEW).contains(&field.options.len()) => {
            return format!("{label}: {}.", one_of(field));
        }
        FormKind::Money => ", in fen",
        FormKind::Percent => ", in basis points",
        FormKind::DateTime => ", Unix ms",
        FormKind::Date => ", `YYYY-MM-DD`",
        FormKind::Time => ", `HH:MM:SS`",
        FormKind::Colour => ", `#rrggbb`",
        FormKind::RichText => ", HTML",
        FormKind::Json => ", JSON",
        FormKind::Password => ", hashed",
        FormKind::Image | FormKind::File => ", the key of its upload in a JSON array",
        FormKind::MultiSelect => ", a JSON array",
        FormKind::BelongsTo => ", its row number",
        FormKind::Decimal(scale) => {
            return format!("{label}, times {}.", literal::number(10_i64.pow(scale.min(15).into())));
        }
        _ => "",
    };
    format!("{label}{holds}.")
}

/// `open`, `held` or `closed`.
fn one_of(field: &FieldSpec) -> String {
    let words: Vec<String> = field.options.iter().map(|option| format!("`{}`", option.value)).collect();
    match &words[..] {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// The calls that make the foreign keys.
pub(super) fn foreign_keys(spec: &Spec) -> Vec<String> {
    let call = |key: &ForeignKey| {
        let text = literal::text;
        let on_delete = match key.on_delete {
            // What both databases do anyway.
            OnDelete::Restrict => "",
            OnDelete::Cascade => ".on_delete(ForeignKeyAction::Cascade)",
            OnDelete::SetNull => ".on_delete(ForeignKeyAction::SetNull)",
        };
        let (from, to) = ((text(&spec.table), text(&key.column)), (text(&key.table), text(&key.references)));
        format!("ForeignKey::create().from({}, {}).to({}, {}){on_delete}", from.0, from.1, to.0, to.1)
    };
    spec.foreign_keys.iter().map(call).collect()
}

/// An index.
#[derive(Serialize)]
pub(super) struct Index {
    pub name: String,
    /// What is called on it: `.unique().col("title")`.
    pub calls: String,
}

/// The indexes to make.
pub(super) fn indexes(spec: &Spec) -> Vec<Index> {
    let calls = |index: facts::Index| {
        let unique = if index.unique { ".unique()" } else { "" };
        let columns = index.columns.iter().map(|column| format!(".col({})", literal::text(column)));
        Index { name: index.name, calls: format!("{unique}{}", columns.collect::<String>()) }
    };
    facts::indexes(spec).into_iter().map(calls).collect()
}

/// The methods that select what leads here.
pub(super) fn relations(spec: &Spec) -> Vec<Relation> {
    spec.relations.iter().map(|relation| select(spec, relation)).collect()
}

fn select(spec: &Spec, relation: &RelationSpec) -> Relation {
    let RelationSpec { name, kind, table, through } = relation;
    let module = if is_own(spec, table) { String::new() } else { format!("{table}::") };
    let (what, one) = (texts::words(name), texts::words(&spec.names.singular));
    let key = &spec.key;
    let (doc, before, filter) = match kind {
        RelationKind::HasMany | RelationKind::HasOne => {
            let filter = format!("{module}Column::{}.eq(self.{key})", literal::variant(through));
            (format!("The {what} of this {one}."), None, filter)
        }
        RelationKind::BelongsToMany => {
            let here = &spec.names.singular;
            let there = through.strip_prefix(&format!("{here}_")).or_else(|| through.strip_suffix(&format!("_{here}")));
            let there = format!("{}_id", there.unwrap_or(table));
            let text = literal::text;
            let pairs = format!(
                "Query::select().column({}).from({}).and_where(Expr::col({}).eq(self.{key})).take()",
                text(&there),
                text(through),
                text(&format!("{here}_id")),
            );
            let filter = format!("{module}Column::Id.in_subquery(pairs)");
            (format!("The {what} of this {one}, by the pairs in `{through}`."), Some(pairs), filter)
        }
    };
    let before = before.map(|pairs| format!("let pairs = {pairs};"));
    Relation { name: name.clone(), doc, entity: format!("{module}Entity"), before, filter }
}

/// The `use` lines of the entity: of other crates, and of this one.
pub(super) fn uses(spec: &Spec) -> (Vec<String>, Vec<String>) {
    let mut uses = vec!["use sea_orm::entity::prelude::*;".to_owned()];
    if spec.relations.iter().any(|relation| relation.kind == RelationKind::BelongsToMany) {
        uses = vec!["use sea_orm::{\n    entity::prelude::*,\n    sea_query::{ExprTrait, Query},\n};".to_owned()];
    }
    let others = spec.relations.iter().map(|relation| relation.table.as_str());
    let others: Vec<&str> = others.filter(|table| !is_own(spec, table)).collect();
    let own = if others.is_empty() { Vec::new() } else { vec![literal::import("crate", others)] };
    (uses, own)
}

fn is_own(spec: &Spec, table: &str) -> bool {
    table == spec.table || table == spec.names.plural
}
