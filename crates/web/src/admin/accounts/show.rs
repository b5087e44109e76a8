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
    list,
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
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
    state: (&'static str, &'static str),
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
        .crumb(desk.t("accounts.title"), PATH)
        .crumb(account.name.clone(), None);
    page(&Page {
        shell,
        callback: Callback::of(app, visitor, &account),
        state: list::state(&account),
        last_push: figures::last_push(&app.db, account.id).await?,
        refused: refused_of(&app.db, account.id, REFUSED).await?,
        token,
        paused: account.status == Status::Paused,
        two_keys: account.previous_aes_key.is_some(),
        account,
    })
}
