//! A tree as it would be: what changes is read, edited and formatted in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use similar::TextDiff;

use super::{
    TreeError,
    format::Rustfmt,
    manifest::MANIFEST,
    paths::{read, resolve},
};
use crate::generate::{Outcome, Written};

/// Files in memory.
#[derive(Debug)]
pub(super) struct Draft {
    root: PathBuf,
    sheets: BTreeMap<String, Sheet>,
    /// Folders to go when nothing is left in them.
    pub folders: BTreeSet<String>,
}

/// One file.
#[derive(Debug)]
struct Sheet {
    /// What is on disk.
    before: Option<String>,
    /// What is to be.
    now: Option<String>,
    /// Its text is this program's own, not that of the disk.
    anew: bool,
    /// What stands there is as rustfmt writes it, so that it stays so. A file that somebody formats otherwise is left
    /// in their form.
    tidy: Option<bool>,
}

/// A file to be changed on disk.
#[derive(Debug)]
pub(super) struct Change {
    /// Where it really lies.
    pub path: PathBuf,
    pub before: Option<String>,
    pub now: Option<String>,
}

impl Draft {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), sheets: BTreeMap::new(), folders: BTreeSet::new() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A file's text as it is to be.
    ///
    /// # Errors
    /// When it lies outside or cannot be read.
    pub(super) fn text(&mut self, path: &str) -> Result<Option<&str>, TreeError> {
        Ok(self.sheet(path)?.now.as_deref())
    }

    /// A file's text on disk.
    pub(super) fn before(&self, path: &str) -> Option<&str> {
        self.sheets.get(path)?.before.as_deref()
    }

    /// Writes a file anew.
    pub(super) fn write(&mut self, path: &str, text: String) -> Result<(), TreeError> {
        let sheet = self.sheet(path)?;
        (sheet.now, sheet.anew, sheet.tidy) = (Some(text), true, None);
        Ok(())
    }

    /// Edits a file.
    pub(super) fn edit(&mut self, path: &str, text: String) -> Result<(), TreeError> {
        self.sheet(path)?.now = Some(text);
        Ok(())
    }

    /// Takes a file away.
    pub(super) fn remove(&mut self, path: &str) -> Result<(), TreeError> {
        self.sheet(path)?.now = None;
        Ok(())
    }

    /// Formats what was written anew, and sees how the other files stand before they are edited.
    ///
    /// # Errors
    /// [`TreeError::Format`].
    pub(super) fn look_at_format(&mut self) -> Result<(), TreeError> {
        let unknown = |(path, sheet): &(&String, &mut Sheet)| is_rust(path) && sheet.tidy.is_none();
        let mut sheets: Vec<_> = self.sheets.iter_mut().filter(unknown).collect();
        let texts: Vec<&str> = sheets.iter().map(|(_, sheet)| sheet.now.as_deref().unwrap_or_default()).collect();
        let results = Rustfmt::of(&self.root).all(&texts)?;
        for ((path, sheet), result) in sheets.iter_mut().zip(results) {
            match result {
                Ok(text) if sheet.anew => (sheet.now, sheet.tidy) = (Some(text), Some(true)),
                Err(why) if sheet.anew => return Err(TreeError::Format(format!("{path}: {why}"))),
                result => sheet.tidy = Some(result.is_ok_and(|text| sheet.now.as_ref() == Some(&text))),
            }
        }
        Ok(())
    }

    /// Formats edited files which were formatted before.
    ///
    /// # Errors
    /// [`TreeError::Format`].
    pub(super) fn format(&mut self, paths: &BTreeSet<String>) -> Result<(), TreeError> {
        let mut sheets: Vec<(&String, &mut String)> = (self.sheets.iter_mut())
            .filter(|(path, sheet)| paths.contains(*path) && is_rust(path) && sheet.tidy == Some(true))
            .filter_map(|(path, sheet)| Some((path, sheet.now.as_mut()?)))
            .collect();
        let texts: Vec<&str> = sheets.iter().map(|(_, text)| text.as_str()).collect();
        let results = Rustfmt::of(&self.root).all(&texts)?;
        for ((path, text), result) in sheets.iter_mut().zip(results) {
            **text = result.map_err(|why| TreeError::Format(format!("{path}: {why}")))?;
        }
        Ok(())
    }

    /// Files whose text becomes another one, with both.
    pub(super) fn edited(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.sheets.iter().filter_map(|(path, sheet)| {
            let (before, now) = (sheet.before.as_deref()?, sheet.now.as_deref()?);
            (before != now).then_some((path.as_str(), before, now))
        })
    }

    /// Files that are made.
    pub(super) fn made(&self) -> impl Iterator<Item = &str> {
        self.sheets
            .iter()
            .filter(|(_, sheet)| sheet.before.is_none() && sheet.now.is_some())
            .map(|(path, _)| path.as_str())
    }

    /// What changes on disk.
    ///
    /// # Errors
    /// When a path leads out of the workspace.
    pub(super) fn changes(&self) -> Result<Vec<Change>, TreeError> {
        let differing = self.sheets.iter().filter(|(_, sheet)| sheet.before != sheet.now);
        differing
            .map(|(path, sheet)| {
                let path = resolve(&self.root, path)?;
                Ok(Change { path, before: sheet.before.clone(), now: sheet.now.clone() })
            })
            .collect()
    }

    /// What changes, for people: by path, and the manifest last.
    pub(super) fn written(&self) -> Written {
        let mut written = Written::default();
        let (manifest, others): (Vec<_>, Vec<_>) = (self.sheets.iter())
            .filter(|(_, sheet)| sheet.before != sheet.now)
            .partition(|(path, _)| path.as_str() == MANIFEST);
        for (path, sheet) in others.into_iter().chain(manifest) {
            let outcome = match (&sheet.before, &sheet.now) {
                (None, _) => Outcome::Created,
                (_, None) => Outcome::Removed,
                _ if sheet.anew => Outcome::Overwritten,
                _ => Outcome::Changed,
            };
            written.files.push((path.clone(), outcome));
            written.diff.push_str(&sheet.diff(path));
        }
        written
    }

    fn sheet(&mut self, path: &str) -> Result<&mut Sheet, TreeError> {
        if !self.sheets.contains_key(path) {
            let before = read(&resolve(&self.root, path)?)?;
            let sheet = Sheet { now: before.clone(), before, anew: false, tidy: None };
            self.sheets.insert(path.to_owned(), sheet);
        }
        self.sheets.get_mut(path).ok_or_else(|| TreeError::Outside(path.to_owned()))
    }
}

impl Sheet {
    fn diff(&self, path: &str) -> String {
        let name = |text: &Option<String>| if text.is_some() { path } else { "/dev/null" };
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let (before, now) = (text(&self.before), text(&self.now));
        let diff = TextDiff::from_lines(&before, &now);
        diff.unified_diff().header(name(&self.before), name(&self.now)).to_string()
    }
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}
