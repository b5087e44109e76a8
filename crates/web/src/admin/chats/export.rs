//! `GET /admin/chats/{id}/export`: a conversation as a file, written while it is sent.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use futures_util::TryStreamExt;
use puzi_shop::{
    chats::export::{Ask, Format},
    followers::{self, Known},
    inbox::Whose,
};
use serde::Deserialize;

use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::{Path, Query},
        when,
    },
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default, rename = "as")]
    format: String,
    /// Days by the shop's clock; the last one is meant whole.
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// `GET /admin/chats/{id}/export?as=csv|txt|jsonl&from=&until=`
pub(super) async fn file(
    State(app): State<Arc<App>>,
    desk: Desk,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Answer {
    let inbox = &app.admin.inbox;
    let chat = inbox.seen_by(&desk.reach).chat(id).await?;
    let format = Format::read(if asked.format.is_empty() { "csv" } else { &asked.format });
    let format = format.ok_or_else(Failure::bad_request)?;
    let whose = Whose { account_id: chat.account_id, openid: chat.openid.clone() };
    let found = followers::find(&app.db, chat.account_id, &chat.openid).await?;
    let nickname = found.as_ref().and_then(|follower| follower.nickname.as_deref());
    let name = followers::face(&chat.openid, Known { nickname, ..Known::default() }, desk.locale).name;
    let ask = Ask {
        whose,
        name: name.clone(),
        format,
        from: when::start_of_day(&asked.from, 0, &desk.zone),
        until: when::start_of_day(&asked.until, 1, &desk.zone),
        zone: desk.zone.clone(),
        locale: desk.locale,
    };
    let pieces = super::chats(&app).export(&desk.actor(), &desk.reach, inbox, id, ask).await?;
    let body = Body::from_stream(pieces.inspect_err(move |error| {
        // The file is cut off before its last line: whoever reads it sees that, and the log says why.
        tracing::error!(%error, chat = id, "a conversation's file broke off");
    }));
    let ending = format.extension();
    let shown: String = url::form_urlencoded::byte_serialize(format!("{name}.{ending}").as_bytes()).collect();
    let shown = shown.replace('+', "%20");
    let disposition = format!("attachment; filename=\"chat-{id}.{ending}\"; filename*=UTF-8''{shown}");
    let disposition = HeaderValue::from_str(&disposition).map_err(|_| Failure::internal())?;
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(format.media_type())), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}
