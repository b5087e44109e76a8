//! From a chosen rule to an answer: at once, with the follower's name, or from a webhook.

use std::{borrow::Cow, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use puzi_wechat::{
    Secret,
    reply::{self, Reply},
};

use super::{
    rule::{Answer, Article, Rule},
    template::{Facts, Setting, Template, TemplateFault},
};

/// The rule that won, if any, ready to be answered.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    pub(super) chosen: Option<(&'a Rule, &'a Prepared)>,
    pub(super) setting: &'a Setting,
    pub(super) now_ms: i64,
}

impl<'a> Choice<'a> {
    /// The rule that won.
    pub fn rule(&self) -> Option<&'a Rule> {
        self.chosen.map(|(rule, _)| rule)
    }

    /// What to do. `seed` (the message's de-duplication key) decides an answer at random, so that a repeated delivery
    /// gets the same one.
    pub fn plan(&self, seed: &[u8]) -> Plan<'a> {
        let Some((rule, prepared)) = self.chosen else { return Plan::Now(Cow::Owned(Reply::Nothing)) };
        let prepared = match prepared {
            Prepared::OneOf(several) => &several[pick(seed, rule.id, several.len())],
            one => one,
        };
        let filling = |template| Filling { template, setting: self.setting, now_ms: self.now_ms };
        match prepared {
            Prepared::Ready(reply) => Plan::Now(Cow::Borrowed(reply)),
            Prepared::Templated(template) if template.needs_nickname() => Plan::NeedsFollower(filling(template)),
            Prepared::Templated(template) => Plan::Now(Cow::Owned(filling(template).fill(None))),
            Prepared::Webhook(call) => Plan::AskWebhook(call),
            Prepared::OneOf(_) => unreachable!("an answer at random holds none of its kind: prepare refuses it"),
        }
    }
}

/// What the callback does with a message.
#[derive(Debug, Clone)]
pub enum Plan<'a> {
    /// This is the answer; [`Reply::Nothing`] when no rule matched.
    Now(Cow<'a, Reply>),
    /// The answer names the follower.
    NeedsFollower(Filling<'a>),
    /// The merchant's server is to be asked; see [`super::webhook::Webhooks::ask`].
    AskWebhook(&'a WebhookCall),
}

/// An answer that waits for the follower's nickname.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    pub(super) template: &'a Templated,
    pub(super) setting: &'a Setting,
    pub(super) now_ms: i64,
}

impl Filling<'_> {
    /// The answer; without a nickname its placeholder's substitute stands there.
    pub fn fill(&self, nickname: Option<&str>) -> Reply {
        self.template.fill(Facts { setting: self.setting, now_ms: self.now_ms, nickname })
    }
}

/// A request to the merchant's server.
#[derive(Debug, Clone)]
pub struct WebhookCall {
    /// The rule it comes from.
    pub rule_id: i64,
    /// Where to.
    pub url: String,
    /// The key that signs it; none in a rule that was never stored.
    pub secret: Option<Secret<String>>,
    /// How long it may take.
    pub timeout: Duration,
}

/// An answer with all work done that does not depend on the message.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Ready(Reply),
    Templated(Templated),
    OneOf(Vec<Prepared>),
    Webhook(WebhookCall),
}

/// An answer that holds placeholders.
#[derive(Debug, Clone)]
pub(super) enum Templated {
    Text(Template),
    News(Vec<(Article, Template, Template)>),
}

/// Why an answer cannot be prepared; [`super::check()`] says it by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unprepared {
    Template(TemplateFault),
    Nested,
}

impl From<TemplateFault> for Unprepared {
    fn from(fault: TemplateFault) -> Self {
        Self::Template(fault)
    }
}

impl Templated {
    fn needs_nickname(&self) -> bool {
        match self {
            Self::Text(template) => template.needs_nickname(),
            Self::News(articles) => {
                articles.iter().any(|(_, title, text)| title.needs_nickname() || text.needs_nickname())
            }
        }
    }

    fn fill(&self, facts: Facts<'_>) -> Reply {
        match self {
            Self::Text(template) => Reply::text(template.render(facts)),
            Self::News(articles) => {
                let fill = |(article, title, description): &(Article, Template, Template)| reply::Article {
                    title: title.render(facts),
                    description: description.render(facts),
                    pic_url: article.pic_url.clone(),
                    url: article.url.clone(),
                };
                Reply::News { articles: articles.iter().map(fill).collect(), star: false }
            }
        }
    }
}

impl Prepared {
    pub(super) fn new(answer: &Answer, rule_id: i64) -> Result<Self, Unprepared> {
        Ok(match answer {
            Answer::Text { content } => {
                let template = Template::parse(content)?;
                match template.constant() {
                    Some(text) => Self::Ready(Reply::text(text)),
                    None => Self::Templated(Templated::Text(template)),
                }
            }
            Answer::News { articles } => Self::news(articles)?,
            Answer::OneOf { answers } => {
                let nested = |a: &Answer| matches!(a, Answer::OneOf { .. } | Answer::Webhook { .. });
                if answers.is_empty() || answers.iter().any(nested) {
                    return Err(Unprepared::Nested);
                }
                Self::OneOf(answers.iter().map(|answer| Self::new(answer, rule_id)).collect::<Result<_, _>>()?)
            }
            Answer::Webhook { url, secret, timeout_ms } => Self::Webhook(WebhookCall {
                rule_id,
                url: url.clone(),
                secret: secret.given().cloned(),
                timeout: Duration::from_millis(u64::from(*timeout_ms)),
            }),
            fixed => Self::Ready(fixed_reply(fixed)),
        })
    }

    fn news(articles: &[Article]) -> Result<Self, TemplateFault> {
        let parse = |article: &Article| {
            Ok((article.clone(), Template::parse(&article.title)?, Template::parse(&article.description)?))
        };
        let articles = articles.iter().map(parse).collect::<Result<Vec<_>, TemplateFault>>()?;
        let templated = Templated::News(articles);
        let Templated::News(parsed) = &templated else { unreachable!("made in the line above") };
        if parsed.iter().any(|(_, title, text)| title.constant().is_none() || text.constant().is_none()) {
            return Ok(Self::Templated(templated));
        }
        let fixed = |(article, title, text): &(Article, Template, Template)| reply::Article {
            title: title.constant().unwrap_or_default().to_owned(),
            description: text.constant().unwrap_or_default().to_owned(),
            pic_url: article.pic_url.clone(),
            url: article.url.clone(),
        };
        Ok(Self::Ready(Reply::News { articles: parsed.iter().map(fixed).collect(), star: false }))
    }
}

/// The reply of an answer without placeholders.
fn fixed_reply(answer: &Answer) -> Reply {
    match answer.clone() {
        Answer::Image { media_id } => Reply::Image { media_id },
        Answer::Voice { media_id } => Reply::Voice { media_id },
        Answer::Video { media_id, title, description } => Reply::Video { media_id, title, description },
        Answer::Music { title, description, music_url, hq_music_url, thumb_media_id } => {
            Reply::Music { title, description, music_url, hq_music_url, thumb_media_id, star: false }
        }
        Answer::HandOver { kf_account } => Reply::TransferCustomerService { kf_account },
        Answer::Nothing => Reply::Nothing,
        Answer::Text { .. } | Answer::News { .. } | Answer::OneOf { .. } | Answer::Webhook { .. } => {
            unreachable!("Prepared::new handles what has placeholders or parts")
        }
    }
}

/// A number below `n` that depends on nothing but the seed and the rule.
fn pick(seed: &[u8], rule_id: i64, n: usize) -> usize {
    let digest = digest(&SHA256, &[seed, &rule_id.to_le_bytes()].concat());
    let number = digest.as_ref().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    (number % n.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_picks_the_same_and_many_messages_pick_evenly() {
        let mut counts = [0; 3];
        for message in 0_u64..3_000 {
            let seed = message.to_be_bytes();
            let picked = pick(&seed, 7, 3);
            assert_eq!(picked, pick(&seed, 7, 3));
            counts[picked] += 1;
        }
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }

    #[test]
    fn random_answers_are_not_nested() {
        let inner = Answer::OneOf { answers: vec![Answer::text("a"), Answer::text("b")] };
        let outer = Answer::OneOf { answers: vec![inner, Answer::text("c")] };
        assert_eq!(Prepared::new(&outer, 1).unwrap_err(), Unprepared::Nested);
        assert_eq!(Prepared::new(&Answer::OneOf { answers: vec![] }, 1).unwrap_err(), Unprepared::Nested);
    }
}
