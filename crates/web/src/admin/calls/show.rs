//! `GET /admin/calls/{id}`: what happened, in one sentence; what went out and came back, masked; the other attempts.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use puzi_shop::{
    calls::{
        read::{self, Call, Detail},
        replay::Source,
    },
    inbox,
};

use super::{PATH, face, replay, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
        resource::Markup,
        shell::{Shell, page as show, page_with},
    },
};

#[derive(Template)]
#[template(path = "admin/calls/show.html")]
struct Page {
    shell: Shell,
    call: Call,
    sentence: String,
    /// `good`, `warn`, `bad`.
    tone: &'static str,
    account: Option<String>,
    facts: Vec<(String, Markup)>,
    request: Option<Markup>,
    response: Option<Markup>,
    attempts: Vec<Attempt>,
    replays: Vec<replay::Before>,
    /// Where one can replay it.
    replay: Option<String>,
    /// Where one can ask WeChat.
    ask: Option<String>,
    /// The conversation.
    chat: Option<i64>,
    openid: Option<String>,
    /// The follower may be looked for.
    may_find: bool,
}

/// An attempt of the call, or a delivery of the push.
struct Attempt {
    id: i64,
    label: String,
    state: Markup,
    took: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "admin/calls/gone.html")]
struct Gone {
    shell: Shell,
}

async fn written(app: &App, desk: &Desk, detail: Detail) -> Answer {
    let shell = shell(app, desk, detail.call.endpoint.clone());
    let call = &detail.call;
    let openid = call.openid.clone().or_else(|| detail.message.as_ref().map(|message| message.openid.clone()));
    let chat = match &openid {
        Some(openid) if desk.may("inbox.view") => {
            let whose = (call.account_id, openid.clone());
            inbox::chats_with(app.db.read(), std::slice::from_ref(&whose)).await?.get(&whose).copied()
        }
        _ => None,
    };
    let may_find = desk.may("followers.view");
    let several = desk.accounts(app).len() > 1;
    let name = desk.live(app, call.account_id).ok().map(|live| live.account.name.clone());
    let source = detail.source().filter(|_| desk.may("calls.replay"));
    show(&Page {
        sentence: words::sentence(desk.locale, call),
        tone: words::tone(call.trouble.as_deref()),
        account: name.filter(|_| several),
        facts: facts(desk, call),
        request: detail.request.as_deref().map(folded),
        response: detail.response.as_deref().map(folded),
        attempts: attempts(desk, &detail),
        replays: replay::before(desk, detail.replays.iter()),
        replay: source.map(link),
        ask: call.rid.as_ref().map(|rid| format!("{PATH}/rid?rid={rid}")),
        chat,
        openid: openid.map(|openid| if may_find { openid } else { face::masked(&openid) }),
        may_find,
        shell,
        call: detail.call,
    })
}

/// `GET /admin/calls/{id}`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<String>) -> Answer {
    let id: i64 = id.parse().map_err(|_| Failure::not_found())?;
    match read::get(&app.db, &desk.reach, id).await {
        Ok(detail) => written(&app, &desk, detail).await,
        // Whether it was swept away or is another account's is not told.
        Err(puzi_shop::Error::NotFound) => {
            let shell = shell(&app, &desk, desk.t("calls.gone"));
            page_with(StatusCode::NOT_FOUND, &Gone { shell })
        }
        Err(error) => Err(error.into()),
    }
}

fn shell(app: &App, desk: &Desk, title: String) -> Shell {
    let crumb = title.clone();
    Shell::new(app, desk, title).active("calls").crumb(desk.t("calls.many"), PATH).crumb(crumb, None)
}

/// Where a push is replayed.
pub(super) fn link(source: Source) -> String {
    format!("{PATH}/replay?source={}&id={}", source.word(), source.id())
}

fn facts(desk: &Desk, call: &Call) -> Vec<(String, Markup)> {
    let locale = desk.locale;
    let mut facts = Vec::new();
    let mut add = |field: &str, value: Markup| facts.push((desk.t(&format!("calls.fields.{field}")), value));
    let direction = if call.outgoing { "calls.call" } else { "calls.push" };
    add("outgoing", Markup::text(&desk.t(direction)));
    add("at", Markup::text(&crate::admin::when::full(call.at, &desk.zone)));
    let slow = if call.us > words::SLOW_US { "call-slow" } else { "" };
    add("us", Markup::tag("span", &[("class", slow)], Markup::text(&words::took(locale, call.us))));
    let sizes = [("sent", words::bytes(call.sent)), ("received", words::bytes(call.received))];
    add("size", Markup::text(&desk.ta("calls.sent_received", &sizes)));
    if let Some(status) = call.status {
        add("status", Markup::text(&status.to_string()));
    }
    if let Some(errcode) = call.errcode {
        add("errcode", Markup::text(&errcode.to_string()));
    }
    if let Some(words) = &call.errmsg {
        add("errmsg", Markup::tag("span", &[("class", "mono")], Markup::text(words)));
    }
    add("node", Markup::text(&call.node));
    add("origin", Markup::text(&desk.t(&format!("calls.options.origin.{}", call.origin))));
    facts
}

fn attempts(desk: &Desk, detail: &Detail) -> Vec<Attempt> {
    if detail.attempts.len() < 2 {
        return Vec::new();
    }
    let label = |call: &Call| match (call.outgoing, call.attempt) {
        (true, n) => desk.ta("calls.show.attempt_n", &[("n", n.to_string())]),
        (false, 1) => desk.t("calls.show.delivery_first"),
        (false, _) => desk.t("calls.show.delivery_again"),
    };
    let attempt = |call: &Call| Attempt {
        id: call.id,
        label: label(call),
        state: words::state(desk.locale, call.trouble.as_deref()),
        took: desk.ta(
            "calls.show.took",
            &[("took", words::took(desk.locale, call.us)), ("when", crate::admin::when::full(call.at, &desk.zone))],
        ),
        here: call.id == detail.call.id,
    };
    detail.attempts.iter().map(attempt).collect()
}

/// A body: JSON with its lines set, what was masked in grey.
pub(super) fn folded(body: &str) -> Markup {
    let pretty = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|json| serde_json::to_string_pretty(&json).ok())
        .unwrap_or_else(|| body.to_owned());
    greyed(&pretty)
}

/// Sets what the masks left (`***`, `‹12 字›`, `oA1b…9xYz`) apart from what was there.
fn greyed(text: &str) -> Markup {
    let mut html = Markup::default();
    let mut rest = text;
    while let Some((start, end)) = next_mask(rest) {
        html = html.and(Markup::text(&rest[..start])).and(Markup::tag(
            "span",
            &[("class", "masked")],
            Markup::text(&rest[start..end]),
        ));
        rest = &rest[end..];
    }
    html.and(Markup::text(rest))
}

/// The next mask in `text`, by bytes.
fn next_mask(text: &str) -> Option<(usize, usize)> {
    let stars = text.find("***").map(|at| (at, at + 3));
    let counted = text.find('‹').and_then(|at| {
        let end = text[at..].find('›')? + at + '›'.len_utf8();
        (end - at < 64).then_some((at, end))
    });
    match (stars, counted) {
        (Some(a), Some(b)) => Some(if a.0 < b.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_masked_is_set_apart_and_nothing_becomes_markup() {
        let html = folded(r#"{"secret":"***","nickname":"‹3 字›","a":"<b>"}"#).to_string();
        assert_eq!(html.matches("class=\"masked\"").count(), 2, "{html}");
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
        assert_eq!(folded("‹ not a mask").to_string(), "‹ not a mask");
    }
}
