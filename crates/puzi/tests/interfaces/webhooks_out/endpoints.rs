//! Endpoints: what may be one, who may change it, and its keys.

use puzi_shop::{
    Error,
    accounts::Reach,
    outward::Guard,
    webhooks::{MOST, NewWebhook, WebhookEdit, Webhooks},
};

use crate::webhooks_out::{Shop, by, receiver::Receiver};

fn new(account_id: i64, name: &str, url: &str) -> NewWebhook {
    NewWebhook { account_id, name: name.into(), url: url.into(), events: vec!["message.received".into()] }
}

/// The keys of what is wrong.
fn wrong<T: std::fmt::Debug>(refused: Result<T, Error>) -> Vec<(String, &'static str)> {
    match refused {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|problem| (problem.field, problem.key)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_refused_when_it_is_saved() {
    let shop = Shop::new().await;
    // This operator allows nothing inside.
    let webhooks = Webhooks::new(shop.db.clone(), shop.vault.clone(), Guard::default());
    for (url, key) in [
        ("", "webhooks.bad_url"),
        ("ftp://example.com/", "webhooks.bad_url"),
        ("https://user:secret@example.com/", "webhooks.bad_url"),
        ("https://example.com:6379/", "webhooks.port"),
        ("https://10.0.0.1/", "webhooks.private_address"),
        ("http://[::ffff:10.0.0.1]/", "webhooks.private_address"),
        ("http://2130706433:80/", "webhooks.private_address"),
        ("http://0251.0376.0251.0376/", "webhooks.private_address"),
        ("http://localhost/", "webhooks.private_address"),
        ("http://metadata.google.internal/", "webhooks.private_address"),
    ] {
        let refused = webhooks.create(&by(), &Reach::All, new(shop.account.id, "a", url)).await;
        assert_eq!(wrong(refused), [("url".to_owned(), key)], "{url}");
    }
}

#[tokio::test]
async fn names_and_events_are_looked_at() {
    let (shop, account) = (Shop::new().await, 1);
    let create = async |new: NewWebhook| shop.webhooks.create(&by(), &Reach::All, new).await;
    let url = "https://example.com/hook";
    assert_eq!(wrong(create(new(account, " ", url)).await), [("name".to_owned(), "webhooks.required")]);
    let none = NewWebhook { events: Vec::new(), ..new(account, "a", url) };
    assert_eq!(wrong(create(none).await), [("events".to_owned(), "webhooks.no_events")]);
    for name in ["order.paid", "%", "\"", "ping"] {
        let unknown = NewWebhook { events: vec![name.into()], ..new(account, "a", url) };
        assert_eq!(wrong(create(unknown).await), [("events".to_owned(), "webhooks.unknown_event")], "{name}");
    }
    create(new(account, "erp", url)).await.unwrap();
    assert_eq!(wrong(create(new(account, "erp", url)).await), [("name".to_owned(), "webhooks.name_taken")]);
    create(new(shop.other.id, "erp", url)).await.unwrap();
    for n in 1..MOST {
        create(new(account, &format!("erp {n}"), url)).await.unwrap();
    }
    assert_eq!(wrong(create(new(account, "more", url)).await), [("account_id".to_owned(), "webhooks.too_many")]);
    assert!(matches!(create(new(99, "a", url)).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn two_who_save_at_once_see_each_other() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let save = async |name: &str| {
        let edit = WebhookEdit { name: Some(name.into()), ..WebhookEdit::default() };
        shop.webhooks.edit(&by(), &Reach::All, webhook.id, Some(webhook.version), edit).await
    };
    let (one, two) = tokio::join!(save("one"), save("two"));
    assert!(one.is_ok() != two.is_ok());
    assert!(matches!(one.and(two), Err(Error::Stale)));
    // The same form twice: the key that is in use now must not go at once.
    let rotate = async || shop.webhooks.rotate(&by(), &Reach::All, webhook.id, Some(webhook.version + 1)).await;
    let (one, two) = tokio::join!(rotate(), rotate());
    assert!(one.is_ok() != two.is_ok());
}

#[tokio::test]
async fn after_an_exchange_both_keys_sign_and_none_is_readable_anywhere() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, first) = shop.endpoint("erp", &receiver).await;
    let second = shop.webhooks.rotate(&by(), &Reach::All, webhook.id, None).await.unwrap();
    shop.webhooks.test(&by(), &Reach::All, webhook.id).await.unwrap();
    let asked = receiver.asked().pop().unwrap();
    assert!(asked.is_signed_by(&first) && asked.is_signed_by(&second));
    // A day later the old one is gone.
    shop.execute("UPDATE webhooks SET previous_until = 1", []).await;
    shop.webhooks.test(&by(), &Reach::All, webhook.id).await.unwrap();
    let asked = receiver.asked().pop().unwrap();
    assert!(!asked.is_signed_by(&first) && asked.is_signed_by(&second));
    let running = shop.run();
    shop.until_count("SELECT COUNT(*) AS n FROM webhooks WHERE previous_secret IS NULL", 1).await;
    running.end().await;
    if !shop.place.is_postgres() {
        let file = std::fs::read(shop.place.data.path().join("puzi.db")).unwrap();
        let log = std::fs::read(shop.place.data.path().join("puzi.db-wal")).unwrap_or_default();
        for key in [first, second] {
            let key = key.expose().as_bytes();
            assert!(![&file, &log].iter().any(|bytes| bytes.windows(key.len()).any(|part| part == key)));
        }
    }
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM audit_log WHERE action LIKE 'webhooks.%'").await, 4);
    assert_eq!(
        shop.count("SELECT COUNT(*) AS n FROM audit_log WHERE before LIKE '%whsec%' OR after LIKE '%whsec%'").await,
        0
    );
}

#[tokio::test]
async fn another_accounts_endpoint_is_not_there() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    let (by, reach, id) = (by(), Reach::of([shop.other.id]), webhook.id);
    let webhooks = &shop.webhooks;
    let url = "https://example.com/";
    assert!(matches!(webhooks.get(&reach, id).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.create(&by, &reach, new(shop.account.id, "a", url)).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.edit(&by, &reach, id, None, WebhookEdit::default()).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.pause(&by, &reach, id).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.rotate(&by, &reach, id, None).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.test(&by, &reach, id).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.hours(&reach, id).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.latest(&reach, id, 9).await, Err(Error::NotFound)));
    assert!(matches!(webhooks.delete(&by, &reach, id).await, Err(Error::NotFound)));
    assert!(webhooks.list(&reach).await.unwrap().is_empty());
    assert_eq!(receiver.asked().len(), 0);
}

#[tokio::test]
async fn deleted_and_restored_its_name_and_its_place_are_asked_for_again() {
    let (shop, receiver) = (Shop::new().await, Receiver::good().await);
    let (webhook, _) = shop.endpoint("erp", &receiver).await;
    shop.webhooks.delete(&by(), &Reach::All, webhook.id).await.unwrap();
    assert!(matches!(shop.webhooks.delete(&by(), &Reach::All, webhook.id).await, Err(Error::NotFound)));
    assert!(matches!(shop.webhooks.test(&by(), &Reach::All, webhook.id).await, Err(Error::NotFound)));
    let (second, _) = shop.endpoint("erp", &receiver).await;
    let refused = shop.webhooks.restore(&by(), &Reach::All, webhook.id).await;
    assert_eq!(wrong(refused), [("name".to_owned(), "webhooks.name_taken")]);
    shop.webhooks.delete(&by(), &Reach::All, second.id).await.unwrap();
    shop.webhooks.restore(&by(), &Reach::All, webhook.id).await.unwrap();
}
