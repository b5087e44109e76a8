//! The accounts' desk against the simulated WeChat: health, quotas and their clearing, settings of an account, agents; in the
//! admin, by the API and on the command line.

mod agents;
mod commands;
mod health;
mod pages;
mod quota;
mod settings;

use std::sync::Arc;

use puzi_shop::{
    accounts::{LiveAccount, Registry},
    audit::Actor,
};

use crate::common::World;

/// The account as another node of the shop has it: a second process, as far as the database can tell.
async fn another_node(world: &World) -> (Registry, Arc<LiveAccount>) {
    let window = std::time::Duration::from_secs(600);
    let registry = Registry::load(world.db.clone(), world.vault.clone(), "Asia/Shanghai", window).await.unwrap();
    let live = registry.by_id(world.account.id).unwrap();
    (registry, live)
}

fn by() -> Actor {
    Actor::cli("test")
}

/// How often WeChat was asked for `path` today.
fn asked(world: &World, path: &str) -> u32 {
    world.wechat.quotas(crate::common::APPID).iter().find(|quota| quota.path == path).map_or(0, |quota| quota.used)
}
