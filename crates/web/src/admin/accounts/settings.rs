//! An account's own settings, as they are declared.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    accounts::{LiveAccount, settings},
    settings::{Kind, Setting},
};
use serde_json::Value;

use super::{PATH, path_of};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        form::Form,
        path::Path,
        shell::{Shell, page_with},
        toast::{Toast, redirect_with},
    },
};

/// A setting on the page.
struct Field {
    key: &'static str,
    label: String,
    help: String,
    /// `text`, `number`, `switch` or `choice`.
    kind: &'static str,
    choices: Vec<(&'static str, String)>,
}

/// Settings that belong together.
struct Section {
    title: String,
    group: &'static str,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "admin/accounts/settings.html")]
struct Page {
    shell: Shell,
    form: Form,
    id: i64,
    tab: &'static str,
    sections: Vec<Section>,
    stale: bool,
}

/// `GET /admin/accounts/{id}/settings`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let live = desk.live(&app, id)?;
    let form = Form::of(live.settings.all().map(|(setting, value)| (setting.key, text_of(&value))));
    let form = form.with("version", live.account.version.to_string());
    render(&app, &desk, &live, form, StatusCode::OK)
}

/// `POST /admin/accounts/{id}/settings`: all or none.
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, mut form: Form) -> Answer {
    let live = desk.live(&app, id)?;
    let held = settings::load(app.db.read(), id).await?;
    let changes: BTreeMap<String, Value> = held
        .all()
        .map(|(setting, value)| (setting, value, typed(&form, setting)))
        .filter(|(_, value, typed)| value != typed)
        .map(|(setting, _, typed)| (setting.key.to_owned(), typed))
        .collect();
    let version = form.value("version").parse().unwrap_or_default();
    match settings::save(&app.db, &desk.actor(), id, Some(version), &changes).await {
        Ok(_) => {
            app.registry.refresh().await?;
            let toast = Toast::done(desk.t("account_settings.saved"));
            Ok(redirect_with(&desk, &format!("{}/settings", path_of(id)), &toast))
        }
        // What was typed stays; the version on the page is the new one, so that the next save counts.
        Err(puzi_shop::Error::Stale) => {
            app.registry.refresh().await?;
            let live = desk.live(&app, id)?;
            let form = form.with("version", live.account.version.to_string());
            render(&app, &desk, &live, form, StatusCode::CONFLICT)
        }
        Err(error) => {
            form.take(error, desk.locale)?;
            render(&app, &desk, &live, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

/// What the form says of `setting`. An unticked box is not sent at all.
fn typed(form: &Form, setting: &Setting) -> Value {
    match setting.kind {
        Kind::Switch => Value::Bool(form.has(setting.key)),
        Kind::Number { .. } => {
            let typed = form.trimmed(setting.key);
            typed.parse::<i64>().map_or(Value::String(typed), Value::from)
        }
        _ => Value::String(form.trimmed(setting.key)),
    }
}

fn render(app: &App, desk: &Desk, live: &LiveAccount, form: Form, status: StatusCode) -> Answer {
    let mut sections: Vec<Section> = Vec::new();
    for setting in settings::SETTINGS {
        let field = field(desk, setting);
        match sections.iter_mut().find(|section| section.group == setting.group) {
            Some(section) => section.fields.push(field),
            None => {
                let title = desk.t(&format!("account_settings.groups.{}", setting.group));
                sections.push(Section { title, group: setting.group, fields: vec![field] });
            }
        }
    }
    let shell = Shell::new(app, desk, desk.t("account_settings.title"))
        .active("accounts")
        .crumb(desk.t("accounts.many"), PATH)
        .crumb(live.account.name.clone(), path_of(live.account.id).as_str())
        .crumb(desk.t("account_settings.title"), None);
    let (id, stale) = (live.account.id, status == StatusCode::CONFLICT);
    page_with(status, &Page { shell, form, id, tab: "settings", sections, stale })
}

fn field(desk: &Desk, setting: &Setting) -> Field {
    let (kind, choices): (_, &[&'static str]) = match setting.kind {
        Kind::Text { .. } | Kind::Email => ("text", &[]),
        Kind::Number { .. } => ("number", &[]),
        Kind::Switch => ("switch", &[]),
        Kind::Choice(choices) => ("choice", choices),
    };
    let name = setting.label.rsplit('.').next().unwrap_or_default();
    let named = |choice: &'static str| (choice, desk.t(&format!("account_settings.options.{name}.{choice}")));
    Field {
        key: setting.key,
        label: desk.t(setting.label),
        help: crate::texts::find(desk.locale, &format!("account_settings.help.{name}")).unwrap_or_default().to_owned(),
        kind,
        choices: choices.iter().copied().map(named).collect(),
    }
}

/// As a field of a form shows it; a switch that is off is not sent.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use puzi_shop::texts::Locale;

    use super::*;

    #[test]
    fn every_setting_of_an_account_has_its_texts() {
        for setting in settings::SETTINGS {
            let name = setting.label.rsplit('.').next().unwrap();
            let mut keys = vec![
                setting.label.to_owned(),
                format!("account_settings.help.{name}"),
                format!("account_settings.groups.{}", setting.group),
            ];
            if let Kind::Choice(choices) = setting.kind {
                keys.extend(choices.iter().map(|choice| format!("account_settings.options.{name}.{choice}")));
            }
            for key in keys {
                assert!(crate::texts::find(Locale::En, &key).is_some(), "{key}");
            }
        }
    }
}
