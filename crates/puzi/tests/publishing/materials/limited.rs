use puzi_shop::{Error, accounts::Reach};
use puzi_wechat::envelope::Mode;

use crate::common::{Browser, between, new_account};
use crate::materials::{Desk, by, png};

#[tokio::test]
async fn who_is_limited_to_another_account_finds_nothing_of_this_one() {
    let desk = Desk::open().await;
    let tea = desk.add("tea.png", true, png(1)).await.unwrap();
    let account = desk.world.account.id;
    let other = new_account("wx00000000000000b2", "coffee", Mode::Plain, &desk.world.wechat);
    let other = Reach::of([desk.world.accounts.add(other).await.unwrap().id]);
    desk.world.node_catches_up().await;
    let materials = &desk.materials;
    assert!(matches!(materials.get(&other, tea.id).await, Err(Error::NotFound)));
    assert!(matches!(materials.uses(&other, tea.id).await, Err(Error::NotFound)));
    assert!(matches!(materials.file(&other, tea.id).await, Err(Error::NotFound)));
    assert!(matches!(materials.picture(&other, tea.id).await, Err(Error::NotFound)));
    assert!(matches!(materials.remove(&by(), &other, tea.id).await, Err(Error::NotFound)));
    assert!(matches!(materials.again(&by(), &other, tea.id).await, Err(Error::NotFound)));
    assert!(matches!(materials.replace(&by(), &other, tea.id, None, "x.png", png(2)).await, Err(Error::NotFound)));
    assert!(matches!(materials.sync(&by(), &other, account).await, Err(Error::NotFound)));
    assert!(matches!(materials.pause(&by(), &other, account).await, Err(Error::NotFound)));
    assert!(matches!(materials.progress(&other, account).await, Err(Error::NotFound)));
    assert!(matches!(materials.latest(&other, account, None, None).await, Err(Error::NotFound)));

    let owner = Browser::signed_in(&desk.world, "owner").await;
    assert!(owner.page("/admin/materials").await.contains("tea.png"));
    let limited = Browser::signed_in_within(&desk.world, "manager", other).await;
    let list = limited.get("/admin/materials").await;
    assert!(!list.body.contains("tea.png"));
    for path in ["", "/file", "/thumbnail", "/edit"] {
        let page = limited.get(&format!("/admin/materials/{}{path}", tea.id)).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let export = limited.get("/admin/materials/export.csv").await;
    assert!(!export.body.contains("tea.png"));
}

#[tokio::test]
async fn a_file_is_uploaded_looked_at_and_replaced_without_scripts() {
    let desk = Desk::open().await;
    let owner = Browser::signed_in(&desk.world, "owner").await;
    owner.page("/admin/materials/new").await;
    let fields = [("kind", "image"), ("lasting", "1")];
    let refused = owner.upload("/admin/materials", &fields, "a.png", b"no picture".to_vec()).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let added = owner.upload("/admin/materials", &fields, "a.png", png(1)).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let path = added.location().to_owned();
    let page = owner.page(&path).await;
    assert!(page.contains("a.png"));
    let version = between(&page, "name=\"version\" value=\"", "\"").to_owned();
    let replaced = owner.upload(&format!("{path}/replace"), &[("version", version.as_str())], "b.png", png(2)).await;
    assert_eq!(replaced.status, 303, "{}", replaced.body);
    assert!(owner.page(&path).await.contains("b.png"));
    let picked = owner.page("/admin/materials/pick?kind=image&lasting=1").await;
    assert!(picked.contains("b.png") && picked.contains("data-media-id"));
    let edit = owner.page(&format!("{path}/edit")).await;
    let version = between(&edit, "name=\"_version\" value=\"", "\"").to_owned();
    let named = |name: &'static str| [("name", name), ("title", ""), ("introduction", ""), ("_version", &*version)];
    let nameless = owner.post(&path, &named("")).await;
    assert_eq!(nameless.status, 422, "{}", nameless.body);
    let edited = owner.post(&path, &named("明前.png")).await;
    assert_eq!(edited.status, 303, "{}", edited.body);
    assert!(owner.page(&path).await.contains("明前.png"));
    // Somebody else has changed it since.
    assert_eq!(owner.post(&path, &named("雨前.png")).await.status, 409);
    let gone = owner.post(&format!("{path}/delete"), &[("confirmed", "1")]).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert_eq!(owner.get(&path).await.status, 404);
}
