//! Writing a broadcast, and changing one.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    Error,
    broadcasts::{Broadcast, Choice, MOST_GIVEN, MOST_PICTURES, NAME_CHARS, Offered, TEXT_BYTES},
    followers::{Followers, tags::Tag},
};
use serde::Deserialize;

use super::{
    PATH,
    ask::{Told, tell},
    broadcasts,
    form::{self, ORDER},
    number, path_of,
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        number::grouped,
        path::{Path, Query},
        shell::{Shell, form_page, page_with},
        toast::{Toast, redirect_with},
    },
};

/// Steps of the speed, in ten thousands a minute.
const SPEEDS: [(i64, i64); 5] = [(0, 80), (1, 60), (2, 45), (3, 30), (4, 10)];

/// A kind that may be chosen.
struct KindCard {
    word: &'static str,
    label: String,
    hint: String,
}

/// A speed that may be chosen.
struct SpeedChoice {
    step: String,
    label: String,
}

#[derive(Template)]
#[template(path = "admin/broadcasts/edit.html")]
struct Page {
    shell: Shell,
    form: Form,
    action: String,
    back: String,
    account: i64,
    /// Only where there are several.
    account_name: Option<String>,
    new: bool,
    /// Somebody else changed it meanwhile.
    conflict: bool,
    /// It is approved or waits, and would no longer.
    approved: bool,
    kinds: Vec<KindCard>,
    offered: Offered,
    tags: Vec<Tag>,
    speeds: Vec<SpeedChoice>,
    told: Told,
    name_attrs: String,
    text_bytes: usize,
    most_pictures: usize,
    most_given: String,
}

impl Page {
    /// Whether a choice is the one of the form.
    fn is(&self, name: &str, choice: &Choice) -> bool {
        self.form.is(name, &choice.id.to_string())
    }

    fn has_picture(&self, choice: &Choice) -> bool {
        let id = choice.id.to_string();
        self.form.all("materials").contains(&id)
    }

    fn has_tag(&self, name: &str, tag: &Tag) -> bool {
        self.form.is(name, &tag.id.to_string())
    }
}

/// What a link may begin a new one with.
#[derive(Deserialize)]
pub(super) struct Begin {
    draft: Option<String>,
}

/// `GET /admin/broadcasts/new?draft=`
pub(super) async fn show_new(State(app): State<Arc<App>>, desk: Desk, Query(begin): Query<Begin>) -> Answer {
    let account = desk.account.ok_or_else(Failure::not_found)?;
    render(&app, &desk, form::empty(begin.draft.as_deref()), account, None, false).await
}

/// `POST /admin/broadcasts/new`
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, mut typed: Form) -> Answer {
    let account = typed.value("account_id").parse().ok().or(desk.account).ok_or_else(Failure::not_found)?;
    desk.live(&app, account)?;
    if let Some(new) = form::read(&desk, &mut typed, None) {
        match broadcasts(&app).create(&desk.actor(), &desk.reach, account, new).await {
            Ok(id) => return Ok(redirect_with(&desk, &path_of(id), &Toast::done(desk.t("broadcasts.done.create")))),
            Err(error) => typed.take(error, desk.locale)?,
        }
    }
    render(&app, &desk, typed, account, None, false).await
}

/// `GET /admin/broadcasts/{id}/edit`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let broadcast = broadcasts(&app).get(&desk.reach, number(&id)?).await?;
    if !broadcast.is_editable() {
        let toast = Toast::error(desk.t("broadcasts.not_editable"));
        return Ok(redirect_with(&desk, &path_of(broadcast.id), &toast));
    }
    let form = form::of(&desk, &broadcast);
    render(&app, &desk, form, broadcast.account_id, Some(&broadcast), false).await
}

/// `POST /admin/broadcasts/{id}/edit`
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, mut typed: Form) -> Answer {
    let broadcast = broadcasts(&app).get(&desk.reach, number(&id)?).await?;
    let mut conflict = false;
    if let Some(new) = form::read(&desk, &mut typed, Some(&broadcast)) {
        let version = typed.value("version").parse().unwrap_or_default();
        match broadcasts(&app).edit(&desk.actor(), &desk.reach, broadcast.id, version, new).await {
            Ok(()) => {
                let toast = Toast::done(desk.t("broadcasts.done.edit"));
                return Ok(redirect_with(&desk, &path_of(broadcast.id), &toast));
            }
            // What was typed stays; the next save is made on top of theirs.
            Err(Error::Stale) => {
                let now = broadcasts(&app).get(&desk.reach, broadcast.id).await?;
                typed = typed.with("version", now.version.to_string());
                conflict = true;
            }
            Err(error) => typed.take(error, desk.locale)?,
        }
    }
    render(&app, &desk, typed, broadcast.account_id, Some(&broadcast), conflict).await
}

async fn render(
    app: &App,
    desk: &Desk,
    mut form: Form,
    account: i64,
    broadcast: Option<&Broadcast>,
    conflict: bool,
) -> Answer {
    form.order(&ORDER);
    let title = match broadcast {
        Some(_) => desk.t("resource.actions.edit"),
        None => desk.t("broadcasts.actions.create"),
    };
    let mut shell = Shell::new(app, desk, title.clone()).active("broadcasts").crumb(desk.t("broadcasts.many"), PATH);
    let back = broadcast.map_or_else(|| PATH.to_owned(), |broadcast| path_of(broadcast.id));
    if let Some(broadcast) = broadcast {
        shell = shell.crumb(broadcast.name.clone(), back.as_str());
    }
    let shell = shell.crumb(title, None);
    let kinds = ["text", "mpnews", "image", "voice", "mpvideo"].map(|word| KindCard {
        word,
        label: desk.t(&format!("broadcasts.options.kind.{word}")),
        hint: desk.t(&format!("broadcasts.kind_hints.{word}")),
    });
    let speeds = SPEEDS.map(|(step, a_minute)| SpeedChoice {
        step: step.to_string(),
        label: desk.ta("broadcasts.speed_choice", &[("n", grouped(a_minute * 10_000))]),
    });
    let several = desk.accounts(app).len() > 1;
    let live = desk.live(app, account)?;
    let page = Page {
        action: broadcast.map_or_else(|| format!("{PATH}/new"), |_| format!("{back}/edit")),
        back,
        account,
        account_name: several.then(|| live.account.name.clone()),
        new: broadcast.is_none(),
        conflict,
        approved: broadcast.is_some_and(|broadcast| broadcast.submitted_at.is_some() && broadcast.digest.is_some()),
        kinds: kinds.into(),
        offered: broadcasts(app).offered(&desk.reach, account).await?,
        tags: Followers::new(&app.db, &app.registry).tags(&desk.reach, account).await?,
        speeds: speeds.into(),
        told: tell(app, desk, account, &mut form).await?,
        name_attrs: format!("required maxlength=\"{NAME_CHARS}\""),
        text_bytes: TEXT_BYTES,
        most_pictures: MOST_PICTURES,
        most_given: grouped(MOST_GIVEN as i64),
        shell,
        form,
    };
    if conflict { page_with(StatusCode::CONFLICT, &page) } else { form_page(&page.form, &page) }
}
