use puzi_shop::{Error, accounts::Reach, replies::Answer};

use std::time::Duration;

use crate::common::{APPID, Browser, keyword, until};
use crate::materials::{Desk, by, png};

const ADD: &str = "/cgi-bin/material/add_material";

#[tokio::test]
async fn what_the_name_says_is_not_what_it_is() {
    let desk = Desk::open().await;
    for (name, file, key) in [
        ("tea.png", b"MZ\x90\x00 a program".to_vec(), "material.wrong_type"),
        ("tea.jpg", b"<svg onload=alert(1)></svg>".to_vec(), "material.wrong_type"),
        ("tea.png", Vec::new(), "material.missing"),
    ] {
        let refused = desk.add(name, true, file).await;
        assert!(matches!(&refused, Err(Error::Invalid(all)) if all[0].key == key), "{name}: {refused:?}");
    }
    assert_eq!(desk.world.count("SELECT COUNT(*) AS n FROM materials").await, 0);
    assert!(desk.world.wechat.quotas(APPID).iter().all(|quota| quota.path != ADD), "nothing was sent");
    // A program's ending on a picture's bytes is no matter.
    let kept = desk.add("../../春茶.exe", true, png(1)).await.unwrap();
    assert_eq!((kept.name.as_str(), kept.media_type.as_str(), kept.state.as_str()), ("春茶.png", "image/png", "ready"));
    assert!(kept.lasting_id.is_some() && kept.passing_id.is_none() && kept.pictured);
    let passing = desk.add("b.png", false, png(2)).await.unwrap();
    assert!(passing.lasting_id.is_none() && passing.expires_at.is_some());
}

#[tokio::test]
async fn an_upload_that_wechat_refuses_stays_and_is_tried_again() {
    let desk = Desk::open().await;
    desk.world.wechat.faults().update(|faults| _ = faults.refuse.insert(ADD.into(), 45_034));
    assert!(matches!(desk.add("a.png", true, png(1)).await, Err(Error::WeChat(_))));
    let id = desk.world.count("SELECT id AS n FROM materials").await;
    let failed = desk.get(id).await;
    assert_eq!((failed.state.as_str(), failed.errcode), ("failed", Some(45_034)));
    desk.world.wechat.faults().update(|faults| faults.refuse.clear());
    let again = desk.materials.again(&by(), &Reach::All, id).await.unwrap();
    assert_eq!((again.state.as_str(), again.errcode, again.error), ("ready", None, None));
    // What is there is not sent twice.
    assert!(matches!(desk.materials.again(&by(), &Reach::All, id).await, Err(Error::NotNow(_))));
}

#[tokio::test]
async fn a_lost_answer_leaves_a_row_that_says_so_and_no_guess_by_name() {
    let desk = Desk::open().await;
    desk.world.wechat.faults().update(|faults| _ = faults.api_lost.insert(ADD.into(), 1));
    assert!(desk.add("a.png", true, png(1)).await.is_err());
    let id = desk.world.count("SELECT id AS n FROM materials").await;
    assert_eq!(desk.get(id).await.state, "failed");
    // WeChat has it: reading its list finds one more, of the same name.
    desk.materials.sync(&by(), &Reach::All, desk.world.account.id).await.unwrap();
    desk.world.until_count("SELECT COUNT(*) AS n FROM materials", 2).await;
    assert_eq!(desk.get(id).await.state, "failed");
}

#[tokio::test]
async fn a_process_killed_in_an_upload_leaves_a_row_that_says_so() {
    let mut desk = Desk::open().await;
    let owner = Browser::signed_in(&desk.world, "owner").await;
    desk.world.wechat.faults().update(|faults| faults.api_late_ms = 2_500);
    let sending = tokio::spawn(async move {
        // Its connection ends with the process.
        let form = reqwest::multipart::Form::new().text("_csrf", owner.csrf().await).text("kind", "image");
        let file = reqwest::multipart::Part::bytes(png(1)).file_name("tea.png");
        let form = form.text("lasting", "1").part("file", file);
        owner.request(reqwest::Method::POST, "/admin/materials").multipart(form).send().await.is_err()
    });
    let begun = "SELECT COUNT(*) AS n FROM materials WHERE state = 'uploading'";
    until("it is under way", Duration::from_secs(15), async || desk.world.count(begun).await == 1).await;
    until("WeChat has it", Duration::from_secs(15), async || {
        desk.world.wechat.quotas(APPID).iter().any(|quota| quota.path == ADD && quota.used > 0)
    })
    .await;
    desk.world.restart_node().await;
    assert!(sending.await.unwrap());
    desk.world.wechat.faults().update(|faults| faults.api_late_ms = 0);
    let id = desk.world.count("SELECT id AS n FROM materials").await;
    // Nobody else may touch it as long as it may be under way.
    assert!(matches!(desk.materials.remove(&by(), &Reach::All, id).await, Err(Error::NotNow(_))));
    desk.world.db.execute("UPDATE materials SET updated_at = 1", []).await.unwrap();
    until("it is ended", Duration::from_secs(60), async || desk.get(id).await.state == "failed").await;
    assert_eq!(desk.get(id).await.error.as_deref(), Some("interrupted"));
    let again = desk.materials.again(&by(), &Reach::All, id).await.unwrap();
    assert_eq!((again.state.as_str(), again.error), ("ready", None));
}

#[tokio::test]
async fn everything_that_names_it_is_told_and_follows_another_file() {
    let desk = Desk::open().await;
    let tea = desk.add("tea.png", true, png(1)).await.unwrap();
    let old = tea.lasting_id.clone().unwrap();
    let rule = desk.world.rule(keyword("茶", Answer::Image { media_id: old.clone() })).await;
    let (account, id) = (desk.world.account.id, tea.id);
    let menu =
        format!(r#"{{"button": [{{"type": "media_id", "name": "看茶", "media_id": "{old}"}}], "conditional": []}}"#);
    let insert = async |sql: &str, content: String| {
        desk.world.db.execute(sql, [account.into(), content.into()]).await.unwrap();
    };
    insert(
        "INSERT INTO menu_drafts (account_id, content, version, changed_by, updated_at) VALUES ($1, $2, 1, 'x', 1)",
        menu,
    )
    .await;
    insert(
        "INSERT INTO broadcasts (account_id, name, kind, content, audience, whom, whom_name, state, hands, made_name, \
         created_at, updated_at) VALUES ($1, '群发', 'image', $2, 'all', '{\"to\":\"all\"}', '', 'draft', '[]', 'x', 1, 1)",
        format!(r#"{{"kind": "image", "materials": [{id}]}}"#),
    )
    .await;
    let kinds = async || {
        let uses = desk.materials.uses(&Reach::All, id).await.unwrap();
        uses.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds().await, ["rule", "menu_draft", "broadcast"]);
    let done = desk.materials.replace(&by(), &Reach::All, id, Some(tea.version), "new.png", png(9)).await.unwrap();
    assert_eq!((done.rules, done.menu, done.drafts), (1, 1, 0));
    assert_eq!(kinds().await, ["rule", "menu_draft", "broadcast"]);
    let named = async |table: &str, column: &str, media_id: &str| {
        desk.world.count(&format!("SELECT COUNT(*) AS n FROM {table} WHERE {column} LIKE '%{media_id}%'")).await
    };
    for (table, column) in [("reply_rules", "answer"), ("menu_drafts", "content")] {
        assert_eq!(named(table, column, &old).await, 0, "{table}");
        assert_eq!(named(table, column, done.material.lasting_id.as_deref().unwrap()).await, 1, "{table}");
    }
    assert!(rule > 0);
    // Nothing at WeChat uses the old one: it goes.
    until("the old one is gone", Duration::from_secs(20), async || {
        desk.world.count("SELECT COUNT(*) AS n FROM material_leftovers").await == 0
    })
    .await;
    assert!(desk.live.client.material().download(&old).await.is_err());
}

#[tokio::test]
async fn replacing_leads_rules_along_and_keeps_the_old_one_while_wechat_uses_it() {
    let desk = Desk::open().await;
    let tea = desk.add("tea.png", true, png(1)).await.unwrap();
    let old = tea.lasting_id.clone().unwrap();
    desk.world.rule(keyword("茶", Answer::Image { media_id: old.clone() })).await;
    desk.world.rule(keyword("酒", Answer::text("没有"))).await;
    // The menu that is live uses the old one.
    let menu = serde_json::json!({ "button": [{ "type": "media_id", "name": "看茶", "media_id": old }] });
    let menu = serde_json::from_value(menu).unwrap();
    desk.live.client.menu().create(&menu).await.unwrap();

    let replaced =
        desk.materials.replace(&by(), &Reach::All, tea.id, Some(tea.version), "new.png", png(9)).await.unwrap();
    let new = replaced.material.lasting_id.clone().unwrap();
    assert_ne!(new, old);
    assert_eq!((replaced.rules, replaced.material.id), (1, tea.id));
    let named = format!("SELECT COUNT(*) AS n FROM reply_rules WHERE answer LIKE '%{new}%'");
    assert_eq!(desk.world.count(&named).await, 1);
    assert_eq!(desk.world.count("SELECT COUNT(*) AS n FROM material_leftovers").await, 1);
    let stale = desk.materials.replace(&by(), &Reach::All, tea.id, Some(tea.version), "x.png", png(3)).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");

    // The answer is the new picture.
    desk.world.node_catches_up().await;
    let fan = desk.world.fan().await;
    let answered = fan.text("茶").await;
    assert!(format!("{answered:?}").contains(&new), "{answered:?}");
}

#[tokio::test]
async fn what_is_in_use_is_not_removed_and_the_uses_are_named() {
    let desk = Desk::open().await;
    let tea = desk.add("tea.png", true, png(1)).await.unwrap();
    desk.world.rule(keyword("看茶", Answer::Image { media_id: tea.lasting_id.clone().unwrap() })).await;
    let uses = desk.materials.uses(&Reach::All, tea.id).await.unwrap();
    assert_eq!(uses.iter().map(|one| (one.kind, one.name.as_str())).collect::<Vec<_>>(), [("rule", "看茶")]);
    let refused = desk.materials.remove(&by(), &Reach::All, tea.id).await;
    assert!(
        matches!(&refused, Err(Error::NotNow(why)) if why.key == "material.in_use" && format!("{why:?}").contains("看茶")),
        "{refused:?}"
    );
    let other = desk.add("other.png", true, png(2)).await.unwrap();
    desk.materials.remove(&by(), &Reach::All, other.id).await.unwrap();
    assert!(desk.live.client.material().download(&other.lasting_id.unwrap()).await.is_err());
    assert!(matches!(desk.materials.remove(&by(), &Reach::All, other.id).await, Err(Error::NotFound)));
    // Gone at WeChat already: that is no error.
    let third = desk.add("third.png", true, png(3)).await.unwrap();
    desk.live.client.material().delete(third.lasting_id.as_deref().unwrap()).await.unwrap();
    desk.materials.remove(&by(), &Reach::All, third.id).await.unwrap();
}

#[tokio::test]
async fn two_who_replace_at_once_end_with_one_file() {
    let desk = Desk::open().await;
    let tea = desk.add("tea.png", true, png(1)).await.unwrap();
    let (person, reach, seen) = (by(), Reach::All, Some(tea.version));
    let replace = |shade| desk.materials.replace(&person, &reach, tea.id, seen, "n.png", png(shade));
    let (one, two) = tokio::join!(replace(7), replace(8));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    // The old one, and what was uploaded for nothing, wait to be removed or are.
    assert!(desk.world.count("SELECT COUNT(*) AS n FROM material_leftovers").await <= 2);
    assert_eq!(desk.get(tea.id).await.state, "ready");
}
