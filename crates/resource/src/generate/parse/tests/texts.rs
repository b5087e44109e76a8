use std::{collections::BTreeSet, fs, path::Path};

use regex::Regex;

use super::*;

/// The texts of faults and notes, in both languages.
fn texts() -> [toml::Table; 2] {
    ["en", "zh-CN"].map(|language| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../locales/{language}/generate.toml"));
        let table: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        table["generate"].as_table().unwrap().clone()
    })
}

fn text<'t>(texts: &'t toml::Table, group: &str, key: &str) -> Option<&'t str> {
    texts.get(group)?.get(key)?.as_str()
}

fn places(text: &str) -> BTreeSet<&str> {
    let place = Regex::new(r"\{([a-z_]+)\}").unwrap();
    place.captures_iter(text).map(|found| found.get(1).unwrap().as_str()).collect()
}

/// The keys that the sources name.
fn named(pattern: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generate");
    let files = fs::read_dir(folder.join("parse")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.chain([folder.join("names.rs")]).filter(|path| path.extension().is_some_and(|it| it == "rs"));
    let pattern = Regex::new(pattern).unwrap();
    let mut keys = BTreeSet::new();
    for file in files {
        let source = fs::read_to_string(file).unwrap();
        keys.extend(pattern.captures_iter(&source).map(|found| found[1].to_owned()));
    }
    keys
}

#[test]
fn every_fault_and_note_has_a_text_in_both_languages() {
    let [english, chinese] = texts();
    let faults = named(r#"(?:fault|Fault::new)\(\s*"([a-z_]+)""#);
    assert!(faults.len() > 100, "{}", faults.len());
    let notes = named(r#"(?:note|Note::new)\(\s*"([a-z_]+)""#);
    let of_types = crate::generate::TYPES.iter().filter_map(|known| known.note).map(str::to_owned);
    let faults = faults.into_iter().chain(["moment_unknown".to_owned()]).map(|key| ("faults", key));
    for (group, key) in faults.chain(notes.into_iter().chain(of_types).map(|key| ("notes", key))) {
        let [Some(one), Some(other)] = [&english, &chinese].map(|texts| text(texts, group, &key)) else {
            panic!("{group}.{key} has no text");
        };
        assert_eq!(places(one), places(other), "{group}.{key}");
    }
}

/// Faults of every sort: each place of their texts is filled.
#[test]
fn every_place_of_a_text_is_filled() {
    let [english, _] = texts();
    let mut seen = BTreeSet::new();
    let requests = [
        with_fields("a#strin"),
        with_fields("a#string(0)"),
        with_fields("a#decimal(99)"),
        with_fields("a#integer(4)"),
        with_fields("a#string#"),
        with_fields("a#string#mx:3"),
        with_fields("a#string#max"),
        with_fields("a#string#max:x"),
        with_fields("a#string#between:1"),
        with_fields("a#string#between:2,1"),
        with_fields("a#string#regex:/(/"),
        with_fields("a#integer#image"),
        with_fields("a#tinyint#max:999"),
        with_fields("a#string#min:5|max:2"),
        with_fields("a#select"),
        with_fields("a#string#options=b"),
        with_fields("a#select#options=b#in:c"),
        with_fields("a#select#options=b,c#in:c"),
        with_fields("a#date#after:someday"),
        with_fields("a#image#mimes:exe"),
        with_fields("a#integer#in:x"),
        with_fields("order#string"),
        with_fields("a_1#string;a1#string"),
        and(posts(), "NAME", "Order"),
        and(posts(), "--route-group", "x"),
        and(posts(), "--pagination", "x"),
        and(posts(), "--form-helper", "x"),
        and(posts(), "--foreign-keys", "title#id#nowhere"),
        and(posts(), "--relationships", "x#hasMany#Nowhere"),
        and(posts(), "--relationships", "x#morphs#Nowhere"),
        and(posts(), "--indexes", "title#quick"),
        and(posts(), "--from-table", "old_words"),
        and(posts(), "fields.json", "{\"a\": 1}"),
        and(posts(), "fields.json", "{\"fields\": 1}"),
    ];
    for request in requests {
        let fault = read(&request, &known()).unwrap_err();
        let text = text(&english, "faults", fault.key).unwrap();
        let given: BTreeSet<&str> = fault.args.iter().map(|(name, _)| *name).collect();
        assert!(places(text).is_subset(&given), "{}: {text}", fault.key);
        seen.insert(fault.key);
    }
    assert!(seen.len() > 28, "{seen:?}");
    let told = [
        with_fields("a#binary;b#float;c#money#max:3;d#string#unique"),
        and(posts(), "--view-path", "admin/x"),
        and(with_fields("user_id#integer"), "--relationships", "user#belongsTo#User"),
        and(with_fields("user_id#integer"), "--foreign-keys", "user_id#id#users#cascade#cascade"),
        and(with_fields("a#string#unique"), "--indexes", "a"),
        and(and(with_fields("title#string"), "--from-table", "items"), "--soft-deletes", "no"),
        Request { parts: vec![Part::Model], ..and(posts(), "--route", "yes") },
    ];
    for note in told.iter().flat_map(|request| made(request).notes) {
        let text = text(&english, "notes", note.key).unwrap();
        let given: BTreeSet<&str> = note.args.iter().map(|(name, _)| *name).collect();
        assert!(places(text).is_subset(&given), "{}: {text}", note.key);
    }
}
