//! One follower: remark, names, notes, and who agreed to show name and picture.

use puzi_shop::{
    Error,
    accounts::Reach,
    audit::Actor,
    followers::{Filter, Followers, NamedBy, code, face_of},
    texts::Locale,
};
use reqwest::{StatusCode, header, redirect::Policy};

use crate::common::SLUG;
use crate::people::shop::Shop;

async fn shop_of(n: usize) -> (Shop, Followers, Vec<i64>) {
    let shop = Shop::with(n).await;
    let run = shop.read_all().await;
    shop.done(run).await;
    let area = Followers::new(&shop.db, &shop.registry);
    let chosen = Filter::default().choose(shop.db.read(), shop.account.id, 0, n).await.unwrap();
    (shop, area, chosen.into_iter().map(|one| one.id).collect())
}

#[tokio::test]
async fn a_remark_is_told_to_wechat_and_then_kept() {
    let (shop, area, ids) = shop_of(3).await;
    let by = Actor::cli("test");
    let before = area.get(&Reach::All, ids[0]).await.unwrap();
    area.set_remark(&by, &Reach::All, ids[0], Some(before.version), "  ]]> 王阿姨 ").await.unwrap();
    let live = shop.registry.by_id(shop.account.id).unwrap();
    assert_eq!(live.client.users().info(&before.openid).await.unwrap().remark, "]]> 王阿姨");
    let now = area.get(&Reach::All, ids[0]).await.unwrap();
    assert_eq!((now.remark.as_str(), now.version), ("]]> 王阿姨", before.version + 1));
    assert_eq!(face_of(&now, Locale::ZhCn).named_by, NamedBy::Remark);
    let audited = "SELECT COUNT(*) AS n FROM audit_log WHERE action = 'followers.edit'";
    assert_eq!(shop.count(audited).await, 1);
    // Somebody else was faster; too long in bytes; nobody of that number.
    let stale = area.set_remark(&by, &Reach::All, ids[0], Some(before.version), "x").await;
    assert!(matches!(stale, Err(Error::Stale)));
    let long = area.set_remark(&by, &Reach::All, ids[0], None, "🌸🌸🌸🌸🌸🌸🌸🌸").await;
    assert!(matches!(long, Err(Error::Invalid(problems)) if problems[0].key == "followers.remark_bytes"));
    assert!(matches!(area.set_remark(&by, &Reach::All, 9_999, None, "x").await, Err(Error::NotFound)));
    // Who left has none.
    shop.execute("UPDATE followers SET subscribed = FALSE WHERE id = $1", [ids[1].into()]).await;
    assert!(matches!(area.set_remark(&by, &Reach::All, ids[1], None, "x").await, Err(Error::NotNow(_))));
}

#[tokio::test]
async fn when_wechat_is_away_nothing_is_changed_here() {
    let (shop, area, ids) = shop_of(2).await;
    shop.wechat.faults().update(|faults| {
        faults.api_lost.insert("/cgi-bin/user/info/updateremark".into(), 100);
    });
    let told = area.set_remark(&Actor::cli("test"), &Reach::All, ids[0], None, "王阿姨").await;
    assert!(matches!(told, Err(Error::Busy)), "{told:?}");
    assert_eq!(area.get(&Reach::All, ids[0]).await.unwrap().remark, "");
}

#[tokio::test]
async fn names_are_the_same_everywhere() {
    let (_shop, area, ids) = shop_of(2).await;
    let follower = area.get(&Reach::All, ids[0]).await.unwrap();
    let code = code(&follower.openid);
    let (zh, en) = (face_of(&follower, Locale::ZhCn), face_of(&follower, Locale::En));
    if zh.named_by == NamedBy::Made {
        assert_eq!((zh.name, en.name), (format!("粉丝 {code}"), format!("Follower {code}")));
    }
    assert_eq!(zh.picture, en.picture);
    assert_eq!(area.find(&Reach::All, None, &follower.openid).await.unwrap().id, ids[0]);
    assert!(matches!(area.find(&Reach::none(), None, &follower.openid).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn consent_that_was_not_asked_for_here_is_not_taken() {
    let (shop, _, _) = shop_of(1).await;
    let browser = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let hello = format!("{}/hello", shop.node.callback(SLUG));
    let answer = browser.get(&hello).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    let to = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(to.contains("scope=snsapi_userinfo") && to.contains("state="), "{to}");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let state = url::Url::parse(&to).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let back = |query: String, cookie: Option<String>| {
        let mut asked = browser.get(format!("{hello}/back?{query}"));
        if let Some(cookie) = cookie {
            asked = asked.header(header::COOKIE, cookie);
        }
        async move { asked.send().await.unwrap().status() }
    };
    let calls = shop.calls("/sns/oauth2/access_token");
    for (query, cookie) in [
        (format!("code=x&state={state}"), None),
        ("code=x&state=forged".to_owned(), Some(cookie.clone())),
        (format!("state={state}"), Some(cookie.clone())),
        (format!("code=x&state={state}"), Some("puzi_hello=v1:AAAA".to_owned())),
    ] {
        assert_eq!(back(query, cookie).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(shop.calls("/sns/oauth2/access_token"), calls, "WeChat was not even asked");
    // A code that WeChat does not know.
    assert_eq!(back(format!("code=x&state={state}"), Some(cookie)).await, StatusCode::BAD_REQUEST);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM followers WHERE consented_at IS NOT NULL").await, 0);
}
