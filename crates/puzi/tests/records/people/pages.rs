//! The pages of followers, tags and runs, as whoever sees little or nothing, or several accounts, finds them.

use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    followers::keep_profile,
    staff::{NewRole, Staff},
};
use puzi_wechat::envelope::Mode;

use crate::common::{Browser, World, new_account, until};

async fn role(world: &World, key: &str, permissions: &[&str]) -> Browser {
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let permissions = permissions.iter().map(|one| (*one).to_owned()).collect();
    let role = NewRole { key: key.into(), name: key.into(), permissions };
    staff.create_role(&Actor::system(), role).await.unwrap();
    Browser::signed_in(world, key).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_account_the_pages_say_so_and_are_whole() {
    let world = World::new().await;
    let _owner = Browser::signed_in(&world, "owner").await;
    let nobody = Browser::signed_in_within(&world, "manager", Reach::of([world.account.id])).await;
    world.db.execute("UPDATE staff SET accounts = '[]' WHERE reach = 'some'", []).await.unwrap();
    let head = nobody.page("/admin/followers/head").await;
    assert!(head.contains("connect one first") && !head.contains("<html"), "{head}");
    assert!(nobody.page("/admin/followers").await.contains("/admin/followers/head"));
    assert!(nobody.page("/admin/followers/growth").await.contains("connect one first"));
    let told = nobody.post("/admin/tags/refresh", &[]).await;
    assert_eq!((told.status, told.location()), (303, "/admin/tags"));
    assert_eq!(nobody.get(&format!("/admin/followers/growth?account={}", world.account.id)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_accounts_each_is_told_of_and_read_by_itself() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let other = world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat)).await;
    let other = other.unwrap();
    world.node_catches_up().await;
    let ours = format!("name=\"account\" value=\"{}\"", world.account.id);
    let theirs = format!("name=\"account\" value=\"{}\"", other.id);
    let one = owner.page("/admin/followers/head").await;
    assert!(one.contains(&ours) != one.contains(&theirs), "{one}");
    assert_eq!(owner.post("/admin/account", &[("account", "all")]).await.status, 303);
    let all = owner.page("/admin/followers/head").await;
    assert!(all.contains(&ours) && all.contains(&theirs), "{all}");
    assert!(all.contains(&format!("<strong>{}</strong>", other.name)), "{all}");
    let begun = owner.post("/admin/followers/sync", &[("account", &other.id.to_string()), ("kind", "full")]).await;
    assert!(begun.location().starts_with("/admin/runs/"), "{begun:?}");
    let of: i64 = world.value("SELECT account_id AS n FROM runs WHERE kind = 'sync_full'", []).await;
    assert_eq!(of, other.id);
    // The tags of both are read, and what WeChat says of one that it does not know is told with its name.
    let told = owner.post("/admin/tags/refresh", &[]).await;
    assert_eq!(told.status, 303);
    let list = owner.page("/admin/tags").await;
    assert!(list.contains(&other.name), "{list}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_shows_nobody_to_whoever_may_not_see_them() {
    let world = World::new().await;
    let _owner = Browser::signed_in(&world, "owner").await;
    let quiet = "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, first_seen_at, \
                 last_seen_at) VALUES ($1, 'oQuietSince2019', TRUE, 1, 1, 1)";
    world.db.execute(quiet, [world.account.id.into()]).await.unwrap();
    let id = world.count("SELECT MIN(id) AS n FROM followers").await;
    let notes = role(&world, "notes", &["dashboard.view", "inbox.note", "followers.edit"]).await;
    for (form, fields) in [
        ("notes", [("text", ""), ("version", "1")]),
        ("remark", [("remark", "一二三四五六七八九十一"), ("version", "1")]),
    ] {
        let refused = notes.post(&format!("/admin/followers/{id}/{form}"), &fields).await;
        assert_eq!((refused.status, refused.location()), (303, "/admin"), "{form}: {}", refused.body);
        assert!(!refused.body.contains("oQuietSince2019"));
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM follower_notes").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM chats").await, 0, "a refused note begins no conversation");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_lines_are_masked_and_taken_out_with_leave_alone() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let insert = "INSERT INTO runs (account_id, kind, state, ask, place, asked_by, created_at, refused) \
                  VALUES ($1, 'mark', 'partly', '{\"what\":\"block\"}', '{}', 'test', 1, 1)";
    world.db.execute(insert, [world.account.id.into()]).await.unwrap();
    let run = world.count("SELECT MAX(id) AS n FROM runs").await;
    let line =
        "INSERT INTO run_lines (run_id, number, subject, detail) VALUES ($1, 1, 'oSomebodyWhoIsSecret', '＝1+1')";
    world.db.execute(line, [run.into()]).await.unwrap();
    let (page, file) = (format!("/admin/runs/{run}"), format!("/admin/runs/{run}/lines.csv"));
    let watching = role(&world, "watching", &["dashboard.view", "runs.view"]).await;
    let seen = watching.page(&page).await;
    assert!(!seen.contains("oSomebodyWhoIsSecret") && !seen.contains("lines.csv"), "{seen}");
    assert_eq!(watching.get(&file).await.status, 403);
    let audited = "SELECT COUNT(*) AS n FROM audit_log WHERE action = 'runs.export'";
    assert_eq!(world.count(audited).await, 0);
    assert!(owner.page(&page).await.contains("oSomebodyWhoIsSecret"));
    let csv = owner.page(&file).await;
    assert!(csv.contains("\"oSomebodyWhoIsSecret\"") && csv.contains("\"'＝1+1\""), "{csv}");
    assert_eq!(world.count(audited).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_none_is_a_page_that_is_not_there() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    for path in [
        "/admin/runs/abc",
        "/admin/followers/x",
        "/admin/tags/1e3",
        "/admin/inbox/99999999999999999999",
        "/admin/accounts/x",
    ] {
        let page = owner.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("<html") && !page.body.contains("Cannot parse"), "{path}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_found_in_the_inbox_whatever_another_account_has_of_it() {
    let world = World::new().await;
    let other = world.accounts.add(new_account("wx00000000000000b2", "coffee", Mode::Plain, &world.wechat)).await;
    let other = other.unwrap();
    world.node_catches_up().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let clerk = Browser::signed_in_within(&world, "manager", Reach::of([world.account.id])).await;
    let fan = world.fan().await;
    fan.text("在吗").await;
    keep_profile(&world.db, world.account.id, fan.openid(), Some("王小明"), 1).await.unwrap();
    // Livelier ones of the same name, of the other account.
    for n in 0..201_i64 {
        let openid = format!("oLively{n:03}");
        let follower = "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, first_seen_at, \
                        last_seen_at) VALUES ($1, $2, TRUE, 1, 1, 9000000000000)";
        world.db.execute(follower, [other.id.into(), openid.as_str().into()]).await.unwrap();
        keep_profile(&world.db, other.id, &openid, Some("王大"), 1).await.unwrap();
        let chat = "INSERT INTO chats (account_id, openid, last_message_id, last_at, last_inbound, last_kind, \
                    last_summary, said_at, said_used, acted_at, acted_used, unread, status) VALUES ($1, $2, 0, \
                    9000000000000, TRUE, 'text', '', 0, 0, 0, 0, 0, 'open')";
        world.db.execute(chat, [other.id.into(), openid.as_str().into()]).await.unwrap();
    }
    until("the conversation is there", std::time::Duration::from_secs(20), async || {
        world.count("SELECT COUNT(*) AS n FROM chats WHERE last_at < 9000000000000").await == 1
    })
    .await;
    let id = world.count("SELECT MIN(id) AS n FROM chats WHERE last_at < 9000000000000").await;
    let row = format!("id=\"row-{id}\"");
    for words in ["王", "王小", "小明"] {
        let list = clerk.page(&format!("/admin/inbox/list?q={words}")).await;
        assert!(list.contains(&row) && list.contains("王小明") && !list.contains("王大"), "{words}: {list}");
    }
    // Also what the team calls them, and by the same name and picture as everywhere.
    let follower = world.count("SELECT MIN(id) AS n FROM followers").await;
    let version: i64 = world.value("SELECT version AS n FROM followers ORDER BY id LIMIT 1", []).await;
    let fields = [("remark", "绿茶阿姨"), ("version", &*version.to_string())];
    assert_eq!(owner.post(&format!("/admin/followers/{follower}/remark"), &fields).await.status, 303);
    let list = clerk.page("/admin/inbox/list?q=绿茶").await;
    assert!(list.contains(&row) && list.contains("绿茶阿姨") && list.contains("class=\"face\""), "{list}");
    assert!(clerk.page(&format!("/admin/inbox/{id}")).await.contains("<h2>绿茶阿姨</h2>"));
}
