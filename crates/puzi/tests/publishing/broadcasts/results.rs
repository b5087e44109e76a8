//! What WeChat tells: before the number is known, twice, and as a refusal.

use std::time::Duration;

use puzi_shop::{
    accounts::Reach,
    broadcasts::{PartState, State, Whom},
    db::now_ms,
};

use crate::broadcasts::shop::{SEND_ALL, Shop, new};
use crate::common::until;

/// A push of the end of the message `msg_id`, as the callback stores it.
async fn told(shop: &Shop, msg_id: i64, status: &str) {
    told_of(shop, shop.account.id, msg_id, status).await;
}

/// The same, at the callback of some account.
async fn told_of(shop: &Shop, account: i64, msg_id: i64, status: &str) {
    let payload = format!(
        "<xml><ToUserName>gh</ToUserName><FromUserName>mphelper</FromUserName><CreateTime>1795320000</CreateTime>\
         <MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>{msg_id}</MsgID><Status>{status}</Status>\
         <TotalCount>3</TotalCount><FilterCount>3</FilterCount><SentCount>3</SentCount><ErrorCount>0</ErrorCount></xml>"
    );
    let sql = "INSERT INTO messages (account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, received_at, \
               answer_state, answered_at, lease_until) VALUES ($1, 'mphelper', TRUE, 'event:MASSSENDJOBFINISH', $2, '', $3, \
               1795320000000, $4, 'answered', 0, 0)";
    let key = rand::random::<[u8; 24]>().to_vec();
    shop.execute(sql, [account.into(), key.into(), payload.into(), now_ms().into()]).await;
}

#[tokio::test]
async fn a_result_that_comes_before_its_number_waits_for_it() {
    let shop = Shop::with(3).await;
    // The platform's pushes go nowhere: what is told is told here.
    shop.wechat.update_app(crate::common::APPID, |app| app.callback_url = String::new()).unwrap();
    let id = shop.write(new("茶", Whom::All)).await;
    shop.submit(id).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 3_000);
    shop.approve(id).await;
    shop.until_called(SEND_ALL).await;
    // The simulated WeChat counts from here: the first message of an account.
    told(&shop, 3_147_480_007, "send success").await;
    until("it is kept", Duration::from_secs(20), async || {
        shop.count("SELECT COUNT(*) AS n FROM mass_results").await == 1
    })
    .await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    shop.until(id, &[State::Done]).await;
    let part = &shop.parts(id).await[0];
    assert_eq!((part.msg_id, part.sent), (Some(3_147_480_007), Some(3)));
    // Told again, nothing changes.
    let version = shop.get(id).await.version;
    told(&shop, 3_147_480_007, "err(20001)").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!((shop.parts(id).await[0].state, shop.get(id).await.version), (PartState::Done, version));
}

#[tokio::test]
async fn what_the_review_refuses_failed_with_its_reason() {
    let shop = Shop::with(3).await;
    shop.wechat.update_app(crate::common::APPID, |app| app.callback_url = String::new()).unwrap();
    let id = shop.send(new("茶", Whom::All)).await;
    until("WeChat has it", Duration::from_secs(30), async || shop.parts(id).await[0].msg_id.is_some()).await;
    told(&shop, shop.parts(id).await[0].msg_id.unwrap(), "err(10001)").await;
    shop.until(id, &[State::Failed]).await;
    let part = &shop.parts(id).await[0];
    assert_eq!((part.state, part.result.as_deref()), (PartState::Failed, Some("err(10001)")));
    let quota = shop.broadcasts.quota(&Reach::All, shop.account.id).await.unwrap();
    assert_eq!(quota.month.used, 0, "what did not go out does not count");
}

#[tokio::test]
async fn without_a_push_wechat_is_asked() {
    let shop = Shop::with(3).await;
    shop.wechat.update_app(crate::common::APPID, |app| app.callback_url = String::new()).unwrap();
    let id = shop.send(new("茶", Whom::All)).await;
    until("WeChat has it", Duration::from_secs(30), async || shop.parts(id).await[0].msg_id.is_some()).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    shop.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'broadcast.state'", []).await;
    shop.until(id, &[State::Done]).await;
    let results = shop.broadcasts.results(&Reach::All, id).await.unwrap();
    assert_eq!((results.uncounted, results.sent), (1, 0), "it went out, and how many have it was not told");
}

#[tokio::test]
async fn what_another_account_is_told_is_nothing_about_this_one() {
    let shop = Shop::with(3).await;
    shop.wechat.update_app(crate::common::APPID, |app| app.callback_url = String::new()).unwrap();
    let accounts = puzi_shop::accounts::Accounts::new(shop.db.clone(), shop.vault.clone());
    let other =
        crate::common::new_account("wx00000000000000b2", "coffee", puzi_wechat::envelope::Mode::Plain, &shop.wechat);
    let other = accounts.add(other).await.unwrap();
    let id = shop.send(new("茶", Whom::All)).await;
    until("WeChat has it", Duration::from_secs(30), async || shop.parts(id).await[0].msg_id.is_some()).await;
    let msg_id = shop.parts(id).await[0].msg_id.unwrap();
    told_of(&shop, other.id, msg_id, "err(10001)").await;
    until("it is kept", Duration::from_secs(20), async || {
        shop.count("SELECT COUNT(*) AS n FROM mass_results").await == 1
    })
    .await;
    assert_eq!(shop.parts(id).await[0].state, PartState::Accepted);
    told(&shop, msg_id, "send success").await;
    shop.until(id, &[State::Done]).await;
    assert_eq!(shop.parts(id).await[0].sent, Some(3));
}
