//! The replies that the admin platform set: what it answers by itself.

use serde_json::{Value, json};

use super::material::is_named;
use super::{Answered, Call, Endpoint, Reply, read};
use crate::media::StoredMedia;
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[read("/cgi-bin/get_current_autoreply_info", 10_000, get)];

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    rules: Option<Value>,
}

impl State {
    /// Sets the rules as the answer tells them: `is_add_friend_reply_open`, `keyword_autoreply_info`, …
    pub(crate) fn set(&mut self, rules: Value) {
        self.rules = Some(rules);
    }

    /// Whether a rule answers with this material.
    pub(super) fn names(&self, media_id: &str) -> bool {
        self.rules.as_ref().is_some_and(|rules| is_named(rules, media_id))
    }
}

/// `GET /cgi-bin/get_current_autoreply_info`, getCurrentAutoreplyInfo. Pictures, sounds and films are told by media ids
/// that last three days and are new ones each time; articles by those of permanent material.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let mut answer = json!({ "is_add_friend_reply_open": 0, "is_autoreply_open": 0 });
    let Some(rules) = world.account(&call.appid).families.autoreply.rules.clone() else {
        return Ok(Reply::Json(answer));
    };
    for (name, value) in rules.as_object().into_iter().flatten() {
        answer[name] = told(world, call, value);
    }
    Ok(Reply::Json(answer))
}

fn told(world: &mut World, call: &Call, value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(|value| told(world, call, value)).collect(),
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), told(world, call, value))).collect();
            if ["img", "voice", "video"].contains(&fields.get("type").and_then(Value::as_str).unwrap_or_default())
                && let Some(copy) = fields.get("content").and_then(Value::as_str).and_then(|id| copied(world, call, id))
            {
                fields.insert("content".into(), copy.into());
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// A temporary copy of a permanent material.
fn copied(world: &mut World, call: &Call, media_id: &str) -> Option<String> {
    let media = world.media.permanent(media_id, &call.appid)?;
    let copy = StoredMedia { created_at: call.now, ..media.clone() };
    let media_id = world.chance.media_id();
    world.media.put(media_id.clone(), copy);
    Some(media_id)
}
