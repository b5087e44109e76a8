//! `POST /admin/rules/preview`: the answer as the phone shows it, while it is being typed.

use std::{collections::HashMap, sync::Arc};

use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};
use puzi_shop::{
    accounts::LiveAccount,
    db::now_ms,
    materials::{self, Material},
    replies::{Answer, Draft, Trigger, preview},
};

use super::{
    super::{desk::Desk, error::Answer as Page, form::Form},
    account_or_404,
    bubbles::{Bubble, Chat, Maker, Piece},
    reading, setting, words,
};
use crate::App;

/// The bubbles alone.
pub(super) async fn partial(State(app): State<Arc<App>>, desk: Desk, mut form: Form) -> Page {
    let live = account_or_404(&app, &desk)?;
    let draft = reading::draft(&mut form, desk.locale);
    let chat = of(&app, &desk, &live, &draft).await?;
    Ok(([(CONTENT_TYPE, "text/html; charset=utf-8")], chat.html()).into_response())
}

/// What follows from the rule: what a follower does, and the answer.
pub(super) async fn of(app: &App, desk: &Desk, live: &LiveAccount, draft: &Draft) -> puzi_shop::Result<Chat> {
    let now_ms = now_ms();
    let files = files(app, live.account.id, [&draft.answer]).await?;
    let shown = preview(&draft.answer, &setting(app, live), now_ms);
    let to_message = matches!(draft.trigger, Trigger::Keyword { .. } | Trigger::Kind { .. } | Trigger::Default);
    let maker = Maker { locale: desk.locale, files: &files, now_ms, to_message };
    Ok(maker.chat(vec![cause(desk, &draft.trigger)], &shown))
}

/// The files that answers name, as far as they were uploaded here.
pub(super) async fn files<'a>(
    app: &App,
    account_id: i64,
    answers: impl IntoIterator<Item = &'a Answer>,
) -> puzi_shop::Result<HashMap<String, Material>> {
    let mut ids = Vec::new();
    for answer in answers {
        collect(answer, &mut ids);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut files = HashMap::new();
    // PostgreSQL takes many places in one statement, and SQLite some thousands: a thousand rules may name more.
    for some in ids.chunks(500) {
        let found = materials::find(&app.db, account_id, some).await?;
        files.extend(found.into_iter().map(|file| (file.media_id.clone(), file)));
    }
    Ok(files)
}

fn collect<'a>(answer: &'a Answer, ids: &mut Vec<&'a str>) {
    match answer {
        Answer::Image { media_id } | Answer::Voice { media_id } | Answer::Video { media_id, .. } => ids.push(media_id),
        Answer::Music { thumb_media_id, .. } => ids.push(thumb_media_id),
        Answer::OneOf { answers } => answers.iter().for_each(|answer| collect(answer, ids)),
        _ => {}
    }
}

/// What a follower does to get the answer.
fn cause(desk: &Desk, trigger: &Trigger) -> Bubble {
    let note = |key: &str, what: &str| Bubble::Note(desk.ta(key, &[("what", what.to_owned())]));
    match trigger {
        Trigger::Keyword { words, .. } => {
            let word = words.first().map_or("…", String::as_str);
            Bubble::Text(vec![Piece { text: word.to_owned(), link: false }])
        }
        Trigger::Follow { scene: None } => note("rules.cause.follow", ""),
        Trigger::Follow { scene: Some(scene) } => note("rules.cause.follow_scene", scene),
        Trigger::Scan { scene } => note("rules.cause.scan", scene),
        Trigger::Menu { key } => note("rules.cause.menu", key),
        Trigger::Kind { kind } => note("rules.cause.kind", &words::message_kind(desk.locale, *kind)),
        Trigger::Default => Bubble::Text(vec![Piece { text: desk.t("rules.cause.default"), link: false }]),
    }
}
