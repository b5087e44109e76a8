//! The editor as the page shows it: the phone, the chosen button, and what is still to be done.

use puzi_shop::{
    Problem,
    accounts::LiveAccount,
    followers::Followers,
    menus::{Conditional, MenuSet},
};
use puzi_wechat::client::{Action, Button, Menu, Platform};

use super::{
    super::{desk::Desk, error::Failure},
    menus,
    place::Place,
    reading::{Editor, KINDS, asks_of, hidden, kind_of, value_of},
    words,
};
use crate::App;

/// A tab above the phone: everybody, or some people.
pub(super) struct Tab {
    pub(super) at: String,
    pub(super) number: Option<usize>,
    pub(super) label: String,
    pub(super) on: bool,
    pub(super) wrong: bool,
}

/// A button on the phone.
pub(super) struct Slot {
    pub(super) at: String,
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) on: bool,
    pub(super) opens: bool,
    pub(super) wrong: bool,
}

/// A row of buttons on the phone.
pub(super) struct Row {
    pub(super) at: String,
    pub(super) slots: Vec<Slot>,
    /// There is room for another one.
    pub(super) room: bool,
}

/// Something to choose from.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) on: bool,
}

/// Whom the menu of some people is for.
pub(super) struct Whom {
    pub(super) field: String,
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) tags: Vec<Choice>,
    pub(super) platforms: Vec<Choice>,
    pub(super) wrong: String,
    pub(super) first: bool,
    pub(super) last: bool,
}

/// The button that is edited.
pub(super) struct Chosen {
    pub(super) at: String,
    pub(super) place: String,
    pub(super) name: String,
    pub(super) name_max: usize,
    pub(super) name_bytes: usize,
    pub(super) name_wrong: String,
    /// What a person can choose; none where it opens a list or only the platform makes it.
    pub(super) kinds: Vec<Choice>,
    pub(super) kind_label: String,
    /// How the one text of it is asked for: `key`, `url`, `media`, `article`; empty where it has none.
    pub(super) asks: &'static str,
    /// The library has what it asks for.
    pub(super) of_material: bool,
    pub(super) value: String,
    pub(super) value_max: usize,
    pub(super) value_wrong: String,
    /// Appid, page and address of a mini program: name of the field, text, what is wrong.
    pub(super) mini: Vec<(&'static str, String, String)>,
    /// Of a key: number and name of the rule that answers.
    pub(super) rule: Option<(i64, String)>,
    /// Where one that answers is written.
    pub(super) write_rule: String,
    /// What is wrong with it as a whole.
    pub(super) wrong: String,
    pub(super) first: bool,
    pub(super) last: bool,
    /// It stands at the top, and there is room below it.
    pub(super) takes_sub: bool,
    pub(super) is_top: bool,
}

/// A line of what is still to be done.
pub(super) struct Todo {
    pub(super) at: String,
    pub(super) text: String,
}

/// The editor.
pub(super) struct View {
    pub(super) account: String,
    pub(super) version: i64,
    pub(super) at: String,
    pub(super) hidden: Vec<(String, String)>,
    pub(super) tabs: Vec<Tab>,
    pub(super) bar: Row,
    /// What stands up over the bar.
    pub(super) sub: Option<Row>,
    /// The class by which that stands over its button.
    pub(super) over: &'static str,
    pub(super) whom: Option<Whom>,
    pub(super) chosen: Option<Chosen>,
    pub(super) todo: Vec<Todo>,
    pub(super) hints: Vec<Todo>,
    /// Something was changed since it was opened.
    pub(super) changed: bool,
    pub(super) may_edit: bool,
}

/// The tags of an account: WeChat's number and the name of each.
pub(super) async fn tags(app: &App, desk: &Desk, account: i64) -> Result<Vec<(i64, String)>, Failure> {
    let tags = Followers::new(&app.db, &app.registry).tags(&desk.reach, account).await?;
    Ok(tags.into_iter().map(|tag| (tag.wechat_id, tag.name)).collect())
}

impl View {
    /// The editor of `live`'s menu.
    pub(super) async fn of(
        app: &App,
        desk: &Desk,
        live: &LiveAccount,
        editor: &Editor,
        changed: bool,
    ) -> Result<Self, Failure> {
        let (account, tags) = (live.account.id, tags(app, desk, live.account.id).await?);
        let set = &editor.set;
        let at = settled(editor);
        let problems = set.check();
        let answers = |key: &str| menus(app).answer_of(&desk.reach, account, key).ok().flatten().is_some();
        let hints = set.hints(answers);
        let buttons = buttons_of(set, at.menu);
        let looks = Looks { desk, problems: &problems, at: &at };
        let menu = Place::of(at.menu, &[]);
        let bar = looks.row(&menu, buttons, Menu::BUTTONS);
        let sub = at.path.first().and_then(|top| match &buttons.get(*top)?.action {
            Action::Open(subs) => Some(looks.row(&menu.below(*top), subs, Menu::SUB_BUTTONS)),
            _ => None,
        });
        let over = match at.path.first() {
            Some(0) if buttons.len() > 1 => "is-first",
            Some(top) if *top > 0 && top + 1 == buttons.len() => "is-last",
            _ => "",
        };
        let rule = |key: &str| menus(app).answer_of(&desk.reach, account, key).ok().flatten();
        Ok(Self {
            account: live.account.name.clone(),
            version: editor.version,
            hidden: hidden(editor, &at),
            tabs: looks.tabs(set, &tags),
            whom: at.menu.map(|number| looks.whom(set, number, &tags)),
            chosen: find(buttons, &at.path).map(|button| looks.chosen(button, buttons, rule)),
            todo: looks.todo(&problems),
            hints: looks.todo(&hints),
            at: at.to_string(),
            bar,
            sub,
            over,
            changed,
            may_edit: desk.may("menus.edit"),
        })
    }
}

/// What is chosen, when it is there; else the menu it would be in.
fn settled(editor: &Editor) -> Place {
    let menu = editor.at.menu.filter(|menu| *menu < editor.set.conditional.len());
    let at = Place { menu, path: editor.at.path.clone() };
    if find(buttons_of(&editor.set, menu), &at.path).is_some() { at } else { Place::of(menu, &[]) }
}

/// The buttons of a menu.
pub(super) fn buttons_of(set: &MenuSet, menu: Option<usize>) -> &[Button] {
    match menu {
        None => &set.buttons,
        Some(menu) => set.conditional.get(menu).map(|one| one.buttons.as_slice()).unwrap_or_default(),
    }
}

fn find<'a>(buttons: &'a [Button], path: &[usize]) -> Option<&'a Button> {
    match path {
        [] => None,
        [place] => buttons.get(*place),
        [place, rest @ ..] => match &buttons.get(*place)?.action {
            Action::Open(subs) => find(subs, rest),
            _ => None,
        },
    }
}

/// Puts pieces of the view together.
struct Looks<'a> {
    desk: &'a Desk,
    problems: &'a [Problem],
    at: &'a Place,
}

impl Looks<'_> {
    fn row(&self, at: &Place, buttons: &[Button], most: usize) -> Row {
        let slot = |(number, button): (usize, &Button)| {
            let place = at.below(number);
            let open = |button: &Button| matches!(button.action, Action::Open(_));
            Slot {
                number,
                name: words::name(self.desk, button),
                on: self.at.path.starts_with(&place.path),
                opens: place.path.len() == 1 && open(button),
                wrong: self.problems.iter().any(|problem| {
                    let (other, _) = Place::of_field(&problem.field);
                    other.menu == place.menu && other.path.starts_with(&place.path)
                }),
                at: place.to_string(),
            }
        };
        let slots = buttons.iter().enumerate().map(slot).collect();
        Row { at: at.to_string(), slots, room: buttons.len() < most }
    }

    fn tabs(&self, set: &MenuSet, tags: &[(i64, String)]) -> Vec<Tab> {
        let tab = |menu: Option<usize>, label: String| Tab {
            at: Place::of(menu, &[]).to_string(),
            number: menu,
            label,
            on: self.at.menu == menu,
            wrong: self.problems.iter().any(|problem| Place::of_field(&problem.field).0.menu == menu),
        };
        let some = |(number, one): (usize, &Conditional)| {
            tab(Some(number), words::menu(self.desk, &one.name, &one.rule, tags))
        };
        let everybody = tab(None, self.desk.t("menus.everybody"));
        std::iter::once(everybody).chain(set.conditional.iter().enumerate().map(some)).collect()
    }

    fn whom(&self, set: &MenuSet, number: usize, tags: &[(i64, String)]) -> Whom {
        let one = &set.conditional[number];
        let choice = |value: String, label: String, on: bool| Choice { value, label, on };
        let mut all = vec![choice(String::new(), self.desk.t("menus.any_tag"), one.rule.tag_id.is_none())];
        all.extend(tags.iter().map(|(id, name)| choice(id.to_string(), name.clone(), one.rule.tag_id == Some(*id))));
        if let Some(id) = one.rule.tag_id.filter(|id| tags.iter().all(|(tag, _)| tag != id)) {
            all.push(choice(id.to_string(), self.desk.ta("menus.tag_number", &[("n", id.to_string())]), true));
        }
        let asked = one.rule.client_platform;
        let mut platforms = vec![choice(String::new(), self.desk.t("menus.any_platform"), asked.is_none())];
        platforms.extend([Platform::Ios, Platform::Android, Platform::Other].map(|platform| {
            let number = platform.number();
            let label = self.desk.t(&format!("menus.platforms.{number}"));
            choice(number.to_string(), label, asked == Some(platform))
        }));
        Whom {
            field: format!("c.{number}"),
            number,
            name: one.name.clone(),
            tags: all,
            platforms,
            wrong: self.wrong(&Place::of(Some(number), &[]), &["rule"]),
            first: number == 0,
            last: number + 1 == set.conditional.len(),
        }
    }

    /// What is wrong with these fields of a place.
    fn wrong(&self, place: &Place, fields: &[&str]) -> String {
        let here = self.problems.iter().filter(|problem| {
            let (other, field) = Place::of_field(&problem.field);
            other == *place && fields.contains(&field)
        });
        here.map(|problem| problem.message(self.desk.locale)).collect::<Vec<_>>().join(" ")
    }

    fn chosen(&self, button: &Button, buttons: &[Button], rule: impl Fn(&str) -> Option<(i64, String)>) -> Chosen {
        let (at, desk) = (self.at, self.desk);
        let (is_top, last) = (at.path.len() == 1, at.path.last().copied().unwrap_or_default());
        let kind = kind_of(&button.action);
        let subs = match &button.action {
            Action::Open(subs) => subs.len(),
            _ => 0,
        };
        let other = kind == "other";
        let fixed = subs > 0 || other;
        let choice = |word: &&'static str| Choice {
            value: (*word).to_owned(),
            label: desk.t(&format!("menus.kinds.{word}")),
            on: *word == kind,
        };
        let mut kinds: Vec<_> = if fixed { Vec::new() } else { KINDS.iter().map(choice).collect() };
        if kind.is_empty() && !fixed {
            kinds.insert(0, Choice { value: String::new(), label: desk.t("menus.kinds.nothing"), on: true });
        }
        let asks = asks_of(kind);
        let mini = match &button.action {
            Action::MiniProgram { appid, pagepath, url } => {
                let field = |name: &'static str, text: &String| (name, text.clone(), self.wrong(at, &[name]));
                vec![field("appid", appid), field("pagepath", pagepath), field("url", url)]
            }
            _ => Vec::new(),
        };
        let row = match at.path.as_slice() {
            [top, _] => row_below(buttons, *top),
            _ => buttons.len(),
        };
        let value = value_of(&button.action).to_owned();
        Chosen {
            at: at.to_string(),
            place: words::place_of(desk, at),
            name: button.name.clone(),
            name_max: if is_top { Menu::NAME_BYTES } else { Menu::SUB_NAME_BYTES },
            name_bytes: button.name.len(),
            name_wrong: self.wrong(at, &["name"]),
            kinds,
            kind_label: words::kind(desk, &button.action),
            asks,
            of_material: kind == "media_id",
            value_max: if asks == "url" { Menu::URL_BYTES } else { Menu::KEY_BYTES },
            value_wrong: if asks.is_empty() {
                String::new()
            } else {
                self.wrong(at, &["key", "url", "media_id", "article_id"])
            },
            rule: Some(value.as_str()).filter(|value| asks == "key" && !value.is_empty()).and_then(rule),
            write_rule: format!("/admin/rules/new?menu={}", encoded(&value)),
            value,
            mini,
            wrong: self.wrong(at, &["", "kind"]),
            first: last == 0,
            last: last + 1 >= row,
            takes_sub: is_top && subs < Menu::SUB_BUTTONS && !other,
            is_top,
        }
    }

    fn todo(&self, problems: &[Problem]) -> Vec<Todo> {
        let line = |problem: &Problem| Todo {
            at: Place::of_field(&problem.field).0.to_string(),
            text: words::problem(self.desk, problem),
        };
        problems.iter().map(line).collect()
    }
}

/// A text in the query of an address.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// How many buttons lie below one.
fn row_below(buttons: &[Button], top: usize) -> usize {
    match buttons.get(top).map(|button| &button.action) {
        Some(Action::Open(subs)) => subs.len(),
        _ => 0,
    }
}

/// A menu as pages show it that do not change it.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) columns: Vec<Column>,
}

/// A button at the top with those over it.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) subs: Vec<(String, String)>,
}

impl Shown {
    pub(super) fn of(desk: &Desk, title: impl Into<String>, buttons: &[Button]) -> Self {
        let column = |button: &Button| {
            let subs = match &button.action {
                Action::Open(subs) => {
                    subs.iter().map(|sub| (words::name(desk, sub), words::button(desk, sub))).collect()
                }
                _ => Vec::new(),
            };
            let about = if subs.is_empty() { words::button(desk, button) } else { String::new() };
            Column { name: words::name(desk, button), about, subs }
        };
        Self { title: title.into(), columns: buttons.iter().map(column).collect() }
    }
}
