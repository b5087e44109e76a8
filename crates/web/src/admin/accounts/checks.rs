//! What the checks of an account said, as its page shows it.

use puzi_shop::accounts::health::{Check, Checked, State};

use crate::admin::desk::Desk;

/// A check on the page, also one that was never asked.
pub(super) struct CheckView {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// The colour: `good`, `warn`, `bad` or `off`.
    pub(super) tone: &'static str,
    pub(super) state: String,
    pub(super) sentence: String,
    /// When it was asked, in words; with what is said when it was asked in vain.
    pub(super) asked: String,
    /// WeChat's own words.
    pub(super) words: Option<String>,
    /// Lines that unfold: a name and what is said of it.
    pub(super) lines: Vec<(String, String)>,
    /// Addresses, to be copied.
    pub(super) addresses: Vec<(String, String)>,
}

/// Whether anything of `checks` is bad, or deserves a look: the colour and the key of the sentence on top.
pub(super) fn on_the_whole(checks: &[Checked]) -> (&'static str, &'static str) {
    let worst = checks.iter().map(|checked| checked.state).filter(|state| *state != State::Unknown).max();
    match worst {
        None => ("calm", "account_health.unchecked"),
        Some(State::Bad) => ("bad", "account_health.some_bad"),
        Some(State::Warning) => ("warn", "account_health.some_warning"),
        Some(_) => ("good", "account_health.all_good"),
    }
}

/// All six, in the order of the page.
pub(super) fn views(desk: &Desk, known: &[Checked]) -> Vec<CheckView> {
    let view = |check: Check| {
        let found = known.iter().find(|checked| checked.check == check);
        view(desk, check, found)
    };
    Check::ALL.into_iter().map(view).collect()
}

fn view(desk: &Desk, check: Check, found: Option<&Checked>) -> CheckView {
    let state = found.map_or(State::Unknown, |checked| checked.state);
    let tone = match state {
        State::Good => "good",
        State::Warning => "warn",
        State::Bad => "bad",
        State::Unknown => "off",
    };
    let name = desk.t(&format!("account_health.kinds.{}", check.as_str()));
    let state = desk.t(&format!("account_health.states.{}", state.as_str()));
    let Some(checked) = found else {
        let sentence = desk.t("account_health.never");
        return CheckView {
            kind: check.as_str(),
            name,
            tone,
            state,
            sentence,
            asked: String::new(),
            words: None,
            lines: Vec::new(),
            addresses: Vec::new(),
        };
    };
    let at = [("at", desk.when(checked.at))];
    let asked = if checked.in_vain { "account_health.in_vain" } else { "account_health.at" };
    let words = checked.detail.as_str().filter(|words| !words.is_empty()).map(str::to_owned);
    CheckView {
        kind: check.as_str(),
        name,
        tone,
        state,
        sentence: desk.ta(&checked.text, &checked.args(|at| desk.when(at))),
        asked: desk.ta(asked, &at),
        words,
        lines: lines(desk, checked),
        addresses: addresses(desk, checked),
    }
}

fn lines(desk: &Desk, checked: &Checked) -> Vec<(String, String)> {
    let list = checked.detail.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    match checked.check {
        Check::Permissions => {
            let line = |line: &serde_json::Value| {
                let sign = match line["permitted"].as_bool() {
                    Some(true) => "✓",
                    Some(false) => "–",
                    None => "?",
                };
                (desk.t(&format!("account_health.families.{}", text(&line["family"]))), sign.to_owned())
            };
            list.iter().map(line).collect()
        }
        Check::Callback => {
            let line = |line: &serde_json::Value| {
                let said = [text(&line["network"]), text(&line["loss"]), text(&line["time"])];
                (text(&line["address"]), said.join(" · "))
            };
            list.iter().map(line).collect()
        }
        _ => Vec::new(),
    }
}

fn addresses(desk: &Desk, checked: &Checked) -> Vec<(String, String)> {
    if checked.check != Check::Addresses {
        return Vec::new();
    }
    let of = |list: &str| {
        let all = checked.detail[list].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(|address| address.as_str()).collect::<Vec<_>>().join("\n")
    };
    let lists = ["added", "gone", "callback", "api"];
    let named = lists.map(|list| (desk.t(&format!("account_health.lists.{list}")), of(list)));
    named.into_iter().filter(|(_, addresses)| !addresses.is_empty()).collect()
}
