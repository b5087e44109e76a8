//! Forms with files: of a record whose pictures come along without a script, and of an import.

use std::{future::Future, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, RawPathParams, RawQuery, Request, State, multipart::MultipartError},
    http::{StatusCode, header::CONTENT_TYPE},
};
use futures_util::future::BoxFuture;
use puzi_resource::{Kind, Resource};
use puzi_shop::uploads::Wanted;
use url::form_urlencoded;

use super::{
    face::Face,
    visit::{Visit, visit},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        uploads::{self, Part},
    },
};

/// After the name of a field, in a form that brings its files itself.
const FILE: &str = ".file";

/// Whether the forms of this resource carry files.
pub(super) fn has_files(resource: &Resource) -> bool {
    resource.fields.iter().any(|field| matches!(field.kind, Kind::Image(_) | Kind::File(_)))
}

/// A handler that takes the form of a record, with or without files.
pub(super) fn sending<F, A>(
    face: &Arc<Face>,
    handler: F,
) -> impl Fn(State<Arc<App>>, Desk, RawPathParams, RawQuery, Request) -> BoxFuture<'static, Answer>
+ Clone
+ Send
+ Sync
+ 'static
where
    F: Fn(Visit, Form) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let face = face.clone();
    move |State(app): State<Arc<App>>, desk, params, RawQuery(query), request: Request| {
        let (visit, handler) = (visit(app.clone(), face.clone(), desk, &params, query), handler.clone());
        Box::pin(async move {
            if !is_multipart(&request) {
                return match Form::from_request(request, &app).await {
                    Ok(form) => handler(visit, form).await,
                    Err(response) => Ok(response),
                };
            }
            let parts = Multipart::from_request(request, &app).await.map_err(|_| Failure::bad_request())?;
            let form = with_files(&visit, parts).await?;
            handler(visit, form).await
        })
    }
}

/// The form, its files stored and in the place of each its key.
async fn with_files(visit: &Visit, mut parts: Multipart) -> Result<Form, Failure> {
    let (mut pairs, mut refused) = (Vec::new(), Vec::new());
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let Some(field) = name.strip_suffix(FILE).and_then(|name| visit.resource().find(name)) else {
            let text = part.text().await.map_err(|error| broken(&error))?;
            pairs.push((name, text));
            continue;
        };
        let wanted = if matches!(field.kind, Kind::Image(_)) { Wanted::Picture } else { Wanted::Any };
        match uploads::take_part(&visit.app, &visit.desk, wanted, part).await? {
            Part::Empty => {}
            Part::Taken(upload) => pairs.push((field.name.to_owned(), upload.key)),
            Part::Refused(_, problem) => refused.push((field.name, problem.message(visit.desk.locale))),
        }
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut form = Form::parse(body.as_bytes());
    for (field, message) in refused {
        form.refuse(field, message);
    }
    Ok(form)
}

/// A handler that takes the file of an import.
pub(super) fn uploading<F, A>(
    face: &Arc<Face>,
    handler: F,
) -> impl Fn(State<Arc<App>>, Desk, RawPathParams, RawQuery, Multipart) -> BoxFuture<'static, Answer>
+ Clone
+ Send
+ Sync
+ 'static
where
    F: Fn(Visit, String, Bytes) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let face = face.clone();
    move |State(app), desk, params, RawQuery(query), mut parts: Multipart| {
        let (visit, handler) = (visit(app, face.clone(), desk, &params, query), handler.clone());
        Box::pin(async move {
            let (mut name, mut file) = (String::new(), Bytes::new());
            while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
                if part.name() == Some("file") {
                    name = part.file_name().unwrap_or_default().to_owned();
                    file = part.bytes().await.map_err(|error| broken(&error))?;
                }
            }
            handler(visit, name, file).await
        })
    }
}

fn is_multipart(request: &Request) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

fn broken(error: &MultipartError) -> Failure {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        _ => Failure::bad_request(),
    }
}
