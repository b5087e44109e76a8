//! The blacklist: those on it can write, and the account hears nothing of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::tags::{BAD_SIZE, page_of};
use super::users::{BAD_OPENID, met};
use super::{Answered, ApiError, Call, Endpoint, Reply, ask, refused_by_switch, write};
use crate::people::Number;
use crate::world::{Account, Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/tags/members/getblacklist", 10_000, list),
    write("/cgi-bin/tags/members/batchblacklist", 10_000, add),
    write("/cgi-bin/tags/members/batchunblacklist", 10_000, remove),
];

/// People that one call changes.
const BATCH: usize = 20;
/// Openids of one page.
const PAGE: usize = 1000;

/// Who is on it: openids by number.
#[derive(Default)]
pub(crate) struct Blacklist(BTreeMap<Number, Box<str>>);

impl Blacklist {
    pub(super) fn set(&mut self, number: Number, openid: &str, on: bool) {
        if on {
            self.0.insert(number, openid.into());
        } else {
            self.0.remove(&number);
        }
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = &Number> {
        self.0.keys()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Account {
    /// The openids on it.
    pub(crate) fn blacklist(&self) -> impl Iterator<Item = &str> {
        self.families.tags.blacklist.0.values().map(|openid| &**openid)
    }

    pub(crate) fn is_blacklisted(&self, openid: &str) -> bool {
        self.people.number(openid).is_some_and(|number| self.families.tags.blacklist.0.contains_key(&number))
    }
}

/// `POST /cgi-bin/tags/members/getblacklist`, getBlacklist: after `begin_openid`.
fn list(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = if call.body.is_empty() { Value::Null } else { call.json()? };
    let behind = ask::text_or_empty(&request, "begin_openid")?;
    refused_by_switch(inner, [behind].into_iter())?;
    let account = world.account(&call.appid);
    let from = match behind {
        "" => 0,
        openid => account.people.number(openid).map(|number| number.saturating_add(1)).ok_or(BAD_OPENID)?,
    };
    let Blacklist(all) = &account.families.tags.blacklist;
    let page = all.range(from..).take(PAGE).map(|(_, openid)| openid.to_string()).collect();
    Ok(Reply::Json(page_of(json!({ "total": all.len() }), page)))
}

/// `POST /cgi-bin/tags/members/batchblacklist`, batchBlacklist.
fn add(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    set(inner, world, call, true)
}

/// `POST /cgi-bin/tags/members/batchunblacklist`, batchUnblacklist.
fn remove(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    set(inner, world, call, false)
}

fn set(inner: &Inner, world: &mut World, call: &Call, on: bool) -> Answered {
    let request: Value = call.json()?;
    let openids = ask::texts(&request, "openid_list", BAD_SIZE)?;
    if openids.is_empty() || openids.len() > BATCH {
        return Err(BAD_SIZE);
    }
    refused_by_switch(inner, openids.iter().copied())?;
    let numbers = openids.iter().map(|openid| met(world, &call.appid, openid));
    let numbers = numbers.collect::<Result<Vec<_>, ApiError>>()?;
    let blacklist = &mut world.account_mut(&call.appid).families.tags.blacklist;
    numbers.into_iter().zip(&openids).for_each(|(number, openid)| blacklist.set(number, openid, on));
    openids.iter().for_each(|openid| world.tell_phone(&call.appid, openid));
    Ok(Reply::ok())
}
