//! The small workspace, and plans for it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::generate::{Anchor, Line, NewFile, Plan, Replacement, Tree};

/// Every file below a folder with its content, and every folder; without a run's own.
pub type Snapshot = BTreeMap<String, Vec<u8>>;

const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
    ("rustfmt.toml", "edition = \"2024\"\nmax_width = 120\nuse_small_heuristics = \"Max\"\n"),
    ("crates/shop/Cargo.toml", "[package]\nname = \"puzi-shop\"\n"),
    (
        "crates/shop/src/lib.rs",
        "//! The shop.\n\npub mod accounts;\nmod error;\npub mod orders;\n#[cfg(test)]\nmod test_database;\npub mod texts;\n\nuse x;\n",
    ),
    (
        "crates/shop/src/migrations/mod.rs",
        "mod m20261122_000001_accounts;\nmod m20261122_000002_orders;\n\nfn migrations() -> Vec<Box<dyn MigrationTrait>> {\n    \
         vec![\n        Box::new(m20261122_000001_accounts::Migration),\n        \
         Box::new(m20261122_000002_orders::Migration), // a comment keeps this list one of lines\n    ]\n}\n",
    ),
    ("crates/shop/src/migrations/m20261122_000001_accounts.rs", "//! Accounts.\n"),
    ("crates/shop/src/migrations/m20261122_000002_orders.rs", "//! Orders.\n"),
    (
        "crates/shop/src/roles.rs",
        "pub const AREAS: &[(&str, &[&str])] = &[\n    (\"dashboard\", &[\"view\"]),\n    (\"inbox\", &[\"view\", \"reply\"]), // more\n];\n\n\
         pub const OTHERS: &[u8] = &[1];\n",
    ),
    ("crates/web/Cargo.toml", "[package]\nname = \"puzi-web\"\n"),
    (
        "crates/web/src/admin/mod.rs",
        "mod orders;\nmod phrases;\n\npub fn declared() -> Vec<Face> {\n    vec![\n        orders::face(), // first\n        \
         phrases::face(),\n    ]\n}\n",
    ),
    ("crates/web/src/admin/orders.rs", "//! Orders.\n\nuse x;\n"),
    ("texts.list", "admin.toml\nzebra.toml\n"),
];

pub struct World {
    folder: tempfile::TempDir,
    pub tree: Tree,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in FILES {
            write(folder.path(), path, text);
        }
        let tree = Tree::find(folder.path()).unwrap();
        Self { folder, tree }
    }

    pub fn root(&self) -> &Path {
        self.tree.root()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn write(&self, path: &str, text: &str) {
        write(self.root(), path, text);
    }

    /// Replaces what stands once in a file, as a person would.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{path}: {text}");
        self.write(path, &text.replace(from, to));
    }

    pub fn snapshot(&self) -> Snapshot {
        snapshot(self.root())
    }

    /// Makes the tree what it was.
    pub fn restore(&self, snapshot: &Snapshot) {
        for (path, _) in self.snapshot() {
            if !snapshot.contains_key(&path) && !path.ends_with('/') {
                fs::remove_file(self.path(&path)).unwrap();
            }
        }
        for (path, content) in snapshot {
            if path.ends_with('/') {
                fs::create_dir_all(self.path(path)).unwrap();
            } else {
                fs::write(self.path(path), content).unwrap();
            }
        }
    }

    /// Generates `name` whole.
    pub fn generate(&self, name: &str) {
        self.tree.write(&plan(name), &format!("puzi generate crud {name}"), false).unwrap();
    }
}

pub fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn snapshot(root: &Path) -> Snapshot {
    loop {
        match try_snapshot(root) {
            Ok(all) => return all,
            // A guardian is at work.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}"),
        }
    }
}

fn try_snapshot(root: &Path) -> io::Result<Snapshot> {
    let mut all = Snapshot::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if name == ".generate" {
            } else if path.is_dir() {
                all.insert(format!("{name}/"), Vec::new());
                folders.push(path);
            } else {
                all.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(all)
}

pub fn file(path: &str, text: &str) -> NewFile {
    NewFile { path: path.into(), text: text.into() }
}

pub fn line(path: &str, text: &str, at: Anchor) -> Line {
    Line { path: path.into(), text: text.into(), at }
}

pub fn replacement(path: &str, from: &str, to: &str) -> Replacement {
    Replacement { path: path.into(), from: from.into(), to: to.into() }
}

pub fn sorted(prefix: &str) -> Anchor {
    Anchor::Sorted(prefix.into())
}

pub fn last_in(from: &str, until: &str) -> Anchor {
    Anchor::Before { from: from.into(), until: until.into() }
}

/// What a resource is made of, not yet formatted.
pub fn plan(name: &str) -> Plan {
    let migration = format!("m20261122_000003_{name}");
    let migrations = "crates/shop/src/migrations";
    Plan {
        name: name.into(),
        files: vec![
            file(&format!("{migrations}/{migration}.rs"), &format!("pub struct Migration  ; // {name}")),
            file(&format!("crates/shop/src/{name}.rs"), "pub struct Model { pub id:i64, }"),
            file(
                &format!("crates/web/src/admin/{name}.rs"),
                "//! A face.\nfn face()->Face{\n  Face::of(resource)\n}\n",
            ),
            file(&format!("locales/en/{name}.toml"), "one  = 'One'\n"),
        ],
        lines: vec![
            line("crates/shop/src/lib.rs", &format!("pub mod {name};"), sorted("pub mod ")),
            line(&format!("{migrations}/mod.rs"), &format!("mod {migration};"), sorted("mod ")),
            line(
                &format!("{migrations}/mod.rs"),
                &format!("Box::new({migration}::Migration),"),
                Anchor::After("Box::new(".into()),
            ),
            line("crates/shop/src/roles.rs", &format!("(\"{name}\", VERBS),"), last_in("pub const AREAS", "];")),
            line("crates/web/src/admin/mod.rs", &format!("mod {name};"), sorted("mod ")),
            line("crates/web/src/admin/mod.rs", &format!("{name}::face(),"), last_in("fn declared", "]")),
            line("texts.list", &format!("{name}.toml"), sorted("")),
        ],
        ..Plan::default()
    }
}

/// A resource in the room `catalog`, which others share.
pub fn plan_in_a_room(name: &str) -> Plan {
    let admin = "crates/web/src/admin";
    Plan {
        name: name.into(),
        files: vec![file(&format!("{admin}/catalog/{name}.rs"), "fn face() {}")],
        rooms: vec![file(&format!("{admin}/catalog/mod.rs"), "//! Catalog.")],
        lines: vec![
            line(&format!("{admin}/mod.rs"), "mod catalog;", sorted("mod ")),
            line(&format!("{admin}/catalog/mod.rs"), &format!("pub mod {name};"), sorted("pub mod ")),
            line(&format!("{admin}/mod.rs"), &format!("catalog::{name}::face(),"), last_in("fn declared", "]")),
        ],
        ..Plan::default()
    }
}

/// Pages of its own for a resource whose face is there.
pub fn plan_of_views(name: &str) -> Plan {
    let to = format!(
        "Face::of(resource).template(|page|super::{name}_pages::write(page)).cell(\"hint\", |record, _| Markup::text(record.text(\"hint\")))"
    );
    Plan {
        name: name.into(),
        files: vec![file(&format!("crates/web/templates/admin/{name}/list.html"), "{% extends %}\n")],
        replacements: vec![replacement(&format!("crates/web/src/admin/{name}.rs"), "Face::of(resource)", &to)],
        ..Plan::default()
    }
}
