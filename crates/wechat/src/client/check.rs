//! What a request must hold before it is sent: the bounds that the platform names for its fields.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use super::{ApiError, Content, Result};

/// Checks the fields of one request; its errors are a caller's mistake, unsent, and name the field and its bound.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    path: &'a str,
    /// The object that the fields lie in.
    inside: Option<Place<'a>>,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    outer: &'a Check<'a>,
    field: &'a str,
    item: Option<usize>,
}

impl<'a> Check<'a> {
    /// Checks the request of the API `path`.
    pub(crate) fn of(path: &'a str) -> Self {
        Self { path, inside: None }
    }

    /// The same for the object `field`.
    pub(crate) fn field(&'a self, field: &'a str) -> Self {
        Self { path: self.path, inside: Some(Place { outer: self, field, item: None }) }
    }

    /// The same for an object of the list `field`.
    pub(crate) fn item(&'a self, field: &'a str, item: usize) -> Self {
        Self { path: self.path, inside: Some(Place { outer: self, field, item: Some(item) }) }
    }

    /// A text that must not be empty.
    pub(crate) fn text<'t>(&self, field: &str, text: impl Into<Option<&'t str>>) -> Result<()> {
        match text.into() {
            Some("") => Err(self.fault(field, "is empty")),
            _ => Ok(()),
        }
    }

    /// A text of so many bytes; `None` is not sent.
    pub(crate) fn bytes<'t>(
        &self,
        field: &str,
        text: impl Into<Option<&'t str>>,
        allowed: impl RangeBounds<usize>,
    ) -> Result<()> {
        let Some(text) = text.into() else { return Ok(()) };
        self.length(field, text.len(), &allowed, "bytes")
    }

    /// A text of so many characters; `None` is not sent.
    pub(crate) fn chars<'t>(
        &self,
        field: &str,
        text: impl Into<Option<&'t str>>,
        allowed: impl RangeBounds<usize>,
    ) -> Result<()> {
        let Some(text) = text.into() else { return Ok(()) };
        self.length(field, text.chars().count(), &allowed, "characters")
    }

    /// A list of so many items.
    pub(crate) fn items(&self, field: &str, count: usize, allowed: impl RangeBounds<usize>) -> Result<()> {
        self.length(field, count, &allowed, "items")
    }

    /// A number within bounds; `None` is not sent.
    pub(crate) fn range(
        &self,
        field: &str,
        number: impl Into<Option<i64>>,
        allowed: impl RangeBounds<i64>,
    ) -> Result<()> {
        match number.into() {
            Some(number) if !allowed.contains(&number) => {
                Err(self.fault(field, format_args!("is {number}; {} allowed", words(&allowed))))
            }
            _ => Ok(()),
        }
    }

    /// A file of 1 to `most` bytes.
    pub(crate) async fn file(&self, field: &str, content: &Content, most: u64) -> Result<()> {
        let length = content.len().await.map_err(|e| self.fault(field, format_args!("cannot be read: {e}")))?;
        match length {
            0 => Err(self.fault(field, "is empty")),
            length if length > most => Err(self.fault(field, format_args!("has {length} bytes; {most} are allowed"))),
            _ => Ok(()),
        }
    }

    fn length(&self, field: &str, length: usize, allowed: &impl RangeBounds<usize>, unit: &str) -> Result<()> {
        match allowed.end_bound() {
            _ if allowed.contains(&length) => Ok(()),
            _ if length == 0 => Err(self.fault(field, "is empty")),
            Bound::Included(most) if length > *most => {
                Err(self.fault(field, format_args!("has {length} {unit}; {most} are allowed")))
            }
            _ => Err(self.fault(field, format_args!("has {length} {unit}; {} allowed", words(allowed)))),
        }
    }

    fn fault(&self, field: &str, says: impl fmt::Display) -> ApiError {
        ApiError::mistake(self.path, format!("`{}{field}` {says}", Inside(self.inside)))
    }
}

/// `articles[2].cover.`, or nothing at the top.
struct Inside<'a>(Option<Place<'a>>);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Place { outer, field, item }) = self.0 else { return Ok(()) };
        match item {
            Some(item) => write!(f, "{}{field}[{item}].", Inside(outer.inside)),
            None => write!(f, "{}{field}.", Inside(outer.inside)),
        }
    }
}

/// `1 to 20 are`, `at least 1 is`, `30 are`: the bounds of a range in words.
fn words<T: fmt::Display>(allowed: &impl RangeBounds<T>) -> String {
    let inclusive = |bound| match bound {
        Bound::Included(at) | Bound::Excluded(at) => Some(at),
        Bound::Unbounded => None,
    };
    match (inclusive(allowed.start_bound()), inclusive(allowed.end_bound())) {
        (Some(least), Some(most)) if least.to_string() == most.to_string() => format!("{least} is"),
        (Some(least), Some(most)) => format!("{least} to {most} are"),
        (Some(least), None) => format!("at least {least} is"),
        (None, Some(most)) => format!("{most} are"),
        (None, None) => "any is".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ErrorKind;
    use super::*;

    fn text(checked: Result<()>) -> String {
        let error = checked.unwrap_err();
        assert_eq!((error.kind, error.unsent, error.path.as_str()), (ErrorKind::CallerMistake, true, "/x"));
        error.errmsg
    }

    #[test]
    fn an_error_names_the_field_and_what_is_allowed() {
        let check = Check::of("/x");
        let tag = check.field("tag");
        assert_eq!(text(tag.bytes("name", "三十三个字节的标签名啊", ..=30)), "`tag.name` has 33 bytes; 30 are allowed");
        assert_eq!(text(check.range("count", 21, 1..=20)), "`count` is 21; 1 to 20 are allowed");
        assert_eq!(text(check.range("index", -1, 0..)), "`index` is -1; at least 0 is allowed");
        assert_eq!(text(check.items("openid_list", 51, 1..=50)), "`openid_list` has 51 items; 50 are allowed");
        assert_eq!(text(check.items("touser", 1, 2..=10)), "`touser` has 1 items; 2 to 10 are allowed");
        assert_eq!(text(check.items("openid_list", 0, 1..=50)), "`openid_list` is empty");
        assert_eq!(text(check.text("media_id", "")), "`media_id` is empty");
        let crop = check.item("articles", 2);
        let crop = crop.field("cover");
        assert_eq!(text(crop.chars("x1", "左上角", ..=2)), "`articles[2].cover.x1` has 3 characters; 2 are allowed");
    }

    #[test]
    fn what_is_within_bounds_or_left_out_passes() {
        let check = Check::of("/x");
        assert!(check.bytes("name", "十个汉字正好三十字节", 1..=30).is_ok());
        assert!(check.chars("title", None, ..=2).is_ok());
        assert!(check.bytes("remark", "", ..=29).is_ok());
        assert!(check.range("count", None, 1..=20).is_ok());
        assert!(check.range("count", 20, 1..=20).is_ok());
    }

    #[tokio::test]
    async fn a_file_is_measured_before_it_is_sent() {
        let check = Check::of("/x");
        assert!(check.file("media", &Content::from(vec![0; 5]), 5).await.is_ok());
        assert_eq!(
            text(check.file("media", &Content::from(vec![0; 6]), 5).await),
            "`media` has 6 bytes; 5 are allowed"
        );
        assert_eq!(text(check.file("media", &Content::from(vec![]), 5).await), "`media` is empty");
    }
}
