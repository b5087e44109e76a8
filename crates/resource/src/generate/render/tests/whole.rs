//! Whole outputs, as they lie in `expected/`.

use super::*;
use crate::generate::{Known, KnownColumn, KnownTable, Request, read};

macro_rules! expected {
    ($name:literal) => {
        include_str!(concat!("expected/", $name, ".txt"))
    };
}

fn same(plan: &Plan, files: &[(&str, &str)]) {
    let paths: Vec<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, files.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    for (file, (path, text)) in plan.files.iter().zip(files) {
        assert_eq!(file.text, *text, "{path}");
    }
}

/// What the example's command line makes.
fn example(plan: &Plan) {
    same(
        plan,
        &[
            ("crates/shop/src/migrations/m20261122_000011_made.rs", expected!("ecommerces/migration.rs")),
            ("crates/shop/src/ecommerces.rs", expected!("ecommerces/entity.rs")),
            ("crates/web/src/admin/ecommerces.rs", expected!("ecommerces/resource.rs")),
            ("locales/zh-CN/ecommerces.toml", expected!("ecommerces/zh-CN.toml")),
            ("locales/en/ecommerces.toml", expected!("ecommerces/en.toml")),
            ("crates/puzi/tests/resources/ecommerces.rs", expected!("ecommerces/test.rs")),
        ],
    );
}

#[test]
fn the_example_of_the_command_s_help() {
    example(&made(&ecommerces()));
    let text = |text: &str| Some(text.to_owned());
    let request = Request {
        name: "Ecommerces".into(),
        fields: text("title#string#required"),
        route: text("yes"),
        pk: text("id"),
        view_path: text("admin"),
        controller_namespace: text("Admin"),
        route_group: text("admin"),
        parts: Part::CRUD.to_vec(),
        ..Request::default()
    };
    example(&made(&read(&request, &Known::default()).unwrap()));
}

#[test]
fn what_was_typed_is_what_is_made() {
    let key = KnownColumn { name: "id".into(), unique: true };
    let known = Known {
        tables: vec![KnownTable { name: "accounts".into(), columns: vec![key] }],
        resources: vec!["accounts".into()],
        ..Known::default()
    };
    let text = |text: &str| Some(text.to_owned());
    let request = Request {
        name: "notices".into(),
        fields: text(
            "title#varchar(40)#required|unique; account_id#bigint#required; price#money#min:0.5; \
             state#enum(draft,live)#required; clicks#integer#unsigned; motto#string#regex:/^a|b$/",
        ),
        foreign_keys: text("account_id#id#accounts#cascade"),
        soft_deletes: text("yes"),
        pagination: text("30"),
        parts: Part::CRUD.to_vec(),
        ..Request::default()
    };
    let plan = made(&read(&request, &known).unwrap());
    same(
        &Plan { files: plan.files[1..3].to_vec(), ..plan },
        &[
            ("crates/shop/src/notices.rs", expected!("notices/entity.rs")),
            ("crates/web/src/admin/notices.rs", expected!("notices/resource.rs")),
        ],
    );
}

#[test]
fn something_of_everything() {
    same(
        &made(&books()),
        &[
            ("crates/shop/src/migrations/m20261122_000011_made.rs", expected!("books/migration.rs")),
            ("crates/shop/src/library/stock/books.rs", expected!("books/entity.rs")),
            ("crates/web/src/admin/library/books.rs", expected!("books/resource.rs")),
            ("crates/web/templates/admin/library/books/list.html", expected!("books/list.html")),
            ("crates/web/templates/admin/library/books/show.html", expected!("books/show.html")),
            ("crates/web/templates/admin/library/books/form.html", expected!("books/form.html")),
            ("crates/web/src/admin/library/books_pages.rs", expected!("books/pages.rs")),
            ("locales/zh-CN/books.toml", expected!("books/zh-CN.toml")),
            ("locales/en/books.toml", expected!("books/en.toml")),
            ("crates/puzi/tests/resources/books.rs", expected!("books/test.rs")),
        ],
    );
}
