//! The pages: templates out of the library, a test on one's own phone, the log.

use super::Shop;
use crate::common::{Browser, World};

#[tokio::test]
async fn a_template_is_taken_tested_and_removed() {
    let shop = Shop::new().await;
    let world: &World = &shop.world;
    let browser = Browser::signed_in(world, "owner").await;
    let list = browser.page("/admin/notice_templates").await;
    assert!(list.contains("订单发货通知") && list.contains(&shop.template), "{list}");
    assert_eq!(browser.post("/admin/notice_templates/sync", &[]).await.location(), "/admin/notice_templates");

    let account = world.account.id.to_string();
    let library = browser.page(&format!("/admin/notice_templates/new?account={account}&way=subscribe")).await;
    assert!(library.contains("订单支付成功通知") && library.contains("tid=2763"), "{library}");
    let words = browser.page(&format!("/admin/notice_templates/new?account={account}&tid=2763")).await;
    assert!(words.contains("支付金额") && words.contains("amount"), "{words}");
    let mut fields = vec![("account", account.as_str()), ("way", "subscribe"), ("tid", "2763"), ("kids", "1")];
    fields.push(("scene", "付款"));
    let refused = browser.post("/admin/notice_templates/new", &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    fields.push(("kids", "2"));
    let taken = browser.post("/admin/notice_templates/new", &fields).await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    let page = taken.location().to_owned();
    let shown = browser.page(&page).await;
    assert!(shown.contains("data.character_string1") && shown.contains("data.amount2"), "{shown}");
    let again = browser.post("/admin/notice_templates/new", &fields).await;
    assert_eq!(again.status, 422, "the same one is there already: {}", again.body);

    // What is wrong stands beside its field, and what was typed stays.
    let id = world.count("SELECT MAX(id) AS n FROM notice_templates").await;
    let test = format!("/admin/notice_templates/{id}/test");
    let openid = shop.fan.openid();
    let form = browser.get(&page).await.value_of("form").to_owned();
    let typed = [("openid", openid), ("data.character_string1", "单号<b>"), ("data.amount2", "12元"), ("form", &form)];
    let refused = browser.post(&test, &typed).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("单号&#60;b&#62;") && !refused.body.contains("单号<b>"), "{}", refused.body);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM notices").await, 0);

    let subscribe: String =
        world.value(&format!("SELECT template_id AS n FROM notice_templates WHERE id = {id}"), []).await;
    shop.fan.agree_to_notice(&subscribe).await;
    let typed = [("openid", openid), ("data.character_string1", "SF1"), ("data.amount2", "12元"), ("form", &form)];
    let sent = browser.post(&test, &typed).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let twice = browser.post(&test, &typed).await;
    assert_eq!(twice.location(), sent.location(), "the same form sends once");
    let notice = world.count("SELECT MAX(id) AS n FROM notices").await;
    shop.until_state(notice, "delivered").await;
    let shown = browser.page(sent.location()).await;
    assert!(shown.contains("data-state=\"delivered\"") && shown.contains("SF1"), "{shown}");
    assert!(browser.page(&page).await.contains(openid), "one tests with the same phone again");
    let log = browser.page("/admin/notices").await;
    assert!(log.contains(openid) && log.contains("Delivered"), "{log}");

    let removed = browser.post(&format!("/admin/notice_templates/{id}/remove"), &[]).await;
    assert_eq!(removed.location(), "/admin/notice_templates");
    assert!(browser.page(&page).await.contains("WeChat has had it no more"));
    assert_eq!(browser.post(&test, &typed).await.status, 303, "back to the page, with the reason");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM notices").await, 1);
}
