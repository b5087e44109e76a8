//! Staff who see another account alone find nothing of it, by list, number, search, export, API and page.

use puzi_shop::accounts::Reach;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, ask, token};
use crate::common::{Browser, SLUG, new_account};

#[tokio::test]
async fn nothing_of_another_account_is_there() {
    let shop = Shop::new().await;
    let world = &shop.world;
    let other =
        world.accounts.add(new_account("wx00000000000000b2", "coffee", world.account.mode, &world.wechat)).await;
    let other = other.unwrap();
    world.node_catches_up().await;
    let id = shop.send(&shop.template).await;
    shop.until_state(id, "delivered").await;
    let template = world.count("SELECT MIN(id) AS n FROM notice_templates").await;

    let theirs = token(world, Reach::of([other.id])).await;
    let get = async |path: &str| ask(world, &theirs, (Method::GET, path), None, None).await;
    let send =
        async |method: Method, path: &str, body: &Value| ask(world, &theirs, (method, path), None, Some(body)).await.0;
    for path in ["notices", "notice_templates", "notices?q=A-1", "notices?f.state=delivered"] {
        let (status, list) = get(path).await;
        let text = list.to_string();
        assert!(status == 200 && !text.contains(shop.fan.openid()) && !text.contains(&shop.template), "{path}: {text}");
    }
    for path in [format!("notices/{id}"), format!("notice_templates/{template}")] {
        assert_eq!(get(&path).await.0, 404, "{path}");
    }
    assert_eq!(send(Method::POST, &format!("notices/{id}/again"), &json!({})).await, 404);
    assert_eq!(send(Method::POST, "notices", &shop.notice(&shop.template)).await, 404);
    let mut forged = shop.notice(&shop.template);
    forged["account"] = json!("coffee");
    assert_eq!(send(Method::POST, "notices", &forged).await, 422, "another account's template is none of theirs");
    forged["template"] = json!(template.to_string());
    assert_eq!(send(Method::POST, "notices", &forged).await, 422);
    assert_eq!(send(Method::POST, "notice_templates/sync", &json!({ "account": SLUG })).await, 404);
    assert_eq!(send(Method::DELETE, &format!("notice_templates/{template}"), &json!({})).await, 404);

    let narrow = Browser::signed_in_within(world, "manager", Reach::of([other.id])).await;
    for path in ["/admin/notices", "/admin/notices/export.csv", "/admin/notice_templates", "/admin/audit"] {
        let page = narrow.get(path).await;
        assert!(!page.body.contains(shop.fan.openid()) && !page.body.contains(&shop.template), "{path}: {}", page.body);
    }
    for path in [format!("/admin/notices/{id}"), format!("/admin/notice_templates/{template}")] {
        assert_eq!(narrow.get(&path).await.status, 404, "{path}");
    }
    let new = format!("/admin/notice_templates/new?account={}", world.account.id);
    assert_eq!(narrow.get(&new).await.status, 404);
    let fields = [("openid", shop.fan.openid()), ("data.thing4", "x"), ("data.time3", "15:01")];
    assert_eq!(narrow.post(&format!("/admin/notice_templates/{template}/test"), &fields).await.status, 404);
    assert_eq!(narrow.post(&format!("/admin/notice_templates/{template}/remove"), &[]).await.status, 404);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM notices").await, 1);
}
