//! Pictures and files that staff upload, over HTTP.

use std::io::Cursor;

use crate::common::{Browser, World};
use reqwest::{Method, multipart};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([7, 193, 96]))
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

async fn send(browser: &Browser, files: &[(&str, Vec<u8>)]) -> crate::common::Page {
    let form = files.iter().fold(multipart::Form::new(), |form, (name, bytes)| {
        form.part("file", multipart::Part::bytes(bytes.clone()).file_name((*name).to_owned()))
    });
    let request = browser.request(Method::POST, "/admin/uploads").header("x-csrf-token", browser.csrf().await);
    browser.send(request.header("accept", "application/json").multipart(form)).await
}

#[tokio::test]
async fn a_picture_is_taken_and_given_back() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, "owner").await;
    let page = browser.upload("/admin/uploads", &[("kind", "image")], "茶 园.png", png(640, 400)).await;
    assert_eq!(page.status, 201, "{}", page.body);
    let sent = json(&page.body);
    assert_eq!((sent["name"].as_str(), sent["width"].as_i64()), (Some("茶 园.png"), Some(640)));
    for (url, width) in [(&sent["url"], 640), (&sent["preview"], 320)] {
        let response = browser.request(Method::GET, url.as_str().unwrap()).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(response.status(), 200);
        assert_eq!(header("content-type"), "image/png");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("sandbox"), "{}", header("content-security-policy"));
        assert!(header("cache-control").starts_with("private"), "{}", header("cache-control"));
        assert_eq!(header("content-disposition"), "inline; filename*=UTF-8''%E8%8C%B6%20%E5%9B%AD.png");
        let picture = image::load_from_memory(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(picture.width(), width);
    }
}

#[tokio::test]
async fn several_at_once_and_each_refusal_is_named() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, "owner").await;
    let page = send(&browser, &[("a.png", png(9, 9)), ("b.txt", b"tea".to_vec())]).await;
    let uploads = json(&page.body)["uploads"].as_array().unwrap().clone();
    assert_eq!((page.status, uploads.len()), (201, 2), "{}", page.body);
    let response = browser.request(Method::GET, uploads[1]["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(response.headers()["content-disposition"], "attachment; filename*=UTF-8''b.txt");
    assert_eq!(response.text().await.unwrap(), "tea");
    // A file has no small version.
    assert_eq!(browser.get(&format!("{}/thumb", uploads[1]["url"].as_str().unwrap())).await.status, 404);

    let svg = b"<svg onload=\"alert(1)\"/>".to_vec();
    let page = send(&browser, &[("good.png", png(9, 9)), ("evil.png", svg)]).await;
    let answer = json(&page.body);
    assert_eq!(page.status, 422);
    assert_eq!(page.headers["content-type"], "application/problem+json");
    assert_eq!(answer["problems"][0]["name"], "evil.png");
    assert!(answer["detail"].as_str().unwrap().starts_with("Files of this kind are not taken"), "{answer}");
    assert_eq!(answer["uploads"].as_array().unwrap().len(), 1);

    assert_eq!(send(&browser, &[]).await.status, 400);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, "owner").await;
    let page = send(&browser, &[("a.txt", vec![b'a'; 21 << 20])]).await;
    assert_eq!(page.status, 422, "{}", page.body);
    let page = send(&browser, &[("a.txt", vec![b'a'; 65 << 20])]).await;
    assert_eq!(page.status, 413, "{}", page.body);
}

#[tokio::test]
async fn only_staff_upload_and_look() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let sent = json(&owner.upload("/admin/uploads", &[], "a.png", png(9, 9)).await.body);
    let url = format!("{}{}", world.node.url, sent["url"].as_str().unwrap());
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 303);
    let form = multipart::Form::new().part("file", multipart::Part::bytes(png(9, 9)).file_name("a.png"));
    let refused = client.post(format!("{}/admin/uploads", world.node.url)).multipart(form).send().await.unwrap();
    assert_ne!(refused.status(), 201);
    // Whoever is signed in: keys are not to be guessed, and every role has forms.
    let reader = Browser::signed_in(&world, "read_only").await;
    assert_eq!(reader.request(Method::GET, sent["url"].as_str().unwrap()).send().await.unwrap().status(), 200);
    assert_eq!(reader.get("/admin/uploads/00000000000000000000000000000000").await.status, 404);
    assert_eq!(reader.get("/admin/uploads/..%2f..%2fpuzi.db").await.status, 404);
}
