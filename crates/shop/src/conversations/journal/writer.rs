//! The thread that writes: messages that come while the disk works share the next write.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    iter,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
};

use tokio::sync::oneshot;

use super::{KnownMessage, MessageKey, segment, waiting::Waiting};

/// Messages waiting for the disk; more than this, and WeChat is asked to deliver again.
const QUEUE: usize = 8_192;
/// The most messages in one write.
const LARGEST_GROUP: usize = 1_024;
/// A larger file is ended, in bytes: a replay reads one at a time into memory.
const LARGEST_SEGMENT: u64 = 8 << 20;

/// What the thread is asked for.
pub(super) enum Order {
    /// Write a message.
    Append(Append),
    /// End the file being written.
    End(oneshot::Sender<()>),
}

/// A message to be written.
pub(super) struct Append {
    pub(super) key: MessageKey,
    pub(super) known: KnownMessage,
    pub(super) line: Vec<u8>,
    /// Hears when it is on disk, or of the message that lies there under the same key.
    pub(super) done: oneshot::Sender<io::Result<Option<KnownMessage>>>,
}

/// Starts the thread; it ends when the last sender is dropped, and its file is free to be taken then.
pub(super) fn start(folder: PathBuf, waiting: Arc<Waiting>) -> io::Result<SyncSender<Order>> {
    let (sender, orders) = mpsc::sync_channel(QUEUE);
    let writer = Writer { folder, waiting, open: None };
    thread::Builder::new().name("puzi-journal".into()).spawn(move || writer.run(&orders))?;
    Ok(sender)
}

struct Writer {
    folder: PathBuf,
    waiting: Arc<Waiting>,
    open: Option<Open>,
}

/// The file being written; none other takes it while its lock is held.
struct Open {
    path: PathBuf,
    file: File,
    /// What is safely in it.
    bytes: u64,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>) {
        while let Ok(first) = orders.recv() {
            let (mut group, mut ends) = (Vec::new(), Vec::new());
            for order in iter::once(first).chain(orders.try_iter().take(LARGEST_GROUP - 1)) {
                match order {
                    Order::Append(append) => group.push(append),
                    Order::End(done) => ends.push(done),
                }
            }
            self.append(group);
            if !ends.is_empty() {
                self.open = None;
            }
            for done in ends {
                let _ = done.send(());
            }
        }
    }

    /// Writes the messages of `group` that are not there yet, waits for the disk once, and tells everybody.
    fn append(&mut self, group: Vec<Append>) {
        let mut lines = Vec::new();
        let mut new: HashMap<MessageKey, KnownMessage> = HashMap::new();
        let mut told = Vec::with_capacity(group.len());
        for Append { key, known, line, done } in group {
            if let Some(known) = self.waiting.answer(&key) {
                let _ = done.send(Ok(Some(known)));
            } else if let Some(known) = new.get(&key) {
                told.push((done, Some(known.clone())));
            } else {
                lines.extend_from_slice(&line);
                new.insert(key, known);
                told.push((done, None));
            }
        }
        if new.is_empty() {
            return;
        }
        let written = match self.write(&lines) {
            Ok(path) => {
                self.waiting.add(&path, new.into_iter());
                Ok(())
            }
            Err(error) => Err((error.kind(), error.to_string())),
        };
        for (done, known) in told {
            let _ = done.send(match &written {
                Ok(()) => Ok(known),
                Err((kind, text)) => Err(io::Error::new(*kind, text.clone())),
            });
        }
    }

    /// Puts `lines` on disk and says in which file. After a failure the next lines begin a new one.
    fn write(&mut self, lines: &[u8]) -> io::Result<PathBuf> {
        // Whoever empties the folder by hand must not have messages written into a file without a name.
        let usable = self.open.take().filter(|open| open.bytes < LARGEST_SEGMENT && open.path.exists());
        let open = match usable {
            Some(mut open) => {
                open.append(lines)?;
                open
            }
            None => Open::create(&self.folder, lines)?,
        };
        Ok(self.open.insert(open).path.clone())
    }
}

impl Open {
    /// Makes a new file with `lines`. It gets the name by which others look for files when it is locked and on disk.
    fn create(folder: &Path, lines: &[u8]) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = segment::new_path(folder);
        let unfinished = path.with_extension(segment::UNFINISHED);
        let made = segment::create(&unfinished).and_then(|mut file| {
            file.lock()?;
            file.write_all(lines)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            segment::sync_folder(folder)?;
            Ok(file)
        });
        match made {
            Ok(file) => Ok(Self { path, file, bytes: lines.len() as u64 }),
            Err(error) => {
                // Nobody was told that these lines are safe.
                let _ = fs::remove_file(&unfinished);
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(lines).and_then(|()| self.file.sync_data());
        if written.is_err() {
            // Nobody was told that these lines are safe.
            let _ = self.file.set_len(self.bytes);
        }
        self.bytes += lines.len() as u64;
        written
    }
}
