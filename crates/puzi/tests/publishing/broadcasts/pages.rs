//! The same over HTTP: the form, its box, the page of one, and the API.

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    broadcasts::{Broadcasts, State},
    staff::{NewToken, Staff},
};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::common::{Browser, World, between, until};

async fn state(world: &World, id: i64) -> String {
    world.value("SELECT state AS n FROM broadcasts WHERE id = $1", [id.into()]).await
}

async fn until_state(world: &World, id: i64, wanted: &str) {
    until(wanted, std::time::Duration::from_secs(60), async || state(world, id).await == wanted).await;
}

#[tokio::test]
async fn one_writes_and_another_approves_in_the_admin() {
    let world = World::new().await;
    let fan = world.fan().await;
    world.fan().await;
    let (writer, boss) = (Browser::signed_in(&world, "owner").await, Browser::signed_in(&world, "manager").await);
    let account = world.account.id.to_string();
    let form =
        [("account_id", account.as_str()), ("name", "Tea"), ("kind", "text"), ("text", "New <tea>"), ("to", "all")];
    let told = writer.post("/admin/broadcasts/form", &form).await;
    assert!(told.status == 200 && told.body.contains("followers, as last synced"), "{}", told.body);
    assert!(told.body.contains("New &#60;tea&#62;") || told.body.contains("New &lt;tea&gt;"), "{}", told.body);
    let empty = [form[0], form[1], form[2], ("text", ""), form[4]];
    let refused = writer.post("/admin/broadcasts/new", &empty).await;
    assert!(refused.status == 422 && refused.body.contains("Write what is to be sent"), "{}", refused.body);
    let made = writer.post("/admin/broadcasts/new", &form).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let path = made.location().to_owned();
    let id: i64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let page = writer.page(&path).await;
    let version = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    let preview = writer.post(&format!("{path}/preview"), &[("phone", fan.openid())]).await;
    assert_eq!(preview.status, 303);
    assert_eq!(writer.post(&format!("{path}/submit"), &[("version", &version)]).await.status, 303);
    until_state(&world, id, "waiting").await;
    let own = writer.page(&path).await;
    assert!(own.contains("It waits for somebody else") && !own.contains("/approve\""), "{own}");
    let page = boss.page(&path).await;
    let version = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    let digest = between(&page, "name=\"digest\" value=\"", "\"").to_owned();
    let forged = boss.post(&format!("{path}/approve"), &[("version", &version), ("digest", &"0".repeat(64))]).await;
    assert_eq!((forged.status, state(&world, id).await.as_str()), (303, "waiting"));
    assert_eq!(boss.post(&format!("{path}/approve"), &[("version", &version), ("digest", &digest)]).await.status, 303);
    until_state(&world, id, "done").await;
    assert!(boss.page(&format!("{path}/parts")).await.contains("broadcast-going"));
    assert!(boss.page("/admin/broadcasts").await.contains("Tea"));
    assert_eq!(boss.get("/admin/broadcasts/999999").await.status, 404);
}

#[tokio::test]
async fn a_program_writes_one_and_its_own_token_cannot_approve_it() {
    let world = World::new().await;
    world.fan().await;
    Browser::signed_in(&world, "owner").await;
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let owner: i64 = world.value("SELECT MIN(id) AS n FROM staff", []).await;
    let new = NewToken { name: "erp".into(), scopes: vec!["*".into()], expires_at: None };
    let token = staff.create_token_for(&Actor::cli("test"), owner, new).await.unwrap().1;
    let ask = async |method: Method, path: &str, version: Option<i64>, body: Option<Value>| {
        let mut request = Client::new().request(method, format!("{}/api/v1/broadcasts{path}", world.node.url));
        request = request.bearer_auth(token.expose());
        if let Some(version) = version {
            request = request.header("if-match", format!("\"{version}\""));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap_or_default())
    };
    let content = json!({ "kind": "text", "text": "Hello" });
    let all = json!({ "to": "all" });
    let body = json!({ "account_id": world.account.id, "name": "API", "content": content, "audience": all });
    let (status, made) = ask(Method::POST, "", None, Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let (id, version) = (made["id"].as_i64().unwrap(), made["version"].as_i64());
    assert_eq!(ask(Method::POST, &format!("/{id}/submit"), None, None).await.0, 428);
    assert_eq!(ask(Method::POST, &format!("/{id}/submit"), version, None).await.0, 202);
    until_state(&world, id, "waiting").await;
    let registry_free = puzi_shop::accounts::Registry::load(
        world.db.clone(),
        world.vault.clone(),
        "Asia/Shanghai",
        std::time::Duration::from_secs(600),
    );
    let one = Broadcasts::new(&world.db, &registry_free.await.unwrap()).get(&Reach::All, id).await.unwrap();
    assert_eq!(one.state, State::Waiting);
    let digest = json!({ "digest": one.digest });
    let (status, told) = ask(Method::POST, &format!("/{id}/approve"), Some(one.version), Some(digest)).await;
    assert_eq!((status, told["errors"][0]["rule"].as_str()), (409, Some("broadcast.same_person")), "{told}");
    let (status, quota) = ask(Method::GET, &format!("/quota?account={}", world.account.id), None, None).await;
    assert_eq!((status, quota["month_to_all"]["limit"].as_i64()), (200, Some(4)), "{quota}");
    assert_eq!(ask(Method::GET, "/quota?account=nobody", None, None).await.0, 404);
    assert_eq!(ask(Method::GET, &format!("/{id}/results"), None, None).await.0, 200);
    let wrong =
        json!({ "account_id": world.account.id, "name": "x", "content": { "kind": "text", "text": "x", "y": 1 } });
    assert_eq!(ask(Method::POST, "", None, Some(wrong)).await.0, 400);
    assert_eq!(ask(Method::POST, &format!("/{id}/cancel"), None, None).await.0, 200);
}
