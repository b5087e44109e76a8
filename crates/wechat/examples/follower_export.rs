//! Writes all followers as CSV: `WECHAT_APPID=… WECHAT_SECRET=… cargo run --example follower_export > followers.csv`.
//!
//! One page of openids and a few hundred followers are in memory, however many there are. `WECHAT_API` names another
//! host, such as a sandbox.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use std::env;

use puzi_wechat::Secret;
use puzi_wechat::client::Client;

/// A CSV field in quotes; one that a spreadsheet would take for a formula begins with a `'`.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Client::builder(env::var("WECHAT_APPID")?, Secret::new(env::var("WECHAT_SECRET")?));
    if let Ok(url) = env::var("WECHAT_API") {
        builder = builder.base_url(url);
    }
    let wechat = builder.build()?;

    println!("openid,since,remark,came_by");
    let mut followers = wechat.users().pages().infos(wechat.users(), 4);
    while let Some(follower) = followers.next().await? {
        let (remark, scene) = (field(&follower.remark), field(&follower.subscribe_scene));
        println!("{},{},{remark},{scene}", field(&follower.openid), follower.subscribe_time);
    }
    Ok(())
}
