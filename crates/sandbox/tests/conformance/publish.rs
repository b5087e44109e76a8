//! Publishing drafts.

use std::time::Duration;

use puzi_wechat::api::draft;
use puzi_wechat::api::publish::{List, Publication, Submitted};
use puzi_wechat::client::MediaKind;
use serde_json::json;

use crate::files::JPG;
use crate::story::{Story, not_sent, refused};

/// A draft of one article for each title; comments are open.
async fn draft(story: &Story, titles: &[&str]) -> String {
    let cover = story.wechat.material().upload(MediaKind::Image, "a.jpg", JPG).await.unwrap().media_id;
    let article =
        |title: &&str| draft::Article::new(*title, "<p>春茶上市</p>").thumb_media_id(&cover).need_open_comment(true);
    let articles: Vec<_> = titles.iter().map(article).collect();
    story.wechat.draft().create(&articles).await.unwrap()
}

async fn ended(story: &Story, submitted: &Submitted) -> Publication {
    story.sandbox.clock().advance(Duration::from_secs(10));
    // The job runs beside this test; it may be asked for a hundred times a day.
    for _ in 0..50 {
        let told = story.wechat.publish().status(&submitted.publish_id.to_string()).await.unwrap();
        if told.publish_status != 1 {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the publication never ends");
}

/// Publishes articles of these titles.
pub async fn publish(story: &Story, titles: &[&str]) -> (Submitted, Publication) {
    let submitted = story.wechat.publish().submit(&draft(story, titles).await).await.unwrap();
    let publication = ended(story, &submitted).await;
    (submitted, publication)
}

#[tokio::test]
async fn publishing() {
    let story = Story::of("publish", 0).await;
    let publish = story.wechat.publish();

    let media_id = draft(&story, &["一", "二"]).await;
    let submitted = publish.submit(&media_id).await.unwrap();
    assert!(submitted.msg_data_id.is_some());
    refused(publish.submit(&media_id).await, 53_501);
    let running = publish.status(&submitted.publish_id.to_string()).await.unwrap();
    assert_eq!((running.publish_status, running.article_id.as_str()), (1, ""));
    assert!(running.article_detail.is_none());
    let done = ended(&story, &submitted).await;
    assert_eq!((done.publish_id, done.publish_status), (submitted.publish_id, 0));
    let items = done.article_detail.unwrap();
    assert_eq!((items.count, items.item[1].idx), (2, Some(2)));
    let status = async |n: usize| reqwest::get(&items.item[n].article_url).await.unwrap().status().as_u16();
    assert_eq!((status(0).await, status(1).await), (200, 200));
    refused(publish.submit(&media_id).await, 40_007);
    not_sent(publish.submit("").await, "media_id");
    refused(publish.status("7").await, 53_502);
    not_sent(publish.status("").await, "publish_id");
    let sensitive = draft(&story, &["[publish:53503]"]).await;
    refused(publish.submit(&sensitive).await, 53_503);
    let submitted = publish.submit(&draft(&story, &["好", "[publish:2]"]).await).await.unwrap();
    let failed = ended(&story, &submitted).await;
    assert_eq!((failed.publish_status, failed.fail_idx.as_slice()), (2, &[2_i64][..]));

    let told = publish.article(&done.article_id).await.unwrap();
    assert_eq!((told[1].title.as_str(), told[1].content.as_str()), ("二", "<p>春茶上市</p>"));
    assert!(told[0].need_open_comment && !told[0].is_deleted);
    assert_eq!(told[1].url, items.item[1].article_url);
    refused(publish.article("no-such-article").await, 53_600);

    let page = publish.list(&List::new(0, 20)).await.unwrap();
    assert_eq!((page.total_count, page.item_count), (1, 1));
    let content = page.item[0].content.as_ref().unwrap();
    assert_eq!((&page.item[0].article_id, content.news_item[0].title.as_str()), (&done.article_id, "一"));
    assert!(content.create_time > 0 && !content.news_item[0].content.is_empty());
    let page = publish.list(&List::new(0, 1).no_content(true)).await.unwrap();
    assert!(page.item[0].content.as_ref().is_none_or(|it| it.news_item.iter().all(|it| it.content.is_empty())));
    not_sent(publish.list(&List::new(0, 21)).await, "count");
    story.refuse("/cgi-bin/freepublish/batchget", 48_001);
    refused(publish.list(&List::new(0, 1)).await, 48_001);
    story.accept();

    publish.delete(&done.article_id, Some(2)).await.unwrap();
    assert!(publish.article(&done.article_id).await.unwrap()[1].is_deleted);
    assert_eq!((status(0).await, status(1).await), (200, 410));
    publish.delete(&done.article_id, None).await.unwrap();
    assert_eq!(publish.status(&done.publish_id.to_string()).await.unwrap().publish_status, 5);
    assert_eq!(publish.list(&List::new(0, 1)).await.unwrap().total_count, 0);
    not_sent(publish.delete(&done.article_id, Some(-1)).await, "index");
    refused(publish.delete("no-such-article", None).await, 53_600);
    refused(story.post("/cgi-bin/freepublish/delete", json!({})).await, 53_600);
    pictures(&story).await;
    story.end();
}

async fn pictures(story: &Story) {
    let image = story.wechat.material().upload(MediaKind::Image, "a.jpg", JPG).await.unwrap().media_id;
    let set = draft::Article::new("茶山", "看茶").article_type(draft::ArticleKind::Newspic);
    let set = set.image_info([draft::Image::new(&image)]);
    let media_id = story.wechat.draft().create(&[set]).await.unwrap();
    let submitted = story.wechat.publish().submit(&media_id).await.unwrap();
    let done = ended(story, &submitted).await;
    let told = story.wechat.publish().article(&done.article_id).await.unwrap();
    assert_eq!((told[0].content.as_str(), &told[0].thumb_media_id), ("看茶", &image));
}
