//! A copy of the workspace, and what is in it byte by byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::exec::{self, Context as _, Error, Result};

/// The files of a tree by their paths, and its folders, which end in `/` and are empty.
pub(crate) type Snapshot = BTreeMap<String, Vec<u8>>;

/// What builds leave in a tree; git ignores it.
const BUILT: [&str; 2] = ["target", "assets/dist"];

/// A copy of the workspace.
pub(crate) struct Copy {
    root: PathBuf,
}

impl Copy {
    /// Makes `root` what the workspace is: its files that git knows, and new ones that it does not ignore. What is the same
    /// already is left alone, so that cargo does not take it for changed.
    pub(crate) fn make(root: &Path) -> Result<Self> {
        let listed = exec::output(exec::program("git").args(["ls-files", "-co", "--exclude-standard", "-z"]))?;
        let wanted: BTreeSet<&str> = listed.split('\0').filter(|path| exec::root().join(path).is_file()).collect();
        fs::create_dir_all(root).context(root.display())?;
        let copy = Self { root: root.to_owned() };
        for (path, bytes) in copy.snapshot()? {
            let there = root.join(&path);
            if !path.ends_with('/') && !wanted.contains(path.as_str()) {
                fs::remove_file(&there).context(there.display())?;
            }
            drop(bytes);
        }
        for path in wanted {
            let (from, to) = (exec::root().join(path), root.join(path));
            let bytes = fs::read(&from).context(from.display())?;
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).context(folder.display())?;
            }
            fs::write(&to, bytes).context(to.display())?;
        }
        copy.remove_empty_folders(root)?;
        Ok(copy)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn remove_empty_folders(&self, folder: &Path) -> Result {
        for entry in fs::read_dir(folder).context(folder.display())?.flatten() {
            if entry.path().is_dir() {
                self.remove_empty_folders(&entry.path())?;
                // Only what is empty goes.
                let _ = fs::remove_dir(entry.path());
            }
        }
        Ok(())
    }

    /// Everything that is in it.
    pub(crate) fn snapshot(&self) -> Result<Snapshot> {
        let mut all = Snapshot::new();
        self.read(&self.root, "", &mut all)?;
        Ok(all)
    }

    fn read(&self, folder: &Path, prefix: &str, into: &mut Snapshot) -> Result {
        for entry in fs::read_dir(folder).context(folder.display())?.flatten() {
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if BUILT.contains(&path.as_str()) {
                continue;
            }
            if entry.path().is_dir() {
                into.insert(format!("{path}/"), Vec::new());
                self.read(&entry.path(), &format!("{path}/"), into)?;
            } else if let Ok(bytes) = fs::read(entry.path()) {
                // One that went between being listed and being read is none.
                into.insert(path, bytes);
            }
        }
        Ok(())
    }

    /// An error with the differences when the tree is not `before`.
    pub(crate) fn must_be(&self, before: &Snapshot, when: &str) -> Result {
        let differences = differences(before, &self.snapshot()?);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!("The tree is not as before {when}:\n  {}", differences.join("\n  "))))
    }

    /// Writes a file of the copy.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result {
        let file = self.root.join(path);
        fs::write(&file, text).context(file.display())
    }

    /// Reads a file of the copy.
    pub(crate) fn text(&self, path: &str) -> Result<String> {
        let file = self.root.join(path);
        fs::read_to_string(&file).context(file.display())
    }

    pub(crate) fn remove(&self, path: &str) -> Result {
        let file = self.root.join(path);
        let removed = if file.is_dir() { fs::remove_dir_all(&file) } else { fs::remove_file(&file) };
        removed.context(file.display())
    }
}

/// What is new, gone or changed.
pub(crate) fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let difference = |path: &String| match (before.get(path), after.get(path)) {
        (None, _) => Some(format!("new: {path}")),
        (_, None) => Some(format!("gone: {path}")),
        (Some(before), Some(after)) => (before != after).then(|| format!("changed: {path}")),
    };
    paths.into_iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named() {
        let tree = |files: &[(&str, &str)]| {
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect::<Snapshot>()
        };
        let before = tree(&[("a", "1"), ("b", "1"), ("c", "1"), ("d/", "")]);
        let after = tree(&[("a", "1"), ("b", "2"), ("d/", ""), ("d/e", "1")]);
        assert_eq!(differences(&before, &after), ["changed: b", "gone: c", "new: d/e"]);
        assert!(differences(&before, &before).is_empty());
    }
}
