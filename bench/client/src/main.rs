//! What `cargo xtask bench client` runs: the sandbox as a process of its own, the same calls by the SDK and by hand, and all
//! followers with their details.
// A command line's output is its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bare;
mod followers;
mod memory;
mod overhead;

use std::{error::Error, net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use puzi_sandbox::{App, Config, Sandbox};
use puzi_wechat::{Secret, client::Client};
use serde_json::{Value, json};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays WeChat until it is ended
    Sandbox {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long, default_value_t = 1)]
        followers: usize,
        #[command(flatten)]
        account: Account,
    },
    /// Measures the same calls by the SDK and by hand, in turns
    Overhead {
        #[command(flatten)]
        at: At,
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// Length of each measurement
        #[arg(long, default_value_t = 2.0)]
        seconds: f64,
    },
    /// Makes a phone that follows and writes
    Phone {
        #[command(flatten)]
        at: At,
    },
    /// Lists followers and fetches their details
    Followers {
        #[command(flatten)]
        at: At,
        /// Followers at most
        #[arg(long, default_value_t = usize::MAX)]
        limit: usize,
        /// Batches of 100 that are asked for at the same time
        #[arg(long, default_value_t = 1)]
        parallel: usize,
    },
}

/// The account, as both sides know it.
#[derive(Args)]
struct Account {
    #[arg(long)]
    appid: String,
    #[arg(long)]
    secret: String,
}

/// Where the sandbox is, and where the result goes.
#[derive(Args)]
struct At {
    #[arg(long)]
    base_url: String,
    #[command(flatten)]
    account: Account,
    /// File for the result
    #[arg(long)]
    out: PathBuf,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

impl At {
    fn client(&self) -> Outcome<Client> {
        let secret = Secret::new(self.account.secret.clone());
        Ok(Client::builder(self.account.appid.clone(), secret).base_url(self.base_url.clone()).build()?)
    }

    fn write(&self, result: &Value) -> Outcome<()> {
        Ok(std::fs::write(&self.out, format!("{result:#}\n"))?)
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    match Cli::parse().command {
        Command::Sandbox { listen, followers, account } => sandbox(listen, followers, account).await,
        Command::Overhead { at, rounds, seconds } => at.write(&overhead::measure(&at, rounds, seconds).await?),
        Command::Phone { at } => at.write(&phone(&at).await?),
        Command::Followers { at, limit, parallel } => at.write(&followers::fetch(&at, limit, parallel).await?),
    }
}

/// Somebody to whom customer-service messages may be sent, by the sandbox's control API.
async fn phone(at: &At) -> Outcome<Value> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let post = async |path: &str, body: Value| -> Outcome<Value> {
        let url = format!("{}/sandbox/api/phones{path}", at.base_url);
        Ok(http.post(url).json(&body).send().await?.error_for_status()?.json().await?)
    };
    let phone = post("", json!({ "appid": at.account.appid })).await?;
    let act = format!("/{}/{}/act", at.account.appid, phone["openid"].as_str().unwrap_or_default());
    for action in [json!({ "action": "follow" }), json!({ "action": "text", "content": "你好" })] {
        post(&act, action).await?;
    }
    Ok(phone)
}

async fn sandbox(listen: SocketAddr, followers: usize, account: Account) -> Outcome<()> {
    let app = App { appid: account.appid, secret: account.secret, followers, ..App::demo() };
    // Limits are the platform's otherwise, and a benchmark calls more often.
    let paths = ["/cgi-bin/user/get", "/cgi-bin/user/info", "/cgi-bin/user/info/batchget"];
    let quotas = paths.map(|path| (path.to_owned(), u32::MAX)).into();
    let config = Config { listen, apps: vec![app], quotas, calls_a_minute: u32::MAX, ..Config::default() };
    let _sandbox = Sandbox::start(config).await?;
    // It is ended by a signal; nothing of it is kept.
    std::future::pending::<()>().await;
    Ok(())
}
