//! Who sees a conditional menu.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::client::loose::as_number;

/// Who sees a [`ConditionalMenu`](super::ConditionalMenu): everyone whom all that is said here fits.
///
/// ```
/// use puzi_wechat::client::{MenuRule, Platform};
///
/// let vips_on_ios = MenuRule::tag(101).platform(Platform::Ios);
/// assert_eq!(serde_json::to_string(&vips_on_ios)?, r#"{"tag_id":"101","client_platform_type":"1"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Map<String, Value>")]
#[non_exhaustive]
pub struct MenuRule {
    /// The tag of those who see it; of a user's tags the one given last counts.
    pub tag_id: Option<i64>,
    /// The system of their phones.
    pub client_platform: Option<Platform>,
    /// Rules of earlier years about sex, place or language, which are read and no longer written: a menu with one is
    /// out of force.
    pub more: Map<String, Value>,
}

/// The system of a user's phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Platform {
    /// iOS.
    Ios,
    /// Android.
    Android,
    /// Any other.
    Other,
}

impl Platform {
    /// The platform's number for it.
    pub fn number(self) -> i64 {
        match self {
            Self::Ios => 1,
            Self::Android => 2,
            Self::Other => 3,
        }
    }
}

impl MenuRule {
    /// Those with the tag of this number.
    pub fn tag(id: i64) -> Self {
        Self { tag_id: Some(id), ..Self::default() }
    }

    /// Those with a phone of this system.
    pub fn phone(platform: Platform) -> Self {
        Self::default().platform(platform)
    }

    /// Only those of them with a phone of this system.
    #[must_use]
    pub fn platform(mut self, platform: Platform) -> Self {
        self.client_platform = Some(platform);
        self
    }

    /// Whether it says anything of what can still be said.
    pub(super) fn is_empty(&self) -> bool {
        self.tag_id.is_none() && self.client_platform.is_none()
    }
}

impl From<Map<String, Value>> for MenuRule {
    /// Numbers come as numbers or as text, and empty where nothing is said.
    fn from(mut fields: Map<String, Value>) -> Self {
        let mut number =
            |field: &str| fields.remove(field).map(|value| as_number(&value)).filter(|&number| number != 0);
        let tag_id = number("tag_id");
        let client_platform = number("client_platform_type").map(|number| match number {
            1 => Platform::Ios,
            2 => Platform::Android,
            _ => Platform::Other,
        });
        fields.retain(|_, value| !matches!(value, Value::String(text) if text.is_empty()));
        Self { tag_id, client_platform, more: fields }
    }
}

/// Numbers are written as text, which the platform wants here.
impl Serialize for MenuRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(tag) = self.tag_id {
            map.serialize_entry("tag_id", &tag.to_string())?;
        }
        if let Some(platform) = self.client_platform {
            map.serialize_entry("client_platform_type", &platform.number().to_string())?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_read_in_either_spelling() {
        for wire in [
            json!({"tag_id": 2, "client_platform_type": 2, "sex": "", "country": "中国"}),
            json!({"tag_id": "2", "client_platform_type": "2", "country": "中国"}),
        ] {
            let rule: MenuRule = serde_json::from_value(wire).unwrap();
            assert_eq!((rule.tag_id, rule.client_platform), (Some(2), Some(Platform::Android)));
            assert_eq!(Value::Object(rule.more), json!({"country": "中国"}));
        }
        let none: MenuRule = serde_json::from_value(json!({"tag_id": "", "client_platform_type": ""})).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn what_the_platform_refuses_is_not_written() {
        let old: MenuRule = serde_json::from_value(json!({"tag_id": 2, "sex": 1})).unwrap();
        assert_eq!(serde_json::to_value(&old).unwrap(), json!({"tag_id": "2"}));
    }
}
