//! What is uploaded: bytes in memory, a file, or a stream.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::Body;

/// The content of an upload. It can be read again, because a call may be repeated with a fresh token.
///
/// ```
/// use puzi_wechat::client::Content;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let bytes = Content::from(vec![0xff, 0xd8]);
/// assert_eq!(bytes.len().await?, 2);
/// assert!(Content::file("/no/such/file").len().await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Content {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, read while it is sent.
    File(PathBuf),
    /// A stream that can be opened again.
    Stream(Source),
}

impl Content {
    /// The file at `path`, read while it is sent.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// What `open` gives, `length` bytes in all; it is asked for the stream once an attempt, because a call may be
    /// repeated with a fresh token. The platform refuses uploads whose length is not told beforehand.
    ///
    /// What can be read only once gives a stream with an error from the second time on; the call then fails instead of
    /// being repeated with less than the whole.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use puzi_wechat::client::Content;
    ///
    /// /// What keeps pictures, and can be asked for one as often as needed.
    /// fn open(key: &str) -> impl futures_core::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    /// #   struct Empty;
    /// #   impl futures_core::Stream for Empty {
    /// #       type Item = std::io::Result<Bytes>;
    /// #       fn poll_next(
    /// #           self: std::pin::Pin<&mut Self>,
    /// #           _: &mut std::task::Context<'_>,
    /// #       ) -> std::task::Poll<Option<Self::Item>> {
    /// #           std::task::Poll::Ready(None)
    /// #       }
    /// #   }
    /// #   let _ = key;
    /// #   Empty
    ///     // …
    /// }
    ///
    /// let picture = Content::stream(48_213, || open("tea.png"));
    /// # let _ = picture;
    /// ```
    pub fn stream<S>(length: u64, open: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let measured = move || Measured { stream: Box::pin(open()), left: length };
        Self::Stream(Source { length, open: Arc::new(move || Body::wrap_stream(measured())) })
    }

    /// Its length in bytes.
    ///
    /// # Errors
    /// When it is a file that cannot be looked at.
    pub async fn len(&self) -> io::Result<u64> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::File(path) => Ok(tokio::fs::metadata(path).await?.len()),
            Self::Stream(source) => Ok(source.length),
        }
    }

    pub(crate) async fn open(&self) -> io::Result<(Body, u64)> {
        match self {
            Self::Bytes(bytes) => Ok((Body::from(bytes.clone()), bytes.len() as u64)),
            Self::File(path) => {
                let file = tokio::fs::File::open(path).await?;
                let length = file.metadata().await?.len();
                Ok((Body::from(file), length))
            }
            Self::Stream(source) => Ok(((source.open)(), source.length)),
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

/// A stream that [`Content::stream`] can open again.
#[derive(Clone)]
pub struct Source {
    pub(super) length: u64,
    open: Arc<dyn Fn() -> Body + Send + Sync>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("length", &self.length).finish_non_exhaustive()
    }
}

/// Ends in an error when the stream has more or fewer bytes than it was said to have: the rest of the form would be
/// read in the wrong place.
struct Measured {
    stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    left: u64,
}

impl Stream for Measured {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let wrong =
            |what: &str| Poll::Ready(Some(Err(io::Error::other(format!("the stream is {what} than it was said")))));
        match ready!(self.stream.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => match self.left.checked_sub(chunk.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Poll::Ready(Some(Ok(chunk)))
                }
                None => wrong("longer"),
            },
            None if self.left > 0 => {
                self.left = 0;
                wrong("shorter")
            }
            other => Poll::Ready(other),
        }
    }
}
