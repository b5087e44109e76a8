//! The load generator of the callback benchmark: WeChat's pushes over keep-alive connections, every message
//! with its own id and sender, every answer checked.
// A command line's output is its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bare;
mod check;
mod connection;
mod error;
mod messages;
mod process;
mod round;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use error::Result;

#[derive(Parser)]
#[command(about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a handler that reads the request and answers `success`: what the stack itself costs
    Bare {
        /// Address to listen on
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Print what a process and its descendants use now, as one line of JSON
    Usage {
        #[arg(long)]
        pid: u32,
    },
    /// Warm a server up, load it for some seconds, and print what was measured as one line of JSON
    Run(Round),
}

/// One measurement of one server.
#[derive(Args)]
struct Round {
    /// Address of the server; loopback only
    #[arg(long)]
    target: SocketAddr,
    /// Path of the callback
    #[arg(long, default_value = "/wechat")]
    path: String,
    #[arg(long)]
    appid: String,
    #[arg(long)]
    token: String,
    #[arg(long)]
    encoding_aes_key: String,
    /// Send encrypted pushes
    #[arg(long)]
    encrypted: bool,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Length of the measurement
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Length of the warm-up before it
    #[arg(long, default_value_t = 2.0)]
    warm_up: f64,
    /// Send so many messages a second; left out: as many as are answered
    #[arg(long)]
    pace: Option<u32>,
    /// What a right answer is: `echo`, `success`, or `text:…` for always the same text
    #[arg(long, default_value = "echo")]
    expect: check::Expected,
    /// The server's process; CPU and memory are those of it and its descendants
    #[arg(long)]
    pid: u32,
}

impl Round {
    fn seconds(seconds: f64) -> Result<Duration> {
        // A benchmark must end by itself.
        Duration::try_from_secs_f64(seconds.clamp(0.0, 120.0)).map_err(|error| error::Error::Usage(error.to_string()))
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Bare { listen } => bare::serve(listen),
        Command::Usage { pid } => process::print(pid),
        Command::Run(round) => round::run(&round),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
