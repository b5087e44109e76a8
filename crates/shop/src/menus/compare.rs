//! What is different between two sets, told as a person would: this button is new, that one moved, here the name changed.

use puzi_wechat::client::{Action, Button, MenuRule};
use serde_json::{Value, json};

use super::{
    canonical,
    content::{Conditional, MenuSet, rule_json},
};

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The menu of some people that it is in; none for the one of everybody.
    pub menu: Option<Which>,
    /// Where the button is: `1` at the top, `1.0` below. Of a removed one where it was. Empty for the menu as a whole.
    pub at: String,
    /// What is different.
    pub what: What,
    /// The button that is live.
    pub before: Option<Button>,
    /// The button that is wanted.
    pub after: Option<Button>,
}

/// A menu of some people.
#[derive(Debug, Clone, PartialEq)]
pub struct Which {
    /// Its place, from 0; of a removed one where it was.
    pub place: usize,
    /// What we call it.
    pub name: String,
    /// Whom it fits.
    pub rule: MenuRule,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is not live yet.
    Added,
    /// It is live and no longer wanted.
    Removed,
    /// It was there: place as in [`Difference::at`], of a menu the number of its place.
    Moved {
        /// Where it was.
        from: String,
    },
    /// These fields are others: `name`, `kind`, and the platform's own words.
    Changed {
        /// Their names.
        fields: Vec<String>,
    },
}

impl What {
    /// The word of it: `added`, `removed`, `moved` or `changed`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Moved { .. } => "moved",
            Self::Changed { .. } => "changed",
        }
    }
}

impl Difference {
    /// For programs.
    pub fn json(&self) -> Value {
        let menu = self
            .menu
            .as_ref()
            .map(|menu| json!({ "place": menu.place, "name": menu.name, "matchrule": rule_json(&menu.rule) }));
        let (from, fields) = match &self.what {
            What::Moved { from } => (Some(from), None),
            What::Changed { fields } => (None, Some(fields)),
            What::Added | What::Removed => (None, None),
        };
        json!({
            "menu": menu, "at": self.at, "what": self.what.word(), "from": from, "fields": fields,
            "before": self.before, "after": self.after,
        })
    }
}

/// What would change by publishing `wanted` where `live` is; nothing when no phone would see a difference.
pub fn compare(live: &MenuSet, wanted: &MenuSet) -> Vec<Difference> {
    let mut found = Vec::new();
    buttons(&mut found, None, "", &live.buttons, &wanted.buttons);
    let pairs = pair(
        &live.conditional,
        &wanted.conditional,
        |one, other| canonical::conditional(one) == canonical::conditional(other),
        |one, other| canonical::rule(&one.rule) == canonical::rule(&other.rule),
    );
    for (place, one) in live.conditional.iter().enumerate() {
        if !pairs.contains(&Some(place)) {
            found.push(of_menu(which(place, one), What::Removed));
        }
    }
    let steady = steady(&pairs);
    for (place, one) in wanted.conditional.iter().enumerate() {
        let menu = which(place, one);
        let Some(from) = pairs[place] else {
            found.push(of_menu(menu, What::Added));
            continue;
        };
        if !steady[place] {
            found.push(of_menu(menu.clone(), What::Moved { from: from.to_string() }));
        }
        buttons(&mut found, Some(&menu), "", &live.conditional[from].buttons, &one.buttons);
    }
    found
}

fn which(place: usize, one: &Conditional) -> Which {
    Which { place, name: one.name.clone(), rule: one.rule.clone() }
}

fn of_menu(menu: Which, what: What) -> Difference {
    Difference { menu: Some(menu), at: String::new(), what, before: None, after: None }
}

/// Compares a row of buttons, and those below them.
fn buttons(found: &mut Vec<Difference>, menu: Option<&Which>, at: &str, live: &[Button], wanted: &[Button]) {
    let pairs = pair(
        live,
        wanted,
        |one, other| canonical::button(one) == canonical::button(other),
        |one, other| one.name == other.name,
    );
    let pairs = by_place(pairs, live.len());
    let path = |place: usize| if at.is_empty() { place.to_string() } else { format!("{at}.{place}") };
    let told = |place: usize, what: What, before: Option<&Button>, after: Option<&Button>| Difference {
        menu: menu.cloned(),
        at: path(place),
        what,
        before: before.cloned(),
        after: after.cloned(),
    };
    for (place, button) in live.iter().enumerate() {
        if !pairs.contains(&Some(place)) {
            found.push(told(place, What::Removed, Some(button), None));
        }
    }
    let steady = steady(&pairs);
    for (place, button) in wanted.iter().enumerate() {
        let Some(from) = pairs[place] else {
            found.push(told(place, What::Added, None, Some(button)));
            continue;
        };
        let before = &live[from];
        if !steady[place] {
            found.push(told(place, What::Moved { from: path(from) }, Some(before), Some(button)));
        }
        let fields = changed(before, button);
        if !fields.is_empty() {
            found.push(told(place, What::Changed { fields }, Some(before), Some(button)));
        }
        if let (Action::Open(live), Action::Open(wanted)) = (&before.action, &button.action) {
            buttons(found, menu, &path(place), live, wanted);
        }
    }
}

/// For each of `wanted` the place in `live` that it was: first what is wholly alike, then what is alike enough.
fn pair<T>(
    live: &[T],
    wanted: &[T],
    same: impl Fn(&T, &T) -> bool,
    alike: impl Fn(&T, &T) -> bool,
) -> Vec<Option<usize>> {
    let mut pairs = vec![None; wanted.len()];
    let mut taken = vec![false; live.len()];
    let mut take = |fits: &dyn Fn(&T, &T) -> bool, here: bool| {
        for (place, one) in wanted.iter().enumerate() {
            if pairs[place].is_some() {
                continue;
            }
            let free = |from: &usize| !taken[*from] && (!here || *from == place) && fits(&live[*from], one);
            if let Some(from) = (0..live.len()).find(free) {
                pairs[place] = Some(from);
                taken[from] = true;
            }
        }
    };
    take(&same, true);
    take(&same, false);
    take(&alike, true);
    take(&alike, false);
    pairs
}

/// What has no pair yet and stands where another without a pair stood is that one, changed.
fn by_place(mut pairs: Vec<Option<usize>>, live: usize) -> Vec<Option<usize>> {
    for place in 0..pairs.len().min(live) {
        if pairs[place].is_none() && !pairs.contains(&Some(place)) {
            pairs[place] = Some(place);
        }
    }
    pairs
}

/// Which of the pairs kept their order: as many as can be, and the others moved.
fn steady(pairs: &[Option<usize>]) -> Vec<bool> {
    // The longest rising sequence; rows are short, and lists of menus have a hundred at most.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let before = pair.and_then(|from| {
            let rising = (0..at).filter(|earlier| pairs[*earlier].is_some_and(|other| other < from));
            rising.max_by_key(|earlier| best[*earlier].0)
        });
        let length = if pair.is_some() { before.map_or(1, |before| best[before].0 + 1) } else { 0 };
        best.push((length, before));
    }
    let mut steady = vec![false; pairs.len()];
    let mut next = (0..pairs.len()).filter(|at| pairs[*at].is_some()).max_by_key(|at| best[*at].0);
    while let Some(at) = next {
        steady[at] = true;
        next = best[at].1;
    }
    steady
}

/// The fields that differ between two buttons, what lies below them aside.
fn changed(before: &Button, after: &Button) -> Vec<String> {
    let mut fields = Vec::new();
    if before.name != after.name {
        fields.push("name".to_owned());
    }
    match (&before.action, &after.action) {
        (Action::Open(_), Action::Open(_)) => return fields,
        (Action::Open(_), _) | (_, Action::Open(_)) => {
            fields.push("kind".into());
            return fields;
        }
        _ => {}
    }
    let (one, other) = (canonical::fields(before), canonical::fields(after));
    let none = serde_json::Map::new();
    let (one, other) = (one.as_object().unwrap_or(&none), other.as_object().unwrap_or(&none));
    if one.get("type") != other.get("type") {
        fields.push("kind".into());
        return fields;
    }
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&&String| !matches!(name.as_str(), "name" | "type") && one.get(**name) != other.get(**name);
    fields.extend(names.iter().filter(differs).map(|name| (*name).clone()));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(name: &str) -> Button {
        Button::click(name, name)
    }

    fn told(live: &MenuSet, wanted: &MenuSet) -> Vec<String> {
        let line = |one: Difference| {
            let more = match &one.what {
                What::Moved { from } => format!(" from {from}"),
                What::Changed { fields } => format!(" {}", fields.join(",")),
                What::Added | What::Removed => String::new(),
            };
            let menu = one.menu.map(|menu| format!("{}:", menu.place)).unwrap_or_default();
            format!("{menu}{} {}{more}", one.at, one.what.word())
        };
        compare(live, wanted).into_iter().map(line).collect()
    }

    fn of(buttons: Vec<Button>) -> MenuSet {
        MenuSet { buttons, conditional: Vec::new() }
    }

    #[test]
    fn differences_are_told_as_people_see_them() {
        let live = of(vec![click("a"), Button::open("b", [click("c"), click("d")]), click("e")]);
        for (wanted, says) in [
            (live.clone(), &[][..]),
            (of(vec![click("a"), Button::open("b", [click("c"), click("d")])]), &["2 removed"]),
            (of(vec![click("e"), click("a"), Button::open("b", [click("c"), click("d")])]), &["0 moved from 2"]),
            (
                of(vec![click("a"), Button::open("b", [click("d"), click("c"), click("x")]), click("e")]),
                &["1.0 moved from 1.1", "1.2 added"],
            ),
            (
                of(vec![click("a"), Button::open("b", [click("c"), click("d")]), Button::click("e", "other")]),
                &["2 changed key"],
            ),
            (
                of(vec![Button::click("new", "a"), Button::open("b", [click("c"), click("d")]), click("e")]),
                &["0 changed name"],
            ),
            (
                of(vec![Button::view("a", "https://a/"), Button::open("b", [click("c"), click("d")]), click("e")]),
                &["0 changed kind"],
            ),
        ] {
            assert_eq!(told(&live, &wanted), says, "{wanted:?}");
        }
    }

    #[test]
    fn menus_of_some_people_are_paired_by_their_rule() {
        let one = |tag: i64, name: &str| Conditional {
            name: format!("tag {tag}"),
            rule: MenuRule::tag(tag),
            buttons: vec![click(name)],
        };
        let set = |conditional| MenuSet { buttons: vec![click("a")], conditional };
        let live = set(vec![one(1, "x"), one(2, "y"), one(3, "z")]);
        let wanted = set(vec![one(2, "y"), one(1, "w"), one(4, "z")]);
        assert_eq!(told(&live, &wanted), ["2: removed", "0: moved from 1", "1:0 changed name,key", "2: added"]);
    }
}
