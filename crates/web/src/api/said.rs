//! What was said, by its words, for programs.

use axum::http::Method;
use jiff::Timestamp;
use puzi_shop::{
    Error,
    said::{self, Ask, By, Hit},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Call},
    extra::Extra,
};

/// Hits on a page when nothing is said.
const PAGE: usize = 30;

/// The extra routes of what was said.
pub(super) fn extras() -> Vec<Extra> {
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "format": "date-time" });
    let search = Extra::new(&Method::GET, "/api/v1/chats/said", ("said", "search"), "chats.view+inbox.view", search)
        .asks("account", text.clone())
        .asks("q", json!({ "type": "string", "maxLength": said::LONGEST_QUESTION }))
        .asks("kind", text.clone())
        .asks("by", json!({ "type": "string", "enum": ["follower", "staff", "agent", "rule"] }))
        .asks("from", time.clone())
        .asks("until", time.clone())
        .asks("after", text.clone())
        .asks("limit", json!({ "type": "integer", "minimum": 1, "maximum": 100 }));
    let hit = json!({ "type": "object", "properties": {
        "id": text, "openid": text, "at": time, "by": text, "name": text, "kind": text, "text": text,
        "marks": { "type": "array", "items": { "type": "array", "items": { "type": "integer" } } },
    } });
    vec![search.answers(json!({ "type": "object", "properties": {
        "hits": { "type": "array", "items": hit },
        "next": { "type": ["string", "null"] },
        "indexed": { "type": "integer" },
    } }))]
}

#[derive(Deserialize)]
struct Asked {
    account: String,
    #[serde(default)]
    q: String,
    kind: Option<String>,
    by: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /api/v1/chats/said`
async fn search(call: Call) -> Answer {
    let asked: Asked = call.query()?;
    let live = call.find_account(&asked.account)?;
    let by = match asked.by.as_deref() {
        None => Vec::new(),
        Some(word) => match By::read(word) {
            Some(by) => vec![by],
            None => return Err(call.refused(Error::field("by", "said.no_speaker"))),
        },
    };
    let ask = Ask {
        words: asked.q,
        kinds: asked.kind.into_iter().collect(),
        by,
        from: asked.from.map(Timestamp::as_millisecond),
        until: asked.until.map(Timestamp::as_millisecond),
    };
    let size = asked.limit.unwrap_or(PAGE);
    let found = said::search(&call.app.db, &call.reach, live.account.id, &ask, asked.after.as_deref(), size).await;
    let found = found.map_err(|error| call.refused(error))?;
    let hits: Vec<Value> = found.hits.iter().map(hit).collect();
    Ok(call.answer(&json!({ "hits": hits, "next": found.next, "indexed": found.indexed })))
}

/// A hit; its marks are counted in characters, which every language counts alike.
fn hit(hit: &Hit) -> Value {
    let chars = |byte: usize| hit.text[..byte].chars().count();
    let marks: Vec<_> = hit.marks.iter().map(|mark| [chars(mark.start), chars(mark.end)]).collect();
    json!({
        "id": hit.key(),
        "openid": hit.openid,
        "at": Timestamp::from_millisecond(hit.at).unwrap_or_default().to_string(),
        "by": hit.by.as_str(),
        "name": hit.name,
        "kind": hit.kind,
        "text": hit.text,
        "marks": marks,
    })
}
