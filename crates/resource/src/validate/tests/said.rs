//! What problems say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::world::{World, form, teas};
use crate::{Field, Kind, Problem, Say, string, validate};

struct Texts {
    tag: &'static str,
    texts: BTreeMap<String, String>,
}

impl Texts {
    fn new(tag: &'static str, file: &str) -> Self {
        fn flatten(prefix: &str, table: toml::Table, into: &mut BTreeMap<String, String>) {
            for (key, value) in table {
                let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                match value {
                    toml::Value::Table(inner) => flatten(&key, inner, into),
                    other => drop(into.insert(key, other.as_str().unwrap().to_owned())),
                }
            }
        }
        let mut texts = BTreeMap::from([
            ("teas.fields.title".to_owned(), "名称".to_owned()),
            ("teas.fields.body".to_owned(), "介绍".to_owned()),
            ("teas.inline.steps.seconds".to_owned(), "秒数".to_owned()),
        ]);
        flatten("", file.parse().unwrap(), &mut texts);
        Self { tag, texts }
    }

    fn both() -> [Self; 2] {
        [
            Self::new("zh-CN", include_str!("../../../../../locales/zh-CN/resource.toml")),
            Self::new("en", include_str!("../../../../../locales/en/resource.toml")),
        ]
    }
}

impl Say for Texts {
    fn tag(&self) -> &str {
        self.tag
    }

    fn find(&self, key: &str) -> Option<String> {
        self.texts.get(key).cloned()
    }

    fn say(&self, key: &str, args: &[(&'static str, String)]) -> String {
        let text = self.texts.get(key).cloned().unwrap_or_else(|| key.to_owned());
        args.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

/// The keys of messages that the sources name.
fn named() -> BTreeSet<String> {
    let sources = [
        include_str!("../part.rs"),
        include_str!("../rules.rs"),
        include_str!("../lookup.rs"),
        include_str!("../mod.rs"),
        include_str!("../browser.rs"),
        include_str!("../../engine/write.rs"),
        include_str!("../../values/parse.rs"),
        include_str!("../../values/number.rs"),
        include_str!("../../values/moment.rs"),
        include_str!("../../values/reading.rs"),
    ];
    let keys =
        sources.iter().flat_map(|source| source.split("\"rules.").skip(1)).filter_map(|rest| rest.split_once('"'));
    keys.map(|(key, _)| format!("rules.{key}")).filter(|key| !key.contains('{')).collect()
}

#[test]
fn every_message_is_there_in_both_languages() {
    let named = named();
    assert!(named.len() > 60, "{named:?}");
    for texts in Texts::both() {
        let there: BTreeSet<String> = texts.texts.keys().filter(|key| key.starts_with("rules.")).cloned().collect();
        assert_eq!(named.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "{} lacks these", texts.tag);
        assert_eq!(
            there.difference(&named).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{} needs these no more",
            texts.tag
        );
    }
}

#[tokio::test]
async fn a_message_names_the_fields_and_fills_all_its_places() {
    let [zh, en] = Texts::both();
    let cases = [
        ("min:3", Kind::String, "a", "名称至少 3 个字", "名称 needs at least 3 characters"),
        ("max:1250", Kind::Percent, "13", "名称不能大于 12.5 %", "名称 must not be more than 12.5 %"),
        (
            "between:100,200000",
            Kind::Money,
            "0.5",
            "名称应在 ¥1.00 与 ¥2,000.00 之间",
            "名称 must be between ¥1.00 and ¥2,000.00",
        ),
        ("different:body", Kind::String, "x", "名称不能与介绍相同", "名称 must differ from 介绍"),
        ("before:2026-03-01", Kind::Date, "2026-04-01", "名称应早于 2026-03-01", "名称 must be before 2026-03-01"),
        ("required", Kind::String, "", "请填写名称", "名称 is needed"),
        (
            "nullable",
            Kind::Decimal(2),
            "x",
            "名称应为数字，最多 2 位小数",
            "名称 must be a number with at most 2 decimal places",
        ),
    ];
    for (rules, kind, typed, in_chinese, in_english) in cases {
        let world = World::of(Field::new("title", kind).rules(rules), string("body")).await;
        let problems = world.check(form(&[("title", typed), ("body", "x")]), None).await.unwrap_err();
        let r = world.resources.get("teas").unwrap();
        assert_eq!(validate::explain(r, &problems[0], &zh), in_chinese);
        assert_eq!(validate::explain(r, &problems[0], &en), in_english);
    }
}

#[test]
fn a_field_of_a_row_has_its_own_name() {
    let [zh, _] = Texts::both();
    let problem = Problem::new("steps.2.seconds", "rules.min.number").with("min", 1);
    assert_eq!(validate::explain(&teas(), &problem, &zh), "秒数不能小于 1");
    assert_eq!(validate::label(&teas(), "unheard", &zh), "unheard");
}

#[test]
fn a_browser_gets_what_it_can_check() {
    let [zh, _] = Texts::both();
    let r = teas();
    let rules = |field: &Field| validate::browser_rules(&r, field, &zh, "名称");
    assert_eq!(
        rules(&string("title").rules("required|max:3|unique|regex:/a/|required_with:body")),
        json!([
            {"rule": "required", "args": [], "message": "请填写名称"},
            {"rule": "max", "of": "text", "args": [3], "message": "名称最多 3 个字"},
            {"rule": "required_with", "args": ["body"], "message": "填写了介绍，也请填写名称"},
        ])
    );
    assert_eq!(
        rules(&Field::new("price", Kind::Money).min(150)),
        json!([
            {"rule": "min", "of": "number", "args": [1.5], "message": "名称不能小于 ¥1.50"},
            {"rule": "numeric", "args": [], "message": "名称应为金额，以元为单位，最多两位小数，例：12.50"},
        ])
    );
    assert_eq!(rules(&string("title"))[0]["args"], json!([255]));
}

#[test]
fn what_must_be_given_is_what_a_new_record_is_refused_without() {
    for field in &teas().fields {
        let expected = matches!(field.name, "shop_id" | "code" | "title");
        assert_eq!(validate::must_be_given(field), expected, "{}", field.name);
    }
}
