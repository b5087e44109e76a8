//! Bodies, paths and methods that nobody should send.

use super::*;

const PHRASES: &str = "/api/v1/phrases";

#[tokio::test]
async fn a_body_that_is_no_record_is_refused_for_what_it_is() {
    let shop = Shop::open().await;
    let deep = format!("{{\"title\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let large = format!("{{\"title\":\"{}\"}}", "a".repeat(1 << 20));
    let json = Some("application/json");
    let right = "{\"title\":\"一\",\"text\":\"您好\"}";
    for (kind, body, status) in [
        (json, "", 400),
        (json, "{", 400),
        (json, "[]", 400),
        (json, "[{\"title\":\"一\",\"text\":\"您好\"}]", 400),
        (json, "null", 400),
        (json, "\"title\"", 400),
        (json, "{\"title\":\"\\ud800\"}", 400),
        (json, "{\"position\":1e400}", 400),
        (json, "\u{feff}{}", 400),
        (json, "{} {}", 400),
        (json, deep.as_str(), 400),
        (json, large.as_str(), 413),
        (Some("text/plain"), right, 415),
        (Some("application/x-www-form-urlencoded"), "title=a&text=b", 415),
        (Some("application/json-patch+json"), right, 415),
        (None, right, 415),
    ] {
        let mut request = shop.ask(Method::POST, PHRASES).body(body.to_owned());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, status, "{kind:?} {}: {answer:?}", &body[..body.len().min(40)]);
        answer.problem(status);
    }
    let bytes = shop.ask(Method::POST, PHRASES).header("content-type", "application/json");
    Answer::to(bytes.body(vec![b'"', 0xff, b'"'])).await.problem(400);
    assert_eq!(shop.count("quick_phrases").await, 0);
    let fine = shop.ask(Method::POST, PHRASES).header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(Answer::to(fine.body(right)).await.status, 201);
}

#[tokio::test]
async fn a_value_of_another_kind_is_the_fields_fault() {
    let shop = Shop::open().await;
    for (field, value, rule) in [
        ("title", json!("a\0b"), "characters"),
        ("text", json!("a\0b"), "characters"),
        ("group_name", json!("\u{1b}[31m"), "characters"),
        ("title", json!(1), "string"),
        ("title", json!(["一"]), "string"),
        ("title", json!({ "a": 1 }), "string"),
        ("title", json!("一".repeat(51)), "max.text"),
        ("position", json!("1"), "integer"),
        ("position", json!(1.5), "integer"),
        ("position", json!(true), "integer"),
        ("position", json!(u64::MAX), "integer"),
        ("position", json!(i64::MAX), "too_large"),
        ("position", json!(i64::MIN), "too_large"),
        ("position", json!(10_000), "max.number"),
        ("position", json!(null), "required"),
    ] {
        let mut body = json!({ "title": "一", "text": "您好" });
        body[field] = value.clone();
        let answer = shop.post(PHRASES, &body).await;
        assert_eq!(answer.at_fault(), [(field.to_owned(), rule.to_owned())], "{value}");
    }
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(shop.post(PHRASES, &json!({ "title": deep, "text": "您好" })).await.at_fault()[0].0, "title");
    let huge = "{\"title\":\"一\",\"text\":\"您好\",\"position\":123456789012345678901234567890}";
    let request = shop.ask(Method::POST, PHRASES).header("content-type", "application/json").body(huge);
    assert_eq!(Answer::to(request).await.at_fault()[0].0, "position");
    assert_eq!(shop.count("quick_phrases").await, 0);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = Shop::open().await;
    for path in [
        "/api/v1/phrases/1",
        "/api/v1/phrases/0",
        "/api/v1/phrases/-1",
        "/api/v1/phrases/one",
        "/api/v1/phrases/9223372036854775807",
        "/api/v1/phrases/9223372036854775808",
        "/api/v1/phrases/1%00",
        "/api/v1/phrases/%ff",
        "/api/v1/phrases/1/restore",
        "/api/v1/phrases/",
        "/api/v1/nothing",
        "/api/v1/staff/1/nothing",
        "/api/v2/phrases",
        "/api/",
    ] {
        let answer = shop.get(path).await;
        assert!(matches!(answer.status, 404 | 400), "{path}: {answer:?}");
        answer.problem(answer.status);
    }
}

#[tokio::test]
async fn a_method_that_is_not_taken_names_those_that_are() {
    let shop = Shop::open().await;
    let path = format!("{PHRASES}/{}", shop.phrase("一").await);
    for (method, path, allowed) in [
        (Method::PUT, PHRASES, &["GET", "HEAD", "POST"][..]),
        (Method::DELETE, PHRASES, &["GET", "HEAD", "POST"]),
        (Method::OPTIONS, PHRASES, &["GET", "HEAD", "POST"]),
        (Method::POST, &path, &["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::PUT, &path, &["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::TRACE, &path, &["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::POST, "/api/v1/audit", &["GET", "HEAD"]),
        (Method::GET, "/api/v1/staff/1/disable", &["POST"]),
        (Method::POST, "/api/v1/openapi.json", &["GET", "HEAD"]),
    ] {
        let answer = Answer::to(shop.ask(method.clone(), path)).await;
        answer.problem(405);
        let mut named: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        let mut allowed = allowed.to_vec();
        named.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(named, allowed, "{method} {path}");
    }
    let head = Answer::to(shop.ask(Method::HEAD, &path)).await;
    assert_eq!((head.status, head.text.as_str(), head.header("etag")), (200, "", "\"1\""));
    assert_eq!(shop.count("quick_phrases").await, 1);
}

#[tokio::test]
async fn what_is_written_by_programs_is_harmless_on_pages_and_in_files() {
    let shop = Shop::open().await;
    let id = shop.phrase("<script>alert(1)</script>").await;
    let read = shop.get(&format!("{PHRASES}/{id}")).await;
    // JSON is JSON: nothing is escaped in it, and no browser takes it for a page.
    assert_eq!(read.json()["title"], "<script>alert(1)</script>");
    assert_eq!(read.header("content-type"), "application/json");
    assert_eq!(read.header("x-content-type-options"), "nosniff");
    assert_eq!(read.header("cache-control"), "no-store");
    assert!(read.header("access-control-allow-origin").is_empty());
}
