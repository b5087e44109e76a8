//! What happened to a rid: what was recorded here, and asking WeChat, which knows failed calls for seven days.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    Error,
    calls::{
        read::Call,
        rid::{self, RidAnswer},
    },
};
use puzi_wechat::client::ApiError;
use serde::Deserialize;

use super::{PATH, show::folded, words};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::Answer,
        form::Form,
        path::Query,
        resource::Markup,
        shell::{Shell, page as show},
        wechat,
    },
    texts,
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    rid: String,
}

#[derive(Template)]
#[template(path = "admin/calls/rid.html")]
struct Page {
    shell: Shell,
    rid: String,
    /// Why the rid is none.
    wrong: String,
    looked: bool,
    found: Vec<Found>,
    /// The accounts that may be asked for: number, name, chosen.
    accounts: Vec<(i64, String, bool)>,
    answer: Option<Told>,
    refused: Option<String>,
}

/// A line with the rid.
struct Found {
    id: i64,
    endpoint: String,
    sentence: String,
    at: i64,
    state: Markup,
}

/// What WeChat says.
struct Told {
    invoked_at: i64,
    took: String,
    request: Option<Markup>,
    response: Option<Markup>,
}

/// `GET /admin/calls/rid?rid=`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let rid = asked.rid.trim().to_owned();
    written(&app, &desk, rid, None, None).await
}

/// `POST /admin/calls/rid/ask`: asks WeChat as the account chosen.
pub(super) async fn ask(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let rid = form.trimmed("rid");
    let account: i64 = form.value("account").parse().unwrap_or_default();
    let live = desk.live(&app, account)?;
    if !rid::is_rid(&rid) {
        return written(&app, &desk, rid, Some(account), None).await;
    }
    let known = rid::find(&app.db, &desk.reach, &rid).await?;
    let endpoint = known.iter().find(|call| call.account_id == account).map(|call| call.endpoint.clone());
    let told = match rid::ask(&live, &rid, endpoint.as_deref()).await {
        Ok(answer) => Ok(answer),
        Err(Error::WeChat(error)) => Err(error),
        Err(error) => return Err(error.into()),
    };
    written(&app, &desk, rid, Some(account), Some(told)).await
}

async fn written(
    app: &App,
    desk: &Desk,
    rid: String,
    account: Option<i64>,
    told: Option<Result<RidAnswer, ApiError>>,
) -> Answer {
    let looked = rid::is_rid(&rid);
    let found = if looked { rid::find(&app.db, &desk.reach, &rid).await? } else { Vec::new() };
    let title = desk.t("calls.rid.title");
    let shell =
        Shell::new(app, desk, title.clone()).active("calls").crumb(desk.t("calls.many"), PATH).crumb(title, None);
    // Whoever made the call is the one to ask as.
    let chosen = account.or_else(|| found.first().map(|call| call.account_id)).or(desk.account);
    let wrong = if rid.is_empty() || looked { String::new() } else { desk.t("calls.rid.bad") };
    let (answer, refused) = match told {
        Some(Ok(answer)) => (Some(said(desk, &answer)), None),
        Some(Err(error)) => (None, Some(why(desk, &error))),
        None => (None, None),
    };
    show(&Page {
        shell,
        wrong,
        looked,
        found: found.iter().map(|call| line(desk, call)).collect(),
        accounts: desk
            .accounts(app)
            .iter()
            .map(|live| (live.account.id, live.account.name.clone(), Some(live.account.id) == chosen))
            .collect(),
        answer,
        refused,
        rid,
    })
}

fn line(desk: &Desk, call: &Call) -> Found {
    Found {
        id: call.id,
        endpoint: call.endpoint.clone(),
        sentence: words::sentence(desk.locale, call),
        at: call.at,
        state: words::state(desk.locale, call.trouble.as_deref()),
    }
}

fn said(desk: &Desk, answer: &RidAnswer) -> Told {
    Told {
        invoked_at: answer.invoked_at,
        took: words::took(desk.locale, answer.took_ms.saturating_mul(1_000)),
        request: answer.request.as_deref().map(folded),
        response: answer.response.as_deref().map(folded),
    }
}

/// Why WeChat does not tell.
fn why(desk: &Desk, error: &ApiError) -> String {
    let known = error.errcode.and_then(|code| texts::find(desk.locale, &format!("calls.rid.why.{code}")));
    let why = known.map_or_else(|| wechat::refused(desk.locale, error), str::to_owned);
    desk.ta("calls.rid.refused", &[("why", why)])
}
