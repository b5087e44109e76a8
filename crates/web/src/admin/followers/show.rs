//! One follower: who they are, what the team calls them, and everything that happened, in one column.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use puzi_shop::{
    followers::{LONGEST_REMARK, entity::Model, face_of, tags::Tag},
    inbox::{Bubble, Whose},
    replies,
};
use serde::Deserialize;

use super::{PATH, followers, path_of, person};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        inbox::{
            view::{EntryView, NoteView, entries, map_url, media_kind, note_view, size, streets},
            words::{Piece, pieces},
        },
        path::{Path, Query},
        resource::Markup,
        shell::{Shell, page_with},
    },
};

/// What an address of the page may say.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    older: Option<String>,
}

/// What was typed and refused.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) remark: Option<String>,
    pub(super) note: Option<String>,
    pub(super) problem: String,
}

/// The conversation, as the inbox's own templates name it.
struct Conversation {
    id: i64,
}

/// What happened.
struct Open {
    entries: Vec<EntryView>,
    chat: Conversation,
}

#[derive(Template)]
#[template(path = "admin/followers/show.html")]
struct Page {
    shell: Shell,
    follower: Model,
    name: String,
    picture: Markup,
    /// Key of the text that says whose word the name is.
    named_by: String,
    account: String,
    source: Option<String>,
    tags: Vec<Tag>,
    /// Those that could be put on.
    others: Vec<Tag>,
    chat: Option<i64>,
    notes: Vec<NoteView>,
    /// None when the reader may not see what was said.
    open: Option<Open>,
    older: Option<String>,
    /// An older page is shown, not the latest.
    past: bool,
    remark: String,
    remark_problem: String,
    note: String,
    note_problem: String,
    longest: usize,
}

/// `GET /admin/followers/{id}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    render(&app, &desk, id, &asked, Refused::default()).await
}

/// The page, with what was refused, if anything.
pub(super) async fn render(app: &App, desk: &Desk, id: i64, asked: &Asked, refused: Refused) -> Answer {
    let followers = followers(app);
    let follower = followers.get(&desk.reach, id).await?;
    let face = face_of(&follower, desk.locale);
    let tags = followers.tags_of(id).await?;
    let mut others = followers.tags(&desk.reach, follower.account_id).await?;
    others.retain(|tag| tags.iter().all(|has| has.id != tag.id));
    let live = app.registry.by_id(follower.account_id);
    let inbox = app.admin.inbox.seen_by(&desk.reach);
    let may_read = desk.may("inbox.view");
    let whose = (follower.account_id, follower.openid.clone());
    let chat = puzi_shop::inbox::chats_with(app.db.read(), std::slice::from_ref(&whose)).await?.remove(&whose);
    let (mut open, mut older, mut notes) = (None, None, Vec::new());
    if may_read {
        let chat_id = chat.unwrap_or_default();
        let mut shown = Vec::new();
        let person = Whose { account_id: follower.account_id, openid: follower.openid.clone() };
        let timeline = inbox.timeline_of(&person, asked.older.as_deref()).await?;
        let rules = replies::store::names(&app.db, follower.account_id).await?;
        shown.extend(entries(timeline.entries, &rules, desk));
        older = timeline.older;
        if let Some(chat) = chat {
            notes = inbox.notes(chat).await?.into_iter().map(|note| note_view(note, desk)).collect();
        }
        open = Some(Open { entries: shown, chat: Conversation { id: chat_id } });
    }
    let source = follower.source.as_deref().map(|word| source_text(desk, word));
    let shell = Shell::new(app, desk, face.name.clone())
        .active("followers")
        .crumb(desk.t("followers.many"), PATH)
        .crumb(face.name.clone(), None);
    let status = if refused.problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let at_remark = refused.remark.is_some();
    page_with(
        status,
        &Page {
            shell,
            picture: person::picture(id, &face),
            name: face.name,
            named_by: format!("followers.named_by.{}", face.named_by.as_str()),
            account: live.map(|live| live.account.name.clone()).unwrap_or_default(),
            source,
            tags,
            others,
            chat,
            notes,
            open,
            older,
            past: asked.older.is_some(),
            remark: refused.remark.unwrap_or_else(|| follower.remark.clone()),
            remark_problem: if at_remark { refused.problem.clone() } else { String::new() },
            note: refused.note.unwrap_or_default(),
            note_problem: if at_remark { String::new() } else { refused.problem },
            longest: LONGEST_REMARK,
            follower,
        },
    )
}

/// How they came, in words; WeChat's own word when it has none.
pub(super) fn source_text(desk: &Desk, word: &str) -> String {
    let key = format!("followers.options.source.{word}");
    crate::texts::find(desk.locale, &key).map_or_else(|| word.to_owned(), str::to_owned)
}

/// `GET /admin/followers/{id}/picture`: the picture that they agreed to show.
pub(super) async fn picture(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    let follower = followers(&app).get(&desk.reach, id).await?;
    let file = follower.picture.ok_or_else(Failure::not_found)?;
    let path = app.admin.inbox.folder().path(&file)?;
    let bytes = tokio::fs::read(&path).await.map_err(|error| {
        tracing::warn!(path = %path.display(), %error, "a kept picture could not be read");
        Failure::not_found()
    })?;
    let mut response: Response = bytes.into_response();
    let values = response.headers_mut();
    // Made anew when it was kept, as nothing else.
    values.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    values.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    values.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(response)
}

impl Page {
    /// The path of this follower's pages.
    fn path(&self) -> String {
        path_of(self.follower.id)
    }
}
