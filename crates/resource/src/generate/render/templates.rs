//! The templates: built in, or the workspace's own.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../templates/generate/", $name)))),*]
    };
}

/// Names and texts of the built-in templates.
const BUILT_IN: &[(&str, &str)] = built_in![
    "migration.rs.jinja",
    "entity.rs.jinja",
    "resource.rs.jinja",
    "texts.toml.jinja",
    "test.rs.jinja",
    "view.rs.jinja",
    "view_list.html.jinja",
    "view_show.html.jinja",
    "view_form.html.jinja",
];

/// The templates: built in, or the workspace's own.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    own: Vec<(&'static str, String)>,
}

impl Templates {
    /// The built-in templates.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Replaces the template called `name` (`migration.rs.jinja`).
    ///
    /// # Errors
    /// When there is no such template, or it is none: what is wrong, with the line.
    pub fn with(mut self, name: &str, text: &str) -> Result<Self, String> {
        let Some((known, _)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let all: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            return Err(format!("there is no template {name}; there are {}", all.join(", ")));
        };
        environment().add_template(known, text).map_err(|error| explain(known, &error))?;
        self.own.retain(|(own, _)| own != known);
        self.own.push((known, text.to_owned()));
        Ok(self)
    }

    /// Names and texts of the built-in templates, for copying out.
    pub fn all() -> &'static [(&'static str, &'static str)] {
        BUILT_IN
    }

    /// What the template `name` makes of `context`, with one newline at its end.
    pub(super) fn render(&self, name: &str, context: &impl Serialize) -> Result<String, String> {
        let own = self.own.iter().find(|(own, _)| *own == name).map(|(_, text)| text.as_str());
        let built_in = || BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        let text = own.or_else(built_in).unwrap_or_default();
        let rendered = environment().render_named_str(name, text, context).map_err(|error| explain(name, &error))?;
        Ok(format!("{}\n", rendered.trim_end()))
    }
}

/// As in Jinja, with what suits files: a line that is a tag leaves no line, a name that is not given is a fault, and
/// nothing is escaped.
fn environment<'t>() -> Environment<'t> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
}

fn explain(name: &str, error: &minijinja::Error) -> String {
    let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
    let detail = error.detail().map_or_else(String::new, |detail| format!(": {detail}"));
    format!("{name}{line}: {}{detail}", error.kind())
}
