//! Why a tree is left as it is.

use std::{io, path::PathBuf};

/// Why a tree is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Not a workspace of Puzi.
    #[error("{0} is no workspace of Puzi")]
    NoWorkspace(PathBuf),
    /// A file is in the way.
    #[error("{0} is there already")]
    Exists(String),
    /// A file is in the way that no generator wrote, and which is therefore never overwritten.
    #[error("{0} is there already and was not generated for this name")]
    Foreign(String),
    /// A path leads out of the workspace, by itself or by a symbolic link.
    #[error("{0} leads out of the workspace")]
    Outside(String),
    /// A file that was to get lines is not there.
    #[error("{0} is not there")]
    Missing(String),
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
    /// Another resource's lines stand in a file that would go.
    #[error("{path} has lines of {by}")]
    Needed {
        /// The file.
        path: String,
        /// The other resource.
        by: String,
    },
    /// Another run has the tree.
    #[error("another generator is at work in this workspace")]
    Busy,
    /// rustfmt refused.
    #[error("rustfmt: {0}")]
    Format(String),
    /// The manifest is no such file.
    #[error("generated.toml: {0}")]
    Manifest(String),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

impl TreeError {
    /// Key of its text, below `generate.faults`.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoWorkspace(_) => "tree_no_workspace",
            Self::Exists(_) => "tree_exists",
            Self::Foreign(_) => "tree_foreign",
            Self::Outside(_) => "tree_outside",
            Self::Missing(_) => "tree_missing",
            Self::NoPlace { .. } => "tree_no_place",
            Self::NotGenerated(_) => "tree_not_generated",
            Self::Edited(_) => "tree_edited",
            Self::Needed { .. } => "tree_needed",
            Self::Busy => "tree_busy",
            Self::Format(_) => "tree_format",
            Self::Manifest(_) => "tree_manifest",
            Self::Io(..) => "tree_io",
        }
    }

    /// What the text's places stand for.
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoWorkspace(path) => vec![("path", path.display().to_string())],
            Self::Exists(path) | Self::Foreign(path) | Self::Outside(path) | Self::Missing(path) => {
                vec![("path", path.clone())]
            }
            Self::NoPlace { path, line } => vec![("path", path.clone()), ("line", line.clone())],
            Self::NotGenerated(name) => vec![("name", name.clone())],
            Self::Edited(what) => vec![("what", what.join(", "))],
            Self::Needed { path, by } => vec![("path", path.clone()), ("by", by.clone())],
            Self::Busy => Vec::new(),
            Self::Format(why) | Self::Manifest(why) => vec![("why", why.clone())],
            Self::Io(path, why) => vec![("path", path.display().to_string()), ("why", why.to_string())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<TreeError> {
        let text = || "x".to_owned();
        vec![
            TreeError::NoWorkspace("x".into()),
            TreeError::Exists(text()),
            TreeError::Foreign(text()),
            TreeError::Outside(text()),
            TreeError::Missing(text()),
            TreeError::NoPlace { path: text(), line: text() },
            TreeError::NotGenerated(text()),
            TreeError::Edited(vec![text(), text()]),
            TreeError::Needed { path: text(), by: text() },
            TreeError::Busy,
            TreeError::Format(text()),
            TreeError::Manifest(text()),
            TreeError::Io("x".into(), io::Error::other("y")),
        ]
    }

    #[test]
    fn every_one_has_its_text_with_its_places_in_both_languages() {
        for locale in ["en", "zh-CN"] {
            let path = format!("{}/../../locales/{locale}/generate.toml", env!("CARGO_MANIFEST_DIR"));
            let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
            for error in all() {
                let text = table["generate"]["faults"][error.key()].as_str().unwrap();
                let mut rest = text.to_owned();
                for (place, _) in error.args() {
                    let place = format!("{{{place}}}");
                    assert!(text.contains(&place), "{locale} {}: {place}", error.key());
                    rest = rest.replace(&place, "");
                }
                assert!(!rest.contains(['{', '}']), "{locale} {}: {text}", error.key());
            }
        }
    }
}
