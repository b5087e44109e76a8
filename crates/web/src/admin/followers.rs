//! Those who follow an account or ever wrote to it, as a list that can be read and nothing else.

use futures_util::FutureExt;
use puzi_resource::{Resource, Verb, belongs_to, boolean, datetime, string};
use puzi_shop::{followers::entity, inbox};

use super::resource::{Face, Markup, copyable, from_shop, with_sub};

/// The resource `followers`. Filters and orders are those that the table's indexes carry: it may be long.
pub(super) fn face() -> Face {
    let resource = Resource::of::<entity::Entity>("followers")
        .in_group("followers", "users")
        .title("nickname")
        .field(string("nickname").readonly().searchable().in_list())
        .field(string("openid").readonly().searchable())
        .field(boolean("subscribed").readonly().filter().in_list())
        .field(belongs_to("account_id", "accounts").readonly().filter().in_list())
        .field(string("scene").readonly().searchable().in_list())
        .field(datetime("first_seen_at").readonly().filter().sortable().in_list())
        .field(datetime("last_seen_at").readonly().in_list())
        .field(string("chat").filled().not_in_api().in_list())
        .only(&[Verb::View, Verb::Export])
        .fill(|store, followers| {
            async move {
                let whose = |follower: &puzi_resource::Record| {
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
        .cell("nickname", |follower, reader| {
            let nickname = follower.text("nickname").trim();
            let somebody = if nickname.is_empty() { reader.t("inbox.somebody") } else { nickname.to_owned() };
            with_sub(&somebody, follower.text("openid"), reader)
        })
        .cell("openid", |follower, reader| copyable(follower.text("openid"), reader))
        .cell("chat", |follower, reader| match follower.text("chat") {
            chat if !chat.is_empty() && reader.may("inbox.view") => {
                let href = format!("/admin/inbox/{chat}");
                Markup::tag("a", &[("href", href.as_str())], Markup::text(&reader.t("followers.open_chat")))
            }
            _ => Markup::default(),
        })
}
