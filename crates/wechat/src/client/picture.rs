//! A picture to be read: the platform fetches it, or it is sent.

use super::check::Check;
use super::{Call, Content, Field, Result};

/// A picture: where it is, or itself.
///
/// ```no_run
/// # async fn example(wechat: puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// use puzi_wechat::client::{Content, Picture};
///
/// let there = wechat.ocr().print(Picture::url("https://shop.example/receipt.jpg")).await?;
/// let here = wechat.ocr().print(Picture::file("receipt.jpg", Content::file("receipt.jpg"))).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Picture {
    /// The platform fetches it from this URL.
    Url(String),
    /// It is sent.
    File {
        /// A name whose ending tells the format.
        name: String,
        /// Its bytes.
        content: Content,
    },
}

impl Picture {
    /// The picture at `url`, which the platform fetches.
    pub fn url(url: impl Into<String>) -> Self {
        Self::Url(url.into())
    }

    /// A picture that is sent; the ending of `name` tells the format.
    pub fn file(name: impl Into<String>, content: impl Into<Content>) -> Self {
        Self::File { name: name.into(), content: content.into() }
    }

    /// Puts the picture into `call`, with a text field beside it.
    pub(crate) async fn put(self, call: Call, most: u64, beside: Option<Field>) -> Result<Call> {
        let check = Check::of(&call.path);
        let picture = match self {
            Self::Url(url) => {
                check.text("img_url", url.as_str())?;
                let call = call.query("img_url", url);
                return Ok(match beside {
                    Some(field) => call.multipart([field]),
                    None => call,
                });
            }
            Self::File { name, content } => {
                check.file("img", &content, most).await?;
                Field::file("img", &name, content)
            }
        };
        Ok(call.multipart([picture].into_iter().chain(beside)))
    }
}
