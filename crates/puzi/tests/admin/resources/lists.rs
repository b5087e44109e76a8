//! Lists: searched, filtered, sorted, paged, taken out.

use reqwest::{StatusCode, header::LOCATION};

use crate::resources::world::{World, between, hidden, names};

#[tokio::test]
async fn a_list_is_searched_filtered_sorted_and_paged() {
    let world = World::new().await;
    let owner = world.owner().await;
    let page = owner.page("/admin/teas").await;
    assert!(page.contains("No teas yet"), "{page}");
    for at in 1..=25 {
        world.tea(&format!("Tea {at:02}"), at * 100).await;
    }

    let page = owner.page("/admin/teas").await;
    assert_eq!(names(&page).len(), 20);
    assert_eq!(names(&page)[0], "Tea 25");
    assert!(page.contains("25 in total"));
    let next = between(&page, "rel=\"next\"", ">");
    assert!(next.contains("hx-boost"), "{next}");
    let next = between(&page, " href=\"/admin/teas?after=", "\"").replace("&amp;", "&").replace("&#38;", "&");
    let second = owner.page(&format!("/admin/teas?after={next}")).await;
    assert_eq!(names(&second), ["Tea 05", "Tea 04", "Tea 03", "Tea 02", "Tea 01"]);
    assert!(second.contains("rel=\"prev\""));

    assert_eq!(names(&owner.page("/admin/teas?q=Tea+13").await), ["Tea 13"]);
    assert_eq!(names(&owner.page("/admin/teas?sort=price&size=20").await)[..2], ["Tea 01", "Tea 02"]);
    let page = owner.page("/admin/teas?f.price.from=2.50&f.price.to=4").await;
    assert_eq!(names(&page), ["Tea 04", "Tea 03"]);
    assert!(page.contains("price ≥ ¥2.50") && page.contains("price ≤ ¥4"), "the chips say what is asked");
    let page = owner.page("/admin/teas?f.price.from=9999").await;
    assert!(page.contains("Nothing matches") && names(&page).is_empty());
    let page = owner.page("/admin/teas?columns=price&columns=season").await;
    let head = between(&page, "<thead>", "</thead>");
    assert!(head.contains("season") && !head.contains("garden_id"), "{head}");
}

#[tokio::test]
async fn what_a_list_does_not_understand_leads_to_the_list() {
    let world = World::new().await;
    let owner = world.owner().await;
    for query in ["f.price.from=dear", "f.secret.contains=x", "f.nothing=1", "sort=note", "after=zzz"] {
        let answer = owner.get(&format!("/admin/teas?{query}")).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{query}");
        assert_eq!(answer.headers()[LOCATION], "/admin/teas");
    }
}

#[tokio::test]
async fn one_comes_back_to_the_place_one_left() {
    let world = World::new().await;
    let id = world.tea("Longjing", 100).await;
    let owner = world.owner().await;
    let page = owner.page("/admin/teas?q=Long&f.organic=0").await;
    let link = between(&page, "class=\"main-link\" href=\"", "\"").replace("&amp;", "&");
    assert_eq!(link, format!("/admin/teas/{id}?back=%2Fadmin%2Fteas%3Fq%3DLong%26f.organic%3D0"));
    let show = owner.page(&link).await;
    assert!(
        show.contains("href=\"/admin/teas?q=Long&#38;f.organic=0\"")
            || show.contains("href=\"/admin/teas?q=Long&amp;f.organic=0\"")
    );
    let to = owner.submit(&format!("/admin/teas/{id}/delete"), &[("_back", "/admin/teas?q=Long&f.organic=0")]).await;
    assert_eq!(to, "/admin/teas?q=Long&f.organic=0");
    // Nobody is led to another site.
    for evil in ["https://evil.example/", "//evil.example", "/admin//evil.example", "/\\evil.example"] {
        let id = world.tea("Bait", 100).await;
        assert_eq!(owner.submit(&format!("/admin/teas/{id}/delete"), &[("_back", evil)]).await, "/admin/teas");
        let page = owner.page(&format!("/admin/gardens/new?back={evil}")).await;
        assert_eq!(hidden(&page, "_back"), "/admin/gardens", "{evil}");
        assert!(!page.contains(&format!("href=\"{evil}")), "{evil}");
    }
}

#[tokio::test]
async fn a_view_is_saved_shared_and_deleted() {
    let world = World::new().await;
    let (owner, clerk) = (world.owner().await, world.member("colleague", &["teas.view"]).await);
    world.tea("Longjing", 100).await;
    let to = owner
        .submit("/admin/teas/views", &[("query", "f.organic=1&after=x"), ("name", "Organic"), ("shared", "1")])
        .await;
    assert_eq!(to, "/admin/teas?f.organic=1");
    assert!(owner.page("/admin/teas").await.contains(">Organic</a>"));
    let page = clerk.page(&to).await;
    assert!(page.contains(">Organic</a>") && !page.contains("/views/"), "a colleague sees it and cannot delete it");
    let id: i64 = world.value("SELECT id AS n FROM resource_views", []).await;
    let answer = clerk.post(&format!("/admin/teas/views/{id}/delete"), &[]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    owner.submit(&format!("/admin/teas/views/{id}/delete"), &[]).await;
    assert!(!owner.page("/admin/teas").await.contains(">Organic</a>"));
}

#[tokio::test]
async fn the_filtered_list_is_exported_and_formulas_are_defused() {
    let world = World::new().await;
    world.tea("=HYPERLINK(\"http://evil.example\")", 1_990).await;
    world.tea("Keemun", 500).await;
    let owner = world.owner().await;
    let (kind, bytes) = owner.download("/admin/teas/export.csv?f.price.from=10").await;
    let csv = String::from_utf8(bytes).unwrap();
    assert!(kind.starts_with("text/csv"), "{kind}");
    assert!(csv.contains("'=HYPERLINK") && !csv.contains("Keemun") && csv.contains("19.90"), "{csv}");
    let (kind, bytes) = owner.download("/admin/teas/export.xlsx").await;
    assert!(kind.contains("spreadsheetml") && bytes.starts_with(b"PK"));
}

#[tokio::test]
async fn choices_are_found_while_one_types() {
    let world = World::new().await;
    let owner = world.owner().await;
    let (kind, json) = owner.download("/admin/teas/options/garden_id?q=%E7%8B%AE").await;
    assert_eq!(kind, "application/json");
    let found: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(found, serde_json::json!([{ "value": "1", "label": "狮峰山" }]));
    assert_eq!(owner.get("/admin/teas/options/name?q=x").await.status(), StatusCode::NOT_FOUND);
}
