//! The inbox: conversations as the team sees them. Who waits, who answers, what was sent, and what is kept.
//!
//! The list of conversations is derived from the messages by a follower of its own (`project`), so that taking a
//! message stays as quick as it is. What staff send is a row and a job in one commit (`send`); the job tells WeChat
//! once (`deliver`). Pictures, voices and films are fetched before WeChat drops them (`media`). Every change is a
//! row of a small table that all nodes read, so that everybody sees it at once (`live`).

mod assign;
mod bubble;
mod chats;
mod deliver;
mod files;
mod heard;
mod history;
mod live;
mod media;
mod named;
mod notes;
pub mod phrases;
mod project;
mod send;
mod sources;
#[cfg(test)]
mod tests;
mod timeline;
mod typing;
mod waits;
mod window;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use self::chats::chat_of;
pub use self::{
    assign::Line as ChatLine,
    bubble::{Bubble, EventLine, MediaState, MediaView},
    chats::{Chat, Filter, Listed, PAGE, Place as ListPlace, chats_with},
    files::Folder,
    history::Chapter,
    live::{Change, Kind as ChangeKind, Live},
    media::Kept,
    notes::Note,
    project::Projector,
    send::{Content, Outgoing, State as SendState},
    timeline::{Entry, Page, Side, Speaker},
    window::{Allowance, Closed, Window},
};
pub(crate) use self::{
    heard::{Heard, heard, latest_of, service_line, unheard},
    history::sent_within,
};
pub use crate::conversations::reading::Whose;
use crate::{
    Result,
    accounts::{Reach, Registry},
    conversations::Beside,
    db::{Db, now_ms},
    jobs::{self, Job, Outcome},
};

/// What an index over words reads of what staff sent.
pub(crate) const SAID: &str = "SELECT m.id, c.account_id, c.openid, FALSE AS inbound, m.kind, \
                               CASE WHEN m.kind = 'text' THEN m.content ELSE '' END AS text, '' AS payload, \
                               m.created_at AS at, m.staff_name AS name \
                               FROM outgoing m JOIN chats c ON c.id = m.chat_id WHERE 1 = 1";

/// How often old rows are taken away and lost sendings looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(30);

/// Somebody of the team, as the inbox knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Row number of the member of staff.
    pub id: i64,
    /// The name as it is now; kept beside what they did.
    pub name: String,
}

/// The inbox of this shop; cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    registry: Registry,
    folder: Folder,
    live: Live,
    /// Told when this process stores messages.
    stored: Arc<Notify>,
    http: reqwest::Client,
    /// When the follower was last shown that somebody types.
    typed: typing::Shown,
}

/// The inbox as somebody sees it who may see some accounts: what belongs to another one is not there. Whatever takes a
/// conversation's number stands here, so that nobody is asked for a conversation without saying who asks.
#[derive(Clone)]
pub struct Seen {
    shared: Arc<Shared>,
    reach: Reach,
}

impl Inbox {
    /// The conversations of the accounts within `reach`.
    pub fn seen_by(&self, reach: &Reach) -> Seen {
        Seen { shared: self.shared.clone(), reach: reach.clone() }
    }

    /// The inbox over `db`; media is kept in `media_folder`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(db: Db, registry: Registry, media_folder: PathBuf) -> Result<Self> {
        let http = media::http_client()?;
        let shared = Shared {
            live: Live::new(db.clone()),
            folder: Folder::at(media_folder)?,
            db,
            registry,
            stored: Arc::default(),
            http,
            typed: typing::Shown::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the conversations need to know of the inbox: who does its jobs, and whom to tell of new messages.
    pub fn beside(&self) -> Beside {
        let inbox = self.clone();
        let handler: jobs::Handler = Arc::new(move |job| {
            let inbox = inbox.clone();
            Box::pin(async move { inbox.do_job(&job).await })
        });
        Beside { jobs: Some(handler), stored: self.shared.stored.clone() }
    }

    /// Follows the messages and spreads the changes until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let projector = Projector::new(self.shared.db.clone());
        let projecting = projector.run(self.shared.stored.clone(), self.shared.live.clone(), stop.clone());
        let spreading = self.shared.live.clone().run(stop.clone());
        let keeping = self.keep_house(stop);
        tokio::join!(projecting, spreading, keeping);
    }

    /// Changes as they happen, on any node.
    pub fn live(&self) -> &Live {
        &self.shared.live
    }

    /// Where kept media lies.
    pub fn folder(&self) -> &Folder {
        &self.shared.folder
    }

    async fn do_job(&self, job: &Job) -> Outcome {
        match job.kind.as_str() {
            send::JOB => self.deliver(job).await,
            media::JOB => self.fetch_media(job).await,
            other => Outcome::Dead(format!("no handler for {other}")),
        }
    }

    async fn keep_house(&self, stop: CancellationToken) {
        loop {
            let done = async {
                live::trim(&self.shared.db, now_ms()).await?;
                self.find_lost_sendings(now_ms()).await
            };
            if let Err(error) = done.await {
                tracing::warn!(%error, "the inbox could not be tidied");
            }
            if tokio::time::timeout(HOUSEKEEPING, stop.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}
