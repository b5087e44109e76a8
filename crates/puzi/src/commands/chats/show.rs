//! `puzi chats show`.

use clap::Args;
use puzi_resource::on_one_line;
use puzi_shop::{chats::export::Line, inbox::Entry};

use super::Desk;
use crate::{
    commands::common::{Lines, OfAccount, Show},
    error::Failure,
    output,
    settings::Workplace,
    texts::say,
};

/// `puzi chats show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The conversation's number, or the follower's openid
    #[arg(value_name = "WHICH")]
    pub which: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How much of it.
    #[command(flatten)]
    pub lines: Lines,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &ShowArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let (_, whose) = desk.find(place, &args.account, &args.which).await?;
    let seen = desk.inbox.seen_by(&desk.reach(place, &args.account).await?);
    let most = if args.lines.all { usize::MAX } else { args.lines.lines as usize };
    let mut entries: Vec<Entry> = Vec::new();
    let mut older = None;
    loop {
        let page = seen.timeline_of(&whose, older.as_deref()).await?;
        entries.splice(0..0, page.entries);
        older = page.older;
        if older.is_none() || entries.len() >= most {
            break;
        }
    }
    let from = entries.len().saturating_sub(most);
    for entry in &entries[from..] {
        let line = Line::of(entry);
        if args.show.json {
            output::json_line(&line.json(entry));
        } else {
            output::line(shown(&line, entry, desk));
        }
    }
    if entries.is_empty() && !args.show.json {
        output::line(say(desk.locale, "chats.nothing_said", &[]));
    }
    Ok(())
}

fn shown(line: &Line, entry: &Entry, desk: &Desk) -> String {
    let who = say(desk.locale, &format!("chats.speakers.{}", line.who), &[]);
    let who = if line.name.is_empty() { who } else { format!("{who} {}", line.name) };
    let text = if line.kind == "text" { line.text.clone() } else { format!("[{}] {}", line.kind, line.text) };
    let state =
        if line.state.is_empty() || line.state == "sent" { String::new() } else { format!("  ({})", line.state) };
    on_one_line(&format!("{}  {who}: {}{state}", desk.clock.show(entry.at), text.trim_end()))
}
