//! What a phone sees when it is held over a code.

use crate::Action;
use crate::api::Scanned;
use crate::world::Account;
use crate::xml::{Fields, Value};

/// What a scan comes to, before it is pushed.
pub(crate) enum Seen {
    /// No scan, or one of a code that is nobody's.
    Plain(Action),
    /// A code that the account made.
    Code { action: Action, ticket: String },
    /// A code whose time is over.
    Expired,
}

/// Looks the scene, ticket or URL of a scan up among the account's codes.
pub(crate) fn look(account: &Account, action: Action, now: i64) -> Seen {
    let (Action::Scan { scene } | Action::FollowByScene { scene }) = &action else { return Seen::Plain(action) };
    match account.families.qrcode.scan(scene, now) {
        Scanned::Unknown => Seen::Plain(action),
        Scanned::Expired => Seen::Expired,
        Scanned::Code { scene, ticket } => {
            let action = match action {
                Action::FollowByScene { .. } => Action::FollowByScene { scene },
                _ => Action::Scan { scene },
            };
            Seen::Code { action, ticket }
        }
    }
}

/// Puts the code's own ticket in the place of a made-up one.
pub(crate) fn set_ticket(fields: &mut Fields, ticket: String) {
    if let Some((_, value)) = fields.iter_mut().find(|(name, _)| name == "Ticket") {
        *value = Value::Text(ticket);
    }
}
