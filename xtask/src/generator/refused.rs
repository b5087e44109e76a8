//! Command lines that must be refused: exit code 2, the place marked, the nearest right word named, nothing written.

use crate::exec::{Error, Result};

use super::{copy::Copy, program::Program};

/// A command line, and what its refusal says.
struct Refused {
    args: &'static [&'static str],
    says: &'static [&'static str],
    /// Where the caret stands: below the beginning of this.
    at: &'static str,
}

/// Behind the last character.
const END: &str = "the end";

const fn of(args: &'static [&'static str], at: &'static str, says: &'static [&'static str]) -> Refused {
    Refused { args, says, at }
}

const ALL: &[Refused] = &[
    // Types, rules and options that are none.
    of(&["crud", "Kettles", "--fields=name#strin#required"], "strin#", &["string"]),
    of(&["crud", "Kettles", "--fields=name#string#requird"], "requird", &["required"]),
    of(&["crud", "Kettles", "--fields=name#string#max:ten"], "ten", &["max"]),
    of(&["crud", "Kettles", "--fields=name#string#regex:/[/"], "[/", &["character class"]),
    of(&["crud", "Kettles", "--fields=name#string#between:9,1"], "9,1", &["between:1,9"]),
    of(&["crud", "Kettles", "--fields=lid#select"], "", &["options"]),
    of(&["crud", "Kettles", "--fields=name#string", "--validations=nam#required"], "nam", &["name"]),
    of(&["crud", "Kettles", "--fields=name#string", "--soft-deletes=perhaps"], "perhaps", &["yes"]),
    of(&["crud", "Kettles", "--fields=name#string", "--pagination=0"], "0", &[]),
    of(&["crud", "Kettles", "--fields=name#string", "--route-group=admin/shopp"], "shopp", &["shop"]),
    of(&["crud", "Kettles", "--fields=name#string", "--view-path=../x"], "..", &[]),
    of(&["crud", "Kettles", "--fields=name#string", "--locales=en,de"], "de", &["en"]),
    of(&["crud", "Kettles", "--fields=name#string", "--form-helper=htlm"], "htlm", &["html"]),
    of(&["crud", "Kettles", "--fields=name#string", "--namespace=Web"], "Web", &["Admin"]),
    // Names.
    of(&["crud", "Struct", "--fields=name#string"], "Struct", &["Rust"]),
    of(&["crud", "Select", "--fields=name#string"], "Select", &[]),
    of(&["crud", "9Lives", "--fields=name#string"], "9Lives", &[]),
    of(&["crud", "Ket.tles", "--fields=name#string"], ".tles", &[]),
    of(&["crud", "Kettles", "--fields=type#string"], "type", &["Rust"]),
    of(&["crud", "Kettles", "--fields=order#string"], "order", &[]),
    of(&["crud", "Kettles", "--fields=created_at#datetime"], "created_at", &[]),
    of(&["crud", "Kettles", "--fields=Name#string"], "Name", &[]),
    of(&["crud", "Kettles", "--fields=name#string; name#text"], "name#text", &["name"]),
    of(&["crud", "Kettles", "--fields=name#string", "--pk=order"], "order", &[]),
    // What is there already.
    of(&["crud", "Phrases", "--fields=name#string"], "Phrases", &[]),
    of(&["crud", "Rules", "--fields=name#string"], "Rules", &["/admin/rules"]),
    of(&["crud", "Staff", "--fields=name#string"], "Staff", &[]),
    of(&["crud", "Messages", "--fields=name#string"], "Messages", &["--from-table"]),
    // Broken texts.
    of(&["crud", "Kettles", "--fields=name"], END, &["string"]),
    of(&["crud", "Kettles", "--fields=name#string;; lid#text"], "", &[]),
    of(&["crud", "Kettles", "--fields=lid#select#options={\"a\": \"b\""], "", &[]),
    of(&["crud", "Kettles", "--fields=lid#select#options={\"a\": b}"], "", &[]),
    of(&["crud", "Kettles", "--fields=名字#string"], "名字", &[]),
    of(&["crud", "Kettles"], "", &["--fields"]),
    of(&["crud", "Kettles", "--fields-from-file={data}/broken.json"], "", &[]),
    of(&["crud", "Kettles", "--fields-from-file={data}/unknown.json"], "", &["rules"]),
    // Relations to nothing.
    of(&["crud", "Kettles", "--fields=name#string; cup_id#integer", "--foreign-keys=cup_id#id#cups"], "cups", &[]),
    of(
        &["crud", "Kettles", "--fields=name#string; account_id#integer", "--foreign-keys=account_id#id#acounts"],
        "acounts",
        &["accounts"],
    ),
    of(
        &["crud", "Kettles", "--fields=name#string; account_id#integer", "--foreign-keys=account_id#idd#accounts"],
        "idd",
        &["id"],
    ),
    of(
        &["crud", "Kettles", "--fields=name#string; a_id#integer#required", "--foreign-keys=a_id#id#accounts#set null"],
        "set null",
        &[],
    ),
    of(
        &["crud", "Kettles", "--fields=name#string; a_id#integer", "--foreign-keys=a_id#id#accounts#explode"],
        "explode",
        &["cascade"],
    ),
    of(&["crud", "Kettles", "--fields=name#string", "--relationships=lids#hasMany#App\\Lid"], "", &[]),
    of(
        &["crud", "Kettles", "--fields=name#string", "--relationships=lids#hasMani#App\\Message"],
        "hasMani",
        &["hasMany"],
    ),
    of(&["crud", "Kettles", "--fields=name#string#exists:acounts,id"], "acounts", &["accounts"]),
    of(&["crud", "Kettles", "--fields=name#string", "--indexes=nane"], "nane", &["name"]),
    of(&["crud", "Kettles", "--from-table=mesages"], "mesages", &["messages"]),
    of(&["view", "Kettles"], "Kettles", &[]),
    of(&["controller", "Kettles", "--fields=name#string"], "Kettles", &[]),
];

/// Files that are refused.
const FILES: &[(&str, &str)] = &[
    ("broken.json", "{\"fields\": [\n  {\"name\": \"lid\", \"type\": \"string\"\n]}\n"),
    ("unknown.json", "{\"fields\": [\n  {\"name\": \"lid\", \"type\": \"string\", \"ruls\": \"required\"}\n]}\n"),
];

/// Tries them all, and says of each that is not refused as it should be what was wrong.
pub(super) fn all(program: &Program, copy: &Copy) -> Result {
    for (name, text) in FILES {
        let file = program.data().join(name);
        std::fs::write(&file, text).map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
    }
    let before = copy.snapshot()?;
    let mut wrong = Vec::new();
    for refused in ALL {
        let output = program.output(&[&["generate"][..], refused.args].concat())?;
        let said = String::from_utf8_lossy(&output.stderr);
        let faults = refused.faults(output.status.code(), &said);
        if !faults.is_empty() {
            wrong.push(format!("puzi generate {}\n  {}\n{said}", refused.args.join(" "), faults.join(", ")));
        }
    }
    // No such generator, no such option: said by the command line itself.
    for args in [&["generate", "crudd", "Kettles"][..], &["generate", "crud", "Kettles", "--field=name#string"]] {
        let output = program.output(args)?;
        if output.status.code() != Some(2)
            || !String::from_utf8_lossy(&output.stderr).contains("--field") && args[1] == "crud"
        {
            wrong.push(format!("puzi {}: exit code {:?}", args.join(" "), output.status.code()));
        }
    }
    copy.must_be(&before, "after command lines that were refused")?;
    if wrong.is_empty() {
        println!("  {} command lines were refused", ALL.len());
        return Ok(());
    }
    Err(Error::new(format!("{} command lines are not refused as they should be:\n{}", wrong.len(), wrong.join("\n"))))
}

impl Refused {
    fn faults(&self, code: Option<i32>, said: &str) -> Vec<String> {
        let mut faults = Vec::new();
        if code != Some(2) {
            faults.push(format!("its exit code is {code:?}"));
        }
        match marked(said) {
            None => faults.push("no caret marks the place".to_owned()),
            Some("") if self.at == END => {}
            Some(marked) if !marked.starts_with(self.at) => {
                faults.push(format!("the caret is below {marked:?}, not {:?}", self.at));
            }
            Some(_) => {}
        }
        let missing = self.says.iter().filter(|word| !said.contains(**word));
        faults.extend(missing.map(|word| format!("it does not say {word:?}")));
        faults
    }
}

/// What stands above the caret, to the end of the line. Wide characters take two columns.
fn marked(said: &str) -> Option<&str> {
    let lines: Vec<&str> = said.lines().collect();
    let caret =
        lines.iter().position(|line| line.trim_start().starts_with('^') && line.trim().chars().all(|c| c == '^'))?;
    let column = lines[caret].find('^')?;
    let above = lines.get(caret.checked_sub(1)?)?;
    let mut width = 0;
    for (at, c) in above.char_indices() {
        if width >= column {
            return Some(&above[at..]);
        }
        width += if u32::from(c) >= 0x1100 { 2 } else { 1 };
    }
    Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_marks_what_stands_above_it() {
        let said = "There is no type.\n\n  --fields: 名#strin; b\n               ^^^^^\nDid you mean string?";
        assert_eq!(marked(said), Some("strin; b"));
        assert_eq!(marked("no caret"), None);
    }
}
