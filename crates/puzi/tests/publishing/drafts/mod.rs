//! Drafts against the simulated WeChat: written, saved, published, taken away; processes that die between.

mod pages;
mod publishing;
mod saving;

use std::{sync::Arc, time::Duration};

use puzi_shop::{
    accounts::{LiveAccount, Reach, Registry},
    audit::Actor,
    drafts::{Article, Drafts, entity::Model},
    materials::{Materials, NewMaterial},
    uploads::Uploads,
};
use puzi_wechat::client::MediaKind;

use crate::common::{World, until};

/// The drafts as another node of the shop has them; the jobs are the running node's.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) live: Arc<LiveAccount>,
    pub(crate) drafts: Drafts,
    pub(crate) materials: Materials,
    pub(crate) uploads: Uploads,
    pub(crate) cover: i64,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let world = World::new().await;
        let window = Duration::from_secs(600);
        let registry = Registry::load(world.db.clone(), world.vault.clone(), "Asia/Shanghai", window).await.unwrap();
        let live = registry.by_id(world.account.id).unwrap();
        let data = world.place.data.path().to_owned();
        let materials = Materials::new(&world.db, &registry, data.join("materials")).unwrap();
        let uploads = Uploads::new(world.db.clone(), data.join("uploads")).unwrap();
        let drafts = Drafts::new(&world.db, &registry, &materials, &uploads);
        let new = NewMaterial {
            kind: MediaKind::Image,
            name: "cover.png".into(),
            title: String::new(),
            introduction: String::new(),
            lasting: true,
            file: png(200, 85),
        };
        let cover = materials.add(&by(), &Reach::All, world.account.id, new).await.unwrap().id;
        Self { world, live, drafts, materials, uploads, cover }
    }

    pub(crate) fn article(&self, title: &str) -> Article {
        Article {
            title: title.into(),
            content: format!("<p>{title}到了</p>"),
            cover: Some(self.cover),
            ..Article::default()
        }
    }

    pub(crate) async fn write(&self, titles: &[&str]) -> i64 {
        let articles = titles.iter().map(|title| self.article(title)).collect();
        self.drafts.create(&by(), &Reach::All, self.world.account.id, articles).await.unwrap().id
    }

    pub(crate) async fn get(&self, id: i64) -> Model {
        self.drafts.get(&Reach::All, id).await.unwrap()
    }

    /// Waits until it is in this state.
    pub(crate) async fn is(&self, id: i64, state: &str) -> Model {
        until(&format!("the draft is {state}"), Duration::from_secs(40), async || self.get(id).await.state == state)
            .await;
        self.get(id).await
    }

    pub(crate) async fn saved(&self, titles: &[&str]) -> i64 {
        let id = self.write(titles).await;
        self.drafts.save(&by(), &Reach::All, id).await.unwrap();
        self.is(id, "saved").await;
        id
    }

    /// How many drafts WeChat has.
    pub(crate) async fn at_wechat(&self) -> i64 {
        self.live.client.draft().count().await.unwrap()
    }

    /// Jobs whose process died come again after their lease: at once.
    pub(crate) async fn hurry(&self) {
        self.world.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    }
}

pub(crate) fn by() -> Actor {
    Actor::cli("test")
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([20, 120, 60]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}
