use std::collections::BTreeMap;

use super::*;
use crate::{
    calls::{Line, Trouble, store},
    test_database::TestDatabase,
};

fn line(account_id: i64, at: i64) -> Line {
    let bodies = (at % 3 == 0).then(|| "{}".to_owned());
    Line { account_id, at, endpoint: "/cgi-bin/tags/get".into(), outgoing: true, request: bodies, ..Line::default() }
}

async fn sum(db: &Db, sql: &str) -> i64 {
    let row = db.read().query_one_raw(db::statement(db.read(), sql, [])).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

const LINES_THERE: &str = "SELECT COUNT(*) AS n FROM calls";
const STRAY: &str = "SELECT COUNT(*) AS n FROM call_bodies WHERE call_id NOT IN (SELECT id FROM calls)";

#[tokio::test]
async fn lines_go_by_account_and_age_with_their_bodies_and_the_last_number_stays() {
    let place = TestDatabase::new().await;
    let lines: Vec<_> = (0..1_300).map(|at| line(1 + at % 2, at)).collect();
    let ids = store::insert_for_tests(&place.db, "test", &lines).await.unwrap();
    assert_eq!(due(&place.db, 1, 1_000).await.unwrap().n, 500);
    let stop = CancellationToken::new();
    assert_eq!(super::lines(&place.db, 1, 1_000, &stop).await.unwrap(), 500);
    assert_eq!(sum(&place.db, LINES_THERE).await, 800);
    assert_eq!(sum(&place.db, STRAY).await, 0);
    let others = "SELECT COUNT(*) AS n FROM calls WHERE account_id = 2";
    assert_eq!(sum(&place.db, others).await, 650, "another account's days are its own");

    let soon = now_ms();
    super::lines(&place.db, 1, soon, &stop).await.unwrap();
    assert_eq!(super::lines(&place.db, 2, soon, &stop).await.unwrap(), 649);
    assert_eq!(sum(&place.db, "SELECT id AS n FROM calls").await, *ids.last().unwrap());
    let next = store::insert_for_tests(&place.db, "test", &[line(1, 1)]).await.unwrap();
    assert!(next[0] > *ids.last().unwrap(), "no number comes twice");
}

#[tokio::test]
async fn a_stop_in_the_middle_leaves_whole_lines_and_the_rest_goes_later() {
    let place = TestDatabase::new().await;
    let lines: Vec<_> = (0..1_300).map(|at| line(1, at)).collect();
    store::insert_for_tests(&place.db, "test", &lines).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    assert_eq!(super::lines(&place.db, 1, 9_999, &stop).await.unwrap(), LINES, "one step, then the end");
    assert_eq!((sum(&place.db, LINES_THERE).await, sum(&place.db, STRAY).await), (800, 0));
    let going = CancellationToken::new();
    // Two who sweep at once take each line away once.
    let (here, there) = (place.db.clone(), place.second_node().await);
    let (one, other) = tokio::join!(super::lines(&here, 1, 9_999, &going), super::lines(&there, 1, 9_999, &going));
    assert_eq!(one.unwrap() + other.unwrap(), 799);
    assert_eq!((sum(&place.db, LINES_THERE).await, sum(&place.db, STRAY).await), (1, 0));
}

#[tokio::test]
async fn above_the_ceiling_the_oldest_go() {
    let place = TestDatabase::new().await;
    let lines: Vec<_> = (0..1_200).map(|at| line(1, at)).collect();
    store::insert_for_tests(&place.db, "test", &lines).await.unwrap();
    assert_eq!(above(&place.db, 1_200).await.unwrap(), 0);
    assert_eq!(above(&place.db, 1_150).await.unwrap(), 50);
    assert_eq!(oldest_lines(&place.db, 50).await.unwrap(), 50);
    assert_eq!(sum(&place.db, "SELECT MIN(at) AS n FROM calls").await, 50);
}

#[tokio::test]
async fn minutes_become_hours_and_nothing_is_lost() {
    let place = TestDatabase::new().await;
    let mut expected: BTreeMap<(i64, String), (i64, i64)> = BTreeMap::new();
    for minute in 0..150_i64 {
        for endpoint in 0..4 {
            let (at, name, us) = (minute * MINUTE, format!("/e{endpoint}"), 1_000 * minute + endpoint);
            let sql = "INSERT INTO call_figures (account_id, span, at, outgoing, endpoint, calls, failed, total_us, \
                       max_us, b0, b9) VALUES (1, 'm', $1, TRUE, $2, 2, 1, $3, $3, 1, 1)";
            place.db.execute(sql, [at.into(), name.clone().into(), us.into()]).await.unwrap();
            let hour = expected.entry((at - at % HOUR, name)).or_default();
            *hour = (hour.0 + 2, hour.1.max(us));
        }
    }
    let before = 130 * MINUTE;
    while fold_minutes(&place.db, 1, before).await.unwrap() > 0 {}
    assert_eq!(sum(&place.db, "SELECT CAST(SUM(calls) AS BIGINT) AS n FROM call_figures").await, 1_200);
    assert_eq!(sum(&place.db, "SELECT CAST(SUM(b9) AS BIGINT) AS n FROM call_figures").await, 600);
    assert_eq!(sum(&place.db, "SELECT COUNT(*) AS n FROM call_figures WHERE span = 'm'").await, 20 * 4);
    assert_eq!(sum(&place.db, "SELECT COUNT(*) AS n FROM call_figures WHERE span = 'h'").await, 3 * 4);
    let first = "SELECT calls AS n FROM call_figures WHERE span = 'h' AND at = 0 AND endpoint = '/e2'";
    assert_eq!(sum(&place.db, first).await, expected[&(0, "/e2".to_owned())].0);
    let slowest = "SELECT max_us AS n FROM call_figures WHERE span = 'h' AND at = 0 AND endpoint = '/e2'";
    assert_eq!(sum(&place.db, slowest).await, expected[&(0, "/e2".to_owned())].1);

    // What is folded again adds up.
    while fold_minutes(&place.db, 1, 200 * MINUTE).await.unwrap() > 0 {}
    let third = "SELECT calls AS n FROM call_figures WHERE span = 'h' AND at = 7200000 AND endpoint = '/e1'";
    assert_eq!(sum(&place.db, third).await, 60);
    while old_figures(&place.db, 1, 2 * HOUR).await.unwrap() > 0 {}
    assert_eq!(sum(&place.db, "SELECT COUNT(*) AS n FROM call_figures").await, 4);
}

#[tokio::test]
async fn errors_and_what_was_left_out_go_with_the_hours() {
    let place = TestDatabase::new().await;
    for at in 0..500_i64 {
        let errors =
            "INSERT INTO call_errors (account_id, at, endpoint, errcode, calls) VALUES (1, $1, '/a', 45009, 1)";
        place.db.execute(errors, [at.into()]).await.unwrap();
        let left_out = "INSERT INTO call_left_out (account_id, at, lines) VALUES (1, $1, 7)";
        place.db.execute(left_out, [at.into()]).await.unwrap();
    }
    assert!(old_figures(&place.db, 1, 450).await.unwrap() >= FIGURES);
    while old_figures(&place.db, 1, 450).await.unwrap() > 0 {}
    for table in ["call_errors", "call_left_out"] {
        assert_eq!(sum(&place.db, &format!("SELECT COUNT(*) AS n FROM {table}")).await, 50);
    }
}

#[tokio::test]
async fn replays_go_once_they_are_old_and_over() {
    let place = TestDatabase::new().await;
    let account = "INSERT INTO accounts (id, slug, name, appid, secret, token, aes_key, mode, status, created_at, updated_at, \
                   contact_name, contact_phone, contact_email) \
                   VALUES (1, 's', 'n', 'wx1', '', '', '', 'plain', 'active', 0, 0, '', '', '')";
    place.db.execute(account, []).await.unwrap();
    for (form, at, done) in [("one", 10, Some(11)), ("two", 10, None), ("three", 60, Some(61))] {
        let sql = "INSERT INTO replays (account_id, source, source_id, state, answer_wanted, webhooks_wanted, form, \
                   by_kind, by_name, created_at, done_at) \
                   VALUES ($1, 'message', 1, 'stored', TRUE, FALSE, $2, 'staff', 'x', $3, $4)";
        place.db.execute(sql, [1.into(), form.into(), i64::from(at).into(), done.map(i64::from).into()]).await.unwrap();
    }
    assert_eq!(old_replays(&place.db, 2, 50).await.unwrap(), 0, "another account's are its own");
    assert_eq!(old_replays(&place.db, 1, 50).await.unwrap(), 1);
    assert_eq!(sum(&place.db, "SELECT COUNT(*) AS n FROM replays WHERE form <> 'one'").await, 2);
}

#[tokio::test]
async fn a_line_that_is_due_is_found_by_its_index() {
    let place = TestDatabase::new().await;
    let mut line = line(1, 7);
    line.trouble = Some(Trouble::Late);
    store::insert_for_tests(&place.db, "test", &[line]).await.unwrap();
    if !place.db.is_sqlite() {
        return;
    }
    let sql = "EXPLAIN QUERY PLAN SELECT id FROM calls WHERE account_id = 1 AND at < 9 ORDER BY at LIMIT 500";
    let rows = place.db.read().query_all_raw(db::statement(place.db.read(), sql, [])).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    assert_eq!(plan, ["SEARCH calls USING COVERING INDEX calls_at (account_id=? AND at<?)"]);
}
