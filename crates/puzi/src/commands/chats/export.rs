//! `puzi chats export`: a conversation as a file, whole or told to be not.

use std::{
    io::{BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use puzi_shop::{
    chats::export::{Ask, Format},
    followers,
};

use super::Desk;
use crate::{
    commands::{
        common::{OfAccount, Span},
        staff::operator,
    },
    error::Failure,
    output,
    settings::Workplace,
    texts::say,
};

/// `puzi chats export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The conversation's number, or the follower's openid
    #[arg(value_name = "WHICH")]
    pub which: String,
    /// The file; - writes to the standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The kind of file; otherwise what its name ends with, or csv
    #[arg(long = "as", value_parser = Format::ALL, value_name = "KIND")]
    pub format: Option<String>,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// From when to when.
    #[command(flatten)]
    pub span: Span,
}

pub(super) async fn run(args: &ExportArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let (chat_id, whose) = desk.find(place, &args.account, &args.which).await?;
    let (from, until) = args.span.bounds(&desk.clock, desk.locale)?;
    let by_name = args.file.extension().and_then(|ending| Format::read(&ending.to_string_lossy()));
    let format = args.format.as_deref().and_then(Format::read).or(by_name).unwrap_or(Format::Csv);
    let found = followers::find(&place.db, whose.account_id, &whose.openid).await?;
    let ask = Ask {
        name: found.and_then(|one| one.nickname).unwrap_or_else(|| followers::code(&whose.openid)),
        whose,
        format,
        from,
        until,
        zone: desk.zone.clone(),
        locale: desk.locale,
    };
    let reach = desk.reach(place, &args.account).await?;
    let to_stdout = args.file.as_os_str() == "-";
    let mut out: Box<dyn Write + Send> = if to_stdout {
        Box::new(std::io::stdout())
    } else {
        Box::new(BufWriter::new(std::fs::File::create(&args.file)?))
    };
    desk.chats.export_into(&operator(), &reach, &desk.inbox, chat_id, ask, &mut *out).await?;
    if !to_stdout {
        output::line(say(desk.locale, "chats.exported", &[("file", args.file.display().to_string())]));
    }
    Ok(())
}
