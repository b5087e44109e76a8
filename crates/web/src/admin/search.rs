//! `/admin/search`: pages, things to do and records, for the palette (JSON) and as a page.

use std::sync::Arc;

use askama::Template;
use axum::{Json, extract::State, http::HeaderMap, response::IntoResponse};
use puzi_shop::accounts::Reach;
use serde::{Deserialize, Serialize};

use super::{
    desk::Desk,
    error::Answer,
    nav,
    path::Query,
    problem, resource,
    routes::{Needs, Routes},
    shell::{Shell, page},
};
use crate::App;

const QUERY_CHARS: usize = 100;
/// Records are asked for from so many characters on; a single Chinese one is enough.
const ASK_FROM_BYTES: usize = 2;

/// Things to do: key of the text, where, icon, permission.
const ACTIONS: &[(&str, &str, &str, Option<&str>)] = &[
    ("search.actions.new_account", "/admin/accounts/new", "plus", Some("accounts.create")),
    ("search.actions.new_rule", "/admin/rules/new", "plus", Some("rules.create")),
    ("search.actions.new_member", "/admin/staff/new", "plus", Some("staff.create")),
    ("search.actions.password", "/admin/me", "key", None),
    ("search.actions.totp", "/admin/me/totp", "shield", None),
    ("search.actions.token", "/admin/me/tokens", "api", Some("tokens.create")),
    ("search.actions.permissions", "/admin/permissions", "eye", Some("roles.view")),
];

pub(super) fn routes() -> Routes {
    Routes::new().get("/admin/search", Needs::LoggedIn, search)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// Hits of one kind.
#[derive(Serialize)]
struct Group {
    label: String,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    label: String,
    detail: String,
    href: String,
    icon: &'static str,
}

#[derive(Serialize)]
struct Found {
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "admin/shell/search.html")]
struct Page {
    shell: Shell,
    words: String,
    found: Found,
}

/// `GET /admin/search?q=`
async fn search(
    State(app): State<Arc<App>>,
    desk: Desk,
    headers: HeaderMap,
    Query(Asked { q }): Query<Asked>,
) -> Answer {
    let words: String = q.trim().chars().filter(|c| !c.is_control()).take(QUERY_CHARS).collect();
    let mut groups = vec![
        Group { label: desk.t("search.pages"), items: pages(&desk, &words) },
        Group { label: desk.t("search.do"), items: actions(&desk, &words) },
    ];
    if words.len() >= ASK_FROM_BYTES {
        groups.extend(records(&desk, &words).await);
    }
    groups.retain(|group| !group.items.is_empty());
    let found = Found { groups };
    if problem::wants_json(&headers) {
        return Ok(Json(found).into_response());
    }
    page(&Page { shell: Shell::new(&app, &desk, desk.t("face.search")), words, found })
}

/// The entries of the navigation.
fn pages(desk: &Desk, words: &str) -> Vec<Item> {
    let entries = nav::groups(desk, "").into_iter().flat_map(|group| {
        let label = group.label;
        group.items.into_iter().map(move |entry| (label.clone(), entry))
    });
    entries
        .filter(|(_, entry)| fits(&entry.label, words))
        .map(|(detail, entry)| Item { label: entry.label, detail, href: entry.href, icon: entry.icon })
        .collect()
}

fn actions(desk: &Desk, words: &str) -> Vec<Item> {
    // Who sees some accounts makes none: it would be out of their sight.
    let makes = |key: &str| key != "search.actions.new_account" || desk.reach == Reach::All;
    let allowed = (ACTIONS.iter().filter(|(key, ..)| makes(key)))
        .filter(|(.., permission)| permission.is_none_or(|permission| desk.may(permission)));
    let item = |(key, href, icon, _): &(&str, &str, &'static str, _)| Item {
        label: desk.t(key),
        detail: String::new(),
        href: (*href).to_owned(),
        icon,
    };
    allowed.map(item).filter(|item| fits(&item.label, words)).collect()
}

/// Records, a group for each resource.
async fn records(desk: &Desk, words: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for hit in resource::search(&desk.faces, desk, words).await {
        let item = Item { label: hit.title, detail: hit.kind.clone(), href: hit.href, icon: hit.icon };
        match groups.iter_mut().find(|group| group.label == hit.kind) {
            Some(group) => group.items.push(item),
            None => groups.push(Group { label: hit.kind, items: vec![item] }),
        }
    }
    groups
}

/// Whether every word of `words` stands in `label`.
fn fits(label: &str, words: &str) -> bool {
    let label = label.to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| label.contains(word))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn every_word_must_be_there() {
        assert!(fits("Reply rules", "rul RE") && fits("回复规则", "规则") && fits("whatever", ""));
        assert!(!fits("Reply rules", "rule menu"));
    }
}
