//! What WeChat shows now, whoever made it. What is met for the first time is kept as a version, so that it can be looked at and
//! come back.

use puzi_wechat::client::{Client, Result as Asked};

use super::{MenuSet, Menus, versions};
use crate::{Result, accounts::Reach, db::now_ms};

/// Who made a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// We published it.
    Published,
    /// Somebody else's program did, by the API.
    Found,
    /// It was made on WeChat's admin platform.
    Platform,
}

impl Origin {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Found => "found",
            Self::Platform => "platform",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        match word {
            "published" => Self::Published,
            "platform" => Self::Platform,
            _ => Self::Found,
        }
    }
}

/// What is live.
#[derive(Debug, Clone)]
pub struct Live {
    /// The menus; those of some people have our names where we know them.
    pub set: MenuSet,
    /// WeChat's numbers of the menus of some people, in the order of `set`.
    pub ids: Vec<i64>,
    /// Who made it.
    pub origin: Origin,
    /// Names what is live: whoever publishes says which one they saw.
    pub digest: String,
    /// The version that it is; none while there is no menu.
    pub number: Option<i64>,
    /// When WeChat told, Unix ms.
    pub read_at: i64,
}

impl Menus {
    /// What WeChat shows now.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for an account out of reach; what WeChat refuses.
    pub async fn live(&self, reach: &Reach, account: i64) -> Result<Live> {
        let seen = self.seen(reach, account)?;
        let (mut set, ids, made) = ask(&seen.client).await?;
        let (digest, read_at) = (set.digest(), now_ms());
        if set.is_empty() {
            return Ok(Live { set, ids, origin: made, digest, number: None, read_at });
        }
        if versions::of_digest(self.db.read(), account, &digest).await?.is_none() {
            // Another node may keep it at the same time: then one of the two is kept.
            let tx = self.db.begin_write().await?;
            versions::keep(&*tx, account, (&set, &digest), made, "").await?;
            tx.commit().await?;
        }
        let known = versions::of_digest(self.db.read(), account, &digest).await?;
        let (origin, number) = known.as_ref().map_or((made, None), |one| (one.origin, Some(one.number)));
        if let Some(known) = known {
            // Alike to the digest, they differ in names alone.
            for (one, named) in set.conditional.iter_mut().zip(known.set.conditional) {
                one.name = named.name;
            }
        }
        Ok(Live { set, ids, origin, digest, number, read_at })
    }
}

/// Asks WeChat: the menus, the numbers of those of some people, and who can have made them.
pub(super) async fn ask(client: &Client) -> Asked<(MenuSet, Vec<i64>, Origin)> {
    if let Some(told) = client.menu().get().await? {
        let (set, ids) = MenuSet::of_told(told);
        return Ok((set, ids, Origin::Found));
    }
    Ok((MenuSet::of_current(client.menu().current().await?), Vec::new(), Origin::Platform))
}
