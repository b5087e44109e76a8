//! What a phone hands to pages and mini programs: codes that say whose phone it is.

use crate::Phone;
use crate::api::{Grant, Purpose};
use crate::world::World;

impl Phone {
    /// The `code` that `/connect/oauth2/authorize` would bring: `snsapi_userinfo` (the user agreed) or else
    /// `snsapi_base`. It works once, for five minutes.
    #[must_use]
    pub fn web_login_code(&self, scope: &str) -> String {
        let scope = if scope == crate::api::USER_INFO { crate::api::USER_INFO } else { crate::api::BASE };
        self.code(Purpose::Web(scope), scope)
    }

    /// The `code` of `wx.login()` in a mini program. It works once, for five minutes.
    #[must_use]
    pub fn mini_login_code(&self) -> String {
        self.code(Purpose::MiniLogin, crate::api::BASE)
    }

    /// The `code` that a mini program's button of type `getPhoneNumber` brings when the user agrees. It works once,
    /// for five minutes.
    #[must_use]
    pub fn phone_number_code(&self) -> String {
        self.code(Purpose::PhoneNumber, crate::api::BASE)
    }

    fn code(&self, purpose: Purpose, scope: &'static str) -> String {
        let now = self.inner.clock.now();
        let grant = Grant { openid: self.openid().to_owned(), scope, snapshot: false };
        self.inner.world().login_code(self.appid(), grant, purpose, now)
    }
}

impl World {
    /// A code for a user of an account that is known to be there.
    pub(crate) fn login_code(&mut self, appid: &str, grant: Grant, purpose: Purpose, now: i64) -> String {
        let Self { apps, chance, .. } = self;
        let account = apps.get_mut(appid).expect("a handle's account is never removed");
        account.families.oauth.code(grant, purpose, now, chance)
    }
}
