//! `/wechat/{account}`: WeChat's URL check and its messages.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use metrics::{counter, histogram};
use puzi_shop::{
    accounts::LiveAccount,
    calls::{PushEndpoint, PushSeen, Trouble},
    conversations::{self, AnswerState},
    db::now_ms,
};
use puzi_wechat::envelope::{Query, Refusal};

use crate::App;

/// WeChat waits 5 s for an answer; what is noted on the way must not spend them.
const NOTING: Duration = Duration::from_secs(1);

/// `GET /wechat/{account}`: WeChat checks the URL that the merchant pasted into its admin platform.
pub(crate) async fn verify_url(
    State(app): State<Arc<App>>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(live) = app.registry.find(&account) else { return unknown_account() };
    let query = Query::parse(query.as_deref().unwrap_or_default());
    match live.receiver.verify_url(&query, now_ms() / 1000) {
        Ok(echo) => {
            if live.account.verified_at.is_none() && !echo.starts_with(crate::OWN_CHECK) {
                note_verified(&app, &live).await;
            }
            (StatusCode::OK, [(CONTENT_TYPE, "text/plain; charset=utf-8")], echo).into_response()
        }
        Err(refusal) => refuse(&app, &live, &refusal),
    }
}

/// `POST /wechat/{account}`: a message or an event.
pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (started, at) = (Instant::now(), now_ms());
    let Some(live) = app.registry.find(&account) else { return unknown_account() };
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refuse(&app, &live, &Refusal::TooLarge);
        }
        Err(rejection) => return rejection.into_response(),
    };
    let raw_query = query.unwrap_or_default();
    let query = Query::parse(&raw_query);
    let account = live.account.id;
    let mut seen = PushSeen {
        account,
        at,
        us: 0,
        sent: 0,
        received: u32::try_from(body.len()).unwrap_or(u32::MAX),
        status: StatusCode::OK.as_u16(),
        endpoint: PushEndpoint::unreadable(),
        key: [0; 24],
        trouble: None,
        repeat: false,
    };
    let received = match live.receiver.open(&query, &body, at / 1000) {
        Ok(received) => received,
        Err(refusal) if refusal.is_forgery() => return refuse(&app, &live, &refusal),
        Err(refusal) => {
            seen.key = PushSeen::key_of_unreadable(account, at, &body);
            keep_for_operator(&app, &live, &refusal, &raw_query, &body, seen.key).await;
            let response = refuse(&app, &live, &refusal);
            (seen.trouble, seen.status) = (Some(Trouble::Unreadable), response.status().as_u16());
            tell(&app, seen, started);
            return response;
        }
    };
    let (to, from) = (received.push.to.clone(), received.push.from.clone());
    let (sealing, context) = (received.sealing, received.push.dedup_key());
    (seen.endpoint, seen.key) = (PushEndpoint::of(&received.push), context);
    let response = match app.conversations.receive(&live, received).await {
        Ok(answered) => {
            let at = answered.at / 1000;
            let xml = answered.reply.to_xml(&from, &to, at);
            counter!("puzi_callback_total", "outcome" => "answered").increment(1);
            let kind = if xml == "success" { "text/plain; charset=utf-8" } else { "text/xml; charset=utf-8" };
            let body = live.receiver.wrap(sealing, xml, &context, at);
            seen.sent = u32::try_from(body.len()).unwrap_or(u32::MAX);
            seen.repeat = answered.repeat;
            seen.trouble = match answered.state {
                AnswerState::Answered => None,
                AnswerState::Answering | AnswerState::Deferred => Some(Trouble::Deferred),
                AnswerState::Failed => Some(Trouble::Failed),
            };
            ([(CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
        }
        Err(error) => {
            // Only now an error: WeChat delivers again, and nothing is lost.
            tracing::error!(%error, account = live.account.slug, "a message is nowhere; WeChat will deliver it again");
            counter!("puzi_callback_total", "outcome" => "not_taken").increment(1);
            seen.trouble = Some(Trouble::NotTaken);
            seen.status = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    histogram!("puzi_callback_seconds").record(started.elapsed().as_secs_f64());
    tell(&app, seen, started);
    response
}

/// Notes the push in the record. What WeChat did not send is not told: a stranger must not fill it.
fn tell(app: &App, mut seen: PushSeen, started: Instant) {
    seen.us = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);
    app.registry.recorder().push(seen);
}

fn unknown_account() -> Response {
    counter!("puzi_callback_total", "outcome" => "unknown_account").increment(1);
    StatusCode::NOT_FOUND.into_response()
}

fn refuse(app: &App, live: &LiveAccount, refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        refusal if refusal.is_forgery() => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    let reason = refusal.label();
    counter!("puzi_callback_total", "outcome" => reason).increment(1);
    // Anybody can cause this: the metrics count each, the log names some.
    if let Some(left_out) = app.refusals.may_write(reason, Instant::now()) {
        tracing::warn!(account = live.account.slug, reason, left_out, "a callback was refused");
    }
    status.into_response()
}

async fn note_verified(app: &App, live: &LiveAccount) {
    let noting = app.registry.accounts().mark_verified(live.account.id);
    match tokio::time::timeout(NOTING, noting).await {
        Ok(Ok(())) => tracing::info!(account = live.account.slug, "WeChat has verified the callback URL"),
        // WeChat's check must not fail for this; its next one notes it.
        Ok(Err(error)) => tracing::warn!(%error, "the verification could not be noted"),
        Err(_) => tracing::warn!("the database was too slow to note the verification"),
    }
}

/// What is WeChat's (its signature is right) and still cannot be read is kept: the operator can look at it. Many at once
/// wait for each other, and when that takes too long are only counted: the database has messages to store.
async fn keep_for_operator(
    app: &App,
    live: &LiveAccount,
    refusal: &Refusal,
    query: &str,
    body: &Bytes,
    call_key: [u8; 24],
) {
    let room = tokio::time::timeout(NOTING, app.keepers.clone().acquire_owned()).await;
    let Ok(Ok(room)) = room else {
        counter!("puzi_refused_not_kept_total").increment(1);
        return;
    };
    let (db, id, label) = (app.db.clone(), live.account.id, refusal.label());
    let (reason, body) = (refusal.to_string(), String::from_utf8_lossy(body).into_owned());
    let encrypted = query.contains("encrypt_type=aes");
    app.tasks.spawn(async move {
        let kept = conversations::keep_refused(&db, id, label, &reason, encrypted, &body, &call_key).await;
        drop(room);
        if let Err(error) = kept {
            counter!("puzi_refused_not_kept_total").increment(1);
            tracing::warn!(%error, "a refused callback could not be kept");
        }
    });
}
