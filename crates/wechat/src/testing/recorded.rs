//! What a double was asked.

use bytes::Bytes;
use reqwest::{Method, Request, Response};
use serde_json::Value;

use crate::client::upload::{Field, Payload, content_type};
use crate::client::{ApiError, Content};

/// A call as it came to a [`Double`](super::Double).
///
/// ```
/// use puzi_wechat::client::{Field, Method};
/// use puzi_wechat::testing::Double;
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let wechat = Double::new();
/// wechat.answer("/cgi-bin/media/upload", json!({"media_id": "M"}));
/// let file = Field::file("media", "tea.jpg", vec![0xff, 0xd8]);
/// let call = wechat.client().call(Method::POST, "/cgi-bin/media/upload").query("type", "image");
/// call.multipart([file]).done().await.unwrap();
///
/// let asked = &wechat.calls()[0];
/// assert_eq!(asked.query("type"), Some("image"));
/// assert_eq!(asked.part("media").unwrap().file_name.as_deref(), Some("tea.jpg"));
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The host it would have gone to.
    pub host: String,
    /// The path, without its query.
    pub path: String,
    /// The query without the access token, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Whether it carried an access token.
    pub with_token: bool,
    /// The body as JSON; null when it was none.
    pub json: Value,
    /// The parts of the body, when it was a form.
    pub parts: Vec<Part>,
    /// The body as it was, when it was no form.
    pub body: Bytes,
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its file name, when it is a file.
    pub file_name: Option<String>,
    /// Its content type, when it is a file.
    pub content_type: Option<String>,
    /// Its content.
    pub bytes: Bytes,
}

impl Recorded {
    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// A part of the form.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    pub(super) async fn of(request: &Request, payload: &Payload) -> Result<Self, ApiError> {
        let url = request.url();
        let (tokens, query): (Vec<_>, Vec<_>) =
            url.query_pairs().into_owned().partition(|(name, _)| name == "access_token");
        let mut parts = Vec::new();
        let body = match payload {
            Payload::Empty => Bytes::new(),
            Payload::Json(bytes) => bytes.clone(),
            Payload::Plain(_, content) => read(url.path(), content).await?,
            Payload::Form(fields) => {
                for field in fields {
                    parts.push(Part::of(url.path(), field).await?);
                }
                Bytes::new()
            }
        };
        Ok(Self {
            method: request.method().clone(),
            host: url.host_str().unwrap_or_default().to_owned(),
            path: url.path().to_owned(),
            query,
            with_token: !tokens.is_empty(),
            json: serde_json::from_slice(&body).unwrap_or_default(),
            parts,
            body,
        })
    }
}

impl Part {
    async fn of(path: &str, field: &Field) -> Result<Self, ApiError> {
        Ok(Self {
            name: field.name.clone(),
            content_type: field.file_name.as_deref().map(content_type).map(str::to_owned),
            file_name: field.file_name.clone(),
            bytes: read(path, &field.content).await?,
        })
    }
}

/// All of a content, through the body that would carry it.
async fn read(path: &str, content: &Content) -> Result<Bytes, ApiError> {
    let unreadable = |what: String| ApiError::mistake(path, format!("the file cannot be read: {what}"));
    let (body, _) = content.open().await.map_err(|e| unreadable(e.to_string()))?;
    Response::from(http::Response::new(body)).bytes().await.map_err(|e| ApiError::transport(path, e))
}
