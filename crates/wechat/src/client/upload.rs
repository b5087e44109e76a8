//! What a request carries: JSON, or a form with files that are read while they are sent.

use std::io;

use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::multipart::{Form, Part};
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::content::Content;
use super::error::{ApiError, Result};

/// A field of a form: a text, or a file.
#[derive(Debug, Clone)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content: Content,
}

impl Field {
    /// A text field.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: in_header(&name.into()), file_name: None, content: Content::Bytes(value.into().into()) }
    }

    /// A file field; the platform tells the type by the ending of `file_name`.
    pub fn file(name: impl Into<String>, file_name: &str, content: impl Into<Content>) -> Self {
        Self { name: in_header(&name.into()), file_name: Some(in_header(file_name)), content: content.into() }
    }

    async fn part(&self, path: &str) -> Result<Part> {
        let (body, length) = self.content.open().await.map_err(|e| unreadable(path, e))?;
        // With a known length the form is sent with Content-Length; the platform refuses chunked uploads.
        let part = Part::stream_with_length(body, length);
        let Some(file_name) = &self.file_name else { return Ok(part) };
        let part = part.file_name(file_name.clone());
        part.mime_str(content_type(file_name)).map_err(|e| ApiError::transport(path, e))
    }
}

/// A name without quotes and line ends, which would break the part's header.
fn in_header(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect()
}

fn unreadable(path: &str, error: io::Error) -> ApiError {
    ApiError::mistake(path, format!("the file cannot be read: {error}"))
}

/// The ending of a file name in lower case, without the dot.
pub(super) fn ending(file_name: &str) -> String {
    file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

pub(crate) fn content_type(file_name: &str) -> &'static str {
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
pub(crate) enum Payload {
    Empty,
    Json(Bytes),
    Form(Vec<Field>),
    /// Text or bytes as they are, with their content type.
    Plain(&'static str, Content),
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
            Self::Json(bytes) => Ok(request.header(CONTENT_TYPE, "application/json").body(bytes.clone())),
            Self::Plain(content_type, content) => {
                let (body, length) = content.open().await.map_err(|e| unreadable(path, e))?;
                Ok(request.header(CONTENT_TYPE, *content_type).header(CONTENT_LENGTH, length).body(body))
            }
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
