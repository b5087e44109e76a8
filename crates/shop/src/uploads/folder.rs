//! Where uploads lie: `ab/abcd…` below the folder, and the small version beside it. Names are keys of ours, nothing else
//! is ever made a path of.

use std::path::{Path, PathBuf};

use tokio::{fs, io::AsyncWriteExt};

use crate::{Error, Result};

/// Hexadecimal digits of a key: 128 random bits.
const KEY: usize = 32;

#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn at(path: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(path.join("incoming"))?;
        Ok(Self(path))
    }

    /// # Errors
    /// [`Error::NotFound`] when `key` is none.
    pub(super) fn path(&self, key: &str, thumb: bool) -> Result<PathBuf> {
        let is_key = key.len() == KEY && key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_key {
            return Err(Error::NotFound);
        }
        let name = if thumb { format!("{key}.thumb") } else { key.to_owned() };
        Ok(self.0.join(&key[..2]).join(name))
    }

    /// Writes a file; it appears whole or not at all.
    pub(super) async fn write(&self, key: &str, thumb: bool, bytes: &[u8]) -> Result<()> {
        let path = self.path(key, thumb)?;
        let unfinished = self.0.join("incoming").join(format!("{:032x}", rand::random::<u128>()));
        let written = write_and_move(&unfinished, &path, bytes).await;
        if written.is_err() {
            let _ = fs::remove_file(&unfinished).await;
        }
        Ok(written?)
    }

    /// Removes both files of `key`, as far as they are there.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        for thumb in [false, true] {
            match fs::remove_file(self.path(key, thumb)?).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

pub(super) fn new_key() -> String {
    format!("{:0KEY$x}", rand::random::<u128>())
}

async fn write_and_move(unfinished: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create_new(unfinished).await?;
    file.write_all(bytes).await?;
    file.flush().await?;
    file.sync_all().await?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).await?;
    }
    fs::rename(unfinished, path).await
}
