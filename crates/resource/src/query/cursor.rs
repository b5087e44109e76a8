//! Cursors: the place of a record in one list, opaque to whoever carries it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::declare::{Error, Order, Result};

/// The longest cursor taken: a sortable text may be long, a request line may not.
const LONGEST: usize = 8_192;

/// The place of a record: its value in the sorted column and its row number. `list` is the fingerprint of the list it
/// was made for; another list's cursor is refused instead of showing a page from nowhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cursor {
    pub(crate) value: Value,
    pub(crate) id: i64,
}

impl Cursor {
    pub(crate) fn encode(&self, list: u64) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(json!([format!("{list:016x}"), self.value, self.id]).to_string())
    }

    /// # Errors
    /// [`Error::Request`] for what this list has not made: the value is bound to SQL, so it must have the column's type.
    pub(crate) fn decode(text: &str, list: u64, is_typed: impl Fn(&Value) -> bool) -> Result<Self> {
        let foreign = || Error::Request("the cursor does not belong to this list".into());
        if text.len() > LONGEST {
            return Err(foreign());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
        let Ok(Value::Array(parts)) = serde_json::from_slice(&bytes) else { return Err(foreign()) };
        let [Value::String(made_for), value, id] = parts.as_slice() else { return Err(foreign()) };
        let id = id.as_i64().ok_or_else(foreign)?;
        let holds_nul = value.as_str().is_some_and(|text| text.contains('\0'));
        if *made_for != format!("{list:016x}") || holds_nul || !(value.is_null() || is_typed(value)) {
            return Err(foreign());
        }
        Ok(Self { value: value.clone(), id })
    }
}

/// Fingerprint of a list: what may not change between two of its pages. FNV-1a, the same in every build.
pub(crate) fn fingerprint<'a>(order: &'a Order, parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let direction = if order.descending { "-" } else { "+" };
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in [order.field.as_str(), direction].into_iter().chain(parts) {
        // A byte that no UTF-8 text has: the ends of the parts count.
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_list_that_made_a_cursor_takes_it() {
        let order = Order { field: "title".into(), descending: false };
        let (list, other) = (fingerprint(&order, ["ab", "c"]), fingerprint(&order, ["a", "bc"]));
        assert_ne!(list, other);
        let cursor = Cursor { value: json!("茶"), id: 7 };
        let text = cursor.encode(list);
        assert_eq!(Cursor::decode(&text, list, Value::is_string).unwrap(), cursor);
        assert!(matches!(Cursor::decode(&text, other, Value::is_string), Err(Error::Request(_))));
        // The same place with a value of another type, as a forger would make it.
        assert!(matches!(Cursor::decode(&text, list, Value::is_number), Err(Error::Request(_))));
        // No text in a database has it, and PostgreSQL does not even take the question.
        let nul = Cursor { value: json!("茶\0"), id: 7 }.encode(list);
        for forged in [nul.as_str(), "", "x", "W10", &"A".repeat(10_000)] {
            assert!(matches!(Cursor::decode(forged, list, Value::is_string), Err(Error::Request(_))), "{forged}");
        }
    }
}
