//! Comments below published articles.

use puzi_wechat::api::comments::{Comment, List, Reply};
use serde_json::json;

use crate::publish::publish;
use crate::story::{Story, not_sent, refused};

async fn listed(story: &Story, at: i64, kind: i64) -> Vec<Comment> {
    let page = story.wechat.comments().list(&List::new(at, 0, 49, kind)).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.comment.len()).unwrap());
    page.comment
}

#[tokio::test]
async fn comments() {
    let story = Story::of("comments", 1).await;
    let comments = story.wechat.comments();
    let (submitted, _) = publish(&story, &["一", "二"]).await;
    let at = submitted.msg_data_id.unwrap();
    let fan = story.sandbox.phone(&story.app.appid, "fan-0").await;

    let id = fan.comment(at, 0, "几点开门？").unwrap();
    comments.close(at, None).await.unwrap();
    assert_eq!(fan.comment(at, 0, "关了"), None);
    comments.open(at, None).await.unwrap();
    assert!(fan.comment(at, 0, "开了").is_some());
    comments.close(at, Some(1)).await.unwrap();
    assert_eq!(fan.comment(at, 1, "关了"), None);
    not_sent(comments.open(at, Some(-1)).await, "index");
    refused(comments.open(at, Some(2)).await, 88_001);
    refused(comments.close(1, None).await, 88_001);

    let all = listed(&story, at, 0).await;
    let first = all.iter().find(|comment| comment.user_comment_id == id).unwrap();
    assert_eq!((first.openid.as_str(), first.content.as_str(), first.comment_type), ("fan-0", "几点开门？", false));
    assert!(first.create_time > 0 && first.reply.is_none());
    assert_eq!(comments.list(&List::new(at, 1, 1, 0)).await.unwrap().comment.len(), 1);
    assert_eq!(comments.list(&List::new(at, 0, 1, 0).index(1)).await.unwrap().total, 0);
    not_sent(comments.list(&List::new(at, 0, 50, 0)).await, "count");
    not_sent(comments.list(&List::new(at, 0, 1, 3)).await, "type");
    refused(comments.list(&List::new(1, 0, 1, 0)).await, 88_001);
    let most = json!({ "msg_data_id": at, "begin": 0, "count": 50, "type": 0 });
    refused(story.post("/cgi-bin/comment/list", most).await, 88_010);

    comments.feature(at, id, None).await.unwrap();
    assert_eq!((listed(&story, at, 2).await.len(), listed(&story, at, 1).await.len()), (1, 1));
    assert!(listed(&story, at, 2).await[0].comment_type);
    comments.unfeature(at, id, None).await.unwrap();
    assert_eq!(listed(&story, at, 2).await, []);
    refused(comments.feature(at, 999, None).await, 88_008);
    refused(comments.unfeature(at, 999, None).await, 88_008);
    let withdrawn = fan.comment(at, 0, "算了").unwrap();
    assert!(fan.take_back_comment(withdrawn));
    refused(comments.feature(at, withdrawn, Some(0)).await, 88_004);

    comments.reply(&Reply::new(at, id, "九点")).await.unwrap();
    let all = listed(&story, at, 0).await;
    let reply = all.iter().find_map(|comment| comment.reply.as_ref()).unwrap();
    assert_eq!(reply.content, "九点");
    assert!(reply.create_time > 0);
    refused(comments.reply(&Reply::new(at, id, "十点").index(0)).await, 88_005);
    not_sent(comments.reply(&Reply::new(at, id, "")).await, "content");
    let empty = json!({ "msg_data_id": at, "user_comment_id": id, "content": "" });
    refused(story.post("/cgi-bin/comment/reply/add", empty).await, 88_007);
    comments.delete_reply(at, id, None).await.unwrap();
    assert!(listed(&story, at, 0).await.iter().all(|comment| comment.reply.is_none()));
    refused(comments.delete_reply(at, id, None).await, 87_009);

    comments.delete(at, id, None).await.unwrap();
    assert_eq!(listed(&story, at, 0).await.len(), 1);
    refused(comments.delete(at, id, None).await, 88_008);
    story.sandbox.allow_comments(&story.app.appid, false).unwrap();
    refused(comments.open(at, None).await, 88_000);
    story.end();
}
