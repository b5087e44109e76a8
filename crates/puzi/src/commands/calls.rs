//! `puzi calls`: the record of what was exchanged with WeChat, what happened to a rid, figures, replaying a push.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use puzi_resource::on_one_line;
use puzi_shop::{
    Error,
    accounts::{Reach, Registry},
    calls::{
        read::{self, Call, Detail, Filter},
        read_figures::{Figures, figures},
        replay::{Ask, Look, Now, Replay, Replayer, Source, State},
        rid::{self, RidAnswer},
    },
    db::now_ms,
    texts::Locale,
};
use serde_json::{Value, json};

use super::{
    accounts::pick,
    common::{OfAccount, Show, When},
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// How often `tail` looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long a replay waits for a server to send its answer.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY_MS: i64 = 24 * 3_600_000;

/// `puzi calls …`.
#[derive(Debug, Subcommand)]
pub enum CallsCommand {
    /// List the latest calls and pushes
    #[command(
        after_help = "Examples:\n  puzi calls list --failed --since 1h\n  puzi calls list --out --errcode 45009 --json"
    )]
    List(ListArgs),
    /// Show calls and pushes as they come, until Ctrl-C
    #[command(
        after_help = "Examples:\n  puzi calls tail\n  puzi calls tail --failed --account tea --json | jq .endpoint"
    )]
    Tail(TailArgs),
    /// Show one line with its masked contents and its other attempts
    #[command(after_help = "Example:\n  puzi calls show 1204")]
    Show(ShowArgs),
    /// Find what has this rid, and with --ask what WeChat says about it
    #[command(after_help = "Example:\n  puzi calls rid 65f1a2b3-0a1b2c3d-12345678 --ask")]
    Rid(RidArgs),
    /// How many, what fails, what is slow
    #[command(after_help = "Example:\n  puzi calls figures --since 24h")]
    Figures(FiguresArgs),
    /// Look at a push again; with --yes store it if it could not be read then, and with --answer send what the rules answer now
    #[command(after_help = "Examples:\n  puzi calls replay refused 12\n  puzi calls replay refused 12 --yes\n  \
                            puzi calls replay message 340 --answer --yes\n\n\
                            Exit codes: 0 done; 5 not in this state; 10 the answer was not sent in time, or nobody knows.")]
    Replay(ReplayArgs),
}

/// Which lines.
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// Only what went wrong
    #[arg(long)]
    pub failed: bool,
    /// Only of this endpoint, such as /cgi-bin/user/info or push:text
    #[arg(long, value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// Only with this errcode
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub errcode: Option<i64>,
    /// Only pushes from WeChat
    #[arg(long = "in", id = "pushes", conflicts_with = "calls")]
    pub pushes: bool,
    /// Only calls of WeChat's API
    #[arg(long = "out", id = "calls")]
    pub calls: bool,
    /// Only this account, by slug, AppID or name
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
}

impl WhichArgs {
    async fn filter(&self, place: &Workplace, locale: Locale) -> Result<Filter, Failure> {
        let account = match &self.account {
            Some(which) => Some(pick(place, Some(which), locale).await?.id),
            None => None,
        };
        let outgoing = match (self.pushes, self.calls) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        let (endpoint, errcode) = (self.endpoint.clone(), self.errcode);
        Ok(Filter { account, failed: self.failed, outgoing, endpoint, errcode, since: None })
    }
}

/// `puzi calls list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which lines.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// How many lines
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi calls tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// Which lines.
    #[command(flatten)]
    pub which: WhichArgs,
    /// How many of the latest come first
    #[arg(long, short = 'n', default_value_t = 10, value_name = "NUMBER")]
    pub lines: u32,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `puzi calls show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Number of the line
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi calls rid`.
#[derive(Debug, Args)]
pub struct RidArgs {
    /// The rid, out of the words of an error
    #[arg(value_name = "RID")]
    pub rid: String,
    /// Ask WeChat, too, as the account that made the call
    #[arg(long)]
    pub ask: bool,
    /// Whom to ask as.
    #[command(flatten)]
    pub account: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi calls figures`.
#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN", default_value = "24h")]
    pub since: String,
    /// Only this account, by slug, AppID or name
    #[arg(long, value_name = "WHICH")]
    pub account: Option<String>,
    /// Only pushes from WeChat
    #[arg(long = "in", id = "pushes", conflicts_with = "calls")]
    pub pushes: bool,
    /// Only calls of WeChat's API
    #[arg(long = "out", id = "calls")]
    pub calls: bool,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// What is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceWord {
    /// A push that was stored.
    Message,
    /// A push that could not be read.
    Refused,
}

/// `puzi calls replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// What it is
    #[arg(value_enum, value_name = "WHAT")]
    pub source: SourceWord,
    /// Its number: of the message, or in `puzi chats refused`
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Send what the rules answer now, once, as a customer-service message
    #[arg(long)]
    pub answer: bool,
    /// Tell the webhooks again
    #[arg(long)]
    pub webhooks: bool,
    /// Do it; without this it only looks
    #[arg(long)]
    pub yes: bool,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// Does what was asked about calls.
///
/// # Errors
/// When the account, the line or the push is unknown, WeChat does not tell, or the database does not answer.
pub async fn run(command: CallsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let desk = Desk { place: &place, settings, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        CallsCommand::List(args) => desk.list(&args).await,
        CallsCommand::Tail(args) => desk.tail(&args).await,
        CallsCommand::Show(args) => desk.show(&args).await,
        CallsCommand::Rid(args) => desk.rid(&args).await,
        CallsCommand::Figures(args) => desk.figures(&args).await,
        CallsCommand::Replay(args) => desk.replay(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    settings: &'a Settings,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str) -> String {
        say(self.locale, key, &[])
    }

    async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let mut filter = args.which.filter(self.place, self.locale).await?;
        filter.since = args.since.map(|when| when.begin(&self.clock, now_ms()));
        let calls = read::latest(&self.place.db, &Reach::All, &filter, args.lines as usize).await?;
        if args.show.json {
            output::json(&calls.iter().map(|call| self.as_json(call)).collect::<Vec<_>>());
        } else if calls.is_empty() {
            output::line(self.t("calls.none"));
        } else {
            output::lines(calls.iter().rev().map(|call| self.as_line(call)));
        }
        Ok(())
    }

    async fn tail(&self, args: &TailArgs) -> Result<(), Failure> {
        let filter = args.which.filter(self.place, self.locale).await?;
        let db = &self.place.db;
        let print = |call: &Call| {
            if args.json {
                output::json_line(&self.as_json(call));
            } else {
                output::line(self.as_line(call));
            }
        };
        // The number first: what is written between the two questions comes twice and is dropped.
        let mut seen = read::latest_id(db).await?;
        let mut known: std::collections::BTreeSet<i64> = std::collections::BTreeSet::new();
        if args.lines > 0 {
            for call in read::latest(db, &Reach::All, &filter, args.lines as usize).await?.iter().rev() {
                known.insert(call.id);
                print(call);
            }
        }
        // Those before it that nobody asked to see are no news when they are looked back for.
        let floor = seen - read::LOOKS_BACK;
        known.extend(read::after(db, &Reach::All, &filter, seen).await?.iter().filter(|c| c.id <= seen).map(|c| c.id));
        while !interrupted().await {
            for call in read::after(db, &Reach::All, &filter, seen).await? {
                if known.insert(call.id) {
                    print(&call);
                }
                seen = seen.max(call.id);
            }
            known = known.split_off(&(seen - 2 * read::LOOKS_BACK).max(floor));
        }
        Ok(())
    }

    async fn show(&self, args: &ShowArgs) -> Result<(), Failure> {
        let detail = match read::get(&self.place.db, &Reach::All, args.id).await {
            Ok(detail) => detail,
            Err(Error::NotFound) => {
                let line = say(self.locale, "calls.unknown", &[("id", args.id.to_string())]);
                return Err(Failure::Refused(vec![line]));
            }
            Err(error) => return Err(error.into()),
        };
        if args.show.json {
            output::json(&self.detail_json(&detail));
            return Ok(());
        }
        output::line(self.as_line(&detail.call));
        for (key, body) in [("calls.request", &detail.request), ("calls.response", &detail.response)] {
            if let Some(body) = body {
                output::line(format!("\n{}\n{}", self.t(key), pretty(body)));
            }
        }
        if detail.attempts.len() > 1 {
            output::line(format!("\n{}", self.t("calls.attempts")));
            output::lines(detail.attempts.iter().map(|call| self.as_line(call)));
        }
        if let Some(source) = detail.source() {
            let args = [("source", source.word().to_owned()), ("id", source.id().to_string())];
            output::line(format!("\n{}", say(self.locale, "calls.replay_with", &args)));
        }
        Ok(())
    }

    async fn rid(&self, args: &RidArgs) -> Result<(), Failure> {
        if !rid::is_rid(&args.rid) {
            return Err(Failure::Refused(vec![self.t("calls.bad_rid")]));
        }
        let found = rid::find(&self.place.db, &Reach::All, &args.rid).await?;
        let told = if args.ask { Some(self.ask(args, &found).await?) } else { None };
        if args.show.json {
            let calls: Vec<_> = found.iter().map(|call| self.as_json(call)).collect();
            output::json(
                &json!({ "rid": args.rid, "calls": calls, "wechat": told.as_ref().map(|t| self.told_json(t)) }),
            );
            return Ok(());
        }
        if found.is_empty() {
            output::line(self.t("calls.no_rid"));
        }
        output::lines(found.iter().map(|call| self.as_line(call)));
        if let Some(told) = &told {
            let args = [("at", self.clock.show(told.invoked_at)), ("ms", told.took_ms.to_string())];
            output::line(say(self.locale, "calls.wechat_says", &args));
            for body in [&told.request, &told.response].into_iter().flatten() {
                output::line(pretty(body));
            }
        }
        Ok(())
    }

    async fn ask(&self, args: &RidArgs, found: &[Call]) -> Result<RidAnswer, Failure> {
        let account = match (&args.account.account, found.first()) {
            (None, Some(call)) => call.account_id,
            _ => args.account.one(self.place, self.locale).await?.id,
        };
        let endpoint = found.iter().find(|call| call.account_id == account).map(|call| call.endpoint.as_str());
        let registry = self.registry().await?;
        let live = registry.by_id(account).ok_or(Error::NotFound)?;
        rid::ask(&live, &args.rid, endpoint).await.map_err(|error| match error {
            Error::WeChat(error) => Failure::Call(exit::of_call(error.kind), vec![error.to_string()]),
            other => other.into(),
        })
    }

    async fn figures(&self, args: &FiguresArgs) -> Result<(), Failure> {
        let since: When = args.since.parse().map_err(|why| Failure::Refused(vec![format!("--since {why}")]))?;
        let account = match &args.account {
            Some(which) => Some(pick(self.place, Some(which), self.locale).await?.id),
            None => None,
        };
        let outgoing = match (args.pushes, args.calls) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        };
        let now = now_ms();
        let from = since.begin(&self.clock, now).max(now - 400 * DAY_MS);
        let figures = figures(&self.place.db, &Reach::All, account, from, now, outgoing).await?;
        if args.show.json {
            output::json(&figures_json(&figures, &self.clock));
        } else {
            output::lines(self.figures_lines(&figures));
        }
        Ok(())
    }

    fn figures_lines(&self, figures: &Figures) -> Vec<String> {
        let args = [("n", figures.calls.to_string()), ("failed", figures.failed.to_string())];
        let mut lines = vec![say(self.locale, "calls.total", &args)];
        if figures.left_out > 0 {
            lines.push(say(self.locale, "calls.left_out", &[("n", figures.left_out.to_string())]));
        }
        if !figures.failing.is_empty() {
            lines.push(format!("\n{}", self.t("calls.failing")));
        }
        for row in figures.failing.iter().take(20) {
            let codes: Vec<_> = row.errcodes.iter().take(5).map(|(code, n)| format!("{code} × {n}")).collect();
            lines.push(format!("{:>8} / {:<8} {}  {}", row.failed, row.calls, row.endpoint, codes.join(", ")));
        }
        if !figures.slowest.is_empty() {
            lines.push(format!("\n{}", self.t("calls.slowest")));
        }
        for row in figures.slowest.iter().take(20) {
            let [p50, p95, max] = [row.p50, row.p95, row.max].map(ms);
            lines.push(format!("{p50:>8} {p95:>8} {max:>8} ms  {}", row.endpoint));
        }
        lines
    }

    async fn replay(&self, args: &ReplayArgs) -> Result<(), Failure> {
        let source = match args.source {
            SourceWord::Message => Source::Message(args.id),
            SourceWord::Refused => Source::Refused(args.id),
        };
        let replayer = Replayer::new(&self.place.db, &self.registry().await?);
        let look = match replayer.look(&Reach::All, source).await {
            Ok(look) => look,
            Err(Error::NotFound) => {
                let line = say(self.locale, "calls.no_push", &[("id", args.id.to_string())]);
                return Err(Failure::Refused(vec![line]));
            }
            Err(error) => return Err(error.into()),
        };
        if !args.yes {
            if args.show.json {
                output::json(&self.look_json(&look));
            } else {
                output::lines(self.look_lines(&look));
                output::note(&self.t("calls.only_looked"));
            }
            return Ok(());
        }
        let ask = Ask { answer: args.answer, webhooks: args.webhooks };
        let form = format!("cli-{:032x}", rand::random::<u128>());
        let by = super::staff::operator();
        let replay = match replayer.run(&by, &Reach::All, source, ask, &form).await {
            Ok(replay) => replay,
            Err(Error::Invalid(problems)) => {
                let lines = problems.iter().map(|problem| problem.message(self.locale)).collect();
                return Err(Failure::Call(exit::of_call(puzi_wechat::client::ErrorKind::BusinessState), lines));
            }
            Err(error) => return Err(error.into()),
        };
        let replay = self.wait_for(&replayer, replay).await?;
        let word =
            if replay.answer_wanted && replay.state() == State::Stored { "waiting" } else { replay.state().as_str() };
        if args.show.json {
            output::json(&self.replay_json(&replay));
        } else {
            let why = replay.error.clone().unwrap_or_default();
            output::line(say(
                self.locale,
                &format!("calls.state_{word}"),
                &[("id", replay.id.to_string()), ("why", why)],
            ));
        }
        match replay.state() {
            State::Stored if !replay.answer_wanted => Ok(()),
            State::Sent => Ok(()),
            State::NotSent => {
                Err(Failure::Ended(exit::of_call(puzi_wechat::client::ErrorKind::BusinessState), Vec::new()))
            }
            State::Stored | State::Sending | State::Unknown => Err(Failure::Ended(exit::UNKNOWN, Vec::new())),
        }
    }

    /// A running server sends the answer; this waits a while for it.
    async fn wait_for(&self, replayer: &Replayer, mut replay: Replay) -> Result<Replay, Failure> {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !replay.is_over() && tokio::time::Instant::now() < end {
            if interrupted().await {
                break;
            }
            replay = replayer.get(&Reach::All, replay.id).await?;
        }
        Ok(replay)
    }

    async fn registry(&self) -> Result<Registry, Failure> {
        let (db, vault) = (self.place.db.clone(), self.place.vault.clone());
        Ok(Registry::load(db, vault, &self.settings.timezone, self.settings.replay_window()).await?)
    }

    fn as_line(&self, call: &Call) -> String {
        let sign = if call.outgoing { "↑" } else { "↓" };
        let state = match (&call.trouble, call.errcode) {
            (None, _) => String::new(),
            (Some(trouble), Some(code)) => format!("  {} {code}", self.t(&format!("calls.trouble_{trouble}"))),
            (Some(trouble), None) => format!("  {}", self.t(&format!("calls.trouble_{trouble}"))),
        };
        let words = call.errmsg.as_ref().map(|words| format!("  {words}")).unwrap_or_default();
        let line = format!(
            "{:<6}  {}  {sign} {}  {} ms{state}{words}",
            call.id,
            self.clock.show(call.at),
            call.endpoint,
            ms(call.us)
        );
        on_one_line(&line)
    }

    fn as_json(&self, call: &Call) -> Value {
        json!({
            "id": call.id,
            "account_id": call.account_id,
            "at": self.clock.iso(call.at),
            "outgoing": call.outgoing,
            "endpoint": call.endpoint,
            "us": call.us,
            "sent": call.sent,
            "received": call.received,
            "trouble": call.trouble,
            "errcode": call.errcode,
            "errmsg": call.errmsg,
            "status": call.status,
            "rid": call.rid,
            "attempt": call.attempt,
            "node": call.node,
            "origin": call.origin,
        })
    }

    fn detail_json(&self, detail: &Detail) -> Value {
        let body = |text: &Option<String>| {
            let text = text.as_deref()?;
            Some(serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into()))
        };
        let mut value = self.as_json(&detail.call);
        value["request"] = body(&detail.request).into();
        value["response"] = body(&detail.response).into();
        value["attempts"] = detail.attempts.iter().map(|call| self.as_json(call)).collect();
        value["message_id"] = detail.message.as_ref().map(|message| message.id).into();
        value["refused_id"] = detail.refused.into();
        value["replays"] = detail.replays.iter().map(|replay| self.replay_json(replay)).collect();
        value
    }

    fn told_json(&self, told: &RidAnswer) -> Value {
        let body = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        json!({
            "invoked_at": self.clock.iso(told.invoked_at),
            "took_ms": told.took_ms,
            "request": body(&told.request),
            "response": body(&told.response),
        })
    }

    fn look_lines(&self, look: &Look) -> Vec<String> {
        let with = |key: &str, what: &str| say(self.locale, key, &[("what", what.to_owned())]);
        let mut lines = vec![say(
            self.locale,
            "calls.came",
            &[("at", self.clock.show(look.came_at)), ("kind", look.kind.clone()), ("words", look.summary.clone())],
        )];
        if let Some(why) = &look.refused_for {
            lines.push(with("calls.refused_for", why));
        }
        if let Some(why) = &look.unreadable {
            lines.push(with("calls.still_unreadable", why));
            return lines;
        }
        lines.push(match look.message_id {
            Some(id) => with("calls.is_message", &id.to_string()),
            None => self.t("calls.would_be_stored"),
        });
        let rule = look.rule.as_ref().map(|(_, name)| name.as_str()).unwrap_or_default();
        lines.push(match (&look.now, look.answer_line()) {
            (Now::Nothing, _) => self.t("calls.now_nothing"),
            (Now::Later, _) => with("calls.now_later", rule),
            (Now::Transfer, _) => with("calls.now_transfer", rule),
            (Now::Answer(_), answer) => {
                let args = [("what", rule.to_owned()), ("answer", answer.unwrap_or_default())];
                say(self.locale, "calls.now_answer", &args)
            }
        });
        if let Some(key) = look.no_answer {
            lines.push(with("calls.no_answer", &puzi_shop::texts::t(self.locale, key, &[])));
        }
        lines
    }

    fn look_json(&self, look: &Look) -> Value {
        json!({
            "source": look.source.word(),
            "id": look.source.id(),
            "account_id": look.account_id,
            "came_at": self.clock.iso(look.came_at),
            "refused_for": look.refused_for,
            "unreadable": look.unreadable,
            "openid": look.openid,
            "kind": look.kind,
            "text": look.summary,
            "message_id": look.message_id,
            "rule_id": look.rule.as_ref().map(|(id, _)| *id),
            "answer": look.answer_line(),
            "can_answer": look.no_answer.is_none(),
            "can_tell_webhooks": look.can_tell_webhooks,
            "replays": look.before.iter().map(|replay| self.replay_json(replay)).collect::<Vec<_>>(),
        })
    }

    fn replay_json(&self, replay: &Replay) -> Value {
        json!({
            "id": replay.id,
            "account_id": replay.account_id,
            "source": replay.source().word(),
            "source_id": replay.source().id(),
            "message_id": replay.message_id,
            "state": replay.state().as_str(),
            "answer_wanted": replay.answer_wanted,
            "webhooks_wanted": replay.webhooks_wanted,
            "answer": replay.answer_line(),
            "error": replay.error,
            "by": replay.by_name,
            "created_at": self.clock.iso(replay.created_at),
            "done_at": replay.done_at.map(|at| self.clock.iso(at)),
        })
    }
}

fn figures_json(figures: &Figures, clock: &Clock) -> Value {
    json!({
        "calls": figures.calls,
        "failed": figures.failed,
        "left_out": figures.left_out,
        "step_ms": figures.step,
        "series": figures.series.iter().map(|point| {
            json!({ "at": clock.iso(point.at), "calls": point.calls, "failed": point.failed })
        }).collect::<Vec<_>>(),
        "failing": figures.failing.iter().map(|row| json!({
            "endpoint": row.endpoint, "calls": row.calls, "failed": row.failed,
            "errcodes": row.errcodes.iter().map(|(code, n)| json!({ "errcode": code, "calls": n })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "slowest": figures.slowest.iter().map(|row| json!({
            "endpoint": row.endpoint, "calls": row.calls, "p50_us": row.p50, "p95_us": row.p95, "max_us": row.max,
        })).collect::<Vec<_>>(),
    })
}

/// Microseconds as milliseconds.
fn ms(us: i64) -> String {
    if us < 10_000 { format!("{}.{}", us / 1_000, us % 1_000 / 100) } else { ((us + 500) / 1_000).to_string() }
}

fn pretty(body: &str) -> String {
    serde_json::from_str::<Value>(body)
        .ok()
        .and_then(|json| serde_json::to_string_pretty(&json).ok())
        .unwrap_or_else(|| body.to_owned())
}

/// Waits for the next look; true when Ctrl-C comes first.
async fn interrupted() -> bool {
    tokio::time::timeout(LOOK, tokio::signal::ctrl_c()).await.is_ok()
}
