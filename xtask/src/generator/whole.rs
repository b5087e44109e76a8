//! Whether the resources asked for use everything there is: every type, every rule, every option, every generator.

use std::collections::BTreeSet;

use crate::exec::{Error, Result};

use super::{asked, program::Program};

/// The generators of resources and of parts.
const GENERATORS: [&str; 7] = ["crud", "crud-api", "controller", "model", "migration", "view", "lang"];

/// Fails when something that the program offers is asked for nowhere.
pub(super) fn everything_is_asked_for(program: &Program) -> Result {
    let asked = asked::all_texts();
    let mut missing = Vec::new();
    for (what, option) in [("type", "--types"), ("rule", "--rules")] {
        for line in program.run(&["generate", "list", option])?.lines() {
            let Some(word) = line.split_whitespace().next() else { continue };
            let used = match what {
                "type" => asked.iter().any(|text| has_type(text, word)),
                _ => asked.iter().any(|text| has_rule(text, word)),
            };
            if !used {
                missing.push(format!("the {what} {word}"));
            }
        }
    }
    for option in options(program)? {
        if !asked.iter().any(|text| text == &option || text.starts_with(&format!("{option}="))) {
            missing.push(format!("the option {option}"));
        }
    }
    for generator in GENERATORS.iter().filter(|generator| !asked.iter().any(|text| text == *generator)) {
        missing.push(format!("the generator {generator}"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("No resource of this step uses {}.", missing.join(", "))))
}

/// The options of all generators, as their help names them, without those of every command.
fn options(program: &Program) -> Result<BTreeSet<String>> {
    let of_every_command = named(&program.run(&["--help"])?);
    let mut options = BTreeSet::new();
    for generator in GENERATORS {
        options.extend(named(&program.run(&["generate", generator, "--help"])?));
    }
    Ok(options.difference(&of_every_command).cloned().collect())
}

/// The options that a help explains.
fn named(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
}

/// `name#type#…`, or `"type": "type"` in a file.
fn has_type(text: &str, word: &str) -> bool {
    let mark = format!("#{word}");
    let mut after = text.split(&mark).skip(1);
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '|');
    after.any(ends) || text.contains(&format!("\"type\": \"{word}"))
}

fn has_rule(text: &str, word: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let before = rest[..at].chars().next_back();
        let after = rest[at + word.len()..].chars().next();
        let begins = matches!(before, Some('#' | '|' | '"' | ' '));
        let ends = matches!(after, None | Some(':' | '|' | ';' | '#' | ',' | '"'));
        if begins && ends {
            return true;
        }
        rest = &rest[at + word.len()..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_stand_for_themselves() {
        let text = "a#string#required|max:3; b#text; c#multi_select#options=x,y";
        assert!(has_type(text, "string") && has_type(text, "text") && has_type(text, "multi_select"));
        assert!(!has_type(text, "select") && !has_type(text, "char"));
        assert!(has_type("{\"type\": \"char(2)\"}", "char"));
        assert!(has_rule(text, "required") && has_rule(text, "max"));
        assert!(!has_rule("a#string#required_with:b", "required") && !has_rule("a#string#alpha_num", "alpha"));
    }
}
