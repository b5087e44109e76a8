use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    channels::State,
    staff::{NewToken, Staff},
};
use puzi_wechat::envelope::Mode;
use serde_json::{Value, json};

use crate::channels::Shop;
use crate::common::{Browser, new_account};

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_made_in_the_admin_and_its_poster_says_what_it_is_for() {
    let shop = Shop::open().await;
    let browser = Browser::signed_in(&shop.world, "owner").await;
    let account = shop.world.account.id.to_string();
    let name = "<script>alert(1)</script>";
    let new = [("account_id", account.as_str()), ("name", name), ("scene", "fair"), ("ttl_days", "7")];
    let made = browser.post("/admin/channels", &new).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let again = browser.post("/admin/channels", &new).await;
    assert!(again.status == 422 && again.body.contains("scene"), "{}", again.body);
    let id: i64 = shop.world.value("SELECT id AS n FROM channels", []).await;
    let channel = shop.until(id, State::Live).await;
    assert_eq!((channel.ttl_days, channel.lasting), (Some(7), false));

    let page = browser.page(&format!("/admin/channels/{id}")).await;
    assert!(page.contains("<svg") && page.contains("Nobody scanned it"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    let svg = browser.get(&format!("/admin/channels/{id}/poster?size=a6&as=svg")).await;
    assert_eq!((svg.status, svg.headers["content-type"].to_str().unwrap()), (200, "image/svg+xml"));
    assert!(
        svg.body.starts_with("<svg") && !svg.body.contains("<script") && svg.body.contains("&lt;script"),
        "{}",
        svg.body
    );
    assert!(browser.page(&format!("/admin/channels/{id}/poster")).await.contains("data-module=\"poster\""));
    assert_eq!(browser.get(&format!("/admin/channels/{id}/poster?size=a0")).await.status, 400);
    let picture = browser.get(&format!("/admin/channels/{id}/picture")).await;
    assert_eq!((picture.status, picture.headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    let kept: i64 = shop.world.value("SELECT COUNT(*) AS n FROM channels WHERE picture IS NOT NULL", []).await;
    assert_eq!(kept, 1);
    assert!(browser.page("/admin/channels").await.contains("fair"));

    // Deleted, its scene stays taken; and it comes back.
    assert_eq!(browser.post(&format!("/admin/channels/{id}/delete"), &[]).await.status, 303);
    assert_eq!(browser.post("/admin/channels", &new).await.status, 422);
    assert!(browser.page(&format!("/admin/channels/{id}")).await.contains("It was deleted"));
    assert_eq!(browser.post(&format!("/admin/channels/{id}/restore"), &[]).await.status, 303);
    assert_eq!(shop.get(id).await.deleted_at, None);
}

#[tokio::test]
async fn a_folder_of_another_account_is_none_and_an_emptied_one_takes_no_channel_along() {
    let shop = Shop::open().await;
    let browser = Browser::signed_in(&shop.world, "owner").await;
    let other = shop.world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &shop.world.wechat));
    let other = other.await.unwrap().id.to_string();
    shop.world.node_catches_up().await;
    let account = shop.world.account.id.to_string();
    for (account, name) in [(&account, "Shops"), (&other, "Theirs")] {
        let made = browser.post("/admin/channel_folders", &[("account_id", account.as_str()), ("name", name)]).await;
        assert_eq!(made.status, 303, "{}", made.body);
    }
    let folder = async |name: &str| {
        let sql = "SELECT id AS n FROM channel_folders WHERE name = $1";
        shop.world.value::<i64>(sql, [name.into()]).await
    };
    let (ours, theirs) = (folder("Shops").await.to_string(), folder("Theirs").await.to_string());
    let new = [("account_id", account.as_str()), ("name", "x"), ("folder_id", theirs.as_str())];
    let refused = browser.post("/admin/channels", &new).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let new = [("account_id", account.as_str()), ("name", "x"), ("folder_id", ours.as_str())];
    assert_eq!(browser.post("/admin/channels", &new).await.status, 303);
    // A folder does not come back, so it is asked first.
    let delete = format!("/admin/channel_folders/{ours}/delete");
    assert_eq!(browser.post(&delete, &[]).await.status, 200);
    let deleted = browser.post(&delete, &[("confirmed", "1")]).await;
    assert_eq!(deleted.status, 303, "{}", deleted.body);
    let left: i64 = shop.world.value("SELECT COUNT(*) AS n FROM channels WHERE folder_id IS NULL", []).await;
    assert_eq!(left, 1);
}

#[tokio::test]
async fn whoever_sees_another_account_finds_nothing() {
    let shop = Shop::open().await;
    let id = shop.create("Tea house", "scene-of-tea", true).await.id;
    Browser::signed_in(&shop.world, "owner").await;
    let other = shop.world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &shop.world.wechat));
    let other = other.await.unwrap();
    shop.world.node_catches_up().await;
    let stranger = Browser::signed_in_within(&shop.world, "manager", Reach::of([other.id])).await;
    for rest in ["", "/part", "/picture", "/poster", "/poster?as=svg", "/edit"] {
        assert_eq!(stranger.get(&format!("/admin/channels/{id}{rest}")).await.status, 404, "{rest}");
    }
    for rest in ["/do/remake", "/delete", "/restore"] {
        assert_eq!(stranger.post(&format!("/admin/channels/{id}{rest}"), &[]).await.status, 404, "{rest}");
    }
    let page = stranger.page("/admin/channels").await;
    assert!(!page.contains("scene-of-tea") && !page.contains("Tea house"), "{page}");
    assert_eq!(shop.get(id).await.deleted_at, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_make_channels_and_read_their_figures() {
    let shop = Shop::open().await;
    Browser::signed_in(&shop.world, "owner").await;
    let staff = Staff::new(shop.world.db.clone(), shop.world.vault.clone());
    let owner: i64 = shop.world.value("SELECT MIN(id) AS n FROM staff", []).await;
    let new = NewToken { name: "codes".into(), scopes: vec!["*".into()], expires_at: None };
    let token = staff.create_token_for(&Actor::cli("test"), owner, new).await.unwrap().1;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}/api/v1/channels{path}", shop.world.node.url);
    let body = json!({ "account_id": shop.world.account.id, "name": "API", "lasting": true, "scene": "by-api" });
    let made = client.post(url("")).bearer_auth(token.expose()).json(&body).send().await.unwrap();
    assert_eq!(made.status().as_u16(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!((made["scene"].as_str(), made["state"].as_str()), (Some("by-api"), Some("making")), "{made}");
    let id = made["id"].as_i64().unwrap();
    shop.until(id, State::Live).await;
    assert!(shop.phone().follow_by_scene("by-api").await.accepted());
    shop.world.until_count("SELECT COUNT(*) AS n FROM channel_follows", 1).await;

    let get = async |path: String| {
        let answer = client.get(url(&path)).bearer_auth(token.expose()).send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    };
    let (status, figures) = get(format!("/{id}/figures?days=7")).await;
    let figures: Value = serde_json::from_slice(&figures).unwrap();
    assert_eq!((status, figures["days"].as_array().unwrap().len()), (200, 7), "{figures}");
    assert_eq!(figures["total"], json!({ "scans": 1, "follows": 1, "fresh": 1, "again": 0, "people": 1 }));
    let (status, all) = get(format!("/figures?account={}&days=1", shop.world.account.slug)).await;
    let all: Value = serde_json::from_slice(&all).unwrap();
    assert_eq!((status, all["days"][0]["scans"].as_i64()), (200, Some(1)), "{all}");
    assert_eq!(get("/figures".into()).await.0, 400, "of which account?");
    assert_eq!(get(format!("/{id}/figures?days=400")).await.0, 400);
    let (status, svg) = get(format!("/{id}/poster?size=square")).await;
    assert!(status == 200 && svg.starts_with(b"<svg"));
    let (status, jpeg) = get(format!("/{id}/picture")).await;
    assert!(status == 200 && jpeg.starts_with(&[0xFF, 0xD8]));
    assert_eq!(get("/99999/figures".into()).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_makes_lists_and_saves() {
    let shop = Shop::open().await;
    let run = |args: &[&str]| {
        let output = shop.world.place.command().arg("channels").args(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = run(&["new", "Counter", "--lasting", "--scene", "counter", "--json"]);
    assert_eq!(code, 0, "{out} {err}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((made["state"].as_str(), made["figures"]["scans"].as_i64()), (Some("live"), Some(0)), "{made}");
    let id = made["id"].to_string();
    assert_eq!(run(&["new", "Again", "--scene", "counter"]).0, 2);
    assert_eq!(run(&["new", "x", "--days", "31"]).0, 2);
    assert!(run(&["list"]).1.contains("counter"));
    let listed: Value = serde_json::from_str(&run(&["list", "--json"]).1).unwrap();
    assert_eq!(listed["channels"][0]["scene"], "counter");
    let (code, out, err) = run(&["poster", &id, "counter.svg", "--size", "a6"]);
    assert_eq!(code, 0, "{out} {err}");
    assert!(std::fs::read_to_string(shop.world.place.data.path().join("counter.svg")).unwrap().starts_with("<svg"));
    assert_eq!(run(&["poster", &id, "counter.jpg"]).0, 0);
    assert_eq!(run(&["poster", &id, "counter.txt"]).0, 2);
    assert_eq!(run(&["show", "999"]).0, 2);
    assert_eq!(run(&["remake", &id]).0, 2, "nobody to ask");
    assert_eq!(run(&["remake", &id, "--yes"]).0, 2, "it is good");
}
