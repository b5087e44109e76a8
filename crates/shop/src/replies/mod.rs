//! Reply rules: what an account answers by itself.
//!
//! A rule has a [`Trigger`] and an [`Answer`]. The rules of an account are compiled to a [`RuleBook`], which chooses
//! one for a message (see [`book`] for the order) and says what to do: [`Plan`]. That part does no I/O and is the
//! callback's hot path. Around it: [`check()`] refuses what cannot work when a rule is saved, [`store`] keeps rules,
//! [`webhook`] asks a merchant's server, [`mod@file`] imports and exports, [`demo`] has rules to try.

mod active;
mod bin;
pub mod book;
mod check;
pub mod demo;
pub mod desk;
mod entity;
pub mod explain;
pub mod file;
pub mod hits;
mod media;
mod normalise;
mod plan;
mod preview;
mod rule;
pub mod store;
pub mod template;
pub mod webhook;

pub use active::{Active, NotASpan, Span, Weekday};
pub use book::{RuleBook, RuleProblem, Stimulus};
pub use check::check;
pub use demo::demo_rules;
pub use desk::{Rules, SaveError};
pub use explain::{Considered, Explanation, Verdict};
pub(crate) use media::{naming_media, swap_media};
pub(crate) use normalise::fold;
pub use normalise::normalise;
pub use plan::{Choice, Filling, Plan, WebhookCall};
pub use preview::{Shown, preview};
pub use rule::{Answer, Article, DEFAULT_TIMEOUT_MS, Draft, Matching, MessageKind, Rule, Trigger, WebhookSecret};
pub use store::{create, delete, get, list, load, reorder, set_enabled, update};
pub use template::{Setting, TEXT_LIMIT};
pub use webhook::{AskError, Guard, NotAllowable, Question, Refused, Webhooks};

#[cfg(test)]
mod tests;
