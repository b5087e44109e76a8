//! Temporary media, pictures for articles, speech.

use std::time::Duration;

use puzi_wechat::api::media::{Article, UploadVideo};
use puzi_wechat::client::{Field, MediaFile, MediaKind, MediaStream, Method, SpeechLanguage};
use serde_json::json;

use crate::files::{AMR, JPG, MP3, MP4, PNG};
use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn media() {
    let story = Story::of("media", 1).await;
    files(&story).await;
    for_articles(&story).await;
    speech(&story).await;
    story.end();
}

async fn files(story: &Story) {
    let media = story.wechat.media();
    let picture = media.upload(MediaKind::Image, "茶.png", PNG).await.unwrap();
    assert_eq!(picture.created_at, story.sandbox.clock().now());
    let MediaFile::Bytes(file) = media.download(&picture.media_id).await.unwrap() else { panic!("a picture is bytes") };
    assert_eq!((&file.bytes[..], file.content_type.as_deref()), (PNG, Some("image/png")));
    let voice = media.upload(MediaKind::Voice, "a.amr", AMR).await.unwrap();
    let MediaStream::Bytes(mut voice) = media.download_stream(&voice.media_id).await.unwrap() else {
        panic!("a voice is bytes")
    };
    assert_eq!(voice.chunk().await.unwrap().as_deref(), Some(AMR));
    let cover = media.upload(MediaKind::Thumb, "a.jpg", JPG).await.unwrap();
    let MediaFile::Bytes(file) = media.download(&cover.media_id).await.unwrap() else { panic!("a cover is bytes") };
    assert_eq!(&file.bytes[..], JPG);
    let film = media.upload(MediaKind::Video, "a.mp4", MP4).await.unwrap();
    let MediaFile::Video { url } = media.download(&film.media_id).await.unwrap() else { panic!("a video is a URL") };
    assert_eq!(&reqwest::get(url).await.unwrap().bytes().await.unwrap()[..], MP4);
    let stream = media.download_stream(&film.media_id).await.unwrap();
    assert!(matches!(stream, MediaStream::Video { .. }), "{stream:?}");

    not_sent(media.upload(MediaKind::Image, "a.bmp", PNG).await, "media");
    not_sent(media.upload(MediaKind::Thumb, "a.jpg", vec![0; 64 * 1024 + 1]).await, "media");
    not_sent(media.upload(MediaKind::Image, "a.png", Vec::new()).await, "media");
    not_sent(media.download("").await, "media_id");
    // The platform looks into the file.
    refused(media.upload(MediaKind::Image, "a.png", MP4).await, 40_005);
    refused(media.download("no-such-media").await, 40_007);
    refused(media.download_stream("no-such-media").await.map(|_| ()), 40_007);

    let recorded = story.sandbox.record_voice(&story.app.appid).unwrap();
    assert!(!media.download_voice(&recorded).await.unwrap().bytes.is_empty());
    refused(media.download_voice(&picture.media_id).await, 40_007);
    // It lasts for three days.
    story.sandbox.clock().advance(Duration::from_secs(3 * 86_400));
    refused(media.download(&picture.media_id).await, 40_007);
}

fn article(cover: &str) -> Article {
    Article::new("春茶上市", cover, "<p>明前龙井</p>").author("小满").show_cover_pic(false).need_open_comment(true)
}

async fn for_articles(story: &Story) {
    let media = story.wechat.media();
    let url = media.upload_image("茶.png", PNG).await.unwrap();
    assert_eq!(&reqwest::get(url).await.unwrap().bytes().await.unwrap()[..], PNG);
    not_sent(media.upload_image("茶.gif", PNG).await, "media");
    not_sent(media.upload_image("茶.png", vec![0; 1024 * 1024]).await, "media");
    refused(media.upload_image("茶.png", &b"GIF89a"[..]).await, 40_005);
    let large = [PNG, &vec![0; 1024 * 1024 - PNG.len()]].concat();
    let form = [Field::file("media", "茶.png", large)];
    refused(story.wechat.call(Method::POST, "/cgi-bin/media/uploadimg").multipart(form).done().await, 40_009);

    let cover = media.upload(MediaKind::Thumb, "a.jpg", JPG).await.unwrap().media_id;
    let news = media.upload_news(&[article(&cover), article(&cover)]).await.unwrap();
    assert_eq!((news.kind.as_str(), news.created_at), ("news", story.sandbox.clock().now()));
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;
    fan.text("有新茶吗").await;
    let body = json!({ "touser": "fan-0", "msgtype": "mpnews", "mpnews": { "media_id": news.media_id } });
    story.post("/cgi-bin/message/custom/send", body).await.unwrap();
    assert_eq!(fan.chat().pop().unwrap().articles.len(), 2);
    not_sent(media.upload_news(&[]).await, "articles");
    refused(media.upload_news(&[article("no-such-media")]).await, 40_007);
    refused(story.post("/cgi-bin/media/uploadnews", json!({ "articles": [] })).await, 44_003);

    let film = media.upload(MediaKind::Video, "a.mp4", MP4).await.unwrap().media_id;
    let sendable = media.upload_video(&UploadVideo::new(&film).title("采茶").description("三月的茶山")).await.unwrap();
    assert_eq!(sendable.kind.as_str(), "video");
    assert_ne!(sendable.media_id, film);
    refused(media.upload_video(&UploadVideo::new("no-such-media")).await, 40_007);
}

async fn speech(story: &Story) {
    let media = story.wechat.media();
    let recognize =
        async |name: &str, bytes: &'static [u8]| media.recognize("voice-1", SpeechLanguage::Chinese, name, bytes).await;
    recognize("a.mp3", MP3).await.unwrap();
    let text = media.recognized("voice-1", SpeechLanguage::Chinese).await.unwrap();
    assert!(!text.is_empty());
    assert_ne!(media.recognized("voice-1", SpeechLanguage::English).await.unwrap(), text);
    not_sent(recognize("a.amr", MP3).await, "media");
    not_sent(media.recognized("", SpeechLanguage::Chinese).await, "voice_id");
    let call = story.wechat.call(Method::POST, "/cgi-bin/media/voice/addvoicetorecofortext").query("format", "mp3");
    let form = [Field::file("media", "a.mp3", [MP3, &vec![0; 1024 * 1024]].concat())];
    refused(call.query("voice_id", "voice-2").multipart(form).done().await, 40_010);
    story.sandbox.clock().advance(Duration::from_secs(11));
    assert_eq!(media.recognized("voice-1", SpeechLanguage::Chinese).await.unwrap(), "", "too late");
    story.refuse("/cgi-bin/media/voice/queryrecoresultfortext", 48_001);
    refused(media.recognized("voice-1", SpeechLanguage::Chinese).await, 48_001);
    story.accept();

    let (chinese, english) = (SpeechLanguage::Chinese, SpeechLanguage::English);
    let told = media.translate("绿茶", chinese, english).await.unwrap();
    assert_eq!(told.from, "绿茶");
    assert!(!told.to.is_empty() && told.to != "绿茶", "{told:?}");
    not_sent(media.translate(&"字".repeat(201), chinese, english).await, "text");
    let path = "/cgi-bin/media/voice/translatecontent";
    let call = story.wechat.call(Method::POST, path).query("lfrom", "zh_CN").query("lto", "fr_FR");
    refused(call.text("绿茶").done().await, 40_035);
}
