//! A tree is written into, taken back from and killed, in a small workspace made for it.

mod killed;
mod making;
mod real;
mod taking_back;
mod world;

use std::{cell::Cell, io, thread, time::Duration};

/// What happens to a run at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The disk refuses.
    Fails,
    /// The process dies.
    Dies,
    /// The process goes no further, until somebody kills it.
    Hangs,
}

thread_local! {
    /// Steps until the end, and which.
    static FUSE: Cell<Option<(usize, End)>> = const { Cell::new(None) };
}

/// Lets what this thread does to the disk end after so many steps.
fn light(steps: usize, end: End) {
    FUSE.set(Some((steps, end)));
}

/// A step, as everything that changes the disk is.
pub(super) fn step() -> io::Result<()> {
    let Some((steps, end)) = FUSE.get() else { return Ok(()) };
    FUSE.set((steps > 0).then(|| (steps - 1, end)));
    if steps > 0 {
        return Ok(());
    }
    match end {
        End::Fails => Err(io::Error::other("the fuse has burnt down")),
        End::Dies => std::process::abort(),
        End::Hangs => loop {
            thread::sleep(Duration::from_secs(1));
        },
    }
}
