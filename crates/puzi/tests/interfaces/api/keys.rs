//! Idempotency keys: a write sent twice happens once, whatever happened between.

use futures_util::{StreamExt, stream};

use super::*;

impl Shop {
    fn keyed(&self, method: Method, path: &str, key: &str, body: &Value) -> RequestBuilder {
        self.ask(method, path).header("idempotency-key", key).json(body)
    }

    async fn create(&self, key: &str, title: &str) -> Answer {
        let body = json!({ "title": title, "text": "您好" });
        Answer::to(self.keyed(Method::POST, "/api/v1/phrases", key, &body)).await
    }

    /// As if a minute had passed since the requests whose process died.
    async fn a_minute_later(&self) {
        self.execute("UPDATE idempotency_keys SET claimed_at = claimed_at - 61000").await;
    }
}

#[tokio::test]
async fn a_request_sent_again_happens_once_and_is_answered_alike() {
    let shop = Shop::open().await;
    let first = shop.create("order-1", "一").await;
    let again = shop.create("order-1", "一").await;
    assert_eq!((first.status, again.status), (201, 201), "{first:?} {again:?}");
    assert_eq!(first.text, again.text);
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let another = shop.create("order-1", "二").await;
    assert!(another.problem(422)["detail"].as_str().unwrap().contains("another request"));
    assert_eq!(shop.count("quick_phrases").await, 1);

    // Another client chooses its keys by itself.
    let (_, clerk) = shop.member("clerk", &["phrases.*"]).await;
    let body = json!({ "title": "一", "text": "您好" });
    let own = shop.ask_with(&clerk, Method::POST, "/api/v1/phrases").header("idempotency-key", "order-1").json(&body);
    assert_eq!(Answer::to(own).await.status, 201);
    assert_eq!(shop.count("quick_phrases").await, 2);

    // A change that was made already is not a conflict with itself.
    let path = format!("/api/v1/phrases/{}", first.json()["id"]);
    let change = json!({ "title": "三", "version": 1 });
    let first = Answer::to(shop.keyed(Method::PATCH, &path, "change-1", &change)).await;
    let again = Answer::to(shop.keyed(Method::PATCH, &path, "change-1", &change)).await;
    assert_eq!((first.status, &first.text), (200, &again.text), "{again:?}");
    assert_eq!(shop.get(&path).await.json()["version"], 2);
}

#[tokio::test]
async fn of_two_at_once_one_happens() {
    let shop = Shop::open().await;
    for round in 0..5 {
        let key = format!("round-{round}");
        let (a, b) = tokio::join!(shop.create(&key, &key), shop.create(&key, &key));
        let made: Vec<_> = [&a, &b].into_iter().filter(|answer| answer.status == 201).collect();
        match made.as_slice() {
            [one, two] => assert_eq!(one.text, two.text),
            [_] => drop([&a, &b].map(|answer| (answer.status != 201).then(|| answer.problem(409)))),
            _ => panic!("{a:?} {b:?}"),
        }
        assert_eq!(shop.count(&format!("quick_phrases WHERE title = '{key}'")).await, 1);
        // Whoever was told to wait hears the answer then.
        assert_eq!(shop.create(&key, &key).await.text, made[0].text);
    }
}

#[tokio::test]
async fn a_refused_request_gives_its_key_back() {
    let shop = Shop::open().await;
    shop.create("k", "").await.problem(422);
    assert_eq!(shop.create("k", "一").await.status, 201);
    let path = format!("/api/v1/phrases/{}", shop.phrase("二").await);
    let change = |version: i64| json!({ "title": "三", "version": version });
    Answer::to(shop.keyed(Method::PATCH, &path, "c", &change(9))).await.problem(409);
    assert_eq!(Answer::to(shop.keyed(Method::PATCH, &path, "c", &change(1))).await.status, 200);
    // Where the writing is a use case of its own, too.
    let role = |key: &str| json!({ "key": key, "name": "Baker", "permissions": ["phrases.view"] });
    Answer::to(shop.keyed(Method::POST, "/api/v1/roles", "r", &role("NO KEY"))).await.problem(422);
    let made = Answer::to(shop.keyed(Method::POST, "/api/v1/roles", "r", &role("baker"))).await;
    let again = Answer::to(shop.keyed(Method::POST, "/api/v1/roles", "r", &role("baker"))).await;
    assert_eq!((made.status, &made.text), (201, &again.text), "{made:?}");
}

#[tokio::test]
async fn what_is_no_key_is_told_so() {
    let shop = Shop::open().await;
    let long = "k".repeat(201);
    for key in ["", "two words", long.as_str()] {
        let answer = shop.create(key, "一").await;
        assert!(answer.problem(400)["detail"].as_str().unwrap().contains("Idempotency-Key"), "{key}");
    }
    assert_eq!(shop.create(&"k".repeat(200), "一").await.status, 201);
    assert_eq!(shop.count("quick_phrases").await, 1);
}

#[tokio::test]
async fn a_claim_whose_process_died_tells_what_happened() {
    let shop = Shop::open().await;
    let made = shop.create("told", "一").await;
    let role = json!({ "key": "baker", "name": "Baker", "permissions": ["phrases.view"] });
    let by_use_case = async || Answer::to(shop.keyed(Method::POST, "/api/v1/roles", "role", &role)).await;
    assert_eq!(by_use_case().await.status, 201);
    // The change is there, and the process died before it could keep its answer.
    assert_eq!(shop.execute("UPDATE idempotency_keys SET status = NULL, body = NULL").await, 2);
    shop.create("told", "一").await.problem(409);
    shop.a_minute_later().await;
    let again = shop.create("told", "一").await;
    assert_eq!((again.status, again.json()), (201, made.json()));
    assert_eq!(shop.count("quick_phrases").await, 1);
    // A use case has a transaction of its own: nobody knows, so nothing is done twice.
    by_use_case().await.problem(409);
    assert_eq!(shop.count("roles").await, 1);
}

#[tokio::test]
async fn killed_under_load_every_request_happens_once() {
    const MANY: usize = 200;
    let mut shop = Shop::open().await;
    let titles: Vec<_> = (0..MANY).map(|n| format!("phrase-{n}")).collect();
    let requests: Vec<_> = titles
        .iter()
        .map(|title| shop.keyed(Method::POST, "/api/v1/phrases", title, &json!({ "title": title, "text": "您好" })))
        .collect();
    let sending = tokio::spawn(async move {
        let answers = stream::iter(requests)
            .map(|request| async move { request.send().await.is_ok_and(|answer| answer.status() == 201) });
        answers.buffered(8).collect::<Vec<_>>().await
    });
    let limit = std::time::Duration::from_secs(20);
    crate::common::until("some are made", limit, async || shop.count("quick_phrases").await > 20).await;
    shop.node.kill();
    let told = sending.await.unwrap();
    assert!(told.contains(&true) && told.contains(&false), "it was killed too early or too late: {told:?}");
    shop.node = shop.place.start_node();
    shop.a_minute_later().await;
    for title in &titles {
        let again = shop.create(title, title).await;
        assert_eq!((again.status, again.json()["title"].as_str()), (201, Some(title.as_str())), "{again:?}");
    }
    let doubles = "(SELECT title FROM quick_phrases GROUP BY title HAVING COUNT(*) <> 1) AS doubles";
    assert_eq!((shop.count("quick_phrases").await, shop.count(doubles).await), (MANY as i64, 0));
}
