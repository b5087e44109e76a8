//! Accounts in the admin: adding, changing, pausing, keys; and one's own second factor.

use crate::common::{
    SLUG, World,
    stranger::{Browser, LOGIN, PASSWORD, between, location, world_with_owner},
};
use puzi_shop::{
    accounts::Status,
    audit::{self, Actor},
    staff::{NewToken, Staff},
};
use reqwest::StatusCode;

/// A browser whose owner is signed in, and the value for its forms.
async fn signed_in(world: &World) -> (Browser, String) {
    let mut browser = Browser::at(&world.node.url);
    browser.log_in().await;
    let csrf = browser.csrf().await;
    (browser, csrf)
}

/// What the edit form of the account sends, as its page shows it.
async fn form(browser: &mut Browser, path: &str) -> Vec<(String, String)> {
    let page = browser.get(&format!("{path}/edit")).await.text().await.unwrap();
    let value = |name: &str| between(&page, &format!("name=\"{name}\" value=\""), "\"").to_owned();
    let mut fields: Vec<_> =
        ["_csrf", "version", "name", "slug"].iter().map(|name| ((*name).to_owned(), value(name))).collect();
    for (name, value) in [
        ("mode", "encrypted"),
        ("contact_name", "Lin"),
        ("contact_phone", "021-5550-0100"),
        ("contact_email", "lin@example.com"),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    fields
}

fn set(fields: &mut [(String, String)], name: &str, value: &str) {
    fields.iter_mut().find(|(known, _)| known == name).unwrap().1 = value.to_owned();
}

async fn send(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> reqwest::Response {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).await
}

#[tokio::test]
async fn an_account_is_changed_and_its_secrets_are_nowhere_to_be_read() {
    let world = world_with_owner().await;
    let (mut browser, _) = signed_in(&world).await;
    let path = format!("/admin/accounts/{}", world.account.id);
    let secret = world.account.secret.expose().clone();
    let mut fields = form(&mut browser, &path).await;
    set(&mut fields, "name", "Tea <House>");
    let saved = send(&mut browser, &format!("{path}/edit"), &fields).await;
    assert_eq!((saved.status(), location(&saved)), (StatusCode::SEE_OTHER, path.as_str()));
    let stored = world.accounts.get(SLUG).await.unwrap();
    assert_eq!((stored.name.as_str(), stored.contact_name.as_str()), ("Tea <House>", "Lin"));
    // An empty AppSecret keeps the one that is there, and no field of the form could send calls elsewhere.
    assert_eq!((stored.secret.expose(), &stored.api_base), (&secret, &world.account.api_base));
    for page in [path.clone(), format!("{path}/edit"), "/admin/accounts".into()] {
        let page = browser.get(&page).await.text().await.unwrap();
        let escaped = page.contains("Tea &#60;House&#62;") || page.contains("Tea &lt;House&gt;");
        assert!(escaped && !page.contains(&secret), "{page}");
    }
    let log = audit::list(&world.db, audit::Which::default(), 50).await.unwrap();
    let edited = log.iter().find(|row| row.action == "accounts.edit").unwrap();
    assert_eq!((edited.actor.name.as_str(), &edited.after.as_ref().unwrap()["name"]), ("Owner", &"Tea <House>".into()));
    assert!(!format!("{log:?}").contains(&secret));
}

/// What a program is told of the accounts.
async fn asked(world: &World, path: &str) -> serde_json::Value {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let new = NewToken { name: "till".into(), scopes: vec!["accounts.view".into()], expires_at: None };
    let (_, token) = staff.create_token(&Actor::staff(1, "Owner"), new).await.unwrap();
    let request = reqwest::Client::new().get(format!("{}/api/v1/accounts{path}", world.node.url));
    request.bearer_auth(token.expose()).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_list_says_how_each_account_does_and_nothing_secret() {
    let world = world_with_owner().await;
    let (mut browser, _) = signed_in(&world).await;
    let account = &world.account;
    let page = browser.get("/admin/accounts").await.text().await.unwrap();
    assert!(
        page.contains("none yet") && page.contains("Add an account") && page.contains("href=\"/admin/accounts/new\"")
    );
    assert!(page.contains(&format!("data-copy=\"{}\"", account.appid)) && page.contains("/wechat/tea"), "{page}");
    assert!(world.fan().await.text("hello").await.accepted());
    world.accounts.mark_verified(account.id).await.unwrap();
    let page = browser.get("/admin/accounts?q=TEA&f.status=active").await.text().await.unwrap();
    assert!(page.contains("state-good\">working") && !page.contains("none yet"), "{page}");
    world.accounts.set_status(SLUG, Status::Paused).await.unwrap();
    let page = browser.get("/admin/accounts").await.text().await.unwrap();
    assert!(page.contains("state-off\">paused"), "{page}");
    let file = browser.get("/admin/accounts/export.csv").await.text().await.unwrap();
    let (api, one) = (asked(&world, "").await, asked(&world, &format!("/{}", account.id)).await);
    assert!(file.contains("paused") && file.contains(&account.appid), "{file}");
    assert_eq!(
        (&api["data"][0]["state"], &one["state"], &one["name"]),
        (&"paused".into(), &"paused".into(), &account.name.as_str().into())
    );
    assert!(one["last_push_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{one}");
    let known: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "appid",
        "contact_email",
        "contact_name",
        "contact_phone",
        "created_at",
        "health",
        "id",
        "last_push_at",
        "mode",
        "name",
        "slug",
        "state",
        "status",
        "verified_at",
    ];
    assert_eq!(known, expected);
    for told in [page, file, api.to_string(), one.to_string()] {
        for secret in [account.secret.expose(), account.token.expose(), &account.aes_key.expose()] {
            assert!(!told.contains(secret));
        }
    }
}

#[tokio::test]
async fn of_two_who_change_an_account_at_once_the_second_sees_what_the_first_did() {
    let world = world_with_owner().await;
    let (mut browser, _) = signed_in(&world).await;
    let path = format!("/admin/accounts/{}", world.account.id);
    let mut first = form(&mut browser, &path).await;
    let mut second = first.clone();
    set(&mut first, "name", "First");
    set(&mut second, "contact_name", "Second");
    assert_eq!(send(&mut browser, &format!("{path}/edit"), &first).await.status(), StatusCode::SEE_OTHER);
    let conflict = send(&mut browser, &format!("{path}/edit"), &second).await;
    assert_eq!(conflict.status(), StatusCode::CONFLICT);
    let page = conflict.text().await.unwrap();
    assert!(page.contains(">First<") && page.contains("value=\"Second\""), "{page}");
    set(&mut second, "version", between(&page, "name=\"version\" value=\"", "\""));
    assert_eq!(send(&mut browser, &format!("{path}/edit"), &second).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(world.accounts.get(SLUG).await.unwrap().contact_name, "Second");
}

#[tokio::test]
async fn keys_are_rotated_and_the_account_paused_and_back() {
    let world = world_with_owner().await;
    let (mut browser, csrf) = signed_in(&world).await;
    let path = format!("/admin/accounts/{}", world.account.id);
    let csrf = [("_csrf", csrf.as_str())];
    assert_eq!(browser.post(&format!("{path}/rotate-key"), &csrf).await.status(), StatusCode::SEE_OTHER);
    let rotated = world.accounts.get(SLUG).await.unwrap();
    assert_ne!(rotated.aes_key.expose(), world.account.aes_key.expose());
    assert_eq!(rotated.previous_aes_key.unwrap().expose(), world.account.aes_key.expose());
    let page = browser.get(&path).await.text().await.unwrap();
    assert!(page.contains(&rotated.aes_key.expose()) && !page.contains(&world.account.aes_key.expose()), "{page}");
    browser.post(&format!("{path}/drop-key"), &csrf).await;
    assert!(world.accounts.get(SLUG).await.unwrap().previous_aes_key.is_none());
    browser.post(&format!("{path}/rotate-token"), &csrf).await;
    assert_ne!(world.accounts.get(SLUG).await.unwrap().token.expose(), world.account.token.expose());

    browser.post(&format!("{path}/pause"), &csrf).await;
    let callback = world.node.callback(SLUG);
    assert_eq!(reqwest::get(&callback).await.unwrap().status(), StatusCode::NOT_FOUND);
    // The toast offers the way back.
    let page = browser.get(&path).await.text().await.unwrap();
    let undo = between(&page, "data-toast=\"done\"", "</form>").to_owned();
    assert_eq!(between(&undo, "action=\"", "\""), format!("{path}/resume"));
    browser.post(&format!("{path}/resume"), &csrf).await;
    assert_ne!(reqwest::get(&callback).await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/admin/accounts/999999").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wechat_is_asked_whether_it_knows_the_account() {
    let world = world_with_owner().await;
    let (mut browser, csrf) = signed_in(&world).await;
    let check = format!("/admin/accounts/{}/check", world.account.id);
    let asked = [("_csrf", csrf.as_str()), ("kind", "token")];
    let good = browser.post(&check, &asked).await.text().await.unwrap();
    assert!(good.contains("note-good"), "{good}");
    world.wechat.update_app(crate::common::APPID, |app| app.secret = "f".repeat(32)).unwrap();
    let bad = browser.post(&check, &asked).await.text().await.unwrap();
    assert!(bad.contains("note-bad") && bad.contains("AppSecret"), "{bad}");
}

#[tokio::test]
async fn recovery_codes_and_tokens_are_shown_once() {
    let world = world_with_owner().await;
    let (mut browser, csrf) = signed_in(&world).await;
    let page = browser.get("/admin/me/totp").await.text().await.unwrap();
    assert!(page.contains("<svg") && page.contains("otpauth://totp/"), "{page}");
    let wrong = browser.post("/admin/me/totp", &[("_csrf", &csrf), ("code", "000000")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("_csrf", csrf.as_str()), ("name", "backup"), ("days", "30"), ("scopes", "inbox.view")];
    let made = browser.post("/admin/me/tokens", &fields).await.text().await.unwrap();
    let token = format!("puzi_{}", between(&made, "<code>puzi_", "<"));
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let holder = staff.authenticate_token(&token).await.unwrap().unwrap();
    assert_eq!((holder.member.login.as_str(), holder.name.as_str()), (LOGIN, "backup"));
    assert!(holder.permissions.allows("inbox.view") && !holder.permissions.allows("inbox.reply"));
    let list = browser.get("/admin/me/tokens").await.text().await.unwrap();
    assert!(list.contains("backup") && !list.contains(&token), "{list}");
    let revoke = format!("/admin/me/tokens/{}/revoke", holder.token);
    assert_eq!(browser.post(&revoke, &[("_csrf", &csrf)]).await.status(), StatusCode::SEE_OTHER);
    assert!(staff.authenticate_token(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let world = world_with_owner().await;
    let (mut browser, csrf) = signed_in(&world).await;
    let (mut other, _) = signed_in(&world).await;
    let change = |old: &'static str, new: &'static str| {
        [("_csrf", csrf.clone()), ("old", old.into()), ("password", new.into()), ("password_again", new.into())]
    };
    let mut send = async |fields: [(&'static str, String); 4]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/admin/me/password", &fields).await
    };
    for (old, new) in [("not the old one", "nine purple kettles"), (PASSWORD, "short"), (PASSWORD, PASSWORD)] {
        let refused = send(change(old, new)).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{new}");
        assert!(!refused.text().await.unwrap().contains(&format!("value=\"{new}\"")));
    }
    assert_eq!(send(change(PASSWORD, "nine purple kettles")).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(other.get("/admin/me").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/admin/me").await.status(), StatusCode::OK);
}
