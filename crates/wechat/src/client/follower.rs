//! What the platform tells about a user.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::loose::{Flag, Number};

/// What the platform tells about a user (`/cgi-bin/user/info`). Of somebody who does not follow, only `openid` and
/// `subscribe` are told. Name, picture and place are empty for most accounts since the platform withholds them.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Follower {
    /// Whether the user follows the account.
    pub subscribe: bool,
    /// The user's id with this account.
    pub openid: String,
    /// The user's id with all accounts of the same owner, when they are bound together.
    pub unionid: Option<String>,
    /// Nickname.
    pub nickname: String,
    /// 1 male, 2 female, 0 not told; no longer given.
    pub sex: i64,
    /// The language of the user's WeChat.
    pub language: String,
    /// City; no longer given.
    pub city: String,
    /// Province; no longer given.
    pub province: String,
    /// Country; no longer given.
    pub country: String,
    /// URL of the picture.
    pub headimgurl: String,
    /// When the user followed last, unix seconds.
    pub subscribe_time: i64,
    /// What the account's staff call the user.
    pub remark: String,
    /// Number of the user's group, from before there were tags.
    pub groupid: i64,
    /// Ids of the user's tags.
    pub tagid_list: Vec<i64>,
    /// How the user came: `ADD_SCENE_QR_CODE`, `ADD_SCENE_SEARCH` and others.
    pub subscribe_scene: String,
    /// The number of the scanned code, 0 for none.
    pub qr_scene: i64,
    /// The name of the scanned code.
    pub qr_scene_str: String,
    /// All other fields.
    pub more: Map<String, Value>,
}

/// By hand, since a flattened map makes derived code keep every field twice; of a million followers that is felt.
impl<'de> Deserialize<'de> for Follower {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Follower;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is told of a user")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Follower, A::Error> {
        let mut user = Follower::default();
        while let Some(name) = from.next_key::<Name>()? {
            match name {
                Name::Subscribe => user.subscribe = from.next_value::<Flag>()?.0,
                Name::Openid => user.openid = from.next_value()?,
                Name::Unionid => user.unionid = from.next_value()?,
                Name::Nickname => user.nickname = from.next_value()?,
                Name::Sex => user.sex = from.next_value::<Number>()?.0,
                Name::Language => user.language = from.next_value()?,
                Name::City => user.city = from.next_value()?,
                Name::Province => user.province = from.next_value()?,
                Name::Country => user.country = from.next_value()?,
                Name::Headimgurl => user.headimgurl = from.next_value()?,
                Name::SubscribeTime => user.subscribe_time = from.next_value::<Number>()?.0,
                Name::Remark => user.remark = from.next_value()?,
                Name::Groupid => user.groupid = from.next_value::<Number>()?.0,
                Name::TagidList => user.tagid_list = from.next_value()?,
                Name::SubscribeScene => user.subscribe_scene = from.next_value()?,
                Name::QrScene => user.qr_scene = from.next_value::<Number>()?.0,
                Name::QrSceneStr => user.qr_scene_str = from.next_value()?,
                Name::Other(name) => drop(user.more.insert(name, from.next_value()?)),
            }
        }
        Ok(user)
    }
}

/// The name of a field.
enum Name {
    Subscribe,
    Openid,
    Unionid,
    Nickname,
    Sex,
    Language,
    City,
    Province,
    Country,
    Headimgurl,
    SubscribeTime,
    Remark,
    Groupid,
    TagidList,
    SubscribeScene,
    QrScene,
    QrSceneStr,
    Other(String),
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_identifier(NameReader)
    }
}

struct NameReader;

impl Visitor<'_> for NameReader {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            "subscribe" => Name::Subscribe,
            "openid" => Name::Openid,
            "unionid" => Name::Unionid,
            "nickname" => Name::Nickname,
            "sex" => Name::Sex,
            "language" => Name::Language,
            "city" => Name::City,
            "province" => Name::Province,
            "country" => Name::Country,
            "headimgurl" => Name::Headimgurl,
            "subscribe_time" => Name::SubscribeTime,
            "remark" => Name::Remark,
            "groupid" => Name::Groupid,
            "tagid_list" => Name::TagidList,
            "subscribe_scene" => Name::SubscribeScene,
            "qr_scene" => Name::QrScene,
            "qr_scene_str" => Name::QrSceneStr,
            other => Name::Other(other.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_platform_sends_loosely_is_read() {
        let told = json!({
            "subscribe": "1", "openid": "o1", "sex": "2", "subscribe_time": 1_700_000_000, "tagid_list": [2, 100],
            "qr_scene": "7", "groupid": 100, "privilege": ["chinaunicom"],
        });
        let user: Follower = serde_json::from_value(told).unwrap();
        assert!(user.subscribe && user.openid == "o1" && user.sex == 2 && user.qr_scene == 7 && user.groupid == 100);
        assert_eq!((user.subscribe_time, user.tagid_list.as_slice()), (1_700_000_000, [2, 100].as_slice()));
        assert_eq!(Value::Object(user.more), json!({ "privilege": ["chinaunicom"] }));
    }

    #[test]
    fn of_a_stranger_little_is_told() {
        let user: Follower = serde_json::from_str(r#"{"subscribe":0,"openid":"o1"}"#).unwrap();
        assert_eq!(user, Follower { openid: "o1".into(), ..Follower::default() });
    }
}
