//! Between menus and the editor's form. Every button of every menu is in the form, shown or hidden, so that it works
//! without scripts and nothing is kept between two requests.

use std::collections::HashMap;

use puzi_shop::menus::{CONDITIONAL, Conditional, MenuSet, content::platform};
use puzi_wechat::client::{Action, Button, MenuRule};
use serde_json::{Map, Value};

use super::{super::form::Form, place::Place};

/// The most buttons of a row that are read; fewer are allowed, and the check says so.
const ROW: usize = 10;
/// The most menus of some people that are read.
const MENUS: usize = CONDITIONAL + 10;

/// The kinds a person can choose, by the platform's names.
pub(super) const KINDS: [&str; 13] = [
    "click",
    "view",
    "miniprogram",
    "media_id",
    "view_limited",
    "article_id",
    "article_view_limited",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
];

/// What the editor holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Editor {
    pub(super) set: MenuSet,
    /// The button that is chosen; a menu when none of its buttons is.
    pub(super) at: Place,
    /// The version of the draft that was opened.
    pub(super) version: i64,
}

/// Reads the form.
pub(super) fn read(form: &Form) -> Editor {
    let fields: HashMap<&str, &str> =
        form.values().iter().rev().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let fields = Fields(fields);
    let conditional = (0..MENUS).filter(|n| fields.has(&format!("c.{n}.name"))).map(|n| fields.conditional(n));
    let set = MenuSet { buttons: fields.row("b"), conditional: conditional.collect() };
    let at = Place::read(fields.get("at")).unwrap_or_default();
    Editor { set, at, version: fields.get("version").parse().unwrap_or_default() }
}

struct Fields<'a>(HashMap<&'a str, &'a str>);

impl Fields<'_> {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).copied().unwrap_or_default().trim()
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn conditional(&self, n: usize) -> Conditional {
        let number = |name: &str| self.get(&format!("c.{n}.{name}")).parse::<i64>().ok();
        // What earlier years allowed is kept as it is, for it is another rule without it.
        let more: Map<String, Value> = serde_json::from_str(self.get(&format!("c.{n}.more"))).unwrap_or_default();
        let mut rule = MenuRule::default();
        rule.tag_id = number("tag").filter(|tag| *tag > 0);
        rule.client_platform = number("platform").and_then(platform);
        rule.more = more;
        Conditional { name: self.get(&format!("c.{n}.name")).to_owned(), rule, buttons: self.row(&format!("c.{n}.b")) }
    }

    fn row(&self, at: &str) -> Vec<Button> {
        let there = |place: &String| self.has(&format!("{place}.name"));
        (0..ROW)
            .map(|n| format!("{at}.{n}"))
            .filter(there)
            .map(|place| self.button(&place, at.contains(".sub")))
            .collect()
    }

    fn button(&self, at: &str, is_below: bool) -> Button {
        let subs = if is_below { Vec::new() } else { self.row(&format!("{at}.sub")) };
        let action = if subs.is_empty() { self.action(at) } else { Action::Open(subs) };
        Button::new(self.get(&format!("{at}.name")), action)
    }

    fn action(&self, at: &str) -> Action {
        let value = self.get(&format!("{at}.value")).to_owned();
        match self.get(&format!("{at}.kind")) {
            "click" => Action::Click(value),
            "view" => Action::View(value),
            "miniprogram" => Action::MiniProgram {
                appid: self.get(&format!("{at}.appid")).to_owned(),
                pagepath: self.get(&format!("{at}.pagepath")).to_owned(),
                url: self.get(&format!("{at}.url")).to_owned(),
            },
            "scancode_push" => Action::ScanCodePush(value),
            "scancode_waitmsg" => Action::ScanCodeWait(value),
            "pic_sysphoto" => Action::TakePhoto(value),
            "pic_photo_or_album" => Action::PhotoOrAlbum(value),
            "pic_weixin" => Action::Album(value),
            "location_select" => Action::SelectLocation(value),
            "media_id" => Action::Media(value),
            "view_limited" => Action::ViewMaterial(value),
            "article_id" => Action::Article(value),
            "article_view_limited" => Action::ViewArticle(value),
            "other" => {
                let fields: Map<String, Value> =
                    serde_json::from_str(self.get(&format!("{at}.json"))).unwrap_or_default();
                let kind = self.get(&format!("{at}.type")).to_owned();
                Action::Other { kind, fields }
            }
            _ => Action::Open(Vec::new()),
        }
    }
}

/// The word of a button's kind in the form; empty while nothing is chosen, and for one that opens a list.
pub(super) fn kind_of(action: &Action) -> &'static str {
    match action {
        Action::Open(_) => "",
        Action::Click(_) => "click",
        Action::View(_) => "view",
        Action::MiniProgram { .. } => "miniprogram",
        Action::ScanCodePush(_) => "scancode_push",
        Action::ScanCodeWait(_) => "scancode_waitmsg",
        Action::TakePhoto(_) => "pic_sysphoto",
        Action::PhotoOrAlbum(_) => "pic_photo_or_album",
        Action::Album(_) => "pic_weixin",
        Action::SelectLocation(_) => "location_select",
        Action::Media(_) => "media_id",
        Action::ViewMaterial(_) => "view_limited",
        Action::Article(_) => "article_id",
        Action::ViewArticle(_) => "article_view_limited",
        _ => "other",
    }
}

/// How the one text of a kind is asked for: `key`, `url`, `media`, `article`; empty where it has none.
pub(super) fn asks_of(kind: &str) -> &'static str {
    match kind {
        "" | "miniprogram" | "other" => "",
        "view" => "url",
        "media_id" | "view_limited" => "media",
        "article_id" | "article_view_limited" => "article",
        _ => "key",
    }
}

/// Lets the text of the chosen button go when another kind was chosen that asks for something else: a key is no address.
pub(super) fn forget_other_kind(form: &Form, editor: &mut Editor) {
    let at = editor.at.to_string();
    let (asked, kind) = (form.value(&format!("{at}.asks")), form.value(&format!("{at}.kind")));
    if asked.is_empty() || asked == asks_of(kind) {
        return;
    }
    *editor = read(&form.clone().without(&[&format!("{at}.value")]));
}

/// The one text of a button that has one.
pub(super) fn value_of(action: &Action) -> &str {
    match action {
        Action::View(text)
        | Action::Media(text)
        | Action::ViewMaterial(text)
        | Action::Article(text)
        | Action::ViewArticle(text) => text,
        other => puzi_shop::menus::key_of(other).unwrap_or_default(),
    }
}

/// The fields of one button, without what lies below it.
pub(super) fn fields_of(at: &str, button: &Button) -> Vec<(String, String)> {
    let mut fields = vec![("name", button.name.clone()), ("kind", kind_of(&button.action).to_owned())];
    match &button.action {
        Action::Open(_) => {}
        Action::MiniProgram { appid, pagepath, url } => {
            fields.extend([("appid", appid.clone()), ("pagepath", pagepath.clone()), ("url", url.clone())]);
        }
        Action::Other { kind, fields: other } => {
            let json = Value::Object(other.clone()).to_string();
            fields.extend([("type", kind.clone()), ("json", json)]);
        }
        other => fields.push(("value", value_of(other).to_owned())),
    }
    fields.into_iter().map(|(name, value)| (format!("{at}.{name}"), value)).collect()
}

/// Every field of every menu, but those of `shown`, which the page has inputs for, and of the rule of that menu.
pub(super) fn hidden(editor: &Editor, shown: &Place) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut row = |menu: Option<usize>, buttons: &[Button]| {
        for (path, button) in puzi_shop::menus::walk(buttons) {
            let place = Place { menu, path };
            let mut own = fields_of(&place.to_string(), button);
            if place == *shown {
                // A kind that no page edits is carried along.
                own.retain(|(name, _)| name.ends_with(".type") || name.ends_with(".json"));
                let opens = matches!(&button.action, Action::Open(subs) if !subs.is_empty());
                if opens || kind_of(&button.action) == "other" {
                    own.push((format!("{place}.kind"), kind_of(&button.action).to_owned()));
                }
            }
            fields.extend(own);
        }
    };
    row(None, &editor.set.buttons);
    for (n, one) in editor.set.conditional.iter().enumerate() {
        row(Some(n), &one.buttons);
    }
    for (n, one) in editor.set.conditional.iter().enumerate() {
        if !one.rule.more.is_empty() {
            fields.push((format!("c.{n}.more"), Value::Object(one.rule.more.clone()).to_string()));
        }
        if shown.menu == Some(n) {
            continue;
        }
        fields.push((format!("c.{n}.name"), one.name.clone()));
        fields.push((format!("c.{n}.tag"), one.rule.tag_id.map(|tag| tag.to_string()).unwrap_or_default()));
        let platform = one.rule.client_platform.map(|platform| platform.number().to_string());
        fields.push((format!("c.{n}.platform"), platform.unwrap_or_default()));
    }
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(fields: Vec<(String, String)>) -> Form {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Form::parse(body.as_bytes())
    }

    #[test]
    fn what_the_form_carries_is_what_it_was() {
        let set = MenuSet::read(&json!({
            "button": [
                { "type": "click", "name": "今日", "key": "K" },
                { "name": "更多", "sub_button": [
                    { "type": "view", "name": "商城", "url": "https://a.example/?a=1&b=2" },
                    { "type": "miniprogram", "name": "小程序", "appid": "wx1", "pagepath": "p", "url": "https://u" },
                    { "type": "news", "name": "文", "value": "N", "titles": ["T"] },
                ] },
                { "name": "还没想好" },
            ],
            "conditional": [
                { "name": "会员", "matchrule": { "tag_id": "101", "client_platform_type": "2", "sex": "1" }, "button": [
                    { "type": "media_id", "name": "图", "media_id": "M" }] },
                { "name": "空", "matchrule": {}, "button": [] },
            ],
        }))
        .unwrap();
        let editor = Editor { set, at: Place::default(), version: 3 };
        // Nothing is shown: all of it is hidden.
        let nowhere = Place { menu: Some(77), path: vec![0] };
        assert_eq!(read(&form(hidden(&editor, &nowhere))).set, editor.set);
    }

    #[test]
    fn another_kind_lets_go_of_what_it_does_not_ask_for() {
        let value_after = |kind: &str| {
            let fields = [
                ("at", "b.0"),
                ("b.0.name", "n"),
                ("b.0.kind", kind),
                ("b.0.asks", "key"),
                ("b.0.value", "K"),
                ("b.1.name", "m"),
                ("b.1.kind", "view"),
                ("b.1.value", "https://a.example/"),
            ];
            let form = form(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
            let mut editor = read(&form);
            forget_other_kind(&form, &mut editor);
            assert_eq!(value_of(&editor.set.buttons[1].action), "https://a.example/");
            value_of(&editor.set.buttons[0].action).to_owned()
        };
        assert_eq!([value_after("scancode_push"), value_after("view"), value_after("media_id")], ["K", "", ""]);
    }

    #[test]
    fn what_is_forged_does_no_harm() {
        let fields =
            ["b.9.sub.9.name", "b.-1.name", "b.0.sub.0.sub.0.name", "c.9999999.name", "b.name", "at", "version"];
        let fields = fields.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        let editor = read(&form(fields));
        assert_eq!((editor.set, editor.version), (MenuSet::default(), 0));
        let far = vec![("b.9.name".to_owned(), "x".to_owned()), ("b.9.sub.9.name".to_owned(), "y".to_owned())];
        let editor = read(&form(far));
        assert_eq!(editor.set.buttons.len(), 1);
        assert!(matches!(&editor.set.buttons[0].action, Action::Open(subs) if subs.len() == 1));
    }
}
