//! WeChat simulated on loopback: the Official Account API, the pushes to a callback, and a phone to hold.
//!
//! It is written from the platform's own documents and shares nothing with `puzi-wechat`'s client or message types,
//! only signatures and encryption, so that two sides never agree on a shared mistake. Everything lives in memory.
//!
//! ```no_run
//! # async fn story() -> Result<(), puzi_sandbox::Error> {
//! use puzi_sandbox::{App, Config, Sandbox};
//! let app = App { callback_url: "http://127.0.0.1:8080/wechat/1".into(), ..App::demo() };
//! let wechat = Sandbox::start(Config { apps: vec![app], ..Config::default() }).await?;
//! let fan = wechat.new_phone(&App::demo().appid);
//! fan.follow().await;
//! let exchange = fan.text("你好").await;
//! println!("{:?}", exchange.answer());
//! # Ok(()) }
//! ```

mod action;
mod announce;
mod answer;
mod api;
mod authorize;
mod avatar;
mod chance;
mod chat;
mod clock;
mod config;
mod content;
mod control;
mod desk;
mod exchange;
mod faults;
mod guard;
mod later;
mod media;
mod mixed;
mod nicknames;
mod openids;
mod overview;
mod pages;
mod people;
mod phone;
mod prepare;
mod push;
mod samples;
mod sandbox;
mod scan;
mod seal;
mod stream;
mod tokens;
mod visitor;
mod window;
mod world;
mod xml;

pub use action::Action;
pub use answer::Answer;
pub use api::QuotaUse;
pub use chat::{Article, ChatItem, Choice, Kind, Note, Side, Status};
pub use clock::Clock;
pub use config::{AccountKind, App, Config, Mode};
pub use content::Platform;
pub use exchange::{Delivery, Exchange, Label, Outcome};
pub use faults::{FaultSwitches, Faults};
pub use media::StoredMedia;
pub use phone::{Pending, Phone};
pub use sandbox::Sandbox;

/// What a user sees after three failed deliveries.
pub const SERVICE_FAILED: &str = "该公众号提供的服务出现故障，请稍后再试";

/// Why the sandbox cannot start or do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The listen address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address of the configuration.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// An account of the configuration is wrong; the text names the field.
    #[error("account {appid}: {problem}")]
    App {
        /// The account's appid as given.
        appid: String,
        /// What is wrong.
        problem: String,
    },
    /// No such account in this sandbox.
    #[error("no account {0} in this sandbox")]
    UnknownApp(String),
    /// The callback did not answer WeChat's check as it must.
    #[error("callback not verified: {0}")]
    NotVerified(String),
    /// The client that delivers pushes could not be made.
    #[error("cannot make the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}
