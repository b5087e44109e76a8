//! What became of notices, as WeChat's events tell it.
//!
//! A template message has a number, but its event may come before the answer that told the number is stored. So both leave
//! a row of that number: whoever comes second finds the other's. A subscription notification has no number that a call
//! tells: its event goes to the oldest one of that follower and template that waits for one.

use puzi_wechat::message::{Body, Event as Pushed, Push};
use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};

use super::{
    send::step,
    state::{Event, State},
};
use crate::{
    Result,
    conversations::reading::Full,
    db::{self, now_ms},
    machine::{Who, Word},
};

/// The kinds of messages that are followed.
pub(super) const KINDS: &[&str] = &["event:TEMPLATESENDJOBFINISH", "event:subscribe_msg_sent_event"];
/// A result without a notice is kept for one that does not know its number yet, ms. Older ones are other programs'.
const FRESH_MS: i64 = 60 * 60_000;
/// WeChat's word for what arrived.
const SUCCESS: &str = "success";

/// Takes an event, in the transaction that notes it as read.
pub(super) async fn take(tx: &DatabaseTransaction, message: &Full) -> Result<()> {
    let bytes = message.payload.as_bytes();
    let push =
        if message.payload.trim_start().starts_with('{') { Push::from_json(bytes) } else { Push::from_xml(bytes) };
    let Ok(Push { body: Body::Event(told), .. }) = push else { return Ok(()) };
    let account = message.account_id;
    match told {
        Pushed::TemplateSendJobFinish { msg_id, status } => {
            let Ok(msg_id) = msg_id.trim().parse::<i64>() else { return Ok(()) };
            of_template(tx, account, msg_id, status.trim(), message.received_at).await
        }
        Pushed::SubscribeMsgSent { list } => {
            for one in list {
                let status = match (one.error_code, one.error_status.as_deref()) {
                    (Some(0), _) => SUCCESS.to_owned(),
                    (_, Some(status)) if !status.is_empty() => status.to_owned(),
                    (code, _) => format!("error {}", code.unwrap_or_default()),
                };
                let msg_id = one.msg_id.trim().parse().ok();
                of_subscription(tx, account, &message.openid, &one.template_id, msg_id, &status).await?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The result of a template message.
async fn of_template(tx: &DatabaseTransaction, account: i64, msg_id: i64, status: &str, at: i64) -> Result<()> {
    if now_ms() - at < FRESH_MS {
        // Who inserts second waits for the first one's commit, and sees what it wrote.
        const NOTE: &str = "INSERT INTO notice_results (account_id, msg_id, status, at) VALUES ($1, $2, $3, $4) \
                            ON CONFLICT (account_id, msg_id) DO NOTHING";
        db::execute(tx, NOTE, [account.into(), msg_id.into(), status.into(), now_ms().into()]).await?;
    }
    const FIND: &str = "SELECT id FROM notices WHERE account_id = $1 AND msg_id = $2 AND state = 'accepted'";
    let row = tx.query_one_raw(db::statement(tx, FIND, [account.into(), msg_id.into()])).await?;
    let Some(row) = row else { return Ok(()) };
    settle(tx, row.try_get("", "id")?, status).await?;
    forget(tx, account, msg_id).await
}

async fn forget(tx: &DatabaseTransaction, account: i64, msg_id: i64) -> Result<()> {
    let sql = "DELETE FROM notice_results WHERE account_id = $1 AND msg_id = $2";
    db::execute(tx, sql, [account.into(), msg_id.into()]).await.map(drop)
}

#[derive(FromQueryResult)]
struct Waiting {
    id: i64,
    state: String,
}

/// The result of a subscription notification.
async fn of_subscription(
    tx: &DatabaseTransaction,
    account: i64,
    openid: &str,
    template_id: &str,
    msg_id: Option<i64>,
    status: &str,
) -> Result<()> {
    const KNOWN: &str = "SELECT id FROM notices WHERE account_id = $1 AND msg_id = $2";
    // One of which nobody knows comes last: its event may never have been sent.
    const FIND: &str = "SELECT n.id, n.state FROM notices n JOIN notice_templates t ON t.id = n.template_row \
                        WHERE n.account_id = $1 AND n.openid = $2 AND n.way = 'subscribe' AND t.template_id = $3 \
                        AND n.outcome IS NULL AND n.state IN ('accepted', 'sending', 'unknown') \
                        ORDER BY CASE WHEN n.state = 'unknown' THEN 1 ELSE 0 END, n.id LIMIT 1";
    const NOTE: &str = "UPDATE notices SET msg_id = COALESCE(msg_id, $1), outcome = $2 WHERE id = $3 \
                        AND outcome IS NULL";
    if let Some(msg_id) = msg_id {
        // A push that is taken in a second time says nothing new.
        let known = tx.query_one_raw(db::statement(tx, KNOWN, [account.into(), msg_id.into()])).await?;
        if known.is_some() {
            return Ok(());
        }
    }
    let statement = db::statement(tx, FIND, [account.into(), openid.into(), template_id.into()]);
    let Some(found) = Waiting::find_by_statement(statement).one(tx).await? else { return Ok(()) };
    if db::execute(tx, NOTE, [msg_id.into(), status.into(), found.id.into()]).await? == 0 {
        return Ok(());
    }
    // The row is locked now, and its state the latest.
    const STATE: &str = "SELECT state FROM notices WHERE id = $1";
    let row = tx.query_one_raw(db::statement(tx, STATE, [found.id.into()])).await?;
    let state = row.map(|row| row.try_get::<String>("", "state")).transpose()?.unwrap_or(found.state);
    match State::read(&state) {
        Some(State::Accepted | State::Unknown) => settle(tx, found.id, status).await,
        // Whoever sends it finds the outcome beside the answer.
        _ => Ok(()),
    }
}

/// Beside the answer of a sending: whether its result came first, by number or noted in the row.
pub(super) async fn meet(tx: &DatabaseTransaction, account: i64, id: i64, msg_id: Option<i64>) -> Result<()> {
    const WAIT: &str = "INSERT INTO notice_results (account_id, msg_id, status, at) VALUES ($1, $2, '', $3) \
                        ON CONFLICT (account_id, msg_id) DO NOTHING";
    const RESULT: &str = "SELECT status FROM notice_results WHERE account_id = $1 AND msg_id = $2 AND status <> ''";
    const OUTCOME: &str = "SELECT outcome FROM notices WHERE id = $1 AND outcome IS NOT NULL";
    let Some(msg_id) = msg_id else {
        let row = tx.query_one_raw(db::statement(tx, OUTCOME, [id.into()])).await?;
        let Some(row) = row else { return Ok(()) };
        return settle(tx, id, &row.try_get::<String>("", "outcome")?).await;
    };
    if db::execute(tx, WAIT, [account.into(), msg_id.into(), now_ms().into()]).await? == 1 {
        return Ok(());
    }
    let row = tx.query_one_raw(db::statement(tx, RESULT, [account.into(), msg_id.into()])).await?;
    let Some(row) = row else { return Ok(()) };
    settle(tx, id, &row.try_get::<String>("", "status")?).await?;
    forget(tx, account, msg_id).await
}

/// Brings a notice that WeChat took to its end.
pub(super) async fn settle(tx: &DatabaseTransaction, id: i64, status: &str) -> Result<()> {
    const SQL: &str = "UPDATE notices SET outcome = $1, ended_at = $2 WHERE id = $3";
    let event = meaning(status);
    step(tx, id, event, Who::WeChat).await?;
    db::execute(tx, SQL, [status.into(), now_ms().into(), id.into()]).await.map(drop)
}

/// What a status of WeChat's says.
fn meaning(status: &str) -> Event {
    let status = status.to_lowercase();
    match status.as_str() {
        SUCCESS => Event::Arrive,
        _ if ["block", "refuse", "reject"].iter().any(|word| status.contains(word)) => Event::Block,
        _ => Event::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_became_of_it() {
        for (status, event) in [
            ("success", Event::Arrive),
            ("failed:user block", Event::Block),
            ("failed: system failed", Event::Fail),
            ("user refuse to accept the msg", Event::Block),
            ("", Event::Fail),
            ("error 1", Event::Fail),
        ] {
            assert_eq!(meaning(status), event, "{status}");
        }
    }
}
