//! One run at a time in one tree.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{TreeError, disk, journal, paths::resolve};

/// The folder of a run, below the root. It is there as long as the run, and Git ignores it.
const FOLDER: &str = ".generate";
const LOCK: &str = "lock";

/// How long a run waits: a guardian that tidies up needs no longer, and another run is soon told.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who waits for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// A person waits, and would rather be told.
    Short,
    /// A guardian has all the time.
    Endless,
}

/// The tree is this process's.
#[derive(Debug)]
pub(super) struct Held {
    folder: PathBuf,
    lock: File,
}

impl Held {
    /// Takes the tree.
    ///
    /// # Errors
    /// [`TreeError::Busy`] when another process has it.
    pub(super) fn take(root: &Path, wait: Wait) -> Result<Self, TreeError> {
        loop {
            disk::make_folder(&resolve(root, FOLDER)?)?;
            // Whoever had the tree removes the folder.
            if let Some(held) = Self::open(root, wait, true)? {
                return Ok(held);
            }
        }
    }

    /// Takes the tree after a run that was killed; `None` when no run has left anything.
    ///
    /// # Errors
    /// As [`Held::take`].
    pub(super) fn take_after(root: &Path, wait: Wait) -> Result<Option<Self>, TreeError> {
        let held = Self::open(root, wait, false)?;
        let folder = resolve(root, FOLDER)?;
        if held.is_none() && journal::is_there(&folder) {
            return Self::take(root, wait).map(Some);
        }
        if held.is_none() {
            // Of one that was killed before it took the tree, or after it gave it back. Whoever needs it makes it again.
            disk::remove_empty(&folder)?;
        }
        Ok(held)
    }

    fn open(root: &Path, wait: Wait, create: bool) -> Result<Option<Self>, TreeError> {
        let folder = resolve(root, FOLDER)?;
        let path = folder.join(LOCK);
        let failed = |error| TreeError::Io(path.clone(), error);
        let until = Instant::now() + PATIENCE;
        loop {
            let lock = match OpenOptions::new().create(create).truncate(false).write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened.map_err(failed)?,
            };
            match (wait, lock.try_lock()) {
                (_, Ok(())) => {}
                (_, Err(TryLockError::Error(error))) => return Err(failed(error)),
                (Wait::Endless, Err(TryLockError::WouldBlock)) => lock.lock().map_err(failed)?,
                (Wait::Short, Err(TryLockError::WouldBlock)) if Instant::now() < until => {
                    thread::sleep(Duration::from_millis(10));
                    continue;
                }
                (Wait::Short, Err(TryLockError::WouldBlock)) => return Err(TreeError::Busy),
            }
            // A lock on a file that was removed meanwhile keeps nobody out.
            if is_same(&lock, &path) {
                return Ok(Some(Self { folder, lock }));
            }
        }
    }

    /// The folder for what the run needs.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Held {
    /// Leaves nothing behind; except when something is to be rolled back, which needs all of it.
    fn drop(&mut self) {
        if !journal::is_there(&self.folder) {
            // What cannot be removed is ignored by Git, and the next run tries again.
            let _ = journal::clear(&self.folder);
            if cfg!(unix) {
                let _ = disk::remove(&self.folder.join(LOCK)).and_then(|()| disk::remove_empty(&self.folder));
            }
        }
        let _ = self.lock.unlock();
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |it: io::Result<fs::Metadata>| it.map(|it| (it.dev(), it.ino())).ok();
    let locked = id(file.metadata());
    locked.is_some() && locked == id(fs::metadata(path))
}

/// Elsewhere a file that is open is not removed.
#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    fs::exists(path).unwrap_or(false)
}
