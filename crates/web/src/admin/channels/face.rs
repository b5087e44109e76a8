//! The lists of channels and of their folders, and the forms of both. What is special about a channel is a use case, run in
//! the transaction of the change: so an imported file does what a form does.

use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use jiff::tz::TimeZone;
use puzi_resource::{
    Action, Change, Done, Options, Record, Resource, Result, Run, Say, Verb, belongs_to, boolean, computed, datetime,
    integer, select, string, text,
};
use puzi_shop::{
    channels::{
        self, MOST_DAYS, NAME_CHARS, NewChannel, SCENE_BYTES,
        entity::{channel, folder},
    },
    db::now_ms,
    followers::growth::day_of,
    machine::Word,
};
use serde_json::Value;

use crate::admin::resource::{Face, ListPage, Markup, Page, copyable, from_shop, shop_actor, state, with_sub};

/// Days that the list tells of.
const DAYS: i64 = 30;
const STATES: Options = Options::Fixed(&["making", "asking", "live", "failed", "unknown"]);
const KINDS: Options = Options::Fixed(&["number", "text"]);

/// The resource `channels`.
pub(in crate::admin) fn face() -> Face {
    let zone: Arc<OnceLock<TimeZone>> = Arc::default();
    let running = zone.clone();
    let resource = Resource::of::<channel::Entity>("channels")
        .in_group("followers", "qr")
        .title("name")
        .partitioned_by("account_id")
        .ordered_by("id", true)
        .field(belongs_to("account_id", "accounts").required().only_on_create().filter())
        .field(string("name").required().max(NAME_CHARS as i64).searchable().in_list())
        .field(computed("stand", |channel| stand(channel).into()).in_list())
        .field(belongs_to("folder_id", "channel_folders").nullable().filter().in_list())
        .field(boolean("lasting").default(false).only_on_create().filter())
        .field(integer("ttl_days").nullable().min(1).max(MOST_DAYS).default(MOST_DAYS))
        .field(string("scene").max_bytes(SCENE_BYTES).only_on_create().searchable())
        .field(text("note").max(500))
        .field(select("scene_kind", KINDS).readonly().not_shown())
        .field(select("state", STATES).readonly().filter())
        .field(integer("scans_30").filled().in_list())
        .field(integer("follows_30").filled().in_list())
        .field(string("url").readonly())
        .field(datetime("made_at").readonly())
        .field(datetime("expires_at").readonly())
        .field(string("error").readonly())
        .field(integer("errcode").readonly())
        .field(string("rid").readonly())
        .field(datetime("created_at").readonly())
        .field(datetime("updated_at").readonly())
        .before(|change| async move { prepare(change).await }.boxed())
        .after(|change| async move { follow_up(change).await }.boxed())
        .fill(move |store, found| {
            let zone = zone.clone();
            async move {
                let today = day_of(now_ms(), zone.get().unwrap_or(&TimeZone::UTC));
                let ids: Vec<_> = found.iter().map(|channel| channel.id).collect();
                let sums = channels::lately(store.reader(), &ids, today - DAYS + 1).await.map_err(from_shop)?;
                for channel in found {
                    let (scans, follows) = sums.get(&channel.id).copied().unwrap_or_default();
                    channel.set("scans_30", scans);
                    channel.set("follows_30", follows);
                }
                Ok(())
            }
            .boxed()
        })
        .action(
            Action::new("remake", |given: Run<'_>| {
                Box::pin(async move {
                    let by = shop_actor(given.actor);
                    let tx = given.store.begin().await?;
                    for id in &given.ids {
                        channels::remake_in(tx.on(), &by, *id).await.map_err(from_shop)?;
                    }
                    tx.commit().await?;
                    Ok(Done { changed: given.ids.len() as u64, ..Done::default() })
                })
            })
            .bulk()
            .confirm(),
        );
    Face::of(resource)
        .own(Page::Show)
        .head(|page: &ListPage| {
            if !page.shell.may("channel_folders.view") {
                return Markup::default();
            }
            let text = Markup::text(&page.shell.t("channels.folders"));
            let link = Markup::tag("a", &[("href", "/admin/channel_folders")], text);
            Markup::tag("p", &[("class", "mb-2")], link)
        })
        .when_running(move |parts| {
            // A second server in one process has faces of its own.
            let _ = running.set(TimeZone::get(parts.registry.timezone()).unwrap_or(TimeZone::UTC));
        })
        .cell("name", |channel, reader| with_sub(channel.text("name"), channel.text("scene"), reader))
        .cell("scene", |channel, reader| copyable(channel.text("scene"), reader))
        .cell("stand", |channel, reader| {
            let word = stand(channel);
            let until = match channel.number("expires_at") {
                Some(at) if word == "live" => {
                    let text = reader.texts.say("channels.until", &[("when", reader.when(at))]);
                    Markup::tag("span", &[("class", "sub")], Markup::text(&text))
                }
                _ => Markup::default(),
            };
            state(tone(word), &reader.t(&format!("channels.options.stand.{word}"))).and(until)
        })
}

/// The resource `channel_folders`.
pub(in crate::admin) fn folders() -> Face {
    let resource = Resource::of::<folder::Entity>("channel_folders")
        .in_group("followers", "box")
        .title("name")
        .partitioned_by("account_id")
        .ordered_by("position", false)
        .field(belongs_to("account_id", "accounts").required().only_on_create().filter())
        .field(string("name").required().max(30).searchable().in_list())
        .field(integer("position").required().min(0).max(9_999).default(0).in_list())
        .field(datetime("updated_at").readonly())
        .only(&[Verb::View, Verb::Create, Verb::Edit, Verb::Delete])
        .before(|change| {
            async move {
                if change.verb == Verb::Delete {
                    channels::empty_folder(change.tx, change.id).await.map_err(from_shop)?;
                }
                Ok(())
            }
            .boxed()
        });
    Face::of(resource).not_in_navigation().head(|page: &ListPage| {
        if !page.shell.may("channels.view") {
            return Markup::default();
        }
        let link = Markup::tag("a", &[("href", super::PATH)], Markup::text(&page.shell.t("channels.many")));
        Markup::tag("p", &[("class", "mb-2")], link)
    })
}

/// Where a code stands, as people see it: one whose time is over is no good any more.
pub(super) fn stand(channel: &Record) -> &'static str {
    match channel.text("state") {
        "live" if channel.number("expires_at").is_some_and(|end| end <= now_ms()) => "over",
        "live" => "live",
        "making" | "asking" => "making",
        "failed" => "failed",
        _ => "unknown",
    }
}

/// The word whose colour a state has.
pub(super) fn tone(word: &str) -> &'static str {
    match word {
        "live" => "active",
        "making" => "pending",
        "over" => "expired",
        "failed" => "failed",
        _ => "blocked",
    }
}

fn asked(values: &Record, account_id: i64) -> NewChannel {
    NewChannel {
        account_id,
        name: values.text("name").to_owned(),
        note: values.text("note").to_owned(),
        folder_id: values.number("folder_id"),
        lasting: values.get("lasting") == &Value::Bool(true),
        ttl_days: values.number("ttl_days"),
        scene: values.text("scene").to_owned(),
    }
}

/// Checks what is about to be stored, and adds what follows from it.
async fn prepare(change: &mut Change<'_>) -> Result<()> {
    match change.verb {
        Verb::Create => {
            let account = change.values.number("account_id").unwrap_or_default();
            let new = asked(change.values, account);
            let ready = channels::ready(change.tx, &new).await.map_err(from_shop)?;
            change.values.set("scene", ready.scene);
            change.values.set("scene_kind", ready.kind.word());
            change.values.set("ttl_days", ready.ttl_days.map_or(Value::Null, Value::from));
            change.values.set("state", channels::State::Making.word());
            change.values.set("note", new.note);
            change.values.set("lasting", new.lasting);
            Ok(())
        }
        Verb::Edit => {
            let Some(before) = change.before else { return Ok(()) };
            let account = before.number("account_id").unwrap_or_default();
            let folder = change.values.number("folder_id");
            if before.get("lasting") == &Value::Bool(true) {
                change.values.set("ttl_days", Value::Null);
            } else if change.values.values.get("ttl_days") == Some(&Value::Null) {
                change.values.set("ttl_days", MOST_DAYS);
            }
            let days = change.values.number("ttl_days");
            channels::changed(change.tx, account, folder, days).await.map_err(from_shop)
        }
        _ => Ok(()),
    }
}

/// Has the code made, and a scene that was chosen counted from the beginning.
async fn follow_up(change: &mut Change<'_>) -> Result<()> {
    let done = match (change.verb, change.before) {
        (Verb::Create, _) => {
            let account = change.values.number("account_id").unwrap_or_default();
            channels::stored(change.tx, account, change.id, change.values.text("scene"), now_ms()).await
        }
        (Verb::Restore, Some(before)) if before.text("state") == "making" => {
            let account = before.number("account_id").unwrap_or_default();
            channels::restored(change.tx, account, change.id).await
        }
        _ => Ok(()),
    };
    done.map_err(from_shop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_whose_time_is_over_is_not_called_good() {
        let mut channel = Record::default();
        channel.set("state", "live");
        assert_eq!(stand(&channel), "live");
        channel.set("expires_at", now_ms() - 1);
        assert_eq!(stand(&channel), "over");
        channel.set("state", "asking");
        assert_eq!(stand(&channel), "making");
    }
}
