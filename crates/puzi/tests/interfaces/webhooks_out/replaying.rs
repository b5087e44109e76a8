//! Deliveries that are sent once more because somebody asks for it.

use puzi_shop::{Error, accounts::Reach, webhooks::MOST_REPLAYED};

use crate::webhooks_out::{
    Shop, by,
    receiver::{Manner, Receiver},
};

/// A shop with one delivery that was taken, and its number.
async fn delivered() -> (Shop, Receiver, crate::webhooks_out::Running, i64) {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    shop.endpoint("erp", &receiver).await;
    let running = shop.run();
    shop.message("a").await;
    shop.until_state("delivered", 1).await;
    let id = shop.count("SELECT id AS n FROM deliveries").await;
    (shop, receiver, running, id)
}

#[tokio::test]
async fn replayed_it_has_its_old_id_and_says_what_it_is() {
    let (shop, receiver, _running, id) = delivered().await;
    assert_eq!(shop.webhooks.replay(&by(), &Reach::All, &[id], "form").await.unwrap(), 1);
    let asked = receiver.until_asked(2).await;
    assert_eq!((asked[0].id(), &asked[0].body), (asked[1].id(), &asked[1].body));
    assert_eq!((asked[0].header("webhook-replay"), asked[1].header("webhook-replay")), ("", "1"));
    shop.until_state("delivered", 2).await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE copy = 1").await, 1);
}

#[tokio::test]
async fn a_form_sent_twice_replays_once_and_another_form_once_more() {
    let (shop, receiver, _running, id) = delivered().await;
    let again = async |form: &'static str| shop.webhooks.replay(&by(), &Reach::All, &[id], form).await.unwrap();
    let (one, two) = tokio::join!(again("form"), again("form"));
    assert_eq!(one + two, 1);
    assert_eq!(again("other").await, 1);
    receiver.until_asked(3).await;
    shop.until_state("delivered", 3).await;
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE copy IN (1, 2)").await, 2);
}

#[tokio::test]
async fn what_is_on_its_way_or_of_another_account_is_not_replayed() {
    let (shop, receiver, _running, id) = delivered().await;
    receiver.becomes(Manner::Busy("60"));
    shop.message("b").await;
    shop.until_count("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'waiting' AND attempts = 1", 1).await;
    let waiting = shop.count("SELECT id AS n FROM deliveries WHERE state = 'waiting'").await;
    assert_eq!(shop.webhooks.replay(&by(), &Reach::All, &[waiting], "form").await.unwrap(), 0);

    let other = Reach::of([shop.other.id]);
    let refused = shop.webhooks.replay(&by(), &other, &[id], "form").await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    // One foreign among one's own: none.
    let both = shop.webhooks.replay(&by(), &Reach::All, &[id, 9_999], "form").await;
    assert!(matches!(both, Err(Error::NotFound)), "{both:?}");
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM deliveries WHERE copy > 0").await, 0);
    let many = vec![id; MOST_REPLAYED + 1];
    assert!(matches!(shop.webhooks.replay(&by(), &Reach::All, &many, "form").await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn to_a_deleted_endpoint_nothing_is_replayed_and_to_a_paused_one_it_waits() {
    let (shop, receiver, _running, id) = delivered().await;
    let webhook = shop.count("SELECT id AS n FROM webhooks").await;
    shop.webhooks.pause(&by(), &Reach::All, webhook).await.unwrap();
    assert_eq!(shop.webhooks.replay(&by(), &Reach::All, &[id], "form").await.unwrap(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert_eq!(receiver.asked().len(), 1);
    shop.webhooks.resume(&by(), &Reach::All, webhook).await.unwrap();
    receiver.until_asked(2).await;
    shop.webhooks.delete(&by(), &Reach::All, webhook).await.unwrap();
    let refused = shop.webhooks.replay(&by(), &Reach::All, &[id], "later").await;
    assert!(matches!(refused, Err(Error::NotNow(_))), "{refused:?}");
}
