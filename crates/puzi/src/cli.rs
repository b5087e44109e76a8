//! The command line: what may be said, with examples. What is done about it lies in `commands/`.
#![allow(rustdoc::bare_urls, reason = "doc comments are the help of the command line")]

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    accounts::AccountsCommand, broadcast::BroadcastCommand, call::CallArgs, calls::CallsCommand,
    channels::ChannelsCommand, chats::ChatsCommand, drafts::DraftsCommand, generate::GenerateCommand,
    jobs::JobsCommand, materials::MaterialsCommand, menu::MenuCommand, notices::NoticesCommand, rules::RulesCommand,
    sandbox::SandboxArgs, staff::StaffCommand, users::UsersCommand, webhooks::WebhooksCommand,
};

/// A WeChat shop in one binary.
#[derive(Debug, Parser)]
#[command(
    name = "puzi",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Settings for this call, stronger than environment and file.
    #[command(flatten)]
    pub settings: SettingFlags,
}

/// Flags that every command takes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingFlags {
    /// Settings file [default: puzi.toml, when it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the database, the key, the journal, uploads and media
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Database instead of the SQLite file in the data folder: postgres://…
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Language of messages: zh-CN or en
    #[arg(long, global = true, value_name = "TAG")]
    pub language: Option<String>,
    /// What to log, such as "info" or "info,puzi_web=debug"
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the callback, the admin and the API: what runs in production
    #[command(
        after_help = "Examples:\n  puzi serve\n  puzi serve --listen 0.0.0.0:8080 --public-url https://shop.example.com"
    )]
    Serve(ServeArgs),
    /// Try everything on this machine: a simulated WeChat with a phone, and demo data
    #[command(after_help = "Examples:\n  puzi demo\n  puzi demo --phone-port 9000 --fresh")]
    Demo(DemoArgs),
    /// Simulate WeChat alone, for a client or server in any language
    #[command(
        after_help = "Example:\n  puzi sandbox --appid wx0000000000000001 --secret 0123456789abcdef --token mytoken \\\n    --callback-url http://127.0.0.1:8080/wechat/shop --followers 3"
    )]
    Sandbox(SandboxArgs),
    /// Bring the database's schema up to date
    #[command(after_help = "Example:\n  puzi migrate --database-url postgres://puzi@localhost/puzi")]
    Migrate(MigrateArgs),
    /// Official Accounts: add, list, edit, pause, rotate keys
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Reply rules: list, test, import, export
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Conversations: watch them
    #[command(subcommand)]
    Chats(ChatsCommand),
    /// QR channels: list, show, make, posters
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// Broadcasts: write, preview, submit, approve, results
    #[command(subcommand)]
    Broadcast(Box<BroadcastCommand>),
    /// The staff: who may come into the admin
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Jobs that failed for good: list them, send them again
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Make any call of WeChat's API, JSON in and out
    #[command(after_help = "Examples:\n  puzi call GET cgi-bin/user/get --query next_openid=oABC\n  \
                      puzi call POST cgi-bin/menu/create @menu.json --account tea\n  \
                      puzi call POST cgi-bin/media/upload --query type=image --form media=@picture.jpg\n  \
                      puzi call GET cgi-bin/media/get --query media_id=ID --output picture.jpg\n  \
                      puzi call POST cgi-bin/freepublish/get '{\"publish_id\":\"1\"}' --repeat-until 'publish_status!=1' --for 5m\n  \
                      PUZI_CALL_SECRET=… puzi call GET cgi-bin/tags/get --appid wx0123456789abcdef --base-url http://127.0.0.1:8900\n\n\
                      {appid} and {secret} as a whole value stand for the account's own. Known paths of calls that take no account's token get none.\n\n\
                      Exit codes: 0 done; 1 Puzi itself failed; 2 the command line is at fault, nothing was sent; by what WeChat answered:\n\
                      3 the call is wrong, 4 configuration, 5 not in this state, 6 ask the user again, 7 try later, 8 access token refused,\n\
                      9 network; 10 --repeat-until did not come true in time.")]
    Call(Box<CallArgs>),
    /// Followers: list, show, tag, sync, growth, export
    #[command(subcommand)]
    Users(Box<UsersCommand>),
    /// The record of calls and pushes: list, follow, figures, rid, replay
    #[command(subcommand)]
    Calls(CallsCommand),
    /// Menus: show, compare, save, publish, restore
    #[command(subcommand)]
    Menu(MenuCommand),
    /// The library of materials: list, upload, read WeChat's own list
    #[command(subcommand)]
    Materials(Box<MaterialsCommand>),
    /// Drafts of articles: list, show, write, save at WeChat, publish
    #[command(subcommand)]
    Drafts(DraftsCommand),
    /// Webhooks out: endpoints, deliveries, sending again
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Template messages and subscription notifications: list, test, templates
    #[command(subcommand)]
    Notices(NoticesCommand),
    /// Generate code from one command line: a resource with its table, page, API, texts and test
    #[command(subcommand)]
    Generate(Box<GenerateCommand>),
    /// Look for what is wrong with this installation, and say what to do
    #[command(after_help = "Example:\n  puzi doctor --offline")]
    Doctor(DoctorArgs),
    /// Print shell completions
    #[command(after_help = "Example:\n  puzi completions bash > /etc/bash_completion.d/puzi")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// `puzi serve`.
#[derive(Debug, Default, Args)]
pub struct ServeArgs {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Where WeChat reaches this server, such as https://shop.example.com
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Own address for /metrics, instead of the main one (there only for this machine)
    #[arg(long, value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
}

/// `puzi demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Port of the phone's page; 0 takes any
    #[arg(long, default_value_t = 8900, value_name = "PORT")]
    pub phone_port: u16,
    /// Port of the shop's server; 0 takes any
    #[arg(long, default_value_t = 8901, value_name = "PORT")]
    pub port: u16,
    /// Begin with new demo data
    #[arg(long)]
    pub fresh: bool,
}

/// `puzi migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// `puzi doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Ask nothing of WeChat or the public URL
    #[arg(long)]
    pub offline: bool,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}
