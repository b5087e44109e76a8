//! Whatever the sources write into the audit log has words in both languages.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

/// What is written where the action is put together: by these files, these actions.
const PUT_TOGETHER: &[(&str, &[&str])] = &[
    ("accounts/history.rs", &["accounts.edit", "accounts.pause", "accounts.resume", "accounts.rotate"]),
    ("agents/mod.rs", &["agents.create", "agents.edit", "agents.delete"]),
    ("ecommerces.rs", &["ecommerces.open", "ecommerces.close"]),
    ("menus/mod.rs", &["menus.edit", "menus.restore"]),
    ("replies/desk.rs", &["rules.create", "rules.edit", "rules.delete", "rules.restore"]),
    ("runs/mod.rs", &["runs.sync_full", "runs.sync_recent", "runs.mark"]),
    ("sessions/mod.rs", &["chats.open", "chats.close", "chats.hand_over"]),
    ("staff/members.rs", &["staff.edit", "staff.delete", "staff.restore", "staff.profile"]),
    ("staff/role_book.rs", &["roles.edit", "roles.delete", "roles.restore"]),
    (
        "webhooks/endpoints.rs",
        &[
            "webhooks.create",
            "webhooks.edit",
            "webhooks.delete",
            "webhooks.restore",
            "webhooks.rotate",
            "webhooks.test",
            "webhooks.fail",
            "webhooks.recover",
            "webhooks.give_up",
            "webhooks.gone",
            "webhooks.pause",
            "webhooks.resume",
        ],
    ),
    // Steps of a machine, which are read below; and what a declared resource does, by its verbs.
    ("shop/src/machine.rs", &[]),
    ("admin/resource/store.rs", &[]),
];

/// All sources of the areas, the pages and the commands, without their tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().replace('\\', "/");
            if name.contains("test") {
                continue;
            }
            if path.is_dir() {
                walk(&path, into);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).unwrap();
                into.push((name, text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()));
            }
        }
    }
    let mut all = Vec::new();
    for folder in ["shop", "web", "puzi"] {
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join("src"), &mut all);
    }
    all
}

/// The arguments of a call of which `rest` is what follows its opening parenthesis.
fn arguments(rest: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0, 0, Vec::new());
    for (at, sign) in rest.char_indices() {
        match sign {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => {
                found.push(rest[from..at].trim());
                return found;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(rest[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn literal(argument: &str) -> Option<&str> {
    argument.strip_prefix('"')?.strip_suffix('"')
}

/// `HandOver` as `hand_over`.
fn word(name: &str) -> String {
    let mut word = String::new();
    for (at, sign) in name.char_indices() {
        if sign.is_uppercase() && at > 0 {
            word.push('_');
        }
        word.extend(sign.to_lowercase());
    }
    word
}

/// What people do with the machines of a file: `runs.pause`.
fn steps(text: &str) -> Vec<String> {
    let mut steps = Vec::new();
    for machine in text.split("impl Machine for").skip(1) {
        let kind =
            machine.split("const KIND: &'static str = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        for line in machine.split("on(").skip(1) {
            let event = line.split(')').next().and_then(|path| path.split("::").nth(1));
            if let (Some(event), true) = (event, line.contains("Who::Staff") || line.contains("Who::Second")) {
                steps.push(format!("{kind}.{}", word(event)));
            }
        }
    }
    steps
}

#[test]
fn whatever_is_written_down_has_words_in_both_languages() {
    let (mut actions, mut subjects) = (BTreeSet::new(), BTreeSet::new());
    let mut written = 0;
    for (file, text) in sources() {
        actions.extend(steps(&text));
        let begins = ["Entry::new(", "Audited::new("];
        for rest in begins.iter().flat_map(|begin| text.split(begin).skip(1)) {
            let arguments = arguments(rest);
            written += 1;
            match literal(arguments[1]) {
                Some(action) => drop(actions.insert(action.to_owned())),
                None => {
                    let known = PUT_TOGETHER.iter().find(|(known, _)| file.ends_with(known));
                    let (_, known) =
                        known.unwrap_or_else(|| panic!("{file} puts an action together: {}", arguments[1]));
                    actions.extend(known.iter().map(|action| (*action).to_owned()));
                }
            }
            subjects.extend(literal(arguments[2]).map(str::to_owned));
        }
    }
    assert!(written > 50 && actions.len() > 90, "{written} {}", actions.len());
    for locale in Locale::ALL {
        for action in &actions {
            assert_ne!(said(action, locale), *action, "{}", locale.tag());
        }
        for subject in subjects.iter().map(String::as_str).chain(["materials", "drafts", "channels", "agents"]) {
            assert!(texts::area(locale, subject).is_some(), "{subject}");
        }
    }
}
