//! The JSON API: every declared resource under `/api/v1`, described by `/api/v1/openapi.json`. Who asks shows a personal
//! access token.

mod account_write;
mod accounts;
mod asked;
mod broadcasts;
mod call;
mod call_lines;
mod calls;
mod channels;
mod chat_records;
mod chats;
mod docs;
mod drafts;
mod extra;
mod followers;
mod gate;
mod idempotent;
mod materials;
mod menus;
mod notices;
mod people;
mod problem;
mod records;
mod runs;
mod said;
mod webhooks;

use std::{collections::HashSet, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodRouter, any, delete, get, patch, post},
};
use puzi_resource::{Resource, Verb};

pub(crate) use self::gate::Reader;
use self::{extra::Extra, problem::Problem};
use crate::{App, Needs, admin::Faces};

/// The largest body of a request, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// One route: what it needs stands beside it, and nothing is served that does not stand here.
struct Row {
    method: Method,
    path: String,
    needs: Needs,
    handler: MethodRouter<Arc<App>>,
    /// The largest body, in bytes.
    limit: usize,
}

fn row(method: &Method, path: impl Into<String>, needs: Needs, handler: MethodRouter<Arc<App>>) -> Row {
    Row { method: method.clone(), path: path.into(), needs, handler, limit: BODY_LIMIT }
}

/// The routes that follow from no resource. An area adds one line.
fn extras() -> Vec<Extra> {
    [
        accounts::extras(), //
        account_write::extras(),
        calls::extras(),
        call_lines::extras(),
        broadcasts::extras(),
        channels::extras(),
        chats::extras(),
        chat_records::extras(),
        drafts::extras(),
        followers::extras(),
        notices::extras(),
        people::extras(),
        menus::extras(),
        materials::extras(),
        runs::extras(),
        said::extras(),
        webhooks::extras(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rows(faces: &Faces) -> Vec<Row> {
    let mut rows = vec![
        row(&Method::GET, "/api/v1/openapi.json", Needs::Nothing, get(docs::document)),
        row(&Method::GET, "/api/v1", Needs::Nothing, get(docs::page)),
        row(&Method::GET, "/api/v1/docs.css", Needs::Nothing, get(docs::style)),
    ];
    for resource in faces.engine().resources().iter() {
        rows.extend(of(resource));
    }
    rows.extend(extras().into_iter().map(Extra::into_row));
    rows
}

/// The routes of one resource.
fn of(resource: &Arc<Resource>) -> Vec<Row> {
    let base = format!("/api/v1/{}", resource.name);
    let one = format!("{base}/{{id}}");
    let needs = |verb: Verb| Needs::Permission(resource.permission(verb).into());
    let mut rows = Vec::new();
    if resource.offers(Verb::View) {
        rows.push(row(&Method::GET, &base, needs(Verb::View), get(records::list)));
        rows.push(row(&Method::GET, &one, needs(Verb::View), get(records::view)));
    }
    if resource.offers(Verb::Create) {
        rows.push(row(&Method::POST, &base, needs(Verb::Create), post(records::create)));
    }
    if resource.offers(Verb::Edit) {
        rows.push(row(&Method::PATCH, &one, needs(Verb::Edit), patch(records::edit)));
    }
    if resource.offers(Verb::Delete) {
        rows.push(row(&Method::DELETE, &one, needs(Verb::Delete), delete(records::remove)));
    }
    if resource.offers(Verb::Restore) {
        rows.push(row(&Method::POST, format!("{one}/restore"), needs(Verb::Restore), post(records::restore)));
    }
    for action in &resource.actions {
        let needs = Needs::Permission(resource.action_permission(action).into());
        rows.push(row(&Method::POST, format!("{one}/{}", action.name), needs, post(records::act)));
    }
    for row in &mut rows {
        let handler = std::mem::take(&mut row.handler);
        row.handler = handler.layer(axum::Extension(resource.clone()));
    }
    rows
}

/// Whether `path` is one of the API's, where also what fails without a handler is told as a problem.
pub(crate) fn is_asked(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Every route of the API, and who may use it.
pub(crate) fn route_table(faces: &Faces) -> Vec<(Method, String, Needs)> {
    rows(faces).into_iter().map(|row| (row.method, row.path, row.needs)).collect()
}

/// The API's routes behind their gates.
pub(crate) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let mut paths = HashSet::new();
    let routes = rows(&app.admin.faces).into_iter().fold(Router::new(), |router, row| {
        let gate = gate::Gate { app: app.clone(), needs: row.needs };
        // The methods of one path share one fallback.
        let handler = if paths.insert(row.path.clone()) { row.handler.fallback(wrong_method) } else { row.handler };
        let handler = handler.layer(DefaultBodyLimit::max(row.limit)).layer(from_fn_with_state(gate, gate::pass));
        router.route(&row.path, handler)
    });
    ["/api", "/api/", "/api/{*rest}"].into_iter().fold(routes, |routes, path| routes.route(path, any(nothing_here)))
}

async fn nothing_here(visitor: gate::Reader) -> Problem {
    visitor.problem(axum::http::StatusCode::NOT_FOUND)
}

async fn wrong_method(visitor: gate::Reader) -> Problem {
    visitor.problem(axum::http::StatusCode::METHOD_NOT_ALLOWED)
}
