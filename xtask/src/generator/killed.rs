//! Runs that are killed: the tree is as before.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::exec::{self, Context as _, Error, Result};

use super::{
    copy::{Copy, Snapshot, differences},
    program::Program,
};

const ASKED: &[&str] =
    &["generate", "crud", "Kettles", "--fields=name#string#required; litres#decimal", "--namespace=Admin\\Kitchen"];

/// Where a run puts its files ready.
const OWN: &str = ".generate/";

/// How long the guardian of a run that was killed may take.
const GUARDIAN: Duration = Duration::from_secs(2);

/// What a run has done when it is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many thousandths of the time that a whole run takes.
    After(u32),
    /// This file is there.
    Made(&'static str),
}

/// Kills runs at several moments.
pub(super) fn all(program: &Program, copy: &Copy) -> Result {
    let before = copy.snapshot()?;
    let started = Instant::now();
    program.run(ASKED)?;
    let whole = started.elapsed();
    let after = copy.snapshot()?;
    program.run(&["generate", "destroy", "Kettles"])?;
    copy.must_be(&before, "after a resource was taken back")?;
    let files =
        [".generate", ".generate/journal", "crates/shop/src/kettles.rs", "locales/en/kettles.toml", "generated.toml"];
    let moments = (0..10).map(|tenth| Moment::After(tenth * 100 + 50)).chain(files.map(Moment::Made));
    let mut in_the_middle = 0;
    for moment in moments {
        if exec::interrupted() {
            break;
        }
        let ended = kill_at(program, copy.root(), moment, whole)?;
        let taken_back = settled(copy, &before, &after, moment)?;
        if !taken_back {
            // It was done before it was killed.
            program.run(&["generate", "destroy", "Kettles"])?;
            copy.must_be(&before, "after a resource was taken back")?;
        }
        in_the_middle += u32::from(!ended && taken_back);
    }
    if in_the_middle == 0 {
        return Err(Error::new("No run was killed in the middle: the moments do not hit it any more."));
    }
    println!("  {in_the_middle} runs were killed in the middle");
    // What a run that was killed leaves in its own folder, which git ignores, goes with the next one.
    program.run(ASKED)?;
    program.run(&["generate", "destroy", "Kettles"])?;
    copy.must_be(&before, "after the runs that were killed and one that was not")
}

/// Kills a run; whether it had ended by itself.
fn kill_at(program: &Program, root: &Path, moment: Moment, whole: Duration) -> Result<bool> {
    let mut child = program.start(ASKED)?;
    let started = Instant::now();
    match moment {
        Moment::After(thousandths) => sleep(whole * thousandths / 1000),
        Moment::Made(file) => {
            while !root.join(file).exists()
                && child.try_wait().context("puzi")?.is_none()
                && started.elapsed() < Duration::from_secs(60)
            {
                std::hint::spin_loop();
            }
        }
    }
    let ended = child.try_wait().context("puzi")?.is_some();
    // SIGKILL.
    let _ = child.kill();
    child.wait().context("puzi")?;
    Ok(ended)
}

/// Waits until the tree is as before, or all that was asked for is there: that is a run that was done, too.
fn settled(copy: &Copy, before: &Snapshot, after: &Snapshot, moment: Moment) -> Result<bool> {
    let killed = Instant::now();
    loop {
        let mut now = copy.snapshot()?;
        now.retain(|path, _| !path.starts_with(OWN));
        let left = differences(before, &now);
        if left.is_empty() {
            return Ok(true);
        }
        if differences(after, &now).is_empty() && killed.elapsed() > GUARDIAN {
            return Ok(false);
        }
        if killed.elapsed() > 2 * GUARDIAN {
            let left = left.join("\n  ");
            return Err(Error::new(format!("The tree is not as before a run that was killed ({moment:?}):\n  {left}")));
        }
        sleep(Duration::from_millis(50));
    }
}
