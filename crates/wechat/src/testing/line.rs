//! Where a client's requests reach a double.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::{Request, Response};
use serde_json::json;

use super::{Answer, Recorded};
use crate::client::ApiError;
use crate::client::upload::Payload;

const TOKEN_PATH: &str = "/cgi-bin/stable_token";

#[derive(Clone, Default)]
pub(crate) struct Line {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    scripts: BTreeMap<String, Script>,
    calls: Vec<Recorded>,
    /// Access tokens handed out.
    tokens: u32,
}

/// The answers to the calls of one path.
#[derive(Default)]
pub(super) struct Script {
    pub(super) next: VecDeque<Answer>,
    pub(super) always: Option<Answer>,
    given: usize,
}

impl Line {
    pub(crate) async fn respond(&self, request: &Request, path: &str, payload: &Payload) -> Result<Response, ApiError> {
        let recorded = Recorded::of(request, payload).await?;
        let answer = self.state().answer(&recorded);
        self.state().calls.push(recorded);
        let failure = |text: String| ApiError::mistake(path, text);
        answer.map_err(failure)?.arrive(path).await
    }

    pub(super) fn script(&self, path: &str, change: impl FnOnce(&mut Script)) {
        change(self.state().scripts.entry(normal(path)).or_default());
    }

    pub(super) fn calls(&self) -> Vec<Recorded> {
        self.state().calls.iter().filter(|call| call.path != TOKEN_PATH).cloned().collect()
    }

    pub(super) fn calls_of(&self, path: &str) -> Vec<Recorded> {
        let path = normal(path);
        self.state().calls.iter().filter(|call| call.path == path).cloned().collect()
    }

    pub(super) fn unused(&self) -> Vec<String> {
        let state = self.state();
        state.scripts.iter().flat_map(|(path, script)| vec![path.clone(); script.next.len()]).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(&mut self, call: &Recorded) -> Result<Answer, String> {
        let (method, path) = (&call.method, &call.path);
        if let Some(script) = self.scripts.get_mut(path) {
            if let Some(answer) = script.next.pop_front() {
                script.given += 1;
                return Ok(answer);
            }
            let given = script.given;
            let none_left = || format!("the double has no answer left for {method} {path}; {given} were given");
            return script.always.clone().ok_or_else(none_left);
        }
        if path == TOKEN_PATH {
            self.tokens += 1;
            return Ok(json!({ "access_token": format!("token-{}", self.tokens), "expires_in": 7200 }).into());
        }
        let known: Vec<_> = self.scripts.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        Err(format!("the double has no answer for {method} {path}; it knows {known}"))
    }
}

/// The path as a client sends it.
fn normal(path: &str) -> String {
    format!("/{}", path.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/'))
}
