//! The editor: the draft, the steps between, and saving.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::Error;

use super::{
    super::{
        desk::Desk,
        error::Answer,
        form::Form,
        shell::{Shell, page as show, page_with},
        toast::{Toast, redirect_with},
    },
    PATH, account, menus,
    place::Place,
    reading::{self, Editor},
    said, steps,
    view::View,
};
use crate::App;

#[derive(Template)]
#[template(path = "admin/menus/edit.html")]
struct Page {
    shell: Shell,
    /// None while there is no account.
    view: Option<View>,
    /// Somebody else saved meanwhile.
    conflict: bool,
    /// What went wrong.
    problem: Option<String>,
    saved_by: Option<(String, i64)>,
    /// What is shown while nothing was saved.
    unsaved: Option<String>,
}

/// The form alone.
#[derive(Template)]
#[template(path = "admin/menus/form.html")]
struct Part {
    shell: Shell,
    view: View,
}

/// `GET /admin/menus`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let Some(id) = desk.account else { return show(&page_of(&app, &desk, None)) };
    let live = desk.live(&app, id)?;
    let draft = menus(&app).draft(&desk.reach, id).await?;
    let first = if draft.set.buttons.is_empty() { Place::default() } else { Place::of(None, &[0]) };
    let editor = Editor { set: draft.set, at: first, version: draft.version };
    let mut page = page_of(&app, &desk, Some(View::of(&app, &desk, &live, &editor, false).await?));
    let unsaved = if draft.untold { "menus.no_draft_untold" } else { "menus.no_draft_yet" };
    page.unsaved = (draft.version == 0).then(|| desk.t(unsaved));
    page.saved_by = (draft.version > 0).then_some((draft.changed_by, draft.updated_at));
    show(&page)
}

/// `POST /admin/menus/form`: one step, and nothing saved. htmx gets the form alone.
pub(super) async fn step(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let live = account(&app, &desk)?;
    let mut editor = reading::read(&form);
    match form.value("do") {
        // Another kind was chosen.
        "" => reading::forget_other_kind(&form, &mut editor),
        step => steps::take(&mut editor, step),
    }
    let view = View::of(&app, &desk, &live, &editor, true).await?;
    if desk.htmx {
        return show(&Part { shell: Shell::new(&app, &desk, desk.t("menus.many")), view });
    }
    show(&page_of(&app, &desk, Some(view)))
}

/// `POST /admin/menus`: saves the draft; with `then` on to comparing.
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let live = account(&app, &desk)?;
    let (id, mut editor) = (live.account.id, reading::read(&form));
    let saved = menus(&app).save(&desk.actor(), &desk.reach, id, editor.version, &editor.set).await;
    let (status, conflict, problem) = match saved {
        Ok(_) if form.value("then") == "compare" => {
            return Ok(redirect_with(&desk, "/admin/menus/compare", &Toast::done(desk.t("menus.saved"))));
        }
        Ok(_) => return Ok(redirect_with(&desk, PATH, &Toast::done(desk.t("menus.saved")))),
        // What was made stays; the next save is made on top of theirs.
        Err(Error::Stale) => {
            editor.version = menus(&app).draft(&desk.reach, id).await?.version;
            (StatusCode::CONFLICT, true, None)
        }
        Err(Error::Invalid(problems)) => {
            let first = problems.first().map(|problem| Place::of_field(&problem.field).0);
            editor.at = first.unwrap_or_default();
            (StatusCode::UNPROCESSABLE_ENTITY, false, Some(said(&desk, Error::Invalid(problems))?))
        }
        Err(error) => return Err(error.into()),
    };
    let view = View::of(&app, &desk, &live, &editor, true).await?;
    page_with(status, &Page { conflict, problem, ..page_of(&app, &desk, Some(view)) })
}

fn page_of(app: &App, desk: &Desk, view: Option<View>) -> Page {
    let shell = Shell::new(app, desk, desk.t("menus.many")).active("menus");
    Page { shell, view, conflict: false, problem: None, saved_by: None, unsaved: None }
}
