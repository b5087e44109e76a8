//! Records of a resource, read and written as JSON.

use axum::{
    body::Bytes,
    extract::{
        Path, RawQuery,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use puzi_resource::{Error, Input, ListQuery, Record, Resource, datetime, reading};
use serde_json::{Map, Value, json};

use super::{asked::Asked, idempotent::Begin, problem::Problem};

type Answer = Result<Response, Problem>;
type Body = Result<Bytes, BytesRejection>;
pub(super) type Id = Result<Path<String>, PathRejection>;

/// `GET /api/v1/{resource}`: a page of the list.
pub(super) async fn list(asked: Asked, RawQuery(query): RawQuery) -> Answer {
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let pairs = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
    let mut query = ListQuery::from_pairs(pairs).map_err(|error| asked.problem(error))?;
    // A program says fen and RFC 3339, and sees every field.
    query.exact = true;
    query.columns = Some(of_the_api(&asked.resource).map(str::to_owned).collect());
    let page = asked.engine().list(&asked.resource, &asked.actor, &query).await;
    let page = page.map_err(|error| asked.problem(error))?;
    let records: Vec<_> = page.records.iter().map(|record| to_json(&asked.resource, record)).collect();
    let body = json!({ "data": records, "next": page.next, "previous": page.previous });
    Ok(answer(StatusCode::OK, body.to_string()))
}

/// `GET /api/v1/{resource}/{id}`.
pub(super) async fn view(asked: Asked, id: Id) -> Answer {
    let id = asked.id(id)?;
    let record = asked.engine().get(&asked.resource, &asked.actor, id).await;
    let record = record.map_err(|error| asked.problem(error))?;
    Ok(with_version(&record, answer(StatusCode::OK, to_json(&asked.resource, &record).to_string())))
}

/// `POST /api/v1/{resource}`.
pub(super) async fn create(asked: Asked, body: Body) -> Answer {
    let body = asked.body(body)?;
    let input = asked.input(&body)?;
    let ticket = match asked.begin(&body).await? {
        Begin::Again { status, body } => return Ok(answer(status, body)),
        Begin::Happened(id) => return asked.told_late(StatusCode::CREATED, id).await,
        Begin::Unkeyed => None,
        Begin::First(ticket) => Some(ticket),
    };
    let engine = asked.marking(ticket).await?;
    let created = engine.create(&asked.resource, &asked.actor, &input).await;
    asked.settle(ticket, StatusCode::CREATED, created).await
}

/// `PATCH /api/v1/{resource}/{id}`: changes the fields given and nothing else.
pub(super) async fn edit(asked: Asked, id: Id, body: Body) -> Answer {
    let id = asked.id(id)?;
    let body = asked.body(body)?;
    let mut fields = asked.object(&body)?;
    let version = asked.version(&mut fields)?;
    let input = Input::Json(fields);
    let ticket = match asked.begin(&body).await? {
        Begin::Again { status, body } => return Ok(answer(status, body)),
        Begin::Happened(id) => return asked.told_late(StatusCode::OK, id).await,
        Begin::Unkeyed => None,
        Begin::First(ticket) => Some(ticket),
    };
    let engine = asked.marking(ticket).await?;
    let changed = engine.update(&asked.resource, &asked.actor, id, version, &input).await;
    asked.settle(ticket, StatusCode::OK, changed).await
}

/// `DELETE /api/v1/{resource}/{id}`.
pub(super) async fn remove(asked: Asked, id: Id) -> Answer {
    let id = asked.id(id)?;
    asked.engine().delete(&asked.resource, &asked.actor, id).await.map_err(|error| asked.problem(error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/v1/{resource}/{id}/restore`.
pub(super) async fn restore(asked: Asked, id: Id) -> Answer {
    let id = asked.id(id)?;
    let restored = asked.engine().restore(&asked.resource, &asked.actor, id).await;
    asked.settle(None, StatusCode::OK, restored).await
}

/// `POST /api/v1/{resource}/{id}/{action}`.
pub(super) async fn act(asked: Asked, id: Id) -> Answer {
    let id = asked.id(id)?;
    let action = asked.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    let ticket = match asked.begin(&[]).await? {
        Begin::Again { status, body } => return Ok(answer(status, body)),
        Begin::Happened(_) => return Err(asked.reader.problem(StatusCode::CONFLICT)),
        Begin::Unkeyed => None,
        Begin::First(ticket) => Some(ticket),
    };
    asked.mark_begun(ticket).await?;
    let done = asked.engine().act(&asked.resource, &asked.actor, &action, &[id]).await;
    let body = done.map(|done| json!({ "changed": done.changed }).to_string());
    asked.keep(ticket, StatusCode::OK, body).await
}

/// A record as the API gives it: with the fields that were read. Rows of other tables are read with one record, not with
/// a list.
pub(super) fn to_json(resource: &Resource, record: &Record) -> Value {
    let mut object = Map::from_iter([("id".to_owned(), record.id.into())]);
    if resource.is_versioned() {
        object.insert("version".into(), record.version.into());
    }
    if resource.is_soft() {
        let deleted_at = record.deleted_at.map_or(Value::Null, Value::from);
        object.insert("deleted_at".into(), reading::to_api(&datetime("deleted_at"), &deleted_at));
    }
    for field in resource.fields.iter().filter(|field| field.appears.api && !field.secret) {
        if let Some(value) = record.values.get(field.name) {
            object.insert(field.name.to_owned(), reading::to_api(field, value));
        }
    }
    object.into()
}

/// The fields that a program sees.
fn of_the_api(resource: &Resource) -> impl Iterator<Item = &'static str> + '_ {
    resource.fields.iter().filter(|field| field.appears.api && !field.secret).map(|field| field.name)
}

pub(super) fn answer(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The version is the record's entity tag: what is sent back as `If-Match`.
pub(super) fn with_version(record: &Record, mut response: Response) -> Response {
    if let Some(version) = record.version
        && let Ok(tag) = header::HeaderValue::from_str(&format!("\"{version}\""))
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The version of `If-Match: "3"`.
pub(super) fn if_match(headers: &HeaderMap) -> Option<i64> {
    headers.get(header::IF_MATCH)?.to_str().ok()?.trim().trim_matches('"').parse().ok()
}

/// Whether nothing was changed, so that the same request may be sent again with the same key.
pub(super) fn is_refusal(error: &Error) -> bool {
    !matches!(error, Error::Database(_) | Error::Other(_))
}
