use super::*;

fn of_table(table: &str, fields: &str) -> Request {
    Request { name: "Things".into(), from_table: Some(table.into()), ..with_fields(fields) }
}

#[test]
fn a_table_that_is_there_stays_as_it_is() {
    let spec = made(&and(of_table("items", "title#string#required; order#integer; price#money"), "--indexes", "title"));
    assert_eq!((spec.table.as_str(), spec.key.as_str(), spec.soft_deletes), ("items", "id", true));
    assert_eq!(spec.kept_columns, ["version", "created_at", "deleted_at"]);
    assert_eq!(spec.parts, [Part::Model, Part::Resource, Part::Texts, Part::Test]);
    assert_eq!(notes(&spec), ["columns_left", "table_stays"]);
    assert_eq!(spec.notes[0].args[1].1, "type");
    let spec = made(&and(of_table("codes", "text#text"), "--pk", "code"));
    assert_eq!((spec.key.as_str(), spec.kept_columns.len(), spec.soft_deletes), ("code", 0, false));
    // Where nothing new is stored, nothing that is only shown need be null.
    assert!(!made(&of_table("items", "title#string#readonly")).fields[0].nullable);
}

#[test]
fn a_table_says_what_can_be_made_of_it() {
    refused(posts(), "--from-table", "«item»", "table_unknown", Some("items"));
    refused(of_table("items", ""), "--fields", "title#string; «prize»#money", "column_unknown", Some("price"));
    refused(of_table("items", ""), "--fields", "«type»#string", "field_rust", Some("kind"));
    refused(with_fields("text#text"), "--from-table", "«codes»", "key_unknown", Some("code"));
    refused(with_fields("text#text"), "--from-table", "«old_words»", "key_unknown", None);
    refused(of_table("codes", "text#text"), "--pk", "«coed»", "key_unknown", Some("code"));
    refused(of_table("items", "title#string"), "--table", "«users»", "tables_differ", Some("items"));
    let codes = and(of_table("codes", "text#text"), "--pk", "code");
    refused(codes, "--soft-deletes", "«yes»", "soft_deletes_without_column", None);
    let soft = made(&and(of_table("items", "title#string"), "--soft-deletes", "no"));
    assert!(soft.soft_deletes && notes(&soft).contains(&"soft_deletes_follow"));
}

fn part(part: Part, name: &str, fields: &str) -> Request {
    Request { name: name.into(), parts: vec![part], ..with_fields(fields) }
}

#[test]
fn a_part_alone_is_hindered_by_its_own_kind_only() {
    let of = |it: Part, name: &str, fields: &str| made(&part(it, name, fields));
    assert_eq!(notes(&of(Part::Model, "Posts", "title#string")), ["no_table"]);
    assert_eq!(notes(&of(Part::Model, "Users", "name#string")), [] as [&str; 0]);
    assert_eq!(notes(&of(Part::Resource, "Users", "name#string")), ["no_entity"]);
    assert_eq!(notes(&of(Part::Resource, "Comments", "body#text")), [] as [&str; 0]);
    assert_eq!(of(Part::Resource, "CommentsController", "body#text").names.plural, "comments");
    assert_eq!(notes(&of(Part::Texts, "Users", "anything#string")), [] as [&str; 0]);
    assert_eq!(notes(&of(Part::Migration, "Posts", "title#string")), [] as [&str; 0]);
    let view = Request { fields: None, ..part(Part::View, "Rules", "") };
    assert_eq!(notes(&made(&view)), [] as [&str; 0]);
    for (it, name, key, suggestion) in [
        (Part::Model, "«Comments»", "exists_generated", None),
        (Part::Resource, "«Rules»", "exists_resource", None),
        (Part::Resource, "«Posts»", "no_model", None),
        (Part::Resource, "«Commenst»", "no_model", Some("comments")),
        (Part::Migration, "«Users»", "exists_table", None),
        (Part::View, "«Posts»", "no_resource", None),
        (Part::View, "«Rule_s»", "no_resource", Some("rules")),
    ] {
        refused(part(it, "", "body#text"), "NAME", name, key, suggestion);
    }
    refused(part(Part::Model, "Users", ""), "--fields", "«mail»#email", "column_unknown", Some("email"));
    refused(Request { fields: None, ..part(Part::Texts, "Posts", "") }, "--fields", "«»", "no_fields", None);
}

#[test]
fn options_that_change_nothing_are_told() {
    let of = |it: Part, name: &str, option: &str, text: &str| {
        let spec = made(&and(part(it, name, "body#text"), option, text));
        spec.notes.iter().find(|note| note.key == "unused").map(|note| note.args[0].1.clone())
    };
    assert_eq!(of(Part::Migration, "Posts", "--pagination", "20").as_deref(), Some("--pagination"));
    assert_eq!(of(Part::Migration, "Posts", "--namespace", "Admin").as_deref(), Some("--namespace"));
    assert_eq!(of(Part::Model, "Posts", "--route", "yes").as_deref(), Some("--route"));
    assert_eq!(of(Part::Texts, "Posts", "--soft-deletes", "yes").as_deref(), Some("--soft-deletes"));
    assert_eq!(of(Part::Texts, "Posts", "--indexes", "created_at").as_deref(), Some("--indexes"));
    assert_eq!(of(Part::Resource, "Comments", "--pagination", "20"), None);
    assert_eq!(of(Part::View, "Rules", "--namespace", "Admin\\Talk").as_deref(), Some("--fields"));
    assert_eq!(of(Part::Texts, "Posts", "--validations", "body#required").as_deref(), Some("--validations"));
    let api = and(Request { only_api: true, ..posts() }, "--route-group", "admin/system");
    assert_eq!(notes(&made(&api)), ["unused"]);
}
