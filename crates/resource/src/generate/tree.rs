//! Writing plans into a workspace, whole or not at all.

use std::path::{Path, PathBuf};

use super::Plan;

/// A workspace that is generated into.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

/// Why a tree is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Not a workspace of Puzi.
    #[error("{0} is no workspace of Puzi")]
    NoWorkspace(PathBuf),
    /// A file is in the way.
    #[error("{0} is there already")]
    Exists(String),
    /// A place for a line is not found in a file.
    #[error("{path}: no place for {line}")]
    NoPlace {
        /// The file.
        path: String,
        /// The line.
        line: String,
    },
    /// Nothing of this name was generated.
    #[error("{0} was not generated here")]
    NotGenerated(String),
    /// What was generated has been edited since: file by file.
    #[error("edited: {0:?}")]
    Edited(Vec<String>),
    /// rustfmt refused.
    #[error("rustfmt: {0}")]
    Format(String),
    /// The manifest is no such file.
    #[error("generated.toml: {0}")]
    Manifest(String),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
}

/// How an entry of the manifest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it was generated.
    Untouched,
    /// Edited since.
    Edited,
    /// Files are gone.
    Gone,
}

/// What was generated at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The resource's name.
    pub name: String,
    /// The command line.
    pub command: String,
    /// Its files.
    pub files: Vec<String>,
    /// How it stands.
    pub state: State,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Written anew.
    Created,
    /// Overwritten, as `--force` asked.
    Overwritten,
    /// Lines were added or taken away.
    Changed,
    /// Taken away.
    Removed,
}

/// What was, or would be, written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Each file, and what happened to it.
    pub files: Vec<(String, Outcome)>,
    /// A unified diff of everything.
    pub diff: String,
}

/// A run that was killed and has been taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Files that are as before again.
    pub files: Vec<String>,
}

impl Tree {
    /// The workspace that `start` lies in.
    ///
    /// # Errors
    /// [`TreeError::NoWorkspace`].
    pub fn find(start: &Path) -> Result<Self, TreeError> {
        Ok(Self { root: start.to_owned() })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes back what a killed run left half written. To be called before anything else.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn recover(&self) -> Result<Option<Recovered>, TreeError> {
        Ok(None)
    }

    /// What `plan` would write, `command` being the line for the manifest.
    ///
    /// # Errors
    /// As [`Tree::write`].
    pub fn preview(&self, plan: &Plan, command: &str, force: bool) -> Result<Written, TreeError> {
        let _ = (plan, command, force);
        Ok(Written::default())
    }

    /// Writes `plan` whole or not at all.
    ///
    /// # Errors
    /// When something is in the way, has no place, cannot be formatted or written; the tree is as before.
    pub fn write(&self, plan: &Plan, command: &str, force: bool) -> Result<Written, TreeError> {
        self.preview(plan, command, force)
    }

    /// Takes back everything generated under this name; with `dry_run` only says what would go.
    ///
    /// # Errors
    /// [`TreeError::NotGenerated`]; [`TreeError::Edited`] when a file is not as it was generated.
    pub fn destroy(&self, name: &str, dry_run: bool) -> Result<Written, TreeError> {
        let _ = dry_run;
        Err(TreeError::NotGenerated(name.to_owned()))
    }

    /// What was generated here, oldest first.
    ///
    /// # Errors
    /// When the manifest cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, TreeError> {
        Ok(Vec::new())
    }

    /// The name of the next migration for a table, without `.rs`.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn next_migration(&self, table: &str, today: jiff::civil::Date) -> Result<String, TreeError> {
        Ok(format!("m{}_000001_{table}", today.strftime("%Y%m%d")))
    }

    /// Names of the modules directly in the shop's and the admin's folders.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn modules(&self) -> Result<Vec<String>, TreeError> {
        Ok(Vec::new())
    }

    /// The workspace's own templates, in `generator/`.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn templates(&self) -> Result<Vec<(String, String)>, TreeError> {
        Ok(Vec::new())
    }

    /// Copies the built-in templates out to `generator/`; those that are there stay.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn copy_templates(&self, all: &[(&str, &str)]) -> Result<Written, TreeError> {
        let _ = all;
        Ok(Written::default())
    }
}
