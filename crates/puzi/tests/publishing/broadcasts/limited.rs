//! Staff who see another account find nothing of it; and forged numbers lead nowhere.

use puzi_shop::{
    Error,
    accounts::Reach,
    broadcasts::{PreviewTo, Resolved, Whom},
};

use crate::broadcasts::shop::{Shop, new, second, writer};

#[tokio::test]
async fn another_accounts_broadcast_is_not_there_by_any_use_case() {
    let shop = Shop::with(3).await;
    let id = shop.write(new("茶", Whom::All)).await;
    let waiting = shop.submit(id).await;
    let (by, reach, all) = (second(), Reach::of([shop.account.id + 1]), &shop.broadcasts);
    let part = shop.parts(id).await[0].id;
    let digest = waiting.digest.unwrap();
    let done = [
        all.get(&reach, id).await.map(|_| ()),
        all.parts(&reach, id).await.map(|_| ()),
        all.results(&reach, id).await.map(|_| ()),
        all.history(&reach, id).await.map(|_| ()),
        all.edit(&by, &reach, id, waiting.version, new("x", Whom::All)).await,
        all.submit(&by, &reach, id, waiting.version).await,
        all.approve(&by, &reach, id, waiting.version, &digest).await,
        all.reject(&by, &reach, id, "no").await,
        all.cancel(&by, &reach, id).await,
        all.stop(&by, &reach, id).await,
        all.retry(&by, &reach, id).await,
        all.revoke(&by, &reach, id).await,
        all.resolve(&by, &reach, (id, part), Resolved::WasSent).await,
        all.preview(&by, &reach, id, PreviewTo::Whom("o".into())).await.map(|_| ()),
        all.create(&by, &reach, shop.account.id, new("x", Whom::All)).await.map(|_| ()),
        all.quota(&reach, shop.account.id).await.map(|_| ()),
        all.speed(&reach, shop.account.id).await.map(|_| ()),
        all.set_speed(&by, &reach, shop.account.id, 1).await,
        all.offered(&reach, shop.account.id).await.map(|_| ()),
    ];
    for (n, done) in done.iter().enumerate() {
        assert!(matches!(done, Err(Error::NotFound)), "use case {n}: {done:?}");
    }
    assert!(all.latest(&reach, None, 10).await.unwrap().is_empty());
    assert!(all.latest(&reach, Some(shop.account.id), 10).await.unwrap().is_empty());
    assert_eq!(shop.get(id).await.version, waiting.version, "nothing was changed");
}

#[tokio::test]
async fn a_part_of_another_broadcast_is_not_decided() {
    let shop = Shop::with(3).await;
    let (one, other) = (shop.write(new("一", Whom::All)).await, shop.write(new("二", Whom::All)).await);
    shop.submit(one).await;
    shop.submit(other).await;
    let part = shop.parts(other).await[0].id;
    let refused = shop.broadcasts.resolve(&second(), &Reach::All, (one, part), Resolved::NotSent).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    let late = shop.broadcasts.stop(&writer(), &Reach::All, one).await;
    assert!(matches!(late, Err(Error::NotNow(_))), "{late:?}");
}
