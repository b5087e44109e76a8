//! The list of broadcasts. Forms and pages are the area's own: everything that changes is a use case.

use puzi_resource::{Options, Resource, Verb, belongs_to, boolean, datetime, integer, select, string};
use puzi_shop::broadcasts::entity;

use super::words;
use crate::admin::resource::{Face, Markup, Page, with_sub};

const KINDS: Options = Options::Fixed(&["text", "mpnews", "image", "voice", "mpvideo"]);
const AUDIENCES: Options = Options::Fixed(&["all", "tag", "list"]);
const STATES: Options = Options::Fixed(&[
    "draft",
    "freezing",
    "waiting",
    "approved",
    "sending",
    "stopping",
    "done",
    "partly",
    "failed",
    "stopped",
    "cancelled",
    "revoked",
]);

/// The resource `broadcasts`.
pub(in crate::admin) fn face() -> Face {
    let resource = Resource::of::<entity::Entity>("broadcasts")
        .in_group("content", "broadcast")
        .title("name")
        .ordered_by("id", true)
        .partitioned_by("account_id")
        .field(string("name").readonly().searchable().in_list())
        .field(select("kind", KINDS).readonly().filter().in_list())
        .field(select("audience", AUDIENCES).readonly().filter().in_list())
        .field(string("whom_name").readonly())
        .field(integer("frozen").readonly().in_list())
        .field(select("state", STATES).readonly().filter().in_list())
        .field(datetime("at").readonly())
        .field(string("made_name").readonly().in_list())
        .field(string("submitted_name").readonly())
        .field(string("approved_name").readonly())
        .field(boolean("alone").readonly())
        .field(string("error").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(datetime("created_at").readonly().filter().in_list())
        .field(datetime("finished_at").readonly())
        .only(&[Verb::View, Verb::Export]);
    Face::of(resource)
        .own(Page::Show)
        .own(Page::New)
        .own(Page::Edit)
        .cell("audience", |one, reader| {
            let word = reader.t(&format!("broadcasts.options.audience.{}", one.text("audience")));
            with_sub(&word, one.text("whom_name"), reader)
        })
        .cell("frozen", |one, reader| match one.number("frozen") {
            Some(n) if n > 0 => Markup::text(&n.to_string()),
            _ => Markup::tag("span", &[("class", "quiet")], Markup::text(&reader.t("broadcasts.not_counted"))),
        })
        .cell("state", |one, reader| {
            let word = one.text("state");
            words::state(word, &reader.t(&format!("broadcasts.options.state.{word}")))
        })
        .cell("error", |one, reader| match one.text("error") {
            "" => Markup::default(),
            error => Markup::text(&words::error(reader.texts.0, error)),
        })
}
