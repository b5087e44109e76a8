//! `puzi users tags`: the tags of an account, made and changed at WeChat first.

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::followers::tags::Tag;
use serde_json::json;

use super::Desk;
use crate::{
    commands::{
        common::{OfAccount, Show, Sure},
        staff::operator,
    },
    error::Failure,
    output,
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi users tags …`.
#[derive(Debug, Subcommand)]
pub enum TagsCommand {
    /// List the tags of an account
    #[command(after_help = "Examples:\n  puzi users tags list\n  puzi users tags list --account tea --json")]
    List(ListArgs),
    /// Make a tag; at most 30 bytes, ten Chinese characters
    #[command(after_help = "Example:\n  puzi users tags create 老客户")]
    Create(NamedArgs),
    /// Rename a tag
    #[command(after_help = "Example:\n  puzi users tags rename 老客户 常客")]
    Rename(RenameArgs),
    /// Delete a tag, and take it off everybody
    #[command(after_help = "Example:\n  puzi users tags delete 老客户 --yes")]
    Delete(DeleteArgs),
    /// Read WeChat's list again
    #[command(after_help = "Example:\n  puzi users tags refresh")]
    Refresh(ListArgs),
}

/// `puzi users tags list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi users tags create`.
#[derive(Debug, Args)]
pub struct NamedArgs {
    /// Name of the tag
    #[arg(value_name = "TAG")]
    pub name: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi users tags rename`.
#[derive(Debug, Args)]
pub struct RenameArgs {
    /// Name of the tag
    #[arg(value_name = "TAG")]
    pub name: String,
    /// Its new name
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi users tags delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Name of the tag
    #[arg(value_name = "TAG")]
    pub name: String,
    /// Which account.
    #[command(flatten)]
    pub account: OfAccount,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

pub(super) async fn run(command: TagsCommand, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    match command {
        TagsCommand::List(args) => {
            let desk = Desk::open(place, settings, &args.account).await?;
            list(&desk, args.show).await
        }
        TagsCommand::Refresh(args) => {
            let desk = Desk::open(place, settings, &args.account).await?;
            desk.followers.read_tags(&desk.reach(), desk.account).await?;
            list(&desk, args.show).await
        }
        TagsCommand::Create(args) => {
            let desk = Desk::open(place, settings, &args.account).await?;
            let id = desk.followers.create_tag(&operator(), &desk.reach(), desk.account, &args.name).await?;
            told(&desk, id, "users.tag_words.created", args.show).await
        }
        TagsCommand::Rename(args) => {
            let desk = Desk::open(place, settings, &args.account).await?;
            let id = desk.tag(&args.name).await?;
            desk.followers.rename_tag(&operator(), &desk.reach(), id, None, &args.new).await?;
            told(&desk, id, "users.tag_words.renamed", args.show).await
        }
        TagsCommand::Delete(args) => delete(&args, place, settings).await,
    }
}

async fn delete(args: &DeleteArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let desk = Desk::open(place, settings, &args.account).await?;
    let id = desk.tag(&args.name).await?;
    let tag = desk.followers.tag(&desk.reach(), id).await?;
    let words = [("name", tag.name.clone()), ("n", tag.followers.to_string())];
    args.sure.ask(&say(desk.locale, "users.tag_words.ask_delete", &words), desk.locale)?;
    desk.followers.delete_tag(&operator(), &desk.reach(), id).await?;
    if args.show.json {
        output::json(&json!({ "deleted": tag.name }));
    } else {
        output::line(say(desk.locale, "users.tag_words.deleted", &words));
    }
    Ok(())
}

async fn list(desk: &Desk, show: Show) -> Result<(), Failure> {
    let tags = desk.followers.tags(&desk.reach(), desk.account).await?;
    if tags.is_empty() && !show.json {
        output::line(say(desk.locale, "users.tag_words.none", &[]));
    } else {
        output::list(&listing(), &tags, desk.locale, show.json);
    }
    Ok(())
}

async fn told(desk: &Desk, id: i64, key: &str, show: Show) -> Result<(), Failure> {
    let tag = desk.followers.tag(&desk.reach(), id).await?;
    if show.json {
        output::json(&listing().row_to_json(&tag));
    } else {
        output::line(say(desk.locale, key, &[("name", tag.name)]));
    }
    Ok(())
}

fn listing() -> Listing<Tag> {
    Listing::new("tags")
        .column(Column::new("id", "users.id", |tag: &Tag| tag.id.into()))
        .column(Column::new("name", "users.tag_words.name", |tag: &Tag| tag.name.as_str().into()))
        .column(Column::new("followers", "users.tag_words.followers", |tag: &Tag| tag.followers.into()))
        .column(Column::new("wechat_id", "users.tag_words.wechat_id", |tag: &Tag| tag.wechat_id.into()))
}
