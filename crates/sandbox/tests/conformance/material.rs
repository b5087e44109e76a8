//! Permanent materials.

use std::time::Duration;

use puzi_wechat::api::material::{Article, Counts, MaterialKind};
use puzi_wechat::client::{Field, MaterialFile, MediaKind, Method};
use serde_json::json;

use crate::files::{AMR, JPG, MP4, PNG};
use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn material() {
    let story = Story::of("material", 0).await;
    let material = story.wechat.material();

    let picture = material.upload(MediaKind::Image, "茶.png", PNG).await.unwrap();
    assert_eq!(&reqwest::get(&picture.url).await.unwrap().bytes().await.unwrap()[..], PNG);
    let voice = material.upload(MediaKind::Voice, "a.amr", AMR).await.unwrap();
    assert_eq!(voice.url, "");
    let cover = material.upload(MediaKind::Thumb, "a.jpg", JPG).await.unwrap();
    let film = material.upload_video("采茶", "三月的茶山", "a.mp4", MP4).await.unwrap();
    not_sent(material.upload(MediaKind::Video, "a.mp4", MP4).await, "description");
    not_sent(material.upload_video("", "", "a.mp4", MP4).await, "description.title");
    not_sent(material.upload(MediaKind::Image, "a.webp", PNG).await, "media");
    refused(material.upload(MediaKind::Thumb, "a.jpg", PNG).await, 40_005);
    let form = [Field::file("media", "a.png", PNG)];
    let call = story.wechat.call(Method::POST, "/cgi-bin/material/add_material").query("type", "poem");
    refused(call.multipart(form).done().await, 40_004);

    let old = vec![json!({ "title": "旧文", "content": "<p>字</p>", "show_cover_pic": 1 })];
    let news = story.sandbox.keep_old_articles(&story.app.appid, old).unwrap();
    // They are kept until they are removed.
    story.sandbox.clock().advance(Duration::from_secs(30 * 86_400));
    for (id, bytes) in [(&picture.media_id, PNG), (&voice.media_id, AMR), (&cover.media_id, JPG)] {
        let MaterialFile::Bytes(file) = material.download(id).await.unwrap() else { panic!("{id} is bytes") };
        assert_eq!(&file.bytes[..], bytes);
    }
    let told = material.download(&film.media_id).await.unwrap();
    let MaterialFile::Video { title, description, url } = told else { panic!("{told:?}") };
    assert_eq!((title.as_str(), description.as_str()), ("采茶", "三月的茶山"));
    assert_eq!(&reqwest::get(url).await.unwrap().bytes().await.unwrap()[..], MP4);
    let told = material.download(&news).await.unwrap();
    let MaterialFile::News(articles) = told else { panic!("{told:?}") };
    assert_eq!((articles[0].title.as_str(), articles[0].show_cover_pic), ("旧文", true));
    refused(material.download("no-such-media").await, 40_007);
    not_sent(material.download("").await, "media_id");

    let Counts { voice_count, video_count, image_count, news_count, .. } = material.count().await.unwrap();
    assert_eq!((voice_count, video_count, image_count, news_count), (1, 1, 1, 1));
    story.refuse("/cgi-bin/material/get_materialcount", 48_001);
    refused(material.count().await, 48_001);
    story.accept();

    let page = material.list(MaterialKind::Image, 0, 20).await.unwrap();
    assert_eq!((page.total_count, page.item_count), (1, 1));
    assert_eq!((&page.item[0].media_id, page.item[0].name.as_str()), (&picture.media_id, "茶.png"));
    assert_eq!(page.item[0].url, picture.url);
    let page = material.list(MaterialKind::News, 0, 1).await.unwrap();
    assert_eq!(page.item[0].content.as_ref().unwrap().news_item[0].title, "旧文");
    not_sent(material.list(MaterialKind::Image, 0, 21).await, "count");
    not_sent(material.list(MaterialKind::Image, -1, 1).await, "offset");
    let thumbs = json!({ "type": "thumb", "offset": 0, "count": 1 });
    refused(story.post("/cgi-bin/material/batchget_material", thumbs).await, 40_004);

    let button = json!({ "type": "media_id", "name": "茶", "media_id": picture.media_id });
    story.post("/cgi-bin/menu/create", json!({ "button": [button] })).await.unwrap();
    refused(material.delete(&picture.media_id).await, 48_005);
    story.wechat.menu().delete().await.unwrap();
    material.delete(&picture.media_id).await.unwrap();
    refused(material.delete(&picture.media_id).await, 40_007);
    assert_eq!(material.count().await.unwrap().image_count, 0);
    assert_eq!(material.list(MaterialKind::Image, 0, 20).await.unwrap().total_count, 0);
    retired(&story, &cover.media_id).await;
    story.end();
}

#[expect(deprecated, reason = "the platform took them away, and says so")]
async fn retired(story: &Story, cover: &str) {
    let material = story.wechat.material();
    let article = Article::new("春茶上市", cover, "<p>明前龙井</p>");
    not_sent(material.add_news(&[]).await, "articles");
    refused(material.add_news(std::slice::from_ref(&article)).await, 45_106);
    not_sent(material.update_news("news", -1, &article).await, "index");
    refused(material.update_news("news", 0, &article).await, 45_106);
}
