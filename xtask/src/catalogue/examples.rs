//! Examples in the comments of methods, which compile.

use super::methods::{arguments, is_file};
use super::model::Field;
use super::plan::{Answer, Member, Method, Module, Struct, Ty};
use super::types::{self, needed};
use super::words::{camel, snake};

/// The example of a method, as lines of a comment.
pub(super) fn of(module: &Module<'_>, method: &Method<'_>) -> String {
    let call = method.call;
    let mut used = Vec::new();
    let mut lines = Vec::new();
    let mut args = Vec::new();
    if call.token == "user" {
        args.push("user_token".to_owned());
    }
    if call.takes_picture() {
        used.push("puzi_wechat::client::Picture".to_owned());
        args.push("Picture::url(\"https://example.com/picture.jpg\")".to_owned());
    }
    if let Some(it) = method.ask.as_ref().and_then(|name| module.find(name)) {
        let mut value = made(module, it, &mut used);
        if let Some(more) = &call.example {
            value.push_str(more);
            let types = module.structs.iter().map(|it| &it.name).chain(module.enums.iter().map(|it| &it.name));
            used.extend(types.filter(|name| more.contains(&format!("{name}::"))).cloned());
        }
        lines.push(broken(&format!("let ask = {value};")));
        args.push("&ask".to_owned());
    }
    for arg in &method.args {
        if is_file(arg) {
            let (name, content) = match call.name.as_str() {
                "recognize" => ("\"voice.mp3\"", "vec![0xff, 0xfb]"),
                _ => ("\"picture.jpg\"", "vec![0xff, 0xd8]"),
            };
            args.extend([name.to_owned(), content.to_owned()]);
        } else {
            args.push(argument(module, arg, &mut used));
        }
    }
    let binding = match &method.answer {
        Answer::Nothing => String::new(),
        Answer::Bytes => "let file = ".to_owned(),
        Answer::Field(member) => match &member.ty {
            Ty::List(inner) if matches!(**inner, Ty::Struct(_)) => format!("let {}s = ", snake(&types::rust(inner))),
            _ => format!("let {} = ", member.rust),
        },
        Answer::Whole(name) => format!("let {} = ", snake(name)),
    };
    lines.push(format!("{binding}wechat.{}().{}({}).await?;", module.family.name, call.name, args.join(", ")));
    let mut out = String::from("/// ```no_run\n");
    out.push_str(&imports(module, used));
    let secrets: Vec<_> = arguments(method).into_iter().filter(|(_, ty)| ty == "&Secret<String>").collect();
    let secrets: String = secrets.iter().map(|(name, _)| format!(", {name}: &puzi_wechat::Secret<String>")).collect();
    let allow = if call.retired.is_some() { "/// # #[allow(deprecated)]\n" } else { "" };
    out.push_str(allow);
    out.push_str(&format!(
        "/// # async fn example(wechat: &puzi_wechat::client::Client{secrets}) -> puzi_wechat::client::Result<()> {{\n"
    ));
    for line in lines {
        out.push_str(&format!("/// {line}\n"));
    }
    out.push_str("/// # Ok(())\n/// # }\n/// ```\n");
    out
}

/// A long chain, with a line for each of its setters.
fn broken(line: &str) -> String {
    if line.chars().count() <= 90 { line.to_owned() } else { line.replace(").", ")\n///     .") }
}

/// `use` lines, and an empty one after them.
fn imports(module: &Module<'_>, mut used: Vec<String>) -> String {
    used.sort();
    used.dedup();
    let (mut own, mut others): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for name in used {
        if name.contains("::") { others.push(name) } else { own.push(name) }
    }
    if !own.is_empty() {
        let names = if let [one] = own.as_slice() { one.clone() } else { format!("{{{}}}", own.join(", ")) };
        others.insert(0, format!("puzi_wechat::api::{}::{names}", module.family.name));
    }
    let lines: String = others.iter().map(|path| format!("/// use {path};\n")).collect();
    if lines.is_empty() { lines } else { lines + "///\n" }
}

fn argument(module: &Module<'_>, arg: &Member, used: &mut Vec<String>) -> String {
    let value = match &arg.ty {
        Ty::Secret => return arg.rust.clone(),
        Ty::Struct(_) => format!("&{}", value(module, arg, &arg.ty, used)),
        Ty::List(inner) => format!("&[{}]", value(module, arg, inner, used)),
        ty => value(module, arg, ty, used),
    };
    if arg.required { value } else { "None".to_owned() }
}

/// A request struct with what is required, and one field more.
fn made(module: &Module<'_>, it: &Struct, used: &mut Vec<String>) -> String {
    used.push(it.name.clone());
    let args: Vec<_> =
        it.members.iter().filter(|member| needed(member)).map(|member| owned(module, member, used)).collect();
    let mut out = format!("{}::new({})", it.name, args.join(", "));
    for member in it.members.iter().filter(|member| matches!(member.ty, Ty::Map(_))) {
        let example = member.leaf.as_ref().map_or("\"…\"".to_owned(), text);
        out.push_str(&format!(".{}(\"thing1\", {example})", member.rust));
    }
    if args.is_empty()
        && let Some(member) = it.members.first().filter(|first| !matches!(first.ty, Ty::Map(_)))
    {
        out.push_str(&format!(".{}({})", member.rust, owned(module, member, used)));
    }
    out
}

fn owned(module: &Module<'_>, member: &Member, used: &mut Vec<String>) -> String {
    match &member.ty {
        Ty::List(inner) => format!("[{}]", value(module, member, inner, used)),
        ty => value(module, member, ty, used),
    }
}

fn value(module: &Module<'_>, member: &Member, ty: &Ty, used: &mut Vec<String>) -> String {
    let leaf = member.leaf.as_ref();
    match ty {
        Ty::Text => leaf.map_or("\"…\"".to_owned(), text),
        Ty::Int => match leaf.map(|leaf| (leaf.kind.as_str(), leaf)) {
            Some((_, leaf)) if leaf.example.is_some() => leaf.example.clone().unwrap_or_default(),
            Some(("time", _)) => "1_790_000_000".to_owned(),
            Some(("seconds", _)) => "3600".to_owned(),
            Some((_, leaf)) if leaf.max.is_some_and(|max| max < 100) => leaf.max.unwrap_or_default().to_string(),
            Some((_, leaf)) => leaf.min.unwrap_or(100).to_string(),
            None => "100".to_owned(),
        },
        Ty::Float => "23.1".to_owned(),
        Ty::Flag | Ty::Bool => "true".to_owned(),
        Ty::Json => "serde_json::json!({})".to_owned(),
        Ty::Enum(name) => {
            used.push(name.clone());
            let example = leaf.and_then(|leaf| leaf.example.as_ref().or(leaf.values.first()));
            format!("{name}::{}", camel(example.map_or("Other", String::as_str)))
        }
        Ty::Struct(name) => module.find(name).map_or_else(String::new, |it| made(module, it, used)),
        Ty::Secret | Ty::List(_) | Ty::Map(_) => String::new(),
    }
}

fn text(field: &Field) -> String {
    let text = match (&field.example, field.kind.as_str()) {
        (Some(example), _) => example.clone(),
        (None, "openid") => "oLVPpjqs9BhvzwPj5A-vTYAX3GLc".to_owned(),
        (None, "media_id") => "MEDIA_ID".to_owned(),
        (None, "url") => "https://example.com/".to_owned(),
        (None, "date") => "2026-11-01".to_owned(),
        (None, _) => {
            let place = field.place().replace("[]", "");
            snake(place.rsplit('.').next().unwrap_or_default()).to_ascii_uppercase()
        }
    };
    format!("\"{text}\"")
}
