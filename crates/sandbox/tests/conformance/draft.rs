//! Drafts of articles and of sets of pictures.

use puzi_wechat::api::draft::{Article, ArticleKind, Crop, Image, List, Ratio};
use puzi_wechat::client::MediaKind;
use serde_json::json;

use crate::files::JPG;
use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn draft() {
    let story = Story::of("draft", 0).await;
    let drafts = story.wechat.draft();
    let cover = story.wechat.material().upload(MediaKind::Image, "a.jpg", JPG).await.unwrap().media_id;

    let one = drafts.create(&[whole(&cover, "一")]).await.unwrap();
    let kept = drafts.get(&one).await.unwrap();
    let article = &kept.news_item[0];
    assert_eq!(
        (article.title.as_str(), article.author.as_str(), article.digest.as_str()),
        ("一", "小满", "明前龙井到店")
    );
    assert_eq!((article.article_type.as_ref(), &article.thumb_media_id), (Some(&ArticleKind::News), &cover));
    assert!(article.need_open_comment && article.only_fans_can_comment && !article.show_cover_pic);
    assert_eq!(reqwest::get(&article.url).await.unwrap().status(), 200);
    assert_eq!(kept.create_time, Some(story.sandbox.clock().now()));
    let two = drafts.create(&[plain(&cover, "二"), plain(&cover, "三")]).await.unwrap();
    wrong(&story, &cover).await;

    let page = drafts.list(&List::new(0, 1)).await.unwrap();
    assert_eq!((page.total_count, page.item_count, &page.item[0].media_id), (2, 1, &two));
    assert_eq!(page.item[0].content.as_ref().unwrap().news_item[1].content, "<p>春茶上市</p>");
    let page = drafts.list(&List::new(1, 20).no_content(true)).await.unwrap();
    let content = page.item[0].content.as_ref().unwrap();
    assert_eq!((&page.item[0].media_id, content.news_item[0].content.as_str()), (&one, ""));
    not_sent(drafts.list(&List::new(0, 21)).await, "count");

    drafts.update(&two, 1, &plain(&cover, "改")).await.unwrap();
    let kept = drafts.get(&two).await.unwrap();
    let titles: Vec<_> = kept.news_item.iter().map(|article| article.title.as_str()).collect();
    assert_eq!(titles, ["二", "改"]);
    refused(drafts.update(&two, 2, &plain(&cover, "改")).await, 40_114);
    not_sent(drafts.update(&two, -1, &plain(&cover, "改")).await, "index");

    assert_eq!(drafts.count().await.unwrap(), 2);
    drafts.delete(&one).await.unwrap();
    refused(drafts.delete(&one).await, 40_007);
    refused(drafts.get(&one).await, 40_007);
    assert_eq!(drafts.count().await.unwrap(), 1);
    pictures(&story, &cover).await;
    closed(&story).await;
    story.end();
}

fn plain(cover: &str, title: &str) -> Article {
    Article::new(title, "<p>春茶上市</p>").thumb_media_id(cover)
}

fn whole(cover: &str, title: &str) -> Article {
    let crop = Crop::new().ratio(Ratio::V2_35_1).x1("0").y1("0").x2("1").y2("0.5");
    plain(cover, title)
        .article_type(ArticleKind::News)
        .author("小满")
        .digest("明前龙井到店")
        .content_source_url("https://shop.example/tea")
        .need_open_comment(true)
        .only_fans_can_comment(true)
        .pic_crop_235_1("0.1945_0_1_0.5236")
        .pic_crop_1_1("0_0_0.5_1")
        .cover_info([crop])
}

async fn wrong(story: &Story, cover: &str) {
    let drafts = story.wechat.draft();
    not_sent(drafts.create(&[]).await, "articles");
    not_sent(drafts.create(&[plain(cover, &"字".repeat(33))]).await, "title");
    not_sent(drafts.create(&[plain(cover, "t").author("字".repeat(17))]).await, "author");
    not_sent(drafts.create(&[Article::new("t", "字".repeat(20_000))]).await, "content");
    refused(drafts.create(&[Article::new("没有封面", "c")]).await, 40_007);
    refused(drafts.create(&vec![plain(cover, "t"); 9]).await, 45_008);
    let with = |name: &str, value: String| {
        let mut article = json!({ "title": "t", "content": "c", "thumb_media_id": cover });
        article[name] = value.into();
        json!({ "articles": [article] })
    };
    for (body, errcode) in [
        (json!({ "articles": [] }), 44_003),
        (with("title", "字".repeat(33)), 45_003),
        (with("author", "字".repeat(17)), 45_110),
        (with("digest", "字".repeat(129)), 45_004),
        (with("content", "字".repeat(20_000)), 45_002),
        (with("content_source_url", format!("https://a/{}", "x".repeat(1015))), 45_005),
    ] {
        refused(story.post("/cgi-bin/draft/add", body).await, errcode);
    }
    // What the client lets pass is not too long for the platform.
    let longest = Article::new("字".repeat(32), "字".repeat(19_999)).thumb_media_id(cover).author("字".repeat(16));
    let longest = longest.digest("字".repeat(128)).content_source_url(format!("https://a/{}", "x".repeat(1014)));
    let id = drafts.create(&[longest]).await.unwrap();
    drafts.delete(&id).await.unwrap();
    story.sandbox.allow_comments(&story.app.appid, false).unwrap();
    refused(drafts.create(&[whole(cover, "t")]).await, 88_000);
    story.sandbox.allow_comments(&story.app.appid, true).unwrap();
}

async fn pictures(story: &Story, cover: &str) {
    let drafts = story.wechat.draft();
    let card = drafts.product_card("10001", ArticleKind::Newspic, 3).await.unwrap();
    assert!(!card.product_key.is_empty() && card.dom.contains("10001"), "{card:?}");
    assert!(drafts.product_card("10001", ArticleKind::News, 0).await.unwrap().dom.contains("10001"));
    not_sent(drafts.product_card("10001", ArticleKind::News, 4).await, "card_type");
    refused(drafts.product_card("tea", ArticleKind::News, 0).await, 10_170_001);
    refused(drafts.product_card("10001", ArticleKind::Newspic, 0).await, 10_170_003);

    let set = Article::new("茶山", format!("看茶{}", card.dom)).article_type(ArticleKind::Newspic);
    let set = set.cover_info([Crop::new().ratio(Ratio::V1_1).x1("0").y1("0").x2("0.8").y2("1")]);
    let full = set.clone().image_info([Image::new(cover), Image::new(cover)]).product_info(&card.product_key);
    let id = drafts.create(&[full]).await.unwrap();
    let kept = drafts.get(&id).await.unwrap();
    let article = &kept.news_item[0];
    assert_eq!(article.article_type, Some(ArticleKind::Newspic));
    let images: Vec<_> = article.image_info.iter().map(|image| image.image_media_id.as_str()).collect();
    assert_eq!((images, &article.product_info), (vec![cover, cover], &card.product_key));
    refused(drafts.create(std::slice::from_ref(&set)).await, 40_007);
    not_sent(drafts.create(&[set.image_info(vec![Image::new(cover); 21])]).await, "image_info");
}

#[expect(deprecated, reason = "the platform still answers")]
async fn closed(story: &Story) {
    let drafts = story.wechat.draft();
    story.sandbox.set_draft_box(&story.app.appid, false).unwrap();
    assert!(!drafts.switch(Some(true)).await.unwrap());
    // No errcode of their own: the drafts of this account are closed.
    refused(drafts.count().await, 48_001);
    refused(drafts.list(&List::new(0, 1)).await, 48_001);
    assert!(drafts.switch(None).await.unwrap() && drafts.switch(Some(true)).await.unwrap());
    assert_eq!(drafts.count().await.unwrap(), 2);
    story.refuse("/cgi-bin/draft/switch", 48_001);
    refused(drafts.switch(None).await, 48_001);
}
