//! What happens to a broadcast by a press: previewed, submitted, approved, stopped. Each goes back to its page and says there
//! what came of it.

use std::sync::Arc;

use axum::extract::State;
use puzi_shop::{
    Error,
    broadcasts::{PreviewState, PreviewTo, Resolved},
};

use super::{PATH, broadcasts, number, path_of};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Path,
        toast::{Toast, redirect_with},
        wechat,
    },
};

/// What came of it, on the page of the broadcast.
fn told(desk: &Desk, path: &str, done: puzi_shop::Result<()>, key: &str) -> Answer {
    let toast = match done {
        Ok(()) => Toast::done(desk.t(key)),
        Err(Error::NotNow(problem)) => Toast::error(problem.message(desk.locale)),
        Err(Error::Stale) => Toast::error(desk.t("broadcasts.stale")),
        Err(Error::Invalid(problems)) => {
            let why: Vec<_> = problems.iter().map(|problem| problem.message(desk.locale)).collect();
            Toast::error(why.join(" "))
        }
        Err(Error::WeChat(error)) => Toast::error(wechat::refused(desk.locale, &error)),
        Err(error) => return Err(error.into()),
    };
    Ok(redirect_with(desk, path, &toast))
}

/// `POST /admin/broadcasts/{id}/preview`: to the phone named, else to one's own.
pub(super) async fn preview(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, form: Form) -> Answer {
    let id = number(&id)?;
    let to = match form.trimmed("phone") {
        whom if whom.is_empty() => PreviewTo::Own,
        whom => PreviewTo::Whom(whom),
    };
    let previewed = match broadcasts(&app).preview(&desk.actor(), &desk.reach, id, to).await {
        Ok(previewed) => previewed,
        Err(error) => return told(&desk, &path_of(id), Err(error), ""),
    };
    let why = || match (previewed.errcode, &previewed.error) {
        (Some(code), Some(words)) => format!("{code} {words}"),
        (_, words) => words.clone().unwrap_or_default(),
    };
    let to = || ("to", previewed.to.clone());
    let toast = match previewed.state {
        PreviewState::Sent => Toast::done(desk.ta("broadcasts.done.preview", &[to()])),
        PreviewState::Failed => Toast::error(desk.ta("broadcasts.preview_failed", &[to(), ("why", why())])),
        PreviewState::Unknown => Toast::warning(desk.ta("broadcasts.preview_unknown", &[to()])),
    };
    Ok(redirect_with(&desk, &path_of(id), &toast))
}

/// `POST /admin/broadcasts/{id}/submit`
pub(super) async fn submit(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, form: Form) -> Answer {
    let id = number(&id)?;
    let version = form.value("version").parse().unwrap_or_default();
    let done = broadcasts(&app).submit(&desk.actor(), &desk.reach, id, version).await;
    told(&desk, &path_of(id), done, "broadcasts.done.submit")
}

/// `POST /admin/broadcasts/{id}/approve`: `version` and `digest` are those of the page that was looked at.
pub(super) async fn approve(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, form: Form) -> Answer {
    let id = number(&id)?;
    let version = form.value("version").parse().unwrap_or_default();
    let done = broadcasts(&app).approve(&desk.actor(), &desk.reach, id, version, form.value("digest")).await;
    told(&desk, &path_of(id), done, "broadcasts.done.approve")
}

/// `POST /admin/broadcasts/{id}/reject`
pub(super) async fn reject(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, form: Form) -> Answer {
    let id = number(&id)?;
    let done = broadcasts(&app).reject(&desk.actor(), &desk.reach, id, form.value("why")).await;
    told(&desk, &path_of(id), done, "broadcasts.done.reject")
}

/// `POST /admin/broadcasts/{id}/cancel`
pub(super) async fn cancel(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let done = broadcasts(&app).cancel(&desk.actor(), &desk.reach, id).await;
    told(&desk, &path_of(id), done, "broadcasts.done.cancel")
}

/// `POST /admin/broadcasts/{id}/stop`
pub(super) async fn stop(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let done = broadcasts(&app).stop(&desk.actor(), &desk.reach, id).await;
    told(&desk, &path_of(id), done, "broadcasts.done.stop")
}

/// `POST /admin/broadcasts/{id}/retry`
pub(super) async fn retry(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let done = broadcasts(&app).retry(&desk.actor(), &desk.reach, id).await;
    told(&desk, &path_of(id), done, "broadcasts.done.retry")
}

/// `POST /admin/broadcasts/{id}/revoke`
pub(super) async fn revoke(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let done = broadcasts(&app).revoke(&desk.actor(), &desk.reach, id).await;
    told(&desk, &path_of(id), done, "broadcasts.done.revoke")
}

/// `POST /admin/broadcasts/{id}/parts/{part}/resolve`: `decided` is `not_sent` or `was_sent`.
pub(super) async fn resolve(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path((id, part)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let (id, part) = (number(&id)?, number(&part)?);
    let decided = Resolved::read(form.value("decided")).ok_or_else(Failure::bad_request)?;
    let done = broadcasts(&app).resolve(&desk.actor(), &desk.reach, (id, part), decided).await;
    told(&desk, &path_of(id), done, "broadcasts.done.resolve")
}

/// `POST /admin/broadcasts/speed`: the step of the speed, for all that is sent from now on.
pub(super) async fn speed(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let account = form.value("account_id").parse().ok().or(desk.account).ok_or_else(Failure::not_found)?;
    let step = form.value("speed").parse().unwrap_or(-1);
    let done = broadcasts(&app).set_speed(&desk.actor(), &desk.reach, account, step).await;
    told(&desk, PATH, done, "broadcasts.done.speed")
}
