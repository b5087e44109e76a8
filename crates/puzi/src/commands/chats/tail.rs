//! `puzi chats tail` and `puzi chats refused`: conversations as they happen, and what of WeChat's could not be read.

use std::time::Duration;

use clap::Args;
use puzi_resource::{Column, Listing, on_one_line};
use puzi_shop::{
    conversations::{self, LogEntry, RefusedPush},
    db::now_ms,
    texts::Locale,
};
use serde_json::{Value, json};

use crate::{
    commands::accounts::pick,
    error::Failure,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// How often `--follow` looks.
const LOOK: Duration = Duration::from_millis(500);
/// How many lines one look takes at most.
const AT_ONCE: u32 = 500;
/// A message whose answer is still being computed is shown with it, but not held back longer than this.
const ANSWER_MS: i64 = 6_000;
/// On PostgreSQL rows become visible in another order than they are numbered: very new ones wait for their neighbours.
const SETTLE_MS: i64 = 300;

/// `puzi chats tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// Only this account, by slug, AppID or name
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
    /// Go on and show what comes, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// How many of the latest messages
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `puzi chats refused`.
#[derive(Debug, Args)]
pub struct RefusedArgs {
    /// How many of the latest
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// Answer as JSON, with the whole bodies
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn tail(args: &TailArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (locale, clock) = (settings.locale(), Clock::of(settings)?);
    let account_id = match &args.account {
        Some(which) => Some(pick(place, Some(which), locale).await?.id),
        None => None,
    };
    let print = |entry: &LogEntry| {
        if args.json {
            output::json_line(&as_json(entry, &clock));
        } else {
            output::line(as_line(entry, &clock, locale));
        }
    };
    let mut seen = 0;
    for entry in conversations::tail(&place.db, account_id, None, args.lines).await? {
        seen = entry.id;
        print(&entry);
    }
    if args.follow && args.lines == 0 {
        seen = conversations::tail(&place.db, account_id, None, 1).await?.last().map_or(0, |entry| entry.id);
    }
    while args.follow && !interrupted().await {
        for entry in conversations::tail(&place.db, account_id, Some(seen), AT_ONCE).await? {
            if is_unsettled(&entry, now_ms()) {
                break;
            }
            seen = entry.id;
            print(&entry);
        }
    }
    Ok(())
}

/// Waits for the next look; true when Ctrl-C comes first.
async fn interrupted() -> bool {
    tokio::time::timeout(LOOK, tokio::signal::ctrl_c()).await.is_ok()
}

/// Whether to wait a moment before the entry is shown.
fn is_unsettled(entry: &LogEntry, now: i64) -> bool {
    let limit = if entry.answer_state == "answering" { ANSWER_MS } else { SETTLE_MS };
    // Another machine's clock may be ahead: nothing waits for that.
    (0..limit).contains(&(now - entry.received_at))
}

fn as_line(entry: &LogEntry, clock: &Clock, locale: Locale) -> String {
    let who = match &entry.nickname {
        Some(nickname) => format!("{nickname} ({})", entry.openid),
        None => entry.openid.clone(),
    };
    let sign = if entry.inbound { "→" } else { "←" };
    let mut said = format!("[{}]", entry.kind);
    if entry.kind == "text" {
        said.clone_from(&entry.summary);
    } else if !entry.summary.is_empty() {
        said = format!("{said} {}", entry.summary);
    }
    let mut line = format!("{}  {}  {sign} {who}: {said}", clock.show(entry.received_at), entry.account);
    if let Some(answer) = entry.answer_summary() {
        line = format!("{line}  ⇒ {answer}");
    } else if let "answering" | "deferred" | "failed" = entry.answer_state.as_str() {
        line = format!("{line}  ({})", say(locale, &format!("chats.{}", entry.answer_state), &[]));
    }
    on_one_line(&line)
}

fn as_json(entry: &LogEntry, clock: &Clock) -> Value {
    let answer = entry.answer.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
    json!({
        "id": entry.id,
        "account": entry.account,
        "openid": entry.openid,
        "nickname": entry.nickname,
        "from_follower": entry.inbound,
        "kind": entry.kind,
        "text": entry.summary,
        "received_at": clock.iso(entry.received_at),
        "answer_state": entry.answer_state,
        "answer": answer,
        "rule_id": entry.rule_id,
    })
}

pub(super) async fn refused(args: &RefusedArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let pushes = conversations::refused(&place.db, args.lines).await?;
    if pushes.is_empty() && !args.json {
        output::line(say(locale, "chats.none_refused", &[]));
        return Ok(());
    }
    output::list(&refused_resource(&Clock::of(settings)?), &pushes, locale, args.json);
    Ok(())
}

fn refused_resource(clock: &Clock) -> Listing<RefusedPush> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("refused")
        .column(Column::new("id", "chats.id", |push: &RefusedPush| push.id.into()))
        .column(
            Column::new("received_at", "chats.received", move |push: &RefusedPush| iso.iso(push.received_at).into())
                .shown(move |push| show.show(push.received_at)),
        )
        .column(Column::new("account", "chats.account", |push: &RefusedPush| push.account.as_str().into()))
        .column(Column::new("label", "chats.label", |push: &RefusedPush| push.label.as_str().into()))
        .column(Column::new("reason", "chats.reason", |push: &RefusedPush| push.reason.as_str().into()).at_most(48))
        .column(Column::new("encrypted", "chats.encrypted", |push: &RefusedPush| push.encrypted.into()).only_json())
        .column(Column::new("body", "chats.body", |push: &RefusedPush| push.body.as_str().into()).at_most(64))
}
