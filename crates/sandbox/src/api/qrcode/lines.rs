//! Codes, for the state page.

use serde_json::json;

use super::State;
use crate::overview::Lines;

impl State {
    /// Those for a time, the newest first, and then those for ever.
    pub(crate) fn lines(&self, now: i64) -> Lines<'_> {
        let tickets = self.temporary.iter().rev().chain(self.lasting.iter().rev());
        let line = move |(ticket, code): (&String, &super::Code)| {
            let kind = match code.expires_at {
                None => "permanent",
                Some(_) if code.lives(now) => "temporary",
                Some(_) => "expired",
            };
            json!({
                "scene": code.scene, "kind": kind, "url": code.url, "ticket": ticket, "expires_at": code.expires_at,
            })
        };
        let codes = tickets.filter_map(|ticket| Some((ticket, self.by_ticket.get(ticket)?)));
        Lines::new(self.temporary.len() + self.permanent.len(), codes.map(line))
    }
}
