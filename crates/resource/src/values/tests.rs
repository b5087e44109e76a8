use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Labels, MOST, from_json, from_text, reading};
use crate::{Field, Inline, Kind, Many, Options, Record, Relation, Resource, Say, computed};

const WORDS: Options = Options::Fixed(&["green", "black"]);

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// What `text` becomes in Shanghai, or the key of the fault.
fn typed(kind: &Kind, text: &str) -> Value {
    match from_text(kind, text, &zone("Asia/Shanghai")) {
        Ok(value) => value.unwrap_or(Value::Null),
        Err(fault) => json!({ "fault": fault.key }),
    }
}

fn sent(kind: &Kind, value: &Value) -> Value {
    match from_json(kind, value) {
        Ok(value) => value.unwrap_or(Value::Null),
        Err(fault) => json!({ "fault": fault.key }),
    }
}

fn all_kinds() -> Vec<Kind> {
    let many = Many { resource: "teas", table: "pairs", here: "a", there: "b" };
    vec![
        Kind::String,
        Kind::Text,
        Kind::RichText,
        Kind::Integer,
        Kind::Decimal(3),
        Kind::Money,
        Kind::Percent,
        Kind::Boolean,
        Kind::Date,
        Kind::Time,
        Kind::DateTime,
        Kind::Select(WORDS),
        Kind::Radio(WORDS),
        Kind::MultiSelect(WORDS),
        Kind::Json,
        Kind::Colour,
        Kind::Email,
        Kind::Phone,
        Kind::Url,
        Kind::Password,
        Kind::Image(3),
        Kind::File(3),
        Kind::BelongsTo(Relation { resource: "teas" }),
        Kind::Many(many),
    ]
}

#[test]
fn what_is_typed_becomes_the_stored_form() {
    let decimal = Kind::Decimal(3);
    for (kind, text, expected) in [
        (Kind::Money, "12.34", json!(1234)),
        (Kind::Money, " ¥1,234.5 ", json!(123450)),
        (Kind::Money, "￥１２．３０", json!(1230)),
        (Kind::Money, "5 元", json!(500)),
        (Kind::Money, "-¥0.01", json!(-1)),
        (Kind::Money, "¥-3", json!(-300)),
        (Kind::Money, "12.340", json!(1234)),
        // One cent more or less is never guessed.
        (Kind::Money, "12.345", json!({"fault": "rules.money"})),
        (Kind::Money, "1,5", json!({"fault": "rules.money"})),
        (Kind::Money, "12,34.00", json!({"fault": "rules.money"})),
        (Kind::Money, "-¥-3", json!({"fault": "rules.money"})),
        (Kind::Money, "1e5", json!({"fault": "rules.money"})),
        (Kind::Money, "12.", json!({"fault": "rules.money"})),
        (Kind::Money, ".5", json!({"fault": "rules.money"})),
        (Kind::Money, "十二", json!({"fault": "rules.money"})),
        (Kind::Money, "90071992547409.91", json!(MOST)),
        (Kind::Money, "90071992547409.92", json!({"fault": "rules.too_large"})),
        (Kind::Money, "99999999999999999999999", json!({"fault": "rules.too_large"})),
        (Kind::Percent, "12.5", json!(1250)),
        (Kind::Percent, "12.5 %", json!(1250)),
        (Kind::Percent, "100％", json!(10_000)),
        (Kind::Percent, "0.001", json!({"fault": "rules.percent"})),
        (decimal.clone(), "1.5", json!(1500)),
        (decimal.clone(), "-0.001", json!(-1)),
        (decimal.clone(), "0.0001", json!({"fault": "rules.decimal"})),
        (Kind::Integer, "1,000", json!(1000)),
        (Kind::Integer, "-7", json!(-7)),
        (Kind::Integer, "7.5", json!({"fault": "rules.integer"})),
        (Kind::Integer, "--7", json!({"fault": "rules.integer"})),
        (Kind::Boolean, "on", json!(true)),
        (Kind::Boolean, "否", json!(false)),
        (Kind::Boolean, "maybe", json!({"fault": "rules.boolean"})),
        (Kind::Date, "2026/2/8", json!("2026-02-08")),
        (Kind::Date, "2026年11月22日", json!("2026-11-22")),
        (Kind::Date, "2026-02-30", json!({"fault": "rules.date"})),
        (Kind::Date, "2026-2/8", json!({"fault": "rules.date"})),
        (Kind::Time, "9:05", json!("09:05:00")),
        (Kind::Time, "23:59:59", json!("23:59:59")),
        (Kind::Time, "24:00", json!({"fault": "rules.time"})),
        (Kind::DateTime, "2026-11-22T14:05", json!(1_795_327_500_000_i64)),
        (Kind::DateTime, "2026-11-22 14:05:00", json!(1_795_327_500_000_i64)),
        (Kind::DateTime, "2026-11-22T06:05:00Z", json!(1_795_327_500_000_i64)),
        (Kind::DateTime, "2026-11-22T01:05:00-05:00", json!(1_795_327_500_000_i64)),
        (Kind::DateTime, "2026-11-22", json!({"fault": "rules.datetime"})),
        (Kind::DateTime, "yesterday", json!({"fault": "rules.datetime"})),
        (Kind::Select(WORDS), "green", json!("green")),
        (Kind::Select(WORDS), "blue", json!({"fault": "rules.choice"})),
        (Kind::Json, "{\"a\": [1, null]}", json!({"a": [1, null]})),
        (Kind::Json, "{\"a\"", json!({"fault": "rules.json.line"})),
        (Kind::Json, "\"\\u0000\"", json!({"fault": "rules.characters"})),
        (Kind::Colour, "#0AF", json!("#00aaff")),
        (Kind::Colour, "#07C160", json!("#07c160")),
        (Kind::Colour, "red", json!({"fault": "rules.colour"})),
        (Kind::Email, "li@例子.中国", json!("li@例子.中国")),
        (Kind::Email, "li@localhost", json!({"fault": "rules.email"})),
        (Kind::Email, "a b@example.com", json!({"fault": "rules.email"})),
        (Kind::Email, "a@b@example.com", json!({"fault": "rules.email"})),
        (Kind::Phone, "+86 138-0013-8000", json!("+86 138-0013-8000")),
        (Kind::Phone, "１３８００１３８０００", json!("13800138000")),
        (Kind::Phone, "call me", json!({"fault": "rules.phone"})),
        (Kind::Url, "https://例子.中国/茶?a=1", json!("https://例子.中国/茶?a=1")),
        (Kind::Url, "javascript:alert(1)", json!({"fault": "rules.url"})),
        (Kind::Url, "https:evil", json!({"fault": "rules.url"})),
        (Kind::Url, "https://bank.example@evil.example/", json!({"fault": "rules.url"})),
        (Kind::Url, "data:text/html,x", json!({"fault": "rules.url"})),
        (Kind::String, " two\nlines ", json!("two lines")),
        (Kind::String, "nul\0", json!({"fault": "rules.characters"})),
        (Kind::Text, "two\r\nlines", json!("two\nlines")),
        (Kind::Text, "\u{1b}[31m", json!({"fault": "rules.characters"})),
        (Kind::Password, " keeps its spaces ", json!(" keeps its spaces ")),
        (Kind::Image(1), "k3y_-", json!("k3y_-")),
        (Kind::Image(1), "../etc/passwd", json!({"fault": "rules.upload"})),
        (Kind::BelongsTo(Relation { resource: "teas" }), "7", json!(7)),
        (Kind::BelongsTo(Relation { resource: "teas" }), "0", json!({"fault": "rules.choice"})),
        (Kind::BelongsTo(Relation { resource: "teas" }), "7 OR 1=1", json!({"fault": "rules.choice"})),
    ] {
        assert_eq!(typed(&kind, text), expected, "{kind:?} {text:?}");
    }
}

#[test]
fn what_programs_send_is_of_the_right_type() {
    for (kind, value, expected) in [
        (Kind::Money, json!(1234), json!(1234)),
        (Kind::Money, json!(12.34), json!({"fault": "rules.fen"})),
        (Kind::Money, json!("12.34"), json!({"fault": "rules.fen"})),
        (Kind::Percent, json!("12.5"), json!({"fault": "rules.basis_points"})),
        (Kind::Integer, json!(1e3), json!({"fault": "rules.integer"})),
        (Kind::Integer, json!(i64::MAX), json!({"fault": "rules.too_large"})),
        (Kind::Integer, json!(u64::MAX), json!({"fault": "rules.integer"})),
        (Kind::Decimal(3), json!("1.25"), json!(1250)),
        (Kind::Decimal(3), json!(1.25), json!(1250)),
        (Kind::Decimal(3), json!(true), json!({"fault": "rules.decimal"})),
        (Kind::Boolean, json!(true), json!(true)),
        (Kind::Boolean, json!("true"), json!({"fault": "rules.boolean"})),
        (Kind::DateTime, json!("2026-11-22T14:05:00+08:00"), json!(1_795_327_500_000_i64)),
        (Kind::DateTime, json!("2026-11-22T14:05:00"), json!({"fault": "rules.datetime"})),
        (Kind::DateTime, json!(1_795_327_500_000_i64), json!({"fault": "rules.datetime"})),
        (Kind::String, json!(7), json!({"fault": "rules.string"})),
        (Kind::String, json!({}), json!({"fault": "rules.string"})),
        (Kind::String, json!(null), json!(null)),
        (Kind::Date, json!("2026-11-22"), json!("2026-11-22")),
        (Kind::Json, json!({"a": "\0"}), json!({"fault": "rules.characters"})),
        (Kind::BelongsTo(Relation { resource: "teas" }), json!(-1), json!({"fault": "rules.choice"})),
        (Kind::BelongsTo(Relation { resource: "teas" }), json!("1"), json!({"fault": "rules.choice"})),
    ] {
        assert_eq!(sent(&kind, &value), expected, "{kind:?} {value}");
    }
}

#[test]
fn a_json_text_is_not_endless() {
    let long = format!("\"{}\"", "a".repeat(70_000));
    assert_eq!(typed(&Kind::Json, &long), json!({"fault": "rules.max.json"}));
    assert_eq!(sent(&Kind::Json, &serde_json::from_str(&long).unwrap()), json!({"fault": "rules.max.json"}));
}

#[test]
fn clocks_that_leap_refuse_the_time_between_and_take_the_first_of_two() {
    let new_york = zone("America/New_York");
    let typed = |text: &str| from_text(&Kind::DateTime, text, &new_york);
    assert_eq!(typed("2026-03-08 02:30").unwrap_err().key, "rules.gap");
    assert_eq!(typed("2026-03-08 01:59").unwrap(), Some(json!(1_772_953_140_000_i64)));
    // 01:30 comes twice on 1 November: at 05:30 and at 06:30 UTC.
    assert_eq!(typed("2026-11-01 01:30").unwrap(), Some(json!(1_793_511_000_000_i64)));
}

struct Texts(&'static str);

impl Say for Texts {
    fn tag(&self) -> &str {
        self.0
    }

    fn find(&self, key: &str) -> Option<String> {
        (key == "teas.options.colour.green").then(|| "绿茶".to_owned())
    }

    fn say(&self, key: &str, _: &[(&'static str, String)]) -> String {
        key.to_owned()
    }
}

mod tea {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "teas")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn people_read_values_as_they_say_them() {
    let r = Resource::of::<tea::Entity>("teas");
    let mut labels = Labels::default();
    labels.insert("colour", 7, "龙井");
    let read = |kind: Kind, value: Value, tag| {
        let mut record = Record::default();
        record.set("colour", value);
        reading::read(&r, &Field::new("colour", kind), &record, &Texts(tag), &zone("Asia/Shanghai"), &labels)
    };
    let many = Many { resource: "teas", table: "pairs", here: "a", there: "b" };
    for (kind, value, expected) in [
        (Kind::Money, json!(123_450), "¥1,234.50"),
        (Kind::Money, json!(-5), "-¥0.05"),
        (Kind::Money, json!(100_000_000), "¥1,000,000.00"),
        (Kind::Percent, json!(1250), "12.5 %"),
        (Kind::Percent, json!(0), "0 %"),
        (Kind::Decimal(3), json!(1_234_500), "1,234.500"),
        (Kind::Boolean, json!(true), "rules.yes"),
        (Kind::DateTime, json!(1_795_327_500_000_i64), "2026-11-22 14:05"),
        (Kind::Time, json!("09:30:00"), "09:30"),
        (Kind::Time, json!("09:30:05"), "09:30:05"),
        (Kind::Select(WORDS), json!("green"), "绿茶"),
        (Kind::Select(WORDS), json!("black"), "black"),
        (Kind::MultiSelect(WORDS), json!(["green", "black"]), "绿茶、black"),
        (Kind::BelongsTo(Relation { resource: "teas" }), json!(7), "龙井"),
        (Kind::BelongsTo(Relation { resource: "teas" }), json!(8), "#8"),
        (Kind::Many(many.clone()), json!([7, 8]), "龙井、#8"),
        (Kind::RichText, json!("<p>A &amp; B</p><p>&lt;b&gt;</p>"), "A & B <b>"),
        (Kind::Password, json!("$argon2id$…"), ""),
        (Kind::String, json!(null), ""),
        (Kind::Json, json!({"a": 1}), "{\"a\":1}"),
    ] {
        assert_eq!(read(kind.clone(), value.clone(), "zh-CN"), expected, "{kind:?} {value}");
    }
    assert_eq!(read(Kind::Many(many), json!([7, 8]), "en"), "龙井, #8");
}

#[test]
fn a_field_may_read_otherwise() {
    let r = Resource::of::<tea::Entity>("teas");
    let mut record = Record::default();
    record.set("grams", 50);
    let read = |field: &Field| reading::read(&r, field, &record, &Texts("en"), &TimeZone::UTC, &Labels::default());
    assert_eq!(read(&computed("double", |record| json!(record.number("grams").unwrap_or(0) * 2))), "100");
    // A word that is made from others reads like one that is chosen.
    assert_eq!(read(&computed("colour", |_| json!("green"))), "绿茶");
    assert_eq!(read(&computed("colour", |_| json!("a.b c"))), "a.b c");
    assert_eq!(read(&Field::new("grams", Kind::Integer).reads(|record| format!("{} g", record.get("grams")))), "50 g");
}

#[test]
fn rows_of_another_table_go_to_the_api_in_their_own_forms() {
    let rows = Inline {
        table: "steps",
        parent: "tea_id",
        position: None,
        fields: vec![Field::new("at", Kind::DateTime), Field::new("dose", Kind::Decimal(1))],
    };
    let field = Field::new("steps", Kind::Inline(rows));
    let value = json!([{"id": 3, "at": 0, "dose": 25}]);
    assert_eq!(reading::to_api(&field, &value), json!([{"id": 3, "at": "1970-01-01T00:00:00Z", "dose": "2.5"}]));
}

/// Any value in stored form, of its kind.
fn stored() -> impl Strategy<Value = (Kind, Value)> {
    let number = -MOST..=MOST;
    let moment = -62_135_596_800_000_i64..=253_402_300_799_999;
    prop_oneof![
        number.clone().prop_map(|n| (Kind::Integer, n.into())),
        number.clone().prop_map(|n| (Kind::Money, n.into())),
        number.clone().prop_map(|n| (Kind::Percent, n.into())),
        (0..=9_u8, number).prop_map(|(scale, n)| (Kind::Decimal(scale), n.into())),
        any::<bool>().prop_map(|yes| (Kind::Boolean, yes.into())),
        moment.prop_map(|ms| (Kind::DateTime, ms.into())),
        (1..=9999_i16, 1..=12_i8, 1..=28_i8)
            .prop_map(|(y, m, d)| (Kind::Date, jiff::civil::date(y, m, d).to_string().into())),
        (0..24, 0..60, 0..60).prop_map(|(h, m, s)| (Kind::Time, format!("{h:02}:{m:02}:{s:02}").into())),
        "[\\p{L}\\p{N}#-][\\p{L}\\p{N} &<>\"'-]{0,20}[\\p{L}\\p{N}]".prop_map(|text| (Kind::String, text.into())),
        "#[0-9a-f]{6}".prop_map(|text| (Kind::Colour, text.into())),
        (1..MOST).prop_map(|id| (Kind::BelongsTo(Relation { resource: "teas" }), id.into())),
        prop::collection::btree_map("[a-z]{1,5}", any::<i32>(), 1..4).prop_map(|map| (Kind::Json, json!(map))),
    ]
}

proptest! {
    #[test]
    fn a_form_gives_back_what_it_was_filled_with((kind, value) in stored()) {
        // A zone without leaps: a form of a time that comes twice is a test of its own.
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let field = Field::new("colour", kind);
        let text = reading::input_value(&field, &value, &zone);
        // Beyond its range by the zone, a moment has no form that is a date of four digits.
        prop_assume!(!matches!(field.kind, Kind::DateTime) || !text.starts_with("10000"));
        prop_assert_eq!(from_text(&field.kind, &text, &zone), Ok(Some(value)));
    }

    #[test]
    fn the_api_takes_what_it_gave((kind, value) in stored()) {
        let field = Field::new("colour", kind);
        prop_assert_eq!(from_json(&field.kind, &reading::to_api(&field, &value)), Ok(Some(value)));
    }

    #[test]
    fn any_text_is_taken_or_refused_and_taken_means_the_same_again(text in "\\PC{0,40}|[-+¥0-9.,:/TZ %e元 ]{0,24}") {
        let zone = zone("Asia/Shanghai");
        for kind in all_kinds() {
            if let Ok(Some(value)) = from_text(&kind, &text, &zone) {
                let field = Field::new("colour", kind);
                // Out of Shanghai's clocks' leaps a century ago.
                prop_assume!(!matches!(field.kind, Kind::DateTime) || value.as_i64() > Some(700_000_000_000));
                if !matches!(field.kind, Kind::Password) {
                    let again = from_text(&field.kind, &reading::input_value(&field, &value, &zone), &zone);
                    prop_assert_eq!(again, Ok(Some(value)), "{:?}", field.kind);
                }
            }
        }
    }
}
