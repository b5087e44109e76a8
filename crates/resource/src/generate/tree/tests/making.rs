//! Plans written.

use std::{fs, path::Path, time::Instant};

use jiff::civil::date;

use super::{
    super::{
        format::Rustfmt,
        lock::{Held, Wait},
    },
    End, light,
    world::*,
};
use crate::generate::{Outcome, Plan, Tree, TreeError};

#[test]
fn lines_stand_where_they_belong_and_everything_is_formatted() {
    let world = World::new();
    let start = Instant::now();
    let written = world.tree.write(&plan("ecommerces"), "puzi generate crud Ecommerces", false).unwrap();
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());

    assert_eq!(
        world.read("crates/shop/src/lib.rs"),
        "//! The shop.\n\npub mod accounts;\npub mod ecommerces;\nmod error;\npub mod orders;\n#[cfg(test)]\nmod test_database;\n\
         pub mod texts;\n\nuse x;\n"
    );
    let migrations = world.read("crates/shop/src/migrations/mod.rs");
    assert!(migrations.contains("_orders;\nmod m20261122_000003_ecommerces;\n\nfn"), "{migrations}");
    assert!(
        migrations.contains("one of lines\n        Box::new(m20261122_000003_ecommerces::Migration),\n    ]"),
        "{migrations}"
    );
    let roles = world.read("crates/shop/src/roles.rs");
    assert!(roles.contains("// more\n    (\"ecommerces\", VERBS),\n];\n\n"), "{roles}");
    let admin = world.read("crates/web/src/admin/mod.rs");
    assert!(admin.starts_with("mod ecommerces;\nmod orders;\n"), "{admin}");
    assert!(admin.contains("        phrases::face(),\n        ecommerces::face(),\n    ]"), "{admin}");
    assert_eq!(world.read("texts.list"), "admin.toml\necommerces.toml\nzebra.toml\n");
    assert_eq!(world.read("crates/shop/src/ecommerces.rs"), "pub struct Model {\n    pub id: i64,\n}\n");
    assert_eq!(world.read("locales/en/ecommerces.toml"), "one  = 'One'\n");

    let outcome = |path: &str| written.files.iter().find(|(it, _)| it == path).map(|(_, outcome)| *outcome);
    assert_eq!(outcome("crates/shop/src/ecommerces.rs"), Some(Outcome::Created));
    assert_eq!(outcome("crates/shop/src/lib.rs"), Some(Outcome::Changed));
    assert_eq!(written.files.last(), Some(&("generated.toml".to_owned(), Outcome::Created)));
    assert_eq!(written.files.len(), 4 + 5 + 1);
    assert!(!world.path(".generate").exists());
}

#[test]
fn a_preview_writes_nothing_and_says_the_same() {
    let world = World::new();
    let before = world.snapshot();
    let preview = world.tree.preview(&plan("posts"), "puzi", false).unwrap();
    assert_eq!(world.snapshot(), before);
    assert!(!world.path(".generate").exists());
    assert_eq!(world.tree.write(&plan("posts"), "puzi", false).unwrap(), preview);
}

#[test]
fn the_diff_is_a_unified_one() {
    let world = World::new();
    let plan = Plan {
        name: "posts".into(),
        files: vec![file("locales/posts.toml", "one = 1\n")],
        lines: vec![line("texts.list", "posts.toml", sorted("zebra"))],
        ..Plan::default()
    };
    let diff = world.tree.preview(&plan, "puzi generate lang Posts", false).unwrap().diff;
    let (files, manifest) = diff.split_once("--- /dev/null\n+++ generated.toml\n").unwrap();
    assert_eq!(
        files,
        "--- /dev/null\n+++ locales/posts.toml\n@@ -0,0 +1 @@\n+one = 1\n\
         --- texts.list\n+++ texts.list\n@@ -1,2 +1,3 @@\n admin.toml\n+posts.toml\n zebra.toml\n"
    );
    assert!(manifest.contains("+name = \"posts\"\n+command = \"puzi generate lang Posts\"\n"), "{manifest}");
}

#[test]
fn the_small_workspace_is_formatted() {
    let world = World::new();
    for (path, content) in world.snapshot().iter().filter(|(path, _)| path.ends_with(".rs")) {
        let text = std::str::from_utf8(content).unwrap();
        let formatted = Rustfmt::of(world.root()).all(&[text]).unwrap().remove(0);
        assert_eq!(formatted.as_deref(), Ok(text), "{path}");
    }
}

#[test]
fn a_line_that_is_there_stays_one() {
    let world = World::new();
    world.edit("crates/shop/src/lib.rs", "pub mod orders;", "pub mod orders;\npub mod posts;");
    let before = world.snapshot();
    world.generate("posts");
    assert_eq!(world.read("crates/shop/src/lib.rs").matches("pub mod posts;").count(), 1);
    world.tree.destroy("posts", false).unwrap();
    assert_eq!(world.snapshot(), before, "what a hand wrote stays");
}

#[test]
fn what_is_in_the_way_is_overwritten_only_when_it_was_generated_under_this_name() {
    let world = World::new();
    let start = world.snapshot();
    world.generate("posts");
    let refused = world.tree.write(&plan("posts"), "again", false).unwrap_err();
    assert!(matches!(&refused, TreeError::Exists(path) if path.ends_with("000003_posts.rs")), "{refused:?}");

    // Edited or not.
    world.write("crates/shop/src/posts.rs", "pub struct Edited;\n");
    let before = world.snapshot();
    let written = world.tree.write(&plan("posts"), "again", true).unwrap();
    assert!(written.files.contains(&("crates/shop/src/posts.rs".into(), Outcome::Overwritten)), "{:?}", written.files);
    assert_ne!(world.snapshot(), before);
    let entries = world.tree.entries().unwrap();
    assert_eq!((entries.len(), entries[0].command.as_str()), (1, "again"), "the new one takes the old one's place");

    let mut other = plan("others");
    other.files.push(file("crates/shop/src/posts.rs", ""));
    let foreign = |path: &str, force| {
        let before = world.snapshot();
        let refused = world.tree.write(&Plan { files: vec![file(path, "")], ..plan("others") }, "", force).unwrap_err();
        assert_eq!(world.snapshot(), before);
        matches!(refused, TreeError::Foreign(it) if it == path)
    };
    assert!(foreign("crates/shop/src/posts.rs", true), "of another name");
    assert!(foreign("crates/web/src/admin/orders.rs", true), "of nobody");

    world.tree.destroy("posts", false).unwrap();
    assert_eq!(world.snapshot(), start);
}

#[test]
fn without_a_place_nothing_is_written() {
    let world = World::new();
    let before = world.snapshot();
    let refused = |plan: Plan| {
        let error = world.tree.write(&plan, "", false).unwrap_err();
        assert_eq!(world.snapshot(), before);
        assert!(!world.path(".generate").exists());
        error
    };
    let with = |it| Plan { lines: vec![it], ..plan("posts") };
    for it in [
        line("crates/shop/src/lib.rs", "mod a;", sorted("private mod ")),
        line("crates/shop/src/roles.rs", "a", last_in("const NONE", "];")),
    ] {
        assert!(matches!(refused(with(it)), TreeError::NoPlace { .. }));
    }
    let nowhere = refused(with(line("crates/shop/src/nowhere.rs", "mod a;", sorted("mod "))));
    assert!(matches!(nowhere, TreeError::Missing(_)), "{nowhere:?}");
    let twice = replacement("crates/shop/src/lib.rs", "mod ", "module ");
    assert!(matches!(refused(Plan { replacements: vec![twice], ..plan("posts") }), TreeError::NoPlace { .. }));
    let broken = refused(Plan { files: vec![file("a/broken.rs", "fn {")], ..plan("posts") });
    assert!(matches!(&broken, TreeError::Format(why) if why.starts_with("a/broken.rs: error")), "{broken:?}");
    let torn = refused(with(line("crates/shop/src/lib.rs", "mod a; mod b;", sorted("pub mod "))));
    assert!(matches!(torn, TreeError::Format(_)), "{torn:?}");
    let outside = refused(Plan { files: vec![file("../a.rs", "")], ..plan("posts") });
    assert!(matches!(outside, TreeError::Outside(_)), "{outside:?}");
    world.write("generated.toml", "mine = true\n");
    assert!(matches!(world.tree.write(&plan("posts"), "", false), Err(TreeError::Manifest(_))));
}

#[test]
fn a_file_that_is_not_formatted_keeps_its_form() {
    let world = World::new();
    world.write("crates/shop/src/lib.rs", "pub mod accounts  ;\npub mod b;\n\n\nfn  f ( ) {}\n");
    world.write(
        "crates/web/src/admin/mod.rs",
        "mod orders;\nfn declared() {\n\tvec![\n\t\ta,\n\t]\nthis does not parse\n",
    );
    let before = world.snapshot();
    world.generate("aaa");
    assert_eq!(
        world.read("crates/shop/src/lib.rs"),
        "pub mod aaa;\npub mod accounts  ;\npub mod b;\n\n\nfn  f ( ) {}\n"
    );
    let admin = world.read("crates/web/src/admin/mod.rs");
    assert!(admin.contains("\t\ta,\n\t\taaa::face(),\n\t]\nthis"), "{admin}");
    world.tree.destroy("aaa", false).unwrap();
    assert_eq!(world.snapshot(), before);
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (world, outside) = (World::new(), tempfile::tempdir().unwrap());
    symlink(outside.path(), world.path("locales")).unwrap();
    assert!(matches!(world.tree.write(&plan("posts"), "", false), Err(TreeError::Outside(_))));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    fs::remove_file(world.path("locales")).unwrap();
    symlink(outside.path(), world.path(".generate")).unwrap();
    assert!(matches!(world.tree.write(&plan("posts"), "", false), Err(TreeError::Outside(_))));
    assert!(matches!(world.tree.recover(), Err(TreeError::Outside(_))));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    fs::remove_file(world.path(".generate")).unwrap();

    let lib = world.path("crates/shop/src/lib.rs");
    fs::set_permissions(&lib, fs::Permissions::from_mode(0o640)).unwrap();
    world.generate("posts");
    assert_eq!(fs::metadata(&lib).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_disk_that_refuses_at_any_moment_leaves_the_tree_as_it_was() {
    let (mut world, mut before) = (World::new(), Default::default());
    let plan = Plan {
        files: vec![file("new/folder/a.toml", "a"), file("b.toml", "b")],
        lines: vec![line("texts.list", "a.toml", sorted("admin"))],
        ..Plan::default()
    };
    for steps in 0.. {
        if steps == 0 || world.snapshot() != before {
            world = World::new();
            before = world.snapshot();
        }
        light(steps, End::Fails);
        let written = world.tree.write(&plan, "puzi", false);
        super::FUSE.set(None);
        match written {
            Err(error) => assert!(matches!(error, TreeError::Io(..)), "{error:?}"),
            // Only tidying up failed, or nothing at all.
            Ok(_) => {
                assert!(steps > 20, "{steps}");
                break;
            }
        }
        assert_eq!(world.snapshot(), before, "after {steps} steps");
        assert_eq!(world.tree.recover().unwrap(), None);
        assert!(!world.path(".generate").exists(), "after {steps} steps");
    }
    assert_ne!(world.snapshot(), before);
}

#[test]
fn while_one_run_has_the_tree_another_is_refused() {
    let world = World::new();
    let before = world.snapshot();
    let held = Held::take(world.root(), Wait::Short).unwrap();
    assert!(matches!(world.tree.write(&plan("posts"), "", false), Err(TreeError::Busy)));
    assert!(matches!(world.tree.recover(), Err(TreeError::Busy)));
    assert_eq!(world.snapshot(), before);
    drop(held);
    world.generate("posts");
}

#[test]
fn many_runs_at_once_take_turns() {
    let world = World::new();
    let before = world.snapshot();
    let names: Vec<String> = (0..4).map(|n| format!("posts{n}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let tree = &world.tree;
            scope.spawn(move || {
                let mut plan = plan(name);
                plan.files.retain(|file| !file.path.ends_with(".rs"));
                plan.lines.retain(|line| line.path == "texts.list");
                while matches!(tree.write(&plan, "", false), Err(TreeError::Busy)) {}
            });
        }
    });
    assert_eq!(world.tree.entries().unwrap().len(), 4);
    for name in &names {
        world.tree.destroy(name, false).unwrap();
    }
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_workspace_is_found_from_anywhere_within() {
    let world = World::new();
    let found = Tree::find(&world.path("crates/shop/src/migrations")).unwrap();
    assert_eq!(found.root(), world.root());
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    for path in [elsewhere.path(), Path::new("/no/such/folder")] {
        assert!(matches!(Tree::find(path), Err(TreeError::NoWorkspace(_))), "{path:?}");
    }
}

#[test]
fn migrations_are_numbered_on_and_modules_are_known() {
    let world = World::new();
    let next = |table| world.tree.next_migration(table, date(2027, 1, 2)).unwrap();
    assert_eq!(next("posts"), "m20270102_000003_posts");
    world.generate("blog_posts");
    assert_eq!(
        (next("posts").as_str(), next("blog_posts").as_str()),
        ("m20270102_000004_posts", "m20261122_000003_blog_posts")
    );
    assert_eq!(world.tree.modules().unwrap(), ["blog_posts", "migrations", "orders", "roles"]);
}

#[test]
fn templates_are_copied_out_once() {
    let world = World::new();
    assert_eq!(world.tree.templates().unwrap(), []);
    world.write("generator/model.rs.jinja", "mine");
    world.write("generator/notes.txt", "");
    let written = world.tree.copy_templates(&[("face.rs.jinja", "face"), ("model.rs.jinja", "model")]).unwrap();
    assert_eq!(written.files, [("generator/face.rs.jinja".to_owned(), Outcome::Created)]);
    let own = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(world.tree.templates().unwrap(), [own("face.rs.jinja", "face"), own("model.rs.jinja", "mine")]);
    assert!(!world.path("generated.toml").exists());
}
