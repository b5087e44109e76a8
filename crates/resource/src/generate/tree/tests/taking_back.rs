//! What was generated, taken back.

use super::world::*;
use crate::generate::{Outcome, Plan, State, TreeError};

/// What a refused `destroy` says; it has done nothing.
fn edited(world: &World, name: &str) -> Vec<String> {
    let before = world.snapshot();
    let refused = world.tree.destroy(name, false).unwrap_err();
    assert_eq!(world.snapshot(), before);
    match refused {
        TreeError::Edited(what) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tree_is_as_before() {
    let world = World::new();
    let before = world.snapshot();
    world.generate("posts");
    let generated = world.snapshot();
    let would = world.tree.destroy("posts", true).unwrap();
    assert_eq!(world.snapshot(), generated, "a dry run");
    let written = world.tree.destroy("posts", false).unwrap();
    assert_eq!(written, would);
    assert_eq!(world.snapshot(), before);
    assert!(written.files.contains(&("crates/shop/src/posts.rs".into(), Outcome::Removed)));
    assert!(written.files.contains(&("crates/shop/src/lib.rs".into(), Outcome::Changed)));
    assert!(written.diff.contains("--- crates/shop/src/posts.rs\n+++ /dev/null\n"), "{}", written.diff);
    assert!(matches!(world.tree.destroy("posts", false), Err(TreeError::NotGenerated(name)) if name == "posts"));
}

#[test]
fn in_whichever_order_three_are_taken_back() {
    let names = ["apples", "pears", "zucchini"];
    let world = World::new();
    let mut states = vec![world.snapshot()];
    for name in names {
        world.generate(name);
        states.push(world.snapshot());
    }
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        world.restore(&states[3]);
        for (at, name) in order.map(|at| (at, names[at])) {
            world.tree.destroy(name, false).unwrap();
            // The last one first is the way back, step by step.
            assert!(order != [2, 1, 0] || world.snapshot() == states[at], "{name}");
        }
        assert_eq!(world.snapshot(), states[0], "{order:?}");
    }
}

#[test]
fn a_room_stays_until_the_last_has_left() {
    for order in [["apples", "pears"], ["pears", "apples"]] {
        let world = World::new();
        let before = world.snapshot();
        for name in ["apples", "pears"] {
            world.tree.write(&plan_in_a_room(name), "", false).unwrap();
        }
        let room = "crates/web/src/admin/catalog/mod.rs";
        assert_eq!(world.read(room), "//! Catalog.\n\npub mod apples;\npub mod pears;\n");
        assert_eq!(world.read("crates/web/src/admin/mod.rs").matches("mod catalog;").count(), 1);

        world.tree.destroy(order[0], false).unwrap();
        assert_eq!(world.read(room), format!("//! Catalog.\n\npub mod {};\n", order[1]));
        assert!(world.read("crates/web/src/admin/mod.rs").contains("mod catalog;"));
        world.tree.destroy(order[1], false).unwrap();
        assert_eq!(world.snapshot(), before);
    }
}

#[test]
fn a_room_that_was_there_takes_lines_and_stays() {
    let world = World::new();
    world.write("crates/web/src/admin/catalog.rs", "//! By hand.\n\nuse x;\n");
    world.edit("crates/web/src/admin/mod.rs", "mod orders;", "mod catalog;\nmod orders;");
    let before = world.snapshot();
    world.tree.write(&plan_in_a_room("apples"), "", false).unwrap();
    assert_eq!(world.read("crates/web/src/admin/catalog.rs"), "//! By hand.\n\npub mod apples;\n\nuse x;\n");
    assert!(!world.path("crates/web/src/admin/catalog/mod.rs").exists());
    world.tree.destroy("apples", false).unwrap();
    assert_eq!(world.snapshot(), before);
}

#[test]
fn a_room_that_somebody_furnished_is_not_taken_away() {
    let world = World::new();
    world.tree.write(&plan_in_a_room("apples"), "", false).unwrap();
    world.edit("crates/web/src/admin/catalog/mod.rs", "pub mod apples;\n", "pub mod apples;\n\nfn mine() {}\n");
    assert_eq!(edited(&world, "apples"), ["crates/web/src/admin/catalog/mod.rs"]);
}

#[test]
fn edits_elsewhere_in_shared_files_stay() {
    let edit = |world: &World| {
        world.edit("crates/shop/src/lib.rs", "pub mod orders;\n", "pub mod oranges;\npub mod orders;\n");
        world.edit("crates/shop/src/roles.rs", "\"reply\"", "\"reply\", \"assign\"");
        world.edit(
            "crates/web/src/admin/mod.rs",
            "        phrases::face(),\n",
            "        phrases::face(),\n        mine::face(),\n",
        );
        world.write("crates/web/templates/mine.html", "");
    };
    let (world, expected) = (World::new(), World::new());
    edit(&expected);
    world.generate("apples");
    world.generate("pears");
    edit(&world);
    world.tree.destroy("apples", false).unwrap();
    world.tree.destroy("pears", false).unwrap();
    assert_eq!(world.snapshot(), expected.snapshot());
}

#[test]
fn a_folder_in_which_somebody_put_something_stays() {
    let world = World::new();
    let before = world.snapshot();
    world.generate("posts");
    world.write("locales/en/mine.toml", "");
    world.tree.destroy("posts", false).unwrap();
    let mut expected = before;
    expected.extend(["locales/", "locales/en/", "locales/en/mine.toml"].map(|path| (path.to_owned(), Vec::new())));
    assert_eq!(world.snapshot(), expected);
}

#[test]
fn what_was_edited_is_named_and_nothing_done() {
    let world = World::new();
    world.generate("posts");
    world.tree.write(&plan_of_views("posts"), "puzi generate view posts", false).unwrap();
    let state = || world.tree.entries().unwrap().iter().map(|entry| entry.state).collect::<Vec<_>>();
    assert_eq!(state(), [State::Untouched, State::Untouched]);

    world.edit("crates/shop/src/posts.rs", "i64", "i32");
    world.edit("crates/shop/src/lib.rs", "pub mod posts;\n", "");
    world.edit(
        "crates/shop/src/roles.rs",
        "    (\"posts\", VERBS),\n",
        "    (\"posts\", VERBS),\n    (\"posts\", VERBS),\n",
    );
    world.edit("crates/web/src/admin/posts.rs", ".cell(", ".cells(");
    assert_eq!(state(), [State::Edited, State::Edited]);
    std::fs::remove_file(world.path("locales/en/posts.toml")).unwrap();
    assert_eq!(state(), [State::Gone, State::Edited]);
    assert_eq!(
        edited(&world, "posts"),
        [
            "crates/shop/src/posts.rs",
            "crates/web/src/admin/posts.rs",
            "locales/en/posts.toml",
            "crates/shop/src/lib.rs (pub mod posts;)",
            "crates/shop/src/roles.rs ((\"posts\", VERBS),)",
        ]
    );
}

#[test]
fn a_later_part_changes_an_earlier_one_and_both_are_taken_back() {
    let world = World::new();
    let before = world.snapshot();
    world.generate("posts");
    world.tree.write(&plan_of_views("posts"), "puzi generate view posts", false).unwrap();
    let face = world.read("crates/web/src/admin/posts.rs");
    assert!(face.contains("\n        .template(|page| super::posts_pages::write(page))\n"), "formatted: {face}");
    // The first part's hash follows; both are as they were generated.
    assert!(world.tree.entries().unwrap().iter().all(|entry| entry.state == State::Untouched));

    // Once more: the replacement stands once, as before.
    let with_views = world.snapshot();
    world.tree.write(&plan_of_views("posts"), "puzi generate view posts", true).unwrap();
    assert_eq!(world.read("crates/web/src/admin/posts.rs"), face);
    assert_eq!(world.snapshot(), with_views);

    world.tree.destroy("posts", false).unwrap();
    assert_eq!(world.snapshot(), before);

    // A face that a hand wrote gets its words back.
    world.write("crates/web/src/admin/posts.rs", "fn face() -> Face {\n    Face::of(resource)\n}\n");
    let by_hand = world.snapshot();
    world.tree.write(&plan_of_views("posts"), "", false).unwrap();
    world.tree.destroy("posts", false).unwrap();
    assert_eq!(world.snapshot(), by_hand);
}

#[test]
fn a_hash_does_not_make_an_edited_file_right() {
    let world = World::new();
    world.generate("posts");
    world.edit("crates/web/src/admin/posts.rs", "A face", "My face");
    world.tree.write(&plan_of_views("posts"), "", false).unwrap();
    assert_eq!(edited(&world, "posts"), ["crates/web/src/admin/posts.rs"]);
}

#[test]
fn a_file_with_another_ones_lines_stays_until_that_one_goes() {
    let world = World::new();
    let before = world.snapshot();
    world.generate("posts");
    let into = line("crates/web/src/admin/posts.rs", "//! With comments.", sorted("//!"));
    let plan = Plan { name: "comments".into(), lines: vec![into], ..Plan::default() };
    world.tree.write(&plan, "", false).unwrap();
    let needed =
        |error| matches!(error, TreeError::Needed { path, by } if path.ends_with("posts.rs") && by == "comments");
    assert!(needed(world.tree.destroy("posts", false).unwrap_err()));
    assert!(needed(world.tree.write(&super::world::plan("posts"), "", true).unwrap_err()));
    assert!(world.tree.entries().unwrap().iter().all(|entry| entry.state == State::Untouched));
    world.tree.destroy("comments", false).unwrap();
    world.tree.destroy("posts", false).unwrap();
    assert_eq!(world.snapshot(), before);
}
