//! The editor: a new rule, a stored one, and the steps between.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    accounts::LiveAccount,
    replies::{Answer, Draft, Rule, SaveError, Trigger},
};
use serde::Deserialize;

use super::{
    super::{
        desk::Desk,
        error::{Answer as Page, Failure},
        form::Form,
        path::{Path, Query},
        shell::{Shell, form_page, page},
        toast::{Toast, redirect_with},
    },
    LIST, account_or_404,
    bubbles::Chat,
    conflict, examples,
    fields::{Fields, Group, with_parts},
    preview, reading, rules, shell, steps,
};
use crate::App;

#[derive(Template)]
#[template(path = "admin/rules/edit.html")]
struct Edit {
    shell: Shell,
    inner: Inner,
    chat: Chat,
    /// None: not stored yet.
    id: Option<i64>,
    wrong: usize,
}

/// The part of the editor that changes with the kinds chosen.
#[derive(Template)]
#[template(path = "admin/rules/form.html")]
struct Inner {
    id: Option<i64>,
    csrf: String,
    version: String,
    basics: Group,
    trigger: Group,
    answer: Group,
    active: Group,
    is_limited: bool,
    hidden: Vec<(String, String)>,
    when: String,
    placeholders: String,
    has_placeholders: bool,
    /// A problem that no field shows.
    problem: String,
    may_save: bool,
    save: String,
    cancel: String,
}

/// The signing key of a webhook, shown once.
#[derive(Template)]
#[template(path = "admin/rules/key.html")]
struct Key {
    shell: Shell,
    key: String,
    name: String,
}

#[derive(Deserialize)]
pub(super) struct Beginning {
    /// The name of an example.
    example: Option<String>,
    /// The number of a rule to begin with.
    copy: Option<i64>,
    /// The key of a menu button that it is to answer.
    menu: Option<String>,
}

/// `GET /admin/rules/new`: an empty rule, an example, or a copy.
pub(super) async fn new(State(app): State<Arc<App>>, desk: Desk, Query(from): Query<Beginning>) -> Page {
    let live = account_or_404(&app, &desk)?;
    let draft = match (&from.example, from.copy) {
        (_, Some(id)) => {
            let draft = Draft::from(rules(&app).get(live.account.id, id).await?);
            let name = desk.ta("rules.edit.copy_of", &[("name", draft.name.clone())]);
            Draft { name: name.chars().take(60).collect(), enabled: false, ..draft }
        }
        (Some(name), None) => examples::find(name, desk.locale).ok_or_else(Failure::not_found)?,
        (None, None) if from.menu.is_some() => {
            let key: String = from.menu.unwrap_or_default().chars().take(128).collect();
            let name = key.chars().take(60).collect::<String>();
            Draft::new(name, Trigger::Menu { key }, Answer::text(""))
        }
        (None, None) => {
            let words = vec![];
            let trigger = Trigger::Keyword { matching: Default::default(), words };
            Draft::new("", trigger, Answer::text(""))
        }
    };
    page(&edit(&app, &desk, &live, None, &reading::form_of(&draft)).await?)
}

/// `GET /admin/rules/{id}`.
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Page {
    let live = account_or_404(&app, &desk)?;
    let rule = rules(&app).get(live.account.id, id).await?;
    page(&edit(&app, &desk, &live, Some(id), &stored(rule)).await?)
}

/// The form of a stored rule, with the version that is edited.
pub(super) fn stored(rule: Rule) -> Form {
    let version = rule.version.to_string();
    let fields = [reading::form_of(&rule.into()).values(), &[("version".to_owned(), version)]].concat();
    reading::from_fields(&fields)
}

/// `POST /admin/rules/form`: other fields, one article more, and nothing saved. htmx gets the form alone.
pub(super) async fn step(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let form = steps::taken(&form);
    let id = form.value("id").parse().ok();
    if desk.htmx {
        return page(&inner(&desk, id, &form));
    }
    page(&edit(&app, &desk, &live, id, &form).await?)
}

/// `POST /admin/rules`.
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let rules = rules(&app);
    let draft = reading::checked(&mut form, &rules, desk.locale);
    if form.is_fine() {
        match rules.create(&desk.actor(), live.account.id, draft).await {
            Ok(rule) => return saved(&app, &desk, rule, true),
            Err(error) => form.take(error, desk.locale)?,
        }
    }
    form_page(&form, &edit(&app, &desk, &live, None, &form).await?)
}

/// `POST /admin/rules/{id}`.
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, mut form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let rules = rules(&app);
    let draft = reading::checked(&mut form, &rules, desk.locale);
    if form.is_fine() {
        let version = form.value("version").parse().map_err(|_| Failure::bad_request())?;
        let shows_key = form.has("answer.new_secret");
        match rules.update(&desk.actor(), live.account.id, id, version, draft.clone()).await {
            Ok(rule) => return saved(&app, &desk, rule, shows_key),
            Err(SaveError::Conflict(now)) => return conflict::page(&app, &desk, &form, draft, *now),
            Err(SaveError::Other(error)) => form.take(error, desk.locale)?,
        }
    }
    form_page(&form, &edit(&app, &desk, &live, Some(id), &form).await?)
}

/// Back to the list; but a key that was just made is shown first, for the only time.
fn saved(app: &App, desk: &Desk, rule: Rule, shows_key: bool) -> Page {
    let name = rule.name.clone();
    if let (Answer::Webhook { secret, .. }, true) = (&rule.answer, shows_key)
        && let Some(key) = secret.given()
    {
        let title = desk.t("rules.key.title");
        return page(&Key { shell: shell(app, desk, title), key: key.expose().clone(), name });
    }
    let toast = Toast::done(desk.ta("rules.saved", &[("name", name)]));
    Ok(redirect_with(desk, &format!("{LIST}#rule-{}", rule.id), &toast))
}

async fn edit(app: &App, desk: &Desk, live: &LiveAccount, id: Option<i64>, form: &Form) -> Result<Edit, Failure> {
    let draft = reading::draft(&mut form.clone(), desk.locale);
    let title = if id.is_some() { desk.t("rules.edit.title") } else { desk.t("rules.edit.new") };
    Ok(Edit {
        shell: shell(app, desk, title),
        chat: preview::of(app, desk, live, &draft).await?,
        inner: inner(desk, id, form),
        id,
        wrong: form.problems().len(),
    })
}

fn inner(desk: &Desk, id: Option<i64>, form: &Form) -> Inner {
    let form = &with_parts(form.clone());
    let fields = Fields::new(form, desk.locale);
    let (trigger, answer) = (fields.trigger(), fields.answer());
    Inner {
        hidden: fields.hidden(&[&trigger, &answer]),
        basics: fields.basics(),
        active: fields.active(),
        is_limited: fields.is_limited(),
        id,
        csrf: desk.csrf().to_owned(),
        version: form.value("version").to_owned(),
        when: desk.t("rules.edit.when"),
        placeholders: desk.t("rules.edit.placeholders"),
        has_placeholders: matches!(form.value("answer.kind"), "text" | "news" | "one_of"),
        problem: form.problem("rule").unwrap_or_default().to_owned(),
        may_save: desk.may(if id.is_some() { "rules.edit" } else { "rules.create" }),
        save: desk.t("rules.edit.save"),
        cancel: desk.t("rules.edit.cancel"),
        trigger,
        answer,
    }
}
