//! Articles: each part has a draft of its own, and a copy whose answer was lost is not made again.

use std::time::Duration;

use puzi_shop::{
    Error,
    accounts::Reach,
    broadcasts::{Content, NewBroadcast, PreviewState, PreviewTo, State, Whom},
    drafts::{Article, Drafts},
    followers::Filter,
    materials::{Materials, NewMaterial},
    uploads::Uploads,
};
use puzi_wechat::client::MediaKind;

use crate::broadcasts::shop::{SEND, Shop, new, second, writer};
use crate::common::until;

const TITLE: &str = "春茶开采";
const ADD: &str = "/cgi-bin/draft/add";

fn desk(shop: &Shop) -> (Drafts, Materials) {
    let data = shop.place.data.path();
    let materials = Materials::new(&shop.db, &shop.registry, data.join("materials")).unwrap();
    let uploads = Uploads::new(shop.db.clone(), data.join("uploads")).unwrap();
    (Drafts::new(&shop.db, &shop.registry, &materials, &uploads), materials)
}

/// A draft that WeChat has: written and saved as people do it.
async fn saved(shop: &Shop) -> i64 {
    let (drafts, materials) = desk(shop);
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(200, 85, image::Rgb([20, 120, 60]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let new = NewMaterial {
        kind: MediaKind::Image,
        name: "cover.png".into(),
        title: String::new(),
        introduction: String::new(),
        lasting: true,
        file: png.into_inner(),
    };
    let (by, reach) = (writer(), Reach::All);
    let cover = materials.add(&by, &reach, shop.account.id, new).await.unwrap().id;
    let article = Article {
        title: TITLE.into(),
        content: "<p>今年的第一批</p>".into(),
        cover: Some(cover),
        ..Article::default()
    };
    let id = drafts.create(&by, &reach, shop.account.id, vec![article]).await.unwrap().id;
    let early = shop.broadcasts.create(&by, &reach, shop.account.id, of(id, Whom::All)).await;
    assert!(matches!(early, Err(Error::Invalid(_))), "WeChat does not have it yet: {early:?}");
    drafts.save(&by, &reach, id).await.unwrap();
    until("the draft is saved", Duration::from_secs(40), async || {
        drafts.get(&reach, id).await.unwrap().state == "saved"
    })
    .await;
    id
}

fn of(draft_id: i64, whom: Whom) -> NewBroadcast {
    NewBroadcast { content: Content::Mpnews { draft_id }, ..new(TITLE, whom) }
}

#[tokio::test]
async fn a_list_in_three_parts_uses_three_drafts_and_the_draft_is_sent() {
    let shop = Shop::with(20_002).await;
    let draft = saved(&shop).await;
    let id = shop.send(of(draft, Whom::Filter(Filter::default()))).await;
    shop.until(id, &[State::Done]).await;
    assert_eq!((shop.calls(SEND), shop.calls(ADD)), (3, 3), "two copies beside the draft itself");
    let sql = "SELECT COUNT(DISTINCT media_id) AS n FROM broadcast_parts";
    assert_eq!(shop.count(sql).await, 3);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM drafts WHERE state = 'sent'").await, 1);
    let results = shop.broadcasts.results(&Reach::All, id).await.unwrap();
    assert_eq!((results.sent, results.urls.len()), (20_002, 1));
}

#[tokio::test]
async fn a_copy_whose_answer_was_lost_is_found_again() {
    let shop = Shop::with(10_001).await;
    let draft = saved(&shop).await;
    let id = shop.write(of(draft, Whom::Filter(Filter::default()))).await;
    shop.submit(id).await;
    shop.wechat.faults().update(|faults| {
        faults.api_lost.insert(ADD.into(), 1);
    });
    shop.approve(id).await;
    shop.until(id, &[State::Done]).await;
    // The draft itself, and one copy: the lost one.
    assert_eq!(shop.calls(ADD), 2);
    assert_eq!(shop.broadcasts.results(&Reach::All, id).await.unwrap().sent, 10_001);
}

#[tokio::test]
async fn a_draft_that_changes_after_approval_was_asked_for_is_not_approved() {
    let shop = Shop::with(3).await;
    let draft = saved(&shop).await;
    let id = shop.write(of(draft, Whom::All)).await;
    let seen = shop.broadcasts.preview(&writer(), &Reach::All, id, PreviewTo::Whom(shop.openids[0].clone())).await;
    assert_eq!(seen.unwrap().state, PreviewState::Sent);
    let waiting = shop.submit(id).await;
    let drafts = desk(&shop).0;
    let now = drafts.get(&Reach::All, draft).await.unwrap();
    let held = drafts.edit(&writer(), &Reach::All, draft, now.version, now.list()).await;
    assert!(matches!(&held, Err(Error::NotNow(problem)) if problem.key == "draft.held"), "{held:?}");
    shop.execute("UPDATE drafts SET articles = '[{}]' WHERE id = $1", [draft.into()]).await;
    let digest = waiting.digest.unwrap();
    let stale = shop.broadcasts.approve(&second(), &Reach::All, id, waiting.version, &digest).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let gone = shop.broadcasts.create(&writer(), &Reach::All, shop.account.id, of(draft + 1, Whom::All)).await;
    assert!(matches!(gone, Err(Error::Invalid(_))), "{gone:?}");
}
