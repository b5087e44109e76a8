//! Pushes that no user caused: a job that ended, a change on the admin platform.

use std::sync::Arc;

use crate::Label;
use crate::action::push_xml;
use crate::push::{self, Prepared};
use crate::world::Inner;
use crate::xml::{Fields, text};

/// Tells the account of an event in the name of `from`.
pub(crate) fn announce_with(inner: &Arc<Inner>, appid: &str, from: &str, event: &str, fields: Fields) {
    let push = unasked(inner, appid, from, event, fields);
    let inner = inner.clone();
    tokio::spawn(async move { push::run(&inner, &push).await });
}

/// The same from under the world's lock: the push leaves once the lock is free.
pub(crate) fn announce_soon(inner: &Inner, appid: &str, from: &str, event: &'static str, fields: Fields) {
    let (appid, from) = (appid.to_owned(), from.to_owned());
    inner.later.at(inner.clock.now_ms(), move |inner| announce_with(inner, &appid, &from, event, fields));
}

/// Unlike [`push::prepare`], opens no window and shows nothing: the user in whose name it comes did nothing.
pub(crate) fn unasked(inner: &Inner, appid: &str, from: &str, event: &str, fields: Fields) -> Prepared {
    let at = inner.clock.now_ms();
    let label = Label { kind: event.to_owned(), text: None };
    let mut world = inner.world();
    let original_id = world.account(appid).app.original_id.clone();
    let fields = [vec![text("MsgType", "event"), text("Event", event)], fields].concat();
    let message = push_xml(&original_id, from, at.div_euclid(1000), fields, None);
    let exchange_id = world.open_exchange(appid, from, at, label.clone());
    drop(world);
    Prepared {
        exchange_id,
        appid: appid.to_owned(),
        openid: from.to_owned(),
        label,
        at,
        message,
        item_id: None,
        articles: 0,
        silent: false,
        unasked: true,
    }
}
