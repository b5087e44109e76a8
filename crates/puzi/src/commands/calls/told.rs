//! Lines, replays and what they hold, for a terminal and as JSON.

use puzi_resource::on_one_line;
use puzi_shop::calls::{
    read::{Call, Detail},
    replay::{Look, Now, Replay},
    rid::RidAnswer,
};
use serde_json::{Value, json};

use super::Desk;
use crate::texts::say;

impl Desk<'_> {
    pub(super) fn as_line(&self, call: &Call) -> String {
        let sign = if call.outgoing { "↑" } else { "↓" };
        let state = match (&call.trouble, call.errcode) {
            (None, _) => String::new(),
            (Some(trouble), Some(code)) => format!("  {} {code}", self.t(&format!("calls.trouble_{trouble}"))),
            (Some(trouble), None) => format!("  {}", self.t(&format!("calls.trouble_{trouble}"))),
        };
        let words = call.errmsg.as_ref().map(|words| format!("  {words}")).unwrap_or_default();
        let line = format!(
            "{:<6}  {}  {sign} {}  {} ms{state}{words}",
            call.id,
            self.clock.show(call.at),
            call.endpoint,
            ms(call.us)
        );
        on_one_line(&line)
    }

    pub(super) fn as_json(&self, call: &Call) -> Value {
        json!({
            "id": call.id,
            "account_id": call.account_id,
            "at": self.clock.iso(call.at),
            "outgoing": call.outgoing,
            "endpoint": call.endpoint,
            "us": call.us,
            "sent": call.sent,
            "received": call.received,
            "trouble": call.trouble,
            "errcode": call.errcode,
            "errmsg": call.errmsg,
            "status": call.status,
            "rid": call.rid,
            "attempt": call.attempt,
            "node": call.node,
            "origin": call.origin,
        })
    }

    pub(super) fn detail_json(&self, detail: &Detail) -> Value {
        let body = |text: &Option<String>| {
            let text = text.as_deref()?;
            Some(serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into()))
        };
        let mut value = self.as_json(&detail.call);
        value["request"] = body(&detail.request).into();
        value["response"] = body(&detail.response).into();
        value["attempts"] = detail.attempts.iter().map(|call| self.as_json(call)).collect();
        value["message_id"] = detail.message.as_ref().map(|message| message.id).into();
        value["refused_id"] = detail.refused.into();
        value["replays"] = detail.replays.iter().map(|replay| self.replay_json(replay)).collect();
        value
    }

    pub(super) fn told_json(&self, told: &RidAnswer) -> Value {
        let body = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        json!({
            "invoked_at": self.clock.iso(told.invoked_at),
            "took_ms": told.took_ms,
            "request": body(&told.request),
            "response": body(&told.response),
        })
    }

    pub(super) fn look_lines(&self, look: &Look) -> Vec<String> {
        let with = |key: &str, what: &str| say(self.locale, key, &[("what", what.to_owned())]);
        let mut lines = vec![say(
            self.locale,
            "calls.came",
            &[("at", self.clock.show(look.came_at)), ("kind", look.kind.clone()), ("words", look.summary.clone())],
        )];
        if let Some(why) = &look.refused_for {
            lines.push(with("calls.refused_for", why));
        }
        if let Some(why) = &look.unreadable {
            lines.push(with("calls.still_unreadable", why));
            return lines;
        }
        lines.push(match look.message_id {
            Some(id) => with("calls.is_message", &id.to_string()),
            None => self.t("calls.would_be_stored"),
        });
        let rule = look.rule.as_ref().map(|(_, name)| name.as_str()).unwrap_or_default();
        lines.push(match (&look.now, look.answer_line()) {
            (Now::Nothing, _) => self.t("calls.now_nothing"),
            (Now::Later, _) => with("calls.now_later", rule),
            (Now::Transfer, _) => with("calls.now_transfer", rule),
            (Now::Answer(_), answer) => {
                let args = [("what", rule.to_owned()), ("answer", answer.unwrap_or_default())];
                say(self.locale, "calls.now_answer", &args)
            }
        });
        if let Some(key) = look.no_answer {
            lines.push(with("calls.no_answer", &puzi_shop::texts::t(self.locale, key, &[])));
        }
        lines
    }

    pub(super) fn look_json(&self, look: &Look) -> Value {
        json!({
            "source": look.source.word(),
            "id": look.source.id(),
            "account_id": look.account_id,
            "came_at": self.clock.iso(look.came_at),
            "refused_for": look.refused_for,
            "unreadable": look.unreadable,
            "openid": look.openid,
            "kind": look.kind,
            "text": look.summary,
            "message_id": look.message_id,
            "rule_id": look.rule.as_ref().map(|(id, _)| *id),
            "answer": look.answer_line(),
            "can_answer": look.no_answer.is_none(),
            "can_tell_webhooks": look.can_tell_webhooks,
            "replays": look.before.iter().map(|replay| self.replay_json(replay)).collect::<Vec<_>>(),
        })
    }

    pub(super) fn replay_json(&self, replay: &Replay) -> Value {
        json!({
            "id": replay.id,
            "account_id": replay.account_id,
            "source": replay.source().word(),
            "source_id": replay.source().id(),
            "message_id": replay.message_id,
            "state": replay.state().as_str(),
            "answer_wanted": replay.answer_wanted,
            "webhooks_wanted": replay.webhooks_wanted,
            "answer": replay.answer_line(),
            "told": replay.told,
            "error": replay.error,
            "by": replay.by_name,
            "created_at": self.clock.iso(replay.created_at),
            "done_at": replay.done_at.map(|at| self.clock.iso(at)),
        })
    }
}

/// Microseconds as milliseconds.
pub(super) fn ms(us: i64) -> String {
    if us < 10_000 { format!("{}.{}", us / 1_000, us % 1_000 / 100) } else { ((us + 500) / 1_000).to_string() }
}
