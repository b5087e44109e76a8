//! Kept files: named by what they contain, of the type that their first bytes say, whatever they were called.

use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::{fs, io::AsyncWriteExt};

use crate::{Error, Result};

/// What a file is, as its bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// PNG, JPEG, GIF or WebP.
    Picture(&'static str),
    /// A sound that browsers play.
    Sound(&'static str),
    /// AMR, as WeChat sends voices: browsers do not play it.
    Amr,
    /// MP4 or WebM.
    Film(&'static str),
    /// Anything else: kept, and given only as a download.
    Other,
}

impl MediaType {
    /// The MIME type it is served with.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Picture(mime) | Self::Sound(mime) | Self::Film(mime) => mime,
            Self::Amr => "audio/amr",
            Self::Other => "application/octet-stream",
        }
    }

    /// The type that was stored under this MIME type.
    pub fn of_mime(mime: &str) -> Self {
        const ALL: [MediaType; 11] = [
            MediaType::Picture("image/png"),
            MediaType::Picture("image/jpeg"),
            MediaType::Picture("image/gif"),
            MediaType::Picture("image/webp"),
            MediaType::Sound("audio/mpeg"),
            MediaType::Sound("audio/wav"),
            MediaType::Sound("audio/ogg"),
            MediaType::Amr,
            MediaType::Film("video/mp4"),
            MediaType::Film("video/webm"),
            MediaType::Other,
        ];
        ALL.into_iter().find(|known| known.mime() == mime).unwrap_or(Self::Other)
    }

    /// The usual ending of a file of this type.
    pub fn ending(self) -> &'static str {
        match self.mime() {
            "image/png" => "png",
            "image/jpeg" => "jpg",
            "image/gif" => "gif",
            "image/webp" => "webp",
            "audio/mpeg" => "mp3",
            "audio/wav" => "wav",
            "audio/ogg" => "ogg",
            "audio/amr" => "amr",
            "video/mp4" => "mp4",
            "video/webm" => "webm",
            _ => "bin",
        }
    }
}

/// What `bytes`, the beginning of a file, belong to.
pub fn sniff(bytes: &[u8]) -> MediaType {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => MediaType::Picture("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => MediaType::Picture("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => MediaType::Picture("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => MediaType::Picture("image/webp"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => MediaType::Sound("audio/wav"),
        [b'#', b'!', b'A', b'M', b'R', ..] => MediaType::Amr,
        [b'I', b'D', b'3', ..] => MediaType::Sound("audio/mpeg"),
        // An MPEG audio frame: eleven bits set, layer III.
        [0xFF, second, ..] if second & 0xE6 == 0xE2 => MediaType::Sound("audio/mpeg"),
        [b'O', b'g', b'g', b'S', ..] => MediaType::Sound("audio/ogg"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => MediaType::Film("video/mp4"),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => MediaType::Film("video/webm"),
        _ => MediaType::Other,
    }
}

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
    pub(super) fn at(path: PathBuf) -> Result<Self> {
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

    /// Gives the file its name. The same content twice is one file.
    pub(super) async fn finish(&self, mut writing: Writing) -> Result<Written> {
        writing.file.flush().await?;
        writing.file.sync_all().await?;
        let digest = writing.digest.clone().finish();
        let name: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
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

    #[test]
    fn types_are_told_by_bytes_alone() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n...."), MediaType::Picture("image/png"));
        assert_eq!(sniff(b"#!AMR\n\x7c"), MediaType::Amr);
        assert_eq!(sniff(b"\xff\xfb\x90\x00"), MediaType::Sound("audio/mpeg"));
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVEfmt "), MediaType::Sound("audio/wav"));
        assert_eq!(sniff(b"\0\0\0\x18ftypisom"), MediaType::Film("video/mp4"));
        for lie in [&b"<!doctype html><script>"[..], b"<svg xmlns=", b"%PDF-1.7", b"MZ\x90", b"", b"\x89PNG"] {
            assert_eq!(sniff(lie), MediaType::Other, "{lie:?}");
        }
        for kind in [MediaType::Picture("image/gif"), MediaType::Amr, MediaType::Film("video/webm"), MediaType::Other] {
            assert_eq!(MediaType::of_mime(kind.mime()), kind);
        }
        assert_eq!(MediaType::of_mime("text/html"), MediaType::Other);
    }

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
