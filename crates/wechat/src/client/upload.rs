//! What a request carries: JSON, or a form with files that are read while they are sent.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder};
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::error::{ApiError, Result};

/// The content of an upload. It can be read again, because a call may be repeated with a fresh token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Content {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, read while it is sent.
    File(PathBuf),
}

impl Content {
    /// The file at `path`, read while it is sent.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// Its length in bytes.
    ///
    /// # Errors
    /// When it is a file that cannot be looked at.
    pub async fn len(&self) -> io::Result<u64> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::File(path) => Ok(tokio::fs::metadata(path).await?.len()),
        }
    }

    async fn open(&self) -> io::Result<(Body, u64)> {
        match self {
            Self::Bytes(bytes) => Ok((Body::from(bytes.clone()), bytes.len() as u64)),
            Self::File(path) => {
                let file = tokio::fs::File::open(path).await?;
                let length = file.metadata().await?.len();
                Ok((Body::from(file), length))
            }
        }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&'static [u8]> for Content {
    fn from(bytes: &'static [u8]) -> Self {
        Self::Bytes(Bytes::from_static(bytes))
    }
}

/// A field of a form: a text, or a file.
#[derive(Debug, Clone)]
pub struct Field {
    name: String,
    file_name: Option<String>,
    content: Content,
}

impl Field {
    /// A text field.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), file_name: None, content: Content::Bytes(value.into().into()) }
    }

    /// A file field; the platform tells the type by the ending of `file_name`.
    pub fn file(name: impl Into<String>, file_name: &str, content: impl Into<Content>) -> Self {
        // Quotes and line ends would break the part's header.
        let file_name: String = file_name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
        Self { name: name.into(), file_name: Some(file_name), content: content.into() }
    }

    async fn part(&self, path: &str) -> Result<Part> {
        let unreadable = |e: io::Error| ApiError::mistake(path, format!("the file cannot be read: {e}"));
        let (body, length) = self.content.open().await.map_err(unreadable)?;
        // With a known length the form is sent with Content-Length; the platform refuses chunked uploads.
        let part = Part::stream_with_length(body, length);
        let Some(file_name) = &self.file_name else { return Ok(part) };
        let part = part.file_name(file_name.clone());
        part.mime_str(content_type(file_name)).map_err(|e| ApiError::transport(path, e))
    }
}

/// The ending of a file name in lower case, without the dot.
pub(super) fn ending(file_name: &str) -> String {
    file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

fn content_type(file_name: &str) -> &'static str {
    match ending(file_name).as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "bmp" => "image/bmp",
        "mp3" => "audio/mpeg",
        "amr" => "audio/amr",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

/// The body of a request.
pub(super) enum Payload {
    Empty,
    Json(Bytes),
    Form(Vec<Field>),
}

impl Payload {
    /// `value` as JSON in plain UTF-8.
    pub(super) fn json(path: &str, value: &impl Serialize) -> Result<Self> {
        let mut bytes = Vec::with_capacity(256);
        value
            .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, PlainUtf8(CompactFormatter)))
            .map_err(|e| ApiError::mistake(path, format!("the request cannot be written as JSON: {e}")))?;
        Ok(Self::Json(bytes.into()))
    }

    pub(super) async fn attach(&self, request: RequestBuilder, path: &str) -> Result<RequestBuilder> {
        match self {
            Self::Empty => Ok(request),
            Self::Json(bytes) => Ok(request.header("content-type", "application/json").body(bytes.clone())),
            Self::Form(fields) => {
                let mut form = Form::new().percent_encode_noop();
                for field in fields {
                    form = form.part(field.name.clone(), field.part(path).await?);
                }
                Ok(request.multipart(form))
            }
        }
    }
}

/// JSON without `\uXXXX`, which the platform refuses with 40033: what could only be written so, control characters
/// that no text shows, is left out.
struct PlainUtf8(CompactFormatter);

impl Formatter for PlainUtf8 {
    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(_) => Ok(()),
            shown => self.0.write_char_escape(writer, shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_plain_utf8() {
        let Ok(Payload::Json(bytes)) = Payload::json("/x", &serde_json::json!({"text": "铺子 😀\n\"\u{1}\u{7f}"}))
        else {
            panic!("not JSON")
        };
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), "{\"text\":\"铺子 😀\\n\\\"\u{7f}\"}");
    }

    #[test]
    fn a_file_name_cannot_break_its_header() {
        let field = Field::file("media", "照\"片\r\nX: 1.jpg", vec![1]);
        assert_eq!(field.file_name.as_deref(), Some("照片X: 1.jpg"));
    }
}
