use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use puzi_wechat::client::{Condition, Language, Page, Pages};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{asked, assert_unsent, code, get, ok, post, start};

const LIST: &str = "/cgi-bin/user/get";
const BATCH: &str = "/cgi-bin/user/info/batchget";

fn page(total: usize, openids: &[String]) -> ResponseTemplate {
    let last = openids.last().cloned().unwrap_or_default();
    ok(json!({"total": total, "count": openids.len(), "data": {"openid": openids}, "next_openid": last}))
}

fn openids(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|n| format!("o{n:04}")).collect()
}

/// `total` followers, `size` a page.
async fn followers(server: &MockServer, total: usize, size: usize) {
    for begin in (0..total).step_by(size) {
        let mock = match begin {
            0 => get(LIST).and(query_param_is_missing("next_openid")),
            _ => get(LIST).and(query_param("next_openid", format!("o{:04}", begin - 1))),
        };
        let answer = page(total, &openids(begin..(begin + size).min(total)));
        mock.respond_with(answer).expect(1).mount(server).await;
    }
}

/// Tells about whoever is asked for, after a while; notes when it was asked.
#[derive(Clone, Default)]
struct Details {
    slow: Duration,
    asked: Arc<Mutex<Vec<Instant>>>,
}

impl Respond for Details {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.asked.lock().unwrap().push(Instant::now());
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let users = asked["user_list"].as_array().unwrap();
        let users: Vec<_> = users.iter().map(|user| json!({"subscribe": 1, "openid": user["openid"]})).collect();
        ok(json!({ "user_info_list": users })).set_delay(self.slow)
    }
}

#[tokio::test]
async fn a_list_is_a_stream_of_pages_and_of_entries() {
    let (server, client) = start().await;
    followers(&server, 5, 2).await;
    let pages: Vec<Vec<String>> = client.users().pages().try_collect().await.unwrap();
    assert_eq!(pages, [openids(0..2), openids(2..4), openids(4..5)]);

    let (server, client) = start().await;
    followers(&server, 5, 2).await;
    let all: Vec<String> = client.users().pages().items().try_collect().await.unwrap();
    assert_eq!(all, openids(0..5));
}

#[tokio::test]
async fn a_list_goes_on_from_a_place() {
    let (server, client) = start().await;
    followers(&server, 4, 2).await;
    let mut pages = client.users().pages();
    assert_eq!(pages.place(), None);
    assert_eq!(pages.next().await.unwrap(), Some(openids(0..2)));
    let place = pages.place().unwrap().to_owned();
    drop(pages);

    // Where it ends is not known from the middle: the page after the last is empty.
    get(LIST).and(query_param("next_openid", "o0003")).respond_with(page(4, &[])).expect(1).mount(&server).await;
    let rest: Vec<String> = client.users().pages().starting_at(place).items().try_collect().await.unwrap();
    assert_eq!(rest, openids(2..4));
}

#[tokio::test]
async fn who_leaves_while_the_list_is_read_costs_nobody_else() {
    let (server, client) = start().await;
    let last = |openids: &[String]| query_param("next_openid", openids.last().unwrap().clone());
    let all: Vec<String> = (0..20_001).map(|n| format!("o{n:05}")).collect();
    let (one, two, three) = (&all[..10_000], &all[10_000..20_000], &all[20_000..]);
    let first = get(LIST).and(query_param_is_missing("next_openid"));
    first.respond_with(page(20_001, one)).expect(1).mount(&server).await;
    // Five of the first page are gone: as many as are counted have been listed, and one is left.
    get(LIST).and(last(one)).respond_with(page(19_996, two)).expect(1).mount(&server).await;
    get(LIST).and(last(two)).respond_with(page(19_996, three)).expect(1).mount(&server).await;
    let read: Vec<String> = client.users().pages().items().try_collect().await.unwrap();
    assert_eq!(read.len(), 20_001);
}

#[tokio::test]
async fn a_page_that_is_read_again_is_not_counted_again() {
    let (server, client) = start().await;
    let of = |from: &str| get(LIST).and(query_param("next_openid", from.to_owned()));
    get(LIST).and(query_param_is_missing("next_openid")).respond_with(page(6, &openids(0..2))).mount(&server).await;
    of("o0001").respond_with(page(6, &openids(2..4))).mount(&server).await;
    of("o0003").respond_with(page(6, &openids(4..6))).mount(&server).await;
    of("o0005").respond_with(page(6, &[])).mount(&server).await;
    let mut pages = client.users().pages();
    pages.next().await.unwrap();
    pages.next().await.unwrap();
    let rest: Vec<String> = pages.starting_at("o0001").items().try_collect().await.unwrap();
    assert_eq!(rest, openids(2..6));
}

#[tokio::test]
async fn after_an_error_a_stream_ends_and_the_same_page_can_be_asked_for_again() {
    let (server, client) = start().await;
    get(LIST).respond_with(code(48001)).up_to_n_times(1).expect(1).mount(&server).await;
    followers(&server, 3, 2).await;
    let mut pages = client.users().pages();
    assert!(StreamExt::next(&mut pages).await.unwrap().unwrap_err().is(Condition::NotPermitted));
    assert!(StreamExt::next(&mut pages).await.is_none(), "a stream does not fail for ever");
    assert_eq!(pages.next().await.unwrap(), Some(openids(0..2)));
    assert_eq!(StreamExt::next(&mut pages).await.unwrap().unwrap(), openids(2..3));
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_list_that_names_its_own_place_ends() {
    let mut calls = 0;
    let mut pages = Pages::new(|_| {
        calls += 1;
        std::future::ready(Ok(Page::new(vec![calls], Some("here".to_owned()))))
    });
    assert_eq!(pages.next().await.unwrap(), Some(vec![1]));
    assert_eq!(pages.next().await.unwrap(), Some(vec![2]));
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test]
async fn those_of_a_tag_and_those_blocked_are_listed() {
    let (server, client) = start().await;
    let tag = "/cgi-bin/user/tag/get";
    let of = |next: &str| post(tag).and(body_json(json!({"tagid": 101, "next_openid": next})));
    let untold = |openids: &[&str]| {
        let last = openids.last().copied().unwrap_or_default();
        ok(json!({"count": openids.len(), "data": {"openid": openids}, "next_openid": last}))
    };
    of("").respond_with(untold(&["a", "b"])).expect(1).mount(&server).await;
    of("b").respond_with(untold(&["c"])).expect(1).mount(&server).await;
    of("c").respond_with(ok(json!({"count": 0}))).expect(1).mount(&server).await;
    let members: Vec<String> = client.users().tagged(101).items().try_collect().await.unwrap();
    assert_eq!(members, ["a", "b", "c"]);

    let blocked = "/cgi-bin/tags/members/getblacklist";
    let from = |begin: &str| post(blocked).and(body_json(json!({"begin_openid": begin})));
    from("").respond_with(page(3, &openids(0..2))).expect(1).mount(&server).await;
    from("o0001").respond_with(page(3, &openids(2..3))).expect(1).mount(&server).await;
    let all: Vec<String> = client.users().blacklisted().items().try_collect().await.unwrap();
    assert_eq!(all, openids(0..3));
}

#[tokio::test]
async fn details_come_in_order_a_hundred_a_call_and_not_too_many_at_once() {
    let (server, client) = start().await;
    followers(&server, 850, 300).await;
    let slow = Duration::from_millis(150);
    let details = Details { slow, ..Details::default() };
    post(BATCH).respond_with(details.clone()).expect(9).mount(&server).await;

    let began = Instant::now();
    let users = client.users().language(Language::English);
    let all: Vec<_> = client.users().pages().infos(users, 3).try_collect().await.unwrap();
    let took = began.elapsed();
    assert_eq!(all.into_iter().map(|follower| follower.openid).collect::<Vec<_>>(), openids(0..850));

    let asked_for = asked(&server, BATCH).await;
    assert!(asked_for.iter().all(|body| body["user_list"].as_array().unwrap().len() <= 100));
    assert_eq!(asked_for[0]["user_list"][0], json!({"openid": "o0000", "lang": "en"}));
    let at = details.asked.lock().unwrap();
    for four in at.windows(4) {
        assert!(four[3] - four[0] >= slow, "four at once: {:?}", four[3] - four[0]);
    }
    assert!(took < slow * 8, "nine calls, three at once, took {took:?}");
}

#[tokio::test]
async fn nobody_is_left_out_after_an_error() {
    let (server, client) = start().await;
    followers(&server, 250, 120).await;
    post(BATCH).respond_with(Details::default()).up_to_n_times(1).mount(&server).await;
    post(BATCH).respond_with(code(48001)).up_to_n_times(2).mount(&server).await;
    post(BATCH).respond_with(Details::default()).mount(&server).await;

    let mut infos = client.users().pages().infos(client.users(), 2);
    let (mut seen, mut errors) = (Vec::new(), 0);
    loop {
        match infos.next().await {
            Ok(Some(follower)) => seen.push(follower.openid),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.errcode, Some(48001));
                errors += 1;
            }
        }
    }
    assert_eq!((seen, errors), (openids(0..250), 2));
}

#[tokio::test]
async fn what_was_listed_before_the_list_failed_is_told_first() {
    let (server, client) = start().await;
    get(LIST).and(query_param_is_missing("next_openid")).respond_with(page(300, &openids(0..200))).mount(&server).await;
    get(LIST).and(query_param("next_openid", "o0199")).respond_with(code(48001)).mount(&server).await;
    post(BATCH).respond_with(Details { slow: Duration::from_millis(20), ..Details::default() }).mount(&server).await;
    let mut infos = client.users().pages().infos(client.users(), 8);
    for n in 0..200 {
        assert_eq!(infos.next().await.unwrap().unwrap().openid, format!("o{n:04}"));
    }
    assert_eq!(infos.next().await.unwrap_err().errcode, Some(48001));
    assert_eq!(infos.next().await.unwrap_err().errcode, Some(48001), "it is asked for again");
    assert!(StreamExt::next(&mut infos).await.is_none());
}

#[tokio::test]
async fn remarks_are_set_and_too_long_ones_are_not_sent() {
    let (server, client) = start().await;
    let remark = "/cgi-bin/user/info/updateremark";
    let body = json!({"openid": "o1", "remark": "王阿姨 三号楼"});
    post(remark).and(body_json(body)).respond_with(code(0)).expect(1).mount(&server).await;
    client.users().remark("o1", "王阿姨 三号楼").await.unwrap();

    Mock::given(wiremock::matchers::any()).respond_with(code(0)).expect(0).mount(&server).await;
    let error = client.users().remark("o1", &"字".repeat(11)).await.unwrap_err();
    assert_unsent(&error, "`remark` has 33 bytes");
    assert_unsent(&client.users().remark("", "x").await.unwrap_err(), "`openid` is empty");
    assert_unsent(&client.users().info("").await.unwrap_err(), "`openid` is empty");
    assert_unsent(&client.users().infos::<&str>(&[]).await.unwrap_err(), "`user_list` is empty");
    let error = client.users().infos(&["o1", ""]).await.unwrap_err();
    assert_unsent(&error, "`user_list[1].openid` is empty");
}

#[tokio::test]
async fn lists_can_be_read_in_tasks_of_their_own() {
    let (server, client) = start().await;
    followers(&server, 3, 2).await;
    post(BATCH).respond_with(Details::default()).mount(&server).await;
    let task = tokio::spawn(async move {
        let mut infos = client.users().pages().infos(client.users(), 2);
        let mut count = 0;
        while infos.next().await.unwrap().is_some() {
            count += 1;
        }
        count
    });
    assert_eq!(task.await.unwrap(), 3);
}
