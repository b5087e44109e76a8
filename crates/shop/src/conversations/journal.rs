//! Where messages lie while the database is busy, full or gone: one file a process, a line a message, on disk before
//! WeChat gets its answer. What lies here is brought to the database when it is back; storing twice is harmless.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use super::store::{Incoming, KnownMessage, MessageKey};
use crate::{Error, Result};

const ENDING: &str = "journal";

/// The journal of this process.
#[derive(Clone)]
pub(super) struct Journal {
    shared: Arc<Mutex<State>>,
}

struct State {
    folder: PathBuf,
    /// The segment being written; none until the first message.
    open: Option<(PathBuf, File)>,
    segments: u64,
    /// Answers to the messages that lie here: a repeated delivery must get the same one.
    answers: HashMap<MessageKey, KnownMessage>,
}

/// A closed segment and what it holds.
pub(super) struct Segment {
    path: PathBuf,
    /// Keeps other processes from bringing the same segment in.
    _lock: File,
    /// The messages in it.
    pub(super) messages: Vec<Incoming>,
}

impl Journal {
    /// A journal in `folder`, which is made when missing.
    pub(super) fn in_folder(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let state = State { folder: folder.to_owned(), open: None, segments: 0, answers: HashMap::new() };
        Ok(Self { shared: Arc::new(Mutex::new(state)) })
    }

    /// Writes the message and waits for the disk. Blocking: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses; then the message is nowhere.
    pub(super) fn append(&self, message: &Incoming) -> Result<()> {
        let mut line = serde_json::to_vec(message).map_err(std::io::Error::from)?;
        line.push(b'\n');
        let mut state = self.state();
        let written = state.segment().and_then(|file| {
            file.write_all(&line)?;
            file.sync_data()
        });
        if let Err(error) = written {
            // Half a line may stand there: the next message begins a new segment.
            state.open = None;
            return Err(error.into());
        }
        state.answers.insert(message.key, known(message));
        Ok(())
    }

    /// The answer to a message that lies here.
    pub(super) fn answer(&self, key: &MessageKey) -> Option<KnownMessage> {
        self.state().answers.get(key).cloned()
    }

    /// How many messages lie here, as far as this process wrote them.
    pub(super) fn len(&self) -> usize {
        self.state().answers.len()
    }

    /// Closes the segment being written and takes all segments that no living process writes.
    pub(super) fn take_segments(&self) -> Result<Vec<Segment>> {
        let folder = {
            let mut state = self.state();
            state.open = None;
            state.folder.clone()
        };
        let mut segments = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                segments.extend(read_segment(path)?);
            }
        }
        Ok(segments)
    }

    /// Forgets a segment whose messages are all in the database.
    pub(super) fn remove(&self, segment: Segment) -> Result<()> {
        fs::remove_file(&segment.path)?;
        let mut state = self.state();
        for message in &segment.messages {
            state.answers.remove(&message.key);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves a map and a file name, both usable.
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn segment(&mut self) -> std::io::Result<&mut File> {
        if self.open.is_none() {
            let path = self.folder.join(format!("{}-{}-{}.{ENDING}", std::process::id(), crate::db::now_ms(), self.segments));
            self.segments += 1;
            let file = OpenOptions::new().create_new(true).append(true).open(&path)?;
            // Held while the process lives: a segment without this lock belongs to nobody.
            file.lock()?;
            File::open(&self.folder)?.sync_all()?;
            self.open = Some((path, file));
        }
        match &mut self.open {
            Some((_, file)) => Ok(file),
            None => Err(std::io::Error::other("no journal segment")),
        }
    }
}

fn read_segment(path: PathBuf) -> Result<Option<Segment>> {
    let file = match File::open(&path) {
        Ok(file) => file,
        // Another process was quicker.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        Err(fs::TryLockError::Error(error)) => return Err(error.into()),
    }
    let mut messages = Vec::new();
    for line in BufReader::new(&file).split(b'\n') {
        // A torn last line was never acknowledged to anybody.
        match serde_json::from_slice(&line.map_err(Error::Io)?) {
            Ok(message) => messages.push(message),
            Err(error) => tracing::warn!(path = %path.display(), %error, "a torn line in the journal is left out"),
        }
    }
    Ok(Some(Segment { path, _lock: file, messages }))
}

fn known(message: &Incoming) -> KnownMessage {
    KnownMessage {
        state: message.state,
        answer: message.answer.clone(),
        answered_at: message.received_at,
        lease_until: message.lease_until,
    }
}
