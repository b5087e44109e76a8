//! The editor's fields as the template draws them. Which there are depends on the kinds chosen; what was typed into
//! fields that are not shown travels along, hidden, so that choosing back and forth loses nothing.

use std::collections::BTreeSet;

use askama::Template;
use puzi_shop::{
    replies::{MessageKind, TEXT_LIMIT},
    texts::Locale,
};

use super::{
    super::form::Form,
    reading::parts,
    words::{WEEKDAYS, message_kind, weekday},
};
use crate::texts::say;

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Widget {
    /// One line.
    Line,
    /// A number.
    Number,
    /// An address.
    Url,
    /// Several lines.
    Text,
    /// Several lines, their bytes counted.
    Counted,
    /// A date and a time of day.
    Moment,
    /// One of the choices.
    Select,
    /// One of the choices, which decides what else is shown.
    Kind,
    /// Any of the choices.
    Boxes,
    /// Yes or no.
    Box,
    /// WeChat's number of a file of this kind, which can be looked up.
    Media(&'static str),
}

/// One of several.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// A field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) value: String,
    pub(super) problem: String,
    pub(super) focus: bool,
    pub(super) widget: Widget,
    pub(super) choices: Vec<Choice>,
    /// Bytes, of a counted text.
    pub(super) bytes: usize,
}

impl Field {
    fn limit(&self) -> usize {
        TEXT_LIMIT
    }
}

/// A step that a button takes.
#[derive(Debug, Clone)]
pub(super) struct StepButton {
    pub(super) step: String,
    pub(super) label: String,
    pub(super) icon: &'static str,
}

/// Fields that belong together.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "admin/rules/group.html")]
pub(super) struct Group {
    pub(super) legend: String,
    pub(super) problem: String,
    pub(super) buttons: Vec<StepButton>,
    pub(super) fields: Vec<Field>,
    pub(super) groups: Vec<Group>,
    pub(super) add: Option<StepButton>,
    /// “Show its fields”, for browsers without scripts.
    pub(super) apply: String,
    /// “Choose a file”.
    pub(super) choose: String,
    pub(super) counted: String,
}

impl Group {
    /// The group as HTML; a group in it likewise.
    pub(super) fn html(&self) -> String {
        self.render().unwrap_or_default()
    }

    fn names(&self, into: &mut BTreeSet<String>) {
        into.extend(self.fields.iter().map(|field| field.name.clone()));
        for group in &self.groups {
            group.names(into);
        }
    }
}

/// Makes fields out of the form.
pub(super) struct Fields<'a> {
    form: &'a Form,
    locale: Locale,
}

impl<'a> Fields<'a> {
    pub(super) fn new(form: &'a Form, locale: Locale) -> Self {
        Self { form, locale }
    }

    fn t(&self, key: &str) -> String {
        say(self.locale, key, &[])
    }

    fn field(&self, name: &str, word: &str, widget: Widget) -> Field {
        let help = format!("rules.help.{word}");
        let value = self.form.value(name).to_owned();
        Field {
            id: id_of(name),
            label: self.t(&format!("rules.field.{word}")),
            help: crate::texts::find(self.locale, &help).unwrap_or_default().to_owned(),
            problem: self.form.problem(name).unwrap_or_default().to_owned(),
            focus: self.form.is_first_wrong(name),
            bytes: value.replace("\r\n", "\n").len(),
            value,
            widget,
            choices: Vec::new(),
            name: name.to_owned(),
        }
    }

    fn choice(&self, name: &str, word: &str, widget: Widget, choices: Vec<(String, String)>) -> Field {
        let chosen = |value: &str| self.form.is(name, value);
        let choices =
            choices.into_iter().map(|(value, label)| Choice { chosen: chosen(&value), value, label }).collect();
        Field { choices, ..self.field(name, word, widget) }
    }

    fn group(&self, legend: &str) -> Group {
        Group {
            legend: legend.to_owned(),
            apply: self.t("rules.edit.apply"),
            choose: self.t("rules.media.choose"),
            counted: self.t("rules.edit.bytes"),
            ..Group::default()
        }
    }

    /// Name, on or off.
    pub(super) fn basics(&self) -> Group {
        let fields = vec![self.field("name", "name", Widget::Line), self.field("enabled", "enabled", Widget::Box)];
        Group { fields, ..self.group("") }
    }

    /// What the rule answers to.
    pub(super) fn trigger(&self) -> Group {
        let on = ["follow", "keyword", "menu", "scan", "kind", "default"];
        let on = on.iter().map(|word| ((*word).to_owned(), self.t(&format!("rules.trigger.{word}")))).collect();
        let mut fields = vec![self.choice("trigger.on", "on", Widget::Kind, on)];
        match self.form.value("trigger.on") {
            "keyword" => {
                let ways = ["exact", "contains", "regex"];
                let ways = ways.iter().map(|way| ((*way).to_owned(), self.t(&format!("rules.matching.{way}"))));
                fields.push(self.choice("trigger.matching", "matching", Widget::Select, ways.collect()));
                let help = if self.form.is("trigger.matching", "regex") { "patterns" } else { "words" };
                fields.push(self.field("trigger.words", help, Widget::Text));
            }
            "follow" => fields.push(self.field("trigger.scene", "follow_scene", Widget::Line)),
            "scan" => fields.push(self.field("trigger.scene", "scene", Widget::Line)),
            "menu" => fields.push(self.field("trigger.key", "key", Widget::Line)),
            "kind" => {
                let kinds = MessageKind::ALL.map(|kind| (kind.wire().to_owned(), message_kind(self.locale, kind)));
                fields.push(self.choice("trigger.kind", "kind", Widget::Select, kinds.into()));
            }
            _ => {}
        }
        Group { fields, ..self.group(&self.t("rules.edit.trigger")) }
    }

    /// When it is in force, and how it goes among its like.
    pub(super) fn active(&self) -> Group {
        let days = WEEKDAYS.map(|(_, word)| (word.to_owned(), weekday(self.locale, word)));
        let fields = vec![
            self.field("active.daily", "daily", Widget::Line),
            self.choice("active.weekdays", "weekdays", Widget::Boxes, days.into()),
            self.field("active.from", "from", Widget::Moment),
            self.field("active.until", "until", Widget::Moment),
            self.field("priority", "priority", Widget::Number),
        ];
        Group { fields, ..self.group("") }
    }

    /// Whether anything is set there: then those fields are open.
    pub(super) fn is_limited(&self) -> bool {
        let names = ["active.daily", "active.weekdays", "active.from", "active.until"];
        let is_set = |name: &str, plain: &str| self.form.value(name) != plain || self.form.problem(name).is_some();
        names.iter().any(|name| is_set(name, "")) || self.form.has("priority") && is_set("priority", "0")
    }

    /// What it answers.
    pub(super) fn answer(&self) -> Group {
        self.answer_at("answer", &self.t("rules.edit.answer"))
    }

    fn answer_at(&self, at: &str, legend: &str) -> Group {
        let nested = at != "answer";
        let kinds = ["text", "image", "voice", "video", "music", "news", "one_of", "hand_over", "webhook", "nothing"];
        let kinds = kinds.iter().filter(|kind| !(nested && matches!(**kind, "one_of" | "webhook")));
        let kinds = kinds.map(|kind| ((*kind).to_owned(), self.t(&format!("rules.answers.{kind}")))).collect();
        let mut group = self.group(legend);
        // Problems of a nested answer as a whole stand beside its kind.
        let mut kind = self.choice(&format!("{at}.kind"), "answer", Widget::Kind, kinds);
        if let Some(problem) = self.form.problem(at) {
            problem.clone_into(&mut kind.problem);
        }
        group.fields.push(kind);
        match self.form.value(&format!("{at}.kind")) {
            "news" => self.articles(at, &mut group),
            "one_of" if !nested => self.answers(at, &mut group),
            kind => group.fields.extend(self.plain(at, kind)),
        }
        group
    }

    fn plain(&self, at: &str, kind: &str) -> Vec<Field> {
        let of = |name: &str, word: &str, widget| self.field(&format!("{at}.{name}"), word, widget);
        match kind {
            "text" => vec![of("content", "content", Widget::Counted)],
            "image" => vec![of("media_id", "image", Widget::Media("image"))],
            "voice" => vec![of("media_id", "voice", Widget::Media("voice"))],
            "video" => vec![
                of("media_id", "video", Widget::Media("video")),
                of("title", "title", Widget::Line),
                of("description", "description", Widget::Text),
            ],
            "music" => vec![
                of("title", "title", Widget::Line),
                of("description", "description", Widget::Text),
                of("music_url", "music_url", Widget::Url),
                of("hq_music_url", "hq_music_url", Widget::Url),
                of("thumb_media_id", "thumb", Widget::Media("thumb")),
            ],
            "hand_over" => vec![of("kf_account", "kf_account", Widget::Line)],
            "webhook" => vec![
                of("url", "webhook", Widget::Url),
                of("timeout_ms", "timeout", Widget::Number),
                of("secret", "secret", Widget::Line),
                of("new_secret", "new_secret", Widget::Box),
            ],
            _ => vec![],
        }
    }

    fn articles(&self, at: &str, group: &mut Group) {
        let list = format!("{at}.articles");
        group.problem = self.form.problem(&list).unwrap_or_default().to_owned();
        let count = parts(self.form, &list);
        for i in 0..count {
            let of = |name: &str, word: &str, widget| self.field(&format!("{list}[{i}].{name}"), word, widget);
            let fields = vec![
                of("title", "title", Widget::Line),
                of("description", "description", Widget::Text),
                of("pic_url", "pic_url", Widget::Url),
                of("url", "url", Widget::Url),
            ];
            let legend = say(self.locale, "rules.edit.article", &[("n", (i + 1).to_string())]);
            let buttons = self.part_buttons(&list, i, count, 1);
            group.groups.push(Group { fields, buttons, ..self.group(&legend) });
        }
        group.add = (count < 10).then(|| self.adding(&list, "rules.edit.add_article"));
    }

    fn answers(&self, at: &str, group: &mut Group) {
        let list = format!("{at}.answers");
        group.problem = self.form.problem(&list).unwrap_or_default().to_owned();
        let count = parts(self.form, &list);
        for i in 0..count {
            let legend = say(self.locale, "rules.edit.choice", &[("n", (i + 1).to_string())]);
            let inner = self.answer_at(&format!("{list}[{i}]"), &legend);
            group.groups.push(Group { buttons: self.part_buttons(&list, i, count, 2), ..inner });
        }
        group.add = (count < 20).then(|| self.adding(&list, "rules.edit.add_choice"));
    }

    fn adding(&self, list: &str, key: &str) -> StepButton {
        StepButton { step: format!("add:{list}"), label: self.t(key), icon: "plus" }
    }

    fn part_buttons(&self, list: &str, place: usize, count: usize, min: usize) -> Vec<StepButton> {
        let of = |verb: &str, icon| StepButton {
            step: format!("{verb}:{list}[{place}]"),
            label: self.t(&format!("rules.edit.part_{verb}")),
            icon,
        };
        let mut buttons = Vec::new();
        if place > 0 {
            buttons.push(of("up", "arrow-up"));
        }
        if place + 1 < count {
            buttons.push(of("down", "arrow-down"));
        }
        if count > min {
            buttons.push(of("remove", "trash"));
        }
        buttons
    }

    /// What was typed and is not shown now.
    pub(super) fn hidden(&self, shown: &[&Group]) -> Vec<(String, String)> {
        let mut names = BTreeSet::new();
        shown.iter().for_each(|group| group.names(&mut names));
        let rest = |name: &str| (name.starts_with("trigger.") || name.starts_with("answer.")) && !names.contains(name);
        // A key is never carried about in a page.
        let rest = |name: &str| rest(name) && !name.ends_with(".secret");
        self.form.values().iter().filter(|(name, _)| rest(name)).take(200).cloned().collect()
    }
}

/// An article or two answers to begin with, where a list of them was just chosen.
pub(super) fn with_parts(form: Form) -> Form {
    let mut fields = Vec::new();
    for (name, value) in form.values() {
        let Some(at) = name.strip_suffix(".kind").filter(|at| at.starts_with("answer")) else { continue };
        if value == "news" && parts(&form, &format!("{at}.articles")) == 0 {
            fields.push((format!("{at}.articles[0].title"), String::new()));
        }
        if value == "one_of" {
            for i in parts(&form, &format!("{at}.answers"))..2 {
                fields.push((format!("{at}.answers[{i}].kind"), "text".to_owned()));
            }
        }
    }
    if fields.is_empty() {
        return form;
    }
    let all = [form.values(), &fields].concat();
    super::reading::from_fields(&all)
}

/// An `id` of HTML out of a path.
fn id_of(name: &str) -> String {
    let id: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("f-{}", id.replace("--", "-").trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::rules::reading::from_fields;

    fn form(fields: &[(&str, &str)]) -> Form {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        from_fields(&fields)
    }

    #[test]
    fn what_is_not_shown_travels_along_but_no_key() {
        let form = form(&[
            ("answer.kind", "image"),
            ("answer.content", "typed before"),
            ("answer.secret", "whsec_x"),
            ("trigger.on", "menu"),
            ("trigger.words", "a\nb"),
            ("name", "n"),
        ]);
        let fields = Fields::new(&form, Locale::En);
        let hidden = fields.hidden(&[&fields.trigger(), &fields.answer()]);
        let names: Vec<_> = hidden.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["answer.content", "trigger.words"]);
    }

    #[test]
    fn a_list_that_was_just_chosen_has_parts() {
        let form = with_parts(form(&[("answer.kind", "one_of"), ("answer.answers[0].kind", "news")]));
        assert_eq!(parts(&form, "answer.answers"), 2);
        let again = with_parts(form.clone());
        assert_eq!(again.values().len(), form.values().len());
        let group = Fields::new(&form, Locale::En).answer();
        assert_eq!((group.groups.len(), group.groups[0].groups.len()), (2, 1));
    }

    #[test]
    fn an_answer_in_an_answer_offers_no_more_of_its_kind() {
        let form = form(&[("answer.kind", "one_of"), ("answer.answers[1].kind", "text")]);
        let group = Fields::new(&form, Locale::En).answer();
        let kinds = |group: &Group| group.fields[0].choices.len();
        assert_eq!((kinds(&group), kinds(&group.groups[1])), (10, 8));
    }

    #[test]
    fn ids_are_plain() {
        assert_eq!(id_of("answer.articles[1].url"), "f-answer-articles-1-url");
        assert_eq!(id_of("trigger.on"), "f-trigger-on");
    }
}
