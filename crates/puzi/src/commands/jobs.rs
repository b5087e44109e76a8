//! `puzi jobs`: what should have happened after a message and failed for good.

use clap::{ArgGroup, Args, Subcommand};
use puzi_resource::{Column, Listing};
use puzi_shop::{
    Error,
    jobs::{self, DeadJob},
};
use serde_json::Value;

use crate::{
    error::Failure,
    output::{self, Clock},
    settings::Settings,
    texts::say,
};

/// How many dead jobs `retry --all` takes.
const ALL: u32 = 100_000;

/// `puzi jobs …`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List the jobs that failed for good
    #[command(after_help = "Examples:\n  puzi jobs list\n  puzi jobs list --lines 100 --json")]
    List(ListArgs),
    /// Put failed jobs back into the queue; the server takes them up at once
    #[command(after_help = "Examples:\n  puzi jobs retry 17 18\n  puzi jobs retry --all")]
    Retry(RetryArgs),
}

/// `puzi jobs list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// How many of the latest
    #[arg(long, short = 'n', default_value_t = 20, value_name = "NUMBER")]
    pub lines: u32,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// `puzi jobs retry`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["jobs", "all"]))]
pub struct RetryArgs {
    /// Numbers of the jobs
    #[arg(value_name = "NUMBER")]
    pub jobs: Vec<i64>,
    /// All of them
    #[arg(long)]
    pub all: bool,
}

/// Does what was asked about jobs.
///
/// # Errors
/// When a job is unknown or the database does not answer.
pub async fn run(command: JobsCommand, settings: &Settings) -> Result<(), Failure> {
    let place = settings.open().await?;
    let locale = settings.locale();
    match command {
        JobsCommand::List(args) => {
            let dead = jobs::dead(&place.db, args.lines).await?;
            if dead.is_empty() && !args.json {
                output::line(say(locale, "jobs.none", &[]));
            } else {
                output::list(&resource(&Clock::of(settings)?), &dead, locale, args.json);
            }
        }
        JobsCommand::Retry(args) => {
            let ids = match args.all {
                true => jobs::dead(&place.db, ALL).await?.iter().map(|job| job.id).collect(),
                false => args.jobs,
            };
            let by = super::staff::operator();
            for id in &ids {
                jobs::retry(&place.db, &by, *id).await.map_err(|error| match error {
                    Error::NotFound => Failure::Plain(say(locale, "jobs.unknown", &[("id", id.to_string())])),
                    other => other.into(),
                })?;
            }
            output::line(say(locale, "jobs.queued", &[("count", ids.len().to_string())]));
        }
    }
    Ok(())
}

fn resource(clock: &Clock) -> Listing<DeadJob> {
    let (iso, show) = (clock.clone(), clock.clone());
    Listing::new("jobs")
        .column(Column::new("id", "jobs.id", |job: &DeadJob| job.id.into()))
        .column(Column::new("kind", "jobs.kind", |job: &DeadJob| job.kind.as_str().into()))
        .column(
            Column::new("created_at", "jobs.created", move |job: &DeadJob| iso.iso(job.created_at).into())
                .shown(move |job| show.show(job.created_at)),
        )
        .column(Column::new("attempts", "jobs.attempts", |job: &DeadJob| job.attempts.into()))
        .column(Column::new("last_error", "jobs.error", |job: &DeadJob| job.last_error.clone().into()).at_most(64))
        .column(Column::new("payload", "jobs.payload", |job: &DeadJob| payload(&job.payload)).only_json())
}

fn payload(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}
