//! What an account's menus are made of: the one of everybody and those of some, as people write them. In JSON it is the
//! platform's own words, so that a file from anywhere fits.

use puzi_wechat::client::{
    Action, Button, CurrentAction, CurrentButton, CurrentMenu, Menu, MenuFault, MenuFaultKind, MenuRule,
    MenuSet as Told, Platform,
};
use serde_json::{Map, Value, json};

use super::{canonical, hosts};
use crate::{Error, Problem, Result};

/// Menus of some people that an account may have.
pub const CONDITIONAL: usize = 100;
/// Hosts that all of those together may lead to.
pub const HOSTS: usize = 3;
/// The longest name that we keep for one of those, in characters.
pub const NAME_CHARS: usize = 30;
/// Kinds that the admin platform alone can make.
const PLATFORMS_OWN: [&str; 6] = ["text", "img", "photo", "voice", "video", "news"];

/// The menus of an account. One without any buttons is no menu.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MenuSet {
    /// What everybody sees whom none of the others fits.
    pub buttons: Vec<Button>,
    /// Menus of some people; of those that fit somebody the first one is shown.
    pub conditional: Vec<Conditional>,
}

/// A menu for those whom a rule fits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditional {
    /// What we call it; WeChat does not keep that.
    pub name: String,
    /// Whom it fits.
    pub rule: MenuRule,
    /// The buttons at the top.
    pub buttons: Vec<Button>,
}

impl MenuSet {
    /// Reads JSON: `{"button": […], "conditional": [{"name", "matchrule", "button"}]}`, or what `menu/get` answers (there the
    /// last one wins), or `{"button": […]}` alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] with `menu.unreadable`.
    pub fn read(json: &Value) -> Result<Self> {
        let unreadable = |why: String| Error::Invalid(vec![Problem::new("", "menu.unreadable").with("why", why)]);
        let buttons = |json: &Value| -> Result<Vec<Button>> {
            match json {
                Value::Null => Ok(Vec::new()),
                list => serde_json::from_value(list.clone()).map_err(|error| unreadable(error.to_string())),
            }
        };
        if !json.is_object() {
            return Err(unreadable("{".into()));
        }
        let own = json.get("menu").filter(|menu| menu.is_object()).unwrap_or(json);
        let (list, told) = match (json.get("conditional"), json.get("conditionalmenu")) {
            (None, Some(told)) => (told, true),
            (own, _) => (own.unwrap_or(&Value::Null), false),
        };
        let list: &[Value] = match list {
            Value::Null => &[],
            Value::Array(list) => list.as_slice(),
            _ => return Err(unreadable("conditional".into())),
        };
        let mut conditional = Vec::with_capacity(list.len());
        for one in list {
            let rule = match &one["matchrule"] {
                Value::Null => MenuRule::default(),
                rule => serde_json::from_value(rule.clone()).map_err(|error| unreadable(error.to_string()))?,
            };
            let name = one["name"].as_str().unwrap_or_default().to_owned();
            conditional.push(Conditional { name, rule: of_today(rule), buttons: buttons(&one["button"])? });
        }
        if told {
            conditional.reverse();
        }
        Ok(Self { buttons: buttons(&own["button"])?, conditional })
    }

    /// As JSON; [`MenuSet::read`] reads it back.
    pub fn json(&self) -> Value {
        let conditional = self
            .conditional
            .iter()
            .map(|one| json!({ "name": one.name, "matchrule": rule_json(&one.rule), "button": one.buttons }));
        json!({ "button": self.buttons, "conditional": conditional.collect::<Vec<_>>() })
    }

    /// Whether there is no menu at all.
    pub fn is_empty(&self) -> bool {
        self.buttons.is_empty() && self.conditional.is_empty()
    }

    /// What WeChat told by `menu/get`; and the numbers of the conditional ones, in the same order. WeChat tells them in the
    /// order in which they were added, and the last one wins.
    pub fn of_told(told: Told) -> (Self, Vec<i64>) {
        let mut ids = Vec::with_capacity(told.conditional.len());
        let mut conditional = Vec::with_capacity(told.conditional.len());
        for one in told.conditional.into_iter().rev() {
            ids.push(one.menuid);
            conditional.push(Conditional { name: String::new(), rule: of_today(one.rule), buttons: one.buttons });
        }
        (Self { buttons: told.menu.buttons, conditional }, ids)
    }

    /// A menu that the admin platform made. What the API cannot make becomes a button of another kind: shown, compared,
    /// never published.
    pub fn of_current(current: CurrentMenu) -> Self {
        let buttons = if current.open { current.buttons } else { Vec::new() };
        Self { buttons: buttons.into_iter().map(of_current).collect(), conditional: Vec::new() }
    }

    /// Everything that keeps it from being published. Fields are `buttons.1.sub.0.name`, `conditional.2.rule`,
    /// `conditional.2.buttons.0.url`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.is_empty() {
            return problems;
        }
        if self.buttons.is_empty() {
            problems.push(Problem::new("buttons", "menu.no_default"));
        } else {
            check_buttons(&mut problems, "", &self.buttons);
        }
        if self.conditional.len() > CONDITIONAL {
            problems.push(Problem::new("conditional", "menu.too_many_conditional").with("max", CONDITIONAL));
        }
        for (place, one) in self.conditional.iter().enumerate() {
            let at = format!("conditional.{place}.");
            check_name(&mut problems, &at, &one.name);
            if one.rule.tag_id.is_none() && one.rule.client_platform.is_none() {
                problems.push(Problem::new(format!("{at}rule"), "menu.no_rule"));
            }
            check_buttons(&mut problems, &at, &one.buttons);
        }
        let hosts = hosts::of(self.conditional.iter().map(|one| one.buttons.as_slice()));
        if hosts.len() > HOSTS {
            let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
            problems.push(Problem::new("conditional", "menu.hosts").with("max", HOSTS).with("hosts", hosts));
        }
        problems
    }

    /// What cannot even be kept as a draft: too many buttons, and texts that are too long.
    pub fn check_draft(&self) -> Vec<Problem> {
        const COMPLETENESS: [&str; 8] = [
            "menu.empty",
            "menu.no_buttons",
            "menu.no_sub",
            "menu.no_default",
            "menu.no_rule",
            "menu.url",
            "menu.not_ours",
            "menu.hosts",
        ];
        let mut problems = self.check();
        problems.retain(|problem| !COMPLETENESS.contains(&problem.key));
        problems
    }

    /// What is not wrong and hardly meant: names of more characters than phones show, keys that nothing answers (`answers`
    /// tells), and conditional menus that another one hides.
    pub fn hints(&self, answers: impl Fn(&str) -> bool) -> Vec<Problem> {
        let mut hints = Vec::new();
        let mut look = |at: &str, buttons: &[Button]| {
            for (path, button) in walk(buttons) {
                let field = |name: &str| format!("{at}{}.{name}", field_of(&path));
                let most = if path.len() == 1 { 4 } else { 8 };
                if button.name.chars().count() > most {
                    hints.push(Problem::new(field("name"), "menu.long_name").with("max", most));
                }
                if let Some(key) = key_of(&button.action)
                    && !key.is_empty()
                    && !answers(key)
                {
                    hints.push(Problem::new(field("key"), "menu.no_answer").with("key", key));
                }
            }
        };
        look("", &self.buttons);
        for (place, one) in self.conditional.iter().enumerate() {
            look(&format!("conditional.{place}."), &one.buttons);
        }
        for (place, one) in self.conditional.iter().enumerate() {
            if self.conditional[..place].iter().any(|earlier| hides(&earlier.rule, &one.rule)) {
                hints.push(Problem::new(format!("conditional.{place}.rule"), "menu.hidden"));
            }
        }
        hints
    }

    /// SHA-256 of what WeChat would show: the same for two sets exactly when no phone sees a difference.
    pub fn digest(&self) -> String {
        crate::digest::sha256(canonical::set(self).as_bytes())
    }
}

/// Whether whoever `later` fits is always shown the menu of `earlier`.
fn hides(earlier: &MenuRule, later: &MenuRule) -> bool {
    let tag = earlier.tag_id.is_none() || earlier.tag_id == later.tag_id;
    let platform = earlier.client_platform.is_none() || earlier.client_platform == later.client_platform;
    let asks = earlier.tag_id.is_some() || earlier.client_platform.is_some();
    asks && earlier.more.is_empty() && tag && platform
}

/// Groups became tags, with the same numbers.
fn of_today(mut rule: MenuRule) -> MenuRule {
    if let Some(group) = rule.more.remove("group_id") {
        let number = group.as_i64().or_else(|| group.as_str()?.trim().parse().ok()).filter(|number| *number != 0);
        rule.tag_id = rule.tag_id.or(number);
    }
    rule
}

/// A rule with all that it holds, also what is out of force.
pub(super) fn rule_json(rule: &MenuRule) -> Value {
    let mut fields: Map<String, Value> = rule.more.clone();
    if let Some(tag) = rule.tag_id {
        fields.insert("tag_id".into(), tag.to_string().into());
    }
    if let Some(platform) = rule.client_platform {
        fields.insert("client_platform_type".into(), platform.number().to_string().into());
    }
    Value::Object(fields)
}

/// The platform of this number, as WeChat counts them.
pub fn platform(number: i64) -> Option<Platform> {
    [Platform::Ios, Platform::Android, Platform::Other].into_iter().find(|one| one.number() == number)
}

/// The key that a tap sends, for the kinds that send one.
pub fn key_of(action: &Action) -> Option<&str> {
    match action {
        Action::Click(key)
        | Action::ScanCodePush(key)
        | Action::ScanCodeWait(key)
        | Action::TakePhoto(key)
        | Action::PhotoOrAlbum(key)
        | Action::Album(key)
        | Action::SelectLocation(key) => Some(key),
        _ => None,
    }
}

/// Every button with its place: those at the top, each followed by those below it.
pub fn walk(buttons: &[Button]) -> Vec<(Vec<usize>, &Button)> {
    let mut all = Vec::new();
    for (top, button) in buttons.iter().enumerate() {
        all.push((vec![top], button));
        if let Action::Open(subs) = &button.action {
            all.extend(subs.iter().enumerate().map(|(below, sub)| (vec![top, below], sub)));
        }
    }
    all
}

/// `buttons.1.sub.0` of the place `[1, 0]`.
pub(super) fn field_of(path: &[usize]) -> String {
    match path {
        [] => "buttons".into(),
        [top, below @ ..] => below.iter().fold(format!("buttons.{top}"), |at, place| format!("{at}.sub.{place}")),
    }
}

fn of_current(button: CurrentButton) -> Button {
    let other = |kind: &str, value: String| {
        let fields = [("value".to_owned(), Value::String(value))].into_iter().collect();
        Action::Other { kind: kind.into(), fields }
    };
    let action = match button.action {
        CurrentAction::Open(subs) => Action::Open(subs.into_iter().map(of_current).collect()),
        CurrentAction::Does(action) => action,
        CurrentAction::Text(text) => other("text", text),
        CurrentAction::Image(id) => other("img", id),
        CurrentAction::Voice(id) => other("voice", id),
        CurrentAction::Video(url) => other("video", url),
        CurrentAction::News { media_id, articles } => {
            let titles: Vec<_> = articles.into_iter().map(|article| article.title).collect();
            let fields = [("value".to_owned(), Value::from(media_id)), ("titles".to_owned(), Value::from(titles))];
            Action::Other { kind: "news".into(), fields: fields.into_iter().collect() }
        }
        // What a later platform makes.
        _ => other("unknown", String::new()),
    };
    Button::new(button.name, action)
}

fn check_name(problems: &mut Vec<Problem>, at: &str, name: &str) {
    let is = name.chars().count();
    if is > NAME_CHARS {
        problems.push(Problem::new(format!("{at}name"), "menu.chars").with("max", NAME_CHARS).with("is", is));
    }
}

fn check_buttons(problems: &mut Vec<Problem>, at: &str, buttons: &[Button]) {
    problems.extend(Menu::new(buttons.iter().cloned()).faults().iter().map(|fault| of_fault(at, fault)));
    for (path, button) in walk(buttons) {
        let at = format!("{at}{}", field_of(&path));
        match &button.action {
            Action::Other { kind, .. } if PLATFORMS_OWN.contains(&kind.as_str()) || kind == "unknown" => {
                problems.push(Problem::new(format!("{at}.kind"), "menu.not_ours").with("kind", kind));
            }
            Action::View(url) | Action::MiniProgram { url, .. } if !url.is_empty() && !hosts::is_web(url) => {
                problems.push(Problem::new(format!("{at}.url"), "menu.url"));
            }
            _ => {}
        }
    }
}

fn of_fault(at: &str, fault: &MenuFault) -> Problem {
    let place = format!("{at}{}", field_of(&fault.at));
    let field = match fault.field {
        "button" | "sub_button" => place,
        field => format!("{place}.{field}"),
    };
    match fault.kind {
        MenuFaultKind::Count if fault.is == 0 && fault.at.is_empty() => Problem::new(field, "menu.no_buttons"),
        MenuFaultKind::Count if fault.is == 0 => Problem::new(field, "menu.no_sub"),
        MenuFaultKind::Count => Problem::new(field, "menu.too_many").with("max", fault.max).with("is", fault.is),
        MenuFaultKind::TooLong => Problem::new(field, "menu.bytes").with("max", fault.max).with("is", fault.is),
        MenuFaultKind::ThirdLevel => Problem::new(field, "menu.third_level"),
        // And what a later client finds.
        _ => Problem::new(field, "menu.empty"),
    }
}
