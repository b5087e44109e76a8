//! Fields of a request, and what the platform says of one that is missing or of another type.

use serde_json::Value;

use super::ApiError;

/// A field of another type than the platform expects.
pub(super) const BAD_FORMAT: ApiError = ApiError::new(47001, "data format error");
/// A field that is missing or out of its range, where the platform has no number of its own for it.
pub(super) const INVALID: ApiError = ApiError::new(40035, "invalid parameter");

/// A text that must be there and not be empty.
pub(super) fn text<'a>(of: &'a Value, name: &str, missing: ApiError) -> Result<&'a str, ApiError> {
    match &of[name] {
        Value::Null => Err(missing),
        Value::String(text) if text.is_empty() => Err(missing),
        Value::String(text) => Ok(text),
        _ => Err(BAD_FORMAT),
    }
}

/// A text that may be left out: empty then.
pub(super) fn text_or_empty<'a>(of: &'a Value, name: &str) -> Result<&'a str, ApiError> {
    match &of[name] {
        Value::Null => Ok(""),
        Value::String(text) => Ok(text),
        _ => Err(BAD_FORMAT),
    }
}

/// A whole number that must be there; the platform takes one in quotation marks too.
pub(super) fn number(of: &Value, name: &str, missing: ApiError) -> Result<i64, ApiError> {
    match &of[name] {
        Value::Null => Err(missing),
        Value::String(text) => text.trim().parse().map_err(|_| BAD_FORMAT),
        number => number.as_i64().ok_or(BAD_FORMAT),
    }
}

/// A whole number that may be left out.
pub(super) fn number_or(of: &Value, name: &str, default: i64) -> Result<i64, ApiError> {
    if of[name].is_null() { Ok(default) } else { number(of, name, BAD_FORMAT) }
}

/// A list that must be there.
pub(super) fn list<'a>(of: &'a Value, name: &str, missing: ApiError) -> Result<&'a [Value], ApiError> {
    match &of[name] {
        Value::Null => Err(missing),
        Value::Array(list) => Ok(list),
        _ => Err(BAD_FORMAT),
    }
}

/// A list of texts that must be there.
pub(super) fn texts<'a>(of: &'a Value, name: &str, missing: ApiError) -> Result<Vec<&'a str>, ApiError> {
    list(of, name, missing)?.iter().map(|it| it.as_str().ok_or(BAD_FORMAT)).collect()
}
