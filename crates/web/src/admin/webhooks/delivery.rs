//! `GET /admin/deliveries/{id}`: what was sent, and every attempt at it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::webhooks::Detail;
use serde_json::Value;

use super::{DELIVERIES, PATH, REPLAY, path_of, replay::new_form, show::number, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        path::Path,
        resource::Markup,
        shell::{Shell, page as show},
    },
};

/// An attempt on the page.
struct Attempt {
    label: String,
    at: i64,
    good: bool,
    what: String,
    took: String,
    answer: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/webhooks/delivery.html")]
struct Page {
    shell: Shell,
    detail: Detail,
    event: String,
    state: Markup,
    sentence: Option<String>,
    endpoint: String,
    endpoint_path: String,
    attempts: Vec<Attempt>,
    /// For whoever may read what followers write.
    payload: Option<String>,
    /// It is over and may be sent again.
    may_replay: bool,
    replay: &'static str,
    form: String,
    copy_of: Option<String>,
}

/// `GET /admin/deliveries/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let webhooks = &app.admin.webhooks;
    let detail = webhooks.delivery(&desk.reach, number(&id)?).await?;
    let webhook = webhooks.get(&desk.reach, detail.delivery.webhook_id).await?;
    let delivery = &detail.delivery;
    let event = words::event(desk.locale, &delivery.event);
    let shell = Shell::new(&app, &desk, event.clone())
        .active("webhooks")
        .crumb(desk.t("webhooks.many"), PATH)
        .crumb(desk.t("deliveries.many"), DELIVERIES)
        .crumb(format!("#{}", delivery.id), None);
    let over = !matches!(delivery.state.as_str(), "waiting" | "sending");
    show(&Page {
        event,
        state: words::way(desk.locale, &delivery.state, delivery.next_at),
        sentence: sentence(&desk, &detail),
        endpoint_path: path_of(webhook.id),
        attempts: attempts(&desk, &detail),
        payload: desk.may("inbox.view").then(|| readable(&detail.payload)),
        may_replay: over && webhook.deleted_at.is_none() && desk.may("deliveries.replay"),
        endpoint: webhook.name,
        replay: REPLAY,
        form: new_form(),
        copy_of: delivery.replay_of.map(|id| format!("{DELIVERIES}/{id}")),
        detail,
        shell,
    })
}

/// What comes next, or why nothing does.
fn sentence(desk: &Desk, detail: &Detail) -> Option<String> {
    let delivery = &detail.delivery;
    match (delivery.state.as_str(), delivery.next_at) {
        ("waiting", Some(at)) if delivery.attempts > 0 => Some(desk.ta("deliveries.next", &[("when", desk.when(at))])),
        ("waiting", None) => Some(desk.t("deliveries.waits_for_resume")),
        ("cancelled", _) => words::error(desk.locale, delivery.last_error.as_deref(), None),
        _ => None,
    }
}

fn attempts(desk: &Desk, detail: &Detail) -> Vec<Attempt> {
    let attempt = |one: &puzi_shop::webhooks::Attempt| {
        let error = words::error(desk.locale, one.error.as_deref(), one.status.map(i64::from));
        let status = one.status.map(|status| status.to_string()).unwrap_or_default();
        Attempt {
            label: desk.ta("deliveries.attempt", &[("n", one.attempt.to_string())]),
            at: one.at,
            good: one.error.is_none(),
            what: error.unwrap_or_else(|| desk.ta("deliveries.answered", &[("status", status)])),
            took: words::took(desk.locale, one.us),
            // Receivers repeat what they were told.
            answer: one.answer.clone().filter(|_| desk.may("inbox.view")),
        }
    };
    detail.attempts.iter().map(attempt).collect()
}

/// JSON as people read it.
fn readable(payload: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(payload).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| payload.to_owned())
}
