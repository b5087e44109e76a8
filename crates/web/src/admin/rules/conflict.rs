//! Somebody changed the rule meanwhile: both versions side by side.

use askama::Template;
use axum::http::StatusCode;
use puzi_shop::{
    replies::{Draft, Rule, preview},
    texts::Locale,
};

use super::{
    super::{
        desk::Desk,
        error::{Answer as Page, Failure},
        form::Form,
        shell::{Shell, page_with},
    },
    account_or_404,
    bubbles::{Chat, Maker},
    setting, shell, words,
};
use crate::{App, texts::say};

#[derive(Template)]
#[template(path = "admin/rules/conflict.html")]
struct Conflict {
    shell: Shell,
    id: i64,
    name: String,
    rows: Vec<Row>,
    mine: Chat,
    theirs: Chat,
    /// Everything that was typed, with the version that is there now.
    fields: Vec<(String, String)>,
}

/// One thing of both versions.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    label: String,
    mine: String,
    theirs: String,
}

impl Row {
    fn differs(&self) -> bool {
        self.mine != self.theirs
    }
}

/// The page, 409.
pub(super) fn page(app: &App, desk: &Desk, form: &Form, mine: Draft, now: Rule) -> Page {
    let live = account_or_404(app, desk)?;
    let (id, version) = (now.id, now.version.to_string());
    let theirs = Draft::from(now);
    let chat = |draft: &Draft| -> Result<Chat, Failure> {
        let files = Default::default();
        let now_ms = puzi_shop::db::now_ms();
        let maker = Maker { locale: desk.locale, files: &files, now_ms, to_message: false };
        Ok(maker.chat(vec![], &preview(&draft.answer, &setting(app, &live), now_ms)))
    };
    let typed = form.values().iter().filter(|(name, _)| name != "version" && !name.ends_with(".secret")).cloned();
    let fields = typed.chain([("version".to_owned(), version)]).collect();
    let conflict = Conflict {
        shell: shell(app, desk, desk.t("rules.conflict.title")),
        id,
        name: theirs.name.clone(),
        rows: rows(desk.locale, &mine, &theirs),
        mine: chat(&mine)?,
        theirs: chat(&theirs)?,
        fields,
    };
    page_with(StatusCode::CONFLICT, &conflict)
}

fn rows(locale: Locale, mine: &Draft, theirs: &Draft) -> Vec<Row> {
    let t = |key: &str| say(locale, key, &[]);
    let row = |key: &str, of: &dyn Fn(&Draft) -> String| Row { label: t(key), mine: of(mine), theirs: of(theirs) };
    let trigger = |draft: &Draft| {
        let words = words::trigger(locale, &draft.trigger);
        format!("{} {}", words.what, words.parts.join(" | ")).trim().to_owned()
    };
    let when = |draft: &Draft| {
        let active = words::active(locale, &draft.active);
        if active.is_empty() { t("rules.active.always") } else { active }
    };
    let on = |draft: &Draft| t(if draft.enabled { "rules.state.on" } else { "rules.state.off" });
    vec![
        row("rules.field.name", &|draft| draft.name.clone()),
        row("rules.edit.trigger", &trigger),
        row("rules.field.priority", &|draft| draft.priority.to_string()),
        row("rules.active.when", &when),
        row("rules.field.enabled", &on),
        row("rules.field.answer", &|draft| words::answer(locale, &draft.answer).what),
    ]
}

#[cfg(test)]
mod tests {
    use puzi_shop::replies::{Answer, Trigger};

    use super::*;

    #[test]
    fn what_differs_is_known() {
        let mine = Draft::new("甲", Trigger::Default, Answer::Nothing).priority(3);
        let theirs = Draft { enabled: false, ..Draft::new("甲", Trigger::Follow { scene: None }, Answer::Nothing) };
        let different: Vec<_> = rows(Locale::En, &mine, &theirs).into_iter().map(|row| row.differs()).collect();
        assert_eq!(different, [false, true, true, false, true, false]);
    }
}
