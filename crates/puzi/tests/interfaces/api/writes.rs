//! Making, changing and deleting records; what cannot be set; versions.

use super::*;

#[tokio::test]
async fn a_record_is_made_changed_and_deleted() {
    let shop = Shop::open().await;
    let new = json!({ "title": "营业时间", "text": "九点到六点", "group_name": "常用" });
    let made = shop.post("/api/v1/phrases", &new).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{made:?}");
    let made = made.json();
    let id = made["id"].as_i64().unwrap();
    let expected = json!({
        "id": id, "version": 1, "title": "营业时间", "text": "九点到六点", "group_name": "常用", "shortcut": "",
        "position": 0, "updated_at": made["updated_at"],
    });
    assert_eq!(made, expected);
    assert!(made["updated_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let path = format!("/api/v1/phrases/{id}");
    let read = shop.get(&path).await;
    assert_eq!((read.json(), read.header("etag")), (expected, "\"1\""));

    // Only what is given changes, and `null` empties.
    let changed = shop.patch(&path, &json!({ "group_name": null, "version": 1 })).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""), "{changed:?}");
    assert_eq!((&changed.json()["group_name"], &changed.json()["title"]), (&json!(""), &json!("营业时间")));

    let gone = shop.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    shop.get(&path).await.problem(404);
    shop.delete(&path).await.problem(404);
    let actions = "audit_log WHERE subject_kind = 'phrases'";
    assert_eq!(shop.count(actions).await, 3);
}

#[tokio::test]
async fn a_change_names_the_version_that_was_seen() {
    let shop = Shop::open().await;
    let path = format!("/api/v1/phrases/{}", shop.phrase("一").await);
    let change = |title: &str| json!({ "title": title });
    let with = async |tag: &str, body: Value| {
        Answer::to(shop.ask(Method::PATCH, &path).header("if-match", tag).json(&body)).await
    };
    shop.patch(&path, &change("二")).await.problem(428);
    shop.patch(&path, &json!({ "title": "二", "version": "1" })).await.problem(428);
    let done = with("\"1\"", change("二")).await;
    assert_eq!((done.status, done.header("etag")), (200, "\"2\""), "{done:?}");
    // Somebody was faster: the record as it is now comes along.
    for late in [with("\"1\"", change("三")).await, shop.patch(&path, &json!({ "title": "三", "version": 1 })).await]
    {
        let problem = late.problem(409);
        assert_eq!((&problem["current"]["title"], &problem["current"]["version"]), (&json!("二"), &json!(2)));
    }
    // The header counts where both are given.
    with("\"1\"", json!({ "title": "三", "version": 2 })).await.problem(409);
    assert_eq!(shop.get(&path).await.json()["title"], "二");

    // Of two at once one wins, and the other one hears of it.
    let request = |title: &str| shop.ask(Method::PATCH, &path).header("if-match", "\"2\"").json(&change(title));
    let (a, b) = tokio::join!(Answer::to(request("甲")), Answer::to(request("乙")));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{a:?} {b:?}");
    assert_eq!(shop.get(&path).await.json()["version"], 3);

    // The same of a resource that is written by its own use cases.
    let role = json!({ "key": "baker", "name": "Baker", "permissions": ["phrases.view"] });
    let id = shop.post("/api/v1/roles", &role).await.json()["id"].clone();
    let path = format!("/api/v1/roles/{id}");
    assert_eq!(shop.patch(&path, &json!({ "name": "Cook", "version": 1 })).await.json()["name"], "Cook");
    let late = shop.patch(&path, &json!({ "name": "Late", "version": 1 })).await.problem(409);
    assert_eq!((&late["current"]["name"], &late["current"]["version"]), (&json!("Cook"), &json!(2)));
}

#[tokio::test]
async fn what_cannot_be_set_is_named_and_nothing_changes() {
    let shop = Shop::open().await;
    let id = shop.phrase("一").await;
    let other = json!({ "login": "lin", "name": "Lin", "role": "clerk", "locale": "en", "password": PASSWORD });
    let lin = shop.post("/api/v1/staff", &other).await.json();
    let before = (shop.get(&format!("/api/v1/phrases/{id}")).await.text, shop.count("audit_log").await);
    let phrase = json!({ "title": "二", "text": "您好" });
    let member = json!({ "login": "wang", "name": "Wang", "role": "clerk", "locale": "en", "password": PASSWORD });
    let unknown = |field: &str| vec![(field.to_owned(), "unknown".to_owned())];
    for (path, valid, field, value) in [
        ("/api/v1/phrases", &phrase, "id", json!(99)),
        ("/api/v1/phrases", &phrase, "version", json!(7)),
        ("/api/v1/phrases", &phrase, "updated_at", json!("2020-01-01T00:00:00Z")),
        ("/api/v1/phrases", &phrase, "created_at", json!(0)),
        ("/api/v1/phrases", &phrase, "price", json!(1)),
        ("/api/v1/phrases", &phrase, "", json!(1)),
        ("/api/v1/staff", &member, "status", json!("disabled")),
        ("/api/v1/staff", &member, "totp_secret", json!("x")),
        ("/api/v1/staff", &member, "password_confirmation", json!(PASSWORD)),
        ("/api/v1/staff", &member, "deleted_at", json!(null)),
    ] {
        let mut body = valid.clone();
        body[field] = value;
        assert_eq!(shop.post(path, &body).await.at_fault(), unknown(field), "{path} {field}");
    }
    let (phrase, member) = (format!("/api/v1/phrases/{id}"), format!("/api/v1/staff/{}", lin["id"]));
    for (path, field, value) in [
        (&phrase, "id", json!(99)),
        (&phrase, "updated_at", json!(null)),
        (&member, "password", json!("another good password")),
        (&member, "status", json!("disabled")),
        (&member, "last_login_at", json!(null)),
    ] {
        let answer = shop.patch(path, &json!({ "version": lin["version"], field: value })).await;
        assert_eq!(answer.at_fault(), unknown(field), "{path} {field}");
    }
    assert_eq!((shop.get(&phrase).await.text, shop.count("audit_log").await), before);
    assert_eq!((shop.count("quick_phrases").await, shop.count("staff").await), (1, 2));
}

#[tokio::test]
async fn every_wrong_field_is_named_in_the_readers_language() {
    let shop = Shop::open().await;
    let wrong = json!({ "title": "", "text": "一".repeat(1_001), "position": -1 });
    let ask = async |language: &str| {
        let request = shop.ask(Method::POST, "/api/v1/phrases").json(&wrong).build().unwrap();
        let mut request = request;
        request.headers_mut().insert("accept-language", language.parse().unwrap());
        Answer::to(RequestBuilder::from_parts(shop.client.clone(), request)).await
    };
    let english = ask("en-GB,en;q=0.9").await;
    let fault = |field: &str, rule: &str| (field.to_owned(), rule.to_owned());
    assert_eq!(
        english.at_fault(),
        [fault("title", "required"), fault("text", "max.text"), fault("position", "min.number")]
    );
    let problem = english.json();
    assert_eq!(problem["title"], "A field is wrong");
    assert_eq!(problem["errors"][0]["message"], "Title is needed");
    let chinese = ask("zh-CN,zh;q=0.9,en;q=0.5").await;
    assert_eq!(chinese.at_fault(), english.at_fault());
    let problem = chinese.json();
    assert_eq!(problem["title"], "有字段不对");
    for error in problem["errors"].as_array().unwrap() {
        assert!(!error["message"].as_str().unwrap().is_ascii(), "{error}");
    }
    // Whoever says nothing is a program, and programs are written in English.
    let silent = shop.client.get(format!("{}/api/v1/phrases", shop.node.url));
    assert_eq!(Answer::to(silent).await.problem(401)["title"], "No token, or not a valid one");
}

#[tokio::test]
async fn what_the_business_refuses_is_a_conflict_or_a_field_and_never_a_fault() {
    let shop = Shop::open().await;
    let owner = format!("/api/v1/staff/{}", shop.owner);
    let before = shop.get(&owner).await.text;
    for path in [format!("{owner}/disable"), format!("{owner}/nothing")] {
        let answer = Answer::to(shop.ask(Method::POST, &path)).await;
        assert!(matches!(answer.status, 404 | 409 | 422), "{path}: {answer:?}");
        answer.problem(answer.status);
    }
    let last = shop.delete(&owner).await;
    assert!(matches!(last.status, 409 | 422), "{last:?}");
    last.problem(last.status);
    assert_eq!(shop.patch(&owner, &json!({ "role": "clerk", "version": 1 })).await.at_fault()[0].0, "role");
    assert_eq!(shop.get(&owner).await.text, before);
    let taken = json!({ "login": "OWNER", "name": "x", "role": "clerk", "locale": "en", "password": PASSWORD });
    assert_eq!(
        shop.post("/api/v1/staff", &taken).await.at_fault(),
        [("login".to_owned(), "staff.login_taken".to_owned())]
    );
    // An action through the API is the use case, too.
    let member = json!({ "login": "lin", "name": "Lin", "role": "clerk", "locale": "en", "password": PASSWORD });
    let id = shop.post("/api/v1/staff", &member).await.json()["id"].clone();
    let done = Answer::to(shop.ask(Method::POST, &format!("/api/v1/staff/{id}/disable"))).await;
    assert_eq!((done.status, done.json()), (200, json!({ "changed": 1 })), "{done:?}");
    assert_eq!(shop.get(&format!("/api/v1/staff/{id}")).await.json()["status"], "disabled");
}
