//! Runs that are killed at every step: the tree is as before.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{End, light, world::*};
use crate::generate::{Plan, Tree, TreeError};

const ROOT: &str = "PUZI_TEST_TREE";
const STEPS: &str = "PUZI_TEST_STEPS";
const ACT: &str = "PUZI_TEST_ACT";
const END: &str = "PUZI_TEST_END";
const GUARDED: &str = "PUZI_TEST_GUARDED";

/// A plan that needs no rustfmt, for it is written very often.
fn small_plan(name: &str) -> Plan {
    Plan {
        name: name.into(),
        files: vec![file(&format!("new/{name}/a.toml"), "a"), file(&format!("{name}.toml"), "b")],
        lines: vec![line("texts.list", name, sorted("admin"))],
        replacements: vec![replacement("Cargo.toml", "[workspace]", "[workspace] # generated")],
        ..Plan::default()
    }
}

/// This test's program again, to run one of the helpers below.
fn helper(name: &str) -> Vec<String> {
    let path = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
    [path.as_str(), "--exact", "--ignored", "--nocapture"].map(str::to_owned).into()
}

/// A process that acts on the tree and ends after so many steps.
fn act(root: &Path, act: &str, steps: usize, end: &str, guarded: bool) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(helper("run")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env(ROOT, root).env(ACT, act).env(STEPS, steps.to_string()).env(END, end);
    if guarded {
        command.env(GUARDED, "1");
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().unwrap()
}

#[test]
#[ignore = "a process that the tests here start"]
fn run() {
    let tree = Tree::find(env::var_os(ROOT).unwrap().as_ref()).unwrap();
    let guarded = tree.guarded_by(env::current_exe().unwrap(), helper("guardian"));
    let tree = if env::var_os(GUARDED).is_some() { guarded } else { tree };
    let end = if env::var(END).unwrap() == "hangs" { End::Hangs } else { End::Dies };
    light(env::var(STEPS).unwrap().parse().unwrap(), end);
    match env::var(ACT).unwrap().as_str() {
        "write" => drop(tree.write(&small_plan("posts"), "", false).unwrap()),
        "destroy" => drop(tree.destroy("posts", false).unwrap()),
        _ => drop(tree.recover().unwrap()),
    }
}

#[test]
#[ignore = "a process that the tests here start"]
fn guardian() {
    let tree = Tree::find(env::var_os(ROOT).unwrap().as_ref()).unwrap();
    tree.guard(std::io::stdin().lock()).unwrap();
}

/// A tree before an act, and what it is after it.
fn world(act: &str) -> (World, Snapshot, Snapshot) {
    let world = World::new();
    let write = || world.tree.write(&small_plan("posts"), "", false).unwrap();
    let destroy = || world.tree.destroy("posts", false).unwrap();
    let without = world.snapshot();
    write();
    let with = world.snapshot();
    if act == "destroy" {
        return (world, with, without);
    }
    destroy();
    (world, without, with)
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Kills an act after each number of steps, and lets `see` look at the tree; until there are no more steps. Returns
/// how often the tree was half written.
fn kill_everywhere(what: &str, guarded: bool, see: impl Fn(&World, &Snapshot, &Snapshot)) -> usize {
    let (mut world, mut before, mut after) = self::world(what);
    let mut half = 0;
    for steps in 0.. {
        let finished = act(world.root(), what, steps, "dies", guarded).wait().unwrap().success();
        if finished {
            assert!(steps > 25, "only {steps} steps");
            assert_eq!(world.snapshot(), after);
            break;
        }
        let there = world.snapshot();
        half += usize::from(there != before && there != after);
        see(&world, &before, &after);
        recover(&world);
        assert!(!world.path(".generate").exists(), "{what}, {steps} steps");
        if world.snapshot() == after {
            (world, before, after) = self::world(what);
        }
        assert_eq!(world.snapshot(), before, "{what}, {steps} steps");
    }
    half
}

/// Takes back what is left to take back; a guardian on a slow disk may have the tree for longer than a run waits.
fn recover(world: &World) {
    until("nobody has the tree", || match world.tree.recover() {
        Err(TreeError::Busy) => false,
        recovered => recovered.is_ok(),
    });
}

fn is_under_way(world: &World) -> bool {
    world.path(".generate/journal").exists()
}

/// The tree goes back by itself: it is as before, or the run was through.
fn goes_back(world: &World, before: &Snapshot, after: &Snapshot) {
    until("the tree is whole", || {
        let done = !is_under_way(world);
        let now = world.snapshot();
        now == *before || (done && now == *after)
    });
}

#[test]
fn a_guardian_takes_back_what_was_half_written() {
    kill_everywhere("write", true, goes_back);
}

#[test]
fn a_guardian_takes_back_what_was_half_destroyed() {
    kill_everywhere("destroy", true, goes_back);
}

#[test]
fn without_one_the_next_run_takes_it_back() {
    for what in ["write", "destroy"] {
        let half = kill_everywhere(what, false, |world, before, _| {
            let was_under_way = is_under_way(world);
            let files = |all: &Snapshot| {
                all.iter()
                    .filter(|(path, _)| !path.ends_with('/'))
                    .map(|(_, content)| content.clone())
                    .collect::<Vec<_>>()
            };
            let changed = files(&world.snapshot()) != files(before);
            let recovered = world.tree.recover().unwrap();
            assert_eq!(recovered.is_some(), was_under_way && changed);
            assert!(!was_under_way || world.snapshot() == *before);
        });
        assert!(half >= 4, "{what}: half written only {half} times");
    }
}

#[test]
fn a_guardian_and_the_next_run_do_not_disturb_each_other() {
    kill_everywhere("write", true, |world, before, after| {
        let was_under_way = is_under_way(world);
        recover(world);
        let now = world.snapshot();
        assert!(now == *before || (!was_under_way && now == *after));
    });
}

/// Writes and dies with the last file in place and the journal still there, after so many steps.
fn die_late(world: &World, after: &Snapshot, steps: Option<usize>) -> usize {
    let late = (steps.unwrap_or(10)..).find(|steps| {
        world.tree.recover().unwrap();
        act(world.root(), "write", *steps, "dies", false).wait().unwrap();
        world.snapshot() == *after
    });
    assert!(is_under_way(world));
    late.unwrap()
}

#[test]
fn a_recovery_that_is_killed_is_taken_up_again() {
    let (world, before, after) = world("write");
    let mut late = None;
    for steps in 0.. {
        late = Some(die_late(&world, &after, late));
        let finished = act(world.root(), "recover", steps, "dies", false).wait().unwrap().success();
        world.tree.recover().unwrap();
        assert_eq!(world.snapshot(), before, "{steps} steps");
        assert!(!world.path(".generate").exists());
        if finished {
            assert!(steps > 8, "only {steps} steps");
            return;
        }
    }
}

#[test]
fn who_edits_a_half_written_tree_keeps_the_edit() {
    let (world, before, after) = world("write");
    die_late(&world, &after, None);
    world.edit("texts.list", "zebra", "zebu");
    let recovered = world.tree.recover().unwrap().unwrap();
    assert_eq!(recovered.kept, ["texts.list"]);
    assert_eq!(recovered.files, ["Cargo.toml", "generated.toml", "new/posts/a.toml", "posts.toml"]);
    assert!(world.read("texts.list").contains("posts\nzebu"));
    let rest = |mut all: Snapshot| {
        all.remove("texts.list");
        all
    };
    assert_eq!(rest(world.snapshot()), rest(before));
}

#[test]
fn a_journal_from_elsewhere_leads_nowhere() {
    let (world, before, _) = world("write");
    let outside = format!("../{}", world.root().file_name().unwrap().display()) + ".outside";
    for journal in [
        format!(r#"{{"files":[{{"path":"{outside}","was":true,"becomes":null}}],"folders":[]}}"#),
        format!(r#"{{"files":[],"folders":["{outside}"]}}"#),
        "no journal".to_owned(),
    ] {
        world.write(".generate/journal", &journal);
        world.write(".generate/old/0", "x");
        world.tree.recover().unwrap_err();
        world.tree.write(&small_plan("posts"), "", false).unwrap_err();
        assert!(!world.root().join(&outside).exists());
        assert_eq!(world.snapshot(), before);
    }
}

/// What a terminal does at Ctrl-C: everything in the foreground gets the signal, the guardian does not.
#[cfg(unix)]
#[test]
fn a_guardian_outlives_the_terminals_signals() {
    for signal in ["-INT", "-TERM", "-HUP", "-KILL"] {
        let (world, before, after) = world("write");
        for steps in 20.. {
            let mut child = act(world.root(), "write", steps, "hangs", true);
            let is_half = || {
                let now = world.snapshot();
                now != before && now != after
            };
            // It hangs, or it is through.
            let start = Instant::now();
            while !is_half() && child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_millis(300) {
                thread::sleep(Duration::from_millis(5));
            }
            let was_half = is_half();
            Command::new("kill").args([signal, "--", &format!("-{}", child.id())]).status().unwrap();
            assert!(!child.wait().unwrap().success());
            goes_back(&world, &before, &after);
            until("the guardian has left", || !is_under_way(&world));
            world.tree.recover().unwrap();
            if was_half {
                assert_eq!(world.snapshot(), before);
                break;
            }
        }
    }
}

#[test]
fn a_guardian_that_cannot_be_started_changes_nothing() {
    let (world, before, _) = world("write");
    let tree = world.tree.guarded_by("/no/such/guardian".into(), Vec::new());
    tree.write(&small_plan("posts"), "", false).unwrap_err();
    assert_eq!(world.snapshot(), before);
    assert!(!fs::exists(world.path(".generate")).unwrap());
}

#[test]
fn a_guardian_that_left_early_does_no_harm() {
    let (world, _, after) = world("write");
    let tree = world.tree.guarded_by(env::current_exe().unwrap(), vec!["--help".into()]);
    tree.write(&small_plan("posts"), "", false).unwrap();
    assert_eq!(world.snapshot(), after);
}
