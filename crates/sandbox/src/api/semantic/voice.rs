//! Hearing and translating.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::super::ask::INVALID;
use super::super::{Answered, ApiError, Call, Reply};
use super::vocabulary::{PHRASES, translated};
use crate::media::sniff;
use crate::mixed::one_of;
use crate::world::{Inner, World};

/// Bytes of a voice.
const VOICE: usize = 1024 * 1024;
/// Bytes of a text to translate.
const TEXT: usize = 600;
/// Seconds in which a result can be had.
const LIFE: i64 = 10;
/// Voices that are remembered.
const REMEMBERED: usize = 1000;

/// What the account keeps of its voices.
#[derive(Debug, Default)]
pub(crate) struct State {
    voices: HashMap<String, Heard>,
    order: VecDeque<String>,
}

#[derive(Debug)]
struct Heard {
    at: i64,
    /// The place among the phrases.
    phrase: &'static (&'static str, &'static str),
}

/// `zh_CN` (the default) or `en_US`; whether it is English.
fn is_english(language: &str) -> Result<bool, ApiError> {
    match language {
        "zh_CN" => Ok(false),
        "en_US" => Ok(true),
        _ => Err(INVALID),
    }
}

fn language(call: &Call) -> Result<bool, ApiError> {
    match call.query("lang") {
        "" => Ok(false),
        lang => is_english(lang),
    }
}

/// `POST /cgi-bin/media/voice/addvoicetorecofortext`, addVoiceToRecoForText: an MP3 of at most 1 MiB.
pub(super) fn add(_: &Inner, world: &mut World, call: &Call) -> Answered {
    if call.query("voice_id").is_empty() || call.query("format") != "mp3" {
        return Err(INVALID);
    }
    language(call)?;
    let voice = call.part("media").map_or(&call.body, |part| &part.bytes);
    if voice.is_empty() {
        return Err(ApiError::new(44001, "empty media data"));
    }
    if voice.len() > VOICE {
        return Err(ApiError::new(40010, "invalid voice size"));
    }
    if sniff(voice).is_none_or(|(_, content_type)| content_type != "audio/mpeg") {
        return Err(ApiError::new(40005, "invalid file type"));
    }
    let length = voice.len().to_string();
    let heard = Heard { at: call.now, phrase: one_of(PHRASES, &[call.query("voice_id"), &length]) };
    let state = &mut world.account_mut(&call.appid).families.semantic;
    state.order.push_back(call.query("voice_id").to_owned());
    state.voices.insert(call.query("voice_id").to_owned(), heard);
    if state.order.len() > REMEMBERED
        && let Some(oldest) = state.order.pop_front()
    {
        state.voices.remove(&oldest);
    }
    Ok(Reply::ok())
}

/// `POST /cgi-bin/media/voice/queryrecoresultfortext`, queryRecoResultForText: within ten seconds; nothing is heard
/// of a voice that is not there or came too long ago.
pub(super) fn query(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let voice_id = call.query("voice_id");
    if voice_id.is_empty() {
        return Err(INVALID);
    }
    let english = language(call)?;
    let voices = &world.account(&call.appid).families.semantic.voices;
    let heard = voices.get(voice_id).filter(|heard| (0..=LIFE).contains(&(call.now - heard.at)));
    let words = heard.map_or("", |heard| if english { heard.phrase.1 } else { heard.phrase.0 });
    Ok(Reply::Json(json!({ "result": words, "is_end": true })))
}

/// `POST /cgi-bin/media/voice/translatecontent`, translateContent: the text is the body itself, a file, or the
/// field `content` of a JSON body. What the vocabulary lacks comes back as it is, with the language before it.
pub(super) fn translate(_: &Inner, _: &mut World, call: &Call) -> Answered {
    let (from, to) = (is_english(call.query("lfrom"))?, is_english(call.query("lto"))?);
    let bytes = call.part("media").map_or(&call.body, |part| &part.bytes);
    let body = std::str::from_utf8(bytes).map_err(|_| INVALID)?;
    let json: Option<Value> = serde_json::from_str(body).ok().filter(Value::is_object);
    let content = match &json {
        Some(object) => object["content"].as_str().ok_or(INVALID)?,
        None => body,
    };
    if content.trim().is_empty() {
        return Err(ApiError::new(44002, "empty post data"));
    }
    if content.len() > TEXT {
        return Err(INVALID);
    }
    let to_content = match from == to {
        true => content.to_owned(),
        false => match translated(content, to) {
            Some(known) => known.to_owned(),
            None => format!("[{}] {content}", call.query("lto")),
        },
    };
    Ok(Reply::Json(json!({ "from_content": content, "to_content": to_content })))
}
