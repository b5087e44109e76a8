//! `puzi staff`: who may come into the admin; for the day nobody gets in any more.

use std::io::IsTerminal;

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::{Accounts, Reach},
    audit::Actor,
    staff::{Member, MemberEdit, NewMember, NewToken, Staff, Status},
    texts::{self, Locale},
};
use puzi_wechat::Secret;

use crate::{
    error::Failure,
    output::{self, Clock},
    settings::Settings,
    texts::say,
};

/// `puzi staff …`.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// List the staff
    #[command(after_help = "Examples:\n  puzi staff list\n  puzi staff list --json")]
    List(ListArgs),
    /// Add a member; the password is asked for, or read from standard input
    #[command(after_help = "Examples:\n  puzi staff add boss@example.com --name \"Wang Fang\" --role owner\n  \
                      pass show shop/clerk | puzi staff add clerk --role clerk")]
    Add(AddArgs),
    /// Give a member a new password and end all sessions; it is asked for, or read from standard input
    #[command(after_help = "Examples:\n  puzi staff password boss@example.com\n  \
                      pass show shop/boss | puzi staff password boss@example.com")]
    Password(WhoArgs),
    /// Let a member in again after too many wrong attempts
    #[command(after_help = "Example:\n  puzi staff unlock boss@example.com")]
    Unlock(WhoArgs),
    /// Let a member in no more: sessions and tokens stop working
    #[command(after_help = "Example:\n  puzi staff disable clerk")]
    Disable(WhoArgs),
    /// Let a disabled member in again
    #[command(after_help = "Example:\n  puzi staff enable clerk")]
    Enable(WhoArgs),
    /// Limit a member to some accounts, or let them see all; what lies outside is not there for them
    #[command(
        after_help = "Examples:\n  puzi staff accounts clerk --only tea,coffee\n  puzi staff accounts clerk --all"
    )]
    Accounts(AccountsArgs),
    /// Make an access token for a member, for programs that use the JSON API; it is printed this once
    #[command(after_help = "Examples:\n  puzi staff token boss@example.com --name backup --scope '*.view'\n  \
                      puzi staff token clerk --name import --scope 'phrases.*' --scope inbox.view")]
    Token(TokenArgs),
    /// Turn a member's one-time codes off, when telephone and recovery codes are lost
    #[command(after_help = "Example:\n  puzi staff totp-off boss@example.com")]
    TotpOff(WhoArgs),
}

/// `puzi staff list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `puzi staff add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// User name or e-mail
    pub login: String,
    /// Name that others see [default: the user name]
    #[arg(long)]
    pub name: Option<String>,
    /// Role: owner, manager, clerk, customer_service, finance, read_only, or one of the shop's own
    #[arg(long)]
    pub role: String,
}

/// `puzi staff token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// User name or e-mail of the member
    pub login: String,
    /// What the token is for
    #[arg(long)]
    pub name: String,
    /// Permission that it has at most, such as inbox.view, inbox.* or *.view; never more than the member
    #[arg(long, required = true)]
    pub scope: Vec<String>,
}

/// `puzi staff accounts`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("reach").required(true).args(["only", "all"]))]
pub struct AccountsArgs {
    /// User name or e-mail of the member
    pub login: String,
    /// These accounts alone, by slug, AppID or name, with commas between them
    #[arg(long, value_delimiter = ',', value_name = "ACCOUNTS")]
    pub only: Vec<String>,
    /// All accounts, and those to come
    #[arg(long)]
    pub all: bool,
}

/// A member by login.
#[derive(Debug, Args)]
pub struct WhoArgs {
    /// User name or e-mail of the member
    pub login: String,
}

/// Does what was asked about the staff.
///
/// # Errors
/// When a value is refused, the member is unknown or the database does not answer.
pub async fn run(command: StaffCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let accounts = Accounts::new(place.db.clone(), place.vault.clone());
    let staff = Staff::new(place.db, place.vault);
    let (by, locale) = (operator(), settings.locale());
    let told = |key: &str, member: &Member| output::line(say(locale, key, &[("login", member.login.clone())]));
    match command {
        StaffCommand::List(args) => return list(&staff, &accounts, settings, args.json).await,
        StaffCommand::Add(args) => {
            let password = password(locale)?;
            let name = args.name.unwrap_or_else(|| args.login.clone());
            let new = NewMember { login: args.login, name, role: args.role, locale: None, password };
            told("staff.added", &staff.create(&by, new).await?);
        }
        StaffCommand::Password(who) => {
            let member = find(&staff, &who.login, locale).await?;
            staff.set_password(&by, member.id, password(locale)?).await?;
            told("staff.password_set", &member);
        }
        StaffCommand::Unlock(who) => {
            let member = find(&staff, &who.login, locale).await?;
            told("staff.unlocked", &staff.unlock(&by, member.id).await?);
        }
        StaffCommand::Disable(who) => {
            let member = find(&staff, &who.login, locale).await?;
            told("staff.disabled", &staff.disable(&by, member.id).await?);
        }
        StaffCommand::Enable(who) => {
            let member = find(&staff, &who.login, locale).await?;
            told("staff.enabled", &staff.enable(&by, member.id).await?);
        }
        StaffCommand::Accounts(args) => {
            let member = find(&staff, &args.login, locale).await?;
            let (reach, names) = reach(&accounts, &args, locale).await?;
            let edit = MemberEdit { reach: Some(reach), ..MemberEdit::default() };
            let member = staff.edit(&by, member.id, None, edit).await?;
            match names {
                None => told("staff.sees_all", &member),
                Some(accounts) => {
                    let args = [("login", member.login.clone()), ("accounts", accounts)];
                    output::line(say(locale, "staff.sees_only", &args));
                }
            }
        }
        StaffCommand::Token(args) => {
            let member = find(&staff, &args.login, locale).await?;
            let new = NewToken { name: args.name, scopes: args.scope, expires_at: None };
            let (_, token) = staff.create_token_for(&by, member.id, new).await?;
            output::line(token.expose());
        }
        StaffCommand::TotpOff(who) => {
            let member = find(&staff, &who.login, locale).await?;
            told("staff.totp_off", &staff.totp_off(&by, member.id).await?);
        }
    }
    Ok(())
}

/// Who sits at the terminal, as the machine knows them, for the audit log.
pub(super) fn operator() -> Actor {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    Actor::cli(["SUDO_USER", "USER", "USERNAME"].into_iter().find_map(variable).unwrap_or_else(|| "cli".into()))
}

async fn find(staff: &Staff, login: &str, locale: Locale) -> Result<Member, Failure> {
    staff.by_login(login).await.map_err(|error| match error {
        Error::NotFound => Failure::Plain(say(locale, "staff.unknown", &[("login", login.to_owned())])),
        other => other.into(),
    })
}

/// The accounts that were named, and what they are called; no names for all.
async fn reach(accounts: &Accounts, args: &AccountsArgs, locale: Locale) -> Result<(Reach, Option<String>), Failure> {
    if args.all {
        return Ok((Reach::All, None));
    }
    let (mut ids, mut names) = (Vec::new(), Vec::new());
    for which in args.only.iter().map(|which| which.trim()).filter(|which| !which.is_empty()) {
        let account = accounts.get(which).await.map_err(|error| match error {
            Error::NotFound => Failure::Plain(say(locale, "staff.no_account", &[("account", which.to_owned())])),
            other => other.into(),
        })?;
        ids.push(account.id);
        names.push(account.name);
    }
    Ok((Reach::of(ids), Some(names.join(", "))))
}

/// A password, typed twice and unseen at a terminal, else the first line of standard input. It is never an argument: those
/// stand in the shell's history and in every list of processes.
fn password(locale: Locale) -> Result<Secret<String>, Failure> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        return Ok(Secret::new(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let ask = |key: &str| rpassword::prompt_password(say(locale, key, &[])).map(Secret::new);
    let (first, again) = (ask("staff.ask_password")?, ask("staff.ask_again")?);
    match first.expose() == again.expose() {
        true => Ok(first),
        false => Err(Failure::Plain(say(locale, "staff.not_the_same", &[]))),
    }
}

/// A member with what the list says about him beside.
struct Shown {
    member: Member,
    role: String,
    /// The accounts they see, by slug.
    accounts: String,
    locked_until: Option<i64>,
}

async fn list(staff: &Staff, accounts: &Accounts, settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let locale = settings.locale();
    let accounts = accounts.list().await?;
    let roles = staff.roles().await?;
    let mut rows = Vec::new();
    for member in staff.list().await? {
        let own = roles.iter().find(|role| role.key == member.role && role.id.is_some());
        let role = own.map(|role| role.name.clone());
        let role = role.unwrap_or_else(|| texts::t(locale, &format!("staff.roles.{}", member.role), &[]));
        let seen = match member.reach.limited_to() {
            None => say(locale, "staff.all_accounts", &[]),
            Some(_) => {
                let seen = accounts.iter().filter(|account| member.reach.sees(account.id));
                seen.map(|account| account.slug.as_str()).collect::<Vec<_>>().join(", ")
            }
        };
        rows.push(Shown { role, accounts: seen, locked_until: staff.locked_until(&member).await?, member });
    }
    if rows.is_empty() && !as_json {
        output::line(say(locale, "staff.none", &[]));
    } else {
        output::list(&resource(locale, &Clock::of(settings)?), &rows, locale, as_json);
    }
    Ok(())
}

fn resource(locale: Locale, clock: &Clock) -> Listing<Shown> {
    let [seen, seen_json, locked, locked_json, made] = [(); 5].map(|()| clock.clone());
    Listing::new("staff")
        .column(Column::new("id", "staff.id", |row: &Shown| row.member.id.into()))
        .column(Column::new("login", "staff.login", |row: &Shown| row.member.login.as_str().into()))
        .column(Column::new("name", "staff.name", |row: &Shown| row.member.name.as_str().into()))
        .column(
            Column::new("role", "staff.role", |row: &Shown| row.member.role.as_str().into())
                .shown(|row| row.role.clone()),
        )
        .column(
            Column::new("accounts", "staff.accounts", |row: &Shown| match row.member.reach.limited_to() {
                None => "all".into(),
                Some(ids) => ids.to_vec().into(),
            })
            .shown(|row| row.accounts.clone()),
        )
        .column(Column::new("status", "staff.status", |row: &Shown| row.member.status.as_str().into()).shown(
            move |row| {
                let key = match row.member.status {
                    Status::Active => "staff.status_active",
                    Status::Disabled => "staff.status_disabled",
                };
                say(locale, key, &[])
            },
        ))
        .column(
            Column::new("totp", "staff.totp", |row: &Shown| row.member.totp.into())
                .shown(move |row| say(locale, if row.member.totp { "output.yes" } else { "output.no" }, &[])),
        )
        .column(
            Column::new("last_login_at", "staff.last_login", move |row: &Shown| {
                row.member.last_login_at.map(|at| seen_json.iso(at)).into()
            })
            .shown(move |row| row.member.last_login_at.map(|at| seen.show(at)).unwrap_or_default()),
        )
        .column(
            Column::new("locked_until", "staff.locked", move |row: &Shown| {
                row.locked_until.map(|at| locked_json.iso(at)).into()
            })
            .shown(move |row| row.locked_until.map(|at| locked.show(at)).unwrap_or_default()),
        )
        .column(
            Column::new("created_at", "staff.created", move |row: &Shown| made.iso(row.member.created_at).into())
                .only_json(),
        )
}
