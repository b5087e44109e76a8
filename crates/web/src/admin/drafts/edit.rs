//! Writing a draft: the articles at the left as WeChat shows them, one of them open at the right.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    Error,
    drafts::{
        Article, Kind,
        article::{AUTHOR_CHARS, DIGEST_CHARS, MOST, TITLE_CHARS},
        entity::Model,
    },
};

use super::{PATH, path_of, reading};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        materials::thumbnail_of,
        path::Path,
        shell::{Shell, page_with},
        toast::{Toast, redirect_with},
    },
};

/// An article in the list.
struct Item {
    n: usize,
    title: String,
    /// A small picture; empty without one.
    picture: String,
    open: bool,
    wrong: bool,
    /// What it holds, for the form: of all but the open one.
    hidden: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin/drafts/edit.html")]
struct Page {
    shell: Shell,
    /// The fields of the open article, and what is wrong with them.
    form: Form,
    action: String,
    back: String,
    /// Of an existing draft.
    id: String,
    version: String,
    at: usize,
    items: Vec<Item>,
    set: bool,
    cover: String,
    more: bool,
    /// Somebody else changed it meanwhile.
    conflict: bool,
    /// Problems that belong to no field of the open article.
    problems: Vec<String>,
    title_attrs: String,
    author_attrs: String,
    digest_attrs: String,
}

impl Page {
    fn name(&self, field: &str) -> String {
        format!("a.{}.{field}", self.at)
    }

    fn is_last(&self, n: &usize) -> bool {
        *n + 1 == self.items.len()
    }
}

/// What the page is about.
#[derive(Default)]
struct About {
    draft: Option<(i64, String)>,
    version: String,
    conflict: bool,
    problems: Vec<(String, String)>,
}

/// `GET /admin/drafts/new`
pub(super) async fn show_new(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    page(&app, &desk, &[Article::default()], 0, About::default())
}

/// `POST /admin/drafts/new`
pub(super) async fn create(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let account = desk.account.ok_or_else(Failure::not_found)?;
    let articles = reading::articles(&form);
    match app.admin.drafts.create(&desk.actor(), &desk.reach, account, articles.clone()).await {
        Ok(draft) => after(&app, &desk, &form, &draft).await,
        Err(error) => {
            let about = About { problems: wrong(&desk, error)?, ..About::default() };
            page(&app, &desk, &articles, at(&form), about)
        }
    }
}

/// `GET /admin/drafts/{id}/edit`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let draft = living(&app, &desk, id).await?;
    page(&app, &desk, &draft.list(), 0, about(&draft))
}

/// `POST /admin/drafts/{id}/edit`
pub(super) async fn save(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>, form: Form) -> Answer {
    let draft = living(&app, &desk, id).await?;
    let articles = reading::articles(&form);
    let version = form.value("version").parse().unwrap_or_default();
    match app.admin.drafts.edit(&desk.actor(), &desk.reach, id, version, articles.clone()).await {
        Ok(draft) => after(&app, &desk, &form, &draft).await,
        // What was typed stays; the next save is made on top of theirs.
        Err(Error::Stale) => {
            let now = living(&app, &desk, id).await?;
            page(&app, &desk, &articles, at(&form), About { conflict: true, ..about(&now) })
        }
        Err(Error::NotNow(problem)) => {
            let toast = Toast::error(problem.message(desk.locale));
            Ok(redirect_with(&desk, &path_of(id), &toast))
        }
        Err(error) => {
            let about = About { problems: wrong(&desk, error)?, ..about(&draft) };
            page(&app, &desk, &articles, at(&form), about)
        }
    }
}

/// `POST /admin/drafts/form`: a step in the editor without saving anything.
pub(super) async fn step(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let mut articles = reading::articles(&form);
    let at = reading::step(&mut articles, at(&form), form.value("do"));
    let about = match form.value("id").parse() {
        Ok(id) => {
            let draft = living(&app, &desk, id).await?;
            About { version: form.value("version").to_owned(), ..about(&draft) }
        }
        Err(_) => About::default(),
    };
    page(&app, &desk, &articles, at, about)
}

/// Saved here; with the second button at WeChat, too.
async fn after(app: &App, desk: &Desk, form: &Form, draft: &Model) -> Answer {
    let path = path_of(draft.id);
    if form.is("then", "save") && desk.may("drafts.save") {
        let toast = match app.admin.drafts.save(&desk.actor(), &desk.reach, draft.id).await {
            Ok(()) => Toast::done(desk.t("drafts.done.save")),
            Err(error) => {
                let said: Vec<_> = wrong(desk, error)?.into_iter().map(|(_, text)| text).collect();
                Toast::warning(desk.ta("drafts.kept_but", &[("why", said.join(" "))]))
            }
        };
        return Ok(redirect_with(desk, &path, &toast));
    }
    Ok(redirect_with(desk, &path, &Toast::done(desk.t("drafts.done.edit"))))
}

/// What is wrong, with the names of the form's fields.
fn wrong(desk: &Desk, error: Error) -> Result<Vec<(String, String)>, Failure> {
    let problems = match error {
        Error::Invalid(problems) => problems,
        Error::NotNow(problem) => vec![problem],
        other => return Err(other.into()),
    };
    let named = problems.into_iter().map(|problem| {
        let field = problem.field.replacen("articles.", "a.", 1);
        (field, problem.message(desk.locale))
    });
    Ok(named.collect())
}

fn at(form: &Form) -> usize {
    form.value("at").parse().unwrap_or_default()
}

fn about(draft: &Model) -> About {
    About { draft: Some((draft.id, draft.title.clone())), version: draft.version.to_string(), ..About::default() }
}

async fn living(app: &App, desk: &Desk, id: i64) -> Result<Model, Failure> {
    let draft = app.admin.drafts.get(&desk.reach, id).await?;
    if draft.deleted_at.is_some() { Err(Failure::not_found()) } else { Ok(draft) }
}

fn page(app: &App, desk: &Desk, articles: &[Article], at: usize, about: About) -> Answer {
    // What is wrong is shown first.
    let first_wrong =
        about.problems.iter().find_map(|(field, _)| field.strip_prefix("a.")?.split('.').next()?.parse().ok());
    let at = first_wrong.unwrap_or(at).min(articles.len().saturating_sub(1));
    let Some(open) = articles.get(at) else { return Err(Failure::bad_request()) };
    let mut form = Form::default();
    for (name, value) in reading::fields(at, open) {
        form = form.with(&name, value);
    }
    let here = format!("a.{at}.");
    let mut elsewhere = Vec::new();
    for (field, text) in &about.problems {
        if field.starts_with(&here) {
            form.refuse(field, text.clone());
        } else {
            elsewhere.push(text.clone());
        }
    }
    let items = articles.iter().enumerate().map(|(n, article)| item(desk, n, article, at, &about.problems));
    let (action, back, id, title) = match &about.draft {
        Some((id, title)) => (format!("{}/edit", path_of(*id)), path_of(*id), id.to_string(), title.clone()),
        None => (format!("{PATH}/new"), PATH.to_owned(), String::new(), desk.t("drafts.actions.create")),
    };
    let heading = if title.is_empty() { desk.t("drafts.untitled") } else { title };
    let shell =
        Shell::new(app, desk, heading.clone()).active("drafts").crumb(desk.t("drafts.many"), PATH).crumb(heading, None);
    let status = if about.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        shell,
        action,
        back,
        id,
        version: about.version,
        at,
        items: items.collect(),
        set: open.kind == Kind::Newspic,
        cover: open.cover.map(thumbnail_of).unwrap_or_default(),
        more: articles.len() < MOST,
        conflict: about.conflict,
        problems: elsewhere,
        title_attrs: format!("maxlength={TITLE_CHARS}"),
        author_attrs: format!("maxlength={AUTHOR_CHARS}"),
        digest_attrs: format!("maxlength={DIGEST_CHARS}"),
        form,
    };
    page_with(status, &page)
}

fn item(desk: &Desk, n: usize, article: &Article, at: usize, problems: &[(String, String)]) -> Item {
    let here = format!("a.{n}.");
    let picture = article.cover.or_else(|| article.pictures.first().copied());
    Item {
        n,
        title: if article.title.is_empty() { desk.t("drafts.untitled") } else { article.title.clone() },
        picture: picture.map(thumbnail_of).unwrap_or_default(),
        open: n == at,
        wrong: problems.iter().any(|(field, _)| field.starts_with(&here)),
        hidden: if n == at { Vec::new() } else { reading::fields(n, article) },
    }
}
