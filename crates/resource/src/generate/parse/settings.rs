//! The options about the whole resource.

use super::{
    fields::is_identifier,
    target::{Target, name_of, refused, snake},
    text::{Text, entries},
};
use crate::{
    generate::{Fault, Names, Part, Request},
    nearest::nearest,
};

/// The menu's groups; the usual one is the fourth.
const GROUPS: [&str; 5] = ["today", "content", "followers", "shop", "system"];
/// The first words of namespaces that say nothing here.
const LARAVEL: [&str; 3] = ["App", "Http", "Controllers"];
const MODELS: [&str; 3] = ["App", "Models", "Shop"];
/// Files that every folder of a crate may have.
const FILES: [&str; 2] = ["lib", "main"];
/// The most records on one page.
const MOST: u64 = 200;

/// What the options say.
#[derive(Debug)]
pub(super) struct Settings {
    pub route: bool,
    pub group: String,
    pub per_page: Option<u64>,
    pub web_modules: Vec<String>,
    pub shop_modules: Vec<String>,
    pub view_path: String,
}

impl Settings {
    pub(super) fn read(request: &Request, target: &mut Target<'_>) -> Result<Self, Fault> {
        let settings = Self {
            route: yes_or_no("--route", request.route.as_ref())?.unwrap_or(true),
            group: group(request.route_group.as_ref())?,
            per_page: per_page(request.pagination.as_ref())?,
            web_modules: web_modules(request.controller_namespace.as_ref())?,
            shop_modules: shop_modules(request.model_namespace.as_ref())?,
            view_path: view_path(request.view_path.as_ref())?,
        };
        for (option, modules, given) in [
            ("--namespace", &settings.web_modules, &request.controller_namespace),
            ("--model-namespace", &settings.shop_modules, &request.model_namespace),
        ] {
            // A module in one of its own name is what clippy warns of.
            if let Some(given) = given.as_ref().filter(|_| modules.last() == Some(&target.names.plural)) {
                let at = segments(&Text::of(option, given)).into_iter().next_back();
                let at = at.unwrap_or_else(|| Text::of(option, given));
                return Err(at.fault("namespace_same", vec![("name", target.names.plural.clone())]));
            }
        }
        model_name(request, &target.names)?;
        languages(request, target)?;
        told(request, target)?;
        unused(request, target);
        Ok(settings)
    }
}

/// What an option that is a yes or a no says.
pub(super) fn yes_or_no(option: &str, given: Option<&String>) -> Result<Option<bool>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let at = Text::of(option, given).trim();
    match at.as_str().to_lowercase().as_str() {
        "yes" => Ok(Some(true)),
        "no" => Ok(Some(false)),
        word => {
            let meant = match word {
                "true" | "1" | "on" | "y" | "是" => Some("yes"),
                "false" | "0" | "off" | "n" | "否" => Some("no"),
                _ => nearest(word, ["yes", "no"]),
            };
            Err(at.fault("yes_or_no", vec![("word", at.as_str().to_owned())]).suggest(meant))
        }
    }
}

/// The menu's group of `admin/GROUP`.
fn group(given: Option<&String>) -> Result<String, Fault> {
    let usual = GROUPS[3].to_owned();
    let Some(given) = given else { return Ok(usual) };
    let at = Text::of("--route-group", given).trim();
    let segments: Vec<Text<'_>> = at.split(&['/']).into_iter().filter(|segment| !segment.is_empty()).collect();
    let said = |word: &str| vec![("word", word.to_owned()), ("groups", GROUPS.join(", "))];
    match &segments[..] {
        [admin] if admin.as_str() == "admin" => Ok(usual),
        [admin, group] if admin.as_str() == "admin" => {
            let known = GROUPS.iter().find(|known| **known == group.as_str());
            let near = || nearest(group.as_str(), GROUPS);
            known
                .map(|known| (*known).to_owned())
                .ok_or_else(|| group.fault("route_group", said(group.as_str())).suggest(near()))
        }
        [admin, _, more, ..] if admin.as_str() == "admin" => Err(more.fault("route_group", said(more.as_str()))),
        [other, ..] => {
            let meant = match nearest(other.as_str(), GROUPS) {
                Some(group) => Some(format!("admin/{group}")),
                None => Some("admin".to_owned()),
            };
            Err(other.fault("route_group", said(other.as_str())).suggest(meant))
        }
        [] => Err(at.fault("route_group", said("")).suggest(Some("admin"))),
    }
}

fn per_page(given: Option<&String>) -> Result<Option<u64>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let at = Text::of("--pagination", given).trim();
    match at.as_str().parse() {
        Ok(number) if (1..=MOST).contains(&number) => Ok(Some(number)),
        _ => Err(at.fault("pagination", vec![("most", MOST.to_string())])),
    }
}

/// The words of a namespace, however it is written.
fn segments<'a>(text: &Text<'a>) -> Vec<Text<'a>> {
    let all = text.trim().split(&['\\', '/', ':']);
    all.into_iter().filter(|segment| !segment.is_empty()).collect()
}

/// Modules between the admin's folder and the declaration.
fn web_modules(given: Option<&String>) -> Result<Vec<String>, Fault> {
    let Some(given) = given else { return Ok(vec![]) };
    let whole = Text::of("--namespace", given);
    let all = segments(&whole);
    let front = all.iter().zip(LARAVEL).take_while(|(segment, word)| segment.as_str() == *word).count();
    let Some((admin, rest)) = all[front..].split_first() else {
        return Err(whole.trim().fault("namespace", vec![]).suggest(Some("Admin")));
    };
    if !admin.as_str().eq_ignore_ascii_case("admin") {
        let near = nearest(admin.as_str(), ["Admin"]).map(str::to_owned);
        let meant = near.unwrap_or_else(|| format!("Admin\\{}", admin.as_str()));
        return Err(admin.fault("namespace", vec![]).suggest(Some(meant)));
    }
    rest.iter().map(module).collect()
}

/// Modules between the shop's folder and the entity.
fn shop_modules(given: Option<&String>) -> Result<Vec<String>, Fault> {
    let Some(given) = given else { return Ok(vec![]) };
    let all = segments(&Text::of("--model-namespace", given));
    let front = all.iter().take_while(|segment| MODELS.contains(&segment.as_str())).count();
    all[front..].iter().map(module).collect()
}

/// The module that a word of a namespace means.
fn module(segment: &Text<'_>) -> Result<String, Fault> {
    let word = segment.as_str();
    let name = if is_identifier(word) { word.to_owned() } else { snake(word).unwrap_or_default() };
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !plain || !is_identifier(&name) {
        return Err(segment.fault("identifier", vec![("name", word.to_owned())]).suggest(snake(word)));
    }
    // What a database thinks of the name of a module does not matter.
    match refused(&name, true).or(FILES.contains(&name.as_str()).then_some("Rust")) {
        Some(whose) => {
            let args = vec![("name", name), ("whose", whose.to_owned())];
            Err(segment.fault("identifier_reserved", args))
        }
        None => Ok(name),
    }
}

fn view_path(given: Option<&String>) -> Result<String, Fault> {
    let Some(given) = given else { return Ok("admin".to_owned()) };
    let at = Text::of("--view-path", given).trim();
    if at.as_str().starts_with(['/', '\\']) {
        return Err(at.char_at(0).fault("view_path", vec![]).suggest(Some("admin")));
    }
    let segments: Vec<Text<'_>> = at.split(&['/', '\\']).into_iter().filter(|segment| !segment.is_empty()).collect();
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if let Some(wrong) = segments.iter().find(|segment| !segment.as_str().chars().all(of_name)) {
        return Err(wrong.fault("view_path", vec![]).suggest(snake(wrong.as_str())));
    }
    match segments.first() {
        Some(first) if first.as_str() == "admin" => Ok(segments.iter().map(Text::as_str).collect::<Vec<_>>().join("/")),
        Some(first) => {
            let near = nearest(first.as_str(), ["admin"]).map(str::to_owned);
            let meant = near.unwrap_or_else(|| format!("admin/{}", at.as_str().trim_end_matches('/')));
            Err(first.fault("view_path", vec![]).suggest(Some(meant)))
        }
        None => Err(at.fault("view_path", vec![]).suggest(Some("admin"))),
    }
}

/// The entity has the resource's name: another one cannot be said.
fn model_name(request: &Request, names: &Names) -> Result<(), Fault> {
    let Some(given) = &request.model_name else { return Ok(()) };
    let whole = Text::of("--model-name", given);
    let last = segments(&whole).into_iter().next_back().unwrap_or_else(|| whole.trim());
    match Names::of(last.as_str()) {
        Ok(other) if other == *names => Ok(()),
        _ => {
            let args = vec![("model", last.as_str().to_owned()), ("name", names.plural.clone())];
            Err(last.fault("model_name", args).suggest(Some(&names.plural)))
        }
    }
}

/// `--locales`, `--localize`.
fn languages(request: &Request, target: &mut Target<'_>) -> Result<(), Fault> {
    if yes_or_no("--localize", request.localize.as_ref())? == Some(false) {
        target.note("localize", vec![]);
    }
    let Some(given) = &request.locales else { return Ok(()) };
    let mut said = Vec::new();
    let all = entries(Text::of("--locales", given).split(&[',', ';']))?;
    for at in &all {
        let tag = at.as_str().to_lowercase().replace('_', "-");
        match ["en", "zh-CN"].into_iter().find(|known| known.to_lowercase() == tag) {
            Some(known) => said.push(known),
            None => {
                let start = tag.get(..2).unwrap_or_default();
                let meant = match start {
                    "en" => Some("en"),
                    "zh" | "cn" => Some("zh-CN"),
                    _ => nearest(&tag, ["en", "zh-CN"]),
                };
                return Err(at.fault("locale", vec![("locale", at.as_str().to_owned())]).suggest(meant));
            }
        }
    }
    if all.is_empty() {
        return Err(Text::of("--locales", given).trim().fault("locale", vec![("locale", String::new())]));
    }
    if !(said.contains(&"en") && said.contains(&"zh-CN")) {
        target.note("locales", vec![]);
    }
    Ok(())
}

/// Options that are taken, and told to mean nothing here.
fn told(request: &Request, target: &mut Target<'_>) -> Result<(), Fault> {
    if let Some(helper) = &request.form_helper {
        const HELPERS: [&str; 2] = ["html", "laravelcollective"];
        let at = Text::of("--form-helper", helper).trim();
        if !HELPERS.contains(&at.as_str()) {
            let args = vec![("word", at.as_str().to_owned()), ("words", HELPERS.join(", "))];
            return Err(at.fault("form_helper", args).suggest(nearest(at.as_str(), HELPERS)));
        }
        target.note("form_helper", vec![]);
    }
    if request.custom_data.is_some() {
        target.note("custom_data", vec![]);
    }
    let own_folder = request.view_path.as_ref().is_some_and(|path| path.trim().trim_end_matches('/') != "admin");
    if own_folder && !target.writes(Part::View) {
        target.note("view_path", vec![("name", name_of(request).trim().as_str().to_owned())]);
    }
    Ok(())
}

/// Says which options change nothing in what is written.
fn unused(request: &Request, target: &mut Target<'_>) {
    let only = |parts: &[Part]| !parts.iter().any(|part| target.writes(*part));
    let declared = only(&[Part::Resource]);
    let in_code = only(&[Part::Migration, Part::Model, Part::Resource]);
    let of_views = target.parts == [Part::View];
    let given: Vec<&str> = [
        ("--fields", request.fields.is_some() && of_views),
        ("--fields-from-file", request.file.is_some() && of_views),
        ("--validations", request.validations.is_some() && in_code),
        ("--route", request.route.is_some() && declared),
        ("--route-group", request.route_group.is_some() && (declared || request.only_api)),
        ("--pagination", request.pagination.is_some() && declared),
        ("--namespace", request.controller_namespace.is_some() && only(&[Part::Resource, Part::View])),
        ("--model-namespace", request.model_namespace.is_some() && only(&[Part::Model, Part::Resource])),
        ("--soft-deletes", request.soft_deletes.is_some() && in_code),
        ("--pk", request.pk.is_some() && in_code),
        ("--table", request.table.is_some() && in_code),
        ("--relationships", request.relationships.is_some() && in_code),
        ("--foreign-keys", request.foreign_keys.is_some() && in_code),
        ("--indexes", request.indexes.is_some() && in_code),
    ]
    .into_iter()
    .filter_map(|(option, unused)| unused.then_some(option))
    .collect();
    if !given.is_empty() {
        target.note("unused", vec![("options", given.join(", "))]);
    }
}
