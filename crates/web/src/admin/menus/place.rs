//! Where a button is, as the form names it: `b.0.sub.1` in the menu of everybody, `c.2.b.0` in the third menu of some people;
//! `b` and `c.2.b` for the menu itself.

use std::fmt;

/// The place of a button, or of a menu.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The menu of some people; none for the one of everybody.
    pub(super) menu: Option<usize>,
    /// From the top: one number or two; none for the menu itself.
    pub(super) path: Vec<usize>,
}

impl Place {
    pub(super) fn of(menu: Option<usize>, path: &[usize]) -> Self {
        Self { menu, path: path.to_vec() }
    }

    /// Reads what [`fmt::Display`] writes; anything else is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = parts.next()?;
        let menu = if next == "c" {
            let menu = parts.next()?.parse().ok()?;
            next = parts.next()?;
            Some(menu)
        } else {
            None
        };
        if next != "b" {
            return None;
        }
        let mut path = Vec::new();
        while let Some(part) = parts.next() {
            let number = if path.is_empty() {
                part
            } else if part == "sub" {
                parts.next()?
            } else {
                return None;
            };
            path.push(number.parse().ok()?);
        }
        (path.len() <= 2).then_some(Self { menu, path })
    }

    /// Reads the field of a problem: `conditional.2.buttons.0.sub.1.name` is `c.2.b.0.sub.1` and `name`. What names no
    /// button names the menu.
    pub(super) fn of_field(field: &str) -> (Self, &str) {
        let (menu, rest) = match field.strip_prefix("conditional.").and_then(|rest| rest.split_once('.')) {
            Some((menu, rest)) => (menu.parse().ok(), rest),
            None => (None, field),
        };
        let mut place = Self { menu, path: Vec::new() };
        let mut rest = rest;
        for mark in ["buttons.", "sub."] {
            let Some(after) = rest.strip_prefix(mark) else { break };
            let (number, end) = after.split_once('.').unwrap_or((after, ""));
            let Ok(number) = number.parse() else { break };
            place.path.push(number);
            rest = end;
        }
        (place, rest)
    }

    /// The button below this one, or at the top of this menu.
    pub(super) fn below(&self, number: usize) -> Self {
        let mut path = self.path.clone();
        path.push(number);
        Self { menu: self.menu, path }
    }

    /// What it lies in.
    pub(super) fn above(&self) -> Self {
        let mut path = self.path.clone();
        path.pop();
        Self { menu: self.menu, path }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(menu) = self.menu {
            write!(f, "c.{menu}.")?;
        }
        f.write_str("b")?;
        for (depth, number) in self.path.iter().enumerate() {
            f.write_str(if depth == 0 { "." } else { ".sub." })?;
            write!(f, "{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for text in ["b", "b.0", "b.2.sub.4", "c.0.b", "c.99.b.1", "c.3.b.1.sub.0"] {
            assert_eq!(Place::read(text).unwrap().to_string(), text);
        }
        for text in
            ["", "c", "c.1", "a.0", "b.x", "b.-1", "b.0.sub", "b.0.1", "b.0.sub.1.sub.2", "c.b.0", "b.0.sub.1.name"]
        {
            assert_eq!(Place::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_problem_names_its_place() {
        for (field, place, rest) in [
            ("buttons", "b", "buttons"),
            ("buttons.1", "b.1", ""),
            ("buttons.1.name", "b.1", "name"),
            ("buttons.1.sub.0.media_id", "b.1.sub.0", "media_id"),
            ("conditional.2.rule", "c.2.b", "rule"),
            ("conditional.2.buttons.0.url", "c.2.b.0", "url"),
            ("conditional", "b", "conditional"),
        ] {
            let (found, left) = Place::of_field(field);
            assert_eq!((found.to_string().as_str(), left), (place, rest), "{field}");
        }
    }
}
