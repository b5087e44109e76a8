//! What a call answered, on standard output or in a file.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use puzi_shop::texts::Locale;
use puzi_wechat::client::Binary;

use super::{json::Json, mask::Mask, request::refused};
use crate::{error::Failure, output, texts::say};

/// Prints an answer: JSON in lines for a terminal and on one line for programs, bytes as they are.
///
/// # Errors
/// When bytes that are no text would go to a terminal.
pub(super) fn answer(
    answer: &Binary,
    json: Option<Json>,
    raw: bool,
    mask: &Mask,
    locale: Locale,
) -> Result<(), Failure> {
    let terminal = std::io::stdout().is_terminal();
    match json {
        Some(json) if raw => {
            let masked = mask.json(json.clone());
            if masked == json {
                return bytes(&answer.bytes);
            }
            output::note(&say(locale, "call.masked", &[]));
            output::line(masked.written(false));
            Ok(())
        }
        Some(json) => {
            output::line(mask.json(json).written(terminal));
            Ok(())
        }
        None if raw || !terminal => bytes(&answer.bytes),
        None => {
            let kind = answer.content_type.clone().unwrap_or_else(|| "?".to_owned());
            let args = [("bytes", answer.bytes.len().to_string()), ("kind", kind)];
            Err(refused(locale, "call.binary", &args))
        }
    }
}

fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Nobody reads on, as in `… | head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// A file that appears under its name only when it is whole.
pub(super) struct Saving {
    path: PathBuf,
    part: PathBuf,
    file: tokio::fs::File,
    bytes: u64,
    locale: Locale,
}

impl Saving {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn begin(path: &Path, locale: Locale) -> Result<Self, Failure> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = tokio::fs::File::create(&part).await.map_err(|error| unwritable(path, &error, locale))?;
        Ok(Self { path: path.to_owned(), part, file, bytes: 0, locale })
    }

    /// Adds what has come.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn add(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        self.bytes += chunk.len() as u64;
        let written = tokio::io::AsyncWriteExt::write_all(&mut self.file, chunk).await;
        written.map_err(|error| unwritable(&self.path, &error, self.locale))
    }

    /// The file is whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn done(mut self) -> Result<(), Failure> {
        let finished = async {
            tokio::io::AsyncWriteExt::flush(&mut self.file).await?;
            tokio::fs::rename(&self.part, &self.path).await
        };
        finished.await.map_err(|error| unwritable(&self.path, &error, self.locale))?;
        let args = [("path", self.path.display().to_string()), ("bytes", self.bytes.to_string())];
        output::note(&say(self.locale, "call.saved", &args));
        Ok(())
    }

    /// The answer broke off; nothing is left behind.
    pub(super) async fn drop_part(self) {
        drop(self.file);
        // What is told is why it broke off; a part that stays says so by its name.
        let _ = tokio::fs::remove_file(&self.part).await;
    }
}

fn unwritable(path: &Path, error: &std::io::Error, locale: Locale) -> Failure {
    let args = [("path", path.display().to_string()), ("why", error.to_string())];
    Failure::Plain(say(locale, "output.unwritable", &args))
}
