//! Ecommerces: the shops of an account.

use puzi_resource::{Action, Done, Resource, Run, belongs_to, boolean, datetime, email, image, phone, string, text};
use puzi_shop::ecommerces;

use super::resource::{Face, from_shop, shop_actor, state};

/// The resource `ecommerces`.
pub(super) fn face() -> Face {
    let resource = Resource::of::<ecommerces::Entity>("ecommerces")
        .in_group("shop", "shop")
        .title("title")
        .partitioned_by("account_id")
        .field(image("logo").in_list())
        .field(string("title").required().max(50).searchable().in_list())
        .field(belongs_to("account_id", "accounts").required().filter().in_list())
        .field(boolean("open").default(true).filter().in_list())
        .field(text("notice").max(500))
        .field(string("contact_name").max(50))
        .field(phone("contact_phone").in_list())
        .field(email("contact_email"))
        .field(datetime("updated_at").readonly())
        .action(turn("open", true))
        .action(turn("close", false).confirm());
    Face::of(resource).cell("open", |shop, reader| {
        let open = shop.get("open") == true;
        state(
            if open { "open" } else { "closed" },
            &reader.t(if open { "ecommerces.open" } else { "ecommerces.closed" }),
        )
    })
}

/// The action that opens or closes the shops chosen, all or none.
fn turn(name: &'static str, open: bool) -> Action {
    Action::new(name, move |given: Run<'_>| {
        Box::pin(async move {
            let by = shop_actor(given.actor);
            let tx = given.store.begin().await?;
            let mut done = Done::default();
            for id in &given.ids {
                done.changed += u64::from(ecommerces::set_open(tx.on(), &by, *id, open).await.map_err(from_shop)?);
            }
            tx.commit().await?;
            Ok(done)
        })
    })
    .bulk()
}
