//! Ecommerces.

use puzi_resource::{Resource, datetime, string};
use puzi_shop::ecommerces;

use super::resource::Face;

/// The resource `ecommerces`.
pub(super) fn face() -> Face {
    let resource = Resource::of::<ecommerces::Entity>("ecommerces")
        .in_group("shop", "table")
        .title("title")
        .field(string("title").required().max(255).searchable().in_list())
        .field(datetime("updated_at").readonly());
    Face::of(resource)
}
