//! `GET /admin/drafts/{id}`: how far it is, which way it went, what may be done now.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    drafts::{Article, Event, Happened, Kind, Machinery, State as Stand, entity::Model, harmless, plain_text},
    machine::{self, Who, Word},
    texts::t as shop_text,
};

use super::{PATH, face::tone, path_of};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        materials::thumbnail_of,
        path::Path,
        resource::{Markup, state},
        shell::{Shell, page as show},
        toast::{Toast, redirect_with},
    },
};

/// Characters of an article's beginning.
const BEGINNING: usize = 80;

/// An article as the page shows it.
struct Shown {
    number: usize,
    title: String,
    author: String,
    beginning: String,
    /// The whole of it: harmless HTML; of a set of pictures nothing.
    content: String,
    /// Of a set of pictures: where they are, and the words below them.
    pictures: Vec<String>,
    words: String,
    /// An address that a browser opens, or nothing.
    source_url: String,
    picture: String,
    /// Where it is published; empty while it is not.
    url: String,
    refused: bool,
}

/// A step on its way.
struct Step {
    text: String,
    by: String,
    at: i64,
}

#[derive(Template)]
#[template(path = "admin/drafts/show.html")]
struct Page {
    shell: Shell,
    draft: Model,
    state: Markup,
    sentence: String,
    error: Option<String>,
    articles: Vec<Shown>,
    steps: Vec<Step>,
    can_edit: bool,
    can_save: bool,
    /// WeChat has it as it stands here: saving it again changes what it names alone, such as a cover that was replaced.
    is_there: bool,
    can_publish: bool,
    can_send: bool,
    can_unpublish: bool,
    can_decide: bool,
    can_delete: bool,
    unpublish_ask: String,
    under_way: bool,
    deleted: bool,
}

/// `GET /admin/drafts/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let draft = app.admin.drafts.get(&desk.reach, id).await?;
    let deleted = draft.deleted_at.is_some();
    if deleted && !desk.may("drafts.restore") {
        return Err(Failure::not_found());
    }
    let history = app.admin.drafts.history(&desk.reach, id).await?;
    let left = app.admin.drafts.removals_left(draft.account_id).await?;
    let stand = Stand::read(&draft.state).unwrap_or(Stand::Editing);
    let may = machine::may::<Machinery>(stand, Who::Staff);
    let can = |event: Event, permission: &str| !deleted && may.contains(&event) && desk.may(permission);
    let is_saved = draft.saved_version == Some(draft.version);
    let heading = if draft.title.is_empty() { desk.t("drafts.untitled") } else { draft.title.clone() };
    let shell = Shell::new(&app, &desk, heading.clone())
        .active("drafts")
        .crumb(desk.t("drafts.many"), PATH)
        .crumb(heading, None);
    show(&Page {
        state: state(tone(&draft.state), &desk.t(&format!("drafts.options.state.{}", draft.state))),
        sentence: desk.t(&format!("drafts.says.{}", draft.state)),
        error: draft.error.as_deref().map(|error| said(&desk, error)),
        articles: shown(&draft),
        steps: history.iter().rev().map(|one| told(&desk, one)).collect(),
        can_edit: !deleted && (stand == Stand::Editing || may.contains(&Event::Edit)) && desk.may("drafts.edit"),
        can_save: can(Event::Save, "drafts.save"),
        is_there: stand == Stand::Saved && is_saved,
        can_publish: can(Event::Submit, "drafts.publish") && is_saved,
        can_send: !deleted && stand == Stand::Saved && is_saved && desk.may("broadcasts.create"),
        can_unpublish: can(Event::Remove, "drafts.unpublish"),
        can_decide: can(Event::GiveUp, "drafts.publish"),
        can_delete: !deleted && !draft.is_under_way() && desk.may("drafts.delete"),
        unpublish_ask: desk.ta("drafts.unpublish_left", &[("left", left.to_string())]),
        under_way: draft.is_under_way(),
        deleted,
        draft,
        shell,
    })
}

/// What was noted as an error: a key of ours in words, else WeChat's own.
fn said(desk: &Desk, error: &str) -> String {
    let is_key = error.starts_with("draft.") && !error.contains(' ');
    if is_key {
        shop_text(desk.locale, error, &[])
    } else {
        desk.ta("drafts.wechat_said", &[("words", error.to_owned())])
    }
}

fn shown(draft: &Model) -> Vec<Shown> {
    let (urls, refused) = (draft.addresses(), draft.refusals());
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    let one = |(n, article): (usize, Article)| Shown {
        number: n + 1,
        author: article.author.clone(),
        // Cleaned when it was written; what stands in a page is cleaned where it stands.
        content: if article.kind == Kind::News { harmless(&article.content) } else { String::new() },
        words: if article.kind == Kind::News { String::new() } else { article.content.clone() },
        pictures: article.pictures.iter().map(|id| thumbnail_of(*id)).collect(),
        source_url: if is_web(&article.source_url) { article.source_url.clone() } else { String::new() },
        beginning: plain_text(&article.content).chars().take(BEGINNING).collect(),
        picture: article.cover.or_else(|| article.pictures.first().copied()).map(thumbnail_of).unwrap_or_default(),
        url: urls.get(n).filter(|url| is_web(url)).cloned().unwrap_or_default(),
        refused: refused.contains(&(n as i64 + 1)),
        title: article.title,
    };
    draft.list().into_iter().enumerate().map(one).collect()
}

fn told(desk: &Desk, one: &Happened) -> Step {
    let by = match one.who.as_str() {
        "staff" => one.by.clone(),
        "wechat" => desk.t("drafts.by_wechat"),
        _ => desk.t("drafts.by_clock"),
    };
    Step { text: desk.t(&format!("drafts.events.{}", one.event)), by, at: one.at }
}

/// `POST /admin/drafts/{id}/decide`: `published` is `1` or `0`.
pub(super) async fn decide(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    app.admin.drafts.decide(&desk.actor(), &desk.reach, id, form.is("published", "1")).await?;
    Ok(redirect_with(&desk, &path_of(id), &Toast::done(desk.t("drafts.done.decide"))))
}
