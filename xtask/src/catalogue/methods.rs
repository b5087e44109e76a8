//! The methods of a family.

use super::checks::{self, Reach};
use super::model::Call;
use super::plan::{Answer, Member, Method, Module, Ty};
use super::render::{answered, has_appid, in_query};
use super::types;
use super::words::{GLUE, and, doc, number};

/// A chain of so many letters stands on one line.
const LINE: usize = 110;

pub(super) fn write(module: &Module<'_>, method: &Method<'_>, example: &str) -> String {
    let call = method.call;
    let mut out = comment(module, method, example);
    if let Some(instead) = &call.retired {
        out.push_str(&format!("#[deprecated(note = \"{}\")]\n", instead.replace('"', "'")));
    }
    let args: Vec<_> = arguments(method).into_iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    let args = std::iter::once("self".to_owned()).chain(args).collect::<Vec<_>>().join(", ");
    out.push_str(&format!("pub async fn {}({args}) -> Result<{}> {{\n", call.name, answered(&method.answer)));
    out.push_str(&body(module, method));
    out.push_str("}\n");
    out
}

/// The arguments with their types.
pub(super) fn arguments(method: &Method<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let call = method.call;
    if call.token == "user" {
        out.push(("user_token".to_owned(), "&Secret<String>".to_owned()));
    }
    if call.takes_picture() {
        out.push(("picture".to_owned(), "Picture".to_owned()));
    }
    if let Some(name) = &method.ask {
        out.push(("ask".to_owned(), format!("&{name}")));
    }
    for arg in &method.args {
        if is_file(arg) {
            out.push(("file_name".to_owned(), "&str".to_owned()));
            out.push(("content".to_owned(), "impl Into<Content>".to_owned()));
        } else {
            out.push((arg.rust.clone(), taken(arg)));
        }
    }
    out
}

pub(super) fn is_file(arg: &Member) -> bool {
    arg.leaf.as_ref().is_some_and(|leaf| leaf.kind == "bytes")
}

fn taken(arg: &Member) -> String {
    let ty = match &arg.ty {
        Ty::Text => "&str".to_owned(),
        Ty::Secret => "&Secret<String>".to_owned(),
        Ty::Struct(name) => format!("&{name}"),
        Ty::List(inner) => match inner.as_ref() {
            Ty::Text => "&[impl AsRef<str>]".to_owned(),
            inner => format!("&[{}]", types::rust(inner)),
        },
        other => types::rust(other),
    };
    if arg.required { ty } else { format!("Option<{ty}>") }
}

fn comment(module: &Module<'_>, method: &Method<'_>, example: &str) -> String {
    let call = method.call;
    let mut text = call.about.clone();
    let page = call.doc.as_ref().map(|url| format!(": [the{GLUE}platform's{GLUE}page]({url})")).unwrap_or_default();
    text.push_str(&format!("\n\n`{} {}`, {}{page}.", call.method, call.path, who(&call.who)));
    if !call.limits.is_empty() {
        text.push_str(&format!("\n\nLimits: {}.", call.limits.join("; ")));
    }
    let mut list = String::new();
    if call.token == "user" {
        list.push_str("\n- `user_token`: The user's own token, from `oauth().token`.");
    }
    if call.takes_picture() {
        list.push_str("\n- `picture`: The picture, less than 2 MB.");
    }
    for arg in &method.args {
        let names = if is_file(arg) { "`file_name`, `content`".to_owned() } else { format!("`{}`", arg.rust) };
        list.push_str(&format!("\n- {names}: {}", types::about(module, arg)));
    }
    if !list.is_empty() {
        text.push('\n');
        text.push_str(&list);
    }
    text.push_str("\n\n# Errors\n");
    text.push_str(&errors(call));
    if checked(module, method) {
        text.push_str(" A caller's mistake, unsent, when a field is beyond its bounds.");
    }
    text.push('\n');
    doc(&text, 4) + example
}

fn errors(call: &Call) -> String {
    match call.errors.as_slice() {
        [] => "As any call.".to_owned(),
        codes => {
            let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
            format!("{}, besides those of any call.", and(&codes))
        }
    }
}

fn who(who: &str) -> String {
    match who {
        "all" => "for all accounts".to_owned(),
        "account with ads" => "for accounts with ads".to_owned(),
        kind if kind.ends_with("program") || kind.ends_with("application") || kind.ends_with("provider") => {
            format!("for {kind}s")
        }
        kind => format!("for {kind} accounts"),
    }
}

fn checked(module: &Module<'_>, method: &Method<'_>) -> bool {
    method.args.iter().any(|arg| is_file(arg) || !checks::lines(module, arg, Reach::Argument).is_empty())
        || method.ask.as_ref().and_then(|name| module.find(name)).is_some_and(|it| checks::bounded(module, it))
        || method.call.takes_picture()
}

/// The lines of a method.
fn body(module: &Module<'_>, method: &Method<'_>) -> String {
    let call = method.call;
    let base_resp = call.answer.iter().any(|field| field.at == "base_resp.ret");
    let (send, read) = answer(method, base_resp);
    if let Some((name, _)) = shared(module, method) {
        let args: Vec<_> = method.args.iter().map(|arg| arg.rust.as_str()).collect();
        return format!("self.{name}(\"{}\", {})?{send}\n", call.path, args.join(", "));
    }
    let checks = checks(module, method);
    let by_name = !checks.is_empty() || base_resp;
    let path = if by_name { "path".to_owned() } else { format!("\"{}\"", call.path) };
    let mut out = if by_name { format!("let path = \"{}\";\n", call.path) } else { String::new() };
    if method.args.iter().any(is_file) {
        out.push_str("let content = content.into();\n");
    }
    out.push_str(&checks);
    if call.token == "secret" {
        out.push_str("let (appid, secret) = self.client.credentials();\n");
    }
    let Request { before, chain, after } = request(module, method, &path);
    out.push_str(&before);
    let mutable = if after.is_empty() { "" } else { "mut " };
    let after: String = after.iter().map(|line| format!("{line}\n")).collect();
    if let Some(picture) = picture(method) {
        return format!("{out}let {mutable}call = {chain};\n{after}{picture}.await?{send}\n");
    }
    if after.is_empty() && read.is_empty() && chain.len() + send.len() <= LINE {
        return format!("{out}{chain}{send}\n");
    }
    let send = if read.is_empty() { format!("call{send}\n") } else { read.replace("SEND", &format!("call{send}")) };
    format!("{out}let {mutable}call = {chain};\n{after}{send}")
}

/// The functions that several methods of a family make their calls by.
pub(super) fn write_shared(module: &Module<'_>) -> String {
    let mut out = String::new();
    for name in module.family.shared.keys() {
        let of_name = |method: &&Method<'_>| shared(module, method).is_some_and(|(shared, _)| shared == name);
        let Some(method) = module.methods.iter().find(of_name) else { continue };
        let args: Vec<_> = arguments(method).into_iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        out.push_str(&format!("\nfn {name}(self, path: &'static str, {}) -> Result<Call> {{\n", args.join(", ")));
        out.push_str(&lines_shared(module, method));
        out.push_str("}\n");
    }
    out
}

/// The function by which the method makes its call, when it shares one, and the lines of that.
fn shared<'a>(module: &'a Module<'_>, method: &Method<'_>) -> Option<(&'a String, String)> {
    let names: Vec<_> = method.args.iter().map(|arg| arg.json.as_str()).collect();
    let (name, args) = module.family.shared.iter().find(|(_, args)| **args == names)?;
    let plain = |method: &Method<'_>| {
        let call = method.call;
        call.body == "json" && call.token == "account" && call.method == "POST"
    };
    let same = |other: &&Method<'_>| other.args.iter().map(|arg| arg.json.as_str()).eq(args.iter().map(String::as_str));
    let first = module.methods.iter().filter(|other| plain(other)).find(same)?;
    let lines = lines_shared(module, method);
    (plain(method) && lines == lines_shared(module, first)).then_some((name, lines))
}

fn lines_shared(module: &Module<'_>, method: &Method<'_>) -> String {
    let Request { before, chain, after } = request(module, method, "path");
    let chain = if after.is_empty() { format!("Ok({chain})") } else { String::new() };
    format!("{}{before}{}{chain}\n", checks(module, method), after.join("\n"))
}

/// The lines that check the arguments of a call of `path`.
fn checks(module: &Module<'_>, method: &Method<'_>) -> String {
    let mut checks = Vec::new();
    for arg in &method.args {
        if is_file(arg) {
            let most = arg.leaf.as_ref().and_then(|leaf| leaf.max_bytes).unwrap_or(i64::MAX);
            checks.push(format!("check.file(\"{}\", &content, {}).await?;", arg.json, number(most)));
        } else {
            checks.extend(checks::lines(module, arg, Reach::Argument));
        }
    }
    let ask = method.ask.as_ref().and_then(|name| module.find(name));
    if ask.is_some_and(|it| checks::bounded(module, it)) {
        checks.push("ask.check(&check)?;".to_owned());
    }
    match checks.as_slice() {
        [] => String::new(),
        [one] if one.starts_with("check.") => one.replacen("check.", "Check::of(path).", 1) + "\n",
        [one] if one == "ask.check(&check)?;" => "ask.check(&Check::of(path))?;\n".to_owned(),
        all => format!("let check = Check::of(path);\n{}\n", all.join("\n")),
    }
}

/// A call as it is put together.
struct Request {
    /// Lines that make its body.
    before: String,
    chain: String,
    /// Lines that put into it what is optional.
    after: Vec<String>,
}

fn request(module: &Module<'_>, method: &Method<'_>, path: &str) -> Request {
    let call = method.call;
    let mut chain = format!("self.client.call(Method::{}, {path})", call.method);
    if let Some(host) = &call.host {
        chain.push_str(&format!(".host(\"{host}\")"));
    }
    if call.token != "account" {
        chain.push_str(".without_token()");
    }
    if call.token == "user" {
        chain.push_str(".query(\"access_token\", user_token.expose())");
    }
    let mut after = Vec::new();
    query(module, method, &mut chain, &mut after);
    let mut before = String::new();
    match call.body.as_str() {
        "json" => json(method, &mut before, &mut chain),
        "text" => chain.push_str(".text(text)"),
        "multipart" if !call.takes_picture() => {
            let name = method.args.iter().find(|arg| is_file(arg)).map_or("media", |arg| arg.json.as_str());
            chain.push_str(&format!(".multipart([Field::file(\"{name}\", file_name, content)])"));
        }
        _ => {}
    }
    if (call.method == "GET") != call.repeatable {
        chain.push_str(&format!(".idempotent({})", call.repeatable));
    }
    Request { before, chain, after }
}

/// Puts a picture into the call.
fn picture(method: &Method<'_>) -> Option<String> {
    let field = method.call.ask.iter().find(|field| field.at == "@img" && method.call.takes_picture())?;
    let beside = match method.args.first() {
        None => "None".to_owned(),
        Some(arg) => format!("{0}.map(|{0}| Field::text(\"{1}\", {0}))", arg.rust, arg.json),
    };
    let most = number(field.max_bytes.unwrap_or_default());
    Some(format!("picture.put(call, {most}, {beside})"))
}

/// The query's parameters: those always there in the chain, the others after it.
fn query(module: &Module<'_>, method: &Method<'_>, chain: &mut String, after: &mut Vec<String>) {
    let call = method.call;
    let by_struct = method.ask.as_ref().filter(|name| in_query(module, name)).and_then(|name| module.find(name));
    for field in call.ask.iter().filter(|field| field.at.starts_with('?')) {
        let name = field.place();
        if call.takes_picture() && name == "img_url" {
            continue;
        }
        if Call::is_own(field) {
            chain.push_str(&format!(".query(\"{name}\", {})", own(call, name)));
        } else if let Some(value) = Call::constant(field) {
            chain.push_str(&format!(".query(\"{name}\", \"{value}\")"));
        } else if let Some(it) = by_struct {
            let Some(member) = it.members.iter().find(|member| member.json == name) else { continue };
            let (value, maybe) = (format!("ask.{}", member.rust), !member.required);
            if maybe {
                let line =
                    format!("if let Some({0}) = &{value} {{ call = call.query(\"{name}\", {0}); }}", member.rust);
                after.push(line);
            } else {
                let value = if matches!(member.ty, Ty::Int) { value } else { format!("&{value}") };
                chain.push_str(&format!(".query(\"{name}\", {value})"));
            }
        } else if let Some(arg) = method.args.iter().find(|arg| arg.json == name) {
            let shown = match arg.ty {
                Ty::Flag => format!("i64::from({})", arg.rust),
                Ty::Secret => format!("{}.expose()", arg.rust),
                _ => arg.rust.clone(),
            };
            match arg.required {
                true => chain.push_str(&format!(".query(\"{name}\", {shown})")),
                false => after.push(format!(
                    "if let Some({}) = {} {{ call = call.query(\"{name}\", {shown}); }}",
                    arg.rust, arg.rust
                )),
            }
        }
    }
}

fn own(call: &Call, name: &str) -> String {
    match name {
        "appid" if call.token == "secret" => "appid".to_owned(),
        "appid" => "self.client.appid()".to_owned(),
        _ => "secret.expose()".to_owned(),
    }
}

/// The JSON of the body.
fn json(method: &Method<'_>, before: &mut String, chain: &mut String) {
    let call = method.call;
    if method.ask.is_some() {
        let ask = if has_appid(call) { "&shape::WithAppid { appid: self.client.appid(), ask }" } else { "ask" };
        chain.push_str(&format!(".json({ask})"));
        return;
    }
    let mut top: Vec<(String, Vec<String>)> = Vec::new();
    let mut optional = Vec::new();
    for field in call.ask.iter().filter(|field| !field.at.starts_with('?')) {
        let at = field.place().replace("[]", "");
        let value = if Call::is_own(field) {
            own(call, &at)
        } else if let Some(value) = Call::constant(field) {
            format!("\"{value}\"")
        } else if let Some(arg) =
            method.args.iter().find(|arg| arg.json == at || at.starts_with(&format!("{}.", arg.json)))
        {
            if !arg.required {
                optional.push(arg);
                continue;
            }
            in_json(arg)
        } else {
            continue;
        };
        let place = method
            .args
            .iter()
            .find(|arg| at.starts_with(&format!("{}.", arg.json)))
            .map_or(at.as_str(), |arg| arg.json.as_str());
        let (outer, entry) = match place.split_once('.') {
            Some((outer, inner)) => (outer.to_owned(), format!("\"{inner}\": {value}")),
            None => (String::new(), format!("\"{place}\": {value}")),
        };
        if outer.is_empty() {
            if !top.iter().any(|(name, entries)| name.is_empty() && entries.contains(&entry)) {
                top.push((outer, vec![entry]));
            }
        } else if let Some((_, entries)) = top.iter_mut().find(|(name, _)| *name == outer) {
            entries.push(entry);
        } else {
            top.push((outer, vec![entry]));
        }
    }
    let entries = top.iter().map(|(outer, entries)| match outer.as_str() {
        "" => entries.join(", "),
        outer => format!("\"{outer}\": {{ {} }}", entries.join(", ")),
    });
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() && optional.is_empty() {
        return;
    }
    if optional.is_empty() {
        before.push_str(&format!("let body = json!({{ {} }});\n", entries.join(", ")));
    } else {
        before.push_str(&format!("let mut body = json!({{ {} }});\n", entries.join(", ")));
        for arg in optional {
            before.push_str(&format!(
                "if let Some({0}) = {0} {{ body[\"{1}\"] = {2}.into(); }}\n",
                arg.rust,
                arg.json,
                in_json(arg)
            ));
        }
    }
    chain.push_str(".json(&body)");
}

fn in_json(arg: &Member) -> String {
    match &arg.ty {
        Ty::Flag => format!("i64::from({})", arg.rust),
        Ty::Secret => format!("{}.expose()", arg.rust),
        Ty::List(inner) if **inner == Ty::Text => format!("shape::texts({})", arg.rust),
        Ty::Enum(_) if !arg.required => format!("{}.as_str()", arg.rust),
        _ => arg.rust.clone(),
    }
}

/// How the call is sent; and the lines that read its answer, if there are any, with `SEND` in the place of that.
fn answer(method: &Method<'_>, base_resp: bool) -> (String, String) {
    match &method.answer {
        Answer::Nothing => (".done().await".to_owned(), String::new()),
        Answer::Bytes => (".send_bytes().await".to_owned(), String::new()),
        Answer::Whole(name) if base_resp => {
            let check = "shape::base_resp(path, answer.base_resp.ret, &answer.base_resp.err_msg)?;";
            (".send().await?".to_owned(), format!("let answer: {name} = SEND;\n{check}\nOk(answer)\n"))
        }
        Answer::Whole(_) => (".send().await".to_owned(), String::new()),
        Answer::Field(member) => {
            let name = &member.json;
            let send = if member.required { "send_field" } else { "send_field_or_default" };
            match &member.ty {
                Ty::Flag => {
                    (format!(".{send}(\"{name}\").await?"), "let flag: i64 = SEND;\nOk(flag != 0)\n".to_owned())
                }
                Ty::Secret => (format!(".{send}(\"{name}\").await.map(Secret::new)"), String::new()),
                _ => (format!(".{send}(\"{name}\").await"), String::new()),
            }
        }
    }
}
