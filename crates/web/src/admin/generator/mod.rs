//! `/admin/generator`: the tables of the database, the command line that makes a resource of one, and what it would
//! write. Nothing is written here: the command is run in the source tree, and what it writes has to be built.

mod columns;
mod outcome;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State, rejection::PathRejection};
use puzi_resource::{
    Error,
    generate::{self, Part, Request, TableShape},
};

use self::{columns::Row, outcome::Outcome};
use super::{
    desk::Desk,
    error::{Answer, Failure},
    form::Form,
    nav::{Group, NavItem},
    routes::{Routes, may},
    shell::{Shell, page},
};
use crate::App;

const PATH: &str = "/admin/generator";
/// The groups of the menu, as `--route-group` names them.
const GROUPS: [&str; 5] = ["today", "content", "followers", "shop", "system"];
/// The group of whatever names none.
const USUAL_GROUP: &str = "shop";

pub(super) fn routes() -> Routes {
    let needs = || may("generator.view");
    Routes::new().get(PATH, needs(), list).get("/admin/generator/new", needs(), new).get(
        "/admin/generator/{table}",
        needs(),
        table,
    )
}

pub(super) fn nav() -> NavItem {
    NavItem {
        key: "generator",
        label: "areas.generator",
        href: PATH,
        icon: "code",
        permission: Some("generator.view"),
        group: Group::System,
    }
}

/// A table in the list.
struct Line {
    name: String,
    href: String,
    columns: usize,
    /// Its rows can be told by one whole number.
    has_key: bool,
    /// The resources that it has already, and their pages for whoever may see them.
    resources: Vec<(String, Option<String>)>,
}

#[derive(Template)]
#[template(path = "admin/generator/list.html")]
struct List {
    shell: Shell,
    search: String,
    all: usize,
    lines: Vec<Line>,
}

/// What is asked of any generation.
struct Settings {
    name: String,
    /// Word, label, chosen.
    groups: Vec<(&'static str, String, bool)>,
    /// None: the table has no column for it.
    soft_deletes: Option<bool>,
    pagination: String,
}

#[derive(Template)]
#[template(path = "admin/generator/table.html")]
struct OfTable {
    shell: Shell,
    path: String,
    settings: Settings,
    rows: Vec<Row>,
    /// What of the form depends on what is chosen in it: `,#need-title,#need-price`.
    needs: String,
    has_key: bool,
    outcome: Outcome,
}

#[derive(Template)]
#[template(path = "admin/generator/new.html")]
struct OfNothing {
    shell: Shell,
    settings: Settings,
    form: Form,
    /// The types, for whoever has not asked yet.
    words: Vec<(&'static str, String)>,
    /// None: nothing has been asked yet.
    outcome: Option<Outcome>,
}

/// `GET /admin/generator?q=`
async fn list(State(app): State<Arc<App>>, desk: Desk, RawQuery(query): RawQuery) -> Answer {
    let search = Form::parse(query.unwrap_or_default().as_bytes()).trimmed("q");
    let tables = generate::describe_all(app.db.read()).await.map_err(failure)?;
    let wanted = search.to_lowercase();
    let found = tables.iter().filter(|table| table.name.to_lowercase().contains(&wanted));
    let lines = found.map(|table| line(&desk, table)).collect();
    let shell = Shell::new(&app, &desk, desk.t("generator.title")).active("generator");
    page(&List { shell, search, all: tables.len(), lines })
}

fn line(desk: &Desk, table: &TableShape) -> Line {
    Line {
        name: table.name.clone(),
        href: address(&table.name),
        columns: table.columns.len(),
        has_key: table.key().is_some(),
        resources: columns::resources(desk, &table.name),
    }
}

/// `GET /admin/generator/{table}`: the form's fields stand in the query.
async fn table(
    State(app): State<Arc<App>>,
    desk: Desk,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Answer {
    let Path(name) = name.map_err(|_| Failure::not_found())?;
    let tables = generate::describe_all(app.db.read()).await.map_err(failure)?;
    let table = tables.iter().find(|table| table.name == name).ok_or_else(Failure::not_found)?;
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let (rows, fields) = columns::read(&desk, table, &form);
    let request = generate::request_with(table, &fields).map(|request| asked(request, &form));
    let is_soft = request.as_ref().is_ok_and(|request| request.soft_deletes.as_deref() == Some("yes"));
    let settings =
        settings(&desk, &form, request.as_ref().map_or("", |it| &it.name), table_is_soft(table).then_some(is_soft));
    let outcome = Outcome::of(&app, &desk, &tables, request).await?;
    let needs = rows.iter().filter(|row| row.field.is_some()).map(|row| format!(",#need-{}", row.name)).collect();
    let shell = shell(&app, &desk, &name);
    page(&OfTable { shell, path: address(&name), settings, rows, needs, has_key: table.key().is_some(), outcome })
}

/// `GET /admin/generator/new?name=&fields=`
async fn new(State(app): State<Arc<App>>, desk: Desk, RawQuery(query): RawQuery) -> Answer {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let given = |name: &str| Some(form.trimmed(name)).filter(|text| !text.is_empty());
    let request = Request {
        fields: given("fields"),
        indexes: given("indexes"),
        foreign_keys: given("foreign_keys"),
        relationships: given("relationships"),
        soft_deletes: form.has("soft").then(|| "yes".to_owned()),
        parts: Part::CRUD.to_vec(),
        ..asked(Request::default(), &form)
    };
    let settings = settings(&desk, &form, "", Some(form.has("soft")));
    let outcome = match form.values() {
        [] => None,
        _ => {
            let tables = generate::describe_all(app.db.read()).await.map_err(failure)?;
            Some(Outcome::of(&app, &desk, &tables, Ok(request)).await?)
        }
    };
    let shell = shell(&app, &desk, &desk.t("generator.new.title"));
    page(&OfNothing { shell, settings, form, words: words::all(&desk), outcome })
}

fn shell(app: &App, desk: &Desk, title: &str) -> Shell {
    Shell::new(app, desk, title).active("generator").crumb(desk.t("generator.title"), PATH).crumb(title, None)
}

/// The request with what the form says of the whole.
fn asked(request: Request, form: &Form) -> Request {
    let given = |name: &str| Some(form.trimmed(name)).filter(|text| !text.is_empty());
    let group = given("group").filter(|group| group != USUAL_GROUP);
    // The table has the column: what is not wanted has to be said.
    let soft = match request.soft_deletes {
        Some(_) if columns::is_sent(form) && !form.has("soft") => Some("no".to_owned()),
        said => said,
    };
    Request {
        name: given("name").unwrap_or(request.name),
        route_group: group.map(|group| format!("admin/{group}")),
        pagination: given("pagination"),
        soft_deletes: soft,
        ..request
    }
}

fn settings(desk: &Desk, form: &Form, usual_name: &str, soft_deletes: Option<bool>) -> Settings {
    let chosen = Some(form.trimmed("group")).filter(|it| GROUPS.contains(&it.as_str())).unwrap_or(USUAL_GROUP.into());
    let group = |group: &'static str| (group, desk.t(&format!("nav.groups.{group}")), group == chosen);
    Settings {
        name: Some(form.trimmed("name")).filter(|name| !name.is_empty()).unwrap_or(usual_name.to_owned()),
        groups: GROUPS.map(group).to_vec(),
        soft_deletes,
        pagination: form.trimmed("pagination"),
    }
}

fn table_is_soft(table: &TableShape) -> bool {
    generate::request_with(table, &[]).is_ok_and(|request| request.soft_deletes.is_some())
}

/// The page of a table, whatever characters are in its name.
fn address(table: &str) -> String {
    // A space is `+` in a query only.
    let name: String = url::form_urlencoded::byte_serialize(table.as_bytes()).collect();
    format!("{PATH}/{}", name.replace('+', "%20"))
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Database(error) => puzi_shop::Error::Database(error).into(),
        error => {
            tracing::error!(%error, "the tables could not be described");
            Failure::internal()
        }
    }
}
