//! Followers, tags, groups and the blacklist, as a client of the platform sees them.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::{Duration, Instant};

use common::{Api, Callback, app, crowd, errcode, openids, wechat};
use puzi_sandbox::{App, Config, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

fn demo() -> String {
    App::demo().appid
}

/// Kilobytes of memory that this process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn a_million_followers_cost_nothing_until_they_are_touched() {
    // What the first sandbox of a process costs is not the followers'.
    drop(Api::of(&crowd(0).await).await);
    let (before, began) = (resident(), Instant::now());
    let wechat = crowd(1_000_000).await;
    let started = began.elapsed();
    assert!(started < Duration::from_millis(500), "{started:?}");
    let api = Api::of(&wechat).await;
    let mut page = api.get("/cgi-bin/user/get").await;
    let (first, mut seen, mut last) = (page["data"]["openid"][0].as_str().unwrap().to_owned(), 0, String::new());
    while page["count"] != 0 {
        assert_eq!((&page["total"], &page["count"]), (&json!(1_000_000), &json!(10_000)));
        seen += 10_000;
        page["next_openid"].as_str().unwrap().clone_into(&mut last);
        let list: Vec<_> =
            page["data"]["openid"].as_array().unwrap()[..100].iter().map(|o| json!({ "openid": o })).collect();
        let cards = api.post("/cgi-bin/user/info/batchget", json!({ "user_list": list })).await;
        assert!(cards["user_info_list"].as_array().unwrap().iter().all(|card| card["subscribe"] == 1), "{cards}");
        page = api.get(&format!("/cgi-bin/user/get?next_openid={last}")).await;
    }
    assert_eq!(seen, 1_000_000);
    let grown = resident().saturating_sub(before);
    println!("made up in {started:?}; {grown} KiB more after all pages");
    assert!(grown < 60 * 1024, "{grown} KiB");

    // One leaves and comes back: the end of the list is now theirs.
    let fan = wechat.phone(&demo(), &first).await;
    assert!(fan.is_following());
    fan.unfollow().await;
    let info = api.get(&format!("/cgi-bin/user/info?openid={first}")).await;
    assert_eq!(info, json!({ "subscribe": 0, "openid": first, "tagid_list": [] }));
    assert_eq!(api.get("/cgi-bin/user/get").await["total"], 999_999);
    fan.follow().await;
    let end = api.get(&format!("/cgi-bin/user/get?next_openid={last}")).await;
    assert_eq!((&end["count"], &end["data"]["openid"][0]), (&json!(1), &json!(first)));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_followers() {
    let mut first = Vec::new();
    for seed in [7, 7, 8] {
        let apps = vec![App { followers: 3, ..App::demo() }];
        let wechat = Sandbox::start(Config { apps, seed, ..Config::default() }).await.unwrap();
        let known = wechat.followers(&demo());
        first.push(known.iter().map(|fan| (fan.openid().to_owned(), fan.nickname())).collect::<Vec<_>>());
        let met_later = wechat.new_phone(&demo());
        assert_eq!(met_later.openid()[..6], known[0].openid()[..6], "an account's openids look alike");
    }
    assert_eq!(first[0], first[1]);
    assert_ne!(first[0], first[2]);
}

#[tokio::test]
async fn named_followers_come_first_and_a_name_met_before_is_no_second_person() {
    let made_up = crowd(3).await.followers(&demo()).iter().map(|fan| fan.openid().to_owned()).collect::<Vec<_>>();
    let openids = vec!["oNamed".to_owned(), made_up[0].clone()];
    let apps = vec![App { openids, followers: 4, ..App::demo() }];
    let wechat = Sandbox::start(Config { apps, ..Config::default() }).await.unwrap();
    let all: Vec<_> = wechat.followers(&demo()).iter().map(|fan| fan.openid().to_owned()).collect();
    assert_eq!(all, ["oNamed", &made_up[0], &made_up[1]]);
    let too_many = App { appid: "wxMany".into(), followers: 100_000_001, ..App::demo() };
    assert!(wechat.add_app(too_many).unwrap_err().to_string().contains("100000000 followers at most"));
}

#[tokio::test]
async fn what_is_wrong_with_a_question_about_users_is_told() {
    let wechat = crowd(2).await;
    let api = Api::of(&wechat).await;
    let fan = openids(&api, 1).await.remove(0);
    let stranger = wechat.new_phone(&demo());
    let info = api.get(&format!("/cgi-bin/user/info?openid={fan}")).await;
    assert_eq!((&info["groupid"], &info["tagid_list"], &info["remark"]), (&json!(0), &json!([]), &json!("")));
    assert_eq!((&info["subscribe_scene"], &info["subscribe_time"]), (&json!("ADD_SCENE_SEARCH"), &json!(common::NOON)));
    assert_eq!(errcode(&api.get("/cgi-bin/user/info").await), 41009);

    let users = |n: usize| json!({ "user_list": vec![json!({ "openid": fan, "lang": "en" }); n] });
    let remark = |openid: &str, remark: Value| json!({ "openid": openid, "remark": remark });
    let (batch, update) = ("/cgi-bin/user/info/batchget", "/cgi-bin/user/info/updateremark");
    for (path, body, wanted) in [
        (batch, users(100), 0),
        (batch, users(101), 40032),
        (batch, users(0), 40032),
        (batch, json!({}), 47001),
        (batch, json!({ "user_list": [{ "openid": 7 }] }), 47001),
        (batch, json!({ "user_list": [{ "openid": "oNobody" }] }), 40003),
        (update, remark(&fan, json!("字".repeat(10))), 0),
        (update, remark(&fan, json!(format!("{}x", "字".repeat(10)))), 40092),
        (update, remark(&fan, json!("")), 0),
        (update, remark(&fan, json!(7)), 47001),
        (update, json!({ "openid": fan }), 47001),
        (update, remark(stranger.openid(), json!("who")), 40003),
        (update, remark("", json!("who")), 40003),
    ] {
        let answer = api.post(path, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{path} {body}: {answer}");
    }
    assert_eq!(errcode(&api.get(batch).await), 43002);
    assert_eq!(errcode(&api.post("/cgi-bin/user/get", json!({})).await), 43001);
    assert_eq!(errcode(&api.post_raw(update, "").await), 44002);
}

#[tokio::test]
async fn openids_change_for_fifteen_days_after_a_migration() {
    let wechat = crowd(0).await;
    let old = App { appid: "wxOld".into(), original_id: "gh_old".into(), followers: 2, ..App::demo() };
    wechat.add_app(old).unwrap();
    let api = Api::of(&wechat).await;
    let fans: Vec<_> = wechat.followers("wxOld").iter().map(|fan| fan.openid().to_owned()).collect();
    let (path, ask) = ("/cgi-bin/changeopenid", json!({ "from_appid": "wxOld", "openid_list": [fans[0], "oNobody"] }));
    assert_eq!(errcode(&api.post(path, ask.clone()).await), 63178);
    wechat.migrate("wxOld", &demo()).unwrap();
    assert!(wechat.migrate("wxOld", "wxNone").is_err() && wechat.migrate("wxNone", &demo()).is_err());
    let answer = api.post(path, ask.clone()).await;
    let list = answer["result_list"].as_array().unwrap();
    let new = list[0]["new_openid"].as_str().unwrap();
    assert_eq!(list[0], json!({ "ori_openid": fans[0], "new_openid": new, "err_msg": "ok" }));
    assert_eq!(list[1], json!({ "ori_openid": "oNobody", "err_msg": "ori_openid error" }));
    assert_eq!(api.get(&format!("/cgi-bin/user/info?openid={new}")).await["subscribe"], 1);
    assert_eq!(api.post(path, ask.clone()).await, answer, "asked again, the same");
    let by_original_id = json!({ "from_appid": "gh_old", "openid_list": fans });
    assert_eq!(api.post(path, by_original_id).await["result_list"][0], list[0]);
    for (body, wanted) in [
        (json!({ "from_appid": "wxNone", "openid_list": fans }), 63178),
        (json!({ "from_appid": "wxOld", "openid_list": vec![&fans[0]; 101] }), 40032),
        (json!({ "from_appid": "wxOld" }), 40032),
        (json!({ "from_appid": "wxOld", "openid_list": [7] }), 47001),
    ] {
        assert_eq!(api.code(path, body.clone()).await, wanted, "{body}");
    }
    wechat.clock().advance(Duration::from_secs(15 * 86_400));
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&api.post(path, ask).await), 63178);
}

async fn create(api: &Api, name: &str) -> i64 {
    let answer = api.post("/cgi-bin/tags/create", json!({ "tag": { "name": name } })).await;
    answer["tag"]["id"].as_i64().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn tags_are_made_changed_and_deleted() {
    let wechat = crowd(0).await;
    let api = Api::of(&wechat).await;
    let id = create(&api, "广东").await;
    assert_eq!(id, 100);
    let listed = api.get("/cgi-bin/tags/get").await;
    let starred = json!({ "id": 2, "name": "星标组", "count": 0 });
    assert_eq!(listed, json!({ "tags": [starred, { "id": id, "name": "广东", "count": 0 }] }));
    let other = create(&api, "华东").await;
    let (make, update, delete) = ("/cgi-bin/tags/create", "/cgi-bin/tags/update", "/cgi-bin/tags/delete");
    let named = |name: Value| json!({ "tag": { "name": name } });
    for (path, body, wanted) in [
        (make, named(json!("广东")), 45157),
        (make, named(json!("星标组")), 45157),
        (make, named(json!("")), 45157),
        (make, json!({ "tag": {} }), 45157),
        (make, named(json!(7)), 47001),
        (make, json!({}), 47001),
        (make, json!({ "tag": "广东" }), 47001),
        (make, named(json!(format!("{}x", "字".repeat(10)))), 45158),
        (make, named(json!("字".repeat(10))), 0),
        (update, json!({ "tag": { "id": other, "name": "广东" } }), 45157),
        (update, json!({ "tag": { "id": other, "name": "x".repeat(31) } }), 45158),
        (update, json!({ "tag": { "id": other, "name": "华东" } }), 0),
        (update, json!({ "tag": { "id": other.to_string(), "name": "华南" } }), 0),
        (update, json!({ "tag": { "id": 2, "name": "new" } }), 45058),
        (update, json!({ "tag": { "id": 999, "name": "new" } }), 45159),
        (update, json!({ "tag": { "name": "new" } }), 45159),
        (update, json!({ "tag": { "id": [], "name": "new" } }), 47001),
        (delete, json!({ "tag": { "id": 0 } }), 45058),
        (delete, json!({ "tag": { "id": 1 } }), 45058),
        (delete, json!({ "tag": { "id": 999 } }), 45159),
        (delete, json!({ "tag": { "id": id } }), 0),
        (delete, json!({ "tag": { "id": id } }), 45159),
        (make, named(json!("广东")), 0),
    ] {
        let answer = api.post(path, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{path} {body}: {answer}");
    }
    // 华南, ten characters, 广东: ninety-seven more and no other.
    for n in 0..97 {
        create(&api, &format!("tag {n}")).await;
    }
    assert_eq!(api.code(make, named(json!("one more"))).await, 45056);
    assert_eq!(api.get("/cgi-bin/tags/get").await["tags"].as_array().unwrap().len(), 101);
}

#[tokio::test]
async fn a_follower_has_twenty_tags_at_most() {
    let wechat = crowd(60).await;
    let other = App { appid: "wxOther".into(), original_id: "gh_other".into(), followers: 1, ..App::demo() };
    wechat.add_app(other).unwrap();
    let api = Api::of(&wechat).await;
    let fans = openids(&api, 60).await;
    let mut tags = vec![2];
    for n in 0..20 {
        tags.push(create(&api, &n.to_string()).await);
    }
    let (on, off) = ("/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging");
    let put = |tag: i64, openids: &[String]| json!({ "tagid": tag, "openid_list": openids });
    for tag in tags.iter().rev().take(20) {
        assert_eq!(api.code(on, put(*tag, &fans[..1])).await, 0);
    }
    assert_eq!(api.code(on, put(2, &fans[..2])).await, 45059);
    assert_eq!(api.code(on, put(tags[1], &fans[..1])).await, 0, "one that is there already");
    let list = api.post("/cgi-bin/tags/getidlist", json!({ "openid": fans[0] })).await;
    let newest_last: Vec<_> = tags.iter().rev().take(20).collect();
    assert_eq!(list, json!({ "tagid_list": newest_last }));
    assert_eq!(api.code("/cgi-bin/user/tag/get", json!({ "tagid": 2 })).await, 0);
    assert_eq!(api.post("/cgi-bin/user/tag/get", json!({ "tagid": 2 })).await["count"], 0, "all or none");
    assert_eq!(api.code(off, put(tags[1], &fans[..1])).await, 0);
    assert_eq!(api.code(on, put(2, &fans[..50])).await, 0);
    let info = api.get(&format!("/cgi-bin/user/info?openid={}", fans[0])).await;
    assert_eq!((&info["groupid"], info["tagid_list"].as_array().unwrap().len()), (&json!(2), 20));

    let theirs = wechat.followers("wxOther").remove(0).openid().to_owned();
    let stranger = wechat.new_phone(&demo()).openid().to_owned();
    for (path, body, wanted) in [
        (on, put(2, &fans[..51]), 40032),
        (on, put(2, &[]), 40032),
        (on, json!({ "tagid": 2 }), 40032),
        (on, json!({ "tagid": 2, "openid_list": fans[0] }), 47001),
        (on, json!({ "tagid": 2, "openid_list": [1] }), 47001),
        (on, json!({ "tagId": 2, "openid_list": [fans[0]] }), 45159),
        (on, put(0, &fans[..1]), 45159),
        (on, put(999, &fans[..1]), 45159),
        (on, put(2, &["oNobody".into()]), 40003),
        (on, put(2, &[stranger]), 40003),
        (on, put(2, std::slice::from_ref(&theirs)), 49003),
        (off, put(2, &[theirs]), 49003),
        (off, put(999, &fans[..1]), 45159),
        (off, put(2, &fans[..51]), 40032),
        (off, put(2, &fans[..50]), 0),
        ("/cgi-bin/tags/getidlist", json!({ "openid": "oNobody" }), 40003),
        ("/cgi-bin/tags/getidlist", json!({}), 40003),
        ("/cgi-bin/user/tag/get", json!({ "tagid": 999 }), 45159),
        ("/cgi-bin/user/tag/get", json!({ "tagid": 2, "next_openid": "oNobody" }), 40003),
    ] {
        let answer = api.post(path, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{path} {body}: {answer}");
    }
    // Who leaves loses the tags.
    let fan = wechat.phone(&demo(), &fans[0]).await;
    fan.unfollow().await;
    fan.follow().await;
    assert_eq!(api.post("/cgi-bin/tags/getidlist", json!({ "openid": fans[0] })).await["tagid_list"], json!([]));
}

#[tokio::test]
async fn a_tag_with_more_than_a_hundred_thousand_stays() {
    let wechat = crowd(100_001).await;
    let api = Api::of(&wechat).await;
    let id = create(&api, "all").await;
    let mut next = String::new();
    let mut last = String::new();
    loop {
        let page = api.get(&format!("/cgi-bin/user/get?next_openid={next}")).await;
        let Some(openids) = page["data"]["openid"].as_array() else { break };
        page["next_openid"].as_str().unwrap().clone_into(&mut next);
        for some in openids.chunks(50) {
            let body = json!({ "tagid": id, "openid_list": some });
            assert_eq!(api.code("/cgi-bin/tags/members/batchtagging", body).await, 0);
            some.last().unwrap().as_str().unwrap().clone_into(&mut last);
        }
    }
    let delete = json!({ "tag": { "id": id } });
    assert_eq!(api.code("/cgi-bin/tags/delete", delete.clone()).await, 45057);
    let (mut pages, mut next) = (Vec::new(), String::new());
    loop {
        let page = api.post("/cgi-bin/user/tag/get", json!({ "tagid": id, "next_openid": next })).await;
        page["next_openid"].as_str().unwrap().clone_into(&mut next);
        pages.push(page["count"].as_u64().unwrap());
        if page.get("data").is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec![10_000; 10], vec![1, 0]].concat());
    let body = json!({ "tagid": id, "openid_list": [last] });
    assert_eq!(api.code("/cgi-bin/tags/members/batchuntagging", body).await, 0);
    assert_eq!(api.code("/cgi-bin/tags/delete", delete).await, 0);
    assert_eq!(api.get("/cgi-bin/tags/get").await["tags"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_account_hears_nothing_of_those_on_the_blacklist() {
    let callback = Callback::content().await;
    let apps = vec![App { followers: 1002, ..app(&callback) }];
    let wechat = Sandbox::start(Config { apps, ..Config::default() }).await.unwrap();
    let api = Api::of(&wechat).await;
    let fans = openids(&api, 1002).await;
    let (list, on, off) = (
        "/cgi-bin/tags/members/getblacklist",
        "/cgi-bin/tags/members/batchblacklist",
        "/cgi-bin/tags/members/batchunblacklist",
    );
    assert_eq!(api.post(list, json!({})).await, json!({ "total": 0, "count": 0, "next_openid": "" }));
    for some in fans[..1001].chunks(20) {
        assert_eq!(api.code(on, json!({ "openid_list": some })).await, 0);
    }
    let page = api.post(list, json!({ "begin_openid": "" })).await;
    assert_eq!(
        (&page["total"], &page["count"], &page["data"]["openid"][0]),
        (&json!(1001), &json!(1000), &json!(fans[0]))
    );
    let rest = api.post(list, json!({ "begin_openid": page["next_openid"] })).await;
    assert_eq!((&rest["count"], &rest["data"]["openid"]), (&json!(1), &json!([fans[1000]])));
    for (path, body, wanted) in [
        (on, json!({ "openid_list": fans[..21] }), 40032),
        (on, json!({ "openid_list": [] }), 40032),
        (on, json!({}), 40032),
        (on, json!({ "openid_list": ["oNobody"] }), 40003),
        (on, json!({ "openid_list": "oNobody" }), 47001),
        (off, json!({ "openid_list": fans[..21] }), 40032),
        (list, json!({ "begin_openid": "oNobody" }), 40003),
    ] {
        assert_eq!(api.code(path, body.clone()).await, wanted, "{path} {body}");
    }

    let (muted, heard) = (wechat.phone(&demo(), &fans[0]).await, wechat.phone(&demo(), &fans[1001]).await);
    assert!(muted.text("anyone?").await.deliveries.is_empty());
    assert!(muted.tap("K").await.deliveries.is_empty());
    assert!(callback.got().is_empty());
    assert_eq!(heard.text("hello").await.deliveries.len(), 1);
    assert_eq!(api.get(&format!("/cgi-bin/user/info?openid={}", fans[0])).await["groupid"], 1);
    let send = json!({ "touser": fans[0], "msgtype": "text", "text": { "content": "no" } });
    assert_eq!(api.code("/cgi-bin/message/custom/send", send).await, 43019);
    assert_eq!(api.code(off, json!({ "openid_list": fans[..1] })).await, 0);
    assert_eq!(muted.text("anyone?").await.deliveries.len(), 1);
    assert_eq!(api.post(list, json!({})).await["total"], 1000);
    muted.unfollow().await;
    assert_eq!(callback.last().field("Event"), "unsubscribe");
}

#[tokio::test]
async fn groups_are_tags_of_which_one_has_one() {
    let wechat = crowd(51).await;
    let api = Api::of(&wechat).await;
    let fans = openids(&api, 51).await;
    let made = api.post("/cgi-bin/groups/create", json!({ "group": { "name": "test" } })).await;
    assert_eq!(made, json!({ "group": { "id": 100, "name": "test" } }));
    let tag = create(&api, "tag").await;
    let body = json!({ "tagid": tag, "openid_list": [fans[0]] });
    assert_eq!(api.code("/cgi-bin/tags/members/batchtagging", body).await, 0);
    let (make, update, delete) = ("/cgi-bin/groups/create", "/cgi-bin/groups/update", "/cgi-bin/groups/delete");
    let (one, many) = ("/cgi-bin/groups/members/update", "/cgi-bin/groups/members/batchupdate");
    for (path, body, wanted) in [
        (make, json!({ "group": { "name": "test" } }), 40051),
        (make, json!({ "group": {} }), 40051),
        (make, json!({}), 47001),
        (make, json!({ "group": { "name": "字".repeat(31) } }), 45017),
        (make, json!({ "group": { "name": "字".repeat(30) } }), 0),
        (update, json!({ "group": { "id": 100, "name": "better" } }), 0),
        (update, json!({ "group": { "id": 100, "name": "tag" } }), 40051),
        (update, json!({ "group": { "id": 1, "name": "mine" } }), 45016),
        (update, json!({ "group": { "id": 999, "name": "mine" } }), 40050),
        (delete, json!({ "group": { "id": 2 } }), 45016),
        (delete, json!({ "group": { "id": 999 } }), 40050),
        (one, json!({ "openid": fans[0], "to_groupid": 100 }), 0),
        (one, json!({ "openid": fans[0], "to_groupid": 999 }), 40050),
        (one, json!({ "openid": fans[0] }), 40050),
        (one, json!({ "openid": "oNobody", "to_groupid": 100 }), 40003),
        (many, json!({ "openid_list": fans[1..51], "to_groupid": "2" }), 0),
        (many, json!({ "openid_list": fans, "to_groupid": 2 }), 40032),
        (many, json!({ "openid_list": [], "to_groupid": 2 }), 40032),
        (many, json!({ "openid_list": fans[50..], "to_groupid": 1 }), 0),
        ("/cgi-bin/groups/getid", json!({ "openid": "oNobody" }), 40003),
    ] {
        let answer = api.post(path, body.clone()).await;
        assert_eq!(errcode(&answer), wanted, "{path} {body}: {answer}");
    }
    for (fan, group) in [(0, 100), (1, 2), (50, 1)] {
        assert_eq!(
            api.post("/cgi-bin/groups/getid", json!({ "openid": fans[fan] })).await,
            json!({ "groupid": group })
        );
    }
    assert_eq!(api.post("/cgi-bin/tags/getidlist", json!({ "openid": fans[0] })).await["tagid_list"], json!([100]));
    let groups = api.get("/cgi-bin/groups/get").await;
    let counts: Vec<_> = groups["groups"].as_array().unwrap().iter().map(|g| (&g["id"], &g["count"])).collect();
    assert_eq!(json!(counts), json!([[0, 0], [1, 1], [2, 49], [100, 1], [101, 0], [102, 0]]));
    assert_eq!(api.code(one, json!({ "openid": fans[50], "to_groupid": 0 })).await, 0);
    assert_eq!(api.code(delete, json!({ "group": { "id": 100 } })).await, 0);
    for fan in [0, 50] {
        assert_eq!(api.post("/cgi-bin/groups/getid", json!({ "openid": fans[fan] })).await, json!({ "groupid": 0 }));
    }
    for n in 0..98 {
        assert_eq!(api.code(make, json!({ "group": { "name": n.to_string() } })).await, 0);
    }
    assert_eq!(api.code(make, json!({ "group": { "name": "more" } })).await, 45018);
    assert_eq!(errcode(&api.fetch(Method::GET, "/cgi-bin/groups/create", None).await.json().await.unwrap()), 43002);
}

#[tokio::test]
async fn a_phone_that_changed_its_mind_is_shown_once() {
    let wechat = wechat(&Callback::content().await).await;
    let api = Api::of(&wechat).await;
    let fan = wechat.new_phone(&demo());
    for _ in 0..3 {
        fan.follow().await;
        fan.unfollow().await;
    }
    fan.follow().await;
    assert_eq!(api.get("/cgi-bin/user/get").await["data"]["openid"], json!([fan.openid()]));
}
