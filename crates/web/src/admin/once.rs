//! A link that signs somebody in once: whoever starts the demo gets one on the terminal.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{extract::State, http::StatusCode};
use puzi_shop::staff::{Attempt, LoginRefused};
use puzi_wechat::Secret;
use rand::{Rng, distr::Alphanumeric};
use serde::Deserialize;

use super::{desk::Desk, error::Answer, form::Form, login, path::Query, shell::Bare, visitor::Visitor};
use crate::App;

/// How long a link holds.
const LIFE: Duration = Duration::from_secs(600);
/// Letters and digits of its token: some 190 bits.
const TOKEN_CHARS: usize = 32;

/// The link that holds now. It lives in this process, which also made it.
#[derive(Default)]
pub(crate) struct Once(Mutex<Option<Link>>);

struct Link {
    token: String,
    until: Instant,
    login: String,
    password: Secret<String>,
}

#[derive(Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    token: String,
}

impl Once {
    /// Takes the link of this token away; none when it is another's, over or used.
    fn take(&self, token: &str) -> Option<Link> {
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let right = link.as_ref().is_some_and(|link| {
            link.until > Instant::now() && verify_slices_are_equal(link.token.as_bytes(), token.as_bytes()).is_ok()
        });
        if right { link.take() } else { None }
    }
}

impl App {
    /// A path that signs `login` in once, within ten minutes; a new one takes the place of the one before.
    pub fn link_to_log_in_once(&self, login: &str, password: Secret<String>) -> String {
        let token: String = rand::rng().sample_iter(Alphanumeric).take(TOKEN_CHARS).map(char::from).collect();
        let path = format!("/admin/login/once?token={token}");
        let link = Link { token, until: Instant::now() + LIFE, login: login.to_owned(), password };
        *self.once.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
        path
    }
}

/// `GET /admin/login/once?token=`
pub(super) async fn enter(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    desk: Option<Desk>,
    Query(Token { token }): Query<Token>,
) -> Answer {
    let Some(Link { login, password, .. }) = app.once.take(&token) else {
        let told = Bare::new(&visitor, None, "").t("login.once_over");
        return login::page(&visitor, StatusCode::GONE, Form::default(), "", Some(told));
    };
    let agent = visitor.agent.clone();
    let attempt = Attempt { login, password, code: None, address: visitor.address, agent };
    match app.staff.log_in(attempt).await {
        Ok(logged_in) => login::enter(&app, &visitor, desk, &logged_in, login::HOME).await,
        Err(LoginRefused::NeedsCode { ticket }) => login::code_page(&visitor, StatusCode::OK, &ticket, "", None),
        Err(refused) => {
            let (status, told) = login::tell(&visitor, refused)?;
            login::page(&visitor, status, Form::default(), "", Some(told))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_once_and_in_time() {
        let link = |until| Link { token: "t".into(), until, login: "o".into(), password: Secret::new("p".into()) };
        let once = Once(Mutex::new(Some(link(Instant::now() + LIFE))));
        assert!(once.take("other").is_none() && once.take("").is_none());
        assert!(once.take("t").is_some());
        assert!(once.take("t").is_none());
        assert!(Once(Mutex::new(Some(link(Instant::now())))).take("t").is_none());
    }
}
