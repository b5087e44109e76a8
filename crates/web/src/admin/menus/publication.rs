//! `/admin/menus/publications/{id}`: how a publication stands, and letting it go on.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    machine::Word,
    menus::{MenuSet, Publication},
};

use super::{
    super::{
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
        shell::{Shell, page as show},
        toast::{Toast, redirect, redirect_with},
    },
    account, menus, said, shell,
    view::tags,
    words,
};
use crate::App;
use crate::admin::wechat;

/// A call that was made.
struct Line {
    text: String,
    at: i64,
    refused: Option<String>,
}

/// How it stands.
struct Told {
    id: i64,
    mood: &'static str,
    state: String,
    sentence: String,
    error: Option<String>,
    /// Where the refused button may be.
    suspects: Vec<String>,
    rid: Option<String>,
    lines: Vec<Line>,
    open: bool,
    may_resume: bool,
    asked_by: String,
    created_at: i64,
}

#[derive(Template)]
#[template(path = "admin/menus/publication.html")]
struct Page {
    shell: Shell,
    told: Told,
}

#[derive(Template)]
#[template(path = "admin/menus/publication_part.html")]
struct Part {
    shell: Shell,
    told: Told,
}

pub(super) fn path_of(id: i64) -> String {
    format!("/admin/menus/publications/{id}")
}

/// `GET /admin/menus/publications/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let told = told(&app, &desk, number(&id)?).await?;
    let shell = shell(&app, &desk, desk.ta("menus.publication", &[("n", id)]));
    show(&Page { shell, told })
}

/// `GET /admin/menus/publications/{id}/part`: what changes while it goes on.
pub(super) async fn part(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let told = told(&app, &desk, number(&id)?).await?;
    show(&Part { shell: Shell::new(&app, &desk, desk.t("menus.many")), told })
}

/// `POST /admin/menus/publications/{id}/resume`
pub(super) async fn resume(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let (live, id) = (account(&app, &desk)?, number(&id)?);
    match menus(&app).resume(&desk.actor(), &desk.reach, live.account.id, id).await {
        Ok(()) => Ok(redirect(&path_of(id))),
        Err(puzi_shop::Error::NotFound) => Err(Failure::not_found()),
        Err(error) => Ok(redirect_with(&desk, &path_of(id), &Toast::error(said(&desk, error)?))),
    }
}

/// A number in an address; what is none is not there.
pub(super) fn number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Failure::not_found())
}

async fn told(app: &App, desk: &Desk, id: i64) -> Result<Told, Failure> {
    let live = account(app, desk)?;
    let (account, menus) = (live.account.id, menus(app));
    let publication = menus.publication(&desk.reach, account, id).await?;
    let version = menus.version(&desk.reach, account, publication.number).await?;
    let tags = tags(app, desk, account).await?;
    let word = publication.state.word();
    let args = [("number", publication.number.to_string())];
    Ok(Told {
        id,
        mood: words::mood(publication.state),
        state: desk.t(&format!("menus.states.{word}")),
        sentence: desk.ta(&format!("menus.says.{word}"), &args),
        error: publication.error.as_ref().map(|error| wechat::refused_with(desk.locale, publication.errcode, error)),
        suspects: suspects(desk, &publication, &version.set),
        rid: publication.rid.clone(),
        lines: lines(desk, &publication, &version.set, &tags),
        open: publication.state.is_open(),
        may_resume: publication.may_resume() && desk.may("menus.publish"),
        asked_by: publication.asked_by,
        created_at: publication.created_at,
    })
}

fn lines(desk: &Desk, publication: &Publication, set: &MenuSet, tags: &[(i64, String)]) -> Vec<Line> {
    let line = |done: &puzi_shop::menus::Done| {
        let one = done.place.and_then(|place| set.conditional.get(place));
        let menu = one.map(|one| words::menu(desk, &one.name, &one.rule, tags));
        let menu = menu.or_else(|| done.menu.map(|id| id.to_string())).unwrap_or_default();
        let group = if done.errcode.is_some() { "refused_steps" } else { "steps" };
        Line {
            text: desk.ta(&format!("menus.{group}.{}", done.what), &[("menu", menu)]),
            at: done.at,
            refused: done.errcode.map(|code| code.to_string()),
        }
    };
    publication.done.iter().map(line).collect()
}

/// WeChat names no button: those that its number can be about, in the menu that it refused.
fn suspects(desk: &Desk, publication: &Publication, set: &MenuSet) -> Vec<String> {
    let (Some(code), Some(refused)) =
        (publication.errcode, publication.done.last().filter(|done| done.errcode.is_some()))
    else {
        return Vec::new();
    };
    let buttons = super::view::buttons_of(set, refused.place);
    let about = |kind: &str| match code {
        40007 => matches!(kind, "media_id" | "view_limited"),
        45064 => kind == "miniprogram",
        40020 | 40027 | 40054 | 40055 | 65317 => matches!(kind, "view" | "miniprogram"),
        53600 | 53601 => matches!(kind, "article_id" | "article_view_limited"),
        40017 | 40024 | 40119 | 40120 | 65308 => !matches!(kind, "" | "click" | "view"),
        _ => false,
    };
    let all = puzi_shop::menus::walk(buttons);
    let suspected = all.iter().filter(|(_, button)| about(super::reading::kind_of(&button.action)));
    suspected.map(|(_, button)| words::name(desk, button)).collect()
}
