//! Every menu that was ever live; going back to one; and what one follower sees.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    Error,
    menus::{PAGE, Version},
};
use serde::Deserialize;

use super::{
    super::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::{Path, Query},
        shell::{Shell, page},
        toast::{Toast, redirect_with},
    },
    PATH, account, menus,
    publication::number,
    said, shell,
    view::{Shown, tags},
    words,
};
use crate::App;

const LIST: &str = "/admin/menus/versions";

/// A version in the list.
struct Line {
    number: i64,
    at: i64,
    who: String,
    buttons: String,
    live: bool,
}

#[derive(Template)]
#[template(path = "admin/menus/versions.html")]
struct List {
    shell: Shell,
    lines: Vec<Line>,
    /// Number of the last one, when there may be more.
    more: Option<i64>,
}

#[derive(Template)]
#[template(path = "admin/menus/version.html")]
struct One {
    shell: Shell,
    number: i64,
    at: i64,
    who: String,
    menus: Vec<Shown>,
    /// What the API cannot make.
    problems: Vec<String>,
    draft_version: i64,
    may_restore: bool,
}

#[derive(Template)]
#[template(path = "admin/menus/shown.html")]
struct Seen {
    shell: Shell,
    openid: String,
    shown: Option<Shown>,
    problem: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
}

/// `GET /admin/menus/versions?before=`
pub(super) async fn list(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let live = account(&app, &desk)?;
    let (id, menus) = (live.account.id, menus(&app));
    let versions = menus.versions(&desk.reach, id, asked.before).await?;
    // Where WeChat is away nothing is marked.
    let now = menus.live(&desk.reach, id).await.ok().and_then(|live| live.number);
    let line = |version: &Version| Line {
        number: version.number,
        at: version.created_at,
        who: words::origin(&desk, version.origin, &version.made_by),
        buttons: version.set.buttons.iter().map(|one| words::name(&desk, one)).collect::<Vec<_>>().join(" · "),
        live: now == Some(version.number),
    };
    let lines: Vec<_> = versions.iter().map(line).collect();
    let more = versions.last().map(|last| last.number).filter(|number| versions.len() == PAGE && *number > 1);
    page(&List { shell: shell(&app, &desk, desk.t("menus.versions")), lines, more })
}

/// `GET /admin/menus/versions/{number}`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(of): Path<String>) -> Answer {
    let (app, desk, of) = (&*app, &desk, number(&of)?);
    let live = account(app, desk)?;
    let (id, menus) = (live.account.id, menus(app));
    let version = menus.version(&desk.reach, id, of).await?;
    let (draft, tags) = (menus.draft(&desk.reach, id).await?, tags(app, desk, id).await?);
    let title = desk.ta("menus.version", &[("n", of.to_string())]);
    let everybody = Shown::of(desk, desk.t("menus.everybody"), &version.set.buttons);
    let some = version.set.conditional.iter();
    let some = some.map(|one| Shown::of(desk, words::menu(desk, &one.name, &one.rule, &tags), &one.buttons));
    let mut problems = version.set.check();
    problems.retain(|problem| problem.key == "menu.not_ours");
    let shell = Shell::new(app, desk, title.clone())
        .active("menus")
        .crumb(desk.t("menus.many"), PATH)
        .crumb(desk.t("menus.versions"), LIST)
        .crumb(title, None);
    page(&One {
        shell,
        number: of,
        at: version.created_at,
        who: words::origin(desk, version.origin, &version.made_by),
        menus: std::iter::once(everybody).chain(some).collect(),
        problems: problems.iter().map(|problem| words::problem(desk, problem)).collect(),
        draft_version: draft.version,
        may_restore: desk.may("menus.edit"),
    })
}

/// `POST /admin/menus/versions/{number}/restore`: into the draft, which is of `version`.
pub(super) async fn restore(State(app): State<Arc<App>>, desk: Desk, Path(of): Path<String>, form: Form) -> Answer {
    let (live, of) = (account(&app, &desk)?, number(&of)?);
    let version = form.value("version").parse().map_err(|_| Failure::bad_request())?;
    let restored = menus(&app).restore(&desk.actor(), &desk.reach, live.account.id, of, version).await;
    match restored {
        Ok(_) => {
            let toast = Toast::done(desk.ta("menus.restored", &[("n", of.to_string())]));
            Ok(redirect_with(&desk, "/admin/menus/compare", &toast))
        }
        Err(Error::NotFound) => Err(Failure::not_found()),
        Err(error) => {
            let toast = Toast::error(said(&desk, error)?);
            Ok(redirect_with(&desk, &format!("{LIST}/{of}"), &toast))
        }
    }
}

/// `POST /admin/menus/shown`: the menu that one follower sees.
pub(super) async fn shown(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let live = account(&app, &desk)?;
    let openid = form.trimmed("openid");
    let mut seen = Seen {
        shell: shell(&app, &desk, desk.t("menus.shown_to")),
        openid: openid.clone(),
        shown: None,
        problem: None,
    };
    match menus(&app).shown_to(&desk.reach, live.account.id, &openid).await {
        Ok(menu) => seen.shown = menu.map(|menu| Shown::of(&desk, openid, &menu.buttons)),
        Err(error @ Error::WeChat(_)) => seen.problem = Some(said(&desk, error)?),
        Err(error) => return Err(error.into()),
    }
    page(&seen)
}
