//! What agents do in their own client, and what a user sees of it.

use serde::Deserialize;

use super::accounts::attend;
use super::{State, records};
use crate::api::ApiError;
use crate::chat::{ChatItem, Kind, Side};
use crate::world::Inner;
use crate::{Phone, Sandbox};

/// Something the person behind an account does.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Deed {
    Accept,
    Decline,
    Online {
        #[serde(default)]
        auto_accept: u32,
    },
    Offline,
    Take {
        openid: String,
    },
    Say {
        openid: String,
        words: String,
    },
    Close {
        openid: String,
    },
    HandOver {
        openid: String,
        to: String,
    },
}

/// Does it, when the agent, the user and what is between them allow it.
pub(crate) fn act(inner: &Inner, appid: &str, kf_account: &str, deed: &Deed) -> bool {
    let at = inner.clock.now_ms();
    let now = at.div_euclid(1000);
    let done = at_desk(inner, appid, |service| {
        match deed {
            Deed::Accept => return Ok(service.agent_mut(kf_account)?.answer(true, now)),
            Deed::Decline => return Ok(service.agent_mut(kf_account)?.answer(false, now)),
            Deed::Online { auto_accept } => {
                attend(service.agent_mut(kf_account)?, Some(*auto_accept))?;
                service.serve_waiting(inner, appid);
            }
            Deed::Offline => attend(service.agent_mut(kf_account)?, None)?,
            Deed::Take { openid } => {
                service.attending(kf_account)?;
                if service.agent_of(openid).is_some() {
                    return Ok(false);
                }
                service.open(inner, appid, openid, kf_account);
            }
            Deed::Say { openid, words } => {
                if service.agent_of(openid) != Some(kf_account) {
                    return Ok(false);
                }
                service.records.put(records::SPOKE, openid, kf_account, words, now);
            }
            Deed::Close { openid } => {
                service.end(inner, appid, openid, kf_account)?;
                service.serve_waiting(inner, appid);
            }
            Deed::HandOver { openid, to } => service.hand_over(inner, appid, openid, (kf_account, to))?,
        }
        Ok(true)
    });
    let done = done == Some(true);
    if let Deed::Say { openid, words } = deed
        && done
    {
        inner.world().say(ChatItem {
            appid: appid.to_owned(),
            openid: openid.clone(),
            at,
            side: Side::Account,
            kind: Kind::Text,
            text: Some(words.clone()),
            ..ChatItem::default()
        });
    }
    done
}

/// Customer service, as the people who do it. Each says whether it could be done: the agent, the user and what is
/// between them must allow it.
impl Sandbox {
    /// The person who was invited to a customer-service account accepts.
    pub fn accept_invitation(&self, appid: &str, kf_account: &str) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Accept)
    }

    /// The person who was invited to a customer-service account declines.
    pub fn decline_invitation(&self, appid: &str, kf_account: &str) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Decline)
    }

    /// An agent comes online and takes up to `auto_accept` users on its own; those who wait come first.
    pub fn agent_online(&self, appid: &str, kf_account: &str, auto_accept: u32) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Online { auto_accept })
    }

    /// An agent goes offline; its sessions stay.
    pub fn agent_offline(&self, appid: &str, kf_account: &str) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Offline)
    }

    /// An agent takes a user who is not served, waiting or not.
    pub fn agent_takes(&self, appid: &str, kf_account: &str, openid: &str) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Take { openid: openid.to_owned() })
    }

    /// An agent writes to the user it serves.
    pub fn agent_says(&self, appid: &str, kf_account: &str, openid: &str, words: &str) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Say { openid: openid.to_owned(), words: words.to_owned() })
    }

    /// An agent ends its session with a user.
    pub fn agent_closes(&self, appid: &str, kf_account: &str, openid: &str) -> bool {
        act(&self.inner, appid, kf_account, &Deed::Close { openid: openid.to_owned() })
    }

    /// An agent hands the user it serves over to another agent, who is online.
    pub fn agent_hands_over(&self, appid: &str, from: &str, to: &str, openid: &str) -> bool {
        act(&self.inner, appid, from, &Deed::HandOver { openid: openid.to_owned(), to: to.to_owned() })
    }
}

impl Phone {
    /// Waits for an agent without asking the callback; is served at once when one is free.
    pub fn wait_for_agent(&self) {
        let (appid, openid) = (self.appid(), self.openid());
        at_desk(&self.inner, appid, |service| {
            service.queue(&self.inner, appid, openid, None);
            Ok(())
        });
    }

    /// Whether the user waits for an agent.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        at_desk(&self.inner, self.appid(), |service| Ok(service.waits(self.openid()))) == Some(true)
    }

    /// The customer-service account that serves the user.
    #[must_use]
    pub fn agent(&self) -> Option<String> {
        at_desk(&self.inner, self.appid(), |service| Ok(service.agent_of(self.openid()).map(str::to_owned))).flatten()
    }
}

fn at_desk<T>(inner: &Inner, appid: &str, act: impl FnOnce(&mut State) -> Result<T, ApiError>) -> Option<T> {
    let mut world = inner.world();
    let account = world.apps.get_mut(appid)?;
    act(&mut account.families.service).ok()
}
