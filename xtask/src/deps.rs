//! `cargo xtask deps`: every dependency's licence is one we accept, and two versions of one crate are there
//! only where `xtask/deps.toml` says why.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use spdx::{Expression, LicenseItem, ParseMode};

use crate::exec::{self, Context as _, Error, Result};

/// What the binaries are built for; crates that only other systems need are not asked about.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// `cargo xtask deps`
pub(crate) fn run(args: &[String]) -> Result {
    if let Some(other) = args.first() {
        return Err(Error::new(format!("`cargo xtask deps` takes no arguments, and was given `{other}`.")));
    }
    // `cargo metadata` also lists what optional features would bring; the tree is what is really built.
    let mut tree = exec::cargo();
    tree.args(["tree", "--workspace", "--locked", "--target", PLATFORM, "--prefix", "depth", "--format", "|{p}|{l}"]);
    let crates = crates(&exec::output(&mut tree)?)?;
    let policy = Policy::read(&fs::read_to_string(exec::root().join("xtask/deps.toml")).context("xtask/deps.toml")?)?;
    let problems = policy.problems(&crates);
    if problems.is_empty() {
        println!("{} crates: licences and duplicate versions as xtask/deps.toml says.", crates.len());
        return Ok(());
    }
    Err(Error::new(problems.join("\n")))
}

#[derive(Debug, Default, PartialEq)]
struct Crate {
    name: String,
    version: String,
    licence: String,
    /// `name version` of the crates that need this one.
    needed_by: BTreeSet<String>,
}

/// The crates in lines of `depth|name vVersion …|licence`, without the workspace's own.
fn crates(tree: &str) -> Result<Vec<Crate>> {
    let mut found: BTreeMap<String, Crate> = BTreeMap::new();
    let mut above: Vec<String> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let bad = || Error::new(format!("cargo tree printed a line that is not understood: {line}"));
        let mut parts = line.splitn(3, '|');
        let (depth, package) = (parts.next().ok_or_else(bad)?, parts.next().ok_or_else(bad)?);
        let depth: usize = depth.parse().map_err(|_| bad())?;
        // The mark of a subtree that was printed before.
        let licence = parts.next().ok_or_else(bad)?.trim_end_matches("(*)").trim();
        let (name, rest) = package.split_once(" v").ok_or_else(bad)?;
        let (version, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let label = format!("{name} {version}");
        above.truncate(depth);
        // A path is given for the workspace's own crates alone.
        if !rest.contains(['/', '\\']) {
            let one = found.entry(label.clone()).or_default();
            (one.name, one.version, one.licence) = (name.into(), version.into(), licence.into());
            one.needed_by.extend(above.last().cloned());
        }
        above.push(label);
    }
    Ok(found.into_values().collect())
}

/// `xtask/deps.toml`
struct Policy {
    accepted: BTreeSet<String>,
    /// The licence of a crate whose own metadata says none or says it wrongly.
    stated: BTreeMap<String, String>,
    /// The versions of a crate that may stand side by side.
    duplicates: BTreeMap<String, BTreeSet<String>>,
}

impl Policy {
    fn read(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse().context("xtask/deps.toml")?;
        let strings = |value: Option<&toml::Value>, what: &str| -> Result<BTreeSet<String>> {
            let list = value
                .and_then(toml::Value::as_array)
                .ok_or_else(|| Error::new(format!("deps.toml: {what} is a list")))?;
            Ok(list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
        };
        let mut policy = Self {
            accepted: strings(table.get("accepted"), "accepted")?,
            stated: BTreeMap::new(),
            duplicates: BTreeMap::new(),
        };
        for entry in entries(&table, "licence")? {
            policy.stated.insert(field(entry, "crate")?, field(entry, "expression")?);
        }
        for entry in entries(&table, "duplicate")? {
            let name = field(entry, "crate")?;
            let versions = strings(entry.get("versions"), &format!("the duplicate {name}'s `versions`"))?;
            if policy.duplicates.insert(name.clone(), versions).is_some() {
                return Err(Error::new(format!("deps.toml: the duplicate {name} is there twice.")));
            }
        }
        Ok(policy)
    }

    fn problems(&self, crates: &[Crate]) -> Vec<String> {
        let mut problems: Vec<String> = crates.iter().filter_map(|one| self.licence_problem(one)).collect();
        let names: BTreeSet<&str> = crates.iter().map(|one| one.name.as_str()).collect();
        for name in self.stated.keys().filter(|name| !names.contains(name.as_str())) {
            problems.push(format!(
                "{name}: deps.toml states its licence, but nothing needs it any more. Remove the entry."
            ));
        }
        let mut versions: BTreeMap<&str, Vec<&Crate>> = BTreeMap::new();
        for one in crates {
            versions.entry(&one.name).or_default().push(one);
        }
        for (name, several) in versions.iter().filter(|(_, several)| several.len() > 1) {
            let found: BTreeSet<String> = several.iter().map(|one| compatible(&one.version)).collect();
            if self.duplicates.get(*name) != Some(&found) {
                problems.push(duplicate(name, several, &found));
            }
        }
        for name in
            self.duplicates.keys().filter(|name| versions.get(name.as_str()).is_none_or(|several| several.len() < 2))
        {
            problems.push(format!("{name}: deps.toml allows a duplicate that is gone. Remove the entry."));
        }
        problems
    }

    fn licence_problem(&self, one: &Crate) -> Option<String> {
        let label = format!("{} {}", one.name, one.version);
        let text = self.stated.get(&one.name).unwrap_or(&one.licence);
        if text.is_empty() {
            return Some(format!("{label}: says no licence. Read it, and state it in deps.toml under [[licence]]."));
        }
        // Many older crates still write `MIT/Apache-2.0`.
        let expression = match Expression::parse_mode(text, ParseMode::LAX) {
            Ok(expression) => expression,
            Err(error) => return Some(format!("{label}: the licence `{text}` is not readable ({}).", error.reason)),
        };
        // An exception (`WITH …`) only gives more than the licence it stands behind.
        let accepted = expression.evaluate(|needed| match &needed.license {
            LicenseItem::Spdx { id, .. } => self.accepted.contains(id.name),
            LicenseItem::Other { .. } => false,
        });
        (!accepted).then(|| format!("{label}: the licence `{text}` is not among the accepted."))
    }
}

fn duplicate(name: &str, several: &[&Crate], found: &BTreeSet<String>) -> String {
    let mut text = format!("{name}: {} versions, not as deps.toml has it.", several.len());
    for one in several {
        text += &format!(
            "\n    {} needed by {}",
            one.version,
            Vec::from_iter(one.needed_by.iter().map(String::as_str)).join(", ")
        );
    }
    let versions: Vec<&String> = found.iter().collect();
    text + &format!(
        "\n  Use one of them, or say why not:\n    [[duplicate]]\n    crate = \"{name}\"\n    versions = {versions:?}\n    reason = \"…\""
    )
}

/// The part of a version that decides compatibility: `1`, `0.9`, `0.0.3`.
fn compatible(version: &str) -> String {
    let mut parts = version.split(['.', '-', '+']);
    let (major, minor, patch) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
    match (major, minor) {
        ("0", "0") => format!("0.0.{patch}"),
        ("0", _) => format!("0.{minor}"),
        _ => major.to_owned(),
    }
}

fn entries<'a>(table: &'a toml::Table, key: &str) -> Result<Vec<&'a toml::Table>> {
    let list = table.get(key).and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|entry| entry.as_table().ok_or_else(|| Error::new(format!("deps.toml: [[{key}]] is a table"))))
        .collect()
}

/// A field of an entry; each entry must also say its reason.
fn field(entry: &toml::Table, key: &str) -> Result<String> {
    let get = |key: &str| entry.get(key).and_then(toml::Value::as_str).filter(|text| !text.trim().is_empty());
    match (get(key), get("reason")) {
        (Some(text), Some(_)) => Ok(text.to_owned()),
        (None, _) => Err(Error::new(format!("deps.toml: an entry has no `{key}`."))),
        (_, None) => Err(Error::new(format!("deps.toml: the entry of {} has no reason.", get("crate").unwrap_or("?")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, version: &str, licence: Option<&str>) -> Crate {
        let needed_by = BTreeSet::from(["puzi 0.1.0".to_owned()]);
        Crate { name: name.into(), version: version.into(), licence: licence.unwrap_or_default().into(), needed_by }
    }

    fn policy(rest: &str) -> Policy {
        Policy::read(&format!("accepted = [\"MIT\", \"Apache-2.0\"]\n{rest}")).unwrap()
    }

    #[test]
    fn the_tree_is_read() {
        let tree = "0|puzi v0.1.0 (/src/crates/puzi)|MIT\n1|a v1.2.0|MIT OR ISC\n2|b v0.3.1 (proc-macro)|\n\n1|b v0.3.1 (proc-macro)| (*)\n";
        let read = crates(tree).unwrap();
        assert_eq!(read[0], one("a", "1.2.0", Some("MIT OR ISC")));
        assert_eq!(read[1].needed_by, BTreeSet::from(["a 1.2.0".to_owned(), "puzi 0.1.0".to_owned()]));
        assert_eq!((read.len(), read[1].licence.as_str()), (2, ""));
        assert!(crates("nonsense").is_err());
    }

    #[test]
    fn licences_are_evaluated_not_compared() {
        let policy = policy("");
        for good in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "(MIT OR ISC) AND Apache-2.0",
        ] {
            assert!(policy.problems(&[one("a", "1.0.0", Some(good))]).is_empty(), "{good}");
        }
        for bad in [Some("GPL-3.0-only"), Some("MIT AND ISC"), Some("LicenseRef-mine"), Some("no licence at all"), None]
        {
            assert_eq!(policy.problems(&[one("a", "1.0.0", bad)]).len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn a_licence_may_be_stated_and_must_be_in_use() {
        let policy = policy("[[licence]]\ncrate = \"a\"\nexpression = \"MIT\"\nreason = \"only a file\"");
        assert!(policy.problems(&[one("a", "1.0.0", None)]).is_empty());
        assert_eq!(policy.problems(&[]).len(), 1);
    }

    #[test]
    fn a_new_a_third_and_a_gone_duplicate_are_found() {
        let listed =
            policy("[[duplicate]]\ncrate = \"a\"\nversions = [\"0.8\", \"1\"]\nreason = \"b still wants 0.8\"");
        let (old, new, third) =
            (one("a", "0.8.4", Some("MIT")), one("a", "1.2.0", Some("MIT")), one("a", "2.0.0", Some("MIT")));
        assert_eq!(policy("").problems(&[one("a", "0.8.4", Some("MIT")), one("a", "1.2.0", Some("MIT"))]).len(), 1);
        assert_eq!(
            listed.problems(&[one("a", "1.2.0", Some("MIT"))]),
            ["a: deps.toml allows a duplicate that is gone. Remove the entry."]
        );
        let all = [old, new, third];
        assert!(listed.problems(&all[..2]).is_empty());
        assert_eq!(listed.problems(&all).len(), 1);
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        let text = "accepted = []\n[[duplicate]]\ncrate = \"a\"\nversions = [\"1\", \"2\"]";
        assert_eq!(Policy::read(text).err().unwrap().to_string(), "deps.toml: the entry of a has no reason.");
    }

    #[test]
    fn compatibility_is_cargos() {
        assert_eq!(
            ["1.2.3", "0.9.1", "0.0.3", "1.2.1+spec-1.1.0", "2.0.0-rc.1"].map(compatible),
            ["1", "0.9", "0.0.3", "1", "2"]
        );
    }
}
