//! What to answer: the rules' decision, and the answers that need somebody else.

use std::sync::Arc;

use puzi_wechat::{
    message::{Body, Event, Push},
    reply::Reply,
};

use super::{
    Conversations, reading,
    store::{FollowChange, MessageKey},
};
use crate::{
    accounts::LiveAccount,
    followers,
    replies::{Plan, Question, RuleBook, Stimulus},
};

/// A profile that was read is good for a day.
const PROFILE_AGE_MS: i64 = 24 * 3_600_000;
/// A list shows this much of a message.
const SUMMARY_CHARS: usize = 200;

/// What the rules say to a message.
#[derive(Debug)]
pub(super) enum Decision {
    /// The answer is known.
    Now { reply: Reply, rule_id: Option<i64> },
    /// It takes a look at a profile or a question to the merchant's server.
    Later { rule_id: i64 },
    /// Deciding panicked.
    Broken,
}

/// Asks the rules. Pure and quick.
pub(super) fn decide(rules: &RuleBook, push: &Push, now: i64, seed: &[u8]) -> Decision {
    let choice = rules.choose(&stimulus(push), now);
    let Some(rule) = choice.rule() else { return Decision::Now { reply: Reply::Nothing, rule_id: None } };
    match choice.plan(seed) {
        Plan::Now(reply) => Decision::Now { reply: reply.into_owned(), rule_id: Some(rule.id) },
        Plan::NeedsFollower(_) | Plan::AskWebhook(_) => Decision::Later { rule_id: rule.id },
    }
}

/// What rules look at in a push.
pub fn stimulus(push: &Push) -> Stimulus<'_> {
    let text = match &push.body {
        Body::Text(text) => Some(text.content.as_str()),
        Body::Voice(voice) => voice.recognition.as_deref(),
        _ => None,
    };
    Stimulus { kind: push.msg_type(), text, event: push.event(), event_key: push.event_key(), scene: push.scene() }
}

impl Conversations {
    /// Computes an answer that the rules alone cannot give. `asked_at` is the time the rules are asked for.
    pub(super) async fn compose(
        self,
        live: Arc<LiveAccount>,
        push: Push,
        key: MessageKey,
        asked_at: i64,
    ) -> Result<Reply, String> {
        let choice = live.rules.choose(&stimulus(&push), asked_at);
        match choice.plan(&key.push) {
            Plan::Now(reply) => Ok(reply.into_owned()),
            Plan::NeedsFollower(filling) => {
                let nickname = self.nickname(&live, &push.from).await;
                Ok(filling.fill(nickname.as_deref()))
            }
            Plan::AskWebhook(call) => {
                let rule = choice.rule().map(|rule| rule.name.as_str()).unwrap_or_default();
                let question = webhook_question(&live.account.slug, rule, &push, &key);
                let asked = self.shared.webhooks.ask(call, &question).await;
                asked.map_err(|error| {
                    metrics::counter!("puzi_webhook_failures_total", "reason" => error.label()).increment(1);
                    error.to_string()
                })
            }
        }
    }

    /// The follower's nickname: what is stored, else what WeChat says now.
    async fn nickname(&self, live: &LiveAccount, openid: &str) -> Option<String> {
        let now = crate::db::now_ms();
        let known = followers::find(&self.shared.db, live.account.id, openid).await.ok().flatten();
        if let Some(follower) = &known
            && follower.profile_read_at.is_some_and(|at| now - at < PROFILE_AGE_MS)
        {
            return follower.nickname.clone();
        }
        match live.client.users().info(openid).await {
            Ok(info) => {
                let nickname = Some(info.nickname).filter(|name| !name.is_empty());
                let kept =
                    followers::keep_profile(&self.shared.db, live.account.id, openid, nickname.as_deref(), now).await;
                if let Err(error) = kept {
                    tracing::warn!(%error, "a profile could not be kept");
                }
                nickname
            }
            Err(error) => {
                tracing::warn!(%error, "a profile could not be read");
                known.and_then(|follower| follower.nickname)
            }
        }
    }
}

fn webhook_question(account: &str, rule: &str, push: &Push, key: &MessageKey) -> Question {
    let stimulus = stimulus(push);
    Question {
        id: key.hex(),
        account: account.to_owned(),
        rule: rule.to_owned(),
        openid: push.from.clone(),
        sent_at: push.create_time,
        kind: stimulus.kind.to_owned(),
        text: stimulus.text.map(str::to_owned),
        event: stimulus.event.map(str::to_owned),
        event_key: stimulus.event_key.map(str::to_owned),
        scene: stimulus.scene.map(str::to_owned),
        fields: serde_json::from_str(&push.fields.to_json()).unwrap_or_default(),
    }
}

/// MsgType, or `event:` and the event's name.
pub(super) fn kind(push: &Push) -> String {
    match push.event() {
        Some(event) => format!("event:{event}"),
        None => push.msg_type().to_owned(),
    }
}

/// What a list shows of a message.
pub(super) fn summary(push: &Push) -> String {
    shorten(words(push))
}

/// The whole text of a stored message, of which a list shows a [`summary`]: what came in lies there as WeChat sent it, what
/// went out as a reply. None when it cannot be read.
pub(crate) fn whole_text(inbound: bool, payload: &str) -> Option<String> {
    if !inbound {
        return serde_json::from_str(payload).ok().map(|reply| reply_words(&reply));
    }
    reading::read_push(payload).ok().map(|push| words(&push).to_owned())
}

fn words(push: &Push) -> &str {
    match &push.body {
        Body::Text(text) => text.content.as_str(),
        Body::Voice(voice) => voice.recognition.as_deref().unwrap_or_default(),
        Body::Location(location) => location.label.as_str(),
        Body::Link(link) => link.title.as_str(),
        Body::Event(_) => push.event_key().unwrap_or_default(),
        _ => "",
    }
}

/// Whether a person did this: the platform's own notices make nobody a follower.
pub(super) fn is_from_a_person(push: &Push) -> bool {
    let Body::Event(event) = &push.body else { return !push.from.is_empty() };
    matches!(
        event,
        Event::Subscribe { .. }
            | Event::Unsubscribe { .. }
            | Event::Scan { .. }
            | Event::Location { .. }
            | Event::Click { .. }
            | Event::View { .. }
            | Event::ViewMiniProgram { .. }
            | Event::ScanCodePush { .. }
            | Event::ScanCodeWaitMsg { .. }
            | Event::PicSysPhoto { .. }
            | Event::PicPhotoOrAlbum { .. }
            | Event::PicWeixin { .. }
            | Event::LocationSelect { .. }
    )
}

/// Whether somebody follows or leaves.
pub(super) fn follow_change(push: &Push) -> Option<FollowChange> {
    match &push.body {
        Body::Event(Event::Subscribe { .. }) => {
            Some(FollowChange { subscribed: true, scene: push.scene().map(str::to_owned) })
        }
        Body::Event(Event::Unsubscribe { .. }) => Some(FollowChange { subscribed: false, scene: None }),
        _ => None,
    }
}

/// The reply as it is stored; `None` for no answer.
pub(super) fn as_json(reply: &Reply) -> Option<String> {
    if matches!(reply, Reply::Nothing) {
        return None;
    }
    Some(serde_json::to_string(reply).expect("a reply is plain data"))
}

/// The kind of a reply that went out by itself, in WeChat's words.
pub(super) fn reply_kind(reply: &Reply) -> &'static str {
    match reply {
        Reply::Text { .. } => "text",
        Reply::Image { .. } => "image",
        Reply::Voice { .. } => "voice",
        Reply::Video { .. } => "video",
        Reply::Music { .. } => "music",
        Reply::News { .. } => "news",
        Reply::TransferCustomerService { .. } => "transfer_customer_service",
        Reply::Nothing => "nothing",
    }
}

/// A reply in one line.
pub(super) fn reply_summary(reply: &Reply) -> String {
    shorten(&reply_words(reply))
}

fn reply_words(reply: &Reply) -> String {
    match reply {
        Reply::Text { content, .. } => content.clone(),
        Reply::News { articles, .. } => {
            articles.iter().map(|article| article.title.as_str()).collect::<Vec<_>>().join(" / ")
        }
        Reply::Video { title, .. } | Reply::Music { title, .. } => title.clone(),
        Reply::Image { media_id } | Reply::Voice { media_id } => media_id.clone(),
        Reply::TransferCustomerService { kf_account } => kf_account.clone().unwrap_or_default(),
        Reply::Nothing => String::new(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SUMMARY_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
