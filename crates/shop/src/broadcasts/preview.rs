//! Looking at it on one phone before many get it.

use puzi_wechat::{
    api::{
        mass::{Preview, PreviewKind},
        media::UploadVideo,
    },
    client::ErrorKind,
};
use sea_orm::ConnectionTrait;

use super::{
    Broadcast, Broadcasts, Content, borrowed,
    person::person,
    quota::{self, AccountKind},
};
use crate::{
    Error, Problem, Result,
    accounts::{LiveAccount, Reach, settings::ACCOUNT_KIND},
    audit::Actor,
    db::{self, now_ms},
    drafts,
};

/// Characters of an openid or a WeChat name.
const WHOM_CHARS: usize = 64;

/// On whose phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewTo {
    /// The one that this person looked at last.
    Own,
    /// An openid, or a WeChat name; it is remembered for next time unless WeChat refuses it.
    Whom(String),
}

/// How a preview went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewState {
    /// It is on the phone.
    Sent,
    /// WeChat refused it.
    Failed,
    /// No answer: it is there or not.
    Unknown,
}

impl PreviewState {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What came of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    /// To whom.
    pub to: String,
    /// How it went.
    pub state: PreviewState,
    /// WeChat's code.
    pub errcode: Option<i64>,
    /// WeChat's words.
    pub error: Option<String>,
    /// WeChat's number of the refused call.
    pub rid: Option<String>,
}

impl Broadcasts {
    /// Sends it to one phone; nothing of the month's messages and no draft is used up.
    ///
    /// # Errors
    /// [`Error::NotFound`] out of reach; [`Error::Invalid`] without a phone, and when its draft or files are gone;
    /// [`Error::NotNow`] when the day's previews are used up. What WeChat refuses is told in what it gives.
    pub async fn preview(&self, by: &Actor, reach: &Reach, id: i64, to: PreviewTo) -> Result<Previewed> {
        let broadcast = self.get(reach, id).await?;
        let live = self.live(broadcast.account_id)?;
        let whom = self.whom(by, &broadcast, to).await?;
        let ask = self.asked(&live, &broadcast, &whom).await?;
        let row = self.begin_preview(by, &live, &broadcast, &whom).await?;
        let told = match live.client.mass().preview(&ask).await {
            Ok(_) => Previewed { to: whom, state: PreviewState::Sent, errcode: None, error: None, rid: None },
            Err(error) => {
                let lost = error.kind == ErrorKind::Transport && !error.unsent;
                Previewed {
                    to: whom,
                    state: if lost { PreviewState::Unknown } else { PreviewState::Failed },
                    errcode: error.errcode,
                    error: Some(error.errmsg),
                    rid: error.rid,
                }
            }
        };
        const SQL: &str = "UPDATE broadcast_previews SET state = $1, errcode = $2, error = $3, rid = $4 WHERE id = $5";
        let values = [
            told.state.word().into(),
            told.errcode.into(),
            told.error.clone().into(),
            told.rid.clone().into(),
            row.into(),
        ];
        self.db.execute(SQL, values).await?;
        if told.state != PreviewState::Failed {
            self.remember(by, broadcast.account_id, &told.to).await?;
        }
        Ok(told)
    }

    /// What was mistyped is not remembered: it was refused.
    async fn remember(&self, by: &Actor, account: i64, whom: &str) -> Result<()> {
        const SQL: &str = "INSERT INTO preview_phones (account_id, person, to_whom) VALUES ($1, $2, $3) \
                           ON CONFLICT (account_id, person) DO UPDATE SET to_whom = excluded.to_whom";
        let person = person(self.db.read(), by).await?;
        self.db.execute(SQL, [account.into(), person.into(), whom.into()]).await?;
        Ok(())
    }

    /// The phone that `by` looked at last, of this account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn phone(&self, by: &Actor, account: i64) -> Result<Option<String>> {
        const SQL: &str = "SELECT to_whom FROM preview_phones WHERE account_id = $1 AND person = $2";
        let on = self.db.read();
        let values = [account.into(), person(on, by).await?.into()];
        let row = on.query_one_raw(db::statement(on, SQL, values)).await?;
        Ok(row.map(|row| row.try_get("", "to_whom")).transpose()?)
    }

    async fn whom(&self, by: &Actor, broadcast: &Broadcast, to: PreviewTo) -> Result<String> {
        let whom = match to {
            PreviewTo::Whom(whom) => whom.trim().to_owned(),
            PreviewTo::Own => self.phone(by, broadcast.account_id).await?.unwrap_or_default(),
        };
        if whom.is_empty() {
            return Err(Error::field("phone", "broadcast.no_phone"));
        }
        if whom.chars().count() > WHOM_CHARS {
            return Err(Error::field("phone", "broadcast.bad_phone"));
        }
        Ok(whom)
    }

    /// Notes it before it is sent: the day's previews count also those of which no answer came.
    async fn begin_preview(&self, by: &Actor, live: &LiveAccount, broadcast: &Broadcast, whom: &str) -> Result<i64> {
        let account = broadcast.account_id;
        let tx = self.db.begin_write().await?;
        let kind = AccountKind::read(&live.settings.text(ACCOUNT_KIND));
        let previews = quota::of(&*tx, account, kind).await?.previews;
        if previews.left() == 0 {
            let problem = Problem::new("phone", "broadcast.no_previews").with("until", quota::said(previews.until));
            return Err(Error::NotNow(problem));
        }
        const NOTE: &str = "INSERT INTO broadcast_previews (account_id, broadcast_id, to_whom, state, by, at) \
                            VALUES ($1, $2, $3, 'unknown', $4, $5) RETURNING id";
        let values = [account.into(), broadcast.id.into(), whom.into(), by.name.as_str().into(), now_ms().into()];
        let row = tx.query_one_raw(db::statement(&*tx, NOTE, values)).await?.ok_or(Error::NotFound)?;
        tx.commit().await?;
        Ok(row.try_get("", "id")?)
    }

    async fn asked(&self, live: &LiveAccount, broadcast: &Broadcast, whom: &str) -> Result<Preview> {
        let account = broadcast.account_id;
        let content = &broadcast.content;
        let first = async || -> Result<String> {
            Ok(borrowed::media_ids(self.db.read(), account, content).await?.into_iter().next().unwrap_or_default())
        };
        let ask = match content {
            Content::Text { text } => Preview::new(PreviewKind::Text).text(text.as_str()),
            Content::Mpnews { draft_id } => {
                let draft = drafts::sendable(self.db.read(), account, *draft_id).await?;
                let media = draft.and_then(|draft| draft.media_id);
                let media = media.ok_or_else(|| Error::field("draft_id", "broadcast.no_draft"))?;
                Preview::new(PreviewKind::Mpnews).mpnews(media)
            }
            Content::Image { .. } => Preview::new(PreviewKind::Image).image(first().await?),
            Content::Voice { .. } => Preview::new(PreviewKind::Voice).voice(first().await?),
            Content::Mpvideo { title, .. } => {
                let video = UploadVideo::new(first().await?).title(title.as_str());
                let made = live.client.media().upload_video(&video).await?;
                Preview::new(PreviewKind::Mpvideo).mpvideo(made.media_id)
            }
        };
        // Openids begin with o and have 28 signs; all else is a name.
        let is_openid = whom.starts_with('o') && whom.len() >= 20;
        Ok(if is_openid { ask.touser(whom) } else { ask.towxname(whom) })
    }
}
