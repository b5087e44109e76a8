//! The parts of an account that are shown.

use serde_json::{Value, json};

use super::{Lines, Section, Seen};
use crate::world::PhoneState;

/// In the order of the page.
pub(super) const SECTIONS: &[Section] = &[
    Section { name: "followers", tell: followers },
    Section { name: "blacklist", tell: blacklist },
    Section { name: "tags", tell: tags },
    Section { name: "menus", tell: |seen| seen.account.menu_lines() },
    Section { name: "materials", tell: |seen| seen.account.families.material.lines() },
    Section { name: "drafts", tell: |seen| seen.account.families.draft.lines() },
    Section { name: "publications", tell: |seen| seen.account.families.publish.lines() },
    Section { name: "comments", tell: |seen| seen.account.families.comments.lines() },
    Section { name: "codes", tell: |seen| seen.account.families.qrcode.lines(seen.now) },
    Section { name: "outbox", tell: outbox },
    Section { name: "templates", tell: templates },
    Section { name: "subscriptions", tell: subscriptions },
    Section { name: "agents", tell: |seen| seen.account.families.service.agent_lines() },
    Section { name: "sessions", tell: |seen| seen.account.families.service.session_lines() },
    Section { name: "quotas", tell: quotas },
    Section { name: "logins", tell: logins },
    Section { name: "calls", tell: calls },
];

fn value(of: impl serde::Serialize) -> Value {
    // What is told has only string keys, so it is always JSON.
    serde_json::to_value(of).unwrap_or_default()
}

fn person(seen: &Seen<'_>, phone: &PhoneState) -> Value {
    json!({
        "openid": phone.openid,
        "nickname": phone.nickname,
        "color": phone.color,
        "subscribe_time": phone.subscribe_time,
        "scene": phone.scene,
        "remark": phone.remark,
        "tags": seen.account.tags_of(&phone.openid),
    })
}

/// In the order they came.
fn followers<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let account = seen.account;
    let seen = *seen;
    let line = move |openid: String| account.phone(&openid).map(|phone| person(&seen, &phone));
    Lines::far(account.follower_count(), move |before| {
        let numbers = account.people.followers_after(0).skip(before);
        numbers.map(|number| account.people.openid(number)).filter_map(line)
    })
}

fn blacklist<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let account = seen.account;
    let seen = *seen;
    let openids: Vec<String> = account.blacklist().map(Into::into).collect();
    let lines = move |openid: String| account.phone(&openid).map(|phone| person(&seen, &phone));
    Lines::new(openids.len(), openids.into_iter().filter_map(lines))
}

fn tags<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let tags = &seen.account.families.tags;
    let line = |(id, name, count): (i64, &str, usize)| json!({ "id": id, "name": name, "count": count });
    Lines::new(tags.list().count(), tags.list().map(line))
}

fn templates<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let templates = seen.account.families.template.shown();
    let line = |(id, title): (&str, &str)| json!({ "id": id, "title": title });
    Lines::new(templates.len(), templates.into_iter().map(line))
}

fn subscriptions<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let templates = seen.account.families.subscribe.shown();
    let line = |(id, title, scene): (&str, &str, &str)| json!({ "id": id, "title": title, "content": scene });
    Lines::new(templates.len(), templates.into_iter().map(line))
}

fn outbox<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let sent = seen.account.families.outbox.newest();
    Lines::new(sent.len(), sent.map(value))
}

fn quotas<'a>(seen: &Seen<'a>) -> Lines<'a> {
    Lines::new(seen.quotas.len(), seen.quotas.iter().map(value))
}

fn logins<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let logins = &seen.account.families.oauth;
    let line = |login: &crate::api::Login| json!({ "openid": login.openid, "scope": login.scope, "snapshot": login.snapshot, "at": login.at });
    Lines::new(logins.logins().count(), logins.logins().map(line))
}

fn calls<'a>(seen: &Seen<'a>) -> Lines<'a> {
    let calls = || seen.world.calls.newest(seen.appid);
    Lines::new(calls().count(), calls().map(value))
}
