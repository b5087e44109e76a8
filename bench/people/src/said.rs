//! Questions about what was said, and how long the answers take.

use std::time::Instant;

use puzi::settings::Settings;
use puzi_shop::{
    accounts::Reach,
    db::{Db, now_ms},
    said::{self, Ask, By},
};
use serde_json::json;

use crate::{
    Failure, plain,
    words::{ABSENT, RARE, pair},
};

/// Hits on a page.
const PAGE: usize = 30;
const DAY_MS: i64 = 86_400_000;

/// Asks each kind of question `requests` times and prints the times.
pub(crate) async fn ask(settings: &Settings, requests: usize) -> Result<(), Failure> {
    let place = settings.open().await.map_err(plain)?;
    let words = |words: String| Ask { words, ..Ask::default() };
    let some = |ranks: std::ops::Range<u32>| ranks.map(|rank| words(pair(rank))).collect::<Vec<_>>();
    let one = |ask: Ask| vec![ask];
    let year = |from: i64, until: i64| Ask {
        from: Some(now_ms() - from * DAY_MS),
        until: Some(now_ms() - until * DAY_MS),
        ..words(pair(9))
    };
    let first_sign = |rank: u32| pair(rank).chars().take(1).collect::<String>();
    let cases: Vec<(&str, i64, Vec<Ask>)> = vec![
        ("two characters, frequent", 1, some(1..12)),
        ("two characters, middling", 1, some(400..440)),
        ("two characters, seldom", 1, some(19_000..19_040)),
        ("two characters, said once", 1, one(words(RARE.into()))),
        ("two characters, never said", 1, one(words(ABSENT.into()))),
        ("two words that hardly meet", 1, (3..9).map(|n| words(format!("{} {}", pair(n), pair(n + 900)))).collect()),
        ("one character", 1, (1..12).map(|rank| words(first_sign(rank))).collect()),
        ("of one kind", 1, one(Ask { kinds: vec!["image".into()], ..Ask::default() })),
        ("said by rules", 1, one(Ask { by: vec![By::Rule], ..words(pair(5)) })),
        ("between two days", 1, vec![year(300, 290), year(200, 199), year(20, 10)]),
        ("of the small account", 2, some(1..40)),
        ("of the tiny account", 3, some(1..40)),
    ];
    // The first answers open the file's pages.
    for (.., asks) in &cases {
        page(&place.db, 1, &asks[0], None).await?;
    }
    for (case, account, asks) in &cases {
        let mut times = Vec::with_capacity(requests);
        let mut hits = 0;
        for n in 0..requests {
            let (took, found) = page(&place.db, *account, &asks[n % asks.len()], None).await?;
            times.push(took);
            hits += found.0;
        }
        tell(case, &mut times, hits);
    }
    let (mut times, mut from, mut hits) = (Vec::new(), None, 0);
    for _ in 0..requests {
        let (took, (found, next)) = page(&place.db, 1, &words(pair(3)), from.as_deref()).await?;
        times.push(took);
        hits += found;
        from = next;
    }
    tell("page after page", &mut times, hits);
    place.db.close().await?;
    Ok(())
}

/// A page's time in ms, its hits and where it ended.
async fn page(db: &Db, account: i64, ask: &Ask, from: Option<&str>) -> Result<(f64, (usize, Option<String>)), Failure> {
    let began = Instant::now();
    let found = said::search(db, &Reach::All, account, ask, from, PAGE).await?;
    Ok((began.elapsed().as_secs_f64() * 1e3, (found.hits.len(), found.next)))
}

fn tell(case: &str, times: &mut [f64], hits: usize) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let line = json!({ "case": case, "p50_ms": at(0.5), "p99_ms": at(0.99), "hits": hits, "requests": times.len() });
    println!("{line}");
}
