//! Files small enough to upload.

/// One pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
pub const JPG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\xff\xd9";
pub const AMR: &[u8] = b"#!AMR\n\x3c\x91\x17\x16";
pub const MP3: &[u8] = b"ID3\x03\0\0\0\0\0\0";
pub const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
