//! The life of an ecommerce.

use puzi_shop::{audit, ecommerces};

use crate::{common::World, story::Story};

#[tokio::test]
async fn the_whole_life_of_an_ecommerce() {
    Story::of("ecommerces")
        .shows("open", "Open")
        .refuses("title", "")
        .refuses("title", &"x".repeat(51))
        .refuses("account_id", "")
        .refuses("account_id", "987654321")
        .refuses("notice", &"x".repeat(501))
        .refuses("contact_phone", "no number")
        .refuses("contact_email", "nobody")
        .tell()
        .await;
}

#[tokio::test]
async fn of_two_who_close_a_shop_at_once_one_does() {
    let world = World::new().await;
    let sql = "INSERT INTO ecommerces (account_id, title, created_at, updated_at) VALUES ($1, 'Tea', 1, 1) \
               RETURNING CAST(id AS BIGINT) AS n";
    let id: i64 = world.value(sql, [world.account.id.into()]).await;
    let close = async || {
        let tx = world.db.begin_write().await.unwrap();
        let changed = ecommerces::set_open(&tx, &audit::Actor::system(), id, false).await.unwrap();
        tx.commit().await.unwrap();
        changed
    };
    let (one, other) = tokio::join!(close(), close());
    assert!(one ^ other, "one closes it, for the other it is closed: {one} {other}");
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM audit_log WHERE action = 'ecommerces.close'").await, 1);
    assert_eq!(world.count("SELECT version AS n FROM ecommerces").await, 2);

    let tx = world.db.begin_write().await.unwrap();
    let nowhere = ecommerces::set_open(&tx, &audit::Actor::system(), id + 1, false).await;
    assert!(matches!(nowhere, Err(puzi_shop::Error::NotFound)));
}
