//! How often an account may still call today, and setting that back.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::accounts::{
    LiveAccount,
    quota::{self, Clearing, ClearingState, Quota},
    settings::QUOTA_WARN_PERCENT,
};
use serde::Deserialize;

use super::{PATH, path_of};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        number::grouped,
        path::{Path, Query},
        shell::{Shell, page},
        toast::{Toast, redirect, redirect_with},
    },
};

/// A path's quota on the page.
struct Line {
    quota: Quota,
    percent: i64,
    /// The colour of its bar.
    tone: &'static str,
}

impl Line {
    fn used(&self) -> String {
        grouped(self.quota.used)
    }

    fn limit(&self) -> String {
        grouped(self.quota.daily_limit)
    }

    fn ours(&self) -> String {
        self.quota.ours.map_or_else(|| "–".to_owned(), grouped)
    }

    fn minute(&self) -> String {
        self.quota.minute_limit.map_or_else(|| "–".to_owned(), grouped)
    }
}

/// A clearing on the page.
struct Cleared {
    what: String,
    at: i64,
    by: String,
    tone: &'static str,
    state: String,
    errcode: Option<i64>,
}

#[derive(Template)]
#[template(path = "admin/accounts/quota.html")]
struct Page {
    shell: Shell,
    id: i64,
    tab: &'static str,
    /// What was called today, or could not be told.
    lines: Vec<Line>,
    /// What was not called.
    unused: Vec<Line>,
    cleared: Vec<Cleared>,
}

/// `GET /admin/accounts/{id}/quota`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let live = desk.live(&app, id)?;
    let warn = live.settings.number(QUOTA_WARN_PERCENT);
    let line = |quota: Quota| {
        let percent = quota.percent();
        let tone = match percent {
            100.. => "bad",
            percent if percent >= warn => "warn",
            _ => "good",
        };
        Line { quota, percent, tone }
    };
    let known = quota::known(&app.db, &desk.reach, id).await?.into_iter().map(line);
    let (lines, unused) = known.partition(|line| line.quota.used > 0 || line.quota.trouble.is_some());
    let cleared = quota::clearings(&app.db, &desk.reach, id).await?;
    let cleared = cleared.into_iter().map(|clearing| cleared_view(&desk, clearing)).collect();
    page(&Page { shell: shell(&app, &desk, &live), id, tab: "quota", lines, unused, cleared })
}

fn cleared_view(desk: &Desk, clearing: Clearing) -> Cleared {
    Cleared {
        what: clearing.path.unwrap_or_else(|| desk.t("account_quota.all_paths")),
        at: clearing.at,
        by: clearing.by_name,
        tone: match clearing.state {
            ClearingState::Done => "good",
            ClearingState::Refused => "bad",
            ClearingState::Sending | ClearingState::Unknown => "warn",
        },
        state: desk.t(&format!("account_quota.states.{}", clearing.state.as_str())),
        errcode: clearing.errcode,
    }
}

/// `POST /admin/accounts/{id}/quota/refresh`: asks WeChat, a path after the other and four at a time.
pub(super) async fn refresh(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let live = desk.live(&app, id)?;
    let paths: Vec<_> = quota::known(&app.db, &desk.reach, id).await?.into_iter().map(|quota| quota.path).collect();
    // The button asks also for what is fresh.
    let paths = (!paths.is_empty()).then_some(paths);
    let told = quota::refresh(&app.db, &live, paths.as_deref()).await?;
    let failed = told.iter().filter(|quota| quota.trouble.is_some()).count();
    let path = format!("{}/quota", path_of(id));
    if failed == 0 {
        return Ok(redirect(&path));
    }
    let args = [("failed", failed.to_string()), ("all", told.len().to_string())];
    Ok(redirect_with(&desk, &path, &Toast::warning(desk.ta("account_quota.partly", &args))))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    path: String,
}

#[derive(Template)]
#[template(path = "admin/accounts/clear_quota.html")]
struct Ask {
    shell: Shell,
    id: i64,
    path: String,
    question: String,
    /// Sent twice, it is one clearing.
    form: String,
}

/// `GET /admin/accounts/{id}/quota/clear`: asks first.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let live = desk.live(&app, id)?;
    let count = done_this_month(&app, &desk, id).await?;
    let key = if wanted.path.is_empty() { "account_quota.clear_all_question" } else { "account_quota.clear_question" };
    let question = desk.ta(key, &[("what", wanted.path.clone()), ("count", count.to_string())]);
    let form = format!("{:032x}", rand::random::<u128>());
    page(&Ask { shell: shell(&app, &desk, &live), id, path: wanted.path, question, form })
}

/// `POST /admin/accounts/{id}/quota/clear`
pub(super) async fn clear(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let live = desk.live(&app, id)?;
    let path = Some(form.trimmed("path")).filter(|path| !path.is_empty());
    let cleared = quota::clear(&app.db, &desk.actor(), &live, path.as_deref(), form.value("form")).await;
    let toast = match cleared {
        Err(puzi_shop::Error::NotNow(problem)) => Toast::warning(problem.message(desk.locale)),
        Err(error) => return Err(error.into()),
        Ok(Clearing { state: ClearingState::Done, .. }) => Toast::done(desk.t("account_quota.cleared")),
        Ok(Clearing { state: ClearingState::Refused, errcode, .. }) => {
            let errcode = errcode.map_or_else(|| "?".to_owned(), |errcode| errcode.to_string());
            let count = done_this_month(&app, &desk, id).await?.to_string();
            Toast::error(desk.ta("account_quota.cleared_refused", &[("errcode", errcode), ("count", count)]))
        }
        Ok(_) => Toast::warning(desk.t("account_quota.cleared_unknown")),
    };
    Ok(redirect_with(&desk, &format!("{}/quota", path_of(id)), &toast))
}

async fn done_this_month(app: &App, desk: &Desk, id: i64) -> Result<usize, Failure> {
    let cleared = quota::clearings(&app.db, &desk.reach, id).await?;
    Ok(cleared.iter().filter(|clearing| clearing.state == ClearingState::Done).count())
}

fn shell(app: &App, desk: &Desk, live: &LiveAccount) -> Shell {
    Shell::new(app, desk, desk.t("accounts.tabs.quota"))
        .active("accounts")
        .crumb(desk.t("accounts.many"), PATH)
        .crumb(live.account.name.clone(), path_of(live.account.id).as_str())
        .crumb(desk.t("accounts.tabs.quota"), None)
}
