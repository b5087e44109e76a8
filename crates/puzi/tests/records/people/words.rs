//! What the shop writes into the search index of followers, the list's search finds.

use std::time::Duration;

use puzi_resource::{Actor as Reader, ListQuery};
use puzi_shop::{
    accounts::Reach,
    audit::Actor,
    followers::{Filter, Followers, code, pick},
    staff::Staff,
};

use crate::common::until;
use crate::people::shop::Shop;

#[tokio::test]
async fn remarks_codes_and_openids_are_found_by_the_list_and_by_the_filter() {
    let shop = Shop::with(12).await;
    let run = shop.read_all().await;
    shop.done(run).await;
    let (by, area, account) = (Actor::cli("test"), Followers::new(&shop.db, &shop.registry), shop.account.id);
    let all = Filter::default().choose(shop.db.read(), account, 0, 12).await.unwrap();
    let remarks = ["绿茶杯王姐", "Keemun-50g Иван", "=1+1", "🌸小雨 'x' \"y\""];
    for (one, remark) in all.iter().zip(remarks) {
        area.set_remark(&by, &Reach::All, one.id, None, remark).await.unwrap();
    }
    let staff = Staff::new(shop.db.clone(), std::sync::Arc::new(shop.place.vault()));
    let faces = puzi_web::faces(&shop.db, &staff, puzi_web::declared(&staff));
    let engine = faces.engine();
    let resource = engine.resources().get("followers").unwrap().clone();
    let made = code(&all[5].openid);
    // Who is new is written into the index by whoever follows the table.
    let last = Filter { search: all[11].openid.clone(), ..Filter::default() };
    until("the new ones are indexed", Duration::from_secs(60), async || {
        pick(&shop.db, account, &last, 0, 1).await.unwrap().len() == 1
    })
    .await;
    for (words, who) in [
        ("绿茶", 0),
        ("茶杯王", 0),
        ("姐", 0),
        ("keemun", 1),
        ("50g", 1),
        ("иван", 1),
        ("小雨 x", 3),
        (made.as_str(), 5),
        (&made.to_lowercase()[..4], 5),
        (all[7].openid.as_str(), 7),
    ] {
        let query = ListQuery { search: words.to_owned(), ..ListQuery::default() };
        let page = engine.list(&resource, &Reader::system(), &query).await.unwrap();
        let found: Vec<i64> = page.records.iter().map(|record| record.id).collect();
        assert_eq!(found, [all[who].id], "{words}");
        let filter = Filter { search: words.to_owned(), ..Filter::default() };
        let picked = pick(&shop.db, account, &filter, 0, 100).await.unwrap();
        assert_eq!(picked.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [all[who].id], "{words}");
    }
    for words in ["\" OR *", "绿杯", "'); DROP TABLE"] {
        let filter = Filter { search: words.to_owned(), ..Filter::default() };
        assert!(pick(&shop.db, account, &filter, 0, 100).await.unwrap().is_empty(), "{words}");
    }
}
