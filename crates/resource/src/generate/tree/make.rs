//! From a plan to a draft, and the record of it in the manifest.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    TreeError, apply,
    draft::Draft,
    manifest::{Added, MANIFEST, Manifest, Record, Replaced, Stamp},
    paths::resolve,
};
use crate::generate::{Line, Plan, Replacement};

/// What `plan` makes of the tree at `root`.
///
/// # Errors
/// When something is in the way, has no place or cannot be formatted.
pub(super) fn make(root: &Path, plan: &Plan, command: &str, force: bool) -> Result<Draft, TreeError> {
    let mut draft = Draft::of(root);
    let manifest = Manifest::parse(draft.text(MANIFEST)?)?;
    let record = Record { name: plan.name.clone(), command: command.to_owned(), ..Record::default() };
    let mut making = Making { root, draft, manifest, record, rooms: Vec::new() };
    let new: BTreeSet<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
    let (inner, lines) = parted(&plan.lines, |line| new.contains(line.path.as_str()));
    let (inner_replacements, replacements) = parted(&plan.replacements, |it| new.contains(it.path.as_str()));
    making.files(plan, force, &inner, &inner_replacements)?;
    making.rooms(plan)?;
    let lines = making.at_home(lines);
    for path in lines.iter().map(|line| &line.path).chain(replacements.iter().map(|it| &it.path)) {
        making.draft.text(path)?;
    }
    making.draft.look_at_format()?;
    making.stamp_rooms()?;
    making.lines(&lines)?;
    making.replacements(&replacements)?;
    making.finish(plan)
}

fn parted<T: Clone>(all: &[T], inner: impl Fn(&T) -> bool) -> (Vec<T>, Vec<T>) {
    all.iter().cloned().partition(inner)
}

struct Making<'a> {
    root: &'a Path,
    draft: Draft,
    manifest: Manifest,
    record: Record,
    /// Rooms as the plan calls them, and as they are here.
    rooms: Vec<(String, String)>,
}

impl Making<'_> {
    /// New files; what else the plan does to them is a part of their text.
    fn files(&mut self, plan: &Plan, force: bool, lines: &[Line], replaced: &[Replacement]) -> Result<(), TreeError> {
        for file in &plan.files {
            if self.draft.text(&file.path)?.is_some() {
                self.take_over(&file.path, force)?;
            }
            let mut text = file.text.clone();
            for line in lines.iter().filter(|line| line.path == file.path) {
                text = apply::insert(&text, &line.text, &line.at, false)
                    .ok_or_else(|| no_place(&line.path, &line.text))?;
            }
            for it in replaced.iter().filter(|it| it.path == file.path) {
                text = apply::replace(&text, &it.from, &it.to).ok_or_else(|| no_place(&it.path, &it.from))?;
            }
            self.draft.write(&file.path, text)?;
        }
        Ok(())
    }

    /// A file that is there is overwritten when it was generated under the same name; all that this name wrote into it
    /// goes with it.
    fn take_over(&mut self, path: &str, force: bool) -> Result<(), TreeError> {
        if !force {
            return Err(TreeError::Exists(path.to_owned()));
        }
        let name = self.record.name.clone();
        if !self.manifest.records.iter().any(|record| record.name == name && record.has_file(path)) {
            return Err(TreeError::Foreign(path.to_owned()));
        }
        if let Some(other) = self.manifest.records.iter().find(|record| record.name != name && record.writes_into(path))
        {
            return Err(TreeError::Needed { path: path.to_owned(), by: other.name.clone() });
        }
        for record in self.manifest.records.iter_mut().filter(|record| record.name == name) {
            record.files.retain(|file| file.path != path);
            record.lines.retain(|line| line.path != path);
            record.replacements.retain(|it| it.path != path);
        }
        Ok(())
    }

    fn rooms(&mut self, plan: &Plan) -> Result<(), TreeError> {
        for room in &plan.rooms {
            // A module is `a/mod.rs` or `a.rs`, and may have children either way.
            let short = room.path.strip_suffix("/mod.rs").map(|path| format!("{path}.rs"));
            let short = match short {
                Some(short) if self.draft.text(&room.path)?.is_none() && resolve(self.root, &short)?.exists() => {
                    Some(short)
                }
                _ => None,
            };
            let path = short.unwrap_or_else(|| room.path.clone());
            if self.draft.text(&path)?.is_none() {
                self.draft.write(&path, room.text.clone())?;
            }
            self.rooms.push((room.path.clone(), path));
        }
        Ok(())
    }

    /// The lines, those for rooms under the room's path here.
    fn at_home(&self, lines: Vec<Line>) -> Vec<Line> {
        let home = |path: String| {
            self.rooms.iter().find(|(planned, _)| *planned == path).map_or(path, |(_, here)| here.clone())
        };
        lines.into_iter().map(|line| Line { path: home(line.path), ..line }).collect()
    }

    /// Notes the rooms that are new, and those that another one's generation made.
    fn stamp_rooms(&mut self) -> Result<(), TreeError> {
        for (_, path) in &self.rooms {
            let known = self.manifest.records.iter().flat_map(|record| &record.rooms).find(|it| it.path == *path);
            if let Some(stamp) = known.cloned() {
                self.record.rooms.push(stamp);
            } else if self.draft.before(path).is_none() {
                let text = self.draft.text(path)?.unwrap_or_default();
                self.record.rooms.push(Stamp::new(path, text));
            }
        }
        Ok(())
    }

    fn lines(&mut self, lines: &[Line]) -> Result<(), TreeError> {
        let mut put = Vec::new();
        for Line { path, text, at } in lines {
            let is_room = self.rooms.iter().any(|(_, here)| here == path);
            let Some(now) = self.draft.text(path)? else { return Err(TreeError::Missing(path.clone())) };
            let added = Added { path: path.clone(), text: text.clone() };
            if apply::count(now, text) == 0 {
                let now = apply::insert(now, text, at, is_room).ok_or_else(|| no_place(path, text))?;
                self.draft.edit(path, now)?;
                put.push(added);
            } else if self.manifest.records.iter().any(|record| record.lines.contains(&added)) {
                // It stays until the last of those who need it goes. One that a hand wrote stays for good.
                self.record.lines.push(added);
            }
        }
        self.draft.format(&put.iter().map(|line| line.path.clone()).collect())?;
        for Added { path, text } in &put {
            if self.draft.text(path)?.is_none_or(|now| apply::count(now, text) != 1) {
                return Err(TreeError::Format(format!("{path}: rustfmt does not leave `{text}` as it is")));
            }
        }
        self.record.lines.extend(put);
        Ok(())
    }

    fn replacements(&mut self, replacements: &[Replacement]) -> Result<(), TreeError> {
        self.undo_replacements(replacements)?;
        for Replacement { path, from, to } in replacements {
            let Some(before) = self.draft.text(path)?.map(str::to_owned) else {
                return Err(TreeError::Missing(path.clone()));
            };
            let now = apply::replace(&before, from, to).ok_or_else(|| no_place(path, from))?;
            self.draft.edit(path, now)?;
            self.draft.format(&BTreeSet::from([path.clone()]))?;
            // What stands there afterwards is rustfmt's, not the plan's.
            if let Some((from, to)) = apply::change(&before, self.draft.text(path)?.unwrap_or_default()) {
                self.record.replacements.push(Replaced { path: path.clone(), from, to });
            }
        }
        Ok(())
    }

    /// Takes back what an earlier generation of this name replaced in the same files, or it would be there twice.
    fn undo_replacements(&mut self, replacements: &[Replacement]) -> Result<(), TreeError> {
        let paths: BTreeSet<String> = replacements.iter().map(|it| it.path.clone()).collect();
        let name = self.record.name.clone();
        for record in self.manifest.records.iter_mut().rev().filter(|record| record.name == name) {
            let (again, others) =
                std::mem::take(&mut record.replacements).into_iter().partition(|it| paths.contains(&it.path));
            record.replacements = others;
            let again: Vec<Replaced> = again;
            for it in again.iter().rev() {
                let now = self.draft.text(&it.path)?.and_then(|now| apply::replace(now, &it.to, &it.from));
                self.draft.edit(&it.path, now.ok_or_else(|| TreeError::Edited(vec![it.path.clone()]))?)?;
            }
        }
        self.draft.format(&paths)
    }

    fn finish(mut self, plan: &Plan) -> Result<Draft, TreeError> {
        for file in &plan.files {
            let text = self.draft.text(&file.path)?.unwrap_or_default();
            self.record.files.push(Stamp::new(&file.path, text));
        }
        for (path, before, now) in self.draft.edited() {
            self.manifest.restamp(path, before, now);
        }
        self.record.folders = self.folders()?;
        let record = &self.record;
        for earlier in self.manifest.records.iter_mut().filter(|earlier| earlier.name == record.name) {
            earlier.lines.retain(|line| !record.lines.contains(line));
            earlier.rooms.retain(|room| !record.rooms.contains(room));
            earlier.folders.retain(|folder| !record.folders.contains(folder));
        }
        self.manifest.records.push(self.record);
        match self.manifest.text() {
            Some(text) => self.draft.edit(MANIFEST, text)?,
            None => self.draft.remove(MANIFEST)?,
        }
        Ok(self.draft)
    }

    /// Folders that are made, and those that other generations made and this one needs too.
    fn folders(&self) -> Result<Vec<String>, TreeError> {
        let known: BTreeSet<&String> = self.manifest.records.iter().flat_map(|record| &record.folders).collect();
        let mut folders = BTreeSet::new();
        for path in self.draft.made().chain(self.record.files.iter().map(|file| file.path.as_str())) {
            for (at, _) in path.match_indices('/') {
                let folder = path[..at].to_owned();
                if known.contains(&folder) || fs::symlink_metadata(resolve(self.root, &folder)?).is_err() {
                    folders.insert(folder);
                }
            }
        }
        Ok(folders.into_iter().collect())
    }
}

fn no_place(path: &str, line: &str) -> TreeError {
    TreeError::NoPlace { path: path.to_owned(), line: line.to_owned() }
}
