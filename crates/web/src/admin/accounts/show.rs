//! One account: what to paste, its health, its keys.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use puzi_shop::{
    accounts::{Account, Status},
    conversations::{RefusedPush, figures, refused_of},
};

use super::{
    PATH,
    callback::Callback,
    health::{self, Token},
    state,
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        resource::{self, Markup},
        shell::{Shell, page},
        visitor::Visitor,
    },
};

/// Refused pushes on the page.
const REFUSED: u32 = 5;

#[derive(Template)]
#[template(path = "admin/accounts/show.html")]
struct Page {
    shell: Shell,
    account: Account,
    callback: Callback,
    state: Markup,
    last_push: Option<i64>,
    refused: Vec<RefusedPush>,
    /// What WeChat said just now, when it was asked.
    token: Option<Token>,
    paused: bool,
    two_keys: bool,
}

/// `GET /admin/accounts/{id}`
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk, Path(id): Path<i64>) -> Answer {
    let account = app.registry.accounts().by_id(id).await?;
    render(&app, &visitor, &desk, account, None).await
}

/// `POST /admin/accounts/{id}/check`: asks WeChat whether AppID and AppSecret are still good.
pub(super) async fn check(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk, Path(id): Path<i64>) -> Answer {
    let account = app.registry.accounts().by_id(id).await?;
    let token = health::ask_for_token(&account).await;
    render(&app, &visitor, &desk, account, Some(token)).await
}

async fn render(app: &App, visitor: &Visitor, desk: &Desk, account: Account, token: Option<Token>) -> Answer {
    let shell = Shell::new(app, desk, account.name.clone())
        .active("accounts")
        .crumb(desk.t("accounts.many"), PATH)
        .crumb(account.name.clone(), None);
    let paused = account.status == Status::Paused;
    page(&Page {
        callback: Callback::of(app, visitor, &account),
        state: in_colour(&shell, state(paused, account.verified_at)),
        last_push: figures::last_push(app.db.read(), account.id).await?,
        refused: refused_of(&app.db, account.id, REFUSED).await?,
        token,
        paused,
        two_keys: account.previous_aes_key.is_some(),
        account,
        shell,
    })
}

/// A state as it stands in the list.
fn in_colour(shell: &Shell, word: &str) -> Markup {
    resource::state(word, &shell.t(format!("accounts.options.state.{word}")))
}
