//! Sending a template message; whether it arrived is told later.

use std::sync::Arc;

use super::{Intercepted, Template, UNKNOWN};
use crate::api::ask::{BAD_FORMAT, text, text_or_empty};
use crate::api::shelf::object;
use crate::api::subscribe::formats::fits;
use crate::api::subscribe::invalid_field;
use crate::api::subscribe::send::{target, value_of};
use crate::api::users::BAD_OPENID;
use crate::api::{Answered, ApiError, Call, Families, Reply};
use crate::chat::{ChatItem, Kind, Side};
use crate::overview::Letter;
use crate::push;
use crate::world::{Inner, World};
use crate::xml::{number, text as field};

/// Milliseconds until a message is there.
const WAY_MS: i64 = 1000;
/// Seconds for which a `client_msg_id` is remembered.
const REMEMBERED: i64 = 600;
/// Bytes of a URL.
const URL: usize = 1024;
/// Intercepted messages that are kept.
const INTERCEPTED: usize = 10_000;

/// `POST /cgi-bin/message/template/send`, sendTemplateMessage.
pub(super) fn send(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let openid = text(&request, "touser", BAD_OPENID)?;
    let template_id = text(&request, "template_id", ApiError::new(40036, "invalid template_id size"))?;
    let client_id = text_or_empty(&request, "client_msg_id")?;
    let account = world.account(&call.appid);
    let follows = account.phone(openid).map(|phone| phone.is_following()).ok_or(BAD_OPENID)?;
    let template = account.families.template.template(template_id).ok_or(UNKNOWN)?;
    if !follows {
        return Err(ApiError::new(43004, "require subscribe"));
    }
    if text_or_empty(&request, "url")?.len() > URL {
        return Err(ApiError::new(40048, "invalid url size"));
    }
    let url = target(&request)?;
    if !request["data"].is_object() {
        return Err(BAD_FORMAT);
    }
    let values = template.keys.iter().map(|(key, kind)| Ok((key, *kind, value_of(&request["data"], key)?)));
    let values = values.collect::<Result<Vec<_>, ApiError>>()?;
    let is_wrong = |(_, kind, value): &&(&String, Option<&str>, Option<String>)| {
        kind.is_some_and(|kind| !value.as_ref().is_some_and(|value| fits(kind, value)))
    };
    if let Some((key, ..)) = values.iter().find(is_wrong) {
        let key = (*key).clone();
        return Ok(invalid_field(&key));
    }
    let words = filled(template, &values);
    let item = ChatItem {
        appid: call.appid.clone(),
        openid: openid.to_owned(),
        side: Side::Account,
        kind: Kind::Link,
        title: Some(template.title.clone()),
        description: Some(words),
        url,
        ..ChatItem::default()
    };
    let template_id = template_id.to_owned();
    let at = inner.clock.now_ms();
    let Families { template: state, outbox, .. } = &mut world.account_mut(&call.appid).families;
    let is_fresh = |at: i64| call.now - at < REMEMBERED;
    // Looked through when it has doubled, not at every message.
    if state.by_client.len() >= state.tidy_at {
        state.by_client.retain(|_, (at, _)| is_fresh(*at));
        state.tidy_at = 2 * state.by_client.len().max(512);
    }
    let client_key = (openid.to_owned(), client_id.to_owned());
    let msg_id = match state.by_client.get(&client_key) {
        // The first one counts; this one is answered as if it were that.
        Some((at, msg_id)) if !client_id.is_empty() && is_fresh(*at) => *msg_id,
        _ => {
            state.last_message += 1;
            let msg_id = 3_200_000_000 + state.last_message;
            if !client_id.is_empty() {
                state.by_client.insert(client_key, (call.now, msg_id));
            }
            let letter = outbox.put(Letter {
                way: "template",
                kind: &template_id,
                to: &item.openid,
                summary: item.description.as_deref().unwrap_or_default(),
                at,
                state: "sending",
                msg_id: Some(msg_id),
            });
            let on_its_way = OnItsWay { item, template_id, msg_id, letter };
            inner.later.at(at + WAY_MS, move |inner| arrive(inner, on_its_way));
            msg_id
        }
    };
    Ok(Reply::Json(serde_json::json!({ "errcode": 0, "errmsg": "ok", "msgid": msg_id })))
}

/// The text of a template with its fields filled in; a field that was not sent is empty.
fn filled(template: &Template, values: &[(&String, Option<&'static str>, Option<String>)]) -> String {
    let mut words = template.content.clone();
    for (key, _, value) in values {
        words = words.replace(&format!("{{{{{key}.DATA}}}}"), value.as_deref().unwrap_or_default());
    }
    words.trim().to_owned()
}

/// A message that was taken on.
struct OnItsWay {
    item: ChatItem,
    template_id: String,
    msg_id: i64,
    /// Its number in the outbox.
    letter: u64,
}

/// A message comes to its follower, or does not; either way it is told.
fn arrive(inner: &Arc<Inner>, OnItsWay { item, template_id, msg_id, letter }: OnItsWay) {
    let at = inner.clock.now_ms();
    let (appid, openid) = (item.appid.clone(), item.openid.clone());
    let mut world = inner.world();
    let account = world.account_mut(&appid);
    let follows = account.is_following(&openid);
    let state = &mut account.families.template;
    let content = item.description.clone().unwrap_or_default();
    let status = if state.refusing.contains(&openid) {
        "failed:user block"
    } else if state.forbidden.iter().any(|word| content.contains(word)) {
        let id = state.intercepted.last().map_or(1, |last| last.id + 1);
        let title = item.title.clone().unwrap_or_default();
        let at = at.div_euclid(1000);
        if state.intercepted.len() >= INTERCEPTED {
            state.intercepted.remove(0);
        }
        state.intercepted.push(Intercepted { id, template_id, title, content, at, openid: openid.clone() });
        "failed: system failed"
    } else if !follows {
        "failed: system failed"
    } else {
        world.say(ChatItem { at, ..item });
        "success"
    };
    let state = if status == "success" { "delivered" } else { status };
    world.account_mut(&appid).families.outbox.settle(letter, state);
    drop(world);
    let fields = vec![number("MsgID", msg_id), field("Status", status)];
    push::announce_with(inner, &appid, &openid, "TEMPLATESENDJOBFINISH", fields);
}
