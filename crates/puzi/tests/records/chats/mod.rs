//! Chats through the real server: records that WeChat keeps, agents who serve, the list, figures and files.

mod list;
mod records;
mod said;
mod sessions;

use std::time::Duration;

use crate::common::{APPID, World, until};
use puzi_sandbox::Phone;
use puzi_wechat::client::Client;

pub(crate) const SOON: Duration = Duration::from_secs(15);
pub(crate) const MING: &str = "ming@gh_tea";
pub(crate) const HONG: &str = "hong@gh_tea";

impl World {
    /// WeChat's API as another program of the account calls it.
    pub(crate) fn wechat_client(&self) -> Client {
        let account = &self.account;
        let secret = account.secret.clone();
        Client::builder(account.appid.clone(), secret).base_url(self.wechat.url()).build().unwrap()
    }

    /// Two agents who are at work.
    pub(crate) async fn hire_agents(&self) {
        let client = self.wechat_client();
        for (agent, name, wx) in [(MING, "小明", "wxid_ming"), (HONG, "阿红", "wxid_hong")] {
            client.service().add(agent, name, None).await.unwrap();
            client.service().invite(agent, wx).await.unwrap();
            assert!(self.wechat.accept_invitation(APPID, agent));
            assert!(self.wechat.agent_online(APPID, agent, 0));
        }
    }

    /// The conversation with `fan`, once it is there.
    pub(crate) async fn chat_with(&self, fan: &Phone) -> i64 {
        let sql =
            format!("SELECT COALESCE(MAX(id), 0) AS n FROM chats WHERE openid = '{}' AND last_at > 0", fan.openid());
        until("the conversation", SOON, async || self.count(&sql).await > 0).await;
        self.count(&sql).await
    }
}
