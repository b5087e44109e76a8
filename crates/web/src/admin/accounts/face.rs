//! The list of accounts, and what programs see of them. Forms and the page of an account are the area's own: they show
//! keys, which no resource has.

use futures_util::FutureExt;
use puzi_resource::{Options, Record, Resource, Verb, computed, datetime, email, phone, select, string};
use puzi_shop::{
    accounts::{health, listed},
    conversations::figures,
};

use super::state;
use crate::admin::resource::{Face, Markup, Page, copyable, from_shop, with_sub};

const MODES: Options = Options::Fixed(&["encrypted", "compatible", "plain"]);
const STATUSES: Options = Options::Fixed(&["active", "paused"]);

/// The resource `accounts`.
pub(in crate::admin) fn face() -> Face {
    let state = |account: &Record| state(account.text("status") == "paused", account.number("verified_at")).into();
    let resource = Resource::of::<listed::Entity>("accounts")
        .in_group("system", "account")
        .title("name")
        .partitioned_by("id")
        .not_narrowed()
        .ordered_by("id", false)
        .field(string("name").readonly().searchable().sortable().in_list())
        .field(computed("state", state).in_list())
        .field(string("appid").readonly().searchable().in_list())
        .field(string("slug").readonly().searchable())
        .field(string("health").filled().in_list())
        .field(datetime("last_push_at").filled().in_list())
        .field(select("status", STATUSES).readonly().filter())
        .field(select("mode", MODES).readonly().filter())
        .field(string("contact_name").readonly().in_list())
        .field(phone("contact_phone").readonly())
        .field(email("contact_email").readonly())
        .field(datetime("verified_at").readonly())
        .field(datetime("created_at").readonly().sortable())
        .only(&[Verb::View, Verb::Export])
        .fill(|store, accounts| {
            async move {
                let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
                let worst = health::worst(store.reader(), &ids).await.map_err(from_shop)?;
                for account in accounts {
                    account.set("health", worst.get(&account.id).map(|state| state.as_str()));
                    let at = figures::last_push(store.reader(), account.id).await.map_err(from_shop)?;
                    account.set("last_push_at", at);
                }
                Ok(())
            }
            .boxed()
        });
    Face::of(resource)
        .own(Page::Show)
        .own(Page::New)
        .own(Page::Edit)
        .cell("name", |account, reader| {
            with_sub(account.text("name"), &format!("/wechat/{}", account.text("slug")), reader)
        })
        .cell("appid", |account, reader| copyable(account.text("appid"), reader))
        .cell("health", |account, reader| {
            let tone = match account.text("health") {
                "good" => "good",
                "warning" => "warn",
                "bad" => "bad",
                _ => "off",
            };
            let word = match account.text("health") {
                "" => "account_health.never".to_owned(),
                state => format!("account_health.states.{state}"),
            };
            let class = format!("state state-{tone}");
            Markup::tag("span", &[("class", class.as_str())], Markup::text(&reader.t(&word)))
        })
        .cell("last_push_at", |account, reader| match account.number("last_push_at") {
            Some(at) => reader.moment(at),
            None => Markup::tag("span", &[("class", "quiet")], Markup::text(&reader.t("accounts.no_push"))),
        })
        .cell("contact_name", |account, reader| {
            with_sub(account.text("contact_name"), account.text("contact_phone"), reader)
        })
}
