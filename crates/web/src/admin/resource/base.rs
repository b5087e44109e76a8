//! What a person saw when the form was opened, as a fingerprint a field: so that after a conflict it is known which of
//! the fields they changed themselves.

use std::{collections::HashMap, fmt};

use jiff::tz::TimeZone;
use puzi_resource::{Field, Input, Kind, Record, reading::input_value};
use serde_json::Value;

use crate::fingerprint;

/// Fingerprints by field.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Base(HashMap<String, u32>);

impl Base {
    /// Of the values of `record` as the form shows them.
    pub(super) fn of(fields: &[&Field], record: &Record, zone: &TimeZone) -> Self {
        let comparable = fields.iter().filter(|field| is_comparable(field));
        let entry = |field: &&Field| {
            let texts: Vec<String> = match record.get(field.name) {
                Value::Null => Vec::new(),
                Value::Array(all) if field.kind.is_list() => {
                    all.iter().map(|one| input_value(field, one, zone)).collect()
                }
                value => vec![input_value(field, value, zone)],
            };
            (field.name.to_owned(), print(field, texts))
        };
        Self(comparable.map(entry).collect())
    }

    /// Reads what [`Base`] wrote into the form.
    pub(super) fn parse(text: &str) -> Self {
        let pair = |part: &str| {
            let (name, print) = part.split_once(':')?;
            Some((name.to_owned(), u32::from_str_radix(print, 16).ok()?))
        };
        Self(text.split(',').filter_map(pair).collect())
    }

    /// Whether what was typed into `field` is what was there when the form was opened.
    pub(super) fn is_untouched(&self, field: &Field, input: &Input) -> bool {
        let typed = || print(field, input.raw_all(field.name));
        is_comparable(field) && self.0.get(field.name).is_some_and(|seen| *seen == typed())
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<_> = self.0.iter().map(|(name, print)| format!("{name}:{print:08x}")).collect();
        parts.sort_unstable();
        f.write_str(&parts.join(","))
    }
}

fn is_comparable(field: &Field) -> bool {
    !matches!(field.kind, Kind::Password | Kind::Inline(_) | Kind::Computed(_))
}

fn print(field: &Field, texts: Vec<String>) -> u32 {
    let mut texts: Vec<String> = texts.into_iter().map(|text| text.replace("\r\n", "\n")).collect();
    texts.retain(|text| !text.is_empty());
    if matches!(field.kind, Kind::Boolean) {
        // A box that is not ticked sends nothing.
        texts.retain(|text| text != "0");
    }
    if matches!(field.kind, Kind::MultiSelect(_) | Kind::Many(_)) {
        texts.sort_unstable();
    }
    fingerprint::of(texts.join("\u{1f}").as_bytes())
}

#[cfg(test)]
mod tests {
    use puzi_resource::{Options, boolean, multi_select, string, text};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_was_left_alone_is_known() {
        let fields = [string("name"), text("note"), boolean("open"), multi_select("days", Options::Fixed(&["a", "b"]))];
        let fields: Vec<&Field> = fields.iter().collect();
        let mut record = Record::default();
        record.set("name", "龙井");
        record.set("note", "one\ntwo");
        record.set("open", false);
        record.set("days", json!(["b", "a"]));
        let base = Base::of(&fields, &record, &TimeZone::UTC).to_string();
        let base = Base::parse(&base);
        let typed = |name: &str| {
            Input::from_pairs([
                ("name", name),
                ("note", "one\r\ntwo"),
                ("_has.open", "1"),
                ("days", "a"),
                ("days", "b"),
            ])
        };
        let untouched = |input: &Input| fields.iter().map(|field| base.is_untouched(field, input)).collect::<Vec<_>>();
        assert_eq!(untouched(&typed("龙井")), [true, true, true, true]);
        assert_eq!(untouched(&typed("碧螺春")), [false, true, true, true]);
        assert!(!Base::parse("nonsense,name:zz").is_untouched(fields[0], &typed("龙井")));
    }
}
