//! What stands above the list: how many follow, when WeChat's list was read last, and how a reading stands.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::followers::{self, sync};

use super::{PATH, write::said};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        number::grouped,
        shell::{Shell, page},
        toast::{Toast, redirect, redirect_with},
    },
};

#[derive(Template)]
#[template(path = "admin/followers/head.html")]
struct Head {
    shell: Shell,
    lines: Vec<Line>,
    /// A reading goes on: the head looks again by itself.
    busy: bool,
}

/// How far the followers of one account are read.
struct Line {
    account: i64,
    /// Its name, when several are shown.
    name: Option<String>,
    following: String,
    /// When all were read last, Unix ms.
    full_at: Option<i64>,
    recent_at: Option<i64>,
    /// A reading that is not over: its number, and how many of how many.
    reading: Option<(i64, String)>,
    /// WeChat refuses to list them until then, Unix ms.
    refused_until: Option<i64>,
    form: String,
}

/// `GET /admin/followers/head`: a line for each account that is looked at.
pub(super) async fn head(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let chosen = desk.chosen(&app);
    let mut lines = Vec::with_capacity(chosen.len());
    for live in &chosen {
        let name = (chosen.len() > 1).then(|| live.account.name.clone());
        lines.push(line(&app, live.account.id, name).await?);
    }
    let busy = lines.iter().any(|line| line.reading.is_some());
    page(&Head { shell: Shell::new(&app, &desk, desk.t("followers.many")), lines, busy })
}

async fn line(app: &App, account: i64, name: Option<String>) -> Result<Line, Failure> {
    let count = followers::count(&app.db, account).await?;
    let known = sync::known(&app.db, account).await?;
    let reading = app.admin.runs.reading(account).await?.map(|run| {
        let of =
            run.total.map_or_else(|| grouped(run.seen), |total| format!("{} / {}", grouped(run.seen), grouped(total)));
        (run.id, of)
    });
    Ok(Line {
        account,
        name,
        following: if count.more { format!("{}+", grouped(count.n)) } else { grouped(count.n) },
        full_at: known.full_at,
        recent_at: known.recent_at,
        reading,
        refused_until: Some(known.not_before).filter(|until| *until > puzi_shop::db::now_ms()),
        form: format!("{:032x}", rand::random::<u128>()),
    })
}

/// `POST /admin/followers/sync`: `kind` is `full` or `recent`.
pub(super) async fn start(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let account = form.value("account").parse().ok().or(desk.account).unwrap_or_default();
    desk.live(&app, account)?;
    let full = form.value("kind") != "recent";
    let named = Some(form.value("form")).filter(|name| !name.is_empty());
    match sync::begin(&app.admin.runs, &desk.actor(), &desk.reach, account, full, named).await {
        Ok(run) => Ok(redirect(&format!("/admin/runs/{run}"))),
        Err(error) => {
            // One is under way already: that is the one to watch.
            if let Some(run) = app.admin.runs.reading(account).await? {
                return Ok(redirect(&format!("/admin/runs/{}", run.id)));
            }
            Ok(redirect_with(&desk, PATH, &Toast::error(said(&desk, error)?)))
        }
    }
}
