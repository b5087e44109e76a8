//! The admin's own resources: staff, roles, audit log, tokens, phrases.

use reqwest::StatusCode;

use crate::world::{World, between, hidden};

#[tokio::test]
async fn a_member_is_made_edited_disabled_and_let_in_again() {
    let world = World::new().await;
    let owner = world.owner().await;
    let weak = [("name", "Mei"), ("login", "mei"), ("role", "clerk"), ("locale", "en"), ("password", "password123")];
    let page = owner.refused("/admin/staff", &weak, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(!between(&page, "id=\"f-password-error\">", "</div>").is_empty() && page.contains("value=\"mei\""));
    let fine =
        [("name", "Mei"), ("login", "mei"), ("role", "clerk"), ("locale", "en"), ("password", "a-quiet-green-leaf")];
    let to = owner.submit("/admin/staff", &fine).await;
    let page = owner.page(&to).await;
    assert!(page.contains("Clerk") && !page.contains("a-quiet-green-leaf") && !page.contains("argon2"));
    let form = owner.page(&format!("{to}/edit")).await;
    assert!(!form.contains("name=\"password\""));
    let version = hidden(&form, "_version");
    owner.submit(&to, &[("_version", &version), ("name", "Mei Lin"), ("role", "owner"), ("status", "disabled")]).await;
    let sql = "SELECT COUNT(*) AS n FROM staff WHERE name = 'Mei Lin' AND role = 'owner' AND status = 'active'";
    assert_eq!(world.count(sql).await, 1, "the status is no field of the form");
    let answer = owner.post(&format!("{to}/do/disable"), &[]).await;
    assert_eq!(answer.status(), StatusCode::OK, "it asks first");
    owner.submit(&format!("{to}/do/disable"), &[("confirmed", "1")]).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM staff WHERE status = 'disabled'").await, 1);
    // The last owner who can come in cannot go.
    owner.submit("/admin/staff/1/delete", &[]).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM staff WHERE deleted_at IS NULL").await, 2);
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let world = World::new().await;
    let chief = world.member("chief", &["staff.*", "roles.*", "inbox.view"]).await;
    let role = [("name", "Night"), ("key", "night"), ("_has.permissions", "1"), ("permissions", "settings.edit")];
    let page = chief.refused("/admin/roles", &role, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(!between(&page, "id=\"f-permissions-error\">", "</div>").is_empty());
    let member =
        [("name", "Eve"), ("login", "eve"), ("role", "owner"), ("locale", "en"), ("password", "a-quiet-green-leaf")];
    let answer = chief.post("/admin/staff", &member).await;
    assert!(matches!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY | StatusCode::FORBIDDEN));
    let role = [("name", "Night"), ("key", "night"), ("_has.permissions", "1"), ("permissions", "inbox.view")];
    let to = chief.submit("/admin/roles", &role).await;
    assert!(chief.page(&to).await.contains("Inbox · View"));
    assert!(chief.page("/admin/roles").await.contains("Ready-made roles"));
}

#[tokio::test]
async fn the_audit_log_is_read_and_never_written() {
    let world = World::new().await;
    let id = world.tea("Longjing", 1_000).await;
    let owner = world.owner().await;
    owner.submit(&format!("/admin/teas/{id}"), &[("_version", "1"), ("price", "12")]).await;
    let page = owner.page("/admin/audit?f.subject_kind.contains=teas").await;
    let entry = between(&page, "class=\"main-link\" href=\"/admin/audit/", "\"").to_owned();
    let page = owner.page(&format!("/admin/audit/{}", entry.replace("&#38;", "&"))).await;
    assert!(page.contains("<del>1000</del>") && page.contains("<ins>1200</ins>"), "{page}");
    for path in ["/admin/audit/new", "/admin/audit/1/edit"] {
        assert_eq!(owner.get(path).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(owner.post("/admin/audit/1", &[("action", "x")]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn tokens_are_watched_over_by_those_who_may_revoke_them() {
    let world = World::new().await;
    let (owner, maker) = (world.owner().await, world.member("maker", &["tokens.view", "tokens.create"]).await);
    maker.post("/admin/me/tokens", &[("name", "Till"), ("scopes", "tokens.view"), ("expires", "never")]).await;
    let insert = "INSERT INTO api_tokens (staff_id, name, token_hash, hint, scopes, created_at) VALUES \
                  (1, 'Owners robot', 'x', 'abcd', '[\"*\"]', 1) RETURNING CAST(id AS BIGINT) AS n";
    let id: i64 = world.value(insert, []).await;
    assert!(owner.page("/admin/tokens").await.contains("Owners robot"));
    assert!(!maker.page("/admin/tokens").await.contains("Owners robot"), "others see their own only");
    assert_eq!(maker.get(&format!("/admin/tokens/{id}")).await.status(), StatusCode::NOT_FOUND);
    owner.submit(&format!("/admin/tokens/{id}/do/revoke"), &[("confirmed", "1")]).await;
    assert_eq!(
        world
            .count("SELECT COUNT(*) AS n FROM api_tokens WHERE revoked_at IS NOT NULL AND name = 'Owners robot'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_phrase_is_written_with_its_places_explained() {
    let world = World::new().await;
    let owner = world.owner().await;
    let page = owner.page("/admin/phrases/new").await;
    assert!(page.contains("{nickname}") && page.contains("Name of the shop"));
    let to = owner
        .submit("/admin/phrases", &[("title", "Shipped"), ("text", "{nickname}, it is on its way."), ("position", "1")])
        .await;
    assert!(owner.page(&to).await.contains("it is on its way"));
    let answer = owner.post(&format!("{to}/delete"), &[]).await;
    assert!(answer.text().await.unwrap().contains("This cannot be undone"), "no bin: it asks first");
}

#[tokio::test]
async fn what_resources_ask_for_can_be_given_in_a_role() {
    let world = World::new().await;
    let page = world.owner().await.page("/admin/roles/new").await;
    for (method, path, needs) in puzi_web::route_table(&world.faces()) {
        let puzi_web::Needs::Permission(permission) = needs else { continue };
        let (area, verb) = permission.split_once('.').unwrap();
        let known = page.contains(&format!("value=\"{area}.{verb}\""));
        assert!(known, "{method} {path} needs {permission}, which no role can be given by itself");
    }
}
