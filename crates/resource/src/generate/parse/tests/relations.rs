use super::*;
use crate::generate::{ForeignKey, FormKind, OnDelete, RelationKind, RelationSpec};

const FIELDS: &str =
    "title#string; user_id#integer#unsigned#required; account_id#bigint; code#string; parent_id#integer";

fn asked(option: &str, text: &str) -> Spec {
    made(&and(with_fields(FIELDS), option, text))
}

fn key(column: &str, table: &str, references: &str, on_delete: OnDelete) -> ForeignKey {
    ForeignKey { column: column.into(), table: table.into(), references: references.into(), on_delete }
}

#[test]
fn a_foreign_key_makes_a_relation_of_its_field_where_there_is_a_resource() {
    let text = "user_id#id#users#cascade, account_id#id#accounts#set null;code#slug#accounts,parent_id#id#posts";
    let spec = asked("--foreign-keys", text);
    let expected = [
        key("user_id", "users", "id", OnDelete::Cascade),
        key("account_id", "accounts", "id", OnDelete::SetNull),
        key("code", "accounts", "slug", OnDelete::Restrict),
        key("parent_id", "posts", "id", OnDelete::Restrict),
    ];
    assert_eq!(spec.foreign_keys, expected);
    let found: Vec<_> =
        spec.fields.iter().map(|it| (it.form, it.belongs_to.as_deref(), it.rule_texts.join("|"))).collect();
    let expected = [
        (FormKind::String, None, ""),
        // `users` is a table and no resource.
        (FormKind::Integer, None, "required|exists:users,id"),
        (FormKind::BelongsTo, Some("accounts"), ""),
        (FormKind::String, None, "exists:accounts,slug"),
        (FormKind::BelongsTo, Some("posts"), ""),
    ];
    assert_eq!(found, expected.map(|(form, to, rules)| (form, to, rules.to_owned())));
    assert_eq!(spec.fields[2].bounds, (None, None));
    assert!(spec.fields[2].nullable && !spec.fields[1].nullable);
    let again = with_fields("account_id#integer#exists:accounts,id|required");
    let again = made(&and(again, "--foreign-keys", "account_id#id#accounts#NO ACTION#cascade"));
    assert_eq!((again.fields[0].rule_texts.join("|"), notes(&again)), ("required".into(), vec!["on_update"]));
}

#[test]
fn a_key_that_is_called_otherwise_is_one() {
    let mut known = known();
    known.resources.push("codes".into());
    let request = and(with_fields("code_id#integer"), "--foreign-keys", "code_id#code#codes");
    assert_eq!(read(&request, &known).unwrap().fields[0].belongs_to.as_deref(), Some("codes"));
    let request = and(and(with_fields("parent_id#integer"), "--pk", "nr"), "--foreign-keys", "parent_id#nr#posts");
    assert_eq!(read(&request, &known).unwrap().fields[0].belongs_to.as_deref(), Some("posts"));
}

#[test]
fn a_foreign_key_to_nothing_is_marked() {
    for (text, problem, suggestion) in [
        ("«usr_id»#id#users#cascade", "field_unknown", Some("user_id")),
        ("user_id#«ids»#users", "column_unknown", Some("id")),
        ("user_id#id#«user»#cascade", "table_unknown", Some("users")),
        ("user_id#«name»#users", "references_not_unique", Some("id")),
        ("user_id#id#users#«cascde»", "on_delete", Some("cascade")),
        ("user_id#id#users#«set default»", "on_delete", None),
        ("user_id#id#users#«set_null»", "set_null", Some("restrict")),
        ("user_id#id#users#cascade#«cascde»", "on_delete", Some("cascade")),
        ("«user_id#id»", "foreign_key_shape", None),
        ("user_id#id#users#cascade#cascade#«more»", "foreign_key_shape", None),
        ("user_id#id#users, «user_id»#id#accounts", "foreign_key_twice", None),
        ("user_id#id#users,«»,account_id#id#accounts", "entry_missing", None),
    ] {
        refused(with_fields(FIELDS), "--foreign-keys", text, problem, suggestion);
    }
    let keys = "body#id#users";
    let at = |fields: &str| read(&and(with_fields(fields), "--foreign-keys", keys), &known()).unwrap_err();
    let fault = at("body#text");
    assert_eq!(
        (fault.key, fault.place.unwrap().span, fault.suggestion),
        ("foreign_key_type", 5..9, Some("integer".into()))
    );
    let request = and(with_fields("account_id#integer#min:1"), "--foreign-keys", "account_id#id#accounts");
    let fault = read(&request, &known()).unwrap_err();
    assert_eq!((fault.key, fault.place.unwrap().span), ("rule_unfit", 19..24));
}

fn relation(name: &str, kind: RelationKind, table: &str, through: &str) -> RelationSpec {
    RelationSpec { name: name.into(), kind, table: table.into(), through: through.into() }
}

#[test]
fn relations_are_found_by_name_and_class() {
    let all = "comments#hasMany#App\\Comment; firstComment#hasOne#App\\Models\\Comment::class|post_id|id, \
               tags#belongsToMany#Tag;children#has_many#Post#parent_id;labels#belongs-to-many#Tag|post_tag|post_id|tag_id";
    let spec = asked("--relationships", all);
    let expected = [
        relation("comments", RelationKind::HasMany, "comments", "post_id"),
        relation("first_comment", RelationKind::HasOne, "comments", "post_id"),
        relation("tags", RelationKind::BelongsToMany, "tags", "post_tag"),
        relation("children", RelationKind::HasMany, "posts", "parent_id"),
        relation("labels", RelationKind::BelongsToMany, "tags", "post_tag"),
    ];
    assert_eq!(spec.relations, expected);
    let spec = asked("--relationships", "user#belongsTo#App\\User; account#belongsTo");
    let expected =
        [key("user_id", "users", "id", OnDelete::Restrict), key("account_id", "accounts", "id", OnDelete::Restrict)];
    assert_eq!(spec.foreign_keys, expected);
    assert_eq!(
        (spec.fields[2].belongs_to.as_deref(), notes(&spec)),
        (Some("accounts"), vec!["relation_key", "relation_key"])
    );
    let both = and(with_fields(FIELDS), "--foreign-keys", "user_id#id#users#cascade");
    let spec = made(&and(both, "--relationships", "author#belongsTo#User|user_id"));
    assert_eq!((spec.foreign_keys.len(), spec.notes.len()), (1, 0));
}

#[test]
fn a_relation_that_no_code_can_be_written_for_is_told() {
    let mut known = known();
    known.generated.clear();
    let request = and(with_fields(FIELDS), "--relationships", "comments#hasMany#Comment");
    let spec = read(&request, &known).unwrap();
    assert_eq!((notes(&spec), spec.relations.len()), (vec!["relation_without_entity"], 0));
}

#[test]
fn a_relation_to_nothing_is_marked() {
    for (text, problem, suggestion) in [
        ("comments#hasMany#App\\«Coment»", "relation_to_nothing", Some("comments")),
        ("«coments»#hasMany", "relation_to_nothing", Some("comments")),
        ("things#hasMany#«Thing»::class", "relation_to_nothing", None),
        ("comments#«hasmny»#Comment", "relation_kind", Some("hasMany")),
        ("comments#«morphTo»#Comment", "relation_kind", None),
        ("«comments»", "relation_shape", None),
        ("comments#hasMany#«»", "relation_shape", None),
        ("comments#hasMany#Comment|post_id|id|«more»", "relation_shape", None),
        ("users#hasMany#App\\«User»", "relation_without_column", None),
        ("comments#hasMany#Comment|«pst_id»", "relation_without_column", Some("post_id")),
        ("comments#hasMany#Comment|post_id|«title»", "relation_key_other", Some("id")),
        ("users#belongsToMany#App\\«User»", "relation_without_pairs", None),
        ("tags#belongsToMany#Tag|«post_tags»", "relation_without_pairs", Some("post_tag")),
        ("tags#belongsToMany#Tag|post_tag|«posts_id»", "relation_key_other", Some("post_id")),
        ("«owner»#belongsTo#User", "relation_without_field", None),
        ("«usr»#belongsTo#User", "relation_without_field", Some("user_id")),
        ("owner#belongsTo#User|«usr_id»", "relation_without_field", Some("user_id")),
        ("user#belongsTo#User|user_id|«ids»", "column_unknown", Some("id")),
        ("comments#hasMany#Comment, «comments»#hasOne#Comment", "relation_twice", None),
        ("«title»#hasMany#Comment", "relation_twice", None),
        ("«type»#hasMany#Comment", "identifier_reserved", None),
        ("«评论»#hasMany#Comment", "identifier", None),
    ] {
        refused(with_fields(FIELDS), "--relationships", text, problem, suggestion);
    }
    let request = and(with_fields(FIELDS), "--foreign-keys", "user_id#id#users");
    refused(request, "--relationships", "user#belongsTo#«Account»", "relation_differs", Some("users"));
}
