//! One way to write a menu down: what no phone shows differently is written alike. The platform gives back what it was
//! given with additions (an empty `sub_button`, numbers as texts), and these must not look like a change.

use std::fmt::Write;

use puzi_wechat::client::{Action, Button, MenuRule};
use serde_json::Value;

use super::content::{Conditional, MenuSet, rule_json};

/// Kinds whose value is another one each time it is asked for: temporary media of the admin platform.
const PASSING: [&str; 4] = ["img", "photo", "voice", "video"];

/// A set, without the names that only we know.
pub(super) fn set(set: &MenuSet) -> String {
    let conditional: Vec<_> = set.conditional.iter().map(conditional).collect();
    format!("{}\n{}", buttons(&set.buttons), conditional.join("\n"))
}

/// A menu of some people.
pub(super) fn conditional(one: &Conditional) -> String {
    format!("{} {}", rule(&one.rule), buttons(&one.buttons))
}

/// Whom it fits.
pub(super) fn rule(rule: &MenuRule) -> String {
    sorted(&rule_json(rule))
}

/// The buttons of a menu.
pub(super) fn buttons(buttons: &[Button]) -> String {
    let all: Vec<_> = buttons.iter().map(button).collect();
    format!("[{}]", all.join(","))
}

/// One button with what lies below it.
pub(super) fn button(button: &Button) -> String {
    if let Action::Open(subs) = &button.action {
        return format!("{{{:?}:{}}}", button.name, buttons(subs));
    }
    sorted(&fields(button))
}

/// The fields of a button that does something itself, `name` and `type` among them.
pub(super) fn fields(button: &Button) -> Value {
    let mut json = serde_json::to_value(button).unwrap_or_default();
    let passing = matches!(&button.action, Action::Other { kind, .. } if PASSING.contains(&kind.as_str()));
    if let Some(fields) = json.as_object_mut() {
        fields.retain(|name, value| {
            let said = !(value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty));
            said && !(passing && name == "value")
        });
    }
    json
}

/// JSON with its names in order, whatever order a map keeps.
fn sorted(json: &Value) -> String {
    match json {
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            let mut text = String::from("{");
            for name in names {
                let _ = write!(text, "{name:?}:{},", sorted(&fields[name]));
            }
            text.push('}');
            text
        }
        Value::Array(list) => format!("[{}]", list.iter().map(sorted).collect::<Vec<_>>().join(",")),
        // A number and its text are the same to the platform.
        Value::Number(number) => format!("{:?}", number.to_string()),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Value) -> MenuSet {
        MenuSet::read(&json).unwrap()
    }

    #[test]
    fn what_the_platform_adds_is_no_difference() {
        let ours = read(json!({
            "button": [{ "type": "click", "name": "今日", "key": "K" }, { "name": "更多", "sub_button": [
                { "type": "view", "name": "商城", "url": "https://a.example/" }] }],
            "conditional": [{ "name": "会员", "matchrule": { "tag_id": 101 }, "button": [
                { "type": "click", "name": "会员价", "key": "VIP" }] }],
        }));
        let theirs = read(json!({
            "menu": { "menuid": 1, "button": [{ "sub_button": [], "key": "K", "name": "今日", "type": "click" },
                { "name": "更多", "sub_button": [
                    { "url": "https://a.example/", "name": "商城", "type": "view", "sub_button": [] }] }] },
            "conditionalmenu": [{ "menuid": 2, "matchrule": { "group_id": "101", "sex": "" }, "button": [
                { "type": "click", "name": "会员价", "key": "VIP", "sub_button": [] }] }],
        }));
        assert_eq!(ours.digest(), theirs.digest());
        assert_eq!(MenuSet::read(&ours.json()).unwrap(), ours);
        let other = read(json!({ "button": [{ "type": "click", "name": "今日", "key": "k" }] }));
        assert_ne!(ours.digest(), other.digest());
    }

    #[test]
    fn an_old_rule_is_another_rule() {
        let of =
            |rule: Value| read(json!({ "button": [], "conditional": [{ "matchrule": rule, "button": [] }] })).digest();
        assert_ne!(of(json!({ "tag_id": "2" })), of(json!({ "tag_id": "2", "sex": "1" })));
        assert_eq!(of(json!({ "tag_id": "2" })), of(json!({ "tag_id": 2, "sex": "" })));
    }

    #[test]
    fn temporary_media_are_no_difference() {
        let of = |kind: &str, value: &str| {
            read(json!({ "button": [{ "type": kind, "name": "图", "value": value }] })).digest()
        };
        assert_eq!(of("img", "A"), of("img", "B"));
        assert_ne!(of("text", "A"), of("text", "B"));
    }
}
