//! Statistics.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod common;

use std::time::Duration;

use common::{Api, Callback, NOON, Say, app, errcode, say};
use puzi_sandbox::{App, Config, Sandbox};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(86_400);

fn demo() -> String {
    App::demo().appid
}

/// A sandbox whose clock starts on Sunday, the first of March 2026, at noon.
async fn at_noon(callback: &Callback, followers: usize) -> Sandbox {
    let apps = vec![App { followers, ..app(callback) }];
    Sandbox::start(Config { apps, start_at: Some(NOON), ..Config::default() }).await.unwrap()
}

async fn ask(api: &Api, name: &str, begin: &str, end: &str) -> Value {
    api.post(&format!("/datacube/{name}"), json!({ "begin_date": begin, "end_date": end })).await
}

#[tokio::test]
async fn followers_are_counted_by_day_and_source() {
    let wechat = at_noon(&Callback::content().await, 10).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    fan.follow().await;
    wechat.phone(&demo(), "oScan").await.follow_by_scene("spring").await;
    wechat.clock().advance(DAY);
    fan.unfollow().await;
    wechat.clock().advance(DAY);
    let api = Api::of(&wechat).await;
    let told = ask(&api, "getusersummary", "2026-03-01", "2026-03-02").await;
    assert_eq!(
        told["list"],
        json!([
            { "ref_date": "2026-03-01", "user_source": 1, "new_user": 1, "cancel_user": 0 },
            { "ref_date": "2026-03-01", "user_source": 30, "new_user": 1, "cancel_user": 0 },
            { "ref_date": "2026-03-02", "user_source": 1, "new_user": 0, "cancel_user": 1 },
        ])
    );
    let told = ask(&api, "getusercumulate", "2026-02-28", "2026-03-02").await;
    let sums: Vec<_> = told["list"].as_array().unwrap().iter().map(|row| row["cumulate_user"].as_i64()).collect();
    assert_eq!(sums, [Some(10), Some(12), Some(11)]);
}

#[tokio::test]
async fn messages_are_counted_by_hour_day_week_and_month() {
    let wechat = at_noon(&Callback::content().await, 0).await;
    let (fan, other) = (wechat.phone(&demo(), "oFan").await, wechat.phone(&demo(), "oOther").await);
    fan.follow().await;
    other.follow().await;
    for _ in 0..6 {
        fan.text("在吗").await;
    }
    other.text("在").await;
    other.image().await;
    // An event is no message.
    fan.tap("K").await;
    wechat.clock().advance(Duration::from_secs(3600));
    fan.text("还在吗").await;
    wechat.clock().advance(DAY);
    fan.link("t", "d", "https://example.com").await;
    wechat.clock().advance(DAY);

    let api = Api::of(&wechat).await;
    let row = |date: &str, kind: i64, users: i64, count: i64| json!({ "ref_date": date, "msg_type": kind, "msg_user": users, "msg_count": count });
    let told = ask(&api, "getupstreammsg", "2026-03-01", "2026-03-02").await;
    let wanted = [row("2026-03-01", 1, 2, 8), row("2026-03-01", 2, 1, 1), row("2026-03-02", 6, 1, 1)];
    assert_eq!(told["list"], json!(wanted));
    let told = ask(&api, "getupstreammsghour", "2026-03-01", "2026-03-01").await;
    let hours: Vec<_> = told["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["ref_hour"], &row["msg_type"], &row["msg_count"]))
        .collect();
    assert_eq!(json!(hours), json!([[1200, 1, 7], [1200, 2, 1], [1300, 1, 1]]));
    // The first of March was a Sunday: its week began in February.
    let told = ask(&api, "getupstreammsgweek", "2026-03-01", "2026-03-02").await;
    assert_eq!((&told["list"][0]["ref_date"], &told["list"][0]["msg_count"]), (&json!("2026-02-23"), &json!(8)));
    assert_eq!((&told["list"][2]["ref_date"], &told["list"][2]["msg_type"]), (&json!("2026-03-02"), &json!(6)));
    let told = ask(&api, "getupstreammsgmonth", "2026-03-01", "2026-03-02").await;
    assert_eq!((told["list"].as_array().unwrap().len(), &told["list"][0]), (3, &row("2026-03-01", 1, 2, 8)));

    let spread = |told: &Value| -> Vec<(i64, i64)> {
        let rows = told["list"].as_array().unwrap().iter();
        rows.map(|row| (row["count_interval"].as_i64().unwrap(), row["msg_user"].as_i64().unwrap())).collect()
    };
    assert_eq!(spread(&ask(&api, "getupstreammsgdist", "2026-03-01", "2026-03-01").await), [(1, 1), (2, 1)]);
    assert_eq!(spread(&ask(&api, "getupstreammsgdistweek", "2026-03-01", "2026-03-01").await), [(1, 1), (2, 1)]);
    assert_eq!(spread(&ask(&api, "getupstreammsgdistmonth", "2026-03-01", "2026-03-02").await), [(1, 1), (2, 1)]);
}

#[tokio::test]
async fn pushes_are_counted_with_failures_and_time() {
    let callback = Callback::content().await;
    let wechat = at_noon(&callback, 0).await;
    let fan = wechat.phone(&demo(), "oFan").await;
    fan.follow().await;
    callback.think(|_| Say::Status(500, String::new()));
    fan.text("在吗").await;
    callback.think(|_| {
        std::thread::sleep(Duration::from_millis(30));
        say("success")
    });
    fan.text("在吗").await;
    wechat.clock().advance(DAY);
    let api = Api::of(&wechat).await;
    let told = ask(&api, "getinterfacesummary", "2026-02-20", "2026-03-01").await;
    let row = &told["list"][0];
    assert_eq!(
        (&row["ref_date"], &row["callback_count"], &row["fail_count"]),
        (&json!("2026-03-01"), &json!(5), &json!(3))
    );
    assert!(
        row["max_time_cost"].as_i64().unwrap() >= 30
            && row["total_time_cost"].as_i64() >= row["max_time_cost"].as_i64()
    );
    let told = ask(&api, "getinterfacesummaryhour", "2026-03-01", "2026-03-01").await;
    assert_eq!((&told["list"][0]["ref_hour"], &told["list"][0]["callback_count"]), (&json!(1200), &json!(5)));
    assert_eq!(ask(&api, "getinterfacesummary", "2026-02-20", "2026-02-28").await["list"], json!([]));
}

#[tokio::test]
async fn dates_are_checked() {
    let wechat = at_noon(&Callback::content().await, 0).await;
    let api = Api::of(&wechat).await;
    let spans = [
        ("getusersummary", 7),
        ("getusercumulate", 7),
        ("getupstreammsg", 7),
        ("getupstreammsghour", 1),
        ("getupstreammsgweek", 30),
        ("getupstreammsgmonth", 30),
        ("getupstreammsgdist", 15),
        ("getupstreammsgdistweek", 30),
        ("getupstreammsgdistmonth", 30),
        ("getinterfacesummary", 30),
        ("getinterfacesummaryhour", 1),
        ("getarticleread", 1),
        ("getarticleshare", 1),
        ("getbizsummary", 30),
        ("getarticletotaldetail", 30),
        ("getarticlesummary", 1),
        ("getarticletotal", 1),
        ("getuserread", 3),
        ("getuserreadhour", 1),
        ("getusershare", 7),
        ("getusersharehour", 1),
    ];
    for (name, days) in spans {
        let code = async |begin: &str, end: &str| errcode(&ask(&api, name, begin, end).await);
        // January has 31 days: the day `days` before the first of February, and one more.
        let begin = |days: i64| format!("2026-01-{:02}", 32 - days);
        assert_eq!(code(&begin(days), "2026-01-31").await, 0, "{name}");
        assert_eq!(code(&begin(days + 1), "2026-01-31").await, 61501, "{name}");
        assert_eq!(code("2026-02-02", "2026-02-01").await, 61501, "{name}");
        assert_eq!(code("2026-03-01", "2026-03-01").await, 61501, "{name}: today");
        for wrong in ["2026-02-30", "20260201", "2026-2-1", ""] {
            assert_eq!(code(wrong, "2026-02-01").await, 61500, "{name}: {wrong}");
        }
        let path = format!("/datacube/{name}");
        assert_eq!(errcode(&api.post(&path, json!({ "begin_date": 20260201, "end_date": "2026-02-01" })).await), 61500);
        assert_eq!(errcode(&api.post(&path, json!({ "begin_date": "2026-02-01" })).await), 61500);
        assert_eq!(errcode(&api.get(&path).await), 43002);
    }
    assert_eq!(errcode(&api.post_raw("/datacube/getusersummary", "{").await), 47001);
    assert_eq!(errcode(&api.post_raw("/datacube/getusersummary", "").await), 44002);
    // A day begins at midnight in Beijing, which is 16:00 of the day before in London.
    wechat.clock().advance(Duration::from_secs(11 * 3600 + 1800));
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&ask(&api, "getuserread", "2026-03-01", "2026-03-01").await), 61501);
    wechat.clock().advance(Duration::from_secs(1800));
    let api = Api::of(&wechat).await;
    assert_eq!(errcode(&ask(&api, "getuserread", "2026-03-01", "2026-03-01").await), 0);
}

/// Publishes two articles and waits until users can read them; gives their msg_data_id.
async fn publish(wechat: &Sandbox, callback: &Callback, api: &Api) -> i64 {
    let cover = api.upload("/cgi-bin/material/add_material?type=image", b"\xff\xd8\xff\xe0".to_vec()).await;
    let article =
        |title: &str| json!({ "title": title, "content": "<p>早上好</p>", "thumb_media_id": cover["media_id"] });
    let articles = json!({ "articles": [article("春茶"), article("秋茶")] });
    let draft = api.post("/cgi-bin/draft/add", articles).await;
    let sent = api.post("/cgi-bin/freepublish/submit", json!({ "media_id": draft["media_id"] })).await;
    wechat.clock().advance(Duration::from_secs(60));
    for _ in 0..200 {
        if callback.got().iter().any(|got| got.body.contains("PUBLISHJOBFINISH")) {
            return sent["msg_data_id"].as_i64().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing was published: {sent}");
}

#[tokio::test]
async fn articles_have_readers_that_add_up() {
    let callback = Callback::content().await;
    let wechat = at_noon(&callback, 5).await;
    let msg_data_id = publish(&wechat, &callback, &Api::of(&wechat).await).await;
    wechat.clock().advance(3 * DAY);
    let api = Api::of(&wechat).await;
    let read = ask(&api, "getarticleread", "2026-03-01", "2026-03-01").await;
    let (rows, first) = (read["list"].as_array().unwrap(), &read["list"][0]);
    assert_eq!((rows.len(), &read["is_delay"]), (2, &json!(false)));
    assert_eq!(first["msgid"], format!("{msg_data_id}_1"));
    let sources = first["detail"]["read_user_source"].as_array().unwrap();
    assert_eq!((&sources[0]["scene_desc"], &sources[0]["user_count"]), (&json!("全部"), &first["detail"]["read_user"]));
    let parts: i64 = sources[1..].iter().map(|source| source["user_count"].as_i64().unwrap()).sum();
    assert_eq!(Some(parts), first["detail"]["read_user"].as_i64());
    assert_eq!(ask(&api, "getarticleread", "2026-03-01", "2026-03-01").await, read);
    assert_eq!(ask(&api, "getarticleread", "2026-02-28", "2026-02-28").await["list"], json!([]));

    let shared = ask(&api, "getarticleshare", "2026-03-01", "2026-03-01").await;
    assert!(shared["list"][0]["detail"]["share_user"].as_i64() > Some(0));
    let both: i64 = rows.iter().map(|row| row["detail"]["read_user"].as_i64().unwrap()).sum();
    let all = ask(&api, "getbizsummary", "2026-02-28", "2026-03-03").await;
    let days: Vec<_> =
        all["list"].as_array().unwrap().iter().map(|row| row["detail"]["read_user"].as_i64().unwrap()).collect();
    assert_eq!((days.len(), days[0], days[1]), (4, 0, both));
    assert_eq!(all["list"][1]["detail"]["send_page_count"], 2);

    let detail = ask(&api, "getarticletotaldetail", "2026-03-01", "2026-03-01").await;
    let until: Vec<_> =
        detail["list"][0]["detail_list"].as_array().unwrap().iter().map(|day| &day["read_user"]).collect();
    assert_eq!(
        (until.len(), until[0], &detail["list"][0]["publish_type"]),
        (3, &first["detail"]["read_user"], &json!(1))
    );
    assert!(until[2].as_i64() >= until[1].as_i64() && until[1].as_i64() > until[0].as_i64());

    let url = detail["list"][0]["content_url"].as_str().unwrap();
    assert!(reqwest::get(url).await.unwrap().text().await.unwrap().contains("春茶"), "{url}");

    // The retired ones still answer, and say the same.
    let old = ask(&api, "getarticlesummary", "2026-03-01", "2026-03-01").await;
    assert_eq!(
        (&old["list"][0]["int_page_read_user"], &old["list"][0]["title"]),
        (&first["detail"]["read_user"], &json!("春茶"))
    );
    let old = ask(&api, "getarticletotal", "2026-03-01", "2026-03-01").await;
    assert_eq!(&old["list"][0]["details"][2]["int_page_read_user"], until[2]);
    let old = ask(&api, "getuserread", "2026-03-01", "2026-03-03").await;
    let of_first_day = old["list"].as_array().unwrap().iter().filter(|row| row["ref_date"] == "2026-03-01");
    let (all, parts): (Vec<_>, Vec<_>) = of_first_day.partition(|row| row["user_source"] == 99_999_999);
    let sum: i64 = parts.iter().map(|row| row["int_page_read_user"].as_i64().unwrap()).sum();
    assert_eq!((all[0]["int_page_read_user"].as_i64(), sum), (Some(both), both));
    let hours = ask(&api, "getuserreadhour", "2026-03-01", "2026-03-01").await;
    assert_eq!((&hours["list"][0]["ref_hour"], &hours["list"][0]["int_page_read_user"]), (&json!(2000), &json!(both)));
    for name in ["getusershare", "getusersharehour"] {
        let shares = ask(&api, name, "2026-03-01", "2026-03-01").await;
        let of_all = shares["list"].as_array().unwrap().iter().filter(|row| row["user_source"] == 99_999_999);
        let sum: i64 = of_all.map(|row| row["share_user"].as_i64().unwrap()).sum();
        assert_eq!(Some(sum), all[0]["share_user"].as_i64(), "{name}");
    }
}

#[tokio::test]
async fn coupons_and_advertising_are_asked_for_in_their_own_ways() {
    let wechat = at_noon(&Callback::content().await, 0).await;
    let api = Api::of(&wechat).await;
    let dates = json!({ "begin_date": "2026-01-01", "end_date": "2026-02-28" });
    let with = |more: Value| {
        let mut body = dates.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for name in ["getcardbizuininfo", "getcardcardinfo", "getcardmembercardinfo"] {
        let path = format!("/datacube/{name}");
        assert_eq!(api.post(&path, with(json!({ "cond_source": 1 }))).await, json!({ "list": [] }));
        assert_eq!(api.code(&path, with(json!({ "cond_source": 2 }))).await, 40097);
        assert_eq!(api.code(&path, dates.clone()).await, 40097);
        assert_eq!(api.code(&path, with(json!({ "cond_source": [] }))).await, 47001);
        assert_eq!(api.code(&path, with(json!({ "cond_source": 0, "begin_date": "2025-12-01" }))).await, 61501);
    }
    let path = "/datacube/getcardmembercarddetail";
    assert_eq!(api.post(path, with(json!({ "card_id": "p1" }))).await, json!({ "list": [] }));
    assert_eq!(api.code(path, dates.clone()).await, 40054);

    let ads =
        async |rest: &str| api.get(&format!("/publisher/stat?{rest}")).await["base_resp"]["ret"].as_i64().unwrap();
    let rest = "page=1&page_size=10&start_date=2026-02-01&end_date=2026-02-28";
    assert_eq!(ads(&format!("action=publisher_adpos_general&{rest}")).await, 0);
    assert_eq!(ads(&format!("action=publisher_nothing&{rest}")).await, 45010);
    assert_eq!(ads("action=publisher_settlement&page=0&page_size=10").await, 1701);
    assert_eq!(
        ads("action=publisher_settlement&page=1&page_size=91&start_date=2026-02-01&end_date=2026-02-28").await,
        1701
    );
    assert_eq!(
        ads("action=publisher_settlement&page=1&page_size=9&start_date=2026-02-31&end_date=2026-02-28").await,
        1701
    );
}
