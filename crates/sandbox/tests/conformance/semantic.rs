//! Understanding.

use puzi_wechat::api::semantic::Search;

use crate::story::{Story, refused};

#[tokio::test]
async fn semantic() {
    let story = Story::of("semantic", 0).await;
    let semantic = story.wechat.semantic();
    let ask = Search::new("查一下明天从北京到上海的机票", "flight,hotel").city("北京").uid("u");
    let meaning = semantic.search(&ask).await.unwrap();
    assert_eq!(meaning.kind, "flight");
    refused(semantic.search(&Search::new("你好", "flight").city("北京")).await, 7_000_000);
    story.end();
}
