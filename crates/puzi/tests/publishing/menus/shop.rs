//! A world with its menus at hand.

use std::time::Duration;

use puzi_shop::{
    Error,
    accounts::{Reach, Registry},
    audit::Actor,
    menus::{MenuSet, Menus, Publication, State},
};
use serde_json::{Value, json};

use crate::common::{APPID, World, until};

pub const CREATE: &str = "/cgi-bin/menu/create";
pub const ADD: &str = "/cgi-bin/menu/addconditional";
pub const REMOVE: &str = "/cgi-bin/menu/delconditional";

pub struct Shop {
    pub world: World,
    pub registry: Registry,
    pub menus: Menus,
}

impl Shop {
    pub async fn new() -> Self {
        let world = World::new().await;
        let window = Duration::from_secs(600);
        let registry = Registry::load(world.db.clone(), world.vault.clone(), "Asia/Shanghai", window).await.unwrap();
        let menus = Menus::new(&world.db, &registry);
        Self { world, registry, menus }
    }

    pub fn account(&self) -> i64 {
        self.world.account.id
    }

    /// Puts a set into the draft and gives the draft's version.
    pub async fn draft(&self, set: &MenuSet) -> i64 {
        let now = self.menus.draft(&Reach::All, self.account()).await.unwrap().version;
        self.menus.save(&by(), &Reach::All, self.account(), now, set).await.unwrap()
    }

    pub async fn seen(&self) -> String {
        self.menus.live(&Reach::All, self.account()).await.unwrap().digest
    }

    /// Begins to publish what is in the draft.
    pub async fn begin(&self) -> Result<i64, Error> {
        let version = self.menus.draft(&Reach::All, self.account()).await?.version;
        self.menus.publish(&by(), &Reach::All, self.account(), version, &self.seen().await).await
    }

    pub async fn publication(&self, id: i64) -> Publication {
        self.menus.publication(&Reach::All, self.account(), id).await.unwrap()
    }

    /// Waits until it has ended.
    pub async fn ended(&self, id: i64) -> Publication {
        until("the publication ends", Duration::from_secs(60), async || !self.publication(id).await.state.is_open())
            .await;
        self.publication(id).await
    }

    /// Saves, publishes, and waits until it is live.
    pub async fn publish(&self, set: &MenuSet) -> Publication {
        self.draft(set).await;
        let id = self.begin().await.unwrap();
        let ended = self.ended(id).await;
        assert_eq!(ended.state, State::Live, "{ended:?}");
        ended
    }

    /// How often a path was called.
    pub fn calls(&self, path: &str) -> u32 {
        let used = self.world.wechat.quotas(APPID);
        used.iter().find(|one| one.path == path).map_or(0, |one| one.used)
    }

    /// What the platform has, and nothing else is asked of it.
    pub async fn is_live(&self, set: &MenuSet) {
        let live = self.menus.live(&Reach::All, self.account()).await.unwrap();
        assert_eq!(live.digest, set.digest(), "{}", live.set.json());
    }

    /// The node is killed, and another one takes its job at once.
    pub async fn kill(&mut self) {
        self.world.node.kill();
        self.world.db.execute("UPDATE jobs SET run_at = 0 WHERE state = 'queued'", []).await.unwrap();
        self.world.start_again();
    }
}

pub fn by() -> Actor {
    Actor::cli("test")
}

pub fn read(json: &Value) -> MenuSet {
    MenuSet::read(json).unwrap()
}

pub fn click(name: &str) -> Value {
    json!({ "type": "click", "name": name, "key": name })
}

/// A menu for everybody, and one for each of these tags; the first one wins.
pub fn set(name: &str, tags: &[i64]) -> MenuSet {
    let some: Vec<_> = tags
        .iter()
        .map(|tag| {
            let button = click(&format!("t{tag}"));
            json!({ "name": format!("标签 {tag}"), "matchrule": { "tag_id": tag.to_string() }, "button": [button] })
        })
        .collect();
    read(&json!({ "button": [click(name), { "name": "更多", "sub_button": [click("客服")] }], "conditional": some }))
}

/// The keys of what is wrong, each with its field.
pub fn wrong<T: std::fmt::Debug>(refused: Result<T, Error>) -> Vec<(String, &'static str)> {
    match refused {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|problem| (problem.field, problem.key)).collect(),
        other => panic!("{other:?}"),
    }
}
