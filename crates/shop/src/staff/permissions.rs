//! What somebody may: sets of patterns over `area.verb`.

/// One pattern: `*`, `area.*`, `*.verb`, `area.verb`; with `!` before it, it takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// None stands for every area.
    area: Option<String>,
    /// None stands for every verb.
    verb: Option<String>,
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let part = |text: &str| match text {
            "*" => Some(None),
            word if is_word(word) => Some(Some(word.to_owned())),
            _ => None,
        };
        if text == "*" {
            return Some(Self { area: None, verb: None });
        }
        let (area, verb) = text.split_once('.')?;
        Some(Self { area: part(area)?, verb: part(verb)? })
    }

    fn matches(&self, area: &str, verb: &str) -> bool {
        self.area.as_deref().is_none_or(|own| own == area) && self.verb.as_deref().is_none_or(|own| own == verb)
    }

    /// Whether everything that `other` matches is matched by this one.
    fn contains(&self, other: &Self) -> bool {
        (self.area.is_none() || self.area == other.area) && (self.verb.is_none() || self.verb == other.verb)
    }

    /// Whether something is matched by both.
    fn meets(&self, other: &Self) -> bool {
        let meet = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        meet(&self.area, &other.area) && meet(&self.verb, &other.verb)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// What one role, or the scopes of one token, give: `gives` without `takes`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Patterns {
    gives: Vec<Pattern>,
    takes: Vec<Pattern>,
}

impl Patterns {
    /// Patterns that nobody can read give nothing.
    fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut patterns = Self::default();
        for text in texts {
            let (into, text) = match text.strip_prefix('!') {
                Some(text) => (&mut patterns.takes, text),
                None => (&mut patterns.gives, text),
            };
            into.extend(Pattern::parse(text));
        }
        patterns
    }

    fn allow(&self, area: &str, verb: &str) -> bool {
        let among = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(area, verb));
        among(&self.gives) && !among(&self.takes)
    }

    /// Whether surely everything `other` allows is allowed here. It looks at patterns one by one: what only two of them
    /// together contain is refused.
    fn cover(&self, other: &Self) -> bool {
        let contained = |given: &Pattern| {
            other.takes.iter().any(|taken| taken.contains(given))
                || self.gives.iter().any(|own| own.contains(given))
                    && self.takes.iter().all(|kept_from_me| {
                        !kept_from_me.meets(given) || other.takes.iter().any(|taken| taken.contains(kept_from_me))
                    })
        };
        other.gives.iter().all(contained)
    }
}

/// What somebody may. It is made of one or several sets of patterns (a role; a token's scopes; a role seen as), and
/// allows what all of them allow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions(Vec<Patterns>);

impl Permissions {
    /// Nothing at all.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Everything.
    pub fn all() -> Self {
        Self::of(["*"])
    }

    /// What `patterns` give: `*`, `inbox.*`, `*.view`, `orders.ship`; `!staff.*` takes away, wherever it stands.
    pub fn of<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        Self(vec![Patterns::parse(patterns)])
    }

    /// Only what `other` allows, too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        if self.0.is_empty() || other.0.is_empty() {
            return Self::none();
        }
        self.0.extend(other.0);
        self
    }

    /// Whether `permission` (`area.verb`) is among them.
    pub fn allows(&self, permission: &str) -> bool {
        let Some((area, verb)) = permission.split_once('.') else { return false };
        !self.0.is_empty() && self.0.iter().all(|set| set.allow(area, verb))
    }

    /// Whether somebody with these may give `other` away: everything in `other` is surely in these.
    pub fn covers(&self, other: &Self) -> bool {
        // What all sets of `other` allow lies in each of them: it is enough that one is covered.
        !self.0.is_empty()
            && (other.0.is_empty() || self.0.iter().all(|own| other.0.iter().any(|theirs| own.cover(theirs))))
    }

    /// Whether `text` reads as a pattern.
    pub fn is_pattern(text: &str) -> bool {
        Pattern::parse(text.strip_prefix('!').unwrap_or(text)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_give_and_take() {
        for (patterns, permission, allowed) in [
            (&["*"][..], "orders.ship", true),
            (&["inbox.*"], "inbox.reply", true),
            (&["inbox.*"], "inboxes.reply", false),
            (&["*.view"], "orders.view", true),
            (&["*.view"], "orders.edit", false),
            (&["orders.ship"], "orders.ship", true),
            (&["orders.ship"], "orders.shipped", false),
            (&["*", "!staff.*"], "staff.view", false),
            (&["!staff.*", "*"], "staff.view", false),
            (&["*", "!staff.*"], "roles.view", true),
            (&["!staff.edit", "staff.*"], "staff.view", true),
            (&[], "orders.view", false),
            (&["!staff.*"], "orders.view", false),
            (&["nonsense", "a.b.c", "", "*.", ".view", "Orders.View"], "orders.view", false),
            (&["*"], "orders", false),
        ] {
            assert_eq!(
                Permissions::of(patterns.iter().copied()).allows(permission),
                allowed,
                "{patterns:?} {permission}"
            );
        }
        assert!(!Permissions::none().allows("orders.view"));
    }

    #[test]
    fn of_two_sets_only_what_both_allow_is_allowed() {
        let both = Permissions::of(["inbox.*", "orders.*"]).and(Permissions::of(["*.view"]));
        assert!(both.allows("orders.view") && !both.allows("orders.ship") && !both.allows("staff.view"));
        assert!(!Permissions::all().and(Permissions::none()).allows("orders.view"));
        assert!(!Permissions::none().and(Permissions::all()).allows("orders.view"));
    }

    #[test]
    fn nobody_covers_more_than_he_has() {
        for (own, other, covered) in [
            (&["*"][..], &["*"][..], true),
            (&["*"], &["inbox.*", "*.view"], true),
            (&["*", "!roles.*"], &["*"], false),
            (&["*", "!roles.*"], &["*", "!roles.*"], true),
            (&["*", "!roles.*"], &["*", "!roles.edit"], false),
            (&["*", "!roles.edit"], &["*", "!roles.*"], true),
            (&["*", "!roles.*"], &["*.view"], false),
            (&["*", "!roles.*"], &["inbox.*"], true),
            (&["*", "!roles.*"], &["roles.edit"], false),
            (&["inbox.*"], &["inbox.view"], true),
            (&["inbox.view"], &["inbox.*"], false),
            (&["*.view"], &["inbox.view", "orders.view"], true),
            (&["*.view"], &["inbox.view", "orders.edit"], false),
            (&["inbox.*"], &["staff.*", "!staff.*"], true),
            (&["inbox.*"], &[], true),
            (&[], &["inbox.view"], false),
        ] {
            let set = |patterns: &[&'static str]| Permissions::of(patterns.iter().copied());
            assert_eq!(set(own).covers(&set(other)), covered, "{own:?} covers {other:?}");
        }
        let token = Permissions::all().and(Permissions::of(["inbox.*"]));
        assert!(token.covers(&Permissions::of(["inbox.view"])));
        assert!(!token.covers(&Permissions::of(["orders.view"])) && !token.covers(&Permissions::all()));
        assert!(Permissions::of(["inbox.*"]).covers(&token));
        assert!(!Permissions::none().covers(&Permissions::none()));
    }
}
