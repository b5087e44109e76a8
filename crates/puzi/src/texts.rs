//! The command line's texts, and its help in the reader's language.

use std::sync::LazyLock;

use clap::{Arg, ArgAction, Command};
use puzi_shop::texts::{Catalogues, Locale};

static TEXTS: LazyLock<Catalogues> = LazyLock::new(|| {
    Catalogues::read(
        &[include_str!("../../../locales/zh-CN/cli.toml"), include_str!("../../../locales/zh-CN/doctor.toml")],
        &[include_str!("../../../locales/en/cli.toml"), include_str!("../../../locales/en/doctor.toml")],
    )
});

/// The help in Chinese; in English it stands beside the commands themselves.
static HELP: LazyLock<Catalogues> =
    LazyLock::new(|| Catalogues::read(&[include_str!("../../../locales/zh-CN/help.toml")], &[]));

/// The text of `key`, its `{name}` places filled from `args`.
pub fn say(locale: Locale, key: &str, args: &[(&'static str, String)]) -> String {
    TEXTS.say(locale, key, args)
}

/// The language of help: `--language` among `args`, else `PUZI_LANGUAGE`, else the terminal's own. Help is printed
/// before any settings file is read.
pub fn locale_of_help(args: impl IntoIterator<Item = String>) -> Locale {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let tag = flag(args, "--language").or_else(|| {
        ["PUZI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable)
    });
    Locale::from_tag(&tag.unwrap_or_default())
}

fn flag(args: impl IntoIterator<Item = String>, name: &str) -> Option<String> {
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        if arg == name {
            return args.next();
        }
        if let Some(value) = arg.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

/// The command with its help in `locale`.
pub fn localise(command: Command, locale: Locale) -> Command {
    match locale {
        Locale::En => command,
        Locale::ZhCn => translate(command, "puzi"),
    }
}

/// The Chinese help of the text at `key`, which a test has seen for every command and argument.
fn help(key: &str) -> &'static str {
    HELP.find(Locale::ZhCn, key).unwrap_or_default()
}

fn translate(command: Command, path: &str) -> Command {
    let mut command = command
        .about(help(&format!("{path}.about")))
        .help_template(help("clap.template"))
        .subcommand_help_heading(help("clap.commands"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .mut_args(|arg| translate_arg(arg, path))
        .arg(builtin("help", 'h', ArgAction::Help))
        .arg(builtin("version", 'V', ArgAction::Version));
    if command.get_after_help().is_some() {
        command = command.after_help(help(&format!("{path}.after_help")));
    }
    command.mut_subcommands(|inner| {
        let path = format!("{path}.{}", inner.get_name());
        translate(inner, &path)
    })
}

fn builtin(name: &'static str, short: char, action: ArgAction) -> Arg {
    let text = help(&format!("clap.{name}"));
    Arg::new(name).long(name).short(short).action(action).help(text).help_heading(help("clap.options")).display_order(999)
}

fn translate_arg(arg: Arg, path: &str) -> Arg {
    let mut text = help(&format!("{path}.arg.{}", arg.get_id())).to_owned();
    let heading = match arg.get_help_heading() {
        Some(_) => "clap.settings",
        None if arg.is_positional() => "clap.arguments",
        None => "clap.options",
    };
    if arg.get_action().takes_values() {
        let defaults = list(arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()));
        let values = list(arg.get_possible_values().iter().map(|value| value.get_name().to_owned()));
        let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let hidden = arg.is_hide_default_value_set();
        for (key, what) in [("clap.values", values), ("clap.default", defaults), ("clap.env", variable)] {
            if !what.is_empty() && !(key == "clap.default" && hidden) {
                text.push_str(&HELP.say(Locale::ZhCn, key, &[("what", what)]));
            }
        }
    }
    arg.help(text).help_heading(help(heading)).hide_default_value(true).hide_possible_values(true).hide_env(true)
}

fn list(values: impl Iterator<Item = String>) -> String {
    values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    /// The keys that the help of `command` needs.
    fn keys(command: &Command, path: &str, into: &mut BTreeSet<String>) {
        assert!(command.get_about().is_some(), "`{path}` has no help in English");
        into.insert(format!("{path}.about"));
        if command.get_after_help().is_some() {
            into.insert(format!("{path}.after_help"));
        }
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "`{path} {}` has no help in English", arg.get_id());
            into.insert(format!("{path}.arg.{}", arg.get_id()));
        }
        for inner in command.get_subcommands() {
            keys(inner, &format!("{path}.{}", inner.get_name()), into);
        }
    }

    #[test]
    fn the_help_of_every_command_and_argument_is_there_in_chinese_and_no_other() {
        let mut needed = BTreeSet::new();
        keys(&Cli::command(), "puzi", &mut needed);
        let there: BTreeSet<String> = HELP.keys(Locale::ZhCn).into_iter().map(str::to_owned).collect();
        let there: BTreeSet<_> = there.into_iter().filter(|key| !key.starts_with("clap.")).collect();
        assert_eq!(needed.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "missing");
        assert_eq!(there.difference(&needed).collect::<Vec<_>>(), Vec::<&String>::new(), "needed by nothing");
    }

    #[test]
    fn the_whole_help_is_chinese() {
        let mut command = localise(Cli::command(), Locale::ZhCn);
        command.build();
        let mut untranslated = Vec::new();
        let mut all = vec![command];
        while let Some(mut command) = all.pop() {
            let help = command.render_long_help().to_string();
            for english in ["Usage:", "Options:", "Commands:", "Arguments:", "[default:", "[possible values:", "[env:", "Print "] {
                if help.contains(english) {
                    untranslated.push(format!("{}: {english}", command.get_name()));
                }
            }
            all.extend(command.get_subcommands().cloned());
        }
        assert_eq!(untranslated, Vec::<String>::new());
    }

    #[test]
    fn the_commands_stay_well_formed() {
        for locale in Locale::ALL {
            localise(Cli::command(), locale).debug_assert();
        }
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        assert_eq!(TEXTS.keys(Locale::ZhCn), TEXTS.keys(Locale::En));
    }

    #[test]
    fn the_flag_tells_the_language_of_help() {
        let args = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(flag(args("puzi doctor --language en"), "--language").as_deref(), Some("en"));
        assert_eq!(flag(args("puzi --language=zh-CN doctor"), "--language").as_deref(), Some("zh-CN"));
        assert_eq!(flag(args("puzi doctor"), "--language"), None);
    }
}
