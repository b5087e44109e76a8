//! The list of conversations. Filters are those that the table's indexes carry.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use futures_util::FutureExt;
use jiff::Timestamp;
use puzi_resource::{Options, Record, Resource, Verb, belongs_to, datetime, integer, select, string};
use puzi_shop::{
    chats::entity,
    db::now_ms,
    followers::{self, Known},
};

use super::length;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        path::Path,
        resource::{Face, ListPage, ListView, Markup, Page, Rendering, every_account, from_shop, state},
        shell::Shell,
        toast::redirect,
    },
    texts,
};

const STATUSES: Options = Options::Fixed(&["open", "done"]);
const ANSWERERS: Options = Options::Fixed(&["rule", "staff", "agent"]);
const KINDS: Options = Options::Fixed(&[
    "text",
    "image",
    "voice",
    "video",
    "shortvideo",
    "location",
    "link",
    "miniprogrampage",
    "file",
    "news",
    "music",
]);

/// Who waits longer than this waits too long, ms.
const TOO_LONG_MS: i64 = 24 * 3_600_000;

/// The resource `chats`: what is done with a conversation is done in the inbox.
pub(in crate::admin) fn face() -> Face {
    let resource = Resource::of::<entity::Entity>("chats")
        .in_group("today", "chat")
        .title("name")
        .ordered_by("last_at", true)
        .partitioned_by("account_id")
        .partitions(every_account)
        .bounded(20_000)
        .field(string("name").filled().in_list())
        .field(string("last_summary").readonly().in_list())
        .field(select("last_kind", KINDS).readonly().filter_in_order())
        .field(datetime("last_at").readonly().filter().in_list())
        .field(datetime("waiting_since").readonly().filter().in_list())
        .field(select("answered_by", ANSWERERS).readonly().filter_in_order().in_list())
        .field(string("answered_name").readonly())
        .field(datetime("answered_at").readonly())
        .field(belongs_to("assigned_id", "staff").readonly().filter_in_order())
        .field(select("status", STATUSES).readonly().filter_in_order().in_list())
        .field(integer("unread").readonly())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(string("openid").readonly())
        .only(&[Verb::View, Verb::Export])
        .veiled(|by, chat| {
            if !by.may(super::WORDS) {
                chat.set("last_summary", "");
            }
            // They followed or scanned, and nothing was said yet.
            if chat.number("last_at") == Some(0) {
                chat.set("last_at", serde_json::Value::Null);
            }
        })
        .fill(|store, chats| {
            async move {
                let whose =
                    |chat: &Record| (chat.number("account_id").unwrap_or_default(), chat.text("openid").to_owned());
                let asked: Vec<_> = chats.iter().map(whose).collect();
                let names = followers::nicknames_on(store.reader(), &asked).await.map_err(from_shop)?;
                for chat in chats {
                    let name = names.get(&whose(chat)).cloned();
                    chat.set("name", name.unwrap_or_else(|| followers::code(chat.text("openid"))));
                }
                Ok(())
            }
            .boxed()
        });
    Face::of(resource)
        .own(Page::Show)
        .cell("name", |chat, reader| {
            // A made name is said in the reader's language.
            let made = followers::code(chat.text("openid"));
            let name = match chat.text("name") {
                name if name == made => followers::face(chat.text("openid"), Known::default(), reader.texts.0).name,
                name => name.to_owned(),
            };
            Markup::text(&name)
        })
        .cell("last_summary", |chat, reader| {
            let kind = chat.text("last_kind");
            let words = match kind {
                "" => String::new(),
                "text" if chat.text("last_summary").is_empty() => reader.t("inbox.kind.text"),
                "text" => chat.text("last_summary").to_owned(),
                kind => {
                    let key = format!("inbox.kind.{kind}");
                    texts::find(reader.texts.0, &key).map_or_else(|| reader.t("inbox.kind.other"), str::to_owned)
                }
            };
            Markup::tag("span", &[("class", "chat-last")], Markup::text(&words))
        })
        .cell("waiting_since", |chat, reader| match chat.number("waiting_since") {
            Some(since) => {
                let ms = now_ms() - since;
                let say = |key: &str, args: &[(&'static str, String)]| texts::say(reader.texts.0, key, args);
                let class = if ms > TOO_LONG_MS { "chat-waited is-long" } else { "chat-waited" };
                let title = reader.when_full(since);
                Markup::tag("span", &[("class", class), ("title", title.as_str())], Markup::text(&length(&say, ms)))
            }
            None => Markup::tag("span", &[("class", "quiet")], Markup::text("—")),
        })
        .cell("answered_by", |chat, reader| match chat.text("answered_by") {
            "" => Markup::tag("span", &[("class", "quiet")], Markup::text("—")),
            by => {
                let word = reader.t(&format!("chats.options.answered_by.{by}"));
                let name = Some(chat.text("answered_name")).filter(|name| !name.is_empty() && by != "rule");
                match name {
                    Some(name) => Markup::text(name),
                    None => Markup::tag("span", &[("class", "text-nowrap")], Markup::text(&word)),
                }
            }
        })
        .cell("status", |chat, reader| {
            let status = chat.text("status");
            let word = reader.t(&format!("chats.options.status.{status}"));
            state(if status == "open" { "open" } else { "closed" }, &word)
        })
        .template(|page| match page {
            Rendering::List(page) => Some(List::of(page).render()),
            _ => None,
        })
}

/// The list with its tabs and quick choices above it.
#[derive(Template)]
#[template(path = "admin/chats/list.html")]
struct List<'a> {
    shell: &'a Shell,
    list: &'a ListView,
    chips: Vec<Quick>,
}

/// A quick choice.
struct Quick {
    label: String,
    href: String,
    current: bool,
}

impl<'a> List<'a> {
    fn of(page: &'a ListPage) -> Self {
        let asked = page.list.to_keep.as_deref().unwrap_or_default();
        let now = now_ms();
        // Times move on: a choice is the current one when it asks for the same length, to some minutes.
        let since = |ms: i64| since(now - ms);
        let waited = asked.split('&').find_map(|pair| pair.strip_prefix("f.waiting_since.to="));
        let waited = waited.and_then(|at| at.replace("%3A", ":").parse::<Timestamp>().ok());
        let is_since = |ms: i64| waited.is_some_and(|at| (now - ms - at.as_millisecond()).abs() < 30 * 60_000);
        let quick = |key: &str, query: String, current: bool| Quick {
            label: page.shell.t(key),
            href: if query.is_empty() { super::PATH.into() } else { format!("{}?{query}", super::PATH) },
            current,
        };
        let is = |query: &str| asked == query;
        let hour = 3_600_000;
        let chips = vec![
            quick("chats.quick.all", String::new(), asked.is_empty()),
            quick("chats.quick.waiting", since(0), is_since(0)),
            quick("chats.quick.hours2", since(2 * hour), is_since(2 * hour)),
            quick("chats.quick.day", since(24 * hour), is_since(24 * hour)),
            quick("chats.quick.staff", "f.answered_by=staff".into(), is("f.answered_by=staff")),
            quick("chats.quick.rule", "f.answered_by=rule".into(), is("f.answered_by=rule")),
        ];
        Self { shell: &page.shell, list: &page.list, chips }
    }
}

/// The condition that somebody has waited since `at` (Unix ms) or longer.
fn since(at: i64) -> String {
    let minute = Timestamp::from_millisecond(at / 60_000 * 60_000).unwrap_or_default();
    format!("f.waiting_since.to={}", minute.to_string().replace(':', "%3A"))
}

/// The list of those who wait since `at` (Unix ms) or longer.
pub(super) fn waiting_since(at: i64) -> String {
    format!("{}?{}", super::PATH, since(at))
}

/// `GET /admin/chats/{id}`: the conversation stands in the inbox.
pub(super) async fn open(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let chat = app.admin.inbox.seen_by(&desk.reach).chat(id).await?;
    Ok(redirect(&format!("/admin/inbox/{}", chat.id)))
}
