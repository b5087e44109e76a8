//! A family's file of Rust.

use super::examples;
use super::methods;
use super::model::{Call, Family};
use super::plan::{Answer, Module, Side, Ty};
use super::types::{self, Needs};
use super::words::doc;

/// What stands in the client for all families.
const RUNTIME: [&str; 8] = ["Binary", "Call", "Client", "Content", "Field", "Method", "Picture", "Result"];

/// The text of `api/{family}.rs`, before rustfmt.
pub(super) fn module(module: &Module<'_>) -> String {
    let family = module.family;
    let mut body = String::new();
    if !family.handle_by_hand {
        body.push_str(&handle(family));
    }
    if !module.methods.is_empty() {
        body.push_str(&format!("impl {}<'_> {{\n", family.handle));
        let methods = module.methods.iter().map(|it| methods::write(module, it, &examples::of(module, it)));
        body.push_str(&methods.collect::<Vec<_>>().join("\n"));
        body.push_str(&methods::write_shared(module));
        body.push_str("}\n\n");
    }
    let mut needs = Needs::default();
    for it in &module.structs {
        body.push_str(&types::write_struct(module, it, &mut needs));
    }
    for it in &module.enums {
        body.push_str(&types::write_enum(it));
    }
    body.push_str(&inside(&needs));
    let about = format!("{}\n\nMade by {}", family.about, makes(family));
    let about = doc(&about, 0).replace("///", "//!");
    format!(
        "// Written by `cargo xtask catalogue` from `catalogue/{}.toml`: change that.\n\n{about}\n{}\n{body}",
        family.name,
        uses(module, &body)
    )
}

/// Which method of the client gives the calls.
fn makes(family: &Family) -> String {
    format!("[`Client::{}`](crate::client::Client::{}).", family.name, family.name)
}

fn handle(family: &Family) -> String {
    let Family { name, handle, about, .. } = family;
    let of_client = doc(about, 4);
    let of_handle = doc(&format!("{about} See [`Client::{name}`]."), 0);
    format!(
        "impl Client {{\n{of_client}pub fn {name}(&self) -> {handle}<'_> {{\n{handle} {{ client: self }}\n}}\n}}\n\n\
         {of_handle}#[derive(Debug, Clone, Copy)]\npub struct {handle}<'a> {{\npub(crate) client: &'a Client,\n}}\n\n"
    )
}

fn inside(needs: &Needs) -> String {
    let lines = |what: &str, list: &[(String, String)]| {
        list.iter().map(|(name, path)| format!("    {what} {name} = {path};\n")).collect::<String>()
    };
    let all = lines("read", &needs.read) + &lines("write", &needs.write) + &lines("write_each", &needs.each);
    if all.is_empty() { all } else { format!("inside! {{\n{all}}}\n") }
}

/// The imports that `body` needs.
fn uses(module: &Module<'_>, body: &str) -> String {
    let has = |word: &str| {
        body.lines().filter(|line| !line.trim_start().starts_with("///")).any(|line| {
            line.match_indices(word).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + word.len()..].chars().next();
                let part = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
                !part(before) && !part(after)
            })
        })
    };
    let mut out = String::new();
    if has("BTreeMap") {
        out.push_str("use std::collections::BTreeMap;\n\n");
    }
    let serde: Vec<_> = ["Deserialize", "Serialize"].into_iter().filter(|name| has(name)).collect();
    if !serde.is_empty() {
        out.push_str(&format!("use serde::{{{}}};\n", serde.join(", ")));
    }
    let json: Vec<_> = [("Value", "Value"), ("json!", "json")]
        .into_iter()
        .filter(|(word, _)| body.contains(&format!("{word}(")) || has(word))
        .map(|(_, name)| name)
        .collect();
    if !json.is_empty() {
        out.push_str(&format!("use serde_json::{{{}}};\n", json.join(", ")));
    }
    out.push('\n');
    if has("Secret") {
        out.push_str("use crate::Secret;\n");
    }
    if has("Check") {
        out.push_str("use crate::client::check::Check;\n");
    }
    let shapes = [("shape", "self"), ("inside", "inside"), ("open_texts", "open_texts")];
    let shapes: Vec<_> = shapes.into_iter().filter(|(word, _)| has(word)).map(|(_, name)| name).collect();
    match shapes.as_slice() {
        [] => {}
        ["self"] => out.push_str("use crate::client::shape;\n"),
        names => out.push_str(&format!("use crate::client::shape::{{{}}};\n", names.join(", "))),
    }
    let own = |name: &str| module.find(name).is_some() || module.enums.iter().any(|it| it.name == name);
    let mut names: Vec<_> = RUNTIME.into_iter().filter(|name| has(name) && !own(name)).collect();
    if module.family.handle_by_hand {
        names.push(&module.family.handle);
    }
    names.sort_unstable();
    out.push_str(&format!("use crate::client::{{{}}};\n", names.join(", ")));
    out
}

/// The type of what a method answers.
pub(super) fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Nothing => "()".to_owned(),
        Answer::Bytes => "Binary".to_owned(),
        Answer::Field(member) if member.ty == Ty::Flag => "bool".to_owned(),
        Answer::Field(member) => {
            let maybe = !member.required && matches!(member.ty, Ty::Int | Ty::Float | Ty::Enum(_) | Ty::Struct(_));
            let ty = types::rust(&member.ty);
            if maybe { format!("Option<{ty}>") } else { ty }
        }
        Answer::Whole(name) => name.clone(),
    }
}

/// `api/mod.rs`.
pub(super) fn index(families: &[Family], modules: &[Module<'_>]) -> String {
    let mut out = String::from(
        "// Written by `cargo xtask catalogue` from `catalogue/*.toml`: change those.\n\n\
         //! The calls of the Official Account API, a module a family: what they ask with and what they answer.\n\
         //!\n\
         //! A field that the platform leaves out is empty, 0 or `false`, or nothing where that would say something else.\n\n",
    );
    for module in modules {
        out.push_str(&format!("pub mod {};\n", module.family.name));
    }
    out.push('\n');
    for module in modules.iter().filter(|it| !it.family.handle_by_hand) {
        out.push_str(&format!("pub use {}::{};\n", module.family.name, module.family.handle));
    }
    let by_hand: Vec<_> = families.iter().filter(|it| it.handle_by_hand).map(|it| it.handle.as_str()).collect();
    out.push_str(&format!("pub use crate::client::{{{}}};\n", by_hand.join(", ")));
    out
}

/// Whether a request of the call lies in the query, by the struct that it is asked with.
pub(super) fn in_query(module: &Module<'_>, name: &str) -> bool {
    module.find(name).is_some_and(|it| it.side == Side::Query)
}

/// Whether the call's JSON has the account's appid in it.
pub(super) fn has_appid(call: &Call) -> bool {
    call.ask.iter().any(|field| field.at == "appid")
}
