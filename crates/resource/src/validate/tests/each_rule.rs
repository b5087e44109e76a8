//! Every rule: what passes, what fails, nothing, and what was not sent.

use serde_json::{Value, json};

use super::world::{World, beside, body, form, line, stored};
use crate::{
    Field, Kind, Options, Record, Rule,
    validate::{Input, NAMES},
};

/// A rule on a kind of field, texts that pass and texts that fail, as a form sends them.
struct Case {
    rule: &'static str,
    kind: Kind,
    pass: &'static [&'static str],
    fail: &'static [&'static str],
    key: &'static str,
}

fn case(
    rule: &'static str,
    kind: Kind,
    pass: &'static [&'static str],
    fail: &'static [&'static str],
    key: &'static str,
) -> Case {
    Case { rule, kind, pass, fail, key }
}

const WORDS: Options = Options::Fixed(&["a", "b", "c"]);

fn cases() -> Vec<Case> {
    use Kind::{Date, DateTime, Decimal, Integer, Json, Money, MultiSelect, Percent, RichText, Select, String, Text};
    vec![
        case("min:3", String, &["abc", "绿茶叶", "茶茶茶茶"], &["ab", "绿茶"], "rules.min.text"),
        case("min:3", Integer, &["3", "10"], &["2", "-5"], "rules.min.number"),
        case("min:150", Money, &["1.50", "2"], &["1.49", "0"], "rules.min.number"),
        case("max:3", String, &["绿茶叶"], &["abcd", "绿茶叶子"], "rules.max.text"),
        case("max:1250", Percent, &["12.5"], &["12.51"], "rules.max.number"),
        case("max:3", Text, &["a\nb"], &["a\nbc"], "rules.max.text"),
        case("between:2,3", String, &["ab", "abc"], &["a", "abcd"], "rules.between.text"),
        case("between:-10,10", Decimal(1), &["-1", "1.0", "0"], &["1.1", "-1.1"], "rules.between.number"),
        case("size:2", String, &["绿茶"], &["茶", "绿茶叶"], "rules.size.text"),
        case("size:7", Integer, &["7"], &["8"], "rules.size.number"),
        case("in:1,2", Integer, &["1", "2"], &["3"], "rules.in"),
        case("in:a,b", String, &["a"], &["c", "A"], "rules.in"),
        case("not_in:a,b", String, &["c"], &["a", "b"], "rules.not_in"),
        case("not_in:a", Select(WORDS), &["b"], &["a"], "rules.not_in"),
        case("unique", String, &["新茶", "陈茶"], &["龙井"], "rules.unique"),
        case("exists:shops,name", String, &["杭州店"], &["没有"], "rules.exists"),
        case("exists:shops,id", Integer, &["2"], &["9"], "rules.exists"),
        case("email", String, &["li@example.com"], &["li", "li@", "@example.com"], "rules.email"),
        case("url", String, &["https://example.com/a"], &["example.com", "ftp://example.com"], "rules.url"),
        case("ip", String, &["203.0.113.7", "2001:db8::1"], &["203.0.113.256", "example"], "rules.ip"),
        case("date", String, &["2026-02-28"], &["2026-02-29", "soon"], "rules.date"),
        case("before:2026-03-01", Date, &["2026-02-28"], &["2026-03-01", "2026-03-02"], "rules.before.date"),
        case("before:2026-03-01", DateTime, &["2026-02-28 23:59"], &["2026-03-01 00:00"], "rules.before.date"),
        case("before:today", Date, &["2001-01-01"], &["2999-01-01"], "rules.before.date"),
        case("before:now", DateTime, &["2001-01-01 00:00"], &["2999-01-01 00:00"], "rules.before.now"),
        case("before:2026-03-01", String, &["2026-02-28"], &["2026-03-01", "soon"], "rules.before.date"),
        case("after:2026-03-01", Date, &["2026-03-02"], &["2026-03-01", "2026-02-28"], "rules.after.date"),
        case("after:2026-03-01", DateTime, &["2026-03-02 00:00"], &["2026-03-01 23:59"], "rules.after.date"),
        case("after:tomorrow", Date, &["2999-01-01"], &["2001-01-01"], "rules.after.date"),
        case("after:now", DateTime, &["2999-01-01 00:00"], &["2001-01-01 00:00"], "rules.after.now"),
        case("regex:/^[a-z]+$/i", String, &["abc", "ABC"], &["a1", "茶"], "rules.regex"),
        case("alpha", String, &["abc", "绿茶", "é"], &["a1", "a b", "a-b"], "rules.alpha"),
        case("alpha_num", String, &["a1", "绿茶2"], &["a-b", "a b", "a_b"], "rules.alpha_num"),
        case("alpha_dash", String, &["a-1_茶"], &["a b", "a.b", "a/b"], "rules.alpha_dash"),
        case("numeric", String, &["1", "-1.5", "1e3", ".5"], &["1,5", "abc", "0x1F", "1e"], "rules.numeric"),
        case("integer", String, &["1", "-12", "+3"], &["1.5", "1e3", "a"], "rules.integer"),
        case("digits:4", String, &["0012"], &["123", "12345", "12a4", "-123"], "rules.digits"),
        case("digits:4", Integer, &["1234"], &["123", "-1234"], "rules.digits"),
        case("digits_between:2,3", String, &["12", "123"], &["1", "1234", "1.2"], "rules.digits_between"),
        case("boolean", String, &["0", "1", "true", "false"], &["2", "maybe"], "rules.boolean"),
        case("json", String, &["{}", "[1]", "\"a\""], &["{", "a"], "rules.json.invalid"),
        case("json", Json, &["{}", "3"], &[], ""),
        case("min:4", RichText, &["<p>tea</p>"], &["a"], "rules.min.text"),
        case("max:2", MultiSelect(WORDS), &["a"], &[], ""),
    ]
}

fn json_of(kind: &Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::String | Kind::Text | Kind::RichText | Kind::Select(_) | Kind::Date | Kind::Decimal(_) => {
            Some(text.into())
        }
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::MultiSelect(_) => Some(json!([text])),
        _ => None,
    }
}

#[tokio::test]
async fn each_rule_lets_pass_and_refuses() {
    for Case { rule, kind, pass, fail, key } in cases() {
        let field = || Field::new("title", kind.clone()).rules(rule).rules("nullable");
        let world = World::of(field(), beside(Kind::String)).await;
        let inputs = |text: &'static str| {
            let sent = json_of(&kind, text).map(|value| body(json!({ "title": value })));
            [Some(form(&[("title", text)])), sent].into_iter().flatten()
        };
        for input in pass.iter().copied().flat_map(inputs) {
            assert_eq!(
                world.problems(input.clone(), None).await,
                [""; 0],
                "{rule} {kind:?} {input:?} passes: {pass:?}"
            );
        }
        for text in fail {
            for input in inputs(text) {
                let new = world.problems(input.clone(), None).await;
                assert_eq!(new, [format!("title {key}")], "{rule} {kind:?} {text:?}");
                let changed = world.problems(input, Some(&Record { id: 9, ..Record::default() })).await;
                assert_eq!(changed, [format!("title {key}")], "{rule} {kind:?} {text:?} of a record that is there");
            }
        }
        // Nothing passes, and so does what was not sent.
        for input in [form(&[("title", "")]), body(json!({"title": null})), form(&[]), body(json!({}))] {
            assert_eq!(world.problems(input, None).await, [""; 0], "{rule} {kind:?} empty");
        }
    }
}

#[test]
fn no_rule_is_left_out() {
    let tried: Vec<&str> = cases().iter().map(|case| case.rule.split(':').next().unwrap()).collect();
    // Each of these has a test of its own in this file or beside it.
    let apart =
        ["accepted", "confirmed", "different", "same", "required", "required_with", "nullable", "image", "mimes"];
    for name in NAMES {
        assert!(tried.contains(name) || apart.contains(name), "{name} is not tried");
    }
}

async fn problems(rules: &str, other: Kind, input: Input, existing: Option<&Record>) -> Vec<String> {
    World::of(line().rules(rules), beside(other)).await.problems(input, existing).await
}

#[tokio::test]
async fn required_means_something() {
    let there = stored(json!({"title": "龙井"}));
    for (input, existing, refused) in [
        (form(&[("title", "茶")]), None, false),
        (form(&[("title", "  ")]), None, true),
        (form(&[]), None, true),
        (body(json!({"title": ""})), None, true),
        (body(json!({"title": null})), None, true),
        (body(json!({})), None, true),
        // A change leaves alone what it does not name, and cannot empty it.
        (body(json!({})), Some(&there), false),
        (body(json!({"title": null})), Some(&there), true),
        (form(&[("title", "")]), Some(&there), true),
    ] {
        let found = problems("required", Kind::String, input.clone(), existing).await;
        assert_eq!(found == ["title rules.required"], refused, "{input:?}: {found:?}");
        assert!(refused || found.is_empty(), "{found:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_empty_in_its_column_must_be_given() {
    for kind in [Kind::Integer, Kind::Money, Kind::Date, Kind::DateTime, Kind::Select(WORDS), Kind::Json] {
        let world = World::of(Field::new("title", kind.clone()), beside(Kind::String)).await;
        for input in [form(&[("title", "")]), form(&[]), body(json!({"title": null})), body(json!({}))] {
            assert_eq!(world.problems(input, None).await, ["title rules.required"], "{kind:?}");
        }
    }
}

#[tokio::test]
async fn nullable_stores_null_and_else_an_emptied_text_is_empty() {
    for (field, expected) in [(line().nullable(), json!(null)), (line(), json!(""))] {
        let world = World::of(field, beside(Kind::String)).await;
        for input in [form(&[("title", " ")]), form(&[]), body(json!({"title": null})), body(json!({}))] {
            assert_eq!(world.check(input, None).await.unwrap()["title"], expected);
        }
    }
}

#[tokio::test]
async fn required_with_looks_at_the_others() {
    let rules = "nullable|required_with:body";
    let there = stored(json!({"title": null, "body": null}));
    for (input, existing, refused) in [
        (form(&[("title", ""), ("body", "x")]), None, true),
        (form(&[("body", "x")]), None, true),
        (form(&[("title", "a"), ("body", "x")]), None, false),
        (form(&[("title", ""), ("body", "")]), None, false),
        (body(json!({})), None, false),
        // What is left as it is may not fit any more.
        (body(json!({"body": "x"})), Some(&there), true),
        (body(json!({"body": "x", "title": "a"})), Some(&there), false),
    ] {
        let found = problems(rules, Kind::String, input.clone(), existing).await;
        assert_eq!(found, if refused { vec!["title rules.required_with"] } else { vec![] }, "{input:?}");
    }
}

#[tokio::test]
async fn accepted_wants_a_yes() {
    let field = || Field::new("title", Kind::Boolean).rules("accepted");
    let world = World::of(field(), beside(Kind::String)).await;
    for (input, fine) in [
        (form(&[("title", "1")]), true),
        (form(&[("title", "on")]), true),
        (form(&[("_has.title", "1")]), false),
        (form(&[]), false),
        (body(json!({"title": true})), true),
        (body(json!({"title": false})), false),
        (body(json!({})), false),
    ] {
        let found = world.problems(input.clone(), None).await;
        assert_eq!(found, if fine { vec![] } else { vec!["title rules.accepted"] }, "{input:?}");
    }
}

#[tokio::test]
async fn different_and_same_compare_values_and_not_spellings() {
    let money = || Field::new("title", Kind::Money);
    for (rules, a, b, fine) in [
        ("different:body", "1.5", "1.6", true),
        ("different:body", "1.5", "1.50", false),
        ("same:body", "1.5", "¥1.50", true),
        ("same:body", "1.5", "1.6", false),
        ("same:body", "1.5", "", false),
        ("different:body", "1.5", "", true),
    ] {
        let world = World::of(money().rules(rules), beside(Kind::Money)).await;
        let key = format!("title rules.{}", rules.split(':').next().unwrap());
        let found = world.problems(form(&[("title", a), ("body", b)]), None).await;
        assert_eq!(found, if fine { vec![] } else { vec![key] }, "{rules} {a} {b}");
    }
    // Against the value that the record has, when only one is sent.
    let there = stored(json!({"title": 1, "body": 150}));
    let world = World::of(money().rules("different:body"), beside(Kind::Money)).await;
    assert_eq!(world.problems(form(&[("title", "1.50")]), Some(&there)).await, ["title rules.different"]);
}

#[tokio::test]
async fn confirmed_wants_the_same_again() {
    for (input, fine) in [
        (form(&[("title", "tea"), ("title_confirmation", "tea")]), true),
        (form(&[("title", "tea"), ("title_confirmation", "Tea")]), false),
        (form(&[("title", "tea")]), false),
        (body(json!({"title": "tea", "title_confirmation": "tea"})), true),
        (body(json!({"title": "tea"})), false),
    ] {
        let found = problems("confirmed", Kind::String, input.clone(), None).await;
        assert_eq!(found, if fine { vec![] } else { vec!["title rules.confirmed"] }, "{input:?}");
    }
}

#[tokio::test]
async fn before_and_after_another_field() {
    for (kind, a, b, fine) in [
        (Kind::Date, "2026-01-02", "2026-01-01", true),
        (Kind::Date, "2026-01-01", "2026-01-01", false),
        (Kind::DateTime, "2026-01-01 10:01", "2026-01-01 10:00", true),
        (Kind::DateTime, "2026-01-01 10:00", "2026-01-01 10:00", false),
        (Kind::Time, "10:00", "09:59", true),
        (Kind::Time, "09:00", "10:00", false),
        (Kind::Date, "2026-01-01", "", true),
    ] {
        let world = World::of(Field::new("title", kind.clone()).rules("nullable|after:body"), beside(kind)).await;
        let found = world.problems(form(&[("title", a), ("body", b)]), None).await;
        assert_eq!(found, if fine { vec![] } else { vec!["title rules.after.field"] }, "{a} {b}");
    }
}

#[tokio::test]
async fn a_check_of_ones_own_sees_the_whole_record() {
    let check = Rule::Custom(
        "odd",
        std::sync::Arc::new(|value, record: &Record| {
            if value.as_str() == Some(record.text("body")) { Err("teas.twice".to_owned()) } else { Ok(()) }
        }),
    );
    let world = World::of(line().rule(check), beside(Kind::String)).await;
    assert_eq!(world.problems(form(&[("title", "a"), ("body", "a")]), None).await, ["title teas.twice"]);
    assert_eq!(world.problems(form(&[("title", "a"), ("body", "b")]), None).await, [""; 0]);
}

#[tokio::test]
async fn a_text_without_a_rule_is_not_endless() {
    for (field, most) in [(line(), 255), (super::world::lines(), 65_535)] {
        let world = World::of(field, beside(Kind::String)).await;
        let check = |length: usize| world.problems(body(json!({"title": "茶".repeat(length)})), None);
        assert_eq!(check(most).await, [""; 0]);
        assert_eq!(check(most + 1).await, ["title rules.max.text"]);
    }
    let world = World::of(line().max(300), beside(Kind::String)).await;
    assert_eq!(world.problems(body(json!({"title": "茶".repeat(300)})), None).await, [""; 0]);
}

#[tokio::test]
async fn only_the_first_broken_rule_of_a_field_is_told() {
    let world = World::of(line().rules("min:5|alpha|unique"), beside(Kind::String).rules("email")).await;
    let found = world.problems(form(&[("body", "x"), ("title", "1")]), None).await;
    assert_eq!(found, ["title rules.min.text", "body rules.email"]);
}
