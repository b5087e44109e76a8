//! `POST /admin/inbox/…`: replies, notes, who answers.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Multipart, State, multipart::Field},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use puzi_shop::{
    Error,
    inbox::{Author, Content},
    staff::{Member, Status},
};
use serde_json::json;

use super::{
    author, inbox,
    page::{self, Asked, Refused},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::{Form, typed},
        path::Path,
        problem::wants_json,
        toast::{Toast, redirect, redirect_with},
    },
};

/// What a reply form brought.
#[derive(Default)]
struct Reply {
    form: String,
    text: String,
    picture: Vec<u8>,
}

/// `POST /admin/inbox/{chat}/reply`
pub(super) async fn reply(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(chat): Path<i64>,
    headers: HeaderMap,
    parts: Multipart,
) -> Answer {
    let reply = match read(parts).await {
        Ok(reply) => reply,
        // What was typed before a file that is too large is not lost: the script has it still.
        Err(status) if status == StatusCode::PAYLOAD_TOO_LARGE => {
            let problem = desk.t("inbox.problem.picture_too_large");
            return refuse(&app, &desk, chat, &headers, Reply::default(), problem).await;
        }
        Err(_) => return Err(Failure::bad_request()),
    };
    match send(&app, &desk, chat, &reply).await {
        Ok(()) if wants_json(&headers) => Ok(Json(json!({ "sent": true })).into_response()),
        Ok(()) => Ok(redirect(&format!("/admin/inbox/{chat}#end"))),
        Err(Error::Invalid(problems)) => {
            let mut reply = reply;
            if problems.iter().any(|problem| problem.field == "form") {
                // What was typed goes with a new one.
                reply.form = page::new_form();
            }
            let problem = problems.first().map(|problem| desk.ta(problem.key, &problem.args)).unwrap_or_default();
            refuse(&app, &desk, chat, &headers, reply, problem).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A picture goes before the words about it; each sends once for this form.
async fn send(app: &App, desk: &Desk, chat: i64, reply: &Reply) -> puzi_shop::Result<()> {
    let (inbox, by) = (inbox(app, desk), author(desk));
    if !reply.picture.is_empty() {
        let picture = Content::Picture(reply.picture.clone());
        inbox.send(chat, picture, &format!("{}-picture", reply.form), &by).await?;
    }
    if reply.picture.is_empty() || !reply.text.trim().is_empty() {
        inbox.send(chat, Content::Text(reply.text.clone()), &reply.form, &by).await?;
    }
    let last = inbox.chat(chat).await?.last_message_id;
    inbox.read_up_to(chat, last).await
}

async fn refuse(app: &App, desk: &Desk, chat: i64, headers: &HeaderMap, reply: Reply, problem: String) -> Answer {
    if wants_json(headers) {
        return Ok(
            (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "status": 422, "detail": problem }))).into_response()
        );
    }
    let refused = Refused { form: reply.form, text: reply.text, problem };
    page::show(app, desk, chat, &Asked::default(), Some(refused)).await
}

async fn read(mut parts: Multipart) -> Result<Reply, StatusCode> {
    let mut reply = Reply::default();
    while let Some(part) = parts.next_field().await.map_err(|error| error.status())? {
        let name = part.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "form" => reply.form = words(part).await?,
            "text" => reply.text = words(part).await?,
            "picture" => reply.picture = part.bytes().await.map_err(|error| error.status())?.to_vec(),
            _ => {}
        }
    }
    Ok(reply)
}

async fn words(part: Field<'_>) -> Result<String, StatusCode> {
    Ok(typed(&part.text().await.map_err(|error| error.status())?))
}

/// `POST /admin/inbox/{chat}/retry/{message}`
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path((chat, message)): Path<(i64, i64)>,
    headers: HeaderMap,
) -> Answer {
    done_with(inbox(&app, &desk).retry(chat, message).await, &desk, chat, &headers)
}

/// `POST /admin/inbox/{chat}/typing`
pub(super) async fn typing(State(app): State<Arc<App>>, desk: Desk, Path(chat): Path<i64>) -> Answer {
    inbox(&app, &desk).typing(chat, &author(&desk)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /admin/inbox/{chat}/read`
pub(super) async fn read_up_to(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(chat): Path<i64>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let seen = form.value("seen").parse().map_err(|_| Failure::bad_request())?;
    done_with(inbox(&app, &desk).read_up_to(chat, seen).await, &desk, chat, &headers)
}

/// `POST /admin/inbox/{chat}/done`
pub(super) async fn done(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(chat): Path<i64>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    done_with(inbox(&app, &desk).set_done(chat, !form.is("done", "no"), &author(&desk)).await, &desk, chat, &headers)
}

/// `POST /admin/inbox/{chat}/assign`
pub(super) async fn assign(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(chat): Path<i64>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let from = form.value("from").parse().ok();
    let to = match form.value("to") {
        "" => None,
        id => Some(colleague(&app, &desk, chat, id).await?),
    };
    let assigned = match to {
        Some(None) => Err(Error::field("to", "inbox.problem.no_such_colleague")),
        to => inbox(&app, &desk).assign(chat, from, to.flatten().as_ref(), &author(&desk)).await,
    };
    done_with(assigned, &desk, chat, &headers)
}

/// Somebody who may come in and sees the conversation's account; `None` when there is nobody of that number.
async fn colleague(app: &App, desk: &Desk, chat: i64, id: &str) -> Result<Option<Author>, Failure> {
    let Ok(id) = id.parse::<i64>() else { return Ok(None) };
    let account = inbox(app, desk).chat(chat).await?.account_id;
    match app.staff.get(id).await {
        Ok(member) if is_colleague(&member, account) => Ok(Some(Author { id: member.id, name: member.name })),
        Ok(_) | Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_colleague(member: &Member, account: i64) -> bool {
    member.status == Status::Active && member.deleted_at.is_none() && member.reach.sees(account)
}

/// `POST /admin/inbox/{chat}/notes`
pub(super) async fn add_note(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(chat): Path<i64>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    done_with(inbox(&app, &desk).add_note(chat, form.value("text"), &author(&desk)).await, &desk, chat, &headers)
}

/// `POST /admin/inbox/{chat}/notes/{note}`: changed, or taken away with `delete`.
pub(super) async fn edit_note(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path((chat, note)): Path<(i64, i64)>,
    headers: HeaderMap,
    form: Form,
) -> Answer {
    let text = if form.has("delete") { "" } else { form.value("text") };
    if text.trim().is_empty() && !form.has("delete") {
        return done_with(Err(Error::field("text", "inbox.problem.note_empty")), &desk, chat, &headers);
    }
    done_with(inbox(&app, &desk).edit_note(chat, note, text, &author(&desk)).await, &desk, chat, &headers)
}

/// To the script a word, to a browser without one the page again.
fn done_with(outcome: puzi_shop::Result<()>, desk: &Desk, chat: i64, headers: &HeaderMap) -> Result<Response, Failure> {
    let json = wants_json(headers);
    let here = format!("/admin/inbox/{chat}");
    match outcome {
        Ok(()) if json => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(()) => Ok(redirect(&here)),
        Err(Error::Invalid(problems)) => {
            let problem = problems.first().map(|problem| desk.ta(problem.key, &problem.args)).unwrap_or_default();
            if json {
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "status": 422, "detail": problem })))
                    .into_response());
            }
            Ok(redirect_with(desk, &here, &Toast::error(problem)))
        }
        Err(error) => Err(error.into()),
    }
}
