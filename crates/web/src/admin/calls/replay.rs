//! Replaying a push: looking first, which changes nothing; then, by a button, storing it and sending its answer.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    Error,
    calls::replay::{Ask, Look, Now, Replay, Replayer, Source, State as ReplayState},
    inbox::{Closed, Window},
};
use serde::Deserialize;

use super::{PATH, face::masked, show::link};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Query,
        resource::Markup,
        shell::{Shell, page_with},
        toast::{Toast, redirect_with},
    },
};

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    source: String,
    #[serde(default)]
    id: i64,
}

#[derive(Template)]
#[template(path = "admin/calls/replay.html")]
struct Page {
    shell: Shell,
    look: Look,
    may_read: bool,
    /// The push's text, for whoever may see conversations.
    words: Option<String>,
    /// Who wrote, whole for whoever may see followers.
    openid: String,
    account: String,
    then: Option<String>,
    now: String,
    answer: Option<String>,
    matching: Vec<(i64, String, String)>,
    /// The rules of the account in which one works have their pages.
    leads_to_rules: bool,
    window: String,
    window_open: bool,
    no_answer: Option<String>,
    can_run: bool,
    /// Nobody answered it then: an answer is what one comes for. Else it would be a second one.
    was_silent: bool,
    button: String,
    replays: Vec<Before>,
    /// One is still on its way.
    running: bool,
    here: String,
    form: String,
    /// What the use case found wrong.
    problems: Vec<String>,
}

/// A replay that was asked for.
pub(super) struct Before {
    pub(super) id: i64,
    pub(super) word: &'static str,
    pub(super) state: Markup,
    pub(super) answer: Option<String>,
    /// How many webhooks were told again.
    pub(super) told: Option<String>,
    pub(super) error: Option<String>,
    pub(super) by: String,
    pub(super) over: bool,
}

/// Replays as pages list them; the answer's words for whoever may see conversations.
pub(super) fn before<'a>(desk: &Desk, replays: impl Iterator<Item = &'a Replay>) -> Vec<Before> {
    let one = |replay: &'a Replay| {
        let word = match replay.state() {
            ReplayState::Stored if replay.answer_wanted => "waiting",
            state => state.as_str(),
        };
        let tone = match replay.state() {
            ReplayState::Sent => "good",
            ReplayState::Stored if !replay.answer_wanted => "good",
            ReplayState::Stored | ReplayState::Sending => "busy",
            ReplayState::NotSent => "bad",
            ReplayState::Unknown => "warn",
        };
        let text = desk.t(&format!("calls.replay.state.{word}"));
        let by = [("who", replay.by_name.clone()), ("when", desk.when(replay.created_at))];
        Before {
            id: replay.id,
            word,
            state: Markup::tag("span", &[("class", &format!("state state-{tone}"))], Markup::text(&text)),
            answer: replay.answer_line().filter(|_| desk.may("inbox.view")),
            told: replay.told.map(|n| desk.ta("calls.replay.told", &[("n", n.to_string())])),
            error: replay.error.clone(),
            by: desk.ta("calls.replay.by", &by),
            over: replay.is_over(),
        }
    };
    replays.map(one).collect()
}

/// `GET /admin/calls/replay?source=&id=`: looks. Stores and sends nothing.
pub(super) async fn look(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let source = Source::of(&asked.source, asked.id).ok_or_else(Failure::not_found)?;
    written(&app, &desk, source, new_form(), Vec::new()).await
}

/// `POST /admin/calls/replay`: `source`, `id`, `answer`, `webhooks`, `form`.
pub(super) async fn run(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let id = form.value("id").parse().unwrap_or_default();
    let source = Source::of(form.value("source"), id).ok_or_else(Failure::not_found)?;
    let ask = Ask { answer: form.has("answer"), webhooks: form.has("webhooks") };
    let replayer = Replayer::new(&app.db, &app.registry);
    let known = replayer.of_form(&desk.reach, source, ask, form.value("form")).await?.is_some();
    match replayer.run(&desk.actor(), &desk.reach, source, ask, form.value("form")).await {
        Ok(_) if known => Ok(redirect_with(&desk, &link(source), &Toast::warning(desk.t("calls.replay.again")))),
        Ok(replay) => {
            let key = match (replay.answer_wanted, replay.told) {
                (true, _) => "calls.replay.done_queued",
                (false, Some(_)) => "calls.replay.done_told",
                (false, None) => "calls.replay.done_stored",
            };
            let n = replay.told.unwrap_or_default().to_string();
            Ok(redirect_with(&desk, &link(source), &Toast::done(desk.ta(key, &[("n", n)]))))
        }
        Err(Error::Invalid(problems)) => {
            let problems = problems.iter().map(|problem| problem.message(desk.locale)).collect();
            written(&app, &desk, source, new_form(), problems).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Names one form: what it asks for is done once.
fn new_form() -> String {
    format!("{:032x}", rand::random::<u128>())
}

async fn written(app: &App, desk: &Desk, source: Source, form: String, problems: Vec<String>) -> Answer {
    let look = Replayer::new(&app.db, &app.registry).look(&desk.reach, source).await?;
    let title = desk.t("calls.replay.title");
    let shell =
        Shell::new(app, desk, title.clone()).active("calls").crumb(desk.t("calls.many"), PATH).crumb(title, None);
    let live = desk.live(app, look.account_id)?;
    let replays = before(desk, look.before.iter());
    let may_read = desk.may("inbox.view");
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let can_store = look.unreadable.is_none() && look.message_id.is_none();
    let can_answer = look.no_answer.is_none();
    let may_see_rules = desk.may("rules.view");
    let page = Page {
        shell,
        may_read,
        words: may_read.then(|| look.summary.clone()),
        openid: if desk.may("followers.view") { look.openid.clone() } else { masked(&look.openid) },
        account: live.account.name.clone(),
        then: then(desk, &look, may_read),
        now: now(desk, &look),
        answer: look.answer_line().filter(|_| may_read),
        matching: (look.matching.iter().filter(|_| may_see_rules))
            .map(|(id, name, why)| (*id, name.clone(), why.text(desk.locale)))
            .collect(),
        leads_to_rules: desk.account == Some(look.account_id),
        window: window(desk, look.window),
        window_open: look.window.is_open(),
        no_answer: look.no_answer.map(|key| puzi_shop::texts::t(desk.locale, key, &[])),
        can_run: can_store || can_answer || look.can_tell_webhooks && look.unreadable.is_none(),
        was_silent: look.message_id.is_some() && look.then.as_ref().is_none_or(|(_, answer)| answer.is_none()),
        button: desk.t(if can_store && !can_answer { "calls.replay.run_store" } else { "calls.replay.run" }),
        running: replays.iter().any(|one| !one.over),
        replays,
        here: link(source),
        form,
        problems,
        look,
    };
    page_with(status, &page)
}

fn then(desk: &Desk, look: &Look, may_read: bool) -> Option<String> {
    let (state, answer) = look.then.as_ref()?;
    Some(match answer {
        Some(answer) if may_read => {
            let state = desk.t(&format!("calls.replay.then_state_{state}"));
            desk.ta("calls.replay.then_with", &[("state", state), ("answer", answer.clone())])
        }
        None if state == "answered" => desk.t("calls.replay.then_nothing"),
        _ => desk.t(&format!("calls.replay.then_state_{state}")),
    })
}

fn now(desk: &Desk, look: &Look) -> String {
    let rule = match &look.rule {
        Some((_, name)) if desk.may("rules.view") => name.clone(),
        _ => desk.t("calls.replay.some_rule"),
    };
    let key = match look.now {
        Now::Nothing => "calls.replay.now_nothing",
        Now::Answer(_) => "calls.replay.now_answer",
        Now::Later => "calls.replay.now_later",
        Now::Transfer => "calls.replay.now_transfer",
    };
    desk.ta(key, &[("rule", rule)])
}

fn window(desk: &Desk, window: Window) -> String {
    match window {
        Window::Open { left, until, .. } => {
            desk.ta("calls.replay.window_open", &[("until", desk.when(until)), ("left", left.to_string())])
        }
        Window::Closed(Closed::Never) => desk.t("calls.replay.window_never"),
        Window::Closed(Closed::TimeOver { at }) => desk.ta("calls.replay.window_over", &[("at", desk.when(at))]),
        Window::Closed(Closed::Spent { .. }) => desk.t("calls.replay.window_spent"),
    }
}
