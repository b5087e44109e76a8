//! The account's menu.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{ApiError, Condition, Result};
use super::{Client, Method};

const CREATE: &str = "/cgi-bin/menu/create";
const TOP_BUTTONS: usize = 3;
const SUB_BUTTONS: usize = 5;
/// Bytes.
const LONGEST_KEY: usize = 128;
/// Bytes.
const LONGEST_URL: usize = 1024;

/// A menu: up to 3 buttons, each with up to 5 below it.
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
    fn read(kind: &str, fields: &Map<String, Value>) -> Option<Self> {
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
fn required_field(kind: &str) -> Option<&'static str> {
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

    /// What the platform would refuse, found before it is asked: the numbers of buttons, empty names, and keys and
    /// URLs that are missing or too long.
    ///
    /// # Errors
    /// A sentence that names the button.
    pub fn check(&self) -> std::result::Result<(), String> {
        check_row("the menu", &self.buttons, TOP_BUTTONS)?;
        for top in &self.buttons {
            let Action::Open(buttons) = &top.action else {
                check_leaf(top)?;
                continue;
            };
            check_row(&format!("the button \"{}\"", top.name), buttons, SUB_BUTTONS)?;
            buttons.iter().try_for_each(check_leaf)?;
        }
        Ok(())
    }
}

fn check_row(whose: &str, buttons: &[Button], most: usize) -> std::result::Result<(), String> {
    if buttons.is_empty() || buttons.len() > most {
        return Err(format!("{whose} has {} buttons; 1 to {most} are allowed", buttons.len()));
    }
    match buttons.iter().position(|button| button.name.trim().is_empty()) {
        Some(at) => Err(format!("{whose}: button {} has no name", at + 1)),
        None => Ok(()),
    }
}

fn check_leaf(button: &Button) -> std::result::Result<(), String> {
    let name = &button.name;
    let (what, text, longest) = match &button.action {
        Action::Open(_) => return Err(format!("the button \"{name}\" is on the second level and opens a third")),
        Action::Other { kind, .. } => {
            return required_field(kind).map_or(Ok(()), |field| Err(format!("the button \"{name}\" has no {field}")));
        }
        Action::View(url) => ("url", url, LONGEST_URL),
        Action::MiniProgram { appid, .. } => ("appid", appid, LONGEST_KEY),
        Action::Media(id) | Action::ViewMaterial(id) => ("media_id", id, usize::MAX),
        Action::Article(id) | Action::ViewArticle(id) => ("article_id", id, usize::MAX),
        Action::Click(key)
        | Action::ScanCodePush(key)
        | Action::ScanCodeWait(key)
        | Action::TakePhoto(key)
        | Action::PhotoOrAlbum(key)
        | Action::Album(key)
        | Action::SelectLocation(key) => ("key", key, LONGEST_KEY),
    };
    if text.is_empty() {
        return Err(format!("the button \"{name}\" has no {what}"));
    }
    if text.len() > longest {
        return Err(format!("the {what} of the button \"{name}\" has {} bytes; {longest} are allowed", text.len()));
    }
    Ok(())
}

/// All menus of an account (`/cgi-bin/menu/get`).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct MenuSet {
    /// The menu of everyone.
    pub menu: Menu,
    /// The menus of those who match a rule.
    #[serde(default, rename = "conditionalmenu")]
    pub conditional: Vec<ConditionalMenu>,
}

/// A menu for those who match a rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConditionalMenu {
    /// The buttons at the top.
    #[serde(rename = "button")]
    pub buttons: Vec<Button>,
    /// Who sees it: `tag_id`, `client_platform_type` and others.
    #[serde(default, rename = "matchrule")]
    pub rule: Map<String, Value>,
    /// Its id, a number or a string.
    #[serde(default)]
    pub menuid: Value,
}

/// Calls about the menu; see [`Client::menu`].
#[derive(Clone, Copy)]
pub struct MenuTools<'a> {
    pub(super) client: &'a Client,
}

impl MenuTools<'_> {
    /// Puts `menu` in the place of the present one.
    ///
    /// # Errors
    /// A caller's mistake that names the button when [`Menu::check`] refuses it, without a call.
    pub async fn create(self, menu: &Menu) -> Result<()> {
        menu.check().map_err(|text| ApiError::mistake(CREATE, text))?;
        self.client.call(Method::POST, CREATE).json(menu).idempotent(true).done().await
    }

    /// The account's menus; `None` when it has none.
    ///
    /// # Errors
    /// As any call.
    pub async fn get(self) -> Result<Option<MenuSet>> {
        match self.client.call(Method::GET, "/cgi-bin/menu/get").send().await {
            Ok(menus) => Ok(Some(menus)),
            Err(e) if e.is(Condition::NoMenu) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Removes all menus, the conditional ones too. That there is none is no error.
    ///
    /// # Errors
    /// As any call.
    pub async fn delete(self) -> Result<()> {
        match self.client.call(Method::GET, "/cgi-bin/menu/delete").done().await {
            Err(e) if e.is(Condition::NoMenu) => Ok(()),
            other => other,
        }
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
        for (menu, says) in [
            (Menu::default(), "0 buttons"),
            (Menu::new([leaf(), leaf(), leaf(), leaf()]), "the menu has 4 buttons"),
            (Menu::new([Button::open("更多", std::iter::repeat_with(leaf).take(6))]), "\"更多\" has 6 buttons"),
            (Menu::new([Button::open("更多", [Button::open("deep", [leaf()])])]), "opens a third"),
            (Menu::new([Button::click(" ", "k")]), "no name"),
            (Menu::new([Button::view("商城", "")]), "\"商城\" has no url"),
            (Menu::new([Button::click("a", "k".repeat(129))]), "129 bytes"),
            (serde_json::from_value(json!({"button": [{"name": "b", "type": "view"}]})).unwrap(), "\"b\" has no url"),
        ] {
            let error = menu.check().unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
