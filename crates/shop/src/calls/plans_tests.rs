//! The questions that lists of ten million lines ask, and the index that answers each.

use sea_orm::ConnectionTrait;

use crate::{
    calls::{Line, Trouble, store},
    db,
    test_database::TestDatabase,
};

const QUESTIONS: [(&str, &str); 9] = [
    ("WHERE account_id = 1 ORDER BY at DESC, id DESC LIMIT 51", "calls_at"),
    ("WHERE account_id = 1 AND (at, id) < (900, 70) ORDER BY at DESC, id DESC LIMIT 51", "calls_at"),
    ("WHERE account_id = 1 AND at >= 5 AND at < 9 ORDER BY at DESC, id DESC LIMIT 51", "calls_at"),
    ("WHERE account_id = 1 AND endpoint = 'push:text' ORDER BY at DESC, id DESC LIMIT 51", "calls_endpoint"),
    ("WHERE account_id = 1 AND trouble IS NOT NULL ORDER BY at DESC, id DESC LIMIT 51", "calls_troubled"),
    ("WHERE account_id = 1 AND trouble = 'late' ORDER BY at DESC, id DESC LIMIT 51", "calls_trouble"),
    ("WHERE account_id = 1 AND errcode = 45009 ORDER BY at DESC, id DESC LIMIT 51", "calls_errcode"),
    ("WHERE rid = '6172' AND account_id = 1 LIMIT 51", "calls_rid"),
    ("WHERE account_id = 1 AND openid = 'o1' ORDER BY at DESC, id DESC LIMIT 51", "calls_openid"),
];

/// Every kind of line, so that statistics know what is rare.
fn lines() -> Vec<Line> {
    let ordinary = |n: i64| Line {
        account_id: 1 + n % 2,
        at: n,
        endpoint: if n % 5 == 0 { "/a".into() } else { "push:text".into() },
        ..Line::default()
    };
    let rare = |n: i64| Line {
        trouble: Some(if n % 80 == 0 { Trouble::Late } else { Trouble::Refused }),
        errcode: (n % 80 != 0).then_some(45000 + n % 7),
        rid: Some(format!("{n}-1")),
        openid: Some(format!("o{n}")),
        ..ordinary(n)
    };
    (0..2_000).map(|n| if n % 40 == 0 { rare(n) } else { ordinary(n) }).collect()
}

#[tokio::test]
async fn each_question_is_a_seek_on_its_index() {
    let place = TestDatabase::new().await;
    store::insert_for_tests(&place.db, "test", &lines()).await.unwrap();
    let tx = place.db.begin_write().await.unwrap();
    let (explain, column) = if place.db.is_sqlite() {
        ("EXPLAIN QUERY PLAN", "detail")
    } else {
        for sql in ["ANALYZE calls", "SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off"] {
            tx.execute_unprepared(sql).await.unwrap();
        }
        ("EXPLAIN", "QUERY PLAN")
    };
    for (question, index) in QUESTIONS {
        let sql = format!("{explain} SELECT * FROM calls {question}");
        let rows = tx.query_all_raw(db::statement(&*tx, &sql, [])).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
        let plan = plan.join("\n");
        let uses = plan.contains(&format!("{index} ("));
        let uses = uses || plan.lines().any(|line| line.contains(&format!("using {index} on calls")));
        assert!(uses, "{question}\n{plan}");
        for bad in ["SCAN", "TEMP B-TREE", "Seq Scan", "Sort"] {
            assert!(!plan.contains(bad), "{question}\n{plan}");
        }
    }
}
