//! What a replay would do. Looking stores and sends nothing.

use puzi_wechat::reply::Reply;

use super::{
    Now, Replay, Replayer, Source,
    opened::{obstacle, window},
    state::of_source,
};
use crate::{
    Result,
    accounts::Reach,
    conversations::{again, stimulus},
    db::now_ms,
    inbox::{Closed, Window},
    replies::Verdict,
};

/// What a replay would do, before it is asked for.
#[derive(Debug, Clone)]
pub struct Look {
    /// What is replayed.
    pub source: Source,
    /// The account's row number.
    pub account_id: i64,
    /// When it came, Unix ms.
    pub came_at: i64,
    /// Why it was not read then, of a refused push.
    pub refused_for: Option<String>,
    /// Why it still cannot be read.
    pub unreadable: Option<String>,
    /// Who wrote; empty while it cannot be read.
    pub openid: String,
    /// MsgType, or `event:` and the event's name.
    pub kind: String,
    /// The text, a label, an event's key: somebody's words.
    pub summary: String,
    /// The message that it is stored as.
    pub message_id: Option<i64>,
    /// What was answered then: the state, and the reply in one line.
    pub then: Option<(String, Option<String>)>,
    /// The rule that answered then.
    pub then_rule: Option<i64>,
    /// What the rules say now.
    pub now: Now,
    /// The rule that would answer now: number and name.
    pub rule: Option<(i64, String)>,
    /// Each rule that matches, the one that answers first: number, name and why.
    pub matching: Vec<(i64, String, Verdict)>,
    /// Whether a message may be sent to the follower now.
    pub window: Window,
    /// Key of the text that says why no answer can be sent.
    pub no_answer: Option<&'static str>,
    /// Whether one of the merchant's webhooks wants what this push says, and can be told again.
    pub can_tell_webhooks: bool,
    /// Replays of it, the newest first.
    pub before: Vec<Replay>,
}

impl Look {
    /// What would be sent, in one line.
    pub fn answer_line(&self) -> Option<String> {
        match &self.now {
            Now::Answer(reply) => Some(again::reply_line(reply)),
            Now::Nothing | Now::Later | Now::Transfer => None,
        }
    }
}

impl Replayer {
    /// What a replay would do. Stores and sends nothing.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when it is not there or its account is not seen.
    pub async fn look(&self, reach: &Reach, source: Source) -> Result<Look> {
        let opened = self.open(reach, source).await?;
        let now = opened.now(now_ms());
        let as_stored = opened.as_stored();
        let window = match &as_stored {
            Some(message) => window(self.db.read(), message).await?,
            None => Window::Closed(Closed::Never),
        };
        let mut matching = Vec::new();
        if let Ok(push) = &opened.push {
            for one in opened.live.rules.explain(&stimulus(push), now_ms()).considered {
                if !matches!(one.verdict, Verdict::Out(_)) {
                    matching.push((one.rule.id, one.rule.name.clone(), one.verdict));
                }
            }
        }
        let then = opened.stored.as_ref().map(|stored| {
            let reply = stored.answer.as_deref().and_then(|json| serde_json::from_str::<Reply>(json).ok());
            (stored.answer_state.clone(), reply.map(|reply| again::reply_line(&reply)))
        });
        let message = as_stored.as_ref();
        let can_tell_webhooks = opened.somebody_is_told(self.db.read()).await?;
        Ok(Look {
            source,
            account_id: opened.live.account.id,
            came_at: opened.came_at,
            refused_for: opened.refused_for.clone(),
            unreadable: opened.push.as_ref().err().cloned(),
            openid: message.map(|message| message.openid.clone()).unwrap_or_default(),
            kind: message.map(|message| message.kind.clone()).unwrap_or_default(),
            summary: message.map(|message| message.summary.clone()).unwrap_or_default(),
            message_id: opened.stored.as_ref().map(|stored| stored.id),
            then,
            then_rule: opened.stored.as_ref().and_then(|stored| stored.rule_id),
            rule: matching.iter().find(|(.., why)| why.wins()).map(|(id, name, _)| (*id, name.clone())),
            no_answer: obstacle(&opened.push, &now, window),
            matching,
            now,
            window,
            can_tell_webhooks,
            before: of_source(self.db.read(), source).await?,
        })
    }
}
