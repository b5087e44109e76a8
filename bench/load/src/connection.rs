//! A small HTTP/1.1 client: keep-alive, no copies beyond the socket's, nothing that costs the measured cores.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::{Doing as _, Error, Result};

/// One connection, opened again when the server has closed it.
pub(crate) struct Connection {
    target: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// A complete answer; `body` is where it lies in the connection's buffer.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    body: std::ops::Range<usize>,
    close: bool,
}

impl Connection {
    pub(crate) async fn open(target: SocketAddr) -> Result<Self> {
        let mut connection = Self { target, stream: None, buffer: Vec::with_capacity(8192) };
        connection.stream().await?;
        Ok(connection)
    }

    async fn stream(&mut self) -> Result<&mut TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.target).await.doing("connecting")?;
            stream.set_nodelay(true).doing("setting TCP_NODELAY")?;
            self.stream = Some(stream);
        }
        Ok(self.stream.as_mut().expect("it was opened just now"))
    }

    /// Sends one request and reads its answer: status and body.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<(u16, &[u8])> {
        let answer = self.answer(request).await;
        if !matches!(answer, Ok(Head { close: false, .. })) {
            self.stream = None;
        }
        let head = answer?;
        Ok((head.status, &self.buffer[head.body]))
    }

    async fn answer(&mut self, request: &[u8]) -> Result<Head> {
        self.buffer.clear();
        self.stream().await?.write_all(request).await.doing("sending")?;
        loop {
            let stream = self.stream.as_mut().expect("it is open while a request is on its way");
            if stream.read_buf(&mut self.buffer).await.doing("receiving")? == 0 {
                return Err(Error::Answer("the connection was closed before the answer was complete".into()));
            }
            if let Some(head) = parse(&self.buffer)? {
                return Ok(head);
            }
        }
    }
}

/// The answer in `bytes`, when all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end]).map_err(|error| Error::Answer(error.to_string()))?;
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Error::Answer(first.to_owned()))?;
    let (mut length, mut close) = (None, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            close = value.eq_ignore_ascii_case("close");
        }
    }
    // None of the servers measured sends its short answers in chunks.
    let length = length.ok_or_else(|| Error::Answer(format!("no Content-Length in {text}")))?;
    let body = end + 4..end + 4 + length;
    Ok((bytes.len() >= body.end).then_some(Head { status, body, close }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_when_it_is_whole() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nConnection: close\r\n\r\nsuccess";
        assert_eq!(parse(whole).unwrap(), Some(Head { status: 200, body: 57..64, close: true }));
        for cut in 0..whole.len() {
            assert_eq!(parse(&whole[..cut]).unwrap(), None, "{cut}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(parse(b"nonsense\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }
}
