//! What endpoints are told, and how it is enqueued.

use jiff::Timestamp;
use puzi_wechat::message::{Body, Event as Pushed, Push};
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value, json};

use super::replay::Copy;
use crate::{
    Result,
    accounts::listed,
    conversations::{
        reading::{self, Full},
        stimulus,
    },
    db::{self, now_ms},
};

/// The most that a body may have, in bytes.
pub const BODY_LIMIT: usize = 64 << 10;
/// What a longer text is cut to when the body is too long, in characters.
const CUT_TO: usize = 4_000;

/// Somebody follows, perhaps after scanning a code.
pub const FOLLOWED: &str = "follower.followed";
/// Somebody unfollows.
pub const UNFOLLOWED: &str = "follower.unfollowed";
/// A follower writes.
pub const RECEIVED: &str = "message.received";
/// A follower presses a button of the menu.
pub const CLICKED: &str = "menu.clicked";
/// Somebody scans a code with a scene, follower or not yet.
pub const SCANNED: &str = "code.scanned";
/// A mass message has been sent out.
pub const MASS_FINISHED: &str = "mass.finished";
/// Sent when somebody tests an endpoint.
pub const PING: &str = "ping";

/// The names that an endpoint may ask for.
pub const EVENTS: &[&str] = &[FOLLOWED, UNFOLLOWED, RECEIVED, CLICKED, SCANNED, MASS_FINISHED];

/// Something that endpoints may be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// One of [`EVENTS`], or [`PING`].
    pub name: &'static str,
    /// `webhook-id`: the same whenever the same thing is told.
    pub id: String,
    /// When it happened, Unix ms. Who was not an endpoint then is not told.
    pub at: i64,
    /// What the body's `data` holds.
    pub data: Value,
}

impl Event {
    /// The body: JSON of [`BODY_LIMIT`] at most; `account` is the short name.
    pub fn body(&self, account: &str) -> String {
        let mut body = self.with_data(account, &self.data);
        if body.len() > BODY_LIMIT {
            let mut data = self.data.clone();
            cut(&mut data);
            mark_cut(&mut data);
            body = self.with_data(account, &data);
        }
        if body.len() > BODY_LIMIT {
            // Thousands of fields: what we read from them is enough.
            let mut data = self.data.clone();
            data.as_object_mut().map(|data| data.remove("fields"));
            cut(&mut data);
            mark_cut(&mut data);
            body = self.with_data(account, &data);
        }
        body
    }

    fn with_data(&self, account: &str, data: &Value) -> String {
        let at = Timestamp::from_millisecond(self.at).unwrap_or_default().to_string();
        json!({ "id": self.id, "type": self.name, "account": account, "created_at": at, "data": data }).to_string()
    }
}

fn mark_cut(data: &mut Value) {
    if let Some(data) = data.as_object_mut() {
        data.insert("truncated".into(), true.into());
    }
}

/// Cuts every long text.
fn cut(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(CUT_TO) {
                text.truncate(end);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(cut),
        Value::Object(values) => values.values_mut().for_each(cut),
        _ => {}
    }
}

/// What a stored message means to endpoints. A code scanned by somebody who follows with it is two things.
pub(super) fn of_message(message: &Full) -> Vec<Event> {
    if !message.inbound {
        return Vec::new();
    }
    let Ok(push) = reading::read_push(&message.payload) else { return Vec::new() };
    of_push(&push, message.id, &message.openid, message.received_at)
}

/// The same of a push, which may not be a message yet.
fn of_push(push: &Push, message: i64, openid: &str, received_at: i64) -> Vec<Event> {
    let id = format!("msg_{message}");
    let event = |name, id: String, data| Event { name, id, at: received_at, data };
    let mut data = Map::new();
    if !matches!(&push.body, Body::Event(Pushed::MassSendJobFinish { .. })) {
        // There the sender is the platform.
        data.insert("openid".into(), openid.into());
    }
    data.insert("sent_at".into(), push.create_time.into());
    let with = |mut data: Map<String, Value>, more: Value| {
        if let Value::Object(more) = more {
            data.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
        }
        Value::Object(data)
    };
    match &push.body {
        Body::Event(Pushed::Subscribe { .. }) => {
            let scene = push.scene();
            let mut events = vec![event(FOLLOWED, id.clone(), with(data.clone(), json!({ "scene": scene })))];
            if scene.is_some() {
                let data = with(data, json!({ "scene": scene, "followed": true }));
                events.push(event(SCANNED, format!("{id}_scan"), data));
            }
            events
        }
        Body::Event(Pushed::Unsubscribe { .. }) => vec![event(UNFOLLOWED, id, with(data, Value::Null))],
        Body::Event(Pushed::Scan { .. }) => {
            vec![event(SCANNED, id, with(data, json!({ "scene": push.scene(), "followed": false })))]
        }
        Body::Event(
            Pushed::Click { .. }
            | Pushed::View { .. }
            | Pushed::ViewMiniProgram { .. }
            | Pushed::ScanCodePush { .. }
            | Pushed::ScanCodeWaitMsg { .. }
            | Pushed::PicSysPhoto { .. }
            | Pushed::PicPhotoOrAlbum { .. }
            | Pushed::PicWeixin { .. }
            | Pushed::LocationSelect { .. },
        ) => {
            let more = json!({ "kind": push.event(), "key": push.event_key(), "fields": fields(push) });
            vec![event(CLICKED, id, with(data, more))]
        }
        Body::Event(Pushed::MassSendJobFinish { msg_id, status, total_count, sent_count, error_count, .. }) => {
            let more = json!({
                "msg_id": msg_id, "status": status, "total": total_count, "sent": sent_count, "failed": error_count,
                "fields": fields(push),
            });
            vec![event(MASS_FINISHED, id, with(data, more))]
        }
        Body::Event(_) => Vec::new(),
        _ => {
            let text = stimulus(push).text;
            let more = json!({ "kind": push.msg_type(), "text": text, "fields": fields(push) });
            vec![event(RECEIVED, id, with(data, more))]
        }
    }
}

/// Everything received, by WeChat's names.
fn fields(push: &Push) -> Value {
    serde_json::from_str(&push.fields.to_json()).unwrap_or_default()
}

/// Tells `event` of `account` to the endpoints that want it, in the caller's transaction: what it says happened with the rest
/// of it or not at all. Told twice, it is sent once.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn emit<C: ConnectionTrait>(tx: &C, account: i64, event: &Event) -> Result<()> {
    // What a paused endpoint is to be told waits for it.
    const SQL: &str = "INSERT INTO deliveries (account_id, webhook_id, event_id, event, payload, state, attempts, \
                       next_at, copy, created_at) \
                       SELECT w.account_id, w.id, $1, $2, $3, 'waiting', 0, \
                       CASE WHEN w.state = 'paused' THEN NULL ELSE $4 END, 0, $5 \
                       FROM webhooks w WHERE w.account_id = $6 AND w.deleted_at IS NULL AND w.created_at <= $7 \
                       AND w.events LIKE $8 ON CONFLICT (webhook_id, event_id, copy) DO NOTHING";
    let Some(slug) = listed::slug_of(tx, account).await? else { return Ok(()) };
    let body = event.body(&slug);
    let now = now_ms();
    let values = [
        event.id.as_str().into(),
        event.name.into(),
        body.into(),
        now.into(),
        now.into(),
        account.into(),
        event.at.into(),
        wanting(event.name).into(),
    ];
    db::execute(tx, SQL, values).await?;
    Ok(())
}

/// The same once more for each endpoint that is told now, however often it was told before; once for each `form`. Gives
/// the number of deliveries.
pub(super) async fn emit_again<C: ConnectionTrait>(tx: &C, account: i64, event: &Event, form: &str) -> Result<u64> {
    // Who asks for it means the endpoints of today, also those that were none when it happened.
    const SQL: &str = "SELECT id FROM webhooks WHERE account_id = $1 AND deleted_at IS NULL AND state <> 'paused' \
                       AND events LIKE $2 ORDER BY id";
    let Some(slug) = listed::slug_of(tx, account).await? else { return Ok(0) };
    let body = event.body(&slug);
    let rows = tx.query_all_raw(db::statement(tx, SQL, [account.into(), wanting(event.name).into()])).await?;
    let mut copies = 0;
    for row in rows {
        let copy = Copy {
            account_id: account,
            webhook_id: row.try_get("", "id")?,
            event_id: &event.id,
            event: event.name,
            payload: &body,
            of: None,
            parked: false,
            form,
        };
        copies += u64::from(copy.enqueue(tx).await?);
    }
    Ok(copies)
}

/// Whether `account` has an endpoint that is told now and wants what `push` says.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn anybody<C: ConnectionTrait>(on: &C, account: i64, push: &Push) -> Result<bool> {
    const SQL: &str = "SELECT id FROM webhooks WHERE account_id = $1 AND deleted_at IS NULL AND state <> 'paused' \
                       AND events LIKE $2 LIMIT 1";
    for event in of_push(push, 0, &push.from, 0) {
        let wanted = db::statement(on, SQL, [account.into(), wanting(event.name).into()]);
        if on.query_one_raw(wanted).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the column `events` of an endpoint is like that wants `name`. No name has a sign that LIKE reads otherwise.
fn wanting(name: &str) -> String {
    format!("%\"{name}\"%")
}

/// An example of each event, as `data` is.
pub fn example(name: &str) -> Value {
    let openid = "oA1bC2dE3fG4hI5jK6lM7nO8pQ9r";
    let at = 1_795_320_000;
    match name {
        FOLLOWED => json!({ "openid": openid, "sent_at": at, "scene": "spring-fair" }),
        UNFOLLOWED => json!({ "openid": openid, "sent_at": at }),
        RECEIVED => json!({
            "openid": openid, "sent_at": at, "kind": "text", "text": "你好",
            "fields": { "MsgType": "text", "Content": "你好", "MsgId": "1" },
        }),
        CLICKED => json!({ "openid": openid, "sent_at": at, "kind": "CLICK", "key": "today" }),
        SCANNED => json!({ "openid": openid, "sent_at": at, "scene": "spring-fair", "followed": false }),
        MASS_FINISHED => json!({
            "sent_at": at, "msg_id": "1000001625", "status": "send success", "total": 1_200, "sent": 1_198, "failed": 2,
        }),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(payload: &str) -> Full {
        Full {
            id: 7,
            account_id: 1,
            openid: "oA".into(),
            inbound: true,
            kind: String::new(),
            summary: String::new(),
            payload: format!(
                "<xml><ToUserName>gh</ToUserName><FromUserName>oA</FromUserName><CreateTime>5</CreateTime>{payload}</xml>"
            ),
            sent_at: 5_000,
            received_at: 6_000,
            answer_state: "answered".into(),
            answer: None,
            answered_at: 0,
            rule_id: None,
        }
    }

    fn names(payload: &str) -> Vec<(&'static str, String)> {
        of_message(&message(payload)).into_iter().map(|event| (event.name, event.id)).collect()
    }

    #[test]
    fn a_message_is_what_endpoints_ask_for_by_name() {
        let event = |rest: &str| names(&format!("<MsgType>event</MsgType>{rest}"));
        assert_eq!(names("<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId>"), [(RECEIVED, "msg_7".into())]);
        assert_eq!(event("<Event>subscribe</Event>"), [(FOLLOWED, "msg_7".into())]);
        assert_eq!(
            event("<Event>subscribe</Event><EventKey>qrscene_a</EventKey>"),
            [(FOLLOWED, "msg_7".into()), (SCANNED, "msg_7_scan".into())]
        );
        assert_eq!(event("<Event>unsubscribe</Event>"), [(UNFOLLOWED, "msg_7".into())]);
        assert_eq!(event("<Event>SCAN</Event><EventKey>a</EventKey>"), [(SCANNED, "msg_7".into())]);
        assert_eq!(event("<Event>CLICK</Event><EventKey>a</EventKey>"), [(CLICKED, "msg_7".into())]);
        assert_eq!(event("<Event>MASSSENDJOBFINISH</Event><MsgID>1</MsgID>"), [(MASS_FINISHED, "msg_7".into())]);
        assert_eq!(event("<Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID>"), []);
        let out = Full { inbound: false, ..message("<MsgType>text</MsgType><Content>hi</Content>") };
        assert_eq!(of_message(&out), []);
    }

    #[test]
    fn a_body_is_never_longer_than_promised() {
        let long = "字".repeat(40_000);
        let event = Event {
            name: RECEIVED,
            id: "a".into(),
            at: 0,
            data: json!({ "text": long, "fields": { "Content": long } }),
        };
        let body = event.body("tea");
        assert!(body.len() <= BODY_LIMIT);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["data"]["truncated"], true);
        assert!(body["data"]["text"].as_str().unwrap().chars().count() == CUT_TO);

        let many: Map<String, Value> = (0..9_000).map(|n| (format!("field{n}"), "x".into())).collect();
        let event = Event { name: RECEIVED, id: "a".into(), at: 0, data: json!({ "text": "hi", "fields": many }) };
        let body: Value = serde_json::from_str(&event.body("tea")).unwrap();
        assert_eq!(body["data"], json!({ "text": "hi", "truncated": true }));
    }

    #[test]
    fn no_name_is_read_as_a_pattern() {
        for name in EVENTS {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '.'), "{name}");
        }
    }
}
