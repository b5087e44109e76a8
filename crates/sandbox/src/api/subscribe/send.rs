//! Sending a notification to one who agreed to it.

use serde_json::Value;

use super::formats::fits;
use super::invalid_field;
use crate::api::ask::{BAD_FORMAT, text, text_or_empty};
use crate::api::users::BAD_OPENID;
use crate::api::{Answered, ApiError, Call, Reply};
use crate::chat::{ChatItem, Kind, Side};
use crate::overview::Letter;
use crate::push;
use crate::world::{Inner, World};
use crate::xml::{nested, number, text as field};

/// Milliseconds until a notification is there.
const WAY_MS: i64 = 1000;

/// `POST /cgi-bin/message/subscribe/bizsend`, sendNewSubscribeMsg: no id in the answer; the event that follows has one.
pub(super) fn send(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    const BAD_TEMPLATE: ApiError = ApiError::new(40037, "invalid template_id");
    let request = crate::api::shelf::object(call)?;
    let openid = text(&request, "touser", BAD_OPENID)?;
    let template_id = text(&request, "template_id", BAD_TEMPLATE)?;
    if world.account(&call.appid).phone(openid).is_none() {
        return Err(BAD_OPENID);
    }
    let template = world.account(&call.appid).families.subscribe.template(template_id).ok_or(BAD_TEMPLATE)?;
    let url = target(&request)?;
    let title = template.title.name;
    let mut words = String::new();
    let mut wrong = None;
    for keyword in &template.keywords {
        let key = keyword.key();
        match value_of(&request["data"], &key)? {
            Some(value) if fits(keyword.rule, &value) => words.push_str(&format!("{}：{value}\n", keyword.name)),
            _ => {
                wrong = Some(key);
                break;
            }
        }
    }
    if let Some(key) = wrong {
        return Ok(invalid_field(&key));
    }
    let state = &mut world.account_mut(&call.appid).families.subscribe;
    let agreement = state.agreements.get_mut(&(openid.to_owned(), template_id.to_owned()));
    if !agreement.is_some_and(|agreement| agreement.take()) {
        return Err(ApiError::new(43101, "user refuse to accept the msg"));
    }
    state.last_message += 1;
    let msg_id = 1_864_000_000_000_000_000 + state.last_message;
    let item = ChatItem {
        appid: call.appid.clone(),
        openid: openid.to_owned(),
        side: Side::Account,
        kind: Kind::Link,
        title: Some(title.to_owned()),
        description: Some(words.trim_end().to_owned()),
        url,
        ..ChatItem::default()
    };
    let sent = inner.clock.now_ms();
    let letter = world.account_mut(&call.appid).families.outbox.put(Letter {
        way: "subscribe",
        kind: template_id,
        to: openid,
        summary: words.trim_end(),
        at: sent,
        state: "sending",
        msg_id: i64::try_from(msg_id).ok(),
    });
    let template_id = template_id.to_owned();
    inner.later.at(sent + WAY_MS, move |inner| {
        let (appid, openid) = (item.appid.clone(), item.openid.clone());
        let at = inner.clock.now_ms();
        let mut world = inner.world();
        world.account_mut(&appid).families.outbox.settle(letter, "delivered");
        world.say(ChatItem { at, ..item });
        drop(world);
        let list = vec![
            field("TemplateId", template_id),
            field("MsgID", msg_id.to_string()),
            number("ErrorCode", 0),
            field("ErrorStatus", "success"),
        ];
        let fields = vec![nested("SubscribeMsgSentEvent", vec![nested("List", list)])];
        push::announce_with(inner, &appid, &openid, "subscribe_msg_sent_event", fields);
    });
    Ok(Reply::ok())
}

/// `data.{key}.value`: texts, and numbers where a caller did not quote them.
pub(in crate::api) fn value_of(data: &Value, key: &str) -> Result<Option<String>, ApiError> {
    if !data.is_object() {
        return Err(BAD_FORMAT);
    }
    match &data[key] {
        Value::Null => Ok(None),
        Value::Object(field) => match field.get("value") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(value)) => Ok(Some(value.clone())),
            Some(Value::Number(value)) => Ok(Some(value.to_string())),
            Some(_) => Err(BAD_FORMAT),
        },
        _ => Err(BAD_FORMAT),
    }
}

/// Where a tap leads: a page of a mini program comes first.
pub(in crate::api) fn target(request: &Value) -> Result<Option<String>, ApiError> {
    let page = &request["miniprogram"];
    if !page.is_null() {
        if !page.is_object() {
            return Err(BAD_FORMAT);
        }
        text(page, "appid", ApiError::new(40013, "invalid appid"))?;
    }
    for (of, name) in [(page, "pagepath"), (request, "url"), (request, "page")] {
        let found = text_or_empty(of, name)?;
        if !found.is_empty() {
            return Ok(Some(found.to_owned()));
        }
    }
    Ok(None)
}
