//! The list of followers. Filters are those that the table's indexes carry: it may be long.

use futures_util::FutureExt;
use puzi_resource::{
    Many, Options, Record, Resource, Verb, belongs_to, boolean, computed, datetime, many, select, string,
};
use puzi_shop::{
    followers::{self, Known, entity},
    inbox,
    texts::Locale,
};

use super::{BLOCK, TAGS, person};
use crate::admin::resource::{Face, Markup, Page, copyable, from_shop};

/// How people come to follow, in WeChat's words.
const SOURCES: Options = Options::Fixed(&[
    "ADD_SCENE_QR_CODE",
    "ADD_SCENE_SEARCH",
    "ADD_SCENE_PROFILE_CARD",
    "ADD_SCENE_PROFILE_LINK",
    "ADD_SCENE_PROFILE_ITEM",
    "ADD_SCENE_PAID",
    "ADD_SCENE_WECHAT_ADVERTISEMENT",
    "ADD_SCENE_REPRINT",
    "ADD_SCENE_LIVESTREAM",
    "ADD_SCENE_CHANNELS",
    "ADD_SCENE_WXA",
    "ADD_SCENE_ACCOUNT_MIGRATION",
    "ADD_SCENE_OTHERS",
]);

/// The pairs of followers and tags.
const PAIRS: Many = Many { resource: "tags", table: "follower_tags", here: "follower_id", there: "tag_id" };

/// The resource `followers`. What is changed of a follower goes through WeChat: the area's own forms do that.
pub(in crate::admin) fn face() -> Face {
    let state = |follower: &Record| {
        let word = match (follower.get("blocked") == true, follower.get("subscribed") == true) {
            (true, _) => "blocked",
            (false, true) => "active",
            (false, false) => "off",
        };
        word.into()
    };
    let resource = Resource::of::<entity::Entity>("followers")
        .in_group("followers", "users")
        .title("name")
        .partitioned_by("account_id")
        .without_partition_index()
        .indexed_search()
        .bounded(20_000)
        .field(string("name").filled().in_list())
        .field(string("named_by").filled().not_shown())
        .field(string("nickname").readonly().searchable())
        .field(string("remark").readonly().searchable())
        .field(string("openid").readonly().searchable())
        .field(many("tags", PAIRS).readonly().filter().in_list())
        .field(select("source", SOURCES).readonly().filter().in_list())
        .field(datetime("followed_at").readonly().ordered_with_filter().in_list())
        .field(datetime("spoke_at").readonly().ordered_with_filter().in_list())
        .field(computed("state", state).in_list())
        .field(boolean("subscribed").readonly().filter())
        .field(boolean("blocked").readonly().filter())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(string("scene").readonly())
        .field(string("unionid").readonly())
        .field(string("language").readonly())
        .field(datetime("left_at").readonly())
        .field(datetime("consented_at").readonly())
        .field(datetime("first_seen_at").readonly())
        .field(datetime("last_seen_at").readonly())
        .field(datetime("details_at").readonly())
        .field(string("picture").readonly().not_in_api().not_shown())
        .field(string("chat").filled().not_in_api().in_list())
        .only(&[Verb::View, Verb::Export])
        .fill(|store, followers| {
            async move {
                for follower in followers.iter_mut() {
                    // For programs and files, which have no language: a made name is its code.
                    let face = face_of(follower, Locale::default());
                    let made = face.named_by == followers::NamedBy::Made;
                    let name = if made { followers::code(follower.text("openid")) } else { face.name };
                    follower.set("name", name);
                    follower.set("named_by", face.named_by.as_str());
                }
                let whose = |follower: &Record| {
                    (follower.number("account_id").unwrap_or_default(), follower.text("openid").to_owned())
                };
                let asked: Vec<_> = followers.iter().map(whose).collect();
                let chats = inbox::chats_with(store.reader(), &asked).await.map_err(from_shop)?;
                for follower in followers {
                    let chat = chats.get(&whose(follower)).map(i64::to_string);
                    follower.set("chat", chat);
                }
                Ok(())
            }
            .boxed()
        });
    Face::of(resource)
        .own(Page::Show)
        .head(|_| {
            // Asked for by itself: the list does not wait for it.
            let attributes = [
                ("hx-get", "/admin/followers/head"),
                ("hx-trigger", "load"),
                ("hx-swap", "outerHTML"),
                ("class", "people-head"),
            ];
            Markup::tag("div", &attributes, Markup::default())
        })
        .bulk_to("tag", "followers.tag", TAGS)
        .bulk_to("block", "followers.block", BLOCK)
        .cell("name", |follower, reader| {
            let face = face_of(follower, reader.texts.0);
            let sub = Markup::tag("span", &[("class", "sub")], Markup::text(follower.text("openid")));
            let name = Markup::tag("span", &[], Markup::text(&face.name));
            let text = Markup::tag("span", &[("class", "person-text")], name.and(sub));
            Markup::tag("span", &[("class", "person")], person::picture(follower.id, &face).and(text))
        })
        .cell("openid", |follower, reader| copyable(follower.text("openid"), reader))
        .cell("tags", |follower, reader| {
            let ids: Vec<i64> =
                follower.get("tags").as_array().into_iter().flatten().filter_map(serde_json::Value::as_i64).collect();
            let name = |id: &i64| reader.labels.of("tags", *id).map_or_else(|| format!("#{id}"), str::to_owned);
            person::tags(&ids.iter().map(name).collect::<Vec<_>>())
        })
        .cell("chat", |follower, reader| match follower.text("chat") {
            chat if !chat.is_empty() && reader.may("inbox.view") => {
                let href = format!("/admin/inbox/{chat}");
                let link = [("href", href.as_str()), ("class", "text-nowrap")];
                Markup::tag("a", &link, Markup::text(&reader.t("followers.open_chat")))
            }
            _ => Markup::default(),
        })
}

fn face_of(follower: &Record, locale: Locale) -> followers::Face {
    let filled = |name: &str| Some(follower.text(name)).filter(|text| !text.is_empty());
    let known = Known {
        nickname: filled("nickname"),
        remark: follower.text("remark"),
        picture: filled("picture"),
        consented: follower.number("consented_at").is_some(),
    };
    followers::face(follower.text("openid"), known, locale)
}
