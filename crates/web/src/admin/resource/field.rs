//! A field of a form: its widget, what stands in it, what helps and what is wrong.

use askama::Template;
use jiff::tz::TimeZone;
use puzi_resource::{
    Choice, Field, Input, Kind, Labels, Options, Record, Resource, Rule,
    reading::{self, input_value},
    validate::{browser_rules, must_be_given},
};
use puzi_shop::texts::Locale;
use serde_json::Value;

use super::{
    cell,
    face::Face,
    filters::ChoiceView,
    markup::Markup,
    reader::{self, Texts},
};

/// Choices that are all shown; with more of them a list is opened.
const ALL_IN_VIEW: usize = 10;

/// A field of a form.
pub(crate) struct FieldView {
    /// `f-title`; of an inline row `f-items-0-title`.
    pub(crate) id: String,
    /// `title`; of an inline row `items.0.title`.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    /// Name of the widget: the kind's word, or the one that the declaration names.
    pub(crate) widget: &'static str,
    pub(crate) required: bool,
    pub(crate) value: String,
    /// Keys of uploads.
    pub(crate) values: Vec<String>,
    pub(crate) choices: Vec<ChoiceView>,
    /// Where choices are searched for as one types; empty: they are all here.
    pub(crate) source: String,
    /// What was searched for without a script.
    pub(crate) find: Option<String>,
    pub(crate) problem: Option<String>,
    /// The first wrong field has the focus, else the first of the form.
    pub(crate) focus: bool,
    /// The rules that the browser checks, as JSON.
    pub(crate) rules: String,
    /// Has to be typed twice.
    pub(crate) repeated: bool,
    pub(crate) rows: Vec<RowView>,
    /// An empty inline row, for a script to copy.
    pub(crate) blank: Option<RowView>,
    /// Heads of inline rows.
    pub(crate) heads: Vec<(String, bool)>,
    /// Inline rows have an order.
    pub(crate) ordered: bool,
    /// Uploads that fit, digits after the point.
    pub(crate) most: usize,
    /// Words of the zone in which a moment is entered.
    pub(crate) zone: String,
    /// The form is for a new record.
    pub(crate) new: bool,
    /// Spans several inputs: it has a legend rather than a label.
    pub(crate) group: bool,
    /// Is only shown: computed.
    pub(crate) readonly: bool,
    /// The widget, written.
    pub(crate) control: Markup,
    texts: Texts,
}

/// An inline row.
pub(crate) struct RowView {
    /// Its place among the rows; `__INDEX__` in the empty one that a script copies.
    pub(crate) at: String,
    /// Row number of the one that is stored.
    pub(crate) id: Option<i64>,
    pub(crate) cells: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "admin/resource/control.html")]
struct Control<'a> {
    f: &'a FieldView,
}

impl FieldView {
    /// The language of the form.
    pub(crate) fn locale(&self) -> Locale {
        self.texts.0
    }

    /// The text of `key`.
    pub(crate) fn t(&self, key: &str) -> String {
        use puzi_resource::Say;
        self.texts.say(key, &[])
    }

    /// The text of `key`, its one place filled.
    pub(crate) fn tn(&self, key: &str, name: &'static str, value: impl ToString) -> String {
        use puzi_resource::Say;
        self.texts.say(key, &[(name, value.to_string())])
    }

    /// The names of what describes the control.
    pub(crate) fn described(&self) -> String {
        let help = if self.help.is_some() { format!(" {}-help", self.id) } else { String::new() };
        format!("{}-error{help}", self.id)
    }

    /// Whether a time of day has seconds.
    pub(crate) fn has_seconds(&self) -> bool {
        self.value.len() > 5 && !self.value.ends_with(":00")
    }

    /// Where an upload is served.
    pub(crate) fn upload(&self, key: &str) -> String {
        cell::upload(key)
    }

    /// Where an upload's small picture is served.
    pub(crate) fn thumb(&self, key: &str) -> String {
        cell::thumb(key)
    }

    /// The same with its control written anew, after something of it changed.
    pub(super) fn rewritten(self, face: &Face) -> askama::Result<Self> {
        self.write(face)
    }

    fn write(mut self, face: &Face) -> askama::Result<Self> {
        self.control = match face.widget_of(&self.name) {
            Some(widget) => widget(&self)?,
            None => Markup::trusted(Control { f: &self }.render()?),
        };
        Ok(self)
    }
}

/// What the fields of one form are made from.
pub(super) struct Maker<'a> {
    pub(super) face: &'a Face,
    pub(super) texts: Texts,
    pub(super) zone: &'a TimeZone,
    /// The record being changed, the draft of a new one.
    pub(super) record: &'a Record,
    /// What was typed, when the form comes back.
    pub(super) input: Option<&'a Input>,
    /// Messages by field.
    pub(super) problems: &'a [(String, String)],
    pub(super) labels: &'a Labels,
    pub(super) new: bool,
}

/// Choices asked for, and what was searched for.
#[derive(Default)]
pub(super) struct Found {
    pub(super) choices: Vec<Choice>,
    pub(super) find: Option<String>,
    /// There may be more than these.
    pub(super) more: bool,
}

impl Maker<'_> {
    fn resource(&self) -> &Resource {
        self.face.resource()
    }

    /// The field of the form.
    pub(super) fn field(&self, field: &Field, found: Found) -> askama::Result<FieldView> {
        let mut view = self.view(field, field.name, self.record.get(field.name), self.input, field.name, found);
        if let Kind::Inline(inline) = &field.kind {
            view.ordered = inline.position.is_some();
            let label = |inner: &Field| self.label(&format!("{}.{}", field.name, inner.name));
            view.heads = inline.fields.iter().map(|inner| (label(inner), inner.is_required())).collect();
            view.rows = self.rows(field.name, &inline.fields, self.record.get(field.name))?;
            view.blank = Some(self.empty_row(field.name, &inline.fields, "__INDEX__")?);
        }
        view.write(self.face)
    }

    /// What is shown of a field that nobody fills in.
    pub(super) fn shown(&self, field: &Field) -> FieldView {
        let mut view = self.view(field, field.name, &Value::Null, None, field.name, Found::default());
        let text = reading::read(self.resource(), field, self.record, &self.texts, self.zone, self.labels);
        view.control =
            Markup::tag("output", &[("class", "form-control-plaintext"), ("id", &view.id)], Markup::text(&text));
        view.readonly = true;
        view.required = false;
        view
    }

    fn label(&self, name: &str) -> String {
        reader::label(&self.texts, self.resource(), &without_places(name))
    }

    /// `path` is the name in the form, `inner` the name within `input`.
    fn view(
        &self,
        field: &Field,
        path: &str,
        value: &Value,
        input: Option<&Input>,
        inner: &str,
        found: Found,
    ) -> FieldView {
        let label = self.label(path);
        let values = self.values(field, value, input, inner);
        let problem = self.problem(path);
        let widget = field.widget.unwrap_or_else(|| field.kind.word());
        let choices = self.choices(field, &values, &found);
        let in_view = matches!(field.kind, Kind::MultiSelect(_)) && choices.len() <= ALL_IN_VIEW;
        let widget = if in_view && field.widget.is_none() { "checkboxes" } else { widget };
        let searched = matches!(field.kind, Kind::BelongsTo(_) | Kind::Many(_));
        let source = if searched { format!("{}/options/{path}", self.face.path()) } else { String::new() };
        FieldView {
            id: format!("f-{}", path.replace('.', "-")),
            name: path.to_owned(),
            help: reader::help(&self.texts, self.resource(), &without_places(path)),
            widget,
            required: (field.is_required() || must_be_given(field))
                && (self.new || !matches!(field.kind, Kind::Password)),
            value: values.last().cloned().unwrap_or_default(),
            values,
            source,
            find: found.more.then(|| found.find.clone().unwrap_or_default()),
            focus: self.is_first_wrong(path),
            problem,
            repeated: field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed)),
            rules: browser_rules(self.resource(), field, &self.texts, &label).to_string(),
            rows: Vec::new(),
            blank: None,
            heads: Vec::new(),
            ordered: false,
            most: most(&field.kind),
            zone: self.zone.iana_name().unwrap_or("UTC").replace('_', " "),
            new: self.new,
            group: matches!(widget, "checkboxes" | "radio" | "inline" | "image" | "file"),
            readonly: false,
            control: Markup::default(),
            texts: self.texts,
            choices,
            label,
        }
    }

    /// What stands in the widget: what was typed, else what is stored.
    fn values(&self, field: &Field, value: &Value, input: Option<&Input>, inner: &str) -> Vec<String> {
        if matches!(field.kind, Kind::Password) {
            // A page never carries a password, not even one that was just typed.
            return Vec::new();
        }
        if let Some(input) = input.filter(|input| input.has(inner)) {
            return input.raw_all(inner).into_iter().filter(|text| !text.is_empty() || !field.kind.is_list()).collect();
        }
        match (&field.kind, value) {
            (_, Value::Null) => Vec::new(),
            (Kind::Image(_) | Kind::File(_), value) => cell::keys(value),
            (Kind::MultiSelect(_) | Kind::Many(_), Value::Array(all)) => {
                all.iter().map(|one| input_value(field, one, self.zone)).collect()
            }
            (_, value) => vec![input_value(field, value, self.zone)],
        }
    }

    fn choices(&self, field: &Field, chosen: &[String], found: &Found) -> Vec<ChoiceView> {
        let fixed: Vec<Choice> = match field.kind.options() {
            Some(Options::Fixed(words)) => {
                words.iter().map(|word| Choice { value: (*word).to_owned(), label: None }).collect()
            }
            _ => Vec::new(),
        };
        let all = fixed.into_iter().chain(found.choices.iter().cloned());
        let view = |choice: Choice| {
            let label = choice.label.unwrap_or_else(|| self.option(field, &choice.value));
            ChoiceView { chosen: chosen.contains(&choice.value), value: choice.value, label }
        };
        let mut views: Vec<ChoiceView> = all.map(view).collect();
        let has_choices = field.kind.options().is_some() || matches!(field.kind, Kind::BelongsTo(_) | Kind::Many(_));
        for value in chosen.iter().filter(|value| has_choices && !value.is_empty()) {
            // What is chosen stays chosen, be it no longer offered or not among those found.
            if !views.iter().any(|view| view.value == *value) {
                views.push(ChoiceView { value: value.clone(), label: self.option(field, value), chosen: true });
            }
        }
        views
    }

    fn option(&self, field: &Field, value: &str) -> String {
        match (&field.kind, value.parse::<i64>()) {
            (Kind::BelongsTo(_) | Kind::Many(_), Ok(id)) => {
                self.labels.of(field.name, id).map_or_else(|| format!("#{id}"), str::to_owned)
            }
            _ => reading::option_label(self.resource(), field, value, &self.texts, self.labels),
        }
    }

    /// Inline rows: as they were sent, else as they are stored. They are numbered anew, so that a script can go on
    /// counting; what is wrong is known by the place a row was sent in.
    fn rows(&self, name: &str, fields: &[Field], value: &Value) -> askama::Result<Vec<RowView>> {
        let row = |at: usize, sent: usize, id: Option<i64>, values: &Record, input: Option<&Input>| {
            let cell = |field: &Field| {
                let path = format!("{name}.{at}.{}", field.name);
                let mut view = self.view(field, &path, values.get(field.name), input, field.name, Found::default());
                let sent = format!("{name}.{sent}.{}", field.name);
                view.problem = self.problem(&sent);
                view.focus = self.is_first_wrong(&sent);
                view.write(self.face)
            };
            let cells = fields.iter().map(cell).collect::<askama::Result<_>>()?;
            Ok(RowView { at: at.to_string(), id: id.filter(|id| *id > 0), cells })
        };
        if let Some(input) = self.input.filter(|input| input.has(name) || !input.rows(name).is_empty()) {
            let sent = input.rows(name);
            let rows = sent.iter().enumerate().map(|(at, (place, input))| {
                let id = input.raw("id").and_then(|id| id.parse().ok());
                row(at, *place, id, &Record::default(), Some(input))
            });
            return rows.collect();
        }
        let stored = value.as_array().into_iter().flatten().filter_map(Value::as_object);
        let rows = stored.enumerate().map(|(at, values)| {
            let record = Record { values: values.clone(), ..Record::default() };
            row(at, at, record.number("id"), &record, None)
        });
        rows.collect()
    }

    /// An empty inline row at the place `at`.
    pub(super) fn empty_row(&self, name: &str, fields: &[Field], at: &str) -> askama::Result<RowView> {
        let cells = fields.iter().map(|field| {
            let path = format!("{name}.{at}.{}", field.name);
            let value = field.default.clone().unwrap_or_default();
            self.view(field, &path, &value, None, field.name, Found::default()).write(self.face)
        });
        Ok(RowView { at: at.to_owned(), id: None, cells: cells.collect::<askama::Result<_>>()? })
    }

    fn problem(&self, path: &str) -> Option<String> {
        self.problems.iter().find(|(name, _)| name == path).map(|(_, message)| message.clone())
    }

    fn is_first_wrong(&self, path: &str) -> bool {
        self.problems.first().is_some_and(|(name, _)| name == path)
    }
}

/// `items.0.title` without its place: `items.title`.
fn without_places(path: &str) -> String {
    path.split('.').filter(|part| part.parse::<usize>().is_err() && *part != "__INDEX__").collect::<Vec<_>>().join(".")
}

/// Uploads that fit, or digits after the point.
fn most(kind: &Kind) -> usize {
    match kind {
        Kind::Image(most) | Kind::File(most) => *most,
        Kind::Decimal(scale) => usize::from(*scale),
        Kind::Money | Kind::Percent => 2,
        _ => 0,
    }
}
