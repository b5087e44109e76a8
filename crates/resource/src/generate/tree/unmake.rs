//! From a name to a draft without what was generated under it.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    State, TreeError, apply,
    draft::Draft,
    manifest::{Added, MANIFEST, Manifest, Record, Stamp, hash},
    paths::resolve,
};

/// The tree at `root` without what was generated under `name`.
///
/// # Errors
/// [`TreeError::NotGenerated`]; [`TreeError::Edited`] with all that is not as it was generated.
pub(super) fn unmake(root: &Path, name: &str) -> Result<Draft, TreeError> {
    let mut draft = Draft::of(root);
    let manifest = Manifest::parse(draft.text(MANIFEST)?)?;
    let (going, staying) = manifest.records.into_iter().partition(|record| record.name == name);
    let mut unmaking = Unmaking { draft, going, staying: Manifest { records: staying }, edited: Vec::new() };
    if unmaking.going.is_empty() {
        return Err(TreeError::NotGenerated(name.to_owned()));
    }
    unmaking.files()?;
    unmaking.edits()?;
    unmaking.rooms()?;
    unmaking.finish()
}

struct Unmaking {
    draft: Draft,
    going: Vec<Record>,
    staying: Manifest,
    /// What is not as it was generated.
    edited: Vec<String>,
}

impl Unmaking {
    fn files(&mut self) -> Result<(), TreeError> {
        for stamp in self.going.iter().flat_map(|record| &record.files) {
            if let Some(other) = self.staying.records.iter().find(|record| record.writes_into(&stamp.path)) {
                return Err(TreeError::Needed { path: stamp.path.clone(), by: other.name.clone() });
            }
            if state_of(self.draft.root(), stamp)? == State::Untouched {
                self.draft.remove(&stamp.path)?;
            } else {
                self.edited.push(stamp.path.clone());
            }
        }
        Ok(())
    }

    /// Lines and replacements in files that stay, the last one first.
    fn edits(&mut self) -> Result<(), TreeError> {
        let gone: BTreeSet<&str> = self.going.iter().flat_map(|it| &it.files).map(|file| file.path.as_str()).collect();
        let needed: BTreeSet<&Added> = self.staying.records.iter().flat_map(|record| &record.lines).collect();
        let lines: BTreeSet<&Added> = (self.going.iter().flat_map(|record| &record.lines))
            .filter(|line| !gone.contains(line.path.as_str()) && !needed.contains(line))
            .collect();
        let replacements = self.going.iter().rev().flat_map(|record| record.replacements.iter().rev());
        let replacements: Vec<_> = replacements.filter(|it| !gone.contains(it.path.as_str())).collect();
        let paths = lines.iter().map(|line| &line.path).chain(replacements.iter().map(|it| &it.path));
        let paths: BTreeSet<String> =
            paths.chain(self.going.iter().flat_map(|it| &it.rooms).map(|it| &it.path)).cloned().collect();
        for path in &paths {
            self.draft.text(path)?;
        }
        self.draft.look_at_format()?;
        for it in replacements {
            match self.draft.text(&it.path)?.and_then(|now| apply::replace(now, &it.to, &it.from)) {
                Some(now) => self.draft.edit(&it.path, now)?,
                None => self.edited.push(it.path.clone()),
            }
        }
        for line in lines {
            match self.draft.text(&line.path)?.and_then(|now| apply::remove(now, &line.text)) {
                Some(now) => self.draft.edit(&line.path, now)?,
                None => self.edited.push(format!("{} ({})", line.path, line.text)),
            }
        }
        self.draft.format(&paths)
    }

    /// A room goes with the last who uses it, when nothing else stands in it.
    fn rooms(&mut self) -> Result<(), TreeError> {
        let needed: BTreeSet<&str> =
            self.staying.records.iter().flat_map(|record| &record.rooms).map(|room| room.path.as_str()).collect();
        let mut seen = BTreeSet::new();
        for room in self.going.iter().flat_map(|record| &record.rooms) {
            if needed.contains(room.path.as_str()) || !seen.insert(&room.path) {
                continue;
            }
            if self.draft.text(&room.path)?.is_some_and(|text| room.fits(text)) {
                self.draft.remove(&room.path)?;
            } else {
                self.edited.push(room.path.clone());
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Draft, TreeError> {
        if !self.edited.is_empty() {
            let mut seen = BTreeSet::new();
            self.edited.retain(|what| seen.insert(what.clone()));
            return Err(TreeError::Edited(self.edited));
        }
        for (path, before, now) in self.draft.edited() {
            self.staying.restamp(path, before, now);
        }
        let needed: BTreeSet<&String> = self.staying.records.iter().flat_map(|record| &record.folders).collect();
        let folders = self.going.iter().flat_map(|record| &record.folders).filter(|it| !needed.contains(it));
        self.draft.folders = folders.cloned().collect();
        match self.staying.text() {
            Some(text) => self.draft.edit(MANIFEST, text)?,
            None => self.draft.remove(MANIFEST)?,
        }
        Ok(self.draft)
    }
}

/// How what one generation wrote stands.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn state(root: &Path, record: &Record) -> Result<State, TreeError> {
    let mut states = record.files.iter().map(|stamp| state_of(root, stamp)).collect::<Result<Vec<_>, _>>()?;
    let mut draft = Draft::of(root);
    for line in &record.lines {
        let is_there = draft.text(&line.path)?.is_some_and(|text| apply::count(text, &line.text) == 1);
        states.push(if is_there { State::Untouched } else { State::Edited });
    }
    for it in &record.replacements {
        let is_there = draft.text(&it.path)?.is_some_and(|text| apply::stands_once(text, &it.to));
        states.push(if is_there { State::Untouched } else { State::Edited });
    }
    let worst = |worst, state| if worst == State::Gone || state == State::Untouched { worst } else { state };
    Ok(states.into_iter().fold(State::Untouched, worst))
}

fn state_of(root: &Path, stamp: &Stamp) -> Result<State, TreeError> {
    let path = resolve(root, &stamp.path)?;
    match fs::read(&path) {
        Ok(content) if hash(&content) == stamp.sha256 => Ok(State::Untouched),
        Ok(_) => Ok(State::Edited),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::Gone),
        Err(error) => Err(TreeError::Io(path, error)),
    }
}
