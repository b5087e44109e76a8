//! A platform that knows nothing but the rules of access tokens, with a clock that moves only when it is moved.
//!
//! The rules: asking plainly brings the same token until 300 s before its end, from then on a new one, while the old one
//! is good to its end; forcing a refresh ends the old one at once, and does nothing within 30 s of the last time.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Seconds a token lasts.
const LASTS: i64 = 7200;
/// Seconds before its end from which another one is handed out.
const OVERLAP: i64 = 300;
/// Seconds between two refreshes by force.
const FORCED: i64 = 30;

#[derive(Clone)]
pub struct Platform {
    pub url: String,
    rules: Arc<Mutex<Rules>>,
}

#[derive(Default)]
pub struct Rules {
    now: i64,
    /// Ends of all tokens that are good, by value.
    good: HashMap<String, i64>,
    current: String,
    forced_at: Option<i64>,
    issued: usize,
    /// What was asked of the token API: plainly, by force.
    pub asked: (usize, usize),
    /// Calls accepted since the last change, by who made them.
    accepted: HashMap<String, usize>,
    pub calls: usize,
    pub refused: usize,
    /// The token dies when so many calls more were accepted.
    pub dies_after: Option<usize>,
    pub over: bool,
}

impl Platform {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let rules = Arc::new(Mutex::new(Rules::default()));
        let served = rules.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let rules = served.clone();
                tokio::spawn(async move {
                    connection.set_nodelay(true).unwrap();
                    serve(connection, &rules).await;
                });
            }
        });
        Self { url, rules }
    }

    pub fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap()
    }
}

impl Rules {
    /// Moves the clock.
    pub fn jump(&mut self, seconds: i64) {
        self.now += seconds;
        self.begin_anew();
    }

    /// Another program of the account's refreshes the token by force.
    pub fn steal(&mut self) {
        self.good.remove(&self.current);
        self.issue();
        self.forced_at = Some(self.now);
        self.begin_anew();
    }

    /// The API refuses the token from now on, and the token API hands it out all the same.
    pub fn spoil(&mut self) {
        self.good.remove(&self.current);
        self.begin_anew();
    }

    /// Seconds left of the current token.
    pub fn left(&self) -> i64 {
        self.good.get(&self.current).map_or(0, |end| end - self.now)
    }

    /// Whether each of `who` had more than `calls` calls accepted since the last change.
    pub fn settled(&self, who: usize, calls: usize) -> bool {
        self.accepted.len() == who && self.accepted.values().all(|&accepted| accepted > calls)
    }

    fn begin_anew(&mut self) {
        self.accepted.clear();
    }

    fn issue(&mut self) {
        self.issued += 1;
        self.current = format!("token-{}-{}", self.issued, "x".repeat(100));
        self.good.insert(self.current.clone(), self.now + LASTS);
    }

    fn token(&mut self, force: bool) -> Value {
        let (plainly, forced) = &mut self.asked;
        *if force { forced } else { plainly } += 1;
        let spoilt = !self.good.contains_key(&self.current) && !self.current.is_empty();
        if force && self.forced_at.is_none_or(|at| self.now - at >= FORCED) {
            self.steal();
        } else if !spoilt && self.left() <= OVERLAP {
            self.issue();
        }
        let left = if spoilt && !force { LASTS } else { self.left() };
        json!({ "access_token": self.current, "expires_in": left })
    }

    fn call(&mut self, token: &str, who: &str) -> Value {
        self.calls += 1;
        let refusal = match self.good.get(token) {
            Some(end) if *end > self.now => None,
            Some(_) => Some((42001, "access_token expired rid: 1-2-3")),
            None => Some((40001, "invalid credential, access_token is invalid or not latest rid: 1-2-3")),
        };
        if let Some((errcode, errmsg)) = refusal {
            self.refused += 1;
            return json!({ "errcode": errcode, "errmsg": errmsg });
        }
        *self.accepted.entry(who.to_owned()).or_default() += 1;
        if let Some(left) = self.dies_after.as_mut() {
            *left -= 1;
            if *left == 0 {
                self.dies_after = None;
                self.steal();
            }
        }
        json!({ "over": self.over })
    }
}

async fn serve(mut connection: TcpStream, rules: &Mutex<Rules>) {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let Ok(read) = connection.read(&mut piece).await else { return };
        if read == 0 {
            return;
        }
        bytes.extend_from_slice(&piece[..read]);
        let text = std::str::from_utf8(&bytes).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() < length.unwrap_or(0usize) {
            continue;
        }
        let answer = answer(head, body, rules).to_string();
        bytes.clear();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        if connection.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(head: &str, body: &str, rules: &Mutex<Rules>) -> Value {
    let target = head.split_whitespace().nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: HashMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let mut rules = rules.lock().unwrap();
    match path {
        "/cgi-bin/stable_token" => {
            let asked: Value = serde_json::from_str(body).unwrap();
            rules.token(asked["force_refresh"] == true)
        }
        "/call" => rules.call(query.get("access_token").copied().unwrap_or_default(), query["who"]),
        _ => json!({ "errcode": -1, "errmsg": "no such path" }),
    }
}
