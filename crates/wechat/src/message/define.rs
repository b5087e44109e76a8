//! How a typed value is read out of fields, and the macros that turn a table of names into types.
//!
//! Reading never fails: a field that is missing or has no sense gives `None`, zero-length text or an empty list, and what was
//! received stays in [`Fields`]. A push that WeChat sends must reach the application even if a number in it looks new.

use crate::fields::{Fields, Value};

/// A struct made of fields.
pub(super) trait Record: Sized {
    fn record(fields: &Fields) -> Self;
}

/// A value found at `path`: a name, `A|B` for two spellings, `List/item` for the elements of a list.
pub(super) trait Read: Sized {
    fn read(fields: &Fields, path: &str) -> Self;
}

fn find<'a>(fields: &'a Fields, path: &str) -> Option<&'a Value> {
    path.split('|').find_map(|name| fields.get(name))
}

fn text<'a>(fields: &'a Fields, path: &str) -> Option<&'a str> {
    find(fields, path)?.text()
}

impl Read for String {
    fn read(fields: &Fields, path: &str) -> Self {
        text(fields, path).unwrap_or_default().to_owned()
    }
}

/// An empty text is none: the platform sends empty elements for what is not there.
impl Read for Option<String> {
    fn read(fields: &Fields, path: &str) -> Self {
        text(fields, path).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(impl Read for Option<$number> {
        fn read(fields: &Fields, path: &str) -> Self {
            text(fields, path)?.trim().parse().ok()
        }
    })* };
}
numbers!(i64, u64);

/// Infinity and NaN are words to a parser and no measure to anybody.
impl Read for Option<f64> {
    fn read(fields: &Fields, path: &str) -> Self {
        text(fields, path)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl<T: Record> Read for Option<T> {
    fn read(fields: &Fields, path: &str) -> Self {
        find(fields, path)?.tree().map(T::record)
    }
}

impl<T: Record> Read for Vec<T> {
    fn read(fields: &Fields, path: &str) -> Self {
        path.split('|').map(|path| list(fields, path)).find(|list| !list.is_empty()).unwrap_or_default()
    }
}

fn list<T: Record>(fields: &Fields, path: &str) -> Vec<T> {
    let Some((list, item)) = path.split_once('/') else {
        return fields.all(path).filter_map(Value::tree).map(T::record).collect();
    };
    let mut records = Vec::new();
    for tree in fields.all(list).filter_map(Value::tree) {
        // XML has an element around each item; a JSON array may have nothing between.
        if tree.get(item).is_some() {
            records.extend(tree.all(item).filter_map(Value::tree).map(T::record));
        } else if !tree.is_empty() {
            records.push(T::record(tree));
        }
    }
    records
}

impl Read for Vec<i64> {
    fn read(fields: &Fields, path: &str) -> Self {
        fields.all(path).filter_map(Value::text).filter_map(|text| text.trim().parse().ok()).collect()
    }
}

/// Structs whose fields are read by name. Each field's documentation begins with the platform's name for it.
macro_rules! records {
    ($(
        $(#[$about:meta])*
        $name:ident { $( $(#[$note:meta])* $field:ident: $type:ty = $path:literal ),* $(,)? }
    )*) => { $(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $( #[doc = concat!("`", $path, "`. ")] $(#[$note])* pub $field: $type, )* }

        impl $crate::message::define::Record for $name {
            fn record(fields: &$crate::fields::Fields) -> Self {
                Self { $( $field: $crate::message::define::Read::read(fields, $path), )* }
            }
        }
    )* };
}

/// The enum of events, one line of names a variant, and the way from a name to its variant.
macro_rules! events {
    ($(
        $(#[$about:meta])*
        $($wire:literal)|+ => $name:ident { $( $(#[$note:meta])* $field:ident: $type:ty = $path:literal ),* $(,)? }
    )*) => {
        /// What happened (MsgType `event`). Variants say the platform's name for the event, fields theirs.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Event {
            $(
                $(#[$about])*
                #[doc = concat!("\n\n", $("`", $wire, "` ",)+ "on the wire.")]
                $name { $( #[doc = concat!("`", $path, "`. ")] $(#[$note])* $field: $type, )* },
            )*
            /// An event this library does not know. Its name and fields are in the push.
            Unknown,
        }

        impl Event {
            /// The names of all events that have a type.
            pub const NAMES: &[&str] = &[$($($wire),+),*];

            pub(super) fn read(name: &str, fields: &$crate::fields::Fields) -> Self {
                match name {
                    $( $($wire)|+ => Self::$name {
                        $( $field: $crate::message::define::Read::read(fields, $path), )*
                    }, )*
                    _ => {
                        let _ = fields;
                        Self::Unknown
                    }
                }
            }
        }
    };
}

pub(super) use {events, records};
