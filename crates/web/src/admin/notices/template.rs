//! One template: its words, a test on one's own phone, its latest notices; reading templates from WeChat, removing one.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    Error,
    notices::{
        Test, URL_BYTES, Which,
        entity::{notice, template},
        words as fields,
    },
};

use super::{PATH, TEMPLATES, notices, number, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Path,
        resource::Markup,
        shell::{Shell, form_page},
        toast::{Toast, redirect_with},
        wechat,
    },
};

/// Notices on the page.
const LATEST: u64 = 10;

/// A word of the template, as a field of the test.
struct WordField {
    /// `data.thing1`.
    name: String,
    label: String,
    hint: String,
    attrs: String,
    /// The only values it takes.
    values: Vec<String>,
}

/// A notice on the page.
struct Line {
    id: i64,
    at: i64,
    openid: String,
    state: Markup,
    reason: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/notices/template.html")]
struct Page {
    shell: Shell,
    template: template::Model,
    way: String,
    word_fields: Vec<WordField>,
    form: Form,
    bubble: String,
    latest: Vec<Line>,
    list: String,
    url_attrs: String,
    openid_attrs: &'static str,
    may_test: bool,
    /// What a subscription notification asks of its follower before.
    asks_first: bool,
}

fn path_of(id: i64) -> String {
    format!("{TEMPLATES}/{id}")
}

/// `GET /admin/notice_templates/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let template = notices(&app).template(&desk.reach, number(&id)?).await?;
    let openid = notices(&app).last_tested_with(template.account_id, &desk.staff.name).await?;
    let form = Form::of([("openid", openid.unwrap_or_default()), ("form", new_form())]);
    render(&app, &desk, template, form).await
}

/// Names one form: sent twice it makes one notice.
fn new_form() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// `POST /admin/notice_templates/{id}/test`: sends a notice to one phone.
pub(super) async fn test(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>, mut form: Form) -> Answer {
    let template = notices(&app).template(&desk.reach, number(&id)?).await?;
    let url = Some(form.trimmed("url")).filter(|url| !url.is_empty());
    let named = Some(form.trimmed("form")).filter(|named| !named.is_empty());
    let test = Test { template_row: template.id, openid: form.trimmed("openid"), data: data(&form), url, form: named };
    match notices(&app).send_test(&desk.actor(), &desk.reach, test).await {
        Ok(notice) => {
            let toast = Toast::done(desk.t("notices.test_queued"));
            Ok(redirect_with(&desk, &format!("{PATH}/{notice}"), &toast))
        }
        Err(Error::NotNow(why)) => {
            Ok(redirect_with(&desk, &path_of(template.id), &Toast::error(why.message(desk.locale))))
        }
        Err(error) => {
            form.take(error, desk.locale)?;
            // What was sent with another content under the same name is a new one.
            let form = if form.problem("form").is_some() { form.with("form", new_form()) } else { form };
            render(&app, &desk, template, form).await
        }
    }
}

/// What was typed for each word.
fn data(form: &Form) -> BTreeMap<String, String> {
    let words = form.values().iter().filter_map(|(name, value)| Some((name.strip_prefix("data.")?, value)));
    words.filter(|(_, value)| !value.trim().is_empty()).map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

/// `POST /admin/notice_templates/{id}/remove`
pub(super) async fn remove(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    let template = notices(&app).template(&desk.reach, id).await?;
    let toast = match notices(&app).remove(&desk.actor(), &desk.reach, id).await {
        Ok(()) => Toast::done(desk.ta("notice_templates.removed", &[("name", template.title)])),
        Err(error) => Toast::error(why(&desk, error)?),
    };
    Ok(redirect_with(&desk, TEMPLATES, &toast))
}

/// `POST /admin/notice_templates/sync`: reads the templates of the accounts in view.
pub(super) async fn sync(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let (mut found, mut troubles) = (0, Vec::new());
    for live in desk.chosen(&app) {
        let (account, name) = (live.account.id, &live.account.name);
        match notices(&app).sync(&desk.reach, account).await {
            Ok(synced) => {
                found += synced.found;
                for (way, error) in synced.refused {
                    let way = words::way(desk.locale, puzi_shop::machine::Word::word(way));
                    troubles.push(format!("{name}, {way}: {}", wechat::refused(desk.locale, &error)));
                }
            }
            Err(error) => troubles.push(format!("{name}: {}", why(&desk, error)?)),
        }
    }
    let done = desk.ta("notice_templates.synced", &[("n", found.to_string())]);
    let toast = match troubles.is_empty() {
        true => Toast::done(done),
        false => Toast::warning(format!("{done} {}", troubles.join("; "))),
    };
    Ok(redirect_with(&desk, TEMPLATES, &toast))
}

/// A refusal in words; what is no refusal is a failure.
pub(super) fn why(desk: &Desk, error: Error) -> Result<String, Failure> {
    match error {
        Error::Invalid(problems) => Ok(problems.iter().map(|p| p.message(desk.locale)).collect::<Vec<_>>().join(" ")),
        Error::NotNow(problem) => Ok(problem.message(desk.locale)),
        Error::WeChat(error) => Ok(wechat::refused(desk.locale, &error)),
        other => Err(other.into()),
    }
}

async fn render(app: &App, desk: &Desk, template: template::Model, mut form: Form) -> Answer {
    let all = template.all_words();
    let names: Vec<String> = all.iter().map(|word| format!("data.{}", word.key)).collect();
    let order: Vec<&str> = std::iter::once("openid").chain(names.iter().map(String::as_str)).chain(["url"]).collect();
    form.order(&order);
    let values = data(&form);
    // Before anything is typed, WeChat's own example shows what it looks like.
    let bubble = match values.is_empty() && !template.example.is_empty() {
        true => template.example.trim().to_owned(),
        false => fields::fill(&template.content, &values),
    };
    let latest = match desk.may("notices.view") {
        true => {
            let which = Which { template_row: Some(template.id), ..Which::default() };
            notices(app).list(&desk.reach, which, LATEST).await?
        }
        false => Vec::new(),
    };
    let shell = Shell::new(app, desk, template.title.clone())
        .active("notices")
        .crumb(desk.t("notices.many"), PATH)
        .crumb(desk.t("notice_templates.many"), TEMPLATES)
        .crumb(template.title.clone(), None);
    let page = Page {
        way: words::way(desk.locale, &template.way),
        word_fields: all.iter().map(|word| word_field(desk, word)).collect(),
        bubble,
        latest: latest.iter().map(|notice| line(desk, notice)).collect(),
        list: format!("{PATH}?f.template_row={}", template.id),
        url_attrs: format!("type=\"url\" inputmode=\"url\" spellcheck=\"false\" maxlength=\"{URL_BYTES}\""),
        openid_attrs: "required maxlength=\"128\" spellcheck=\"false\"",
        may_test: desk.may("notices.send") && template.gone_at.is_none(),
        asks_first: template.way == "subscribe",
        form,
        template,
        shell,
    };
    form_page(&page.form, &page)
}

fn word_field(desk: &Desk, word: &fields::Word) -> WordField {
    let max = word.longest().map(|max| format!(" maxlength=\"{max}\"")).unwrap_or_default();
    let required = if word.is_optional() { "" } else { "required" };
    WordField {
        name: format!("data.{}", word.key),
        label: if word.label.is_empty() { word.key.clone() } else { word.label.clone() },
        hint: words::takes(desk.locale, &word.kind),
        attrs: format!("{required}{max} autocomplete=\"off\""),
        values: word.values.clone(),
    }
}

fn line(desk: &Desk, notice: &notice::Model) -> Line {
    Line {
        id: notice.id,
        at: notice.created_at,
        openid: notice.openid.clone(),
        state: words::state(desk.locale, &notice.state),
        reason: words::reason(desk.locale, &words::Told::from(notice)),
    }
}
