//! Shapes of the platform's JSON that Rust has no word for: flags of 0 and 1, numbers written as texts, objects of one
//! field, sets of texts that grow.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

pub(crate) use super::loose::{flag, maybe_number as maybe_int, number as int};
use super::{ApiError, Call, ErrorKind, Result, answer};
use crate::Secret;

impl Call {
    /// Makes the call and reads one field of its answer.
    pub(crate) async fn send_field<T: DeserializeOwned>(self, field: &str) -> Result<T> {
        let path = self.path.clone();
        match self.fields().await?.remove(field) {
            Some(value) => read_field(&path, &value),
            None => Err(ApiError::local(ErrorKind::Transport, &path, format!("the answer has no `{field}`"))),
        }
    }

    /// The same where the platform may leave the field out.
    pub(crate) async fn send_field_or_default<T: DeserializeOwned + Default>(self, field: &str) -> Result<T> {
        let path = self.path.clone();
        match self.fields().await?.remove(field) {
            Some(value) => read_field(&path, &value),
            None => Ok(T::default()),
        }
    }

    async fn fields(self) -> Result<BTreeMap<String, Box<RawValue>>> {
        self.send().await
    }
}

/// One field of an answer that was taken for good: nothing else makes its error fit to be seen.
fn read_field<T: DeserializeOwned>(path: &str, value: &RawValue) -> Result<T> {
    answer::parse(path, value.get().as_bytes()).map_err(|error| error.presentable(&[]))
}

/// An API that tells its failures in `base_resp`, not by errcode.
pub(crate) fn base_resp(path: &str, ret: i64, err_msg: &str) -> Result<()> {
    if ret == 0 { Ok(()) } else { Err(ApiError::refused(path, ret, err_msg)) }
}

/// The texts of a list, whatever kind of texts they are.
pub(crate) fn texts<S: AsRef<str>>(list: &[S]) -> Vec<&str> {
    list.iter().map(AsRef::as_ref).collect()
}

/// A request with the appid of its account.
#[derive(Serialize)]
pub(crate) struct WithAppid<'a, T> {
    pub(crate) appid: &'a str,
    #[serde(flatten)]
    pub(crate) ask: &'a T,
}

/// A text that must not be seen.
pub(crate) fn secret<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Secret<String>, D::Error> {
    String::deserialize(from).map(Secret::new)
}

/// Writes 1 or 0.
pub(crate) fn as_flag<S: Serializer>(flag: &Option<bool>, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_some(&flag.map(i64::from))
}

/// Reads a `T` that lies inside objects of one field each, named by `path`; nothing there is its default.
pub(crate) fn read_inside<'de, D, T>(from: D, path: &'static [&'static str]) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Inside { path, of: PhantomData }.deserialize(from)
}

struct Inside<T> {
    path: &'static [&'static str],
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de> + Default> DeserializeSeed<'de> for Inside<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<T, D::Error> {
        if self.path.is_empty() { T::deserialize(from) } else { from.deserialize_any(self) }
    }
}

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Inside<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.path.join("."))
    }

    fn visit_unit<E>(self) -> std::result::Result<T, E> {
        Ok(T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<T, A::Error> {
        let mut found = T::default();
        while let Some(name) = map.next_key::<String>()? {
            if Some(&name.as_str()) == self.path.first() {
                found = map.next_value_seed(Inside { path: &self.path[1..], of: PhantomData })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Writes a value inside an object of one field: `{"content": …}`.
pub(crate) struct One<'a, T: ?Sized>(pub(crate) &'static str, pub(crate) &'a T);

impl<T: Serialize + ?Sized> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map([(self.0, self.1)])
    }
}

/// Makes functions for `#[serde(deserialize_with)]` and `#[serde(serialize_with)]`: of a value that the platform puts
/// inside an object of one field, or inside two such objects.
macro_rules! inside {
    ($(read $name:ident = $($field:literal)/+;)* $(write $writer:ident = $outer:literal $(/ $inner:literal)?;)*
     $(write_each $each:ident = $value:literal;)*) => {
        $(fn $name<'de, D: serde::Deserializer<'de>, T: serde::Deserialize<'de> + Default>(
            from: D,
        ) -> std::result::Result<T, D::Error> {
            $crate::client::shape::read_inside(from, &[$($field),+])
        })*
        $(fn $writer<T: serde::Serialize, S: serde::Serializer>(value: &T, to: S) -> std::result::Result<S::Ok, S::Error> {
            $(let value = &$crate::client::shape::One($inner, value);)?
            serde::Serialize::serialize(&$crate::client::shape::One($outer, value), to)
        })*
        $(fn $each<T: serde::Serialize, S: serde::Serializer>(
            values: &std::collections::BTreeMap<String, T>,
            to: S,
        ) -> std::result::Result<S::Ok, S::Error> {
            to.collect_map(values.iter().map(|(name, value)| (name, $crate::client::shape::One($value, value))))
        })*
    };
}

/// Makes an enum of texts that the platform may add to: what is not known here is kept as it came.
macro_rules! open_texts {
    ($(#[$about:meta])+ $name:ident { $($(#[$says:meta])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$about])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$says])+ $variant,)+
            /// Any other.
            Other(String),
        }

        impl $name {
            /// The platform's word for it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                text.to_owned().into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from).map(Self::from)
            }
        }
    };
}

pub(crate) use {inside, open_texts};

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json, to_value};

    use super::*;

    open_texts! {
        /// What a ticket is for.
        Purpose {
            /// `jsapi`.
            Jsapi = "jsapi",
            /// `wx_card`.
            WxCard = "wx_card",
        }
    }

    inside! {
        read openid = "openid";
        read key = "footer" / "key";
        write content = "content";
        write footer = "footer" / "key";
        write_each value = "value";
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Answer {
        #[serde(rename = "data", deserialize_with = "openid")]
        openids: Vec<String>,
        #[serde(deserialize_with = "key")]
        product: Option<String>,
        #[serde(deserialize_with = "flag")]
        open: bool,
        #[serde(deserialize_with = "int")]
        id: i64,
        #[serde(deserialize_with = "maybe_int")]
        total: Option<i64>,
        purpose: Purpose,
    }

    #[test]
    fn odd_shapes_are_read() {
        let read = |value: Value| from_value::<Answer>(value).unwrap();
        let full = json!({
            "data": {"extra": 1, "openid": ["o1"]}, "product": {"footer": {"key": "k"}}, "open": "1", "id": "42",
            "total": 7, "purpose": "jsapi",
        });
        assert_eq!(
            read(full),
            Answer {
                openids: vec!["o1".into()],
                product: Some("k".into()),
                open: true,
                id: 42,
                total: Some(7),
                purpose: Purpose::Jsapi,
            }
        );
        let odd = json!({"data": null, "product": {"footer": {}}, "open": 0, "id": null, "total": "?", "purpose": "x"});
        assert_eq!(read(odd), Answer { purpose: Purpose::Other("x".into()), ..Answer::default() });
        assert_eq!(read(json!({})), Answer::default());
        assert!(from_value::<Answer>(json!({"data": ["o1"]})).is_err());
    }

    #[derive(Serialize)]
    struct Ask {
        #[serde(serialize_with = "content", skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(serialize_with = "footer")]
        product: Option<String>,
        #[serde(serialize_with = "value")]
        data: BTreeMap<String, String>,
        #[serde(serialize_with = "as_flag", skip_serializing_if = "Option::is_none")]
        open: Option<bool>,
        purpose: Purpose,
    }

    #[test]
    fn odd_shapes_are_written() {
        let ask = Ask {
            text: Some("hi".into()),
            product: Some("k".into()),
            data: BTreeMap::from([("thing1".into(), "tea".into())]),
            open: Some(true),
            purpose: Purpose::WxCard,
        };
        let written = to_value(WithAppid { appid: "wx1", ask: &ask }).unwrap();
        assert_eq!(
            written,
            json!({
                "appid": "wx1", "text": {"content": "hi"}, "product": {"footer": {"key": "k"}},
                "data": {"thing1": {"value": "tea"}}, "open": 1, "purpose": "wx_card",
            })
        );
    }
}
