//! Marking many: tags, the blacklist, and what bad input gets.

use puzi_sandbox::{Config, Faults};
use puzi_shop::{
    Error,
    accounts::Reach,
    audit::Actor,
    followers::{Filter, Followers, Mark, Span, Who, pick},
    runs::State,
};

use crate::people::shop::Shop;

const TAGGING: &str = "/cgi-bin/tags/members/batchtagging";

fn followers(shop: &Shop) -> Followers {
    Followers::new(&shop.db, &shop.registry)
}

/// `n` followers, all read.
async fn shop_of(n: usize) -> Shop {
    let shop = Shop::with_config(n, Config::default()).await;
    let run = shop.read_all().await;
    shop.done(run).await;
    shop
}

async fn mark(shop: &Shop, who: Who, what: Mark) -> i64 {
    let by = Actor::cli("test");
    followers(shop).mark(&shop.runs, &by, &Reach::All, shop.account.id, (who, what), None).await.unwrap()
}

async fn ids(shop: &Shop, n: usize) -> Vec<i64> {
    let chosen = Filter::default().choose(shop.db.read(), shop.account.id, 0, n).await.unwrap();
    chosen.into_iter().map(|one| one.id).collect()
}

async fn tag(shop: &Shop, name: &str) -> i64 {
    followers(shop).create_tag(&Actor::cli("test"), &Reach::All, shop.account.id, name).await.unwrap()
}

fn key(error: &Error) -> &str {
    match error {
        Error::Invalid(problems) => problems[0].key,
        Error::NotNow(problem) => problem.key,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_tag_is_put_on_all_whom_a_filter_chooses_and_taken_off_again() {
    let shop = shop_of(230).await;
    let tag = tag(&shop, "老客户").await;
    let run = mark(&shop, Who::All(Filter::default()), Mark::Tag(tag)).await;
    let run = shop.done(run).await;
    assert_eq!((run.seen, run.changed, run.refused), (230, 230, 0));
    assert_eq!(shop.calls(TAGGING), 5, "fifty at a time");
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM follower_tags").await, 230);
    assert_eq!(shop.count("SELECT CAST(followers AS BIGINT) AS n FROM tags WHERE name = '老客户'").await, 230);
    // Who has it is not told again.
    let again = mark(&shop, Who::All(Filter { tag: Some(tag), ..Filter::default() }), Mark::Tag(tag)).await;
    assert_eq!(shop.done(again).await.changed, 0);
    assert_eq!(shop.calls(TAGGING), 5);
    let having = Filter { tag: Some(tag), ..Filter::default() };
    assert_eq!(pick(&shop.db, shop.account.id, &having, 0, 1_000).await.unwrap().len(), 230);
    let off = mark(&shop, Who::Ids(ids(&shop, 30).await), Mark::Untag(tag)).await;
    assert_eq!(shop.done(off).await.changed, 30);
    assert_eq!(pick(&shop.db, shop.account.id, &having, 0, 1_000).await.unwrap().len(), 200);
    // What WeChat has is what is here.
    let read = shop.read_all().await;
    let read = shop.done(read).await;
    assert_eq!((read.changed, shop.count("SELECT COUNT(*) AS n FROM follower_tags").await), (0, 200));
}

#[tokio::test]
async fn who_is_blacklisted_is_not_picked() {
    let shop = shop_of(45).await;
    let some = ids(&shop, 41).await;
    let run = mark(&shop, Who::Ids(some.clone()), Mark::Block).await;
    assert_eq!(shop.done(run).await.changed, 41);
    assert_eq!(shop.calls("/cgi-bin/tags/members/batchblacklist"), 3, "twenty at a time");
    assert_eq!(pick(&shop.db, shop.account.id, &Filter::default(), 0, 100).await.unwrap().len(), 4);
    let run = mark(&shop, Who::All(Filter { blocked: Some(true), ..Filter::default() }), Mark::Unblock).await;
    assert_eq!(shop.done(run).await.changed, 41);
    assert_eq!(pick(&shop.db, shop.account.id, &Filter::default(), 0, 100).await.unwrap().len(), 45);
}

#[tokio::test]
async fn one_who_is_refused_stands_alone_and_the_others_go_through() {
    let shop = shop_of(60).await;
    let tag = tag(&shop, "活动").await;
    let wrong = shop.count("SELECT CAST(MIN(id) + 7 AS BIGINT) AS n FROM followers").await;
    let openid = followers(&shop).get(&Reach::All, wrong).await.unwrap().openid;
    shop.wechat.faults().set(Faults { refused_openids: [(openid.clone(), 40003)].into(), ..Faults::default() });
    let run = mark(&shop, Who::All(Filter::default()), Mark::Tag(tag)).await;
    let run = shop.until(run, &[State::Partly]).await;
    assert_eq!((run.seen, run.changed, run.refused), (60, 59, 1));
    let lines = shop.runs.lines(&Reach::All, run.id, 0).await.unwrap();
    assert_eq!((lines.len(), lines[0].subject.as_str(), lines[0].errcode), (1, openid.as_str(), Some(40003)));
}

#[tokio::test]
async fn the_twenty_first_tag_and_who_has_left_are_told_without_a_call() {
    let shop = shop_of(3).await;
    let all = ids(&shop, 3).await;
    for n in 0..20 {
        let tag = tag(&shop, &format!("标签{n}")).await;
        let run = mark(&shop, Who::Ids(vec![all[0]]), Mark::Tag(tag)).await;
        shop.done(run).await;
    }
    shop.execute("UPDATE followers SET subscribed = FALSE WHERE id = $1", [all[1].into()]).await;
    let calls = shop.calls(TAGGING);
    let last = tag(&shop, "第二十一").await;
    let run = mark(&shop, Who::Ids(all.clone()), Mark::Tag(last)).await;
    let run = shop.until(run, &[State::Partly]).await;
    assert_eq!((run.changed, run.refused, shop.calls(TAGGING) - calls), (1, 2, 1));
    let mut why: Vec<_> =
        shop.runs.lines(&Reach::All, run.id, 0).await.unwrap().into_iter().map(|line| line.detail).collect();
    why.sort();
    assert_eq!(why, ["runs.not_following", "runs.tags_full"]);
}

#[tokio::test]
async fn a_tag_that_is_gone_at_wechat_ends_the_run_and_goes_here_too() {
    let shop = shop_of(5).await;
    let gone = tag(&shop, "临时").await;
    let theirs = followers(&shop).tag(&Reach::All, gone).await.unwrap().wechat_id;
    let live = shop.registry.by_id(shop.account.id).unwrap();
    live.client.tags().delete(theirs).await.unwrap();
    let run = mark(&shop, Who::All(Filter::default()), Mark::Tag(gone)).await;
    let run = shop.until(run, &[State::Failed]).await;
    assert_eq!(run.problem.as_deref(), Some("runs.tag_gone"));
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM tags WHERE name = '临时'").await, 0);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM follower_tags").await, 0);
}

#[tokio::test]
async fn names_are_measured_in_bytes_and_taken_ones_are_refused() {
    let shop = shop_of(1).await;
    let (by, area, account) = (Actor::cli("test"), followers(&shop), shop.account.id);
    let made = async |name: &'static str| area.create_tag(&by, &Reach::All, account, name).await;
    assert_eq!(key(&made("一二三四五六七八九十a").await.unwrap_err()), "tags.bytes");
    assert_eq!(key(&made("  ").await.unwrap_err()), "tags.no_name");
    let id = made("老客户").await.unwrap();
    assert_eq!(key(&made("老客户").await.unwrap_err()), "tags.taken");
    // Made there by somebody else, and not known here yet: it is that one.
    let live = shop.registry.by_id(account).unwrap();
    let theirs = live.client.tags().create("会员").await.unwrap();
    let adopted = made("会员").await.unwrap();
    assert_eq!(area.tag(&Reach::All, adopted).await.unwrap().wechat_id, theirs.id);
    let seen = area.tag(&Reach::All, id).await.unwrap().version;
    area.rename_tag(&by, &Reach::All, id, Some(seen), "熟客").await.unwrap();
    let stale = area.rename_tag(&by, &Reach::All, id, Some(seen), "常客").await;
    assert!(matches!(stale, Err(Error::Stale)));
    assert_eq!(key(&area.rename_tag(&by, &Reach::All, id, None, "会员").await.unwrap_err()), "tags.taken");
    area.read_tags(&Reach::All, account).await.unwrap();
    let star = shop.count("SELECT CAST(id AS BIGINT) AS n FROM tags WHERE wechat_id = 2").await;
    assert_eq!(key(&area.delete_tag(&by, &Reach::All, star).await.unwrap_err()), "tags.platforms_own");
    area.delete_tag(&by, &Reach::All, id).await.unwrap();
    assert!(live.client.tags().list().await.unwrap().iter().all(|tag| tag.name != "熟客"));
}

#[tokio::test]
async fn whoever_sees_another_account_marks_nobody() {
    let shop = shop_of(4).await;
    let (by, area, account) = (Actor::cli("test"), followers(&shop), shop.account.id);
    let tag = tag(&shop, "老客户").await;
    let some = ids(&shop, 2).await;
    let elsewhere = Reach::of([account + 1]);
    for who in [Who::Ids(some.clone()), Who::All(Filter::default())] {
        let asked = area.mark(&shop.runs, &by, &elsewhere, account, (who, Mark::Tag(tag)), None).await;
        assert!(matches!(asked, Err(Error::NotFound)));
    }
    assert!(matches!(area.tag(&elsewhere, tag).await, Err(Error::NotFound)));
    assert!(matches!(area.set_remark(&by, &elsewhere, some[0], None, "x").await, Err(Error::NotFound)));
    // Nor somebody who is not there, though the others are.
    let who = Who::Ids(vec![some[0], 9_999]);
    let asked = area.mark(&shop.runs, &by, &Reach::All, account, (who, Mark::Tag(tag)), None).await;
    assert!(matches!(asked, Err(Error::NotFound)));
    // Nobody chosen is nobody, and never everybody.
    let nobody = Filter { followed: Span { from: Some(9_000_000_000_000), until: None }, ..Filter::default() };
    let asked = area.mark(&shop.runs, &by, &Reach::All, account, (Who::All(nobody), Mark::Tag(tag)), None).await;
    assert_eq!(key(&asked.unwrap_err()), "followers.nobody_chosen");
    assert_eq!((shop.calls(TAGGING), shop.count("SELECT COUNT(*) AS n FROM runs WHERE kind = 'mark'").await), (0, 0));
}

#[tokio::test]
async fn the_same_form_twice_is_one_run() {
    let shop = shop_of(6).await;
    let tag = tag(&shop, "老客户").await;
    let (by, area, account) = (Actor::cli("test"), followers(&shop), shop.account.id);
    let ask = async || {
        let who = (Who::All(Filter::default()), Mark::Tag(tag));
        area.mark(&shop.runs, &by, &Reach::All, account, who, Some("form-7")).await
    };
    let (first, second) = tokio::join!(ask(), ask());
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM runs WHERE kind = 'mark'").await, 1);
}
