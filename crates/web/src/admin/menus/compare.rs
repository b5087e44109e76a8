//! `GET /admin/menus/compare`: what is live beside the draft, what differs, and putting the draft live.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    Error,
    menus::{MenuSet, Origin, compare, has_gap, plan},
};
use puzi_wechat::client::Button;

use super::{
    super::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        shell::{Shell, page as show},
        toast::{Toast, redirect, redirect_with},
    },
    account, menus, said, shell,
    view::{Shown, tags},
    words,
};
use crate::App;

const HERE: &str = "/admin/menus/compare";

/// A menu as it is and as it will be.
struct Pair {
    title: String,
    live: Shown,
    wanted: Shown,
}

#[derive(Template)]
#[template(path = "admin/menus/compare.html")]
struct Page {
    shell: Shell,
    pairs: Vec<Pair>,
    differences: Vec<String>,
    problems: Vec<String>,
    /// What is live was made elsewhere.
    elsewhere: Option<String>,
    /// Some people see the menu of everybody for a moment.
    gap: bool,
    /// WeChat did not tell what is live.
    away: Option<String>,
    /// The publication that goes on.
    running: Option<i64>,
    version: i64,
    seen: String,
    may_publish: bool,
}

/// `GET /admin/menus/compare`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let live = account(&app, &desk)?;
    let (id, menus) = (live.account.id, menus(&app));
    let draft = menus.draft(&desk.reach, id).await?;
    let tags = tags(&app, &desk, id).await?;
    let running = menus.under_way(&desk.reach, id).await?;
    let title = desk.t("menus.compare");
    let mut page = Page {
        shell: shell(&app, &desk, title),
        pairs: Vec::new(),
        differences: Vec::new(),
        problems: draft.set.check().iter().map(|problem| words::problem(&desk, problem)).collect(),
        elsewhere: None,
        gap: false,
        away: None,
        running,
        version: draft.version,
        seen: String::new(),
        may_publish: desk.may("menus.publish"),
    };
    match menus.live(&desk.reach, id).await {
        Ok(live) => {
            let found = compare(&live.set, &draft.set);
            page.differences = found.iter().map(|one| words::difference(&desk, one, &tags)).collect();
            page.pairs = pairs(&desk, &live.set, &draft.set, &tags);
            page.gap = has_gap(&plan(&live.set, &live.ids, &draft.set));
            page.elsewhere = match live.origin {
                _ if live.set.is_empty() => None,
                Origin::Published => None,
                Origin::Found => Some(desk.t("menus.elsewhere_found")),
                Origin::Platform => Some(desk.t("menus.elsewhere_platform")),
            };
            page.seen = live.digest;
        }
        Err(error @ Error::WeChat(_)) => page.away = Some(said(&desk, error)?),
        Err(error) => return Err(error.into()),
    }
    show(&page)
}

/// Everybody's menu, and those of some people that are on either side; paired by whom they are for.
fn pairs(desk: &Desk, live: &MenuSet, wanted: &MenuSet, tags: &[(i64, String)]) -> Vec<Pair> {
    let pair = |title: String, one: &[Button], other: &[Button]| Pair {
        title,
        live: Shown::of(desk, desk.t("menus.live"), one),
        wanted: Shown::of(desk, desk.t("menus.draft"), other),
    };
    let mut pairs = vec![pair(desk.t("menus.everybody"), &live.buttons, &wanted.buttons)];
    for one in &wanted.conditional {
        let before = live.conditional.iter().find(|other| other.rule == one.rule);
        let before = before.map(|other| other.buttons.as_slice()).unwrap_or_default();
        pairs.push(pair(words::menu(desk, &one.name, &one.rule, tags), before, &one.buttons));
    }
    for one in &live.conditional {
        if wanted.conditional.iter().all(|other| other.rule != one.rule) {
            pairs.push(pair(words::menu(desk, &one.name, &one.rule, tags), &one.buttons, &[]));
        }
    }
    pairs
}

/// `POST /admin/menus/publish`: `version` of the draft, and `seen`, what was live when the person looked.
pub(super) async fn publish(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let live = account(&app, &desk)?;
    let version = form.value("version").parse().map_err(|_| Failure::bad_request())?;
    let begun = menus(&app).publish(&desk.actor(), &desk.reach, live.account.id, version, form.value("seen")).await;
    match begun {
        Ok(id) => Ok(redirect(&super::publication::path_of(id))),
        Err(Error::Stale) => Ok(redirect_with(&desk, HERE, &Toast::warning(desk.t("menus.changed_meanwhile")))),
        Err(error) => Ok(redirect_with(&desk, HERE, &Toast::error(said(&desk, error)?))),
    }
}
