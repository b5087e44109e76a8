//! Paths of plans and manifests, which come from outside and must stay inside.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::TreeError;

/// Where `path` of a plan really lies. Links within the workspace are followed; `root` has none.
///
/// # Errors
/// [`TreeError::Outside`] when that is not below `root`, or nobody knows.
pub(super) fn resolve(root: &Path, path: &str) -> Result<PathBuf, TreeError> {
    let outside = || TreeError::Outside(path.to_owned());
    let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']))
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain {
        return Err(outside());
    }
    let mut there = root.join(path);
    let mut missing = Vec::new();
    while let Err(error) = fs::symlink_metadata(&there) {
        match (error.kind(), there.file_name()) {
            (io::ErrorKind::NotFound, Some(name)) => missing.push(name.to_owned()),
            _ => return Err(TreeError::Io(there, error)),
        }
        there.pop();
    }
    // A link to nowhere is no place to write to either.
    let real = fs::canonicalize(&there).map_err(|_| outside())?;
    if !real.starts_with(root) {
        return Err(outside());
    }
    Ok(missing.iter().rev().fold(real, |path, name| path.join(name)))
}

/// The text of a file, when it is there.
///
/// # Errors
/// When it cannot be read, or is no text.
pub(super) fn read(path: &Path) -> Result<Option<String>, TreeError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TreeError::Io(path.to_owned(), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_must_be_relative_and_go_down() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        for path in ["", "/etc/passwd", "..", "a/../../b", "a//b", "./a", "a/./b", "a\\..\\b", "a/"] {
            assert!(matches!(resolve(&root, path), Err(TreeError::Outside(_))), "{path}");
        }
        assert_eq!(resolve(&root, "a/b.rs").unwrap(), root.join("a").join("b.rs"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_may_not_lead_out() {
        use std::os::unix::fs::symlink;
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join("inside")).unwrap();
        fs::write(other.path().join("file"), "").unwrap();
        symlink(other.path(), root.join("out")).unwrap();
        symlink(other.path().join("file"), root.join("file")).unwrap();
        symlink(root.join("nowhere"), root.join("dangling")).unwrap();
        symlink(root.join("inside"), root.join("in")).unwrap();
        for path in ["out/a", "out/a/b", "file", "dangling", "dangling/a"] {
            assert!(matches!(resolve(&root, path), Err(TreeError::Outside(_))), "{path}");
        }
        assert_eq!(resolve(&root, "in/a").unwrap(), root.join("inside/a"));
    }
}
