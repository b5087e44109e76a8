//! What lies in a workspace's folders.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::TreeError;

/// Where migrations lie.
pub(super) const MIGRATIONS: &str = "crates/shop/src/migrations";

/// Where an area has a room, in the business and in the admin.
const ROOMS: [&str; 2] = ["crates/shop/src", "crates/web/src/admin"];

/// The workspace of Puzi in which `start` lies.
pub(super) fn workspace(start: &Path) -> Option<PathBuf> {
    let start = fs::canonicalize(start).ok()?;
    start.ancestors().find(|folder| is_workspace(folder)).map(Path::to_owned)
}

fn is_workspace(folder: &Path) -> bool {
    let cargo = |folder: &Path| fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse::<toml::Table>().ok();
    let is_crate = |path: &str, name: &str| {
        let table = cargo(&folder.join(path));
        table.is_some_and(|table| table.get("package").and_then(|it| it.get("name")?.as_str()) == Some(name))
    };
    cargo(folder).is_some_and(|table| table.contains_key("workspace"))
        && is_crate("crates/shop", "puzi-shop")
        && is_crate("crates/web", "puzi-web")
}

/// Names of the modules in the rooms.
pub(super) fn modules(root: &Path) -> Result<Vec<String>, TreeError> {
    let mut modules = BTreeSet::new();
    for room in ROOMS {
        let names = names(&root.join(room))?.into_iter().filter_map(|(name, is_folder)| {
            let module = if is_folder { Some(name.as_str()) } else { name.strip_suffix(".rs") };
            module.filter(|module| !matches!(*module, "lib" | "mod")).map(str::to_owned)
        });
        modules.extend(names);
    }
    Ok(modules.into_iter().collect())
}

/// The greatest number of a migration.
pub(super) fn last_migration(root: &Path) -> Result<u32, TreeError> {
    let names = names(&root.join(MIGRATIONS))?;
    Ok(names.iter().filter_map(|(name, _)| Some(migration(name.strip_suffix(".rs")?)?.0)).max().unwrap_or(0))
}

/// Number and purpose of a migration called `m{day}_{number}_{purpose}`.
pub(super) fn migration(name: &str) -> Option<(u32, &str)> {
    let (day, rest) = name.strip_prefix('m')?.split_once('_')?;
    let (number, purpose) = rest.split_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(day) && is_number(number)).then_some((number.parse().ok()?, purpose))
}

/// Files of a folder whose names end so, with their texts, by name. A folder that is not there has none.
pub(super) fn texts(folder: &Path, end: &str) -> Result<Vec<(String, String)>, TreeError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let names = names(folder)?.into_iter().filter(|(name, is_folder)| !is_folder && name.ends_with(end));
    names
        .map(|(name, _)| {
            let path = folder.join(&name);
            let text = fs::read_to_string(&path).map_err(|error| TreeError::Io(path, error))?;
            Ok((name, text))
        })
        .collect()
}

/// Names in a folder, and whether they are folders; by name.
fn names(folder: &Path) -> Result<Vec<(String, bool)>, TreeError> {
    let read = || -> io::Result<Vec<(String, bool)>> {
        let entries = fs::read_dir(folder)?.map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.path().is_dir()))
        });
        entries.collect()
    };
    let mut names = read().map_err(|error| TreeError::Io(folder.to_owned(), error))?;
    names.sort();
    Ok(names)
}
