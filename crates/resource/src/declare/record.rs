//! One row as the resource sees it.

use serde_json::{Map, Value};

/// A record: values by field name, in stored form (see [`super::Kind`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Row number; 0 for one not stored yet.
    pub id: i64,
    /// Counts the changes, where the resource has a version.
    pub version: Option<i64>,
    /// When it was deleted softly, Unix ms.
    pub deleted_at: Option<i64>,
    /// Values in stored form. What is absent was not asked for or not given, which is not the same as `null`.
    pub values: Map<String, Value>,
}

impl Record {
    /// The value of `field`; `null` when it is absent.
    pub fn get(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    /// The text of `field`; empty when it is absent or no text.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).as_str().unwrap_or_default()
    }

    /// The number of `field`, if it is one.
    pub fn number(&self, field: &str) -> Option<i64> {
        self.get(field).as_i64()
    }

    /// Sets `field`.
    pub fn set(&mut self, field: impl Into<String>, value: impl Into<Value>) {
        self.values.insert(field.into(), value.into());
    }
}
