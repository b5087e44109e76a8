//! `POST /admin/followers/{id}/…`: remark, tags, blacklist, notes, asking WeChat again.

use std::sync::Arc;

use axum::extract::State;
use puzi_shop::{
    Error,
    followers::{Mark, Who},
};

use super::{
    followers, path_of,
    show::{self, Asked, Refused},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Path,
        resource::Texts,
        toast::{Toast, redirect_with},
        wechat,
    },
};

/// What is said of a refusal that the person can do something about; any other is the page of problems.
pub(in crate::admin) fn said(desk: &Desk, error: Error) -> Result<String, Failure> {
    use puzi_resource::Say;
    let texts = Texts(desk.locale);
    match error {
        Error::Invalid(problems) => match problems.first() {
            Some(problem) => Ok(texts.say(problem.key, &problem.args)),
            None => Err(Failure::bad_request()),
        },
        Error::NotNow(problem) => Ok(texts.say(problem.key, &problem.args)),
        Error::Busy => Ok(desk.t("followers.wechat_away")),
        Error::WeChat(error) => {
            tracing::warn!(%error, "WeChat refused a change of a follower");
            Ok(wechat::refused(desk.locale, &error))
        }
        other => Err(other.into()),
    }
}

/// `POST /admin/followers/{id}/remark`
pub(super) async fn remark(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let text = form.trimmed("remark");
    let version = form.value("version").parse().map_err(|_| Failure::bad_request())?;
    match followers(&app).set_remark(&desk.actor(), &desk.reach, id, Some(version), &text).await {
        Ok(()) => Ok(redirect_with(&desk, &back(&desk, id), &Toast::done(desk.t("followers.remark_saved")))),
        Err(Error::Stale) => {
            let problem = desk.t("followers.remark_stale");
            refuse(&app, &desk, id, Refused { remark: Some(text), problem, note: None }).await
        }
        Err(error) => {
            let problem = said(&desk, error)?;
            refuse(&app, &desk, id, Refused { remark: Some(text), problem, note: None }).await
        }
    }
}

/// `POST /admin/followers/{id}/tags`: `put` or `off`, a tag's number each.
pub(super) async fn tag(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let number = |name: &str| form.value(name).parse::<i64>().ok();
    let what = match (number("put"), number("off")) {
        (Some(tag), _) => Mark::Tag(tag),
        (None, Some(tag)) => Mark::Untag(tag),
        (None, None) => {
            let toast = Toast::warning(desk.t("followers.mark.choose_tag"));
            return Ok(redirect_with(&desk, &back(&desk, id), &toast));
        }
    };
    one(&app, &desk, id, what, form.value("form")).await
}

/// `POST /admin/followers/{id}/block`: `on=1` or `on=0`.
pub(super) async fn block(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let what = match form.value("on") {
        "1" => Mark::Block,
        "0" => Mark::Unblock,
        _ => return Err(Failure::bad_request()),
    };
    one(&app, &desk, id, what, form.value("form")).await
}

async fn one(app: &App, desk: &Desk, id: i64, what: Mark, form: &str) -> Answer {
    let (runs, back) = (&app.admin.runs, back(desk, id));
    let account = followers(app).get(&desk.reach, id).await?.account_id;
    let who = (Who::Ids(vec![id]), what);
    match followers(app).mark(runs, &desk.actor(), &desk.reach, account, who, Some(form)).await {
        Ok(run) => {
            let toast = super::mark::told(app, desk, run, what).await?;
            Ok(redirect_with(desk, &back, &toast))
        }
        Err(error) => Ok(redirect_with(desk, &back, &Toast::error(said(desk, error)?))),
    }
}

/// `POST /admin/followers/{id}/notes`: also on somebody who never wrote.
pub(super) async fn note(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let follower = followers(&app).get(&desk.reach, id).await?;
    let inbox = app.admin.inbox.seen_by(&desk.reach);
    let (text, by) = (form.value("text"), (Some(desk.staff.id), desk.staff.name.as_str()));
    match inbox.note_on(follower.account_id, &follower.openid, text, by).await {
        Ok(_) => Ok(redirect_with(&desk, &back(&desk, id), &Toast::done(desk.t("followers.note_saved")))),
        Err(error) => {
            let problem = said(&desk, error)?;
            refuse(&app, &desk, id, Refused { note: Some(text.to_owned()), problem, remark: None }).await
        }
    }
}

/// The page with what was refused; whoever may not see the follower is told why, and nothing else.
async fn refuse(app: &App, desk: &Desk, id: i64, refused: Refused) -> Answer {
    if !desk.may("followers.view") {
        return Ok(redirect_with(desk, &back(desk, id), &Toast::error(refused.problem)));
    }
    show::render(app, desk, id, &Asked::default(), refused).await
}

/// Where one goes on: the follower's page, for those who may see it.
fn back(desk: &Desk, id: i64) -> String {
    if desk.may("followers.view") { path_of(id) } else { "/admin".to_owned() }
}

/// `POST /admin/followers/{id}/refresh`
pub(super) async fn refresh(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let toast = match followers(&app).refresh(&desk.reach, id, &desk.zone).await {
        Ok(()) => Toast::done(desk.t("followers.refreshed")),
        Err(error) => Toast::error(said(&desk, error)?),
    };
    Ok(redirect_with(&desk, &back(&desk, id), &toast))
}
