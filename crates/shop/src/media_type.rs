//! What a file is: told by its first bytes, never by its name.

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
}
