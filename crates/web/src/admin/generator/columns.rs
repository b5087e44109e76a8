//! The columns of a table: what they are, and the fields that the form makes of them.

use puzi_resource::{
    Verb,
    generate::{ColumnField, TableColumn, TableShape, Why},
};

use super::{address, words};
use crate::admin::{desk::Desk, form::Form};

/// A column on the page.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) declared: String,
    pub(super) nullable: bool,
    pub(super) key: bool,
    pub(super) unique: bool,
    /// The table that it leads to, `table.column`, and that table's page.
    pub(super) leads_to: Option<(String, String)>,
    /// The words that the table allows.
    pub(super) options: String,
    /// None: it becomes no field.
    pub(super) field: Option<FieldRow>,
    /// Why it does not, or not by itself.
    pub(super) why: Option<&'static str>,
}

/// The field that a column becomes.
pub(super) struct FieldRow {
    pub(super) taken: bool,
    pub(super) words: Vec<words::Word>,
    pub(super) required: bool,
    /// The column takes nothing else.
    pub(super) always_required: bool,
    /// Nobody need tick a box.
    pub(super) never_required: bool,
    pub(super) more: String,
}

/// Whether the form was sent: only then does a box that is missing say no.
pub(super) fn is_sent(form: &Form) -> bool {
    form.has("sent")
}

/// The rows of the form, and the fields that it asks for.
pub(super) fn read(desk: &Desk, table: &TableShape, form: &Form) -> (Vec<Row>, Vec<ColumnField>) {
    let left_out = table.left_out();
    let mut fields = Vec::new();
    let mut rows = Vec::new();
    for column in &table.columns {
        let why = left_out.iter().find(|it| it.column == column.name).map(|it| it.why);
        let is_kept = column.is_own() || table.key().is_some_and(|key| key.name == column.name);
        let usual = table.field(column).filter(|_| !is_kept && !matches!(why, Some(Why::Type | Why::Name)));
        let field = usual.map(|usual| {
            let (field, row) = field(desk, column, &usual, why.is_none(), form);
            if row.taken {
                fields.push(field);
            }
            row
        });
        rows.push(row(table, column, field, if is_kept { Some("generator.kept") } else { why.map(text_of) }));
    }
    (rows, fields)
}

fn field(
    desk: &Desk,
    column: &TableColumn,
    usual: &ColumnField,
    by_itself: bool,
    form: &Form,
) -> (ColumnField, FieldRow) {
    let name = column.name.as_str();
    let sent = is_sent(form);
    let of_form = |part: &str| Some(form.trimmed(&format!("{part}.{name}"))).filter(|_| sent);
    let word = of_form("type").filter(|word| !word.is_empty()).unwrap_or_else(|| usual.word.clone());
    let more = of_form("more").unwrap_or_else(|| usual.more.clone());
    let wanted = if sent { form.is("required", name) } else { usual.need == column.need(&usual.word, true) };
    let row = FieldRow {
        taken: if sent { form.is("take", name) } else { by_itself },
        words: words::of(desk, column, &usual.word, &word),
        required: wanted || column.must_be_given(&word),
        always_required: column.must_be_given(&word),
        never_required: word == "boolean",
        more: more.clone(),
    };
    (ColumnField { column: name.to_owned(), need: column.need(&word, wanted), word, more }, row)
}

fn row(table: &TableShape, column: &TableColumn, field: Option<FieldRow>, why: Option<&'static str>) -> Row {
    Row {
        name: column.name.clone(),
        declared: column.declared.clone(),
        nullable: column.nullable,
        key: column.key,
        unique: !column.key && table.is_unique(&column.name),
        leads_to: column.leads_to.as_ref().map(|(other, to, _)| (format!("{other}.{to}"), address(other))),
        options: column.options.join(", "),
        field,
        why,
    }
}

fn text_of(why: Why) -> &'static str {
    match why {
        Why::Type => "generator.left_out.type",
        Why::Name => "generator.left_out.name",
        Why::Secret => "generator.left_out.secret",
    }
}

/// The resources over the table `name`, and the page of each that this person may see.
pub(super) fn resources(desk: &Desk, name: &str) -> Vec<(String, Option<String>)> {
    let over = desk.faces.iter().filter(|face| face.resource().table == name);
    over.map(|face| {
        let resource = face.resource();
        let may = !face.is_only_in_api() && desk.may(&resource.permission(Verb::View));
        (resource.name.to_owned(), may.then(|| face.path()))
    })
    .collect()
}
