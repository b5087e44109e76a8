use puzi_wechat::client::SpeechLanguage::{Chinese, English};
use puzi_wechat::client::{Field, MaterialFile, MediaKind, MediaStream, Method};
use serde_json::json;
use wiremock::matchers::{any, body_json, body_string, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{assert_unsent, code, get, ok, post, start};

async fn last_body(server: &MockServer) -> String {
    let request = server.received_requests().await.unwrap().pop().unwrap();
    String::from_utf8_lossy(&request.body).into_owned()
}

#[tokio::test]
async fn material_is_uploaded_and_a_video_with_its_description() {
    let (server, client) = start().await;
    let add = "/cgi-bin/material/add_material";
    let picture = ok(json!({"media_id": "M", "url": "http://mmbiz.qpic.cn/m"}));
    post(add).and(query_param("type", "image")).respond_with(picture).expect(1).mount(&server).await;
    let uploaded = client.material().upload(MediaKind::Image, "茶.bmp", vec![1; 9]).await.unwrap();
    assert_eq!((uploaded.media_id.as_str(), uploaded.url.as_str()), ("M", "http://mmbiz.qpic.cn/m"));
    let body = last_body(&server).await;
    assert!(body.contains("name=\"media\"; filename=\"茶.bmp\"") && !body.contains("description"), "{body}");

    let video = ok(json!({"media_id": "V", "item": []}));
    post(add).and(query_param("type", "video")).respond_with(video).expect(1).mount(&server).await;
    let uploaded = client.material().upload_video("采\"茶", "三月的茶山", "tea.mp4", vec![1; 9]).await.unwrap();
    assert_eq!((uploaded.media_id.as_str(), uploaded.url.as_str()), ("V", ""));
    let body = last_body(&server).await;
    let description = r#"{"introduction":"三月的茶山","title":"采\"茶"}"#;
    assert!(body.contains("name=\"description\"") && body.contains(description), "{body}");
}

#[tokio::test]
async fn material_is_never_uploaded_twice() {
    let (server, client) = start().await;
    post("/cgi-bin/material/add_material").respond_with(code(-1)).expect(1).mount(&server).await;
    let error = client.material().upload(MediaKind::Thumb, "a.jpg", vec![1]).await.unwrap_err();
    assert_eq!(error.errcode, Some(-1));
}

#[tokio::test]
async fn a_file_that_would_be_refused_is_not_sent() {
    let (server, client) = start().await;
    Mock::given(any()).respond_with(code(0)).expect(0).mount(&server).await;
    let (media, material) = (client.media(), client.material());
    let mb = 1024 * 1024;
    for (error, says) in [
        (material.upload(MediaKind::Voice, "a.ogg", vec![1]).await.unwrap_err(), "end in one of mp3, wma, wav, amr"),
        (material.upload(MediaKind::Voice, "a.WMA", vec![0; 2 * mb + 1]).await.unwrap_err(), "2097152 are allowed"),
        (material.upload(MediaKind::Image, "a.gif", vec![]).await.unwrap_err(), "`media` is empty"),
        (material.upload(MediaKind::Video, "a.mp4", vec![1]).await.unwrap_err(), "`description` is missing"),
        (material.upload_video("", "i", "a.mp4", vec![1]).await.unwrap_err(), "`description.title` is empty"),
        (material.upload_video("t", "i", "a.avi", vec![1]).await.unwrap_err(), "end in one of mp4"),
        (material.upload(MediaKind::Thumb, "a.jpg", vec![0; 65537]).await.unwrap_err(), "65536 are allowed"),
        (media.upload_image("a.gif", vec![1]).await.unwrap_err(), "end in one of jpg, jpeg, png"),
        (media.upload_image("a.png", vec![0; mb]).await.unwrap_err(), "1048576 bytes; 1048575 are allowed"),
        (media.recognize("v", Chinese, "a.amr", vec![1]).await.unwrap_err(), "end in one of mp3"),
        (media.recognize("", Chinese, "a.mp3", vec![1]).await.unwrap_err(), "`voice_id` is empty"),
        (media.translate(&"x".repeat(601), English, Chinese).await.unwrap_err(), "601 bytes"),
        (media.translate("", English, Chinese).await.unwrap_err(), "is empty"),
        (media.download("").await.unwrap_err(), "`media_id` is empty"),
        (material.download("").await.unwrap_err(), "`media_id` is empty"),
    ] {
        assert_unsent(&error, says);
    }
}

#[tokio::test]
async fn material_is_downloaded_as_what_it_is() {
    let (server, client) = start().await;
    let of = |id: &str| post("/cgi-bin/material/get_material").and(body_json(json!({"media_id": id})));
    let jpeg = ResponseTemplate::new(200).set_body_raw(vec![0xff, 0xd8, b'{'], "image/jpeg");
    of("P").respond_with(jpeg).mount(&server).await;
    of("V")
        .respond_with(ok(json!({"title": "采茶", "description": null, "down_url": "http://v"})))
        .mount(&server)
        .await;
    let article = json!({"title": "春茶", "show_cover_pic": "1", "url": "http://a", "content": "<p>"});
    of("N").respond_with(ok(json!({"news_item": [article], "create_time": 1}))).mount(&server).await;
    of("X").respond_with(code(40007)).mount(&server).await;

    let MaterialFile::Bytes(file) = client.material().download("P").await.unwrap() else { panic!("no bytes") };
    assert_eq!(&file.bytes[..], [0xff, 0xd8, b'{']);
    let MaterialFile::Video { title, description, url } = client.material().download("V").await.unwrap() else {
        panic!("no video")
    };
    assert_eq!((title.as_str(), description.as_str(), url.as_str()), ("采茶", "", "http://v"));
    let MaterialFile::News(articles) = client.material().download("N").await.unwrap() else { panic!("no news") };
    assert_eq!((articles[0].title.as_str(), articles[0].show_cover_pic), ("春茶", true));
    assert_eq!(client.material().download("X").await.unwrap_err().errcode, Some(40007));
}

#[tokio::test]
async fn a_download_comes_in_pieces_and_a_video_as_its_address() {
    let (server, client) = start().await;
    let of = |id: &str| get("/cgi-bin/media/get").and(query_param("media_id", id));
    let voice = ResponseTemplate::new(200).set_body_raw(vec![7; 300_000], "voice/amr");
    of("A").respond_with(voice).mount(&server).await;
    of("V").respond_with(ok(json!({"video_url": "http://v"}))).mount(&server).await;
    of("X").respond_with(code(40007)).mount(&server).await;

    let MediaStream::Bytes(mut pieces) = client.media().download_stream("A").await.unwrap() else { panic!("no bytes") };
    assert_eq!(pieces.length, Some(300_000));
    let mut length = 0;
    while let Some(piece) = pieces.chunk().await.unwrap() {
        length += piece.len();
    }
    assert_eq!(length, 300_000);
    let MediaStream::Video { url } = client.media().download_stream("V").await.unwrap() else { panic!("no video") };
    assert_eq!(url, "http://v");
    assert_eq!(client.media().download_stream("X").await.unwrap_err().errcode, Some(40007));
}

#[tokio::test]
async fn speech_becomes_text_and_another_language() {
    let (server, client) = start().await;
    post("/cgi-bin/media/voice/addvoicetorecofortext")
        .and(query_param("format", "mp3"))
        .and(query_param("voice_id", "q1"))
        .and(query_param("lang", "zh_CN"))
        .respond_with(code(0))
        .expect(1)
        .mount(&server)
        .await;
    post("/cgi-bin/media/voice/queryrecoresultfortext")
        .and(query_param("voice_id", "q1"))
        .respond_with(ok(json!({"result": "多少钱"})))
        .mount(&server)
        .await;
    post("/cgi-bin/media/voice/translatecontent")
        .and(query_param("lfrom", "zh_CN"))
        .and(query_param("lto", "en_US"))
        .and(body_string("多少钱"))
        .respond_with(ok(json!({"from_content": "多少钱", "to_content": "How much?"})))
        .mount(&server)
        .await;
    client.media().recognize("q1", Chinese, "q.mp3", vec![1; 99]).await.unwrap();
    let text = client.media().recognized("q1", Chinese).await.unwrap();
    assert_eq!(client.media().translate(&text, Chinese, English).await.unwrap().to, "How much?");

    get("/cgi-bin/media/get/jssdk")
        .and(query_param("media_id", "S"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(vec![1, 2, 3], "voice/speex"))
        .mount(&server)
        .await;
    assert_eq!(client.media().download_voice("S").await.unwrap().bytes.len(), 3);
    post("/cgi-bin/media/uploadimg").respond_with(ok(json!({"url": "http://p"}))).mount(&server).await;
    assert_eq!(client.media().upload_image("a.JPG", vec![1]).await.unwrap(), "http://p");
}

#[tokio::test]
async fn a_page_in_the_place_of_a_file_is_cut_and_tells_no_token() {
    let (server, client) = start().await;
    let page = format!("<p>GET /cgi-bin/media/get?access_token={} failed</p>\n{}", super::TOKEN, "x".repeat(100_000));
    let page = ResponseTemplate::new(200).set_body_raw(page, "text/html");
    get("/cgi-bin/media/get").respond_with(page).mount(&server).await;
    let error = client.media().download_stream("M").await.unwrap_err();
    let received = error.received.as_deref().unwrap();
    assert!(received.starts_with("<p>GET") && received.len() < 210 && !received.contains('\n'), "{received}");
    assert!(!format!("{error} {error:?}").contains(super::TOKEN), "{error}");
}

#[tokio::test]
async fn a_field_of_another_shape_is_cut_too() {
    let (server, client) = start().await;
    let tags = json!({"tags": {"access_token": "nobody-may-read", "long": "x\n".repeat(4000)}});
    get("/cgi-bin/tags/get").respond_with(ok(tags)).mount(&server).await;
    let error = client.tags().list().await.unwrap_err();
    let received = error.received.as_deref().unwrap();
    assert!(received.len() < 210 && !received.contains("nobody"), "{received}");
}

#[tokio::test]
async fn names_stay_within_the_header_of_their_part() {
    let (server, client) = start().await;
    post("/x").respond_with(code(0)).expect(1).mount(&server).await;
    let bad = "a\"\r\nX-Made-Up: 1\r\n\r\nb";
    let fields = [Field::text(bad, "v"), Field::file(bad, bad, vec![1])];
    client.call(Method::POST, "/x").multipart(fields).done().await.unwrap();
    let body = last_body(&server).await;
    assert!(!body.contains("\nX-Made-Up") && body.contains("name=\"aX-Made-Up: 1b\""), "{body}");
}
