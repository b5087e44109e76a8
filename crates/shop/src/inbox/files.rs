//! Kept files: named by what they contain, of the type that their first bytes say, whatever they were called.

use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::{fs, io::AsyncWriteExt};

use crate::{
    Error, Result, digest,
    media_type::{MediaType, sniff},
};

/// The folder of kept files.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// A file being written; it gets its name when it is whole.
pub(super) struct Writing {
    file: fs::File,
    path: PathBuf,
    digest: Context,
    head: Vec<u8>,
    length: u64,
    limit: u64,
    done: bool,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) kind: MediaType,
    pub(super) length: u64,
}

impl Folder {
    pub(crate) fn at(path: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(path.join("incoming"))?;
        Ok(Self(path))
    }

    /// Where the file `name` lies.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is no name of this folder's: nothing else is ever made a path of.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let is_name = name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_name { Ok(self.0.join(&name[..2]).join(name)) } else { Err(Error::NotFound) }
    }

    /// Begins a file of at most `limit` bytes.
    pub(super) async fn begin(&self, limit: u64) -> Result<Writing> {
        let path = self.0.join("incoming").join(format!("{:032x}", rand::random::<u128>()));
        let file = fs::File::create_new(&path).await?;
        let digest = Context::new(&SHA256);
        Ok(Writing { file, path, digest, head: Vec::new(), length: 0, limit, done: false })
    }

    /// Keeps `bytes`.
    pub(super) async fn keep(&self, bytes: &[u8], limit: u64) -> Result<Written> {
        let mut writing = self.begin(limit).await?;
        writing.write(bytes).await?;
        self.finish(writing).await
    }

    /// Keeps `bytes` of ours and gives the file's name.
    pub(crate) async fn keep_whole(&self, bytes: &[u8]) -> Result<String> {
        Ok(self.keep(bytes, bytes.len() as u64).await?.name)
    }

    /// Gives the file its name. The same content twice is one file.
    pub(super) async fn finish(&self, mut writing: Writing) -> Result<Written> {
        writing.file.flush().await?;
        writing.file.sync_all().await?;
        let name = digest::hex(writing.digest.clone().finish().as_ref());
        let path = self.path(&name)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).await?;
        }
        fs::rename(&writing.path, &path).await?;
        writing.done = true;
        Ok(Written { name, kind: sniff(&writing.head), length: writing.length })
    }
}

impl Writing {
    /// # Errors
    /// [`Error::Invalid`] when the file becomes longer than allowed.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.length += bytes.len() as u64;
        if self.length > self.limit {
            return Err(Error::field("file", "inbox.problem.file_too_large"));
        }
        if self.head.len() < 32 {
            self.head.extend(bytes.iter().take(32));
        }
        self.digest.update(bytes);
        Ok(self.file.write_all(bytes).await?)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_named_by_its_content_and_a_long_one_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().join("media")).unwrap();
        let first = folder.keep(b"GIF89a hello", 100).await.unwrap();
        assert_eq!(folder.keep(b"GIF89a hello", 100).await.unwrap(), first);
        assert_eq!(std::fs::read(folder.path(&first.name).unwrap()).unwrap(), b"GIF89a hello");
        assert!(matches!(folder.keep(&[0; 101], 100).await, Err(Error::Invalid(_))));
        assert_eq!(std::fs::read_dir(place.path().join("media/incoming")).unwrap().count(), 0);
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().to_owned()).unwrap();
        for name in ["../../etc/passwd", "", "ab", &"A".repeat(64), &format!("{}/../x", "a".repeat(59))] {
            assert!(matches!(folder.path(name), Err(Error::NotFound)), "{name}");
        }
    }
}
