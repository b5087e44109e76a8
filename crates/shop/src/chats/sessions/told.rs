//! What WeChat's events tell of sessions. They may come late, twice, and out of order: one that is older than what is known here
//! changes nothing, and while a session is being handed over only the job that does it decides.

use puzi_wechat::message::{Body, Event as Told, Push};
use sea_orm::ConnectionTrait;

use super::{Becomes, Event, Session, State, Who, find, line, step};
use crate::{
    Result,
    chats::records,
    conversations::reading,
    conversations::reading::Full,
    db::{self, now_ms},
};

/// The events that are followed.
pub(in crate::chats) const KINDS: &[&str] =
    &["event:kf_create_session", "event:kf_close_session", "event:kf_switch_session"];

/// WeChat's clock and ours may differ by so much, ms.
const CLOCKS_MS: i64 = 5_000;

/// Takes one event into its session.
pub(in crate::chats) async fn take<C: ConnectionTrait>(tx: &C, message: &Full) -> Result<()> {
    let Ok(Push { body: Body::Event(told), .. }) = reading::read_push(&message.payload) else { return Ok(()) };
    let (account, openid) = (message.account_id, message.openid.as_str());
    // Where there are sessions there are records of them.
    records::enable_in(tx, account).await?;
    let was = find(tx, account, openid).await?;
    if was.as_ref().is_some_and(|was| message.sent_at + CLOCKS_MS < was.changed_at) {
        return Ok(());
    }
    match told {
        Told::KfCreateSession { kf_account } => {
            opened(tx, account, openid, was.as_ref(), &kf_account, message.sent_at).await
        }
        Told::KfSwitchSession { to, .. } => opened(tx, account, openid, was.as_ref(), &to, message.sent_at).await,
        Told::KfCloseSession { kf_account } => {
            let Some(was) = was.filter(|was| was.kf_account == kf_account) else { return Ok(()) };
            let becomes = Becomes::new(Event::Close, Who::WeChat, "", message.sent_at);
            if step(tx, account, openid, Some(&was), becomes).await? {
                line(tx, account, openid, "kf_closed", &kf_account, "").await?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// WeChat says that `kf_account` serves since `since` (Unix ms).
pub(super) async fn opened<C: ConnectionTrait>(
    tx: &C,
    account: i64,
    openid: &str,
    was: Option<&Session>,
    kf_account: &str,
    since: i64,
) -> Result<()> {
    if kf_account.is_empty() {
        return Ok(());
    }
    if let Some(was) = was.filter(|was| was.state() == State::Open) {
        if was.kf_account != kf_account {
            // It changed hands without us.
            const SQL: &str = "UPDATE service_sessions SET kf_account = $3, since = $4, changed_at = $5, \
                               version = version + 1 WHERE account_id = $1 AND openid = $2 AND version = $6";
            let values =
                [account.into(), openid.into(), kf_account.into(), since.into(), now_ms().into(), was.version.into()];
            if db::execute(tx, SQL, values).await? == 1 {
                line(tx, account, openid, "kf_moved", &was.kf_account, kf_account).await?;
            }
        }
        return Ok(());
    }
    let becomes = Becomes::new(Event::Open, Who::WeChat, kf_account, since);
    if step(tx, account, openid, was, becomes).await? {
        line(tx, account, openid, "kf_served", kf_account, kf_account).await?;
    }
    Ok(())
}
