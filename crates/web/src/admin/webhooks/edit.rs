//! Making an endpoint, and changing one.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    Error,
    webhooks::{EVENTS, NAME_CHARS, NewWebhook, URL_CHARS, WebhookEdit, entity::webhook, example},
};

use super::{PATH, path_of, show::number, steer::show_key, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Path,
        shell::{Shell, form_page, page_with},
        toast::{Toast, redirect_with},
    },
};

/// An event that may be ticked.
struct Choice {
    name: &'static str,
    label: String,
    hint: String,
    example: String,
    ticked: bool,
}

/// An account that may be chosen.
struct Account {
    id: String,
    name: String,
}

#[derive(Template)]
#[template(path = "admin/webhooks/edit.html")]
struct Page {
    shell: Shell,
    form: Form,
    action: String,
    back: String,
    events: Vec<Choice>,
    /// Of a new one, where there are several.
    accounts: Vec<Account>,
    new: bool,
    /// Somebody else changed it meanwhile.
    conflict: bool,
    name_attrs: String,
    url_attrs: String,
}

/// `GET /admin/webhooks/new`
pub(super) async fn show_new(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let account = desk.account.map(|id| id.to_string()).unwrap_or_default();
    new_page(&app, &desk, Form::of([("account_id", account.as_str()), ("events", "message.received")]))
}

/// `POST /admin/webhooks/new`: its key is shown this once.
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    // With one account nothing is asked.
    let account = form.value("account_id").parse().ok().or(desk.account).ok_or_else(Failure::not_found)?;
    let new = NewWebhook {
        account_id: account,
        name: form.trimmed("name"),
        url: form.trimmed("url"),
        events: form.all("events"),
    };
    match app.admin.webhooks.create(&desk.actor(), &desk.reach, new).await {
        Ok((webhook, key)) => show_key(&app, &desk, &webhook, &key, false),
        Err(error) => {
            form.take(error, desk.locale)?;
            new_page(&app, &desk, form)
        }
    }
}

/// `GET /admin/webhooks/{id}/edit`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let webhook = living(&app, &desk, number(&id)?).await?;
    let wanted = webhook.wanted();
    let mut values =
        vec![("name", webhook.name.clone()), ("url", webhook.url.clone()), ("version", webhook.version.to_string())];
    values.extend(wanted.into_iter().map(|name| ("events", name)));
    edit_page(&app, &desk, &webhook, Form::of(values), false)
}

/// `POST /admin/webhooks/{id}/edit`
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, mut form: Form) -> Answer {
    let webhook = living(&app, &desk, number(&id)?).await?;
    let edit = WebhookEdit {
        name: Some(form.trimmed("name")),
        url: Some(form.trimmed("url")),
        events: Some(form.all("events")),
    };
    let version = form.value("version").parse().unwrap_or_default();
    match app.admin.webhooks.edit(&desk.actor(), &desk.reach, webhook.id, Some(version), edit).await {
        Ok(saved) => {
            let toast = Toast::done(desk.ta("webhooks.done.save", &[("name", saved.name)]));
            Ok(redirect_with(&desk, &path_of(saved.id), &toast))
        }
        // What was typed stays; the next save is made on top of theirs.
        Err(Error::Stale) => {
            let now = living(&app, &desk, webhook.id).await?;
            let form = form.with("version", now.version.to_string());
            edit_page(&app, &desk, &now, form, true)
        }
        Err(error) => {
            form.take(error, desk.locale)?;
            edit_page(&app, &desk, &webhook, form, false)
        }
    }
}

async fn living(app: &App, desk: &Desk, id: i64) -> Result<webhook::Model, Failure> {
    let webhook = app.admin.webhooks.get(&desk.reach, id).await?;
    if webhook.deleted_at.is_some() { Err(Failure::not_found()) } else { Ok(webhook) }
}

fn new_page(app: &App, desk: &Desk, form: Form) -> Answer {
    let title = desk.t("webhooks.actions.create");
    let shell =
        Shell::new(app, desk, title.clone()).active("webhooks").crumb(desk.t("webhooks.many"), PATH).crumb(title, None);
    let mut accounts: Vec<_> = (desk.accounts(app).iter())
        .map(|live| Account { id: live.account.id.to_string(), name: live.account.name.clone() })
        .collect();
    if accounts.len() < 2 {
        accounts.clear();
    }
    written(shell, desk, form, (format!("{PATH}/new"), PATH.to_owned()), accounts, (true, false))
}

fn edit_page(app: &App, desk: &Desk, webhook: &webhook::Model, form: Form, conflict: bool) -> Answer {
    let back = path_of(webhook.id);
    let shell = Shell::new(app, desk, desk.t("resource.actions.edit"))
        .active("webhooks")
        .crumb(desk.t("webhooks.many"), PATH)
        .crumb(webhook.name.clone(), back.as_str())
        .crumb(desk.t("resource.actions.edit"), None);
    written(shell, desk, form, (format!("{back}/edit"), back), Vec::new(), (false, conflict))
}

fn written(
    shell: Shell,
    desk: &Desk,
    mut form: Form,
    (action, back): (String, String),
    accounts: Vec<Account>,
    (new, conflict): (bool, bool),
) -> Answer {
    form.order(&["account_id", "name", "url", "events"]);
    let choice = |name: &&'static str| Choice {
        name,
        label: words::event(desk.locale, name),
        hint: desk.t(&format!("webhooks.event_hints.{name}")),
        example: serde_json::to_string_pretty(&example(name)).unwrap_or_default(),
        ticked: form.is("events", name),
    };
    let events = EVENTS.iter().map(choice).collect();
    let page = Page {
        shell,
        action,
        back,
        events,
        accounts,
        new,
        conflict,
        name_attrs: format!("required maxlength=\"{NAME_CHARS}\""),
        url_attrs: format!(
            "type=\"url\" inputmode=\"url\" spellcheck=\"false\" required maxlength=\"{URL_CHARS}\" \
             placeholder=\"https://erp.example.com/wechat-events\""
        ),
        form,
    };
    if conflict { page_with(StatusCode::CONFLICT, &page) } else { form_page(&page.form, &page) }
}
