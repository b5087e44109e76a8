//! Numbers and flags as the platform sends them: as numbers, as their texts, as booleans.

use std::fmt;
use std::result::Result;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A whole number or its text; anything else is 0.
pub(super) struct Number(pub(super) i64);

/// 0 and 1, their texts, and booleans.
pub(super) struct Flag(pub(super) bool);

/// Reads a field as [`Number`] does.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(Number::deserialize(from)?.0)
}

/// Reads a field as [`Flag`] does.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Flag::deserialize(from)?.0)
}

/// Accepts numbers and their texts; anything else is nothing.
pub(crate) fn maybe_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    from.deserialize_any(Reader)
}

/// The same of a value that was read already.
pub(super) fn as_number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(from.deserialize_any(Reader)?.unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(from.deserialize_any(Reader)?.is_some_and(|number| number != 0)))
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, its text, or a boolean")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<i64>, E> {
        Ok(Some(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<i64>, E> {
        Ok(i64::try_from(number).ok())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Option<i64>, E> {
        Ok(Some(i64::from(flag)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<i64>, E> {
        Ok(text.trim().parse().ok())
    }

    fn visit_unit<E>(self) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<i64>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<i64>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_is_a_number() {
        for (json, number) in [("7", 7), ("\" 7 \"", 7), ("-1", -1), ("true", 1), ("null", 0), ("1.5", 0), ("\"x\"", 0)]
        {
            assert_eq!(serde_json::from_str::<Number>(json).unwrap().0, number, "{json}");
        }
        for (json, flag) in
            [("1", true), ("\"1\"", true), ("0", false), ("false", false), ("[1]", false), ("{}", false)]
        {
            assert_eq!(serde_json::from_str::<Flag>(json).unwrap().0, flag, "{json}");
        }
    }
}
