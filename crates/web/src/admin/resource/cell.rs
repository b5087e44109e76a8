//! A value as it stands in a list or on the page of a record.

use puzi_resource::{Field, Kind, Record, validate::html};
use serde_json::Value;

use super::{
    face::Face,
    markup::Markup,
    reader::{self, Reader},
};

/// Characters of a long text that a list shows.
const LIST_CHARS: usize = 80;
/// Pictures that a list shows of one record.
const LIST_PICTURES: usize = 3;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// One line of a list.
    List,
    /// With room.
    Page,
}

/// The value of `field` in `record`; a dash for nothing.
pub(super) fn markup(face: &Face, field: &Field, record: &Record, reader: &Reader<'_>, place: Place) -> Markup {
    let own = face.cell_of(field.name).map(|cell| cell(record, reader));
    let html = own.unwrap_or_else(|| common(field, record, reader, place));
    if html.is_empty() { nothing() } else { html }
}

fn nothing() -> Markup {
    Markup::tag("span", &[("class", "text-secondary"), ("aria-hidden", "true")], Markup::text("—"))
}

fn common(field: &Field, record: &Record, reader: &Reader<'_>, place: Place) -> Markup {
    let value = record.get(field.name);
    let text = reader.read(field, record);
    if text.is_empty() && !matches!(field.kind, Kind::Boolean) {
        return Markup::default();
    }
    if field.reading.is_some() {
        return Markup::text(&text);
    }
    match (&field.kind, place) {
        (Kind::Select(_) | Kind::Radio(_), _) => state(value.as_str().unwrap_or_default(), &text),
        (Kind::Boolean, _) => state(if value == &Value::Bool(true) { "yes" } else { "no" }, &text),
        // A word that is made from others, and has a text: a state.
        (Kind::Computed(_), _) if reader.is_word(field, value) => state(value.as_str().unwrap_or_default(), &text),
        (Kind::MultiSelect(_), _) => tags(field, value, reader),
        (Kind::DateTime, _) => moment(value, &text, reader),
        (Kind::Colour, _) => colour(&text),
        (Kind::Url, _) => outside(&text, &text, place),
        (Kind::Email, _) => outside(&format!("mailto:{text}"), &text, place),
        (Kind::Phone, _) => outside(&format!("tel:{text}"), &text, place),
        (Kind::BelongsTo(relation), _) => related(relation.resource, value, &text, reader),
        (Kind::Many(relation), _) => all_related(relation.resource, value, field, &text, reader),
        (Kind::Image(_), _) => pictures(value, place),
        (Kind::File(_), _) => files(value),
        (Kind::Inline(_), Place::List) => Markup::text(&value.as_array().map_or(0, Vec::len).to_string()),
        (Kind::Inline(inline), Place::Page) => rows(field.name, &inline.fields, value, reader),
        // Also of what was typed a moment ago and is stored nowhere, as in a conflict.
        (Kind::RichText, Place::Page) => {
            let clean = html::clean(value.as_str().unwrap_or_default());
            Markup::tag("div", &[("class", "prose")], Markup::trusted(clean))
        }
        (Kind::Json, Place::Page) => {
            let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
            Markup::tag("pre", &[("class", "code")], Markup::text(&pretty))
        }
        (Kind::Json, Place::List) => Markup::tag("code", &[], Markup::text(&short(&text))),
        (Kind::Text, Place::Page) => Markup::tag("div", &[("class", "lines")], Markup::text(&text)),
        (_, Place::List) => Markup::text(&short(&text)),
        (_, Place::Page) => Markup::text(&text),
    }
}

/// A word in the colour that it has everywhere.
pub(crate) fn state(word: &str, text: &str) -> Markup {
    match tone(word) {
        Some(tone) => Markup::tag("span", &[("class", &format!("state state-{tone}"))], Markup::text(text)),
        None => Markup::text(text),
    }
}

/// The colour of a state: what runs is green, what waits is amber, what failed is red, what rests is grey. Other words
/// are no states.
fn tone(word: &str) -> Option<&'static str> {
    Some(match word {
        "active" | "enabled" | "open" | "published" | "done" | "paid" | "sent" | "succeeded" | "yes" | "verified" => {
            "good"
        }
        "pending" | "waiting" | "draft" | "queued" | "running" | "scheduled" | "unverified" => "warn",
        "failed" | "blocked" | "refused" | "dead" | "expired" | "revoked" => "bad",
        "disabled" | "closed" | "archived" | "deleted" | "no" | "cancelled" | "off" | "paused" => "off",
        _ => return None,
    })
}

/// An id or a key with a button that copies it.
pub(crate) fn copyable(text: &str, reader: &Reader<'_>) -> Markup {
    if text.is_empty() {
        return Markup::default();
    }
    let label = reader.t("face.copy");
    let href = format!("{}#copy", crate::admin::assets::icons());
    let icon = Markup::tag("use", &[("href", &href)], Markup::default());
    let icon = Markup::tag("svg", &[("class", "icon"), ("aria-hidden", "true"), ("focusable", "false")], icon);
    let about = format!("{label} {text}");
    let attributes = [
        ("class", "btn btn-sm btn-icon btn-ghost only-script"),
        ("type", "button"),
        ("data-copy", text),
        ("title", label.as_str()),
        ("aria-label", about.as_str()),
    ];
    let text = Markup::tag("span", &[("class", "mono")], Markup::text(text));
    Markup::tag("span", &[("class", "copyable")], text.and(Markup::tag("button", &attributes, icon)))
}

/// A text with a quieter line under it, in a list: a page has that line as a field of its own.
pub(crate) fn with_sub(text: &str, sub: &str, reader: &Reader<'_>) -> Markup {
    let sub = if sub.is_empty() || !reader.in_list {
        Markup::default()
    } else {
        Markup::tag("span", &[("class", "sub")], Markup::text(sub))
    };
    Markup::text(text).and(sub)
}

fn moment(value: &Value, text: &str, reader: &Reader<'_>) -> Markup {
    value.as_i64().map_or_else(|| Markup::text(text), |at| reader.moment(at))
}

/// A colour without a style attribute, which the admin's policy refuses.
fn colour(text: &str) -> Markup {
    let attributes =
        [("class", "swatch-dot"), ("viewBox", "0 0 16 16"), ("width", "16"), ("height", "16"), ("aria-hidden", "true")];
    let square = Markup::void("rect", &[("width", "16"), ("height", "16"), ("rx", "4"), ("fill", text)]);
    let swatch = Markup::tag("svg", &attributes, square);
    Markup::tag("span", &[("class", "text-nowrap")], swatch.and(Markup::text(" ")).and(Markup::text(text)))
}

/// A link that leaves the admin.
fn outside(href: &str, text: &str, place: Place) -> Markup {
    let shown = if place == Place::List { short(text) } else { text.to_owned() };
    let safe = ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| href.starts_with(scheme));
    if !safe {
        return Markup::text(&shown);
    }
    Markup::tag("a", &[("href", href), ("rel", "noopener noreferrer"), ("target", "_blank")], Markup::text(&shown))
}

fn related(resource: &str, value: &Value, text: &str, reader: &Reader<'_>) -> Markup {
    match value.as_i64() {
        Some(id) if reader.may_visit(resource) => {
            Markup::tag("a", &[("href", &format!("/admin/{resource}/{id}"))], Markup::text(text))
        }
        _ => Markup::text(text),
    }
}

fn all_related(resource: &str, value: &Value, field: &Field, text: &str, reader: &Reader<'_>) -> Markup {
    let ids: Vec<i64> = value.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    if ids.is_empty() {
        return Markup::text(text);
    }
    ids.iter().enumerate().fold(Markup::default(), |html, (at, id)| {
        let gap = if at == 0 { Markup::default() } else { Markup::text(&reader.t("resource.comma")) };
        let title = reader.labels.of(field.name, *id).map_or_else(|| format!("#{id}"), str::to_owned);
        html.and(gap).and(related(resource, &Value::from(*id), &title, reader))
    })
}

/// Where an upload is served.
pub(super) fn upload(key: &str) -> String {
    format!("/admin/uploads/{key}")
}

/// Where an upload's small picture is served.
pub(super) fn thumb(key: &str) -> String {
    format!("/admin/uploads/{key}/thumb")
}

fn pictures(value: &Value, place: Place) -> Markup {
    let keys = keys(value);
    let most = if place == Place::List { LIST_PICTURES } else { usize::MAX };
    let html = keys.iter().take(most).fold(Markup::default(), |html, key| {
        let (source, thumb) = (upload(key), thumb(key));
        let small = Markup::void("img", &[("src", &thumb), ("alt", ""), ("loading", "lazy"), ("class", "thumb")]);
        html.and(match place {
            Place::List => small,
            Place::Page => Markup::tag("a", &[("href", &source), ("target", "_blank")], small),
        })
    });
    match keys.len().checked_sub(most) {
        Some(more) if more > 0 => html.and(Markup::text(&format!(" +{more}"))),
        _ => html,
    }
}

fn files(value: &Value) -> Markup {
    keys(value).iter().fold(Markup::default(), |html, key| {
        let link = Markup::tag("a", &[("href", &upload(key)), ("class", "me-2")], Markup::text(key));
        html.and(link)
    })
}

/// Keys of uploads: one alone may stand without its list.
pub(super) fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Array(keys) => keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        Value::String(key) if !key.is_empty() => vec![key.clone()],
        _ => Vec::new(),
    }
}

/// Inline rows as a small table.
fn rows(parent: &str, fields: &[Field], value: &Value, reader: &Reader<'_>) -> Markup {
    let label = |field: &Field| reader::label(&reader.texts, reader.resource, &format!("{parent}.{}", field.name));
    let cell = |name: &'static str, field: &Field, html: Markup| {
        let class = if field.kind.is_figure() { "text-end" } else { "" };
        Markup::tag(name, &[("class", class)], html)
    };
    let line = |cells: Vec<Markup>| Markup::tag("tr", &[], cells.into_iter().fold(Markup::default(), Markup::and));
    let head = line(fields.iter().map(|field| cell("th", field, Markup::text(&label(field)))).collect());
    let body = value.as_array().into_iter().flatten().filter_map(Value::as_object).map(|row| {
        let record = Record { values: row.clone(), ..Record::default() };
        line(fields.iter().map(|field| cell("td", field, common(field, &record, reader, Place::List))).collect())
    });
    let body = Markup::tag("tbody", &[], body.fold(Markup::default(), Markup::and));
    Markup::tag("table", &[("class", "table table-sm")], Markup::tag("thead", &[], head).and(body))
}

/// Each word chosen, one beside the other.
fn tags(field: &Field, value: &Value, reader: &Reader<'_>) -> Markup {
    let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.fold(Markup::default(), |html, word| {
        let text = reader::option(&reader.texts, reader.resource, field.name, word);
        html.and(Markup::tag("span", &[("class", "tag")], Markup::text(&text))).and(Markup::text(" "))
    })
}

/// The beginning of a long text, on one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIST_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
