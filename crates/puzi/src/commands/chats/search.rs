//! `puzi chats search`: what was said, by its words.

use clap::Args;
use puzi_resource::{Column, Listing};
use puzi_shop::{
    accounts::Reach,
    followers,
    said::{self, Ask, By, Hit},
};

use super::Desk;
use crate::{
    commands::common::{Lines, OfAccount, Show, Span},
    error::Failure,
    output,
    settings::Workplace,
    texts::say,
};

/// Hits of one question at most.
const AT_ONCE: usize = 100;

/// `puzi chats search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words; several, with spaces between, must all be there
    pub words: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Only what this one said
    #[arg(long, value_parser = ["follower", "staff", "agent", "rule"], value_name = "WHO")]
    pub by: Option<String>,
    /// Only messages of this kind, in WeChat's words: text, image …
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// From when to when.
    #[command(flatten)]
    pub span: Span,
    /// How many.
    #[command(flatten)]
    pub lines: Lines,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(args: &SearchArgs, desk: &Desk, place: &Workplace) -> Result<(), Failure> {
    let account = args.account.one(place, desk.locale).await?;
    let (from, until) = args.span.bounds(&desk.clock, desk.locale)?;
    let ask = Ask {
        words: args.words.clone(),
        kinds: args.kind.iter().cloned().collect(),
        by: args.by.as_deref().and_then(By::read).into_iter().collect(),
        from,
        until,
    };
    let limit = if args.lines.all { usize::MAX } else { args.lines.lines as usize };
    let (mut hits, mut after) = (Vec::new(), None);
    while hits.len() < limit {
        let size = AT_ONCE.min(limit - hits.len());
        let page = said::search(&place.db, &Reach::All, account.id, &ask, after.as_deref(), size).await?;
        hits.extend(page.hits);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if hits.is_empty() && !args.show.json {
        output::line(say(desk.locale, "chats.not_said", &[]));
        return Ok(());
    }
    let whose: Vec<_> = hits.iter().map(|hit| (hit.account_id, hit.openid.clone())).collect();
    let faces = followers::faces(&place.db, &whose, desk.locale).await?;
    let name = move |hit: &Hit| {
        let face = faces.get(&(hit.account_id, hit.openid.clone()));
        face.map_or_else(|| hit.openid.clone(), |face| face.name.clone())
    };
    let (iso, show) = (desk.clock.clone(), desk.clock.clone());
    let listing = Listing::new("said")
        .column(Column::new("id", "chats.id", |hit: &Hit| hit.key().into()).only_json())
        .column(
            Column::new("at", "chats.said_at", move |hit: &Hit| iso.iso(hit.at).into())
                .shown(move |hit| show.show(hit.at)),
        )
        .column(Column::new("name", "chats.name", move |hit: &Hit| name(hit).into()).at_most(20))
        .column(Column::new("openid", "chats.openid", |hit: &Hit| hit.openid.as_str().into()).only_json())
        .column(Column::new("by", "chats.said_by", |hit: &Hit| hit.by.as_str().into()))
        .column(Column::new("kind", "chats.kind", |hit: &Hit| hit.kind.as_str().into()))
        .column(Column::new("text", "chats.said_text", |hit: &Hit| hit.text.as_str().into()).at_most(72));
    output::list(&listing, &hits, desk.locale, args.show.json);
    Ok(())
}
