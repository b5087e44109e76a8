//! What an account's desk tells on the command line: health, quotas, settings, agents.

use std::{collections::BTreeMap, sync::Arc};

use clap::Args;
use puzi_resource::{Column, Listing, on_one_line};
use puzi_shop::{
    accounts::{
        Account, LiveAccount, Reach,
        health::{self, Check, Checked, HealthParts, State},
        quota::{self, ClearingState, Quota},
        settings,
    },
    agents::{Agents, entity::Model},
    settings::{Initial, Kind},
    texts::Locale,
};
use serde_json::{Map, Value, json};

use super::{pick, unknown};
use crate::{
    commands::{
        common::{Show, Sure},
        staff::operator,
    },
    error::Failure,
    exit,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi accounts show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Slug, AppID or name of the account; not needed when there is only one
    pub which: Option<String>,
    /// How the answer is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi accounts quota`.
#[derive(Debug, Args)]
pub struct QuotaArgs {
    /// Slug, AppID or name of the account
    pub which: String,
    /// Paths of calls, such as /cgi-bin/user/get; those that matter if left out
    pub paths: Vec<String>,
    /// Set today's count back: of this path, or of all; WeChat allows it a few times a month
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, conflicts_with = "paths")]
    pub clear: Option<Option<String>>,
    /// Whether somebody is sure.
    #[command(flatten)]
    pub sure: Sure,
    /// How the answer is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi accounts settings`.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Slug, AppID or name of the account
    pub which: String,
    /// Settings to change, such as calls.days=60; an empty value is what it was to begin with
    #[arg(value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
    /// How the answer is shown.
    #[command(flatten)]
    pub show: Show,
}

async fn live(place: &Workplace, settings: &Settings, which: Option<&str>) -> Result<Arc<LiveAccount>, Failure> {
    let locale = settings.locale();
    let account = pick(place, which, locale).await?;
    let found = settings.registry(place).await?.by_id(account.id);
    found.ok_or_else(|| unknown(puzi_shop::Error::NotFound, &account.slug, locale))
}

/// What an account and its checks are; nothing is asked of WeChat.
pub(super) async fn show(args: &ShowArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (locale, clock) = (settings.locale(), Clock::of(settings)?);
    let account = pick(place, args.which.as_deref(), locale).await?;
    let known = health::known(&place.db, &Reach::All, account.id).await?;
    if args.show.json {
        let mut told = super::resource(locale, &clock, &health::worst(place.db.read(), &[account.id]).await?)
            .row_to_json(&account);
        told["checks"] = known.iter().map(|checked| as_json(checked, &clock, locale)).collect();
        output::json(&told);
        return Ok(());
    }
    output::line(format!("{}  {}  {}", on_one_line(&account.name), account.slug, account.appid));
    if known.is_empty() {
        output::line(say(locale, "account_health.never", &[]));
    }
    print(&known, &clock, locale);
    Ok(())
}

/// Asks all six checks now.
pub(super) async fn check(args: &ShowArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let (locale, clock) = (settings.locale(), Clock::of(settings)?);
    let registry = settings.registry(place).await?;
    let accounts: Vec<Account> = match &args.which {
        Some(which) => vec![pick(place, Some(which), locale).await?],
        None => place.accounts.list().await?,
    };
    if accounts.is_empty() {
        return Err(Failure::Refused(vec![say(locale, "accounts.none", &[])]));
    }
    let parts = HealthParts { db: place.db.clone(), registry, public_url: settings.public_url.clone() };
    let (mut all, mut bad) = (Vec::new(), false);
    for account in &accounts {
        let Some(live) = parts.registry.by_id(account.id) else { continue };
        let checked = health::check(&parts, &live, &Check::ALL).await?;
        bad |= checked.iter().any(|checked| checked.state == State::Bad);
        if args.show.json {
            let checks: Vec<_> = checked.iter().map(|checked| as_json(checked, &clock, locale)).collect();
            all.push(json!({ "slug": account.slug, "name": account.name, "checks": checks }));
        } else {
            output::line(format!("{}  {}", on_one_line(&account.name), account.slug));
            print(&checked, &clock, locale);
        }
    }
    if args.show.json {
        output::json(&json!({ "accounts": all }));
    }
    if bad { Err(Failure::Ended(exit::CONFIGURATION, Vec::new())) } else { Ok(()) }
}

fn print(checks: &[Checked], clock: &Clock, locale: Locale) {
    let kind = |checked: &Checked| say(locale, &format!("account_health.kinds.{}", checked.check.as_str()), &[]);
    let widest = checks.iter().map(|checked| puzi_resource::width(&kind(checked))).max().unwrap_or(0);
    for checked in checks {
        let sign = match checked.state {
            State::Good => "✓",
            State::Warning => "!",
            State::Bad => "✗",
            State::Unknown => "?",
        };
        let kind = kind(checked);
        let space = " ".repeat(widest - puzi_resource::width(&kind) + 2);
        let mut sentence = say(locale, &checked.text, &checked.args(|at| clock.show(at)));
        if checked.in_vain {
            let vain = say(locale, "account_health.in_vain", &[("at", clock.show(checked.at))]);
            sentence = format!("{sentence} ({vain})");
        }
        output::line(format!("{sign} {kind}{space}{}", on_one_line(&sentence)));
        if let Some(words) = checked.detail.as_str().filter(|words| !words.is_empty()) {
            output::line(format!("  {}  {}", " ".repeat(widest), on_one_line(words)));
        }
    }
}

fn as_json(checked: &Checked, clock: &Clock, locale: Locale) -> Value {
    json!({
        "check": checked.check.as_str(),
        "state": checked.state.as_str(),
        "text": say(locale, &checked.text, &checked.args(|at| clock.iso(at))),
        "detail": checked.detail,
        "at": clock.iso(checked.at),
        "ms": checked.us / 1_000,
        "in_vain": checked.in_vain,
    })
}

/// What WeChat says of quotas; or sets them back.
pub(super) async fn quota(args: QuotaArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let live = live(place, settings, Some(&args.which)).await?;
    if let Some(path) = args.clear {
        return clear(&live, path, args.sure, args.show, place, settings).await;
    }
    let paths = (!args.paths.is_empty()).then_some(args.paths.as_slice());
    let mut quotas = quota::refresh(&place.db, &live, paths).await?;
    if let Some(paths) = paths {
        quotas.retain(|quota| paths.contains(&quota.path));
    }
    output::list(&quotas_of(&Clock::of(settings)?, locale), &quotas, locale, args.show.json);
    let failed = quotas.iter().filter(|quota| quota.trouble.is_some()).count();
    // Of a few that were asked for by name, one that was not told is a part of the answer missing.
    match failed {
        0 => Ok(()),
        _ if failed == quotas.len() => {
            Err(Failure::Ended(exit::of_call(puzi_wechat::client::ErrorKind::Transport), Vec::new()))
        }
        _ => Err(Failure::Ended(exit::PARTLY, Vec::new())),
    }
}

async fn clear(
    live: &LiveAccount,
    path: Option<String>,
    sure: Sure,
    show: Show,
    place: &Workplace,
    settings: &Settings,
) -> Result<(), Failure> {
    let (locale, clock) = (settings.locale(), Clock::of(settings)?);
    let before = quota::clearings(&place.db, &Reach::All, live.account.id).await?;
    let done = before.iter().filter(|clearing| clearing.state == ClearingState::Done).count();
    let count = ("count", done.to_string());
    let question = if path.is_some() { "account_quota.clear_question" } else { "account_quota.clear_all_question" };
    let what = ("what", path.clone().unwrap_or_default());
    sure.ask(&say(locale, question, &[what, count.clone()]), locale)?;
    let form = format!("cli-{:032x}", rand::random::<u128>());
    let cleared = quota::clear(&place.db, &operator(), live, path.as_deref(), &form).await?;
    if show.json {
        output::json(&json!({
            "id": cleared.id,
            "path": cleared.path,
            "at": clock.iso(cleared.at),
            "by": cleared.by_name,
            "state": cleared.state.as_str(),
            "errcode": cleared.errcode,
        }));
    }
    let told = |key: &str| if show.json { Vec::new() } else { vec![say(locale, key, &[])] };
    match cleared.state {
        ClearingState::Done => {
            output::lines(told("account_quota.cleared"));
            Ok(())
        }
        ClearingState::Refused => {
            let errcode = cleared.errcode.map_or_else(|| "?".to_owned(), |errcode| errcode.to_string());
            let line = say(locale, "account_quota.cleared_refused", &[("errcode", errcode), count]);
            Err(Failure::Ended(5, if show.json { Vec::new() } else { vec![line] }))
        }
        ClearingState::Sending | ClearingState::Unknown => {
            Err(Failure::Ended(exit::UNKNOWN, told("account_quota.cleared_unknown")))
        }
    }
}

fn quotas_of(clock: &Clock, locale: Locale) -> Listing<Quota> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("quotas")
        .column(Column::new("path", "account_quota.path", |quota: &Quota| quota.path.as_str().into()))
        .column(Column::new("used", "account_quota.used", |quota: &Quota| quota.used.into()).shown(move |quota| {
            let limit = match quota.daily_limit {
                limit if limit <= 0 => say(locale, "account_quota.unlimited", &[]),
                limit => limit.to_string(),
            };
            match &quota.trouble {
                Some(why) if quota.asked_at == 0 => say(locale, "account_quota.trouble", &[("why", why.clone())]),
                _ => say(locale, "account_quota.of", &[("used", quota.used.to_string()), ("limit", limit)]),
            }
        }))
        .column(Column::new("daily_limit", "account_quota.path", |quota: &Quota| quota.daily_limit.into()).only_json())
        .column(Column::new("remain", "account_quota.path", |quota: &Quota| quota.remain.into()).only_json())
        .column(Column::new("minute_limit", "account_quota.minute", |quota: &Quota| quota.minute_limit.into()))
        .column(Column::new("counted", "account_quota.ours", |quota: &Quota| quota.ours.into()))
        .column(
            Column::new("asked_at", "account_quota.asked", move |quota: &Quota| {
                (quota.asked_at > 0).then(|| iso.iso(quota.asked_at)).into()
            })
            .shown(move |quota| if quota.asked_at > 0 { show.show(quota.asked_at) } else { String::new() }),
        )
        .column(Column::new("trouble", "account_quota.path", |quota: &Quota| quota.trouble.clone().into()).only_json())
}

/// Shows the settings of an account, or changes some.
pub(super) async fn change(args: &SettingsArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let live = live(place, settings, Some(&args.which)).await?;
    let mut held = live.settings.clone();
    if !args.changes.is_empty() {
        let changes: Result<BTreeMap<_, _>, _> = args.changes.iter().map(|change| read(change, locale)).collect();
        settings::save(&place.db, &operator(), live.account.id, None, &changes?).await?;
        held = settings::load(place.db.read(), live.account.id).await?;
    }
    let rows: Vec<_> = held.all().collect();
    if args.show.json {
        let values: Map<_, _> = rows.into_iter().map(|(setting, value)| (setting.key.to_owned(), value)).collect();
        output::json(&Value::Object(values));
        return Ok(());
    }
    let widest = rows.iter().map(|(setting, _)| setting.key.len()).max().unwrap_or(0);
    for (setting, value) in rows {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        output::line(format!("{:widest$}  {value:<8}  {}", setting.key, say(locale, setting.label, &[])));
    }
    Ok(())
}

/// `calls.days=60`, by the setting's kind; what it cannot hold is refused when it is saved.
fn read(change: &str, locale: Locale) -> Result<(String, Value), Failure> {
    let refused = || Failure::Refused(vec![say(locale, "accounts.bad_setting", &[("what", change.to_owned())])]);
    let (key, value) = change.split_once('=').ok_or_else(refused)?;
    let value = match settings::find(key.trim()) {
        Some(setting) if value.is_empty() && !matches!(setting.initial, Initial::Text("")) => setting.initial_value(),
        Some(setting) => match setting.kind {
            Kind::Number { .. } => value.trim().parse::<i64>().map(Value::from).map_err(|_| refused())?,
            Kind::Switch => match value.trim() {
                "true" | "on" | "yes" => true.into(),
                "false" | "off" | "no" => false.into(),
                _ => return Err(refused()),
            },
            _ => value.into(),
        },
        None => value.into(),
    };
    Ok((key.trim().to_owned(), value))
}

/// The customer-service accounts, as WeChat tells of them now.
pub(super) async fn agents(args: &ShowArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = pick(place, args.which.as_deref(), locale).await?;
    let agents = Agents::new(&place.db, &settings.registry(place).await?);
    agents.mirror(&Reach::All, account.id).await?;
    let list = agents.list(&Reach::All, account.id).await?;
    if list.is_empty() && !args.show.json {
        output::line(say(locale, "accounts.no_agents", &[]));
        return Ok(());
    }
    let yes_or_no = move |yes: bool| say(locale, if yes { "output.yes" } else { "output.no" }, &[]);
    let table = Listing::new("agents")
        .column(Column::new("kf_account", "accounts.agent", |agent: &Model| agent.kf_account.as_str().into()))
        .column(Column::new("nickname", "accounts.name", |agent: &Model| agent.nickname.as_str().into()))
        .column(
            Column::new("online", "accounts.online", |agent: &Model| agent.online.into())
                .shown(move |agent| yes_or_no(agent.online)),
        )
        .column(Column::new("sessions", "accounts.sessions", |agent: &Model| agent.sessions.into()))
        .column(Column::new("wx", "accounts.wx", |agent: &Model| agent.wx.as_str().into()))
        .column(Column::new("invite_wx", "accounts.invited", |agent: &Model| agent.invite_wx.as_str().into()))
        .column(Column::new("qr_url", "accounts.url", |agent: &Model| agent.qr_url.clone().into()).only_json());
    output::list(&table, &list, locale, args.show.json);
    Ok(())
}
