//! What a run is about to do, on disk before it begins, so that whoever comes after it can take it back.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Recovered, TreeError, disk, draft::Change, manifest::hash, paths::resolve};

const JOURNAL: &str = "journal";
const OLD: &str = "old";
const NEW: &str = "new";

/// The files of a run, and the folders that it makes. What was in a file lies beside it, in `old/` under its number.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Journal {
    files: Vec<Touched>,
    /// Outermost first.
    folders: Vec<String>,
}

/// A file.
#[derive(Debug, Serialize, Deserialize)]
struct Touched {
    /// Below the root.
    path: String,
    /// It was there before.
    was: bool,
    /// SHA-256 of what it becomes; `None` when it goes.
    becomes: Option<String>,
}

/// Whether a run has not ended.
pub(super) fn is_there(folder: &Path) -> bool {
    folder.join(JOURNAL).exists()
}

/// Where the new content of a run's file waits.
pub(super) fn new(folder: &Path, number: usize) -> PathBuf {
    folder.join(NEW).join(number.to_string())
}

fn old(folder: &Path, number: usize) -> PathBuf {
    folder.join(OLD).join(number.to_string())
}

/// Puts everything ready in `folder`: the new files, the old ones, and the journal last.
///
/// # Errors
/// When a file cannot be written, or is not what it was a moment ago.
pub(super) fn prepare(root: &Path, folder: &Path, changes: &[Change]) -> Result<Vec<PathBuf>, TreeError> {
    clear(folder)?;
    for part in [OLD, NEW] {
        disk::make_folder(&folder.join(part))?;
    }
    let mut journal = Journal::default();
    let mut made = BTreeSet::new();
    for (number, change) in changes.iter().enumerate() {
        let path = below(root, &change.path)?;
        if change.before.is_some() {
            disk::keep(&change.path, &old(folder, number))?;
        }
        if content(&old(folder, number))?.as_deref() != change.before.as_deref().map(str::as_bytes)
            || (change.before.is_none() && change.path.exists())
        {
            return Err(TreeError::Edited(vec![path]));
        }
        if let Some(text) = &change.now {
            let permissions = fs::metadata(&change.path).ok().map(|it| it.permissions());
            disk::write(&new(folder, number), text, permissions)?;
            made.extend(change.path.ancestors().skip(1).take_while(|above| !above.exists()).map(Path::to_owned));
        }
        let becomes = change.now.as_ref().map(|text| hash(text.as_bytes()));
        journal.files.push(Touched { path, was: change.before.is_some(), becomes });
    }
    // Above comes before below, in a sorted set.
    let made: Vec<PathBuf> = made.into_iter().collect();
    journal.folders = made.iter().map(|path| below(root, path)).collect::<Result<_, _>>()?;
    journal.write(folder)?;
    Ok(made)
}

/// The run has ended.
///
/// # Errors
/// When the journal cannot be removed.
pub(super) fn end(folder: &Path) -> Result<(), TreeError> {
    disk::remove(&folder.join(JOURNAL))?;
    // Should the power fail and the journal be there again, the run is taken back: whole as well.
    let _ = disk::sync_folder(folder);
    Ok(())
}

/// Takes a run back whose journal is there. Called again when it was itself interrupted, it goes on.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn roll_back(root: &Path, folder: &Path) -> Result<Option<Recovered>, TreeError> {
    let Some(journal) = Journal::read(folder)? else { return Ok(None) };
    let mut recovered = Recovered::default();
    for (number, file) in journal.files.iter().enumerate().rev() {
        file.roll_back(root, &old(folder, number), &mut recovered)?;
    }
    for path in journal.folders.iter().rev() {
        disk::remove_empty(&resolve(root, path)?)?;
    }
    let touched = journal.files.iter().filter_map(|file| root.join(&file.path).parent().map(Path::to_owned));
    for above in touched.collect::<BTreeSet<_>>().iter().filter(|above| above.exists()) {
        disk::sync_folder(above)?;
    }
    end(folder)?;
    recovered.files.sort();
    recovered.kept.sort();
    Ok((recovered != Recovered::default()).then_some(recovered))
}

/// Removes what a run put ready.
///
/// # Errors
/// When it cannot be removed.
pub(super) fn clear(folder: &Path) -> Result<(), TreeError> {
    for part in [OLD, NEW] {
        if folder.join(part).exists() {
            disk::remove_whole(&folder.join(part))?;
        }
    }
    let unfinished = folder.join(JOURNAL).with_extension("new");
    if unfinished.exists() { disk::remove(&unfinished) } else { Ok(()) }
}

impl Journal {
    /// Writes it so that it is there whole or not at all, after all that it counts on.
    fn write(&self, folder: &Path) -> Result<(), TreeError> {
        for part in [OLD, NEW] {
            disk::sync_folder(&folder.join(part))?;
        }
        let path = folder.join(JOURNAL);
        let text = serde_json::to_string(self).map_err(|error| TreeError::Io(path.clone(), error.into()))?;
        let unfinished = path.with_extension("new");
        disk::write(&unfinished, &text, None)?;
        disk::put(&unfinished, &path)?;
        disk::sync_folder(folder)
    }

    fn read(folder: &Path) -> Result<Option<Self>, TreeError> {
        let path = folder.join(JOURNAL);
        let Some(text) = content(&path)? else { return Ok(None) };
        serde_json::from_slice(&text).map(Some).map_err(|error| TreeError::Io(path, error.into()))
    }
}

impl Touched {
    /// Only what the run itself wrote is taken back: a file that somebody changed since then is theirs.
    fn roll_back(&self, root: &Path, old: &Path, recovered: &mut Recovered) -> Result<(), TreeError> {
        let path = resolve(root, &self.path)?;
        let (there, before) = (content(&path)?, content(old)?);
        let is_new = there.as_deref().map(hash) == self.becomes;
        let is_restored = self.was && before.is_none();
        if is_restored || (there == before && self.was == before.is_some()) {
            return Ok(());
        }
        if !is_new {
            recovered.kept.push(self.path.clone());
            return Ok(());
        }
        if self.was {
            if let Some(above) = path.parent().filter(|above| !above.exists()) {
                disk::make_folder(above)?;
            }
            disk::put(old, &path)?;
        } else {
            disk::remove(&path)?;
        }
        recovered.files.push(self.path.clone());
        Ok(())
    }
}

fn content(path: &Path) -> Result<Option<Vec<u8>>, TreeError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TreeError::Io(path.to_owned(), error)),
    }
}

fn below(root: &Path, path: &Path) -> Result<String, TreeError> {
    let below = path.strip_prefix(root).ok().and_then(Path::to_str);
    below.map(|below| below.replace('\\', "/")).ok_or_else(|| TreeError::Outside(path.display().to_string()))
}
