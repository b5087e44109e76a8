//! The third step: what to paste into WeChat's admin platform, until WeChat's check arrives; and what comes next.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::Steps;
use crate::{
    App,
    admin::{
        accounts::callback::Callback,
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
        shell::{Bare, page},
        visitor::Visitor,
    },
};

#[derive(Template)]
#[template(path = "admin/setup/connect.html")]
struct Page {
    bare: Bare,
    steps: Steps,
    callback: Callback,
}

#[derive(Template)]
#[template(path = "admin/setup/state.html")]
struct Arrival {
    bare: Bare,
    callback: Callback,
}

#[derive(Template)]
#[template(path = "admin/setup/done.html")]
struct Done {
    bare: Bare,
    steps: Steps,
}

/// `GET /admin/setup/connect/{id}`
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk, Path(id): Path<i64>) -> Answer {
    let callback = callback(&app, &visitor, &desk, id).await?;
    let bare = Bare::new(&visitor, Some(&desk), desk.t("setup.connect_title"));
    page(&Page { bare, steps: Steps::at(3), callback })
}

/// `GET /admin/setup/connect/{id}/state`: whether WeChat's check has arrived, asked every 2 seconds.
pub(super) async fn state(State(app): State<Arc<App>>, visitor: Visitor, desk: Desk, Path(id): Path<i64>) -> Answer {
    let callback = callback(&app, &visitor, &desk, id).await?;
    page(&Arrival { bare: Bare::new(&visitor, Some(&desk), ""), callback })
}

/// `GET /admin/setup/done`: where to go from here.
pub(super) async fn done(visitor: Visitor, desk: Desk) -> Answer {
    let bare = Bare::new(&visitor, Some(&desk), desk.t("setup.done_title"));
    page(&Done { bare, steps: Steps::at(4) })
}

async fn callback(app: &App, visitor: &Visitor, desk: &Desk, id: i64) -> Result<Callback, Failure> {
    desk.reach.must_see(id)?;
    let accounts = app.registry.accounts().list().await?;
    let account = accounts.into_iter().find(|account| account.id == id).ok_or_else(Failure::not_found)?;
    Ok(Callback::of(app, visitor, &account))
}
