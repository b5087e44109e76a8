//! The list of calls: read and taken out in a file, nothing else.

use std::sync::Arc;

use askama::Template;
use futures_util::FutureExt;
use puzi_resource::{
    Choice, Filter, Op, Options, Record, Resource, Verb, belongs_to, boolean, computed, datetime, integer, select,
    string,
};
use puzi_shop::calls::{entity, read, search::Search};

use super::words;
use crate::admin::{
    resource::{Face, ListPage, ListView, Markup, Page, Rendering, copyable, every_account, from_shop},
    shell::Shell,
};

const TROUBLES: Options =
    Options::Fixed(&["refused", "transport", "late", "unreadable", "failed", "deferred", "not_taken"]);
const ORIGINS: Options = Options::Fixed(&["serve", "cli", "replay"]);

/// The resource `calls`. Orders and filters are those that the table's indexes carry: it may be very long.
pub(in crate::admin) fn face() -> Face {
    let size = |call: &Record| {
        let bytes = |field| words::bytes(call.number(field).unwrap_or_default());
        format!("{} / {}", bytes("sent"), bytes("received")).into()
    };
    let endpoints = Options::Asked(Arc::new(|store, actor| {
        async move {
            let names = read::endpoints(store.reader(), actor.within.as_deref()).await.map_err(from_shop)?;
            Ok(names.into_iter().map(|value| Choice { value, label: None }).collect())
        }
        .boxed()
    }));
    let resource = Resource::of::<entity::Entity>("calls")
        .in_group("system", "api")
        .title("endpoint")
        .ordered_by("at", true)
        .partitioned_by("account_id")
        .partitions(every_account)
        .field(datetime("at").readonly().filter().sortable().in_list())
        .field(boolean("outgoing").readonly().filter().in_list())
        .field(select("endpoint", endpoints).readonly().filter().searchable().in_list())
        .field(integer("us").readonly().in_list())
        .field(computed("size", size).not_in_api().in_list())
        .field(select("trouble", TROUBLES).readonly().filter().in_list())
        .field(integer("errcode").readonly().filter().searchable())
        .field(string("rid").readonly().filter().searchable().in_list())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(integer("attempt").readonly())
        .field(integer("status").readonly())
        .field(integer("sent").readonly())
        .field(integer("received").readonly())
        .field(string("node").readonly())
        .field(select("origin", ORIGINS).readonly())
        .field(string("errmsg").readonly())
        // Whole it is a key for a follower: whoever may see followers finds it on the page of the line.
        .field(string("openid").readonly().filter().searchable().not_in_api().reads(|call| masked(call.text("openid"))))
        .searched_by(|words| {
            let is = |field: &str, value: String| vec![Filter::new(field, Op::Is, value)];
            match Search::of(words) {
                Search::Rid(rid) => is("rid", rid),
                Search::Openid(openid) => is("openid", openid),
                Search::Errcode(code) => is("errcode", code.to_string()),
                Search::Endpoints(names) if names.is_empty() => Vec::new(),
                Search::Endpoints(names) => vec![Filter { field: "endpoint".into(), op: Op::Any, values: names }],
            }
        })
        .only(&[Verb::View, Verb::Export]);
    Face::of(resource)
        .own(Page::Show)
        .cell("at", |call, reader| {
            let at = call.number("at").unwrap_or_default();
            let text = format!("{}:{:02}", reader.when(at), at.div_euclid(1_000).rem_euclid(60));
            let title = reader.when_full(at);
            Markup::tag("time", &[("title", title.as_str()), ("class", "text-nowrap")], Markup::text(&text))
        })
        .cell("outgoing", |call, reader| {
            let outgoing = call.get("outgoing") == &serde_json::Value::Bool(true);
            let (icon, word) = if outgoing { ("arrow-up", "calls.call") } else { ("arrow-down", "calls.push") };
            arrow(icon).and(Markup::text(&reader.t(word)))
        })
        .cell("endpoint", |call, _| {
            Markup::tag("span", &[("class", "mono call-endpoint")], Markup::text(call.text("endpoint")))
        })
        .cell("us", |call, reader| {
            let us = call.number("us").unwrap_or_default();
            let class = if us > words::SLOW_US { "call-slow" } else { "" };
            Markup::tag("span", &[("class", class)], Markup::text(&words::took(reader.texts.0, us)))
        })
        .cell("trouble", |call, reader| {
            let trouble = Some(call.text("trouble")).filter(|word| !word.is_empty());
            let state = words::state(reader.texts.0, trouble);
            match call.number("errcode").filter(|code| *code != 0) {
                Some(code) if reader.in_list => {
                    let code = Markup::text(&code.to_string());
                    state.and(Markup::text(" ")).and(Markup::tag("small", &[("class", "quiet")], code))
                }
                _ => state,
            }
        })
        .cell("rid", |call, reader| copyable(call.text("rid"), reader))
        .template(|page| match page {
            Rendering::List(page) => Some(List::of(page).render()),
            _ => None,
        })
}

/// An openid of which only its ends are told.
pub(crate) fn masked(openid: &str) -> String {
    let chars: Vec<char> = openid.chars().collect();
    match chars.len() {
        0 => String::new(),
        1..12 => "…".to_owned(),
        n => format!("{}…{}", chars[..4].iter().collect::<String>(), chars[n - 4..].iter().collect::<String>()),
    }
}

fn arrow(icon: &str) -> Markup {
    let href = format!("{}#{icon}", crate::admin::assets::icons());
    let glyph = Markup::tag("use", &[("href", &href)], Markup::default());
    Markup::tag("svg", &[("class", "icon"), ("aria-hidden", "true"), ("focusable", "false")], glyph)
}

/// The list with figures above it, quick choices, and the switch that follows live.
#[derive(Template)]
#[template(path = "admin/calls/list.html")]
struct List<'a> {
    shell: &'a Shell,
    list: &'a ListView,
    chips: Vec<Quick>,
}

/// A quick choice.
struct Quick {
    label: String,
    href: &'static str,
    current: bool,
}

/// What the quick choices ask for.
const ALL: &str = "/admin/calls";
const FAILED: &str =
    "/admin/calls?f.trouble.any=refused%2Ctransport%2Clate%2Cunreadable%2Cfailed%2Cdeferred%2Cnot_taken";
const CALLS: &str = "/admin/calls?f.outgoing=1";
const PUSHES: &str = "/admin/calls?f.outgoing=0";

impl<'a> List<'a> {
    fn of(page: &'a ListPage) -> Self {
        let asked = page.list.to_keep.as_deref().unwrap_or_default();
        let quick = |key: &str, href: &'static str| Quick {
            label: page.shell.t(key),
            href,
            current: href.split_once('?').map_or("", |(_, query)| query) == asked,
        };
        let chips = vec![
            quick("calls.all", ALL),
            quick("calls.failed", FAILED),
            quick("calls.calls_only", CALLS),
            quick("calls.pushes_only", PUSHES),
        ];
        Self { shell: &page.shell, list: &page.list, chips }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_choice_names_all_that_can_go_wrong() {
        let all: Vec<_> = puzi_shop::calls::Trouble::ALL.map(puzi_shop::calls::Trouble::as_str).into();
        assert!(FAILED.ends_with(&all.join("%2C")), "{FAILED}");
        assert!(matches!(TROUBLES, Options::Fixed(words) if words == all));
    }

    #[test]
    fn an_openid_is_told_by_its_ends() {
        assert_eq!(masked("oABCdefghijklmnopqrstuvwxyz1"), "oABC…xyz1");
        assert_eq!([masked("o1"), masked("")], ["…", ""]);
    }
}
