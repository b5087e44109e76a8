//! Articles: each part has a draft of its own, and a copy whose answer was lost is not made again.

use puzi_shop::{
    Error,
    accounts::Reach,
    broadcasts::{Content, NewBroadcast, State, Whom},
    db::now_ms,
    followers::Filter,
};
use puzi_wechat::{api::draft::Article, client::MediaKind};
use serde_json::json;

use crate::shop::{SEND, Shop, new, second, writer};

const TITLE: &str = "春茶开采";
const ADD: &str = "/cgi-bin/draft/add";
/// The beginning of a picture is enough for the simulated WeChat.
const JPG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01";

/// A draft that WeChat has, as the area of drafts keeps it.
async fn saved(shop: &Shop) -> i64 {
    let client = shop.registry.by_id(shop.account.id).unwrap().client.clone();
    let cover = client.material().upload(MediaKind::Image, "a.jpg", JPG).await.unwrap().media_id;
    let article = Article::new(TITLE, "<p>今年的第一批</p>").thumb_media_id(cover.as_str());
    let media_id = client.draft().create(&[article]).await.unwrap();
    let resolved = json!([{ "title": TITLE, "content": "<p>今年的第一批</p>", "cover": cover }]).to_string();
    let sql = "INSERT INTO drafts (account_id, title, articles, state, media_id, resolved, created_at, updated_at) \
               VALUES ($1, $2, '[]', 'saved', $3, $4, $5, $5)";
    let values = [shop.account.id.into(), TITLE.into(), media_id.into(), resolved.into(), now_ms().into()];
    shop.execute(sql, values).await;
    shop.count("SELECT MAX(id) AS n FROM drafts").await
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
    let waiting = shop.submit(id).await;
    shop.execute("UPDATE drafts SET articles = '[{}]' WHERE id = $1", [draft.into()]).await;
    let digest = waiting.digest.unwrap();
    let stale = shop.broadcasts.approve(&second(), &Reach::All, id, waiting.version, &digest).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let gone = shop.broadcasts.create(&writer(), &Reach::All, shop.account.id, of(draft + 1, Whom::All)).await;
    assert!(matches!(gone, Err(Error::Invalid(_))), "{gone:?}");
}
