//! Media is kept as what it is.

use super::*;
use crate::media_type::MediaType;

fn image(media_id: &str) -> String {
    format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>{OPENID}</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>image</MsgType><PicUrl>http://p</PicUrl><MediaId>{media_id}</MediaId><MsgId>1</MsgId></xml>"
    )
}

#[tokio::test]
async fn media_is_kept_and_what_lies_about_its_type_is_only_a_download() {
    let world = World::new().await;
    let file = ResponseTemplate::new(200).set_body_raw("<html><script>alert(1)</script>", "image/png");
    Mock::given(path("/cgi-bin/media/get")).respond_with(file).mount(&world.wechat).await;
    world.store_payload(1, OPENID, "image", now_ms(), &image("M1")).await;
    world.project().await;
    let chat = world.only().await.id;
    let page = world.seen().timeline(chat, None).await.unwrap();
    let Some(Bubble::Picture(view)) = &page.entries[0].bubble else { panic!("{page:?}") };
    assert_eq!(view.state, MediaState::Waiting);
    let (stop, runner) = world.jobs();
    while world.number("SELECT COUNT(*) AS n FROM inbox_media").await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    runner.await.unwrap();
    let (path, kind) = world.seen().media_file(chat, 1, "main").await.unwrap();
    assert_eq!(kind, MediaType::Other);
    assert!(path.starts_with(world.folder.path().join("media")));
    assert!(matches!(world.seen().media_file(chat, 1, "thumb").await, Err(Error::NotFound)));

    world.store(2, "oOther", "text", now_ms()).await;
    world.project().await;
    let other = world.chat_of("oOther").await;
    let stolen = world.seen().media_file(other, 1, "main").await;
    assert!(matches!(stolen, Err(Error::NotFound)), "another conversation's picture");
}

#[tokio::test]
async fn media_that_wechat_has_no_more_is_said_to_be_gone() {
    let world = World::new().await;
    Mock::given(path("/cgi-bin/media/get")).respond_with(refusal(40007)).mount(&world.wechat).await;
    world.store_payload(1, OPENID, "image", now_ms(), &image("M1")).await;
    world.project().await;
    let (stop, runner) = world.jobs();
    while world.number("SELECT COUNT(*) AS n FROM inbox_media WHERE state = 'gone'").await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    runner.await.unwrap();
}

#[tokio::test]
async fn a_film_beyond_the_limit_leaves_nothing_behind() {
    let world = World::new().await;
    let film = json!({"video_url": format!("{}/film", world.wechat.uri())});
    Mock::given(path("/cgi-bin/media/get")).respond_with(answer(film)).mount(&world.wechat).await;
    let endless = ResponseTemplate::new(200).set_body_bytes(vec![0; (64 << 20) + 1]);
    Mock::given(path("/film")).respond_with(endless).mount(&world.wechat).await;
    let payload = image("M1").replace("<MsgType>image</MsgType>", "<MsgType>video</MsgType>");
    world.store_payload(1, OPENID, "video", now_ms(), &payload).await;
    world.project().await;
    let (stop, runner) = world.jobs();
    while world.number("SELECT COUNT(*) AS n FROM inbox_media WHERE state = 'failed'").await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    runner.await.unwrap();
    let begun = std::fs::read_dir(world.folder.path().join("media/incoming")).unwrap().count();
    assert_eq!(begun, 0);
}

#[tokio::test]
async fn a_film_elsewhere_is_not_asked_for() {
    let world = World::new().await;
    let neighbour = MockServer::start().await;
    let film = json!({"video_url": format!("{}/film", neighbour.uri())});
    Mock::given(path("/cgi-bin/media/get")).respond_with(answer(film)).mount(&world.wechat).await;
    let payload = image("M1").replace("<MsgType>image</MsgType>", "<MsgType>video</MsgType>");
    world.store_payload(1, OPENID, "video", now_ms(), &payload).await;
    world.project().await;
    let (stop, runner) = world.jobs();
    while world.number("SELECT COUNT(*) AS n FROM inbox_media WHERE state = 'failed'").await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    runner.await.unwrap();
    assert!(neighbour.received_requests().await.unwrap().is_empty());
}
