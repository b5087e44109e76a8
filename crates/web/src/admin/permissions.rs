//! Which role may do what, side by side; and trying a role's view on.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::staff::{Permissions, roles};
use serde::Deserialize;

use super::{
    desk::Desk,
    error::{Answer, Failure},
    form::Form,
    path::Query,
    routes::{Needs, Routes, may},
    shell::{Shell, page, role_name},
    toast::{Toast, redirect, redirect_with},
};
use crate::App;

pub(super) fn routes() -> Routes {
    Routes::new().get("/admin/permissions", may("roles.view"), matrix).post("/admin/see-as", Needs::LoggedIn, see_as)
}

/// A column: a role.
struct Column {
    key: String,
    label: String,
    permits: Permissions,
    /// The one that a narrow screen shows.
    chosen: bool,
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    role: String,
}

/// A row: one permission.
struct Row {
    permission: String,
    /// For each column: whether it is allowed, and whether the column is the chosen one.
    allowed: Vec<(bool, bool)>,
}

/// The permissions of an area.
struct Area {
    name: &'static str,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "admin/shell/permissions.html")]
struct Page {
    shell: Shell,
    columns: Vec<Column>,
    areas: Vec<Area>,
}

/// `GET /admin/permissions`
async fn matrix(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Chosen>) -> Answer {
    let column = |role: puzi_shop::staff::Role| Column {
        permits: role.permits(),
        label: role_name(desk.locale, &role.key, &role.name),
        chosen: role.key == asked.role,
        key: role.key,
    };
    let mut columns: Vec<_> = app.staff.roles().await?.into_iter().map(column).collect();
    if !columns.iter().any(|column| column.chosen)
        && let Some(first) = columns.first_mut()
    {
        first.chosen = true;
    }
    let row = |area: &str, verb: &str| {
        let permission = format!("{area}.{verb}");
        let allowed = columns.iter().map(|column| (column.permits.allows(&permission), column.chosen)).collect();
        Row { permission, allowed }
    };
    let area = |(name, verbs): &(&'static str, &[&str])| Area {
        name,
        rows: verbs.iter().map(|verb| row(name, verb)).collect(),
    };
    let areas = roles::AREAS.iter().map(area).collect();
    let title = desk.t("permissions.title");
    let shell = Shell::new(&app, &desk, title.clone())
        .active("roles")
        .crumb(desk.t("roles.many"), "/admin/roles")
        .crumb(title, None);
    page(&Page { shell, columns, areas })
}

/// `POST /admin/see-as`: `role` to try on; empty ends it. It only ever takes permissions away, and whoever may see the
/// roles may try them.
async fn see_as(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let role = form.trimmed("role");
    if role.is_empty() {
        app.staff.see_as(desk.session_id, None).await?;
        return Ok(redirect("/admin"));
    }
    if !desk.may_oneself("roles.view") {
        return Err(Failure::forbidden());
    }
    app.staff.see_as(desk.session_id, Some(&role)).await?;
    let name = app.staff.role(&role).await?.name;
    let text = desk.ta("permissions.seeing", &[("role", role_name(desk.locale, &role, &name))]);
    Ok(redirect_with(&desk, "/admin", &Toast::done(text)))
}
