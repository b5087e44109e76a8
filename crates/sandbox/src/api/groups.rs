//! Groups, as tags were called when a follower had one at most. They are the same things under their old paths.

use serde_json::{Value, json};

use super::tags::BAD_SIZE;
use super::users::{BAD_OPENID, follower};
use super::{Answered, ApiError, Call, Endpoint, Reply, ask, read, write};
use crate::people::Number;
use crate::world::{Account, Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    write("/cgi-bin/groups/create", 1000, create),
    read("/cgi-bin/groups/get", 1000, get),
    write("/cgi-bin/groups/getid", 100_000, group_of),
    write("/cgi-bin/groups/update", 1000, update),
    write("/cgi-bin/groups/delete", 1000, delete),
    write("/cgi-bin/groups/members/update", 100_000, move_one),
    write("/cgi-bin/groups/members/batchupdate", 100_000, move_many),
];

/// Characters of a name.
const NAME: usize = 30;
/// Followers that one call moves.
const BATCH: usize = 50;
/// Those in no group, and the blacklist.
const NOBODY: i64 = 0;
const BLACKLIST: i64 = 1;
/// The system's own groups.
const SYSTEM: std::ops::RangeInclusive<i64> = 0..=2;

const BAD_GROUP: ApiError = ApiError::new(40050, "invalid group id");
const BAD_NAME: ApiError = ApiError::new(40051, "invalid group name");

fn group_object(request: &Value) -> Result<&Value, ApiError> {
    Some(&request["group"]).filter(|group| group.is_object()).ok_or(ask::BAD_FORMAT)
}

fn checked_name<'a>(group: &'a Value, account: &Account, but: i64) -> Result<&'a str, ApiError> {
    let name = ask::text(group, "name", BAD_NAME)?;
    if name.chars().count() > NAME {
        return Err(ApiError::new(45017, "group name size out of limit"));
    }
    if account.families.tags.is_taken(name, but) {
        return Err(BAD_NAME);
    }
    Ok(name)
}

/// A group of the account's own.
fn own(group: &Value, account: &Account) -> Result<i64, ApiError> {
    let id = ask::number(group, "id", BAD_GROUP)?;
    if SYSTEM.contains(&id) {
        return Err(ApiError::new(45016, "system group can not be modified"));
    }
    account.has_tag(id).then_some(id).ok_or(BAD_GROUP)
}

/// `POST /cgi-bin/groups/create`.
fn create(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let account = world.account_mut(&call.appid);
    let name = checked_name(group_object(&request)?, account, -1)?;
    if account.families.tags.is_full() {
        return Err(ApiError::new(45018, "group size out of limit"));
    }
    let id = account.families.tags.make(name);
    Ok(Reply::Json(json!({ "group": { "id": id, "name": name } })))
}

/// `GET /cgi-bin/groups/get`: with the system's own.
fn get(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account(&call.appid);
    let tags = &account.families.tags;
    let group = |(id, name, count): (i64, &str, usize)| json!({ "id": id, "name": name, "count": count });
    let nobody = account.follower_count().saturating_sub(tags.grouped());
    let system = [(NOBODY, "未分组", nobody), (BLACKLIST, "黑名单", tags.blacklist.len())];
    let groups: Vec<_> = system.into_iter().chain(tags.list()).map(group).collect();
    Ok(Reply::Json(json!({ "groups": groups })))
}

/// `POST /cgi-bin/groups/getid`.
fn group_of(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openid = ask::text(&request, "openid", BAD_OPENID)?;
    follower(world, &call.appid, openid)?;
    Ok(Reply::Json(json!({ "groupid": world.account(&call.appid).group_of(openid) })))
}

/// `POST /cgi-bin/groups/update`: another name.
fn update(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let account = world.account_mut(&call.appid);
    let group = group_object(&request)?;
    let id = own(group, account)?;
    let name = checked_name(group, account, id)?;
    account.families.tags.rename(id, name);
    Ok(Reply::ok())
}

/// `POST /cgi-bin/groups/delete`: its members are in none then.
fn delete(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let account = world.account_mut(&call.appid);
    let id = own(group_object(&request)?, account)?;
    account.families.tags.remove(id);
    Ok(Reply::ok())
}

/// `POST /cgi-bin/groups/members/update`.
fn move_one(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openid = ask::text(&request, "openid", BAD_OPENID)?;
    move_to(world, call, &request, &[openid])
}

/// `POST /cgi-bin/groups/members/batchupdate`.
fn move_many(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openids = ask::texts(&request, "openid_list", BAD_SIZE)?;
    if openids.is_empty() || openids.len() > BATCH {
        return Err(BAD_SIZE);
    }
    move_to(world, call, &request, &openids)
}

/// A follower leaves all groups for this one.
fn move_to(world: &mut World, call: &Call, request: &Value, openids: &[&str]) -> Answered {
    let id = ask::number(request, "to_groupid", BAD_GROUP)?;
    if id != NOBODY && id != BLACKLIST && !world.account(&call.appid).has_tag(id) {
        return Err(BAD_GROUP);
    }
    let numbers = openids.iter().map(|openid| follower(world, &call.appid, openid));
    let numbers = numbers.collect::<Result<Vec<Number>, _>>()?;
    let tags = &mut world.account_mut(&call.appid).families.tags;
    for (number, openid) in numbers.into_iter().zip(openids) {
        tags.put_only(id, number);
        tags.blacklist.set(number, openid, id == BLACKLIST);
    }
    openids.iter().for_each(|openid| world.tell_phone(&call.appid, openid));
    Ok(Reply::ok())
}
