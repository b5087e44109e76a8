//! That somebody types: colleagues see it at once, the follower too, as far as WeChat shows it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Author, Seen, chats,
    live::{self, Kind},
};
use crate::Result;

/// WeChat shows it for 15 s, and refuses it while it is shown.
const SHOW_AGAIN: Duration = Duration::from_secs(10);

/// When followers were last shown it, by conversation.
#[derive(Default)]
pub(super) struct Shown(Mutex<HashMap<i64, Instant>>);

impl Shown {
    /// Whether it is time again, which is noted.
    fn is_due(&self, chat_id: i64) -> bool {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|_, at| at.elapsed() < SHOW_AGAIN);
        let due = !shown.contains_key(&chat_id);
        shown.entry(chat_id).or_insert_with(Instant::now);
        due
    }
}

impl Seen {
    /// `by` types in the conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) when there is no such conversation.
    pub async fn typing(&self, chat_id: i64, by: &Author) -> Result<()> {
        let tx = self.shared.db.begin_write().await?;
        let chat = chats::within(&*tx, &self.reach, chat_id).await?;
        live::note(&*tx, chat_id, Kind::Typing, &format!("{}:{}", by.id, by.name)).await?;
        tx.commit().await?;
        self.shared.live.wake();
        if self.shared.typed.is_due(chat_id)
            && let Some(live) = self.shared.registry.by_id(chat.account_id)
        {
            // Nobody waits for it, and whether it is shown changes nothing.
            tokio::spawn(async move {
                if let Err(error) = live.client.messages().typing(&chat.openid, true).await {
                    tracing::debug!(%error, "WeChat does not show that somebody types");
                }
            });
        }
        Ok(())
    }
}
