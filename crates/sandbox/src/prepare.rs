//! From what a user did to the push that tells of it.

use crate::Label;
use crate::action::{Action, Attached, push_xml};
use crate::api::{service, statistics};
use crate::chat::{ChatItem, Side, Status};
use crate::media::StoredMedia;
use crate::scan::{self, Seen};
use crate::window::Cause;
use crate::world::{Inner, World};
use crate::xml::number;

/// A push that is ready to be delivered, any number of times.
pub(crate) struct Prepared {
    pub(crate) exchange_id: u64,
    pub(crate) appid: String,
    pub(crate) openid: String,
    pub(crate) label: Label,
    pub(crate) at: i64,
    /// The message before sealing.
    pub(crate) message: String,
    pub(crate) item_id: Option<u64>,
    pub(crate) articles: usize,
    /// Nothing is delivered: it goes elsewhere, or the platform keeps it to itself.
    pub(crate) silent: bool,
    /// No user caused it: neither an answer nor a failure shows in a chat.
    pub(crate) unasked: bool,
}

/// Does what the user did: state, bubble, allowance; and makes the push of it.
pub(crate) fn prepare(inner: &Inner, appid: &str, openid: &str, action: Action) -> Prepared {
    let at = inner.clock.now_ms();
    let now = at.div_euclid(1000);
    let mut guard = inner.world();
    let world = &mut *guard;
    let (action, ticket) = match scan::look(world.account(appid), action, now) {
        Seen::Plain(action) => (action, None),
        Seen::Code { action, ticket } => (action, Some(ticket)),
        Seen::Expired => return nothing(world, appid, openid, at),
    };
    let following = world.account(appid).is_following(openid);
    let file = action.file().map(|(kind, given)| attach(inner, world, appid, kind, given, now));
    apply(world, appid, openid, &action, now);
    let meaning = action.meaning(file, following);
    let label = meaning.label();
    let mut fields = meaning.fields;
    if let Some(ticket) = ticket {
        scan::set_ticket(&mut fields, ticket);
    }
    let account = world.account_mut(appid);
    if let Some(phone) = account.phone_mut(openid) {
        if let Some(cause) = meaning.cause {
            phone.window.open(cause, at);
        }
        phone.last_active_ms = at;
    }
    statistics::note(account, openid, following, (!meaning.is_event).then_some(label.kind.as_str()), now);
    let is_for_agent = meaning.cause == Some(Cause::Message) && service::hear(account, openid, &label, now);
    // Of one on the blacklist the account hears only that they come and go.
    let is_hushed = account.is_blacklisted(openid) && !["subscribe", "unsubscribe"].contains(&label.kind.as_str());
    let silent = is_for_agent || is_hushed;
    if let ("VIEW" | "view_miniprogram", Some(id)) =
        (label.kind.as_str(), account.menu_for(openid).and_then(|shown| shown.id))
    {
        fields.push(number("MenuId", id));
    }
    let original_id = account.app.original_id.clone();
    let msg_id = (!meaning.is_event).then(|| world.chance.msg_id());
    let message = meaning.raw.unwrap_or_else(|| push_xml(&original_id, openid, now, fields, msg_id));
    let exchange_id = world.open_exchange(appid, openid, at, label.clone());
    let item_id = meaning.item.map(|item| {
        let status = (item.side == Side::Me).then_some(Status::Sending);
        world.say(ChatItem {
            appid: appid.to_owned(),
            openid: openid.to_owned(),
            at,
            exchange_id: Some(exchange_id),
            status,
            ..item
        })
    });
    drop(guard);
    let (appid, openid) = (appid.to_owned(), openid.to_owned());
    let articles = meaning.articles;
    Prepared { exchange_id, appid, openid, label, at, message, item_id, articles, silent, unasked: false }
}

/// A code whose time is over: the phone says so, and the account hears nothing.
fn nothing(world: &mut World, appid: &str, openid: &str, at: i64) -> Prepared {
    let label = Label { kind: "SCAN".into(), text: None };
    let exchange_id = world.open_exchange(appid, openid, at, label.clone());
    Prepared {
        exchange_id,
        appid: appid.to_owned(),
        openid: openid.to_owned(),
        label,
        at,
        message: String::new(),
        item_id: None,
        articles: 0,
        silent: true,
        unasked: false,
    }
}

fn apply(world: &mut World, appid: &str, openid: &str, action: &Action, now: i64) {
    let account = world.account_mut(appid);
    match action {
        Action::Follow => account.follow(openid, now, None),
        Action::FollowByScene { scene } | Action::Scan { scene } => account.follow(openid, now, Some(scene.clone())),
        Action::Unfollow => account.unfollow(openid),
        _ => return,
    }
    world.tell_phone(appid, openid);
}

/// Every message has a media id of its own, as on the platform; an upload keeps the one it was given.
fn attach(
    inner: &Inner,
    world: &mut World,
    appid: &str,
    kind: &'static str,
    given: Option<&str>,
    now: i64,
) -> Attached {
    let media_id = match given {
        Some(given) => {
            world.media.give(given, appid);
            given.to_owned()
        }
        None => keep_sample(world, appid, kind, now),
    };
    let thumb_media_id = if kind == "video" { keep_sample(world, appid, "thumb", now) } else { String::new() };
    Attached { url: inner.media_url(&media_id), media_id, thumb_media_id }
}

fn keep_sample(world: &mut World, appid: &str, kind: &'static str, now: i64) -> String {
    let media_id = world.chance.media_id();
    let sample: StoredMedia = world.media.sample(kind, appid, now);
    world.media.put(media_id.clone(), sample);
    media_id
}
