//! Personal access tokens, for whoever watches over them. Their holders make and revoke them at `/admin/me/tokens`.

use puzi_resource::{Action, Done, Options, Resource, Run, Verb, belongs_to, datetime, multi_select, string};
use puzi_shop::staff::{Staff, entity};
use serde_json::Value;

use super::resource::{Face, Markup, from_shop, shop_actor};

/// The resource `tokens`.
pub(super) fn face(staff: &Staff) -> Face {
    let staff = staff.clone();
    let resource = Resource::of::<entity::api_tokens::Entity>("tokens")
        .in_group("system", "key")
        .title("name")
        .field(string("name").readonly().searchable().in_list())
        .field(belongs_to("staff_id", "staff").readonly().filter().in_list())
        .field(string("hint").readonly().in_list())
        .field(multi_select("scopes", Options::Fixed(&[])).readonly())
        .field(datetime("last_used_at").readonly().in_list())
        .field(datetime("expires_at").readonly().in_list())
        .field(datetime("revoked_at").readonly().in_list())
        .field(datetime("created_at").readonly())
        .only(&[Verb::View])
        // Who may not revoke other people's tokens has no business with them.
        .scope(|actor| (!actor.may("tokens.delete")).then(|| ("staff_id", Value::from(actor.member))))
        .action(
            Action::new("revoke", move |given: Run<'_>| {
                let staff = staff.clone();
                Box::pin(async move {
                    let by = shop_actor(given.actor);
                    let mut done = Done::default();
                    for id in given.ids {
                        staff.revoke_token(&by, id).await.map_err(from_shop)?;
                        done.changed += 1;
                    }
                    Ok(done)
                })
            })
            .bulk()
            .danger(),
        );
    Face::of(resource).cell("hint", |record, _| {
        Markup::tag("span", &[("class", "mono")], Markup::text(&format!("…{}", record.text("hint"))))
    })
}
