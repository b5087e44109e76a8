//! The admin's first page and its search.

use crate::common::stranger::{Browser, between, world_with_owner};

/// The number on the card of this title.
fn card<'a>(page: &'a str, title: &str) -> &'a str {
    between(between(page, &format!("stat-label\">{title}"), "stat-note"), "stat-value\">", "<")
}

#[tokio::test]
async fn the_first_page_counts_what_happened() {
    let world = world_with_owner().await;
    let fan = world.fan().await;
    for words in ["hello", "anybody there?"] {
        assert!(fan.text(words).await.accepted());
    }
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let page = browser.get("/admin").await.text().await.unwrap();
    // Following is an event and no message.
    assert_eq!((card(&page, "Messages today"), card(&page, "Followers")), ("2", "1"), "{page}");
    assert_eq!(card(&page, "Failed jobs"), "0");
    let data = between(&page, "<script type=\"application/json\">", "</script>");
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let days = data["series"][0]["values"].as_array().unwrap();
    assert_eq!((days.len(), days[13].as_i64()), (14, Some(2)));
}

#[tokio::test]
async fn the_search_finds_pages_things_to_do_and_records_as_the_role_allows() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let asked = browser.ask(reqwest::Method::GET, "/admin/search?q=owner").header("accept", "application/json");
    let found: serde_json::Value = browser.send(asked).await.json().await.unwrap();
    let hits: Vec<_> =
        found["groups"].as_array().unwrap().iter().flat_map(|g| g["items"].as_array().unwrap()).collect();
    assert!(hits.iter().any(|hit| hit["href"].as_str().unwrap().starts_with("/admin/staff/")), "{found}");
    let page = browser.get("/admin/search?q=accounts").await.text().await.unwrap();
    assert!(page.contains("href=\"/admin/accounts\""), "{page}");
    let csrf = browser.csrf().await;
    browser.post("/admin/see-as", &[("_csrf", &csrf), ("role", "customer_service")]).await;
    let page = browser.get("/admin/search?q=account").await.text().await.unwrap();
    assert!(!page.contains("/admin/accounts"), "{page}");
    let asked = browser.ask(reqwest::Method::GET, "/admin/search?q=owner").header("accept", "application/json");
    let found = browser.send(asked).await.text().await.unwrap();
    assert!(!found.contains("/admin/staff"), "{found}");
}
