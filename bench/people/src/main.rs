//! A million followers and ten million messages: makes the database, and searches what was said in it.
// A command line's output is its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod fill;
mod lists;
mod messages;
mod people;
mod said;
mod sync;
mod words;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use puzi::settings::Settings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

#[derive(Parser)]
#[command(about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the database, unless it is there, and print a session of its owner as JSON
    Fill {
        #[command(flatten)]
        place: Place,
        #[arg(long, default_value_t = 1_000_000)]
        followers: i64,
        #[arg(long, default_value_t = 10_000_000)]
        messages: i64,
    },
    /// Read the followers of a simulated account by the real server, killed now and then
    Sync(sync::Asked),
    /// Print which pages of the lists are asked for, as JSON
    Paths,
    /// Search what was said, one question after the other, and print the times as JSON, a line a case
    Said {
        #[command(flatten)]
        place: Place,
        /// Questions for each number
        #[arg(long, default_value_t = 200)]
        requests: usize,
    },
}

/// Where the data lies.
#[derive(Args)]
struct Place {
    #[arg(long)]
    data: PathBuf,
    /// `postgres://…`; else the SQLite file in the data folder
    #[arg(long, default_value = "")]
    database: String,
}

impl Place {
    fn settings(&self) -> Settings {
        Settings {
            data: self.data.clone(),
            database_url: self.database.clone(),
            language: "en".into(),
            log: "warn".into(),
            ..Settings::default()
        }
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(Cli::parse().command)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Fill { place, followers, messages } => {
            println!("{}", fill::fill(&place.settings(), followers, messages).await?);
        }
        Command::Sync(asked) => sync::run(&asked).await?,
        Command::Paths => println!("{}", lists::paths()),
        Command::Said { place, requests } => said::ask(&place.settings(), requests).await?,
    }
    Ok(())
}

/// The program's own failures are for its own terminal.
fn plain(failure: impl std::fmt::Debug) -> Failure {
    format!("{failure:?}").into()
}
