use std::time::Duration;

use puzi_shop::{Error, accounts::Reach, drafts::Article, uploads::Wanted};

use crate::common::until;
use crate::drafts::{Desk, by, png};

const ADD: &str = "/cgi-bin/draft/add";

#[tokio::test]
async fn what_is_missing_is_said_before_wechat_is_asked() {
    let desk = Desk::open().await;
    let (reach, account) = (Reach::All, desk.world.account.id);
    let unfinished = vec![Article { title: "春茶".into(), ..Article::default() }];
    let id = desk.drafts.create(&by(), &reach, account, unfinished).await.unwrap().id;
    let refused = desk.drafts.save(&by(), &reach, id).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = problems.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["articles.0.content", "articles.0.cover"]);
    // A cover that is nobody's, or another account's.
    let forged = vec![Article { cover: Some(987_654), ..desk.article("x") }];
    assert!(matches!(desk.drafts.create(&by(), &reach, account, forged).await, Err(Error::Invalid(_))));
    let stale = desk.drafts.edit(&by(), &reach, id, 99, vec![desk.article("x")]).await;
    assert!(matches!(stale, Err(Error::Stale)));
    assert_eq!(desk.at_wechat().await, 0);
}

#[tokio::test]
async fn scripts_do_not_get_through_and_pictures_become_wechats() {
    let desk = Desk::open().await;
    let upload = desk.uploads.take(Wanted::Picture, "tea.png", png(300, 200), None).await.unwrap();
    let content = format!(
        "<p onclick=\"x()\">茶</p><script>alert(1)</script><img src=\"/admin/uploads/{}\"><a href=\"javascript:x\">y</a>",
        upload.key
    );
    let article = Article { content, ..desk.article("春茶") };
    let id = desk.drafts.create(&by(), &Reach::All, desk.world.account.id, vec![article]).await.unwrap().id;
    let kept = desk.get(id).await.list().remove(0).content;
    assert!(!kept.contains("script") && !kept.contains("onclick") && !kept.contains("javascript"), "{kept}");
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    let saved = desk.is(id, "saved").await;
    let there = desk.live.client.draft().get(saved.media_id.as_deref().unwrap()).await.unwrap();
    let told = &there.news_item[0].content;
    assert!(told.contains("<img") && !told.contains("/admin/uploads/"), "{told}");
    assert_eq!(desk.world.count("SELECT COUNT(*) AS n FROM article_pictures").await, 1);
    // Somebody else's picture.
    let foreign = Article { content: "<p>x<img src=\"https://x.example/a.png\"></p>".into(), ..desk.article("x") };
    let now = desk.get(id).await;
    desk.drafts.edit(&by(), &Reach::All, id, now.version, vec![foreign]).await.unwrap();
    let refused = desk.drafts.save(&by(), &Reach::All, id).await;
    assert!(matches!(&refused, Err(Error::Invalid(all)) if all[0].key == "draft.foreign_picture"), "{refused:?}");
}

#[tokio::test]
async fn saving_again_writes_over_what_is_there() {
    let desk = Desk::open().await;
    let id = desk.saved(&["春茶", "夏茶"]).await;
    let first = desk.get(id).await;
    desk.drafts
        .edit(&by(), &Reach::All, id, first.version, vec![desk.article("秋茶"), desk.article("冬茶")])
        .await
        .unwrap();
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    let second = desk.is(id, "saved").await;
    assert_eq!(second.media_id, first.media_id);
    let there = desk.live.client.draft().get(second.media_id.as_deref().unwrap()).await.unwrap();
    assert_eq!(there.news_item.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["秋茶", "冬茶"]);
    // Another number of articles is another draft, and the one before goes.
    desk.drafts.edit(&by(), &Reach::All, id, second.version, vec![desk.article("白茶")]).await.unwrap();
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    desk.is(id, "saved").await;
    until("the old one is gone", Duration::from_secs(10), async || desk.at_wechat().await == 1).await;
}

#[tokio::test]
async fn another_cover_is_at_wechat_once_the_draft_is_saved_again() {
    let desk = Desk::open().await;
    let id = desk.saved(&["春茶"]).await;
    let media_id = desk.get(id).await.media_id.unwrap();
    let cover = async || desk.live.client.draft().get(&media_id).await.unwrap().news_item[0].thumb_media_id.clone();
    let before = cover().await;
    let done = desk.materials.replace(&by(), &Reach::All, desk.cover, None, "new.png", png(90, 40)).await.unwrap();
    assert_eq!((done.drafts, cover().await), (1, before.clone()));
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    desk.is(id, "saved").await;
    assert_eq!(Some(cover().await), done.material.lasting_id);
    assert_ne!(cover().await, before);
}

#[tokio::test]
async fn a_lost_answer_leaves_one_draft_at_wechat() {
    let desk = Desk::open().await;
    desk.world.wechat.faults().update(|faults| _ = faults.api_lost.insert(ADD.into(), 1));
    let id = desk.write(&["春茶"]).await;
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    desk.is(id, "saved").await;
    assert_eq!(desk.at_wechat().await, 1);
}

#[tokio::test]
async fn killed_while_wechat_answers_one_draft_is_there() {
    let mut desk = Desk::open().await;
    desk.world.wechat.faults().update(|faults| faults.api_late_ms = 2_000);
    let id = desk.write(&["春茶"]).await;
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    let wechat = desk.world.wechat.quotas(crate::common::APPID);
    assert!(wechat.iter().all(|quota| quota.path != ADD));
    until("WeChat has it", Duration::from_secs(20), async || {
        desk.world.wechat.quotas(crate::common::APPID).iter().any(|quota| quota.path == ADD && quota.used > 0)
    })
    .await;
    desk.world.restart_node().await;
    desk.world.wechat.faults().update(|faults| faults.api_late_ms = 0);
    desk.hurry().await;
    desk.is(id, "saved").await;
    assert_eq!(desk.at_wechat().await, 1);
}

#[tokio::test]
async fn what_wechat_refuses_is_told_with_its_code() {
    let desk = Desk::open().await;
    desk.world.wechat.faults().update(|faults| _ = faults.refuse.insert(ADD.into(), 45_166));
    let id = desk.write(&["春茶"]).await;
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    let failed = desk.is(id, "failed").await;
    assert_eq!(failed.errcode, Some(45_166));
    assert!(failed.error.is_some());
    desk.world.wechat.faults().update(|faults| faults.refuse.clear());
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    assert_eq!(desk.is(id, "saved").await.errcode, None);
}
