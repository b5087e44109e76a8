//! Customer-service messages.

mod bubble;
pub(super) mod news;

use serde_json::Value;

use super::ask::text_or_empty;
use super::users::BAD_OPENID;
use super::{Answered, ApiError, Call, Endpoint, Reply, write};
use crate::chat::{ChatItem, Kind, Side};
use crate::overview::Letter;
use crate::window::Refused;
use crate::world::{Inner, World};

pub(super) use bubble::{BAD_MEDIA, bubble};

pub(super) const ENDPOINTS: &[Endpoint] =
    &[write("/cgi-bin/message/custom/send", 500_000, send), write("/cgi-bin/message/custom/typing", 500_000, typing)];

/// Milliseconds that "typing" shows.
const TYPING_MS: i64 = 15_000;
/// Milliseconds after the user's last doing in which "typing" may be shown.
const INTERACTION_MS: i64 = 30_000;

/// `POST /cgi-bin/message/custom/send`, sendCustomMessage.
///
/// What is wrong with the message comes before the window: a refused message uses no allowance.
fn send(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = super::shelf::object(call)?;
    let openid = text_or_empty(&request, "touser")?;
    let item = bubble(inner, world, call, &request)?;
    let agent = agent(world, call, &request)?;
    let account = world.account_mut(&call.appid);
    if account.is_blacklisted(openid) {
        return Err(ApiError::new(43019, "the user is in the blacklist"));
    }
    let phone = account.phone_mut(openid).ok_or(BAD_OPENID)?;
    if phone.last_place == 0 {
        return Err(ApiError::new(43004, "require subscribe"));
    }
    let at = inner.clock.now_ms();
    phone.window.take(at).map_err(|refused| match refused {
        Refused::Closed => ApiError::new(45015, "response out of time limit or subscription is canceled"),
        Refused::Spent => ApiError::new(45047, "out of response count limit"),
    })?;
    phone.typing_until_ms = 0;
    let words = in_words(&item);
    account.families.service.spoke(openid, agent.as_deref(), &words, call.now);
    let kind = text_or_empty(&request, "msgtype")?;
    let letter = Letter { way: "custom", kind, to: openid, summary: &words, at, state: "delivered", msg_id: None };
    account.families.outbox.put(letter);
    world.say(ChatItem { appid: call.appid.clone(), openid: openid.to_owned(), at, side: Side::Account, ..item });
    Ok(Reply::ok())
}

/// The customer-service account that the message is signed with.
fn agent(world: &World, call: &Call, request: &Value) -> Result<Option<String>, ApiError> {
    if request["customservice"].is_null() {
        return Ok(None);
    }
    let kf_account = text_or_empty(&request["customservice"], "kf_account")?;
    if world.account(&call.appid).families.service.has_agent(kf_account) {
        Ok(Some(kf_account.to_owned()))
    } else {
        Err(ApiError::new(65401, "invalid custom service account"))
    }
}

/// What a message is in the records: a text as it is, anything else by its kind.
fn in_words(item: &ChatItem) -> String {
    match (item.kind, &item.text) {
        (Kind::Text, Some(words)) => words.clone(),
        (kind, _) => format!("[{}]", format!("{kind:?}").to_lowercase()),
    }
}

/// `POST /cgi-bin/message/custom/typing`, setTyping.
fn typing(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = super::shelf::object(call)?;
    let openid = text_or_empty(&request, "touser")?;
    let command = text_or_empty(&request, "command")?;
    let phone = world.account_mut(&call.appid).phone_mut(openid).ok_or(BAD_OPENID)?;
    let now = inner.clock.now_ms();
    match command {
        "Typing" if now - phone.last_active_ms > INTERACTION_MS => {
            Err(ApiError::new(45080, "cannot set typing, no interaction in the last 30 seconds"))
        }
        "Typing" if now < phone.typing_until_ms => Err(ApiError::new(45081, "typing is already set")),
        "Typing" => {
            phone.typing_until_ms = now + TYPING_MS;
            Ok(Reply::ok())
        }
        "CancelTyping" => {
            phone.typing_until_ms = 0;
            Ok(Reply::ok())
        }
        _ => Err(ApiError::new(45072, "invalid command")),
    }
}
