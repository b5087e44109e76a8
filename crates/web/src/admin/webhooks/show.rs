//! `GET /admin/webhooks/{id}`: how the endpoint is, in one sentence; a day's deliveries; the latest ones; its key.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use jiff::{Timestamp, tz::TimeZone};
use puzi_shop::webhooks::{
    Attempted, Hour,
    entity::{delivery, webhook},
    without_key,
};
use serde_json::{Value, json};

use super::{PATH, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
        resource::Markup,
        shell::{Shell, page as show},
    },
};

/// Deliveries on the page.
const LATEST: u64 = 10;

/// What a test said.
struct Tested {
    good: bool,
    text: String,
    answer: Option<String>,
}

/// A delivery on the page.
pub(super) struct Line {
    pub(super) id: i64,
    pub(super) at: i64,
    pub(super) event: String,
    pub(super) state: Markup,
    pub(super) error: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/webhooks/show.html")]
struct Page {
    shell: Shell,
    webhook: webhook::Model,
    /// Whole for whoever may change it.
    url: String,
    /// Only where there are several.
    account: Option<String>,
    /// `good`, `warn`, `bad` or `calm`.
    tone: &'static str,
    sentence: String,
    state: Markup,
    events: Vec<String>,
    tested: Option<Tested>,
    chart_words: String,
    chart: Value,
    left_out: Option<String>,
    latest: Vec<Line>,
    list: String,
    paused: bool,
}

/// `GET /admin/webhooks/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    render(&app, &desk, number(&id)?, None).await
}

/// `POST /admin/webhooks/{id}/test`: sends a ping at once and shows what the endpoint says.
pub(super) async fn test(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let attempted = app.admin.webhooks.test(&desk.actor(), &desk.reach, id).await?;
    render(&app, &desk, id, Some(tested(&desk, attempted))).await
}

/// A row number in an address; what is none is not there.
pub(super) fn number(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::not_found())
}

fn tested(desk: &Desk, attempted: Attempted) -> Tested {
    let took = words::took(desk.locale, attempted.us);
    let status = attempted.status.map(i64::from);
    let text = match words::error(desk.locale, attempted.error.as_deref(), status) {
        None => {
            let status = attempted.status.unwrap_or_default().to_string();
            desk.ta("webhooks.tested_good", &[("status", status), ("took", took)])
        }
        Some(error) => desk.ta("webhooks.tested_bad", &[("why", error), ("took", took)]),
    };
    Tested { good: attempted.is_good(), text, answer: attempted.answer }
}

async fn render(app: &App, desk: &Desk, id: i64, tested: Option<Tested>) -> Answer {
    let webhooks = &app.admin.webhooks;
    let webhook = webhooks.get(&desk.reach, id).await?;
    if webhook.deleted_at.is_some() {
        return Err(Failure::not_found());
    }
    let (waiting, left_out) = webhooks.waiting(id).await?;
    let (tone, sentence) = sentence(desk, &webhook, waiting.n);
    let hours = webhooks.hours(&desk.reach, id).await?;
    let (chart_words, chart) = chart(desk, &hours);
    let may_see = desk.may("deliveries.view");
    let latest = if may_see { webhooks.latest(&desk.reach, id, LATEST).await? } else { Vec::new() };
    let several = desk.accounts(app).len() > 1;
    let account = desk.live(app, webhook.account_id).ok().map(|live| live.account.name.clone());
    let shell = Shell::new(app, desk, webhook.name.clone())
        .active("webhooks")
        .crumb(desk.t("webhooks.many"), PATH)
        .crumb(webhook.name.clone(), None);
    show(&Page {
        account: account.filter(|_| several),
        tone,
        sentence,
        state: words::state(desk.locale, &webhook.state, webhook.failures > 0),
        events: webhook.wanted().iter().map(|name| words::event(desk.locale, name)).collect(),
        tested,
        chart_words,
        chart,
        left_out: (left_out.n > 0).then(|| desk.ta("webhooks.left_out", &[("n", left_out.n.to_string())])),
        latest: latest.iter().map(|one| line(desk, one)).collect(),
        list: format!("{}?f.webhook_id={id}", super::DELIVERIES),
        paused: webhook.state == "paused",
        url: if desk.may("webhooks.edit") { webhook.url.clone() } else { without_key(&webhook.url) },
        webhook,
        shell,
    })
}

/// A delivery as the page lists it.
pub(super) fn line(desk: &Desk, delivery: &delivery::Model) -> Line {
    let error = words::error(desk.locale, delivery.last_error.as_deref(), delivery.last_status.map(i64::from));
    Line {
        id: delivery.id,
        at: delivery.created_at,
        event: words::event(desk.locale, &delivery.event),
        state: words::way(desk.locale, &delivery.state, delivery.next_at),
        error: error.filter(|_| delivery.state != "delivered"),
    }
}

fn sentence(desk: &Desk, webhook: &webhook::Model, waiting: i64) -> (&'static str, String) {
    let when = |at: Option<i64>| at.map(|at| desk.when(at)).unwrap_or_default();
    let n = waiting.to_string();
    match (webhook.state.as_str(), webhook.note.as_deref()) {
        ("paused", Some("gone")) => ("bad", desk.ta("webhooks.said.gone", &[("n", n)])),
        ("paused", Some("failed")) => {
            ("bad", desk.ta("webhooks.said.given_up", &[("since", when(webhook.trouble_since)), ("n", n)]))
        }
        ("paused", _) => ("calm", desk.ta("webhooks.said.paused", &[("n", n)])),
        ("failing", _) => {
            ("bad", desk.ta("webhooks.said.failing", &[("since", when(webhook.trouble_since)), ("n", n)]))
        }
        _ if webhook.failures > 0 => {
            ("warn", desk.ta("webhooks.said.troubled", &[("failures", webhook.failures.to_string()), ("n", n)]))
        }
        _ => match webhook.last_success_at {
            Some(_) => ("good", desk.ta("webhooks.said.good", &[("when", when(webhook.last_success_at))])),
            None => ("calm", desk.t("webhooks.said.fresh")),
        },
    }
}

/// A day in words and bars; no bars without anything to show.
fn chart(desk: &Desk, hours: &[Hour]) -> (String, Value) {
    let sum = |value: fn(&Hour) -> i64| hours.iter().map(value).sum::<i64>();
    let (delivered, failed, waiting) = (sum(|hour| hour.delivered), sum(|hour| hour.failed), sum(|hour| hour.waiting));
    let words = match (delivered + failed + waiting, failed) {
        (0, _) => return (desk.t("webhooks.day_none"), Value::Null),
        (_, 0) => desk.ta("webhooks.day_fine", &[("n", delivered.to_string()), ("waiting", waiting.to_string())]),
        _ => desk.ta(
            "webhooks.day",
            &[("n", delivered.to_string()), ("failed", failed.to_string()), ("waiting", waiting.to_string())],
        ),
    };
    let values = |value: fn(&Hour) -> i64| hours.iter().map(value).collect::<Vec<_>>();
    let data = json!({
        "kind": "bar", "stacked": true, "tones": ["good", "warn", "bad"],
        "labels": hours.iter().map(|hour| clock(hour.at, &desk.zone)).collect::<Vec<_>>(),
        "series": [
            { "name": desk.t("deliveries.options.state.delivered"), "values": values(|hour| hour.delivered) },
            { "name": desk.t("deliveries.options.state.waiting"), "values": values(|hour| hour.waiting) },
            { "name": desk.t("deliveries.options.state.failed"), "values": values(|hour| hour.failed) },
        ],
    });
    (words, data)
}

fn clock(at: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.clone());
    at.strftime("%H:%M").to_string()
}
