//! The second person: whoever had a hand in it is none, whatever way they come; and what is approved is what was looked at.

use puzi_shop::{
    Error,
    accounts::{
        Reach,
        settings::{self, BROADCASTS_SECOND_PERSON},
    },
    audit::Actor,
    broadcasts::{State, Whom},
    staff::{NewMember, NewToken, Staff},
    texts::Locale,
};
use puzi_wechat::Secret;

use crate::broadcasts::shop::{Shop, new, second, text, writer};

fn key(error: &Error) -> &'static str {
    match error {
        Error::NotNow(problem) => problem.key,
        Error::Invalid(problems) => problems[0].key,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn whoever_had_a_hand_in_it_cannot_approve_it_by_any_way() {
    let shop = Shop::with(3).await;
    let staff = Staff::new(shop.db.clone(), shop.vault.clone());
    let password = || Secret::new("long enough for a test".to_owned());
    let owner = staff.create_first_owner(&Actor::system(), "boss", "boss", password(), Locale::En).await.unwrap();
    let member = Actor::staff(owner.id, "boss");
    let token = NewToken { name: "t".into(), scopes: vec!["*".into()], expires_at: None };
    let (token, _) = staff.create_token_for(&Actor::cli("test"), owner.id, token).await.unwrap();
    let by_token = Actor::token(token.id, "t");

    let all = &shop.broadcasts;
    let id = all.create(&by_token, &Reach::All, shop.account.id, new("茶", Whom::All)).await.unwrap();
    let version = shop.get(id).await.version;
    all.edit(&writer(), &Reach::All, id, version, new("新茶", Whom::All)).await.unwrap();
    let waiting = shop.submit(id).await;
    let digest = waiting.digest.clone().unwrap();
    for by in [&member, &by_token, &writer()] {
        let refused = all.approve(by, &Reach::All, id, waiting.version, &digest).await.unwrap_err();
        assert_eq!(key(&refused), "broadcast.same_person", "{by:?}");
        assert!(!all.may_approve(by, &waiting).await.unwrap());
    }
    assert_eq!(shop.get(id).await.state, State::Waiting);
    all.approve(&second(), &Reach::All, id, waiting.version, &digest).await.unwrap();
    let done = shop.until(id, &[State::Done]).await;
    assert_eq!((done.approved_name.as_str(), done.alone), ("second", false));
}

#[tokio::test]
async fn one_alone_approves_only_where_an_owner_allowed_it_and_that_is_written_down() {
    let shop = Shop::with(3).await;
    let off = [(BROADCASTS_SECOND_PERSON.to_owned(), false.into())].into_iter().collect();
    let staff = Staff::new(shop.db.clone(), shop.vault.clone());
    let password = || Secret::new("long enough for a test".to_owned());
    let owner = staff.create_first_owner(&Actor::system(), "boss", "boss", password(), Locale::En).await.unwrap();
    let manager = NewMember {
        login: "manager".into(),
        name: "manager".into(),
        role: "manager".into(),
        locale: Some(Locale::En),
        password: password(),
    };
    staff.create_within(&Actor::system(), manager, Reach::All).await.unwrap();
    let manager = staff.by_login("manager").await.unwrap();
    let by = Actor::staff(manager.id, "manager");
    let refused = settings::save(&shop.db, &by, shop.account.id, None, &off).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    settings::save(&shop.db, &Actor::staff(owner.id, "boss"), shop.account.id, None, &off).await.unwrap();

    let id = shop.write(new("茶", Whom::All)).await;
    let waiting = shop.submit(id).await;
    let digest = waiting.digest.unwrap();
    shop.broadcasts.approve(&writer(), &Reach::All, id, waiting.version, &digest).await.unwrap();
    assert!(shop.until(id, &[State::Done]).await.alone);
    assert_eq!(shop.count("SELECT COUNT(*) AS n FROM broadcast_events WHERE why = 'alone'").await, 1);
}

#[tokio::test]
async fn what_changed_between_looking_and_approving_is_not_approved() {
    let shop = Shop::with(3).await;
    let id = shop.write(new("茶", Whom::All)).await;
    let looked_at = shop.submit(id).await;
    let digest = looked_at.digest.clone().unwrap();
    shop.broadcasts.edit(&writer(), &Reach::All, id, looked_at.version, new("骗局", Whom::All)).await.unwrap();
    let now = shop.submit(id).await;
    assert_ne!(now.digest.as_deref(), Some(digest.as_str()));
    for version in [looked_at.version, now.version] {
        let stale = shop.broadcasts.approve(&second(), &Reach::All, id, version, &digest).await;
        assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    }
    // Somebody wrote past the use cases.
    let evil = puzi_json(&text("别的"));
    shop.execute("UPDATE broadcasts SET content = $1 WHERE id = $2", [evil.into(), id.into()]).await;
    let stale = shop.broadcasts.approve(&second(), &Reach::All, id, now.version, &now.digest.unwrap()).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
}

fn puzi_json(content: &puzi_shop::broadcasts::Content) -> String {
    serde_json::to_string(content).unwrap()
}

#[tokio::test]
async fn two_approve_at_once_and_one_does() {
    let shop = Shop::with(3).await;
    let id = shop.write(new("茶", Whom::All)).await;
    let waiting = shop.submit(id).await;
    let (version, digest) = (waiting.version, waiting.digest.unwrap());
    let (one, other) = (Actor::cli("one"), Actor::cli("other"));
    let (first, last) = tokio::join!(
        shop.broadcasts.approve(&one, &Reach::All, id, version, &digest),
        shop.broadcasts.approve(&other, &Reach::All, id, version, &digest),
    );
    assert_ne!(first.is_ok(), last.is_ok(), "{first:?} {last:?}");
    shop.until(id, &[State::Done]).await;
    assert_eq!(shop.got(&shop.openids[0], "茶"), 1);
}

#[tokio::test]
async fn what_is_sent_back_is_a_draft_with_a_reason() {
    let shop = Shop::with(3).await;
    let id = shop.write(new("茶", Whom::All)).await;
    shop.submit(id).await;
    let refused = shop.broadcasts.reject(&second(), &Reach::All, id, "  ").await.unwrap_err();
    assert_eq!(key(&refused), "broadcast.no_reason");
    shop.broadcasts.reject(&second(), &Reach::All, id, "价格不对").await.unwrap();
    assert_eq!(shop.get(id).await.state, State::Draft);
    let history = shop.broadcasts.history(&Reach::All, id).await.unwrap();
    assert!(history.iter().any(|one| one.event == "reject" && one.why == "价格不对"), "{history:?}");
    shop.broadcasts.cancel(&writer(), &Reach::All, id).await.unwrap();
    assert_eq!(shop.calls(crate::broadcasts::shop::SEND_ALL), 0);
}
