//! The life of an ecommerce.

use crate::story::Story;

#[tokio::test]
async fn the_whole_life_of_an_ecommerce() {
    Story::of("ecommerces").refuses("title", "").tell().await;
}
