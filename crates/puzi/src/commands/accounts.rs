//! `puzi accounts`: Official Accounts and what to paste into WeChat's admin platform for them.

mod desk;
mod paste;

use std::{collections::HashMap, convert::Infallible, io::Read, path::PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::{
        Account, AccountEdit, NewAccount, Status,
        health::{self, State},
    },
    texts::Locale,
};
use puzi_wechat::{Secret, crypto::EncodingAesKey, envelope::Mode};

use super::staff::operator;
use crate::{
    error::Failure,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi accounts …`.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Add an account, and print what to paste into WeChat's admin platform
    #[command(
        after_help = "Examples:\n  puzi accounts add --name \"Tea House\" --appid wx0123456789abcdef --secret-file secret.txt\n  \
                      pass show wechat/secret | puzi accounts add --name Tea --appid wx0123456789abcdef --secret-file - --slug tea\n\n\
                      The secrets may also come by PUZI_ACCOUNT_SECRET, PUZI_ACCOUNT_TOKEN and PUZI_ACCOUNT_ENCODING_AES_KEY."
    )]
    Add(Box<AddArgs>),
    /// List the accounts, without their secrets
    #[command(after_help = "Examples:\n  puzi accounts list\n  puzi accounts list --json")]
    List(ListArgs),
    /// Change an account
    #[command(after_help = "Examples:\n  puzi accounts edit tea --contact-phone \"+86 138 0000 0000\"\n  \
                      puzi accounts edit tea --mode encrypted --secret-file new-secret.txt")]
    Edit(Box<EditArgs>),
    /// Stop answering for an account: its URL answers 404
    #[command(after_help = "Example:\n  puzi accounts pause tea")]
    Pause(WhichArgs),
    /// Answer for a paused account again
    #[command(after_help = "Example:\n  puzi accounts resume tea")]
    Resume(WhichArgs),
    /// Give an account a new EncodingAESKey or a new token
    #[command(
        after_help = "Examples:\n  puzi accounts rotate tea --key\n  puzi accounts rotate tea --drop-previous-key\n  \
                      puzi accounts rotate tea --token=MadeByYourself1"
    )]
    Rotate(RotateArgs),
    /// Show what to paste into WeChat's admin platform: URL, token, EncodingAESKey
    #[command(after_help = "Examples:\n  puzi accounts show-url tea\n  puzi accounts show-url tea --json")]
    ShowUrl(ShowUrlArgs),
    /// Show an account and what its checks said last
    #[command(after_help = "Examples:\n  puzi accounts show tea\n  puzi accounts show tea --json")]
    Show(desk::ShowArgs),
    /// Check whether an account works, or all of them: token, callback, pushes, addresses, permissions, quotas
    #[command(after_help = "Examples:\n  puzi accounts check\n  puzi accounts check tea --json\n\n\
                      Exit codes: 0 nothing is bad, 4 something is.")]
    Check(desk::ShowArgs),
    /// Show how far today's quotas are used, or set them back
    #[command(
        after_help = "Examples:\n  puzi accounts quota tea\n  puzi accounts quota tea /cgi-bin/user/get --json\n  \
                      puzi accounts quota tea --clear=/cgi-bin/user/get --yes\n  puzi accounts quota tea --clear"
    )]
    Quota(desk::QuotaArgs),
    /// Show an account's own settings, or change some
    #[command(
        after_help = "Examples:\n  puzi accounts settings tea\n  puzi accounts settings tea calls.days=60 calls.bodies=errors"
    )]
    Settings(desk::SettingsArgs),
    /// List the customer-service accounts of an account
    #[command(after_help = "Examples:\n  puzi accounts agents\n  puzi accounts agents tea --json")]
    Agents(desk::ShowArgs),
}

/// `puzi accounts add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Name that people see
    #[arg(long)]
    pub name: String,
    /// AppID, as WeChat's admin platform shows it
    #[arg(long)]
    pub appid: String,
    /// Where the AppSecret comes from.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// Last part of the callback URL [default: the AppID]
    #[arg(long)]
    pub slug: Option<String>,
    /// How WeChat wraps its messages: plain, compatible or encrypted
    #[arg(long, default_value = "encrypted")]
    pub mode: Mode,
    /// Token of the callback; a strong one is made when absent
    #[arg(long, value_parser = secret)]
    pub token: Option<Secret<String>>,
    /// EncodingAESKey of the callback, 43 characters; made when absent
    #[arg(long, value_name = "KEY", value_parser = secret)]
    pub encoding_aes_key: Option<Secret<String>>,
    /// The contact person.
    #[command(flatten)]
    pub contact: ContactArgs,
    /// Another API address than WeChat's own, such as the sandbox's
    #[arg(long, value_name = "URL")]
    pub api_base: Option<String>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Where an AppSecret comes from.
#[derive(Debug, Args)]
pub struct SecretArgs {
    /// AppSecret; it would stand in the shell's history, so better use --secret-file
    #[arg(long, value_parser = secret, conflicts_with = "secret_file")]
    pub secret: Option<Secret<String>>,
    /// File that holds the AppSecret; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
}

/// Who looks after an account.
#[derive(Debug, Args)]
pub struct ContactArgs {
    /// Contact person
    #[arg(long, value_name = "NAME")]
    pub contact_name: Option<String>,
    /// Telephone of the contact person
    #[arg(long, value_name = "PHONE")]
    pub contact_phone: Option<String>,
    /// E-mail of the contact person
    #[arg(long, value_name = "EMAIL")]
    pub contact_email: Option<String>,
}

/// `puzi accounts list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `puzi accounts edit`.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Slug, AppID or name of the account
    pub which: String,
    /// Name that people see
    #[arg(long)]
    pub name: Option<String>,
    /// Last part of the callback URL; paste the new URL into WeChat's admin platform afterwards
    #[arg(long)]
    pub slug: Option<String>,
    /// Where the AppSecret comes from.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// How WeChat wraps its messages: plain, compatible or encrypted
    #[arg(long)]
    pub mode: Option<Mode>,
    /// The contact person.
    #[command(flatten)]
    pub contact: ContactArgs,
    /// Another API address; empty: WeChat's own again
    #[arg(long, value_name = "URL")]
    pub api_base: Option<String>,
}

/// An account by one of its names.
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// Slug, AppID or name of the account
    pub which: String,
}

/// `puzi accounts rotate`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["key", "token", "drop_previous_key"]))]
pub struct RotateArgs {
    /// Slug, AppID or name of the account
    pub which: String,
    /// New EncodingAESKey, made or the one given; the one before is still accepted
    #[arg(long, value_name = "KEY", num_args = 0..=1, require_equals = true, value_parser = secret)]
    pub key: Option<Option<Secret<String>>>,
    /// New token, made or the one given; messages are refused until WeChat has it, too
    #[arg(long, value_name = "TOKEN", num_args = 0..=1, require_equals = true, value_parser = secret)]
    pub token: Option<Option<Secret<String>>>,
    /// Accept the EncodingAESKey before the last rotation no longer
    #[arg(long)]
    pub drop_previous_key: bool,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `puzi accounts show-url`.
#[derive(Debug, Args)]
pub struct ShowUrlArgs {
    /// Slug, AppID or name of the account; not needed when there is only one
    pub which: Option<String>,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

fn secret(text: &str) -> Result<Secret<String>, Infallible> {
    Ok(Secret::new(text.to_owned()))
}

/// Does what was asked about accounts.
///
/// # Errors
/// When a value is refused, the account is unknown or the database does not answer.
pub async fn run(command: AccountsCommand, settings: &Settings) -> Result<(), Failure> {
    let mut place = settings.open().await?;
    place.accounts = place.accounts.by(operator());
    let locale = settings.locale();
    match command {
        AccountsCommand::Add(args) => add(*args, &place, settings).await,
        AccountsCommand::List(args) => {
            let accounts = place.accounts.list().await?;
            if accounts.is_empty() && !args.json {
                output::line(say(locale, "accounts.none", &[]));
            } else {
                let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
                let worst = health::worst(place.db.read(), &ids).await?;
                output::list(&resource(locale, &Clock::of(settings)?, &worst), &accounts, locale, args.json);
            }
            Ok(())
        }
        AccountsCommand::Edit(args) => edit(*args, &place, locale).await,
        AccountsCommand::Pause(args) => set_status(&args.which, Status::Paused, &place, locale).await,
        AccountsCommand::Resume(args) => set_status(&args.which, Status::Active, &place, locale).await,
        AccountsCommand::Rotate(args) => rotate(args, &place, settings).await,
        AccountsCommand::ShowUrl(args) => {
            let account = pick(&place, args.which.as_deref(), locale).await?;
            paste::print(&account, settings, args.json)
        }
        AccountsCommand::Show(args) => desk::show(&args, &place, settings).await,
        AccountsCommand::Check(args) => desk::check(&args, &place, settings).await,
        AccountsCommand::Quota(args) => desk::quota(args, &place, settings).await,
        AccountsCommand::Settings(args) => desk::change(&args, &place, settings).await,
        AccountsCommand::Agents(args) => desk::agents(&args, &place, settings).await,
    }
}

/// The account `which`, or the only one there is.
///
/// # Errors
/// When there is no such account, or none is named and there are several; says which there are.
pub(super) async fn pick(place: &Workplace, which: Option<&str>, locale: Locale) -> Result<Account, Failure> {
    if let Some(which) = which {
        return place.accounts.get(which).await.map_err(|error| unknown(error, which, locale));
    }
    let mut accounts = place.accounts.list().await?;
    match accounts.len() {
        1 => Ok(accounts.remove(0)),
        0 => Err(Failure::Refused(vec![say(locale, "accounts.none", &[])])),
        _ => {
            let slugs = accounts.iter().map(|account| account.slug.as_str()).collect::<Vec<_>>().join(", ");
            Err(Failure::Refused(vec![say(locale, "accounts.which", &[("slugs", slugs)])]))
        }
    }
}

fn unknown(error: Error, which: &str, locale: Locale) -> Failure {
    match error {
        Error::NotFound => Failure::Refused(vec![say(locale, "accounts.unknown", &[("which", which.to_owned())])]),
        other => other.into(),
    }
}

async fn add(args: AddArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::new);
    let secret = match args.secret.read(locale)? {
        Some(secret) => Some(secret),
        None => variable("PUZI_ACCOUNT_SECRET"),
    };
    let new = NewAccount {
        slug: args.slug,
        name: args.name,
        appid: args.appid,
        secret: secret.ok_or_else(|| Failure::Plain(say(locale, "accounts.no_secret", &[])))?,
        contact_name: args.contact.contact_name.unwrap_or_default(),
        contact_phone: args.contact.contact_phone.unwrap_or_default(),
        contact_email: args.contact.contact_email.unwrap_or_default(),
        mode: args.mode,
        token: args.token.or_else(|| variable("PUZI_ACCOUNT_TOKEN")),
        aes_key: args.encoding_aes_key.or_else(|| variable("PUZI_ACCOUNT_ENCODING_AES_KEY")),
        api_base: args.api_base,
    };
    let account = place.accounts.add(new).await?;
    if !args.json {
        output::line(say(locale, "accounts.added", &[("slug", account.slug.clone())]));
    }
    paste::print(&account, settings, args.json)
}

impl SecretArgs {
    /// The secret from the flag, the file or standard input; `None` when neither is given.
    fn read(&self, locale: Locale) -> Result<Option<Secret<String>>, Failure> {
        let Some(path) = &self.secret_file else { return Ok(self.secret.clone()) };
        let mut text = String::new();
        let read = if path.as_os_str() == "-" {
            std::io::stdin().read_to_string(&mut text).map(|_| ())
        } else {
            std::fs::read_to_string(path).map(|read| text = read)
        };
        let place = || ("path", path.display().to_string());
        read.map_err(|error| Failure::Plain(say(locale, "output.unreadable", &[place(), ("why", error.to_string())])))?;
        Ok(Some(Secret::new(text.trim().to_owned())))
    }
}

async fn edit(args: EditArgs, place: &Workplace, locale: Locale) -> Result<(), Failure> {
    let edit = AccountEdit {
        slug: args.slug,
        name: args.name,
        secret: args.secret.read(locale)?,
        contact_name: args.contact.contact_name,
        contact_phone: args.contact.contact_phone,
        contact_email: args.contact.contact_email,
        mode: args.mode,
        api_base: args.api_base,
        version: None,
    };
    let texts = [&edit.slug, &edit.name, &edit.contact_name, &edit.contact_phone, &edit.contact_email, &edit.api_base];
    if texts.iter().all(|text| text.is_none()) && edit.mode.is_none() && edit.secret.is_none() {
        return Err(Failure::Plain(say(locale, "accounts.nothing_to_change", &[])));
    }
    let account = place.accounts.edit(&args.which, edit).await.map_err(|error| unknown(error, &args.which, locale))?;
    output::line(say(locale, "accounts.changed", &[("slug", account.slug)]));
    Ok(())
}

async fn set_status(which: &str, status: Status, place: &Workplace, locale: Locale) -> Result<(), Failure> {
    let account = place.accounts.set_status(which, status).await.map_err(|error| unknown(error, which, locale))?;
    let key = match status {
        Status::Active => "accounts.resumed",
        Status::Paused => "accounts.paused",
    };
    output::line(say(locale, key, &[("slug", account.slug)]));
    Ok(())
}

async fn rotate(args: RotateArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let (rotated, key) = match (args.key, args.token) {
        (Some(key), _) => {
            let key = key.map(|text| EncodingAesKey::parse(text.expose())).transpose();
            let key = key.map_err(|_| Error::field("encoding_aes_key", "account.bad_aes_key"))?;
            (place.accounts.rotate_key(&args.which, key).await, "accounts.rotated_key")
        }
        (None, Some(token)) => (place.accounts.rotate_token(&args.which, token).await, "accounts.rotated_token"),
        (None, None) => (place.accounts.drop_previous_key(&args.which).await, "accounts.dropped_key"),
    };
    let account = rotated.map_err(|error| unknown(error, &args.which, locale))?;
    if !args.json {
        output::line(say(locale, key, &[("slug", account.slug.clone())]));
        if args.drop_previous_key {
            return Ok(());
        }
    }
    paste::print(&account, settings, args.json)
}

/// Accounts as a list shows them: secrets are no columns.
fn resource(locale: Locale, clock: &Clock, worst: &HashMap<i64, State>) -> Listing<Account> {
    let (iso, show, made) = (clock.clone(), clock.clone(), clock.clone());
    let (word, worst) = (worst.clone(), worst.clone());
    let health = move |account: &Account| word.get(&account.id).map(|state| state.as_str());
    Listing::new("accounts")
        .column(Column::new("slug", "accounts.slug", |account: &Account| account.slug.as_str().into()))
        .column(Column::new("name", "accounts.name", |account: &Account| account.name.as_str().into()))
        .column(Column::new("appid", "accounts.appid", |account: &Account| account.appid.as_str().into()))
        .column(
            Column::new("mode", "accounts.mode", |account: &Account| account.mode.as_str().into())
                .shown(move |account| mode(account.mode, locale)),
        )
        .column(
            Column::new("status", "accounts.status", |account: &Account| account.status.as_str().into())
                .shown(move |account| status(account.status, locale)),
        )
        .column(
            Column::new("verified_at", "accounts.verified", move |account: &Account| {
                account.verified_at.map(|at| iso.iso(at)).into()
            })
            .shown(move |account| match account.verified_at {
                Some(at) => show.show(at),
                None => say(locale, "accounts.not_verified", &[]),
            }),
        )
        .column(Column::new("health", "accounts.health", move |account: &Account| health(account).into()).shown(
            move |account| match worst.get(&account.id) {
                Some(state) => say(locale, &format!("account_health.states.{}", state.as_str()), &[]),
                None => "–".into(),
            },
        ))
        .column(Column::new("contact_name", "accounts.contact", |account: &Account| {
            account.contact_name.as_str().into()
        }))
        .column(Column::new("contact_phone", "accounts.phone", |account: &Account| {
            account.contact_phone.as_str().into()
        }))
        .column(Column::new("contact_email", "accounts.email", |account: &Account| {
            account.contact_email.as_str().into()
        }))
        .column(
            Column::new("api_base", "accounts.api_base", |account: &Account| account.api_base.clone().into())
                .only_json(),
        )
        .column(
            Column::new("created_at", "accounts.created", move |account: &Account| made.iso(account.created_at).into())
                .only_json(),
        )
}

fn mode(mode: Mode, locale: Locale) -> String {
    say(locale, &format!("accounts.mode_{mode}"), &[])
}

fn status(status: Status, locale: Locale) -> String {
    say(locale, &format!("accounts.status_{}", status.as_str()), &[])
}
