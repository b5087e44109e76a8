//! What a file is, by its first bytes.

/// The kind and MIME type of a file.
pub(crate) fn sniff(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some(("image", "image/png")),
        [0xFF, 0xD8, 0xFF, ..] => Some(("image", "image/jpeg")),
        [b'G', b'I', b'F', b'8', ..] => Some(("image", "image/gif")),
        [b'B', b'M', ..] => Some(("image", "image/bmp")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("image", "image/webp")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(("voice", "audio/wav")),
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, ..] => Some(("voice", "audio/x-ms-wma")),
        [b'#', b'!', b'A', b'M', b'R', ..] => Some(("voice", "audio/amr")),
        [b'I', b'D', b'3', ..] => Some(("voice", "audio/mpeg")),
        [0xFF, second, ..] if second & 0xE0 == 0xE0 => Some(("voice", "audio/mpeg")),
        [b'O', b'g', b'g', b'S', ..] => Some(("voice", "audio/ogg")),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(("video", "video/mp4")),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(("video", "video/webm")),
        _ => None,
    }
}

/// What a downloaded file's name ends with.
pub(crate) fn ending(content_type: &str) -> &'static str {
    match content_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/bmp" => "bmp",
        "audio/mpeg" => "mp3",
        "audio/amr" => "amr",
        "audio/wav" => "wav",
        "audio/x-ms-wma" => "wma",
        "video/mp4" => "mp4",
        _ => "bin",
    }
}

/// Silence as Speex frames of 20 ms, bare, as the platform hands them out.
pub(super) fn speex(seconds: u32) -> Vec<u8> {
    /// Bytes of a wideband frame at 28 kbit/s.
    const FRAME: usize = 70;
    vec![0; seconds as usize * 50 * FRAME]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_bytes() {
        for (bytes, kind) in [
            (b"\x89PNG\r\n\x1a\n".as_slice(), Some(("image", "image/png"))),
            (b"RIFF\0\0\0\0WEBP", Some(("image", "image/webp"))),
            (b"RIFF\0\0\0\0WAVEfmt ", Some(("voice", "audio/wav"))),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6", Some(("voice", "audio/x-ms-wma"))),
            (b"ID3\x04", Some(("voice", "audio/mpeg"))),
            (b"\xff\xfb\x90\x00", Some(("voice", "audio/mpeg"))),
            (b"\xff\xd8\xff\xe0", Some(("image", "image/jpeg"))),
            (b"\0\0\0\x18ftypmp42", Some(("video", "video/mp4"))),
            (b"words", None),
            (b"", None),
        ] {
            assert_eq!(sniff(bytes), kind, "{bytes:?}");
        }
    }
}
