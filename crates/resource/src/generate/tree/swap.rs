//! Files changed on disk, all or none.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{
    TreeError, disk,
    draft::{Change, Draft},
    guardian::Guardian,
    journal,
    lock::Held,
    paths::resolve,
};

/// Puts a draft in the tree's place.
///
/// # Errors
/// When a file cannot be written; the tree is as before then.
pub(super) fn swap(root: &Path, held: &Held, draft: &Draft, guardian: Option<&Guardian>) -> Result<(), TreeError> {
    let changes = draft.changes()?;
    if changes.is_empty() {
        return Ok(());
    }
    let folder = held.folder();
    let made = journal::prepare(root, folder, &changes)?;
    // From here on whoever finds the journal takes everything back.
    let watch = guardian.map(Guardian::watch).transpose();
    let (watch, done) = match watch {
        Ok(watch) => (watch, put_in_place(root, folder, draft, &changes, &made)),
        Err(error) => (None, Err(error)),
    };
    if done.is_err() && journal::roll_back(root, folder).is_err() {
        // The guardian tries too, and after it the next run.
        return done;
    }
    if let Some(watch) = watch {
        watch.dismiss();
    }
    done
}

fn put_in_place(
    root: &Path,
    folder: &Path,
    draft: &Draft,
    changes: &[Change],
    made: &[PathBuf],
) -> Result<(), TreeError> {
    for path in made {
        disk::make_folder(path)?;
    }
    change(folder, changes)?;
    for path in draft.folders.iter().rev() {
        disk::remove_empty(&resolve(root, path)?)?;
    }
    sync(changes)?;
    journal::end(folder)
}

fn change(folder: &Path, changes: &[Change]) -> Result<(), TreeError> {
    for (number, change) in changes.iter().enumerate() {
        match change.now {
            Some(_) => disk::put(&journal::new(folder, number), &change.path)?,
            None => disk::remove(&change.path)?,
        }
    }
    Ok(())
}

fn sync(changes: &[Change]) -> Result<(), TreeError> {
    let folders: BTreeSet<&Path> = changes.iter().filter_map(|change| change.path.parent()).collect();
    folders.into_iter().filter(|folder| folder.exists()).try_for_each(disk::sync_folder)
}
