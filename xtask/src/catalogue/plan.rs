//! What becomes of a family in Rust: its methods, and the types that they take and give.

use super::model::{Call, Family, Field};
use super::tree::{Node, Shape, grow};
use super::words;
use crate::exec::{Error, Result};

/// A type of Rust.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Ty {
    Text,
    Secret,
    Int,
    Float,
    Flag,
    Bool,
    Json,
    Enum(String),
    Struct(String),
    List(Box<Ty>),
    Map(Box<Ty>),
}

/// A field of a struct, or an argument.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) rust: String,
    /// As the platform calls it: within its object, or for an argument from the top.
    pub(super) json: String,
    pub(super) ty: Ty,
    /// Of a request: it must be there. Of an answer: it always is.
    pub(super) required: bool,
    /// The objects of one field that the value lies in.
    pub(super) inside: Vec<String>,
    /// The one field of the object that each value of a map is.
    pub(super) each: Option<String>,
    pub(super) leaf: Option<Field>,
    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
}

pub(super) struct Struct {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) side: Side,
    pub(super) members: Vec<Member>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Side {
    /// Written as JSON.
    Ask,
    /// Put into the query, field by field.
    Query,
    Answer,
}

pub(super) struct Enum {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) values: Vec<String>,
}

pub(super) struct Method<'a> {
    pub(super) call: &'a Call,
    pub(super) args: Vec<Member>,
    /// The struct that is asked with in the place of arguments.
    pub(super) ask: Option<String>,
    pub(super) answer: Answer,
}

pub(super) enum Answer {
    Nothing,
    Bytes,
    /// The one field of the answer.
    Field(Box<Member>),
    Whole(String),
}

/// All that a family's file says.
pub(super) struct Module<'a> {
    pub(super) family: &'a Family,
    pub(super) methods: Vec<Method<'a>>,
    pub(super) structs: Vec<Struct>,
    pub(super) enums: Vec<Enum>,
}

/// At most so many arguments; with more to ask there is a struct.
const MOST_ARGUMENTS: usize = 3;

impl<'a> Module<'a> {
    pub(super) fn of(family: &'a Family) -> Result<Self> {
        let mut module = Self { family, methods: Vec::new(), structs: Vec::new(), enums: Vec::new() };
        for call in family.calls.iter().filter(|call| call.by_hand.is_none()) {
            let method = module.method(call);
            let method = method.map_err(|error| Error::new(format!("{}.{}: {error}", family.name, call.name)))?;
            module.methods.push(method);
        }
        Ok(module)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|it| it.name == name)
    }

    fn method(&mut self, call: &'a Call) -> Result<Method<'a>> {
        let (args, ask) = self.ask(call)?;
        let answer = self.answer(call)?;
        Ok(Method { call, args, ask, answer })
    }

    fn ask(&mut self, call: &'a Call) -> Result<(Vec<Member>, Option<String>)> {
        let of_caller = |field: &&Field| {
            let picture = call.takes_picture() && matches!(field.at.as_str(), "?img_url" | "@img");
            !Call::is_own(field) && Call::constant(field).is_none() && !picture
        };
        let fields: Vec<_> = call.ask.iter().filter(of_caller).collect();
        let nodes = grow(fields.iter().copied());
        if let Some(args) = self.arguments(call, &nodes)? {
            return Ok((args, None));
        }
        let in_query = fields.iter().filter(|field| field.at.starts_with('?')).count();
        let side = match in_query {
            0 => Side::Ask,
            all if all == fields.len() => Side::Query,
            _ => return Err(Error::new("a request partly in the query has too many fields for arguments")),
        };
        let about = format!("What [`{}::{}`] asks with.", self.family.handle, call.name);
        let (name, about) = self.named(call, "?", &words::camel(&call.name), &about);
        let members = self.members(call, &nodes, side)?;
        self.keep(Struct { name: name.clone(), about, side, members })?;
        Ok((Vec::new(), Some(name)))
    }

    /// The fields as arguments, when they are few and plain.
    fn arguments(&mut self, call: &Call, nodes: &[Node]) -> Result<Option<Vec<Member>>> {
        let mut flat = Vec::new();
        for node in nodes {
            match &node.shape {
                Shape::Map(_) => return Ok(None),
                Shape::Object(inner) if !node.list && inner.iter().all(|it| is_plain(it, call)) && inner.len() < 3 => {
                    flat.extend(inner);
                }
                Shape::Object(_) if !node.required(call) => return Ok(None),
                _ => flat.push(node),
            }
        }
        let optional = flat.iter().filter(|node| !node.required(call)).count();
        let optional_object = |node: &&&Node| match &node.shape {
            Shape::Leaf(field) => !node.required(call) && matches!(field.kind.as_str(), "flag" | "bool"),
            _ => false,
        };
        let alone = flat.len() == 1;
        if flat.len() > MOST_ARGUMENTS || optional > 1 || (!alone && flat.iter().any(|node| optional_object(&node))) {
            return Ok(None);
        }
        let mut args = Vec::new();
        for node in flat {
            let mut arg = self.member(call, node, Side::Ask)?;
            arg.json = node.at.replace("[]", "");
            arg.rust = match arg.json.as_str() {
                "" => "text".to_owned(),
                _ => words::argument(&node.name),
            };
            if let (Ty::Struct(_), Some(one)) = (&arg.ty, arg.rust.strip_suffix('s')) {
                arg.rust = one.to_owned();
            }
            args.push(arg);
        }
        args.sort_by_key(|arg| !arg.required);
        Ok(Some(args))
    }

    fn answer(&mut self, call: &Call) -> Result<Answer> {
        if call.answer.iter().any(|field| field.at.is_empty()) {
            return match call.answer.len() {
                1 => Ok(Answer::Bytes),
                _ => Err(Error::new("an answer of bytes or of JSON is read by hand")),
            };
        }
        let nodes = grow(call.answer.iter().filter(|field| !field.on_error));
        match nodes.as_slice() {
            [] => Ok(Answer::Nothing),
            [node] => {
                let member = self.member(call, node, Side::Answer)?;
                match member.inside.is_empty() {
                    true => Ok(Answer::Field(Box::new(member))),
                    false => Err(Error::new("an object of one field alone in an answer")),
                }
            }
            nodes => {
                let default = format!("{}Answer", words::camel(&call.name));
                let about = format!("What [`{}::{}`] tells.", self.family.handle, call.name);
                let (name, about) = self.named(call, "", &default, &about);
                let members = self.members(call, nodes, Side::Answer)?;
                self.keep(Struct { name: name.clone(), about, side: Side::Answer, members })?;
                Ok(Answer::Whole(name))
            }
        }
    }

    fn members(&mut self, call: &Call, nodes: &[Node], side: Side) -> Result<Vec<Member>> {
        nodes.iter().map(|node| self.member(call, node, side)).collect()
    }

    fn member(&mut self, call: &Call, node: &Node, side: Side) -> Result<Member> {
        let required = if side == Side::Answer { !node.optional() } else { node.required(call) };
        let mut member = Member {
            rust: words::member(&node.name),
            json: node.name.clone(),
            ty: Ty::Json,
            required,
            inside: Vec::new(),
            each: None,
            leaf: None,
            min_items: node.min_items,
            max_items: node.max_items,
        };
        match &node.shape {
            Shape::Leaf(field) => {
                member.ty = self.leaf(call, node, field)?;
                member.leaf = Some(field.clone());
            }
            Shape::Map(value) => match &value.shape {
                Shape::Object(inner) if inner.len() == 1 => {
                    let value = self.member(call, &inner[0], side)?;
                    member.ty = Ty::Map(Box::new(value.ty));
                    member.leaf = value.leaf;
                    member.each = Some(inner[0].name.clone());
                }
                _ => return Err(Error::new(format!("{}: a map of objects with several fields", node.at))),
            },
            // An object of one field is a wrapping that no caller needs to see.
            Shape::Object(inner) if inner.len() == 1 && !node.list => {
                let inner = &inner[0];
                let value = self.member(call, inner, side)?;
                member.inside = [vec![inner.name.clone()], value.inside].concat();
                if node.name == "data" && inner.list {
                    member.rust = format!("{}s", value.rust);
                }
                member.ty = value.ty;
                member.each = value.each;
                member.leaf = value.leaf;
                (member.min_items, member.max_items) = (value.min_items, value.max_items);
            }
            Shape::Object(inner) => {
                let default = words::singular(&node.name);
                let (name, about) = self.named(call, &node.at, &default, "");
                let mut members = self.members(call, inner, side)?;
                if side == Side::Answer && !node.list && node.optional() {
                    // What is left out is the object, not each of its fields.
                    members.iter_mut().for_each(|member| member.required = true);
                }
                self.keep(Struct { name: name.clone(), about, side, members })?;
                member.ty = Ty::Struct(name);
            }
        }
        if node.list {
            member.ty = Ty::List(Box::new(member.ty));
        }
        Ok(member)
    }

    fn leaf(&mut self, call: &Call, node: &Node, field: &Field) -> Result<Ty> {
        Ok(match field.kind.as_str() {
            _ if field.secret => Ty::Secret,
            "text" | "openid" | "media_id" | "url" | "date" => Ty::Text,
            "int" | "time" | "seconds" => Ty::Int,
            "float" => Ty::Float,
            "flag" => Ty::Flag,
            "bool" => Ty::Bool,
            "json" => Ty::Json,
            // What a file part is; see `render`.
            "bytes" => Ty::Text,
            "enum" => {
                let (name, about) = self.named(call, &field.at, &words::camel(&node.name), &field.about);
                self.keep_enum(Enum { name: name.clone(), about, values: field.values.clone() })?;
                Ty::Enum(name)
            }
            other => return Err(Error::new(format!("{}: the type {other}", node.at))),
        })
    }

    /// The name and the words for what lies at `at`.
    fn named(&self, call: &Call, at: &str, default: &str, about: &str) -> (String, String) {
        let given = call.names.get(at).map_or(default, String::as_str);
        match given.split_once(": ") {
            Some((name, about)) => (name.to_owned(), about.to_owned()),
            None => (given.to_owned(), about.to_owned()),
        }
    }

    /// Keeps a struct, or puts it together with one of the same name: of two answers the second may tell more.
    fn keep(&mut self, new: Struct) -> Result<()> {
        let Some(old) = self.structs.iter_mut().find(|old| old.name == new.name) else {
            if new.about.is_empty() {
                return Err(Error::new(format!("`names` says nothing of {}", new.name)));
            }
            self.structs.push(new);
            return Ok(());
        };
        let same_kind = old.side == new.side && (old.side == Side::Answer || old.members.len() == new.members.len());
        for member in new.members {
            match old.members.iter_mut().find(|it| it.json == member.json) {
                Some(it) if it.ty == member.ty && it.inside == member.inside => it.required &= member.required,
                None if new.side == Side::Answer => old.members.push(member),
                _ => return Err(Error::new(format!("{} is two structs, by {}", new.name, member.json))),
            }
        }
        match same_kind {
            true => Ok(()),
            false => Err(Error::new(format!("{} is two structs, asked with or answered", new.name))),
        }
    }

    fn keep_enum(&mut self, new: Enum) -> Result<()> {
        match self.enums.iter_mut().find(|old| old.name == new.name) {
            None => self.enums.push(new),
            Some(old) => {
                for value in new.values {
                    if !old.values.contains(&value) {
                        old.values.push(value);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A value that one argument can give.
fn is_plain(node: &Node, call: &Call) -> bool {
    matches!(&node.shape, Shape::Leaf(_)) && node.required(call)
}
