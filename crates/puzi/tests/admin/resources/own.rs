//! The admin's own resources: staff, roles, audit log, tokens, phrases.

use reqwest::StatusCode;

use crate::resources::world::{World, between, hidden};

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
        for permission in permission.split('+') {
            let known = page.contains(&format!("value=\"{permission}\""));
            assert!(known, "{method} {path} needs {permission}, which no role can be given by itself");
        }
    }
}

#[tokio::test]
async fn a_shop_without_accounts_is_led_to_its_first_one() {
    let world = World::new().await;
    let page = world.owner().await.page("/admin/accounts").await;
    assert!(page.contains("No accounts yet") && page.contains("href=\"/admin/accounts/new\""), "{page}");
    let looker = world.member("looker", &["accounts.view"]).await;
    assert!(!looker.page("/admin/accounts").await.contains("/admin/accounts/new"));
}

#[tokio::test]
async fn followers_are_listed_with_their_account_and_conversation() {
    let world = World::new().await;
    world.account("Tea House").await;
    for (openid, nickname, subscribed) in [("oAnna", Some("Anna"), true), ("oBen", None, false)] {
        let sql = "INSERT INTO followers (account_id, openid, nickname, subscribed, subscription_changed_at, scene, \
                   first_seen_at, last_seen_at) VALUES (1, $1, $2, $3, 0, 'spring', 1, 2)";
        world.db.execute(sql, [openid.into(), nickname.into(), subscribed.into()]).await.unwrap();
    }
    let chat = "INSERT INTO chats (account_id, openid, last_message_id, last_at, last_inbound, last_kind, last_summary, \
                said_at, said_used, acted_at, acted_used, unread, status) VALUES \
                (1, 'oAnna', 0, 0, $1, '', '', 0, 0, 0, 0, 3, 'open') RETURNING CAST(id AS BIGINT) AS n";
    let chat: i64 = world.value(chat, [true.into()]).await;
    let owner = world.owner().await;
    let page = owner.page("/admin/followers").await;
    assert!(page.contains("Follower ") && page.contains("oBen") && page.contains("Anna"), "{page}");
    assert!(page.contains(&format!("href=\"/admin/inbox/{chat}\"")));
    assert!(page.contains("<span class=\"badge badge-count\">1<"), "one conversation is unread: {page}");
    for (asked, anna, ben) in [
        ("f.subscribed=1", true, false),
        ("f.subscribed=0", false, true),
        ("f.account_id=1", true, true),
        ("f.followed_at.from=2026-01-01", false, false),
    ] {
        let page = owner.page(&format!("/admin/followers?{asked}")).await;
        assert_eq!((page.contains(">oAnna<"), page.contains(">oBen<")), (anna, ben), "{asked}");
    }
    let (_, file) = owner.download("/admin/followers/export.csv").await;
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("Anna") && file.contains("oAnna") && !file.contains("Conversation"), "{file}");
    let looker = world.member("looker", &["followers.view"]).await;
    let page = looker.page("/admin/followers").await;
    assert!(page.contains("oAnna") && !page.contains("/admin/inbox"), "{page}");
    assert!(looker.page("/admin/followers/1").await.contains("oAnna"));
}

#[tokio::test]
async fn what_failed_for_good_is_tried_again() {
    let world = World::new().await;
    let sql = "INSERT INTO jobs (kind, payload, state, attempts, run_at, last_error, created_at) VALUES \
               ('send_answer', '\"to somebody\"', $1, 8, 9999999999999, 'no route', 1) RETURNING CAST(id AS BIGINT) AS n";
    let waiting: i64 = world.value(sql, ["queued".into()]).await;
    let dead: i64 = world.value(sql, ["dead".into()]).await;
    let owner = world.owner().await;
    assert!(owner.page("/admin").await.contains("href=\"/admin/jobs\""));
    let page = owner.page("/admin/jobs").await;
    assert!(page.contains("Send a late auto-reply") && page.contains("no route") && !page.contains("to somebody"));
    assert_eq!(page.matches("class=\"main-link\"").count(), 1, "what waits is no dead letter: {page}");
    assert_eq!(owner.get(&format!("/admin/jobs/{waiting}")).await.status(), StatusCode::NOT_FOUND);
    let looker = world.member("looker", &["jobs.view"]).await;
    let retry = format!("/admin/jobs/{dead}/do/retry");
    assert_eq!(looker.post(&retry, &[("confirmed", "1")]).await.status(), StatusCode::FORBIDDEN);
    let question = owner.post(&retry, &[]).await.text().await.unwrap();
    assert!(question.contains("may get it twice"), "{question}");
    // The record is none of the list's any more: one comes back to the list.
    let to = owner.submit(&retry, &[("confirmed", "1")]).await;
    assert_eq!(to, "/admin/jobs");
    let log =
        world.count("SELECT COUNT(*) AS n FROM audit_log WHERE action = 'jobs.retry' AND actor_name = 'Owner'").await;
    assert_eq!(log, 1);
    assert!(owner.page("/admin/audit").await.contains("Failed jobs · Try again"));
}

#[tokio::test]
async fn a_resource_for_programs_has_no_pages() {
    let world = World::new().await;
    let tea = world.tea("Longjing", 1_000).await;
    world.db.execute("UPDATE teas SET garden_id = 1", []).await.unwrap();
    let owner = world.owner().await;
    for path in ["/admin/plots", "/admin/plots/1", "/admin/plots/new"] {
        assert_eq!(owner.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!owner.page("/admin/teas").await.contains("/admin/plots"), "it is not in the navigation");
    let found = owner.page("/admin/search?q=%E7%8B%AE%E5%B3%B0").await;
    assert!(found.contains("/admin/gardens/1") && !found.contains("/admin/plots"), "{found}");
    let page = owner.page(&format!("/admin/tastings/{tea}")).await;
    assert!(page.contains("狮峰山") && !page.contains("/admin/plots"), "what has no page is no link: {page}");
    let description = owner.get("/api/v1/openapi.json").await.text().await.unwrap();
    assert!(description.contains("/api/v1/plots/{id}"));
    assert_eq!(owner.get("/api/v1/plots").await.status(), StatusCode::UNAUTHORIZED, "it is there, for a token");
}

#[tokio::test]
async fn a_role_of_the_shops_own_is_called_by_its_name() {
    let world = World::new().await;
    let night = world.member("night", &["inbox.view"]).await;
    world.db.execute("UPDATE roles SET name = 'Night shift' WHERE key = 'night'", []).await.unwrap();
    assert!(night.page("/admin").await.contains("<small class=\"quiet\">Night shift</small>"));
    let owner = world.owner().await;
    assert!(owner.page("/admin").await.contains("<small class=\"quiet\">Owner</small>"));
    owner.submit("/admin/see-as", &[("role", "night")]).await;
    assert!(owner.page("/admin").await.contains("Viewing as “Night shift”"), "what is tried on has its name, too");
}
