use super::*;
use crate::{
    Rule,
    generate::{ColumnKind, FormKind as F, OptionSpec, TYPES},
};

#[test]
fn every_type_makes_its_field() {
    for known in TYPES {
        let options = if types::has_options(known.form) { "#options=a,b" } else { "" };
        let spec = made(&with_fields(&format!("it#{}{options}", known.word)));
        let field = &spec.fields[0];
        assert_eq!((field.word, field.column, field.form), (known.word, known.column, known.form));
        assert_eq!((field.bounds, field.belongs_to.as_deref(), field.readonly), (known.bounds, None, false));
        assert_eq!(notes(&spec).first().copied(), known.note, "{}", known.word);
        assert_eq!(field.options.len(), if options.is_empty() { 0 } else { 2 });
    }
}

#[test]
fn a_column_is_null_where_nothing_is_stored_as_nothing() {
    use F::{Boolean, Colour, Email, File, Image, MultiSelect, Phone, RichText, String, Text, Url};
    for known in TYPES {
        let options = if types::has_options(known.form) { "#options=a,b" } else { "" };
        let it = |more: &str| field(&format!("it#{}{options}{more}", known.word)).nullable;
        let has_empty = matches!(
            known.form,
            Boolean | Colour | Email | File | Image | MultiSelect | Phone | RichText | String | Text | Url
        );
        assert_eq!(it(""), !has_empty, "{}", known.word);
        assert!(!it("#required"), "{}", known.word);
        assert!(it("#nullable"), "{}", known.word);
    }
    let unique = made(&with_fields("code#string#unique; mail#email#required|unique; count#integer#unique"));
    let nullable: Vec<bool> = unique.fields.iter().map(|field| field.nullable).collect();
    assert_eq!((nullable, notes(&unique)), (vec![true, false, true], vec!["unique_nullable"]));
}

#[test]
fn parentheses_say_how_long_and_how_exact() {
    for (text, form, bounds) in [
        ("a#string(100)", F::String, (None, Some(100))),
        ("a#char(2)", F::String, (None, Some(2))),
        ("a#varchar( 500 )", F::String, (None, Some(500))),
        ("a#decimal", F::Decimal(2), (None, None)),
        ("a#decimal(10,3)", F::Decimal(3), (Some(-9_999_999_999), Some(9_999_999_999))),
        ("a#decimal(8)", F::Decimal(2), (Some(-99_999_999), Some(99_999_999))),
        ("a#decimal(4, 0)", F::Decimal(0), (Some(-9_999), Some(9_999))),
        ("a#decimal(4,4)#unsigned", F::Decimal(4), (Some(0), Some(9_999))),
        ("a#double(15,6)", F::Decimal(6), (Some(-999_999_999_999_999), Some(999_999_999_999_999))),
        ("a#tinyint", F::Integer, (Some(-128), Some(127))),
        ("a#tinyint#unsigned", F::Integer, (Some(0), Some(255))),
        ("a#smallint#required|unsigned", F::Integer, (Some(0), Some(65_535))),
        ("a#mediumint#unsigned", F::Integer, (Some(0), Some(16_777_215))),
        ("a#integer#unsigned", F::Integer, (Some(0), None)),
        ("a#money#unsigned", F::Money, (Some(0), None)),
    ] {
        let field = field(text);
        assert_eq!((field.form, field.bounds), (form, bounds), "{text}");
    }
    for (text, key, suggestion) in [
        ("a#string(«0»)", "type_length", None),
        ("a#string(«long»)", "type_length", None),
        ("a#char(«65536»)", "type_length", None),
        ("a#string(«»)", "type_length", None),
        ("a#decimal(«16»,2)", "type_digits", None),
        ("a#decimal(5,«6»)", "type_digits", None),
        ("a#decimal(«1»)", "type_digits", None),
        ("a#decimal(5,2,«1»)", "type_digits", None),
        ("a#integer(«11»)", "type_takes_nothing", Some("integer")),
        ("a#text(«9»)#required", "type_takes_nothing", Some("text")),
        ("a#string«(»40", "unclosed", None),
        ("a#enum«(»a,b#required", "unclosed", None),
    ] {
        refused(posts(), "--fields", text, key, suggestion);
    }
}

#[test]
fn fields_are_separated_by_semicolons_or_commas() {
    for text in [
        "title#string#required;body#text;state#select#options=draft,live",
        " title#string#required ; body#text ;\nstate#select#options=draft,live ; ",
        "title#string#required,body#text,state#select#options=draft,live",
        "title#string#required, body # text, state#select#options={\"draft\": \"D; #1\", \"live\": \"L, l#x\"}",
        "title#string#required,body#text,state#enum(draft,live)",
        "title#string#required,body#text,state#enum(draft,live)#nullable",
        "title#string#required;body#text;state#radio#options=[\"draft\",\"live\"]",
        "title#string#required,body#text,state#select#in:draft,live#nullable",
    ] {
        let spec = made(&with_fields(text));
        let names: Vec<&str> = spec.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["title", "body", "state"], "{text}");
        let options: Vec<&str> = spec.fields[2].options.iter().map(|option| option.value.as_str()).collect();
        assert_eq!(options, ["draft", "live"], "{text}");
        assert!(spec.fields[0].is_required() && spec.fields[2].rules.is_empty(), "{text}");
    }
    let texts = |text: &str| field(text).rule_texts;
    assert_eq!(texts("a#string#regex:/^[a;,#|]+#b#,c#/i|max:9;"), ["regex:/^[a;,#|]+#b#,c#/i", "max:9"]);
    assert_eq!(texts("a#string#in:\"x;y#z\",w|between:1,2"), ["in:\"x;y#z\",w", "between:1,2"]);
    assert_eq!(texts("a#string#in:b,c#required"), ["in:b,c", "required"]);
}

#[test]
fn choices_are_written_in_many_ways() {
    let labelled = [("a", Some("Ä")), ("b", None), ("3", Some("4"))];
    let plain = [("a", None), ("b", None), ("3", None)];
    for (text, expected) in [
        ("it#select#options={\"a\": \"\\u00c4\", \"b\": \" \", \"3\": 4}", labelled),
        ("it#select#options = [\"a\", \"b\", 3]", plain),
        ("it#select#options=a, b,\"3\"", plain),
        ("it#enum('a','b','3')", plain),
        ("it#multi_select(a,b,3)#required", plain),
        ("it#radio#required|in:a,b,3", plain),
        ("it#select#options=a,b,3#in:3,a,b", plain),
    ] {
        let found = field(text).options;
        let expected =
            expected.map(|(value, label)| OptionSpec { value: value.into(), label: label.map(str::to_owned) });
        assert_eq!(found, expected, "{text}");
    }
    for (text, key, suggestion) in [
        ("it#«select»#required", "options_missing", None),
        ("it#«enum»", "options_missing", None),
        ("it#select#options=a,«»,b", "word_missing", None),
        ("it#select#options=«»", "word_missing", None),
        ("it#select#options=«{}»", "options_none", None),
        ("it#select#options={\"a\":\"A\",\"«»\":\"B\"}", "option_empty", None),
        ("it#select#options=a,«a»", "option_twice", None),
        // An escape is marked as a whole.
        ("it#select#options=[\"x\", \"a\", \"«\\u0061»\"]", "option_twice", None),
        ("it#enum(a,b)#options=«c,d»", "options_twice", None),
        ("it#string#options=«a,b»", "options_unfit", None),
        ("it#select#options={\"a\": «[1]»}", "json_kind", None),
        ("it#select#options={\"a\": «}»", "json_value", None),
        ("it#select#options=«{»\"a\": \"b\"", "unclosed", None),
        ("it#select#options={\"a\": «\"»b}; x#string", "unclosed", None),
        ("it#select#options=a,«\"»b", "unclosed", None),
        ("it#select#options=a,b#in:a,«d»", "option_unknown", None),
        ("it#select#options=draft,live#in:live,«dratf»", "option_unknown", Some("draft")),
        ("it#select#options=a,b,c#«in:a,b»", "option_left_out", None),
        ("it#select#«optoins»=a,b", "segment_unknown", Some("options")),
        ("it#string#«max»=10", "segment_unknown", Some("max:10")),
    ] {
        refused(posts(), "--fields", text, key, suggestion);
    }
}

#[test]
fn a_broken_text_is_marked_where_it_breaks() {
    for (text, key, suggestion) in [
        ("«»", "no_fields", None),
        ("title«»", "type_missing", None),
        ("title:string:required«»", "type_missing", Some("title#string:required")),
        ("title#string; body«»", "type_missing", None),
        ("title#«»", "type_missing", None),
        ("title#«»#required", "type_missing", None),
        ("title#string;«»;body#text", "entry_missing", None),
        ("«»;title#string", "entry_missing", None),
        ("title#string#«»", "segment_missing", None),
        ("title#string#«»#required", "segment_missing", None),
        ("«»#string", "field_missing", None),
        ("title#string#required|«»", "rule_missing", None),
        ("title#string#«»|required", "rule_missing", None),
        ("title#«txet»", "type_unknown", Some("text")),
        ("title#«Stirng»#required", "type_unknown", Some("string")),
        ("title#«int»#required", "type_unknown", Some("integer")),
        ("title#«bool»", "type_unknown", Some("boolean")),
        ("title#«bigInteger»", "type_unknown", Some("integer")),
        ("title#«zzz»", "type_unknown", None),
        ("title#string, body#«longtxet»", "type_unknown", Some("longtext")),
        ("«标题»#string", "field_name", None),
        ("title#string; «blogTitle»#string", "field_name", Some("blog_title")),
        ("«Title»#string", "field_name", Some("title")),
        ("«blog-title»#string", "field_name", Some("blog_title")),
        ("«1st»#string", "field_name", None),
        ("«a__b»#string", "field_name", Some("a_b")),
        ("«type»#string", "field_rust", Some("kind")),
        ("title#string; «match»#integer", "field_rust", Some("game")),
        ("«gen»#integer", "field_rust", None),
        ("«order»#integer", "field_sql", Some("position")),
        ("«user»#string", "field_sql", Some("user_name")),
        ("«ctid»#string", "field_sql", None),
        ("«id»#integer", "field_own", None),
        ("a#string,«deleted_at»#datetime", "field_own", None),
        ("title#string; «title»#text", "field_twice", None),
        ("line1#string; «line_1»#text", "field_alike", None),
        ("title#string#«unsigned»", "unsigned_unfit", None),
        ("title#string#«unsigend»", "rule_unknown", Some("unsigned")),
        ("title#string#«nulable»", "rule_unknown", Some("nullable")),
    ] {
        refused(posts(), "--fields", text, key, suggestion);
    }
}

#[test]
fn a_name_may_be_as_long_as_databases_keep_it() {
    let most = "a".repeat(63);
    assert_eq!(field(&format!("{most}#string")).name, most);
    refused(posts(), "--fields", &format!("«{most}a»#string"), "field_long", None);
}

#[test]
fn words_among_rules_are_no_rules() {
    let it = field("price#decimal(10,2)#required|unsigned|min:1.5");
    assert_eq!(
        (it.rule_texts.as_slice(), it.nullable),
        (["required".to_owned(), "min:150".to_owned()].as_slice(), false)
    );
    assert_eq!(it.bounds, (Some(0), Some(9_999_999_999)));
    let it = field("price#integer#nullable|max:5");
    assert_eq!((it.rule_texts.as_slice(), it.nullable), (["max:5".to_owned()].as_slice(), true));
    let it = field("seen#datetime#readonly");
    assert!(it.readonly && it.nullable && it.rules.is_empty() && it.column == ColumnKind::Integer);
    let it = field("title#string#required#required#max:10");
    assert_eq!(it.rules.len(), 2);
    assert!(matches!(it.rules[..], [Rule::Required, Rule::Max(10)]));
}
