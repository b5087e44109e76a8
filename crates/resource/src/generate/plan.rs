//! What a generator would write.

use super::Note;

/// New files, and lines added to files that are there. All paths are relative to the workspace, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The resource's name.
    pub name: String,
    /// New files.
    pub files: Vec<NewFile>,
    /// Modules on the way to them, which other resources may share: made when they are not there, and taken away with
    /// the last that uses them. Their text is the same for all of these; each adds its line.
    pub rooms: Vec<NewFile>,
    /// Lines added.
    pub lines: Vec<Line>,
    /// Words replaced.
    pub replacements: Vec<Replacement>,
    /// What should be told.
    pub notes: Vec<Note>,
}

/// A new file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Where.
    pub path: String,
    /// What is in it; Rust is run through rustfmt before it is written.
    pub text: String,
}

/// A line added to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub path: String,
    /// The line without indentation, which is that of its neighbours.
    pub text: String,
    /// Where in the file.
    pub at: Anchor,
}

/// Where a line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// Among the first run of lines that begin with this prefix (after indentation), in alphabetical order.
    Sorted(String),
    /// After the last line that begins with this prefix (after indentation).
    After(String),
    /// As the last line before the one that begins with `until` (after indentation), the first such after the line
    /// that contains `from`.
    Before {
        /// A line that contains this begins the region.
        from: String,
        /// The first line after it that begins with this ends it.
        until: String,
    },
}

/// A text of a file replaced by another one; it stands there exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The file.
    pub path: String,
    /// What stands there.
    pub from: String,
    /// What stands there afterwards.
    pub to: String,
}
