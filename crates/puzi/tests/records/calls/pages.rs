//! The pages of calls: the list with its search and filters, one line, figures, what happened to a rid, the API.

use puzi_shop::{
    accounts::Reach,
    calls::{Line, Trouble, store},
    db::now_ms,
};
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::common::{self, Browser, World};

const RID: &str = "65f1a2b3-0a1b2c3d-12345678";
const OPENID: &str = "oA1bC2dE3fG4hI5jK6lM7nO8pQ9r";

fn refused(account: i64, at: i64) -> Line {
    Line {
        account_id: account,
        at,
        outgoing: true,
        endpoint: "/cgi-bin/user/info".into(),
        us: 34_000,
        sent: 120,
        received: 87,
        trouble: Some(Trouble::Refused),
        errcode: Some(45009),
        status: Some(200),
        rid: Some(RID.into()),
        attempt: 1,
        openid: Some(OPENID.into()),
        errmsg: Some("reach max api daily quota limit".into()),
        request: Some(r#"{"method":"GET","host":"api.weixin.qq.com","query":{"openid":"oA1b…pQ9r"}}"#.into()),
        response: Some(r#"{"errcode":45009,"nickname":"‹3 字›","note":"<b>"}"#.into()),
        ..Line::default()
    }
}

fn push(account: i64, at: i64) -> Line {
    Line { account_id: account, at, endpoint: "push:text".into(), us: 2_100_000, attempt: 1, ..Line::default() }
}

async fn execute(world: &World, sql: &str, values: impl IntoIterator<Item = Value>) {
    let tx = world.db.begin_write().await.unwrap();
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    tx.execute_raw(statement).await.unwrap();
    tx.commit().await.unwrap();
}

/// A second account that nobody pushes to.
async fn second_account(world: &World) -> i64 {
    let new = common::new_account("wx00000000000000b2", "flowers", puzi_wechat::envelope::Mode::Plain, &world.wechat);
    let id = world.accounts.add(new).await.unwrap().id;
    world.node_catches_up().await;
    id
}

#[tokio::test]
async fn the_list_shows_lines_and_finds_them_by_rid_errcode_openid_and_endpoint() {
    let world = World::new().await;
    let account = world.account.id;
    let now = now_ms();
    store::insert_for_tests(&world.db, "a", &[refused(account, now - 2_000), push(account, now - 1_000)])
        .await
        .unwrap();
    let owner = Browser::signed_in(&world, "owner").await;

    let all = owner.page("/admin/calls").await;
    assert!(all.contains("/cgi-bin/user/info") && all.contains("push:text"), "{all}");
    assert!(all.contains("45009") && all.contains(RID), "{all}");
    // Longer than a second is set apart.
    assert!(all.contains("<span class=\"call-slow\">2,100 ms</span>"), "{all}");
    for (query, call, pushed) in [
        (format!("q={RID}"), true, false),
        ("q=45009".into(), true, false),
        ("q=40001".into(), false, false),
        (format!("q={OPENID}"), true, false),
        ("q=USER%2Finfo".into(), true, false),
        ("q=push".into(), false, true),
        ("q=no+such+thing".into(), false, false),
        ("f.outgoing=1".into(), true, false),
        ("f.outgoing=0".into(), false, true),
        ("f.trouble.any=refused%2Clate".into(), true, false),
        ("f.endpoint=push%3Atext".into(), false, true),
    ] {
        let page = owner.page(&format!("/admin/calls?{query}")).await;
        let (_, list) = page.split_once("id=\"list\"").unwrap();
        let rows = list.split_once("<tbody>").map_or("", |(_, rows)| rows);
        assert_eq!(rows.contains(">/cgi-bin/user/info</span>"), call, "{query}: {rows}");
        assert_eq!(rows.contains(">push:text</span>"), pushed, "{query}: {rows}");
    }
    // An openid is a key for a follower: whole on the page of a line, never in a file.
    let file = owner.page("/admin/calls/export.csv").await;
    assert!(file.contains("/cgi-bin/user/info") && !file.contains(OPENID), "{file}");
}

#[tokio::test]
async fn a_line_tells_what_happened_with_its_attempts_and_nothing_in_it_becomes_markup() {
    let world = World::new().await;
    let account = world.account.id;
    let at = now_ms() - 60_000;
    let attempt = |attempt: i32, trouble| Line {
        attempt,
        trouble,
        errcode: None,
        rid: None,
        at: at + i64::from(attempt) * 1_000,
        ..refused(account, at)
    };
    let other = Line { openid: None, ..attempt(2, None) };
    let lines = [
        attempt(1, Some(Trouble::Late)),
        other,
        attempt(2, Some(Trouble::Transport)),
        attempt(3, None),
        refused(account, at),
    ];
    let ids = store::insert_for_tests(&world.db, "a", &lines).await.unwrap();
    let owner = Browser::signed_in(&world, "owner").await;

    let page = owner.page(&format!("/admin/calls/{}", ids[2])).await;
    for (at, shown) in [(0, true), (1, false), (3, true), (4, false)] {
        assert_eq!(page.contains(&format!("/admin/calls/{}\"", ids[at])), shown, "{at}: {page}");
    }
    let page = owner.page(&format!("/admin/calls/{}", ids[4])).await;
    assert!(page.contains("WeChat refused this call: 45009 today&#39;s calls are used up"), "{page}");
    assert!(page.contains("<span class=\"masked\">‹3 字›</span>") && page.contains("&lt;b&gt;"), "{page}");
    assert!(page.contains(OPENID) && page.contains(&format!("/admin/calls/rid?rid={RID}")), "{page}");
    // Without the permission to see followers, the openid is told by its ends.
    let reader = Browser::signed_in(&world, "read_only").await;
    assert!(reader.page(&format!("/admin/calls/{}", ids[4])).await.contains(OPENID));
    let clerk = Browser::signed_in(&world, "clerk").await;
    assert_eq!(clerk.get(&format!("/admin/calls/{}", ids[4])).await.status, 403);

    let gone = owner.get("/admin/calls/999999").await;
    assert_eq!(gone.status, 404);
    assert!(gone.body.contains("days of keeping"), "{}", gone.body);
    assert_eq!(owner.get("/admin/calls/nothing").await.status, 404);
}

#[tokio::test]
async fn what_belongs_to_another_account_is_not_there() {
    let world = World::new().await;
    let foreign = second_account(&world).await;
    let now = now_ms();
    let line = |endpoint: &'static str| Line { endpoint: endpoint.into(), ..refused(foreign, now) };
    let ids = store::insert_for_tests(&world.db, "a", &[line("/only/in/b")]).await.unwrap();
    let figure = "INSERT INTO call_figures (account_id, span, at, outgoing, endpoint, calls, failed, total_us, max_us, b0) \
                  VALUES ($1, 'm', $2, $3, '/only/in/b', 7, 7, 7000, 1000, 7)";
    execute(&world, figure, [foreign.into(), (now / 60_000 * 60_000 - 60_000).into(), true.into()]).await;
    let limited = Browser::signed_in(&world, "owner").await;
    drop(limited);
    let limited = Browser::signed_in_within(&world, "manager", Reach::of([world.account.id])).await;

    for path in [
        "/admin/calls".to_owned(),
        "/admin/calls?q=45009".to_owned(),
        format!("/admin/calls?f.account_id={foreign}"),
        format!("/admin/calls/rid?rid={RID}"),
        "/admin/calls/figures".to_owned(),
        "/admin/calls/hour".to_owned(),
        "/admin/calls/export.csv".to_owned(),
        "/admin/calls/options/endpoint".to_owned(),
    ] {
        let page = limited.get(&path).await;
        assert!(page.status < 500 && !page.body.contains("/only/in/b"), "{path}: {}", page.body);
    }
    assert_eq!(limited.get(&format!("/admin/calls/{}", ids[0])).await.status, 404);
    let asked = [("rid", RID), ("account", &foreign.to_string())];
    assert_eq!(limited.post("/admin/calls/rid/ask", &asked).await.status, 404);
}

#[tokio::test]
async fn figures_answer_what_fails_and_what_is_slow_in_words() {
    let world = World::new().await;
    let (account, now) = (world.account.id, now_ms());
    let (minute, hour) = (now / 60_000 * 60_000 - 600_000, now / 3_600_000 * 3_600_000);
    let figure = "INSERT INTO call_figures (account_id, span, at, outgoing, endpoint, calls, failed, total_us, max_us, b0, b7) \
                  VALUES ($1, 'm', $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    for (endpoint, calls, failed, max, quick, slow) in
        [("/quick", 1_200_i64, 0_i64, 4_000_i64, 1_200_i64, 0_i64), ("/slow", 10, 3, 900_000, 0, 10)]
    {
        let values: [Value; 10] = [
            account.into(),
            minute.into(),
            true.into(),
            endpoint.into(),
            calls.into(),
            failed.into(),
            (calls * 1_000).into(),
            max.into(),
            quick.into(),
            slow.into(),
        ];
        execute(&world, figure, values).await;
    }
    let error = "INSERT INTO call_errors (account_id, at, endpoint, errcode, calls) VALUES ($1, $2, '/slow', 45009, 3)";
    execute(&world, error, [account.into(), hour.into()]).await;
    let left = "INSERT INTO call_left_out (account_id, at, lines) VALUES ($1, $2, 12400)";
    execute(&world, left, [account.into(), minute.into()]).await;
    let owner = Browser::signed_in(&world, "owner").await;

    let page = owner.page("/admin/calls/figures").await;
    assert!(page.contains("1,210 in all, 3 failed (0.3 %)."), "{page}");
    assert!(page.contains("/slow fails most often: 3 of 10."), "{page}");
    assert!(page.contains("45009 × 3"), "{page}");
    assert!(page.contains("/slow is the slowest: 95 of 100 within 900 ms."), "{page}");
    assert!(page.contains("12,400 lines were left out"), "{page}");
    let pushes = owner.page("/admin/calls/figures?way=push&span=hour").await;
    assert!(pushes.contains("Nothing happened in this time."), "{pushes}");
    let head = owner.page("/admin/calls/hour").await;
    assert!(head.contains("1,210 in the last hour, 3 failed") && head.contains("12,400 lines"), "{head}");
}

#[tokio::test]
async fn a_rid_is_found_here_and_wechat_is_asked_about_it() {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    let page = owner.page("/admin/calls/rid").await;
    assert!(!page.contains("id=\"ask\""), "{page}");
    assert!(owner.page("/admin/calls/rid?rid=%3Cscript%3E").await.contains("letters, digits and dashes only"));

    // A call that WeChat refuses, made by this account.
    let client = puzi_wechat::client::Client::builder(common::APPID, world.account.secret.clone())
        .base_url(world.wechat.url())
        .build()
        .unwrap();
    let error = client.users().info("oNobody0000000000000000000").await.unwrap_err();
    let rid = error.rid.expect("a refusal has a rid");
    let line = Line { rid: Some(rid.clone()), errcode: error.errcode, at: now_ms(), ..refused(world.account.id, 0) };
    store::insert_for_tests(&world.db, "a", &[line]).await.unwrap();

    let found = owner.page(&format!("/admin/calls/rid?rid={rid}")).await;
    assert!(found.contains("/cgi-bin/user/info") && found.contains("id=\"ask\""), "{found}");
    let account = world.account.id.to_string();
    let told = owner.post("/admin/calls/rid/ask", &[("rid", &rid), ("account", &account)]).await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(
        told.body.contains("Request as WeChat saw it") || told.body.contains("WeChat&#39;s answer"),
        "{}",
        told.body
    );
    assert!(!told.body.contains("access_token="), "{}", told.body);
    let unknown = owner.post("/admin/calls/rid/ask", &[("rid", RID), ("account", &account)]).await;
    assert!(unknown.body.contains("WeChat does not tell: "), "{}", unknown.body);
}
