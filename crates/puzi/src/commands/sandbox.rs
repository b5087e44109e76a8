//! `puzi sandbox`: WeChat simulated alone, for a client or server in any language.

use std::net::SocketAddr;

use clap::Args;
use puzi_sandbox::{App, Config, Mode, Sandbox};
use puzi_wechat::crypto::EncodingAesKey;
use rand::{Rng, distr::Alphanumeric};

use super::serve::wait_for_the_end;
use crate::{error::Failure, output, settings::Settings, texts::say};

/// `puzi sandbox`. Each value may come by its environment variable.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Address to listen on; it stands for all of WeChat's hosts
    #[arg(long = "listen", env = "PUZI_SANDBOX_LISTEN", default_value = "127.0.0.1:8900", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Name of the account
    #[arg(long, env = "PUZI_SANDBOX_NAME", default_value = "", hide_default_value = true)]
    pub name: String,
    /// AppID of the account
    #[arg(long, env = "PUZI_SANDBOX_APPID", default_value = "wx5a4d706c75706f01")]
    pub appid: String,
    /// AppSecret; made and printed when absent
    #[arg(long, env = "PUZI_SANDBOX_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
    /// Token that signs pushes; made and printed when absent
    #[arg(long, env = "PUZI_SANDBOX_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// EncodingAESKey; made and printed when absent
    #[arg(long, env = "PUZI_SANDBOX_ENCODING_AES_KEY", hide_env_values = true)]
    pub encoding_aes_key: Option<String>,
    /// How pushes are wrapped: plain, compatible or encrypted
    #[arg(long, env = "PUZI_SANDBOX_MODE", default_value = "plain")]
    pub mode: Mode,
    /// Where pushes go
    #[arg(long, env = "PUZI_SANDBOX_CALLBACK_URL", default_value = "", hide_default_value = true, value_name = "URL")]
    pub callback_url: String,
    /// Openids of followers, separated by commas
    #[arg(long, env = "PUZI_SANDBOX_OPENIDS", value_delimiter = ',', value_name = "OPENID")]
    pub openids: Vec<String>,
    /// Number of followers from the start
    #[arg(long, env = "PUZI_SANDBOX_FOLLOWERS", default_value_t = 1)]
    pub followers: usize,
    /// Seed of everything random
    #[arg(long, env = "PUZI_SANDBOX_SEED", default_value_t = 1)]
    pub seed: u64,
    /// user/info tells nicknames, as it did until 2021
    #[arg(long, env = "PUZI_SANDBOX_NICKNAMES")]
    pub nicknames: bool,
}

/// Simulates WeChat until Ctrl-C.
///
/// # Errors
/// When the address or the account cannot be used.
pub async fn run(args: SandboxArgs, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let app = App {
        name: args.name,
        appid: args.appid,
        secret: args.secret.unwrap_or_else(|| random_word(32)),
        token: args.token.unwrap_or_else(|| random_word(32)),
        encoding_aes_key: Some(args.encoding_aes_key.unwrap_or_else(|| EncodingAesKey::generate().expose())),
        mode: args.mode,
        callback_url: args.callback_url,
        followers: args.followers,
        openids: args.openids,
        ..App::default()
    };
    let config = Config {
        listen: args.listen,
        seed: args.seed,
        apps: vec![app.clone()],
        nicknames: args.nicknames,
        ..Config::default()
    };
    let sandbox = Sandbox::start(config).await.map_err(Failure::plain)?;
    let callback = if app.callback_url.is_empty() { "-" } else { &app.callback_url };
    let aes_key = app.encoding_aes_key.as_deref().unwrap_or_default();
    output::lines([
        say(locale, "sandbox.phone", &[("url", format!("{}/phone", sandbox.url()))]),
        say(locale, "sandbox.base_url", &[("url", sandbox.url())]),
        format!("AppID           {}", app.appid),
        format!("AppSecret       {}", app.secret),
        format!("Token           {}", app.token),
        format!("EncodingAESKey  {aes_key}"),
        say(locale, "sandbox.callback", &[("url", callback.to_owned()), ("mode", app.mode.to_string())]),
        say(locale, "sandbox.stop", &[]),
    ]);
    wait_for_the_end().await;
    sandbox.stop().await;
    Ok(())
}

/// A random word of `length` letters and digits.
pub(super) fn random_word(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
