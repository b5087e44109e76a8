use proptest::prelude::*;

use super::*;
use crate::{Rule, generate::TYPES, validate::NAMES};

const OPTIONS: [&str; 25] = [
    "NAME",
    "--fields",
    "fields.json",
    "--validations",
    "--route",
    "--route-group",
    "--pk",
    "--view-path",
    "--namespace",
    "--model-namespace",
    "--pagination",
    "--indexes",
    "--foreign-keys",
    "--relationships",
    "--soft-deletes",
    "--form-helper",
    "--localize",
    "--locales",
    "--fillable",
    "--custom-data",
    "--crud-name",
    "--model-name",
    "--table",
    "--from-table",
    "--fields",
];

/// Texts made of what options are made of, and of what they are not.
fn odd() -> impl Strategy<Value = String> {
    let words = [
        "title",
        "user_id",
        "标题",
        "string",
        "decimal(10,2)",
        "enum(a,b)",
        "select",
        "options=",
        "{\"a\": \"\\u4e2d\"}",
        "[\"x\",",
        "required",
        "max:3",
        "regex:/a|b/",
        "exists:users,id",
        "hasMany",
        "App\\Comment",
        "cascade",
        "unique",
        "id",
        "users",
        "comments",
        "posts",
        "#",
        "#",
        ";",
        ",",
        "|",
        ":",
        "\"",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        " ",
        "\n",
        "=",
        "/",
        "\\",
        "'",
        "\u{feff}",
        "\u{0}",
        "é",
        "\"fields\"",
        "\"name\":\"a\"",
        "\"type\":\"text\"",
        "admin",
        "yes",
    ];
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..14).prop_map(|words| words.concat()),
        "\\PC{0,24}",
    ]
}

fn is_marked_well(request: &Request) -> Result<(), TestCaseError> {
    if let Err(fault) = read(request, &known()) {
        let place = fault.place.as_ref().expect("a place");
        prop_assert!(place.text.get(place.span.clone()).is_some(), "{:?}", place);
        let lines = fault.lines(&|key, _| key.to_owned());
        prop_assert!(lines.len() >= 4);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_is_too_odd(option in 0..OPTIONS.len(), text in odd(), more in odd()) {
        let request = and(posts(), OPTIONS[option], &text);
        is_marked_well(&request)?;
        is_marked_well(&and(request, "--validations", &more))?;
    }

    #[test]
    fn nothing_behind_a_field_is_too_odd(word in 0..TYPES.len(), rules in odd(), also in odd()) {
        let request = with_fields(&format!("title#string;it#{}#{rules}", TYPES[word].word));
        is_marked_well(&request)?;
        is_marked_well(&and(and(request, "--relationships", &also), "--indexes", &rules))?;
    }

    #[test]
    fn no_file_is_too_odd(value in odd(), rules in odd()) {
        let quoted = serde_json::to_string(&rules).unwrap();
        let text = format!("{{\"fields\":[{{\"name\":\"a\",\"type\":\"text\",\"rules\":{quoted}}},{value}]}}");
        is_marked_well(&and(posts(), "fields.json", &text))?;
    }

    /// What our reader of JSON takes is what every other one takes.
    #[test]
    fn json_is_what_it_is_elsewhere(text in "[\\[\\]{}:,\"a1 .e+\\\\nu0-]{0,16}") {
        let ours = json::read(&Text::of("it", &text));
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match (ours, theirs) {
            (Ok(_), Err(error)) => prop_assert!(false, "{text}: {error}"),
            (Err(fault), Ok(_)) => prop_assert!(fault.key == "json_twice", "{text}: {}", fault.key),
            _ => {}
        }
    }

    /// What a spec says can be said again, and makes the same spec.
    #[test]
    fn a_spec_says_what_was_said(picked in proptest::collection::vec((0..TYPES.len(), 0..NAMES.len(), 1_i64..20), 1..6)) {
        let fields: Vec<String> = picked.iter().enumerate().map(|(at, (word, name, number))| {
            let known = &TYPES[*word];
            let options = if types::has_options(known.form) { "#options=a,b" } else { "" };
            let rule = match NAMES[*name] {
                bare @ ("required" | "unique" | "email" | "url" | "alpha" | "numeric" | "integer" | "nullable") => bare.to_owned(),
                "min" | "max" | "size" | "digits" => format!("{}:{number}", NAMES[*name]),
                _ => "required".to_owned(),
            };
            format!("f{at}#{}{options}#{rule}", known.word)
        }).collect();
        let Ok(spec) = read(&with_fields(&fields.join(";")), &known()) else { return Ok(()) };
        for field in &spec.fields {
            for (rule, text) in field.rules.iter().zip(&field.rule_texts) {
                let again = Rule::parse(text).unwrap();
                prop_assert_eq!(again.len(), 1);
                prop_assert_eq!(again[0].name(), rule.name());
                if let (Rule::Min(a), Rule::Min(b)) | (Rule::Max(a), Rule::Max(b)) | (Rule::Size(a), Rule::Size(b)) = (&again[0], rule) {
                    prop_assert_eq!(a, b);
                }
            }
        }
        let again: Vec<String> = spec.fields.iter().map(said).collect();
        let again = read(&with_fields(&again.join("; ")), &known()).unwrap();
        prop_assert_eq!(format!("{:?}", again.fields), format!("{:?}", spec.fields));
    }
}

/// A field as `--fields` says it, its bounds as people type them.
fn said(field: &FieldSpec) -> String {
    let mut text = format!("{}#{}", field.name, field.word);
    if !field.options.is_empty() {
        let words: Vec<&str> = field.options.iter().map(|option| option.value.as_str()).collect();
        text.push_str(&format!("#options={}", words.join(",")));
    }
    for (rule, typed) in field.rules.iter().zip(&field.rule_texts) {
        let typed = match (super::super::rules::scale(field.form), rule) {
            (Some(scale), Rule::Min(n) | Rule::Max(n) | Rule::Size(n)) => {
                format!("{}:{}", rule.name(), limits::typed(*n, scale))
            }
            _ => typed.clone(),
        };
        text.push_str(&format!("#{typed}"));
    }
    if field.nullable && !field.is_required() { text + "#nullable" } else { text }
}
