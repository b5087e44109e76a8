//! Figures.

#![allow(deprecated, reason = "what is retired still answers")]

use std::time::Duration;

use puzi_sandbox::App;
use puzi_wechat::api::statistics::{AdAction, Ads, Coupon};
use serde_json::{Value, json};

use crate::story::{Story, refused};

/// A day in Beijing as the figures name it, so many days from now.
fn date(now: i64, ahead: i64) -> String {
    // Days since 1 March of the year 0, where leap days come last.
    let days = (now + 8 * 3600).div_euclid(86_400) + ahead + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + years + carry)
}

/// Someone comes and writes, and an article is published.
async fn live(story: &Story) {
    let fan = story.sandbox.new_phone(&story.app.appid);
    fan.follow().await;
    fan.text("在吗").await;
    // Not through the story's client: the family does not know these calls.
    let http = reqwest::Client::new();
    let base = story.sandbox.url();
    let App { appid, secret, .. } = &story.app;
    let granted = format!("{base}/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
    let granted: Value = http.get(granted).send().await.unwrap().json().await.unwrap();
    let token = granted["access_token"].as_str().unwrap();
    let picture = reqwest::multipart::Part::bytes(b"\xff\xd8\xff\xe0".to_vec()).file_name("a.jpg");
    let form = reqwest::multipart::Form::new().part("media", picture);
    let url = format!("{base}/cgi-bin/material/add_material?type=image&access_token={token}");
    let cover: Value = http.post(url).multipart(form).send().await.unwrap().json().await.unwrap();
    let post = async |path: &str, body: Value| -> Value {
        let url = format!("{base}/cgi-bin/{path}?access_token={token}");
        http.post(url).body(body.to_string()).send().await.unwrap().json().await.unwrap()
    };
    let article = json!({ "title": "春茶", "content": "<p>早</p>", "thumb_media_id": cover["media_id"] });
    let draft = post("draft/add", json!({ "articles": [article] })).await;
    post("freepublish/submit", json!({ "media_id": draft["media_id"] })).await;
    story.sandbox.clock().advance(Duration::from_secs(60));
    while post("freepublish/batchget", json!({ "offset": 0, "count": 1 })).await["total_count"] != 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn statistics() {
    let story = Story::of("statistics", 3).await;
    let statistics = story.wechat.statistics();
    live(&story).await;
    let now = story.sandbox.clock().now();
    story.sandbox.clock().advance(Duration::from_secs(86_400));
    let (day, tomorrow) = (&date(now, 0), date(now, 1));

    statistics.follower_changes(day, day).await.unwrap();
    statistics.followers(day, day).await.unwrap();
    statistics.messages(day, day).await.unwrap();
    statistics.messages_by_week(day, day).await.unwrap();
    statistics.messages_by_month(day, day).await.unwrap();
    statistics.writers(day, day).await.unwrap();
    statistics.writers_by_week(day, day).await.unwrap();
    statistics.writers_by_month(day, day).await.unwrap();
    statistics.callbacks(day, day).await.unwrap();
    statistics.messages_by_hour(day, day).await.unwrap();
    statistics.callbacks_by_hour(day, day).await.unwrap();
    assert_eq!(statistics.article_reads(day, day).await.unwrap().list.len(), 1);
    statistics.article_shares(day, day).await.unwrap();
    statistics.summary(day, day).await.unwrap();
    statistics.article_details(day, day).await.unwrap();
    statistics.sent_articles(day, day).await.unwrap();
    statistics.sent_article_totals(day, day).await.unwrap();
    statistics.reads(day, day).await.unwrap();
    statistics.reads_by_hour(day, day).await.unwrap();
    statistics.shares(day, day).await.unwrap();
    statistics.shares_by_hour(day, day).await.unwrap();
    refused(statistics.follower_changes(day, &tomorrow).await, 61_501);
    refused(statistics.followers(day, &tomorrow).await, 61_501);
    refused(statistics.messages(day, &tomorrow).await, 61_501);
    refused(statistics.messages_by_week(day, &tomorrow).await, 61_501);
    refused(statistics.messages_by_month(day, &tomorrow).await, 61_501);
    refused(statistics.writers(day, &tomorrow).await, 61_501);
    refused(statistics.writers_by_week(day, &tomorrow).await, 61_501);
    refused(statistics.writers_by_month(day, &tomorrow).await, 61_501);
    refused(statistics.callbacks(day, &tomorrow).await, 61_501);
    refused(statistics.messages_by_hour(day, &tomorrow).await, 61_501);
    refused(statistics.callbacks_by_hour(day, &tomorrow).await, 61_501);
    refused(statistics.article_reads(day, &tomorrow).await, 61_501);
    refused(statistics.article_shares(day, &tomorrow).await, 61_501);
    refused(statistics.summary(day, &tomorrow).await, 61_501);
    refused(statistics.article_details(day, &tomorrow).await, 61_501);
    refused(statistics.sent_articles(day, &tomorrow).await, 61_501);
    refused(statistics.sent_article_totals(day, &tomorrow).await, 61_501);
    refused(statistics.reads(day, &tomorrow).await, 61_501);
    refused(statistics.reads_by_hour(day, &tomorrow).await, 61_501);
    refused(statistics.shares(day, &tomorrow).await, 61_501);
    refused(statistics.shares_by_hour(day, &tomorrow).await, 61_501);

    statistics.coupons(day, day, true).await.unwrap();
    refused(statistics.coupons(day, &tomorrow, true).await, 61_501);
    statistics.coupon(&Coupon::new(day, day, false)).await.unwrap();
    refused(statistics.coupon(&Coupon::new(day, &tomorrow, false)).await, 61_501);
    statistics.member_cards(day, day, false).await.unwrap();
    refused(statistics.member_cards(day, &tomorrow, false).await, 61_501);
    statistics.member_card(day, day, "p1").await.unwrap();
    refused(statistics.member_card(day, &tomorrow, "p1").await, 61_501);
    statistics.ads(&Ads::new(AdAction::PublisherAdposGeneral, 1, 10, day, day)).await.unwrap();
    statistics.ads(&Ads::new(AdAction::PublisherAdposGeneral, 1, 10, "2026-02-31", day)).await.unwrap_err();
    story.end();
}
