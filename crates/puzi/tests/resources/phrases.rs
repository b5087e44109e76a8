//! The life of a quick phrase.

use crate::story::Story;

#[tokio::test]
async fn the_whole_life_of_a_phrase() {
    Story::of("phrases").refuses("title", "").refuses("position", "10000").tell().await;
}
