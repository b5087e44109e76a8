//! What goes out: to all, to a list in parts, within WeChat's limits; stopped, refused, sent again.

use std::time::Duration;

use puzi_shop::{
    Error,
    accounts::Reach,
    broadcasts::{PartState, PreviewState, PreviewTo, State, Whom},
    followers::Filter,
};

use crate::broadcasts::shop::{SEND, SEND_ALL, Shop, new, second, writer};
use crate::common::until;

fn keys(error: &Error) -> Vec<&'static str> {
    match error {
        Error::Invalid(problems) => problems.iter().map(|problem| problem.key).collect(),
        Error::NotNow(problem) => vec![problem.key],
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn everybody_gets_a_message_to_all_and_the_numbers_come() {
    let shop = Shop::with(12).await;
    let id = shop.send(new("新茶上市", Whom::All)).await;
    shop.until(id, &[State::Done]).await;
    let results = shop.broadcasts.results(&Reach::All, id).await.unwrap();
    assert_eq!((results.total, results.sent, results.parts.len()), (12, 12, 1));
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "新茶上市") == 1));
    assert_eq!(shop.calls(SEND_ALL), 1);
    let quota = shop.broadcasts.quota(&Reach::All, shop.account.id).await.unwrap();
    assert_eq!((quota.month.used, quota.month.left()), (1, 3));
}

#[tokio::test]
async fn a_long_list_goes_out_in_parts_and_each_phone_is_named_once() {
    let shop = Shop::with(25_001).await;
    let id = shop.write(new("名单", Whom::Filter(Filter::default()))).await;
    let waiting = shop.submit(id).await;
    assert_eq!(waiting.frozen, 25_001);
    let sql = "SELECT COUNT(DISTINCT openid) AS n FROM broadcast_recipients";
    assert_eq!(shop.count(sql).await, 25_001);
    let sizes: Vec<_> = shop.parts(id).await.iter().map(|part| part.until_position - part.from_position).collect();
    assert_eq!(sizes, [8_333, 8_334, 8_334]);
    shop.approve(id).await;
    shop.until(id, &[State::Done]).await;
    let results = shop.broadcasts.results(&Reach::All, id).await.unwrap();
    assert_eq!((results.total, results.sent, shop.calls(SEND)), (25_001, 25_001, 3));
}

#[tokio::test]
async fn what_wechat_would_refuse_is_said_before() {
    let shop = Shop::with(3).await;
    let create = async |new| shop.broadcasts.create(&writer(), &Reach::All, shop.account.id, new).await;
    let long = "a".repeat(2_049);
    let mut wrong = new("x", Whom::All);
    wrong.content = crate::broadcasts::shop::text(&long);
    wrong.speed = Some(5);
    assert_eq!(keys(&create(wrong).await.unwrap_err()), ["broadcast.text_bytes", "broadcast.speed"]);
    let one = shop.given(&shop.openids[..1]);
    assert_eq!(keys(&create(new("x", one)).await.unwrap_err()), ["broadcast.list_short"]);
    assert_eq!(keys(&create(new("x", Whom::Tag(77))).await.unwrap_err()), ["broadcast.no_tag"]);
    // Two are named, and one of them does not follow: there is nobody left for a list.
    let id = shop.write(new("x", shop.given(&[shop.openids[0].clone(), "oNobody0000000000000000000".into()]))).await;
    let version = shop.get(id).await.version;
    shop.broadcasts.submit(&writer(), &Reach::All, id, version).await.unwrap();
    until("it comes back", Duration::from_secs(30), async || shop.get(id).await.error.is_some()).await;
    let back = shop.get(id).await;
    assert_eq!((back.state, back.error.as_deref()), (State::Draft, Some("broadcast.too_few")));
}

#[tokio::test]
async fn the_fifth_to_all_is_refused_before_wechat_is_asked() {
    let shop = Shop::with(2).await;
    for n in 1..=4 {
        let id = shop.send(new(&format!("第 {n} 条"), Whom::All)).await;
        shop.until(id, &[State::Done]).await;
    }
    let id = shop.write(new("第 5 条", Whom::All)).await;
    let version = shop.get(id).await.version;
    let refused = shop.broadcasts.submit(&writer(), &Reach::All, id, version).await.unwrap_err();
    assert_eq!(keys(&refused), ["broadcast.no_quota"]);
    assert_eq!(shop.calls(SEND_ALL), 4);
}

#[tokio::test]
async fn a_used_up_quota_stops_it_and_says_what_went_out() {
    let shop = Shop::with(6).await;
    shop.wechat.faults().update(|faults| {
        faults.refuse.insert(SEND_ALL.into(), 45028);
    });
    let id = shop.send(new("茶", Whom::All)).await;
    let stopped = shop.until(id, &[State::Stopped]).await;
    assert_eq!(stopped.error.as_deref(), Some("broadcast.quota_used"));
    let parts = shop.parts(id).await;
    assert_eq!((parts[0].state, parts[0].errcode), (PartState::Failed, Some(45028)));
    shop.wechat.faults().update(|faults| faults.refuse.clear());
    let refused = shop.broadcasts.retry(&writer(), &Reach::All, id).await.unwrap_err();
    assert_eq!(keys(&refused), ["broadcast.same_person"]);
    let before = parts[0].clientmsgid.clone();
    shop.broadcasts.retry(&second(), &Reach::All, id).await.unwrap();
    shop.until(id, &[State::Done]).await;
    assert_ne!(shop.parts(id).await[0].clientmsgid, before);
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "茶") == 1));
}

#[tokio::test]
async fn somebody_unknown_is_left_out_and_the_others_get_it() {
    let shop = Shop::with(150).await;
    let stranger = "oStranger000000000000000000x".to_owned();
    shop.know(std::slice::from_ref(&stranger)).await;
    let id = shop.send(new("茶", Whom::Filter(Filter::default()))).await;
    let done = shop.until(id, &[State::Done]).await;
    assert_eq!((done.frozen, done.left_out), (151, 1));
    let results = shop.broadcasts.results(&Reach::All, id).await.unwrap();
    assert_eq!(results.dropped.iter().map(|one| one.openid.as_str()).collect::<Vec<_>>(), [stranger.as_str()]);
    assert_eq!(results.sent, 150);
    assert!(shop.openids.iter().all(|openid| shop.got(openid, "茶") == 1));
}

#[tokio::test]
async fn stopped_in_the_middle_nothing_more_goes_out() {
    let shop = Shop::with(20_002).await;
    let id = shop.write(new("茶", Whom::Filter(Filter::default()))).await;
    shop.submit(id).await;
    assert_eq!(shop.parts(id).await.len(), 3);
    shop.approve(id).await;
    shop.until_called(SEND).await;
    shop.broadcasts.stop(&writer(), &Reach::All, id).await.unwrap();
    let ended = shop.until(id, &[State::Stopped, State::Done]).await;
    let called = shop.calls(SEND);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(shop.calls(SEND), called, "nothing goes out after it");
    if ended.state == State::Stopped {
        let parts = shop.parts(id).await;
        let gone = parts.iter().filter(|part| part.state == PartState::Done).count();
        assert_eq!(gone as u32, called);
        assert!(parts.iter().any(|part| part.state == PartState::Cancelled));
    }
}

#[tokio::test]
async fn a_preview_is_on_one_phone_and_uses_nothing_up() {
    let shop = Shop::with(3).await;
    let id = shop.write(new("看看", Whom::All)).await;
    let preview = async |to| shop.broadcasts.preview(&writer(), &Reach::All, id, to).await;
    assert_eq!(keys(&preview(PreviewTo::Own).await.unwrap_err()), ["broadcast.no_phone"]);
    let told = preview(PreviewTo::Whom(shop.openids[1].clone())).await.unwrap();
    assert_eq!(told.state, PreviewState::Sent);
    assert_eq!(preview(PreviewTo::Own).await.unwrap().to, shop.openids[1]);
    assert_eq!((shop.got(&shop.openids[1], "看看"), shop.got(&shop.openids[0], "看看")), (2, 0));
    let nobody = preview(PreviewTo::Whom("oNobody00000000000000000000x".into())).await.unwrap();
    assert_eq!((nobody.state, nobody.errcode), (PreviewState::Failed, Some(40003)));
    let quota = shop.broadcasts.quota(&Reach::All, shop.account.id).await.unwrap();
    assert_eq!((quota.month.used, quota.previews.used), (0, 3));
}

#[tokio::test]
async fn what_is_too_late_waits_for_approval_again() {
    let mut shop = Shop::with(3).await;
    let at = puzi_shop::db::now_ms() + 3_600_000;
    let id = shop.write(puzi_shop::broadcasts::NewBroadcast { at: Some(at), ..new("茶", Whom::All) }).await;
    shop.submit(id).await;
    shop.approve(id).await;
    assert_eq!(shop.get(id).await.state, State::Approved);
    shop.kill();
    let long_ago = puzi_shop::db::now_ms() - 3 * 3_600_000;
    shop.execute("UPDATE broadcasts SET at = $1 WHERE id = $2", [long_ago.into(), id.into()]).await;
    shop.start_again().await;
    let waiting = shop.until(id, &[State::Waiting]).await;
    assert_eq!((waiting.error.as_deref(), shop.calls(SEND_ALL)), (Some("broadcast.late"), 0));
}
