//! The same over HTTP: pages and API, and who is limited to another account.

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    staff::{NewToken, Staff},
};
use puzi_wechat::{Secret, envelope::Mode};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::common::{Browser, World, between, new_account};
use crate::desk::{another_node, asked};

async fn token(world: &World, scopes: &[&str]) -> Secret<String> {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let owner: i64 = world.value("SELECT MIN(id) AS n FROM staff", []).await;
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let new = NewToken { name: "desk".into(), scopes, expires_at: None };
    staff.create_token_for(&Actor::cli("test"), owner, new).await.unwrap().1
}

/// Status, entity tag and body of an answer of the API.
async fn ask(
    world: &World,
    token: &Secret<String>,
    (method, path): (Method, &str),
    headers: &[(&'static str, &str)],
    body: Option<Value>,
) -> (u16, String, Value) {
    let mut request = Client::new().request(method, format!("{}{path}", world.node.url)).bearer_auth(token.expose());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, tag, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn an_account_is_looked_after_in_the_admin() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, "owner").await;
    let path = format!("/admin/accounts/{}", world.account.id);
    assert!(browser.page(&path).await.contains("Not checked yet"));
    let checked = browser.post(&format!("{path}/check"), &[]).await;
    assert!(checked.status == 200 && checked.body.contains("Something does not work"), "{}", checked.body);
    let one = browser.post(&format!("{path}/check"), &[("kind", "token")]).await;
    assert!(one.body.contains("WeChat knows this AppID"), "{}", one.body);
    assert_eq!(browser.post(&format!("{path}/check"), &[("kind", "all")]).await.status, 400);
    assert!(browser.page("/admin/accounts").await.contains("state-bad"));

    let refreshed = browser.post(&format!("{path}/quota/refresh"), &[]).await;
    assert_eq!((refreshed.status, refreshed.location()), (303, format!("{path}/quota").as_str()));
    let quotas = browser.page(&format!("{path}/quota")).await;
    assert!(quotas.contains("/cgi-bin/message/custom/send") && quotas.contains("<progress"), "{quotas}");
    let question = browser.page(&format!("{path}/quota/clear?path=/cgi-bin/tags/get")).await;
    let form = between(&question, "name=\"form\" value=\"", "\"").to_owned();
    let fields = [("path", "/cgi-bin/tags/get"), ("form", form.as_str())];
    for _ in 0..2 {
        assert_eq!(browser.post(&format!("{path}/quota/clear"), &fields).await.status, 303);
    }
    assert_eq!(asked(&world, "/cgi-bin/openapi/quota/clear"), 1);
    assert!(browser.page(&format!("{path}/quota")).await.contains("Set back this month"));

    let settings = browser.page(&format!("{path}/settings")).await;
    let version = between(&settings, "name=\"version\" value=\"", "\"").to_owned();
    let fields = |days: &'static str| {
        let version = ("version", version.as_str());
        let numbers = [("calls.days", days), ("quota.warn_percent", "80"), ("notices.days", "180")];
        [&[version, ("account.kind", "service"), ("calls.bodies", "errors")][..], &numbers].concat()
    };
    let saved = browser.post(&format!("{path}/settings"), &fields("7")).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let late = browser.post(&format!("{path}/settings"), &fields("8")).await;
    assert!(late.status == 409 && late.body.contains("value=\"8\""), "{}", late.status);
    let (_, live) = another_node(&world).await;
    assert_eq!(live.settings.number("calls.days"), 7);
    assert_eq!(live.settings.text("account.kind"), "service");
    assert!(!live.settings.is_on("calls.pushes"), "an unticked box is off");
}

#[tokio::test]
async fn agents_are_made_in_the_admin_and_shown_as_wechat_tells() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world, "owner").await;
    let account = world.account.id.to_string();
    let new = [("kf_account", "tea1@gh_tea"), ("nickname", "Tea <one>"), ("account_id", account.as_str())];
    let made = browser.post("/admin/agents", &new).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let list = browser.page("/admin/agents").await;
    assert!(list.contains("Tea &#60;one&#62;") || list.contains("Tea &lt;one&gt;"), "{list}");
    assert!(list.contains("nobody bound") && list.contains("hx-get=\"/admin/agents/state\""), "{list}");
    let refused = browser.post("/admin/agents", &new).await;
    assert!(refused.status == 422 && refused.body.contains("There is such an account already"), "{}", refused.body);
    let id: i64 = world.value("SELECT id AS n FROM agents", []).await;
    assert!(browser.page(&format!("/admin/agents/{id}/qr")).await.contains("Make a code"));
    assert_eq!(browser.get(&format!("/admin/agents/{id}/qr.svg")).await.status, 404);
    assert_eq!(browser.post(&format!("/admin/agents/{id}/qr"), &[]).await.status, 303);
    assert!(browser.page(&format!("/admin/agents/{id}/qr")).await.contains("<svg"));
    assert!(browser.page(&format!("/admin/agents/{id}/qr.svg")).await.starts_with("<svg"));
    let (_, live) = another_node(&world).await;
    live.client.service().delete("tea1@gh_tea", None).await.unwrap();
    assert_eq!(browser.post("/admin/agents/refresh", &[]).await.status, 303);
    assert!(!browser.page("/admin/agents").await.contains("tea1@gh_tea"));
}

#[tokio::test]
async fn programs_have_the_same_desk() {
    let world = World::new().await;
    Browser::signed_in(&world, "owner").await;
    let token = token(&world, &["*"]).await;
    let id = world.account.id;
    let base = format!("/api/v1/accounts/{id}");
    let post = async |rest: &str, headers: &[(&'static str, &str)], body: Value| {
        ask(&world, &token, (Method::POST, &format!("{base}/{rest}")), headers, Some(body)).await
    };
    let (status, _, told) = post("check", &[], json!({ "checks": ["token"] })).await;
    assert_eq!((status, &told["checks"][0]["state"]), (200, &"good".into()), "{told}");
    assert!(told["checks"][0]["text"].as_str().unwrap().contains("AppID"), "{told}");
    let (status, _, told) = post("check", &[], json!({ "checks": ["weather"] })).await;
    assert_eq!((status, &told["errors"][0]["field"]), (422, &"checks".into()), "{told}");
    let (status, _, told) = ask(&world, &token, (Method::GET, "/api/v1/accounts/tea/health"), &[], None).await;
    assert_eq!((status, told["checks"].as_array().unwrap().len()), (200, 1), "by slug, too: {told}");

    let (status, _, told) = post("quotas", &[], json!({ "paths": ["/cgi-bin/tags/get"] })).await;
    assert_eq!((status, &told["quotas"][0]["path"]), (200, &"/cgi-bin/tags/get".into()), "{told}");
    for _ in 0..2 {
        let key = [("idempotency-key", "one")];
        let (status, _, told) = post("quota-clear", &key, json!({ "path": "/cgi-bin/tags/get" })).await;
        assert_eq!((status, &told["state"]), (200, &"done".into()), "{told}");
    }
    assert_eq!(asked(&world, "/cgi-bin/openapi/quota/clear"), 1);

    let path = format!("{base}/settings");
    let (status, tag, told) = ask(&world, &token, (Method::GET, &path), &[], None).await;
    assert_eq!((status, &told["calls.days"]), (200, &30.into()));
    let patch = async |headers: &[(&'static str, &str)], body: Value| {
        ask(&world, &token, (Method::PATCH, &path), headers, Some(body)).await
    };
    assert_eq!(patch(&[], json!({ "calls.days": 9 })).await.0, 428);
    let (status, new_tag, told) = patch(&[("if-match", &tag)], json!({ "calls.days": 9 })).await;
    assert_eq!((status, &told["calls.days"]), (200, &9.into()));
    assert_ne!(tag, new_tag);
    assert_eq!(patch(&[("if-match", &tag)], json!({ "calls.days": 10 })).await.0, 409);
    assert_eq!(patch(&[("if-match", &new_tag)], json!({ "calls.days": "x" })).await.0, 422);

    let new = json!({ "kf_account": "tea1@gh_tea", "nickname": "小茶", "account_id": id });
    let (status, _, made) = ask(&world, &token, (Method::POST, "/api/v1/agents"), &[], Some(new)).await;
    assert_eq!(status, 201, "{made}");
    let one = format!("/api/v1/agents/{}", made["id"]);
    assert_eq!(ask(&world, &token, (Method::GET, &format!("{one}/qr.svg")), &[], None).await.0, 404);
    let (status, _, told) = ask(&world, &token, (Method::POST, &format!("{one}/qr")), &[], Some(json!({}))).await;
    assert!(status == 200 && told["url"].is_string(), "{told}");
    let (status, _, svg) = ask(&world, &token, (Method::GET, &format!("{one}/qr.svg")), &[], None).await;
    assert!(status == 200 && svg.as_str().unwrap().starts_with("<svg"), "{svg}");
    let (_, _, document) = ask(&world, &token, (Method::GET, "/api/v1/openapi.json"), &[], None).await;
    let operation = &document["paths"]["/api/v1/accounts/{id}/quota-clear"]["post"];
    assert_eq!(operation["x-permission"], "accounts.clear_quota");
    let page = reqwest::get(format!("{}/api/v1", world.node.url)).await.unwrap().text().await.unwrap();
    assert!(page.contains("/api/v1/accounts/{id}/health"), "the page for people has it, too");
}

#[tokio::test]
async fn who_is_limited_to_another_account_finds_nothing_of_this_one() {
    let world = World::new().await;
    Browser::signed_in(&world, "owner").await;
    let other = new_account("wx00000000000000b2", "cake", Mode::Plain, &world.wechat);
    let other = world.accounts.add(other).await.unwrap();
    world.node_catches_up().await;
    let (registry, _) = another_node(&world).await;
    let agents = puzi_shop::agents::Agents::new(&world.db, &registry);
    let new = puzi_shop::agents::NewAgent { kf_account: "tea1@gh_tea".into(), nickname: "ONLYINA".into() };
    let agent = agents.create(&crate::desk::by(), &Reach::All, world.account.id, new).await.unwrap();
    agents.qr(&crate::desk::by(), &Reach::All, agent).await.unwrap();

    let browser = Browser::signed_in_within(&world, "manager", Reach::of([other.id])).await;
    let account = format!("/admin/accounts/{}", world.account.id);
    for path in [
        account.clone(),
        format!("{account}/quota"),
        format!("{account}/settings"),
        format!("{account}/edit"),
        format!("{account}/quota/clear"),
        format!("/admin/agents/{agent}"),
        format!("/admin/agents/{agent}/qr"),
        format!("/admin/agents/{agent}/qr.svg"),
        format!("/admin/agents/{agent}/edit"),
    ] {
        let status = browser.get(&path).await.status;
        assert!(status == 404 || status == 403, "{path}: {status}");
    }
    for path in ["check", "quota/refresh", "quota/clear", "settings", "pause", "rotate-key"] {
        let status = browser.post(&format!("{account}/{path}"), &[("form", "x")]).await.status;
        assert!(status == 404 || status == 403, "{path}: {status}");
    }
    for path in [format!("/admin/agents/{agent}/qr"), format!("/admin/agents/{agent}/delete")] {
        let status = browser.post(&path, &[]).await.status;
        assert!(status == 404 || status == 403, "{path}: {status}");
    }
    for path in ["/admin/agents", "/admin/agents/state", "/admin/agents?q=ONLYINA", "/admin/agents/export.csv"] {
        let body = browser.get(path).await.body;
        // What was searched for stands in its own field.
        let body = body.replace("value=\"ONLYINA\"", "").replace("q=ONLYINA", "");
        assert!(!body.contains("ONLYINA") || path.contains("q="), "{path}: {body}");
        assert!(!body.contains("tea1@gh_tea"), "{path}: {body}");
    }
    assert!(browser.get(&format!("/admin/accounts/{}/quota", other.id)).await.status == 200, "its own is there");
    let foreign = [("kf_account", "x@gh"), ("nickname", "x"), ("account_id", &world.account.id.to_string())];
    assert_eq!(browser.post("/admin/agents", &foreign).await.status, 422);
}
