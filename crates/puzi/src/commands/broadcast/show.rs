//! `puzi broadcast list`, `show`, `results`, `quota` and `speed`.

use puzi_resource::{Column, Listing};
use puzi_shop::{
    accounts::Reach,
    broadcasts::{Broadcast, Content, Part, PartState, Used},
    machine::Word,
    texts::Locale,
};
use serde_json::{Value, json};

use super::{Desk, ListArgs, OneArgs, QuotaArgs, SpeedArgs};
use crate::{
    commands::staff::operator,
    error::Failure,
    output::{self, Clock},
    texts::say,
};

impl Desk<'_> {
    pub(super) async fn list(&self, args: &ListArgs) -> Result<(), Failure> {
        let account = args.of.named(self.place, self.locale).await?.map(|account| account.id);
        let all = self.broadcasts.latest(&Reach::All, account, args.lines).await?;
        if all.is_empty() && !args.show.json {
            output::line(self.t("broadcast.none", &[]));
        } else {
            output::list(&listing(&self.clock, self.locale), &all, self.locale, args.show.json);
        }
        Ok(())
    }

    pub(super) async fn show(&self, args: &OneArgs) -> Result<(), Failure> {
        let broadcast = self.one(args.id).await?;
        if args.show.json {
            output::json(&self.json_of(&broadcast));
            return Ok(());
        }
        output::list(&listing(&self.clock, self.locale), std::slice::from_ref(&broadcast), self.locale, false);
        let what = match &broadcast.content {
            Content::Text { text } => text.clone(),
            other => self.what(broadcast.id, other).await?,
        };
        output::line(self.t("broadcast.says", &[("what", what)]));
        output::line(self.t("broadcast.goes_to", &[("whom", self.to_words(&broadcast.audience))]));
        if let Some(digest) = &broadcast.digest {
            output::line(self.t("broadcast.digest", &[("digest", digest.clone())]));
        }
        if let Some(error) = &broadcast.error {
            output::line(self.t("broadcast.problem", &[("why", self.why(error))]));
        }
        Ok(())
    }

    /// Kind and names of what is sent beside words.
    async fn what(&self, id: i64, content: &Content) -> Result<String, Failure> {
        let found = self.broadcasts.contents(&Reach::All, id).await?;
        let names: Vec<_> = found.iter().map(|one| format!("{} {}", one.id, one.name)).collect();
        Ok(format!("{} {}", word(self.locale, "kind", content.kind()), names.join(", ")))
    }

    pub(super) async fn results(&self, args: &OneArgs) -> Result<(), Failure> {
        let results =
            self.broadcasts.results(&Reach::All, args.id).await.map_err(|error| self.unknown(args.id, error))?;
        if args.show.json {
            output::json(&json!({
                "broadcast": self.json_of(&results.broadcast), "total": results.total, "sent": results.sent,
                "errors": results.errors, "filtered_out": results.filtered_out, "uncounted_parts": results.uncounted,
                "parts": results.parts.iter().map(part).collect::<Vec<_>>(),
                "dropped": results.dropped.iter().map(|one| one.openid.as_str()).collect::<Vec<_>>(),
                "urls": results.urls,
            }));
            return Ok(());
        }
        output::list(&parts(&results.broadcast, self.locale), &results.parts, self.locale, false);
        if results.parts.iter().all(|part| part.total.is_none()) {
            output::line(self.t("broadcast.no_results", &[]));
            return Ok(());
        }
        let args = [
            ("sent", results.sent.to_string()),
            ("total", results.total.to_string()),
            ("errors", results.errors.to_string()),
            ("left_out", results.broadcast.left_out.to_string()),
        ];
        output::line(self.t("broadcast.sums", &args));
        output::lines(results.dropped.iter().map(|one| format!("{}  {}", one.openid, one.dropped)));
        output::lines(&results.urls);
        Ok(())
    }

    pub(super) async fn quota(&self, args: &QuotaArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        let quota = self.broadcasts.quota(&Reach::All, account.id).await?;
        if args.show.json {
            let used = |used: Used| json!({ "limit": used.limit, "used": used.used, "left": used.left(), "until": self.clock.iso(used.until) });
            output::json(&json!({
                "kind": quota.kind.word(), "month_to_all": used(quota.month), "day": used(quota.day),
                "previews": used(quota.previews),
            }));
        } else {
            output::line(self.of_quota(&quota));
        }
        Ok(())
    }

    pub(super) async fn speed(&self, args: &SpeedArgs) -> Result<(), Failure> {
        let account = args.of.one(self.place, self.locale).await?;
        if let Some(step) = args.step {
            self.broadcasts.set_speed(&operator(), &Reach::All, account.id, step).await?;
        }
        let (step, a_minute) = self.broadcasts.speed(&Reach::All, account.id).await?;
        if args.show.json {
            output::json(&json!({ "speed": step, "per_minute": a_minute * 10_000 }));
        } else {
            let args = [("step", step.to_string()), ("n", (a_minute * 10_000).to_string())];
            output::line(self.t("broadcast.speed", &args));
        }
        Ok(())
    }

    /// A text of ours, or WeChat's words.
    pub(super) fn why(&self, error: &str) -> String {
        why(self.locale, error)
    }

    pub(super) fn json_of(&self, broadcast: &Broadcast) -> Value {
        let mut row = listing(&self.clock, self.locale).row_to_json(broadcast);
        row["content"] = json!(broadcast.content);
        row["digest"] = json!(broadcast.digest);
        row["over_quota"] = json!(broadcast.over_quota);
        row["left_out"] = json!(broadcast.left_out);
        row
    }
}

fn part(part: &Part) -> Value {
    json!({
        "id": part.id, "number": part.number, "people": part.until_position - part.from_position,
        "state": part.state.word(), "clientmsgid": part.clientmsgid, "msg_id": part.msg_id, "result": part.result,
        "total": part.total, "sent": part.sent, "errors": part.errors, "errcode": part.errcode, "error": part.error,
        "rid": part.rid,
    })
}

/// A word as a person reads it; for scripts it stays as it is.
fn word(locale: Locale, of: &str, word: &str) -> String {
    say(locale, &format!("broadcast.words.{of}.{word}"), &[])
}

fn listing(clock: &Clock, locale: Locale) -> Listing<Broadcast> {
    let (iso, show) = (clock.clone(), clock.clone());
    let (iso_made, show_made) = (clock.clone(), clock.clone());
    Listing::new("broadcasts")
        .column(Column::new("id", "broadcast.id", |one: &Broadcast| one.id.into()))
        .column(Column::new("name", "broadcast.name", |one: &Broadcast| one.name.as_str().into()).at_most(30))
        .column(
            Column::new("kind", "broadcast.kind", |one: &Broadcast| one.content.kind().into())
                .shown(move |one| word(locale, "kind", one.content.kind())),
        )
        .column(
            Column::new("audience", "broadcast.audience", |one: &Broadcast| one.audience.word().into())
                .shown(move |one| word(locale, "audience", one.audience.word())),
        )
        .column(Column::new("frozen", "broadcast.people", |one: &Broadcast| one.frozen.into()))
        .column(
            Column::new("state", "broadcast.state", |one: &Broadcast| one.state.word().into())
                .shown(move |one| word(locale, "state", one.state.word())),
        )
        .column(
            Column::new("at", "broadcast.at", move |one: &Broadcast| {
                one.at.map_or(Value::Null, |at| iso.iso(at).into())
            })
            .shown(move |one| one.at.map_or_else(|| say(locale, "broadcast.when_approved", &[]), |at| show.show(at))),
        )
        .column(
            Column::new("created_at", "broadcast.created", move |one: &Broadcast| iso_made.iso(one.created_at).into())
                .shown(move |one| show_made.show(one.created_at)),
        )
        .column(Column::new("error", "broadcast.error", |one: &Broadcast| one.error.clone().into()).only_json())
        .column(Column::new("version", "broadcast.version", |one: &Broadcast| one.version.into()).only_json())
        .column(Column::new("account_id", "broadcast.account", |one: &Broadcast| one.account_id.into()).only_json())
}

fn parts(broadcast: &Broadcast, locale: Locale) -> Listing<Part> {
    // Of all and of a tag WeChat has the list; the number is the one last synced.
    let whole = (!broadcast.audience.is_list()).then_some(broadcast.frozen);
    Listing::new("parts")
        .column(Column::new("number", "broadcast.part", |one: &Part| one.number.into()))
        .column(Column::new("people", "broadcast.people", move |one: &Part| {
            whole.unwrap_or(one.until_position - one.from_position).into()
        }))
        .column(
            Column::new("state", "broadcast.state", |one: &Part| one.state.word().into())
                .shown(move |one| word(locale, "part", one.state.word())),
        )
        .column(Column::new("sent", "broadcast.sent", |one: &Part| one.sent.into()))
        .column(Column::new("errors", "broadcast.errors", |one: &Part| one.errors.into()))
        .column(Column::new("errcode", "broadcast.errcode", |one: &Part| one.errcode.into()))
        .column(
            Column::new("error", "broadcast.error", |one: &Part| one.error.clone().or(failed(one)).into())
                .shown(move |one| {
                    one.error.as_deref().map(|error| why(locale, error)).or(failed(one)).unwrap_or_default()
                })
                .at_most(60),
        )
}

/// WeChat's word for a part that it could not send out.
fn failed(part: &Part) -> Option<String> {
    part.result.clone().filter(|_| part.state == PartState::Failed)
}

/// A text of ours, or WeChat's words.
fn why(locale: Locale, error: &str) -> String {
    if error.starts_with("broadcast.") { puzi_shop::texts::t(locale, error, &[]) } else { error.to_owned() }
}
