//! Writing plans into a workspace, whole or not at all.
//!
//! Everything is computed in memory first (`make`, `unmake`: a `Draft`). Then it goes to disk in steps of which each
//! can be taken back (`swap`): the new files and the old ones are put ready in `.generate/`, then the journal; then
//! each file takes its place by a rename; and with the journal's removal the run is done. Whoever finds a journal rolls
//! back: the run itself after a failure, its guardian when it was killed, or the next run.

mod apply;
mod disk;
mod draft;
mod error;
mod folder;
mod format;
mod guardian;
mod journal;
mod lock;
mod make;
mod manifest;
mod paths;
mod swap;
#[cfg(test)]
mod tests;
mod unmake;

use std::{
    io::Read,
    path::{Path, PathBuf},
};

pub use self::error::TreeError;
use self::{
    draft::Draft,
    folder::MIGRATIONS,
    guardian::Guardian,
    lock::{Held, Wait},
    manifest::{MANIFEST, Manifest},
};
use super::Plan;

/// Where a workspace's own templates lie.
const TEMPLATES: &str = "generator";

/// A workspace that is generated into.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
    guardian: Option<Guardian>,
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
    /// Each file, and what happened to it; the manifest last.
    pub files: Vec<(String, Outcome)>,
    /// A unified diff of everything.
    pub diff: String,
}

/// A run that was killed and has been taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files that are as before again.
    pub files: Vec<String>,
    /// Files that somebody changed after the run was killed, and which stay as they are.
    pub kept: Vec<String>,
}

impl Tree {
    /// The workspace that `start` lies in.
    ///
    /// # Errors
    /// [`TreeError::NoWorkspace`].
    pub fn find(start: &Path) -> Result<Self, TreeError> {
        let root = folder::workspace(start).ok_or_else(|| TreeError::NoWorkspace(start.to_owned()))?;
        Ok(Self { root, guardian: None })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The same tree, with a process beside each run that takes it back when it is killed: this command, which must
    /// come to [`Tree::guard`] with its standard input.
    #[must_use]
    pub fn guarded_by(&self, program: PathBuf, args: Vec<String>) -> Self {
        Self { guardian: Some(Guardian { program, args }), ..self.clone() }
    }

    /// Waits beside a run: until a byte says that it is done, or the input ends because it was killed. Then everything
    /// is taken back.
    ///
    /// # Errors
    /// As [`Tree::recover`].
    pub fn guard(&self, input: impl Read) -> Result<(), TreeError> {
        if guardian::ended_well(input) { Ok(()) } else { self.take_back(Wait::Endless).map(drop) }
    }

    /// Takes back what a killed run left half written. To be called before anything else.
    ///
    /// # Errors
    /// When a file cannot be read or written; [`TreeError::Busy`] while a run is at work.
    pub fn recover(&self) -> Result<Option<Recovered>, TreeError> {
        self.take_back(Wait::Short)
    }

    fn take_back(&self, wait: Wait) -> Result<Option<Recovered>, TreeError> {
        let Some(held) = Held::take_after(&self.root, wait)? else { return Ok(None) };
        journal::roll_back(&self.root, held.folder())
    }

    /// What `plan` would write, `command` being the line for the manifest.
    ///
    /// # Errors
    /// As [`Tree::write`].
    pub fn preview(&self, plan: &Plan, command: &str, force: bool) -> Result<Written, TreeError> {
        Ok(make::make(&self.root, plan, command, force)?.written())
    }

    /// Writes `plan` whole or not at all. With `force`, files that were generated under the same name are overwritten,
    /// edited or not; a file that nobody generated never is.
    ///
    /// # Errors
    /// When something is in the way, has no place, cannot be formatted or written; the tree is as before.
    pub fn write(&self, plan: &Plan, command: &str, force: bool) -> Result<Written, TreeError> {
        self.run(|root| make::make(root, plan, command, force))
    }

    /// Takes back everything generated under this name; with `dry_run` only says what would go.
    ///
    /// # Errors
    /// [`TreeError::NotGenerated`]; [`TreeError::Edited`] when a file is not as it was generated.
    pub fn destroy(&self, name: &str, dry_run: bool) -> Result<Written, TreeError> {
        if dry_run {
            return Ok(unmake::unmake(&self.root, name)?.written());
        }
        self.run(|root| unmake::unmake(root, name))
    }

    /// Drafts and writes with the tree in hand: what was looked at is what is changed.
    fn run(&self, draft: impl FnOnce(&Path) -> Result<Draft, TreeError>) -> Result<Written, TreeError> {
        let held = Held::take(&self.root, Wait::Short)?;
        journal::roll_back(&self.root, held.folder())?;
        let draft = draft(&self.root)?;
        swap::swap(&self.root, &held, &draft, self.guardian.as_ref())?;
        Ok(draft.written())
    }

    /// What was generated here, oldest first.
    ///
    /// # Errors
    /// When the manifest cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, TreeError> {
        self.manifest()?.entries(|record| unmake::state(&self.root, record))
    }

    fn manifest(&self) -> Result<Manifest, TreeError> {
        Manifest::parse(Draft::of(&self.root).text(MANIFEST)?)
    }

    /// The name of the next migration for a table, without `.rs`; or that of the table's migration which was generated
    /// already, for whoever generates it again.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn next_migration(&self, table: &str, today: jiff::civil::Date) -> Result<String, TreeError> {
        for path in self.manifest()?.records.iter().flat_map(|record| &record.files).map(|file| &file.path) {
            let name = path.strip_prefix(MIGRATIONS).and_then(|name| name.strip_prefix('/')?.strip_suffix(".rs"));
            if let Some(name) = name.filter(|name| folder::migration(name).is_some_and(|(_, of)| of == table)) {
                return Ok(name.to_owned());
            }
        }
        let number = folder::last_migration(&self.root)? + 1;
        Ok(format!("m{}_{number:06}_{table}", today.strftime("%Y%m%d")))
    }

    /// Names of the modules directly in the shop's and the admin's folders.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn modules(&self) -> Result<Vec<String>, TreeError> {
        folder::modules(&self.root)
    }

    /// The workspace's own templates, in `generator/`: names of files with their texts.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn templates(&self) -> Result<Vec<(String, String)>, TreeError> {
        folder::texts(&self.root.join(TEMPLATES), ".jinja")
    }

    /// Copies the built-in templates out to `generator/`; those that are there stay.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn copy_templates(&self, all: &[(&str, &str)]) -> Result<Written, TreeError> {
        self.run(|root| {
            let mut draft = Draft::of(root);
            for (name, text) in all {
                let path = format!("{TEMPLATES}/{name}");
                if draft.text(&path)?.is_none() {
                    draft.write(&path, (*text).to_owned())?;
                }
            }
            Ok(draft)
        })
    }
}
