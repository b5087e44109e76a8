//! `puzi webhooks`: endpoints that are told what happens, and what became of it.

use clap::{Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    accounts::Reach,
    db::now_ms,
    texts::Locale,
    webhooks::{
        Attempted, EVENTS, NewWebhook, WebhookEdit, Webhooks,
        entity::{delivery, webhook},
    },
};
use serde_json::{Value, json};

use super::{
    common::{OfAccount, Show, Sure, When},
    staff::operator,
};
use crate::{
    error::Failure,
    exit,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi webhooks …`.
#[derive(Debug, Subcommand)]
pub enum WebhooksCommand {
    /// List the endpoints
    #[command(after_help = "Examples:\n  puzi webhooks list\n  puzi webhooks list --account tea --json")]
    List(ListArgs),
    /// Show one endpoint
    #[command(after_help = "Example:\n  puzi webhooks show 3")]
    Show(OneArgs),
    /// Add an endpoint; its signing key is printed this once
    #[command(
        after_help = "Example:\n  puzi webhooks add ERP https://erp.example.com/wechat --event message.received --event follower.followed"
    )]
    Add(AddArgs),
    /// Change an endpoint's name, address or events
    #[command(
        after_help = "Examples:\n  puzi webhooks edit 3 --url https://erp.example.com/v2\n  puzi webhooks edit 3 --event message.received --event follower.followed"
    )]
    Edit(EditArgs),
    /// Delete an endpoint; what waits for it is cancelled
    #[command(after_help = "Example:\n  puzi webhooks delete 3 --yes")]
    Delete(DeleteArgs),
    /// Take a deletion back; what was cancelled stays so
    #[command(after_help = "Example:\n  puzi webhooks restore 3")]
    Restore(OneArgs),
    /// Send an endpoint nothing; what happens meanwhile is kept
    #[command(after_help = "Example:\n  puzi webhooks pause 3")]
    Pause(OneArgs),
    /// Send an endpoint what waited, and what is new
    #[command(after_help = "Example:\n  puzi webhooks resume 3")]
    Resume(OneArgs),
    /// Make a new signing key; the old one signs for 24 hours more
    #[command(after_help = "Example:\n  puzi webhooks rotate 3 --yes")]
    Rotate(RotateArgs),
    /// Send an endpoint a ping at once
    #[command(after_help = "Example:\n  puzi webhooks test 3\n\nExit codes: 0 it was taken; 12 it was not.")]
    Test(OneArgs),
    /// List deliveries, the newest last
    #[command(
        after_help = "Examples:\n  puzi webhooks deliveries --failed --since 1h\n  puzi webhooks deliveries --to 3 --json"
    )]
    Deliveries(DeliveriesArgs),
    /// Send deliveries again
    #[command(after_help = "Example:\n  puzi webhooks replay 1204 1205 --yes")]
    Replay(ReplayArgs),
}

/// `puzi webhooks list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// One endpoint.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Number of the endpoint
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi webhooks add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Name that people see
    pub name: String,
    /// Address that is sent to
    pub url: String,
    /// An event that it wants; may be given several times [default: all]
    #[arg(long = "event", value_name = "EVENT")]
    pub events: Vec<String>,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi webhooks edit`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["name", "url", "events"]))]
pub struct EditArgs {
    /// Number of the endpoint
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Name that people see
    #[arg(long)]
    pub name: Option<String>,
    /// Address that is sent to
    #[arg(long)]
    pub url: Option<String>,
    /// An event that it wants, instead of those before; may be given several times
    #[arg(long = "event", value_name = "EVENT")]
    pub events: Vec<String>,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi webhooks delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Number of the endpoint
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi webhooks rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Number of the endpoint
    #[arg(value_name = "NUMBER")]
    pub id: i64,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi webhooks deliveries`.
#[derive(Debug, Args)]
pub struct DeliveriesArgs {
    /// Only what failed for good
    #[arg(long)]
    pub failed: bool,
    /// Only to this endpoint
    #[arg(long, value_name = "NUMBER")]
    pub to: Option<i64>,
    /// Not before: 15m, 1h, 7d, 2026-11-22 or 2026-11-22T20:00
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,
    /// How many lines
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// Which account.
    #[command(flatten)]
    pub of: OfAccount,
    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// `puzi webhooks replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Numbers of the deliveries
    #[arg(value_name = "NUMBER", required = true)]
    pub ids: Vec<i64>,
    /// Whether to ask.
    #[command(flatten)]
    pub sure: Sure,
}

/// Does what was asked about webhooks.
///
/// # Errors
/// When an endpoint or a delivery is unknown, its fields are wrong, or the database does not answer.
pub async fn run(command: WebhooksCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let webhooks = Webhooks::new(place.db.clone(), place.vault.clone(), settings.guard()?);
    let desk = Desk { place: &place, webhooks, locale: settings.locale(), clock: Clock::of(settings)? };
    match command {
        WebhooksCommand::List(args) => desk.list(&args).await,
        WebhooksCommand::Show(args) => desk.show(&args).await,
        WebhooksCommand::Add(args) => desk.add(args).await,
        WebhooksCommand::Edit(args) => desk.edit(args).await,
        WebhooksCommand::Delete(args) => desk.delete(&args).await,
        WebhooksCommand::Restore(args) => desk.restore(&args).await,
        WebhooksCommand::Pause(args) => desk.steer(&args, true).await,
        WebhooksCommand::Resume(args) => desk.steer(&args, false).await,
        WebhooksCommand::Rotate(args) => desk.rotate(&args).await,
        WebhooksCommand::Test(args) => desk.test(&args).await,
        WebhooksCommand::Deliveries(args) => desk.deliveries(&args).await,
        WebhooksCommand::Replay(args) => desk.replay(&args).await,
    }
}

/// Where the commands work.
struct Desk<'a> {
    place: &'a Workplace,
    webhooks: Webhooks,
    locale: Locale,
    clock: Clock,
}

impl Desk<'_> {
    fn t(&self, key: &str, args: &[(&'static str, String)]) -> String {
        say(self.locale, key, args)
    }

    /// What is wrong with an endpoint's number.
    fn unknown(&self, id: i64) -> impl Fn(Error) -> Failure + use<'_> {
        let text = self.t("webhooks.unknown", &[("id", id.to_string())]);
        move |error| match error {
            Error::NotFound => Failure::Refused(vec![text.clone()]),
            other => other.into(),
        }
    }

    async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let account = args.of.named(self.place, self.locale).await?;
        let mut all = self.webhooks.list(&Reach::All).await?;
        all.retain(|webhook| account.as_ref().is_none_or(|account| account.id == webhook.account_id));
        if all.is_empty() && !args.show.json {
            output::line(self.t("webhooks.none", &[]));
        } else {
            output::list(&endpoints(&self.clock), &all, self.locale, args.show.json);
        }
        Ok(())
    }

    async fn show(&self, args: &OneArgs) -> Result<(), Failure> {
        let webhook = self.webhooks.get(&Reach::All, args.id).await.map_err(self.unknown(args.id))?;
        self.tell(&webhook, args.show.json);
        Ok(())
    }

    fn tell(&self, webhook: &webhook::Model, as_json: bool) {
        let listing = endpoints(&self.clock);
        if as_json {
            output::json(&listing.row_to_json(webhook));
        } else {
            output::list(&listing, std::slice::from_ref(webhook), self.locale, false);
        }
    }

    async fn add(&self, args: AddArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let events = match args.events.is_empty() {
            true => EVENTS.iter().map(|name| (*name).to_owned()).collect(),
            false => args.events,
        };
        let new = NewWebhook { account_id: account.id, name: args.name, url: args.url, events };
        let (webhook, key) = self.webhooks.create(&operator(), &Reach::All, new).await?;
        self.tell_key(&webhook, key.expose(), args.show.json);
        Ok(())
    }

    fn tell_key(&self, webhook: &webhook::Model, key: &str, as_json: bool) {
        if as_json {
            let mut row = endpoints(&self.clock).row_to_json(webhook);
            row["key"] = key.into();
            output::json(&row);
        } else {
            let args = [("id", webhook.id.to_string()), ("name", webhook.name.clone()), ("key", key.to_owned())];
            output::line(self.t("webhooks.key", &args));
            output::note(&self.t("webhooks.key_once", &[]));
        }
    }

    async fn edit(&self, args: EditArgs) -> Result<(), Failure> {
        let unknown = self.unknown(args.id);
        let before = self.webhooks.get(&Reach::All, args.id).await.map_err(&unknown)?;
        let events = Some(args.events).filter(|events| !events.is_empty());
        let edit = WebhookEdit { name: args.name, url: args.url, events };
        let edited = self.webhooks.edit(&operator(), &Reach::All, args.id, Some(before.version), edit).await;
        self.tell(&edited.map_err(unknown)?, args.show.json);
        Ok(())
    }

    async fn delete(&self, args: &DeleteArgs) -> Result<(), Failure> {
        let webhook = self.webhooks.get(&Reach::All, args.id).await.map_err(self.unknown(args.id))?;
        let words = [("id", args.id.to_string()), ("name", webhook.name.clone())];
        args.sure.ask(&self.t("webhooks.delete_ask", &words), self.locale)?;
        self.webhooks.delete(&operator(), &Reach::All, args.id).await.map_err(self.unknown(args.id))?;
        if args.show.json {
            output::json(&json!({ "deleted": args.id }));
        } else {
            output::line(self.t("webhooks.deleted", &words));
        }
        Ok(())
    }

    async fn restore(&self, args: &OneArgs) -> Result<(), Failure> {
        let restored = self.webhooks.restore(&operator(), &Reach::All, args.id).await;
        self.tell(&restored.map_err(self.unknown(args.id))?, args.show.json);
        Ok(())
    }

    async fn steer(&self, args: &OneArgs, pause: bool) -> Result<(), Failure> {
        let (by, id) = (operator(), args.id);
        let steered = match pause {
            true => self.webhooks.pause(&by, &Reach::All, id).await,
            false => self.webhooks.resume(&by, &Reach::All, id).await,
        };
        let webhook = steered.map_err(self.unknown(id))?;
        self.tell(&webhook, args.show.json);
        Ok(())
    }

    async fn rotate(&self, args: &RotateArgs) -> Result<(), Failure> {
        let webhook = self.webhooks.get(&Reach::All, args.id).await.map_err(self.unknown(args.id))?;
        args.sure.ask(&self.t("webhooks.rotate_ask", &[("name", webhook.name.clone())]), self.locale)?;
        let rotated = self.webhooks.rotate(&operator(), &Reach::All, args.id, Some(webhook.version)).await;
        let key = rotated.map_err(self.unknown(args.id))?;
        let webhook = self.webhooks.get(&Reach::All, args.id).await?;
        self.tell_key(&webhook, key.expose(), args.show.json);
        Ok(())
    }

    async fn test(&self, args: &OneArgs) -> Result<(), Failure> {
        let attempted = self.webhooks.test(&operator(), &Reach::All, args.id).await.map_err(self.unknown(args.id))?;
        if args.show.json {
            output::json(&json!({
                "ok": attempted.is_good(), "status": attempted.status, "error": attempted.error,
                "us": attempted.us, "answer": attempted.answer,
            }));
        }
        let line = self.said(&attempted);
        match (attempted.is_good(), args.show.json) {
            (true, true) => Ok(()),
            (true, false) => {
                output::line(line);
                Ok(())
            }
            (false, true) => Err(Failure::Ended(exit::PARTLY, Vec::new())),
            (false, false) => Err(Failure::Ended(exit::PARTLY, vec![line])),
        }
    }

    fn said(&self, attempted: &Attempted) -> String {
        let ms = (attempted.us / 1_000).to_string();
        match &attempted.error {
            None => {
                let status = attempted.status.unwrap_or_default().to_string();
                self.t("webhooks.taken", &[("status", status), ("ms", ms)])
            }
            Some(error) => {
                let what = match attempted.status {
                    Some(status) if error == "status" => format!("HTTP {status}"),
                    Some(status) => format!("HTTP {status}, {error}"),
                    None => error.clone(),
                };
                self.t("webhooks.not_taken", &[("what", what), ("ms", ms)])
            }
        }
    }

    async fn deliveries(&self, args: &DeliveriesArgs) -> Result<(), Failure> {
        let account = args.of.named(self.place, self.locale).await?.map(|account| account.id);
        let since = args.since.map(|when| when.begin(&self.clock, now_ms()));
        let mut found = self.webhooks.deliveries(account, args.to, args.failed, since, u64::from(args.lines)).await?;
        if found.is_empty() && !args.show.json {
            output::line(self.t("webhooks.no_deliveries", &[]));
            return Ok(());
        }
        if !args.show.json {
            found.reverse();
        }
        output::list(&deliveries(&self.clock), &found, self.locale, args.show.json);
        Ok(())
    }

    async fn replay(&self, args: &ReplayArgs) -> Result<(), Failure> {
        let question = self.t("webhooks.replay_ask", &[("n", args.ids.len().to_string())]);
        args.sure.ask(&question, self.locale)?;
        let form = format!("cli-{:032x}", rand::random::<u128>());
        let replayed = self.webhooks.replay(&operator(), &Reach::All, &args.ids, &form).await;
        let replayed = replayed.map_err(|error| match error {
            Error::NotFound => Failure::Refused(vec![self.t("webhooks.unknown_delivery", &[])]),
            other => other.into(),
        })?;
        output::line(self.t("webhooks.replayed", &[("n", replayed.to_string())]));
        Ok(())
    }
}

fn endpoints(clock: &Clock) -> Listing<webhook::Model> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("webhooks")
        .column(Column::new("id", "webhooks.id", |one: &webhook::Model| one.id.into()))
        .column(Column::new("name", "webhooks.name", |one: &webhook::Model| one.name.as_str().into()).at_most(30))
        .column(Column::new("state", "webhooks.state", |one: &webhook::Model| one.state.as_str().into()))
        .column(
            Column::new("last_success_at", "webhooks.last_success", move |one: &webhook::Model| {
                one.last_success_at.map_or(Value::Null, |at| iso.iso(at).into())
            })
            .shown(move |one| one.last_success_at.map(|at| show.show(at)).unwrap_or_default()),
        )
        .column(Column::new("failures", "webhooks.failures", |one: &webhook::Model| one.failures.into()))
        .column(Column::new("url", "webhooks.url", |one: &webhook::Model| one.url.as_str().into()).at_most(60))
        .column(Column::new("account_id", "webhooks.account", |one: &webhook::Model| one.account_id.into()).only_json())
        .column(Column::new("events", "webhooks.events", |one: &webhook::Model| one.wanted().into()).only_json())
        .column(Column::new("note", "webhooks.note", |one: &webhook::Model| one.note.clone().into()).only_json())
}

fn deliveries(clock: &Clock) -> Listing<delivery::Model> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("deliveries")
        .column(Column::new("id", "webhooks.id", |one: &delivery::Model| one.id.into()))
        .column(
            Column::new("created_at", "webhooks.created", move |one: &delivery::Model| iso.iso(one.created_at).into())
                .shown(move |one| show.show(one.created_at)),
        )
        .column(Column::new("event", "webhooks.event", |one: &delivery::Model| one.event.as_str().into()))
        .column(Column::new("webhook_id", "webhooks.to", |one: &delivery::Model| one.webhook_id.into()))
        .column(Column::new("state", "webhooks.state", |one: &delivery::Model| one.state.as_str().into()))
        .column(Column::new("attempts", "webhooks.attempts", |one: &delivery::Model| one.attempts.into()))
        .column(Column::new("last_status", "webhooks.status", |one: &delivery::Model| one.last_status.into()))
        .column(
            Column::new("last_error", "webhooks.error", |one: &delivery::Model| one.last_error.clone().into())
                .at_most(40),
        )
        .column(
            Column::new("event_id", "webhooks.event_id", |one: &delivery::Model| one.event_id.as_str().into())
                .only_json(),
        )
}
