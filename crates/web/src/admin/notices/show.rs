//! `GET /admin/notices/{id}`: what was sent to whom, and what became of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    db::now_ms,
    notices::{
        State as Stand,
        entity::{notice, template},
        words as fields,
    },
};

use super::{PATH, TEMPLATES, notices, number, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        path::Path,
        resource::Markup,
        shell::{Shell, page as show},
    },
};

/// For how long the page looks by itself what became of a notice, ms.
const LOOKS_FOR_MS: i64 = 60_000;

/// A word with what stood for it.
struct Said {
    label: String,
    value: String,
}

#[derive(Template)]
#[template(path = "admin/notices/show.html")]
struct Page {
    shell: Shell,
    notice: notice::Model,
    template: template::Model,
    template_path: String,
    state: Markup,
    way: String,
    purpose: String,
    reason: Option<String>,
    bubble: String,
    said: Vec<Said>,
    follower_path: String,
    /// It may be sent again, by whoever looks at it.
    may_again: bool,
    /// Nobody knows whether it went: sending it again may be the second time.
    doubtful: bool,
    /// It changes by itself soon: the page looks again.
    open: bool,
}

/// Whether something is about to become of it. What waits for its next try in some minutes is looked at by hand.
fn is_open(notice: &notice::Model, now: i64) -> bool {
    let since = match notice.state() {
        Stand::Queued | Stand::Sending => notice.queued_at,
        Stand::Accepted => notice.accepted_at.unwrap_or(notice.queued_at),
        _ => return false,
    };
    now - since < LOOKS_FOR_MS
}

/// `GET /admin/notices/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let notices = notices(&app);
    let notice = notices.get(&desk.reach, number(&id)?).await?;
    let template = notices.template(&desk.reach, notice.template_row).await?;
    let values = notice.values();
    let said = template.all_words().into_iter().filter_map(|word| {
        let value = values.get(&word.key)?.clone();
        Some(Said { label: if word.label.is_empty() { word.key } else { word.label }, value })
    });
    let state = notice.state();
    let shell = Shell::new(&app, &desk, template.title.clone())
        .active("notices")
        .crumb(desk.t("notices.many"), PATH)
        .crumb(template.title.clone(), None);
    show(&Page {
        template_path: format!("{TEMPLATES}/{}", template.id),
        state: words::state(desk.locale, &notice.state),
        way: words::way(desk.locale, &notice.way),
        purpose: desk.t(&format!("notices.options.purpose.{}", notice.purpose)),
        reason: words::reason(desk.locale, &words::Told::from(&notice)),
        bubble: fields::fill(&template.content, &values),
        said: said.collect(),
        follower_path: format!("/admin/followers?q={}", notice.openid),
        may_again: matches!(state, Stand::Failed | Stand::Unknown) && desk.may("notices.again"),
        doubtful: state == Stand::Unknown,
        open: is_open(&notice, now_ms()),
        template,
        notice,
        shell,
    })
}
