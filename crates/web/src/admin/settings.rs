//! `/admin/settings`: the shop's settings, as they are declared.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::settings::{Change, Held, Kind, Setting, Settings};
use serde_json::Value;

use super::{
    desk::Desk,
    error::Answer,
    form::Form,
    nav::{Group, NavItem},
    routes::{Routes, may},
    shell::{Shell, page_with},
    toast::{Toast, redirect_with},
};
use crate::App;

const PATH: &str = "/admin/settings";

pub(super) fn routes() -> Routes {
    Routes::new().get(PATH, may("settings.view"), show).post(PATH, may("settings.edit"), save)
}

pub(super) fn nav() -> NavItem {
    NavItem {
        key: "settings",
        label: "areas.settings",
        href: PATH,
        icon: "settings",
        permission: Some("settings.view"),
        group: Group::System,
    }
}

/// A setting on the page.
struct Field {
    key: &'static str,
    label: String,
    /// `text`, `email`, `number`, `switch` or `choice`.
    kind: &'static str,
    choices: Vec<(&'static str, String)>,
    version: i64,
}

/// Settings that belong together.
struct Section {
    title: String,
    group: &'static str,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "admin/shell/settings.html")]
struct Page {
    shell: Shell,
    form: Form,
    sections: Vec<Section>,
    may_edit: bool,
    stale: bool,
}

/// `GET /admin/settings`
async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let held = Settings::new(app.db.clone()).all().await?;
    let form = Form::of(held.iter().map(|(setting, held)| (setting.key, text_of(&held.value))));
    render(&app, &desk, form, &held, false)
}

/// `POST /admin/settings`: all or none.
async fn save(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    let settings = Settings::new(app.db.clone());
    let held = settings.all().await?;
    let changes: Vec<_> = held.iter().filter_map(|(setting, held)| change(&form, setting, held)).collect();
    match settings.save(&desk.actor(), &changes).await {
        Ok(()) => Ok(redirect_with(&desk, PATH, &Toast::done(desk.t("settings_page.saved")))),
        // What was typed stays; the versions on the page are the new ones, so that the next save counts.
        Err(puzi_shop::Error::Stale) => render(&app, &desk, form, &settings.all().await?, true),
        Err(error) => {
            form.take(error, desk.locale)?;
            render(&app, &desk, form, &held, false)
        }
    }
}

/// What the form says of `setting`, when that is another value than the one it holds.
fn change(form: &Form, setting: &Setting, held: &Held) -> Option<Change> {
    let value = match setting.kind {
        // An unticked box is not sent at all; the version tells that the setting was on the page.
        Kind::Switch => Value::Bool(form.has(setting.key)),
        Kind::Number { .. } => {
            let typed = form.trimmed(setting.key);
            typed.parse::<i64>().map_or(Value::String(typed), Value::from)
        }
        _ => Value::String(form.trimmed(setting.key)),
    };
    let version = form.value(&format!("{}@version", setting.key)).parse().ok()?;
    (value != held.value || version != held.version).then(|| Change { key: setting.key.to_owned(), value, version })
}

fn render(app: &App, desk: &Desk, form: Form, held: &[(&'static Setting, Held)], stale: bool) -> Answer {
    let mut sections: Vec<Section> = Vec::new();
    for (setting, held) in held {
        let field = field(desk, setting, held.version);
        match sections.iter_mut().find(|section| section.group == setting.group) {
            Some(section) => section.fields.push(field),
            None => {
                let title = shop_text(desk, &format!("settings.groups.{}", setting.group));
                sections.push(Section { title, group: setting.group, fields: vec![field] });
            }
        }
    }
    let status = match (stale, form.is_fine()) {
        (true, _) => StatusCode::CONFLICT,
        (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
        (false, true) => StatusCode::OK,
    };
    let shell = Shell::new(app, desk, desk.t("areas.settings")).active("settings");
    page_with(status, &Page { shell, form, sections, may_edit: desk.may("settings.edit"), stale })
}

fn field(desk: &Desk, setting: &Setting, version: i64) -> Field {
    let (kind, choices): (_, &[&'static str]) = match setting.kind {
        Kind::Text { .. } => ("text", &[]),
        Kind::Email => ("email", &[]),
        Kind::Number { .. } => ("number", &[]),
        Kind::Switch => ("switch", &[]),
        Kind::Choice(choices) => ("choice", choices),
    };
    let name = |choice: &'static str| (choice, desk.t(&format!("settings_page.choices.{choice}")));
    Field {
        key: setting.key,
        label: shop_text(desk, setting.label),
        kind,
        choices: choices.iter().copied().map(name).collect(),
        version,
    }
}

fn shop_text(desk: &Desk, key: &str) -> String {
    puzi_shop::texts::t(desk.locale, key, &[])
}

/// As a field of a form shows it; a switch that is off is not sent.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
