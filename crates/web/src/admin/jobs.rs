//! What should have happened after a commit and failed for good: a list, and trying again.

use puzi_resource::{Action, Done, Options, Resource, Run, Verb, datetime, integer, select, text};
use puzi_shop::jobs::{self, entity};

use super::resource::{Face, from_shop, shop_actor};

/// What jobs are for.
const KINDS: Options = Options::Fixed(jobs::KINDS);

/// The resource `jobs`: the dead ones. What a job was given is not shown, for it may be somebody's words.
pub(super) fn face() -> Face {
    let resource = Resource::of::<entity::Entity>("jobs")
        .in_group("system", "clock")
        .title("kind")
        .partitioned_by("account_id")
        .not_narrowed()
        .field(select("kind", KINDS).readonly().filter().in_list())
        .field(text("last_error").readonly().searchable().in_list())
        .field(integer("attempts").readonly().in_list())
        .field(datetime("created_at").readonly().in_list())
        .only(&[Verb::View])
        .scope(|_| Some(("state", "dead".into())))
        .action(
            Action::new("retry", |given: Run<'_>| {
                Box::pin(async move {
                    let by = shop_actor(given.actor);
                    let tx = given.store.begin().await?;
                    for id in &given.ids {
                        jobs::retry_in(tx.on(), &by, *id).await.map_err(from_shop)?;
                    }
                    tx.commit().await?;
                    Ok(Done { changed: given.ids.len() as u64, ..Done::default() })
                })
            })
            .bulk()
            .confirm(),
        );
    Face::of(resource)
}

#[cfg(test)]
mod tests {
    use puzi_shop::{jobs::KINDS, texts::Locale};

    #[test]
    fn every_kind_of_job_has_a_name_in_both_languages() {
        for locale in Locale::ALL {
            for kind in KINDS {
                let key = format!("jobs.options.kind.{kind}");
                assert!(crate::texts::find(locale, &key).is_some(), "{key}");
            }
        }
    }
}
