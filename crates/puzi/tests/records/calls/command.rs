//! `puzi calls` and the API over the same record.

use std::process::Output;

use puzi_shop::{
    audit::Actor,
    calls::{Line, Trouble, store},
    db::now_ms,
    replies::Answer,
    staff::{NewToken, Staff},
};
use serde_json::{Value, json};

use crate::common::{Browser, World, keyword};

const RID: &str = "65f1a2b3-0a1b2c3d-12345678";

async fn puzi(world: &World, args: &[&str]) -> (i32, String) {
    let mut command = world.place.command();
    command.args(args);
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (status.code().unwrap(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

fn refused(world: &World) -> Line {
    Line {
        account_id: world.account.id,
        at: now_ms(),
        outgoing: true,
        endpoint: "/cgi-bin/user/info".into(),
        us: 34_000,
        trouble: Some(Trouble::Refused),
        errcode: Some(45009),
        rid: Some(RID.into()),
        attempt: 1,
        response: Some(r#"{"errcode":45009}"#.into()),
        ..Line::default()
    }
}

#[tokio::test]
async fn the_command_line_lists_shows_and_finds() {
    let world = World::new().await;
    let ids = store::insert_for_tests(&world.db, "a", &[refused(&world)]).await.unwrap();
    let (code, said) = puzi(&world, &["calls", "list", "--failed", "--errcode", "45009", "--json"]).await;
    assert_eq!(code, 0, "{said}");
    // What is said beside it comes after it.
    let listed: Value = serde_json::Deserializer::from_str(&said).into_iter().next().unwrap().unwrap();
    assert_eq!((&listed[0]["rid"], &listed[0]["trouble"]), (&json!(RID), &json!("refused")), "{said}");
    let (_, none) = puzi(&world, &["calls", "list", "--in", "--failed"]).await;
    assert!(none.contains("Nothing is recorded that matches."), "{none}");
    let (code, said) = puzi(&world, &["calls", "show", &ids[0].to_string()]).await;
    assert!(code == 0 && said.contains("refused 45009") && said.contains("\"errcode\": 45009"), "{said}");
    let (code, said) = puzi(&world, &["calls", "rid", RID]).await;
    assert!(code == 0 && said.contains("/cgi-bin/user/info"), "{said}");
    assert_eq!(puzi(&world, &["calls", "rid", "<script>"]).await.0, 2);
    assert_eq!(puzi(&world, &["calls", "show", "999999"]).await.0, 2);
    let (code, said) = puzi(&world, &["calls", "figures", "--since", "1h"]).await;
    assert!(code == 0 && said.contains("in all"), "{said}");
}

#[tokio::test]
async fn a_replay_from_the_command_line_looks_first_and_waits_for_its_answer() {
    let world = World::new().await;
    let fan = world.fan().await;
    assert_eq!(fan.text("营业时间").await.text(), None);
    let id = world.count("SELECT id AS n FROM messages WHERE kind = 'text'").await.to_string();
    let looked = ["calls", "replay", "message", &id];
    let (code, said) = puzi(&world, &looked).await;
    assert!(code == 0 && said.contains("No rule answers it now.") && said.contains("Nothing was changed."), "{said}");
    // There is no answer: the state forbids it.
    let run = ["calls", "replay", "message", &id, "--answer", "--yes"];
    assert_eq!(puzi(&world, &run).await.0, 5);
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM replays").await, 0);

    world.rule(keyword("营业时间", Answer::text("9:00–18:00"))).await;
    let (code, said) = puzi(&world, &run).await;
    assert!(code == 0 && said.contains("the answer was sent"), "{code} {said}");
    assert_eq!(puzi(&world, &["calls", "replay", "refused", "77"]).await.0, 2);
}

#[tokio::test]
async fn the_api_replays_once_for_a_key_and_tells_figures() {
    let world = World::new().await;
    let fan = world.fan().await;
    fan.text("营业时间").await;
    world.rule(keyword("营业时间", Answer::text("9:00–18:00"))).await;
    world.until_count("SELECT COUNT(*) AS n FROM chats WHERE said_at > 0", 1).await;
    store::insert_for_tests(&world.db, "a", &[refused(&world)]).await.unwrap();
    drop(Browser::signed_in(&world, "owner").await);
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let owner = world.count("SELECT MIN(id) AS n FROM staff").await;
    let by = Actor::cli("test");
    let new = NewToken { name: "t".into(), scopes: vec!["calls.*".into()], expires_at: None };
    let (_, token) = staff.create_token_for(&by, owner, new).await.unwrap();
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}/api/v1/calls{path}", world.node.url);
    let get = async |path: &str| {
        client.get(url(path)).bearer_auth(token.expose()).send().await.unwrap().json::<Value>().await.unwrap()
    };

    assert_eq!(get(&format!("/rid/{RID}")).await["calls"][0]["errcode"], 45009);
    let figures = get("/figures?since=2026-01-01T00:00:00Z").await;
    assert!(figures["series"].is_array() && figures["slowest"].is_array(), "{figures}");
    assert_eq!(get("/figures?since=nonsense").await["status"], 400);
    let id = world.count("SELECT id AS n FROM messages WHERE kind = 'text'").await;
    let post = async |body: Value| {
        let request = client.post(url("/replay")).bearer_auth(token.expose()).header("idempotency-key", "k-1");
        let answer = request.json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let wanted = json!({ "source": "message", "id": id, "answer": true });
    let ((first, one), (second, two)) = tokio::join!(post(wanted.clone()), post(wanted));
    assert_eq!((first, second), (200, 200), "{one} {two}");
    assert_eq!(one["id"], two["id"]);
    world.until_count("SELECT COUNT(*) AS n FROM replays WHERE state = 'sent'", 1).await;
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM replays").await, 1);
}
