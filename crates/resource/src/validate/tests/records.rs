//! Whole records: what is taken, what is refused, what becomes of it.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::world::{World, body, form, stored};
use crate::{
    Actor, Store,
    validate::{Input, attach_uploads, has_uploads},
};

/// What every new tea needs.
fn tea(more: &[(&str, &str)]) -> Input {
    let mut pairs = vec![("shop_id", "1"), ("code", "new"), ("title", "新茶")];
    pairs.extend_from_slice(more);
    form(&pairs)
}

fn tea_json(more: Value) -> Input {
    let mut map = json!({"shop_id": 1, "code": "new", "title": "新茶"});
    map.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body(map)
}

#[tokio::test]
async fn a_new_record_has_a_value_for_every_field_it_takes() {
    let world = World::new().await;
    let expected = json!({
        "shop_id": 1, "code": "new", "title": "新茶", "body": "", "price": 100, "grade": "first", "tags": [],
        "season": null, "opens_at": null, "hot": false, "secret": null, "picture": [], "pictures": [], "sold_in": [],
        "steps": [],
    });
    for input in [tea(&[]), tea_json(json!({}))] {
        assert_eq!(Value::Object(world.check(input, None).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn a_change_has_only_what_was_sent() {
    let world = World::new().await;
    let there = stored(json!({"title": "龙井", "hot": true, "code": "lj"}));
    for input in [form(&[("title", "新")]), body(json!({"title": "新"}))] {
        assert_eq!(Value::Object(world.check(input, Some(&there)).await.unwrap()), json!({"title": "新"}));
    }
}

#[tokio::test]
async fn what_is_not_taken_is_ignored_in_a_form_and_refused_in_json() {
    let world = World::new().await;
    for (name, value) in [
        ("views", json!(9)),
        ("id", json!(2)),
        ("deleted_at", json!(0)),
        ("label", json!("x")),
        ("is_admin", json!(true)),
    ] {
        let text = value.to_string();
        let values = world.check(tea(&[(name, &text)]), None).await.unwrap();
        assert!(!values.contains_key(name), "{name} came through a form");
        let found = world.problems(tea_json(json!({ name: value })), None).await;
        assert_eq!(found, [format!("{name} rules.unknown")]);
    }
    assert_eq!(
        world.problems(tea_json(json!({"title_confirmation": "x"})), None).await,
        ["title_confirmation rules.unknown"]
    );
}

#[tokio::test]
async fn an_unticked_box_is_no_only_where_the_form_had_it() {
    let world = World::new().await;
    let there = stored(json!({"hot": true, "tags": ["new"], "grade": "first", "season": "spring"}));
    let check = |pairs: &'static [(&str, &str)]| world.check(form(pairs), Some(&there));
    assert!(check(&[]).await.unwrap().is_empty());
    assert_eq!(check(&[("_has.hot", "1")]).await.unwrap()["hot"], json!(false));
    assert_eq!(check(&[("_has.hot", "1"), ("hot", "1")]).await.unwrap()["hot"], json!(true));
    assert_eq!(check(&[("_has.tags", "1")]).await.unwrap()["tags"], json!([]));
    assert_eq!(check(&[("_has.season", "1")]).await.unwrap()["season"], json!(null));
    assert_eq!(
        check(&[("tags", "new"), ("tags[]", "rare"), ("tags", "new")]).await.unwrap()["tags"],
        json!(["new", "rare"])
    );
}

#[tokio::test]
async fn choices_are_those_offered() {
    let world = World::new().await;
    for (name, good, forged) in [("grade", "second", "third"), ("tags", "rare", "free"), ("season", "spring", "fifth")]
    {
        assert_eq!(world.problems(tea(&[(name, good)]), None).await, [""; 0]);
        assert_eq!(world.problems(tea(&[(name, forged)]), None).await, [format!("{name} rules.choice")]);
        let list = name == "tags";
        let sent = |word: &str| tea_json(json!({ name: if list { json!([word]) } else { json!(word) } }));
        assert_eq!(world.problems(sent(good), None).await, [""; 0]);
        assert_eq!(world.problems(sent(forged), None).await, [format!("{name} rules.choice")]);
    }
    assert_eq!(world.problems(tea_json(json!({"tags": "rare"})), None).await, ["tags rules.list"]);
}

#[tokio::test]
async fn a_forged_relation_is_refused() {
    let mut world = World::new().await;
    // Not there; deleted; no number.
    for forged in ["99", "3", "1 OR 1=1", "-1"] {
        let found = world.problems(form(&[("shop_id", forged), ("code", "n"), ("title", "t")]), None).await;
        assert_eq!(found, ["shop_id rules.choice"], "{forged}");
        let found = world.problems(tea(&[("sold_in", "1"), ("sold_in", forged)]), None).await;
        assert_eq!(found, ["sold_in rules.choice"], "{forged}");
    }
    assert_eq!(world.check(tea(&[("sold_in", "2"), ("sold_in", "1")]), None).await.unwrap()["sold_in"], json!([2, 1]));
    // There, but not for this actor.
    world.by = Actor::new("staff", Some(1), "of west", |_| true);
    assert_eq!(world.problems(tea(&[]), None).await, ["shop_id rules.choice"]);
    assert_eq!(world.problems(tea_json(json!({"shop_id": 2})), None).await, [""; 0]);
    // What the record has already stays, or nobody could save it.
    let there = stored(json!({"shop_id": 1, "sold_in": [1, 2]}));
    let kept = form(&[("shop_id", "1"), ("sold_in", "1"), ("sold_in", "2"), ("title", "t")]);
    assert_eq!(world.problems(kept, Some(&there)).await, [""; 0]);
}

#[tokio::test]
async fn unique_leaves_the_record_itself_and_deleted_ones_out() {
    let world = World::new().await;
    let new = |code: &'static str| form(&[("shop_id", "1"), ("code", code), ("title", "t")]);
    assert_eq!(world.problems(new("lj"), None).await, ["code rules.unique"]);
    assert_eq!(world.problems(new("old"), None).await, [""; 0]);
    let itself = stored(json!({"code": "other"}));
    assert_eq!(world.problems(form(&[("code", "lj")]), Some(&itself)).await, [""; 0]);
    let another = crate::Record { id: 7, ..itself };
    assert_eq!(world.problems(form(&[("code", "lj")]), Some(&another)).await, ["code rules.unique"]);
}

#[tokio::test]
async fn a_password_is_hashed_and_never_emptied_by_a_form() {
    let world = World::new().await;
    let long = "correct horse battery";
    let values = world.check(tea(&[("secret", long), ("secret_confirmation", long)]), None).await.unwrap();
    assert_eq!(values["secret"], format!("hash of {long}"));
    let short = tea(&[("secret", "short"), ("secret_confirmation", "short")]);
    assert_eq!(world.problems(short, None).await, ["secret rules.min.text"]);
    let slip = tea(&[("secret", long), ("secret_confirmation", "correct horse batterz")]);
    assert_eq!(world.problems(slip, None).await, ["secret rules.confirmed"]);
    let endless = "a".repeat(201);
    assert_eq!(world.problems(tea(&[("secret", &endless)]), None).await, ["secret rules.max.text"]);
    let there = stored(json!({"title": "t"}));
    let kept = world.check(form(&[("secret", ""), ("title", "t")]), Some(&there)).await.unwrap();
    assert!(!kept.contains_key("secret"));
    assert_eq!(world.check(body(json!({"secret": null})), Some(&there)).await.unwrap()["secret"], json!(null));
    assert!(!format!("{:?}", form(&[("secret", long)])).contains(long));
}

#[tokio::test]
async fn uploads_are_there_and_fit() {
    let world = World::new().await;
    for (pairs, found) in [
        (vec![("picture", "pic")], None),
        (vec![("picture", "nobody")], Some("picture rules.upload")),
        (vec![("picture", "doc")], Some("picture rules.image")),
        (vec![("picture", "big")], Some("picture rules.max.file")),
        (vec![("picture", "pic"), ("picture", "photo")], Some("picture rules.max.list")),
        (vec![("pictures", "pic"), ("pictures", "big")], None),
        (vec![("pictures", "photo")], Some("pictures rules.mimes")),
        (vec![("pictures", "../x")], Some("pictures rules.upload")),
    ] {
        assert_eq!(world.problems(tea(&pairs), None).await, found.into_iter().collect::<Vec<_>>(), "{pairs:?}");
    }
    let two = world.check(tea(&[("pictures", "big"), ("pictures", "pic")]), None).await.unwrap();
    assert_eq!(two["pictures"], json!(["big", "pic"]), "the order is the person's");
}

#[tokio::test]
async fn rows_are_checked_like_records() {
    let world = World::new().await;
    let values = world
        .check(
            tea(&[
                ("steps.0.name", "温杯"),
                ("steps.0.seconds", "5"),
                ("steps.7.name", "投茶"),
                ("steps.7.seconds", "9"),
                ("steps.8.name", ""),
                ("steps.9.name", "x"),
                ("steps.9._remove", "1"),
            ]),
            None,
        )
        .await
        .unwrap();
    let expected = json!([
        {"name": "温杯", "seconds": 5, "shop_id": null},
        {"name": "投茶", "seconds": 9, "shop_id": null},
    ]);
    assert_eq!(values["steps"], expected);
    let sent =
        tea_json(json!({"steps": [{"name": "温杯", "seconds": 5}, {"name": "投茶", "seconds": 9, "shop_id": null}]}));
    assert_eq!(world.check(sent, None).await.unwrap()["steps"], expected);
    let found = world
        .problems(
            tea(&[
                ("steps.3.name", ""),
                ("steps.3.seconds", "0"),
                ("steps.4.name", "a"),
                ("steps.4.seconds", "1"),
                ("steps.4.shop_id", "99"),
            ]),
            None,
        )
        .await;
    assert_eq!(
        found,
        ["steps.3.name rules.required", "steps.3.seconds rules.min.number", "steps.4.shop_id rules.choice"]
    );
    let found = world.problems(tea_json(json!({"steps": [{"name": "a", "seconds": 1, "tea_id": 2}]})), None).await;
    assert_eq!(found, ["steps.0.tea_id rules.unknown"]);
    assert_eq!(world.problems(tea_json(json!({"steps": ["a"]})), None).await, ["steps rules.rows"]);
}

#[tokio::test]
async fn a_row_of_another_record_is_refused() {
    let world = World::new().await;
    let there = stored(json!({"steps": [{"id": 1, "name": "温杯", "seconds": 5}]}));
    let check = |id: i64| body(json!({"steps": [{"id": id, "name": "新名"}]}));
    let values = world.check(check(1), Some(&there)).await.unwrap();
    assert_eq!(values["steps"], json!([{"id": 1, "name": "新名"}]));
    assert_eq!(world.problems(check(2), Some(&there)).await, ["steps rules.rows"]);
    assert_eq!(world.problems(check(-2), Some(&there)).await, ["steps rules.rows"]);
    let twice = body(json!({"steps": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}));
    assert_eq!(world.problems(twice, Some(&there)).await, ["steps rules.rows"]);
    // A record that is not there yet has no rows that are.
    let new = tea(&[("steps.0.id", "1"), ("steps.0.name", "a"), ("steps.0.seconds", "1")]);
    assert_eq!(world.problems(new, None).await, ["steps rules.rows"]);
}

#[tokio::test]
async fn a_moment_that_comes_twice_stays_what_it_was() {
    let mut world = World::new().await;
    world.by = Actor::system().in_zone(TimeZone::get("America/New_York").unwrap());
    // The second 01:30 of the night when the clocks go back.
    let second = 1_793_514_600_000_i64;
    let there = stored(json!({"opens_at": second}));
    let same = form(&[("opens_at", "2026-11-01T01:30")]);
    assert_eq!(world.check(same.clone(), Some(&there)).await.unwrap()["opens_at"], json!(second));
    let values = world.check(same, Some(&stored(json!({"opens_at": null})))).await.unwrap();
    assert_eq!(values["opens_at"], json!(second - 3_600_000));
    assert_eq!(world.problems(form(&[("opens_at", "2026-03-08T02:30")]), Some(&there)).await, ["opens_at rules.gap"]);
}

#[test]
fn what_was_typed_can_be_shown_again() {
    let input = form(&[
        ("price", "12,5"),
        ("tags", "new"),
        ("tags[]", "rare"),
        ("steps.2.name", "温杯"),
        ("steps.2.seconds", ""),
    ]);
    assert_eq!(input.raw("price").as_deref(), Some("12,5"));
    assert_eq!(input.raw_all("tags"), ["new", "rare"]);
    assert_eq!(input.raw("title"), None);
    let rows = input.rows("steps");
    assert_eq!((rows[0].0, rows[0].1.raw("name").as_deref()), (2, Some("温杯")));
    let input = body(json!({"price": 12, "tags": ["new"]}));
    assert_eq!((input.raw("price").as_deref(), input.raw_all("tags")), (Some("12"), vec!["new".to_owned()]));
    assert!(Input::from_json(json!([1])).is_err());
}

#[tokio::test]
async fn an_upload_that_a_record_has_is_marked() {
    let world = World::new().await;
    let r = world.resources.get("teas").unwrap();
    let values = stored(json!({"picture": ["pic"], "pictures": ["big", "gone"], "title": "photo"}));
    let among_words = stored(json!({"body": "<p>茶<img src=\"/admin/uploads/doc\" alt=\"x\"></p><p>/uploads/ </p>"}));
    assert!(has_uploads(r, &among_words));
    assert!(has_uploads(r, &values) && !has_uploads(r, &stored(json!({"title": "doc", "picture": []}))));
    #[allow(clippy::disallowed_methods, reason = "nobody else writes to this database in memory")]
    let tx = sea_orm::TransactionTrait::begin(world.shop.reader()).await.unwrap();
    attach_uploads(&world.shop, &tx, r, &values).await.unwrap();
    attach_uploads(&world.shop, &tx, r, &among_words).await.unwrap();
    tx.commit().await.unwrap();
    let rows = sea_orm::Statement::from_string(
        sea_orm::DbBackend::Sqlite,
        "SELECT key FROM uploads WHERE attached ORDER BY key",
    );
    let rows = sea_orm::ConnectionTrait::query_all_raw(world.shop.reader(), rows).await.unwrap();
    let keys: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(keys, ["big", "doc", "pic"]);
}
