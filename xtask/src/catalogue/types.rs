//! The structs and enums of a family.

use super::checks::{self, Reach, bounded, in_words};
use super::plan::{Enum, Member, Module, Side, Struct, Ty};
use super::words::{camel, doc};

/// The names that a file's types need of elsewhere, and the functions of `inside!`.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) read: Vec<(String, String)>,
    pub(super) write: Vec<(String, String)>,
    pub(super) each: Vec<(String, String)>,
}

impl Needs {
    fn note(list: &mut Vec<(String, String)>, name: &str, path: String) {
        let entry = (name.to_owned(), path);
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
}

/// The type as it stands in a struct.
pub(super) fn rust(ty: &Ty) -> String {
    match ty {
        Ty::Text => "String".to_owned(),
        Ty::Secret => "Secret<String>".to_owned(),
        Ty::Int => "i64".to_owned(),
        Ty::Float => "f64".to_owned(),
        Ty::Flag | Ty::Bool => "bool".to_owned(),
        Ty::Json => "Value".to_owned(),
        Ty::Enum(name) | Ty::Struct(name) => name.clone(),
        Ty::List(inner) => format!("Vec<{}>", rust(inner)),
        Ty::Map(inner) => format!("BTreeMap<String, {}>", rust(inner)),
    }
}

/// An answer's field that is nothing when it is left out; the others have a value for that.
fn is_maybe(member: &Member) -> bool {
    !member.required && matches!(member.ty, Ty::Int | Ty::Float | Ty::Enum(_) | Ty::Struct(_) | Ty::Secret)
}

/// What is said of a member: the catalogue's words for it, or for what it is, and its bounds.
pub(super) fn about(module: &Module<'_>, member: &Member) -> String {
    let about = match (&member.leaf, &member.ty) {
        (Some(leaf), Ty::List(_)) => each(&leaf.about),
        (Some(leaf), _) => leaf.about.clone(),
        (None, Ty::List(inner)) => of_struct(module, inner),
        (None, ty) => of_struct(module, ty),
    };
    format!("{about} {}", in_words(member)).trim().to_owned()
}

/// What is said of one, said of a list of them.
fn each(about: &str) -> String {
    match (about.strip_prefix("A "), about.strip_prefix("An ")) {
        (Some(one), _) => format!("Each a {one}"),
        (None, Some(one)) => format!("Each an {one}"),
        (None, None) => about.to_owned(),
    }
}

fn of_struct(module: &Module<'_>, ty: &Ty) -> String {
    let Ty::Struct(name) = ty else { return String::new() };
    module.find(name).map(|it| it.about.clone()).unwrap_or_default()
}

pub(super) fn write_enum(it: &Enum) -> String {
    let variants = it.values.iter().map(|value| format!("/// `{value}`.\n{} = \"{value}\",\n", camel(value)));
    let variants: String = variants.collect();
    format!("open_texts! {{\n{}{} {{\n{variants}}}\n}}\n\n", doc(&it.about, 4), it.name)
}

pub(super) fn write_struct(module: &Module<'_>, it: &Struct, needs: &mut Needs) -> String {
    match it.side {
        Side::Answer => answer(module, it, needs),
        Side::Ask | Side::Query => ask(module, it, needs),
    }
}

fn answer(module: &Module<'_>, it: &Struct, needs: &mut Needs) -> String {
    let secret = it.members.iter().any(|member| member.ty == Ty::Secret);
    let derive = if secret { "Debug, Clone, Default" } else { "Debug, Clone, Default, PartialEq" };
    let mut out = doc(&it.about, 0);
    out.push_str(&format!("#[derive({derive}, Deserialize)]\n#[serde(default)]\n#[non_exhaustive]\n"));
    out.push_str(&format!("pub struct {} {{\n", it.name));
    for member in &it.members {
        out.push_str(&doc(&about(module, member), 4));
        let mut serde = Vec::new();
        if member.rust != member.json {
            serde.push(format!("rename = \"{}\"", member.json));
        }
        let maybe = is_maybe(member);
        let loose = member.leaf.as_ref().is_some_and(|leaf| leaf.loose);
        let with = match &member.ty {
            _ if !member.inside.is_empty() => {
                let name = format!("in_{}", member.inside.join("_"));
                Needs::note(&mut needs.read, &name, quoted(&member.inside));
                Some(name)
            }
            Ty::Flag => Some("shape::flag".to_owned()),
            Ty::Int if loose && maybe => Some("shape::maybe_int".to_owned()),
            Ty::Int if loose => Some("shape::int".to_owned()),
            Ty::Secret => Some("shape::secret".to_owned()),
            _ => None,
        };
        serde.extend(with.map(|with| format!("deserialize_with = \"{with}\"")));
        out.push_str(&attribute(&serde));
        let ty = rust(&member.ty);
        let ty = if maybe && member.ty != Ty::Secret { format!("Option<{ty}>") } else { ty };
        out.push_str(&format!("pub {}: {ty},\n", member.rust));
    }
    out.push_str("}\n\n");
    out
}

fn ask(module: &Module<'_>, it: &Struct, needs: &mut Needs) -> String {
    let json = it.side == Side::Ask;
    let plain = it.members.iter().all(|member| !member.required || matches!(member.ty, Ty::Map(_)));
    let mut out = doc(&it.about, 0);
    let derive = ["Debug", "Clone", if plain { "Default" } else { "" }, if json { "Serialize" } else { "" }];
    let derive: Vec<_> = derive.into_iter().filter(|name| !name.is_empty()).collect();
    out.push_str(&format!("#[derive({})]\n#[non_exhaustive]\npub struct {} {{\n", derive.join(", "), it.name));
    for member in &it.members {
        out.push_str(&doc(&about(module, member), 4));
        if json {
            out.push_str(&attribute(&written(member, needs)));
        }
        out.push_str(&format!("pub {}: {},\n", member.rust, held(member)));
    }
    out.push_str("}\n\n");
    out.push_str(&format!("impl {} {{\n", it.name));
    out.push_str(&constructor(it, plain));
    for member in it.members.iter().filter(|member| !member.required || matches!(member.ty, Ty::Map(_))) {
        out.push_str(&setter(module, member));
    }
    if bounded(module, it) {
        out.push_str("\nfn check(&self, check: &Check<'_>) -> Result<()> {\n");
        for line in it.members.iter().flat_map(|member| checks::lines(module, member, Reach::Field)) {
            out.push_str(&line);
            out.push('\n');
        }
        out.push_str("Ok(())\n}\n");
    }
    out.push_str("}\n\n");
    out
}

/// The attributes with which a field is written as JSON.
fn written(member: &Member, needs: &mut Needs) -> Vec<String> {
    let mut serde = Vec::new();
    if member.rust != member.json {
        serde.push(format!("rename = \"{}\"", member.json));
    }
    if let Some(each) = &member.each {
        let name = format!("each_{each}");
        Needs::note(&mut needs.each, &name, format!("\"{each}\""));
        serde.push(format!("serialize_with = \"{name}\""));
    } else if !member.inside.is_empty() {
        let name = format!("as_{}", member.inside.join("_"));
        Needs::note(&mut needs.write, &name, quoted(&member.inside));
        serde.push(format!("serialize_with = \"{name}\""));
    } else if member.ty == Ty::Flag {
        serde.push("serialize_with = \"shape::as_flag\"".to_owned());
    }
    if !member.required {
        let empty = match member.ty {
            Ty::List(_) => "Vec::is_empty",
            Ty::Map(_) => "BTreeMap::is_empty",
            _ => "Option::is_none",
        };
        serde.push(format!("skip_serializing_if = \"{empty}\""));
    }
    serde
}

fn held(member: &Member) -> String {
    match &member.ty {
        Ty::List(_) | Ty::Map(_) => rust(&member.ty),
        ty if member.required && *ty != Ty::Flag => rust(ty),
        // A flag is always optional in a struct, so that one function writes all of them.
        ty => format!("Option<{}>", rust(ty)),
    }
}

fn constructor(it: &Struct, plain: bool) -> String {
    if plain {
        return "/// With nothing set.\npub fn new() -> Self {\nSelf::default()\n}\n".to_owned();
    }
    let needed: Vec<_> = it.members.iter().filter(|member| needed(member)).collect();
    let args: Vec<_> = needed.iter().map(|member| format!("{}: {}", member.rust, given(&member.ty))).collect();
    let values = it.members.iter().map(|member| {
        let name = &member.rust;
        match &member.ty {
            _ if !needed.iter().any(|it| it.rust == *name) => match &member.ty {
                Ty::List(_) => format!("{name}: Vec::new()"),
                Ty::Map(_) => format!("{name}: BTreeMap::new()"),
                _ => format!("{name}: None"),
            },
            Ty::Flag => format!("{name}: Some({name})"),
            ty => match taken(ty, name) {
                value if value == *name => value,
                value => format!("{name}: {value}"),
            },
        }
    });
    let values: Vec<_> = values.collect();
    format!(
        "/// With what is required.\npub fn new({}) -> Self {{\nSelf {{ {} }}\n}}\n",
        args.join(", "),
        values.join(", ")
    )
}

/// Whether `new` takes it.
pub(super) fn needed(member: &Member) -> bool {
    member.required && !matches!(member.ty, Ty::Map(_))
}

fn setter(module: &Module<'_>, member: &Member) -> String {
    let name = &member.rust;
    let about = doc(&about(module, member), 4);
    if let Ty::Map(inner) = &member.ty {
        return format!(
            "\n{about}pub fn {name}(mut self, name: impl Into<String>, value: {}) -> Self {{\n\
             self.{name}.insert(name.into(), {});\nself\n}}\n",
            given(inner),
            taken(inner, "value")
        );
    }
    let value = taken(&member.ty, name);
    let value = if matches!(member.ty, Ty::List(_)) { value } else { format!("Some({value})") };
    format!(
        "\n{about}pub fn {name}(mut self, {name}: {}) -> Self {{\nself.{name} = {value};\nself\n}}\n",
        given(&member.ty)
    )
}

/// How a caller hands a value to a struct.
fn given(ty: &Ty) -> String {
    match ty {
        Ty::Text => "impl Into<String>".to_owned(),
        Ty::List(inner) => match inner.as_ref() {
            Ty::Text => "impl IntoIterator<Item = impl Into<String>>".to_owned(),
            inner => format!("impl IntoIterator<Item = {}>", rust(inner)),
        },
        other => rust(other),
    }
}

/// What becomes of the value handed over.
fn taken(ty: &Ty, name: &str) -> String {
    match ty {
        Ty::Text => format!("{name}.into()"),
        Ty::List(inner) => match inner.as_ref() {
            Ty::Text => format!("{name}.into_iter().map(Into::into).collect()"),
            _ => format!("{name}.into_iter().collect()"),
        },
        _ => name.to_owned(),
    }
}

fn attribute(serde: &[String]) -> String {
    if serde.is_empty() { String::new() } else { format!("#[serde({})]\n", serde.join(", ")) }
}

fn quoted(path: &[String]) -> String {
    path.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" / ")
}
