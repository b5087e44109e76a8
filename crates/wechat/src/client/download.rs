//! Answers that are files, read piece by piece.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use super::answer;
use super::error::{ApiError, Result};
use super::wire::{Arrival, late};

/// An error is shorter than this, bytes.
const LONGEST_ERROR: usize = 64 * 1024;

type Rest = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// A file as it comes: however long it is, one piece of it is in memory. See
/// [`Call::send_stream`](super::Call::send_stream).
///
/// It is a [`Stream`] too. Each piece has the call's time limit for itself. A file that breaks off ends in an error and
/// is not asked for again: part of it is with the caller already.
#[must_use = "nothing is read before a piece is asked for"]
pub struct Download {
    /// The content type, as sent.
    pub content_type: Option<String>,
    /// The file name of `Content-Disposition`.
    pub file_name: Option<String>,
    /// The length in bytes, when the platform told it beforehand.
    pub length: Option<u64>,
    path: String,
    timeout: Duration,
    /// What was read to see whether it is an error.
    head: Option<Bytes>,
    rest: Option<Rest>,
    /// Runs while a piece is waited for.
    clock: Option<Pin<Box<Sleep>>>,
    /// One of [`Builder::concurrency`](super::Builder::concurrency), until the end.
    slot: Option<OwnedSemaphorePermit>,
}

impl Download {
    /// Looks at the beginning of an answer; an error in the place of a file is one.
    pub(super) async fn begin(mut arrival: Arrival, slot: Option<OwnedSemaphorePermit>) -> Result<Self> {
        let mut head = BytesMut::new();
        let mut more = true;
        while more && (may_be_an_error(&head) || !arrival.response.status().is_success()) {
            more = arrival.more(&mut head).await?;
            if head.len() > LONGEST_ERROR {
                break;
            }
        }
        if !more || !arrival.response.status().is_success() {
            arrival.check(&head)?;
        }
        Ok(Self {
            content_type: arrival.content_type(),
            file_name: arrival.file_name(),
            length: arrival.length,
            timeout: arrival.timeout,
            path: arrival.path,
            head: Some(head.freeze()).filter(|head| !head.is_empty()),
            rest: more.then(|| Box::pin(arrival.response.bytes_stream()) as Rest),
            clock: None,
            slot,
        })
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`](super::ErrorKind::Transport) when the file breaks off or the next piece is too late.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }

    fn end(&mut self) {
        (self.rest, self.clock, self.slot) = (None, None, None);
    }

    /// Whether the piece that is waited for is too late.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let timeout = self.timeout;
        let clock = self.clock.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        clock.as_mut().poll(cx).is_ready()
    }
}

impl Stream for Download {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(head)));
        }
        let Some(rest) = &mut self.rest else {
            self.end();
            return Poll::Ready(None);
        };
        let error = match rest.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(piece))) => {
                self.clock = None;
                return Poll::Ready(Some(Ok(piece)));
            }
            Poll::Ready(None) => {
                self.end();
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => ApiError::transport(&self.path, error),
            Poll::Pending if self.is_late(cx) => late(&self.path, self.timeout),
            Poll::Pending => return Poll::Pending,
        };
        self.end();
        Poll::Ready(Some(Err(error)))
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("path", &self.path)
            .field("content_type", &self.content_type)
            .field("file_name", &self.file_name)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

fn may_be_an_error(head: &[u8]) -> bool {
    matches!(answer::first_byte(head), None | Some(b'{'))
}
