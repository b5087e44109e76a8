//! Tokens, addresses, quotas; and what the account answers by itself.

use puzi_sandbox::App;
use puzi_wechat::Secret;
use puzi_wechat::client::{CheckAction, CheckOperator, Client};
use serde_json::json;

use crate::story::{Story, refused};

#[tokio::test]
async fn base() {
    let story = Story::of("base", 1).await;
    let base = story.wechat.base();
    let stranger =
        Client::builder("wx0000000000000bad", Secret::new("none".into())).base_url(story.url()).build().unwrap();

    base.token().await.unwrap();
    base.stable_token(false).await.unwrap();
    refused(stranger.base().token().await, 40_013);
    refused(stranger.base().stable_token(false).await, 40_013);

    assert!(!base.api_addresses().await.unwrap().is_empty());
    assert!(!base.callback_addresses().await.unwrap().is_empty());
    for path in ["/cgi-bin/get_api_domain_ip", "/cgi-bin/getcallbackip"] {
        story.refuse(path, 48_001);
    }
    refused(base.api_addresses().await, 48_001);
    refused(base.callback_addresses().await, 48_001);
    story.accept();

    refused(base.check_callback(CheckAction::All, CheckOperator::Default).await, 40_201);
    let url = story.url().to_owned();
    story.sandbox.update_app(&story.app.appid, |app| app.callback_url = url).unwrap();
    base.check_callback(CheckAction::All, CheckOperator::Default).await.unwrap();

    assert!(base.quota("/cgi-bin/getcallbackip").await.unwrap().quota.used >= 1);
    refused(base.quota("/cgi-bin/nothing").await, 76_021);
    base.clear_quota_of("/cgi-bin/getcallbackip").await.unwrap();
    refused(base.clear_quota_of("/cgi-bin/nothing").await, 76_021);

    let failed = story.wechat.users().info("nobody").await.unwrap_err();
    let told = base.look_up_rid(failed.rid.as_deref().unwrap()).await.unwrap();
    assert!(told.response_body.contains("40003"), "{told:?}");
    refused(base.look_up_rid("no rid").await, 76_002);

    base.clear_quota_with_secret().await.unwrap();
    refused(stranger.base().clear_quota_with_secret().await, 40_013);
    base.clear_quota().await.unwrap();
    for _ in 0..8 {
        base.clear_quota().await.unwrap();
    }
    refused(base.clear_quota().await, 48_006);
    story.end();
}

#[tokio::test]
async fn autoreply() {
    let story = Story::with("autoreply", App::demo()).await;
    let rules = json!({
        "is_add_friend_reply_open": 1,
        "is_autoreply_open": 1,
        "add_friend_autoreply_info": { "type": "text", "content": "欢迎" },
        "keyword_autoreply_info": { "list": [] },
    });
    story.sandbox.set_auto_reply(&story.app.appid, rules).unwrap();
    let replies = story.wechat.autoreply().get().await.unwrap();
    assert!(replies.is_add_friend_reply_open);
    assert_eq!(replies.add_friend_autoreply_info.unwrap().content, "欢迎");
    story.refuse("/cgi-bin/get_current_autoreply_info", 48_001);
    refused(story.wechat.autoreply().get().await, 48_001);
    story.end();
}
