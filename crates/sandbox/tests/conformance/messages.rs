//! Customer-service messages of every kind.

use puzi_wechat::client::{CustomArticle, CustomMessage, MediaKind, MenuChoice};
use serde_json::json;

use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn messages() {
    let story = Story::of("messages", 1).await;
    let messages = story.wechat.messages();
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;

    refused(messages.send("fan-0", &CustomMessage::text("早上好")).await, 45_015);
    refused(messages.send("nobody", &CustomMessage::text("早上好")).await, 40_003);
    not_sent(messages.send("fan-0", &CustomMessage::text("字".repeat(683))).await, "text.content");

    for (n, message) in every_kind(&story).await.iter().enumerate() {
        // A message opens the window for five.
        if n % 5 == 0 {
            fan.text("在吗").await;
        }
        messages.send("fan-0", message).await.unwrap_or_else(|error| panic!("{}: {error}", message.kind()));
    }
    refused(messages.send("fan-0", &CustomMessage::image("no-such-media")).await, 40_007);

    messages.typing("fan-0", true).await.unwrap();
    // That it shows already is no failure to the client.
    messages.typing("fan-0", true).await.unwrap();
    let again = json!({ "touser": "fan-0", "command": "Typing" });
    refused(story.post("/cgi-bin/message/custom/typing", again).await, 45_081);
    messages.typing("fan-0", false).await.unwrap();
    story.end();
}

async fn every_kind(story: &Story) -> Vec<CustomMessage> {
    let picture = upload(story, MediaKind::Image, "a.png", PNG).await;
    let voice = upload(story, MediaKind::Voice, "a.amr", b"#!AMR\n\x3c\x91\x17\x16").await;
    let film = upload(story, MediaKind::Video, "a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom").await;
    let thumb = upload(story, MediaKind::Thumb, "a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\xff\xd9").await;
    vec![
        CustomMessage::text("在的"),
        CustomMessage::image(&picture),
        CustomMessage::Voice { media_id: voice },
        CustomMessage::Video {
            media_id: film,
            thumb_media_id: thumb.clone(),
            title: "开箱".into(),
            description: "新到的春茶".into(),
        },
        CustomMessage::Music {
            title: "采茶曲".into(),
            description: "茶园".into(),
            musicurl: "https://shop.example/a.mp3".into(),
            hqmusicurl: "https://shop.example/b.mp3".into(),
            thumb_media_id: thumb.clone(),
        },
        CustomMessage::News {
            articles: [CustomArticle {
                title: "春茶上市".into(),
                description: "明前龙井".into(),
                url: "https://shop.example/tea".into(),
                picurl: "https://shop.example/tea.jpg".into(),
            }],
        },
        CustomMessage::MsgMenu {
            head_content: "满意吗？".into(),
            list: vec![
                MenuChoice { id: "1".into(), content: "满意".into() },
                MenuChoice { id: "2".into(), content: "不满意".into() },
            ],
            tail_content: "欢迎再来".into(),
        },
        CustomMessage::WxCard { card_id: "pFS7Fjg8kV1IdDz01r4SQwMkuCKc".into() },
        CustomMessage::MiniProgramPage {
            title: "小程序商城".into(),
            appid: "wx0123456789abcdef".into(),
            pagepath: "pages/index".into(),
            thumb_media_id: thumb,
        },
    ]
}

/// One pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

async fn upload(story: &Story, kind: MediaKind, name: &str, bytes: &'static [u8]) -> String {
    story.wechat.media().upload(kind, name, bytes).await.unwrap().media_id
}
