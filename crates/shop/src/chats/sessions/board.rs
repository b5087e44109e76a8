//! Who waits and who is served, of one account: WeChat's lists, read while somebody looks, at most every ten seconds by
//! whichever node; and what is known from them otherwise.

use std::{collections::HashMap, time::Duration};

use puzi_wechat::client::{ApiError, Client};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};

use super::{Becomes, Event, SELECT, Session, State, Who, find, step, told};
use crate::{
    Result,
    accounts::Reach,
    chats::Chats,
    db::{self, now_ms},
    followers, inbox, leases,
};

/// How often WeChat's lists are read.
const EVERY: Duration = Duration::from_secs(10);
/// Sessions that are shown at most; WeChat names no more than a hundred who wait.
const SHOWN: usize = 500;
/// What changed here so shortly before a list was asked for may not be in it, ms.
const FRESH_MS: i64 = 15_000;
/// A hand-over whose job is dead is over after this time, ms.
const MOVING_MS: i64 = 30 * 60_000;

/// An agent of WeChat's customer service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The account, such as `ming@tea`.
    pub kf_account: String,
    /// The nickname that followers see.
    pub nickname: String,
    /// Whether a person stands behind it.
    pub bound: bool,
    /// Whether they are at work now.
    pub online: bool,
}

/// A session on the board.
#[derive(Debug, Clone)]
pub struct Served {
    /// The session.
    pub session: Session,
    /// The follower's nickname.
    pub nickname: Option<String>,
    /// The conversation, once there is one.
    pub chat_id: Option<i64>,
    /// The kind of what was said last, in WeChat's words.
    pub last_kind: String,
    /// Its text.
    pub last_summary: String,
}

/// Who waits and who is served.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// Those who wait, the longest first.
    pub waiting: Vec<Served>,
    /// How many wait in all, as WeChat says.
    pub waiting_count: i64,
    /// Those who are served, or on their way to another agent.
    pub open: Vec<Served>,
    /// The agents, those at work first.
    pub agents: Vec<Agent>,
    /// When WeChat's lists were last read well, Unix ms.
    pub listed_at: Option<i64>,
    /// Why the last reading failed, in WeChat's words.
    pub problem: Option<String>,
    /// WeChat's code for that.
    pub errcode: Option<i64>,
}

#[derive(FromQueryResult)]
struct Kept {
    listed_at: Option<i64>,
    listed_problem: Option<String>,
    listed_errcode: Option<i64>,
    waiting: i64,
    agents: Option<String>,
}

/// What WeChat's lists said.
struct Listed {
    agents: Vec<Agent>,
    /// Follower, agent, since (Unix ms).
    open: Vec<(String, String, i64)>,
    waiting: Vec<(String, i64)>,
    waiting_count: i64,
}

impl Chats {
    /// Who waits and who is served. WeChat's lists are read for it when the last time is ten seconds ago; when they cannot be, what
    /// was known is shown and the board says so.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) outside of `reach`.
    pub async fn board(&self, reach: &Reach, account: i64) -> Result<Board> {
        reach.must_see(account)?;
        let lease = format!("chats.board/{account}");
        // Each look is another holder, so that one node asks no more often than two.
        if leases::take(&self.db, &lease, &leases::holder(), EVERY).await? {
            self.look(account).await?;
        }
        self.known(account).await
    }

    /// Reads WeChat's lists and takes them over.
    ///
    /// # Errors
    /// When the database does not answer; a refusal of WeChat's is noted.
    pub async fn look(&self, account: i64) -> Result<()> {
        let Some(live) = self.registry.by_id(account) else { return Ok(()) };
        let asked_at = now_ms();
        match listed(&live.client).await {
            Ok(listed) => {
                if !listed.agents.is_empty() {
                    self.enable(account).await?;
                }
                self.take_over(account, &listed, asked_at).await
            }
            Err(error) => self.note_unlisted(account, &error).await,
        }
    }

    async fn note_unlisted(&self, account: i64, error: &ApiError) -> Result<()> {
        const SQL: &str = "INSERT INTO service_reading (account_id, enabled, read_until, listed_problem, listed_errcode) \
                           VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id) DO UPDATE SET \
                           listed_problem = excluded.listed_problem, listed_errcode = excluded.listed_errcode";
        let problem = error.to_string();
        let values = [account.into(), false.into(), (now_ms() / 1_000).into(), problem.into(), error.errcode.into()];
        self.db.execute(SQL, values).await?;
        Ok(())
    }

    async fn take_over(&self, account: i64, listed: &Listed, asked_at: i64) -> Result<()> {
        let known = self.sessions_of(account).await?;
        let mut by_openid: HashMap<&str, &Session> =
            known.iter().map(|session| (session.openid.as_str(), session)).collect();
        let tx = self.db.begin_write().await?;
        for (openid, kf_account, since) in &listed.open {
            let was = match by_openid.remove(openid.as_str()) {
                Some(known) => Some(known.clone()),
                // One that was closed is not among those known.
                None => find(&*tx, account, openid).await?,
            };
            if is_settled(was.as_ref(), asked_at) {
                let was = self.not_moving(&*tx, was, kf_account).await?;
                told::opened(&*tx, account, openid, was.as_ref(), kf_account, *since).await?;
            }
        }
        for (openid, latest) in &listed.waiting {
            let was = match by_openid.remove(openid.as_str()) {
                Some(known) => Some(known.clone()),
                None => find(&*tx, account, openid).await?,
            };
            if is_settled(was.as_ref(), asked_at) && was.as_ref().is_none_or(|was| was.state() == State::Closed) {
                let becomes = Becomes::new(Event::Wait, Who::WeChat, "", *latest);
                step(&*tx, account, openid, was.as_ref(), becomes).await?;
            }
        }
        // The first hundred who wait are named: behind them somebody may wait who is not.
        let all_named = listed.waiting_count <= listed.waiting.len() as i64;
        for gone in by_openid.into_values() {
            let over = match gone.state() {
                State::Open => true,
                State::Waiting => all_named || gone.lost_by.is_some(),
                State::Moving | State::Closed => false,
            };
            if over && is_settled(Some(gone), asked_at) && !(gone.state() == State::Waiting && is_lost(gone, asked_at))
            {
                let becomes = Becomes::new(Event::Close, Who::WeChat, "", asked_at);
                step(&*tx, account, &gone.openid, Some(gone), becomes).await?;
            }
        }
        const SQL: &str = "INSERT INTO service_reading (account_id, enabled, read_until, listed_at, waiting, agents) \
                           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id) DO UPDATE SET \
                           listed_at = excluded.listed_at, waiting = excluded.waiting, agents = excluded.agents, \
                           listed_problem = NULL, listed_errcode = NULL";
        let agents = serde_json::to_string(&listed.agents).unwrap_or_default();
        let values = [
            account.into(),
            false.into(),
            (asked_at / 1_000).into(),
            asked_at.into(),
            listed.waiting_count.into(),
            agents.into(),
        ];
        db::execute(&*tx, SQL, values).await?;
        tx.commit().await
    }

    /// A hand-over that nobody works on any more is what WeChat says it is.
    async fn not_moving<C: sea_orm::ConnectionTrait>(
        &self,
        tx: &C,
        was: Option<Session>,
        kf_account: &str,
    ) -> Result<Option<Session>> {
        let Some(session) = was.as_ref().filter(|was| was.state() == State::Moving) else { return Ok(was) };
        let becomes = Becomes::new(Event::Back, Who::WeChat, kf_account, session.since);
        step(tx, session.account_id, &session.openid, Some(session), becomes).await?;
        find(tx, session.account_id, &session.openid).await
    }

    async fn sessions_of(&self, account: i64) -> Result<Vec<Session>> {
        let sql = format!(
            "{SELECT} WHERE account_id = $1 AND state IN ('waiting', 'open', 'moving') ORDER BY state, since LIMIT {SHOWN}"
        );
        let on = self.db.read();
        Ok(Session::find_by_statement(db::statement(on, &sql, [account.into()])).all(on).await?)
    }

    async fn known(&self, account: i64) -> Result<Board> {
        let on = self.db.read();
        let sql = "SELECT listed_at, listed_problem, listed_errcode, waiting, agents FROM service_reading \
                   WHERE account_id = $1";
        let kept = Kept::find_by_statement(db::statement(on, sql, [account.into()])).one(on).await?;
        let sessions = self.sessions_of(account).await?;
        let whose: Vec<_> = sessions.iter().map(|session| (account, session.openid.clone())).collect();
        let mut names = followers::nicknames(&self.db, &whose).await?;
        let mut chats = inbox::latest_of(on, account, &whose).await?;
        let served = sessions.into_iter().map(|session| {
            let chat = chats.remove(&session.openid);
            let (chat_id, last_kind, last_summary) = chat.map_or((None, String::new(), String::new()), |chat| {
                (Some(chat.id), chat.last_kind, chat.last_summary)
            });
            let nickname = names.remove(&(account, session.openid.clone()));
            Served { session, nickname, chat_id, last_kind, last_summary }
        });
        let (waiting, open): (Vec<_>, Vec<_>) = served.partition(|served| served.session.state() == State::Waiting);
        let mut board = Board { waiting_count: waiting.len() as i64, waiting, open, ..Board::default() };
        if let Some(kept) = kept {
            board.waiting_count = board.waiting_count.max(kept.waiting);
            board.agents = kept.agents.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
            board.agents.sort_by_key(|agent: &Agent| (!agent.online, agent.nickname.clone()));
            (board.listed_at, board.problem, board.errcode) =
                (kept.listed_at, kept.listed_problem, kept.listed_errcode);
        }
        Ok(board)
    }
}

/// Whether a list that was asked for at `asked_at` knows of the last change.
fn is_settled(session: Option<&Session>, asked_at: i64) -> bool {
    session.is_none_or(|session| match session.state() {
        State::Moving => session.changed_at + MOVING_MS < asked_at,
        _ => session.changed_at + FRESH_MS < asked_at,
    })
}

/// Whether a session that nobody has any more is still to be shown: for a day, or until somebody opens it again.
fn is_lost(session: &Session, now: i64) -> bool {
    session.lost_by.is_some() && session.changed_at + 24 * 3_600_000 > now
}

async fn listed(client: &Client) -> Result<Listed, ApiError> {
    let service = client.service();
    let accounts = service.accounts(None).await?;
    let online = service.online(None).await?;
    let agents: Vec<_> = accounts
        .into_iter()
        .map(|agent| Agent {
            online: online.iter().any(|one| one.kf_account == agent.kf_account && one.status != 0),
            bound: !agent.kf_wx.is_empty(),
            nickname: agent.kf_nick,
            kf_account: agent.kf_account,
        })
        .collect();
    let mut open = Vec::new();
    for agent in agents.iter().filter(|agent| agent.bound) {
        for session in service.sessions(&agent.kf_account).await? {
            open.push((session.openid, agent.kf_account.clone(), session.createtime.saturating_mul(1_000)));
        }
    }
    let waiting = service.waiting().await?;
    Ok(Listed {
        agents,
        open,
        waiting_count: waiting.count,
        waiting: waiting
            .waitcaselist
            .into_iter()
            .map(|case| (case.openid, case.latest_time.saturating_mul(1_000)))
            .collect(),
    })
}
