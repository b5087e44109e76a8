//! What was said is found by its words: on the page, by the command line, in the inbox.

use serde_json::Value;

use super::SOON;
use crate::common::{Browser, World, keyword, until};
use puzi_shop::replies::Answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_is_found_at_once_and_leads_to_its_place() {
    let world = World::new().await;
    world.rule(keyword("绿茶多少钱", Answer::Text { content: "绿茶十元".into() })).await;
    let owner = Browser::signed_in(&world, "owner").await;
    let (one, two) = (world.fan().await, world.fan().await);
    one.text("请问绿茶多少钱").await;
    two.text("<b>ＧＲＥＥＮ</b> 红茶").await;
    let chat = world.chat_with(&one).await;
    world.chat_with(&two).await;

    let page = owner.page("/admin/chats/said").await;
    assert!(page.contains("Which words?") && !page.contains("<mark>"), "{page}");
    let page = owner.page("/admin/chats/said?q=%E7%BB%BF%E8%8C%B6").await;
    assert!(page.contains("请问<mark>绿茶</mark>多少钱"), "{page}");
    // What the rule answered at once is not what somebody said.
    assert_eq!(page.matches("<mark>").count(), 1, "{page}");
    let id = world.count("SELECT id AS n FROM messages WHERE summary = '请问绿茶多少钱'").await;
    assert!(page.contains(&format!("/admin/inbox/{chat}?at=m{id}")), "{page}");
    let there = owner.page(&format!("/admin/inbox/{chat}?at=m{id}")).await;
    assert!(there.contains("请问绿茶多少钱"), "{there}");

    // Case and width do not matter, and markup is text.
    let page = owner.page("/admin/chats/said?q=green&by=follower").await;
    assert!(page.contains("&#60;b&#62;<mark>ＧＲＥＥＮ</mark>&#60;/b&#62;"), "{page}");
    let page = owner.page("/admin/chats/said?q=green&by=staff").await;
    assert!(page.contains("Nothing found"), "{page}");
    let page = owner.page("/admin/chats/said?kind=text").await;
    assert_eq!(page.matches("said-hit").count(), 2, "{page}");
    let page = owner.page(&format!("/admin/chats/said?q={}", "a".repeat(101))).await;
    assert!(page.contains("At most 100 characters"), "{page}");
    let inbox = owner.page("/admin/inbox?q=%E7%BB%BF%E8%8C%B6").await;
    assert!(inbox.contains(&format!("/admin/inbox/{chat}")), "{inbox}");

    let found = search(&world, &["绿茶"]);
    assert_eq!((found.len(), found[0]["text"].as_str()), (1, Some("请问绿茶多少钱")));
    assert_eq!(search(&world, &["茶", "--by", "follower"]).len(), 2);
    assert!(search(&world, &["茶", "--kind", "image"]).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_takes_over_what_the_server_took_in() {
    let world = World::new().await;
    let fan = world.fan().await;
    fan.text("第一句绿茶").await;
    world.chat_with(&fan).await;
    // Enough others for a block; they were said by nobody who is asked for.
    let others = format!(
        "INSERT INTO messages (account_id, openid, inbound, kind, summary, payload, sent_at, received_at, answer_state, \
         answered_at, lease_until) SELECT {}, 'oOther', TRUE, 'text', '别的', '', m.id, m.id, 'none', 0, 0 \
         FROM messages m",
        world.account.id
    );
    while world.count("SELECT COUNT(*) AS n FROM messages").await < 1_100 {
        world.db.execute(&others, []).await.unwrap();
    }
    until("a block is built", SOON, async || world.count("SELECT COUNT(*) AS n FROM said_blocks").await > 0).await;
    let found = search(&world, &["绿茶"]);
    assert_eq!((found.len(), found[0]["text"].as_str()), (1, Some("第一句绿茶")));
}

fn search(world: &World, args: &[&str]) -> Vec<Value> {
    let out = world.place.command().args(["chats", "search", "--json"]).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let json: Value = serde_json::from_slice(&out.stdout).unwrap();
    json["said"].as_array().unwrap().clone()
}
