use super::*;
use crate::{Rule, validate::NAMES};

/// A field for each rule, and the text of the rule as it is kept; none: the type says it already.
const EACH: [(&str, Option<&str>); 37] = [
    ("accepted", Some("terms#boolean")),
    ("after:today", Some("day#date")),
    ("after:other_day", Some("day#datetime; other_day#date")),
    ("alpha", Some("word#string")),
    ("alpha_num", Some("word#string")),
    ("alpha_dash", Some("word#text")),
    ("before:2030-01-01", Some("day#date")),
    ("before:other_time", Some("at#time; other_time#time")),
    ("between:1,5", Some("stars#tinyint")),
    ("boolean", Some("flag#string")),
    ("confirmed", Some("secret#password")),
    ("date", Some("day#string")),
    ("different:other", Some("word#string; other#string")),
    ("digits:6", Some("code#string")),
    ("digits_between:4,6", Some("code#integer")),
    ("email", Some("mail#string")),
    ("exists:accounts,id", Some("account#integer")),
    ("image", Some("picture#file")),
    ("in:1,2", Some("number#integer")),
    ("integer", Some("number#string")),
    ("ip", Some("address#string")),
    ("json", Some("data#text")),
    ("max:100", Some("word#string")),
    ("mimes:PNG,jpg", Some("picture#image")),
    ("min:3", Some("words#json")),
    ("not_in:admin,root", Some("word#string")),
    ("numeric", Some("number#string")),
    ("regex:/^[a-z|]+$/i", Some("word#string")),
    ("required", Some("word#string")),
    ("required_with:other", Some("word#string; other#string")),
    ("same:other", Some("word#string; other#string")),
    ("size:4", Some("word#string")),
    ("unique", Some("word#string")),
    ("url", Some("address#string")),
    ("nullable", None),
    ("digits:3", Some("code#tinyint#unsigned")),
    ("in:09:30:00", Some("at#time")),
];

#[test]
fn every_rule_is_kept_as_it_was_typed() {
    for name in NAMES {
        assert!(EACH.iter().any(|(text, _)| text.split(':').next() == Some(*name)), "{name}");
    }
    for (text, fields) in EACH {
        let Some(fields) = fields else { continue };
        let (first, others) = fields.split_once(';').unwrap_or((fields, ""));
        for request in [
            with_fields(&format!("{first}#{text};{others}")),
            and(with_fields(fields), "--validations", &format!("{}#{text}", fields.split('#').next().unwrap())),
        ] {
            let it = made(&request).fields.remove(0);
            assert_eq!(it.rule_texts, [text], "{fields}");
            let again = Rule::parse(&it.rule_texts[0]).unwrap();
            assert_eq!(again[0].name(), it.rules[0].name());
        }
    }
}

#[test]
fn what_the_type_says_is_no_rule() {
    for text in [
        "it#email#email",
        "it#url#url",
        "it#date#date",
        "it#datetime#date",
        "it#integer#integer|numeric",
        "it#money#numeric",
        "it#boolean#boolean",
        "it#json#json",
        "it#image#image",
        "it#select#options=a,b#in:a,b",
        "it#string#nullable",
    ] {
        assert_eq!(field(text).rule_texts, [] as [&str; 0], "{text}");
    }
}

#[test]
fn bounds_of_decimals_are_what_people_type() {
    for (text, stored) in [
        ("price#decimal#max:100", "max:10000"),
        ("price#decimal(10,3)#min:0.125", "min:125"),
        ("price#decimal(10,0)#max:100", "max:100"),
        ("price#money#between:1,99.9", "between:100,9990"),
        ("rate#percent#max:12.5", "max:1250"),
        ("price#float#size:-1", "size:-10000"),
    ] {
        let spec = made(&with_fields(text));
        assert_eq!(spec.fields[0].rule_texts, [stored], "{text}");
        let tells = spec.notes.iter().any(|note| note.key == "scaled");
        assert_eq!(tells, !text.ends_with(stored), "{text}");
    }
    let note = made(&with_fields("price#decimal#max:100")).notes.remove(0);
    let args: Vec<&str> = note.args.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(args, ["price", "max:100", "max:10000", "0.01"]);
    refused(posts(), "--fields", "price#decimal#max:«1.234»", "rule_number", None);
}

#[test]
fn a_broken_rule_is_marked_where_it_breaks() {
    for (text, key, suggestion) in [
        ("a#string#«requird»|max:3", "rule_unknown", Some("required")),
        ("a#string#required|«mx»:3", "rule_unknown", Some("max")),
        ("a#string#required| «max 3»", "rule_unknown", Some("max")),
        ("a#string#«frobnicate»:3", "rule_unknown", None),
        ("a#string#«alphanum»", "rule_unknown", Some("alpha_num")),
        ("a#string#required:«yes»", "rule_takes_nothing", Some("required")),
        ("a#string#unique:«posts,title»", "rule_takes_nothing", Some("unique")),
        ("a#string#required«:»", "rule_takes_nothing", Some("required")),
        ("a#string#required|«max»", "rule_takes_something", Some("max:100")),
        ("a#string#«between:»", "rule_takes_something", Some("between:1,5")),
        ("a#string#max:«ten»", "rule_number", None),
        ("a#string#max:«1.5»", "rule_number", None),
        ("a#string#digits:«x»", "rule_number", None),
        ("a#string#between:«1»", "rule_range", None),
        ("a#string#between:«1,2,3»", "rule_range", None),
        ("a#string#between:1, «x»", "rule_number", None),
        ("a#string#digits_between:«x»,2", "rule_number", None),
        ("a#string#between:«5,1»", "rule_order", Some("between:1,5")),
        ("a#string#digits_between:«5,1»", "rule_order", Some("digits_between:1,5")),
        ("a#integer#max:«9007199254740992»", "rule_too_large", None),
        ("a#integer#exists:«accounts»", "rule_words", Some("exists:accounts,id")),
        ("a#string; b#string#same:«a,c»", "rule_words", Some("same:title")),
        ("a#string#in:x,«»,y", "word_missing", None),
        ("a#string#in:x,«\"»y", "unclosed", None),
        ("a#string#regex:/a«(»b/", "rule_pattern", None),
        ("a#string#regex:/标«[»a/|max:3", "rule_pattern", None),
        ("a#string#regex:/«\\/a[»/", "rule_pattern", None),
        ("a#string#regex:«^a$»", "rule_pattern", None),
        ("a#string#regex:«/»a", "rule_pattern", None),
        ("a#string#regex:/a/«q»", "rule_pattern", None),
        ("a#string#required|max:3|«required»", "rule_twice", None),
        ("a#string#max:3|«max:4»", "rules_contradict", None),
    ] {
        refused(posts(), "--fields", text, key, suggestion);
    }
    for (text, key, suggestion) in [
        ("title#«requird»", "rule_unknown", Some("required")),
        ("title#required, title#max:«ten»", "rule_number", None),
        ("title#min:10|max:«x»|required; title#required", "rule_number", None),
        ("«titel»#required", "field_unknown", Some("title")),
        ("title«»", "validation_shape", None),
        ("title#«»", "rule_missing", None),
    ] {
        refused(posts(), "--validations", text, key, suggestion);
    }
}

#[test]
fn a_rule_fits_its_field_or_is_refused() {
    for text in [
        "a#integer#«mimes:png»",
        "a#integer#«image»",
        "a#date#«digits:4»",
        "a#boolean#«max:1»",
        "a#datetime#«min:3»",
        "a#date#«between:1,2»",
        "a#text#«unique»",
        "a#json#«unique»",
        "a#image#«unique»",
        "a#multi_select#in:a,b|«unique»",
        "a#rich_text#«unique»",
        "a#boolean#«unique»",
        "a#password#«unique»",
        "a#decimal#«in:1,2»",
        "a#money#«in:1,2»",
        "a#decimal#«integer»",
        "a#integer#«alpha»",
        "a#integer#«email»",
        "a#date#«url»",
        "a#integer#«ip»",
        "a#string#«mimes:png»",
        "a#integer#«after:today»",
        "a#json#«regex:/a/»",
        "a#boolean#«confirmed»",
        "a#image#«confirmed»",
        "a#date#«json»",
        "a#date#«accepted»",
        "a#email#«boolean»",
        "a#text#«exists:accounts,id»",
        "a#select#options=x,y#«max:3»",
        "a#colour#«size:7»",
        "a#datetime#«in:1,2»",
        "a#password#«in:a,b»",
        "a#integer#«date»",
        "a#image#«in:a,b»",
    ] {
        refused(posts(), "--fields", text, "rule_unfit", None);
    }
    let args = read(&with_fields("a#integer#mimes:png"), &known()).unwrap_err().args;
    assert!(args.contains(&("types", "file, image".into())), "{args:?}");
}

#[test]
fn the_words_of_a_rule_name_what_there_is() {
    for (text, key, suggestion) in [
        ("title#string; b#string#same:«titel»", "field_unknown", Some("title")),
        ("title#string; b#string#different:«titel»", "field_unknown", Some("title")),
        ("title#string; b#string#required_with:title,«titel»", "field_unknown", Some("title")),
        ("b#string#same:«b»", "rule_itself", None),
        ("b#string#required_with:«b»", "rule_itself", None),
        ("title#integer; b#string#same:«title»", "rule_other_type", None),
        ("starts#date; b#date#after:«strats»", "moment_unknown", Some("starts")),
        ("b#date#after:«tommorow»", "moment_unknown", Some("tomorrow")),
        ("b#date#before:«2026-02-30»", "moment_unknown", None),
        ("b#date#before:«b»", "rule_itself", None),
        ("c#integer; b#date#before:«c»", "rule_other_type", None),
        ("c#date; b#time#before:«c»", "rule_other_type", None),
        ("b#time#before:«today»", "field_unknown", None),
        ("b#integer#exists:«acounts»,id", "table_unknown", Some("accounts")),
        ("b#integer#exists:accounts,«ids»", "column_unknown", Some("id")),
        ("b#image#mimes:png,«pgn»", "mimes_unknown", Some("png")),
        ("b#image#mimes:«pdf»", "mimes_unknown", None),
        ("b#file#mimes:pdf,«exe»", "mimes_unknown", None),
        ("b#integer#in:1,«02»", "value_unfit", Some("2")),
        ("b#integer#not_in:«one»", "value_unfit", None),
        ("b#date#in:«2026/1/2»", "value_unfit", Some("2026-01-02")),
        ("b#time#in:«9:30»", "value_unfit", Some("09:30:00")),
        ("b#password#«confirmed»; b_confirmation#password", "confirmed_field", None),
    ] {
        refused(posts(), "--fields", text, key, suggestion);
    }
    made(&with_fields("a#integer#exists:posts,id; b#string#exists:posts,a; c#file#mimes:pdf,mp4"));
}

#[test]
fn rules_that_leave_nothing_are_refused() {
    for (text, key, suggestion) in [
        ("a#string#required|«nullable»", "rules_contradict", None),
        ("a#string#nullable|«required»", "rules_contradict", None),
        ("a#string#required|«readonly»", "rules_contradict", None),
        ("a#string#min:5|«max:4»", "rules_contradict", None),
        ("a#integer#max:4|«between:5,9»", "rules_contradict", None),
        ("a#string#size:3|«min:4»", "rules_contradict", None),
        ("a#integer#digits:3|«max:99»", "rules_contradict", None),
        ("a#string#digits_between:2,3|«size:4»", "rules_contradict", None),
        ("a#string#in:x,y|«not_in:y,x»", "rules_contradict", None),
        ("a#string; b#string#same:a|«different:a»", "rules_contradict", None),
        ("a#date#after:2026-02-01|«before:2026-01-01»", "rules_contradict", None),
        ("a#date#after:today|«before:tomorrow»", "rules_contradict", None),
        ("a#tinyint#«max:1000»", "beyond_type", Some("smallint")),
        ("a#tinyint#«max:40000»", "beyond_type", Some("integer")),
        ("a#smallint#«min:-100000»", "beyond_type", Some("mediumint")),
        ("a#mediumint#«max:100000000»", "beyond_type", Some("integer")),
        ("a#integer#unsigned|«min:-1»", "beyond_type", None),
        ("a#tinyint#«digits:4»", "beyond_type", Some("smallint")),
        ("a#integer#«digits:17»", "beyond_type", None),
        ("a#string(40)#«max:41»", "beyond_type", None),
        ("a#string#«min:256»", "beyond_type", None),
        ("a#decimal(4,2)#«max:100»", "beyond_type", None),
        ("a#password#«max:8»", "beyond_type", None),
        ("a#password#«min:201»", "beyond_type", None),
        ("a#multi_select(x,y)#«min:3»", "beyond_type", None),
        ("a#string#«max:0»", "rule_too_small", None),
        ("a#text#«min:-1»", "rule_too_small", None),
        ("a#image#«max:-5»", "rule_too_small", None),
        ("a#string#«digits:0»", "rule_too_small", None),
        ("a#integer#«digits:0»", "rule_too_small", None),
    ] {
        refused(posts(), "--fields", text, key, suggestion);
    }
    refused(with_fields("a#string#max:3"), "--validations", "a#required|«max:4»", "rules_contradict", None);
    let request = and(with_fields("a#string#nullable"), "--validations", "a#max:4|required");
    let place = read(&request, &known()).unwrap_err().place.unwrap();
    assert_eq!((place.option.as_str(), place.span), ("--fields", 9..17));
}

#[test]
fn rules_that_leave_something_are_kept() {
    for text in [
        "a#string#min:300|max:500",
        "a#integer#min:-5|max:5",
        "a#integer#max:0",
        "a#integer#digits:3|min:100|max:999",
        "a#tinyint#digits:3",
        "a#date#after:yesterday|before:tomorrow",
        "a#date#after:2026-01-01|before:2026-01-03",
        "a#datetime#after:now",
        "a#decimal(4,2)#max:99.99",
        "a#password#min:4|max:8",
        "a#string#same:b; b#string#different:c; c#string",
        "a#string#not_in:x|not_in:y|regex:/a/|regex:/b/",
        "a#string#max:3#max:3",
        "starts#date; ends#date#after:starts|required_with:starts",
    ] {
        made(&with_fields(text));
    }
    let merged = and(with_fields("a#string#required|max:3"), "--validations", "a#required|max:3|min:1");
    assert_eq!(made(&merged).fields[0].rule_texts, ["required", "max:3", "min:1"]);
}
