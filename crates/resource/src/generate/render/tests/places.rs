//! The lines have a place in the files of this workspace.

use std::path::Path;

use super::*;
use crate::generate::{Anchor, Line};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// How many places there are for `line`; one below nothing counts as none.
fn places(line: &Line) -> usize {
    let text = read(&line.path);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let count = |prefix: &str| lines.iter().filter(|known| known.starts_with(prefix)).count();
    match &line.at {
        Anchor::Sorted(prefix) | Anchor::After(prefix) => count(prefix).min(1),
        Anchor::Before { from, until } => {
            let start = lines.iter().position(|known| known.contains(from.as_str()));
            let end = start.and_then(|start| lines[start + 1..].iter().position(|known| known.starts_with(until)));
            // Something must stand between the two, to be indented as that is.
            let begins = lines.iter().filter(|known| known.contains(from.as_str())).count();
            if end.is_some_and(|end| end > 0) { begins } else { 0 }
        }
    }
}

#[test]
fn each_line_has_one_place() {
    let plan = made(&ecommerces());
    assert_eq!(plan.lines.len(), 8);
    for line in plan.lines {
        assert_eq!(places(&line), 1, "{}: {:?}", line.path, line.at);
    }
}

#[test]
fn modules_on_the_way_are_rooms() {
    let plan = made(&books());
    let rooms: Vec<(&str, &str)> = plan.rooms.iter().map(|room| (room.path.as_str(), room.text.as_str())).collect();
    assert_eq!(
        rooms,
        [
            ("crates/shop/src/library/mod.rs", "//! Library.\n"),
            ("crates/shop/src/library/stock/mod.rs", "//! Stock.\n"),
            ("crates/web/src/admin/library/mod.rs", "//! Library.\n"),
        ]
    );
    let lines: Vec<String> = plan.lines.iter().map(|line| format!("{} {}", line.path, line.text)).collect();
    for line in [
        "crates/shop/src/lib.rs pub mod library;",
        "crates/shop/src/library/mod.rs pub mod stock;",
        "crates/shop/src/library/stock/mod.rs pub mod books;",
        "crates/web/src/admin/mod.rs mod library;",
        "crates/web/src/admin/library/mod.rs pub mod books;",
        "crates/web/src/admin/library/mod.rs pub mod books_pages;",
        "crates/web/src/admin/mod.rs library::books::face(),",
    ] {
        assert_eq!(lines.iter().filter(|known| *known == line).count(), 1, "{line}: {lines:#?}");
    }
}

#[test]
fn pages_alone_are_given_to_the_face_that_is_there() {
    let books = || Spec { foreign_keys: vec![], ..books() };
    let plan = made(&Spec { parts: vec![Part::View], ..books() });
    let [replacement] = &plan.replacements[..] else { panic!("{:?}", plan.replacements) };
    assert_eq!(replacement.path, "crates/web/src/admin/library/books.rs");
    let resource = made(&Spec { parts: vec![Part::Resource], ..books() });
    let text = file(&resource, "library/books.rs");
    assert_eq!(text.matches(&replacement.from).count(), 1);
    assert_eq!(text.replace(&replacement.from, &replacement.to), file(&made(&books()), "admin/library/books.rs"));
}
