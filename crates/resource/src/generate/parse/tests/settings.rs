use super::*;
use crate::generate::Names;

#[test]
fn without_options_all_is_as_usual() {
    let spec = made(&Request { parts: vec![], ..posts() });
    assert_eq!(spec.names, Names { plural: "posts".into(), singular: "post".into() });
    assert_eq!((spec.table.as_str(), spec.key.as_str(), spec.group.as_str()), ("posts", "id", "shop"));
    assert_eq!((spec.parts.as_slice(), spec.view_path.as_str()), (Part::CRUD, "admin"));
    assert_eq!((spec.soft_deletes, spec.route, spec.only_api, spec.per_page), (false, true, false, None));
    assert_eq!(spec.kept_columns, ["version", "created_at", "updated_at"]);
    assert!(spec.web_modules.is_empty() && spec.shop_modules.is_empty() && spec.notes.is_empty());
}

#[test]
fn the_command_of_the_readme_has_nothing_to_tell() {
    let request = Request {
        name: "Ecommerces".into(),
        fields: Some("title#string#required".into()),
        route: Some("yes".into()),
        pk: Some("id".into()),
        view_path: Some("admin".into()),
        controller_namespace: Some("Admin".into()),
        route_group: Some("admin".into()),
        parts: Part::CRUD.to_vec(),
        ..Request::default()
    };
    let spec = made(&request);
    assert_eq!((spec.names.plural.as_str(), spec.fields.len(), spec.notes.len()), ("ecommerces", 1, 0));
}

#[test]
fn every_option_is_honoured() {
    let it = |option: &str, text: &str| made(&and(posts(), option, text));
    assert!(!it("--route", "no").route);
    assert!(it("--route", " YES ").route);
    assert_eq!(it("--route-group", "admin").group, "shop");
    assert_eq!(it("--route-group", "/admin/system/").group, "system");
    assert_eq!(it("--pk", "nr").key, "nr");
    assert_eq!(it("--view-path", "admin/catalog/").view_path, "admin/catalog");
    assert_eq!(it("--namespace", "Admin\\Catalog\\TopSellers").web_modules, ["catalog", "top_sellers"]);
    assert_eq!(it("--namespace", "admin::catalog").web_modules, ["catalog"]);
    assert_eq!(it("--namespace", "App\\Http\\Controllers\\Admin").web_modules, [] as [&str; 0]);
    assert_eq!(it("--model-namespace", "App\\Models").shop_modules, [] as [&str; 0]);
    assert_eq!(it("--model-namespace", "App/Models/Catalog").shop_modules, ["catalog"]);
    assert_eq!(it("--model-namespace", "Shop\\order").shop_modules, ["order"]);
    assert_eq!(it("--pagination", "25").per_page, Some(25));
    assert_eq!(it("--table", "blog_entries").table, "blog_entries");
    assert_eq!(it("--crud-name", "BlogPost").names.plural, "blog_posts");
    let soft = it("--soft-deletes", "yes");
    assert!(soft.soft_deletes && soft.kept_columns.ends_with(&["deleted_at".into()]));
    let indexes = made(&and(with_fields("a#string; b#integer; c#boolean"), "--indexes", "a,a|b#unique,c,created_at"));
    let found: Vec<_> = indexes.indexes.iter().map(|index| (index.columns.join("|"), index.unique)).collect();
    let expected = [("a", false), ("a|b", true), ("c", false), ("created_at", false)];
    assert_eq!(found, expected.map(|(columns, unique)| (columns.to_owned(), unique)));
    for (option, text, note) in [
        ("--localize", "yes", None),
        ("--localize", "no", Some("localize")),
        ("--locales", "en", Some("locales")),
        ("--locales", "zh_cn", Some("locales")),
        ("--locales", "en, zh-CN", None),
        ("--form-helper", "html", Some("form_helper")),
        ("--form-helper", "laravelcollective", Some("form_helper")),
        ("--custom-data", "x", Some("custom_data")),
        ("--view-path", "admin/catalog", Some("view_path")),
        ("--model-name", "App\\Models\\Post", None),
    ] {
        assert_eq!(notes(&it(option, text)), note.into_iter().collect::<Vec<_>>(), "{option} {text}");
    }
}

#[test]
fn a_wrong_option_is_marked() {
    for (option, text, key, suggestion) in [
        ("NAME", "«»", "name_missing", None),
        ("NAME", "Post«!»", "name_letter", None),
        ("NAME", "«Type»", "name_reserved", Some("Types")),
        ("NAME", "«Accounts»", "exists_resource", None),
        ("NAME", "«Comments»", "exists_generated", None),
        ("NAME", "«audits»", "exists_module", None),
        ("NAME", "«Users»", "exists_table", None),
        ("--crud-name", "«users»", "exists_table", None),
        ("--crud-name", "«order»", "name_reserved", Some("Orders")),
        ("--table", "«users»", "exists_table", None),
        ("--table", "«Blog»", "identifier", Some("blog")),
        ("--table", "«select»", "identifier_reserved", None),
        ("--route", "«yep»", "yes_or_no", Some("yes")),
        ("--route", " «true» ", "yes_or_no", Some("yes")),
        ("--soft-deletes", "«maybe»", "yes_or_no", None),
        ("--localize", "«n»", "yes_or_no", Some("no")),
        ("--route-group", "«adminn»", "route_group", Some("admin")),
        ("--route-group", "«shop»", "route_group", Some("admin/shop")),
        ("--route-group", "admin/«shpo»", "route_group", Some("shop")),
        ("--route-group", "admin/shop/«more»", "route_group", None),
        ("--route-group", "«»", "route_group", Some("admin")),
        ("--pk", "«Nr»", "identifier", Some("nr")),
        ("--pk", "«type»", "identifier_reserved", Some("id")),
        ("--pk", "«order»", "identifier_reserved", Some("id")),
        ("--pk", "«version»", "field_own", Some("id")),
        ("--view-path", "«/»admin", "view_path", Some("admin")),
        ("--view-path", "admin/«..»/x", "view_path", None),
        ("--view-path", "«views»/x", "view_path", Some("admin/views/x")),
        ("--view-path", "«admn»", "view_path", Some("admin")),
        ("--view-path", "admin/«Posts»", "view_path", Some("posts")),
        ("--namespace", "«Catalog»", "namespace", Some("Admin\\Catalog")),
        ("--namespace", "«Admn»", "namespace", Some("Admin")),
        ("--namespace", "«App\\Http»", "namespace", Some("Admin")),
        ("--namespace", "Admin\\«Cata log»", "identifier", Some("cata_log")),
        ("--namespace", "Admin\\«Mod»", "identifier_reserved", None),
        ("--namespace", "Admin\\«Posts»", "namespace_same", None),
        ("--model-namespace", "App\\Models\\«类»", "identifier", None),
        ("--model-namespace", "Shop\\«Lib»", "identifier_reserved", None),
        ("--model-namespace", "App/«Posts»", "namespace_same", None),
        ("--model-name", "App\\Models\\«Article»", "model_name", Some("posts")),
        ("--pagination", "«0»", "pagination", None),
        ("--pagination", "«201»", "pagination", None),
        ("--pagination", "«many»", "pagination", None),
        ("--locales", "en,«fr»", "locale", None),
        ("--locales", "«zh»", "locale", Some("zh-CN")),
        ("--locales", "«en-US»", "locale", Some("en")),
        ("--locales", "«»", "locale", None),
        ("--form-helper", "«htlm»", "form_helper", Some("html")),
        ("--fillable", "['title', '«boddy»']", "field_unknown", None),
        ("--fillable", "«titel»", "field_unknown", Some("title")),
        ("--indexes", "«titel»", "field_unknown", Some("title")),
        ("--indexes", "title|«title»", "index_column_twice", None),
        ("--indexes", "title,«title»", "index_twice", None),
        ("--indexes", "title#«uniqe»", "index_word", Some("unique")),
        ("--indexes", "title#unique#«x»", "index_shape", None),
        ("--indexes", "title|«»", "index_shape", None),
        ("--indexes", "title,«»,title", "entry_missing", None),
    ] {
        refused(posts(), option, text, key, suggestion);
    }
}

#[test]
fn a_module_or_a_route_that_is_there_is_not_taken() {
    let mut known = known();
    known.modules.push("news".into());
    known.routes.push("/admin/quizzes/{id}".into());
    known.routes.push("/api/v1/series".into());
    let fault = |name: &str, change: &dyn Fn(&mut Request)| {
        let mut request = Request { name: name.into(), ..posts() };
        change(&mut request);
        read(&request, &known).err().map(|fault| fault.key)
    };
    assert_eq!(fault("News", &|_| {}), Some("exists_module"));
    let both = |request: &mut Request| {
        request.controller_namespace = Some("Admin\\Press".into());
        request.model_namespace = Some("Press".into());
    };
    assert_eq!(fault("News", &both), None);
    assert_eq!(fault("News", &|request| request.force = true), Some("exists_module"));
    assert_eq!(fault("Quiz", &|_| {}), Some("exists_route"));
    assert_eq!(fault("Quiz", &|request| request.route = Some("no".into())), None);
    assert_eq!(fault("Quiz", &|request| request.only_api = true), None);
    assert_eq!(fault("Series", &|request| request.only_api = true), Some("exists_route"));
    assert_eq!(fault("Comments", &|request| request.force = true), None);
    assert_eq!(fault("Accounts", &|request| request.force = true), Some("exists_resource"));
}

#[test]
fn what_a_form_may_not_set_is_only_shown() {
    let fields = "title#string#required; seen#datetime; note#text";
    let spec = made(&and(with_fields(fields), "--fillable", "['title', \"note\"]"));
    let readonly: Vec<_> = spec.fields.iter().map(|field| (field.readonly, field.nullable)).collect();
    assert_eq!(readonly, [(false, false), (true, true), (false, false)]);
    refused(with_fields(fields), "--fillable", "«['seen']»", "fillable_required", None);
    let model = Request { parts: vec![Part::Model], ..with_fields(fields) };
    let spec = made(&and(model, "--fillable", "title"));
    assert!(notes(&spec).contains(&"fillable") && spec.fields.iter().all(|field| !field.readonly));
}

#[test]
fn an_index_is_made_once() {
    let spec = made(&and(with_fields("a#string; b#string#unique; c#integer"), "--indexes", "a#unique,b,c"));
    let columns: Vec<_> = spec.indexes.iter().map(|index| index.columns.join("|")).collect();
    assert_eq!(columns, ["c"]);
    assert!(spec.fields[0].is_unique() && spec.fields[0].nullable);
    assert_eq!(notes(&spec), ["index_there", "unique_nullable", "unique_nullable"]);
    refused(with_fields("a#text"), "--indexes", "«a»", "index_unfit", None);
    refused(with_fields("a#boolean"), "--indexes", "«a»#unique", "index_unfit", None);
    refused(with_fields("a#password; b#string"), "--indexes", "b|«a»", "index_unfit", None);
}
