//! What a declaration forbids: for each rule of each field a value that breaks it.

use std::fmt;

use puzi_resource::{Field, Kind, Options, Rule, values::from_text};
use serde_json::{Map, Value, json};

use super::{
    files::{self, Upload},
    made::Making,
    numbers,
    rules::{self, Beside, fits_all},
    telling::{Known, Telling},
    words,
};

/// A row number that no record has.
const NOBODY: &str = "987654321";

/// Something that must be refused.
#[derive(Debug, Clone)]
pub(super) struct Wrong<'f> {
    pub(super) field: &'f Field,
    why: String,
    /// As it is typed; of a list its entries. Empty: nothing is.
    typed: Vec<String>,
    pub(super) upload: Option<Upload>,
    /// What is typed the second time.
    again: Option<String>,
}

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed: String = self.typed.join(",").chars().take(60).collect();
        write!(f, "{} with {typed:?} ({})", self.field.name, self.why)
    }
}

impl<'f> Wrong<'f> {
    fn typed(field: &'f Field, why: impl Into<String>, typed: impl Into<String>) -> Self {
        Self { field, why: why.into(), typed: vec![typed.into()], upload: None, again: None }
    }

    fn nothing(field: &'f Field, why: &str) -> Self {
        Self { field, why: why.to_owned(), typed: Vec::new(), upload: None, again: None }
    }

    fn file(field: &'f Field, why: &str, upload: Upload) -> Self {
        Self { upload: Some(upload), ..Self::nothing(field, why) }
    }

    /// All that the declaration and the test forbid in a record with `values`.
    pub(super) fn all(
        telling: &'f Telling,
        making: &Making<'_>,
        first: &Known,
        values: &Map<String, Value>,
    ) -> Vec<Wrong<'f>> {
        let mut wrongs = Vec::new();
        let taken = telling.r.fields.iter().filter(|field| values.contains_key(field.name));
        for field in taken {
            wrongs.extend(of_kind(field));
            for rule in &field.rules {
                wrongs.extend(of_rule(rule, field, making, first, values));
            }
        }
        for (name, typed) in &telling.story.refuses {
            let field = telling.r.find(name).unwrap_or_else(|| panic!("{} has no field {name}", telling.r.name));
            wrongs.push(Self::typed(field, "the test says so", typed));
        }
        let stays_wrong = |wrong: &Wrong<'_>| !is_fine(wrong, making, values);
        wrongs.into_iter().filter(stays_wrong).collect()
    }

    /// The other values.
    pub(super) fn without(&self, values: &Map<String, Value>) -> Map<String, Value> {
        let mut rest = values.clone();
        rest.remove(self.field.name);
        rest
    }

    /// The pairs of the form for this field.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let name = self.field.name.to_owned();
        let mut pairs = vec![(format!("_has.{name}"), "1".to_owned())];
        if self.upload.is_none() && !(self.field.kind.is_list() && self.typed == [""]) {
            pairs.extend(self.typed.iter().map(|text| (name.clone(), text.clone())));
        }
        if self.field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed)) {
            let again = self.again.clone().or_else(|| self.typed.last().cloned()).unwrap_or_default();
            pairs.push((format!("{name}_confirmation"), again));
        }
        pairs
    }

    /// Puts it into a body of the API, by `key` where it is a file.
    pub(super) fn put_into(&self, body: &mut Value, key: Option<Value>, zone: &jiff::tz::TimeZone) {
        let kind = &self.field.kind;
        let one = |text: &str| match from_text(kind, text, zone) {
            Ok(None) => Value::Null,
            Ok(Some(value)) => puzi_resource::reading::to_api(self.field, &value),
            // A program sends anything.
            Err(_) => text.into(),
        };
        let entries: Vec<_> = self.typed.iter().filter(|text| !text.is_empty()).map(|text| one(text)).collect();
        body[self.field.name] = match (kind.is_list(), key) {
            (_, Some(key)) => json!([key]),
            (true, None) => entries.into(),
            (false, None) => entries.last().cloned().unwrap_or_default(),
        };
        if let Some(again) = &self.again {
            body[format!("{}_confirmation", self.field.name)] = again.as_str().into();
        } else if self.field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed)) {
            body[format!("{}_confirmation", self.field.name)] = body[self.field.name].clone();
        }
    }
}

/// What no field of this kind takes.
fn of_kind(field: &Field) -> Vec<Wrong<'_>> {
    let typed = |text: &str| vec![Wrong::typed(field, format!("no {}", field.kind.word()), text)];
    let said = || field.rules.iter().any(|rule| matches!(rule, Rule::Max(_) | Rule::Between(..) | Rule::Size(_)));
    match &field.kind {
        Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => typed("plenty"),
        Kind::Date => typed("2026-02-30"),
        Kind::Time => typed("25:61"),
        Kind::DateTime => typed("2026-02-30T10:00"),
        Kind::Select(_) | Kind::Radio(_) | Kind::MultiSelect(_) => typed("no_such_choice"),
        Kind::Json => typed("{"),
        Kind::Colour => typed("reddish"),
        Kind::Email => typed("nobody"),
        Kind::Phone => typed("ring me"),
        Kind::Url => typed("nowhere"),
        Kind::BelongsTo(_) | Kind::Many(_) => typed(NOBODY),
        Kind::Image(_) => {
            let text = Upload::new(format!("{}.file", field.name), "txt", b"green tea".to_vec());
            vec![Wrong::file(field, "no picture", text)]
        }
        Kind::String if !said() => typed(&"x".repeat(256)),
        Kind::Password => typed(&"x".repeat(201)),
        _ => Vec::new(),
    }
}

fn of_rule<'f>(
    rule: &Rule,
    field: &'f Field,
    making: &Making<'_>,
    first: &Known,
    values: &Map<String, Value>,
) -> Vec<Wrong<'f>> {
    let typed = |text: String| vec![Wrong::typed(field, rule.name(), text)];
    let word = |text: &str| typed(text.to_owned());
    let is_text = matches!(field.kind, Kind::String | Kind::Text | Kind::Password | Kind::RichText);
    let others = |name: &str| values.get(name).map(|value| making.text(field, value));
    match rule {
        // Unticked is an answer.
        Rule::Required if matches!(field.kind, Kind::Boolean) => Vec::new(),
        Rule::Required => word(""),
        Rule::RequiredWith(names)
            if names.iter().any(|name| values.get(name).is_some_and(|it| !rules::is_empty(it))) =>
        {
            word("")
        }
        Rule::Min(_) | Rule::Max(_) | Rule::Between(..) | Rule::Size(_) => out_of_bounds(rule, field, making),
        Rule::In(_) if is_text => word("no such word"),
        Rule::In(_) if field.kind.is_number() => word("987654"),
        Rule::NotIn(words) => words.first().map_or_else(Vec::new, |one| typed(one.clone())),
        Rule::Email | Rule::Url | Rule::Ip | Rule::Date if is_text => word("no such thing"),
        // The moment itself passes while it is typed: a day away from it is wrong at any hour.
        Rule::Before(when) | Rule::After(when) if when == "now" && matches!(field.kind, Kind::DateTime) => {
            let away = if matches!(rule, Rule::Before(_)) { making.today.tomorrow() } else { making.today.yesterday() };
            away.map_or_else(|_| Vec::new(), |day| typed(format!("{day}T12:00")))
        }
        Rule::Before(when) | Rule::After(when) => limit(when, field, making, values).map_or_else(Vec::new, typed),
        Rule::Regex(_) => words::against_patterns(field).map_or_else(Vec::new, typed),
        Rule::Alpha if is_text => word("letters1"),
        Rule::AlphaNum | Rule::AlphaDash if is_text => word("two words"),
        Rule::Numeric | Rule::Integer if is_text => word("plenty"),
        Rule::Digits(n) | Rule::DigitsBetween(_, n) => typed("1".repeat(*n as usize + 1)),
        Rule::Different(other) | Rule::Exists(other, _) if other.is_empty() => Vec::new(),
        Rule::Different(other) => others(other).map_or_else(Vec::new, typed),
        Rule::Same(_) => {
            let mut wrong = typed(making.text(field, &making_other(field, making)));
            wrong.truncate(1);
            wrong
        }
        Rule::Exists(..) if field.kind.is_number() => word(NOBODY),
        Rule::Exists(..) => word("no such row"),
        Rule::Confirmed => {
            let right = making.text(field, &values[field.name]);
            vec![Wrong { again: Some("something else".into()), ..Wrong::typed(field, rule.name(), right) }]
        }
        Rule::Boolean if is_text => word("perhaps"),
        Rule::Json if is_text => word("{"),
        Rule::Accepted if matches!(field.kind, Kind::Boolean) => vec![Wrong::nothing(field, rule.name())],
        Rule::Accepted => word("no"),
        Rule::Unique => first.values.get(field.name).map_or_else(Vec::new, |taken| typed(making.text(field, taken))),
        Rule::Image | Rule::Mimes(_) => {
            files::unfitting(field).map_or_else(Vec::new, |file| vec![Wrong::file(field, rule.name(), file)])
        }
        _ => Vec::new(),
    }
}

/// A value of the field that another one's cannot be.
fn making_other(field: &Field, making: &Making<'_>) -> Value {
    let free = Field {
        rules: field.rules.iter().filter(|rule| !matches!(rule, Rule::Same(_))).cloned().collect(),
        ..field.clone()
    };
    making.value(&free, 99_991, &Map::new())
}

/// Just outside what a bound allows.
fn out_of_bounds<'f>(rule: &Rule, field: &'f Field, making: &Making<'_>) -> Vec<Wrong<'f>> {
    let (least, most) = match rule {
        Rule::Min(n) => (Some(*n), None),
        Rule::Max(n) => (None, Some(*n)),
        Rule::Between(a, b) => (Some(*a), Some(*b)),
        Rule::Size(n) => (Some(*n), Some(*n)),
        _ => (None, None),
    };
    let wrong = |typed: Vec<String>| Wrong { typed, ..Wrong::nothing(field, rule.name()) };
    let outside = [least.map(|n| n - 1), most.map(|n| n + 1)].into_iter().flatten();
    match &field.kind {
        Kind::Image(_) | Kind::File(_) => {
            files::too_large(field).map_or_else(Vec::new, |file| vec![Wrong::file(field, rule.name(), file)])
        }
        Kind::MultiSelect(Options::Fixed(known)) => {
            let some = |n: i64| (1..=known.len()).contains(&usize::try_from(n).unwrap_or(0));
            outside
                .filter(|n| some(*n))
                .map(|n| wrong(known.iter().take(usize::try_from(n).unwrap_or(0)).map(|it| (*it).to_owned()).collect()))
                .collect()
        }
        Kind::Integer | Kind::Decimal(_) | Kind::Money | Kind::Percent => {
            outside.map(|n| wrong(vec![making.text(field, &n.into())])).collect()
        }
        Kind::String | Kind::Text | Kind::Password | Kind::RichText => {
            // Letters, so that no other rule is kept by chance; nothing typed is another matter.
            let lengths = outside.filter(|n| (1..70_000).contains(n));
            lengths.map(|n| wrong(vec!["x".repeat(usize::try_from(n).unwrap_or(1))])).collect()
        }
        Kind::Url => most
            .filter(|n| *n < 2_000)
            .map(|n| wrong(vec![format!("https://example.com/{}", "x".repeat(usize::try_from(n).unwrap_or(1)))]))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// The very day or moment that a rule names, which is neither before nor after it.
fn limit(when: &str, field: &Field, making: &Making<'_>, values: &Map<String, Value>) -> Option<String> {
    let other = making.fields.iter().find(|other| other.name == when);
    let day = match other {
        None => rules::named_day(when, making.today)?,
        Some(other) => {
            let theirs = values.get(when)?;
            if other.kind.word() == field.kind.word() {
                return Some(making.text(field, theirs));
            }
            numbers::day_of(other, theirs, making.zone)?
        }
    };
    Some(match field.kind {
        Kind::DateTime => format!("{day}T12:00"),
        _ => day.to_string(),
    })
}

/// Whether the rules allow it after all, such as a word of one rule that another one's bounds let through.
fn is_fine(wrong: &Wrong<'_>, making: &Making<'_>, values: &Map<String, Value>) -> bool {
    let by_value =
        !matches!(wrong.why.as_str(), "unique" | "exists" | "confirmed" | "required" | "required_with" | "accepted");
    if wrong.upload.is_some() || !by_value || wrong.why.starts_with("no ") || wrong.why.starts_with("the test") {
        return false;
    }
    let field = wrong.field;
    let entries =
        wrong.typed.iter().map(|text| from_text(&field.kind, text, making.zone)).collect::<Result<Vec<_>, _>>();
    let Ok(entries) = entries else { return false };
    let entries: Vec<Value> = entries.into_iter().flatten().collect();
    let value = if field.kind.is_list() { entries.into() } else { entries.last().cloned().unwrap_or_default() };
    let beside = Beside { fields: making.fields, values, zone: making.zone, today: making.today };
    rules::is_empty(&value) || fits_all(field, &value, beside)
}
