//! `/admin/chats/sessions`: who waits for WeChat's customer service, who is served by whom, and taking, handing over, ending.

use crate::admin::number::grouped;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use puzi_shop::{
    Error,
    chats::sessions::{Agent, Board, Served, State as Stands},
    db::now_ms,
    followers::{self, Known},
};
use serde::Deserialize;

use super::{
    PATH, chats, length,
    records::{Told, told},
};
use crate::{
    App,
    admin::{
        desk::Desk,
        error::{Answer, Failure},
        form::Form,
        path::Query,
        shell::{Shell, page as show},
        toast::{Toast, redirect_with},
        wechat,
    },
    texts,
};

/// WeChat's code for a call that this kind of account may not make.
const NOT_PERMITTED: i64 = 48001;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    account: Option<i64>,
}

/// Somebody who waits or is served.
struct Row {
    openid: String,
    name: String,
    /// The conversation.
    href: Option<String>,
    last: String,
    since: String,
    since_at: i64,
    /// Who serves; empty while they wait.
    kf_account: String,
    version: i64,
    /// To whom it goes.
    moving_to: Option<String>,
    /// Nobody has it: handing over failed on both sides.
    lost: bool,
    /// Who else could serve: at work, and somebody stands behind them.
    others: Vec<Agent>,
}

/// An agent with whom they serve.
struct Counter {
    agent: Agent,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "admin/chats/sessions.html")]
struct Page {
    shell: Shell,
    account: i64,
    account_name: Option<String>,
    waiting: Vec<Row>,
    waiting_count: String,
    more_waiting: Option<String>,
    desks: Vec<Counter>,
    agents: usize,
    listed_at: Option<i64>,
    problem: Option<String>,
    code: Option<i64>,
    not_permitted: bool,
    may_serve: bool,
    /// What agents said past the server, of the account shown.
    records: Option<Told>,
}

/// `GET /admin/chats/sessions`
pub(super) async fn page(State(app): State<Arc<App>>, desk: Desk, Query(asked): Query<Asked>) -> Answer {
    let account = asked.account.or(desk.account);
    let live = match account {
        Some(id) => Some(desk.live(&app, id)?),
        None => None,
    };
    let board = match &live {
        Some(live) => chats(&app).board(&desk.reach, live.account.id).await?,
        None => Board::default(),
    };
    let rows =
        |served: Vec<Served>| -> Vec<Row> { served.into_iter().map(|one| row(&desk, &board.agents, one)).collect() };
    let waiting = rows(board.waiting.clone());
    let open = rows(board.open.clone());
    let unnamed = board.waiting_count - waiting.len() as i64;
    let desks = desks(&board.agents, open);
    let records = match &live {
        Some(live) => Some(told(&app, &desk, live.account.id).await?),
        None => None,
    };
    let title = desk.t("chats.sessions.title");
    show(&Page {
        shell: Shell::new(&app, &desk, title).active("chats"),
        account: account.unwrap_or_default(),
        account_name: live.map(|live| live.account.name.clone()),
        waiting_count: grouped(board.waiting_count),
        more_waiting: (unnamed > 0).then(|| desk.ta("chats.sessions.more", &[("n", grouped(unnamed))])),
        waiting,
        desks,
        agents: board.agents.len(),
        listed_at: board.listed_at,
        not_permitted: board.errcode == Some(NOT_PERMITTED),
        problem: board.problem,
        code: board.errcode,
        may_serve: desk.may("chats.serve"),
        records,
    })
}

fn row(desk: &Desk, agents: &[Agent], served: Served) -> Row {
    let Served { session, nickname, chat_id, last_kind, last_summary } = served;
    let known = Known { nickname: nickname.as_deref(), ..Known::default() };
    let last = match last_kind.as_str() {
        "" => String::new(),
        "text" if !desk.may(super::WORDS) => desk.t("inbox.kind.text"),
        "text" => last_summary,
        kind => texts::find(desk.locale, &format!("inbox.kind.{kind}"))
            .map_or_else(|| desk.t("inbox.kind.other"), str::to_owned),
    };
    Row {
        name: followers::face(&session.openid, known, desk.locale).name,
        href: chat_id.filter(|_| desk.may("inbox.view")).map(|id| format!("/admin/inbox/{id}")),
        last,
        since: length(&|key, args| desk.ta(key, args), now_ms() - session.since),
        since_at: session.since,
        kf_account: session.kf_account.clone(),
        version: session.version,
        moving_to: session.moving_to.clone().filter(|_| session.state() == Stands::Moving).map(|to| {
            agents.iter().find(|agent| agent.kf_account == to).map_or(to.clone(), |agent| agent.nickname.clone())
        }),
        lost: session.lost_by.is_some(),
        others: agents
            .iter()
            .filter(|agent| agent.online && agent.bound && agent.kf_account != session.kf_account)
            .cloned()
            .collect(),
        openid: session.openid,
    }
}

/// Each agent with whom they serve; those at work first, and behind them who is in nobody's list any more.
fn desks(agents: &[Agent], rows: Vec<Row>) -> Vec<Counter> {
    let mut desks: Vec<_> = agents.iter().map(|agent| Counter { agent: agent.clone(), rows: Vec::new() }).collect();
    for row in rows {
        match desks.iter_mut().find(|desk| desk.agent.kf_account == row.kf_account) {
            Some(desk) => desk.rows.push(row),
            None => {
                let agent =
                    Agent { kf_account: row.kf_account.clone(), nickname: row.kf_account.clone(), ..Agent::default() };
                desks.push(Counter { agent, rows: vec![row] });
            }
        }
    }
    desks
}

/// `POST /admin/chats/sessions`: `what` is `open`, `close` or `move`.
pub(super) async fn act(State(app): State<Arc<App>>, desk: Desk, form: Form) -> Answer {
    let account: i64 = form.value("account").parse().map_err(|_| Failure::bad_request())?;
    desk.live(&app, account)?;
    let (openid, agent) = (form.value("openid"), form.value("kf_account"));
    let version: i64 = form.value("version").parse().map_err(|_| Failure::bad_request())?;
    let (chats, by) = (chats(&app), desk.actor());
    let (done, key) = match form.value("what") {
        "open" => (chats.open(&by, &desk.reach, account, openid, agent, version).await, "chats.sessions.opened"),
        "close" => (chats.close(&by, &desk.reach, account, openid, version).await, "chats.sessions.closed"),
        "move" => (chats.hand_over(&by, &desk.reach, account, openid, agent, version).await, "chats.sessions.moving"),
        _ => return Err(Failure::bad_request()),
    };
    let toast = match done {
        Ok(()) => Toast::done(desk.t(key)),
        Err(Error::Stale) => Toast::warning(desk.t("chats.sessions.stale")),
        Err(Error::NotNow(problem)) => Toast::error(problem.message(desk.locale)),
        Err(Error::WeChat(error)) => {
            tracing::warn!(%error, "WeChat refused a change of a session");
            Toast::error(wechat::refused(desk.locale, &error))
        }
        Err(error) => return Err(error.into()),
    };
    Ok(redirect_with(&desk, &format!("{PATH}/sessions?account={account}"), &toast))
}
