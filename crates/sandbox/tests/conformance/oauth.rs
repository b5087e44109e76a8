//! Web login and mini programs' login.

use puzi_wechat::Secret;
use puzi_wechat::client::Scope;

use crate::story::{Story, refused};

#[tokio::test]
async fn oauth() {
    let story = Story::of("oauth", 1).await;
    let oauth = story.wechat.oauth();
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;
    let code = || fan.web_login_code("snsapi_userinfo");

    let user = oauth.token(&code()).await.unwrap();
    assert_eq!((user.openid.as_str(), user.scope.as_str()), ("fan-0", "snsapi_userinfo"));
    refused(oauth.token("0-made-up").await, 40029);
    let renewed = oauth.refresh(&user.refresh_token).await.unwrap();
    assert_eq!(renewed.openid, "fan-0");
    refused(oauth.refresh(&Secret::new("made-up".to_owned())).await, 40030);
    let profile = oauth.profile(&user.access_token, "fan-0", None).await.unwrap();
    assert_eq!(profile.nickname, fan.nickname());
    refused(oauth.profile(&user.access_token, "somebody", None).await, 40003);
    oauth.check(&user.access_token, "fan-0").await.unwrap();
    refused(oauth.check(&user.access_token, "somebody").await, 40003);

    let session = oauth.mini_program_session(&fan.mini_login_code()).await.unwrap();
    assert_eq!(session.openid, "fan-0");
    refused(oauth.mini_program_session("made-up").await, 40029);
    let number = oauth.phone_number(&fan.phone_number_code(), Some("fan-0")).await.unwrap();
    assert_eq!(number.pure_phone_number.len(), 11);
    refused(oauth.phone_number("made-up", None).await, 40029);

    let platform = Secret::new("token-of-the-platform".to_owned());
    let by = "wxplatform";
    let user = oauth.component_token(&code(), by, &platform).await.unwrap();
    refused(oauth.component_token("made-up", by, &platform).await, 40029);
    oauth.component_refresh(by, &platform, &user.refresh_token).await.unwrap();
    refused(oauth.component_refresh(by, &platform, &Secret::new("made-up".to_owned())).await, 40030);
    oauth.component_mini_program_session(&fan.mini_login_code(), by, &platform).await.unwrap();
    refused(oauth.component_mini_program_session("made-up", by, &platform).await, 40029);
    story.end();
}

#[tokio::test]
async fn the_login_page_takes_the_address_that_the_client_makes() {
    let story = Story::of("oauth", 1).await;
    let address = story.wechat.oauth().login_url("http://shop.example/me?a=1", Scope::Base, "s 1");
    let query = address.split_once('?').unwrap().1;
    let (query, fragment) = query.split_once('#').unwrap();
    assert_eq!(fragment, "wechat_redirect");
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("{}/connect/oauth2/authorize?{query}&phone=fan-0", story.sandbox.url());
    let back = browser.get(url).send().await.unwrap();
    let back = back.headers()["location"].to_str().unwrap();
    assert!(back.starts_with("http://shop.example/me?a=1&code=0") && back.ends_with("&state=s%201"), "{back}");
    let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(story.wechat.oauth().token(code).await.unwrap().openid, "fan-0");
}
