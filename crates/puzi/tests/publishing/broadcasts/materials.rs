//! Pictures, voices and videos out of the library: what is approved is these files and no others.

use puzi_shop::{
    accounts::Reach,
    broadcasts::{Content, NewBroadcast, PartState, PreviewState, PreviewTo, State, Whom},
    materials::{Materials, NewMaterial},
};
use puzi_wechat::client::MediaKind;

use crate::broadcasts::shop::{SEND_ALL, Shop, new, second, writer};

/// The beginnings of a picture and of a film are enough for the simulated WeChat.
const JPG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01";
const MP4: &[u8] = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom";

fn library(shop: &Shop) -> Materials {
    Materials::new(&shop.db, &shop.registry, shop.place.data.path().join("materials")).unwrap()
}

async fn uploaded(shop: &Shop, kind: MediaKind, name: &str, file: &[u8]) -> i64 {
    let new = NewMaterial {
        kind,
        name: name.into(),
        title: name.into(),
        introduction: String::new(),
        lasting: true,
        file: file.to_vec(),
    };
    library(shop).add(&writer(), &Reach::All, shop.account.id, new).await.unwrap().id
}

fn of(content: Content) -> NewBroadcast {
    NewBroadcast { content, ..new("文件", Whom::All) }
}

fn pictures(ids: &[i64]) -> Content {
    Content::Image { materials: ids.to_vec(), recommend: "看看".into(), comments: true }
}

#[tokio::test]
async fn every_kind_of_file_is_previewed_and_sent() {
    let shop = Shop::with(3).await;
    let one = uploaded(&shop, MediaKind::Image, "一.jpg", JPG).await;
    let other = uploaded(&shop, MediaKind::Image, "二.jpg", &[JPG, b"2"].concat()).await;
    // A second of silence: fifty frames of thirteen bytes.
    let mut silence = b"#!AMR\n".to_vec();
    (0..50).for_each(|_| silence.extend([&[0x04][..], &[0; 12]].concat()));
    let voice = uploaded(&shop, MediaKind::Voice, "话.amr", &silence).await;
    let video = uploaded(&shop, MediaKind::Video, "茶园.mp4", MP4).await;
    let film = Content::Mpvideo { material_id: video, title: "茶园".into(), description: "清晨".into() };
    for content in [pictures(&[one, other]), Content::Voice { material_id: voice }, film] {
        let kind = content.kind();
        let id = shop.write(of(content)).await;
        let to = PreviewTo::Whom(shop.openids[0].clone());
        let seen = shop.broadcasts.preview(&writer(), &Reach::All, id, to).await.unwrap();
        assert_eq!(seen.state, PreviewState::Sent, "{kind}: {seen:?}");
        shop.submit(id).await;
        shop.approve(id).await;
        let done = shop.until(id, &[State::Done, State::Failed]).await;
        assert_eq!(done.state, State::Done, "{kind}: {:?}", shop.parts(id).await);
        assert_eq!(shop.broadcasts.results(&Reach::All, id).await.unwrap().sent, 3, "{kind}");
    }
    let named = shop.broadcasts.offered(&Reach::All, shop.account.id).await.unwrap();
    assert_eq!((named.images.len(), named.voices.len(), named.videos.len()), (2, 1, 1));
}

#[tokio::test]
async fn a_file_that_takes_the_place_of_an_approved_one_is_not_sent() {
    let shop = Shop::with(3).await;
    let picture = uploaded(&shop, MediaKind::Image, "茶.jpg", JPG).await;
    let id = shop.write(of(pictures(&[picture]))).await;
    let waiting = shop.submit(id).await;
    let replace = async |last: &[u8]| {
        let file = [JPG, last].concat();
        library(&shop).replace(&writer(), &Reach::All, picture, None, "茶.jpg", file).await.unwrap();
    };
    replace(b"a").await;
    let digest = waiting.digest.unwrap();
    let stale = shop.broadcasts.approve(&second(), &Reach::All, id, waiting.version, &digest).await;
    assert!(matches!(stale, Err(puzi_shop::Error::Stale)), "{stale:?}");

    // Approved for later, and replaced meanwhile: it waits for somebody to look again.
    let at = puzi_shop::db::now_ms() + 3_600_000;
    let id = shop.write(NewBroadcast { at: Some(at), ..of(pictures(&[picture])) }).await;
    shop.submit(id).await;
    shop.approve(id).await;
    replace(b"b").await;
    shop.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'broadcast.begin'", []).await;
    let back = shop.until(id, &[State::Waiting]).await;
    assert_eq!((back.error.as_deref(), shop.calls(SEND_ALL)), (Some("broadcast.changed"), 0));
    // Who has looked at what it is now approves it.
    shop.approve(id).await;
    shop.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'broadcast.begin'", []).await;
    shop.until(id, &[State::Done]).await;
    assert_eq!(shop.parts(id).await[0].state, PartState::Done);
}

#[tokio::test]
async fn a_file_that_an_unsent_broadcast_names_stays() {
    let shop = Shop::with(3).await;
    let picture = uploaded(&shop, MediaKind::Image, "茶.jpg", JPG).await;
    let id = shop.write(of(pictures(&[picture]))).await;
    let refused = library(&shop).remove(&writer(), &Reach::All, picture).await;
    assert!(matches!(refused, Err(puzi_shop::Error::NotNow(_))), "{refused:?}");
    shop.broadcasts.cancel(&writer(), &Reach::All, id).await.unwrap();
    library(&shop).remove(&writer(), &Reach::All, picture).await.unwrap();
    let gone = shop.broadcasts.create(&writer(), &Reach::All, shop.account.id, of(pictures(&[picture]))).await;
    assert!(matches!(gone, Err(puzi_shop::Error::Invalid(_))), "{gone:?}");
}
