use puzi_shop::{
    Error, Result,
    accounts::Reach,
    channels::{Channel, MOST_DAYS, NewChannel, State},
    db::now_ms,
};

use crate::channels::{CREATE, Shop, another, by};

fn refused(done: Result<Channel>) -> Vec<(String, &'static str)> {
    match done {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|problem| (problem.field, problem.key)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn codes_are_made_at_once_each_of_its_kind() {
    let shop = Shop::open().await;
    let temporary = shop.create("Fair", "", false).await;
    assert_eq!((temporary.stand(), temporary.ttl_days), (State::Live, Some(MOST_DAYS)), "{temporary:?}");
    let lives = temporary.expires_at.unwrap() - now_ms();
    assert!((MOST_DAYS * 86_400_000 - lives).abs() < 60_000, "{lives}");
    assert!(temporary.scene.starts_with('c') && temporary.url.is_some());
    let lasting = shop.create("Counter", "7", true).await;
    assert_eq!((lasting.stand(), lasting.expires_at, lasting.scene_kind.as_str()), (State::Live, None, "number"));
    let text = shop.create("Parcel", "parcel", true).await;
    assert_eq!((text.stand(), text.scene_kind.as_str()), (State::Live, "text"));
    assert_eq!(shop.asked(), 3);
    let jpeg = shop.channels.picture(&Reach::All, text.id, None).await.unwrap();
    assert!(jpeg.starts_with(&[0xFF, 0xD8, 0xFF]));
}

#[tokio::test]
async fn a_scene_is_given_once_whatever_becomes_of_it() {
    let shop = Shop::open().await;
    let first = shop.create("Seven", "7", true).await;
    let again = async |scene: &str| shop.channels.create(&by(), &Reach::All, shop.draft("x", scene, false)).await;
    let taken = vec![("scene".to_owned(), "channels.scene_taken")];
    assert_eq!(refused(again("7").await), taken, "as a text it would read alike");
    shop.world.db.execute("UPDATE channels SET deleted_at = 1 WHERE id = $1", [first.id.into()]).await.unwrap();
    assert_eq!(refused(again("7").await), taken, "a printed code lives on");
    assert_eq!(refused(again("agent-hong").await), [("scene".to_owned(), "channels.agents_scene")]);
    assert_eq!(refused(again(&"茶".repeat(22)).await), [("scene".to_owned(), "channels.long_scene")]);
    let foreign = NewChannel { account_id: shop.world.account.id + 1, ..shop.draft("x", "y", false) };
    assert!(matches!(shop.channels.create(&by(), &Reach::All, foreign).await, Err(Error::NotFound)));
    assert_eq!(shop.asked(), 1, "nothing was sent");

    // Two who want one scene at the same moment.
    let other = another(&shop.world).await;
    let person = by();
    let (one, two) = tokio::join!(
        shop.channels.create(&person, &Reach::All, shop.draft("a", "both", true)),
        other.create(&person, &Reach::All, shop.draft("b", "both", true))
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(shop.asked(), 2);
}

#[tokio::test]
async fn a_lasting_code_whose_answer_was_lost_waits_for_a_person() {
    let shop = Shop::open().await;
    shop.world.wechat.faults().update(|faults| _ = faults.api_lost.insert(CREATE.into(), 1));
    let lost = shop.create("Counter", "counter", true).await;
    assert_eq!(lost.stand(), State::Unknown, "{lost:?}");
    assert_eq!(shop.channels.make(lost.id).await.unwrap(), State::Unknown, "nobody asks by themselves");
    let asked = shop.asked();
    assert_eq!(shop.channels.remake(&by(), &Reach::All, lost.id).await.unwrap(), State::Live);
    assert_eq!(shop.asked(), asked + 1, "one press, one code");
    let again = shop.channels.remake(&by(), &Reach::All, lost.id).await;
    assert!(matches!(again, Err(Error::NotNow(_))), "it is good: {again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_who_ask_for_one_lasting_code_at_once_ask_once() {
    let shop = Shop::open().await;
    shop.world.wechat.faults().update(|faults| _ = faults.refuse.insert(CREATE.into(), 45_029));
    let id = shop.create("Counter", "counter", true).await.id;
    shop.world.wechat.faults().update(|faults| faults.refuse.clear());
    let (asked, other, person) = (shop.asked(), another(&shop.world).await, by());
    // Two people press "make again" at once, beside the job of the one before.
    let (one, two) =
        tokio::join!(shop.channels.remake(&person, &Reach::All, id), other.remake(&person, &Reach::All, id));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    let third = another(&shop.world).await;
    let _ = tokio::join!(shop.channels.make(id), other.make(id), third.make(id));
    shop.until(id, State::Live).await;
    assert_eq!(shop.asked(), asked + 1);
}

#[tokio::test]
async fn a_temporary_code_whose_answer_was_lost_is_asked_for_again() {
    let shop = Shop::open().await;
    shop.world.wechat.faults().update(|faults| _ = faults.api_lost.insert(CREATE.into(), 5));
    let lost = shop.create("Fair", "fair", false).await;
    assert_eq!(lost.stand(), State::Making, "{lost:?}");
    shop.world.wechat.faults().update(|faults| faults.api_lost.clear());
    assert_eq!(shop.channels.make(lost.id).await.unwrap(), State::Live);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_it_asks_leaves_no_second_lasting_code() {
    let shop = Shop::open().await;
    let (lasting, temporary) = (shop.create("a", "a", true).await.id, shop.create("b", "b", false).await.id);
    // As a kill leaves them, long enough ago for everybody to know.
    let sql = "UPDATE channels SET state = 'asking', ticket = NULL, url = NULL, asked_at = $1";
    shop.world.db.execute(sql, [(now_ms() - 1_000).into()]).await.unwrap();
    let asked = shop.asked();
    assert_eq!(shop.channels.make(lasting).await.unwrap(), State::Making, "somebody may still be asking");
    assert_eq!(shop.asked(), asked);
    shop.world.db.execute("UPDATE channels SET asked_at = $1", [(now_ms() - 200_000).into()]).await.unwrap();
    assert_eq!(shop.channels.make(lasting).await.unwrap(), State::Unknown);
    assert_eq!(shop.asked(), asked, "a lasting one counts");
    // The server's own job finds the other one.
    shop.world.db.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'channel_make'", []).await.unwrap();
    let made = shop.until(temporary, State::Live).await;
    assert!(made.url.is_some() && shop.asked() == asked + 1, "{made:?}");
}

#[tokio::test]
async fn what_wechat_refuses_is_told_and_can_be_tried_again() {
    let shop = Shop::open().await;
    shop.world.wechat.faults().update(|faults| _ = faults.refuse.insert(CREATE.into(), 45_029));
    let full = shop.create("Counter", "counter", true).await;
    assert_eq!((full.stand(), full.errcode), (State::Failed, Some(45_029)), "{full:?}");
    assert!(matches!(shop.channels.picture(&Reach::All, full.id, None).await, Err(Error::NotNow(_))));
    shop.world.wechat.faults().update(|faults| faults.refuse.clear());
    assert_eq!(shop.channels.remake(&by(), &Reach::All, full.id).await.unwrap(), State::Live);
    assert_eq!(shop.get(full.id).await.errcode, None);
}

#[tokio::test]
async fn an_expired_code_is_made_again_under_its_scene() {
    let shop = Shop::open().await;
    let channel = shop.create("Fair", "fair", false).await;
    assert!(matches!(shop.channels.remake(&by(), &Reach::All, channel.id).await, Err(Error::NotNow(_))));
    let sql = "UPDATE channels SET expires_at = $1 WHERE id = $2";
    shop.world.db.execute(sql, [(now_ms() - 1).into(), channel.id.into()]).await.unwrap();
    assert!(matches!(shop.channels.picture(&Reach::All, channel.id, None).await, Err(Error::NotNow(_))));
    assert_eq!(shop.channels.remake(&by(), &Reach::All, channel.id).await.unwrap(), State::Live);
    let made = shop.get(channel.id).await;
    assert!(made.scene == "fair" && made.ticket != channel.ticket && made.is_good(now_ms()), "{made:?}");
}

#[tokio::test]
async fn more_than_a_minute_takes_wait_and_none_is_left_out() {
    let shop = Shop::open().await;
    for n in 0..21 {
        let channel = shop.create(&format!("n{n}"), "", false).await;
        let wanted = if n < 20 { State::Live } else { State::Making };
        assert_eq!(channel.stand(), wanted, "{n}");
    }
    assert_eq!(shop.asked(), 20);
    // A minute later.
    let sql = "UPDATE channels SET asked_at = asked_at - 60000 WHERE asked_at IS NOT NULL";
    shop.world.db.execute(sql, []).await.unwrap();
    shop.world.db.execute("UPDATE jobs SET run_at = 0 WHERE kind = 'channel_make'", []).await.unwrap();
    let last: i64 = shop.world.value("SELECT MAX(id) AS n FROM channels", []).await;
    shop.until(last, State::Live).await;
}
