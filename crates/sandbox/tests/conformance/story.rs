//! A family's story: a sandbox, a client that speaks to it, and what must have happened at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use puzi_sandbox::{App, Config, Sandbox};
use puzi_wechat::Secret;
use puzi_wechat::client::{Client, Result};
use serde_json::Value;

use crate::catalogue::{self, Call};
use crate::proxy::{Exchange, Proxy};
use crate::rules;

/// What the sandbox says when a switch refuses a call: no errcode of the call's own.
const BY_SWITCH: &str = "refused by a switch of the sandbox";

/// A family being gone through.
pub struct Story {
    pub sandbox: Sandbox,
    pub wechat: Client,
    pub app: App,
    proxy: Proxy,
    calls: Vec<Call>,
}

impl Story {
    /// A sandbox with one account that has `followers` followers, of whom the first are called `fan-0` and on.
    pub async fn of(family: &str, followers: usize) -> Self {
        let openids = (0..followers.min(20)).map(|n| format!("fan-{n}")).collect();
        Self::with(family, App { followers, openids, ..App::demo() }).await
    }

    /// A sandbox with this account.
    pub async fn with(family: &str, app: App) -> Self {
        let sandbox = Sandbox::start(Config { apps: vec![app.clone()], ..Config::default() }).await.unwrap();
        let proxy = Proxy::start(sandbox.url()).await;
        let secret = Secret::new(app.secret.clone());
        let wechat = Client::builder(&app.appid, secret).base_url(&proxy.url).back_off(Duration::from_millis(1));
        let calls = catalogue::family(family).calls;
        Self { sandbox, wechat: wechat.build().unwrap(), app, proxy, calls }
    }

    /// Where a client finds the platform.
    pub fn url(&self) -> &str {
        &self.proxy.url
    }

    /// Makes every call of `path` meet `errcode`, for a call that knows no errcode of its own.
    pub fn refuse(&self, path: &str, errcode: i64) {
        self.sandbox.faults().update(|faults| {
            faults.refuse.insert(path.to_owned(), errcode);
        });
    }

    /// Posts a body that the typed call would not send.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.wechat.post(path, &body).send().await
    }

    /// Ends such refusals.
    pub fn accept(&self) {
        self.sandbox.faults().update(|faults| faults.refuse.clear());
    }

    /// Every call of the family was made with success and met an errcode of its own, and every request and answer was
    /// as the catalogue says.
    pub fn end(self) {
        let mut went_well = BTreeSet::new();
        let mut refused: BTreeMap<&str, Vec<(i64, String)>> = BTreeMap::new();
        let mut faults = Vec::new();
        for exchange in self.proxy.take() {
            let Some(call) = self.call(&exchange) else { continue };
            let told = rules::of_request(call, &exchange);
            match exchange.refused() {
                // What is refused may be as wrong as it likes.
                Some(refusal) => refused.entry(&call.name).or_default().push(refusal),
                None => {
                    faults.extend(told.iter().map(|fault| format!("{}: request: {fault}", call.name)));
                    let told = rules::of_answer(call, &exchange.answer);
                    faults.extend(told.iter().map(|fault| format!("{}: answer: {fault}", call.name)));
                    went_well.insert(call.name.as_str());
                }
            }
        }
        for call in self.calls.iter().filter(|call| call.is_made()) {
            let name = call.name.as_str();
            let only_refused = call.retired.is_some() && refused.contains_key(name);
            if !went_well.contains(name) && !only_refused {
                faults.push(format!("{name} was never made with success"));
            }
            let met = refused.get(name).map(Vec::as_slice).unwrap_or_default();
            let own = met.iter().any(|(code, text)| !text.contains(BY_SWITCH) || call.errors.contains(code));
            if met.is_empty() || (!own && !call.errors.is_empty()) {
                faults.push(format!("{name} never met one of {:?}", call.errors));
            }
        }
        faults.sort();
        faults.dedup();
        assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    }

    /// The call that a request was. Two calls may share a path; then it is the one that knows the request's fields.
    fn call(&self, exchange: &Exchange) -> Option<&Call> {
        let fits = |call: &&Call| call.path == exchange.path && call.method == exchange.method;
        let all: Vec<&Call> = self.calls.iter().filter(fits).collect();
        all.iter().copied().find(|call| rules::of_request(call, exchange).is_empty()).or(all.first().copied())
    }
}

/// The call is refused with this errcode.
#[track_caller]
pub fn refused<T: Debug>(result: Result<T>, errcode: i64) {
    let error = result.expect_err("it is refused");
    assert_eq!(error.errcode, Some(errcode), "{error}");
}

/// The call is not made at all, and the error names the field.
#[track_caller]
pub fn not_sent<T: Debug>(result: Result<T>, field: &str) {
    let error = result.expect_err("it is not sent");
    assert!(error.unsent && error.errcode.is_none() && error.errmsg.contains(field), "{error}");
}

#[test]
fn every_family_of_the_catalogue_has_its_story() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = |folder: &str| {
        let entries = std::fs::read_dir(here.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect::<Vec<_>>()
    };
    let stories = texts("tests/conformance").into_iter().map(|(_, text)| text).collect::<String>();
    let mut families = 0;
    for (path, text) in texts("../wechat/catalogue") {
        if path.file_stem().is_some_and(|name| name == "others") {
            continue;
        }
        let Some(family) = text.lines().find_map(|line| line.strip_prefix("family = ")) else { continue };
        let is_told = ["Story::of(", "Story::with("].iter().any(|begin| stories.contains(&format!("{begin}{family}")));
        assert!(is_told, "{} has no story", path.display());
        families += 1;
    }
    assert!(families > 20, "only {families}");
}
