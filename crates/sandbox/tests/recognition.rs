//! Understanding, translation, hearing, and reading pictures.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, crowd, errcode};
use puzi_sandbox::{App, Sandbox};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(86_400);

fn demo() -> String {
    App::demo().appid
}

#[tokio::test]
async fn a_sentence_is_understood_by_its_words() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let search = async |query: &str, category: &str| {
        let body = json!({ "query": query, "category": category, "city": "北京", "appid": demo(), "uid": "u" });
        api.post("/semantic/semproxy/search", body).await
    };
    let told = search("查一下明天从北京到上海的机票", "flight,hotel").await;
    assert_eq!((errcode(&told), &told["type"], &told["semantic"]["intent"]), (0, &json!("flight"), &json!("SEARCH")));
    let details = &told["semantic"]["details"];
    assert_eq!((&details["start_loc"]["city_simple"], &details["end_loc"]["city"]), (&json!("北京"), &json!("上海市")));
    assert_eq!(details["start_date"], json!({ "type": "DT_ORI", "date": "2026-03-02", "date_ori": "明天" }));
    let told = search("后天杭州天气怎么样", "weather").await;
    assert_eq!(told["semantic"]["details"]["location"]["city_simple"], "杭州");
    assert_eq!(told["semantic"]["details"]["datetime"]["date"], "2026-03-03");
    assert_eq!(errcode(&search("查一下机票", "hotel").await), 7_000_000);
    assert_eq!(errcode(&search("", "hotel").await), 7_000_001);
    let path = "/semantic/semproxy/search";
    let without = json!({ "query": "机票", "category": "flight", "appid": demo() });
    assert_eq!(api.code(path, without.clone()).await, 7_000_001);
    let mut located = without;
    (located["latitude"], located["longitude"]) = (json!(30.2), json!(120.1));
    assert_eq!(api.code(path, located.clone()).await, 0);
    located["appid"] = json!("wx0");
    assert_eq!(api.code(path, located).await, 7_000_008);
}

#[tokio::test]
async fn voices_are_heard_for_ten_seconds() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let mp3 = [b"ID3".to_vec(), vec![0; 100]].concat();
    let add = "/cgi-bin/media/voice/addvoicetorecofortext?format=mp3&voice_id=v1&lang=zh_CN";
    let query = "/cgi-bin/media/voice/queryrecoresultfortext?voice_id=v1&lang=zh_CN";
    assert_eq!(errcode(&api.upload(add, mp3.clone()).await), 0);
    let heard = api.post(query, json!({})).await;
    assert!(!heard["result"].as_str().unwrap().is_empty() && heard["is_end"] == true);
    assert_eq!(api.post(query, json!({})).await, heard);
    wechat.clock().advance(Duration::from_secs(11));
    assert_eq!(api.post(query, json!({})).await["result"], "");
    let other = api.post(&query.replace("v1", "v2"), json!({})).await;
    assert_eq!(other["result"], "");

    let code = async |path: &str, bytes: Vec<u8>| errcode(&api.upload(path, bytes).await);
    assert_eq!(code(&add.replace("mp3", "amr"), mp3.clone()).await, 40035);
    assert_eq!(code(&add.replace("voice_id=v1", "x=1"), mp3.clone()).await, 40035);
    assert_eq!(code(&add.replace("zh_CN", "fr_FR"), mp3.clone()).await, 40035);
    assert_eq!(code(add, b"#!AMR\n".to_vec()).await, 40005);
    assert_eq!(code(add, Vec::new()).await, 44001);
    assert_eq!(code(add, [mp3, vec![0; 1024 * 1024]].concat()).await, 40010);
}

#[tokio::test]
async fn texts_are_translated_by_a_small_vocabulary() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let path = "/cgi-bin/media/voice/translatecontent?lfrom=zh_CN&lto=en_US";
    assert_eq!(api.post_raw(path, "你好").await, json!({ "from_content": "你好", "to_content": "Hello" }));
    assert_eq!(api.post(path, json!({ "content": "谢谢！" })).await["to_content"], "Thank you");
    assert_eq!(api.upload(path, "再见".into()).await["to_content"], "Goodbye");
    let back = "/cgi-bin/media/voice/translatecontent?lfrom=en_US&lto=zh_CN";
    assert_eq!(api.post_raw(back, "good morning.").await["to_content"], "早上好");
    assert_eq!(api.post_raw(path, "今天天气不错").await["to_content"], "[en_US] 今天天气不错");
    assert_eq!(errcode(&api.post_raw(path, "").await), 44002);
    assert_eq!(errcode(&api.upload(path, vec![b'a'; 601]).await), 40035);
    assert_eq!(errcode(&api.upload(path, vec![b'a'; 600]).await), 0);
    for wrong in ["lfrom=zh_CN&lto=fr_FR", "lto=en_US", "lfrom=x&lto=en_US"] {
        assert_eq!(
            errcode(&api.post_raw(&format!("/cgi-bin/media/voice/translatecontent?{wrong}"), "你好").await),
            40035
        );
    }
}

/// The header of a PNG of this size; nothing reads further.
fn png(width: u32, height: u32) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    [head, width.to_be_bytes().to_vec(), height.to_be_bytes().to_vec(), vec![8, 2, 0, 0, 0]].concat()
}

async fn send(wechat: &Sandbox, api: &Api, path: &str, parts: Vec<(&'static str, Vec<u8>)>) -> Value {
    let mut form = reqwest::multipart::Form::new();
    for (name, bytes) in parts {
        let part = reqwest::multipart::Part::bytes(bytes);
        form = form.part(name, if name == "img" { part.file_name("a.png") } else { part });
    }
    let joint = if path.contains('?') { '&' } else { '?' };
    let url = format!("{}{path}{joint}access_token={}", wechat.url(), api.token);
    reqwest::Client::new().post(url).multipart(form).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn pictures_are_read_in_both_forms() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let paths = [
        ("/cv/ocr/idcard", "type"),
        ("/cv/ocr/bankcard", "number"),
        ("/cv/ocr/driving", "plate_num"),
        ("/cv/ocr/drivinglicense", "id_num"),
        ("/cv/ocr/bizlicense", "enterprise_name"),
        ("/cv/ocr/comm", "items"),
        ("/cv/ocr/platenum", "number"),
        ("/cv/ocr/menu", "content"),
        ("/cv/img/aicrop", "results"),
        ("/cv/img/qrcode", "code_results"),
        ("/cv/img/superresolution", "media_id"),
    ];
    for (path, field) in paths {
        let by_url = api.post(&format!("{path}?img_url=https%3A%2F%2Fexample.com%2Fa.jpg"), json!({})).await;
        assert!(errcode(&by_url) == 0 && !by_url[field].is_null(), "{path}: {by_url}");
        let by_file = send(&wechat, &api, path, vec![("img", png(400, 300))]).await;
        assert!(errcode(&by_file) == 0 && !by_file[field].is_null(), "{path}: {by_file}");
        let again = send(&wechat, &api, path, vec![("img", png(400, 300))]).await;
        assert!(field == "media_id" || again == by_file, "{path} says another thing of the same picture");

        assert_eq!(errcode(&api.post(path, json!({})).await), 101_000, "{path}");
        assert_eq!(errcode(&api.post(&format!("{path}?img_url=ftp%3A%2F%2Fx"), json!({})).await), 101_000);
        assert_eq!(errcode(&send(&wechat, &api, path, vec![("img", b"words".to_vec())]).await), 101_002);
        assert_eq!(errcode(&send(&wechat, &api, path, vec![("img", b"GIF89a".to_vec())]).await), 101_002);
        let large = [png(400, 300), vec![0; 2 * 1024 * 1024]].concat();
        assert_eq!(errcode(&send(&wechat, &api, path, vec![("img", large)]).await), 101_002);
        assert_eq!(errcode(&api.get(path).await), 43002);
    }
    assert_eq!(errcode(&send(&wechat, &api, "/cv/ocr/idcard?type=fax", vec![("img", png(1, 1))]).await), 40035);

    // A header that lies about the size does no harm.
    let vast = send(&wechat, &api, "/cv/ocr/comm", vec![("img", png(u32::MAX, u32::MAX))]).await;
    assert_eq!(vast["img_size"]["w"], u32::MAX);

    // A picture of this sandbox is looked up; one that is gone is no picture.
    let kept = api.upload("/cgi-bin/media/uploadimg", png(40, 30)).await["url"].as_str().unwrap().to_owned();
    let read =
        async |url: &str| api.post(&format!("/cv/ocr/comm?img_url={}", url.replace('/', "%2F")), json!({})).await;
    assert_eq!(read(&kept).await["img_size"], json!({ "w": 40, "h": 30 }));
    assert_eq!(errcode(&read(&format!("{kept}x")).await), 101_000);
}

#[tokio::test]
async fn a_picture_is_cut_to_the_ratios_that_are_asked_for() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let cut = async |ratios: &str| {
        send(&wechat, &api, "/cv/img/aicrop", vec![("img", png(400, 300)), ("ratios", ratios.as_bytes().to_vec())])
            .await
    };
    let told = cut("1,4").await;
    assert_eq!(told["img_size"], json!({ "w": 400, "h": 300 }));
    assert_eq!(
        told["results"],
        json!([
            { "crop_left": 50, "crop_top": 0, "crop_right": 350, "crop_bottom": 300 },
            { "crop_left": 0, "crop_top": 100, "crop_right": 400, "crop_bottom": 200 },
        ])
    );
    assert_eq!(cut("").await["results"].as_array().unwrap().len(), 1);
    for wrong in ["1,2,3,4,5,6", "wide", "-1", "0", "NaN"] {
        assert_eq!(errcode(&cut(wrong).await), 40035, "{wrong}");
    }
}

#[tokio::test]
async fn an_enlarged_picture_can_be_fetched_for_three_days() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let picture = png(400, 300);
    let media_id = send(&wechat, &api, "/cv/img/superresolution", vec![("img", picture.clone())]).await;
    let path = format!("/cgi-bin/media/get?media_id={}", media_id["media_id"].as_str().unwrap());
    let with = |api: &Api| format!("{path}&access_token={}", api.token);
    let file = api.fetch(reqwest::Method::GET, &with(&api), None).await;
    assert_eq!(file.bytes().await.unwrap(), picture);
    wechat.clock().advance(3 * DAY);
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.get(&path).await), 40007);
}

#[tokio::test]
async fn a_hundred_pictures_are_read_a_day() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let path = "/cv/ocr/bankcard?img_url=https%3A%2F%2Fexample.com%2Fa.jpg";
    for _ in 0..100 {
        assert_eq!(api.code(path, json!({})).await, 0);
    }
    assert_eq!(api.code(path, json!({})).await, 45009);
    wechat.clock().advance(DAY);
    assert_eq!(Api::of(&wechat).await.code(path, json!({})).await, 0);
}
