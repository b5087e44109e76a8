//! `/admin/tags`: the tags of followers, made and changed at WeChat first.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_resource::{Resource, Verb, belongs_to, datetime, integer, string};
use puzi_shop::{
    Error,
    followers::{Followers, tag_entity, tags::Tag},
};

use super::{
    desk::Desk,
    error::Answer,
    followers::said,
    form::Form,
    path::Path,
    resource::{Face, ListPage, Markup, Page},
    routes::{Routes, may},
    shell::{Shell, page_with},
    toast::{Toast, redirect_with},
};
use crate::App;

const PATH: &str = "/admin/tags";

/// The resource `tags`.
pub(super) fn face() -> Face {
    let resource = Resource::of::<tag_entity::Entity>("tags")
        .in_group("followers", "tag")
        .title("name")
        .partitioned_by("account_id")
        .ordered_by("followers", true)
        .field(string("name").readonly().searchable().sortable().in_list())
        .field(integer("followers").readonly().sortable().in_list())
        .field(belongs_to("account_id", "accounts").readonly().filter())
        .field(integer("wechat_id").readonly())
        .field(datetime("updated_at").readonly().in_list())
        .field(datetime("created_at").readonly())
        .only(&[Verb::View, Verb::Export]);
    Face::of(resource).own(Page::Show).own(Page::New).head(refresh_button).cell("followers", |tag, reader| {
        let count = tag.number("followers").unwrap_or_default().to_string();
        if !reader.may("followers.view") {
            return Markup::text(&count);
        }
        let account = tag.number("account_id").unwrap_or_default();
        let href = format!("/admin/followers?f.tags={}&f.account_id={account}", tag.id);
        Markup::tag("a", &[("href", href.as_str())], Markup::text(&count))
    })
}

/// A button that reads WeChat's list again.
fn refresh_button(page: &ListPage) -> Markup {
    if !page.shell.may("tags.create") {
        return Markup::default();
    }
    let csrf = Markup::void("input", &[("type", "hidden"), ("name", "_csrf"), ("value", &page.shell.csrf)]);
    let button = Markup::tag("button", &[("class", "btn btn-sm")], Markup::text(&page.shell.t("tags.refresh")));
    let form = [("method", "post"), ("action", "/admin/tags/refresh"), ("class", "people-head")];
    Markup::tag("form", &form, csrf.and(button))
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/admin/tags/new", may("tags.create"), new)
        .post("/admin/tags/new", may("tags.create"), create)
        .post("/admin/tags/refresh", may("tags.create"), refresh)
        .get("/admin/tags/{id}", may("tags.view"), show)
        .post("/admin/tags/{id}", may("tags.edit"), rename)
        .post("/admin/tags/{id}/delete", may("tags.delete"), delete)
}

#[derive(Template)]
#[template(path = "admin/tags/tag.html")]
struct TagPage {
    shell: Shell,
    /// None: a new one is made.
    tag: Option<Tag>,
    /// The shop's to change: not one of WeChat's own.
    own: bool,
    accounts: Vec<(i64, String)>,
    account: i64,
    name: String,
    problem: String,
}

fn followers(app: &App) -> Followers {
    Followers::new(&app.db, &app.registry)
}

/// `GET /admin/tags/new`
async fn new(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let account = desk.account.unwrap_or_default();
    form_page(&app, &desk, None, account, String::new(), String::new())
}

/// `POST /admin/tags/new`
async fn create(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let account = form.value("account").parse().ok().or(desk.account).unwrap_or_default();
    let name = form.trimmed("name");
    match followers(&app).create_tag(&desk.actor(), &desk.reach, account, &name).await {
        Ok(_) => Ok(redirect_with(&desk, PATH, &Toast::done(desk.ta("tags.created", &[("name", name)])))),
        Err(error) => {
            let problem = said(&desk, error)?;
            form_page(&app, &desk, None, account, name, problem)
        }
    }
}

/// `GET /admin/tags/{id}`
async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let tag = followers(&app).tag(&desk.reach, id).await?;
    let (account, name) = (tag.account_id, tag.name.clone());
    form_page(&app, &desk, Some(tag), account, name, String::new())
}

/// `POST /admin/tags/{id}`
async fn rename(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let (name, version) = (form.trimmed("name"), form.value("version").parse().ok());
    match followers(&app).rename_tag(&desk.actor(), &desk.reach, id, version, &name).await {
        Ok(()) => Ok(redirect_with(&desk, PATH, &Toast::done(desk.ta("tags.renamed", &[("name", name)])))),
        Err(error) => {
            let problem = match error {
                Error::Stale => desk.t("tags.stale"),
                error => said(&desk, error)?,
            };
            // Whoever may not see the tag is told why, and nothing else.
            if !desk.may("tags.view") {
                return Ok(redirect_with(&desk, "/admin", &Toast::error(problem)));
            }
            let tag = followers(&app).tag(&desk.reach, id).await?;
            let account = tag.account_id;
            form_page(&app, &desk, Some(tag), account, name, problem)
        }
    }
}

/// `POST /admin/tags/{id}/delete`
async fn delete(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let name = followers(&app).tag(&desk.reach, id).await?.name;
    let toast = match followers(&app).delete_tag(&desk.actor(), &desk.reach, id).await {
        Ok(()) => Toast::done(desk.ta("tags.deleted", &[("name", name)])),
        Err(error) => Toast::error(said(&desk, error)?),
    };
    Ok(redirect_with(&desk, PATH, &toast))
}

/// `POST /admin/tags/refresh`: reads WeChat's list again.
async fn refresh(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let (chosen, mut count) = (desk.chosen(&app), 0);
    if chosen.is_empty() {
        return Ok(redirect_with(&desk, PATH, &Toast::warning(desk.t("said.no_account"))));
    }
    for live in &chosen {
        match followers(&app).read_tags(&desk.reach, live.account.id).await {
            Ok(read) => count += read,
            Err(error) => {
                let mut why = said(&desk, error)?;
                if chosen.len() > 1 {
                    why = format!("{}: {why}", live.account.name);
                }
                return Ok(redirect_with(&desk, PATH, &Toast::error(why)));
            }
        }
    }
    Ok(redirect_with(&desk, PATH, &Toast::done(desk.ta("tags.read", &[("n", count.to_string())]))))
}

fn form_page(app: &App, desk: &Desk, tag: Option<Tag>, account: i64, name: String, problem: String) -> Answer {
    let title = tag.as_ref().map_or_else(|| desk.t("tags.new"), |tag| tag.name.clone());
    let shell = Shell::new(app, desk, title.clone()).active("tags").crumb(desk.t("tags.many"), PATH).crumb(title, None);
    let accounts = desk.accounts(app).iter().map(|live| (live.account.id, live.account.name.clone())).collect();
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let own = tag.as_ref().is_none_or(|tag| !tag.is_platforms());
    page_with(status, &TagPage { shell, own, tag, accounts, account, name, problem })
}
