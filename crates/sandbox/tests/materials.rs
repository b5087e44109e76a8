//! Temporary media and permanent material.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, app, errcode, reply_with, say, wechat};
use puzi_sandbox::{Action, App, Config, Kind, Outcome, Sandbox};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPG: &[u8] = b"\xff\xd8\xff\xe0";
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0";

fn demo() -> String {
    App::demo().appid
}

fn sized(head: &[u8], size: usize) -> Vec<u8> {
    [head, &vec![0; size]].concat()
}

fn amr(seconds: usize) -> Vec<u8> {
    [b"#!AMR\n".to_vec(), vec![0x7C; seconds * 50]].concat()
}

async fn send(wechat: &Sandbox, path: &str, form: Form) -> Value {
    let request = reqwest::Client::new().post(format!("{}{path}", wechat.url())).multipart(form);
    request.send().await.unwrap().json().await.unwrap()
}

fn file(bytes: &[u8], name: &str) -> Part {
    Part::bytes(bytes.to_vec()).file_name(name.to_owned())
}

/// Keeps a file for good and gives its media id.
async fn keep(api: &Api, kind: &str, bytes: &[u8]) -> String {
    let kept = api.upload(&format!("/cgi-bin/material/add_material?type={kind}"), bytes.to_vec()).await;
    kept["media_id"].as_str().unwrap_or_else(|| panic!("{kept}")).to_owned()
}

async fn get(api: &Api, media_id: &str) -> reqwest::Response {
    let path = format!("/cgi-bin/material/get_material?access_token={}", api.token);
    api.fetch(Method::POST, &path, Some(json!({ "media_id": media_id }))).await
}

#[tokio::test]
async fn every_kind_is_kept_until_it_is_deleted() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let path = |kind: &str| format!("/cgi-bin/material/add_material?type={kind}&access_token={}", api.token);
    let image = send(&wechat, &path("image"), Form::new().part("media", file(PNG, "门面.png"))).await;
    let url = image["url"].as_str().unwrap();
    assert_eq!(reqwest::get(url).await.unwrap().bytes().await.unwrap(), PNG);
    let image = image["media_id"].as_str().unwrap();
    let voice = keep(&api, "voice", &amr(3)).await;
    let thumb = keep(&api, "thumb", JPG).await;
    let form = Form::new().part("media", file(MP4, "film.mp4"));
    let form = form.text("description", "{\"title\":\"开业\",\"introduction\":\"第一天\"}");
    let video = send(&wechat, &path("video"), form).await;
    assert!(video.get("url").is_none());
    let video = video["media_id"].as_str().unwrap();
    let query = "{\"title\":\"q\"}".replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
    let asked = format!("{}&description={query}", path("video"));
    assert!(send(&wechat, &asked, Form::new().part("media", file(MP4, "f"))).await["media_id"].is_string());

    wechat.clock().advance(Duration::from_secs(400 * 86_400));
    let api = Api::of(&wechat).await;
    let got = get(&api, image).await;
    assert_eq!(got.headers()["content-type"], "image/png");
    assert!(got.headers()["content-disposition"].to_str().unwrap().ends_with(".png\""));
    assert_eq!(got.bytes().await.unwrap(), PNG);
    assert_eq!(get(&api, &voice).await.bytes().await.unwrap(), amr(3));
    assert_eq!(get(&api, &thumb).await.bytes().await.unwrap(), JPG);
    let film: Value = get(&api, video).await.json().await.unwrap();
    assert_eq!((&film["title"], &film["description"]), (&json!("开业"), &json!("第一天")));
    assert_eq!(reqwest::get(film["down_url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap(), MP4);
    let old = vec![json!({ "title": "旧文", "content": "<p>字</p>" })];
    let news = wechat.keep_old_articles(&demo(), old.clone()).unwrap();
    let told: Value = get(&api, &news).await.json().await.unwrap();
    assert_eq!(told, json!({ "news_item": old }));

    let counts = api.get("/cgi-bin/material/get_materialcount").await;
    assert_eq!(counts, json!({ "image_count": 1, "voice_count": 1, "video_count": 2, "news_count": 1 }));
    let delete = async |id: &str| errcode(&api.post("/cgi-bin/material/del_material", json!({ "media_id": id })).await);
    for id in [image, &voice, &thumb, video, &news] {
        assert_eq!((delete(id).await, delete(id).await), (0, 40007));
        assert_eq!(errcode(&get(&api, id).await.json().await.unwrap()), 40007);
    }
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    let counts = api.get("/cgi-bin/material/get_materialcount").await;
    assert_eq!(counts, json!({ "image_count": 0, "voice_count": 0, "video_count": 1, "news_count": 0 }));
}

#[tokio::test]
async fn uploads_are_checked() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    for (path, kind, bytes, wanted) in [
        ("material/add_material", "image", sized(PNG, 10 << 20), 40009),
        ("material/add_material", "image", b"words".to_vec(), 40005),
        ("material/add_material", "image", Vec::new(), 44001),
        ("material/add_material", "image", b"BM-bitmap".to_vec(), 0),
        ("media/upload", "image", b"BM-bitmap".to_vec(), 40005),
        ("material/add_material", "voice", sized(b"#!AMR\n", 2 << 20), 40010),
        ("material/add_material", "voice", amr(60), 0),
        ("material/add_material", "voice", amr(61), 45007),
        ("media/upload", "voice", amr(61), 45007),
        ("material/add_material", "voice", b"RIFF\0\0\0\0WAVEfmt ".to_vec(), 0),
        ("media/upload", "voice", b"RIFF\0\0\0\0WAVEfmt ".to_vec(), 40005),
        ("material/add_material", "voice", PNG.to_vec(), 40005),
        ("material/add_material", "video", MP4.to_vec(), 40035),
        ("media/upload", "video", sized(MP4, 10 << 20), 40011),
        ("material/add_material", "thumb", sized(JPG, 64 << 10), 40012),
        ("material/add_material", "thumb", PNG.to_vec(), 40005),
        ("material/add_material", "poem", PNG.to_vec(), 40004),
        ("material/add_material", "", PNG.to_vec(), 40004),
    ] {
        let answer = api.upload(&format!("/cgi-bin/{path}?type={kind}"), bytes).await;
        assert_eq!(errcode(&answer), wanted, "{path} {kind}: {answer}");
    }
    let path = |kind: &str| format!("/cgi-bin/material/add_material?type={kind}&access_token={}", api.token);
    let described = |words: &'static str| Form::new().part("media", file(MP4, "f")).text("description", words);
    for (form, wanted) in [
        (described("not json"), 47001),
        (described("{}"), 40035),
        (described("{\"title\":1}"), 47001),
        (described("{\"title\":\"t\"}"), 0),
        (Form::new().part("file", file(MP4, "f")), 41005),
        (Form::new().part("media", Part::bytes(MP4.to_vec())), 41005),
    ] {
        assert_eq!(errcode(&send(&wechat, &path("video"), form).await), wanted);
    }
    assert_eq!(errcode(&api.get("/cgi-bin/material/add_material?type=image").await), 43002);
    // A card's logo has another name in its form.
    let logo = format!("/cgi-bin/media/uploadimg?access_token={}", api.token);
    assert!(send(&wechat, &logo, Form::new().part("buffer", file(PNG, "l.png"))).await["url"].is_string());
    assert_eq!(errcode(&api.upload("/cgi-bin/media/uploadimg", sized(PNG, 1 << 20)).await), 40009);
}

#[tokio::test]
async fn lists_come_in_pages_the_newest_first() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let mut ids = Vec::new();
    for _ in 0..25 {
        ids.push(keep(&api, "image", PNG).await);
    }
    keep(&api, "voice", &amr(1)).await;
    let list = async |kind: &str, offset: i64, count: i64| {
        let body = json!({ "type": kind, "offset": offset, "count": count });
        api.post("/cgi-bin/material/batchget_material", body).await
    };
    let page = list("image", 0, 20).await;
    assert_eq!((&page["total_count"], &page["item_count"]), (&json!(25), &json!(20)));
    let item = &page["item"][0];
    assert_eq!((&item["media_id"], &item["name"]), (&json!(ids[24]), &json!("file.bin")));
    assert!(item["url"].is_string() && item["update_time"].is_i64());
    let rest = list("image", 20, 20).await;
    assert_eq!((&rest["item_count"], &rest["item"][4]["media_id"]), (&json!(5), &json!(ids[0])));
    assert_eq!(list("image", 25, 1).await["item"], json!([]));
    assert!(list("voice", 0, 1).await["item"][0].get("url").is_none());
    wechat.keep_old_articles(&demo(), vec![json!({ "title": "旧文" })]).unwrap();
    assert_eq!(list("news", 0, 1).await["item"][0]["content"]["news_item"][0]["title"], "旧文");
    assert_eq!(list("video", 0, 20).await["total_count"], 0);
    for (kind, offset, count, wanted) in [
        ("thumb", 0, 1, 40004),
        ("", 0, 1, 40004),
        ("image", -1, 1, 40035),
        ("image", 0, 0, 40035),
        ("image", 0, 21, 40035),
    ] {
        assert_eq!(errcode(&list(kind, offset, count).await), wanted, "{kind} {offset} {count}");
    }
    let without = api.post("/cgi-bin/material/batchget_material", json!({ "type": "image" })).await;
    assert_eq!(errcode(&without), 40035);
    for path in ["get_material", "del_material"] {
        let path = format!("/cgi-bin/material/{path}");
        for (body, wanted) in [(json!({}), 40007), (json!({ "media_id": 1 }), 47001), (json!([]), 47001)] {
            assert_eq!(errcode(&api.post(&path, body).await), wanted, "{path}");
        }
    }
    assert_eq!(errcode(&api.post("/cgi-bin/material/get_materialcount", json!({})).await), 43001);
}

#[tokio::test]
async fn a_thousand_voices_are_enough() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let voice = amr(1);
    for _ in 0..1000 {
        keep(&api, "voice", &voice).await;
    }
    assert_eq!(errcode(&api.upload("/cgi-bin/material/add_material?type=voice", voice.clone()).await), 45009);
    wechat.clock().advance(Duration::from_secs(86_400));
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.upload("/cgi-bin/material/add_material?type=voice", voice.clone()).await), 45034);
    keep(&api, "image", PNG).await;
    let newest = json!({ "type": "voice", "offset": 999, "count": 1 });
    let oldest = api.post("/cgi-bin/material/batchget_material", newest).await["item"][0]["media_id"].clone();
    api.post("/cgi-bin/material/del_material", json!({ "media_id": oldest })).await;
    keep(&api, "voice", &voice).await;
}

#[tokio::test]
async fn temporary_and_permanent_are_told_apart() {
    let callback = Callback::content().await;
    let wechat = wechat(&callback).await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), ..app(&callback) };
    wechat.add_app(other).unwrap();
    let api = Api::of(&wechat).await;
    let lasting = keep(&api, "image", PNG).await;
    let passing = api.upload("/cgi-bin/media/upload?type=image", PNG.to_vec()).await;
    let passing = passing["media_id"].as_str().unwrap();
    assert_eq!(errcode(&api.get(&format!("/cgi-bin/media/get?media_id={lasting}")).await), 40007);
    assert_eq!(errcode(&get(&api, passing).await.json().await.unwrap()), 40007);
    assert_eq!(errcode(&api.get("/cgi-bin/media/get").await), 41006);
    // Retired in 2022.
    for path in ["add_news", "update_news"] {
        let body = json!({ "articles": [{ "title": "t" }] });
        assert_eq!(errcode(&api.post(&format!("/cgi-bin/material/{path}"), body).await), 45106);
    }

    // Both can be sent, the passing one for three days; another account's cannot.
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let judged = async |id: &str| {
        let inside = format!("<Image><MediaId>{id}</MediaId></Image>");
        callback.think(move |got| say(reply_with(got, "image", &inside)));
        fan.compose(Action::Text { content: "?".into(), bizmsgmenuid: None }).deliver().await
    };
    assert_eq!(judged(&lasting).await.outcome, Outcome::Answered);
    let shown = fan.chat().pop().unwrap();
    assert_eq!((shown.kind, shown.media_id.as_deref()), (Kind::Image, Some(lasting.as_str())));
    assert_eq!(reqwest::get(shown.url.unwrap()).await.unwrap().bytes().await.unwrap(), PNG);
    assert_eq!(judged(passing).await.outcome, Outcome::Answered);
    let stranger = wechat.phone("wxOther", "oStranger").await;
    stranger.follow().await;
    stranger.image().await;
    let theirs = stranger.chat().into_iter().find_map(|item| item.media_id).unwrap();
    let refused = judged(&theirs).await;
    assert_eq!(refused.outcome, Outcome::BadAnswer);
    assert!(refused.error.unwrap().contains("none of this account's media"));
    wechat.clock().advance(Duration::from_secs(3 * 86_400));
    assert_eq!(judged(passing).await.outcome, Outcome::BadAnswer);
    assert_eq!(judged(&lasting).await.outcome, Outcome::Answered);

    let api = Api::of(&wechat).await;
    callback.think(|_| say("success"));
    fan.text("again").await;
    let body = json!({ "touser": "oFan", "msgtype": "image", "image": { "media_id": lasting } });
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/send", body).await), 0);
}

#[tokio::test]
async fn a_recorded_voice_has_a_better_copy() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let voice = wechat.record_voice(&demo()).unwrap();
    let path = |of: &str, id: &str| format!("/cgi-bin/media/{of}?media_id={id}&access_token={}", api.token);
    let plain = api.fetch(Method::GET, &path("get", &voice), None).await;
    assert_eq!(plain.headers()["content-type"], "audio/amr");
    let better = api.fetch(Method::GET, &path("get/jssdk", &voice), None).await;
    assert_eq!(better.headers()["content-type"], "voice/speex");
    assert!(better.bytes().await.unwrap().len() > plain.bytes().await.unwrap().len());
    let uploaded = api.upload("/cgi-bin/media/upload?type=voice", amr(1)).await;
    let uploaded = uploaded["media_id"].as_str().unwrap();
    assert_eq!(errcode(&api.get(&format!("/cgi-bin/media/get/jssdk?media_id={uploaded}")).await), 40007);
    assert_eq!(errcode(&api.get("/cgi-bin/media/get/jssdk").await), 41006);
    wechat.clock().advance(Duration::from_secs(3 * 86_400));
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.get(&format!("/cgi-bin/media/get/jssdk?media_id={voice}")).await), 40007);
    assert!(wechat.record_voice("wx0").is_err());
}

#[tokio::test]
async fn mass_messages_have_uploads_of_their_own() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let film = api.upload("/cgi-bin/media/upload?type=video", MP4.to_vec()).await["media_id"].clone();
    let image = api.upload("/cgi-bin/media/upload?type=image", PNG.to_vec()).await["media_id"].clone();
    let video = async |body: Value| api.post("/cgi-bin/media/uploadvideo", body).await;
    let kept = video(json!({ "media_id": film, "title": "t", "description": "d" })).await;
    assert_eq!(kept["type"], "video");
    assert!(kept["media_id"].is_string() && kept["media_id"] != film);
    assert_eq!(errcode(&video(json!({ "media_id": image })).await), 40004);
    assert_eq!(errcode(&video(json!({ "media_id": "none" })).await), 40007);
    assert_eq!(errcode(&video(json!({ "media_id": film, "title": 1 })).await), 47001);

    let thumb = api.upload("/cgi-bin/media/upload?type=thumb", JPG.to_vec()).await["thumb_media_id"].clone();
    let article = json!({ "title": "t", "content": "c", "thumb_media_id": thumb });
    let news = async |articles: Value| api.post("/cgi-bin/media/uploadnews", json!({ "articles": articles })).await;
    for (articles, wanted) in [
        (json!([]), 44003),
        (Value::Null, 44003),
        (json!({}), 47001),
        (json!([{ "content": "c", "thumb_media_id": thumb }]), 45003),
        (json!([{ "title": "t", "thumb_media_id": thumb }]), 44004),
        (json!([{ "title": "t", "content": "c" }]), 40007),
        (json!([{ "title": "t", "content": "c", "thumb_media_id": film }]), 40007),
        (Value::from(vec![article.clone(); 9]), 45008),
        (Value::from(vec![article.clone(); 8]), 0),
    ] {
        let answer = news(articles.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{articles}: {answer}");
    }
    let kept = news(json!([article])).await;
    assert_eq!(kept["type"], "news");
    assert_eq!(errcode(&news(json!([article])).await), 45009, "ten a day");
    // It can be sent for three days.
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    let body = json!({ "touser": "oFan", "msgtype": "mpnews", "mpnews": { "media_id": kept["media_id"] } });
    assert_eq!(errcode(&api.post("/cgi-bin/message/custom/send", body.clone()).await), 0);
    wechat.clock().advance(Duration::from_secs(3 * 86_400 + 1));
    let api = Api::of(&wechat).await;
    fan.text("again").await;
    let sent = async || errcode(&api.post("/cgi-bin/message/custom/send", body.clone()).await);
    for _ in 0..100 {
        if sent().await != 0 {
            break;
        }
        fan.text("and again").await;
    }
    assert_eq!(sent().await, 40007);
}

#[tokio::test]
async fn no_account_sees_anothers_material() {
    let callback = Callback::content().await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), ..app(&callback) };
    let config = Config { apps: vec![app(&callback), other], ..Config::default() };
    let wechat = Sandbox::start(config).await.unwrap();
    let api = Api::of(&wechat).await;
    let theirs = wechat.keep_old_articles("wxOther", vec![json!({ "title": "t" })]).unwrap();
    assert_eq!(errcode(&get(&api, &theirs).await.json().await.unwrap()), 40007);
    assert_eq!(api.get("/cgi-bin/material/get_materialcount").await["news_count"], 0);
}

#[tokio::test]
async fn an_upload_beyond_every_limit_is_too_large_and_not_missing() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    for path in ["/cgi-bin/media/upload?type=video", "/cgi-bin/material/add_material?type=video"] {
        assert_eq!(errcode(&api.upload(path, sized(MP4, 12 << 20)).await), 45001, "{path}");
    }
}
