//! `GET /admin/inbox/events`: changes as they happen, as long as the session lasts.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use puzi_shop::inbox::Change;
use serde_json::json;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::inbox;
use crate::{
    App,
    admin::{error::Answer, gate, visitor::Visitor},
};

/// How often it is asked whether the session still lasts, and still may look.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// Shorter than any proxy's patience.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One listener.
struct Listener {
    app: Arc<App>,
    visitor: Visitor,
    headers: HeaderMap,
    changes: Receiver<Change>,
    stop: CancellationToken,
    /// What is said first.
    first: Option<Event>,
    ask_at: Instant,
    over: bool,
}

/// `GET /admin/inbox/events`
pub(super) async fn events(State(app): State<Arc<App>>, visitor: Visitor, headers: HeaderMap) -> Answer {
    let changes = inbox(&app).live().subscribe().await?;
    // Who was here before may have missed something: rows are not kept for long, so everything is read anew.
    let again = headers.contains_key("last-event-id");
    let first =
        Event::default().event(if again { "refresh" } else { "hello" }).data("{}").retry(Duration::from_secs(2));
    let stop = app.admin.stop.clone();
    let listener = Listener {
        app,
        visitor,
        headers,
        changes,
        stop,
        first: Some(first),
        ask_at: Instant::now() + ASK_AGAIN,
        over: false,
    };
    let events = stream::unfold(listener, |listener| listener.next());
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("."));
    // Proxies must not collect it.
    Ok(([("x-accel-buffering", "no"), ("cache-control", "no-store")], stream).into_response())
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if self.over {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some((Ok(first), self));
        }
        loop {
            tokio::select! {
                // In this order: a busy inbox must not keep the session's end from being noticed.
                biased;
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep_until(self.ask_at) => {
                    self.ask_at = Instant::now() + ASK_AGAIN;
                    if !self.may_listen().await {
                        self.over = true;
                        return Some((Ok(Event::default().event("bye").data("{}")), self));
                    }
                }
                change = self.changes.recv() => {
                    let event = match change {
                        Ok(change) => told(&change),
                        // Too slow to hear each: one for all.
                        Err(RecvError::Lagged(_)) => Event::default().event("refresh").data("{}"),
                        Err(RecvError::Closed) => return None,
                    };
                    return Some((Ok(event), self));
                }
            }
        }
    }

    async fn may_listen(&self) -> bool {
        match gate::desk_of(&self.app, &self.visitor, &self.headers).await {
            Ok(desk) => desk.is_some_and(|desk| desk.may("inbox.view")),
            // A database that stumbles signs nobody out.
            Err(_) => true,
        }
    }
}

fn told(change: &Change) -> Event {
    let data = json!({ "chat": change.chat_id, "kind": change.kind.as_str(), "payload": change.payload });
    Event::default().id(change.id.to_string()).event("change").data(data.to_string())
}
