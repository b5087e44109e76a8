//! Tags of followers.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::blacklist::Blacklist;
use super::users::{BAD_OPENID, follower};
use super::{Answered, ApiError, Call, Endpoint, Reply, Verb, ask, read, refused_by_switch, write};
use crate::people::Number;
use crate::world::{Account, Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/tags/create", 1000, create),
    read("/cgi-bin/tags/get", 1000, get),
    write("/cgi-bin/tags/update", 1000, update),
    write("/cgi-bin/tags/delete", 1000, delete),
    write("/cgi-bin/tags/members/batchtagging", 100_000, tag),
    write("/cgi-bin/tags/members/batchuntagging", 100_000, untag),
    write("/cgi-bin/tags/getidlist", 500_000, tags_of),
    // A GET with a body in the older documents.
    Endpoint { verb: Verb::Any, ..write("/cgi-bin/user/tag/get", 10_000, members) },
];

/// Tags that an account may make.
const MOST: usize = 100;
/// Bytes of a name.
const NAME: usize = 30;
/// Tags of one follower.
const EACH: usize = 20;
/// Followers that one call changes.
const BATCH: usize = 50;
/// Openids of one page.
const PAGE: usize = 10_000;
/// Members with whom a tag can still be deleted.
const DELETABLE: usize = 100_000;
/// Nobody, the blacklist, the starred: the system's own.
const SYSTEM: std::ops::RangeInclusive<i64> = 0..=2;
/// The one of them that followers can be put under.
const STARRED: i64 = 2;

const BAD_TAG: ApiError = ApiError::new(45159, "invalid tag id");
const BAD_NAME: ApiError = ApiError::new(45157, "invalid tag name");
const SYSTEM_TAG: ApiError = ApiError::new(45058, "can't modify sys tag");
pub(super) const BAD_SIZE: ApiError = ApiError::new(40032, "invalid openid list size");

/// A tag and those under it.
struct Tag {
    name: String,
    /// With a number that grows, so that the tag put on last is known.
    members: BTreeMap<Number, u32>,
}

impl Tag {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), members: BTreeMap::new() }
    }
}

/// What the account keeps of it.
pub(crate) struct State {
    tags: BTreeMap<i64, Tag>,
    last_id: i64,
    last_put: u32,
    pub(super) blacklist: Blacklist,
}

impl Default for State {
    fn default() -> Self {
        // The first tag of an account's own is 100.
        let tags = BTreeMap::from([(STARRED, Tag::new("星标组"))]);
        Self { tags, last_id: 99, last_put: 0, blacklist: Blacklist::default() }
    }
}

impl State {
    /// Makes a tag, whose name is checked by the caller.
    pub(super) fn make(&mut self, name: &str) -> i64 {
        self.last_id += 1;
        self.tags.insert(self.last_id, Tag::new(name));
        self.last_id
    }

    /// Whether no more tags can be made.
    pub(super) fn is_full(&self) -> bool {
        self.tags.len() > MOST
    }

    pub(super) fn has(&self, id: i64) -> bool {
        self.tags.contains_key(&id)
    }

    pub(super) fn is_taken(&self, name: &str, but: i64) -> bool {
        self.tags.iter().any(|(id, tag)| *id != but && tag.name == name)
    }

    pub(super) fn rename(&mut self, id: i64, name: &str) {
        if let Some(tag) = self.tags.get_mut(&id) {
            name.clone_into(&mut tag.name);
        }
    }

    pub(super) fn remove(&mut self, id: i64) {
        self.tags.remove(&id);
    }

    /// Id, name and number of members of every tag, by id.
    pub(crate) fn list(&self) -> impl Iterator<Item = (i64, &str, usize)> {
        self.tags.iter().map(|(id, tag)| (*id, tag.name.as_str(), tag.members.len()))
    }

    fn put(&mut self, id: i64, number: Number) {
        self.last_put += 1;
        if let Some(tag) = self.tags.get_mut(&id) {
            tag.members.entry(number).or_insert(self.last_put);
        }
    }

    /// Someone's only tag from now on; none for an id that there is not.
    pub(super) fn put_only(&mut self, id: i64, number: Number) {
        self.forget(number);
        self.put(id, number);
    }

    fn forget(&mut self, number: Number) {
        for tag in self.tags.values_mut() {
            tag.members.remove(&number);
        }
    }

    /// The tags of someone, in the order they were put on.
    pub(super) fn of(&self, number: Number) -> Vec<i64> {
        let put = |(id, tag): (&i64, &Tag)| Some((*tag.members.get(&number)?, *id));
        let mut ids: Vec<_> = self.tags.iter().filter_map(put).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// How many have a tag or are on the blacklist.
    pub(super) fn grouped(&self) -> usize {
        let tagged = self.tags.values().flat_map(|tag| tag.members.keys());
        tagged.chain(self.blacklist.numbers()).collect::<HashSet<_>>().len()
    }
}

impl Account {
    /// The tags of a follower, in the order they were put on.
    pub(crate) fn tags_of(&self, openid: &str) -> Vec<i64> {
        self.people.number(openid).map_or_else(Vec::new, |number| self.families.tags.of(number))
    }

    /// The tag that was put on last.
    pub(crate) fn last_tag(&self, openid: &str) -> Option<i64> {
        self.tags_of(openid).last().copied()
    }

    /// The group of times before tags: the blacklist, the tag that was put on last, or none.
    pub(crate) fn group_of(&self, openid: &str) -> i64 {
        if self.is_blacklisted(openid) { 1 } else { self.last_tag(openid).unwrap_or_default() }
    }

    /// Whether followers can be under a tag.
    pub(crate) fn has_tag(&self, id: i64) -> bool {
        self.families.tags.has(id)
    }

    /// Openids under a tag; none when there is no such tag.
    pub(crate) fn tag_members(&self, id: i64) -> Vec<String> {
        let tag = self.families.tags.tags.get(&id);
        tag.map_or_else(Vec::new, |tag| tag.members.keys().map(|number| self.people.openid(*number)).collect())
    }

    /// Takes all tags off, as unfollowing does.
    pub(crate) fn forget_tags(&mut self, openid: &str) {
        if let Some(number) = self.people.number(openid) {
            self.families.tags.forget(number);
        }
    }
}

/// The tag of a follower that was put on last: conditional menus go by it.
pub(super) fn last_tag(account: &Account, openid: &str) -> Option<i64> {
    account.last_tag(openid)
}

/// A tag's name in `tag`: 1 to 30 bytes that no other tag has.
fn checked_name<'a>(tag: &'a Value, state: &State, but: i64) -> Result<&'a str, ApiError> {
    let name = ask::text(tag, "name", BAD_NAME)?;
    if name.len() > NAME {
        return Err(ApiError::new(45158, "tag name too long"));
    }
    if state.is_taken(name, but) {
        return Err(BAD_NAME);
    }
    Ok(name)
}

fn tag_object(request: &Value) -> Result<&Value, ApiError> {
    Some(&request["tag"]).filter(|tag| tag.is_object()).ok_or(ask::BAD_FORMAT)
}

/// A tag of the account's own.
fn own(tag: &Value, state: &State) -> Result<i64, ApiError> {
    let id = ask::number(tag, "id", BAD_TAG)?;
    if SYSTEM.contains(&id) {
        return Err(SYSTEM_TAG);
    }
    state.has(id).then_some(id).ok_or(BAD_TAG)
}

/// `POST /cgi-bin/tags/create`, createTag.
fn create(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let state = &mut world.account_mut(&call.appid).families.tags;
    let name = checked_name(tag_object(&request)?, state, -1)?;
    if state.is_full() {
        return Err(ApiError::new(45056, "too many tag now, no need to add new"));
    }
    let id = state.make(name);
    Ok(Reply::Json(json!({ "tag": { "id": id, "name": name } })))
}

/// `GET /cgi-bin/tags/get`, getTags.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let tags = world.account(&call.appid).families.tags.list();
    let tags: Vec<_> = tags.map(|(id, name, count)| json!({ "id": id, "name": name, "count": count })).collect();
    Ok(Reply::Json(json!({ "tags": tags })))
}

/// `POST /cgi-bin/tags/update`, updateTag.
fn update(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let state = &mut world.account_mut(&call.appid).families.tags;
    let tag = tag_object(&request)?;
    let id = own(tag, state)?;
    let name = checked_name(tag, state, id)?;
    state.rename(id, name);
    Ok(Reply::ok())
}

/// `POST /cgi-bin/tags/delete`, deleteTag: it comes off all who have it.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let state = &mut world.account_mut(&call.appid).families.tags;
    let id = own(tag_object(&request)?, state)?;
    if state.tags.get(&id).is_some_and(|tag| tag.members.len() > DELETABLE) {
        return Err(ApiError::new(45057, "can't delete the tag that has too many fans"));
    }
    state.remove(id);
    Ok(Reply::ok())
}

/// The tag and the followers of a request, all of whom must be there.
fn batch(inner: &Inner, world: &World, call: &Call) -> Result<(i64, Vec<(String, Number)>), ApiError> {
    let request: Value = call.json()?;
    let id = ask::number(&request, "tagid", BAD_TAG)?;
    let openids = ask::texts(&request, "openid_list", BAD_SIZE)?;
    if openids.is_empty() || openids.len() > BATCH {
        return Err(BAD_SIZE);
    }
    if !world.account(&call.appid).has_tag(id) {
        return Err(BAD_TAG);
    }
    refused_by_switch(inner, openids.iter().copied())?;
    let each = |openid: &str| Ok((openid.to_owned(), follower(world, &call.appid, openid)?));
    Ok((id, openids.into_iter().map(each).collect::<Result<_, _>>()?))
}

/// `POST /cgi-bin/tags/members/batchtagging`, batchTagging: all or none.
fn tag(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let (id, followers) = batch(inner, world, call)?;
    let state = &mut world.account_mut(&call.appid).families.tags;
    let has_room = |number: Number| {
        let tags = state.of(number);
        tags.contains(&id) || tags.len() < EACH
    };
    if !followers.iter().all(|(_, number)| has_room(*number)) {
        return Err(ApiError::new(45059, "can't add more tag to fan"));
    }
    followers.iter().for_each(|(_, number)| state.put(id, *number));
    followers.iter().for_each(|(openid, _)| world.tell_phone(&call.appid, openid));
    Ok(Reply::ok())
}

/// `POST /cgi-bin/tags/members/batchuntagging`, batchUntagging.
fn untag(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let (id, followers) = batch(inner, world, call)?;
    if let Some(tag) = world.account_mut(&call.appid).families.tags.tags.get_mut(&id) {
        for (_, number) in &followers {
            tag.members.remove(number);
        }
    }
    followers.iter().for_each(|(openid, _)| world.tell_phone(&call.appid, openid));
    Ok(Reply::ok())
}

/// `POST /cgi-bin/tags/getidlist`, getUserTags.
fn tags_of(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openid = ask::text(&request, "openid", BAD_OPENID)?;
    let number = follower(world, &call.appid, openid)?;
    Ok(Reply::Json(json!({ "tagid_list": world.account(&call.appid).families.tags.of(number) })))
}

/// `POST /cgi-bin/user/tag/get`, getTagFans: those under a tag, after `next_openid`.
fn members(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let id = ask::number(&request, "tagid", BAD_TAG)?;
    let account = world.account(&call.appid);
    let tag = account.families.tags.tags.get(&id).ok_or(BAD_TAG)?;
    let from = match ask::text_or_empty(&request, "next_openid")? {
        "" => 0,
        openid => account.people.number(openid).map(|number| number.saturating_add(1)).ok_or(BAD_OPENID)?,
    };
    let page: Vec<_> = tag.members.range(from..).take(PAGE).map(|(n, _)| account.people.openid(*n)).collect();
    Ok(Reply::Json(page_of(json!({}), page)))
}

/// A list's page as the platform puts it: no `data` when nothing is left.
pub(super) fn page_of(mut answer: Value, page: Vec<String>) -> Value {
    answer["count"] = page.len().into();
    answer["next_openid"] = page.last().map_or("", String::as_str).into();
    if !page.is_empty() {
        answer["data"] = json!({ "openid": page });
    }
    answer
}
