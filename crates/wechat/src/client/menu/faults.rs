//! What the platform would refuse of a menu, found before it is asked.

use std::fmt;

use super::button::{Action, Button, Menu, required_field};

/// Something in a [`Menu`] that the platform would refuse. Its `Display` is a sentence that names the field, the button and
/// the limit.
///
/// ```
/// use puzi_wechat::client::{Button, Menu, MenuFaultKind};
///
/// let menu = Menu::new([Button::click("今日特价", "TODAY"), Button::view("一个太长的名字", "")]);
/// let faults = menu.faults();
/// assert_eq!(faults[0].at, [1]);
/// assert_eq!((faults[0].field, faults[0].is, faults[0].max), ("name", 21, 16));
/// assert_eq!((faults[1].field, faults[1].kind), ("url", MenuFaultKind::Empty));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MenuFault {
    /// Which button: its place at the top, and its place below that one. Empty for the menu itself.
    pub at: Vec<usize>,
    /// The name of that button.
    pub button: String,
    /// Its field, in the platform's words: `name`, `key`, `url`, `sub_button` …; `button` for the menu itself.
    pub field: &'static str,
    /// What is wrong with it.
    pub kind: MenuFaultKind,
    /// Bytes, or buttons, that there are.
    pub is: usize,
    /// Bytes, or buttons, that there may be.
    pub max: usize,
}

/// What is wrong with a field of a [`Menu`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MenuFaultKind {
    /// Too many buttons, or none.
    Count,
    /// Nothing stands there.
    Empty,
    /// More bytes of UTF-8 than are allowed.
    TooLong,
    /// A button of the second level opens a third.
    ThirdLevel,
}

impl fmt::Display for MenuFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { button, field, is, max, .. } = self;
        let path = match self.at.as_slice() {
            [] => String::new(),
            [top, below @ ..] => {
                below.iter().fold(format!("button[{top}]"), |path, place| format!("{path}.sub_button[{place}]"))
            }
        };
        let whole = if path.is_empty() { (*field).to_owned() } else { format!("{path}.{field}") };
        match self.kind {
            MenuFaultKind::Count => write!(f, "`{whole}` has {is} buttons; 1 to {max} are allowed"),
            MenuFaultKind::Empty => write!(f, "`{whole}` (\"{button}\") is empty"),
            MenuFaultKind::TooLong => write!(f, "`{whole}` (\"{button}\") has {is} bytes; {max} are allowed"),
            MenuFaultKind::ThirdLevel => write!(f, "`{path}` (\"{button}\") is on the second level and opens a third"),
        }
    }
}

impl Menu {
    /// Buttons at the top, at most.
    pub const BUTTONS: usize = 3;
    /// Buttons below one, at most.
    pub const SUB_BUTTONS: usize = 5;
    /// Bytes of a name at the top, at most: five Chinese characters.
    pub const NAME_BYTES: usize = 16;
    /// Bytes of a name below, at most.
    pub const SUB_NAME_BYTES: usize = 60;
    /// Bytes of a key, at most.
    pub const KEY_BYTES: usize = 128;
    /// Bytes of a URL, at most.
    pub const URL_BYTES: usize = 1024;

    /// Everything that the platform would refuse, in the order of the buttons: their numbers, and names, keys, URLs and
    /// ids that are missing or too long. Lengths are bytes of UTF-8, as the platform counts them: a Chinese character has 3.
    pub fn faults(&self) -> Vec<MenuFault> {
        let mut found = Vec::new();
        count(&mut found, &[], "", "button", self.buttons.len(), Self::BUTTONS);
        for (at, top) in self.buttons.iter().enumerate() {
            let mut look = Look { found: &mut found, at: &[at], button: top };
            look.text("name", &top.name, Self::NAME_BYTES);
            let Action::Open(buttons) = &top.action else {
                look.leaf();
                continue;
            };
            count(&mut found, &[at], &top.name, "sub_button", buttons.len(), Self::SUB_BUTTONS);
            for (below, button) in buttons.iter().enumerate() {
                let mut look = Look { found: &mut found, at: &[at, below], button };
                look.text("name", &button.name, Self::SUB_NAME_BYTES);
                look.leaf();
            }
        }
        found
    }

    /// The first of [`Menu::faults`], in words.
    ///
    /// # Errors
    /// A sentence that names the field, the button and the limit.
    pub fn check(&self) -> Result<(), String> {
        self.faults().first().map_or(Ok(()), |fault| Err(fault.to_string()))
    }
}

fn count(found: &mut Vec<MenuFault>, at: &[usize], button: &str, field: &'static str, is: usize, max: usize) {
    if is == 0 || is > max {
        let (at, button) = (at.to_vec(), button.to_owned());
        found.push(MenuFault { at, button, field, kind: MenuFaultKind::Count, is, max });
    }
}

/// Looks at one button.
struct Look<'a> {
    found: &'a mut Vec<MenuFault>,
    at: &'a [usize],
    button: &'a Button,
}

impl Look<'_> {
    fn fault(&mut self, field: &'static str, kind: MenuFaultKind, is: usize, max: usize) {
        let (at, button) = (self.at.to_vec(), self.button.name.clone());
        self.found.push(MenuFault { at, button, field, kind, is, max });
    }

    fn text(&mut self, field: &'static str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.fault(field, MenuFaultKind::Empty, text.len(), max);
        } else if text.len() > max {
            self.fault(field, MenuFaultKind::TooLong, text.len(), max);
        }
    }

    fn leaf(&mut self) {
        let button = self.button;
        match &button.action {
            Action::Open(_) => self.fault("sub_button", MenuFaultKind::ThirdLevel, 0, 0),
            Action::Other { kind, .. } => {
                if let Some(field) = required_field(kind) {
                    self.text(field, "", 0);
                }
            }
            Action::View(url) => self.text("url", url, Menu::URL_BYTES),
            Action::MiniProgram { appid, pagepath, url } => {
                self.text("appid", appid, usize::MAX);
                self.text("pagepath", pagepath, usize::MAX);
                self.text("url", url, Menu::URL_BYTES);
            }
            Action::Media(id) | Action::ViewMaterial(id) => self.text("media_id", id, usize::MAX),
            Action::Article(id) | Action::ViewArticle(id) => self.text("article_id", id, usize::MAX),
            Action::Click(key)
            | Action::ScanCodePush(key)
            | Action::ScanCodeWait(key)
            | Action::TakePhoto(key)
            | Action::PhotoOrAlbum(key)
            | Action::Album(key)
            | Action::SelectLocation(key) => self.text("key", key, Menu::KEY_BYTES),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_with_its_place() {
        let long = "k".repeat(129);
        let menu = Menu::new([
            Button::click(" ", &long),
            Button::open("更多", [Button::view("", ""), Button::open("深", []), Button::click("好", "K")]),
            Button::open("空", []),
            Button::click("多", "K"),
        ]);
        let told: Vec<_> = menu.faults().into_iter().map(|fault| (fault.at, fault.field, fault.kind)).collect();
        use MenuFaultKind::{Count, Empty, ThirdLevel, TooLong};
        assert_eq!(
            told,
            [
                (vec![], "button", Count),
                (vec![0], "name", Empty),
                (vec![0], "key", TooLong),
                (vec![1, 0], "name", Empty),
                (vec![1, 0], "url", Empty),
                (vec![1, 1], "sub_button", ThirdLevel),
                (vec![2], "sub_button", Count),
            ]
        );
        assert!(Menu::new([Button::click("今日", "TODAY")]).faults().is_empty());
    }
}
