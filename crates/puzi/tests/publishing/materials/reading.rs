use std::time::Duration;

use puzi_shop::{Error, accounts::Reach, materials::list, replies::Answer};
use puzi_wechat::client::MediaKind;

use crate::common::{keyword, until};
use crate::materials::{Desk, by, png};

impl Desk {
    async fn put_at_wechat(&self, n: usize) -> Vec<String> {
        let mut ids = Vec::with_capacity(n);
        for at in 0..n {
            let sent = self.live.client.material().upload(MediaKind::Image, &format!("p{at}.png"), png(at as u8)).await;
            ids.push(sent.unwrap().media_id);
        }
        ids
    }

    async fn is_read(&self) -> bool {
        let told = self.materials.progress(&Reach::All, self.world.account.id).await.unwrap();
        !told.kinds.is_empty() && !told.is_running() && !told.is_paused()
    }
}

const ROWS: &str = "SELECT COUNT(*) AS n FROM materials WHERE kind = 'image' AND deleted_at IS NULL";

#[tokio::test]
async fn the_list_is_read_whole_though_the_process_is_killed_and_no_row_is_there_twice() {
    let mut desk = Desk::open().await;
    desk.put_at_wechat(130).await;
    let (account, reach) = (desk.world.account.id, Reach::All);
    desk.world.wechat.faults().update(|faults| faults.api_slow_ms = 150);
    desk.materials.sync(&by(), &reach, account).await.unwrap();
    until("a page is read", Duration::from_secs(20), async || desk.world.count(ROWS).await > 0).await;
    desk.world.restart_node().await;
    desk.world.wechat.faults().update(|faults| faults.api_slow_ms = 0);
    // A page under way when the process died comes again after its lease.
    desk.world.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    until("the list is read", Duration::from_secs(60), async || desk.is_read().await).await;
    assert_eq!(desk.world.count(ROWS).await, 130);
    let twice =
        "SELECT COUNT(*) AS n FROM (SELECT lasting_id FROM materials GROUP BY lasting_id HAVING COUNT(*) > 1) AS d";
    assert_eq!(desk.world.count(twice).await, 0);
    // Read again, it is the same set.
    desk.materials.sync(&by(), &reach, account).await.unwrap();
    until("it is read again", Duration::from_secs(60), async || desk.is_read().await).await;
    assert_eq!(desk.world.count(ROWS).await, 130);
}

#[tokio::test]
async fn a_reading_is_paused_and_goes_on_where_it_was() {
    let desk = Desk::open().await;
    desk.put_at_wechat(70).await;
    let (account, reach) = (desk.world.account.id, Reach::All);
    desk.world.wechat.faults().update(|faults| faults.api_slow_ms = 200);
    desk.materials.sync(&by(), &reach, account).await.unwrap();
    until("a page is read", Duration::from_secs(20), async || desk.world.count(ROWS).await >= 20).await;
    desk.materials.pause(&by(), &reach, account).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let here = desk.world.count(ROWS).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(desk.world.count(ROWS).await, here);
    desk.world.wechat.faults().update(|faults| faults.api_slow_ms = 0);
    desk.materials.sync(&by(), &reach, account).await.unwrap();
    until("the list is read", Duration::from_secs(60), async || desk.is_read().await).await;
    assert_eq!(desk.world.count(ROWS).await, 70);
}

#[tokio::test]
async fn what_is_gone_at_wechat_is_gone_here_and_comes_back() {
    let desk = Desk::open().await;
    let account = desk.world.account.id;
    let tea = desk.add("tea.png", true, png(1)).await.unwrap();
    desk.live.client.material().delete(tea.lasting_id.as_deref().unwrap()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    desk.materials.sync(&by(), &Reach::All, account).await.unwrap();
    until("it is gone", Duration::from_secs(30), async || desk.get(tea.id).await.state == "gone").await;
    // What names it follows.
    let rule = desk.world.rule(keyword("茶", Answer::Image { media_id: tea.lasting_id.clone().unwrap() })).await;
    let again = desk.materials.again(&by(), &Reach::All, tea.id).await.unwrap();
    assert_eq!(again.state, "ready");
    assert_ne!(again.lasting_id, tea.lasting_id);
    let uses = desk.materials.uses(&Reach::All, tea.id).await.unwrap();
    assert_eq!(uses.iter().map(|one| (one.kind, one.id)).collect::<Vec<_>>(), [("rule", Some(rule))]);
}

#[tokio::test]
async fn a_file_that_wechat_alone_has_is_fetched_when_it_is_looked_at() {
    let desk = Desk::open().await;
    desk.put_at_wechat(1).await;
    desk.materials.sync(&by(), &Reach::All, desk.world.account.id).await.unwrap();
    desk.world.until_count(ROWS, 1).await;
    let listed = list(&desk.world.db, desk.world.account.id, MediaKind::Image, 0).await.unwrap();
    assert!(listed[0].lasting && listed[0].has_thumbnail);
    let jpeg = desk.materials.picture(&Reach::All, listed[0].id).await.unwrap();
    assert_eq!(&jpeg[..3], b"\xFF\xD8\xFF");
    let (path, row) = desk.materials.file(&Reach::All, listed[0].id).await.unwrap();
    assert_eq!((std::fs::read(path).unwrap(), row.media_type.as_str()), (png(0), "image/png"));
    let none = desk.materials.picture(&Reach::none(), listed[0].id).await;
    assert!(matches!(none, Err(Error::NotFound)));
}

#[tokio::test]
async fn one_whose_three_days_are_over_is_offered_no_more_and_can_be_uploaded_again() {
    let desk = Desk::open().await;
    let tea = desk.add("tea.png", false, png(1)).await.unwrap();
    let rule = desk.world.rule(keyword("茶", Answer::Image { media_id: tea.passing_id.clone().unwrap() })).await;
    assert!(matches!(desk.materials.again(&by(), &Reach::All, tea.id).await, Err(Error::NotNow(_))));
    desk.world.db.execute("UPDATE materials SET expires_at = 1", []).await.unwrap();
    let now = puzi_shop::db::now_ms();
    assert_eq!(list(&desk.world.db, desk.world.account.id, MediaKind::Image, now).await.unwrap(), []);
    let again = desk.materials.again(&by(), &Reach::All, tea.id).await.unwrap();
    assert!(again.state == "ready" && again.passing_id != tea.passing_id && !again.has_ended(now));
    let uses = desk.materials.uses(&Reach::All, tea.id).await.unwrap();
    assert_eq!(uses.iter().map(|one| (one.kind, one.id)).collect::<Vec<_>>(), [("rule", Some(rule))]);
}

#[tokio::test]
async fn what_a_rule_names_is_uploaded_anew_before_its_three_days_are_over() {
    let mut desk = Desk::open().await;
    let named = desk.add("named.png", false, png(1)).await.unwrap();
    let other = desk.add("other.png", false, png(2)).await.unwrap();
    let old = named.passing_id.clone().unwrap();
    desk.world.rule(keyword("茶", Answer::Image { media_id: old.clone() })).await;
    let soon = puzi_shop::db::now_ms() + 3_600_000;
    desk.world.db.execute("UPDATE materials SET expires_at = $1", [soon.into()]).await.unwrap();
    // It looks some seconds after it began, and then hourly.
    desk.world.restart_node().await;
    until("it is renewed", Duration::from_secs(60), async || desk.get(named.id).await.passing_id != Some(old.clone()))
        .await;
    let now = desk.get(named.id).await;
    assert!(now.expires_at.unwrap() > soon);
    let follows = format!("SELECT COUNT(*) AS n FROM reply_rules WHERE answer LIKE '%{}%'", now.passing_id.unwrap());
    assert_eq!(desk.world.count(&follows).await, 1);
    assert_eq!(desk.get(other.id).await.passing_id, other.passing_id, "nobody names it");
}
