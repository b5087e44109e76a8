//! Customer service, for the state page.

use serde_json::{Value, json};

use super::State;
use crate::overview::Lines;

impl State {
    /// In the order they were added.
    pub(crate) fn agent_lines(&self) -> Lines<'_> {
        let line = |agent: &super::Agent| {
            let state = match (agent.worker().is_some(), agent.online.is_some()) {
                (_, true) => "online",
                (true, false) => "bound",
                (false, false) => "unbound",
            };
            json!({
                "kf_account": agent.account, "nickname": agent.nickname, "state": state,
                "cases": self.cases(&agent.account),
            })
        };
        Lines::new(self.agents.len(), self.agents.iter().map(line))
    }

    /// Users who are served, and then those who wait.
    pub(crate) fn session_lines(&self) -> Lines<'_> {
        let open = self.sessions.iter().map(|(openid, session)| -> Value {
            json!({ "openid": openid, "kf_account": session.kf_account, "state": "open", "since": session.since })
        });
        let waiting = self.waiting.iter().map(|waiting| -> Value {
            json!({
                "openid": waiting.openid, "kf_account": waiting.wanted, "state": "waiting", "since": waiting.latest,
            })
        });
        Lines::new(self.sessions.len() + self.waiting.len(), open.chain(waiting))
    }
}
