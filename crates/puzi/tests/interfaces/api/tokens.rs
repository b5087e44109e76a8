//! Who may ask, and for what.

use puzi_shop::staff::MemberEdit;

use super::*;

#[tokio::test]
async fn only_a_living_token_of_a_living_member_opens_the_api() {
    let shop = Shop::open().await;
    let plain = |path: &str| shop.client.get(format!("{}{path}", shop.node.url));
    let bare = Answer::to(plain("/api/v1/phrases")).await;
    bare.problem(401);
    assert_eq!(bare.header("www-authenticate"), "Bearer realm=\"Puzi\"");
    let token = shop.token.expose();
    let cut = &token[..token.len() - 1];
    for wrong in
        [format!("Bearer {cut}"), format!("Bearer {cut}!"), format!("Basic {token}"), token.clone(), "Bearer".into()]
    {
        let answer = Answer::to(plain("/api/v1/phrases").header("authorization", wrong.as_str())).await;
        assert_eq!(answer.problem(401)["title"], "No token, or not a valid one", "{wrong}");
    }
    // The admin's cookie is no token: another site's form could bring it along.
    Answer::to(plain("/api/v1/phrases").header("cookie", format!("puzi_admin={token}"))).await.problem(401);

    let opens = async |token: &Secret<String>| {
        let answer = Answer::to(shop.ask_with(token, Method::GET, "/api/v1/phrases")).await;
        if answer.status != 200 {
            answer.problem(401);
        }
        answer.status == 200
    };
    assert!(opens(&shop.token).await);
    let (clerk, expiring) = shop.member("clerk", &["phrases.*"]).await;
    assert!(opens(&expiring).await);
    shop.execute(&format!("UPDATE api_tokens SET expires_at = 1 WHERE staff_id = {clerk}")).await;
    assert!(!opens(&expiring).await, "expired");
    let revoked = make_token(&shop.staff, clerk, &["phrases.view"]).await;
    let id = shop.staff.list_tokens(clerk).await.unwrap()[0].id;
    assert!(opens(&revoked).await);
    shop.staff.revoke_token(&Actor::cli("test"), id).await.unwrap();
    assert!(!opens(&revoked).await, "revoked");
    let disabled = make_token(&shop.staff, clerk, &["phrases.view"]).await;
    shop.staff.disable(&Actor::cli("test"), clerk).await.unwrap();
    assert!(!opens(&disabled).await, "of a disabled member");
    shop.staff.enable(&Actor::cli("test"), clerk).await.unwrap();
    assert!(opens(&disabled).await);
    shop.staff.delete(&Actor::cli("test"), clerk).await.unwrap();
    assert!(!opens(&disabled).await, "of a deleted member");
}

#[tokio::test]
async fn a_token_permits_its_scopes_and_never_more_than_its_member() {
    let shop = Shop::open().await;
    let reading = shop.token(&["*.view"]).await;
    let phrase = json!({ "title": "营业时间", "text": "九点到六点" });
    let seen = Answer::to(shop.ask_with(&reading, Method::GET, "/api/v1/phrases")).await;
    assert_eq!(seen.status, 200, "{seen:?}");
    let refused = Answer::to(shop.ask_with(&reading, Method::POST, "/api/v1/phrases").json(&phrase)).await;
    assert_eq!(refused.problem(403)["permission"], "phrases.create");
    assert_eq!(shop.count("quick_phrases").await, 0);

    // What is taken from the member is taken from every token of his at once.
    let (clerk, all) = shop.member("clerk", &["phrases.*"]).await;
    let made = Answer::to(shop.ask_with(&all, Method::POST, "/api/v1/phrases").json(&phrase)).await;
    assert_eq!(made.status, 201, "{made:?}");
    Answer::to(shop.ask_with(&all, Method::GET, "/api/v1/staff")).await.problem(403);
    let edit = MemberEdit { role: Some("read_only".into()), ..MemberEdit::default() };
    shop.staff.edit(&Actor::cli("test"), clerk, None, edit).await.unwrap();
    Answer::to(shop.ask_with(&all, Method::POST, "/api/v1/phrases").json(&phrase)).await.problem(403);
    assert_eq!(shop.count("quick_phrases").await, 1);

    // Nor does it make what outlives it, or what is above it.
    let more = json!({ "name": "more", "scopes": ["*"] });
    Answer::to(shop.ask_with(&shop.token, Method::POST, "/api/v1/tokens").json(&more)).await.problem(405);
    let (_, hiring) = shop.member("hiring", &["roles.*", "staff.*"]).await;
    let role = json!({ "key": "all", "name": "All", "permissions": ["settings.edit"] });
    let above = Answer::to(shop.ask_with(&hiring, Method::POST, "/api/v1/roles").json(&role)).await;
    assert!(above.status == 403 || above.at_fault()[0].0 == "permissions", "{above:?}");
    let boss = json!({ "login": "boss2", "name": "Boss", "role": "owner", "locale": "en", "password": PASSWORD });
    let above = Answer::to(shop.ask_with(&hiring, Method::POST, "/api/v1/staff").json(&boss)).await;
    assert!(above.status == 403 || above.at_fault()[0].0 == "role", "{above:?}");
    assert_eq!(shop.count("staff WHERE role = 'owner'").await, 1);
}

#[tokio::test]
async fn whose_tokens_are_ones_own_does_not_hang_on_the_tokens_number() {
    let shop = Shop::open().await;
    let (keeper, all) = shop.member("keeper", &["tokens.view"]).await;
    // The owner's number is the number of a token of the keeper's, too.
    shop.execute("UPDATE api_tokens SET id = id + 100").await;
    shop.execute(&format!("UPDATE api_tokens SET id = {} WHERE staff_id = {keeper}", shop.owner)).await;
    let seen = Answer::to(shop.ask_with(&all, Method::GET, "/api/v1/tokens")).await.json();
    let whose: Vec<_> = seen["data"].as_array().unwrap().iter().map(|token| token["staff_id"].as_i64()).collect();
    assert_eq!(whose, [Some(keeper)]);
    let foreign = format!("/api/v1/tokens/{}", 100 + shop.owner);
    Answer::to(shop.ask_with(&all, Method::GET, &foreign)).await.problem(404);
}

#[tokio::test]
async fn who_may_change_is_told_what_became_of_it_without_seeing_the_rest() {
    let shop = Shop::open().await;
    let role = json!({ "key": "baker", "name": "Baker", "permissions": ["phrases.view"] });
    let id = shop.post("/api/v1/roles", &role).await.json()["id"].as_i64().unwrap();
    assert_eq!(shop.delete(&format!("/api/v1/roles/{id}")).await.status, 204);
    // Nobody restores a role that may more than he.
    let restoring = shop.token(&["roles.restore", "phrases.view"]).await;
    let path = format!("/api/v1/roles/{id}/restore");
    let restored = Answer::to(shop.ask_with(&restoring, Method::POST, &path)).await;
    assert_eq!(restored.status, 200, "{restored:?}");
    assert_eq!((restored.json()["key"].as_str(), restored.json()["deleted_at"].is_null()), (Some("baker"), true));
    Answer::to(shop.ask_with(&restoring, Method::GET, &format!("/api/v1/roles/{id}"))).await.problem(403);
}

#[tokio::test]
async fn the_audit_log_knows_the_token_and_no_secret() {
    let shop = Shop::open().await;
    shop.phrase("你好").await;
    let member = json!({ "login": "lin", "name": "Lin", "role": "clerk", "locale": "en", "password": PASSWORD });
    let made = shop.post("/api/v1/staff", &member).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!made.text.contains(PASSWORD) && !made.text.contains("argon2"), "{made:?}");
    let log = shop.get("/api/v1/audit?sort=-id&size=2").await.json();
    let [staff, phrase] = log["data"].as_array().unwrap().as_slice() else { panic!("{log}") };
    assert_eq!((phrase["action"].as_str(), phrase["actor_kind"].as_str()), (Some("phrases.create"), Some("token")));
    assert_eq!((phrase["actor_name"].as_str(), phrase["address"].as_str()), (Some("Owner (stock)"), Some("127.0.0.1")));
    assert!(phrase["after"].to_string().contains("你好"), "{phrase}");
    assert_eq!(staff["action"], "staff.create");
    assert!(!log.to_string().contains(PASSWORD) && !log.to_string().contains("argon2"), "{log}");
}
