//! Rules that a browser can hold against a field while it is filled in; the server has the last word.

use serde_json::{Value, json};

use super::{
    message::others,
    rules::{self, Measure},
};
use crate::{Field, Kind, Resource, Rule, Say, values::reading};

/// The rules of `field` for a browser, as JSON: `[{"rule": "min", "of": "text", "args": [3], "message": "…"}]`. `of` is
/// what a bound counts: `text` (characters), `number` (the value as it is entered, so yuan and percent) or `list`
/// (entries). `label` is what people call the field. Rules that need the server are left out.
pub fn browser_rules(r: &Resource, field: &Field, texts: &dyn Say, label: &str) -> Value {
    let mut all: Vec<Value> = field.rules.iter().filter_map(|rule| one(r, field, rule, texts, label)).collect();
    let said = field.rules.iter().any(|rule| matches!(rule, Rule::Max(_) | Rule::Between(..) | Rule::Size(_)));
    let most = match field.kind {
        Kind::String => Some(rules::STRING),
        Kind::Text => Some(rules::TEXT),
        _ => None,
    };
    if let Some(most) = most.filter(|_| !said) {
        all.extend(one(r, field, &Rule::Max(most), texts, label));
    }
    let by_kind = match field.kind {
        Kind::Integer => Some("integer"),
        Kind::Money | Kind::Percent | Kind::Decimal(_) => Some("numeric"),
        Kind::Email => Some("email"),
        Kind::Url => Some("url"),
        Kind::Json => Some("json"),
        _ => None,
    };
    if let Some(name) = by_kind {
        let key = match field.kind {
            Kind::Money => "rules.money",
            Kind::Percent => "rules.percent",
            Kind::Decimal(_) => "rules.decimal",
            Kind::Json => "rules.json.invalid",
            Kind::Email => "rules.email",
            Kind::Url => "rules.url",
            _ => "rules.integer",
        };
        let mut args = vec![("field", label.to_owned())];
        if let Kind::Decimal(scale) = field.kind {
            args.push(("places", scale.to_string()));
        }
        all.push(json!({"rule": name, "args": [], "message": texts.say(key, &args)}));
    }
    Value::Array(all)
}

fn one(r: &Resource, field: &Field, rule: &Rule, texts: &dyn Say, label: &str) -> Option<Value> {
    let say = |key: &str, args: &[(&'static str, String)]| {
        let mut args = args.to_vec();
        args.push(("field", label.to_owned()));
        texts.say(key, &args)
    };
    let entry = |args: Value, message: String| Some(json!({"rule": rule.name(), "args": args, "message": message}));
    let simple = || entry(json!([]), say(&format!("rules.{}", rule.name()), &[]));
    let other = |key: &str, name: &str| say(key, &[("other", others(r, field.name, name, texts))]);
    match rule {
        Rule::Min(_) | Rule::Max(_) | Rule::Between(..) | Rule::Size(_) => bounds(field, rule, texts, label),
        Rule::Required | Rule::Accepted | Rule::Confirmed => simple(),
        Rule::Alpha | Rule::AlphaNum | Rule::AlphaDash | Rule::Numeric | Rule::Integer => simple(),
        Rule::Email | Rule::Url => simple(),
        Rule::Json => entry(json!([]), say("rules.json.invalid", &[])),
        Rule::Bytes(most) => entry(json!([most]), say("rules.bytes", &[("max", most.to_string())])),
        Rule::RequiredWith(names) => entry(json!(names), other("rules.required_with", &names.join(" "))),
        Rule::Different(name) => entry(json!([name]), other("rules.different", name)),
        Rule::Same(name) => entry(json!([name]), other("rules.same", name)),
        Rule::Digits(count) => entry(json!([count]), say("rules.digits", &[("count", count.to_string())])),
        Rule::DigitsBetween(least, most) => entry(
            json!([least, most]),
            say("rules.digits_between", &[("min", least.to_string()), ("max", most.to_string())]),
        ),
        // Patterns are another language in a browser, days need the actor's zone, the rest the server.
        _ => None,
    }
}

fn bounds(field: &Field, rule: &Rule, texts: &dyn Say, label: &str) -> Option<Value> {
    let measure = Measure::of(&field.kind);
    if matches!(measure, Measure::None | Measure::File) {
        return None;
    }
    let entered = |bound: i64| match field.kind {
        Kind::Money | Kind::Percent | Kind::Decimal(_) => {
            // As it is entered: a browser compares what stands in the widget.
            let text = reading::input_value(field, &bound.into(), &jiff::tz::TimeZone::UTC);
            serde_json::from_str(&text).unwrap_or(Value::Null)
        }
        _ => Value::from(bound),
    };
    let args = match rule {
        Rule::Between(least, most) => vec![entered(*least), entered(*most)],
        Rule::Min(bound) | Rule::Max(bound) | Rule::Size(bound) => vec![entered(*bound)],
        _ => return None,
    };
    let problem = rules::bound_fault(rule, field).at(field.name);
    Some(json!({
        "rule": rule.name(), "of": measure.word(), "args": args, "message": problem.message(texts, label),
    }))
}
