//! The lists of templates and of notices. Templates are WeChat's: they are taken and removed there; a notice is written by
//! the use cases alone.

use puzi_resource::{
    Action, Done, Options, Record, Resource, Run, Verb, belongs_to, boolean, computed, datetime, integer, select,
    string,
};
use puzi_shop::notices::{
    again_in,
    entity::{notice, template},
};

use serde_json::Value;

use super::{PATH, TEMPLATES, words};
use crate::admin::resource::{Face, ListPage, Markup, Page, from_shop, shop_actor, with_sub};

const WAYS: Options = Options::Fixed(&["template", "subscribe"]);
const STATES: Options = Options::Fixed(&["queued", "sending", "accepted", "delivered", "blocked", "failed", "unknown"]);
const PURPOSES: Options = Options::Fixed(&["test", "order", "staff"]);

/// The resource `notice_templates`.
pub(in crate::admin) fn templates() -> Face {
    let resource = Resource::of::<template::Entity>("notice_templates")
        .in_group("content", "list")
        .title("title")
        .partitioned_by("account_id")
        .ordered_by("id", false)
        .field(string("title").readonly().searchable().in_list())
        .field(select("way", WAYS).readonly().filter().in_list())
        .field(string("template_id").readonly().searchable())
        .field(string("category").readonly().in_list())
        .field(boolean("lasting").readonly())
        .field(string("content").readonly())
        .field(string("example").readonly())
        .field(computed("state", |one| Value::from(state_of(one))).in_list())
        .field(datetime("seen_at").readonly().in_list())
        .field(datetime("gone_at").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .only(&[Verb::View]);
    Face::of(resource)
        .own(Page::Show)
        .own(Page::New)
        .not_in_navigation()
        .head(head)
        .cell("title", |one, reader| with_sub(one.text("title"), one.text("template_id"), reader))
        .cell("state", |one, reader| {
            let key = state_of(one);
            let tone = if key == "gone" { "off" } else { "good" };
            let text = reader.t(&format!("notice_templates.options.state.{key}"));
            Markup::tag("span", &[("class", &format!("state state-{tone}"))], Markup::text(&text))
        })
}

/// Whether WeChat has a template still.
fn state_of(template: &Record) -> &'static str {
    if template.number("gone_at").is_some() { "gone" } else { "active" }
}

/// Above the list of templates: the way to the log, and reading them again.
fn head(list: &ListPage) -> Markup {
    let shell = &list.shell;
    let log = match shell.may("notices.view") {
        true => Markup::tag("a", &[("href", PATH)], Markup::text(&shell.t("notices.to_log"))),
        false => Markup::default(),
    };
    if !shell.may("notice_templates.sync") {
        return Markup::tag("p", &[("class", "mb-2")], log);
    }
    let csrf = Markup::void("input", &[("type", "hidden"), ("name", "_csrf"), ("value", &shell.csrf)]);
    let button = Markup::tag("button", &[("class", "btn btn-sm")], Markup::text(&shell.t("notice_templates.sync")));
    let action = format!("{TEMPLATES}/sync");
    let form = Markup::tag("form", &[("method", "post"), ("action", &action)], csrf.and(button));
    Markup::tag("div", &[("class", "notices-head")], form.and(log))
}

/// The resource `notices`.
pub(in crate::admin) fn face() -> Face {
    let resource = Resource::of::<notice::Entity>("notices")
        .in_group("content", "bell")
        .title("openid")
        .partitioned_by("account_id")
        .ordered_by("id", true)
        .field(datetime("created_at").readonly().filter().in_list())
        .field(belongs_to("template_row", "notice_templates").readonly().filter().in_list())
        .field(string("openid").readonly().filter().searchable().in_list())
        .field(select("state", STATES).readonly().filter().in_list())
        .field(select("way", WAYS).readonly().filter())
        .field(select("purpose", PURPOSES).readonly().filter().in_list())
        .field(string("reference").readonly().searchable().in_list())
        .field(integer("tries").readonly())
        .field(integer("msg_id").readonly())
        .field(string("outcome").readonly())
        .field(integer("errcode").readonly())
        .field(string("error").readonly())
        .field(string("rid").readonly())
        .field(string("sent_by").readonly())
        .field(datetime("accepted_at").readonly())
        .field(datetime("ended_at").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .only(&[Verb::View, Verb::Export])
        .action(again());
    Face::of(resource)
        .own(Page::Show)
        .head(|list: &ListPage| {
            let shell = &list.shell;
            if !shell.may("notice_templates.view") {
                return Markup::default();
            }
            let link = Markup::tag("a", &[("href", TEMPLATES)], Markup::text(&shell.t("notices.to_templates")));
            Markup::tag("p", &[("class", "mb-2")], link)
        })
        .cell("state", |notice, reader| {
            let state = words::state(reader.texts.0, notice.text("state"));
            let told = words::Told {
                state: notice.text("state"),
                errcode: notice.number("errcode"),
                error: notice.text("error"),
                outcome: notice.text("outcome"),
            };
            match words::reason(reader.texts.0, &told) {
                Some(reason) if reader.in_list => {
                    state.and(Markup::tag("span", &[("class", "sub")], Markup::text(&reason)))
                }
                _ => state,
            }
        })
}

/// Sends those chosen again, all or none: what arrived is not sent a second time.
fn again() -> Action {
    Action::new("again", |given: Run<'_>| {
        Box::pin(async move {
            let by = shop_actor(given.actor);
            let tx = given.store.begin().await?;
            for id in &given.ids {
                again_in(tx.on(), &by, *id).await.map_err(from_shop)?;
            }
            tx.commit().await?;
            Ok(Done { changed: given.ids.len() as u64, ..Done::default() })
        })
    })
    .bulk()
    .confirm()
}
