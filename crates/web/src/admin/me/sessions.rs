//! One's own sessions, and ending them.

use std::sync::Arc;

use axum::extract::State;
use puzi_shop::staff::SessionRow;

use super::PATH;
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        path::Path,
        toast::{Toast, redirect_with},
    },
};

/// The open sessions of a member; browsers are named by what they call themselves.
pub(super) async fn list(app: &App, member: i64) -> Result<Vec<SessionRow>, Failure> {
    let mut rows = app.staff.list_sessions(member).await?;
    for row in &mut rows {
        row.agent = browser(&row.agent);
    }
    Ok(rows)
}

/// `POST /admin/me/sessions/{id}/end`
pub(super) async fn end(State(app): State<Arc<App>>, desk: Desk, Path(id): Path<i64>) -> Answer {
    app.staff.end_session(desk.staff.id, id).await?;
    Ok(redirect_with(&desk, PATH, &Toast::done(desk.t("me.session_ended"))))
}

/// `POST /admin/me/sessions/end-others`
pub(super) async fn end_others(State(app): State<Arc<App>>, desk: Desk) -> Answer {
    let ended = app.staff.end_all_but(desk.staff.id, desk.session_id).await?;
    let text = desk.ta("me.sessions_ended", &[("n", ended.to_string())]);
    Ok(redirect_with(&desk, PATH, &Toast::done(text)))
}

/// `Chrome · Windows`; what nobody knows stays as it is.
fn browser(agent: &str) -> String {
    // Chrome also calls itself Safari, and Edge and WeChat call themselves Chrome: the more particular come first.
    const BROWSERS: [(&str, &str); 6] = [
        ("MicroMessenger", "WeChat"),
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let name =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (name(&BROWSERS), name(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_named_as_people_know_it() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
                "Chrome · Windows",
            ),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari · iPhone"),
            (
                "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0",
                "WeChat · Android",
            ),
            ("curl/8.5.0", "curl"),
            ("something of my own", "something of my own"),
        ] {
            assert_eq!(browser(agent), name);
        }
    }
}
