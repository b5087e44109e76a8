//! `/admin/uploads…`: pictures and files, taken and given back. A form without scripts brings its files along with the
//! other fields: [`take_part`] is for its handler.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{
        Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::{
        HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use futures_util::stream;
use puzi_shop::{
    Error, Problem,
    uploads::{FILE_BYTES, Upload, Wanted},
};
use serde_json::{Value, json};
use tokio::{fs::File, io::AsyncReadExt};

use super::{
    desk::Desk,
    error::{Answer, Failure},
    path::Path,
    routes::{Needs, Routes, may},
};
use crate::App;

/// Largest body, in bytes: several files.
const LIMIT: usize = 64 << 20;
/// Most files in one request.
const FILES: usize = 20;
/// Bytes read at a time.
const CHUNK: u64 = 64 << 10;

const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
/// What a key names never changes; only those who are signed in keep it.
const KEPT: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(super) fn routes() -> Routes {
    Routes::new()
        .post_large("/admin/uploads", may("uploads.create"), LIMIT, take)
        .get("/admin/uploads/{key}", Needs::LoggedIn, whole)
        .get("/admin/uploads/{key}/thumb", Needs::LoggedIn, thumb)
}

/// What became of one part of a form.
pub(crate) enum Part {
    /// No file was chosen.
    Empty,
    /// It is stored, and waits a day for a record to take it.
    Taken(Box<Upload>),
    /// It is refused: the name it came with and why.
    Refused(String, Problem),
}

/// Takes the file in one part of a form.
pub(crate) async fn take_part(app: &App, desk: &Desk, wanted: Wanted, mut part: Field<'_>) -> Result<Part, Failure> {
    let name = part.file_name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
        // One byte more than is taken says as much as all of it.
        let room = (FILE_BYTES + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    if name.is_empty() && bytes.is_empty() {
        return Ok(Part::Empty);
    }
    match app.admin.uploads.take(wanted, &name, bytes, Some(desk.staff.id)).await {
        Ok(upload) => Ok(Part::Taken(Box::new(upload))),
        Err(Error::Invalid(mut problems)) if !problems.is_empty() => Ok(Part::Refused(name, problems.remove(0))),
        Err(error) => Err(error.into()),
    }
}

fn broken(error: &MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    }
    Failure::bad_request()
}

/// `POST /admin/uploads`: the parts named `file`; a part `kind` of `image` before them wants pictures. Of one file the
/// answer is that file, of several all of them. When one is refused the rest is stored nevertheless, and named.
async fn take(State(app): State<Arc<App>>, desk: Desk, mut form: Multipart) -> Answer {
    let (mut wanted, mut taken, mut refused) = (Wanted::Any, Vec::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(|error| broken(&error))? {
        match part.name() {
            Some("kind") => {
                let kind = part.text().await.map_err(|error| broken(&error))?;
                wanted = if kind == "image" { Wanted::Picture } else { Wanted::Any };
            }
            Some("file") if taken.len() + refused.len() >= FILES => return Err(Failure::bad_request()),
            Some("file") => match take_part(&app, &desk, wanted, part).await? {
                Part::Empty => {}
                Part::Taken(upload) => taken.push(described(&upload)),
                Part::Refused(name, problem) => refused.push((name, problem.message(desk.locale))),
            },
            _ => {}
        }
    }
    if let Some((_, first)) = refused.first() {
        let problems: Vec<_> = refused.iter().map(|(name, why)| json!({"name": name, "detail": why})).collect();
        let body = json!({
            "title": desk.t("problem.invalid.title"), "status": 422, "detail": first, "problems": problems,
            "uploads": taken,
        });
        let kind = [(CONTENT_TYPE, "application/problem+json")];
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, kind, body.to_string()).into_response());
    }
    let Some(mut answer) = taken.first().cloned() else { return Err(Failure::bad_request()) };
    if taken.len() > 1 {
        answer["uploads"] = taken.into();
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn described(upload: &Upload) -> Value {
    let url = format!("/admin/uploads/{}", upload.key);
    let mut described = json!({
        "id": upload.key, "name": upload.name, "media_type": upload.media_type, "bytes": upload.bytes,
    });
    if let Some((width, height)) = upload.size {
        described["preview"] = format!("{url}/thumb").into();
        described["width"] = width.into();
        described["height"] = height.into();
    }
    described["url"] = url.into();
    described
}

/// `GET /admin/uploads/{key}`
async fn whole(State(app): State<Arc<App>>, Path(key): Path<String>) -> Answer {
    give(&app, &key, false).await
}

/// `GET /admin/uploads/{key}/thumb`: the small version of a picture.
async fn thumb(State(app): State<Arc<App>>, Path(key): Path<String>) -> Answer {
    give(&app, &key, true).await
}

/// Pictures are shown, everything else is saved; nothing is run.
async fn give(app: &App, key: &str, thumb: bool) -> Answer {
    let upload = app.admin.uploads.find(key).await?;
    let (file, length) = app.admin.uploads.open(&upload, thumb).await?;
    let shown = if upload.is_picture { "inline" } else { "attachment" };
    let disposition = format!("{shown}; filename*=UTF-8''{}", percent_encoded(&name_for(&upload)));
    let mut response = Response::new(Body::from_stream(chunks(file)));
    let headers = response.headers_mut();
    // A small version may be of the other kind of picture; browsers tell them apart, and nothing else is a picture.
    let media_type = HeaderValue::from_str(&upload.media_type).ok();
    headers.insert(CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, KEPT);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The name to save it under: with the ending of what it has become.
fn name_for(upload: &Upload) -> String {
    let ending = match upload.media_type.as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        _ => return upload.name.clone(),
    };
    let stem = upload.name.rsplit_once('.').map_or(upload.name.as_str(), |(stem, _)| stem);
    format!("{stem}.{ending}")
}

/// As RFC 5987 wants it.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => out + char::from(byte).encode_utf8(&mut [0; 4]),
        _ => format!("{out}%{byte:02X}"),
    })
}

fn chunks(file: File) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> {
    stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::new();
        (&mut file).take(CHUNK).read_to_end(&mut chunk).await?;
        Ok((!chunk.is_empty()).then_some((chunk, file)))
    })
}
