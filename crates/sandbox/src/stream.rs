//! What happens, told to whoever watches.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Serialize;

use crate::Faults;
use crate::chat::ChatItem;
use crate::clock::ClockView;
use crate::exchange::Exchange;
use crate::overview::Called;
use crate::world::{AppView, Inner, PhoneView};

/// Something that a watcher shows.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Chat(ChatItem),
    Exchange(Exchange),
    Phone(PhoneView),
    App(AppView),
    Faults(Faults),
    Clock(ClockView),
    Call(Called),
}

impl Happening {
    fn event(&self) -> Event {
        match self {
            Self::Chat(item) => json("chat", item),
            Self::Exchange(exchange) => json("exchange", exchange),
            Self::Phone(phone) => json("phone", phone),
            Self::App(app) => json("app", app),
            Self::Faults(faults) => json("faults", faults),
            Self::Clock(clock) => json("clock", clock),
            Self::Call(call) => json("call", call),
        }
    }
}

fn json(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).expect("what is told has only string keys");
    Event::default().event(name).data(data)
}

/// `GET /sandbox/api/stream`: events as they happen. It ends for a watcher that fell behind: one who connects again
/// reads the state anew.
pub(crate) async fn watch(State(inner): State<Arc<Inner>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = inner.events.subscribe();
    let stop = inner.stop.clone();
    let told = stream::unfold((events, stop), |(mut events, stop)| async move {
        let next = tokio::select! {
            () = stop.cancelled() => return None,
            next = events.recv() => next,
        };
        let event = next.ok()?.event();
        Some((Ok(event), (events, stop)))
    });
    Sse::new(told).keep_alive(KeepAlive::default())
}
