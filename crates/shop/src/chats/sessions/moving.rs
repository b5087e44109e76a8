//! Handing a session over: WeChat has no call for it. The one is ended, the other begun; when the other agent cannot, it is begun
//! anew with the first, and when that one cannot either, nobody has it and everybody sees that.
//!
//! Each call may be made twice, and before each step WeChat is asked who serves now: a job whose process died goes on
//! from wherever it was.

use puzi_wechat::client::{ApiError, Client, ErrorKind};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{Becomes, Event, NO_SESSION, SERVED, State, Who, find, line, push_job, step};
use crate::{
    Result,
    chats::Chats,
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
};

/// The job that hands over.
pub(in crate::chats) const JOB: &str = "session.move";

#[derive(Debug, Serialize, Deserialize)]
struct Move {
    account: i64,
    openid: String,
    from: String,
    to: String,
    /// Who asked for it.
    by: String,
}

/// How it ended.
enum End {
    Moved,
    Back,
    Lost,
    /// Somebody else serves by now.
    Other(String),
}

/// Why it has not ended yet.
enum NotYet {
    Later(String),
    Refused,
}

/// Whether the agent is at work now, in the browser or on a phone.
pub(super) async fn is_at_work(client: &Client, kf_account: &str) -> Result<bool, ApiError> {
    let online = client.service().online(None).await?;
    Ok(online.iter().any(|agent| agent.kf_account == kf_account && agent.status != 0))
}

/// Enqueues it in the transaction that says so in the session.
pub(super) async fn push<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    openid: &str,
    from: &str,
    to: &str,
    by: &str,
    now: i64,
) -> Result<()> {
    let what = Move { account, openid: openid.into(), from: from.into(), to: to.into(), by: by.into() };
    push_job(tx, account, JOB, &format!("session/{account}/{openid}"), &what, now).await
}

pub(super) async fn run(chats: &Chats, job: &Job) -> Outcome {
    let Ok(what) = job.read::<Move>() else { return Outcome::Dead("the job cannot be read".into()) };
    match go_on(chats, &what).await {
        Ok(Ok(end)) => note(chats, job, &what, &end).await,
        Ok(Err(error)) if job.attempts >= MAX_ATTEMPTS => {
            tracing::warn!(error, "a session could not be handed over");
            note(chats, job, &what, &End::Lost).await
        }
        Ok(Err(error)) => Outcome::Retry(error),
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn go_on(chats: &Chats, what: &Move) -> Result<Result<End, String>> {
    // Somebody else's by now, or done.
    let session = find(chats.db.read(), what.account, &what.openid).await?;
    if session.is_none_or(|session| session.state() != State::Moving || session.moving_to.as_ref() != Some(&what.to)) {
        return Ok(Ok(End::Moved));
    }
    let Some(live) = chats.registry.by_id(what.account) else {
        return Ok(Err("the account is not loaded".into()));
    };
    Ok(match hand_over(&live.client, what).await {
        Ok(end) => Ok(end),
        Err(NotYet::Later(error)) => Err(error),
        Err(NotYet::Refused) => Ok(End::Lost),
    })
}

async fn hand_over(client: &Client, what: &Move) -> Result<End, NotYet> {
    let service = client.service();
    let serves = service.session(&what.openid).await.map_err(|error| later(&error))?.kf_account;
    if serves == what.to {
        return Ok(End::Moved);
    }
    if !serves.is_empty() && serves != what.from {
        return Ok(End::Other(serves));
    }
    if serves == what.from {
        // The last moment at which nothing needs to be undone.
        if !is_at_work(client, &what.to).await.map_err(|error| later(&error))? {
            return Ok(End::Back);
        }
        match service.close_session(&what.from, &what.openid).await {
            Ok(()) => {}
            Err(error) if error.errcode == Some(NO_SESSION) => {}
            Err(error) if may_come_back(&error) => return Err(later(&error)),
            // It is still the first agent's.
            Err(_) => return Ok(End::Back),
        }
    }
    for (agent, end) in [(&what.to, End::Moved), (&what.from, End::Back)] {
        match service.open_session(agent, &what.openid).await {
            Ok(()) => return Ok(end),
            Err(error) if error.errcode == Some(SERVED) => {
                let serves = service.session(&what.openid).await.map_err(|error| later(&error))?.kf_account;
                return Ok(End::Other(serves));
            }
            Err(error) if may_come_back(&error) => return Err(later(&error)),
            Err(_) => {}
        }
    }
    Err(NotYet::Refused)
}

fn may_come_back(error: &ApiError) -> bool {
    matches!(error.kind, ErrorKind::RetryLater | ErrorKind::Transport | ErrorKind::RefreshToken)
}

fn later(error: &ApiError) -> NotYet {
    if may_come_back(error) { NotYet::Later(error.to_string()) } else { NotYet::Refused }
}

/// The end, in the commit that takes the job away.
async fn note(chats: &Chats, job: &Job, what: &Move, end: &End) -> Outcome {
    let noted = async {
        let tx = chats.db.begin_write().await?;
        if let Some(was) = find(&*tx, what.account, &what.openid).await?.filter(|was| was.state() == State::Moving) {
            let now = crate::db::now_ms();
            let (becomes, kind, other) = match end {
                End::Moved => (Becomes::new(Event::Moved, Who::WeChat, &what.to, now), "kf_moved", what.to.as_str()),
                End::Other(other) => (Becomes::new(Event::Moved, Who::WeChat, other, now), "kf_moved", other.as_str()),
                End::Back => {
                    (Becomes::new(Event::Back, Who::WeChat, &what.from, was.since), "kf_back", what.from.as_str())
                }
                End::Lost => {
                    let lost = Becomes::new(Event::Lost, Who::WeChat, "", now);
                    (Becomes { lost_by: Some(&what.from), ..lost }, "kf_lost", "")
                }
            };
            if step(&*tx, what.account, &what.openid, Some(&was), becomes).await? {
                line(&*tx, what.account, &what.openid, kind, &what.by, other).await?;
            }
        }
        jobs::take(&*tx, job).await?;
        tx.commit().await
    };
    match noted.await {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}
