//! What an account holds, for the page that shows it: `/sandbox/api/accounts/…`.
//!
//! Each part of it is a section: a number and a page of items. Nothing is ever told as a whole, since an account may
//! have a million followers.

mod calls;
mod outbox;
mod sections;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) use calls::{CallLog, Called, note};
pub(crate) use outbox::{Letter, Outbox};

use crate::api::QuotaUse;
use crate::guard::{Problem, local_only};
use crate::world::{Account, Inner, World};
use sections::SECTIONS;

/// Items of a page when nothing is said, and at most.
const PAGE: usize = 50;
const MOST: usize = 200;

pub(crate) fn router() -> Router<Arc<Inner>> {
    Router::new()
        .route("/sandbox/api/accounts/{appid}", get(account))
        .route("/sandbox/api/accounts/{appid}/{section}", get(section))
        .layer(middleware::from_fn(local_only))
}

/// What a family shows of what it keeps: how many there are, and one line for each, without long bodies.
///
/// The lines are made as they are asked for, so that a count costs nothing.
pub(crate) struct Lines<'a> {
    count: usize,
    after: After<'a>,
}

type After<'a> = Box<dyn FnOnce(usize) -> Box<dyn Iterator<Item = Value> + 'a> + 'a>;

impl<'a> Lines<'a> {
    /// So many, in this order.
    pub(crate) fn new(count: usize, all: impl Iterator<Item = Value> + 'a) -> Self {
        Self::far(count, |before| all.skip(before))
    }

    /// So many, where those that come before a page are not even looked at.
    fn far<I: Iterator<Item = Value> + 'a>(count: usize, after: impl FnOnce(usize) -> I + 'a) -> Self {
        Self { count, after: Box::new(|before| Box::new(after(before))) }
    }
}

/// Which items are wanted.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Page {
    /// How many come before.
    #[serde(default)]
    from: usize,
    #[serde(default = "page")]
    limit: usize,
}

fn page() -> usize {
    PAGE
}

/// What a section is made of.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    world: &'a World,
    account: &'a Account,
    appid: &'a str,
    /// What was called today.
    quotas: &'a [QuotaUse],
    /// Unix seconds.
    now: i64,
}

/// A part of an account: its name in the address, and how it is told.
struct Section {
    name: &'static str,
    tell: for<'a> fn(&Seen<'a>) -> Lines<'a>,
}

/// Looks at an account.
fn look<T>(inner: &Inner, appid: &str, look: impl FnOnce(&Seen<'_>) -> Result<T, Problem>) -> Result<T, Problem> {
    let now = inner.clock.now();
    let mut world = inner.world();
    let account = world.apps.get_mut(appid).ok_or_else(|| Problem::not_found("account"))?;
    let quotas = account.counters.all(&inner.limits, now);
    let world = &*world;
    look(&Seen { world, account: world.account(appid), appid, quotas: &quotas, now })
}

/// `GET /sandbox/api/accounts/{appid}`: the account, and how many there are of everything.
async fn account(State(inner): State<Arc<Inner>>, Path(appid): Path<String>) -> Result<Json<Value>, Problem> {
    look(&inner, &appid, |seen| {
        let count = |section: &Section| (section.name.to_owned(), (section.tell)(seen).count.into());
        let counts: Map<String, Value> = SECTIONS.iter().map(count).collect();
        let app = &seen.account.app;
        Ok(Json(json!({
            "appid": app.appid,
            "name": app.name,
            "original_id": app.original_id,
            "kind": app.kind,
            "mode": app.mode,
            "callback_url": app.callback_url,
            "login_domain": app.login_domain,
            "counts": counts,
        })))
    })
}

/// `GET /sandbox/api/accounts/{appid}/{section}?from=0&limit=50`
async fn section(
    State(inner): State<Arc<Inner>>,
    Path((appid, name)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Problem> {
    let section = SECTIONS.iter().find(|section| section.name == name);
    let section = section.ok_or_else(|| Problem::not_found("section"))?;
    look(&inner, &appid, |seen| {
        let Lines { count, after } = (section.tell)(seen);
        let items: Vec<Value> = after(page.from).take(page.limit.min(MOST)).collect();
        Ok(Json(json!({ "total": count, "items": items })))
    })
}
