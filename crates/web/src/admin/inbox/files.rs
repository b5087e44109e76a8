//! `GET /admin/inbox/{chat}/media/…`: what followers sent, and what staff sent. Nothing of it is ever run: the type is
//! the one that the bytes say, what is neither picture, sound nor film comes only as a download, and the browser is told
//! to treat it as a stranger's.

use std::{path::PathBuf, sync::Arc};

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, RANGE,
        },
    },
    response::{IntoResponse, Response},
};
use futures_util::stream;
use puzi_shop::media_type::MediaType;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, SeekFrom},
};

use super::inbox;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
    },
};

const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; img-src 'self'; media-src 'self'; sandbox");
/// Bytes read at a time.
const CHUNK: u64 = 64 << 10;

/// `GET /admin/inbox/{chat}/media/{message}/{part}`
pub(super) async fn media(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path((chat, message, part)): Path<(i64, i64, String)>,
    headers: HeaderMap,
) -> Answer {
    let (path, kind) = inbox(&app, &desk).media_file(chat, message, &part).await?;
    serve(path, kind, &format!("wechat-{message}"), &headers).await
}

/// `GET /admin/inbox/{chat}/sent/{message}`
pub(super) async fn sent(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path((chat, message)): Path<(i64, i64)>,
    headers: HeaderMap,
) -> Answer {
    let sent = inbox(&app, &desk).outgoing(chat, message).await?;
    let file = sent.file.ok_or_else(Failure::not_found)?;
    let path = app.admin.inbox.folder().path(&file)?;
    let kind = MediaType::of_mime(sent.content_type.as_deref().unwrap_or_default());
    serve(path, kind, &format!("sent-{message}"), &headers).await
}

/// Gives the file at `path`, or the part of it that is asked for.
pub(in crate::admin) async fn serve(path: PathBuf, kind: MediaType, name: &str, headers: &HeaderMap) -> Answer {
    let mut file = File::open(&path).await.map_err(|error| missing(&path, &error))?;
    let length = file.metadata().await.map_err(|error| missing(&path, &error))?.len();
    let asked = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let (from, to) = match asked.map_or(Some((0, length)), |asked| range(asked, length)) {
        Some(part) => part,
        None => {
            let all = format!("bytes */{length}");
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, all)]).into_response());
        }
    };
    file.seek(SeekFrom::Start(from)).await.map_err(|error| missing(&path, &error))?;
    let shown = matches!(kind, MediaType::Picture(_) | MediaType::Sound(_) | MediaType::Film(_));
    let disposition = if shown { "inline" } else { "attachment" };
    let disposition = format!("{disposition}; filename=\"{name}.{}\"", kind.ending());
    let whole = asked.is_none();
    let mut response = Response::new(Body::from_stream(chunks(file, to - from)));
    *response.status_mut() = if whole { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
    let values = response.headers_mut();
    values.insert(CONTENT_TYPE, HeaderValue::from_static(kind.mime()));
    values.insert(CONTENT_SECURITY_POLICY, POLICY);
    values.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    values.insert(CONTENT_LENGTH, HeaderValue::from(to - from));
    // The same number is always the same file; only whoever may see the inbox keeps it.
    values.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        values.insert(CONTENT_DISPOSITION, value);
    }
    if !whole && let Ok(value) = HeaderValue::from_str(&format!("bytes {from}-{}/{length}", to.saturating_sub(1))) {
        values.insert(CONTENT_RANGE, value);
    }
    Ok(response)
}

fn missing(path: &std::path::Path, error: &std::io::Error) -> Failure {
    tracing::warn!(path = %path.display(), %error, "a kept file could not be read");
    Failure::not_found()
}

/// From and to (not included) of `bytes=…`, one range; `None` when the file has no such part.
fn range(asked: &str, length: u64) -> Option<(u64, u64)> {
    let (from, to) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let part = match (from.trim(), to.trim()) {
        ("", last) => (length.saturating_sub(last.parse().ok()?), length),
        (from, "") => (from.parse().ok()?, length),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.saturating_add(1).min(length)),
    };
    (part.0 < part.1).then_some(part)
}

fn chunks(file: File, left: u64) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> {
    stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = Vec::new();
        (&mut file).take(left.min(CHUNK)).read_to_end(&mut chunk).await?;
        let left = if chunk.is_empty() { 0 } else { left - chunk.len() as u64 };
        Ok(Some((chunk, (file, left))))
    })
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn parts_of_a_file() {
        assert_eq!(range("bytes=0-", 10), Some((0, 10)));
        assert_eq!(range("bytes=2-4", 10), Some((2, 5)));
        assert_eq!(range("bytes=-3", 10), Some((7, 10)));
        assert_eq!(range("bytes=8-99", 10), Some((8, 10)));
        for bad in
            ["bytes=10-", "bytes=5-2", "bytes=-0", "bytes=a-b", "items=0-1", "bytes=0", "bytes=18446744073709551615-"]
        {
            assert_eq!(range(bad, 10), None, "{bad}");
        }
    }
}
