//! Health, readiness, metrics and headers.

use crate::common::{APPID, Node, SLUG, World};
use puzi_sandbox::Action;
use sea_orm::ConnectionTrait;

#[tokio::test]
async fn health_readiness_and_metrics_answer() {
    let world = World::new().await;
    world.fan().await;
    let url = &world.node.url;
    let health = reqwest::get(format!("{url}/healthz")).await.unwrap();
    assert_eq!(health.status(), 200);
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("cache-control", "no-store")]
    {
        assert_eq!(health.headers()[name], value);
    }
    assert_eq!(health.headers()["x-request-id"].len(), 16);
    let ready: serde_json::Value = reqwest::get(format!("{url}/readyz")).await.unwrap().json().await.unwrap();
    assert_eq!(ready, serde_json::json!({ "database": true, "waiting_in_journal": 0 }));
    let metrics = reqwest::get(format!("{url}/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("puzi_callback_total{outcome=\"answered\"} 1"), "{metrics}");
    assert!(metrics.contains("puzi_callback_seconds_bucket"), "{metrics}");
}

#[tokio::test]
async fn metrics_are_not_shown_through_a_proxy() {
    let world = World::new().await;
    let request =
        reqwest::Client::new().get(format!("{}/metrics", world.node.url)).header("x-forwarded-for", "1.2.3.4");
    assert_eq!(request.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn metrics_are_shown_to_this_machine_by_its_own_name_only() {
    let world = World::new().await;
    let port = world.node.url.rsplit_once(':').unwrap().1;
    let asked_as = async |host: String| {
        let request = reqwest::Client::new().get(format!("{}/metrics", world.node.url)).header("host", host);
        request.send().await.unwrap().status()
    };
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}"), "localhost".into()]
    {
        assert_eq!(asked_as(host.clone()).await, 200, "{host}");
    }
    for host in ["shop.example.com", "127.0.0.1.example.com"] {
        assert_eq!(asked_as(host.into()).await, 404, "{host}");
    }
}

#[tokio::test]
async fn a_database_that_refuses_writes_is_not_ready() {
    let world = World::new().await;
    let ready = async || {
        let answer = reqwest::get(format!("{}/readyz", world.node.url)).await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    let busy = world.db.begin_write().await.unwrap();
    if world.place.is_postgres() {
        busy.execute_unprepared("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    }
    assert_eq!(ready().await, (503, serde_json::json!({ "database": false, "waiting_in_journal": 0 })));
    busy.commit().await.unwrap();
    assert_eq!(ready().await, (200, serde_json::json!({ "database": true, "waiting_in_journal": 0 })));
}

#[tokio::test]
async fn the_home_page_names_the_accounts_that_answer() {
    let world = World::new().await;
    let url = world.node.url.as_str();
    let page = async |query: &str, language: &str| {
        let asking = reqwest::Client::new().get(format!("{url}/{query}")).header("accept-language", language);
        let answer = asking.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert_eq!(answer.headers()["x-frame-options"], "DENY");
        answer.text().await.unwrap()
    };
    let only = page("?from=gift-box", "zh-CN").await;
    assert!(only.contains("这里是“铺子 tea”的公众号服务"), "{only}");
    assert!(page("", "en").await.contains("This server answers for 铺子 tea"));
    assert!(page("?lang=zh-CN", "en").await.contains("lang=\"zh-CN\""));

    let add = async |appid: &str, slug: &str, name: &str| {
        let new = crate::common::new_account(appid, slug, puzi_wechat::envelope::Mode::Plain, &world.wechat);
        world.accounts.add(puzi_shop::accounts::NewAccount { name: name.into(), ..new }).await.unwrap();
    };
    add("wx00000000000000a2", "flowers", "<img src=x onerror=alert(1)>").await;
    add("wx00000000000000a3", "closed", "打烊的店").await;
    world.accounts.set_status("closed", puzi_shop::accounts::Status::Paused).await.unwrap();
    world.node_catches_up().await;
    let both = page("", "zh-CN").await;
    assert!(both.contains("2 个公众号提供服务") && both.contains("铺子 tea"), "{both}");
    assert!(both.contains("&#60;img src=x onerror=alert(1)&#62;") && !both.contains("<img"), "{both}");
    assert!(!both.contains("打烊的店"), "{both}");
    for secret in [world.account.token.expose().as_str(), &world.account.appid, env!("CARGO_PKG_VERSION")] {
        assert!(!both.contains(secret), "{secret}");
    }
    let style = both.split('"').find(|part| part.starts_with("/site.css?")).unwrap();
    let style = reqwest::get(format!("{url}{style}")).await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert!(style.headers()["cache-control"].to_str().unwrap().contains("immutable"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_and_a_line_for_programs() {
    let world = World::new().await;
    let get = |accept: &str| {
        reqwest::Client::new()
            .get(format!("{}/no/such/page", world.node.url))
            .header("accept", accept)
            .header("accept-language", "en")
            .send()
    };
    let page = get("text/html,application/xhtml+xml;q=0.9").await.unwrap();
    assert_eq!(page.status(), 404);
    assert!(page.text().await.unwrap().contains("There is no such page"));
    let line = get("*/*").await.unwrap();
    assert_eq!(line.status(), 404);
    assert_eq!(line.headers()["x-request-id"].len(), 16);
    assert_eq!(line.text().await.unwrap(), "not found\n");
}

#[tokio::test]
async fn a_refused_callback_is_logged_with_its_request_and_not_a_hundred_times() {
    let world = World::new().await;
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = world.place.command();
    command.args(["serve", "--listen", &address]).env("PUZI_LOG", "warn").env("PUZI_LOG_FORMAT", "json");
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let url = format!("http://{address}");
    while reqwest::get(format!("{url}/healthz")).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let mut ids = Vec::new();
    for _ in 0..50 {
        let refused = reqwest::get(format!("{url}/wechat/tea?signature=x&timestamp=1&nonce=1")).await.unwrap();
        assert_eq!(refused.status(), 403);
        ids.push(refused.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    let metrics = reqwest::get(format!("{url}/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("puzi_callback_total{outcome=\"wrong_signature\"} 50"), "{metrics}");
    child.kill().unwrap();
    let log = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refused: Vec<_> = lines.iter().filter(|line| line["message"] == "a callback was refused").collect();
    assert!((1..=5).contains(&refused.len()), "{log}");
    assert_eq!(refused[0]["request_id"], ids[0].as_str());
    assert_eq!((&refused[0]["reason"], &refused[0]["account"]), (&"wrong_signature".into(), &"tea".into()));
}

#[tokio::test]
async fn a_second_server_on_a_taken_address_touches_nothing() {
    let world = World::new().await;
    let address = world.node.url.strip_prefix("http://").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let said = world.place.command().args(["serve", "--listen", address]).env("PUZI_DATA", &data).output().unwrap();
    assert!(!said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains(address), "{said}");
    assert!(!data.exists());
}

#[tokio::test]
async fn no_secret_reaches_the_log_or_the_metrics() {
    let world = World::new().await;
    let mut serve = world.place.serve();
    serve.env("PUZI_LOG", "trace,hyper=info,h2=info");
    let node = Node::start(serve);
    let follow = world.wechat.new_phone(APPID).compose(Action::Follow);
    assert_eq!(follow.deliver_to(&node.callback(SLUG)).await.status, Some(200));
    let log = node.into_log();
    assert!(log.contains("listening"), "{log}");
    for secret in [world.account.token.expose(), world.account.secret.expose(), &world.account.aes_key.expose()] {
        assert!(!log.contains(secret.as_str()));
    }
}
