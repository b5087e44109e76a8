//! All accounts with their state.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    accounts::{Account, Status},
    conversations::figures,
};

use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        shell::{Shell, page},
    },
};

/// A line of the list.
struct Line {
    account: Account,
    last_push: Option<i64>,
    state: (&'static str, &'static str),
}

#[derive(Template)]
#[template(path = "admin/accounts/list.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
}

/// `GET /admin/accounts`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let mut lines = Vec::new();
    for account in app.registry.accounts().list().await? {
        let last_push = figures::last_push(&app.db, account.id).await?;
        lines.push(Line { state: state(&account), account, last_push });
    }
    page(&Page { shell: Shell::new(&app, &desk, desk.t("accounts.title")).active("accounts"), lines })
}

/// The kind and the text of an account's state.
pub(super) fn state(account: &Account) -> (&'static str, &'static str) {
    match (account.status, account.verified_at) {
        (Status::Paused, _) => ("off", "accounts.state.paused"),
        (Status::Active, None) => ("warn", "accounts.state.unverified"),
        (Status::Active, Some(_)) => ("good", "accounts.state.active"),
    }
}
