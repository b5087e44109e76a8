//! Tags and the blacklist.

use crate::story::{Story, not_sent, refused};

#[tokio::test]
async fn tags() {
    let story = Story::of("tags", 3).await;
    let tags = story.wechat.tags();

    let vip = tags.create("贵宾").await.unwrap();
    refused(tags.create("贵宾").await, 45157);
    not_sent(tags.create(&"宾".repeat(11)).await, "tag.name");
    assert_eq!(tags.list().await.unwrap().iter().filter(|tag| tag.name == "贵宾").count(), 1);

    tags.rename(vip.id, "老顾客").await.unwrap();
    refused(tags.rename(2, "星标").await, 45058);

    tags.tag(&["fan-0", "fan-1"], vip.id).await.unwrap();
    refused(tags.tag(&["nobody"], vip.id).await, 40003);
    let page = tags.followers(vip.id, None).await.unwrap();
    assert_eq!(page.openids, ["fan-0", "fan-1"]);
    refused(tags.followers(9_999, None).await, 45159);
    assert_eq!(tags.of("fan-0").await.unwrap(), [vip.id]);
    refused(tags.of("nobody").await, 40003);
    tags.untag(&["fan-0"], vip.id).await.unwrap();
    refused(tags.untag(&["nobody"], vip.id).await, 40003);
    assert_eq!(tags.of("fan-0").await.unwrap(), [0_i64; 0]);

    tags.block(&["fan-2"]).await.unwrap();
    refused(tags.block(&["nobody"]).await, 40003);
    assert_eq!(tags.blacklist(None).await.unwrap().openids, ["fan-2"]);
    refused(tags.blacklist(Some("nobody")).await, 40003);
    tags.unblock(&["fan-2"]).await.unwrap();
    refused(tags.unblock(&["nobody"]).await, 40003);

    tags.delete(vip.id).await.unwrap();
    refused(tags.delete(0).await, 45058);
    story.refuse("/cgi-bin/tags/get", 45009);
    refused(tags.list().await, 45009);
    story.end();
}
