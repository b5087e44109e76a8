//! Forms: what is typed is stored, refused with a reason, or weighed against what somebody else typed.

use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::resources::world::{World, between, hidden};

#[tokio::test]
async fn a_record_with_every_kind_of_field_is_made_shown_and_edited() {
    let world = World::new().await;
    let owner = world.owner().await;
    let new = owner.page("/admin/teas/new").await;
    assert!(new.contains("autofocus") && new.contains("name=\"_has.organic\""));
    let to = owner
        .submit(
            "/admin/teas",
            &[
                ("name", "西湖龙井"),
                ("code", "LJ-1"),
                ("garden_id", "1"),
                ("price", "1,288.50"),
                ("season", "spring"),
                ("roast", "dark"),
                ("_has.organic", "1"),
                ("organic", "1"),
                ("_has.flavours", "1"),
                ("flavours", "nutty"),
                ("flavours", "smoky"),
                ("on_sale_at", "2026-11-22T09:30"),
                ("picked", "2026-04-01"),
                ("opens", "09:30"),
                ("grams", "50"),
                ("strength", "1.25"),
                ("discount", "12.5"),
                ("note", "one\r\ntwo"),
                ("story", "<p>Good</p><script>alert(1)</script>"),
                ("extra", "{\"a\": [1, 2]}"),
                ("colour", "#07C160"),
                ("mail", "tea@example.com"),
                ("phone", "+86 571 1234567"),
                ("site", "https://example.com/tea"),
                ("secret", "not for anybody"),
                ("_has.gardens", "1"),
                ("gardens", "1"),
                ("gardens", "2"),
                ("_has.sizes", "1"),
                ("sizes.0.title", "50 g"),
                ("sizes.0.price", "99"),
                ("sizes.1.title", ""),
                ("sizes.1.price", ""),
                ("sizes.2.title", "100 g"),
                ("sizes.2.price", "188.80"),
            ],
        )
        .await;
    assert_eq!(to, "/admin/teas/1");
    let page = owner.page(&to).await;
    for shown in [
        "西湖龙井",
        "LJ-1",
        "狮峰山",
        "¥1,288.50",
        "spring",
        "nutty",
        "smoky",
        "50 g",
        "¥188.80",
        "12.5 %",
        "1.25",
        "#07c160",
        "mailto:tea@example.com",
        "https://example.com/tea",
        "<p>Good</p>",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("alert(1)") && !page.contains("not for anybody"), "script in rich text, a password");
    assert_eq!(world.price(1).await, 128_850);
    let hash: String = world.value("SELECT secret AS n FROM teas", []).await;
    assert!(hash.starts_with("$argon2id$"));
    let rows = world.history(1).await;
    assert_eq!((rows.len(), rows[0].action.as_str()), (1, "teas.create"));
    let after = rows[0].after.as_ref().unwrap();
    assert_eq!((&after["price"], after.get("secret")), (&json!(128_850), None), "no password in the audit log");

    let form = owner.page("/admin/teas/1/edit").await;
    for stood in
        ["value=\"1288.50\"", "value=\"2026-11-22T09:30\"", "value=\"12.5\"", "Asia/Shanghai", "value=\"188.80\""]
    {
        assert!(form.contains(stood), "{stood}");
    }
    let version = hidden(&form, "_version");
    let to = owner.submit("/admin/teas/1", &[("_version", &version), ("price", "9.90"), ("_has.organic", "1")]).await;
    assert_eq!(to, "/admin/teas/1?back=%2Fadmin%2Fteas".trim_end_matches("?back=%2Fadmin%2Fteas"));
    assert_eq!(world.price(1).await, 990);
    let page = owner.page("/admin/teas/1").await;
    assert!(
        page.contains("<del>¥1,288.50</del>") && page.contains("<ins>¥9.90</ins>"),
        "the history says what changed"
    );
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.tea("Taken", 1).await;
    world.db.execute("UPDATE teas SET code = 'AB-1'", []).await.unwrap();
    let typed = [
        ("name", ""),
        ("code", "AB-1"),
        ("price", "cheap"),
        ("mail", "nobody"),
        ("extra", "{"),
        ("season", "winter"),
        ("garden_id", "77"),
        ("secret", "short"),
        ("note", "<b>kept & escaped</b>"),
        ("sizes.0.title", "a title that is far too long"),
        ("sizes.0.price", "5"),
    ];
    let page = owner.refused("/admin/teas", &typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    for field in ["name", "code", "price", "mail", "extra", "season", "garden_id", "secret", "sizes-0-title"] {
        let error = between(&page, &format!("id=\"f-{field}-error\">"), "</div>");
        assert!(!error.is_empty(), "{field}");
    }
    assert!(page.contains("value=\"cheap\"") && page.contains("&lt;b&gt;kept") || page.contains("&#60;b&#62;kept"));
    assert!(!page.contains("<b>kept") && !page.contains("value=\"short\""), "escaped; and no page carries a password");
    let first = between(&page, "id=\"f-name\"", ">");
    assert!(first.contains("autofocus") && first.contains("aria-invalid"), "{first}");
    assert_eq!(page.matches(" autofocus").count(), 1);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM teas").await, 1);
}

#[tokio::test]
async fn two_who_edit_at_once_choose_field_by_field() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    let (anna, bob) = (world.owner().await, world.member("bob", &["teas.*"]).await);
    let path = format!("/admin/teas/{id}");
    let form = anna.page(&format!("{path}/edit")).await;
    let (version, base) = (hidden(&form, "_version"), hidden(&form, "_base"));
    bob.submit(&path, &[("_version", &version), ("price", "20"), ("note", "bob was here")]).await;

    let typed = [
        ("_version", version.as_str()),
        ("_base", &base),
        ("name", "Longjing, first flush"),
        ("price", "10.00"),
        ("note", "anna was here"),
        ("story", "<p>spring</p><form action=//evil.example><img src=x onerror=alert(1)>"),
    ];
    let page = anna.refused(&path, &typed, StatusCode::CONFLICT).await;
    assert!(page.contains("bob") && page.contains("¥20.00") && page.contains("¥10.00"), "both versions: {page}");
    assert!(page.contains("bob was here") && page.contains("anna was here"));
    let bad = ["<form action=//evil", "<img src=x"];
    assert!(page.contains("<p>spring</p>") && !bad.iter().any(|bad| page.contains(bad)), "cleaned before it is stored");
    // She never touched the price: his is offered. The note is hers, until she says otherwise.
    let kept =
        |field: &str| between(&page, &format!("name=\"_keep.{field}\" value=\"theirs\""), ">").contains("checked");
    assert_eq!((kept("price"), kept("note"), kept("name")), (true, false, false));
    assert_eq!(world.price(id).await, 2_000, "nothing is overwritten meanwhile");

    let version = hidden(&page, "_version");
    let choices = [
        ("_version", version.as_str()),
        ("name", "Longjing, first flush"),
        ("price", "10.00"),
        ("note", "anna was here"),
        ("_keep.name", "mine"),
        ("_keep.price", "theirs"),
        ("_keep.note", "mine"),
    ];
    anna.submit(&path, &choices).await;
    assert_eq!(world.price(id).await, 2_000);
    let note: String = world.value("SELECT note AS n FROM teas", []).await;
    assert_eq!(note, "anna was here");
}

#[tokio::test]
async fn only_what_the_form_offers_is_taken() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    let owner = world.owner().await;
    let given = [
        ("_version", "1"),
        ("price", "12"),
        ("stock", "9999"),
        ("id", "77"),
        ("version", "55"),
        ("deleted_at", "1"),
        ("created_at", "5"),
        ("value", "1"),
    ];
    owner.submit(&format!("/admin/teas/{id}"), &given).await;
    let sql = "SELECT COUNT(*) AS n FROM teas WHERE id = $1 AND price = 1200 AND stock = 0 AND version = 2 \
               AND deleted_at IS NULL AND created_at = 1";
    assert_eq!(world.value::<i64>(sql, [id.into()]).await, 1);
}

#[tokio::test]
async fn a_form_that_is_not_ours_changes_nothing() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    let owner = world.owner().await;
    let path = format!("/admin/teas/{id}");
    for fields in [vec![("_version", "1"), ("price", "1")], vec![("_version", "1"), ("price", "1"), ("_csrf", "guess")]]
    {
        let answer = owner.post_bare(&path, &fields).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let page = answer.text().await.unwrap();
        assert!(page.contains("name=\"price\" value=\"1\""), "what was typed can be sent again");
    }
    assert_eq!(owner.post_bare(&format!("{path}/delete"), &[]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(world.price(id).await, 1_000);
}

#[tokio::test]
async fn a_copy_begins_as_a_draft_of_its_own() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    world.db.execute("UPDATE teas SET code = 'AB-1'", []).await.unwrap();
    let insert = format!("INSERT INTO tea_sizes (tea_id, title, price) VALUES ({id}, '50 g', 9900)");
    world.db.read().execute_unprepared(&insert).await.unwrap();
    let owner = world.owner().await;
    let page = owner.page(&format!("/admin/teas/{id}/duplicate")).await;
    assert!(
        page.contains("value=\"Longjing\"")
            && page.contains("value=\"50 g\"")
            && page.contains("action=\"/admin/teas\"")
    );
    assert!(!page.contains("AB-1") && !page.contains(".id\" value="), "what is unique is left empty, rows are new");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM teas").await, 1);
}

#[tokio::test]
async fn a_form_without_scripts_grows_a_row_searches_and_brings_its_picture() {
    let world = World::new().await;
    let owner = world.owner().await;
    let typed = [("name", "Longjing"), ("sizes.0.title", "50 g"), ("sizes.0.price", "9"), ("_add", "sizes")];
    let answer = owner.post("/admin/teas", &typed).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("name=\"sizes.1.title\"")
            && page.contains("value=\"50 g\"")
            && page.contains("value=\"Longjing\"")
    );
    let typed = [("name", "Longjing"), ("_find.garden_id", "洞庭"), ("_search", "garden_id")];
    let page = owner.post("/admin/teas", &typed).await.text().await.unwrap();
    let select = between(&page, "id=\"f-garden_id\"", "</select>");
    assert!(select.contains("洞庭山") && !select.contains("狮峰山"), "{select}");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM teas").await, 0);

    let fields = [("name", "Longjing"), ("price", "9"), ("_has.pictures", "1")];
    let answer = owner.send_file("/admin/teas", &fields, ("pictures.file", "leaf.png", png())).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.text().await.unwrap());
    let pictures: String = world.value("SELECT pictures AS n FROM teas", []).await;
    let keys: Vec<String> = serde_json::from_str(&pictures).unwrap();
    let page = owner.page("/admin/teas/1").await;
    assert!(page.contains(&format!("/admin/uploads/{}/thumb", keys[0])));
    let answer =
        owner.send_file("/admin/teas", &fields, ("pictures.file", "leaf.png", b"<svg onload=x>".to_vec())).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "not what it says");
    let page = answer.text().await.unwrap();
    assert!(!between(&page, "id=\"f-pictures-error\">", "</div>").is_empty());
}

/// A picture of four pixels.
fn png() -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD
        .decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGNgP5gARAwQCgAfCgShwLZlZQAAAABJRU5ErkJggg==")
        .unwrap()
}
