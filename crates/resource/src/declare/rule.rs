//! Validation rules, under the names that Laravel's users know.

use std::{fmt, sync::Arc};

use regex::Regex;
use serde_json::Value;

use super::Record;

/// A bound of `min`, `max`, `between` and `size`, in the unit of the field: characters of a text, the value of a
/// number in its stored form (fen, basis points), entries of a list, KiB of a file.
pub type Bound = i64;

/// A check of one's own: `Err` names the catalogue key of the message.
pub type Custom = Arc<dyn Fn(&Value, &Record) -> Result<(), String> + Send + Sync>;

/// A validation rule of a field. Without [`Rule::Required`] an empty value passes every rule but [`Rule::RequiredWith`]
/// and [`Rule::Accepted`].
#[derive(Clone)]
pub enum Rule {
    /// Something must be given.
    Required,
    /// A text of at most so many bytes in UTF-8, where somebody else counts them: a Chinese character is three.
    Bytes(usize),
    /// Something must be given when one of these fields is.
    RequiredWith(Vec<String>),
    /// At least this much.
    Min(Bound),
    /// At most this much.
    Max(Bound),
    /// From the first to the second, both included.
    Between(Bound, Bound),
    /// Exactly this much.
    Size(Bound),
    /// One of these.
    In(Vec<String>),
    /// None of these.
    NotIn(Vec<String>),
    /// No other record of the resource has this value.
    Unique,
    /// A row with this value exists: table and column.
    Exists(String, String),
    /// An e-mail address.
    Email,
    /// An `http` or `https` address.
    Url,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A date.
    Date,
    /// Earlier than this date (`YYYY-MM-DD`, `today`, `tomorrow`) or than the date in that field.
    Before(String),
    /// Later than this date or than the date in that field.
    After(String),
    /// Matches this pattern.
    Regex(Regex),
    /// Letters only, of any script.
    Alpha,
    /// Letters and digits only.
    AlphaNum,
    /// Letters, digits, `-` and `_` only.
    AlphaDash,
    /// A number.
    Numeric,
    /// A whole number.
    Integer,
    /// Exactly this many digits.
    Digits(u32),
    /// From the first to the second number of digits.
    DigitsBetween(u32, u32),
    /// The field `{name}_confirmation` has the same value.
    Confirmed,
    /// Another value than that field's.
    Different(String),
    /// The same value as that field's.
    Same(String),
    /// Yes or no.
    Boolean,
    /// JSON.
    Json,
    /// May be left empty: stored as null.
    Nullable,
    /// Yes: terms, a warning.
    Accepted,
    /// A picture.
    Image,
    /// A file of one of these kinds, by its content: `png`, `jpg`, `pdf`, …
    Mimes(Vec<String>),
    /// A check of one's own, under this name.
    Custom(&'static str, Custom),
}

impl Rule {
    /// The rule's name, also the end of its message's key `rules.{name}`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Bytes(_) => "bytes",
            Self::RequiredWith(_) => "required_with",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Between(..) => "between",
            Self::Size(_) => "size",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Unique => "unique",
            Self::Exists(..) => "exists",
            Self::Email => "email",
            Self::Url => "url",
            Self::Ip => "ip",
            Self::Date => "date",
            Self::Before(_) => "before",
            Self::After(_) => "after",
            Self::Regex(_) => "regex",
            Self::Alpha => "alpha",
            Self::AlphaNum => "alpha_num",
            Self::AlphaDash => "alpha_dash",
            Self::Numeric => "numeric",
            Self::Integer => "integer",
            Self::Digits(_) => "digits",
            Self::DigitsBetween(..) => "digits_between",
            Self::Confirmed => "confirmed",
            Self::Different(_) => "different",
            Self::Same(_) => "same",
            Self::Boolean => "boolean",
            Self::Json => "json",
            Self::Nullable => "nullable",
            Self::Accepted => "accepted",
            Self::Image => "image",
            Self::Mimes(_) => "mimes",
            Self::Custom(name, _) => name,
        }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
