//! `puzi chats sessions`: who waits for customer service, who is served, and changing that.

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    accounts::Reach,
    chats::sessions::{Served, State},
};

use super::Desk;
use crate::{
    commands::{
        common::{OfAccount, Show},
        staff::operator,
    },
    error::Failure,
    output,
    settings::Workplace,
    texts::say,
};

/// `puzi chats sessions`.
#[derive(Debug, Args)]
pub struct SessionsArgs {
    /// What to do; without it they are listed
    #[command(subcommand)]
    pub deed: Option<Deed>,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// What to do with a session.
#[derive(Debug, Subcommand)]
pub enum Deed {
    /// Have an agent serve a follower
    Open(OneArgs),
    /// Hand a session over to another agent
    Move(OneArgs),
    /// End a session
    Close(CloseArgs),
}

/// A follower and an agent.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// The follower's openid
    #[arg(value_name = "OPENID")]
    pub openid: String,
    /// The agent's account, such as ming@tea
    #[arg(long, value_name = "ACCOUNT")]
    pub agent: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
}

/// A follower.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// The follower's openid
    #[arg(value_name = "OPENID")]
    pub openid: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
}

pub(super) async fn run(args: &SessionsArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let by = operator();
    let account = match &args.deed {
        None => &args.account,
        Some(Deed::Open(one) | Deed::Move(one)) => &one.account,
        Some(Deed::Close(one)) => &one.account,
    };
    let account = account.one(place, desk.locale).await?.id;
    let reach = Reach::of([account]);
    let version = async |openid: &str| -> Result<i64, Failure> {
        Ok(desk.chats.session(&reach, account, openid).await?.map_or(0, |session| session.version))
    };
    let done = match &args.deed {
        None => return list(args, desk, account).await,
        Some(Deed::Open(one)) => {
            let version = version(&one.openid).await?;
            desk.chats.open(&by, &reach, account, &one.openid, &one.agent, version).await?;
            "chats.session_open"
        }
        Some(Deed::Move(one)) => {
            let version = version(&one.openid).await?;
            desk.chats.hand_over(&by, &reach, account, &one.openid, &one.agent, version).await?;
            "chats.session_moves"
        }
        Some(Deed::Close(one)) => {
            let version = version(&one.openid).await?;
            desk.chats.close(&by, &reach, account, &one.openid, version).await?;
            "chats.session_closed"
        }
    };
    output::line(say(desk.locale, done, &[]));
    Ok(())
}

async fn list(args: &SessionsArgs, desk: &Desk, account: i64) -> Result<(), Failure> {
    let board = desk.chats.board(&Reach::of([account]), account).await?;
    if let Some(problem) = &board.problem {
        let when = board.listed_at.map(|at| desk.clock.show(at)).unwrap_or_default();
        let told = say(desk.locale, "chats.sessions_old", &[("when", when), ("problem", problem.clone())]);
        if !args.show.json {
            output::line(told);
        }
    }
    let rows: Vec<_> = board.waiting.into_iter().chain(board.open).collect();
    if rows.is_empty() && !args.show.json {
        output::line(say(desk.locale, "chats.no_sessions", &[]));
        return Ok(());
    }
    output::list(&listing(desk), &rows, desk.locale, args.show.json);
    Ok(())
}

fn state(served: &Served) -> &'static str {
    match served.session.state() {
        State::Waiting => "waiting",
        State::Open => "open",
        State::Moving => "moving",
        State::Closed => "closed",
    }
}

fn listing(desk: &Desk) -> Listing<Served> {
    let (iso, show, locale) = (desk.clock.clone(), desk.clock.clone(), desk.locale);
    Listing::new("sessions")
        .column(
            Column::new("state", "chats.status", |row: &Served| state(row).into())
                .shown(move |row| say(locale, &format!("chats.states.{}", state(row)), &[])),
        )
        .column(Column::new("openid", "chats.openid", |row: &Served| row.session.openid.as_str().into()))
        .column(Column::new("name", "chats.name", |row: &Served| row.nickname.clone().into()).at_most(20))
        .column(Column::new("agent", "chats.agent", |row: &Served| row.session.kf_account.as_str().into()))
        .column(
            Column::new("since", "chats.since", move |row: &Served| iso.iso(row.session.since).into())
                .shown(move |row| show.show(row.session.since)),
        )
        .column(Column::new("last", "chats.last", |row: &Served| row.last_summary.as_str().into()).at_most(40))
}
