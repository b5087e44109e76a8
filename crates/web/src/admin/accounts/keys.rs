//! Pausing an account, and exchanging its keys.

use std::sync::Arc;

use axum::extract::State;
use puzi_shop::accounts::{Account, Accounts, Status};

use super::path_of;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
        toast::{Toast, redirect_with},
    },
};

/// `POST /admin/accounts/{id}/pause`
pub(super) async fn pause(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    set_status(&app, &desk, id, Status::Paused).await
}

/// `POST /admin/accounts/{id}/resume`
pub(super) async fn resume(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    set_status(&app, &desk, id, Status::Active).await
}

/// `POST /admin/accounts/{id}/rotate-key`: a new EncodingAESKey beside the old one.
pub(super) async fn rotate_key(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let (accounts, account) = find(&app, &desk, id).await?;
    accounts.rotate_key(&account.slug, None).await?;
    done(&app, &desk, id, &Toast::warning(desk.t("accounts.key_rotated"))).await
}

/// `POST /admin/accounts/{id}/rotate-token`
pub(super) async fn rotate_token(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let (accounts, account) = find(&app, &desk, id).await?;
    accounts.rotate_token(&account.slug, None).await?;
    done(&app, &desk, id, &Toast::warning(desk.t("accounts.token_rotated"))).await
}

/// `POST /admin/accounts/{id}/drop-key`: the EncodingAESKey of before is no longer accepted.
pub(super) async fn drop_key(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let (accounts, account) = find(&app, &desk, id).await?;
    accounts.drop_previous_key(&account.slug).await?;
    done(&app, &desk, id, &Toast::done(desk.t("accounts.key_dropped"))).await
}

async fn set_status(app: &App, desk: &Desk, id: i64, status: Status) -> Answer {
    let (accounts, account) = find(app, desk, id).await?;
    accounts.set_status(&account.slug, status).await?;
    let (text, back) = match status {
        Status::Paused => ("accounts.paused", "resume"),
        Status::Active => ("accounts.resumed", "pause"),
    };
    let undo = format!("{}/{back}", path_of(id));
    done(app, desk, id, &Toast::done(desk.ta(text, &[("name", account.name)])).undo(undo)).await
}

async fn find(app: &App, desk: &Desk, id: i64) -> Result<(Accounts, Account), Failure> {
    desk.live(app, id)?;
    let accounts = app.registry.accounts().by(desk.actor());
    let account = accounts.by_id(id).await?;
    Ok((accounts, account))
}

/// Takes the change up at once, so that the next page shows it.
async fn done(app: &App, desk: &Desk, id: i64, toast: &Toast) -> Answer {
    app.registry.refresh().await?;
    Ok(redirect_with(desk, &path_of(id), toast))
}
