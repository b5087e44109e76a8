//! `GET /admin/inbox…`: the list, a conversation, and their parts for the script.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    db::now_ms,
    followers,
    inbox::{Bubble, ListPlace, phrases},
    replies,
    staff::Status,
};
use serde::Deserialize;

use super::{
    inbox,
    view::{self, ChatView, EntryView, FilterView, Names, PhraseView, Row, map_url, media_kind, size, streets},
    words::{FACES, Piece, picked_codes, pieces},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::{Path, Query},
        shell::{Shell, page, page_with},
    },
};

/// The longest search.
const SEARCH_CHARS: usize = 100;

/// What an address of the inbox may say.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    view: Option<String>,
    q: Option<String>,
    account: Option<String>,
    from: Option<String>,
    older: Option<String>,
    /// An entry that was found elsewhere: `m7`, `o7`, `r7`.
    at: Option<String>,
}

impl Asked {
    fn filter(&self) -> FilterView {
        let view = self.view.clone().filter(|view| FilterView::VIEWS.contains(&view.as_str()));
        let search: String = self
            .q
            .iter()
            .flat_map(|words| words.trim().chars())
            .filter(|c| !c.is_control())
            .take(SEARCH_CHARS)
            .collect();
        let account = self.account.as_deref().and_then(|id| id.parse().ok());
        FilterView { view: view.unwrap_or_else(|| "all".into()), search, account }
    }
}

/// What the list's template needs.
struct List {
    rows: Vec<Row>,
    more: Option<String>,
    /// The open conversation.
    open: i64,
    filter: FilterView,
    accounts: Vec<(i64, String)>,
    me: i64,
}

/// What a conversation's template needs.
struct Open {
    chat: ChatView,
    entries: Vec<EntryView>,
    older: Option<String>,
    /// An older page is shown, not the latest.
    past: bool,
    last_message_id: i64,
    phrases: Vec<PhraseView>,
    /// Names the reply form: it sends once.
    form: String,
    /// What was typed and refused.
    typed: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/inbox/page.html")]
struct Page {
    shell: Shell,
    list: List,
    open: Option<Open>,
}

#[derive(Template)]
#[template(path = "admin/inbox/list_part.html")]
struct ListPart {
    shell: Shell,
    list: List,
}

#[derive(Template)]
#[template(path = "admin/inbox/parts.html")]
struct Parts {
    shell: Shell,
    list: List,
    open: Open,
}

/// A name for a reply form.
pub(super) fn new_form() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// `GET /admin/inbox`
pub(super) async fn home(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let names = names(&app, &desk).await?;
    let list = list_of(&app, &desk, &names, &asked, 0).await?;
    page(&Page { shell: view::shell(&app, &desk), list, open: None })
}

/// `GET /admin/inbox/list`
pub(super) async fn list(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let names = names(&app, &desk).await?;
    let list = list_of(&app, &desk, &names, &asked, 0).await?;
    page(&ListPart { shell: view::shell(&app, &desk), list })
}

/// `GET /admin/inbox/{chat}`
pub(super) async fn chat(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    show(&app, &desk, id, &asked, None).await
}

/// `GET /admin/inbox/{chat}/parts`
pub(super) async fn parts(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    let names = names(&app, &desk).await?;
    let open = open(&app, &desk, &names, id, &asked).await?;
    let list = List { rows: Vec::new(), more: None, open: id, filter: asked.filter(), accounts: Vec::new(), me: 0 };
    page(&Parts { shell: view::shell(&app, &desk), list, open })
}

/// What was typed into a reply that was refused, and why.
pub(super) struct Refused {
    pub(super) form: String,
    pub(super) text: String,
    pub(super) problem: String,
}

/// The page of a conversation; with what was refused, if anything.
pub(super) async fn show(app: &App, desk: &Desk, id: i64, asked: &Asked, refused: Option<Refused>) -> Answer {
    let names = names(app, desk).await?;
    let mut open = open(app, desk, &names, id, asked).await?;
    let list = list_of(app, desk, &names, asked, id).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    if let Some(refused) = refused {
        (open.form, open.typed, open.problem) = (refused.form, refused.text, Some(refused.problem));
    }
    let mut shell = view::shell(app, desk);
    shell.title = format!("{} · {}", open.chat.name, shell.title);
    page_with(status, &Page { shell, list, open: Some(open) })
}

async fn open(app: &App, desk: &Desk, names: &Names, id: i64, asked: &Asked) -> Result<Open, Failure> {
    let inbox = inbox(app, desk);
    let chat = inbox.chat(id).await?;
    let follower = inbox.follower(&chat).await?;
    let timeline = match &asked.at {
        Some(key) if asked.older.is_none() => inbox.timeline_at(id, key).await?,
        _ => inbox.timeline(id, asked.older.as_deref()).await?,
    };
    let whose = (chat.account_id, chat.openid.clone());
    let person = followers::people(&app.db, std::slice::from_ref(&whose)).await?.remove(&whose);
    let view = ChatView::of(&chat, (follower, person), inbox.notes(id).await?, names, desk, now_ms());
    let phrases = if desk.may("inbox.reply") { phrases::list(&app.db).await? } else { Vec::new() };
    let shop = names.account(chat.account_id);
    let rules = replies::store::names(&app.db, chat.account_id).await?;
    Ok(Open {
        phrases: phrases.into_iter().map(|phrase| view.phrase(phrase, desk, &shop)).collect(),
        chat: view,
        entries: view::entries(timeline.entries, &rules, desk),
        older: timeline.older,
        past: asked.older.is_some() || asked.at.is_some(),
        last_message_id: timeline.last_message_id,
        form: new_form(),
        typed: String::new(),
        problem: None,
    })
}

async fn list_of(app: &App, desk: &Desk, names: &Names, asked: &Asked, open: i64) -> Result<List, Failure> {
    let mut filter = asked.filter();
    // Who works in one account sees its conversations; who works in all may look at those of one.
    let chosen = desk.view.one().is_some();
    filter.account = filter.account.filter(|_| !chosen);
    let from = asked.from.as_deref().and_then(ListPlace::read);
    let (listed, next) = app.admin.inbox.seen_by(&desk.meant()).list(&filter.filter(desk), from).await?;
    Ok(List {
        rows: listed.into_iter().map(|listed| Row::of(listed, names, desk)).collect(),
        more: next.map(|place| filter.more(place)),
        open,
        filter,
        accounts: if chosen { Vec::new() } else { names.accounts.clone() },
        me: desk.staff.id,
    })
}

async fn names(app: &App, desk: &Desk) -> Result<Names, Failure> {
    let accounts = desk.accounts(app).iter().map(|live| (live.account.id, live.account.name.clone())).collect();
    let members = app.staff.list().await?;
    let active = members.iter().filter(|member| member.status == Status::Active);
    Ok(Names {
        accounts,
        colleagues: active.map(|member| (member.id, member.name.clone(), member.reach.clone())).collect(),
        staff: members.iter().map(|member| (member.id, member.name.clone())).collect(),
    })
}
