//! Tickets for the JS-SDK and for cards.

use std::collections::HashMap;

use serde_json::json;

use super::{Answered, ApiError, Call, Endpoint, Reply, read};
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[read("/cgi-bin/ticket/getticket", 1_000_000, get)];

/// Seconds a ticket lives.
const LIFE: i64 = 7200;
/// Seconds before its end that a new one is made.
const RENEWED: i64 = 300;

/// A ticket and when it ends, in Unix seconds.
struct Ticket {
    text: String,
    expires_at: i64,
}

/// What the account keeps of it: the ticket of each type.
#[derive(Default)]
pub(crate) struct State {
    tickets: HashMap<&'static str, Ticket>,
}

/// `GET /cgi-bin/ticket/getticket`, getTicket: the same ticket until five minutes before its end.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let known = ["jsapi", "wx_card"].into_iter().find(|kind| *kind == call.query("type"));
    let kind = known.ok_or(ApiError::new(40097, "invalid args"))?;
    let text = world.chance.ticket();
    let tickets = &mut world.account_mut(&call.appid).families.tickets.tickets;
    let kept = tickets.remove(kind).filter(|ticket| ticket.expires_at - call.now > RENEWED);
    let ticket = kept.unwrap_or(Ticket { text, expires_at: call.now + LIFE });
    let answer = json!({
        "errcode": 0, "errmsg": "ok", "ticket": ticket.text, "expires_in": ticket.expires_at - call.now,
    });
    tickets.insert(kind, ticket);
    Ok(Reply::Json(answer))
}
