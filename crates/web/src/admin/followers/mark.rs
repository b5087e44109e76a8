//! `POST /admin/followers/tags` and `/block`: what to do with many, asked first, then done by a run that can be watched.

use crate::admin::number::grouped;
use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    Error,
    accounts::Reach,
    followers::{Filter, Mark, Who, estimate, face_of, tags::Tag},
    runs,
};

use super::{BLOCK, PATH, TAGS, followers, write::said};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        resource::Chosen,
        shell::{Shell, page_with},
        toast::{Toast, redirect, redirect_with},
    },
};

/// People whom a question names.
const NAMED: usize = 8;

/// Whom a list's selection means.
struct Selected {
    account: i64,
    who: Who,
    /// How many, as people read it.
    count: String,
    many: bool,
    names: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/followers/mark.html")]
struct Page {
    shell: Shell,
    action: &'static str,
    tagging: bool,
    selected: Selected,
    tags: Vec<Tag>,
    /// The selection, to be sent again.
    fields: Vec<(&'static str, String)>,
    tag: Option<i64>,
    new_tag: String,
    problem: String,
    /// Names this question: asked twice it is done once.
    form: String,
    back: String,
}

/// `POST /admin/followers/tags`
pub(super) async fn tags(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let selected = match selected(&app, &desk, &form).await? {
        Ok(selected) => selected,
        Err(toast) => return Ok(redirect_with(&desk, &back(&form), &toast)),
    };
    let word = form.value("what");
    if !matches!(word, "tag" | "untag") {
        return ask(&app, &desk, true, selected, &form, String::new()).await;
    }
    let new = form.trimmed("new_tag");
    let chosen = form.value("tag").parse::<i64>().ok();
    let tag = match (chosen, new.is_empty()) {
        (_, false) if word == "tag" => {
            if !desk.may("tags.create") {
                return Err(Failure::forbidden());
            }
            match followers(&app).create_tag(&desk.actor(), &desk.reach, selected.account, &new).await {
                Ok(tag) => tag,
                Err(error) => {
                    let problem = said(&desk, error)?;
                    return ask(&app, &desk, true, selected, &form, problem).await;
                }
            }
        }
        (Some(tag), _) => tag,
        (None, _) => {
            let problem = desk.t("followers.mark.choose_tag");
            return ask(&app, &desk, true, selected, &form, problem).await;
        }
    };
    let what = if word == "tag" { Mark::Tag(tag) } else { Mark::Untag(tag) };
    start(&app, &desk, selected, what, &form).await
}

/// `POST /admin/followers/block`
pub(super) async fn block(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let selected = match selected(&app, &desk, &form).await? {
        Ok(selected) => selected,
        Err(toast) => return Ok(redirect_with(&desk, &back(&form), &toast)),
    };
    match form.value("what") {
        "block" => start(&app, &desk, selected, Mark::Block, &form).await,
        "unblock" => start(&app, &desk, selected, Mark::Unblock, &form).await,
        _ => ask(&app, &desk, false, selected, &form, String::new()).await,
    }
}

async fn start(app: &App, desk: &Desk, selected: Selected, what: Mark, form: &Form) -> Answer {
    let Selected { account, who, .. } = selected;
    let named = Some(form.value("form")).filter(|name| !name.is_empty());
    let runs = &app.admin.runs;
    match followers(app).mark(runs, &desk.actor(), &desk.reach, account, (who, what), named).await {
        Ok(id) => {
            let run = runs.get(&desk.reach, id).await?;
            if run.state == runs::State::Done {
                return Ok(redirect_with(desk, &back(form), &told(app, desk, id, what).await?));
            }
            Ok(redirect(&format!("/admin/runs/{id}")))
        }
        Err(error) => Ok(redirect_with(desk, &back(form), &Toast::error(said(desk, error)?))),
    }
}

/// What became of a run, in a few words.
pub(super) async fn told(app: &App, desk: &Desk, id: i64, what: Mark) -> Result<Toast, Failure> {
    let runs = &app.admin.runs;
    let run = runs.get(&desk.reach, id).await?;
    let n = [("n", run.changed.to_string())];
    Ok(match run.state {
        runs::State::Done if run.changed == 0 => Toast::done(desk.t("followers.mark.nothing")),
        runs::State::Done => Toast::done(desk.ta(&format!("followers.mark.done_{}", what.word()), &n)),
        runs::State::Partly => {
            let lines = runs.lines(&desk.reach, id, 0).await?;
            let why = lines.first().map(|line| line.detail.clone()).unwrap_or_default();
            let why = crate::texts::find(desk.locale, &why).map_or(why.clone(), str::to_owned);
            Toast::error(desk.ta("followers.mark.refused", &[("n", run.refused.to_string()), ("why", why)]))
        }
        runs::State::Failed => {
            let why = run.problem.unwrap_or_default();
            Toast::error(crate::texts::find(desk.locale, &why).map_or(why.clone(), str::to_owned))
        }
        _ => Toast::done(desk.t("followers.mark.under_way")),
    })
}

async fn ask(app: &App, desk: &Desk, tagging: bool, selected: Selected, form: &Form, problem: String) -> Answer {
    let key = if tagging { "followers.mark.tags_title" } else { "followers.mark.block_title" };
    let title = desk.ta(key, &[("n", selected.count.clone())]);
    let shell = Shell::new(app, desk, title.clone())
        .active("followers")
        .crumb(desk.t("followers.many"), PATH)
        .crumb(title, None);
    let tags = if tagging { followers(app).tags(&desk.reach, selected.account).await? } else { Vec::new() };
    let ids = form.all("ids").join(",");
    let fields =
        [("ids", ids), ("all", form.value("all").to_owned()), ("_selection", form.value("_selection").to_owned())];
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let named = form.value("form");
    let page = Page {
        shell,
        action: if tagging { TAGS } else { BLOCK },
        tagging,
        selected,
        tags,
        fields: fields.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        tag: form.value("tag").parse().ok(),
        new_tag: form.trimmed("new_tag"),
        problem,
        form: if named.is_empty() { format!("{:032x}", rand::random::<u128>()) } else { named.to_owned() },
        back: back(form),
    };
    page_with(status, &page)
}

/// Whom the form means; or why that cannot be said.
async fn selected(app: &App, desk: &Desk, form: &Form) -> Result<Result<Selected, Toast>, Failure> {
    let (account, who) = match Chosen::read(desk, form)? {
        Chosen::These(ids) => {
            let Some(first) = ids.first() else {
                return Ok(Err(Toast::warning(desk.t("followers.mark.nobody"))));
            };
            let accounts = followers(app).accounts_of(&desk.reach, &ids).await?;
            if accounts.len() > 1 {
                return Ok(Err(Toast::warning(desk.t("followers.mark.several_accounts"))));
            }
            let account = followers(app).get(&desk.reach, *first).await?.account_id;
            (account, Who::Ids(ids))
        }
        Chosen::All(query) => {
            let pairs = query.to_pairs();
            let asked = pairs.iter().find(|(name, _)| name == "f.account_id").and_then(|(_, value)| value.parse().ok());
            let only = || match desk.accounts(app).as_slice() {
                [one] => Some(one.account.id),
                _ => None,
            };
            let Some(account) = asked.or(query.partition).or_else(only) else {
                return Ok(Err(Toast::warning(desk.t("followers.mark.choose_account"))));
            };
            match Filter::from_pairs(pairs, &desk.zone) {
                Ok(filter) => (account, Who::All(filter)),
                Err(error) => return Ok(Err(Toast::error(said(desk, error)?))),
            }
        }
    };
    let filter = match &who {
        Who::Ids(ids) => Filter::of(ids.clone()),
        Who::All(filter) => Ok(filter.clone()),
    };
    let filter = match filter {
        Ok(filter) => filter,
        Err(error @ Error::Invalid(_)) => return Ok(Err(Toast::error(said(desk, error)?))),
        Err(error) => return Err(error.into()),
    };
    let count = estimate(&app.db, &desk.reach, account, &filter).await?;
    if count.n == 0 {
        return Ok(Err(Toast::warning(desk.t("followers.mark.nobody"))));
    }
    let names = names(app, desk, account, &filter).await?;
    let count_text = if count.more { format!("{}+", grouped(count.n)) } else { grouped(count.n) };
    Ok(Ok(Selected { account, who, many: count.n > 1, names, count: count_text }))
}

/// The first few by name, so that a person sees who is meant.
async fn names(app: &App, desk: &Desk, account: i64, filter: &Filter) -> Result<Vec<String>, Failure> {
    let reach = Reach::of([account]);
    let mut names = Vec::new();
    for one in filter.choose(app.db.read(), account, 0, NAMED).await? {
        let follower = followers(app).get(&reach, one.id).await?;
        names.push(face_of(&follower, desk.locale).name);
    }
    Ok(names)
}

fn back(form: &Form) -> String {
    let back = form.value("_back");
    if back.starts_with(PATH) && !back.contains("//") { back.to_owned() } else { PATH.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (given, leads) in [
            ("/admin/followers?q=a", "/admin/followers?q=a"),
            ("https://evil.example/", PATH),
            ("/admin/followers//evil.example", PATH),
            ("", PATH),
        ] {
            assert_eq!(back(&Form::of([("_back", given)])), leads);
        }
    }
}
