//! What users and the platform do about template messages.

use crate::{Phone, Sandbox};

impl Phone {
    /// Refuses template messages of the account, or takes them again: they then fail with `failed:user block`.
    pub fn refuse_templates(&self, refuse: bool) {
        let mut world = self.inner.world();
        let refusing = &mut world.account_mut(self.appid()).families.template.refusing;
        if refuse {
            refusing.insert(self.openid().to_owned());
        } else {
            refusing.remove(self.openid());
        }
    }
}

impl Sandbox {
    /// Makes the platform keep back template messages with this word: they fail with `failed: system failed` and can
    /// be looked up. Nothing happens when there is no such account.
    pub fn forbid_in_templates(&self, appid: &str, word: impl Into<String>) {
        if let Some(account) = self.inner.world().apps.get_mut(appid) {
            account.families.template.forbidden.push(word.into());
        }
    }
}
