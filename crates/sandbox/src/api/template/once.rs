//! The subscription for one message (一次性订阅消息): a user confirms a scene on the platform's page, and one message
//! for that scene may follow, also to one who does not follow the account.

use std::collections::HashMap;

use super::UNKNOWN;
use crate::api::ask::{BAD_FORMAT, INVALID, number, text};
use crate::api::shelf::object;
use crate::api::subscribe::send::{target, value_of};
use crate::api::users::BAD_OPENID;
use crate::api::{Answered, ApiError, Call, Reply};
use crate::chance::Chance;
use crate::chat::{ChatItem, Kind, Side};
use crate::overview::Letter;
use crate::world::{Inner, World};
use crate::{Phone, Sandbox};

/// Scenes that a page may name.
const SCENES: std::ops::RangeInclusive<i64> = 0..=10_000;
/// Characters of a title and of the content.
const TITLE: usize = 15;
const CONTENT: usize = 200;

/// Who confirmed what.
#[derive(Default)]
pub(super) struct Once {
    /// An account has one template for it, which it cannot choose.
    template_id: Option<String>,
    /// Messages that may follow, by openid and scene.
    confirmed: HashMap<(String, i64), u32>,
}

impl Once {
    fn template(&mut self, chance: &mut Chance) -> String {
        self.template_id.get_or_insert_with(|| chance.media_id().chars().take(43).collect()).clone()
    }
}

/// `POST /cgi-bin/message/template/subscribe`, templateSubscribe.
pub(super) fn send(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = object(call)?;
    let openid = text(&request, "touser", BAD_OPENID)?.to_owned();
    let template_id = text(&request, "template_id", UNKNOWN)?;
    if world.account(&call.appid).phone(&openid).is_none() {
        return Err(BAD_OPENID);
    }
    let World { chance, apps, .. } = world;
    let account = apps.get_mut(&call.appid).expect("the account of a token is there");
    let once = &mut account.families.template.once;
    if once.template(chance) != template_id {
        return Err(UNKNOWN);
    }
    let scene = number(&request, "scene", INVALID)?;
    if !SCENES.contains(&scene) {
        return Err(INVALID);
    }
    let title = text(&request, "title", INVALID)?;
    if title.chars().count() > TITLE {
        return Err(ApiError::new(45003, "title size out of limit"));
    }
    let words = value_of(&request["data"], "content")?.ok_or(BAD_FORMAT)?;
    if words.chars().count() > CONTENT {
        return Err(ApiError::new(45002, "content size out of limit"));
    }
    let url = target(&request)?;
    let left = once.confirmed.get_mut(&(openid.clone(), scene)).filter(|left| **left > 0);
    *left.ok_or(ApiError::new(43101, "user refuse to accept the msg"))? -= 1;
    let at = inner.clock.now_ms();
    account.families.outbox.put(Letter {
        way: "once",
        kind: template_id,
        to: &openid,
        summary: &words,
        at,
        state: "delivered",
        msg_id: None,
    });
    world.say(ChatItem {
        appid: call.appid.clone(),
        openid,
        at,
        side: Side::Account,
        kind: Kind::Link,
        title: Some(title.to_owned()),
        description: Some(words),
        url,
        ..ChatItem::default()
    });
    Ok(Reply::ok())
}

impl Sandbox {
    /// The template that an account has for messages to which a user subscribed once; empty for an unknown account.
    #[must_use]
    pub fn one_time_template(&self, appid: &str) -> String {
        let mut world = self.inner.world();
        let World { chance, apps, .. } = &mut *world;
        apps.get_mut(appid).map_or_else(String::new, |account| account.families.template.once.template(chance))
    }
}

impl Phone {
    /// Confirms, on the page that asks for it, that one message for this scene may come.
    pub fn confirm_once(&self, scene: u16) {
        let mut world = self.inner.world();
        let once = &mut world.account_mut(self.appid()).families.template.once;
        *once.confirmed.entry((self.openid().to_owned(), i64::from(scene))).or_default() += 1;
    }
}
