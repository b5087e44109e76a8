//! The menu in force, wherever it was made.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::button::Action;
use crate::client::loose::flag;

/// The menu in force (`/cgi-bin/get_current_selfmenu_info`), made by the API or on the admin platform.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct CurrentMenu {
    /// Whether the menu is shown.
    #[serde(rename = "is_menu_open", deserialize_with = "flag")]
    pub open: bool,
    /// The buttons at the top, left to right; none when there is no menu.
    #[serde(default, rename = "selfmenu_info", deserialize_with = "buttons")]
    pub buttons: Vec<CurrentButton>,
}

/// A button of a [`CurrentMenu`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "RawButton")]
#[non_exhaustive]
pub struct CurrentButton {
    /// What the user reads.
    pub name: String,
    /// What a tap does.
    pub action: CurrentAction,
}

/// What a tap on a [`CurrentButton`] does. Media ids of pictures, voices and videos live 3 days, and are others each
/// time the menu is asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CurrentAction {
    /// Opens the buttons below this one.
    Open(Vec<CurrentButton>),
    /// What a menu made by the API can do.
    Does(Action),
    /// Answers with this text.
    Text(String),
    /// Answers with the picture of this media id.
    Image(String),
    /// Answers with the voice of this media id.
    Voice(String),
    /// Answers with the video at this URL.
    Video(String),
    /// Answers with news.
    News {
        /// Id of the material, kept for good.
        media_id: String,
        /// Its articles.
        articles: Vec<MenuArticle>,
    },
}

/// An article of a [`CurrentAction::News`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MenuArticle {
    /// Title.
    pub title: String,
    /// Author.
    pub author: String,
    /// Summary.
    pub digest: String,
    /// Whether the cover is shown.
    #[serde(deserialize_with = "flag")]
    pub show_cover: bool,
    /// URL of the cover.
    pub cover_url: String,
    /// URL of the article.
    pub content_url: String,
    /// What "read the original" opens; empty for none.
    pub source_url: String,
}

#[derive(Deserialize)]
struct RawButton {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    sub_button: Option<List<CurrentButton>>,
    #[serde(default)]
    news_info: Option<List<MenuArticle>>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

#[derive(Deserialize)]
struct List<T> {
    #[serde(default = "Vec::new")]
    list: Vec<T>,
}

/// `{"button": […]}`.
fn buttons<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<CurrentButton>, D::Error> {
    #[derive(Deserialize)]
    struct Menu {
        #[serde(default)]
        button: Vec<CurrentButton>,
    }
    Ok(Option::<Menu>::deserialize(from)?.map(|menu| menu.button).unwrap_or_default())
}

impl From<RawButton> for CurrentButton {
    fn from(raw: RawButton) -> Self {
        let RawButton { name, kind, sub_button, news_info, fields } = raw;
        let value = || fields.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
        let action = match kind.as_deref() {
            None => CurrentAction::Open(sub_button.map(|buttons| buttons.list).unwrap_or_default()),
            Some("text") => CurrentAction::Text(value()),
            Some("img" | "photo") => CurrentAction::Image(value()),
            Some("voice") => CurrentAction::Voice(value()),
            Some("video") => CurrentAction::Video(value()),
            Some("news") => {
                let articles = news_info.map(|news| news.list).unwrap_or_default();
                CurrentAction::News { media_id: value(), articles }
            }
            Some(kind) => CurrentAction::Does(
                Action::read(kind, &fields)
                    .unwrap_or_else(|| Action::Other { kind: kind.to_owned(), fields: fields.clone() }),
            ),
        };
        Self { name, action }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn menus_of_both_makers_are_read() {
        let menu: CurrentMenu = serde_json::from_value(json!({"is_menu_open": 1, "selfmenu_info": {"button": [
            {"type": "click", "name": "今日", "key": "TODAY"},
            {"name": "更多", "sub_button": {"list": [
                {"type": "text", "name": "时间", "value": "9:00"},
                {"type": "img", "name": "图", "value": "M"},
                {"type": "video", "name": "片", "value": "http://v"},
                {"type": "news", "name": "文", "value": "N", "news_info": {"list": [
                    {"title": "T", "author": "A", "digest": "D", "show_cover": 0, "cover_url": "c", "content_url": "u", "source_url": ""},
                ]}},
                {"type": "later", "name": "新", "value": "x"},
            ]}},
        ]}}))
        .unwrap();
        assert!(menu.open);
        assert_eq!(menu.buttons[0].action, CurrentAction::Does(Action::Click("TODAY".into())));
        let CurrentAction::Open(below) = &menu.buttons[1].action else { panic!("{menu:?}") };
        assert_eq!(below[0].action, CurrentAction::Text("9:00".into()));
        assert_eq!(below[1].action, CurrentAction::Image("M".into()));
        assert_eq!(below[2].action, CurrentAction::Video("http://v".into()));
        let CurrentAction::News { media_id, articles } = &below[3].action else { panic!("{menu:?}") };
        assert_eq!((media_id.as_str(), articles[0].title.as_str(), articles[0].show_cover), ("N", "T", false));
        assert!(matches!(&below[4].action, CurrentAction::Does(Action::Other { kind, .. }) if kind == "later"));
    }

    #[test]
    fn an_account_without_a_menu_has_no_buttons() {
        let menu: CurrentMenu = serde_json::from_value(json!({"is_menu_open": 0})).unwrap();
        assert!(!menu.open && menu.buttons.is_empty());
    }
}
