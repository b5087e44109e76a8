//! Where a reading goes on, and where it ends: cut off between two places, and lists that lead nowhere.

use std::{collections::BTreeMap, time::Duration};

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    followers::{Followers, sync},
    runs::State,
};

use crate::common::{APPID, until};
use crate::people::shop::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_details_that_were_missing_do_not_move_the_place_in_wechats_list() {
    let shop = Shop::with(300).await;
    shop.done(shop.read_all().await).await;
    let (by, account) = (Actor::system(), shop.account.id);
    let read = sync::known(&shop.db, account).await.unwrap().last_openid;
    assert!(read.is_some());
    // An event told of all of them, and in the third hundred WeChat says that today's calls are used up.
    shop.execute("UPDATE followers SET details_at = NULL, followed_at = 1", []).await;
    let late = "SELECT openid FROM followers ORDER BY id LIMIT 1 OFFSET 250";
    let row = sea_orm::ConnectionTrait::query_one_raw(
        shop.db.read(),
        sea_orm::Statement::from_string(sea_orm::ConnectionTrait::get_database_backend(shop.db.read()), late),
    );
    let openid: String = row.await.unwrap().unwrap().try_get("", "openid").unwrap();
    shop.wechat.faults().update(|faults| faults.refused_openids = BTreeMap::from([(openid, 45009)]));
    let id = sync::begin(&shop.runs, &by, &Reach::All, account, false, None).await.unwrap();
    let run = shop.until(id, &[State::Waiting]).await;
    assert_eq!((run.seen, run.place["after"].as_str()), (200, read.as_deref()), "{run:?}");
    // Days later it goes on, and the place of the next one is still that of the list.
    shop.wechat.faults().update(|faults| faults.refused_openids.clear());
    // The client itself asks for nothing more for a while.
    until("it went on", Duration::from_secs(60), async || {
        shop.execute("UPDATE runs SET wake_at = 0 WHERE id = $1 AND state = 'waiting'", [id.into()]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        shop.run(id).await.state == State::Done
    })
    .await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM followers WHERE details_at IS NULL").await, 0);
    assert_eq!(sync::known(&shop.db, account).await.unwrap().last_openid, read);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blacklist_whose_last_one_wechat_does_not_know_has_an_end() {
    let shop = Shop::with(1_040).await;
    shop.done(shop.read_all().await).await;
    let openids: Vec<_> = shop.wechat.followers(APPID).iter().map(|one| one.openid().to_owned()).collect();
    let live = shop.registry.by_id(shop.account.id).unwrap();
    for some in openids[..1_000].chunks(20) {
        live.client.tags().block(some).await.unwrap();
    }
    // A whole page of them: what comes behind the last one has to be asked for. One is blocked here alone.
    shop.execute("UPDATE followers SET blocked = TRUE WHERE openid = $1", [openids[1_030].as_str().into()]).await;
    let last = live.client.tags().blacklist(None).await.unwrap().openids.pop().unwrap();
    let one_more: Vec<_> = openids[1_000..1_001].to_vec();
    live.client.tags().block(&one_more).await.unwrap();
    shop.wechat.faults().update(|faults| faults.refused_openids = BTreeMap::from([(last, 40003)]));
    let run = shop.until(shop.read_all().await, &[State::Partly]).await;
    assert_eq!(run.gone, 0, "{run:?}");
    let blocked = "SELECT COUNT(*) AS n FROM followers WHERE blocked";
    assert_eq!(shop.count(blocked).await, 1_001, "nobody knows the rest of the list: nobody is taken off it");
    assert!(shop.calls("/cgi-bin/tags/members/getblacklist") <= 8);
    // Known again, the list is read to its end.
    shop.wechat.faults().update(|faults| faults.refused_openids.clear());
    shop.done(shop.read_all().await).await;
    assert_eq!(shop.count(blocked).await, 1_001);
    let alone = format!("SELECT COUNT(*) AS n FROM followers WHERE blocked AND openid = '{}'", openids[1_030]);
    assert_eq!(shop.count(&alone).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_made_while_the_list_is_on_its_way_stays() {
    let shop = Shop::with(3).await;
    let (by, area, account) = (Actor::cli("test"), Followers::new(&shop.db, &shop.registry), shop.account.id);
    area.read_tags(&Reach::All, account).await.unwrap();
    let old = area.create_tag(&by, &Reach::All, account, "旧名").await.unwrap();
    shop.wechat.faults().update(|faults| faults.api_late_ms = 2_000);
    let reading = tokio::spawn({
        let area = area.clone();
        async move { area.read_tags(&Reach::All, account).await }
    });
    until("the list is asked for", Duration::from_secs(5), async || shop.calls("/cgi-bin/tags/get") >= 2).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    let new = area.create_tag(&by, &Reach::All, account, "新客").await.unwrap();
    area.rename_tag(&by, &Reach::All, old, None, "新名").await.unwrap();
    reading.await.unwrap().unwrap();
    assert_eq!(area.tag(&Reach::All, new).await.unwrap().name, "新客");
    assert_eq!(area.tag(&Reach::All, old).await.unwrap().name, "新名");
    // The list that is asked for now has it, or has it no longer.
    area.read_tags(&Reach::All, account).await.unwrap();
    assert_eq!(area.tag(&Reach::All, new).await.unwrap().name, "新客");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_follower_asked_for_again_is_stored_as_all_are() {
    let shop = Shop::with(3).await;
    shop.done(shop.read_all().await).await;
    let (by, area, zone) = (Actor::cli("test"), Followers::new(&shop.db, &shop.registry), jiff::tz::TimeZone::UTC);
    let ids = area.ids_of(&Reach::All, shop.account.id, &[]).await.unwrap();
    assert!(ids.is_empty());
    let id = shop.count("SELECT CAST(MIN(id) AS BIGINT) AS n FROM followers").await;
    // A remark and a tag that are given while WeChat's answer is on its way are newer than the answer.
    let tag = area.create_tag(&by, &Reach::All, shop.account.id, "老客户").await.unwrap();
    shop.wechat.faults().update(|faults| faults.api_late_ms = 1_500);
    let asking = tokio::spawn({
        let (area, zone) = (area.clone(), zone.clone());
        async move { area.refresh(&Reach::All, id, &zone).await }
    });
    until("they are asked for", Duration::from_secs(5), async || shop.calls("/cgi-bin/user/info") >= 1).await;
    shop.wechat.faults().update(|faults| faults.api_late_ms = 0);
    area.set_remark(&by, &Reach::All, id, None, "王阿姨").await.unwrap();
    let who = (puzi_shop::followers::Who::Ids(vec![id]), puzi_shop::followers::Mark::Tag(tag));
    shop.done(area.mark(&shop.runs, &by, &Reach::All, shop.account.id, who, None).await.unwrap()).await;
    asking.await.unwrap().unwrap();
    assert_eq!(area.get(&Reach::All, id).await.unwrap().remark, "王阿姨");
    assert_eq!(area.tags_of(id).await.unwrap().len(), 1);
    // Somebody who left and of whose leaving no event told is booked as found to have left; and comes back.
    let openid = area.get(&Reach::All, id).await.unwrap().openid;
    let sum = "SELECT CAST(COALESCE(SUM(found_left), 0) AS BIGINT) AS n FROM follower_days";
    shop.stranger("oNobodyOfThatName").await;
    let stranger = area.ids_of(&Reach::All, shop.account.id, &["oNobodyOfThatName".into()]).await.unwrap()[0];
    let asked = area.refresh(&Reach::All, stranger, &zone).await;
    let left = "UPDATE followers SET subscribed = FALSE, left_at = 5, subscription_changed_at = 1 WHERE openid = $1";
    shop.execute(left, [openid.as_str().into()]).await;
    area.refresh(&Reach::All, id, &zone).await.unwrap();
    let now = area.get(&Reach::All, id).await.unwrap();
    assert!(now.subscribed && now.left_at.is_none(), "{now:?}");
    if asked.is_ok() {
        assert!(!area.get(&Reach::All, stranger).await.unwrap().subscribed);
        assert_eq!(shop.count(sum).await, 1);
    }
}
