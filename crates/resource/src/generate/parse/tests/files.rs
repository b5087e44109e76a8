use super::*;
use crate::generate::{OnDelete, RelationKind};

const WHOLE: &str = r#"{
    "fields": [
        {"name": "title", "type": "string"},
        {"name": "content", "type": "text", "label": "Words"},
        {"name": "category", "type": "select", "options": {"technology": "Technology", "tips": "Tips"}, "required": true},
        {"name": "state", "type": "enum", "options": ["draft", "live"], "nullable": true, "label": {"zh-CN": "状态"}},
        {"name": "user_id", "type": "integer#unsigned"},
        {"name": "price", "type": "decimal(10,2)", "rules": ["min:1", "max:99.5"], "unsigned": true, "required": false},
        {"name": "code", "type": "string", "validation": "required|regex:/^[a-z]\\d+$/"}
    ],
    "foreign_keys": [{"column": "user_id", "references": "id", "on": "users", "onDelete": "cascade"}],
    "relationships": [
        {"name": "user", "type": "belongsTo", "class": "App\\User"},
        {"name": "comments", "type": "hasMany", "class": "App\\Comment|post_id"}
    ],
    "validations": [{"field": "title", "rules": "required|max:10"}],
    "indexes": ["title|code#unique", {"columns": ["state", "price"], "unique": false}]
}"#;

#[test]
fn a_file_says_all_that_options_say() {
    let spec = made(&and(posts(), "fields.json", WHOLE));
    let fields: Vec<_> = spec
        .fields
        .iter()
        .map(|field| format!("{} {} {}", field.name, field.word, field.rule_texts.join("|")))
        .collect();
    assert_eq!(
        fields,
        [
            "title string required|max:10",
            "content text ",
            "category select required",
            "state enum ",
            "user_id integer exists:users,id",
            "price decimal min:100|max:9950",
            "code string required|regex:/^[a-z]\\d+$/",
        ]
    );
    assert_eq!(spec.fields[1].labels, [Some("Words".to_owned()), Some("Words".to_owned())]);
    assert_eq!(spec.fields[3].labels, [Some("状态".to_owned()), None]);
    assert_eq!(spec.fields[2].options[0].label.as_deref(), Some("Technology"));
    assert!(spec.fields[3].nullable && spec.fields[5].bounds == (Some(0), Some(9_999_999_999)));
    assert_eq!((spec.foreign_keys.len(), spec.foreign_keys[0].on_delete), (1, OnDelete::Cascade));
    assert_eq!((spec.relations.len(), spec.relations[0].kind), (1, RelationKind::HasMany));
    assert_eq!(spec.indexes.len(), 2);
}

#[test]
fn a_file_and_options_say_it_together() {
    let mut request = and(posts(), "fields.json", r#"{"fields": [{"name": "body", "type": "text"}]}"#);
    request.fields = Some("title#string".into());
    request.validations = Some("body#required".into());
    let spec = made(&request);
    assert_eq!(spec.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["title", "body"]);
    assert!(spec.fields[1].is_required());
    request.file = Some(("fields.json".into(), r#"{"fields": [{"name": "title", "type": "text"}]}"#.into()));
    let place = read(&request, &known()).unwrap_err().place.unwrap();
    assert_eq!((place.option.as_str(), place.span), ("fields.json", 22..27));
    request.file = Some(("fields.json".into(), "\u{feff}{}".into()));
    request.validations = None;
    assert_eq!(made(&request).fields.len(), 1);
}

#[test]
fn what_is_no_json_is_marked() {
    for (text, key) in [
        ("«»", "json_value"),
        ("«{»\"fields\": []", "unclosed"),
        ("{\"fields\": «[»", "unclosed"),
        ("{\"fields\": [«x»]}", "json_value"),
        ("{\"fields\": [1,«]»}", "json_value"),
        ("{«f»ields: []}", "json_key"),
        ("{«'»fields': []}", "json_key"),
        ("{\"fields\" «[»]}", "json_colon"),
        ("{\"fields\": [{} «{»}]}", "json_comma"),
        ("{\"fields\": [], «\"»fields}", "unclosed"),
        ("{\"fields\": [], \"«fields»\": []}", "json_twice"),
        ("{\"fields\": []} «]»", "json_after"),
        ("{\"a«\\»q\": []}", "json_escape"),
        ("{\"a«\\»ud800\": []}", "json_escape"),
        ("{\"a«\n»\": []}", "json_control"),
        ("{\"fields\": «01»}", "json_value"),
        ("{\"fields\": «tru»}", "json_value"),
    ] {
        refused(posts(), "fields.json", text, key, None);
    }
    let deep = format!("{}«[»{}", "[".repeat(32), "[".repeat(9));
    refused(posts(), "fields.json", &deep, "json_deep", None);
}

#[test]
fn what_a_file_may_not_say_is_marked_where_it_stands() {
    for (text, key, suggestion) in [
        ("«[]»", "json_kind", None),
        ("{\"«feilds»\": []}", "json_unknown", Some("fields")),
        ("{\"fields\": «{}»}", "json_kind", None),
        ("{\"fields\": [«\"title#string\"»]}", "json_kind", None),
        ("{\"fields\": []}«»", "no_fields", None),
        ("{\"fields\": [«{»\"name\": \"a\"}]}", "json_missing", None),
        ("{\"fields\": [«{»\"type\": \"string\"}]}", "json_missing", None),
        ("{\"fields\": [{\"name\": «1», \"type\": \"string\"}]}", "json_kind", None),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\", \"«requierd»\": true}]}",
            "json_unknown",
            Some("required"),
        ),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"string\", \"required\": «\"yes\"»}]}", "json_kind", None),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\", \"rules\": \"max:1\", \"«validation»\": \"min:1\"}]}",
            "json_twice",
            None,
        ),
        ("{\"fields\": [{\"name\": \"txet\", \"type\": \"«txet»\"}]}", "type_unknown", Some("text")),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"integer#«unsinged»\"}]}", "rule_unknown", Some("unsigned")),
        ("{\"fields\": [{\"name\": \"«type»\", \"type\": \"text\"}]}", "field_rust", Some("kind")),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"text\"}, {\"name\": \"«a»\", \"type\": \"text\"}]}",
            "field_twice",
            None,
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"text\", \"rules\": \"required|max:«ten»\"}]}",
            "rule_number",
            None,
        ),
        // The place of what is written with escapes is where it is written.
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"text\", \"rules\": \"regex:/\\\\d\\u4e2d/|«requ\\u0069rd»|max:3\"}]}",
            "rule_unknown",
            Some("required"),
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"text\", \"rules\": [\"required\", \"«mx»:3\"]}]}",
            "rule_unknown",
            Some("max"),
        ),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"text\", \"label\": \"«»\"}]}", "label", None),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"text\", \"label\": {\"«zh»\": \"x\"}}]}", "json_unknown", None),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"text\", \"options\": «[\"x\"]»}]}", "options_unfit", None),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"select\", \"options\": «5»}]}", "json_kind", None),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"select\", \"options\": [\"x\", \"«x»\"]}]}",
            "option_twice",
            None,
        ),
        ("{\"fields\": [{\"name\": \"a\", \"type\": \"select#options={\\\"x\\\": «[»}\"}]}", "unclosed", None),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}], \"validations\": [{\"field\": \"«b»\", \"rules\": \"max:1\"}]}",
            "field_unknown",
            None,
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}], \"validations\": [«{»\"field\": \"a\"}]}",
            "json_missing",
            None,
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}], \"indexes\": [\"a\", \"«b»\"]}",
            "field_unknown",
            None,
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}], \"indexes\": [{\"columns\": «[]»}]}",
            "index_shape",
            None,
        ),
        (
            "{\"fields\": [{\"name\": \"users\", \"type\": \"integer\"}], \"foreign_keys\": [{\"column\": \"users\", \"references\": \"id\", \"on\": \"«usres»\"}]}",
            "table_unknown",
            Some("users"),
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}], \"foreign_keys\": [{\"column\": \"a\", \"references\": \"id\", \"on\": \"users\", \"onDelete\": \"«cascad»\"}]}",
            "on_delete",
            Some("cascade"),
        ),
        (
            "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}], \"relationships\": [{\"name\": \"x\", \"type\": \"hasMany\", \"class\": \"App\\\\«Coment»\"}]}",
            "relation_to_nothing",
            Some("comments"),
        ),
    ] {
        refused(posts(), "fields.json", text, key, suggestion);
    }
}
