//! The shared files of this very workspace, copied.

use std::{fs, path::Path};

use super::{super::format::Rustfmt, world::*};
use crate::generate::{Anchor, Plan, Tree};

/// The files that a resource adds lines to.
const SHARED: [&str; 6] = [
    "crates/shop/src/lib.rs",
    "crates/shop/src/migrations/mod.rs",
    "crates/shop/src/staff/roles.rs",
    "crates/web/src/admin/mod.rs",
    "crates/web/src/texts.rs",
    "crates/puzi/tests/resources/main.rs",
];

const OTHERS: [&str; 4] = ["Cargo.toml", "rustfmt.toml", "crates/shop/Cargo.toml", "crates/web/Cargo.toml"];

fn lines(name: &str, number: u32) -> Plan {
    let migration = format!("m20261122_{number:06}_{name}");
    let [shop, migrations, roles, admin, texts, tests] = SHARED;
    Plan {
        name: name.into(),
        lines: vec![
            line(shop, &format!("pub mod {name};"), sorted("pub mod ")),
            line(migrations, &format!("mod {migration};"), sorted("mod ")),
            line(migrations, &format!("Box::new({migration}::Migration),"), Anchor::After("Box::new(".into())),
            line(roles, &format!("(\"{name}\", VERBS),"), last_in("pub const AREAS", "];")),
            line(admin, &format!("mod {name};"), sorted("mod ")),
            line(admin, &format!("{name}::face(),"), last_in("pub fn declared", "]")),
            line(texts, &format!("\"{name}.toml\","), last_in("catalogues![", "]")),
            line(tests, &format!("mod {name};"), sorted("mod ")),
        ],
        ..Plan::default()
    }
}

#[test]
fn the_shared_files_take_lines_and_give_them_back() {
    let (folder, repository) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for path in SHARED.iter().chain(&OTHERS) {
        write(folder.path(), path, &fs::read_to_string(repository.join(path)).unwrap());
    }
    let tree = Tree::find(folder.path()).unwrap();
    let before = snapshot(tree.root());
    // At the beginning, in the middle and at the end; and as long as a name may be.
    let names = ["aardvarks".to_owned(), "ecommerces".into(), "zebras".into(), "p".repeat(63)];
    for (name, number) in names.iter().zip(900..) {
        tree.write(&lines(name, number), "", false).unwrap();
    }
    for path in SHARED {
        let text = fs::read_to_string(tree.root().join(path)).unwrap();
        let formatted = Rustfmt::of(tree.root()).all(&[&text]).unwrap().remove(0);
        assert_eq!(formatted.as_deref(), Ok(text.as_str()), "{path}");
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
    }
    for at in [1, 0, 3, 2] {
        tree.destroy(&names[at], false).unwrap();
    }
    assert_eq!(snapshot(tree.root()), before);
}
