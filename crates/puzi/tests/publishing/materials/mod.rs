//! The library of materials against the simulated WeChat: uploading, replacing, removing, reading WeChat's own list, renewing.

mod library;
mod limited;
mod reading;

use std::sync::Arc;

use puzi_shop::{
    Result,
    accounts::{LiveAccount, Reach, Registry},
    audit::Actor,
    materials::{Materials, NewMaterial, entity::Model},
};
use puzi_wechat::client::MediaKind;

use crate::common::World;

/// The library as another node of the shop has it.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) live: Arc<LiveAccount>,
    pub(crate) materials: Materials,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let world = World::new().await;
        let window = std::time::Duration::from_secs(600);
        let registry = Registry::load(world.db.clone(), world.vault.clone(), "Asia/Shanghai", window).await.unwrap();
        let live = registry.by_id(world.account.id).unwrap();
        let folder = world.place.data.path().join("materials");
        let materials = Materials::new(&world.db, &registry, folder).unwrap();
        Self { world, live, materials }
    }

    pub(crate) async fn add(&self, name: &str, lasting: bool, file: Vec<u8>) -> Result<Model> {
        let new = NewMaterial {
            kind: MediaKind::Image,
            name: name.into(),
            title: String::new(),
            introduction: String::new(),
            lasting,
            file,
        };
        self.materials.add(&by(), &Reach::All, self.world.account.id, new).await
    }

    pub(crate) async fn get(&self, id: i64) -> Model {
        self.materials.get(&Reach::All, id).await.unwrap()
    }
}

pub(crate) fn by() -> Actor {
    Actor::cli("test")
}

/// A picture of this shade.
pub(crate) fn png(shade: u8) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 80, 60]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}
