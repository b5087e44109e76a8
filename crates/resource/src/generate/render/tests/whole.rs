//! Whole outputs, as they lie in `expected/`.

use super::*;

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

#[test]
fn the_example_of_the_command_s_help() {
    same(
        &made(&ecommerces()),
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
