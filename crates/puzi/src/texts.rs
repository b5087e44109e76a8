//! The command line's texts, and its help in the reader's language.

use std::{borrow::Cow, sync::LazyLock};

use clap::{Arg, ArgAction, Command};
use puzi_shop::texts::{Catalogues, Locale};

static TEXTS: LazyLock<Catalogues> = LazyLock::new(|| {
    Catalogues::read(
        &[
            include_str!("../../../locales/zh-CN/cli.toml"),
            include_str!("../../../locales/zh-CN/cli_common.toml"),
            include_str!("../../../locales/zh-CN/cli_users.toml"),
            include_str!("../../../locales/zh-CN/cli_chats.toml"),
            include_str!("../../../locales/zh-CN/account_desk.toml"),
            include_str!("../../../locales/zh-CN/call.toml"),
            include_str!("../../../locales/zh-CN/cli_calls.toml"),
            include_str!("../../../locales/zh-CN/cli_menu.toml"),
            include_str!("../../../locales/zh-CN/cli_webhooks.toml"),
            include_str!("../../../locales/zh-CN/cli_channels.toml"),
            include_str!("../../../locales/zh-CN/cli_broadcast.toml"),
            include_str!("../../../locales/zh-CN/cli_notices.toml"),
            include_str!("../../../locales/zh-CN/cli_materials.toml"),
            include_str!("../../../locales/zh-CN/doctor.toml"),
            include_str!("../../../locales/zh-CN/generate.toml"),
            include_str!("../../../locales/zh-CN/runs.toml"),
            include_str!("../../../locales/zh-CN/cli_sync.toml"),
        ],
        &[
            include_str!("../../../locales/en/cli.toml"),
            include_str!("../../../locales/en/cli_common.toml"),
            include_str!("../../../locales/en/cli_users.toml"),
            include_str!("../../../locales/en/cli_chats.toml"),
            include_str!("../../../locales/en/account_desk.toml"),
            include_str!("../../../locales/en/call.toml"),
            include_str!("../../../locales/en/cli_calls.toml"),
            include_str!("../../../locales/en/cli_menu.toml"),
            include_str!("../../../locales/en/cli_webhooks.toml"),
            include_str!("../../../locales/en/cli_channels.toml"),
            include_str!("../../../locales/en/cli_broadcast.toml"),
            include_str!("../../../locales/en/cli_notices.toml"),
            include_str!("../../../locales/en/cli_materials.toml"),
            include_str!("../../../locales/en/doctor.toml"),
            include_str!("../../../locales/en/generate.toml"),
            include_str!("../../../locales/en/runs.toml"),
            include_str!("../../../locales/en/cli_sync.toml"),
        ],
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
    let tag = flag(args, "--language")
        .or_else(|| ["PUZI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable));
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

/// The key of an argument's help: that of its command, or the one that a group of commands shares, or that of
/// `commands/common.rs`.
fn key_of_arg(path: &str, arg: &str) -> String {
    let own = format!("{path}.arg.{arg}");
    if HELP.find(Locale::ZhCn, &own).is_some() {
        return own;
    }
    let group = path.rsplit_once('.').map(|(group, _)| format!("{group}.arg.{arg}"));
    let mut shared = [group, Some(format!("common.arg.{arg}"))].into_iter().flatten();
    shared.find(|key| group_has(key)).unwrap_or(own)
}

/// What the program itself takes has its help in the settings, and no command shares that.
fn group_has(key: &str) -> bool {
    !key.starts_with("puzi.arg.") && HELP.find(Locale::ZhCn, key).is_some()
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
    Arg::new(name)
        .long(name)
        .short(short)
        .action(action)
        .help(text)
        .help_heading(help("clap.options"))
        .display_order(999)
}

fn translate_arg(arg: Arg, path: &str) -> Arg {
    let mut text = help(&key_of_arg(path, arg.get_id().as_str())).to_owned();
    let heading = match arg.get_help_heading() {
        Some(_) => "clap.settings",
        None if arg.is_positional() => "clap.arguments",
        None => "clap.options",
    };
    let takes_values = arg.get_action().takes_values();
    let mut remarks =
        vec![("clap.env", arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())];
    if takes_values {
        if !arg.is_hide_default_value_set() {
            remarks.insert(
                0,
                ("clap.default", list(arg.get_default_values().iter().map(|value| value.to_string_lossy()))),
            );
        }
        remarks.insert(0, ("clap.values", list(arg.get_possible_values().iter().map(|value| value.get_name().into()))));
    }
    for (key, what) in remarks.into_iter().filter(|(_, what)| !what.is_empty()) {
        text.push_str(&HELP.say(Locale::ZhCn, key, &[("what", what)]));
    }
    let arg = arg.help(text).help_heading(help(heading)).hide_env(true);
    // clap refuses to hide what a flag does not have.
    if takes_values { arg.hide_default_value(true).hide_possible_values(true) } else { arg }
}

fn list<'a>(values: impl Iterator<Item = Cow<'a, str>>) -> String {
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
            into.insert(key_of_arg(path, arg.get_id().as_str()));
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
        // What commands have in common is there before a command takes it.
        let unneeded: Vec<_> = there.difference(&needed).filter(|key| !key.starts_with("common.")).collect();
        assert_eq!(unneeded, Vec::<&String>::new(), "needed by nothing");
    }

    #[test]
    fn the_whole_help_is_chinese() {
        let mut command = localise(Cli::command(), Locale::ZhCn);
        command.build();
        let mut untranslated = Vec::new();
        let mut all = vec![command];
        while let Some(mut command) = all.pop() {
            let help = command.render_long_help().to_string();
            for english in
                ["Usage:", "Options:", "Commands:", "Arguments:", "[default:", "[possible values:", "[env:", "Print "]
            {
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

    /// The names in `{…}`.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn a_text_has_the_same_places_in_both_languages() {
        for key in TEXTS.keys(Locale::En) {
            let places = |locale| TEXTS.find(locale, key).map(places);
            assert_eq!(places(Locale::ZhCn), places(Locale::En), "{key}");
        }
    }

    /// The text literals of this crate's sources.
    fn literals(folder: &std::path::Path, into: &mut Vec<Vec<String>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                literals(&path, into);
            } else {
                into.push(std::fs::read_to_string(path).unwrap().split('"').map(str::to_owned).collect());
            }
        }
    }

    #[test]
    fn what_the_sources_name_is_there() {
        let mut files = Vec::new();
        literals(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/commands")), &mut files);
        let groups: BTreeSet<&str> = TEXTS.keys(Locale::En).iter().filter_map(|key| key.split('.').next()).collect();
        let mut seen = 0;
        for parts in &files {
            for at in 0..parts.len() {
                let part = &parts[at];
                let is_key = part.split_once('.').is_some_and(|(group, key)| {
                    groups.contains(group)
                        && !key.is_empty()
                        && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                });
                if is_key {
                    assert!(TEXTS.find(Locale::En, part).is_some(), "{part}");
                    seen += 1;
                }
                let kind = ["report.ok(", "report.warn(", "report.fail("].iter().position(|call| part.ends_with(call));
                if let (Some(kind), Some([check, comma, key])) = (kind, parts.get(at + 1..at + 4)) {
                    assert!(TEXTS.find(Locale::En, &format!("doctor.check.{check}")).is_some(), "{check}");
                    let group = if kind == 0 { "ok" } else { "seen" };
                    let key = format!("doctor.{group}.{key}");
                    assert!(comma != ", " || TEXTS.find(Locale::En, &key).is_some(), "{key}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 100, "only {seen}: has the way texts are named changed?");
    }

    #[test]
    fn whatever_the_doctor_sees_comes_with_what_to_do() {
        let keys = |group: &str| -> BTreeSet<_> {
            TEXTS.keys(Locale::En).into_iter().filter_map(|key| key.strip_prefix(group)).map(str::to_owned).collect()
        };
        assert!(!keys("doctor.seen.").is_empty());
        assert_eq!(keys("doctor.seen."), keys("doctor.todo."));
    }

    #[test]
    fn the_flag_tells_the_language_of_help() {
        let args = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(flag(args("puzi doctor --language en"), "--language").as_deref(), Some("en"));
        assert_eq!(flag(args("puzi --language=zh-CN doctor"), "--language").as_deref(), Some("zh-CN"));
        assert_eq!(flag(args("puzi doctor"), "--language"), None);
    }
}
