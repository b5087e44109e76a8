//! The filters of a list: what can be asked, and what is asked, as chips that can be taken off.

use puzi_resource::{
    Actor, Field, Kind, Op, Options, Record, Resource, Say, filters as offered_by, reading::option_label,
};
use serde_json::Value;

use super::{
    address::Asked,
    reader::{self, Texts},
    visit::{Visit, failure},
};
use crate::admin::error::Failure;

/// A filter of the form.
pub(crate) struct FilterView {
    pub(crate) label: String,
    /// `choice`, `text`, `range` or `search` (as one types).
    pub(crate) widget: &'static str,
    pub(crate) inputs: Vec<FilterInput>,
    /// Where the choices are searched for as one types.
    pub(crate) source: String,
    field: &'static str,
}

/// One input of a filter.
pub(crate) struct FilterInput {
    pub(crate) name: String,
    /// Its name for those who do not see where it stands.
    pub(crate) label: String,
    pub(crate) value: String,
    /// The type of the input.
    pub(crate) kind: &'static str,
    pub(crate) choices: Vec<ChoiceView>,
}

/// A choice.
pub(crate) struct ChoiceView {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// What is asked for, in words.
pub(crate) struct Chip {
    pub(crate) text: String,
    /// The list without it.
    pub(crate) off: String,
}

/// The filters that the list of this resource offers.
pub(super) async fn offered(visit: &Visit, actor: &Actor, asked: &Asked) -> Result<Vec<FilterView>, Failure> {
    let mut views = Vec::new();
    for spec in offered_by(visit.resource()) {
        views.push(view(visit, actor, asked, spec.field, spec.ops).await?);
    }
    Ok(views)
}

async fn view(visit: &Visit, actor: &Actor, asked: &Asked, field: &Field, ops: &[Op]) -> Result<FilterView, Failure> {
    let texts = visit.texts();
    let label = reader::label(&texts, visit.resource(), field.name);
    let has = |op| ops.contains(&op);
    let (widget, wanted): (_, &[Op]) = match &field.kind {
        Kind::BelongsTo(_) | Kind::Many(_) => ("search", &[Op::Is]),
        Kind::Colour => ("text", &[Op::Is]),
        _ if has(Op::Contains) => ("text", &[Op::Contains]),
        _ if has(Op::From) => ("range", &[Op::From, Op::To]),
        _ if has(Op::Is) => ("choice", &[Op::Is]),
        _ => ("choice", &[Op::Empty]),
    };
    let mut inputs = Vec::new();
    for op in wanted {
        let name = name(field.name, *op);
        let value = asked.value(&name).to_owned();
        let choices = choices(visit, actor, field, *op, &value).await?;
        let label = match op {
            Op::From | Op::To => texts.say(&format!("resource.filter.{}", op.word()), &[("field", label.clone())]),
            _ => label.clone(),
        };
        inputs.push(FilterInput { name, label, value, kind: input_type(&field.kind), choices });
    }
    let source = format!("{}/options/{}", visit.face.path(), field.name);
    Ok(FilterView { label, widget, inputs, source, field: field.name })
}

fn name(field: &str, op: Op) -> String {
    if op == Op::Is { format!("f.{field}") } else { format!("f.{field}.{}", op.word()) }
}

fn input_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Date | Kind::DateTime => "date",
        Kind::Time => "time",
        Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => "number",
        _ => "text",
    }
}

/// The choices of a filter, what is chosen among them even when the search would not bring it.
async fn choices(
    visit: &Visit,
    actor: &Actor,
    field: &Field,
    op: Op,
    chosen: &str,
) -> Result<Vec<ChoiceView>, Failure> {
    let (texts, resource) = (visit.texts(), visit.resource());
    let choice = |value: &str, label: String| ChoiceView { value: value.to_owned(), label, chosen: value == chosen };
    if op == Op::Empty {
        let say = |key: &str| texts.say(key, &[]);
        return Ok(vec![choice("0", say("resource.filter.filled")), choice("1", say("resource.filter.empty"))]);
    }
    match &field.kind {
        Kind::Boolean => Ok(vec![choice("1", texts.say("rules.yes", &[])), choice("0", texts.say("rules.no", &[]))]),
        Kind::Select(Options::Fixed(words))
        | Kind::Radio(Options::Fixed(words))
        | Kind::MultiSelect(Options::Fixed(words)) => {
            Ok(words.iter().map(|word| choice(word, reader::option(&texts, resource, field.name, word))).collect())
        }
        Kind::Select(_) | Kind::Radio(_) | Kind::MultiSelect(_) | Kind::BelongsTo(_) | Kind::Many(_) => {
            let found = visit.engine().options(resource, actor, field.name, "").await.map_err(failure)?;
            let mut views: Vec<_> = found
                .into_iter()
                .map(|found| choice(&found.value, found.label.unwrap_or_else(|| found.value.clone())))
                .collect();
            if !chosen.is_empty() && !views.iter().any(|view| view.chosen) {
                let label = title(visit, actor, field, chosen).await?;
                views.insert(0, choice(chosen, label));
            }
            Ok(views)
        }
        _ => Ok(Vec::new()),
    }
}

/// What the record or the word `value` that `field` names is called.
pub(super) async fn title(visit: &Visit, actor: &Actor, field: &Field, value: &str) -> Result<String, Failure> {
    let resource = visit.resource();
    let stored = match (&field.kind, value.parse::<i64>()) {
        (Kind::BelongsTo(_), Ok(id)) => Value::from(id),
        (Kind::Many(_), Ok(id)) => Value::from(vec![id]),
        (Kind::MultiSelect(_), _) => Value::from(vec![value]),
        _ => Value::from(value),
    };
    let mut record = Record::default();
    record.set(field.name, stored);
    let labels = visit.engine().labels(resource, actor, std::slice::from_ref(&record)).await.map_err(failure)?;
    if let (Kind::BelongsTo(_) | Kind::Many(_), Ok(id)) = (&field.kind, value.parse::<i64>()) {
        return Ok(labels.of(field.name, id).map_or_else(|| format!("#{id}"), str::to_owned));
    }
    Ok(option_label(resource, field, value, &visit.texts(), &labels))
}

/// What is asked for, as chips.
pub(super) async fn chips(
    visit: &Visit,
    actor: &Actor,
    asked: &Asked,
    views: &[FilterView],
) -> Result<Vec<Chip>, Failure> {
    let (texts, resource) = (visit.texts(), visit.resource());
    let off = |name: &str| asked.first_page().without(&[name]).on(&visit.face.path());
    let mut chips = Vec::new();
    if !asked.value("q").is_empty() {
        let text = texts.say("resource.chip.search", &[("value", asked.value("q").to_owned())]);
        chips.push(Chip { text, off: off("q") });
    }
    for (name, value) in asked.pairs() {
        let Some(rest) = name.strip_prefix("f.") else { continue };
        let (field, op) = rest.split_once('.').unwrap_or((rest, "is"));
        let Some(field) = resource.find(field) else { continue };
        let words = match op {
            "contains" | "from" | "to" | "empty" => unit(&field.kind, &value),
            _ => words(visit, actor, field, &value, views).await?,
        };
        let key = match (op, value.as_str()) {
            ("empty", "0") => "resource.chip.filled".to_owned(),
            _ => format!("resource.chip.{op}"),
        };
        let args = [("field", reader::label(&texts, resource, field.name)), ("value", words)];
        chips.push(Chip { text: texts.say(&key, &args), off: off(&name) });
    }
    Ok(chips)
}

/// The values of a chip as people call them.
async fn words(
    visit: &Visit,
    actor: &Actor,
    field: &Field,
    values: &str,
    views: &[FilterView],
) -> Result<String, Failure> {
    let known = views.iter().filter(|view| view.field == field.name).flat_map(|view| &view.inputs);
    let known: Vec<_> = known.flat_map(|input| &input.choices).collect();
    let mut words = Vec::new();
    for value in values.split(',') {
        words.push(match known.iter().find(|choice| choice.value == value) {
            Some(choice) => choice.label.clone(),
            None if field.kind.is_figure() => unit(&field.kind, value),
            None => title(visit, actor, field, value).await?,
        });
    }
    Ok(words.join(&visit.texts().say("resource.comma", &[])))
}

fn unit(kind: &Kind, value: &str) -> String {
    match kind {
        Kind::Money => format!("¥{value}"),
        Kind::Percent => format!("{value} %"),
        _ => value.to_owned(),
    }
}

/// Choices as a script that searches while one types takes them.
pub(super) fn options_json(
    texts: &Texts,
    resource: &Resource,
    field: &Field,
    found: Vec<puzi_resource::Choice>,
) -> Value {
    let label = |value: &str| reader::option(texts, resource, field.name, value);
    found
        .into_iter()
        .map(|choice| {
            let text = choice.label.unwrap_or_else(|| label(&choice.value));
            serde_json::json!({ "value": choice.value, "label": text })
        })
        .collect()
}
