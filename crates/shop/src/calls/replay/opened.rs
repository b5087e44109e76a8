//! A push taken up once more: read with the keys there are now, and what the rules say to it now.

use std::sync::Arc;

use puzi_wechat::{
    client::CustomMessage,
    envelope::{Received, Refusal},
    message::Push,
    reply::Reply,
};
use sea_orm::ConnectionTrait;

use super::{Replayer, Source};
use crate::{
    Error, Result,
    accounts::{LiveAccount, Reach},
    conversations::{
        again::{self, StoredPush},
        reading, refused, stimulus,
    },
    db::now_ms,
    inbox::{self, Closed, Window},
    replies::Plan,
    webhooks,
};

/// What the rules say now.
#[derive(Debug, Clone, PartialEq)]
pub enum Now {
    /// No rule answers, or one that says nothing.
    Nothing,
    /// This.
    Answer(Reply),
    /// It takes a nickname or the merchant's server, which are asked when it is sent.
    Later,
    /// The chat would be handed to customer service, which is no message.
    Transfer,
}

/// A push opened with the keys there are now.
pub(super) struct Opened {
    pub(super) live: Arc<LiveAccount>,
    pub(super) came_at: i64,
    pub(super) refused_for: Option<String>,
    pub(super) push: Result<Push, String>,
    /// What is to be stored, of a refused push that is readable now and not among the messages.
    pub(super) to_store: Option<Received>,
    pub(super) stored: Option<StoredPush>,
}

impl Opened {
    /// The push as a message, also when it is not one yet.
    pub(super) fn as_stored(&self) -> Option<StoredPush> {
        self.stored.clone().or_else(|| {
            let push = self.push.as_ref().ok()?;
            Some(StoredPush {
                id: 0,
                account_id: self.live.account.id,
                openid: push.from.clone(),
                kind: again::kind_of(push),
                summary: again::summary_of(push),
                payload: String::new(),
                sent_at: push.create_time.saturating_mul(1000),
                received_at: self.came_at,
                answer_state: "answered".into(),
                answer: None,
                rule_id: None,
            })
        })
    }

    /// Whether an endpoint of the account is told now of what this push says.
    pub(super) async fn somebody_is_told<C: ConnectionTrait>(&self, on: &C) -> Result<bool> {
        match &self.push {
            Ok(push) => webhooks::anybody(on, self.live.account.id, push).await,
            Err(_) => Ok(false),
        }
    }

    /// What the rules say at `at`, Unix ms.
    pub(super) fn now(&self, at: i64) -> Now {
        let Ok(push) = &self.push else { return Now::Nothing };
        match self.live.rules.choose(&stimulus(push), at).plan(&push.dedup_key()) {
            Plan::Now(reply) => match reply.into_owned() {
                Reply::Nothing => Now::Nothing,
                Reply::TransferCustomerService { .. } => Now::Transfer,
                reply => Now::Answer(reply),
            },
            Plan::NeedsFollower(_) | Plan::AskWebhook(_) => Now::Later,
        }
    }
}

impl Replayer {
    pub(super) async fn open(&self, reach: &Reach, source: Source) -> Result<Opened> {
        let on = self.db.read();
        match source {
            Source::Message(id) => {
                let stored = again::stored(on, id).await?.ok_or(Error::NotFound)?;
                let live = self.live(reach, stored.account_id)?;
                let push = reading::read_push(&stored.payload).map_err(|error| error.to_string());
                let came_at = stored.received_at;
                Ok(Opened { live, came_at, refused_for: None, push, to_store: None, stored: Some(stored) })
            }
            Source::Refused(id) => {
                let kept = refused::kept(on, id).await?.ok_or(Error::NotFound)?;
                let live = self.live(reach, kept.account_id)?;
                let opened: Result<Received, Refusal> = live.receiver.reopen(kept.body.as_bytes(), kept.encrypted);
                let (came_at, refused_for) = (kept.received_at, Some(kept.reason));
                let received = match opened {
                    Ok(received) => received,
                    Err(refusal) => {
                        let push = Err(refusal.to_string());
                        return Ok(Opened { live, came_at, refused_for, push, to_store: None, stored: None });
                    }
                };
                let stored = again::by_key(on, kept.account_id, &received.push.dedup_key()).await?;
                let push = Ok(received.push.clone());
                let to_store = Some(received);
                Ok(Opened { live, came_at, refused_for, push, to_store, stored })
            }
        }
    }

    fn live(&self, reach: &Reach, account: i64) -> Result<Arc<LiveAccount>> {
        reach.must_see(account)?;
        self.registry.by_id(account).ok_or(Error::NotFound)
    }
}

/// Why no answer can be sent.
pub(super) fn obstacle(push: &Result<Push, String>, now: &Now, window: Window) -> Option<&'static str> {
    match (push, now, window) {
        (Err(_), ..) => Some("replay.unreadable"),
        (_, Now::Nothing, _) => Some("replay.no_answer"),
        (_, Now::Transfer, _) => Some("replay.transfer"),
        (_, Now::Answer(reply), _) if CustomMessage::try_from(reply).is_err() => Some("replay.transfer"),
        (.., Window::Closed(Closed::Never)) => Some("replay.window_never"),
        (.., Window::Closed(Closed::TimeOver { .. })) => Some("replay.window_over"),
        (.., Window::Closed(Closed::Spent { .. })) => Some("replay.window_spent"),
        (.., Window::Open { .. }) => None,
    }
}

/// Whether the follower who sent `message` may be sent one now. The message itself may be too new for the conversation to
/// know it.
pub(crate) async fn window<C: ConnectionTrait>(on: &C, message: &StoredPush) -> Result<Window> {
    let mut chat = inbox::chat_of(on, message.account_id, &message.openid).await?.unwrap_or_default();
    if !message.kind.starts_with("event:") && message.sent_at > chat.said_at {
        chat.said_at = message.sent_at;
        chat.said_used = 0;
    }
    Ok(Window::of(&chat, now_ms()))
}
