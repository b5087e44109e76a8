//! The journal's files: their names, their lines, and who may take them.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::Incoming;
use crate::{Result, db::now_ms};

/// Messages that wait for the database.
const WAITING: &str = "journal";
/// A file that is being made: nobody was told that anything in it is safe.
pub(super) const UNFINISHED: &str = "new";
/// Messages that the database took none of, while it took others.
const REFUSED: &str = "refused";
/// A file with lines that this version cannot read.
const UNREADABLE: &str = "unreadable";
/// An unfinished file older than this belongs to a process that died.
const LEFT_BEHIND: Duration = Duration::from_secs(60);
/// The version of a line.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Line<T> {
    v: u32,
    #[serde(flatten)]
    message: T,
}

/// The line of a message, with its end.
pub(super) fn line(message: &Incoming) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line { v: VERSION, message })?;
    line.push(b'\n');
    Ok(line)
}

/// A name that no other file has had; names sort by time.
pub(super) fn new_path(folder: &Path) -> PathBuf {
    // In containers that share a folder every process is number 1.
    let random: u64 = rand::random();
    folder.join(format!("{:013}-{}-{random:016x}.{WAITING}", now_ms(), std::process::id()))
}

/// Makes the file `path`, which only its owner may read: there are people's messages in it.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create_new(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes names in `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The files in `folder` whose messages wait, oldest first.
pub(super) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = with_ending(folder, WAITING)?;
    paths.sort_unstable();
    Ok(paths)
}

/// Removes what processes that died had begun to write.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for path in with_ending(folder, UNFINISHED)? {
        let age = fs::metadata(&path).and_then(|file| file.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            forgiving(fs::remove_file(&path))?;
        }
    }
    Ok(())
}

fn with_ending(folder: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // Removed by hand: the next message makes it again.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// The messages in the file `path`; none when a living process has it: then that one knows them.
pub(super) fn peek(path: &Path) -> io::Result<Vec<Arc<Incoming>>> {
    let file = File::open(path)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(Lines::read(&file)?.messages),
        Err(TryLockError::WouldBlock) => Ok(Vec::new()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A file that this process took to bring it in.
pub(in crate::conversations) struct Segment {
    path: PathBuf,
    /// Keeps other processes from bringing in the same one.
    _lock: File,
    lines: Lines,
}

impl Segment {
    /// Takes the file `path` and reads it; `None` when its writer or another process has it, or had it. Blocking.
    pub(in crate::conversations) fn take(path: &Path) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // Opened before another process brought it in, locked after.
        if !path.try_exists()? {
            return Ok(None);
        }
        let lines = Lines::read(&file)?;
        if lines.torn {
            tracing::warn!(path = %path.display(), "a torn last line in the journal is left out: nobody was answered");
        }
        Ok(Some(Self { path: path.to_owned(), _lock: file, lines }))
    }

    /// The messages in it.
    pub(in crate::conversations) fn messages(&self) -> &[Arc<Incoming>] {
        &self.lines.messages
    }

    /// Where it lies.
    pub(in crate::conversations) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps `refused` in a file beside this one, as lines that can be brought in again.
    pub(super) fn set_aside(&self, refused: &[Arc<Incoming>]) -> Result<()> {
        if refused.is_empty() {
            return Ok(());
        }
        let path = self.path.with_extension(REFUSED);
        // One is there when the last attempt broke off: this segment still holds all of it.
        forgiving(fs::remove_file(&path))?;
        let mut file = create(&path)?;
        for message in refused {
            file.write_all(&line(message)?)?;
        }
        file.sync_all()?;
        self.sync_folder()?;
        metrics::counter!("puzi_journal_refused_total").increment(refused.len() as u64);
        tracing::error!(path = %path.display(), count = refused.len(), "the database refuses messages; they are kept there");
        Ok(())
    }

    /// Deletes the file; one with unreadable lines gets another name instead: these lines were answered.
    pub(super) fn leave(&self) -> Result<()> {
        if self.lines.unreadable == 0 {
            forgiving(fs::remove_file(&self.path))?;
            return Ok(());
        }
        let path = self.path.with_extension(UNREADABLE);
        forgiving(fs::rename(&self.path, &path))?;
        self.sync_folder()?;
        metrics::counter!("puzi_journal_unreadable_total").increment(self.lines.unreadable);
        tracing::error!(path = %path.display(), count = self.lines.unreadable, "unreadable lines in the journal are kept there");
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.path.parent().map_or(Ok(()), sync_folder)
    }
}

#[derive(Default)]
struct Lines {
    messages: Vec<Arc<Incoming>>,
    /// Complete lines that are no message of a version known here.
    unreadable: u64,
    /// The last line has no end: it was never acknowledged to anybody.
    torn: bool,
}

impl Lines {
    fn read(mut file: &File) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut lines = Self::default();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if line.last() != Some(&b'\n') {
                lines.torn = true;
                continue;
            }
            match serde_json::from_slice::<Line<Incoming>>(line) {
                Ok(line) if line.v == VERSION => lines.messages.push(Arc::new(line.message)),
                Ok(_) | Err(_) => lines.unreadable += 1,
            }
        }
        Ok(lines)
    }
}

/// What is gone already is as good as removed: another process was quicker.
fn forgiving(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
