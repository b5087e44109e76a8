//! What a run does to the disk, one thing at a time.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    path::Path,
};

use super::TreeError;
#[cfg(test)]
use super::tests::step;

/// Everything that changes the disk passes here, so that a test can end a run anywhere.
#[cfg(not(test))]
fn step() -> io::Result<()> {
    Ok(())
}

fn at<T>(path: &Path, act: impl FnOnce() -> io::Result<T>) -> Result<T, TreeError> {
    step().and_then(|()| act()).map_err(|error| TreeError::Io(path.to_owned(), error))
}

/// Writes a file through to the disk.
pub(super) fn write(path: &Path, content: &str, permissions: Option<Permissions>) -> Result<(), TreeError> {
    at(path, || {
        let mut file = File::create(path)?;
        file.write_all(content.as_bytes())?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.sync_all()
    })
}

/// A second name for a file, or where there are no such, a copy.
pub(super) fn keep(path: &Path, kept: &Path) -> Result<(), TreeError> {
    at(kept, || fs::hard_link(path, kept).or_else(|_| fs::copy(path, kept).and_then(|_| File::open(kept)?.sync_all())))
}

/// Puts a file in another one's place, in one step.
pub(super) fn put(from: &Path, to: &Path) -> Result<(), TreeError> {
    at(to, || fs::rename(from, to))
}

/// Removes a file; one that is not there is removed.
pub(super) fn remove(path: &Path) -> Result<(), TreeError> {
    at(path, || fs::remove_file(path).or_else(not_there))
}

/// Makes a folder, and those above it.
pub(super) fn make_folder(path: &Path) -> Result<(), TreeError> {
    at(path, || fs::create_dir_all(path))
}

/// Removes a folder in which nothing is left.
pub(super) fn remove_empty(path: &Path) -> Result<(), TreeError> {
    at(path, || {
        fs::remove_dir(path).or_else(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty => Ok(()),
            _ => not_there(error),
        })
    })
}

/// Removes a folder with all that is in it.
pub(super) fn remove_whole(path: &Path) -> Result<(), TreeError> {
    at(path, || fs::remove_dir_all(path).or_else(not_there))
}

/// Brings through to the disk what was made, renamed and removed in a folder.
pub(super) fn sync_folder(path: &Path) -> Result<(), TreeError> {
    // Elsewhere a folder cannot be opened as a file, and needs no such thing.
    if cfg!(unix) {
        at(path, || File::open(path)?.sync_all())?;
    }
    Ok(())
}

fn not_there(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
