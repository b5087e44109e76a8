//! Signing in to the admin, and those who try to come in some other way.

use crate::common::{
    Place, World,
    stranger::{Browser, LOGIN, PASSWORD, between, location, world_with_owner},
};
use puzi_shop::{audit::Actor, staff::Staff, texts::Locale};
use puzi_wechat::Secret;
use reqwest::{Method, StatusCode, header};

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_login_and_back() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    let led = browser.get("/admin/me?tab=a&b").await;
    assert_eq!(led.status(), StatusCode::SEE_OTHER);
    assert_eq!(location(&led), "/admin/login?next=%2Fadmin%2Fme%3Ftab%3Da%26b");
    let page = browser.get("/admin/login?next=%2Fadmin%2Fme%3Ftab%3Da%26b").await.text().await.unwrap();
    assert_eq!(between(&page, "name=\"next\" value=\"", "\""), "/admin/me?tab=a&#38;b");
    let fields = [("login", LOGIN), ("password", PASSWORD), ("next", "/admin/me?tab=a&b")];
    let entered = browser.post("/admin/login", &fields).await;
    assert_eq!((entered.status(), location(&entered)), (StatusCode::SEE_OTHER, "/admin/me?tab=a&b"));
    assert_eq!(browser.get("/admin/me").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_way_back_leads_nowhere_else() {
    let world = world_with_owner().await;
    for next in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/admin/../..//evil.example\\", "javascript:x"]
    {
        let fields = [("login", LOGIN), ("password", PASSWORD), ("next", next)];
        let entered = Browser::at(&world.node.url).post("/admin/login", &fields).await;
        assert_eq!(location(&entered), "/admin", "{next}");
    }
}

#[tokio::test]
async fn a_session_that_was_there_before_is_not_taken_over() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    let planted = "a".repeat(64);
    browser.cookies.insert("puzi_admin".into(), planted.clone());
    assert_eq!(browser.get("/admin").await.status(), StatusCode::SEE_OTHER);
    let entered = browser.log_in().await;
    let cookie = entered.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/admin"),
        "{cookie}"
    );
    let first = browser.cookies["puzi_admin"].clone();
    assert_ne!(first, planted);
    // Signing in once more ends the session that the browser had.
    browser.log_in().await;
    assert_ne!(browser.cookies["puzi_admin"], first);
    browser.cookies.insert("puzi_admin".into(), first);
    assert_eq!(browser.get("/admin").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_when_its_owner_says_so() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let kept = browser.cookies.clone();
    let csrf = browser.csrf().await;
    let out = browser.post("/admin/logout", &[("_csrf", &csrf)]).await;
    assert_eq!(location(&out), "/admin/login");
    browser.cookies = kept;
    assert_eq!(browser.get("/admin/me").await.status(), StatusCode::SEE_OTHER, "the copied cookie still works");
}

#[tokio::test]
async fn a_wrong_password_says_neither_what_is_wrong_nor_repeats_it() {
    let world = world_with_owner().await;
    let mut told = Vec::new();
    for (login, password) in [(LOGIN, "not the password"), ("nobody@example.com", "not the password")] {
        let mut browser = Browser::at(&world.node.url);
        let refused = browser.post("/admin/login", &[("login", login), ("password", password)]).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = refused.text().await.unwrap();
        assert!(page.contains(login) && !page.contains(password), "{page}");
        assert!(!browser.cookies.contains_key("puzi_admin"));
        told.push(page.replace(login, ""));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(browser.post("/admin/login", &[("login", LOGIN), ("password", "wrong again")]).await.status());
    }
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    // Also the right one has to wait now.
    assert_eq!(browser.log_in().await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let csrf = browser.csrf().await;
    let fields = [("name", "Mallory"), ("_csrf", csrf.as_str())];
    for site in ["cross-site", "same-site"] {
        browser.site = Some(site);
        assert_eq!(browser.post("/admin/me", &fields).await.status(), StatusCode::FORBIDDEN, "{site}");
    }
    // A browser without Sec-Fetch-Site tells its origin.
    browser.site = None;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let request = browser.ask(Method::POST, "/admin/me").form(&fields).header(header::ORIGIN, origin);
        assert_eq!(browser.send(request).await.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    // Nor does another site sign somebody in as its own user.
    let request = browser.ask(Method::POST, "/admin/login").form(&[("login", LOGIN), ("password", PASSWORD)]);
    let refused = browser.send(request.header(header::ORIGIN, "https://evil.example")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    browser.site = Some("same-origin");
    let page = browser.get("/admin/me").await.text().await.unwrap();
    assert!(!page.contains("Mallory"));
    let own = browser.ask(Method::POST, "/admin/me").form(&fields).header(header::ORIGIN, world.node.url.clone());
    assert_eq!(browser.send(own).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_expired_form_keeps_what_was_typed_except_secrets() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let old = browser.csrf().await;
    browser.log_in().await;
    let typed = [("name", "Lin <b>&\""), ("password", "shall not be seen"), ("_csrf", old.as_str())];
    let expired = browser.post("/admin/me", &typed).await;
    assert_eq!(expired.status(), StatusCode::FORBIDDEN);
    let page = expired.text().await.unwrap();
    assert!(page.contains("value=\"Lin &#60;b&#62;&#38;&#34;\""), "{page}");
    assert!(!page.contains("shall not be seen"));
    let fresh = between(&page, "name=\"_csrf\" value=\"", "\"").to_owned();
    assert_ne!(fresh, old);
    let sent = browser.post("/admin/me", &[("name", "Lin"), ("_csrf", &fresh)]).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    // From another page than ours nothing is offered to be sent again.
    browser.site = None;
    let page = browser.post("/admin/me", &typed).await.text().await.unwrap();
    assert!(!page.contains("Lin &#60;b"), "{page}");
}

#[tokio::test]
async fn whoever_was_signed_out_while_typing_loses_nothing() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    let kept = browser.post("/admin/me", &[("name", "a long story"), ("_csrf", "x")]).await;
    assert_eq!(kept.status(), StatusCode::FORBIDDEN);
    let page = kept.text().await.unwrap();
    assert!(page.contains("a long story") && page.contains("href=\"/admin/login\""), "{page}");
}

#[tokio::test]
async fn a_form_without_its_value_is_refused_whatever_its_kind() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let csrf = browser.csrf().await;
    let json = browser.ask(Method::POST, "/admin/me").header(header::CONTENT_TYPE, "application/json").body("{}");
    assert_eq!(browser.send(json).await.status(), StatusCode::FORBIDDEN);
    let part =
        |value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{value}\r\n--x--\r\n");
    for (value, forbidden) in [("wrong", true), (csrf.as_str(), false)] {
        let request = browser.ask(Method::POST, "/admin/me");
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x").body(part(value));
        let status = browser.send(request).await.status();
        assert_eq!(status == StatusCode::FORBIDDEN, forbidden, "{value}: {status}");
    }
    let header = browser.ask(Method::POST, "/admin/me").form(&[("name", "Lin")]).header("x-csrf-token", csrf);
    assert_eq!(browser.send(header).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn somebody_elses_session_or_token_is_not_there() {
    let world = world_with_owner().await;
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let mut owner = Browser::at(&world.node.url);
    owner.log_in().await;
    let id = staff.by_login(LOGIN).await.unwrap().id;
    let session = staff.list_sessions(id).await.unwrap()[0].id;
    let clerk = puzi_shop::staff::NewMember {
        login: "clerk".into(),
        name: "Clerk".into(),
        role: "clerk".into(),
        locale: Some(Locale::En),
        password: Secret::new(PASSWORD.to_owned()),
    };
    staff.create(&Actor::system(), clerk).await.unwrap();
    let mut browser = Browser::at(&world.node.url);
    browser.post("/admin/login", &[("login", "clerk"), ("password", PASSWORD)]).await;
    let csrf = browser.csrf().await;
    let path = format!("/admin/me/sessions/{session}/end");
    assert_eq!(browser.post(&path, &[("_csrf", &csrf)]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(owner.get("/admin/me").await.status(), StatusCode::OK);
    // What the role does not allow is refused, by GET and by POST.
    assert_eq!(browser.get("/admin/settings").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/admin/accounts/1/pause", &[("_csrf", &csrf)]).await.status(), StatusCode::FORBIDDEN);
    // Nor does seeing as an owner make one.
    assert_eq!(
        browser.post("/admin/see-as", &[("_csrf", &csrf), ("role", "owner")]).await.status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn seeing_as_a_role_only_takes_away() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let csrf = browser.csrf().await;
    let seen = browser.post("/admin/see-as", &[("_csrf", &csrf), ("role", "customer_service")]).await;
    assert_eq!(seen.status(), StatusCode::SEE_OTHER);
    let page = browser.get("/admin").await.text().await.unwrap();
    assert!(page.contains("action=\"/admin/see-as\""), "no way back: {page}");
    assert_eq!(browser.get("/admin/settings").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/admin/settings", &[("_csrf", &csrf)]).await.status(), StatusCode::FORBIDDEN);
    browser.post("/admin/see-as", &[("_csrf", &csrf), ("role", "")]).await;
    assert_eq!(browser.get("/admin/settings").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn admin_pages_keep_to_themselves() {
    let world = world_with_owner().await;
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let page = browser.get("/admin").await;
    let headers = page.headers();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["referrer-policy"], "same-origin");
}

#[tokio::test]
async fn the_first_run_is_everything_until_there_is_an_owner_and_then_gone() {
    let world = World::new().await;
    let mut browser = Browser::at(&world.node.url);
    assert_eq!(location(&browser.get("/admin/inbox").await), "/admin/setup");
    assert_eq!(location(&browser.get("/admin/login").await), "/admin/setup");
    let typed = [
        ("language", "en"),
        ("login", "boss"),
        ("name", "The Boss"),
        ("password", PASSWORD),
        ("password_again", "seven green teapot"),
    ];
    let wrong = browser.post("/admin/setup", &typed).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("value=\"boss\"") && page.contains("The Boss") && !page.contains(PASSWORD), "{page}");
    let right = [&typed[..4], &[("password_again", PASSWORD)]].concat();
    // Two at once: one of them becomes the owner.
    let mut other = Browser::at(&world.node.url);
    let (first, second) = tokio::join!(browser.post("/admin/setup", &right), other.post("/admin/setup", &right));
    let mut led = [location(&first), location(&second)];
    led.sort_unstable();
    assert_eq!(led, ["/admin/login", "/admin/setup/account"]);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM staff").await, 1);
    let late = Browser::at(&world.node.url).post("/admin/setup", &right).await;
    assert_eq!(location(&late), "/admin/login");
}

#[tokio::test]
async fn from_elsewhere_the_first_run_asks_for_the_code_of_the_terminal() {
    let world = World::new().await;
    let right = [("login", "boss"), ("name", "Boss"), ("password", PASSWORD), ("password_again", PASSWORD)];
    // Through a proxy, and by a name that was bound to this machine by somebody's page.
    for (name, value) in [("x-forwarded-for", "203.0.113.9"), ("host", "rebound.example")] {
        let mut browser = Browser::at(&world.node.url);
        let page =
            browser.send(browser.ask(Method::GET, "/admin/setup").header(name, value)).await.text().await.unwrap();
        assert!(page.contains("setup_code"), "{name}");
        for code in ["", "guess"] {
            let fields = [&right[..], &[("setup_code", code)]].concat();
            let request = browser.ask(Method::POST, "/admin/setup").header(name, value).form(&fields);
            assert_eq!(browser.send(request).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name} {code}");
        }
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM staff").await, 0);
}

#[tokio::test]
async fn the_wizard_ends_when_wechat_has_verified_the_url() {
    let place = Place::new().await;
    let node = place.start_node();
    let mut browser = Browser::at(&node.url);
    let owner = [("login", "boss"), ("name", "Boss"), ("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(location(&browser.post("/admin/setup", &owner).await), "/admin/setup/account");
    let csrf = browser.csrf().await;
    let mut account = vec![
        ("_csrf", csrf.as_str()),
        ("name", "Tea House"),
        ("appid", "wx00000000000000a1"),
        ("secret", "0123456789abcdef0123456789abcdef"),
        ("mode", "encrypted"),
        ("contact_name", "Lin"),
        ("contact_phone", "021-5550-0100"),
    ];
    let wrong = browser.post("/admin/setup/account", &account).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("value=\"Tea House\"") && !page.contains("0123456789abcdef0123456789abcdef"), "{page}");
    account.push(("contact_email", "lin@example.com"));
    let made = browser.post("/admin/setup/account", &account).await;
    let path = location(&made).to_owned();
    let page = browser.get(&path).await.text().await.unwrap();
    assert!(page.contains("/wechat/wx00000000000000a1") && page.contains("hx-trigger=\"every 2s\""), "{page}");
    let db = place.connect().await;
    let stored = puzi_shop::accounts::Accounts::new(db, std::sync::Arc::new(place.vault())).list().await.unwrap();
    assert!(page.contains(stored[0].token.expose()) && page.contains(&stored[0].aes_key.expose()));

    let wechat = puzi_sandbox::Sandbox::start(puzi_sandbox::Config::default()).await.unwrap();
    wechat.add_app(crate::common::app(&stored[0], &node)).unwrap();
    crate::common::until("the account is taken up", std::time::Duration::from_secs(10), async || {
        wechat.verify_url("wx00000000000000a1").await.is_ok()
    })
    .await;
    let state = browser.get(&format!("{path}/state")).await.text().await.unwrap();
    assert!(!state.contains("hx-trigger") && state.contains("/admin/setup/done"), "{state}");
    assert_eq!(browser.get("/admin/setup/done").await.status(), StatusCode::OK);
}
