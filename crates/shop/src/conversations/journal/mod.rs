//! Where messages lie while the database is busy, full or gone: a line a message, on disk before WeChat gets its
//! answer. What lies here is brought to the database when it is back; storing twice is harmless.
//!
//! One thread writes (`writer.rs`); `segment.rs` knows the files, `replay.rs` brings them in.

mod segment;
#[cfg(test)]
mod tests;
mod waiting;
mod writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::SyncSender},
};

use tokio::sync::oneshot;

pub(super) use self::segment::Segment;
use self::{
    waiting::Waiting,
    writer::{Append, Order},
};
use super::store::{Incoming, KnownMessage, MessageKey};
use crate::Result;

/// The journal of this process.
#[derive(Clone)]
pub(super) struct Journal {
    folder: PathBuf,
    waiting: Arc<Waiting>,
    orders: SyncSender<Order>,
}

impl Journal {
    /// A journal in `folder`, which is made when missing. What a process that died left there is known at once, so
    /// that a repeated delivery gets the answer that the first one got.
    ///
    /// # Errors
    /// When the folder cannot be used or no thread can be started.
    pub(super) fn in_folder(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        segment::remove_unfinished(folder)?;
        let waiting = Arc::new(Waiting::default());
        for path in segment::list(folder)? {
            match segment::peek(&path) {
                Ok(messages) => waiting.add(&path, messages.iter().map(|m| (m.key, known(m)))),
                Err(error) => tracing::error!(path = %path.display(), %error, "a journal file cannot be read"),
            }
        }
        let orders = writer::start(folder.to_owned(), waiting.clone())?;
        Ok(Self { folder: folder.to_owned(), waiting, orders })
    }

    /// Writes the message and waits for the disk. `Some` is the answer of the message that lies here under this key
    /// already; then nothing is written.
    ///
    /// # Errors
    /// [`crate::Error::Io`] when the disk refuses or cannot keep up; then the message is nowhere.
    pub(super) async fn append(&self, message: Incoming) -> Result<Option<KnownMessage>> {
        let line = segment::line(&message)?;
        let (done, answer) = oneshot::channel();
        let append = Append { key: message.key, known: known(&message), line, done };
        self.orders.try_send(Order::Append(append)).map_err(|_| io::Error::other("the journal cannot keep up"))?;
        Ok(answer.await.map_err(|_| io::Error::other("the journal stopped"))??)
    }

    /// The answer to a message that lies here. Nearly free while nothing does.
    pub(super) fn answer(&self, key: &MessageKey) -> Option<KnownMessage> {
        self.waiting.answer(key)
    }

    /// How many messages lie here: those that this process wrote, and those it found at its start.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The files to bring in, oldest first; those that others brought in meanwhile are forgotten. Blocking.
    pub(super) fn segments(&self) -> Result<Vec<PathBuf>> {
        self.waiting.forget_gone();
        Ok(segment::list(&self.folder)?)
    }

    /// Ends the file being written, so that it can be taken. When the journal has too much to do, it stays.
    pub(super) async fn end_segment(&self) {
        let (done, ended) = oneshot::channel();
        if self.orders.try_send(Order::End(done)).is_ok() {
            let _ = ended.await;
        }
    }

    /// Lets go of a segment whose messages are in the database, except `refused`: those are kept beside it, and a
    /// segment with unreadable lines is kept whole. Blocking.
    pub(super) fn finish(&self, segment: &Segment, refused: &[Arc<Incoming>]) -> Result<()> {
        segment.set_aside(refused)?;
        segment.leave()?;
        self.waiting.forget(segment.path());
        Ok(())
    }
}

fn known(message: &Incoming) -> KnownMessage {
    KnownMessage {
        state: message.state,
        answer: message.answer.clone(),
        answered_at: message.answered_at,
        lease_until: message.lease_until,
    }
}
