//! What a menu is made of; what the platform would refuse of it lies in `faults.rs`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A menu: up to 3 buttons, each with up to 5 below it.
///
/// ```
/// use puzi_wechat::client::{Button, Menu};
///
/// let menu = Menu::new([
///     Button::click("今日特价", "TODAY"),
///     Button::open("更多", [Button::view("商城", "https://shop.example/"), Button::click("客服", "HELP")]),
/// ]);
/// assert_eq!(menu.check(), Ok(()));
///
/// let long = Menu::new([Button::click("一个太长的名字", "K")]);
/// assert_eq!(long.check().unwrap_err(), "`button[0].name` (\"一个太长的名字\") has 21 bytes; 16 are allowed");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Menu {
    /// The buttons at the top, left to right.
    #[serde(rename = "button")]
    pub buttons: Vec<Button>,
}

/// A button of a [`Menu`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "RawButton", into = "RawButton")]
pub struct Button {
    /// What the user reads.
    pub name: String,
    /// What a tap does.
    pub action: Action,
}

/// What a tap on a [`Button`] does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Opens the buttons below this one.
    Open(Vec<Button>),
    /// `click`: sends the event CLICK with this key.
    Click(String),
    /// `view`: opens a URL.
    View(String),
    /// `miniprogram`: opens a page of a linked mini program.
    MiniProgram {
        /// The mini program's appid.
        appid: String,
        /// The page.
        pagepath: String,
        /// What clients that know no mini programs open instead.
        url: String,
    },
    /// `scancode_push`: scans a code and opens what it says; the event carries this key.
    ScanCodePush(String),
    /// `scancode_waitmsg`: scans a code and waits for an answer; the event carries this key.
    ScanCodeWait(String),
    /// `pic_sysphoto`: takes a photo and sends it; the event carries this key.
    TakePhoto(String),
    /// `pic_photo_or_album`: takes or picks a photo and sends it; the event carries this key.
    PhotoOrAlbum(String),
    /// `pic_weixin`: picks photos of WeChat's album and sends them; the event carries this key.
    Album(String),
    /// `location_select`: picks a place and sends it; the event carries this key.
    SelectLocation(String),
    /// `media_id`: answers with this material.
    Media(String),
    /// `view_limited`: opens this news material.
    ViewMaterial(String),
    /// `article_id`: answers with this published article.
    Article(String),
    /// `article_view_limited`: opens this published article.
    ViewArticle(String),
    /// Any other type, with its fields.
    Other {
        /// The platform's name of the type.
        kind: String,
        /// The button's other fields.
        fields: Map<String, Value>,
    },
}

impl Button {
    /// A button that does `action`.
    pub fn new(name: impl Into<String>, action: Action) -> Self {
        Self { name: name.into(), action }
    }

    /// A button that sends the event CLICK with `key`.
    pub fn click(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self::new(name, Action::Click(key.into()))
    }

    /// A button that opens `url`.
    pub fn view(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self::new(name, Action::View(url.into()))
    }

    /// A button that opens the buttons below it.
    pub fn open(name: impl Into<String>, buttons: impl IntoIterator<Item = Self>) -> Self {
        Self::new(name, Action::Open(buttons.into_iter().collect()))
    }
}

/// A button as the platform writes it.
#[derive(Serialize, Deserialize)]
struct RawButton {
    name: String,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sub_button: Vec<Button>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl From<RawButton> for Button {
    fn from(raw: RawButton) -> Self {
        let RawButton { name, kind, sub_button, fields } = raw;
        let action = match kind.filter(|_| sub_button.is_empty()) {
            None => Action::Open(sub_button),
            // What the admin platform made and this page does not know must not hide the rest of the menu.
            Some(kind) => Action::read(&kind, &fields).unwrap_or(Action::Other { kind, fields }),
        };
        Self { name, action }
    }
}

impl Action {
    /// The action of a known type whose fields are there.
    pub(super) fn read(kind: &str, fields: &Map<String, Value>) -> Option<Self> {
        let text = |field: &str| fields.get(field)?.as_str().map(str::to_owned);
        Some(match (kind, text(required_field(kind)?)?) {
            ("click", key) => Self::Click(key),
            ("view", url) => Self::View(url),
            ("miniprogram", appid) => {
                Self::MiniProgram { appid, pagepath: text("pagepath")?, url: text("url").unwrap_or_default() }
            }
            ("scancode_push", key) => Self::ScanCodePush(key),
            ("scancode_waitmsg", key) => Self::ScanCodeWait(key),
            ("pic_sysphoto", key) => Self::TakePhoto(key),
            ("pic_photo_or_album", key) => Self::PhotoOrAlbum(key),
            ("pic_weixin", key) => Self::Album(key),
            ("location_select", key) => Self::SelectLocation(key),
            ("media_id", id) => Self::Media(id),
            ("view_limited", id) => Self::ViewMaterial(id),
            ("article_id", id) => Self::Article(id),
            ("article_view_limited", id) => Self::ViewArticle(id),
            _ => return None,
        })
    }
}

/// The field without which a button of this type does nothing; `None` for a type not known here.
pub(super) fn required_field(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin"
        | "location_select" => "key",
        "view" => "url",
        "miniprogram" => "appid",
        "media_id" | "view_limited" => "media_id",
        "article_id" | "article_view_limited" => "article_id",
        _ => return None,
    })
}

impl From<Button> for RawButton {
    fn from(button: Button) -> Self {
        let (kind, fields) = match button.action {
            Action::Open(sub_button) => {
                return Self { name: button.name, kind: None, sub_button, fields: Map::new() };
            }
            Action::Click(key) => ("click", vec![("key", key)]),
            Action::View(url) => ("view", vec![("url", url)]),
            Action::MiniProgram { appid, pagepath, url } => {
                ("miniprogram", vec![("appid", appid), ("pagepath", pagepath), ("url", url)])
            }
            Action::ScanCodePush(key) => ("scancode_push", vec![("key", key)]),
            Action::ScanCodeWait(key) => ("scancode_waitmsg", vec![("key", key)]),
            Action::TakePhoto(key) => ("pic_sysphoto", vec![("key", key)]),
            Action::PhotoOrAlbum(key) => ("pic_photo_or_album", vec![("key", key)]),
            Action::Album(key) => ("pic_weixin", vec![("key", key)]),
            Action::SelectLocation(key) => ("location_select", vec![("key", key)]),
            Action::Media(id) => ("media_id", vec![("media_id", id)]),
            Action::ViewMaterial(id) => ("view_limited", vec![("media_id", id)]),
            Action::Article(id) => ("article_id", vec![("article_id", id)]),
            Action::ViewArticle(id) => ("article_view_limited", vec![("article_id", id)]),
            Action::Other { kind, fields } => {
                return Self { name: button.name, kind: Some(kind), sub_button: Vec::new(), fields };
            }
        };
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        Self { name: button.name, kind: Some(kind.to_owned()), sub_button: Vec::new(), fields }
    }
}

impl Menu {
    /// A menu of these buttons.
    pub fn new(buttons: impl IntoIterator<Item = Button>) -> Self {
        Self { buttons: buttons.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_menu_survives_the_way_to_the_platform_and_back() {
        let wire = json!({"button": [
            {"type": "click", "name": "今日", "key": "TODAY"},
            {"name": "更多", "sub_button": [
                {"type": "view", "name": "商城", "url": "https://shop.example/"},
                {"type": "miniprogram", "name": "小程序", "appid": "wx1", "pagepath": "p", "url": "https://u"},
                {"type": "location_select", "name": "位置", "key": "L"},
                {"type": "article_id", "name": "文章", "article_id": "A"},
                {"type": "img", "name": "图", "value": "M"},
            ]},
        ]});
        let menu: Menu = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(menu.buttons[0], Button::click("今日", "TODAY"));
        assert!(matches!(&menu.buttons[1].action, Action::Open(five) if five.len() == 5));
        assert_eq!(menu.check(), Ok(()));
        assert_eq!(serde_json::to_value(&menu).unwrap(), wire);
    }

    #[test]
    fn what_the_platform_would_refuse_is_named() {
        let leaf = || Button::click("a", "k");
        let page = |pagepath: &str, url: &str| Action::MiniProgram {
            appid: "wx1".into(),
            pagepath: pagepath.into(),
            url: url.into(),
        };
        let below = |button: Button| Menu::new([leaf(), Button::open("更多", [leaf(), button])]);
        for (menu, says) in [
            (Menu::default(), "`button` has 0 buttons; 1 to 3"),
            (Menu::new([leaf(), leaf(), leaf(), leaf()]), "`button` has 4 buttons"),
            (
                Menu::new([Button::open("更多", std::iter::repeat_with(leaf).take(6))]),
                "`button[0].sub_button` has 6 buttons; 1 to 5",
            ),
            (Menu::new([Button::open("更多", [])]), "`button[0].sub_button` has 0 buttons"),
            (below(Button::open("deep", [leaf()])), "`button[1].sub_button[1]` (\"deep\") is on the second level"),
            (Menu::new([Button::click(" ", "k")]), "`button[0].name` (\" \") is empty"),
            (Menu::new([Button::click("六个字的名字", "k")]), "has 18 bytes; 16 are allowed"),
            (below(Button::click("字".repeat(21), "k")), "has 63 bytes; 60 are allowed"),
            (Menu::new([Button::view("商城", "")]), "`button[0].url` (\"商城\") is empty"),
            (below(Button::view("商城", "u".repeat(1025))), "`button[1].sub_button[1].url` (\"商城\") has 1025 bytes"),
            (Menu::new([Button::click("a", "k".repeat(129))]), "`button[0].key` (\"a\") has 129 bytes; 128"),
            (Menu::new([Button::new("a", page("", "https://u"))]), "`button[0].pagepath` (\"a\") is empty"),
            (Menu::new([Button::new("a", page("p", ""))]), "`button[0].url` (\"a\") is empty"),
            (Menu::new([Button::new("a", page("p", &"u".repeat(1025)))]), "`button[0].url` (\"a\") has 1025 bytes"),
            (Menu::new([Button::new("a", Action::Media(String::new()))]), "`button[0].media_id` (\"a\") is empty"),
            (
                serde_json::from_value(json!({"button": [{"name": "b", "type": "view"}]})).unwrap(),
                "`button[0].url` (\"b\") is empty",
            ),
        ] {
            let error = menu.check().unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn names_and_keys_may_be_as_long_as_the_platform_says() {
        let menu = Menu::new([
            Button::click("五个汉字呀1", "k".repeat(128)),
            Button::open("更多", [Button::view("字".repeat(20), "u".repeat(1024))]),
        ]);
        assert_eq!(menu.check(), Ok(()));
    }
}
