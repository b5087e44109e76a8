//! `puzi rules test`: which rule a message would hit, why that one, why not the others, and the answer.

use clap::{ArgGroup, Args, builder::PossibleValuesParser};
use jiff::civil::DateTime;
use puzi_resource::{Column, Listing};
use puzi_shop::{
    db::now_ms,
    replies::{self, Answer, Choice, Considered, MessageKind, Plan, RuleBook, Setting, Stimulus},
    texts::Locale,
};
use puzi_wechat::reply::Reply;
use serde_json::{Value, json};

use super::{AccountArgs, pick};
use crate::{
    error::Failure,
    output::{self, Clock},
    settings::{Settings, Workplace},
    texts::say,
};

/// `puzi rules test`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("message").required(true).args(["text", "menu", "scan", "follow", "kind"]))]
pub struct TestArgs {
    /// Text of a message
    pub text: Option<String>,
    /// A tap on the menu button with this key
    #[arg(long, value_name = "KEY")]
    pub menu: Option<String>,
    /// A follower scans a code with this scene
    #[arg(long, value_name = "SCENE")]
    pub scan: Option<String>,
    /// Somebody follows, perhaps by scanning a code with this scene
    #[arg(long, value_name = "SCENE", num_args = 0..=1)]
    pub follow: Option<Option<String>>,
    /// A message of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(MessageKind::ALL.map(MessageKind::wire)))]
    pub kind: Option<String>,
    /// At another time than now, by the clock of the settings' time zone: "2026-11-22 20:00"
    #[arg(long, value_name = "TIME")]
    pub at: Option<DateTime>,
    /// Whose rules.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
}

impl TestArgs {
    fn stimulus(&self) -> Stimulus<'_> {
        match self {
            Self { text: Some(text), .. } => Stimulus::text(text),
            Self { menu: Some(key), .. } => Stimulus::tap(key),
            Self { scan: Some(scene), .. } => Stimulus::scan(scene),
            Self { follow: Some(scene), .. } => Stimulus::follow(scene.as_deref()),
            Self { kind, .. } => Stimulus::kind(kind.as_deref().unwrap_or("text")),
        }
    }

    fn now_ms(&self, clock: &Clock) -> Result<i64, Failure> {
        let Some(at) = self.at else { return Ok(now_ms()) };
        let zoned = at.to_zoned(clock.zone().clone()).map_err(|error| Failure::plain(format!("--at: {error}")))?;
        Ok(zoned.timestamp().as_millisecond())
    }
}

/// What would be answered.
enum Shown<'a> {
    Reply { reply: Reply, without_nickname: bool, one_of: Option<usize> },
    Webhook(&'a str),
}

pub(super) async fn run(args: &TestArgs, place: &Workplace, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let account = pick(place, args.account.account.as_deref(), locale).await?;
    let setting =
        Setting::new(&settings.timezone, account.name).map_err(|error| Failure::setting("timezone", &error))?;
    let book = RuleBook::compile(replies::load(&place.db, &place.vault, account.id).await?, setting);
    let (stimulus, now) = (args.stimulus(), args.now_ms(&Clock::of(settings)?)?);
    let choice = book.choose(&stimulus, now);
    let considered = book.explain(&stimulus, now).considered;
    let shown = answer(choice, now);
    if args.json {
        output::json(&json!({
            "rule": choice.rule().map(|rule| json!({ "id": rule.id, "name": rule.name })),
            "answer": answer_json(&shown),
            "considered": resource(locale).to_json(&considered)["considered"],
        }));
        return Ok(());
    }
    match choice.rule() {
        Some(rule) => output::line(say(locale, "rules.hits", &[("rule", rule.name.clone())])),
        None => output::line(say(locale, "rules.hits_none", &[])),
    }
    if choice.rule().is_some() {
        output::lines(answer_lines(&shown, locale));
    }
    if !considered.is_empty() {
        output::line("");
        output::list(&resource(locale), &considered, locale, false);
    }
    Ok(())
}

fn answer(choice: Choice<'_>, now: i64) -> Shown<'_> {
    let one_of = match choice.rule().map(|rule| &rule.answer) {
        Some(Answer::OneOf { answers }) => Some(answers.len()),
        _ => None,
    };
    // The time is as good a seed as any: asked again, another of several answers may come.
    match choice.plan(&now_ms().max(now).to_be_bytes()) {
        Plan::Now(reply) => Shown::Reply { reply: reply.into_owned(), without_nickname: false, one_of },
        Plan::NeedsFollower(filling) => Shown::Reply { reply: filling.fill(None), without_nickname: true, one_of },
        Plan::AskWebhook(call) => Shown::Webhook(&call.url),
    }
}

fn answer_json(shown: &Shown<'_>) -> Value {
    match shown {
        Shown::Reply { reply, .. } => serde_json::to_value(reply).expect("a reply is plain data"),
        Shown::Webhook(url) => json!({ "kind": "webhook", "url": url }),
    }
}

fn answer_lines(shown: &Shown<'_>, locale: Locale) -> Vec<String> {
    let (reply, without_nickname, one_of) = match shown {
        Shown::Webhook(url) => return vec![say(locale, "rules.asks_webhook", &[("url", (*url).to_owned())])],
        Shown::Reply { reply, without_nickname, one_of } => (reply, *without_nickname, *one_of),
    };
    let mut lines = vec![say(locale, "rules.answers", &[])];
    match reply {
        Reply::Text { content, .. } => {
            lines.extend(content.lines().map(|line| format!("  {}", puzi_resource::on_one_line(line))));
        }
        Reply::Nothing => lines.push(format!("  {}", say(locale, "rules.answer_nothing", &[]))),
        other => lines.push(format!("  {}", serde_json::to_string(other).expect("a reply is plain data"))),
    }
    if without_nickname {
        lines.push(say(locale, "rules.nickname_unknown", &[]));
    }
    if let Some(count) = one_of {
        lines.push(say(locale, "rules.one_of", &[("count", count.to_string())]));
    }
    lines
}

/// The rules in the order in which they were considered, each with what became of it.
fn resource<'a>(locale: Locale) -> Listing<Considered<'a>> {
    Listing::new("considered")
        .column(
            Column::new("wins", "rules.wins", |one: &Considered<'a>| one.verdict.wins().into())
                .shown(|one| if one.verdict.wins() { "✓".to_owned() } else { String::new() }),
        )
        .column(Column::new("rule", "rules.name", |one: &Considered<'a>| one.rule.name.as_str().into()).at_most(32))
        .column(
            Column::new("trigger", "rules.trigger", |one: &Considered<'a>| super::json(&one.rule.trigger))
                .shown(move |one| super::trigger(&one.rule.trigger, locale))
                .at_most(40),
        )
        .column(Column::new("why", "rules.why", move |one: &Considered<'a>| one.verdict.text(locale).into()))
}
