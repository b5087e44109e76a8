//! The admin's list of a million rows: makes the database, serves it as `puzi serve` does, and asks either admin for pages.
// A command line's output is its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod ask;
mod fill;
mod product;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use puzi::{
    commands::serve::{Listeners, Server},
    settings::Settings,
};
use puzi_web::Face;
use tokio_util::sync::CancellationToken;

// As in the real program: the peak of memory is one of the results.
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
        /// Rows of the table
        #[arg(long, default_value_t = 1_000_000)]
        rows: u64,
    },
    /// Serve until the end
    Serve {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Ask for pages, one after the other, and print their times as JSON
    Ask(ask::Ask),
    /// Take the whole list out, and print bytes, seconds and the server's peak of memory as JSON
    Export(ask::Export),
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
        Command::Fill { place, rows } => println!("{}", fill::fill(&place.settings(), rows).await?),
        Command::Serve { place, listen } => serve(Settings { listen, ..place.settings() }).await?,
        Command::Ask(ask) => println!("{}", ask.run().await?),
        Command::Export(export) => println!("{}", export.run().await?),
    }
    Ok(())
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let listeners = Listeners::take(&settings).await.map_err(plain)?;
    let declared = |_: &puzi_shop::staff::Staff| vec![Face::of(product::resource())];
    let server = Server::prepare(&settings, listeners, CancellationToken::new(), declared).await.map_err(plain)?;
    server.serve().await.map_err(plain)
}

/// The program's own failures are for its own terminal.
fn plain(failure: impl std::fmt::Debug) -> Failure {
    format!("{failure:?}").into()
}
