//! What the admin needs of its surroundings, beside what the callback needs.

use std::{path::PathBuf, sync::Arc};

use jiff::tz::TimeZone;
use puzi_shop::{
    drafts::Drafts, inbox::Inbox, materials::Materials, replies::Guard, runs::Runs, secrets::Vault, staff::Staff,
    texts::Locale, uploads::Uploads, webhooks::Webhooks,
};
use puzi_wechat::Secret;
use tokio_util::sync::CancellationToken;

use super::resource::Faces;
use crate::App;

/// What the admin needs.
#[derive(Clone)]
pub struct AdminParts {
    /// The staff and their sessions.
    pub staff: Staff,
    /// The declared resources.
    pub faces: Arc<Faces>,
    /// Conversations with followers.
    pub inbox: Inbox,
    /// Long work.
    pub runs: Runs,
    /// Pictures and files that staff upload.
    pub uploads: Uploads,
    /// Pictures, voices and films that WeChat keeps.
    pub materials: Materials,
    /// Articles.
    pub drafts: Drafts,
    /// Seals secrets.
    pub vault: Arc<Vault>,
    /// Which addresses webhooks may reach.
    pub guard: Guard,
    /// Endpoints that are told what happens.
    pub webhooks: Webhooks,
    /// Where the world reaches this server; empty while it cannot.
    pub public_url: String,
    /// Folder of the database, the key and the uploads.
    pub data: PathBuf,
    /// The shop's clock.
    pub zone: TimeZone,
    /// The language of whoever prefers none.
    pub locale: Locale,
    /// What the first run asks of anybody who is not on this machine; printed where the server was started.
    pub setup_code: Secret<String>,
    /// The server is about to stop: streams end.
    pub stop: CancellationToken,
}

impl App {
    /// Whether there is an owner: until then the first run is everything the admin offers.
    pub(crate) async fn has_staff(&self) -> puzi_shop::Result<bool> {
        use std::sync::atomic::Ordering::Relaxed;
        // Once there is one there always is: the last owner cannot go.
        if !self.staff_seen.load(Relaxed) && self.staff.any().await? {
            self.staff_seen.store(true, Relaxed);
        }
        Ok(self.staff_seen.load(Relaxed))
    }

    /// The URL to paste into WeChat's admin platform for the account `slug`, as far as it is known; `host` was asked.
    pub(crate) fn callback_url(&self, slug: &str, host: &str) -> String {
        let base = match self.admin.public_url.trim_end_matches('/') {
            "" => format!("http://{host}"),
            url => url.to_owned(),
        };
        format!("{base}/wechat/{slug}")
    }
}
