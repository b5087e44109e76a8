//! The lists of endpoints and of deliveries. Forms and pages are the area's own: a key is shown once, and everything that
//! changes is a use case.

use puzi_resource::{Options, Record, Resource, Verb, belongs_to, datetime, integer, multi_select, select, string};
use puzi_shop::webhooks::{
    EVENTS,
    entity::{delivery, webhook},
    without_key,
};

use serde_json::Value;

use super::{DELIVERIES, REPLAY, words};
use crate::admin::resource::{Face, ListPage, Markup, Page, copyable, with_sub};

const STATES: Options = Options::Fixed(&["active", "failing", "paused"]);
/// Why one is paused.
const NOTES: Options = Options::Fixed(&["staff", "gone", "failed"]);
const WAYS: Options = Options::Fixed(&["waiting", "sending", "delivered", "failed", "cancelled"]);

/// The resource `webhooks`.
pub(in crate::admin) fn face() -> Face {
    let resource = Resource::of::<webhook::Entity>("webhooks")
        .in_group("system", "webhook")
        .title("name")
        .ordered_by("id", false)
        .partitioned_by("account_id")
        .field(string("name").readonly().searchable().in_list())
        .field(select("state", STATES).readonly().filter().in_list())
        .field(multi_select("events", Options::Fixed(EVENTS)).readonly().in_list())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(datetime("last_success_at").readonly().in_list())
        .field(string("host").readonly().searchable())
        .field(string("url").readonly())
        .field(select("note", NOTES).readonly())
        .field(integer("failures").readonly())
        .field(datetime("trouble_since").readonly())
        .field(datetime("failing_since").readonly())
        .field(datetime("previous_until").readonly())
        .field(datetime("created_at").readonly())
        .only(&[Verb::View, Verb::Export])
        .veiled(|by, webhook| {
            if !by.may("webhooks.edit") {
                webhook.set("url", without_key(webhook.text("url")));
            }
        });
    Face::of(resource)
        .own(Page::Show)
        .own(Page::New)
        .own(Page::Edit)
        .head(|page: &ListPage| {
            let link =
                Markup::tag("a", &[("href", DELIVERIES)], Markup::text(&page.shell.t("webhooks.all_deliveries")));
            Markup::tag("p", &[("class", "mb-2")], link)
        })
        .cell("name", |webhook, reader| with_sub(webhook.text("name"), webhook.text("host"), reader))
        .cell("state", |webhook, reader| {
            let troubled = webhook.number("failures").unwrap_or_default() > 0;
            words::state(reader.texts.0, webhook.text("state"), troubled)
        })
        .cell("events", |webhook, reader| {
            // As one text: it breaks where a row of words would not.
            let names: Vec<String> = match webhook.get("events") {
                Value::Array(names) => names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
                _ => Vec::new(),
            };
            let words: Vec<_> = names.iter().map(|name| words::event(reader.texts.0, name)).collect();
            let words = words.join(&reader.t("webhooks.and"));
            Markup::tag("span", &[("class", "webhook-told")], Markup::text(&words))
        })
        .cell("last_success_at", |webhook, reader| match webhook.number("last_success_at") {
            Some(at) => reader.moment(at),
            None => Markup::tag("span", &[("class", "quiet")], Markup::text(&reader.t("webhooks.no_success"))),
        })
}

/// The resource `deliveries`.
pub(in crate::admin) fn deliveries() -> Face {
    let resource = Resource::of::<delivery::Entity>("deliveries")
        .in_group("system", "send")
        .title("event_id")
        .ordered_by("created_at", true)
        .partitioned_by("account_id")
        .field(datetime("created_at").readonly().filter().sortable().in_list())
        .field(select("event", Options::Fixed(EVENTS)).readonly().filter().in_list())
        .field(belongs_to("webhook_id", "webhooks").readonly().filter().in_list())
        .field(select("state", WAYS).readonly().filter().in_list())
        .field(integer("attempts").readonly().in_list())
        .field(integer("last_status").readonly())
        .field(string("last_error").readonly())
        .field(integer("last_us").readonly())
        .field(string("event_id").readonly())
        .field(integer("copy").readonly())
        .field(integer("replay_of").readonly())
        .field(datetime("next_at").readonly())
        .field(datetime("done_at").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .only(&[Verb::View, Verb::Export]);
    Face::of(resource)
        .own(Page::Show)
        .not_in_navigation()
        .bulk_to("replay", "deliveries.replay", REPLAY)
        .cell("state", |delivery: &Record, reader| {
            let state = words::way(reader.texts.0, delivery.text("state"), delivery.number("next_at"));
            match words::error(reader.texts.0, Some(delivery.text("last_error")), delivery.number("last_status")) {
                Some(error) if reader.in_list && delivery.text("state") != "delivered" => {
                    state.and(Markup::tag("span", &[("class", "sub")], Markup::text(&error)))
                }
                _ => state,
            }
        })
        .cell("event_id", |delivery, reader| copyable(delivery.text("event_id"), reader))
        .cell("last_us", |delivery, reader| match delivery.number("last_us") {
            Some(us) => Markup::text(&words::took(reader.texts.0, us)),
            None => Markup::default(),
        })
        .cell("last_error", |delivery, reader| {
            let error = words::error(reader.texts.0, Some(delivery.text("last_error")), delivery.number("last_status"));
            Markup::text(&error.unwrap_or_default())
        })
}
