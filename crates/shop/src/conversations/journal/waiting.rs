//! Which messages lie in the journal, and their answers.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{KnownMessage, MessageKey};

/// Answers kept in memory, a few hundred bytes each. A delivery is repeated within seconds: in a long outage the
/// answers of the oldest files may go.
const MOST_ANSWERS: usize = 200_000;

/// What waits for the database, as far as this process knows.
#[derive(Default)]
pub(super) struct Waiting {
    /// Whether there is anything to look up: asked for every message, also while all is well.
    answers: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: HashMap<MessageKey, KnownMessage>,
    segments: BTreeMap<PathBuf, Held>,
}

/// What one file holds.
#[derive(Default)]
struct Held {
    messages: usize,
    /// Those whose answers are still in memory.
    keys: Vec<MessageKey>,
}

impl Waiting {
    /// The answer to a message that waits.
    pub(super) fn answer(&self, key: &MessageKey) -> Option<KnownMessage> {
        if self.answers.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.state().answers.get(key).cloned()
    }

    /// How many messages wait.
    pub(super) fn len(&self) -> usize {
        self.state().segments.values().map(|held| held.messages).sum()
    }

    /// Notes messages that lie in the file `path`.
    pub(super) fn add(&self, path: &Path, messages: impl Iterator<Item = (MessageKey, KnownMessage)>) {
        let mut state = self.state();
        let mut held = state.segments.remove(path).unwrap_or_default();
        for (key, known) in messages {
            held.messages += 1;
            held.keys.push(key);
            // Of two lines with one key the first counts, as in the database.
            state.answers.entry(key).or_insert(known);
        }
        if held.messages > 0 {
            state.segments.insert(path.to_owned(), held);
        }
        state.shrink();
        self.answers.store(state.answers.len(), Ordering::Release);
    }

    /// Forgets what lay in the file `path`.
    pub(super) fn forget(&self, path: &Path) {
        let mut state = self.state();
        for key in state.segments.remove(path).unwrap_or_default().keys {
            state.answers.remove(&key);
        }
        self.answers.store(state.answers.len(), Ordering::Release);
    }

    /// Forgets the files that are no longer there: another process brought them in.
    pub(super) fn forget_gone(&self) {
        let paths: Vec<PathBuf> = self.state().segments.keys().cloned().collect();
        for path in paths {
            if matches!(path.try_exists(), Ok(false)) {
                self.forget(&path);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves two maps, both usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn shrink(&mut self) {
        for held in self.segments.values_mut() {
            if self.answers.len() <= MOST_ANSWERS {
                return;
            }
            for key in held.keys.drain(..) {
                self.answers.remove(&key);
            }
        }
    }
}
