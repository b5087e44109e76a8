//! QR channels: codes made at the simulated WeChat and what may go wrong there, scans as the real server counts them, pages,
//! API and commands.

mod counting;
mod making;
mod pages;

use std::time::Duration;

use puzi_sandbox::Phone;
use puzi_shop::{
    accounts::{Reach, Registry},
    audit::Actor,
    channels::{Channel, Channels, NewChannel, State},
};

use crate::common::{APPID, World, until};

const CREATE: &str = "/cgi-bin/qrcode/create";

/// A shop, and its channels as another process has them.
struct Shop {
    world: World,
    channels: Channels,
}

impl Shop {
    async fn open() -> Self {
        let world = World::new().await;
        let channels = another(&world).await;
        Self { world, channels }
    }

    fn draft(&self, name: &str, scene: &str, lasting: bool) -> NewChannel {
        NewChannel {
            account_id: self.world.account.id,
            name: name.into(),
            scene: scene.into(),
            lasting,
            ..NewChannel::default()
        }
    }

    async fn create(&self, name: &str, scene: &str, lasting: bool) -> Channel {
        let new = self.draft(name, scene, lasting);
        self.channels.create(&by(), &Reach::All, new).await.unwrap()
    }

    async fn get(&self, id: i64) -> Channel {
        self.channels.get(&Reach::All, id).await.unwrap()
    }

    /// How often WeChat was asked for a code.
    fn asked(&self) -> u32 {
        self.world.wechat.quotas(APPID).iter().find(|one| one.path == CREATE).map_or(0, |one| one.used)
    }

    fn phone(&self) -> Phone {
        self.world.wechat.new_phone(APPID)
    }

    async fn until(&self, id: i64, state: State) -> Channel {
        until(&format!("{state:?}"), Duration::from_secs(60), async || self.get(id).await.stand() == state).await;
        self.get(id).await
    }
}

async fn another(world: &World) -> Channels {
    let window = Duration::from_secs(600);
    let registry = Registry::load(world.db.clone(), world.vault.clone(), "Asia/Shanghai", window).await.unwrap();
    Channels::new(&world.db, &registry)
}

fn by() -> Actor {
    Actor::cli("test")
}
