//! `/admin/notice_templates/new`: a template out of WeChat's library.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    Error,
    notices::{Keyword, NewTemplate, SCENE_CHARS, Title},
    texts::Locale,
};
use serde::Deserialize;

use super::{PATH, TEMPLATES, notices, template::why, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Query,
        shell::{Shell, form_page},
        toast::{Toast, redirect_with},
        wechat,
    },
};

/// Titles of a page of the library.
const PAGE: i64 = 30;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    account: Option<String>,
    way: Option<String>,
    start: Option<String>,
    tid: Option<String>,
}

/// An account that may be chosen.
struct Account {
    id: i64,
    name: String,
}

/// A word that may be chosen.
struct Choice {
    kid: String,
    name: String,
    /// What it takes, in words.
    hint: String,
    example: String,
}

impl Choice {
    fn of(word: Keyword, locale: Locale) -> Self {
        let hint = words::takes(locale, &word.rule);
        Self { kid: word.kid.to_string(), name: word.name, hint, example: word.example }
    }
}

#[derive(Template)]
#[template(path = "admin/notices/new.html")]
struct Page {
    shell: Shell,
    form: Form,
    account: i64,
    /// Where there are several.
    accounts: Vec<Account>,
    /// Subscription notifications, else template messages.
    subscribe: bool,
    titles: Vec<Title>,
    count: i64,
    /// Addresses of the neighbouring pages; empty: there is none.
    previous: String,
    next: String,
    start: i64,
    /// The title chosen, and its words.
    tid: String,
    keywords: Vec<Choice>,
    /// WeChat would not tell.
    trouble: Option<String>,
    scene_attrs: String,
    short_attrs: &'static str,
    words_attrs: &'static str,
}

/// `GET /admin/notice_templates/new`
pub(super) async fn show(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    render(&app, &desk, &asked, Form::default()).await
}

/// `POST /admin/notice_templates/new`
pub(super) async fn add(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Answer {
    let asked = Asked {
        account: Some(form.trimmed("account")),
        way: Some(form.trimmed("way")),
        start: Some(form.trimmed("start")),
        tid: Some(form.trimmed("tid")),
    };
    let account = account(&desk, &asked)?;
    let new = match form.value("way") {
        "template" => NewTemplate::Template {
            short: form.trimmed("short"),
            words: (form.value("words").split([',', '，', '、', '\n']))
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect(),
        },
        _ => NewTemplate::Subscribe {
            tid: form.trimmed("tid"),
            kids: form.all("kids").iter().filter_map(|kid| kid.parse().ok()).collect(),
            scene: form.trimmed("scene"),
        },
    };
    match notices(&app).add(&desk.actor(), &desk.reach, account, new).await {
        Ok(id) => {
            let toast = Toast::done(desk.t("notice_templates.added"));
            Ok(redirect_with(&desk, &format!("{TEMPLATES}/{id}"), &toast))
        }
        Err(Error::WeChat(error)) => {
            form.refuse("wechat", wechat::refused(desk.locale, &error));
            render(&app, &desk, &asked, form).await
        }
        Err(error) => {
            form.take(error, desk.locale)?;
            render(&app, &desk, &asked, form).await
        }
    }
}

/// The account that is asked about; what nobody sees is not there.
fn account(desk: &Desk, asked: &Asked) -> Result<i64, Failure> {
    let named = asked.account.as_deref().and_then(|account| account.parse().ok());
    let account = named.or(desk.account).ok_or_else(Failure::not_found)?;
    desk.reach.must_see(account)?;
    Ok(account)
}

async fn render(app: &App, desk: &Desk, asked: &Asked, form: Form) -> Answer {
    let account = account(desk, asked)?;
    let subscribe = asked.way.as_deref() != Some("template");
    let start = asked.start.as_deref().and_then(|start| start.parse().ok()).unwrap_or(0_i64).clamp(0, 100_000);
    let tid = asked.tid.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let notices = notices(app);
    let (mut titles, mut count, mut keywords, mut trouble) = (Vec::new(), 0, Vec::new(), None);
    if subscribe && !tid.is_empty() {
        match notices.keywords(&desk.reach, account, &tid).await {
            Ok(all) => keywords = all.into_iter().map(|word| Choice::of(word, desk.locale)).collect(),
            Err(error) => trouble = Some(why(desk, error)?),
        }
    } else if subscribe {
        match notices.titles(&desk.reach, account, start).await {
            Ok((page, all)) => (titles, count) = (page, all),
            Err(error) => trouble = Some(why(desk, error)?),
        }
    }
    let step = |start: i64| format!("{TEMPLATES}/new?account={account}&way=subscribe&start={start}");
    let mut accounts: Vec<_> = (desk.accounts(app).iter())
        .map(|live| Account { id: live.account.id, name: live.account.name.clone() })
        .collect();
    if accounts.len() < 2 {
        accounts.clear();
    }
    let title = desk.t("notice_templates.actions.create");
    let shell = Shell::new(app, desk, title.clone())
        .active("notices")
        .crumb(desk.t("notices.many"), PATH)
        .crumb(desk.t("notice_templates.many"), TEMPLATES)
        .crumb(title, None);
    let page = Page {
        shell,
        account,
        accounts,
        subscribe,
        previous: if start > 0 { step((start - PAGE).max(0)) } else { String::new() },
        next: if start + PAGE < count { step(start + PAGE) } else { String::new() },
        titles,
        count,
        start,
        tid,
        keywords,
        trouble,
        short_attrs: "required maxlength=\"40\" spellcheck=\"false\"",
        words_attrs: "maxlength=\"200\"",
        scene_attrs: format!("required maxlength=\"{SCENE_CHARS}\" autocomplete=\"off\""),
        form,
    };
    form_page(&page.form, &page)
}
