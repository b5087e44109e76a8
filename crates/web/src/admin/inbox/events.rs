//! `GET /admin/inbox/events`: changes as they happen, as long as the session lasts.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use puzi_shop::{accounts::Reach, inbox::Change};
use serde_json::json;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        gate,
        visitor::Visitor,
    },
};

/// How often it is asked whether the session still lasts, and still may look.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// Shorter than any proxy's patience.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Streams of one session at once: more than anybody has windows open, and far fewer than there are connections.
const SEATS: u32 = 20;

/// The streams open now, by session.
static TAKEN: Mutex<BTreeMap<i64, u32>> = Mutex::new(BTreeMap::new());

/// The right to one stream, as long as it lasts.
#[derive(Debug)]
struct Seat(i64);

impl Seat {
    fn take(session: i64) -> Option<Self> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(session).or_default();
        if *count >= SEATS {
            return None;
        }
        *count += 1;
        Some(Self(session))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.0);
            }
        }
    }
}

/// One listener.
struct Listener {
    app: Arc<App>,
    visitor: Visitor,
    headers: HeaderMap,
    changes: Receiver<Change>,
    /// What the member sees.
    reach: Reach,
    stop: CancellationToken,
    /// What is said first.
    first: Option<Event>,
    ask_at: Instant,
    over: bool,
    _seat: Seat,
}

/// `GET /admin/inbox/events`
pub(super) async fn events(State(app): State<Arc<App>>, desk: Desk, visitor: Visitor, headers: HeaderMap) -> Answer {
    let seat = Seat::take(desk.session_id).ok_or_else(|| Failure::new(StatusCode::TOO_MANY_REQUESTS, "busy"))?;
    let changes = app.admin.inbox.live().subscribe().await?;
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
        reach: desk.reach,
        stop,
        first: Some(first),
        ask_at: Instant::now() + ASK_AGAIN,
        over: false,
        _seat: seat,
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
                        // Nothing is said of what the member does not see.
                        Ok(change) if !change.is_seen_by(&self.reach) => continue,
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

    async fn may_listen(&mut self) -> bool {
        match gate::desk_of(&self.app, &self.visitor, &self.headers).await {
            Ok(Some(desk)) if desk.may("inbox.view") => {
                self.reach = desk.reach;
                true
            }
            Ok(_) => false,
            // A database that stumbles signs nobody out.
            Err(_) => true,
        }
    }
}

fn told(change: &Change) -> Event {
    let data = json!({ "chat": change.chat_id, "kind": change.kind.as_str(), "payload": change.payload });
    Event::default().id(change.id.to_string()).event("change").data(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_streams_and_those_that_end_make_room() {
        let session = -7;
        let mut seats: Vec<Seat> = (0..SEATS).map(|_| Seat::take(session).unwrap()).collect();
        assert!(Seat::take(session).is_none() && Seat::take(session - 1).is_some());
        seats.pop();
        assert!(Seat::take(session).is_some());
        drop(seats);
        assert!(!TAKEN.lock().unwrap().contains_key(&session));
    }
}
