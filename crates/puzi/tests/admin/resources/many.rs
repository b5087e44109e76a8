//! What is done with many: actions, deletion and its undoing, import; and who may.

use reqwest::{StatusCode, header::LOCATION};

use crate::resources::world::{World, between};

#[tokio::test]
async fn a_deletion_is_taken_back_and_the_deleted_are_shown() {
    let world = World::new().await;
    let (a, b) = (world.tea("A", 100).await, world.tea("B", 100).await);
    let owner = world.owner().await;
    let ids = [("action", "delete"), ("ids", &a.to_string()), ("ids", &b.to_string())].map(|(k, v)| (k, v.to_owned()));
    let ids: Vec<(&str, &str)> = ids.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(owner.submit("/admin/teas/bulk", &ids).await, "/admin/teas", "what can be taken back needs no question");
    assert!(owner.page("/admin/teas").await.contains("No teas yet"));
    let bin = owner.page("/admin/teas?deleted=only").await;
    assert!(bin.contains(">A</a>") && bin.contains(">B</a>"));
    let page = owner.page(&format!("/admin/teas/{a}")).await;
    assert!(page.contains(&format!("/admin/teas/{a}/restore")) && !page.contains("/edit"));
    assert_eq!(owner.get(&format!("/admin/teas/{a}/edit")).await.status(), StatusCode::NOT_FOUND);
    // As the toast does it: in the address, with no form of its own.
    owner.submit(&format!("/admin/teas/bulk?action=restore&ids={a},{b}"), &[]).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM teas WHERE deleted_at IS NULL").await, 2);
    assert_eq!(world.history(a).await[0].action, "teas.restore");
}

#[tokio::test]
async fn an_action_runs_on_those_chosen_and_asks_first_where_it_must() {
    let world = World::new().await;
    for at in 1..=30 {
        world.tea(&format!("Tea {at}"), at).await;
    }
    let owner = world.owner().await;
    owner.submit("/admin/teas/bulk", &[("action", "restock"), ("ids", "1"), ("ids", "2")]).await;
    assert_eq!(world.count("SELECT CAST(SUM(stock) AS BIGINT) AS n FROM teas").await, 20);
    // All that match, further than the page reaches.
    let all = [("action", "restock"), ("all", "1"), ("_selection", "f.price.to=0.25")];
    owner.submit("/admin/teas/bulk", &all).await;
    assert_eq!(world.count("SELECT CAST(SUM(stock) AS BIGINT) AS n FROM teas").await, 270);

    let answer = owner.post("/admin/teas/bulk", &[("action", "burn"), ("ids", "1"), ("ids", "2")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Tea 1") && page.contains("name=\"confirmed\" value=\"1\""), "{page}");
    assert_eq!(world.count("SELECT CAST(SUM(stock) AS BIGINT) AS n FROM teas").await, 270, "nothing yet");
    owner.submit("/admin/teas/bulk", &[("action", "burn"), ("ids", "1"), ("ids", "2"), ("confirmed", "1")]).await;
    assert_eq!(world.count("SELECT CAST(SUM(stock) AS BIGINT) AS n FROM teas").await, 230);
    owner.submit("/admin/teas/3/do/restock", &[]).await;
    assert_eq!(world.count("SELECT stock AS n FROM teas WHERE id = 3").await, 20);
}

#[tokio::test]
async fn forged_numbers_and_actions_find_nothing() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    let owner = world.owner().await;
    for path in
        ["/admin/teas/999", "/admin/teas/0", "/admin/teas/-1", "/admin/teas/1%20OR%201=1", "/admin/teas/999/edit"]
    {
        assert_eq!(owner.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let mixed = [("action", "restock"), ("ids", &id.to_string()), ("ids", "999")].map(|(k, v)| (k, v.to_owned()));
    let mixed: Vec<(&str, &str)> = mixed.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(owner.post("/admin/teas/bulk", &mixed).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(world.count("SELECT stock AS n FROM teas").await, 0, "all or nothing");
    assert_eq!(
        owner.post("/admin/teas/bulk", &[("action", "explode"), ("ids", "1")]).await.status(),
        StatusCode::NOT_FOUND
    );
    // What is not offered has no route at all.
    for path in ["/admin/teas/1/do/explode", "/admin/audit/1/delete"] {
        assert_eq!(owner.post(path, &[]).await.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn each_permission_opens_its_own_door_only() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    let viewer = world.member("viewer", &["teas.view"]).await;
    let page = viewer.page("/admin/teas").await;
    for button in ["/admin/teas/new", "row-check", "/import", "/export", "deleted=only"] {
        assert!(!page.contains(button), "{button}");
    }
    let page = viewer.page(&format!("/admin/teas/{id}")).await;
    for button in ["/edit", "/duplicate", "/delete", "/do/"] {
        assert!(!page.contains(button), "{button}");
    }
    let forbidden = [
        "/admin/teas/new".to_owned(),
        format!("/admin/teas/{id}/edit"),
        format!("/admin/teas/{id}/duplicate"),
        "/admin/teas/export.csv".to_owned(),
        "/admin/teas/import".to_owned(),
        "/admin/gardens".to_owned(),
        "/admin/staff".to_owned(),
    ];
    for path in forbidden {
        assert_eq!(viewer.get(&path).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let posts = [
        ("/admin/teas".to_owned(), vec![("name", "x")]),
        (format!("/admin/teas/{id}"), vec![("_version", "1"), ("price", "1")]),
        (format!("/admin/teas/{id}/delete"), vec![]),
        (format!("/admin/teas/{id}/do/restock"), vec![]),
        // The gate lets whoever may see the list come here; the engine asks for the action's own permission.
        ("/admin/teas/bulk".to_owned(), vec![("action", "restock"), ("ids", "1")]),
        ("/admin/teas/bulk?action=delete&ids=1".to_owned(), vec![]),
    ];
    for (path, fields) in posts {
        assert_eq!(viewer.post(&path, &fields).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(
        world.count("SELECT COUNT(*) AS n FROM teas WHERE price = 1000 AND stock = 0 AND deleted_at IS NULL").await,
        1
    );
}

#[tokio::test]
async fn a_file_is_looked_at_applied_and_undone() {
    let world = World::new().await;
    let (a, b) = (world.tea("Longjing", 1_000).await, world.tea("Keemun", 500).await);
    let owner = world.owner().await;
    let faulty = format!("id,name,price\n{a},Longjing,12\n,New tea,much\n999,Ghost,1\n");
    let answer = owner.send_file("/admin/teas/import", &[], ("file", "teas.csv", faulty.into_bytes())).await;
    let page = answer.text().await.unwrap();
    assert!(page.contains("Faulty lines: 2") && !page.contains("/apply"), "{page}");
    assert_eq!(page.matches("class=\"text-bad\"").count(), 2, "each with its reason: {page}");
    assert_eq!(world.price(a).await, 1_000);

    let fine = format!("id,name,price\n{a},Longjing,12\n{b},Keemun,5.00\n,White Peony,30\n");
    let answer = owner.send_file("/admin/teas/import", &[], ("file", "teas.csv", fine.into_bytes())).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    assert!(page.contains("<del>¥10.00</del>") && page.contains("<ins>¥12.00</ins>") && page.contains("White Peony"));
    assert_eq!(world.price(a).await, 1_000, "a dry run");
    let apply = between(&page, "action=\"/admin/teas/import/", "\"").to_owned();
    assert_eq!(owner.submit(&format!("/admin/teas/import/{apply}"), &[]).await, "/admin/teas");
    assert_eq!((world.price(a).await, world.count("SELECT COUNT(*) AS n FROM teas").await), (1_200, 3));
    let undo = apply.replace("apply", "undo");
    owner.submit(&format!("/admin/teas/import/{undo}"), &[]).await;
    assert_eq!(world.price(a).await, 1_000);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM teas WHERE deleted_at IS NULL").await, 2);
    let again = owner.post(&format!("/admin/teas/import/{undo}"), &[]).await;
    assert_eq!(again.headers()[LOCATION], "/admin/teas/import", "only once");

    let answer =
        owner.send_file("/admin/teas/import", &[], ("file", "x.png", vec![0x89, b'P', b'N', b'G', 0, 1])).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}
