//! Lists: pages, filters, order, and questions that make no sense.

use super::*;

/// Phrases 1 to 7: the odd ones in the group `odd`, the others in none.
async fn with_seven() -> Shop {
    let shop = Shop::open().await;
    for n in 1..=7 {
        let group = if n % 2 == 1 { "odd" } else { "" };
        let phrase = json!({ "title": format!("第{n}句"), "text": "您好", "group_name": group, "position": n });
        assert_eq!(shop.post("/api/v1/phrases", &phrase).await.status, 201);
    }
    shop
}

fn positions(page: &Value) -> Vec<i64> {
    page["data"].as_array().unwrap().iter().map(|phrase| phrase["position"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_list_is_read_forward_and_back_without_a_gap() {
    let shop = with_seven().await;
    let page = async |rest: &str| {
        let answer = shop.get(&format!("/api/v1/phrases?size=3&sort=-position{rest}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let first = page("").await;
    assert!(first["previous"].is_null(), "{first}");
    let second = page(&format!("&after={}", first["next"].as_str().unwrap())).await;
    // Somebody adds one in front meanwhile: no record is seen twice.
    let added = json!({ "title": "新", "text": "您好", "position": 9 });
    assert_eq!(shop.post("/api/v1/phrases", &added).await.status, 201);
    let third = page(&format!("&after={}", second["next"].as_str().unwrap())).await;
    assert!(third["next"].is_null(), "{third}");
    assert_eq!([&first, &second, &third].map(positions), [vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
    let back = page(&format!("&before={}", third["previous"].as_str().unwrap())).await;
    assert_eq!(positions(&back), [4, 3, 2]);
    let back = page(&format!("&before={}", back["previous"].as_str().unwrap())).await;
    assert_eq!(positions(&back), [7, 6, 5]);
    let last = page("&before=").await;
    assert_eq!((positions(&last), last["next"].is_null()), (vec![3, 2, 1], true));
}

#[tokio::test]
async fn what_is_asked_for_is_found() {
    let shop = with_seven().await;
    for (query, found) in [
        ("f.group_name=odd&sort=position", vec![1, 3, 5, 7]),
        ("f.group_name.not=odd&sort=position", vec![2, 4, 6]),
        ("f.group_name.empty=1&sort=-position", vec![6, 4, 2]),
        ("f.group_name.any=odd,other&sort=-position", vec![7, 5, 3, 1]),
        ("f.group_name.contains=od&q=3", vec![3]),
        ("q=%E7%AC%AC2%E5%8F%A5", vec![2]),
        ("q=nothing%20like%20it", vec![]),
        ("size=1&sort=position", vec![1]),
        // The resource's own order, and an empty condition.
        ("f.group_name=&size=200", vec![1, 2, 3, 4, 5, 6, 7]),
    ] {
        let answer = shop.get(&format!("/api/v1/phrases?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(positions(&answer.json()), found, "{query}");
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_told_so() {
    let shop = with_seven().await;
    let first = shop.get("/api/v1/phrases?size=3&sort=position").await.json();
    let cursor = first["next"].as_str().unwrap();
    for query in [
        "f.nothing=1",
        "f.text.contains=x",
        "f.group_name.like=x",
        "f.group_name.empty=maybe",
        "sort=text",
        "sort=nothing",
        "size=many",
        "size=-1",
        "after=nonsense",
        &format!("sort=-position&after={cursor}"),
        &format!("sort=position&f.group_name=odd&after={cursor}"),
        "deleted=only",
        // PostgreSQL takes no such text, in no place.
        "q=a%00b",
        "f.group_name=a%00b",
        "f.group_name.contains=%00",
        "after=%00",
        &format!("q={}", "a".repeat(201)),
        &"f.group_name=x&".repeat(21),
    ] {
        let problem = shop.get(&format!("/api/v1/phrases?{query}")).await.problem(400);
        assert!(!problem["detail"].as_str().unwrap_or_default().is_empty(), "{query}: {problem}");
    }
    // A value that is none of its kind.
    shop.get("/api/v1/staff?f.status=asleep").await.problem(400);
}

#[tokio::test]
async fn deleted_records_have_a_list_of_their_own() {
    let shop = Shop::open().await;
    let role = |key: &str| json!({ "key": key, "name": key, "permissions": ["phrases.view"] });
    let kept = shop.post("/api/v1/roles", &role("kept")).await.json();
    let gone = shop.post("/api/v1/roles", &role("gone")).await.json();
    let path = format!("/api/v1/roles/{}", gone["id"]);
    assert_eq!(shop.delete(&path).await.status, 204);
    shop.delete(&path).await.problem(404);
    let keys = async |query: &str| {
        let list = shop.get(&format!("/api/v1/roles{query}")).await.json();
        let records = list["data"].as_array().unwrap().clone();
        records.iter().map(|role| role["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((keys("").await, keys("?deleted=only").await), (vec!["kept".to_owned()], vec!["gone".to_owned()]));
    assert!(shop.get(&path).await.json()["deleted_at"].is_string());
    let change = json!({ "name": "x", "version": gone["version"].as_i64().unwrap() + 1 });
    shop.patch(&path, &change).await.problem(404);
    let restored = Answer::to(shop.ask(Method::POST, &format!("{path}/restore"))).await;
    assert_eq!((restored.status, restored.json()["deleted_at"].is_null()), (200, true), "{restored:?}");
    Answer::to(shop.ask(Method::POST, &format!("{path}/restore"))).await.problem(404);
    Answer::to(shop.ask(Method::POST, &format!("/api/v1/roles/{}/restore", kept["id"]))).await.problem(404);
}
