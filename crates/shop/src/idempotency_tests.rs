//! Keys sent twice: at once, late, with another request, and after a process died in the middle.

use super::*;

async fn open() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_file(&folder.path().join("keys.db")).await.unwrap();
    db.migrate().await.unwrap();
    (db, folder)
}

fn request(key: &str) -> Request {
    Request { client: "token:1".into(), key: key.into(), fingerprint: "POST /a".into() }
}

async fn mine(db: &Db, request: &Request) -> Ticket {
    match claim(db, request).await.unwrap() {
        Claim::Mine(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

/// As if the process that holds the claim had died long ago.
async fn age(db: &Db) {
    let sql = "UPDATE idempotency_keys SET claimed_at = claimed_at - $1";
    db.execute(sql, [(LONGEST_REQUEST_MS + 1).into()]).await.unwrap();
}

#[tokio::test]
async fn of_two_at_once_one_has_the_key() {
    let (db, _folder) = open().await;
    let request = request("k");
    let (a, b) = tokio::join!(claim(&db, &request), claim(&db, &request));
    let claims = [a.unwrap(), b.unwrap()];
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Mine(_))).count(), 1, "{claims:?}");
    assert!(claims.contains(&Claim::Running), "{claims:?}");
}

#[tokio::test]
async fn the_answer_is_given_again_and_to_nobody_else() {
    let (db, _folder) = open().await;
    let ticket = mine(&db, &request("k")).await;
    answer(&db, ticket, 201, "{}").await.unwrap();
    assert_eq!(claim(&db, &request("k")).await.unwrap(), Claim::Answered { status: 201, body: "{}".into() });
    let other = Request { fingerprint: "POST /b".into(), ..request("k") };
    assert_eq!(claim(&db, &other).await.unwrap(), Claim::Another);
    mine(&db, &Request { client: "token:2".into(), ..request("k") }).await;
}

#[tokio::test]
async fn a_refused_request_gives_its_key_back() {
    let (db, _folder) = open().await;
    let ticket = mine(&db, &request("k")).await;
    release(&db, ticket).await.unwrap();
    mine(&db, &request("k")).await;
}

#[tokio::test]
async fn a_dead_process_tells_whether_its_change_happened() {
    let (db, _folder) = open().await;
    let ticket = mine(&db, &request("done")).await;
    let tx = db.begin_write().await.unwrap();
    assert!(mark(&*tx, ticket, 42).await.unwrap());
    tx.commit().await.unwrap();
    let lost = mine(&db, &request("lost")).await;
    assert_eq!(claim(&db, &request("lost")).await.unwrap(), Claim::Running);
    age(&db).await;
    assert_eq!(claim(&db, &request("done")).await.unwrap(), Claim::Happened(42));
    mine(&db, &request("lost")).await;
    // It was not dead after all, only slow: its change must not happen beside the other one's.
    let tx = db.begin_write().await.unwrap();
    assert!(!mark(&*tx, lost, 43).await.unwrap());
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let (db, _folder) = open().await;
    let ticket = mine(&db, &request("old")).await;
    answer(&db, ticket, 200, "{}").await.unwrap();
    db.execute("UPDATE idempotency_keys SET claimed_at = claimed_at - $1", [(KEPT_MS + 1).into()]).await.unwrap();
    mine(&db, &request("old")).await;
}
