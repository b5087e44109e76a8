use puzi_shop::{Error, accounts::Reach};
use puzi_wechat::envelope::Mode;

use crate::common::{Browser, between, new_account};
use crate::drafts::{Desk, by};

#[tokio::test]
async fn a_draft_is_written_and_saved_without_scripts() {
    let desk = Desk::open().await;
    let owner = Browser::signed_in(&desk.world, "owner").await;
    owner.page("/admin/drafts/new").await;
    let cover = desk.cover.to_string();
    // A second article, without anything being saved.
    let step = owner
        .post(
            "/admin/drafts/form",
            &[("a.0.title", "春茶"), ("a.0.content", "<p>到了</p>"), ("at", "0"), ("do", "add")],
        )
        .await;
    assert_eq!(step.status, 200, "{}", step.body);
    assert!(step.body.contains("name=\"a.0.title\" value=\"春茶\"") && step.body.contains("name=\"a.1.title\""));
    assert_eq!(desk.world.count("SELECT COUNT(*) AS n FROM drafts").await, 0);
    let fields =
        [("a.0.title", "春茶"), ("a.0.content", "<p>到了</p>"), ("a.0.cover", cover.as_str()), ("then", "save")];
    let made = owner.post("/admin/drafts/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let path = made.location().to_owned();
    let id: i64 = path.rsplit('/').next().unwrap().parse().unwrap();
    desk.is(id, "saved").await;
    assert!(owner.page(&path).await.contains("春茶"));
    // Too long: what was typed stays, and the fault stands beside its field.
    let edit = owner.page(&format!("{path}/edit")).await;
    let version = between(&edit, "name=\"version\" value=\"", "\"").to_owned();
    let long = "茶".repeat(33);
    let refused = owner.post(&format!("{path}/edit"), &[("version", &version), ("a.0.title", &long)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(&long) && refused.body.contains("is-invalid"));
    let published = owner.post(&format!("{path}/do/publish"), &[("confirmed", "1")]).await;
    assert_eq!(published.status, 303, "{}", published.body);
    desk.is(id, "published").await;
    assert!(owner.page(&path).await.contains("/sandbox/articles/"));
}

#[tokio::test]
async fn what_is_forged_into_an_article_runs_nowhere() {
    let desk = Desk::open().await;
    let owner = Browser::signed_in(&desk.world, "owner").await;
    let evil = "<p>茶</p><script>alert(1)</script><img src=\"x\" onerror=\"alert(2)\"><iframe src=\"//evil.example\"></iframe>\
                <a href=\"javascript:alert(3)\">x</a></article></details><svg onload=\"alert(4)\"></svg>";
    let fields = [
        ("a.0.title", "<script>alert(5)</script>"),
        ("a.0.content", evil),
        ("a.1.kind", "newspic"),
        ("a.1.title", "x"),
        ("a.1.content", "<script>alert(6)</script>"),
    ];
    let made = owner.post("/admin/drafts/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let path = made.location().to_owned();
    for page in [path.clone(), format!("{path}/edit"), "/admin/drafts".to_owned()] {
        let body = owner.page(&page).await;
        for mark in ["<script>alert", "onerror=\"", "<iframe", "javascript:alert", "<svg onload"] {
            assert!(!body.contains(mark), "{page}: {mark}");
        }
    }
    // An address of "read the original" that is none a browser opens.
    let forged = [("a.0.title", "x"), ("a.0.source_url", "javascript:alert(1)")];
    assert_eq!(owner.post("/admin/drafts/new", &forged).await.status, 422);
}

#[tokio::test]
async fn who_is_limited_to_another_account_finds_nothing_of_this_one() {
    let desk = Desk::open().await;
    let id = desk.write(&["春茶"]).await;
    let other = new_account("wx00000000000000b2", "coffee", Mode::Plain, &desk.world.wechat);
    let other = Reach::of([desk.world.accounts.add(other).await.unwrap().id]);
    desk.world.node_catches_up().await;
    let drafts = &desk.drafts;
    assert!(matches!(drafts.get(&other, id).await, Err(Error::NotFound)));
    assert!(matches!(drafts.history(&other, id).await, Err(Error::NotFound)));
    assert!(matches!(drafts.edit(&by(), &other, id, 1, vec![desk.article("x")]).await, Err(Error::NotFound)));
    for done in [
        drafts.save(&by(), &other, id).await,
        drafts.publish(&by(), &other, id).await,
        drafts.unpublish(&by(), &other, id).await,
        drafts.decide(&by(), &other, id, true).await,
        drafts.delete(&by(), &other, id).await,
        drafts.restore(&by(), &other, id).await,
    ] {
        assert!(matches!(done, Err(Error::NotFound)), "{done:?}");
    }
    assert!(matches!(drafts.latest(&other, desk.world.account.id, None).await, Err(Error::NotFound)));
    Browser::signed_in(&desk.world, "owner").await;
    let limited = Browser::signed_in_within(&desk.world, "manager", other).await;
    assert!(!limited.get("/admin/drafts").await.body.contains("春茶"));
    assert_eq!(limited.get(&format!("/admin/drafts/{id}")).await.status, 404);
    assert_eq!(limited.get(&format!("/admin/drafts/{id}/edit")).await.status, 404);
    assert!(!limited.get("/admin/drafts/export.csv").await.body.contains("春茶"));
}

#[tokio::test]
async fn a_deleted_draft_goes_at_wechat_too_and_comes_back_to_be_saved_anew() {
    let desk = Desk::open().await;
    let id = desk.saved(&["春茶"]).await;
    desk.drafts.delete(&by(), &Reach::All, id).await.unwrap();
    assert_eq!(desk.at_wechat().await, 0);
    desk.drafts.restore(&by(), &Reach::All, id).await.unwrap();
    assert_eq!(desk.get(id).await.state, "editing");
    desk.drafts.save(&by(), &Reach::All, id).await.unwrap();
    desk.is(id, "saved").await;
    assert_eq!(desk.at_wechat().await, 1);
}
