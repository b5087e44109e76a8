//! Personal access tokens: for programs that act as oneself, within scopes.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    db::now_ms,
    staff::{NewToken, Token, roles},
};

use super::PATH;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        form::Form,
        path::Path,
        shell::{Shell, form_page, page},
        toast::{Toast, redirect_with},
    },
};

const TOKENS: &str = "/admin/me/tokens";
const DAY_MS: i64 = 24 * 3_600_000;
/// Days that a token may live; 0 is until it is revoked.
const DAYS: [i64; 5] = [7, 30, 90, 365, 0];

/// What may be chosen in one area.
struct Area {
    name: &'static str,
    scopes: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/me/tokens.html")]
struct Page {
    shell: Shell,
    form: Form,
    tokens: Vec<Token>,
    areas: Vec<Area>,
    days: [i64; 5],
    now: i64,
}

#[derive(Template)]
#[template(path = "admin/me/token_shown.html")]
struct Shown {
    shell: Shell,
    name: String,
    token: String,
}

/// `GET /admin/me/tokens`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    list(&app, &desk, Form::of([("days", "90")])).await
}

/// `POST /admin/me/tokens`: makes one, whose text is shown this once.
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    let days = form.value("days").parse().ok().filter(|days| DAYS.contains(days));
    let Some(days) = days else {
        form.refuse("days", desk.t("me.token_choose_days"));
        return list(&app, &desk, form).await;
    };
    let new = NewToken {
        name: form.trimmed("name"),
        scopes: form.all("scopes"),
        expires_at: (days > 0).then(|| now_ms() + days * DAY_MS),
    };
    match app.staff.create_token(&desk.actor(), new).await {
        Ok((token, text)) => {
            let shell = shell(&app, &desk).crumb(token.name.clone(), None);
            page(&Shown { shell, name: token.name, token: text.expose().clone() })
        }
        Err(error) => {
            form.take(error, desk.locale)?;
            list(&app, &desk, form).await
        }
    }
}

/// `POST /admin/me/tokens/{id}/revoke`: one's own; somebody else's is not there.
pub(super) async fn revoke(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let own = app.staff.list_tokens(desk.staff.id).await?.into_iter().any(|token| token.id == id);
    if !own {
        return Err(puzi_shop::Error::NotFound.into());
    }
    let token = app.staff.revoke_token(&desk.actor(), id).await?;
    let text = desk.ta("me.token_revoked", &[("name", token.name)]);
    Ok(redirect_with(&desk, PATH, &Toast::done(text)))
}

async fn list(app: &App, desk: &Desk, form: Form) -> Answer {
    let mut tokens = app.staff.list_tokens(desk.staff.id).await?;
    tokens.retain(|token| token.revoked_at.is_none());
    let page = Page { shell: shell(app, desk), form, tokens, areas: areas(desk), days: DAYS, now: now_ms() };
    form_page(&page.form, &page)
}

/// Only what the member may do oneself can be given to a token.
fn areas(desk: &Desk) -> Vec<Area> {
    let area = |(name, verbs): &(&'static str, &[&str])| {
        let scopes = verbs.iter().map(|verb| format!("{name}.{verb}")).filter(|scope| desk.may(scope)).collect();
        Area { name, scopes }
    };
    roles::AREAS.iter().map(area).filter(|area| !area.scopes.is_empty()).collect()
}

fn shell(app: &App, desk: &Desk) -> Shell {
    Shell::new(app, desk, desk.t("me.tokens")).crumb(desk.t("me.title"), PATH).crumb(desk.t("me.tokens"), TOKENS)
}
